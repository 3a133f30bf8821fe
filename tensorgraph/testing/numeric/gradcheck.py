"""``gradcheck``: is the gradient right? Asked of the values alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.function_types import Function, P
from tensorgraph.leads.calls import with_leads
from tensorgraph.testing.numeric.checked_function import CheckedFunction, projection
from tensorgraph.testing.numeric.comparison import COMPLEX_STEP as COMPLEX_STEP, Comparison
from tensorgraph.testing.numeric.findings import GradcheckResult
from tensorgraph.testing.numeric.probes import Space, random_weights


@with_leads
def gradcheck(
    f: Function[Any, P], *inputs: Any, order: int = 1, rtol: float = 1e-11, seed: int = 0
) -> GradcheckResult:
    """Compare the gradients of ``f`` with numeric ones; raise if they differ.

    The results are projected on random numbers, and the derivative of that is compared with numeric
    ones. These come from the complex step, ∂f = Im f(x + ih) / h, where all operations run on
    complex numbers, confirmed by differences of values; otherwise from these alone, extrapolated
    (Ridders 1982), whose own error estimate is the tolerance. An argument is compared along a few
    random directions, in which no element moves little; elements are looked at where that shows a
    difference. What rounding inside the function explains is not called wrong: the comparison is
    repeated with more digits, or with each operation's result off by an ulp.

    At a kink the gradient must lie between the one-sided derivatives; at several, between the
    extreme derivatives nearby. Second derivatives are taken by the other elements.

    The smallest relative error that is found, of the largest derivative by the argument (measured;
    in all its elements, and in one of them):

    ===================  ===========  ======  ========  =========  ===========
    numeric derivatives  all          1 of 6  1 of 256  1 of 1000  1 of 10⁵
    ===================  ===========  ======  ========  =========  ===========
    complex step         2e-11        3e-11   3e-11     3e-11      4e-11
    extrapolation        2e-11–3e-11  2e-11   6e-11     1e-9       not measured
    ===================  ===========  ======  ========  =========  ===========

    Args:
        f: a function of tensors that returns a tensor, or a container of them. It may use other
            tensors besides its arguments, and ``tg.random``.
        inputs: float64 tensors or arrays, or nested lists, tuples and dicts of these, as for
            ``tg.grad``. Integer and boolean ones are passed on unchecked.
        order: 2 to check second derivatives too, those of a random projection of the gradient.
        rtol: what may be wrong, relative to the largest derivative by that argument.
        seed: of the random projections and directions.

    Raises:
        GradcheckError: a derivative is wrong, infinite, or cannot be judged.
        DTypeError: an argument is float32, or something inside ``f`` is computed in float32.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> tg.testing.gradcheck(lambda x, w: tg.tanh(x @ w), np.ones((2, 3)), np.ones(3), order=2)
        gradcheck passed: order 2, complex step, 9 elements, relative difference ...
        >>> halved = tg.op("halved", lambda x: x * x, {"x": lambda g, x: g * x})
        >>> tg.testing.gradcheck(halved, np.array([1.0, 3.0]))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.GradcheckError: gradcheck: the gradient is wrong at argument 0 (x), ...
          computed   ...
          numeric    ...   (complex step)
          ratio      0.5
          relative difference ‖g−ĝ‖/(‖g‖+‖ĝ‖) = 3.3e-01: a mistake, says the course (above 2e-7)
          2 of 2 checked derivatives are wrong, all by the factor 0.5
    """
    __tracebackhide__ = True
    if order not in (1, 2):
        raise errors.ArgumentError(f"gradcheck: order is 1 or 2, not {order!r}")
    rng = np.random.default_rng(seed)
    checked = CheckedFunction(f, inputs)
    try:
        return _with_remark(_compared(f, checked, order, rtol, rng), checked.numeric)
    except errors.GradcheckError as error:
        if checked.numeric:
            error.args = (f"{error}\n  {_of_numeric(checked.numeric)}",)
        raise


def _compared(
    f: Callable[..., Any],
    checked: CheckedFunction,
    order: int,
    rtol: float,
    rng: np.random.Generator,
) -> GradcheckResult:
    """Return what comparing the gradients of a function with numeric ones gives."""
    __tracebackhide__ = True
    cotangents = [random_weights(rng, shape) for shape in checked.shapes]
    value = projection(checked, cotangents)
    gradient = value.gradient()
    checked.require_same(value.results)
    space = Space(checked.arrays, _names(f, checked.places))
    held = [np.zeros(array.shape, bool) for array in checked.arrays]
    first = Comparison(value, gradient, 1, rtol, rng, space, held)
    found = first.run()
    if order == 1:
        return found
    at_kinks = any(np.any(part) for part in first.held)
    if not all(np.all(part) for part in first.held):
        slopes = value.projected_gradient([random_weights(rng, a.shape) for a in checked.arrays])
        # What the gradient lost by cancellation is small beside the value, not beside itself.
        reach = first.numeric.reach / min(space.units)
        second = Comparison(slopes, slopes.gradient(), 2, rtol, rng, space, first.held, reach)
        found = found.and_then(second.run())
    if at_kinks:
        remark = "second derivatives were not checked at kinks: there are none"
        found = replace(found, remarks=(*found.remarks, remark))
    return found


def _with_remark(found: GradcheckResult, numeric: Sequence[str]) -> GradcheckResult:
    """Return a result that says which gradients were not checked, though they were compared."""
    if not numeric:
        return found
    remark = f"{_of_numeric(numeric)}: that it agrees with another proves nothing of a rule"
    return replace(found, remarks=(*found.remarks, remark))


def _of_numeric(numeric: Sequence[str]) -> str:
    return f"numeric itself is the gradient of {errors.listing(list(map(repr, numeric)))}"


def _names(f: Callable[..., Any], places: Sequence[tuple[int, str]]) -> list[str]:
    """Return what messages call the checked arguments."""
    try:
        parameters = [
            name
            for name, p in inspect.signature(f).parameters.items()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        parameters = []
    return [
        f"argument {k} ({parameters[k]}{place})" if k < len(parameters) else f"argument {k}{place}"
        for k, place in places
    ]
