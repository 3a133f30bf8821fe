"""Adding to an array at a key that may name an element more than once, quickly where that is many.

What is added to one and the same element is added one by one, in the order of the indices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.ops._keys import ARRAY, Key, fill_key


def scatter_into(out: Any, x: Any, *indices: Any, key: Key) -> None:
    """Add x to an array in place, at ``key``."""
    if not indices:  # slices and integers never name an element twice
        out[key] += x
    elif type(out) is np.ndarray and out.dtype == np.float16:  # as sums are, in float32
        wide = out.astype(np.float32)
        scatter_into(wide, x, *indices, key=key)
        out[...] = wide
    elif type(out) is np.ndarray and out.flags.c_contiguous and are_numbers(indices):
        _add_at_numbers(out, np.asarray(x), indices, key)
    else:
        np.add.at(out, fill_key(key, indices), x)


def are_numbers(indices: Sequence[Any]) -> bool:
    """Return whether indices are NumPy's arrays of integers."""
    return all(type(array) is np.ndarray and array.dtype.kind in "iu" for array in indices)


WIDE = 128
"""Elements: slices of so many are added one after the other, faster than their elements are."""


def _add_at_numbers(out: Any, x: Any, indices: Sequence[Any], key: Key) -> None:
    """Add x to an array in C order at ``key``, whose arrays hold integers."""
    axis = key.index(ARRAY)
    rest = key[:axis] + key[axis + 1 :]
    if rest == (slice(None),) * len(rest) and out.size >= WIDE * out.shape[axis]:
        _add_slices(out, x, indices[0], axis)
    elif key == (ARRAY,) * len(key):
        _add_elements(out, x, indices)
    else:
        np.add.at(out, fill_key(key, indices), x)


def _add_slices(out: Any, x: Any, indices: Any, axis: int) -> None:
    """Add each slice of x to the slice of ``out`` along an axis that its index names."""
    lead, behind = out.shape[:axis], out.shape[axis + 1 :]
    slices = np.broadcast_to(x, (*lead, *indices.shape, *behind))
    slices = slices.reshape((*lead, indices.size, *behind))
    _combine(np.add, np.moveaxis(out, axis, 0), np.moveaxis(slices, axis, 0), indices.reshape(-1))


def combine_rows(function: np.ufunc, out: Any, rows: Any, labels: Any) -> None:
    """Put into each row of ``out`` what a function makes of it and the rows of its label."""
    if type(out) is np.ndarray and out.size >= WIDE * len(out):
        _combine(function, out, rows.reshape((-1, *out.shape[1:])), labels.reshape(-1))
    else:
        function.at(out, labels, rows)


def _combine(function: np.ufunc, out: Any, rows: Any, places: Any) -> None:
    for place, row in zip(places.tolist(), rows, strict=True):
        function(out[place], row, out=out[place])


def _add_elements(out: Any, x: Any, indices: Sequence[Any]) -> None:
    """Add each row of x to the row of ``out`` that the indices of the first axes name."""
    # NumPy adds to a flat array, element by element, several times faster than to any other. Only
    # of an array in C order is the flat one a view, not a copy.
    behind = out.shape[len(indices) :]
    first = flat_places(indices, out.shape)
    width = math.prod(behind)
    places = first[..., None] * width + np.arange(width)
    rows = np.broadcast_to(x, (*first.shape, *behind))
    np.add.at(out.reshape(-1), places.reshape(-1), rows.reshape(-1))


def flat_places(indices: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Return where in a flat array elements stand, of indices for each of its first axes.

    Raises:
        IndexError: one is outside.
    """
    places: Any = 0
    for axis, array in enumerate(indices):
        places = places * shape[axis] + _from_start(array, axis, shape[axis])
    return places


def _from_start(indices: Any, axis: int, n: int) -> Any:
    """Return the indices of an axis of n elements, negative ones counted from its start.

    Raises:
        IndexError: one is outside.
    """
    indices = indices.astype(np.intp, copy=False)
    if not indices.size or 0 <= indices.min() <= indices.max() < n:
        return indices
    outside = (indices < -n) | (indices >= n)
    if outside.any():
        first = indices[outside][0]
        raise IndexError(f"index {first} is out of bounds for axis {axis} with size {n}")
    return np.where(indices < 0, indices + n, indices)
