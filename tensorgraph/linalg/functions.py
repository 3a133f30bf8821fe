"""Functions of matrices that are power series: the exponential."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.shapes import shape_of
from tensorgraph.linalg._matrices import check_square, floating, identity, in_single, same_shape
from tensorgraph.ops.joining import concat
from tensorgraph.ops.shape import matrix_transpose

__all__ = ["expm"]

ORDER = 13
PADE = [math.comb(ORDER, k) / math.perm(2 * ORDER, k) for k in range(ORDER + 1)]
"""The coefficients of the numerator of exp's Padé approximant; those of the denominator alternate
in sign."""

LARGEST = 5.371920351148152
"""The 1-norm up to which the approximant is exact to rounding, by Higham (2005), table 2.3."""


def _expm_kernel(x: Any) -> Any:
    """Compute by scaling and squaring: exp(x) = exp(x / 2ˢ) to the power 2ˢ."""
    x = x.astype(floating(x))
    if 0 in x.shape:
        return x
    lengths = np.max(np.sum(np.abs(x), axis=-2), axis=-1)
    halvings = _halvings(host_values(lengths))
    scaled = x / np.asarray(np.exp2(halvings).astype(x.dtype)[..., None, None], like=x)
    result = _by_pade(scaled)
    for step in range(int(halvings.max(initial=0))):
        squared = result @ result
        again = np.asarray(step < halvings[..., None, None], like=x)
        result = np.where(again, squared, result)
    return result


def _halvings(lengths: Any) -> Any:
    """Return how often each matrix has to be halved; what is no number stays as it is."""
    large = np.isfinite(lengths) & (lengths > LARGEST)
    return np.where(large, np.ceil(np.log2(np.where(large, lengths, LARGEST) / LARGEST)), 0)


def _by_pade(x: Any) -> Any:
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    powers = identity(x.shape[-1], x), x2, x4, x6

    def sum_of(coefficients: list[float]) -> Any:
        low = sum(c * power for c, power in zip(coefficients[:4], powers, strict=True))
        high = sum(c * power for c, power in zip(coefficients[4:], powers[1:], strict=True))
        return low + x6 @ high

    even, odd = sum_of(PADE[0::2]), x @ sum_of(PADE[1::2])
    return np.linalg.solve(even - odd, even + odd)


def _expm_rule(g: Any, x: Any) -> Any:
    n = shape_of(x)[-1]
    across = matrix_transpose(x)
    zeros = np.zeros(shape_of(x), x.dtype, like=x)
    rows = [concat([across, g], axis=-1), concat([zeros, across], axis=-1)]
    return expm(concat(rows, axis=-2))[..., :n, n:]


expm: OpFunction = register(
    "expm",
    in_single(_expm_kernel),
    {"x": _expm_rule},
    family="linalg",
    shape=same_shape,
    dtype=floating,
    prepare=check_square,
    code="""
        norm = np.max(np.sum(np.abs(x), axis=-2), axis=-1, initial=0)
        n = max(0, int(np.ceil(np.log2(max(np.max(norm, initial=0), 1e-300)))) + 4)
        term = total = np.broadcast_to(np.eye(x.shape[-1]), x.shape)
        for k in range(1, 25):
            term = term @ x / 2.0**n / k
            total = total + term
        for _ in range(n):
            total = total @ total
        return total
    """,
    doc="""Return the exponential of each matrix, I + x + x²/2 + x³/6 + ….

    By scaling and squaring with a Padé approximant of order 13. Its gradient is read off the
    exponential of a matrix of twice the size: exp [xᵀ g; 0 xᵀ] has it above the diagonal.

    Source: N. J. Higham, "The scaling and squaring method for the matrix exponential revisited",
    SIAM Journal on Matrix Analysis 26, 2005; "Functions of Matrices", 2008, theorem 3.6.

    >>> tg.linalg.expm([[0.0, 1.0], [0.0, 0.0]])
    tensor([[1., 1.],
            [0., 1.]])
    """,
)
