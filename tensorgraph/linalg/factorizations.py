"""Matrices as products of triangular ones: Cholesky and QR.

An operation has one result. A decomposition has several, so its record packs them side by side into
one array, of which the functions here and in ``spectra`` hand out the parts: it is computed once,
and its rule has all parts and all their gradients, of which those not used are 0.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from tensorgraph.engine.notation import function
from tensorgraph.engine.op import register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import ArgumentError
from tensorgraph.leads.calls import with_leads
from tensorgraph.linalg._matrices import (
    Shape,
    check_matrices,
    check_square,
    floating,
    in_single,
    of_each,
    same_shape,
    symmetric_kernel,
)
from tensorgraph.linalg.solves import solve_triangular
from tensorgraph.ops.joining import concat
from tensorgraph.ops.shape import matrix_transpose, tril

__all__ = ["QRResult", "cholesky", "qr"]

# ---------------------------------------------------------------------------------------- Cholesky


def _cholesky_kernel(x: Any) -> Any:
    problem = "is not positive definite; write x + 1e-6 * tg.eye(n) if it nearly is"
    return of_each(np.linalg.cholesky, symmetric_kernel(x), problem)


def _cholesky_rule(g: Any, out: Any) -> Any:
    products = tril(matrix_transpose(out) @ g)
    both = products + matrix_transpose(tril(products, k=-1))
    left = solve_triangular(out, both, transpose=True)
    return matrix_transpose(solve_triangular(out, matrix_transpose(left), transpose=True)) / 2


_cholesky = register(
    "cholesky",
    in_single(_cholesky_kernel),
    {"x": _cholesky_rule},
    family="linalg",
    shape=same_shape,
    dtype=floating,
    prepare=check_square,
    notation=function("chol", r"\operatorname{chol}"),
    code="np.linalg.cholesky(x / 2 + np.swapaxes(x, -1, -2) / 2)",
    letter="L",
    doc="Return the lower triangular L with L Lᵀ = x, of the symmetric part of each matrix.",
)


@with_leads
def cholesky(x: AnyArray, upper: bool = False) -> AnyArray:
    """Return the lower triangular L with L Lᵀ = x; with ``upper``, Lᵀ.

    Of a matrix that is not symmetric the symmetric part (x + xᵀ) / 2 is taken, so that the gradient
    is symmetric, and right for what is computed. NumPy reads the lower triangle alone, which is the
    same where x is symmetric.

    Source of the rule: I. Murray, "Differentiation of the Cholesky decomposition", 2016.

    Raises:
        LinAlgError: a matrix is not positive definite.
        ShapeError: x is no square matrix, nor a stack of them.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.cholesky(tg.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    factor = _cholesky(x)
    return matrix_transpose(factor) if upper else factor


# ---------------------------------------------------------------------------------------------- QR


def _least(x: Any) -> int:
    return min(shape_of(x)[-2:])


def _qr_kernel(x: Any) -> Any:
    q, r = np.linalg.qr(x)
    return np.concatenate([q, np.swapaxes(r, -1, -2)], axis=-2)


def _packed_shape(x: Any) -> Shape:
    m, n = shape_of(x)[-2:]
    return (*shape_of(x)[:-2], m + n, _least(x))


def _qr_rule(g: Any, out: Any, x_shape: Shape) -> Any:
    m, n = x_shape[-2:]
    k = min(m, n)
    q, r = out[..., :m, :], matrix_transpose(out[..., m:, :])
    g_q, g_r = g[..., :m, :], matrix_transpose(g[..., m:, :])
    if n == k:
        return _tall_qr_rule(g_q, g_r, q, r)
    # Of the columns behind the first square ones, r holds qᵀ x.
    g_rest = g_r[..., k:]
    g_q = g_q + q @ r[..., k:] @ matrix_transpose(g_rest)
    return concat([_tall_qr_rule(g_q, g_r[..., :k], q, r[..., :k]), q @ g_rest], axis=-1)


def _tall_qr_rule(g_q: Any, g_r: Any, q: Any, r: Any) -> Any:
    turned = r @ matrix_transpose(g_r) - matrix_transpose(g_q) @ q
    both = tril(turned) + matrix_transpose(tril(turned, k=-1))
    back = g_q + q @ both
    return matrix_transpose(solve_triangular(r, matrix_transpose(back), lower=False))


_qr = register(
    "qr",
    in_single(_qr_kernel),
    {"x": _qr_rule},
    family="linalg",
    shape=_packed_shape,
    dtype=floating,
    prepare=check_matrices,
    code="""
        q, r = np.linalg.qr(x)
        return np.concatenate([q, np.swapaxes(r, -1, -2)], axis=-2)
    """,
    doc="Return Q, and below it Rᵀ, of each matrix x = Q R.",
)


class QRResult(NamedTuple):
    """What ``tg.linalg.qr`` returns."""

    Q: Any
    """Orthonormal columns."""
    R: Any
    """An upper triangular matrix."""


@with_leads
def qr(x: AnyArray, mode: Literal["reduced"] = "reduced") -> QRResult:
    """Return Q with orthonormal columns and the upper triangular R with Q R = x.

    Of x with shape (…, m, n) and k = min(m, n), Q has shape (…, m, k) and R (…, k, n). The signs of
    R's diagonal are LAPACK's. In mode ``"complete"`` Q would have m columns: those behind the k-th
    are any basis of what is left, so they have no gradient, and the mode is not taken.

    Source of the rule: S. F. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra
    functions", 2018.

    Raises:
        ArgumentError: another mode.
        LinAlgError: in the backward pass, the first k columns of x are linearly dependent.
        ShapeError: x has less than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> q, r = tg.linalg.qr(tg.tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> tg.allclose(q @ r, [[3.0, 1.0], [4.0, 2.0]])
        True
    """
    if mode != "reduced":
        raise ArgumentError(
            f'qr: mode is "reduced", not {mode!r}; more columns of Q have no gradient, write'
            f" np.linalg.qr(x.numpy(), {mode!r})"
        )
    packed, m = _qr(x), shape_of(x)[-2]
    return QRResult(packed[..., :m, :], matrix_transpose(packed[..., m:, :]))
