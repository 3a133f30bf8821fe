"""What sorted elements tell: medians and quantiles, the largest k, places in a sorted row.

NaN sorts last, as in NumPy: it is the largest element, and makes a median or a quantile NaN, which
gets the gradient. Of equal elements the one that stands first in x comes first and gets its share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, SupportsFloat, SupportsIndex

import numpy as np

from tensorgraph.arguments import number, one_of, refuse_wanted, whole
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.domain import Real
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.op import Op, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, AxisError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import Axes, SomeAxes, from_list, kept, length, one_axis, part, some_axes
from tensorgraph.ops._batching import Operand, Static, looped
from tensorgraph.ops.arithmetic import (
    add,
    astype,
    isinf,
    isnan,
    logical_or,
    multiply,
    subtract,
    where,
)
from tensorgraph.ops.index import take_along_axis
from tensorgraph.ops.joining import stack
from tensorgraph.ops.reduce import max, min
from tensorgraph.ops.shape import permute_dims, reshape, squeeze
from tensorgraph.ops.sorting import first_places, ranked_places, sort

__all__ = [
    "kthvalue", "median", "percentile", "ptp", "quantile", "searchsorted", "topk",
]  # fmt: skip

PICKING = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
"""Methods that pick an element; others lie between two."""
METHODS = (
    *PICKING, "averaged_inverted_cdf", "interpolated_inverted_cdf", "hazen", "weibull", "linear",
    "median_unbiased", "normal_unbiased", "midpoint",
)  # fmt: skip
"""NumPy's names (Hyndman & Fan 1996)."""

Shape = tuple[int, ...]

Probabilities = SupportsFloat | Sequence[SupportsFloat]


def in_rows(x: Any, axis: Axes) -> Any:
    """Return x with the axes to be reduced joined to one, the last."""
    shape = shape_of(x)
    others = tuple(i for i in range(len(shape)) if i not in axis)
    rows = permute_dims(x, axes=(*others, *axis))
    return reshape(rows, shape=(*(shape[i] for i in others), length(shape, axis)))


def reals(x: Any) -> Any:
    """Return integers and booleans as float64."""
    return x if x.dtype.kind == "f" else astype(x, dtype=np.float64)


def probabilities(q: Any, name: str, most: float = 1.0) -> list[float]:
    """Return one number from 0 to ``most``, or several, as a list."""
    for p in flatten(q)[0]:
        refuse_wanted(p, f"{name}: q")
    several = np.ravel(q).tolist() if ndim_of(q) else [q]
    return [number(p, f"{name}: q", 0, most) for p in several]


def mixed(low: Any, high: Any, share: Any) -> Any:
    """Return low + share·(high − low), also for infinite ones and where the gap overflows."""
    upper = multiply(high, share)
    inside = add(low, subtract(upper, multiply(low, share)))
    infinite = logical_or(isinf(low), isinf(high))
    return where(infinite, add(multiply(low, 1 - share), upper), inside)


def _place(count: int, q: float, method: Any) -> tuple[int, float]:
    """Return the rank before a quantile of sorted elements, and the share of the way to the next.

    Of 0, 1, 2, … NumPy's own is the place itself.
    """
    place = float(np.quantile(np.arange(count), q, method=method))
    return int(place), place - int(place)


def _ranked(rows: Any, ranks: Sequence[int]) -> dict[int, Any]:
    """Return what would stand at ranks if rows were sorted."""
    places = ranked_places(rows, ranks, ndim_of(rows) - 1)
    if places is None:
        rows = sort(rows, axis=-1)
        return {rank: rows[..., rank] for rank in ranks}
    picked = take_along_axis(rows, places, axis=-1)
    return {rank: picked[..., i] for i, rank in enumerate(ranks)}


def filled_rows(x: Any, axis: SomeAxes, name: str) -> tuple[Any, Axes]:
    """Return x in rows, and which axes they are made of.

    Raises:
        AxisError: the rows are empty.
    """
    axes = some_axes(axis, ndim_of(x))
    if length(shape_of(x), axes) == 0:
        raise AxisError(f"{name} of no elements is undefined (shape {shape_of(x)}, axis {axis})")
    return in_rows(x, axes), axes


