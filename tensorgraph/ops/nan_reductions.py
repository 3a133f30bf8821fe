"""Reductions that leave NaN out: its gradient is 0, and never NaN itself.

Where all elements are NaN, a sum is 0, a product 1 and all else NaN, without a warning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.arguments import one_of, scalar
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import GraphError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import SomeAxes, from_list, kept, some_axes
from tensorgraph.ops.arithmetic import (
    astype,
    divide,
    equal,
    floor,
    greater,
    isnan,
    less,
    less_equal,
    logical_not,
    round,
    square,
    subtract,
    where,
)
from tensorgraph.ops.index import beside, take_along_axis
from tensorgraph.ops.moments import norm
from tensorgraph.ops.order import (
    METHODS,
    Probabilities,
    Shape,
    filled_rows,
    in_shape,
    mixed,
    probabilities,
    reals,
)
from tensorgraph.ops.reduce import all, max, min, prod, sum
from tensorgraph.ops.shape import reshape
from tensorgraph.ops.sorting import sort
from tensorgraph.ops.transcendental import sqrt

__all__ = [
    "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod", "nanquantile",
    "nanstd", "nansum", "nanvar",
]  # fmt: skip


@with_leads
def nansum(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return the sum over ``axis`` of what is not NaN; 0 for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nansum(tg.tensor([1.0, float("nan"), 2.0]))
        tensor(3.)
    """
    x = from_list(x)
    return sum(where(isnan(x), 0, x), axis=axis, keepdims=keepdims)


