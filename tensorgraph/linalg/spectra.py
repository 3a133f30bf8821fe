"""Eigenvalues of symmetric matrices, and singular values, with their vectors.

Vectors are determined only where their value stands alone. Where values coincide, they still have a
gradient, which is right for what depends on all of them alike, as their sum or the largest does;
the vectors have none, and to ask for one is a :class:`tensorgraph.errors.LinAlgError`. They
coincide where they differ by no more than rounding: 4 n · eps times the largest of n.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import is_foreign, placed
from tensorgraph.engine.domain import Real
from tensorgraph.engine.notation import FRACTION
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import ArgumentError, LinAlgError
from tensorgraph.leads.calls import with_leads
from tensorgraph.linalg._matrices import (
    Shape,
    check_matrices,
    check_square,
    floating,
    in_single,
    of_each,
    symmetric_kernel,
    symmetric_part,
)
from tensorgraph.ops._batching import elementwise
from tensorgraph.ops.arithmetic import abs as absolute, less_equal, where
from tensorgraph.ops.reduce import max as largest_of
from tensorgraph.ops.shape import matrix_transpose

__all__ = ["EighResult", "SVDResult", "eigh", "eigvalsh", "over_gaps", "svd", "svdvals"]


# -------------------------------------------------------------------------------------------- gaps


def _over_gaps_kernel(x: Any, gaps: Any) -> Any:
    without = np.equal(gaps, 0)
    if not is_foreign(without) and (lost := without & (np.abs(x) > 0)).any():
        *at, i, j = np.argwhere(np.atleast_2d(lost))[0].tolist()
        raise LinAlgError(
            f"values {i} and {j}{f' of matrix {at}' if at else ''} coincide, so their vectors are"
            " any of a plane and have no gradient; use the values alone, or a function of the"
            " matrix such as tg.linalg.inv, solve or expm"
        )
    return np.divide(x, np.where(without, 1, gaps), dtype=floating(x, gaps))


over_gaps: OpFunction = register(
    "over_gaps",
    _over_gaps_kernel,
    {
        "x": lambda g, gaps: over_gaps(g, gaps),
        "gaps": lambda g, out, gaps: -over_gaps(g * out, gaps),
    },
    domain={"gaps": Real(avoid=(0.0,))},
    family="linalg",
    batch=elementwise,
    shape=lambda x, gaps: np.broadcast_shapes(shape_of(x), shape_of(gaps)),
    dtype=floating,
    notation=FRACTION,
    code="np.where(x == 0, 0, x / np.where(gaps == 0, 1, gaps))",
    doc="""Return x / gaps, and 0 where both are 0: as vectors turn when a matrix changes.

    Where values coincide (their gap is 0) but their vectors are asked for (x is not), there is no
    answer: a `LinAlgError`.

    >>> tg.linalg.over_gaps([1.0, 0.0], [2.0, 0.0])
    tensor([0.5, 0. ])
    """,
)


def _apart(differences: Any, values: Any) -> Any:
    """Return differences of values, those within rounding beside the largest value as 0."""
    largest = largest_of(absolute(values), axis=-1, keepdims=True)[..., None]
    rounding = 4 * shape_of(values)[-1] * float(np.finfo(values.dtype).eps)
    lost = less_equal(absolute(differences), largest * rounding)
    return where(lost, 0, differences)


def _turned(products: Any, gaps: Any) -> Any:
    """Return products over gaps, but 0 on the diagonal: a vector does not turn to itself."""
    itself = placed(np.eye(shape_of(gaps)[-1], dtype=bool), gaps)
    return over_gaps(where(itself, 0, products), where(itself, 1, gaps))


def _differences(values: Any) -> Any:
    """Return by how much each value (of a column) is above each other (of a row)."""
    return _apart(values[..., None, :] - values[..., :, None], values)


# ------------------------------------------------------------------------------------- eigenvalues


def _eigh_kernel(x: Any) -> Any:
    values, vectors = of_each(np.linalg.eigh, symmetric_kernel(x), "has no eigenvalues")
    return np.concatenate([values[..., None, :], vectors], axis=-2)


def _eigh_rule(g: Any, out: Any) -> Any:
    values, vectors = out[..., 0, :], out[..., 1:, :]
    g_values, g_vectors = g[..., 0, :], g[..., 1:, :]
    if 0 in shape_of(g):
        return g_vectors
    across = matrix_transpose(vectors)
    turned = _turned(across @ g_vectors, _differences(values))
    along = vectors * g_values[..., None, :]
    return symmetric_part((along + vectors @ turned) @ across)


def _eigh_shape(x: Any) -> Shape:
    n = shape_of(x)[-1]
    return (*shape_of(x)[:-2], n + 1, n)


_eigh = register(
    "eigh",
    in_single(_eigh_kernel),
    {"x": _eigh_rule},
    family="linalg",
    shape=_eigh_shape,
    dtype=floating,
    prepare=check_square,
    code="""
        values, vectors = np.linalg.eigh(x / 2 + np.swapaxes(x, -1, -2) / 2)
        return np.concatenate([values[..., None, :], vectors], axis=-2)
    """,
    doc="Return the eigenvalues of the symmetric part of each matrix, and below them the vectors.",
)


class EighResult(NamedTuple):
    """What ``tg.linalg.eigh`` returns."""

    eigenvalues: Any
    """In ascending order."""
    eigenvectors: Any
    """Of length 1, in columns."""


@with_leads
def eigh(x: AnyArray) -> EighResult:
    """Return the eigenvalues of symmetric matrices in ascending order, and their vectors.

    The vectors have length 1 and are the columns; their signs are LAPACK's. Of a matrix that is not
    symmetric the symmetric part (x + xᵀ) / 2 is taken, as ``cholesky`` does.

    Raises:
        LinAlgError: in the backward pass, vectors are used whose eigenvalues coincide.
        ShapeError: x is no square matrix, nor a stack of them.

    Example:
        >>> import tensorgraph as tg
        >>> values, vectors = tg.linalg.eigh(tg.tensor([[2.0, 0.0], [0.0, 1.0]]))
        >>> values
        tensor([1., 2.])
    """
    packed = _eigh(x)
    return EighResult(packed[..., 0, :], packed[..., 1:, :])


@with_leads
def eigvalsh(x: AnyArray) -> AnyArray:
    """Return the eigenvalues of symmetric matrices, in ascending order: ``eigh(x).eigenvalues``.

    Their gradient is V diag(g) Vᵀ. Where eigenvalues coincide it is right for what depends on these
    alike, such as their sum.

    Raises:
        ShapeError: x is no square matrix, nor a stack of them.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.eigvalsh(tg.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([1., 2.])
    """
    return eigh(x).eigenvalues


# --------------------------------------------------------------------------------- singular values


def _svd_kernel(x: Any) -> Any:
    if x.dtype.kind == "c":
        raise TypeError("matrices are real")
    u, sizes, vh = of_each(_reduced_svd, x, "has no singular values")
    return np.concatenate([u, sizes[..., None, :], np.swapaxes(vh, -1, -2)], axis=-2)


def _reduced_svd(x: Any) -> Any:
    return np.linalg.svd(x, full_matrices=False)


def _parts(packed: Any, m: int) -> tuple[Any, Any, Any]:
    """Return U, the singular values, and V; or their gradients."""
    return packed[..., :m, :], packed[..., m, :], packed[..., m + 1 :, :]


def _svd_rule(g: Any, out: Any, x_shape: Shape) -> Any:
    m, n = x_shape[-2:]
    u, sizes, v = _parts(out, m)
    g_u, g_sizes, g_v = _parts(g, m)
    if 0 in shape_of(g):
        return u @ matrix_transpose(v)
    row, column = sizes[..., None, :], sizes[..., :, None]
    # The difference of squares, whose first factor keeps its digits where values are close.
    gaps = _differences(sizes) * (row + column)
    by_u, by_v = (_turned(matrix_transpose(w) @ g_w, gaps) for w, g_w in ((u, g_u), (v, g_v)))
    inside = (by_u + matrix_transpose(by_u)) * row + column * (by_v + matrix_transpose(by_v))
    back = (u * g_sizes[..., None, :] + u @ inside) @ matrix_transpose(v)
    lengths = _apart(row, sizes)
    if m > n:  # what turns U out of the space of its columns
        outside = g_u - u @ (matrix_transpose(u) @ g_u)
        back = back + over_gaps(outside, lengths) @ matrix_transpose(v)
    if n > m:
        outside = g_v - v @ (matrix_transpose(v) @ g_v)
        back = back + u @ matrix_transpose(over_gaps(outside, lengths))
    return back


def _svd_shape(x: Any) -> Shape:
    m, n = shape_of(x)[-2:]
    return (*shape_of(x)[:-2], m + 1 + n, min(m, n))


_svd = register(
    "svd",
    in_single(_svd_kernel),
    {"x": _svd_rule},
    family="linalg",
    shape=_svd_shape,
    dtype=floating,
    prepare=check_matrices,
    code="""
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return np.concatenate([u, s[..., None, :], np.swapaxes(vh, -1, -2)], axis=-2)
    """,
    doc="Return U, the singular values below it, and V below these, of each matrix x = U S Vᵀ.",
)


class SVDResult(NamedTuple):
    """What ``tg.linalg.svd`` returns."""

    U: Any
    """Orthonormal columns."""
    S: Any
    """The singular values, in descending order."""
    Vh: Any
    """Orthonormal rows."""


@with_leads
def svd(x: AnyArray, full_matrices: bool = True) -> SVDResult:
    """Return U, S and Vh with U · diag(S) · Vh = x, the singular values S in descending order.

    Of x with shape (…, m, n) and k = min(m, n), U has shape (…, m, k) and Vh (…, k, n). With
    ``full_matrices``, NumPy's default, they would be square: what is added for that is any basis of
    what is left and has no gradient, so this is taken of square matrices alone.

    Source of the rule: J. Townsend, "Differentiating the singular value decomposition", 2016.

    Raises:
        ArgumentError: x is not square, and ``full_matrices`` is not False.
        LinAlgError: in the backward pass, vectors are used whose singular values coincide, or are 0
            where x is not square.
        ShapeError: x has less than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.svd(tg.tensor([[3.0], [4.0]]), full_matrices=False).S
        tensor([5.])
    """
    packed = _svd(x)
    m, n = shape_of(x)[-2:]
    if full_matrices and m != n:
        raise ArgumentError(
            f"svd: x of shape {shape_of(x)} has no square U and V with a gradient; write"
            " full_matrices=False"
        )
    u, sizes, v = _parts(packed, m)
    return SVDResult(u, sizes, matrix_transpose(v))


@with_leads
def svdvals(x: AnyArray) -> AnyArray:
    """Return the singular values of each matrix, in descending order.

    Their gradient is U diag(g) Vᵀ. Where values coincide it is right for what depends on these
    alike, such as their sum; at singular values of 0 it is a subgradient of that.

    Raises:
        ShapeError: x has less than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.svdvals(tg.tensor([[3.0], [4.0]]))
        tensor([5.])
    """
    return svd(x, full_matrices=False).S
