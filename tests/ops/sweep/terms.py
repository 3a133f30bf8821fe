"""What the sweep allows, as the operations' documentation says it.

Every value and derivative is within ``ULPS`` of the exact one, counted in ulps of that or, where
terms cancel or one of two factors lies below the normal numbers, in ulps of what ``TERMS`` names.
"""

import numpy as np
from mpmath import mp

from tests.ops.sweep.exact import _scaled_bessel, exp

ULPS = 4.0


def _density(x):
    return exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def _slope(x):
    e = exp(-abs(x))
    return e / (1 + e) ** 2


def _tail(power):
    """A factor xᵏ stands beside one that may be subnormal: that one's spacing counts."""
    return lambda tiny, x: abs(x) ** power * tiny if abs(x) < 2000 else 0


def _log(x):
    return abs(mp.log(abs(x)))


def _of_reflection(tiny, x):
    """Log π/(x sin πx) − log Γ(−x), which cancel at zeros below 0."""
    return abs(mp.loggamma(-x)) if x < -0.5 else 0


def _cotangent(x):
    """ψ(1 − x) and π cot πx, which cancel at zeros below 0."""
    return abs(mp.psi(0, 1 - x)) + abs(mp.pi * mp.cot(mp.pi * x)) if x % 1 else 0


def _mixed_power(tiny, x, y):
    """x^(y−1) · (1 + y·log x), whose terms cancel."""
    size = 1 + abs(y) * _log(x)
    return (exp((y - 1) * mp.log(abs(x))) + tiny) * size


TERMS = {
    ("power", 0): [lambda tiny, x, y: abs(y) * tiny],
    ("power", 1): [lambda tiny, x, y: _log(x) * tiny],
    ("power", 0, 0): [lambda tiny, x, y: abs(y * (y - 1)) * tiny],
    ("power", 0, 1): [_mixed_power],
    ("power", 1, 0): [_mixed_power, lambda tiny, x, y: tiny / abs(x)],
    ("power", 1, 1): [lambda tiny, x, y: _log(x) ** 2 * tiny],
    ("logaddexp",): [lambda tiny, x, y: abs(max(x, y))],
    ("atan2", 0, 1): [lambda tiny, x, y: 1 / (x * x + y * y)],
    ("atan2", 1, 0): [lambda tiny, x, y: 1 / (x * x + y * y)],
    ("gelu",): [_tail(1)],
    ("gelu", 0): [lambda tiny, x: (1 + abs(x)) * _density(x), _tail(1)],
    ("gelu", 0, 0): [lambda tiny, x: (2 + x * x) * _density(x), _tail(2)],
    ("normal_density", 0): [_tail(1)],
    ("normal_density", 0, 0): [lambda tiny, x: (1 + x * x) * _density(x), _tail(2)],
    ("erf", 0, 0): [_tail(1)],
    ("gammaln",): [_of_reflection],
    ("digamma",): [lambda tiny, x: _cotangent(x) if x < 0 else 0],
    ("digamma", 0): [lambda tiny, x: mp.pi * (1 + _cotangent(x) ** 2) if x < 0 else 0],
    ("gammaln", 0): [lambda tiny, x: _cotangent(x) if x < 0 else 0],
    ("betaln",): [lambda tiny, x, y: abs(mp.loggamma(min(x, y)))],
    ("betaln", 0): [lambda tiny, x, y: abs(mp.psi(0, x)), lambda tiny, x, y: abs(mp.psi(0, x + y))],
    ("betaln", 1): [lambda tiny, x, y: abs(mp.psi(0, y)), lambda tiny, x, y: abs(mp.psi(0, x + y))],
    ("betaln", 0, 0): [lambda tiny, x, y: mp.psi(1, x)],
    ("betaln", 1, 1): [lambda tiny, x, y: mp.psi(1, y)],
    ("ive", 0): [lambda tiny, x: _scaled_bessel(0, x)],
    ("ive", 0, 0): [lambda tiny, x: 2 * _scaled_bessel(0, x)],
    ("sinc", 0): [lambda tiny, x: min(mp.pi, 1 / abs(x)) if x else mp.pi],
    ("sinc", 0, 0): [lambda tiny, x: mp.pi * min(mp.pi, 1 / abs(x)) if x else mp.pi**2],
    ("logit", 0, 0): [lambda tiny, x: 1 / x**2 if x else 0],
    ("silu",): [_tail(1)],
    ("silu", 0): [
        lambda tiny, x: 1 - mp.tanh(abs(x)),
        lambda tiny, x: abs(x) * _slope(x),
        _tail(1),
    ],
    ("silu", 0, 0): [lambda tiny, x: (2 + abs(x)) * _slope(x), _tail(1)],
}
"""Terms by operation and the inputs it is differentiated by: functions of the smallest normal
number and the point."""


def largest_term(name, by, dtype, point):
    """Return the largest term of a derivative at a point, whose ulp counts; 0 for the result's."""
    if not all(map(np.isfinite, point)):
        return 0
    tiny, numbers = mp.mpf(float(np.finfo(dtype).smallest_normal)), list(map(mp.mpf, point))
    return max((term(tiny, *numbers) for term in TERMS.get((name, *by), ())), default=0)