@with_leads
def nanprod(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return the product over ``axis`` of what is not NaN; 1 for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanprod(tg.tensor([3.0, float("nan"), 2.0]))
        tensor(6.)
    """
    x = from_list(x)
    return prod(where(isnan(x), 1, x), axis=axis, keepdims=keepdims)


def _extremum(reduction: Any, x: Any, axis: SomeAxes, keepdims: bool, worst: float) -> Any:
    x = from_list(x)
    if x.dtype.kind != "f":
        return reduction(x, axis=axis, keepdims=keepdims)
    found = reduction(where(isnan(x), worst, x), axis=axis, keepdims=keepdims)
    return where(all(isnan(x), axis=axis, keepdims=keepdims), np.nan, found)


@with_leads
def nanmax(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return the largest element over ``axis`` that is not NaN; tied ones share the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanmax(tg.tensor([1.0, float("nan"), 2.0]))
        tensor(2.)
    """
    return _extremum(max, x, axis, keepdims, -np.inf)


@with_leads
def nanmin(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return the smallest element over ``axis`` that is not NaN; tied ones share the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanmin(tg.tensor([1.0, float("nan"), 2.0]))
        tensor(1.)
    """
    return _extremum(min, x, axis, keepdims, np.inf)


def _known(x: Any, axis: SomeAxes) -> Any:
    """Return how many elements are not NaN, with the reduced axes as 1."""
    return sum(logical_not(isnan(x)), axis=axis, keepdims=True)


def _centred(x: Any, axis: SomeAxes) -> tuple[Any, Any]:
    """Return x less its mean, 0 in place of NaN, and how many elements there are."""
    count = _known(x, axis)
    unknown = isnan(x)
    known = where(unknown, 0, x)
    middle = divide(sum(known, axis=axis, keepdims=True), astype(count, dtype=x.dtype))
    return where(unknown, 0, subtract(known, middle)), count


def _reduced(value: Any, x: Any, axis: SomeAxes, keepdims: bool) -> Any:
    if keepdims:
        return value
    axes = some_axes(axis, ndim_of(x))
    return reshape(value, shape=tuple(n for i, n in enumerate(shape_of(x)) if i not in axes))


def _freedom(count: Any, correction: float, dtype: Any) -> Any:
    """Return n − correction, and NaN where that is not above 0."""
    left = astype(count - correction, dtype=dtype)
    return where(less_equal(left, 0), np.nan, left)


@with_leads
def nanmean(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return the mean over ``axis`` of what is not NaN; NaN for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanmean(tg.tensor([1.0, float("nan"), 2.0]))
        tensor(1.5)
    """
    x = reals(from_list(x))
    total = sum(where(isnan(x), 0, x), axis=axis, keepdims=True)
    return _reduced(divide(total, astype(_known(x, axis), dtype=x.dtype)), x, axis, keepdims)


@with_leads
def nanvar(
    x: AnyArray, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> AnyArray:
    """Return the variance over ``axis`` of what is not NaN, Σ(x − mean)² / (n − correction).

    NaN where there are no more elements than the correction.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanvar(tg.tensor([1.0, float("nan"), 3.0]))
        tensor(1.)
    """
    x, correction = reals(from_list(x)), scalar(correction, "nanvar: correction")
    rest, count = _centred(x, axis)
    total = sum(square(rest), axis=axis, keepdims=True)
    return _reduced(divide(total, _freedom(count, correction, x.dtype)), x, axis, keepdims)


@with_leads
def nanstd(
    x: AnyArray, axis: SomeAxes = None, correction: float = 0, keepdims: bool = False
) -> AnyArray:
    """Return √nanvar; its derivative is 0 where all elements are equal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanstd(tg.tensor([1.0, float("nan"), 3.0]))
        tensor(1.)
    """
    x, correction = reals(from_list(x)), scalar(correction, "nanstd: correction")
    rest, count = _centred(x, axis)
    size = norm(rest, axis=axis, keepdims=True)
    return _reduced(divide(size, sqrt(_freedom(count, correction, x.dtype))), x, axis, keepdims)


# ------------------------------------------------------------------------------------- quantiles


@with_leads
def nanquantile(
    x: AnyArray,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> AnyArray:
    """Return the q-quantiles over ``axis`` of what is not NaN; NaN for nothing.

    Args:
        x: of any shape.
        q: a number in [0, 1], or several; their axes are the first of the result.
        axis: one, several or None for all.
        keepdims: whether reduced axes stay, with length 1.
        method: one of NumPy's, as of ``tg.quantile``.

    Raises:
        GraphError: x is a symbol, and the method none of linear, lower, higher, nearest, midpoint.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanquantile(tg.tensor([1.0, float("nan"), 3.0, 2.0]), 0.75)
        tensor(2.5)
    """
    shares = probabilities(q, "nanquantile")
    return _nanquantile(x, shares, shape_of(q), axis, keepdims, method)


@with_leads
def nanpercentile(
    x: AnyArray,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> AnyArray:
    """Return what ``nanquantile`` does, of q in percent.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanpercentile(tg.tensor([1.0, float("nan"), 3.0, 2.0]), 75)
        tensor(2.5)
    """
    shares = [p / 100 for p in probabilities(q, "nanpercentile", 100.0)]
    return _nanquantile(x, shares, shape_of(q), axis, keepdims, method)


@with_leads
def nanmedian(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return the median over ``axis`` of what is not NaN; NaN for nothing.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nanmedian(tg.tensor([1.0, float("nan"), 3.0, 2.0]))
        tensor(2.)
    """
    return _nanquantile(x, [0.5], (), axis, keepdims, "linear")


def _nanquantile(
    x: Any, shares: list[float], of: Shape, axis: SomeAxes, keepdims: bool, method: str
) -> Any:
    x = from_list(x)
    one_of(method, "nanquantile: method", METHODS)
    x = reals(x)
    rows, axes = filled_rows(x, axis, "nanquantile")
    last = _known(rows, -1) - 1
    rows = sort(rows, axis=-1)
    found = [_at(rows, q, method, last) for q in shares]
    shape = kept(shape_of(x), axes) if keepdims else shape_of(rows)[:-1]
    found = [reshape(value, shape=shape) for value in found]
    return in_shape(found, of)


def _at(rows: Any, q: float, method: str, last: Any) -> Any:
    """Return the quantile of sorted rows, of which what stands up to ``last`` is known."""
    place = _place(q, method, where(less(last, 0), 0, last))  # of nothing it is the first NaN
    low = floor(place)
    share = place - low
    alone = equal(share, 0)
    at = astype(low, dtype=np.intp)
    lower = take_along_axis(rows, at, axis=-1)
    upper = take_along_axis(rows, at + logical_not(alone), axis=-1)
    return where(alone, lower, mixed(lower, upper, astype(share, dtype=rows.dtype)))[..., 0]


def _place(q: float, method: str, last: Any) -> Any:
    """Return where the quantile stands in rows from 0 to ``last``, maybe between two elements.

    Raises:
        GraphError: ``last`` is a symbol, and the method's place is no plain share of it.
    """
    known = host_values(array_of(last))
    if known.shape == shape_of(last):  # of 0, 1, 2, … NumPy's own is the place itself
        each, inverse = np.unique(known, return_inverse=True)
        found = [np.quantile(np.arange(n + 1), q, method=method) for n in each.tolist()]  # type: ignore[call-overload]
        return beside(np.array(found, np.float64)[inverse].reshape(known.shape), last)
    place = astype(last, dtype=np.float64) * q
    low = floor(place)
    between = greater(place - low, 0)
    shares = {
        "linear": place - low,
        "lower": 0.0,
        "higher": astype(between, dtype=np.float64),
        "nearest": round(place) - low,
        "midpoint": where(between, 0.5, 0.0),
    }
    if method not in shares:
        raise GraphError(
            f"nanquantile: how many elements are no NaN is not known of a symbol; method is one of"
            f" {', '.join(map(repr, shares))} there"
        )
    return low + shares[method]
