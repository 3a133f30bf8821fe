"""Numeric derivatives along probes, by either method, and how far each can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.ridders import ENOUGH, SAFETY, UNKNOWN, Slope, glance, slope
from tensorgraph.numeric.roughness import APART
from tensorgraph.testing.numeric import rounding
from tensorgraph.testing.numeric.checked_function import Scalar
from tensorgraph.testing.numeric.extended import FINER, Extended, NotExtendedError
from tensorgraph.testing.numeric.kinks import between
from tensorgraph.testing.numeric.probes import Probe, Space, length

UNDERFLOW = 1e-290
"""What no longer counts: numbers so small have fewer digits."""
_NOISE = 2.0**-48
"""Rounding in differences, relative to what the whole function depends on."""
_ROUNDED = 2.0**-42
"""What float64 may lose of what the whole function depends on."""
_NEARBY, _STEP_NEARBY, _NEARBY_POINTS = 1e-5, 0.2, 24
"""How far nearby points are, relative to the units; the step of a difference, relative to that."""
_PART = 0.1
"""Of the number: what short steps change it by; of the usual steps: what they are shorter by."""
_SHORTEST = 1e-12
"""How short they may be, relative to the usual ones."""
_ALIKE = 1e-6
"""What a slope may differ by from the one that is expected, relative to it."""
_STRAIGHT, _FEWEST_ULPS = 1e-4, 2.0**-44
"""Over what part of its own scale a smooth function is a straight line; and what rounds anew."""
_STEP_TWICE = 2.0**20
"""How much larger a second complex step is than the first."""


class Derivatives:
    """The numeric derivatives of a number.

    Args:
        scalar: what is differentiated.
        gradient: what its derivatives are expected to be: it tells how large they are.
        space: its arguments.
        rng: draws what rounding may do.
        reach: how large what the number is computed from may be.
    """

    def __init__(
        self,
        scalar: Scalar,
        gradient: Sequence[Array],
        space: Space,
        rng: np.random.Generator,
        reach: float,
    ) -> None:
        self.scalar, self.gradient, self.space, self.rng = scalar, gradient, space, rng
        largest = (float(np.max(np.abs(g), initial=0.0)) for g in gradient)
        reaches = [unit * most for unit, most in zip(space.units, largest, strict=True)]
        self._terms = self.size = scalar.size()
        """How large the terms are that the number is a sum of; ``size``, in terms of rounding."""
        self.reach = max(reach, self.size, *reaches)
        own = self._terms / (max(*reaches, self._terms) or 1.0) or 1.0
        self._near = min(_NEARBY, _PART * own)
        """How far points are where kinks are looked for."""
        self._apart = min(APART, max(_STRAIGHT * own, _FEWEST_ULPS))
        """How far points beside the arguments are from each other where rounding is looked for."""
        self._knows_noise = False
        self._floors: list[Array] | None = None

    # ----------------------------------------------------------------------- differences of values

    def look(self, probe: Probe) -> Slope:
        """Return the slope of values along a probe, by a few of them if these agree."""
        found = glance(
            lambda t: self.scalar.change(probe.times(t)), probe.scale(self.gradient), self.size
        )
        return self._sure(probe, found.per(probe.unit)) if found else self.slope(probe)

    def slope(self, probe: Probe) -> Slope:
        """Return the slope of values along a probe, whatever it takes."""
        good = ENOUGH * probe.scale(self.gradient)
        found = self._slope(probe)
        if not self._knows_noise and not found.error <= good:
            self.measure_noise()
            found = self._slope(probe)
        if self._knows_noise and not found.error <= good and not found.is_kink:
            finer = self._slope(probe, extended=True)
            found = finer if np.isfinite(finer.error) or finer.is_kink else found
        return self._sure(probe, found.per(probe.unit))

    def _sure(self, probe: Probe, seen: Slope) -> Slope:
        """Return a slope; where it is not as expected, by steps that change the number by a part.

        A pole may be nearer than usual steps reach, and values beyond it settle on another slope.
        """
        expected = probe.along(self.gradient)
        if self.settles(probe, seen) and seen.allows(expected, _ALIKE * abs(expected)):
            return seen
        unit = _PART * self._terms / abs(expected) if expected else 0.0
        if not _SHORTEST * probe.unit < unit < _PART * probe.unit:
            return seen
        shorter = {k: d * (unit / probe.unit) for k, d in probe.direction.items()}
        again = slope(
            lambda t: self.scalar.change({k: t * d for k, d in shorter.items()}),
            _PART * self._terms,
            max(self._terms, abs(expected) * probe.unit),  # arguments are rounded, too
        ).per(unit)
        if again.is_kink or not again.error <= 1e-3 * abs(expected):
            return seen
        better = again.error < seen.error or not seen.allows(again.value, SAFETY * again.error)
        return again if better else seen

    def _slope(self, probe: Probe, extended: bool = False) -> Slope:
        scalar, size = self.scalar, self.size
        if extended:
            if self._wide is None:
                return UNKNOWN
            scalar, size = self._wide.scalar, max(FINER * size, self._wide_roughness)
        return slope(
            lambda t: scalar.change(probe.times(t)),
            max(probe.scale(self.gradient), 1e-6 * self.reach),
            size,
            self.space.finest(probe),
        )

    def measure_noise(self) -> None:
        """Find out how noisy the values are, if that is not yet known."""
        if not self._knows_noise:
            self._knows_noise = True
            noise = rounding.of_value(self.scalar, self._apart, self.rng)
            self.size = max(self.size, noise / rounding.ULP)
            self.reach = max(self.reach, self.size)

    def finer_slope(self, probe: Probe, seen: Slope) -> Slope:
        """Return the slope by an element once more, where its own size is the scale of steps.

        Far away, as where another element is huge, a function may look flat that is not.
        """
        for shorter in self.space.shorter(probe):
            again = self.slope(shorter)
            differs = not seen.allows(again.value, SAFETY * again.error)
            if (differs and self.settles(probe, again)) or (again.steepest and not seen.steepest):
                seen = again
        return seen

    def nearby(self, probe: Probe) -> Slope | None:
        """Return the least and the largest slope at points nearby; ``None`` if there is no kink.

        All arguments are moved a little: where some tie, the function may look smooth along every
        element by itself, and is not. Of a smooth function, slopes are the nearer to each other
        the nearer the points are.
        """
        low, high = self._slopes_nearby(probe, self._near)
        margin = 4e-16 * self.size / (_STEP_NEARBY * self._near * probe.unit)
        if not high - low > 1e-3 * (abs(low) + abs(high)) + 10 * margin:
            return None
        lower, higher = self._slopes_nearby(probe, self._near / 4)
        return between(low, high, margin) if higher - lower > (high - low) / 2 else None

    def _slopes_nearby(self, probe: Probe, far: float) -> tuple[float, float]:
        """Return the least and the largest slope at points up to so many units away."""
        step = far * _STEP_NEARBY

        def derivative() -> float:
            point = {
                k: self.space.units[k] * self.rng.uniform(-far, far, array.shape)
                for k, array in enumerate(self.space.arrays)
            }
            sides = []
            for sign in (1, -1):
                moved = dict(point)
                for k, d in probe.times(sign * step).items():
                    moved[k] = moved[k] + d
                sides.append(self.scalar.change(moved))
            return (sides[0] - sides[1]) / (2 * step * probe.unit)

        slopes = [derivative() for _ in range(_NEARBY_POINTS)]
        return min(slopes), max(slopes)

    def is_rough(self, probe: Probe, seen: Slope) -> bool:
        """Return whether there is a kink or a jump, as far as the slope of values tells."""
        return seen.is_kink or not self.settles(probe, seen)

    def settles(self, probe: Probe, s: Slope) -> bool:
        """Return whether a slope is known well enough to judge by."""
        largest = max(float(np.max(np.abs(self.gradient[k]), initial=0.0)) for k in probe.direction)
        scale = max(probe.scale(self.gradient) / probe.unit, s.steepest, largest)
        reach = max(self.reach / probe.unit, s.steepest)
        return s.error <= max(1e-3 * scale, 1e-9 * reach, UNDERFLOW)

    def agree(self, probe: Probe, stepped: float, seen: Slope) -> bool:
        """Return whether the complex step and differences of values may be the same."""
        scale = max(probe.scale(self.gradient), seen.steepest)
        return abs(stepped - seen.value) <= SAFETY * seen.error + 1e-8 * scale + self.blur(probe)

    def blur(self, probe: Probe) -> float:
        """Return what rounding may do to a slope of values beyond its own estimate."""
        return _NOISE * self.reach / probe.unit

    def haze(self, probe: Probe) -> float:
        """Return the same where arguments are large and the function changes fast."""
        return self.blur(probe) * min(max(probe.unit, 1.0), 1e6)

    # ------------------------------------------------------------------------------- complex step

    def stepped(self, probe: Probe) -> float:
        """Return the derivative along a probe by the complex step."""
        rates = probe.rates()
        return self.scalar.stepped(rates, self.space.complex_step(rates))

    def stepped_with_care(self, probe: Probe) -> float:
        """Return the same, refused of operations that lose imaginary parts."""
        rates = probe.rates()
        return self.scalar.complex_step(rates, self.space.complex_step(rates))

    def step_floor(self, probe: Probe) -> float:
        """Return how far the complex step's derivative may be off by rounding."""
        rates = probe.rates()
        step = self.space.complex_step(rates)
        first, second = (self.scalar.stepped(rates, h) for h in (step, step * _STEP_TWICE))
        spread = rounding.of_step(self.scalar, rates, step, self._apart, self.rng)
        return rounding.TIMES * spread + abs(first - second)

    def extended(self, probe: Probe) -> tuple[float, float, float] | None:
        """Return both derivatives with more digits, and what rounding still does to them.

        ``None`` if there are no more, or the computed derivative is too far from that with more
        to be the same but for rounding.
        """
        if self._wide is None:
            return None
        rates = probe.rates()
        step = self.space.complex_step(rates)
        try:
            first, second = (self._wide.stepped(rates, h) for h in (step, step * _STEP_TWICE))
            computed = probe.along(self._wide.gradient)
        except NotExtendedError:
            return None
        if not abs(computed - probe.along(self.gradient)) <= _ROUNDED * self.reach / probe.unit:
            return None
        return computed, first, abs(first - second) + FINER * self.haze(probe)

    @cached_property
    def _wide(self) -> Extended | None:
        try:
            return Extended(self.scalar)
        except NotExtendedError:
            return None

    @cached_property
    def _wide_roughness(self) -> float:
        """A kernel may take more digits and compute no more than float64 has.

        Where values are flat, they may stand on one step of a staircase, whose height is not seen.
        """
        scalar = self._wide.scalar if self._wide else self.scalar
        roughness = rounding.roughness_of_value(scalar, self._apart, self.rng)
        return rounding.TIMES * roughness / rounding.ULP or self.size

    # -------------------------------------------------------------------------------- the gradient

    def gradient_floor(self, probe: Probe) -> float:
        """Return how far the derivative that follows from the gradient may be off by rounding.

        Raises:
            GradcheckError: the gradient is another one for the same arguments.
        """
        if self._floors is None:
            again = self.scalar.gradient()
            if not all(map(np.array_equal, again, self.gradient)):
                raise errors.GradcheckError(
                    "gradcheck: the gradient is another one when it is computed again; does a rule"
                    " draw random numbers, or keep state between calls?"
                )
            self._floors = rounding.of_gradient(self.scalar, self.gradient, self._apart, self.rng)
        floors = (self._floors[k] * d for k, d in probe.direction.items())
        return rounding.TIMES * length([length(floor) for floor in floors]) / probe.unit
