"""Lengths of vectors and sizes of matrices, of all orders."""

from __future__ import annotations

import math
from typing import Any

from tensorgraph.arguments import scalar
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, AxisError, LinAlgError
from tensorgraph.leads.calls import with_leads
from tensorgraph.linalg._matrices import matrices, square_matrices
from tensorgraph.linalg.solves import inv
from tensorgraph.linalg.spectra import svdvals
from tensorgraph.ops import moments
from tensorgraph.ops._axes import SomeAxes, from_list, length, one_axis, some_axes
from tensorgraph.ops.arithmetic import (
    abs,
    astype,
    divide,
    equal,
    isinf,
    logical_or,
    multiply,
    not_equal,
    where,
)
from tensorgraph.ops.reduce import max, min, sum
from tensorgraph.ops.shape import expand_dims, permute_dims, reshape, squeeze
from tensorgraph.ops.transcendental import power

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]

Order = float | str | None
"""What a norm may be called: a number, an infinity, ``"fro"`` or ``"nuc"``."""


@with_leads
def vector_norm(
    x: AnyArray, axis: SomeAxes = None, keepdims: bool = False, ord: float = 2
) -> AnyArray:
    """Return the length (Σ |x|ᵖ)^(1/p) of the vectors along ``axis``; of all elements by default.

    Of order ∞ it is the largest |x|, of −∞ the smallest, and of 0 how many elements are not 0,
    which has no gradient. The gradient of the Euclidean length (2) is 0 at 0, and so is that of
    other orders above 0; below 1 the derivative by an element that is 0, which is infinite, counts
    as 0, and below 0 all of those of a vector with a 0. Ties of the largest share theirs evenly.

    Raises:
        ArgumentError: ``ord`` is no number.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.vector_norm(tg.tensor([3.0, -4.0]), ord=1)
        tensor(7.)
    """
    x, p = from_list(x), scalar(ord, "vector_norm: ord")
    axes = some_axes(axis, ndim_of(x))
    if math.isnan(p):
        raise ArgumentError("vector_norm: ord is a number or an infinity, not NaN")
    if p == 2:
        return moments.norm(x, axis=axes, keepdims=keepdims)
    if p == 0:
        return astype(sum(not_equal(x, 0), axis=axes, keepdims=keepdims), dtype=_real(x))
    sizes = astype(abs(x), dtype=_real(x))
    if p == 1:
        return sum(sizes, axis=axes, keepdims=keepdims)
    if math.isinf(p):
        return (max if p > 0 else min)(sizes, axis=axes, keepdims=keepdims)
    return _general(sizes, axes, keepdims, p)


def _real(x: Any) -> Any:
    return x.dtype if x.dtype.kind == "f" else float


def _general(sizes: Any, axes: tuple[int, ...], keepdims: bool, p: float) -> Any:
    """Return (Σ sizesᵖ)^(1/p), sizes being taken beside the largest so that no power is too large.

    Beside the smallest, where p is negative.
    """
    if length(shape_of(sizes), axes) == 0:  # the power 1/p of no sum
        nothing = sum(sizes, axis=axes, keepdims=keepdims)
        return nothing if p > 0 else nothing + math.inf
    extreme = (max if p > 0 else min)(sizes, axis=axes, keepdims=True)
    unit = where(logical_or(equal(extreme, 0), isinf(extreme)), 1, extreme)
    total = sum(_powers(sizes, unit, p), axis=axes, keepdims=True)
    nothing = equal(total, 0)  # where all are 0; for a negative p, where all are infinite
    root = where(nothing, 0 if p > 0 else math.inf, power(where(nothing, 1, total), 1 / p))
    result = multiply(root, unit)
    return result if keepdims else squeeze(result, axis=axes)


def _powers(sizes: Any, unit: Any, p: float) -> Any:
    """Return (sizes/unit)ᵖ; a derivative that is infinite, at 0 or ∞, counts as 0."""
    if p >= 1:
        return power(divide(sizes, unit), p)
    zero = equal(sizes, 0)
    end = zero if p > 0 else logical_or(zero, isinf(sizes))
    powers = power(divide(where(end, 1, sizes), unit), p)
    return where(zero, 0 if p > 0 else math.inf, powers if p > 0 else where(end, 0, powers))


