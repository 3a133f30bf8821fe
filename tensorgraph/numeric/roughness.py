"""How noisy values are: what rounds inside a function, or is quantised, shows beside the point.

At neighbouring points a function rounds differently, while what is smooth vanishes in high
differences (R. Hamming, "Numerical methods for scientists and engineers", 1962; J. Moré and
S. Wild, "Estimating computational noise", 2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array

APART, POINTS, _DIFFERENCES = 2.0**-20, 8, 6
"""How far neighbouring points are apart, how many there are a side, and which differences count."""
_NEAREST, _FARTHER, _FARTHEST = 1.37 * 2.0**-30, 2.0**10, 1.37 * 2.0**-5
_SEVERAL = (1.0, 1.27, 2.71, 7.39)
"""The same where that is to be found out; no powers of 2, so that the steps of no staircase fit."""
_BINOMIAL = math.sqrt(math.comb(2 * _DIFFERENCES, _DIFFERENCES))
"""How much larger these differences are of random numbers than the numbers."""


def roughness(sides: Sequence[Sequence[Any]]) -> Array:
    """Return the noise of values, or arrays of them, at equal distances on each side of a point.

    A kink or a jump at the point itself is on neither side.
    """
    above, below = (
        np.max(np.abs(np.diff(np.stack(side), _DIFFERENCES, axis=0)), axis=0) / _BINOMIAL
        for side in sides
    )
    return np.asarray(np.nan_to_num(np.fmin(above, below), posinf=0.0))


def roughness_of(change: Callable[[float], Any], own: float = 1.0) -> Array:
    """Return the noise of a function beside 0, of one value or an array of them.

    ``own`` is the distance to the nearest singular point, as far as one may guess: 1, or less.

    Where one side is flat, points are taken farther apart, in several ways: of a staircase, a row
    of points may see steps of one height only.
    """
    apart = _NEAREST * own
    rough, flat = _seen(change, apart)
    while np.any(flat) and apart < _FARTHEST:
        apart = min(apart * _FARTHER, _FARTHEST)
        seen = [_seen(change, apart * part) for part in _SEVERAL]
        rough = np.where(flat, np.max([noise for noise, _ in seen], axis=0), rough)
        flat = flat & np.all([still for _, still in seen], axis=0)
    return rough


def _seen(change: Callable[[float], Any], apart: float) -> tuple[Array, Array]:
    """Return the noise at points so far apart, and where one side is flat."""
    sides = [[change(sign * j * apart) for j in range(1, POINTS + 1)] for sign in (1, -1)]
    return roughness(sides), _is_flat(sides)


def _is_flat(sides: Sequence[Sequence[Any]]) -> Array:
    """Return whether values on one side or the other do not change."""
    flat = [np.all(np.diff(np.stack(side), axis=0) == 0, axis=0) for side in sides]
    return np.asarray(flat[0] | flat[1])
