"""Derivatives from values alone: Ridders' extrapolation, two-sided and one-sided.

A difference quotient with one step is right to seven digits at best. Extrapolating quotients of
shrinking steps to step 0 is right to twelve, and says how far it can be trusted (C. Ridders,
"Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4, 1982).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan

_LEVELS = 9
_RATIO = 1.6
"""Between one step and the next; no power of 2, so that no period of a function fits them all."""
_FIRST_STEP, _FINER = 0.1, 50.0
"""Of the first table, and how much finer each further one is: some functions need it."""
_AGREEING = 5
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


def slope(
    function: Callable[[float], float], scale: float, size: float = 0.0, finest: float = 1.0
) -> Slope:
    """Return the derivative of ``function`` at 0, whose argument matters at the scale of 1.

    Args:
        function: returns NaN where it is not defined.
        scale: how large a derivative counts; the estimate is refined until its error is small
            against that.
        size: of the terms that the function's value is a sum of, if they are larger than it:
            how large its rounding errors are.
        finest: the distance to the nearest kink or pole that is to be seen as such.
    """
    centre = function(0.0)
    size = max(size, abs(centre))
    best = Slope(nan, inf, nan, nan, inf, 0.0)
    first = _FIRST_STEP
    while first >= 1e-5 * finest:
        # Where smaller steps would lose more to rounding than they gain, they are not tried.
        if _ROUNDING * size / first > (1e-3 * best.gap if best.is_kink else best.error):
            break
        found = _extrapolated(function, centre, first, size)
        if best.is_kink:  # a kink counts only if smaller steps see it too
            better = found.is_kink or found.error < 1e-3 * best.gap
        else:
            better = found.is_kink or found.error < best.error
        best = found if better else best
        if best.error <= 1e-11 * max(scale, best.steepest) and not best.is_kink:
            break
        first /= _FINER
    return best


def _extrapolated(
    function: Callable[[float], float], centre: float, first: float, size: float
) -> Slope:
    steps = [first / _RATIO**k for k in range(_LEVELS)]
    above, below = [function(h) for h in steps], [function(-h) for h in steps]
    while steps and not (isfinite(above[0]) and isfinite(below[0])):
        del steps[0], above[0], below[0]  # out of the domain: begin with a smaller step
    size = max([size, *map(abs, (*above, *below))])
    noise = [_ROUNDING * size / h for h in steps]
    value, error = _limit(
        [(a - b) / (2 * h) for a, b, h in zip(above, below, steps, strict=True)], 2, noise
    )
    ahead = [(a - centre) / h for a, h in zip(above, steps, strict=True)]
    behind = [(centre - b) / h for b, h in zip(below, steps, strict=True)]
    right, right_error = _limit(ahead, 1, noise)
    left, left_error = _limit(behind, 1, noise)
    side_error = max(left_error, right_error)
    steepest = max(map(abs, (*ahead, *behind)), default=0.0)
    if not side_error <= 1e-3 * steepest + 1e3 * max(noise, default=0.0):
        # Across a pole or a jump the two-sided quotients may settle, on nothing.
        error = inf
    return Slope(value, error, left, right, side_error, steepest)


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
