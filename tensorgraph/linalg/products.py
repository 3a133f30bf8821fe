"""Products of matrices and vectors: chains, powers, and those of all elements with all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import integer
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.linalg._matrices import identity, square_matrices
from tensorgraph.linalg.solves import inv
from tensorgraph.ops._axes import from_list, from_lists, one_axis
from tensorgraph.ops.arithmetic import multiply, subtract
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.index import beside, take
from tensorgraph.ops.shape import broadcast_to, reshape

__all__ = ["cross", "kron", "matrix_power", "multi_dot"]


@with_leads
def multi_dot(arrays: Sequence[AnyArray]) -> AnyArray:
    """Return the product of two or more matrices, in the order that takes the fewest steps.

    The first and the last may be vectors, a row and a column.

    Source: T. H. Cormen et al., "Introduction to Algorithms", section 15.2.

    Raises:
        ArgumentError: less than two matrices.
        ShapeError: one between the first and the last is no matrix, or neighbours do not fit.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.multi_dot([tg.ones((2, 9)), tg.ones((9, 9)), tg.ones(9)])
        tensor([81., 81.])
    """
    arrays = from_lists(*arrays)
    if len(arrays) < 2:
        raise ArgumentError(f"multi_dot: two matrices or more, not {len(arrays)}")
    for i, x in enumerate(arrays):
        inside = 0 < i < len(arrays) - 1
        if ndim_of(x) != 2 and (inside or ndim_of(x) != 1):
            also = "" if inside else " or a vector"
            raise ShapeError(f"multi_dot: arrays[{i}] is a matrix{also}, not {shape_of(x)}")
    first, last = arrays[0], arrays[-1]
    row, column = ndim_of(first) == 1, ndim_of(last) == 1
    ends = [1 if row else shape_of(first)[0], *(shape_of(x)[0] for x in arrays[1:])]
    ends.append(1 if column else shape_of(last)[1])
    return _chain(arrays, _order(ends), 0, len(arrays) - 1)


def _order(ends: Sequence[int]) -> dict[tuple[int, int], int]:
    """Return where to split each part of a chain, so that all products take the fewest steps."""
    count = len(ends) - 1
    steps = {(i, i): 0 for i in range(count)}
    splits = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = {
                k: steps[i, k] + steps[k + 1, j] + ends[i] * ends[k + 1] * ends[j + 1]
                for k in range(i, j)
            }
            splits[i, j] = min(costs, key=costs.__getitem__)
            steps[i, j] = costs[splits[i, j]]
    return splits


def _chain(arrays: Sequence[Any], splits: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return arrays[i]
    k = splits[i, j]
    return matmul(_chain(arrays, splits, i, k), _chain(arrays, splits, k + 1, j))


@with_leads
def matrix_power(x: AnyArray, n: SupportsIndex) -> AnyArray:
    """Return each matrix to the whole power n: of 0 the identity, of −1 the inverse.

    It takes some 2 log₂ n products.

    Raises:
        LinAlgError: n is negative, and a matrix is singular.
        ShapeError: x is no square matrix, nor a stack of them.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.matrix_power(tg.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
        tensor([[1., 5.],
                [0., 1.]])
    """
    x, n = from_list(x), integer(n, "matrix_power: n")
    shape = square_matrices(x, "matrix_power: x")
    if n < 0:
        x, n = inv(x), -n
    if n == 0:  # whatever x is
        return broadcast_to(identity(shape[-1], x), shape=shape)
    found, square = None, x
    while n:
        if n & 1:
            found = square if found is None else matmul(found, square)
        n >>= 1
        square = matmul(square, square) if n else square
    return found


@with_leads
def kron(x: AnyArray, y: AnyArray) -> AnyArray:
    """Return the Kronecker product: every element of x times all of y, side by side in blocks.

    An axis of length m of x and one of length n of y become one of length m n; where one array has
    fewer axes, axes of length 1 stand in front.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.kron(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 1.0]))
        tensor([1., 1., 2., 2.])
    """
    x, y = from_lists(x, y)
    ndim = max(ndim_of(x), ndim_of(y))
    first, second = ((1,) * (ndim - ndim_of(v)) + shape_of(v) for v in (x, y))
    blocks = reshape(x, shape=tuple(k for n in first for k in (n, 1)))
    inside = reshape(y, shape=tuple(k for n in second for k in (1, n)))
    lengths = tuple(m * n for m, n in zip(first, second, strict=True))
    return reshape(multiply(blocks, inside), shape=lengths)


@with_leads
def cross(x: AnyArray, y: AnyArray, axis: SupportsIndex = -1) -> AnyArray:
    """Return the vectors x × y, at right angles to both; the vectors lie along ``axis``.

    Raises:
        ShapeError: the vectors have another length than 3.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.])
    """
    x, y = from_lists(x, y)
    places = [one_axis(axis, ndim_of(v), "cross: axis") for v in (x, y)]
    for name, v, place in zip("xy", (x, y), places, strict=True):
        if shape_of(v)[place] != 3:
            raise ShapeError(
                f"cross: vectors have length 3, those along axis {axis} of {name} of shape"
                f" {shape_of(v)} have {shape_of(v)[place]}"
            )
    (a, b), (c, d) = (
        [take(v, beside(np.asarray(order), v), axis=place) for order in ([1, 2, 0], [2, 0, 1])]
        for v, place in zip((x, y), places, strict=True)
    )
    return subtract(multiply(a, d), multiply(b, c))
