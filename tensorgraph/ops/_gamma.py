"""log |Γ(x)|, its derivatives ψ, ψ′, … and log B(x, y), which NumPy lacks; all in double precision.

log Γ(2 + u) = u·Q(u) for |u| ≤ ½, and ψ(x) = (x − x₀)·P(x − 3/2) on [1, 2], where x₀ is the zero of
ψ. Q and P are least-squares fits on Chebyshev points, relatively right within 7e-17;
``tests/ops/test_special_fits.py`` holds the fits, in mpmath, and derives the coefficients anew. Up
to 8 the recurrence Γ(x + 1) = x·Γ(x) leads there, from 8 on Stirling's series is taken (DLMF 5.11),
below 0 the reflection at ½ (DLMF 5.5), with the sine of π times what is left of x, which is exact.
ψ⁽ⁿ⁾ is a sum of powers (DLMF 5.15), whose rest is that of Euler and Maclaurin.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import is_foreign
from tensorgraph.ops._blocks import both_floating, double_by_blocks, first_order

_Q = (
    -1.4119647050723332e-07,
    2.7870898791632095e-07,
    -4.224009847689993e-07,
    9.200865627332866e-07,
    -2.048650638058676e-06,
    4.38468964510872e-06,
    -9.437515259088525e-06,
    2.0505594177782874e-05,
    -4.492649017533604e-05,
    9.945767310644536e-05,
    -0.00022315473870210706,
    0.0005096695154453676,
    -0.001192753912586913,
    0.0028905103310329244,
    -0.007385551028653873,
    0.020580808427780404,
    -0.06735230105319827,
    0.32246703342411326,
    0.42278433509846713,
)
"""Of log Γ(2 + u) / u, highest power first."""

_P = (
    0.00011760657164236826,
    -0.00017812816199980528,
    9.818893184836896e-05,
    -0.00014492516861014685,
    0.0003229818594912907,
    -0.0004858837901854709,
    0.0006912522644551511,
    -0.0010364793837654342,
    0.0015633018770457392,
    -0.0023454907194339143,
    0.003518115585179658,
    -0.00527993774357225,
    0.007927021026017387,
    -0.011908220068846656,
    0.01790724835834023,
    -0.02697579666148241,
    0.04076083393957359,
    -0.061922133275445775,
    0.0949887244529106,
    -0.1484049230538814,
    0.24054248424078686,
    -0.4236274212814606,
    0.9510558760318328,
)
"""Of ψ(u + 3/2) / (u + 3/2 − x₀)."""

_ZERO, _ZERO_REST = 1.4616321449683622, 9.549995429965697e-17
"""x₀, and what its rounding has left of it."""

_FAR = 8.0
"""From here on Stirling's series is taken."""

