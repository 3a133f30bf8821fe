"""Determinants, and their logarithms, which stay numbers where determinants do not."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import host_values, placed
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import ZERO
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.linalg._matrices import check_square, floating, in_single, same_shape
from tensorgraph.linalg.diagonals import diagonal
from tensorgraph.linalg.solves import inv
from tensorgraph.linalg.spectra import svd
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.index import beside
from tensorgraph.ops.reduce import prod
from tensorgraph.ops.shape import matrix_transpose

__all__ = ["SlogdetResult", "cofactors", "det", "detsign", "logabsdet", "slogdet"]


def _each(v: Any) -> Any:
    """Return a number for each matrix as what all of its elements are multiplied with."""
    return v.reshape((*shape_of(v), 1, 1))


def _numbers_shape(x: Any) -> tuple[int, ...]:
    return shape_of(x)[:-2]


det: OpFunction = register(
    "det",
    in_single(lambda x: np.linalg.det(x)),
    {"x": lambda g, x: _each(g) * cofactors(x)},
    family="linalg",
    shape=_numbers_shape,
    dtype=floating,
    prepare=check_square,
    code="np.linalg.det",
    doc="""Return the determinant of each matrix; 1 for one without elements.

    Its gradient is the matrix of cofactors, also where the matrix is singular. Where a determinant
    leaves the range of numbers, `slogdet` does not.

    >>> tg.linalg.det([[1.0, 2.0], [3.0, 4.0]])
    tensor(-2.)
    """,
)


def _cofactors_kernel(x: Any) -> Any:
    if x.dtype.kind == "c":
        raise TypeError("matrices are real")
    u, sizes, vh = np.linalg.svd(x, full_matrices=False)
    n = x.shape[-1]
    rest = np.where(placed(np.eye(n, dtype=bool), x), 1, sizes[..., None, :])
    products = np.prod(rest, axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (u * (np.sign(sign)[..., None] * products)[..., None, :]) @ vh


SINGULAR = 1e-6
"""Below this share of the largest singular value the smallest leaves an inverse few digits."""


def _cofactors_rule(g: Any, x: Any, out: Any) -> Any:
    if _is_near_singular(x):
        return _without_inverse(g, x)
    inverse = matrix_transpose(inv(x))
    along = (g * inverse).sum(axis=(-2, -1), keepdims=True)
    return out * along - out @ matrix_transpose(g) @ inverse


def _is_near_singular(x: Any) -> bool:
    """Return whether one of some matrices has no inverse to rely on; of symbols none is known."""
    known = host_values(array_of(x))  # of all examples, where a layer computes with many
    if not known.size or not np.isfinite(known).all():
        return False
    sizes = np.linalg.svd(known.astype(np.float64), compute_uv=False)
    return bool((sizes[..., -1] <= SINGULAR * sizes[..., 0]).any())


def _without_inverse(g: Any, x: Any) -> Any:
    """Return the derivative of cofactors along g by products of all singular values but two.

    With x = U S Vᵀ and G = Uᵀ g V it is ±U (diag(Q diag G) − Q ∘ Gᵀ) Vᵀ, where Qᵢⱼ is the product
    of all but sᵢ and sⱼ, and Qᵢᵢ = 0.
    """
    u, sizes, vh = svd(x, full_matrices=False)
    n = shape_of(x)[-1]
    each = np.eye(n, dtype=bool)
    left_out = beside(each[:, None, :] | each[None, :, :], x)
    pairs = prod(where(left_out, 1, sizes[..., None, None, :]), axis=-1)
    pairs = where(beside(each, x), 0, pairs)
    inside = matrix_transpose(u) @ g @ matrix_transpose(vh)
    own = (pairs * diagonal(inside)[..., None, :]).sum(axis=-1)
    middle = where(beside(each, x), own[..., :, None], 0) - pairs * matrix_transpose(inside)
    return _each(detsign(u) * detsign(vh)) * (u @ middle @ vh)


cofactors: OpFunction = register(
    "cofactors",
    in_single(_cofactors_kernel),
    {"x": _cofactors_rule},
    family="linalg",
    shape=same_shape,
    dtype=floating,
    prepare=check_square,
    body=lambda x: _each(det(x)) * matrix_transpose(inv(x)),
    code="""
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        rest = np.prod(np.where(np.eye(x.shape[-1], dtype=bool), 1, s[..., None, :]), axis=-1)
        sign = np.linalg.det(u) * np.linalg.det(vh)
        return (u * (np.sign(sign)[..., None] * rest)[..., None, :]) @ vh
    """,
    doc="""Return the cofactors of each matrix, which are det(x) x⁻ᵀ where that has an inverse.

    They and their derivative are computed from singular values where the matrix is singular, and
    are exact there; derivatives beyond raise a `LinAlgError` where such values coincide.

    >>> tg.linalg.cofactors([[1.0, 0.0], [0.0, 3.0]]) + 0.0
    tensor([[3., 0.],
            [0., 1.]])
    """,
)

logabsdet: OpFunction = register(
    "logabsdet",
    in_single(lambda x: np.linalg.slogdet(x)[1]),
    {"x": lambda g, x: _each(g) * matrix_transpose(inv(x))},
    family="linalg",
    shape=_numbers_shape,
    dtype=floating,
    prepare=check_square,
    symbol="log|det|",
    notation=function("log|det|", r"\log\lvert\det\rvert"),
    code="np.linalg.slogdet(x)[1]",
    doc="""Return log |det x| of each matrix: −inf where one is singular.

    Its gradient is x⁻ᵀ, whether or not the determinant itself is a number.

    >>> tg.linalg.logabsdet([[1.0, 0.0], [0.0, 1.0]])
    tensor(0.)
    """,
)

detsign: OpFunction = register(
    "detsign",
    in_single(lambda x: np.linalg.slogdet(x)[0]),
    {"x": ZERO},
    family="linalg",
    shape=_numbers_shape,
    dtype=floating,
    prepare=check_square,
    code="np.linalg.slogdet(x)[0]",
    doc="""Return the sign of the determinant of each matrix: 1, −1, or 0 where one is singular.

    >>> tg.linalg.detsign([[0.0, 2.0], [1.0, 0.0]])
    tensor(-1.)
    """,
)


class SlogdetResult(NamedTuple):
    """What ``tg.linalg.slogdet`` returns."""

    sign: Any
    """1, −1, or 0 where a matrix is singular; its gradient is 0."""
    logabsdet: Any
    """log |det x|."""


def slogdet(x: AnyArray) -> SlogdetResult:
    """Return the sign of the determinant of each matrix, and log |det x|.

    Where only the logarithm is wanted, ``tg.linalg.logabsdet(x)`` is half the work.

    Raises:
        ShapeError: x is no square matrix, nor a stack of them.

    Example:
        >>> import tensorgraph as tg
        >>> sign, logabsdet = tg.linalg.slogdet(tg.tensor([[0.0, 1.0], [1.0, 0.0]]))
        >>> sign
        tensor(-1.)
    """
    return SlogdetResult(detsign(x), logabsdet(x))
