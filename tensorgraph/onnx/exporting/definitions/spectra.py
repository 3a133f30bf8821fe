"""Eigenvalues and singular values, by Jacobi's rotations, as many as bring any matrix to rounding.

In each round every column turns with one other, so that n − 1 rounds are a sweep over all pairs.

Source: G. H. Golub and C. F. Van Loan, "Matrix Computations", sections 8.5 and 8.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensorgraph.engine.shapes import shape_of
from tensorgraph.linalg.diagonals import diagonal
from tensorgraph.linalg.factorizations import _qr
from tensorgraph.linalg.least_squares import _tolerance
from tensorgraph.linalg.spectra import _svd as svd
from tensorgraph.ops.arithmetic import abs, equal, greater, less, where
from tensorgraph.ops.index import take_along_axis
from tensorgraph.ops.joining import concat
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import broadcast_to
from tensorgraph.ops.sorting import argsort
from tensorgraph.ops.transcendental import sqrt

MOST_COLUMNS = 32
"""Larger matrices would take tens of thousands of nodes."""


def _rounds(n: int) -> Iterator[Any]:
    """Yield for each round the partner of each column, which may be itself, as in a tournament."""
    if n > MOST_COLUMNS:
        raise ValueError(f"matrices with more than {MOST_COLUMNS} rows and columns are not written")
    players = [*range(n), *[-1] * (n % 2)]
    sweeps = 4 + math.ceil(math.log2(max(n, 2)))
    for _ in range(sweeps * (len(players) - 1)):
        partner = np.arange(n)
        for p, q in zip(players, players[::-1], strict=True):
            if min(p, q) >= 0:
                partner[p] = q
        yield partner
        players = [players[0], players[-1], *players[1:-1]]


def _rotation(squares: Any, partner: Any) -> Any:
    """Return the matrix that turns each pair of columns, given their products with one another."""
    n = len(partner)
    own = np.arange(n)
    low, beside = own < partner, (partner[:, None] == own) & (partner != own)[:, None]
    at_own = diagonal(squares)
    at_partner = at_own[..., partner]
    across = 2 * sum(where(beside, squares, 0), axis=-1)
    apart = where(low, at_partner - at_own, at_own - at_partner)
    length = sqrt(apart * apart + across * across)
    below = apart + where(less(apart, 0), -length, length)
    slope = where(equal(across, 0), 0, across / where(equal(below, 0), 1, below))
    cos = 1 / sqrt(1 + slope * slope)
    sin = where(low, slope * cos, -(slope * cos))
    return where(np.eye(n, dtype=bool), cos[..., None], where(beside, sin[..., None], 0))


def _eye(x: Any) -> Any:
    n = shape_of(x)[-1]
    return broadcast_to(np.eye(n, dtype=x.dtype), (*shape_of(x)[:-2], n, n))


def _in_order(values: Any, descending: bool, *columns: Any) -> tuple[Any, ...]:
    """Return values sorted, and columns in the same order."""
    order = argsort(values, axis=-1, descending=descending)
    wide = (broadcast_to(order[..., None, :], shape_of(x)) for x in columns)
    moved = (take_along_axis(x, at, axis=-1) for x, at in zip(columns, wide, strict=True))
    return take_along_axis(values, order, axis=-1), *moved


def _largest(x: Any) -> Any:
    """Return the largest element of each matrix, by which no square leaves the range."""
    largest = abs(x).max(axis=(-2, -1), keepdims=True)
    return where(equal(largest, 0), 1, largest)


def _eigh(x: Any) -> Any:
    scale = _largest(x)
    a, vectors = (x / 2 + x.mT / 2) / scale, _eye(x)
    for partner in _rounds(shape_of(x)[-1]):
        turn = _rotation(a, partner)
        a, vectors = turn.mT @ a @ turn, vectors @ turn
    values, vectors = _in_order(diagonal(a), False, vectors)
    return concat([(values * scale[..., 0])[..., None, :], vectors], axis=-2)


def _svd_of_tall(x: Any) -> tuple[Any, Any, Any]:
    scale = _largest(x)
    turned, v = x / scale, _eye(x)
    for partner in _rounds(shape_of(x)[-1]):
        turn = _rotation(turned.mT @ turned, partner)
        turned, v = turned @ turn, v @ turn
    sizes = sqrt(sum(turned * turned, axis=-2))
    sizes, turned, v = _in_order(sizes, True, turned, v)
    # What is left are columns at right angles: of those that are 0, this finds the directions.
    packed = _qr(turned)
    q, r = packed[..., : shape_of(x)[-2], :], packed[..., shape_of(x)[-2] :, :]
    u = where(less(diagonal(r), 0)[..., None, :], -q, q)
    return u, sizes * scale[..., 0], v


def _svd(x: Any) -> Any:
    wide = shape_of(x)[-2] < shape_of(x)[-1]
    u, sizes, v = _svd_of_tall(x.mT if wide else x)
    u, v = (v, u) if wide else (u, v)
    return concat([u, sizes[..., None, :], v], axis=-2)


def _pinv(x: Any, *, rtol: float | None) -> Any:
    packed, m = svd(x), shape_of(x)[-2]
    u, sizes, v = packed[..., :m, :], packed[..., m, :], packed[..., m + 1 :, :]
    least = sizes.max(axis=-1, keepdims=True) * _tolerance(x, rtol)
    counts = greater(sizes, least)
    inverse = where(counts, 1 / where(counts, sizes, 1), 0)
    return (v * inverse[..., None, :]) @ u.mT


DEFINITIONS: dict[str, Callable[..., Any]] = {"eigh": _eigh, "svd": _svd, "pinv": _pinv}
"""By the names of the operations in the registry."""
