"""Where elements are, and which there are: what depends on values."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.tensor import Tensor, array_of, wrap

__all__ = [
    "count_nonzero", "isin", "nonzero", "searchsorted", "unique_all", "unique_counts",
    "unique_inverse", "unique_values",
]  # fmt: skip


def _values(x: Any) -> Any:
    return to_host(array_of(x))


def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """Return the places of what is not 0: positions for each axis."""
    if x.ndim == 0:
        raise ValueError("nonzero: a tensor without axes has no places; write x.reshape(1)")
    return tuple(map(wrap, np.nonzero(_values(x))))


def count_nonzero(x: Tensor, /, *, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Return how many elements over ``axis`` are not 0."""
    return ops.sum(ops.not_equal(x, 0), axis=axis, keepdims=keepdims)


def searchsorted(
    x1: Tensor, x2: Any, /, *, side: Any = "left", sorter: Tensor | None = None
) -> Tensor:
    """Return where elements of x2 belong in the ascending x1."""
    order = None if sorter is None else _values(sorter)
    return wrap(np.asarray(np.searchsorted(_values(x1), _values(x2), side, order)))


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Tensor:
    """Return where elements of x1 are among those of x2."""
    return wrap(np.asarray(np.isin(_values(x1), _values(x2), invert=invert)))


class UniqueAll(NamedTuple):
    """What :func:`unique_all` returns."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class UniqueCounts(NamedTuple):
    """What :func:`unique_counts` returns."""

    values: Tensor
    counts: Tensor


class UniqueInverse(NamedTuple):
    """What :func:`unique_inverse` returns."""

    values: Tensor
    inverse_indices: Tensor


def unique_all(x: Tensor, /) -> UniqueAll:
    """Return the different elements, where each first stands, which each is, how often there are.

    A gradient goes to the first of equal ones.
    """
    found = np.unique_all(_values(x))
    return UniqueAll(ops.take(x, found.indices), *map(wrap, found[1:]))


def unique_counts(x: Tensor, /) -> UniqueCounts:
    """Return the different elements, and how often each is there."""
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: Tensor, /) -> UniqueInverse:
    """Return the different elements, and which of them each element is."""
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: Tensor, /) -> Tensor:
    """Return the different elements."""
    return unique_all(x).values
