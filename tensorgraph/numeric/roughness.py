"""How noisy values are: what rounds inside a function, or is quantised, shows beside the point.

At neighbouring points a function rounds differently, while what is smooth vanishes in high
differences (R. Hamming, "Numerical methods for scientists and engineers", 1962; J. Moré and
S. Wild, "Estimating computational noise", 2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array

APART, POINTS, _DIFFERENCES = 2.0**-20, 8, 6
"""How far neighbouring points are apart, how many there are a side, and which differences count."""
_NEAREST, _FARTHER, _FARTHEST = 1.37 * 2.0**-30, 2.0**10, 1.37 * 2.0**-5
"""The same where that is to be found out."""
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

    Where one side is flat, points are taken farther apart, at irregular distances: in a row at
    equal ones, steps of a staircase may all look alike.
    """
    apart = _NEAREST * own
    sides = _values(change, apart, range(1, POINTS + 1))
    rough, flat = roughness(sides), _is_flat(sides)
    while np.any(flat) and apart < _FARTHEST:
        apart = min(apart * _FARTHER, _FARTHEST)
        sides = _values(change, apart, _IRREGULAR)
        rough, flat = np.where(flat, _irregular(sides), rough), flat & _is_flat(sides)
    return rough


_IRREGULAR = np.sort(np.random.default_rng(0).uniform(0.5, POINTS, 2 * POINTS))
"""Distances of points on a side."""
_CUBICS = np.vander(_IRREGULAR, 4)
_BESIDE_CUBICS = np.eye(len(_IRREGULAR)) - _CUBICS @ np.linalg.pinv(_CUBICS)
"""Takes from values at such points the cubic that fits them best."""


def _irregular(sides: Sequence[Sequence[Any]]) -> Array:
    """Return the noise of values at irregular distances on each side of a point."""
    above, below = (
        np.max(np.abs(np.tensordot(_BESIDE_CUBICS, np.stack(side), 1)), axis=0) for side in sides
    )
    return np.asarray(np.nan_to_num(np.fmin(above, below), posinf=0.0))


def _values(change: Callable[[float], Any], apart: float, places: Iterable[float]) -> list[Any]:
    return [[change(sign * float(j) * apart) for j in places] for sign in (1, -1)]


def _is_flat(sides: Sequence[Sequence[Any]]) -> Array:
    """Return whether values on one side or the other do not change."""
    flat = [np.all(np.diff(np.stack(side), axis=0) == 0, axis=0) for side in sides]
    return np.asarray(flat[0] | flat[1])
