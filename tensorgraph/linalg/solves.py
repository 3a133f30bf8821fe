"""Inverses and systems of linear equations.

The rules solve with the matrix itself, transposed: they are as exact as the solution is. A gradient
by b costs one more solution, that by A a product beside; NumPy hands out no factors to solve with
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import is_foreign
from tensorgraph.engine.notation import raised
from tensorgraph.engine.op import Op, OpFunction, register
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import LinAlgError, ShapeError
from tensorgraph.linalg._matrices import (
    Shape,
    check_square,
    floating,
    identity,
    in_single,
    matrices,
    of_each,
    same_shape,
    square_matrices,
)
from tensorgraph.ops._batching import Operand, Static, elementwise
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.shape import matrix_transpose, tril, triu

__all__ = ["inv", "solve", "solve_triangular"]

SINGULAR = "is singular; write tg.linalg.pinv(x) for the inverse of least squares"


def _inv_rule(g: Any, out: Any) -> Any:
    transposed = matrix_transpose(out)
    return -(transposed @ g @ transposed)


inv: OpFunction = register(
    "inv",
    in_single(lambda x: of_each(np.linalg.inv, x, SINGULAR)),
    {"x": _inv_rule},
    family="linalg",
    shape=same_shape,
    dtype=floating,
    prepare=check_square,
    symbol="⁻¹",
    notation=raised("-1"),
    code="np.linalg.inv",
    doc="""Return the inverse of each matrix: x⁻¹ x = I, and d(x⁻¹) = −x⁻¹ dx x⁻¹.

    To solve equations, `solve` is faster and more exact. A singular matrix raises a `LinAlgError`.

    >>> tg.linalg.inv([[2.0, 0.0], [0.0, 4.0]])
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """,
)

# --------------------------------------------------------------------------------------- equations


def _solve_kernel(a: Any, b: Any) -> Any:
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        of_each(np.linalg.inv, a, "is singular")  # which says of which
        raise


def _check_solve(a: Any, b: Any) -> dict[str, Any]:
    n = square_matrices(a, "a")[-1]
    shape = shape_of(b)
    if ndim_of(b) != 1:
        matrices(b, "b")
    rows = shape[-2:][0]
    if rows != n:
        axis = -1 if len(shape) == 1 else -2
        hint = "; write b[..., None] for a stack of vectors" if shape[-1] == n else ""
        raise ShapeError(
            f"a of shape {shape_of(a)} has {n} rows, b of shape {shape} has {rows} along axis"
            f" {axis}{hint}"
        )
    return {}


def _of_examples(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    """Solve for many examples: a vector of each is a matrix of one column, for they are a stack."""
    a, b = operands
    if b.ndim > 1:
        return elementwise(op, size, operands, static)
    return elementwise(op, size, [a, Operand(b.value[..., None], b.batched)], static)[..., 0]


def _columns(v: Any, b_shape: Shape) -> Any:
    """Return right-hand sides, or solutions, as matrices: of a vector, with one column."""
    return v[..., None] if len(b_shape) == 1 else v


def _solve_by_b(g: Any, a: Any, b_shape: Shape) -> Any:
    back = solve(matrix_transpose(a), _columns(g, b_shape))
    return back[..., 0] if len(b_shape) == 1 else back


def _solve_by_a(g: Any, a: Any, out: Any, b_shape: Shape) -> Any:
    back = solve(matrix_transpose(a), _columns(g, b_shape))
    return -(back @ matrix_transpose(_columns(out, b_shape)))


def _solution_shape(a: Any, b: Any, **static: Any) -> Shape:
    lead, shape = shape_of(a)[:-2], shape_of(b)
    if len(shape) == 1:
        return (*lead, *shape)
    return (*np.broadcast_shapes(lead, shape[:-2]), *shape[-2:])


solve: OpFunction = register(
    "solve",
    in_single(_solve_kernel),
    {"a": _solve_by_a, "b": _solve_by_b},
    family="linalg",
    batch=_of_examples,
    shape=_solution_shape,
    dtype=floating,
    prepare=_check_solve,
    body=lambda a, b: matmul(inv(a), b),
    code="np.linalg.solve",
    letter="X",
    doc="""Return the solution x of a x = b, for each matrix a.

    b is one vector, if it has one axis, else matrices whose columns are solved for: the Array API's
    rule. Leading axes broadcast. A singular a raises a `LinAlgError`.

    >>> tg.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [1.0, 1.0])
    tensor([0.5 , 0.25])
    """,
)

# --------------------------------------------------------------------------- triangular equations

BLOCK = 32
"""The rows of a triangular matrix that are solved for together."""


def _one_triangle(a: Any, lower: bool, unit_diagonal: bool) -> Any:
    """Return the part of a that is read: a triangle, of the diagonal 1 where it is not read."""
    part = tril if lower else triu
    if not unit_diagonal:
        return part(a)
    return part(a, k=-1 if lower else 1) + identity(shape_of(a)[-1], a)


def _solve_triangular_kernel(
    a: Any, b: Any, *, lower: bool = True, transpose: bool = False, unit_diagonal: bool = False
) -> Any:
    a = _one_triangle(a, lower, unit_diagonal)
    if transpose:
        a, lower = np.swapaxes(a, -1, -2), not lower
    diagonals = np.diagonal(a, 0, -2, -1)
    if not (is_foreign(a) or np.all(diagonals)):
        *at, row = (int(i) for i in np.argwhere(diagonals == 0)[0])
        raise LinAlgError(f"a{at or ''} is singular: its diagonal is 0 in row {row}")
    vector = b.ndim == 1
    solved = _by_blocks(a, b[:, None] if vector else b, lower)
    return solved[..., 0] if vector else solved


def _by_blocks(a: Any, b: Any, lower: bool) -> Any:
    """Return the solution by substitution: block by block, each with what is already solved."""
    n = a.shape[-1]
    if n <= BLOCK:
        return np.linalg.solve(a, b)
    half = (n // 2 + BLOCK - 1) // BLOCK * BLOCK
    first, last = slice(None, half), slice(half, None)
    if lower:
        top = _by_blocks(a[..., first, first], b[..., first, :], lower)
        rest = b[..., last, :] - a[..., last, first] @ top
        parts = top, _by_blocks(a[..., last, last], rest, lower)
    else:
        bottom = _by_blocks(a[..., last, last], b[..., last, :], lower)
        rest = b[..., first, :] - a[..., first, last] @ bottom
        parts = _by_blocks(a[..., first, first], rest, lower), bottom
    return np.concatenate(parts, axis=-2)


def _check_triangular(
    a: Any, b: Any, *, lower: bool, transpose: bool, unit_diagonal: bool
) -> dict[str, Any]:
    _check_solve(a, b)
    return {
        "lower": bool(lower),
        "transpose": bool(transpose),
        "unit_diagonal": bool(unit_diagonal),
    }


def _triangular_by_b(
    g: Any, a: Any, b_shape: Shape, lower: bool, transpose: bool, unit_diagonal: bool
) -> Any:
    back = solve_triangular(
        a, _columns(g, b_shape), lower=lower, transpose=not transpose, unit_diagonal=unit_diagonal
    )
    return back[..., 0] if len(b_shape) == 1 else back


def _triangular_by_a(
    g: Any, a: Any, out: Any, b_shape: Shape, lower: bool, transpose: bool, unit_diagonal: bool
) -> Any:
    solved = _columns(out, b_shape)
    back = solve_triangular(
        a, _columns(g, b_shape), lower=lower, transpose=not transpose, unit_diagonal=unit_diagonal
    )
    left, right = (solved, back) if transpose else (back, solved)
    products = -(left @ matrix_transpose(right))
    beside = int(unit_diagonal)
    return tril(products, k=-beside) if lower else triu(products, k=beside)


def _triangular_body(a: Any, b: Any, *, lower: bool, transpose: bool, unit_diagonal: bool) -> Any:
    inverse = inv(_one_triangle(a, lower, unit_diagonal))
    return matmul(matrix_transpose(inverse) if transpose else inverse, b)


solve_triangular: OpFunction = register(
    "solve_triangular",
    in_single(_solve_triangular_kernel),
    {"a": _triangular_by_a, "b": _triangular_by_b},
    family="linalg",
    batch=_of_examples,
    shape=_solution_shape,
    dtype=floating,
    prepare=_check_triangular,
    body=_triangular_body,
    code="""
        t = np.tril(a) if lower else np.triu(a)
        if unit_diagonal:
            t = t - t * np.eye(t.shape[-1]) + np.eye(t.shape[-1])
        return np.linalg.solve(np.swapaxes(t, -1, -2) if transpose else t, b)
    """,
    letter="X",
    doc="""Return the solution x of a x = b, or of aᵀ x = b, by substitution.

    Of a its lower triangle is read, or with `lower=False` its upper one; with `unit_diagonal` the
    diagonal counts as 1 and is not read. The gradient is 0 where a is not read. b is as for
    `solve`, and a 0 on the diagonal raises a `LinAlgError`.

    >>> tg.linalg.solve_triangular([[2.0, 0.0], [1.0, 4.0]], [2.0, 5.0])
    tensor([1., 1.])
    """,
)
