"""SciPy's minimisers over parameters: L-BFGS and its kin, where all examples fit into one batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tensorgraph import errors
from tensorgraph.extras import require
from tensorgraph.optim.cost_of_parameters import CostOfParameters, check_cost
from tensorgraph.optim.groups import check_parameters, named_parameters


def minimize(
    cost: Callable[[], Any], params: Any, method: str = "L-BFGS-B", **settings: Any
) -> Any:
    """Minimise a cost over parameters by ``scipy.optimize.minimize``; return what that returns.

    Each evaluation is one of the whole cost, so it suits all examples at once, and costs that are
    the same each time: what ``tg.random`` draws in the first evaluation, as dropout does, is drawn
    again in the others. The parameters get the values that were found; if anything raises, or the
    cost found is not finite, they are as they were before. No ``.grad`` changes.

    SciPy computes in float64. A cost in float32 is flat where its rounding begins, and there the
    search ends; parameters and data in float64 go on to all digits.

    Args:
        cost: a function without arguments that returns one number, a tensor computed from the
            parameters. It need not call ``backward()``.
        params: ``model.parameters()`` or the like, as for an optimizer.
        method: any of SciPy's that takes a gradient: ``"L-BFGS-B"``, ``"BFGS"``, ``"CG"`` ….
        **settings: the others of ``scipy.optimize.minimize``, such as ``tol=1e-6``,
            ``options={"maxiter": 100}`` and ``callback``.

    Returns:
        SciPy's result: ``fun`` is the cost, ``nit`` the number of steps, ``success`` and
        ``message`` tell how the search ended, ``x`` holds all parameters in one row.

    Raises:
        AnomalyError: the cost found is not finite.
        ArgumentError, DTypeError, GraphError: as for an optimizer's parameters; or the cost is no
            function, or what it returns is not computed from them.
        ImportError: SciPy is not installed.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> model = tg.nn.Linear(1, 1, dtype="float64")
        >>> found = tg.optim.minimize(
        ...     lambda: tg.nn.losses.mse(model(x), 3 * x - 1), model.parameters())
        >>> print(model.weight.round(decimals=4), model.bias.round(decimals=4))
        [[3.]] [-1.]
    """
    optimize = require("scipy.optimize", "optimize")
    check_cost("minimize", cost, "minimize(lambda: loss(model(x), y), model.parameters())")
    named = named_parameters(params, "minimize")
    check_parameters(named, "minimize")
    problem = CostOfParameters("minimize", cost, [param for _, param in named])
    try:
        found = optimize.minimize(
            problem.value_and_gradient, problem.start, jac=True, method=method, **settings
        )
        if not math.isfinite(found.fun):
            raise errors.AnomalyError(
                f"minimize: the cost is {found.fun} at the end; write tg.debug() around it to see"
                " where that is made, or begin with smaller parameters"
            )
        problem.assign(found.x)
    except BaseException:
        problem.restore()
        raise
    return found
