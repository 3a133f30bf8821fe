"""The slope just beside a kink, which steps that reach beyond it do not tell."""

from __future__ import annotations

from collections.abc import Callable

from tensorgraph.numeric.ridders import FAR, Slope, slope

_FARTHEST, _NEARER = 2.0**-9, 8.0
"""The first step, and how much nearer each further one is."""
_STRAIGHT = 1e-3
"""How little both sides differ, relative to the kink, where there is none."""
_BEYOND = 16.0
"""How far beyond rounding a kink has to be seen."""
_ROUNDING = 2.0**-52


def closer(s: Slope, change: Callable[[float], float], size: float, least: float) -> Slope:
    """Return the slope from as near as both sides are alike; if they never are, as it was.

    Args:
        s: the slope as usual steps see it.
        change: as for :func:`slope`.
        size: how large a value is that rounds as these do.
        least: the least step by which the argument can be moved at all.
    """
    kink, h = (s.gap if s.is_kink else s.steepest), _FARTHEST
    rounding = _ROUNDING * size
    while kink and h >= least and kink * h > _BEYOND * rounding:
        above, below = change(h), change(-h)
        if abs(above + below) <= _STRAIGHT * kink * h + rounding:
            if not (above or below) and change(FAR) and change(-FAR):
                return s  # on a step of a staircase
            moving = s.steepest * least / _ROUNDING  # what the argument's own rounding does
            return min(
                _direct(above, below, rounding, h),
                slope(_scaled(change, h), 0.0, max(size, moving)).per(h),
                key=lambda each: each.error,
            )
        h /= _NEARER
    return s


def _direct(above: float, below: float, rounding: float, h: float) -> Slope:
    """Return what two values tell of a slope."""
    value, error = (above - below) / (2 * h), (abs(above + below) + rounding) / (2 * h)
    return Slope(value, error, value, value, error, max(abs(above), abs(below)) / h)


def _scaled(change: Callable[[float], float], h: float) -> Callable[[float], float]:
    return lambda t: change(t * h)
