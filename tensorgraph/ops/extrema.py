"""The larger and the smaller of two, and limits, element by element."""

from __future__ import annotations

from functools import wraps
from typing import Any, SupportsFloat

import numpy as np

from tensorgraph.arguments import scalar
from tensorgraph.engine.arrays import is_foreign
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import ZERO
from tensorgraph.engine.shapes import ndim_of
from tensorgraph.errors import ArgumentError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_lists
from tensorgraph.ops._blocks import select
from tensorgraph.ops.arithmetic import equal, greater, isnan, less, logical_or, where

__all__ = ["clip", "maximum", "maximum_grad", "minimum", "minimum_grad"]


def _shared(g: Any, x: Any, y: Any, wins: Any, loses: Any) -> Any:
    """Return what x gets of the gradient: all where it wins, half where they tie.

    A NaN is the result wherever it stands, so the gradient is its.
    """
    share = select(wins, g, 0)
    undecided = ~(wins | loses)
    if is_foreign(undecided) or undecided.any():
        x_is_nan, y_is_nan = np.isnan(x), np.isnan(y)
        tie = np.equal(x, y) | (x_is_nan & y_is_nan)
        alone = np.where(x_is_nan, g, 0)
        share = np.where(undecided, np.where(tie, 0.5 * g, alone), share)
    dtype = np.result_type(g, x, y)
    return share.astype(dtype, copy=False) if dtype.kind == "f" else share


maximum_grad: OpFunction = register(
    "maximum_grad",
    lambda gradient, x, y: _shared(gradient, x, y, np.greater(x, y), np.less(x, y)),
    {"gradient": lambda g, x, y: maximum_grad(g, x, y), "x": ZERO, "y": ZERO},
    ref=lambda gradient, x, y: gradient / 2 if x == y else gradient if x > y else 0.0,
    body=lambda gradient, x, y: where(
        equal(x, y), 0.5 * gradient, where(greater(x, y), gradient, 0)
    ),
    doc="""Return what x gets of a gradient of maximum(x, y): all, half of it in a tie, or 0.

    >>> tg.maximum_grad(1.0, [1.0, 5.0, 3.0], 3.0)
    tensor([0. , 1. , 0.5])
    """,
)
maximum = register(
    "maximum",
    np.maximum,
    {
        "x": lambda g, x, y: maximum_grad(g, x, y),
        "y": lambda g, x, y: maximum_grad(g, y, x),
    },
    ref="builtins.max",
    symbol="max",
    doc="""Return the larger of x and y; where they tie, each gets half of the gradient.

    A NaN is the result, and gets the gradient.

    >>> tg.maximum([1.0, 5.0], 3.0)
    tensor([3., 5.])
    """,
)
minimum_grad: OpFunction = register(
    "minimum_grad",
    lambda gradient, x, y: _shared(gradient, x, y, np.less(x, y), np.greater(x, y)),
    {"gradient": lambda g, x, y: minimum_grad(g, x, y), "x": ZERO, "y": ZERO},
    ref=lambda gradient, x, y: gradient / 2 if x == y else gradient if x < y else 0.0,
    body=lambda gradient, x, y: where(equal(x, y), 0.5 * gradient, where(less(x, y), gradient, 0)),
    doc="""Return what x gets of a gradient of minimum(x, y): all, half of it in a tie, or 0.

    >>> tg.minimum_grad(1.0, [1.0, 5.0, 3.0], 3.0)
    tensor([1. , 0. , 0.5])
    """,
)
minimum = register(
    "minimum",
    np.minimum,
    {
        "x": lambda g, x, y: minimum_grad(g, x, y),
        "y": lambda g, x, y: minimum_grad(g, y, x),
    },
    ref="builtins.min",
    symbol="min",
    doc="""Return the smaller of x and y; where they tie, each gets half of the gradient.

    A NaN is the result, and gets the gradient.

    >>> tg.minimum([1.0, 5.0], 3.0)
    tensor([1., 3.])
    """,
)


def _clip_kernel(x: Any, *, min: float | None = None, max: float | None = None) -> Any:
    x = np.positive(x) if min is None else np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


def _clip_rule(g: Any, x: Any, min: float | None, max: float | None) -> Any:
    above = g if min is None else where(less(x, min), 0, g)
    return above if max is None else where(greater(x, max), 0, above)


def _check_bounds(
    x: Any, *, min: AnyArray | SupportsFloat | None, max: AnyArray | SupportsFloat | None
) -> dict[str, Any]:
    low = None if min is None else scalar(min, "min")
    high = None if max is None else scalar(max, "max")
    if low is not None and high is not None and low > high:
        raise ArgumentError(f"min = {low} is above max = {high}")
    dtype = getattr(x, "dtype", None)
    if dtype is None or dtype.kind not in "iu":
        return {"min": low, "max": high}
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    if (low is not None and low > most) or (high is not None and high < least):
        raise ArgumentError(
            f"no {dtype} lies between min = {low} and max = {high}; write .astype('int64') first"
        )
    # A bound beyond what the dtype holds bounds nothing.
    return {
        "min": None if low is None or low < least else low,
        "max": None if high is None or high > most else high,
    }


clipped = register(
    "clip",
    _clip_kernel,
    {"x": _clip_rule},
    prepare=_check_bounds,
    notation=function(arguments=("min", "max")),
    # NumPy 2.0 has other names for the bounds, and asks for one.
    code="x if min is None and max is None else x.clip(min, max)",
    doc="""Return x limited to [min, max]; the gradient passes inside and on the bounds.

    Bounds may be arrays, that are broadcast: where x lies beyond one, that gets the gradient, and
    on a bound x does. Where a bound is NaN the result is; where min is above max it is max.

    >>> tg.clip([1.0, 5.0, 9.0], 2.0, 6.0)
    tensor([2., 5., 6.])
    >>> tg.clip([1.0, 5.0, 9.0], [2.0, 2.0, 9.5])
    tensor([2. , 5. , 9.5])
    """,
)


def _is_number(bound: Any) -> bool:
    """Return whether a bound is a parameter of the operation, without a gradient."""
    return bound is None or not (
        ndim_of(bound) or getattr(bound, "requires_grad", False) or is_foreign(bound)
    )


@with_leads
@wraps(clipped)
def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """Return x limited, by the record where the bounds are numbers."""
    if _is_number(min) and _is_number(max):
        return clipped(x, min=min, max=max)
    x, *_ = from_lists(x, *(bound for bound in (min, max) if bound is not None))
    if _is_number(min):
        x = x if min is None else clipped(x, min=min)
    else:
        min, _ = from_lists(min, x)
        x = where(logical_or(less(x, min), isnan(min)), min, x)
    if _is_number(max):
        return x if max is None else clipped(x, max=max)
    max, _ = from_lists(max, x)
    return where(logical_or(greater(x, max), isnan(max)), max, x)


clip.op = clipped.op  # type: ignore[attr-defined]
