"""What the values themselves decide the number of: different elements, places, counts.

How many elements a result has is not known of a symbol, so these stop where only shapes are known.
No gradient passes through counts and places; ``unique_values`` passes it to the first of equal
elements, ``bincount`` to the weights.
"""

from __future__ import annotations

from typing import Any, NamedTuple, SupportsIndex

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.engine.arrays import host_values, placed
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import array_of, wrap
from tensorgraph.errors import ArgumentError, DTypeError, GraphError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_list
from tensorgraph.ops._keys import ARRAY
from tensorgraph.ops.index import scatter, take

__all__ = [
    "argwhere", "bincount", "flatnonzero", "histogram", "nonzero", "unique_all", "unique_counts",
    "unique_inverse", "unique_values",
]  # fmt: skip


def known(x: Any, name: str) -> Any:
    """Return the values of an array.

    Raises:
        GraphError: it is a symbol.
    """
    array = array_of(from_list(x))
    values = host_values(array)
    if values.shape != array.shape:
        raise GraphError(
            f"{name}: how many elements the result has is not known of a symbol; call it outside of"
            " what is compiled or derived"
        )
    return values


def beside(x: Any, found: Any) -> Any:
    """Return what was found of an array's values, as a tensor where these are."""
    return wrap(placed(np.asarray(found), array_of(from_list(x))))


@with_leads
def nonzero(x: AnyArray) -> tuple[Any, ...]:
    """Return where x is not 0: for each axis the places along it.

    Raises:
        GraphError: x is a symbol.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nonzero(tg.tensor([0.0, 3.0, 5.0]))
        (tensor([1, 2]),)
    """
    return tuple(beside(x, places) for places in np.nonzero(known(x, "nonzero")))


@with_leads
def argwhere(x: AnyArray) -> AnyArray:
    """Return where x is not 0: a row for each such element, with its place along each axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.argwhere(tg.tensor([[0.0, 3.0], [5.0, 0.0]]))
        tensor([[0, 1],
                [1, 0]])
    """
    return beside(x, np.argwhere(known(x, "argwhere")))


@with_leads
def flatnonzero(x: AnyArray) -> AnyArray:
    """Return where the flat x is not 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.flatnonzero(tg.tensor([[0.0, 3.0], [5.0, 0.0]]))
        tensor([1, 2])
    """
    return beside(x, np.flatnonzero(known(x, "flatnonzero")))


class UniqueAll(NamedTuple):
    """What ``unique_all`` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What ``unique_counts`` returns."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What ``unique_inverse`` returns."""

    values: Any
    inverse_indices: Any


@with_leads
def unique_all(x: AnyArray) -> UniqueAll:
    """Return the different elements of x in order, their first places, x in terms of them, counts.

    The gradient of a value goes to the first element that has it. Each NaN is different.

    Raises:
        GraphError: x is a symbol.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unique_all(tg.tensor([3, 1, 3])).inverse_indices
        tensor([1, 0, 1])
    """
    x = from_list(x)
    _, *rest = np.unique(
        known(x, "unique_all"), return_index=True, return_inverse=True, return_counts=True,
        equal_nan=False,
    )  # fmt: skip
    places, inverse, counts = (beside(x, part) for part in rest)
    inverse = wrap(array_of(inverse).reshape(shape_of(x)))
    return UniqueAll(take(x, places), places, inverse, counts)


@with_leads
def unique_values(x: AnyArray) -> AnyArray:
    """Return the different elements of x in order; the first of equal ones gets the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unique_values(tg.tensor([3, 1, 3]))
        tensor([1, 3])
    """
    return unique_all(x).values


@with_leads
def unique_counts(x: AnyArray) -> UniqueCounts:
    """Return the different elements of x in order, and how often each stands there.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unique_counts(tg.tensor([3, 1, 3])).counts
        tensor([1, 2])
    """
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


@with_leads
def unique_inverse(x: AnyArray) -> UniqueInverse:
    """Return the different elements of x in order, and the places among them that make up x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unique_inverse(tg.tensor([3, 1, 3])).inverse_indices
        tensor([1, 0, 1])
    """
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


# ---------------------------------------------------------------------------------------- counts


@with_leads
def bincount(
    x: AnyArray, weights: AnyArray | None = None, minlength: SupportsIndex = 0
) -> AnyArray:
    """Return how often 0, 1, 2, … stands in x, or the sum of the weights there.

    Args:
        x: a row of integers, not below 0.
        weights: of x's shape, which gradients go to; None for 1.
        minlength: how many counts there are at least.

    Raises:
        ArgumentError: one is below 0.
        DTypeError: they are no integers.
        GraphError: x is a symbol.
        ShapeError: x is no row, or the weights are not of its shape.

    Example:
        >>> import tensorgraph as tg
        >>> tg.bincount([0, 2, 2], weights=[1.0, 0.5, 0.25])
        tensor([1.  , 0.  , 0.75])
    """
    places = known(x, "bincount")
    if places.ndim != 1:
        raise ShapeError(f"bincount takes a row of integers, not shape {places.shape}")
    if places.dtype.kind not in "iub" and places.size:
        raise DTypeError(f"bincount takes integers, not {places.dtype}; write .astype('int64')")
    places = places.astype(np.intp)
    if places.min(initial=0) < 0:
        raise ArgumentError(f"bincount counts 0, 1, 2, …, not {places.min()}")
    count = max(places.max(initial=-1) + 1, whole(minlength, "bincount: minlength", 0))
    if weights is None:
        return beside(x, np.bincount(places, minlength=count))
    weights = from_list(weights)
    if shape_of(weights) != places.shape:
        raise ShapeError(
            f"bincount: weights have x's shape {places.shape}, not {shape_of(weights)}"
        )
    return scatter(weights, beside(x, places), key=(ARRAY,), shape=(int(count),))


@with_leads
def histogram(
    x: AnyArray, bins: Any = 10, range: Any = None, density: bool = False, weights: Any = None
) -> tuple[Any, Any]:
    """Return how many elements fall into each bin, and the bins' edges, as NumPy does.

    Gradients go to the weights; to x none does: counts do not change with it but by steps.

    Raises:
        GraphError: x is a symbol.

    Example:
        >>> import tensorgraph as tg
        >>> tg.histogram(tg.tensor([1.0, 2.0, 2.5]), bins=2)[0]
        tensor([1, 2])
    """
    edges = bins if isinstance(bins, (int, str)) else known(bins, "histogram")
    values = known(x, "histogram")
    weights = None if weights is None else from_list(weights)
    stand_in = None if weights is None else np.ones(shape_of(weights))
    try:
        counts, found = np.histogram(values, edges, range, density, stand_in)
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"histogram: {error}") from None
    if weights is None:
        return beside(x, counts), beside(x, found)
    added = _added_up(values.reshape(-1), weights.reshape(-1), found)
    widths = beside(x, np.diff(found))
    return (added / widths / added.sum() if density else added), beside(x, found)


def _added_up(values: Any, weights: Any, edges: Any) -> Any:
    """Return the sum of the weights in each bin, which has its lower edge, the last one both."""
    places = np.searchsorted(edges, values, side="right") - 1
    places[values == edges[-1]] = len(edges) - 2
    (inside,) = np.nonzero((places >= 0) & (places < len(edges) - 1))
    rows = take(weights, beside(weights, inside))
    into = beside(weights, places[inside])
    return scatter(rows, into, key=(ARRAY,), shape=(len(edges) - 1,))