@with_leads
def quantile(
    x: AnyArray,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> AnyArray:
    """Return the q-quantiles over ``axis``: below the result lies a share q of the elements.

    The gradient goes to the one element or two elements that the result is made of.

    Args:
        x: of any shape.
        q: a number in [0, 1], or several; their axes are the first of the result.
        axis: one, several or None for all.
        keepdims: whether reduced axes stay, with length 1.
        method: one of NumPy's, which says what lies between two elements (Hyndman & Fan 1996).

    Raises:
        AxisError: there are no elements.

    Example:
        >>> import tensorgraph as tg
        >>> tg.quantile(tg.tensor([1.0, 2.0, 3.0, 10.0]), [0.5, 0.75])
        tensor([2.5 , 4.75])
    """
    return _quantile(x, probabilities(q, "quantile"), shape_of(q), axis, keepdims, method)


@with_leads
def percentile(
    x: AnyArray,
    q: Probabilities,
    axis: SomeAxes = None,
    keepdims: bool = False,
    method: str = "linear",
) -> AnyArray:
    """Return what ``quantile`` does, of q in percent.

    Example:
        >>> import tensorgraph as tg
        >>> tg.percentile(tg.tensor([1.0, 2.0, 3.0, 10.0]), 75)
        tensor(4.75)
    """
    shares = [p / 100 for p in probabilities(q, "percentile", 100.0)]
    return _quantile(x, shares, shape_of(q), axis, keepdims, method)


@with_leads
def median(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return the middle element over ``axis``, or the mean of the two in the middle.

    Example:
        >>> import tensorgraph as tg
        >>> tg.median(tg.tensor([1.0, 9.0, 2.0]))
        tensor(2.)
    """
    return _quantile(x, [0.5], (), axis, keepdims, "linear")


def _quantile(
    x: Any, shares: list[float], of: Shape, axis: SomeAxes, keepdims: bool, method: str
) -> Any:
    x = from_list(x)
    one_of(method, "quantile: method", METHODS)
    x = x if method in PICKING else reals(x)
    rows, axes = filled_rows(x, axis, "quantile")
    last = shape_of(rows)[-1] - 1
    places = [_place(last + 1, q, method) for q in shares]
    ranks = {rank for low, share in places for rank in (low, low + (share > 0))}
    ranked = _ranked(rows, sorted(ranks | {last}))
    found = [
        mixed(ranked[low], ranked[low + 1], share) if share else ranked[low]
        for low, share in places
    ]
    if x.dtype.kind == "f":  # NaN is the last
        found = [where(isnan(ranked[last]), ranked[last], value) for value in found]
    if keepdims:
        found = [reshape(value, shape=kept(shape_of(x), axes)) for value in found]
    return in_shape(found, of)


def in_shape(found: list[Any], shape: Shape) -> Any:
    """Return what was found for probabilities that stand in a shape, as axes in front."""
    if not shape:
        return found[0]
    together = stack(found)
    return together if len(shape) == 1 else reshape(together, (*shape, *shape_of(found[0])))


# -------------------------------------------------------------------------------------- extremes


@with_leads
def ptp(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return the largest element less the smallest over ``axis``, "peak to peak".

    Example:
        >>> import tensorgraph as tg
        >>> tg.ptp(tg.tensor([1.0, 9.0, 2.0]))
        tensor(8.)
    """
    return subtract(*(end(x, axis=axis, keepdims=keepdims) for end in (max, min)))


class Picked(NamedTuple):
    """Elements, and where they stand."""

    values: Any
    indices: Any


@with_leads
def topk(x: AnyArray, k: SupportsIndex, axis: SupportsIndex = -1, largest: bool = True) -> Picked:
    """Return the k largest elements along ``axis`` in order, or the smallest, and their places.

    NaN counts as the largest; of equal elements the first come first.

    Raises:
        ArgumentError: there are less than k elements.

    Example:
        >>> import tensorgraph as tg
        >>> values, indices = tg.topk(tg.tensor([3.0, 9.0, 5.0]), 2)
        >>> values, indices
        (tensor([9., 5.]), tensor([1, 2]))
    """
    x = from_list(x)
    axis = one_axis(axis, ndim_of(x), "topk: axis")
    k, count = whole(k, "topk: k", 0), shape_of(x)[axis]
    if k > count:
        raise ArgumentError(f"topk: there are no {k} elements along axis {axis}, but {count}")
    places = first_places(x, k, axis, bool(largest))
    return Picked(take_along_axis(x, places, axis=axis), places)


@with_leads
def kthvalue(
    x: AnyArray, k: SupportsIndex, axis: SupportsIndex = -1, keepdims: bool = False
) -> Picked:
    """Return the k-th smallest element along ``axis``, counted from 1, and its place.

    Raises:
        ArgumentError: there are less than k elements.

    Example:
        >>> import tensorgraph as tg
        >>> tg.kthvalue(tg.tensor([3.0, 9.0, 5.0]), 2).values
        tensor(5.)
    """
    x = from_list(x)
    axis = one_axis(axis, ndim_of(x), "kthvalue: axis")
    k, count = whole(k, "kthvalue: k", 1), shape_of(x)[axis]
    if k > count:
        raise ArgumentError(f"kthvalue: there are no {k} elements along axis {axis}, but {count}")
    places = ranked_places(x, [k - 1], axis)
    if places is None:
        places = part(first_places(x, k, axis, False), axis, k - 1, k)
    found = Picked(take_along_axis(x, places, axis=axis), places)
    return found if keepdims else Picked(*(squeeze(one, axis=axis) for one in found))


# ----------------------------------------------------------------------------------- searching


def _check_search(x: Any, values: Any, *, side: str) -> dict[str, Any]:
    if ndim_of(x) != 1:
        raise ShapeError(f"searchsorted looks in one sorted row, not in shape {shape_of(x)}")
    return {"side": one_of(side, "searchsorted: side", ("left", "right"))}


def _search_of_each(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    row, values = operands
    if row.batched:
        return looped(op, size, operands, static)
    return dispatch(op, (row.value, values.value), static)


searchsorted = register(
    "searchsorted",
    lambda x, values, *, side="left": np.searchsorted(x, values, side=side),
    {"x": NONDIFF, "values": NONDIFF},
    domain={"values": Real(-3.0, 3.0)},
    family="index",
    shape=lambda x, values, *, side: shape_of(values),
    dtype=lambda x, values, *, side: np.dtype(np.intp),
    prepare=_check_search,
    batch=_search_of_each,
    code="np.searchsorted(x, values, side=side)",
    doc="""Return where values are to be inserted in a sorted row, before equal ones or behind.

    No gradient passes. Of a row that is not sorted see ``tg.argsort``.

    >>> tg.searchsorted([1.0, 2.0, 3.0], [2.0, 9.0])
    tensor([1, 3])
    """,
)
