"""log Φ(x) and its derivatives, Φ the normal distribution function, with all digits in the tails.

Below 0, a = −x, the slope φ/Φ is a + D(a), D > 0 (the inverse of Mills' ratio less a); so
Φ(−a) = φ(a)/(a + D). D·(a + 3) is a polynomial in (a − 3)/(a + 3), a least-squares fit on Chebyshev
points that is relatively right within 2e-17 (``tests/ops/test_special_fits.py`` derives it anew) up
to 39; beyond, D·a is its asymptotic series in 1/a².
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.ops._blocks import double_by_blocks, first_order
from tensorgraph.ops._gamma import by_pieces, horner
from tensorgraph.ops._normal import exp_of_square, ndtr

_D = (
    2.332010577970934e-08,
    6.141818475979191e-08,
    -1.6827506707323073e-07,
    -7.693934712111742e-07,
    -5.427862405447695e-08,
    4.006735081101965e-06,
    5.342746608100213e-06,
    -1.0720147892199459e-05,
    -3.308577924880236e-05,
    5.513819110732667e-06,
    0.00012237521424233072,
    9.182608917791313e-05,
    -0.00032292810862599535,
    -0.0005421448558975241,
    0.0006121386979908996,
    0.0020435244153895167,
    -0.0006340048418798607,
    -0.006371543565440208,
    -0.0009428855077832772,
    0.018431224983428997,
    0.007699762289315724,
    -0.05463860594374327,
    -0.02543475064055588,
    0.18569957991790043,
    0.017163146774295104,
    -0.8415387946870331,
    1.698591929582619,
)
"""Of D·(a + 3) by (a − 3)/(a + 3), highest power first."""

_END = 39.0
_SERIES = (110410.0, -8162.0, 706.0, -74.0, 10.0, -2.0, 1.0)
"""Of D·a by 1/a², highest power first."""
_DENSITY_0 = 1 / math.sqrt(2 * math.pi)


def _gap_below(a: Any) -> Any:
    """Return D(a) for a ≥ 0."""
    near = a <= _END
    return by_pieces(a, (near, _gap_near), (~near, _gap_far))


def _gap_near(a: Any) -> Any:
    return horner(_D, (a - 3) / (a + 3)) / (a + 3)


def _gap_far(a: Any) -> Any:
    inverse = 1 / a
    return inverse * horner(_SERIES, inverse * inverse)


def _slope_above(x: Any) -> Any:
    return _DENSITY_0 * exp_of_square(x, 0.5) / ndtr(x)


def _log_below(x: Any) -> Any:
    return -0.5 * x * x + np.log(_DENSITY_0 / (_gap_below(-x) - x))


def _log_ndtr(x: Any) -> Any:
    below = x < 0
    return by_pieces(x, (below, _log_below), (~below, lambda x: np.log1p(-ndtr(-x))))


def _log_ndtr_slope(x: Any) -> Any:
    below = x < 0
    return by_pieces(x, (below, lambda x: _gap_below(-x) - x), (~below, _slope_above))


def _log_ndtr_gap(x: Any) -> Any:
    below = x < 0
    return by_pieces(x, (below, lambda x: _gap_below(-x)), (~below, lambda x: x + _slope_above(x)))


def _curvature(x: Any) -> Any:
    return -_log_ndtr_slope(x) * _log_ndtr_gap(x)


log_ndtr = double_by_blocks(
    _log_ndtr, lambda z: first_order("log_ndtr", z, _log_ndtr, _log_ndtr_slope)
)
"""log Φ(x)."""
log_ndtr_slope = double_by_blocks(
    _log_ndtr_slope, lambda z: first_order("log_ndtr_slope", z, _log_ndtr_slope, _curvature)
)
"""φ(x)/Φ(x)."""
log_ndtr_gap = double_by_blocks(
    _log_ndtr_gap,
    lambda z: first_order("log_ndtr_gap", z, _log_ndtr_gap, lambda x: 1 + _curvature(x)),
)
"""x + φ(x)/Φ(x)."""
