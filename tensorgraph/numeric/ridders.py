"""Derivatives from values alone: Ridders' extrapolation, two-sided and one-sided.

A difference quotient with one step is right to seven digits at best. Extrapolating quotients of
shrinking steps to step 0 is right to twelve, and says how far it can be trusted (C. Ridders,
"Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4, 1982).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import numpy as np

_LEVELS = 9
_RATIO = 1.6180339887
"""Between one step and the next, the golden section: no period of a function fits many steps."""
_FIRST_STEP, _FINER = 0.1, 50.0
"""Of the first table, and how much finer each further one is: some functions need it."""
_GLANCES = (1403 * 2.0**-21, 877 * 2.0**-23)
"""The steps of a glance: a tenth of a percent and less, of no common period, and with so few bits
that numbers are moved by them without rounding."""
FAR = 1403 * 2.0**-14
"""A step by which a value changes as the slope says, more or less, whatever the noise."""
_AGREEING = 5
_FEWEST = 6
"""So many steps may be enough; if they are not, all are tried."""
ENOUGH = 1e-11
"""The error that is small enough, relative to what counts."""
SAFETY = 5
"""Between an error and its estimate; 2 was the largest ratio in trials."""
_ROUNDING = 2.0**-52


@dataclass(frozen=True)
class Slope:
    """The derivative of a function of one number at 0, seen from both sides and from each."""

    value: float
    """The two-sided derivative."""
    error: float
    """How far ``value`` may be off, by its own estimate."""
    left: float
    right: float
    side_error: float
    """How far ``left`` and ``right`` may be off."""
    steepest: float
    """The largest slope between the point and one close by: what errors are to be measured by."""

    @property
    def sides(self) -> tuple[float, float]:
        """The one-sided derivatives, in order."""
        return min(self.left, self.right), max(self.left, self.right)

    def allows(self, derivative: float, margin: float) -> bool:
        """Return whether a derivative may be right: at a kink, any between the sides may."""
        if not self.is_kink:
            return abs(derivative - self.value) <= SAFETY * self.error + margin
        low, high = self.sides
        margin += SAFETY * self.side_error
        return low - margin <= derivative <= high + margin

    def per(self, unit: float) -> Slope:
        """Return the derivative by a distance that is ``unit`` of the argument's."""
        return Slope(
            self.value / unit,
            self.error / unit,
            self.left / unit,
            self.right / unit,
            self.side_error / unit,
            self.steepest / unit,
        )

    @property
    def gap(self) -> float:
        """How much the one-sided derivatives differ."""
        return abs(self.right - self.left)

    @property
    def is_kink(self) -> bool:
        """Whether the one-sided derivatives differ beyond doubt."""
        return self.gap > 1e-4 * max(abs(self.left), abs(self.right)) + 2 * SAFETY * self.side_error


def exactly(value: float) -> Slope:
    """Return a derivative that is known without error."""
    return Slope(value, 0.0, value, value, 0.0, abs(value))


UNKNOWN = Slope(nan, inf, nan, nan, inf, 0.0)


@dataclass(frozen=True)
class FourValues:
    """Difference quotients at 0 of two steps, of a function with one value or an array of them."""

    value: Any
    """The two-sided derivative, extrapolated."""
    spread: Any
    """How far extrapolation went."""
    gap: Any
    """How much the one-sided derivatives differ, extrapolated."""
    steepest: Any
    """The largest slope between the point and one close by."""
    fine: float
    """The smaller step."""

    def rounding(self, size: Any) -> Any:
        """Return what rounding may do to a quotient, of values of that size."""
        return 2 * _ROUNDING * size / self.fine

    def error(self, size: Any) -> Any:
        """Return how far ``value`` may be off."""
        return self.spread + self.rounding(size)


def four_values(change: Callable[[float], Any], coarser: float = 1.0) -> FourValues:
    """Return what four values tell of a derivative, with steps so many times coarser than usual.

    Args:
        change: as for :func:`slope`; it may return an array.
        coarser: a power of 2.
    """
    coarse, fine = (step * coarser for step in _GLANCES)
    (d1, s1, m1), (d2, s2, m2) = (_quotients(change, h) for h in (coarse, fine))
    ratio = coarse / fine
    value = (ratio**2 * d2 - d1) / (ratio**2 - 1)
    gap = (ratio * s2 - s1) / (ratio - 1)
    return FourValues(value, abs(value - d2), gap, _larger(m1, m2), fine)


def _quotients(change: Callable[[float], Any], h: float) -> tuple[Any, Any, Any]:
    """Return the two-sided quotient, the one-sided ones' difference, and the larger of these."""
    above, below = change(h) / h, change(-h) / h
    return (above - below) / 2, above + below, _larger(abs(above), abs(below))


def _larger(a: Any, b: Any) -> Any:
    return max(a, b) if isinstance(a, float) else np.maximum(a, b)


def glance(change: Callable[[float], float], scale: float, size: float) -> Slope | None:
    """Return the derivative at 0 from four values, ``None`` if they do not settle it.

    Args are those of :func:`slope`.
    """
    four = four_values(change)
    value, steepest, error = four.value, four.steepest, four.error(size)
    enough = 1e-7 * max(scale, steepest) + four.rounding(16 * size)
    if not (four.spread <= enough and abs(four.gap) <= enough):
        return None
    return Slope(value, error, value, value, error, steepest)


