"""The inverse of the error function and its derivative, in double precision.

In the middle, y² ≤ ½, it is y·C(4y² − 1). Outside s = √(−log(1 − |y|)) grows as the result does,
and that is s·T((s − 2)/(s + 2)). C and T are least-squares fits on Chebyshev points, relatively
right within 3e-17; ``tests/ops/test_special_fits.py`` derives them anew. The derivative
√π/2·exp(x²), x = erfinv y, is taken as √π/2·erfcx(x)/(1 − |y|), where no digit of x² counts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph.ops._blocks import double_by_blocks, first_order
from tensorgraph.ops._gamma import by_pieces, horner
from tensorgraph.ops._normal import scaled_tail

_C = (
    1.9102285976011908e-12,
    5.948884360194678e-12,
    8.2978337997873e-12,
    2.6867891053777245e-11,
    1.1097384525670494e-10,
    3.54283589548337e-10,
    1.1051093241128719e-09,
    3.572026646478302e-09,
    1.1633050339670896e-08,
    3.80292536628104e-08,
    1.252273774273145e-07,
    4.1603530415243435e-07,
    1.3968030124395047e-06,
    4.750675048109964e-06,
    1.6422459371147698e-05,
    5.797855571995846e-05,
    0.00021057290728729113,
    0.0007961062321402322,
    0.00319980381833861,
    0.014279546913458655,
    0.07935613328150502,
    0.9538725524089398,
)
"""Of erfinv(y)/y by 4y² − 1, highest power first."""

_T = (
    -0.002126491395448744,
    0.0004899056240913225,
    0.015016578007214789,
    -0.03500634439846502,
    0.03602871423102191,
    -0.010241397158132078,
    -0.027524368350837682,
    0.053175855584514,
    -0.04861523999803122,
    0.011317995196642356,
    0.0409980148733418,
    -0.07798882056771826,
    0.07119888735280806,
    -0.013667026132025879,
    -0.07264412084145762,
    0.1377653735656288,
    -0.1281141306054071,
    0.006724927247593563,
    0.20193905748458718,
    -0.42376321836306713,
    0.43091773028359803,
    0.8340941580292482,
)
"""Of erfinv(y)/s by (s − 2)/(s + 2)."""


_HALF_ROOT_PI = 0.5 * math.sqrt(math.pi)


def _erfinv(y: Any) -> Any:
    squared = y * y
    middle = squared <= 0.5
    return by_pieces(y, (middle, _middle), (~middle, _outside))


def _middle(y: Any) -> Any:
    return y * horner(_C, 4 * (y * y) - 1)


def _outside(y: Any) -> Any:
    """Return the value for y² > ½: ±inf at ±1, NaN beyond."""
    s = np.sqrt(-np.log1p(-np.abs(y)))
    size = s * horner(_T, (s - 2) / (s + 2))
    return np.copysign(np.where(np.isinf(s), s, size), y)


def _erfinv_slope(y: Any) -> Any:
    middle = y * y <= 0.5
    return by_pieces(y, (middle, _slope_in_the_middle), (~middle, _slope_outside))


def _slope_in_the_middle(y: Any) -> Any:
    return _HALF_ROOT_PI * np.exp(np.square(_middle(y)))


def _slope_outside(y: Any) -> Any:
    size = np.abs(_outside(y))
    infinite = np.isinf(size)
    # exp(x²) is erfcx(x)/erfc(x), and erfc(x) = 1 − |y|.
    slope = _HALF_ROOT_PI * scaled_tail(np.where(infinite, 6.0, size)) / (1 - np.abs(y))
    return np.where(infinite, size, slope)


def _curvature(y: Any) -> Any:
    return 2 * _erfinv(y) * np.square(_erfinv_slope(y))


erfinv = double_by_blocks(_erfinv, lambda z: first_order("erfinv", z, _erfinv, _erfinv_slope))
"""x with erf x = y."""
erfinv_slope = double_by_blocks(
    _erfinv_slope, lambda z: first_order("erfinv_slope", z, _erfinv_slope, _curvature)
)
"""√π/2 · exp(erfinv(y)²)."""
