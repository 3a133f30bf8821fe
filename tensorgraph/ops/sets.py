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
from tensorgraph.ops.arithmetic import logical_and, where
from tensorgraph.ops.index import beside, scatter, take
from tensorgraph.ops.order import searchsorted
from tensorgraph.ops.segments import segment_sum
from tensorgraph.ops.shape import reshape

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
        instead = INSTEAD.get(name, "call it outside of what is compiled, derived or mapped")
        raise GraphError(
            f"{name}: how many elements the result has is not known of a symbol; {instead}"
        )
    return values


INSTEAD = {"bincount": "write tg.segment_sum(tg.ones(x.shape), x, num_segments=10)"}
"""What to write where only shapes are known."""


def found_in(x: Any, found: Any) -> Any:
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
    return tuple(found_in(x, places) for places in np.nonzero(known(x, "nonzero")))


@with_leads
def argwhere(x: AnyArray) -> AnyArray:
    """Return where x is not 0: a row for each such element, with its place along each axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.argwhere(tg.tensor([[0.0, 3.0], [5.0, 0.0]]))
        tensor([[0, 1],
                [1, 0]])
    """
    return found_in(x, np.argwhere(known(x, "argwhere")))


@with_leads
def flatnonzero(x: AnyArray) -> AnyArray:
    """Return where the flat x is not 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.flatnonzero(tg.tensor([[0.0, 3.0], [5.0, 0.0]]))
        tensor([1, 2])
    """
    return found_in(x, np.flatnonzero(known(x, "flatnonzero")))


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
    places, inverse, counts = (found_in(x, part) for part in rest)
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
        return found_in(x, np.bincount(places, minlength=count))
    weights = from_list(weights)
    if shape_of(weights) != places.shape:
        raise ShapeError(
            f"bincount: weights have x's shape {places.shape}, not {shape_of(weights)}"
        )
    return scatter(weights, found_in(x, places), key=(ARRAY,), shape=(int(count),))


@with_leads
def histogram(
    x: AnyArray, bins: Any = 10, range: Any = None, density: bool = False, weights: Any = None
) -> tuple[Any, Any]:
    """Return how many elements fall into each bin, and the bins' edges, as NumPy does.

    Gradients go to the weights; to x none does: counts do not change with it but by steps.

    Raises:
        GraphError: x is a symbol, and neither ``range`` nor edges are given.

    Example:
        >>> import tensorgraph as tg
        >>> tg.histogram(tg.tensor([1.0, 2.0, 2.5]), bins=2)[0]
        tensor([1, 2])
    """
    edges = bins if isinstance(bins, (int, str)) else known(bins, "histogram")
    x = from_list(x)
    weights = None if weights is None else from_list(weights)
    values = _with_known_edges(x, edges, range)
    plain = weights is None and shape_of(values) == shape_of(x)
    try:
        counts, found = np.histogram(values, edges, range, density and plain)
    except (ValueError, TypeError) as error:
        raise ArgumentError(f"histogram: {error}") from None
    if plain:
        return found_in(x, counts), found_in(x, found)
    if weights is not None and shape_of(weights) != shape_of(x):
        raise ArgumentError(
            f"histogram: weights have x's shape {shape_of(x)}, not {shape_of(weights)}"
        )
    added = _added_up(reshape(x, shape=-1), weights, found)
    widths = found_in(x, np.diff(found))
    return (added / widths / added.sum() if density else added), found_in(x, found)


def _with_known_edges(x: Any, edges: Any, range: Any) -> Any:
    """Return the values that tell the edges of bins; of a symbol none, if these are given.

    Raises:
        GraphError: x is a symbol, and its values are to tell the edges.
    """
    array = array_of(x)
    if host_values(array).shape == array.shape:
        return host_values(array)
    if isinstance(edges, str) or (isinstance(edges, int) and range is None):
        raise GraphError(
            "histogram: the bins' edges depend on the values, which a symbol has not; write"
            " tg.histogram(x, bins=10, range=(-1, 1))"
        )
    return np.zeros(0)


def _added_up(values: Any, weights: Any, edges: Any) -> Any:
    """Return the sum of the weights in each bin, which has its lower edge, the last one both.

    Without weights it is how many values are there.
    """
    count = len(edges) - 1
    places = searchsorted(beside(edges, values), values, side="right") - 1
    places = where(values == edges[-1], count - 1, places)
    labels = where(logical_and(places >= 0, places < count), places, count)  # one for the rest
    each = np.ones(shape_of(values), np.intp) if weights is None else reshape(weights, shape=-1)
    return segment_sum(each, labels, num_segments=count + 1)[:count]