@with_leads
def matrix_norm(x: AnyArray, keepdims: bool = False, ord: Order = "fro") -> AnyArray:
    """Return the size of each matrix.

    ==================  ============================================
    ``"fro"``           √Σ xᵢⱼ²
    ``"nuc"``           the sum of the singular values
    ``2``, ``-2``       the largest singular value, the smallest
    ``1``, ``-1``       the largest sum of a column's |xᵢⱼ|, the least
    ``inf``, ``-inf``   the largest sum of a row's |xᵢⱼ|, the least
    ==================  ============================================

    Where the largest is tied, the gradient is shared evenly, which is a subgradient.

    Raises:
        ArgumentError: another order.
        ShapeError: x has less than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.matrix_norm(tg.tensor([[1.0, -2.0], [3.0, 4.0]]), ord=1)
        tensor(6.)
    """
    x = from_list(x)
    shape = matrices(x, "matrix_norm: x")
    result = _size(x, ord)
    return reshape(result, shape=(*shape[:-2], 1, 1)) if keepdims else result


def _size(x: Any, ord: Order) -> Any:
    if ord == "fro" or ord is None:
        return moments.norm(x, axis=(-2, -1))
    if ord == "nuc":
        return sum(svdvals(x), axis=-1)
    if ord in (1, -1, 2, -2, math.inf, -math.inf):
        if ord in (2, -2):
            values = svdvals(x)
        else:
            values = vector_norm(x, axis=-2 if ord in (1, -1) else -1, ord=1)
        return (max if ord > 0 else min)(values, axis=-1)
    raise ArgumentError(
        f"matrix_norm: ord is 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, not {ord!r}; of the elements"
        " write tg.linalg.vector_norm(x, ord=…)"
    )


@with_leads
def norm(x: AnyArray, ord: Order = None, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return NumPy's norm: of vectors or of matrices, as ``ord`` and ``axis`` say.

    Without ``ord`` it is the Euclidean length of all elements along ``axis``. With it, one axis, or
    a vector, means ``vector_norm``, and two axes, or a matrix, mean ``matrix_norm``.

    Raises:
        ArgumentError: an order that there is not.
        AxisError: more than two axes, or x has more and ``axis`` does not say which.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.norm(tg.tensor([[1.0, -2.0], [3.0, 4.0]]), ord=float("inf"))
        tensor(7.)
    """
    x = from_list(x)
    ndim = ndim_of(x)
    if ord is None:
        return moments.norm(x, axis=axis, keepdims=keepdims)
    axes = tuple(range(ndim)) if axis is None else _in_order(axis, ndim)
    if len(axes) == 1:
        if ord in ("fro", "nuc"):
            raise ArgumentError(f"norm: ord={ord!r} is a norm of matrices, and axis names one axis")
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=ord)  # type: ignore[arg-type]
    if len(axes) != 2:
        raise AxisError(
            f"norm: ord={ord!r} is for vectors or matrices, axis is one axis or two of the {ndim}"
        )
    others = tuple(i for i in range(ndim) if i not in axes)
    moved = x if (*others, *axes) == tuple(range(ndim)) else permute_dims(x, axes=(*others, *axes))
    result = matrix_norm(moved, ord=ord)
    return expand_dims(result, axis=tuple(sorted(axes))) if keepdims else result


def _in_order(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return axes counted from the front, in the order given: rows, then columns."""
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    found = tuple(one_axis(a, ndim, "norm: axis") for a in given)
    if len(set(found)) != len(found):
        raise ArgumentError(f"norm: axis {tuple(given)} names an axis twice")
    return found


@with_leads
def cond(x: AnyArray, p: Order = None) -> AnyArray:
    """Return the condition number of each matrix: by how much solving with it enlarges errors.

    It is the largest singular value over the smallest, infinite where that is 0; with ``p``,
    ‖x‖ · ‖x⁻¹‖ in the norm of that order, for square matrices.

    Raises:
        ArgumentError: an order that there is not.
        LinAlgError: matrices have no elements; or a matrix is singular, with ``p`` other than 2
            and −2.
        ShapeError: x has less than two axes, or is not square and needs to be.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.cond(tg.tensor([[4.0, 0.0], [0.0, 2.0]]))
        tensor(2.)
    """
    x = from_list(x)
    if p in (None, 2, -2):
        if 0 in matrices(x, "cond: x")[-2:]:
            raise LinAlgError(f"cond: matrices of shape {shape_of(x)} without elements have none")
        values = svdvals(x)
        largest, least = values[..., 0], values[..., -1]
        over, under = (least, largest) if p == -2 else (largest, least)
        nothing = equal(under, 0)
        return where(nothing, math.inf, divide(over, where(nothing, 1, under)))
    square_matrices(x, "cond: x")
    return multiply(matrix_norm(x, ord=p), matrix_norm(inv(x), ord=p))