_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330,
)  # fmt: skip
"""B₂, B₄, …"""
_STIRLING = [b / ((2 * k) * (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1)][::-1]
_STIRLING_SLOPE = [b / (2 * k) for k, b in enumerate(_BERNOULLI, 1)][::-1]
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def horner(coefficients: Any, x: Any) -> Any:
    """Return a polynomial's value, its coefficients given from the highest power on."""
    first, second, *rest = coefficients
    value = x * first
    value += second
    for coefficient in rest:
        value *= x
        value += coefficient
    return value


def by_pieces(x: Any, *pieces: tuple[Any, Any], beside: tuple[Any, ...] = ()) -> Any:
    """Return what functions make of the elements that fall to each: pairs of a mask and a function.

    On a device, where nobody looks at a mask, each function gets all elements.

    Args:
        x: an array.
        *pieces: between them the masks hold each element once.
        beside: arrays of x's shape that the functions take too.
    """
    if is_foreign(x):
        (_, function), *rest = pieces
        value = function(x, *beside)
        for mask, function in rest:
            value = np.where(mask, function(x, *beside), value)
        return value
    for mask, function in pieces:
        if mask.all():
            return function(x, *beside)
    out = np.empty_like(x)
    for mask, function in pieces:
        if mask.any():
            out[mask] = function(*(v[mask] for v in (x, *beside)))
    return out


def sin_pi(x: Any) -> Any:
    """Return sin(πx), relatively exact: 0 at the integers."""
    rest = x - 2 * np.round(0.5 * x)
    size = np.abs(rest)
    return np.copysign(np.sin(np.pi * np.minimum(size, 1 - size)), rest)


def cos_pi(x: Any) -> Any:
    """Return cos(πx), relatively exact: 0 halfway between the integers."""
    return np.sin(np.pi * (0.5 - np.abs(x - 2 * np.round(0.5 * x))))


def cot_pi(x: Any) -> Any:
    """Return cot(πx), relatively exact: ±inf at the integers."""
    rest = x - np.round(x)
    cosine = np.sin(np.pi * (0.5 - np.abs(rest)))
    return cosine / np.sin(np.pi * rest)


def _rest_of_stirling(x: Any) -> Any:
    """Return log Γ(x) − (x − ½) log x + x − ½ log 2π for x ≥ 8."""
    inverse = 1 / x
    return horner(_STIRLING, inverse * inverse) * inverse


# ------------------------------------------------------------------------------------------ log Γ


def _gammaln(x: Any) -> Any:
    low = x < -0.5
    return by_pieces(x, (~low, _gammaln_above), (low, _reflected))


def _gammaln_above(x: Any) -> Any:
    """Return it for x ≥ −½."""
    near = x < _FAR
    return by_pieces(x, (near, _near), (~near, _far))


def _near(x: Any) -> Any:
    whole = np.maximum(np.floor(x + 0.5), 0)  # 0 … 8
    factor = np.where(whole == 0, np.abs(x) * (1 + x), np.where(whole == 1, x, 1.0))
    for k in range(1, int(_FAR) - 1):
        factor *= np.where(whole >= k + 2, x - k, 1.0)
    log = np.log(factor)
    rest = x - whole
    return rest * horner(_Q, rest) + np.where(whole < 2, -log, log)


def _far(x: Any) -> Any:
    main = (x - 0.5) * (np.log(x) - 1)
    return main + (_HALF_LOG_2PI - 0.5 + _rest_of_stirling(x))


def _reflected(x: Any) -> Any:
    size = -x
    sine = np.abs(sin_pi(size))
    value = np.log(np.pi / (size * sine)) - _gammaln_above(size)
    return np.where(np.isinf(size), x, np.where(sine == 0, np.inf, value))


# ---------------------------------------------------------------------------------------------- ψ


def _digamma(x: Any) -> Any:
    # At −0 the limit is from below.
    low = (np.copysign(1.0, x) < 0) & ~np.isnan(x)
    return by_pieces(x, (~low, _digamma_above), (low, _digamma_reflected))


def _digamma_above(x: Any) -> Any:
    """Return it for x ≥ 0."""
    near = x < _FAR
    return by_pieces(x, (near, _digamma_near), (~near, _digamma_far))


def _digamma_near(x: Any) -> Any:
    steps = np.floor(x) - 1  # −1 … 6
    start = x - steps
    total = np.where(steps < 0, -1 / x, 0.0)
    for k in range(1, int(_FAR) - 1):
        total += np.where(steps >= k, 1 / np.where(steps >= k, x - k, 1.0), 0.0)
    return total + (start - _ZERO - _ZERO_REST) * horner(_P, start - 1.5)


def _digamma_far(x: Any) -> Any:
    inverse = 1 / x
    squared = inverse * inverse
    return np.log(x) - (0.5 * inverse + horner(_STIRLING_SLOPE, squared) * squared)


def _digamma_reflected(x: Any) -> Any:
    poles = (x == np.round(x)) & (x != 0)
    size = np.where(poles, np.nan, -x)
    return _digamma_above(1 + size) + np.pi * cot_pi(size)


# ------------------------------------------------------------------------------------- ψ′, ψ″, …


def _polygamma(x: Any, order: int) -> Any:
    low = (np.copysign(1.0, x) < 0) & ~np.isnan(x) & (x != 0)
    return by_pieces(
        x,
        (~low, lambda x: _sum_of_powers(x, order)),
        (low, lambda x: _polygamma_reflected(x, order)),
    )


def _sum_of_powers(x: Any, order: int) -> Any:
    """Return (−1)ⁿ⁺¹ n! Σ (x + k)⁻ⁿ⁻¹ over k = 0, 1, … for x ≥ 0."""
    enough = 10.0 + order
    steps = np.maximum(np.ceil(enough - x), 0)
    inverse = 1 / (x + steps)
    ratios = [
        b * math.prod(range(order + 1, order + 2 * k)) / math.factorial(2 * k)
        for k, b in enumerate(_BERNOULLI, 1)
    ]
    rest = inverse * (0.5 + inverse * horner(ratios[::-1], inverse * inverse))
    total = whole_power(inverse, order) * (1 / order + rest)
    for k in range(int(enough) - 1, -1, -1):  # the largest last
        # Counted by whole numbers: x + k may round to what has no term left.
        total += np.where(k < steps, 1 / whole_power(x + k, order + 1), 0.0)
    if order % 2:
        return math.factorial(order) * total
    total = -math.factorial(order) * total
    return np.where(x == 0, -np.copysign(np.inf, x), total)


def _polygamma_reflected(x: Any, order: int) -> Any:
    """Return (−1)ⁿ ψ⁽ⁿ⁾(1 − x) − π dⁿ cot(πx)/dxⁿ."""
    cotangent = cot_pi(x)
    if not order % 2:  # the sign of an infinite one depends on the side
        cotangent = np.where(x == np.round(x), np.nan, cotangent)
    slope = horner(_cotangent_slope(order)[::-1], cotangent)
    above = _sum_of_powers(1 - x, order)
    return (-1) ** order * above - math.pi ** (order + 1) * slope


def _cotangent_slope(order: int) -> list[int]:
    """Return the n-th derivative of the cotangent as a polynomial in it, lowest power first."""
    polynomial = [0, 1]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(polynomial)][1:]
        polynomial = [-(a + b) for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return polynomial


def whole_power(x: Any, n: int) -> Any:
    """Return x to a power of 1, 2, …, by squares."""
    half = x if n < 2 else whole_power(x, n // 2)
    if n < 2:
        return half
    return half * half * x if n % 2 else half * half


# ------------------------------------------------------------------------------------------- log B


def _betaln(x: Any, y: Any) -> Any:
    small, large = np.minimum(x, y), np.maximum(x, y)
    positive = small > 0
    far, near = positive & (small >= _FAR), ~(positive & (large >= _FAR))
    value = by_pieces(
        small,
        (near, _betaln_near),
        (far, _betaln_far),
        (~(near | far), _betaln_mixed),
        beside=(large,),
    )
    return np.where(positive & np.isinf(large), -np.inf, value)


def _betaln_near(a: Any, b: Any) -> Any:
    """Return log B for a ≤ b < 8, or a ≤ 0."""
    sum_ = a + b
    value = _gammaln(a) + _gammaln(b) - _gammaln(sum_)
    # What the sum has rounded away counts where the terms cancel.
    rest = a - (sum_ - b)
    rounded = (a > 0) & (rest != 0)
    return value - np.where(rounded, rest * _digamma(np.where(rounded, sum_, 1.0)), 0.0)


def _betaln_far(a: Any, b: Any) -> Any:
    """Return log B for 8 ≤ a ≤ b (Didonato & Morris 1992)."""
    rest = _rest_of_stirling(a) + (_rest_of_stirling(b) - _rest_of_stirling(a + b))
    ratio = a / b
    main = (a - 0.5) * (np.log(ratio) - np.log1p(ratio)) - b * np.log1p(ratio)
    return main - 0.5 * np.log(b) + (_HALF_LOG_2PI + rest)


def _betaln_mixed(a: Any, b: Any) -> Any:
    """Return log B for 0 < a < 8 ≤ b."""
    rest = _rest_of_stirling(b) - _rest_of_stirling(a + b)
    gap = a - (b - 0.5) * np.log1p(a / b)
    return _gammaln(a) + (gap - a * np.log(a + b) + rest)


# ----------------------------------------------------------------------------------------- kernels

gammaln = double_by_blocks(_gammaln, lambda z: first_order("gammaln", z, _gammaln, _digamma))
"""log |Γ(x)|."""
digamma = double_by_blocks(
    _digamma, lambda z: first_order("digamma", z, _digamma, lambda x: _polygamma(x, 1))
)
"""ψ(x)."""
polygamma = double_by_blocks(
    _polygamma,
    lambda z, order: first_order(
        "digamma_slope", z, lambda x: _polygamma(x, order), lambda x: _polygamma(x, order + 1)
    ),
)
"""``polygamma(x, n)`` is ψ⁽ⁿ⁾(x), n ≥ 1."""


def _betaln_of_complex(x: Any, y: Any) -> Any:
    a, b = np.real(x), np.real(y)
    ends = digamma(a + b)
    by_x = first_order("betaln", x, lambda v: betaln(v, b), lambda v: digamma(v) - ends)
    by_y = first_order("betaln", y, lambda v: 0 * v, lambda v: digamma(v) - ends)
    return by_x + by_y


def betaln(x: Any, y: Any) -> Any:
    """Return log |B(x, y)|."""
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return _betaln_of_complex(x, y)
    x, y = np.broadcast_arrays(*both_floating(x, y))
    rows = (v.reshape(-1).astype(np.float64) for v in (x, y))
    return _betaln(*rows).reshape(x.shape).astype(np.result_type(x, y))
