"""Least squares: what solves equations as far as they can be solved."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.arguments import number
from tensorgraph.engine.notation import raised
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.linalg._matrices import floating, identity, in_single, matrices, of_each
from tensorgraph.linalg.spectra import svdvals
from tensorgraph.ops._axes import from_list, from_lists
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import matrix_transpose

__all__ = ["LstsqResult", "lstsq", "matrix_rank", "pinv"]


def _pinv_kernel(x: Any, *, rtol: float | None = None) -> Any:
    # No value of an empty matrix, and NumPy's message would be about the smallest of none.
    if 0 in x.shape[-2:]:
        return np.zeros((*x.shape[:-2], x.shape[-1], x.shape[-2]), floating(x), like=x)
    least = _tolerance(x, rtol)  # by the digits that x has, not by those that are computed with
    return in_single(lambda x: of_each(lambda a: np.linalg.pinv(a, rcond=least), x, _NO_INVERSE))(x)


_NO_INVERSE = "has no inverse of least squares"


def _tolerance(x: Any, rtol: float | None) -> float:
    """Return below what share of the largest singular value one counts as 0."""
    return float(max(x.shape[-2:]) * np.finfo(floating(x)).eps) if rtol is None else rtol


def _check_pinv(x: Any, *, rtol: float | None) -> dict[str, Any]:
    matrices(x)
    return {"rtol": None if rtol is None else number(rtol, "rtol", 0)}


def _pinv_rule(g: Any, x: Any, out: Any) -> Any:
    p, g_t = matrix_transpose(out), matrix_transpose(g)
    m, n = shape_of(x)[-2:]
    outside, beside = identity(m, x) - x @ out, identity(n, x) - out @ x
    return outside @ g_t @ out @ p + p @ out @ g_t @ beside - p @ g @ p


pinv: OpFunction = register(
    "pinv",
    _pinv_kernel,
    {"x": _pinv_rule},
    family="linalg",
    shape=lambda x, **_: (*shape_of(x)[:-2], *shape_of(x)[:-3:-1]),
    dtype=floating,
    prepare=_check_pinv,
    notation=raised("+"),
    code="np.linalg.pinv(x, rcond=max(x.shape[-2:]) * 2.3e-16 if rtol is None else rtol)",
    doc="""Return the Moore–Penrose inverse of each matrix, which solves least squares.

    Singular values of at most `rtol` times the largest count as 0; by default that is
    max(m, n) · eps. The gradient is that of Golub and Pereyra (1973), among matrices of the same
    rank: where the rank is less than full, a change of x that adds to it is none that the inverse
    survives.

    >>> tg.linalg.pinv([[1.0], [1.0]])
    tensor([[0.5, 0.5]])
    """,
)


class LstsqResult(NamedTuple):
    """What ``tg.linalg.lstsq`` returns."""

    x: Any
    """The solution: of all that leave the least residual, the shortest."""
    residuals: Any
    """Σ (b − a x)² for each column of b."""
    rank: Any
    """How many singular values count as more than 0; without a gradient."""
    singular_values: Any
    """Those of a."""


@with_leads
def lstsq(a: AnyArray, b: AnyArray, rcond: float | None = None) -> LstsqResult:
    """Return the x that makes ‖a x − b‖ least, and how well that does.

    Of several it is the shortest, x = a⁺ b. The gradient is that of ``pinv``, among matrices of the
    same rank. Unlike NumPy's, it is done for stacks of matrices, and the residuals are told
    whatever the rank is.

    Args:
        a: matrices of shape (…, m, n).
        b: one vector of length m, or matrices of shape (…, m, k).
        rcond: the share of the largest singular value below which others count as 0; by default
            max(m, n) · eps.

    Raises:
        ShapeError: a and b differ in how many rows they have.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0]).x
        tensor([2.])
    """
    a, b = from_lists(a, b)
    m = matrices(a, "lstsq: a")[-2]
    rows = shape_of(b)[-2:][:1]
    if rows != (m,):
        raise ShapeError(
            f"lstsq: a of shape {shape_of(a)} has {m} rows, b of shape {shape_of(b)} has"
            f" {rows[0] if rows else 'none'}"
        )
    x = matmul(pinv(a, rtol=rcond), b)
    left = matmul(a, x) - b
    residuals = sum(left * left, axis=-min(ndim_of(b), 2))
    sizes = svdvals(a)
    return LstsqResult(x, residuals, _rank(a, sizes, rcond), sizes)


@with_leads
def matrix_rank(x: AnyArray, rtol: float | None = None) -> AnyArray:
    """Return the rank of each matrix: how many singular values count as more than 0.

    It has no gradient. Those of at most ``rtol`` times the largest count as 0; by default that is
    max(m, n) · eps.

    Raises:
        ShapeError: x has less than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linalg.matrix_rank(tg.tensor([[1.0, 2.0], [2.0, 4.0]]))
        tensor(1)
    """
    x = from_list(x)
    return _rank(x, svdvals(x), rtol)


def _rank(x: Any, sizes: Any, rtol: float | None) -> Any:
    if shape_of(sizes)[-1] == 0:
        return sum(sizes > 0, axis=-1)
    least = sizes[..., :1] * _tolerance(x, rtol)
    return sum(sizes > least, axis=-1)
