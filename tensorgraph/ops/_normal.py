"""The normal distribution function Φ(x) and exp(−x²), with all their digits in the tails.

Below 0 the tail is Φ(−a) = exp(−a²/2) · R(a), and R = S(t) / (a + k) with t = (a − k)/(a + k):
S is a polynomial, the least-squares fit on Chebyshev points of what makes Φ relatively right. It
is so within 4e-17 for float64 (24 terms) and 2e-9 for float32 (11 terms), down to where Φ
vanishes. ``tests/ops/test_normal.py`` holds the fit, in mpmath, and derives the coefficients anew.

The square is rounded, and so the exponential off by as many ulps as the square is large. So a is
split into a high part, whose square is exact, and the rest (Veltkamp 1968; after Cody 1969):
exp(−a²/2) = exp(−high²/2) · exp(−rest · (a + high)/2).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.ops._blocks import at_least, at_most, by_blocks, first_order, from_below


class _Fit(NamedTuple):
    """The tail for one dtype."""

    end: float
    """Φ(−end) rounds to 0."""
    middle: float
    """k: where t is 0."""
    coefficients: tuple[float, ...]
    """Of S, highest power first."""


_FITS: dict[np.dtype[Any], _Fit] = {
    np.dtype(np.float64): _Fit(
        39.0,
        3.5,
        (
            1.5167555276314785e-09,
            4.953503354261844e-09,
            -3.958884262120639e-09,
            -3.649194561380739e-08,
            -2.994669959237123e-08,
            1.2413564006642857e-07,
            2.942222398750493e-07,
            -1.4337311647302983e-07,
            -1.4790328470986236e-06,
            -1.1649663969267414e-06,
            5.651848490450874e-06,
            1.1506629206484583e-05,
            -1.8788877085637002e-05,
            -7.558466614017616e-05,
            6.703322784841182e-05,
            0.00047665710412271215,
            -0.00044501294959710825,
            -0.003189101048622681,
            0.006476218919842628,
            0.01740783260206573,
            -0.11605092871407743,
            0.31542496988795216,
            -0.565561816053779,
            0.7444160754359381,
        ),
    ),
    np.dtype(np.float32): _Fit(
        14.5,
        3.0,
        (
            5.5247187e-05,
            0.0001326765,
            -0.00024493245,
            -0.0010338855,
            0.0010245269,
            0.0069697443,
            -0.010462417,
            -0.047262743,
            0.23001769,
            -0.509332,
            0.7290837,
        ),
    ),
}

END = 40.0
"""exp(−x²/2) is 0 from here on, whatever the dtype."""

_DENSITY_0 = 1 / math.sqrt(2 * math.pi)


def _cdf(x: Any) -> Any:
    """Return Φ(x) for real x."""
    fit = _FITS[x.dtype]
    size = at_most(np.abs(x), fit.end)
    tail = _tail_ratio(size, fit)
    tail *= exp_of_square(size, 0.5)
    return from_below(tail, x)


def _gelu(x: Any) -> Any:
    """Return x · Φ(x) for real x."""
    out = _cdf(x)
    # −∞ counts as the end, where Φ is 0: their product would be NaN.
    out *= at_least(x, -_FITS[x.dtype].end)
    return out


def _gelu_slope(x: Any) -> Any:
    """Return Φ(x) + x · φ(x) for real x; φ is the density."""
    fit = _FITS[x.dtype]
    size = at_most(np.abs(x), fit.end)
    # Both terms have the factor exp(−x²/2), which is multiplied last.
    tail = _tail_ratio(size, fit)
    tail -= size * _DENSITY_0
    tail *= exp_of_square(size, 0.5)
    return from_below(tail, x)


def _exp_of_square(x: Any, factor: float) -> Any:
    if x.dtype == np.float32:  # whose squares float64 holds
        wide = x.astype(np.float64)
        wide *= wide
        wide *= -factor
        return np.exp(wide).astype(np.float32)
    size = at_most(np.abs(x), END)
    high = size * (2.0**27 + 1)
    high = high - (high - size)
    rest = size - high
    rest *= size + high
    high *= high
    out = np.exp(-factor * high)
    out += out * np.expm1(-factor * rest)
    return out


exp_of_square = by_blocks(_exp_of_square, lambda x, factor: np.exp(-factor * (x * x)))
"""``exp_of_square(x, factor)`` is exp(−factor · x²); the factor is a power of 2."""


def _cdf_beside_real_axis(name: str, z: Any) -> Any:
    return first_order(name, z, _cdf, lambda x: _DENSITY_0 * np.exp(-0.5 * (x * x)))


def _gelu_of_complex(z: Any) -> Any:
    return z * _cdf_beside_real_axis("gelu", z)


def _gelu_slope_of_complex(z: Any) -> Any:
    return _cdf_beside_real_axis("gelu_slope", z) + z * _DENSITY_0 * np.exp(-0.5 * (z * z))


def scaled_tail(x: Any) -> Any:
    """Return erfcx(x) = exp(x²)·erfc(x) for 0 ≤ x ≤ 27; R does not mind the rounding of √2·x."""
    return 2 * _tail_ratio(math.sqrt(2) * x, _FITS[x.dtype])


def _erfc(x: Any) -> Any:
    """Return erfc(x) for real x."""
    # Half of it is f with f(x) = 1 − f(−x), as Φ is.
    size = at_most(np.abs(x), _FITS[x.dtype].end / math.sqrt(2))
    tail = 0.5 * scaled_tail(size)
    tail *= exp_of_square(size, 1.0)
    tail = from_below(tail, -x)
    tail *= 2
    return tail


def _erfc_of_complex(z: Any) -> Any:
    return first_order("erfc", z, _erfc, lambda x: -2 / math.sqrt(math.pi) * np.exp(-(x * x)))


erfc = by_blocks(_erfc, _erfc_of_complex)
"""1 − erf(x)."""
ndtr = by_blocks(_cdf, lambda z: _cdf_beside_real_axis("ndtr", z))
"""Φ(x)."""
gelu = by_blocks(_gelu, _gelu_of_complex)
"""x · Φ(x)."""
gelu_slope = by_blocks(_gelu_slope, _gelu_slope_of_complex)
"""Its derivative Φ(x) + x · φ(x); φ is the density."""


def _tail_ratio(size: Any, fit: _Fit) -> Any:
    """Return R(a) = Φ(−a) · exp(a²/2)."""
    below = size + fit.middle
    t = size - fit.middle
    t /= below
    first, *rest = fit.coefficients
    value = t * first
    for coefficient in rest[:-1]:
        value += coefficient
        value *= t
    value += rest[-1]
    value /= below
    return value
