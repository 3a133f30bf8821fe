"""sin(πx)/(πx) and its derivatives of any order, in double precision.

Of z = πx they are f⁽ⁿ⁾(z) = ∫₀¹ tⁿ cos(zt + nπ/2) dt. Near 0 that is the power series; elsewhere
f⁽ⁿ⁾ = (sin⁽ⁿ⁾ z − n·f⁽ⁿ⁻¹⁾)/z follows from the order before, which cancels little where z is larger
than n.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from tensorgraph.ops._blocks import double_by_blocks, first_order
from tensorgraph.ops._gamma import by_pieces, cos_pi, horner, sin_pi


def _near_to(order: int) -> float:
    """Return the x up to which the power series is taken."""
    return 0.25 * (order + 1)


def _sinc_slope(x: Any, order: int) -> Any:
    near = np.abs(x) <= _near_to(order)
    return by_pieces(
        x, (near, lambda x: _series(x, order)), (~near, lambda x: _by_order_before(x, order))
    )


@cache
def _terms(order: int) -> tuple[list[float], int]:
    """Return the series as a polynomial in x², highest power first, and whether x stands before."""
    most = (np.pi * _near_to(order)) ** 2
    odd, k = order % 2, 0
    terms: list[float] = []
    while not terms or abs(terms[-1]) * most ** (k - 1) > 1e-19 or k < 8:
        # t²ᵏ⁺ᵒ of the integrand's cosine, integrated with tⁿ
        power = 2 * k + odd
        sign = (-1) ** (k + (order + odd) // 2)
        terms.append(
            sign * math.pi ** (power + order) / (math.factorial(power) * (power + order + 1))
        )
        k += 1
    return terms[::-1], odd


def _series(x: Any, order: int) -> Any:
    terms, odd = _terms(order)
    value = horner(terms, x * x)
    return x * value if odd else value


def _by_order_before(x: Any, order: int) -> Any:
    sine, cosine = sin_pi(x), cos_pi(x)
    turned = (sine, cosine, -sine, -cosine)
    value = sine / (np.pi * x)
    for n in range(1, order + 1):
        value = (math.pi ** (n - 1) * turned[n % 4] - n * value) / x
    return np.where(np.isinf(x), 0.0, value)


def _sinc(x: Any) -> Any:
    value = sin_pi(x) / (np.pi * np.where(x == 0, 1.0, x))
    return np.where(x == 0, 1.0, np.where(np.isinf(x), 0.0, value))


def _sinc_of_complex(z: Any) -> Any:
    safe = np.where(z == 0, 1.0, np.pi * z)
    return np.where(z == 0, 1.0, np.sin(safe) / safe)


sinc = double_by_blocks(_sinc, _sinc_of_complex)
"""sin(πx)/(πx)."""
sinc_slope = double_by_blocks(
    _sinc_slope,
    lambda z, n: first_order(
        "sinc_slope", z, lambda x: _sinc_slope(x, n), lambda x: _sinc_slope(x, n + 1)
    ),
)
"""``sinc_slope(x, n)`` is its n-th derivative, n ≥ 1."""
