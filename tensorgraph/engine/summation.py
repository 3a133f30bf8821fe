"""Sums that are as accurate along every axis as along the last one.

NumPy adds in pairs along the axis whose elements lie next to each other in memory, and one by one
along any other: of 2²⁴ + 64 ones of float32 in a column it finds 2²⁴, for 2²⁴ + 1 is no float32.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array

_HALF = np.dtype(np.float16)

BLOCK = 128
"""About how many terms are added one by one: as many as where NumPy adds in pairs."""

MANY = 16 * BLOCK
"""Elements, in rows of up to a block: of so many, BLAS adds them up in a third of the time."""


def add_up(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the sum of an array over ``axis``: that of NumPy, but rounded less.

    Where NumPy would add long columns one by one, blocks of them are added first, then the sums of
    the blocks: the error grows with the logarithm of the number of terms. float16 is added up in
    float32. Integers, booleans and arrays of another kind than NumPy's are added up as they are.

    Args:
        x: an array of any kind, or a number.
        axis: one, or a tuple of them, counted from the front or from the back; None for all.
        keepdims: whether reduced axes stay, with length 1.
    """
    if type(x) is np.ndarray:
        if x.dtype is _HALF:
            return add_up(x.astype(np.float32), axis=axis, keepdims=keepdims).astype(_HALF)
        if x.size > BLOCK:
            if x.size > MANY and _is_of_short_rows(x, axis):
                sums = np.matmul(x, np.ones(x.shape[-1], x.dtype))
                return sums[..., None] if keepdims else sums
            x = _in_blocks(x, axis)
    # This is np.sum, without its way there.
    return np.add.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]


def _is_of_short_rows(x: Array, axis: Any) -> bool:
    """Return whether rows are added up that a product with ones adds several terms at a time."""
    of_rows = axis in (-1, x.ndim - 1, (x.ndim - 1,)) and 8 <= x.shape[-1] <= BLOCK
    return of_rows and x.dtype.kind == "f" and x.flags.c_contiguous


def _in_blocks(x: Array, axis: Any) -> Array:
    """Shorten axes by adding blocks of them, until NumPy adds few enough terms one by one."""
    if x.dtype.kind not in "fc" or (axis is None and x.flags.forc):
        return x
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if math.prod([x.shape[a] for a in axes]) <= BLOCK:
        return x
    slow: dict[Any, int] = {a % x.ndim: x.shape[a] for a in axes}
    fastest = _fastest(x)
    while fastest is not None and fastest in slow:
        fastest = _continued(x, fastest, slow.pop(fastest))
    while math.prod(slow.values()) > BLOCK:
        longest = max(slow, key=slow.__getitem__)
        x = _added(x, longest)
        slow[longest] = x.shape[longest]
    return x


def _fastest(x: Array) -> int | None:
    """Return the axis along which elements lie closest in memory, that NumPy's inner loop takes.

    Where all elements are one and the same, it may take any.
    """
    steps = {a: abs(s) for a, s in enumerate(x.strides) if s and x.shape[a] > 1}
    return min(steps, key=steps.__getitem__, default=None)


def _continued(x: Array, axis: int, n: int) -> int | None:
    """Return the axis whose rows stand in memory one after the other, those of another axis.

    NumPy takes both for one.
    """
    step = x.strides[axis] * n
    return next((a for a, s in enumerate(x.strides) if s == step and x.shape[a] > 1), None)


def _added(x: Array, axis: int) -> Array:
    """Return x with blocks of elements in a row along an axis added up, a rest to the first one."""
    n, lead = x.shape[axis], (slice(None),) * axis
    count = max(n // BLOCK, 1)
    rest = n % count
    blocks = x[(*lead, slice(rest, None))] if rest else x
    parted = blocks.reshape(*x.shape[:axis], count, n // count, *x.shape[axis + 1 :])
    sums = _added_in_any_order(parted, axis + 1)
    if rest:
        sums[(*lead, slice(rest))] += x[(*lead, slice(rest))]
    return sums


def _added_in_any_order(x: Array, axis: int) -> Array:
    """Return the sum over a short axis, by the matrix product where that may be asked for it.

    In a row of ones times a matrix, terms are added several at a time.
    """
    behind = math.prod(x.shape[axis + 1 :])
    sums: Array
    if x.dtype.kind != "f" or behind < 8 or not x.flags.c_contiguous:
        sums = np.add.reduce(x, axis=axis)
        return sums
    rows = x.reshape(*x.shape[: axis + 1], behind)
    sums = np.matmul(np.ones(x.shape[axis], x.dtype), rows)
    return sums.reshape(*x.shape[:axis], *x.shape[axis + 1 :])