def slope(
    change: Callable[[float], float], scale: float, size: float = 0.0, finest: float = 1.0
) -> Slope:
    """Return the derivative at 0 of a function whose argument matters at the scale of 1.

    Args:
        change: returns the function's value less that at 0; NaN where it is not defined.
        scale: how large a derivative counts; the estimate is refined until its error is small
            against that.
        size: of the terms that the function's value is a sum of: how large its rounding errors are.
        finest: the distance to the nearest kink or pole that is to be seen as such.
    """
    best = UNKNOWN
    firsts = _first_steps(finest)
    while firsts:
        # A kink counts only if smaller steps see it too: the smallest are asked at once.
        first = firsts.pop(-1 if best.is_kink else 0)
        # Where smaller steps would lose more to rounding than they gain, they are not tried.
        if _ROUNDING * size / first > (1e-3 * best.gap if best.is_kink else best.error):
            continue
        found = _extrapolated(change, first, size, scale, finest)
        if best.steepest and not found.steepest:
            continue  # steps too small to change anything
        if best.is_kink and found.is_kink:
            break
        if found.is_kink or found.error < (1e-3 * best.gap if best.is_kink else best.error):
            if best.is_kink:  # it was beside the point, and larger steps would see it again
                firsts = [step for step in firsts if step < first]
            best = found
        if best.error <= ENOUGH * max(scale, best.steepest) and not best.is_kink:
            break
    return best


def _first_steps(finest: float) -> list[float]:
    steps = [_FIRST_STEP / _FINER**k for k in range(5)]
    return steps if finest > 0.1 else [*steps[:3], *(step * finest for step in steps)]


def _extrapolated(
    change: Callable[[float], float], first: float, size: float, scale: float, finest: float
) -> Slope:
    steps: list[float] = []
    middle: list[float] = []
    gaps: list[float] = []
    noise: list[float] = []
    steepest = 0.0
    found = UNKNOWN
    for level in range(_LEVELS):
        h = first / _RATIO**level
        above, below = change(h), change(-h)
        if not (isfinite(above) and isfinite(below)):
            continue  # out of the domain: begin with a smaller step
        steps.append(h)
        middle.append((above - below) / (2 * h))
        gaps.append((above + below) / h)
        size = max(size, abs(above), abs(below))
        noise.append(_ROUNDING * size / h)
        steepest = max(steepest, abs(above) / h, abs(below) / h)
        if len(steps) in (_FEWEST, _LEVELS) or level == _LEVELS - 1:
            found = _from_both_sides(middle, gaps, noise, steepest, scale, finest / h)
            if found.error <= 0.1 * ENOUGH * max(scale, steepest) and not found.is_kink:
                break
    return found


def _from_both_sides(
    middle: Sequence[float],
    gaps: Sequence[float],
    noise: Sequence[float],
    steepest: float,
    scale: float,
    finest: float,
) -> Slope:
    """Return the slope from two-sided quotients, and the gaps between the one-sided ones.

    ``finest`` is the distance to the nearest kink, relative to the last step.
    """
    gap, gap_error = _limit(gaps, 1, noise)
    value, error = _limit(middle, 2, noise)
    if not error <= ENOUGH * steepest or gap:
        # Where a derivative has a kink or jumps, odd powers of the step matter, too.
        odd, odd_error = _limit(middle, 1, noise)
        if odd_error < error:  # and where that is, just beside the point, is not seen from afar
            value, error = odd, odd_error + (abs(gaps[-1]) * finest if finest < 1 else 0.0)
    side_error = error + gap_error / 2
    if not side_error <= 1e-3 * max(steepest, scale) + 1e3 * max(noise, default=0.0):
        # Across a pole or a jump the two-sided quotients may settle, on nothing.
        error = inf
    return Slope(value, error, value - gap / 2, value + gap / 2, side_error, steepest)


def _limit(column: Sequence[float], power: int, noise: Sequence[float]) -> tuple[float, float]:
    """Extrapolate values at shrinking steps to step 0, with an estimate of the error.

    The values differ from their limit by a series in the ``power``-th powers of the step: 2 for a
    central difference, 1 for a one-sided one. Each entry of Neville's table removes one more term;
    its distance to those of the row before tells how good it is.
    """
    candidates = []
    previous: list[float] = []
    for value, rounding in zip(column, noise, strict=True):
        row = [value]
        for j, old in enumerate(previous, start=1):
            factor = _RATIO ** (power * j)
            row.append((factor * row[-1] - old) / (factor - 1))
        for fine, older, coarse in zip(row[1:], previous[1:], previous, strict=False):
            candidates.append((max(abs(fine - older), abs(fine - coarse)) + rounding, fine))
        previous = row
    if not candidates:
        return nan, inf
    # The best few must agree: one may owe its small error to chance.
    (error, best), *others = sorted(candidates)[:_AGREEING]
    return best, max([error, *(abs(other - best) for _, other in others)])
