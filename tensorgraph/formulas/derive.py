"""``derive``: the gradient of a recorded graph as a formula, checked against the engine's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, overload

from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.function_types import Function, P
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.derivation import Derivation
from tensorgraph.formulas.hints import missing_facts, unknown_operations
from tensorgraph.formulas.of_function import asked
from tensorgraph.formulas.problem import Problem
from tensorgraph.formulas.run_again import checked_by
from tensorgraph.formulas.solution import Solution
from tensorgraph.formulas.targets import check_in_graph, check_output, places_in, targets_of


@overload
def derive(
    output: Tensor,
    wrt: Any,
    *,
    name: Any = None,
    gradient: Any = None,
    strict: bool = False,
    time_limit: float = 4.0,
) -> Derivation: ...
@overload
def derive(
    output: Function[Any, P],
    *args: Any,
    wrt: Any = None,
    name: Any = None,
    gradient: Any = None,
    strict: bool = False,
    time_limit: float = 4.0,
) -> Derivation: ...
def derive(
    output: Tensor | Callable[..., Any],
    *args: Any,
    wrt: Any = None,
    name: Any = None,
    gradient: Any = None,
    strict: bool = False,
    time_limit: float = 4.0,
) -> Derivation:
    """Return the gradient of ``output`` as a formula, in terms of the values of its graph.

    The recorded graph is differentiated on symbolic arrays by the same rules as in ``backward``,
    simplified, and compared with the engine's own gradient on the recorded data and on fresh
    random data. What cannot be simplified is given as it stands. Names are those of the variables
    where ``derive`` is called. (Courses 1 and 2 of the Deep Learning Specialization
    derive these formulas by hand.)

    A function or module in place of the output is run once on example arguments; names are those of
    its own variables. Where masks and other constants were read off their values, it is run again
    on other numbers, which tells a comparison from what holds by chance. ``wrt`` then gives names
    or positions of its arguments, or a module's paths; without it formulas are by all arguments of
    floats, of a module by its parameters.

    Args:
        output: a scalar; or any tensor, with ``gradient``; or a function or module returning one.
        args: what to call the function or module with.
        wrt: what to differentiate by: a tensor of the graph, several of them (in a list, tuple, or
            dict by name), or a module, for all its parameters. Where several are given, formulas
            use the gradients that others define. Those on the way leave out what all is divided
            by, as the course writes it, and say so: ``dZ = m ∂J/∂Z = A − Y``.
        name: what to call it, or a list for several; by default the variable's own name.
        gradient: the gradient of a loss by ``output``, which formulas then start from.
        strict: use what was assumed, or is stated or proved, of constants, but not what happens to
            be true of them.
        time_limit: after so many seconds of this thread's own work, what is not simplified yet is
            given as it stands, and the earlier steps of a loop are left out.

    Raises:
        GraphError: the output needs no gradient or is not a scalar; its graph was released, holds
            a hook or a checkpoint, or a leaf was assigned to since; a tensor of ``wrt`` is not in
            the graph.
        DTypeError: something to differentiate by is no floating-point tensor.
        ArgumentError: nothing to differentiate by, or a name that none can have in a formula; a
            function whose arguments are missing or are not called so.
        DerivationError: the formula disagrees with the engine's gradient (a defect: it has never
            been returned).

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> Y = tg.assume(np.eye(3)[[0, 2]], one_hot=1)
        >>> Z = tg.tensor(np.ones((2, 3)), requires_grad=True)
        >>> A = tg.softmax(Z, axis=1)
        >>> loss = -(Y * tg.log(A)).sum()
        >>> print(tg.derive(loss, wrt=Z, name="Z"))
        dZ = A − Y    assuming Σ₁ Y = 1 (checked on the data)
        >>> def cost(w, x, y):
        ...     return ((x @ w - y) ** 2).sum()
        >>> print(tg.derive(cost, np.ones(2), np.ones((3, 2)), np.zeros(3), wrt="w"))
        dw = 2 xᵀ (x w − y)
    """
    deadline = time.thread_time() + time_limit
    output, wrt, scope, rerun = asked(output, args, wrt, sys._getframe(1))
    scope.heed(places_in(place_of(output)))
    targets = targets_of(wrt, name, scope)
    check_output(output, gradient)
    root = place_of(output)
    check_in_graph(root, targets)

    def problem(left: Collection[Any] = (), strict: bool = strict) -> Problem:
        shown = strict and rerun is None  # a function tells it by itself
        return Problem(output, targets, scope, gradient, strict, deadline, left, shown)

    posed = checked_by(rerun, problem)
    solution = Solution(posed)
    found = solution.derivation()
    told = [*unknown_operations(found)]
    if strict:
        looser = Solution(problem(posed.constants.left, False))
        told += missing_facts(found, looser.derivation())
    if solution.ran_out:
        last = max(found.left_out.values(), default=None)
        steps = "" if last is None else f", without the steps up to t = {last}"
        told.append(
            f"after {time_limit:g} s what was left stands as it was{steps}; give more time_limit"
        )
    return replace(found, hints=tuple(told))
