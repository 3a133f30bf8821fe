"""Products, linear equations, factorizations and functions of matrices.

Each is written out for its number of rows: as many steps of elimination as there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.shapes import shape_of
from tensorgraph.linalg import functions
from tensorgraph.linalg.diagonals import diagonal
from tensorgraph.ops.arithmetic import (
    abs,
    astype,
    ceil,
    equal,
    greater,
    less,
    less_equal,
    not_equal,
    where,
)
from tensorgraph.ops.index import take_along_axis
from tensorgraph.ops.joining import concat, stack
from tensorgraph.ops.reduce import argmax, sum
from tensorgraph.ops.shape import broadcast_to, expand_dims
from tensorgraph.ops.transcendental import log, log2, power, sqrt


def _swapped_rows(x: Any, k: int) -> Any:
    """Return matrices with the row whose element in column k is largest in the place of row k."""
    n = shape_of(x)[-2]
    place = argmax(abs(x[..., k:, k]), axis=-1) + k
    rows = np.arange(n)
    place = expand_dims(place, axis=-1)
    order = where(equal(rows, k), place, where(equal(rows, place), k, rows))
    wide = broadcast_to(expand_dims(order, axis=-1), shape_of(x))
    return take_along_axis(x, wide, axis=-2), not_equal(place[..., 0], k)


def _inv(x: Any) -> Any:
    """Return the inverse by Gauss and Jordan's elimination, with the largest pivots."""
    n = shape_of(x)[-1]
    both = concat([x, broadcast_to(np.eye(n, dtype=x.dtype), shape_of(x))], axis=-1)
    for k in range(n):
        both, _ = _swapped_rows(both, k)
        row = both[..., k : k + 1, :] / both[..., k : k + 1, k : k + 1]
        cleared = both - both[..., :, k : k + 1] * row
        own = np.arange(n)[:, None] == k
        both = where(own, row, cleared)
    return both[..., :, n:]


def _pivots(x: Any) -> tuple[Any, Any]:
    """Return the pivots of Gauss's elimination, and the sign of the order of rows."""
    n = shape_of(x)[-1]
    sign: Any = np.ones((), x.dtype)
    pivots = []
    for k in range(n):
        x, swapped = _swapped_rows(x, k)
        pivot = x[..., k, k]
        pivots.append(pivot)
        sign = where(swapped, -sign, sign)
        safe = where(equal(pivot, 0), 1, pivot)[..., None, None]
        below = np.arange(n)[:, None] > k
        x = where(below, x - x[..., :, k : k + 1] / safe * x[..., k : k + 1, :], x)
    if not pivots:
        return np.ones((*shape_of(x)[:-2], 1), x.dtype), sign
    return stack(pivots, axis=-1), sign


def _det(x: Any) -> Any:
    pivots, sign = _pivots(x)
    return sign * pivots.prod(axis=-1)


def _logabsdet(x: Any) -> Any:
    return log(abs(_pivots(x)[0])).sum(axis=-1)


def _detsign(x: Any) -> Any:
    pivots, sign = _pivots(x)
    signs = where(less(pivots, 0), -1, astype(not_equal(pivots, 0), x.dtype))
    return sign * signs.prod(axis=-1)


def _cholesky(x: Any) -> Any:
    """Return the triangular factor, column by column."""
    n = shape_of(x)[-1]
    x = x / 2 + x.mT / 2
    columns: list[Any] = []
    for k in range(n):
        column = x[..., :, k]
        for done in columns:
            column = column - done * done[..., k : k + 1]
        column = column / sqrt(column[..., k : k + 1])
        columns.append(where(np.arange(n) >= k, column, 0))
    return stack(columns, axis=-1) if columns else x


def _qr(x: Any) -> Any:
    """Return Q above Rᵀ, by Householder's reflections, with the signs that LAPACK gives."""
    m, n = shape_of(x)[-2:]
    least = min(m, n)
    q = broadcast_to(np.eye(m, dtype=x.dtype), (*shape_of(x)[:-2], m, m))
    for k in range(min(least, m - 1)):
        column = where(np.arange(m) >= k, x[..., :, k], 0)
        below = where(np.arange(m) > k, column, 0)
        largest = abs(column).max(axis=-1, keepdims=True)
        scaled = column / where(equal(largest, 0), 1, largest)
        length = sqrt((scaled * scaled).sum(axis=-1, keepdims=True)) * largest
        signed = where(less(column[..., k : k + 1], 0), -length, length)
        v = where(np.arange(m) == k, column + signed, column)
        still = equal(abs(below).max(axis=-1, keepdims=True), 0)
        v = where(still, 0, v)
        size = (v * v).sum(axis=-1, keepdims=True)
        half = v / where(equal(size, 0), 1, size)
        v, half = v[..., None], half[..., None]
        x = x - 2 * v @ (half.mT @ x)
        q = q - 2 * (q @ half) @ v.mT
    upper = np.arange(m)[:, None] <= np.arange(n)
    r = where(upper, x, 0)[..., :least, :]
    return concat([q[..., :, :least], r.mT], axis=-2)


def _over_gaps(x: Any, gaps: Any) -> Any:
    return x / where(equal(gaps, 0), 1, gaps)


def _einsum(*operands: Any, subscripts: str) -> Any:
    """Return the sum of no products."""
    return np.einsum(subscripts, *(np.zeros(shape_of(x), x.dtype) for x in operands))


def _trace(x: Any, *, offset: int) -> Any:
    return diagonal(x, offset=offset).sum(axis=-1)


def _expm(x: Any) -> Any:
    """Return exp(x / 2ˢ), by the kernel's approximant, squared s times; NaN of a norm above 2²⁰.

    All squarings are made that a matrix may need, and each is taken or left.
    """
    lengths = sum(abs(x), axis=-2).max(axis=-1)
    large = greater(lengths, functions.LARGEST)
    ratio = where(large, lengths, functions.LARGEST) / functions.LARGEST
    halvings = ceil(log2(ratio))
    result = functions._by_pade(x / power(np.array(2, x.dtype), halvings)[..., None, None])
    for step in range(HALVINGS):
        again = less(step, halvings)[..., None, None]
        result = where(again, result @ result, result)
    fits = less_equal(halvings, HALVINGS)[..., None, None]
    return where(fits, result, math.nan)


HALVINGS = 18
"""So often a matrix may be halved."""


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "inv": _inv, "det": _det, "logabsdet": _logabsdet, "detsign": _detsign, "trace": _trace,
    "cholesky": _cholesky, "qr": _qr, "over_gaps": _over_gaps, "expm": _expm, "einsum": _einsum,
}  # fmt: skip
"""By the names of the operations in the registry."""
