"""Derivatives where an element of the result depends on one element of the operand alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.complex_step import NotAnalyticError, steps_beside
from tensorgraph.numeric.not_settled import not_settled
from tensorgraph.numeric.ridders import SAFETY, Slope, four_values, slope
from tensorgraph.numeric.roughness import roughness_of
from tensorgraph.numeric.sampled_kernel import ULP, SampledKernel

AGREES = 1e-8
"""How far the complex step and differences of values may be apart, relative to the slope."""


def stepped(f: SampledKernel, along: Array | float = 1.0) -> Array:
    """Return the derivatives by the complex step, where elements move by so much each.

    Raises:
        NotAnalyticError: the kernel does not take complex numbers.
    """
    step = steps_beside(np.where(f.x == 0, 1.0, np.abs(f.x)))
    return f.imaginary(np.asarray(step * along)) / np.broadcast_to(step, f.centre.shape)


def slopes(f: SampledKernel) -> Array:
    """Return the derivative of each element of the result by its own element of the operand.

    The complex step is taken where differences of values confirm it, otherwise these.

    Raises:
        GraphError: a derivative does not settle.
    """
    try:
        exact = stepped(f)
    except NotAnalyticError:
        exact = np.full(f.centre.shape, np.nan)
    x = np.broadcast_to(f.x, f.centre.shape)
    open_ = np.isfinite(f.centre) & np.isfinite(x)
    found = np.full(f.centre.shape, np.nan)
    for unit in _units(f.x):
        if not open_.any():
            return found
        value, error, steepest = _glanced(f, unit)
        margin = SAFETY * error + AGREES * np.maximum(np.abs(exact), steepest)
        confirmed = np.abs(exact - value) <= margin
        settled = open_ & np.isfinite(error)
        found[settled] = np.where(confirmed, exact, value)[settled]
        open_ &= ~settled
    if open_.any():
        one_by_one = _OneByOne(f)
        for at in zip(*np.nonzero(open_), strict=True):
            found[at] = one_by_one.slope(tuple(map(int, at)), float(exact[at]))
    return found


def _units(x: Array) -> list[Array]:
    """Return steps that matter to elements: as large as they are, or 1."""
    large = np.exp2(np.ceil(np.log2(np.maximum(np.abs(np.where(np.isfinite(x), x, 1.0)), 1.0))))
    return [large] if np.all(large == 1) else [large, np.ones(x.shape)]


def _glanced(f: SampledKernel, unit: Array) -> tuple[Array, Array, Array]:
    """Return slopes from four values, their errors, infinite where unknown, and the steepest."""
    size = np.abs(f.centre) * f.noise
    single = f.eps > 1e-12
    four = four_values(lambda h: f.change(h * unit), coarser=2.0**7 if single else 1.0)
    error = four.error(size)
    steepest = four.steepest
    enough = (1e-3 if single else 1e-7) * steepest + four.rounding(16 * size)
    good = np.maximum(
        (1e-3 if single else 1e-9) * steepest, (1e-4 if single else 1e-11) * abs(f.centre)
    )
    settled = (four.spread <= enough) & (np.abs(four.gap) <= enough) & (error <= good)
    per = np.broadcast_to(unit, f.centre.shape)
    return four.value / per, np.where(settled, error / per, np.inf), steepest / per


class _OneByOne:
    """Slopes of elements by Ridders' method; what is computed for one is there for others."""

    def __init__(self, f: SampledKernel) -> None:
        self.f = f
        self.units = np.broadcast_to(_units(f.x)[0], f.centre.shape)
        self.x = np.broadcast_to(f.x, f.centre.shape)
        self.place = np.broadcast_to(np.arange(f.x.size).reshape(f.x.shape), f.centre.shape)
        self._changes: dict[float, Array] = {}
        rough = roughness_of(lambda h: f.change(h * _units(f.x)[0])) / ULP
        self.size = np.maximum(np.abs(f.centre) * f.noise, rough)

    def slope(self, at: tuple[int, ...], exact: float) -> float:
        """Return the derivative at an index; ``exact`` is by the complex step, or NaN."""
        for changes in (self._together(at), self._alone(at)):
            unit = float(self.units[at])
            size = float(self.size[at])
            finest = max(abs(float(self.x[at])) / unit, 1e-300)
            s = slope(changes, 0.0, size, finest)
            if accepted(s, size, abs(float(self.f.centre[at]))):
                s = s.per(unit)
                margin = AGREES * max(abs(exact), s.steepest)
                return exact if s.allows(exact, margin) else s.value
        raise not_settled(self.f, at, float(self.x[at]), s.per(unit))

    def _together(self, at: tuple[int, ...]) -> Callable[[float], float]:
        """Return how the element changes where all elements move."""

        def change(h: float) -> float:
            if h not in self._changes:
                self._changes[h] = self.f.change(h * _units(self.f.x)[0])
            return float(self._changes[h][at])

        return change

    def _alone(self, at: tuple[int, ...]) -> Callable[[float], float]:
        """Return the same where it alone moves: others may leave their domain."""
        unit, place = float(self.units[at]), int(self.place[at])

        def change(h: float) -> float:
            moved = np.zeros(self.f.x.size)
            moved[place] = h * unit
            return float(self.f.change(moved.reshape(self.f.x.shape))[at])

        return change


def accepted(s: Slope, size: float, value: float) -> bool:
    """Return whether a slope is known well enough: relative to itself, or to the value.

    ``size`` is how much larger than double precision the value rounds, times the value.
    """
    if s.is_kink:
        return math.isfinite(s.side_error)
    return s.error <= max(1e-3 * s.steepest, 1e-8 * math.sqrt(value * size))


def moves_alone(f: SampledKernel, found: Array) -> bool:
    """Return whether each element of the result depends on its own of the operand alone.

    If so, moving all by random parts changes each by that part of its derivative; if not, this is
    so by no chance.
    """
    along = np.random.default_rng(0).uniform(0.5, 1.5, f.x.shape)
    along *= np.random.default_rng(1).choice([-1.0, 1.0], f.x.shape)
    expected = found * np.broadcast_to(along, f.centre.shape)
    try:
        seen, exactness = stepped(f, along), 1e-10
        if not _near(seen, expected, exactness):
            raise NotAnalyticError  # or the complex step is of no use here
    except NotAnalyticError:
        h = 2.0**-13 if f.eps < 1e-12 else 2.0**-6
        unit = h * _units(f.x)[0] * along
        per = np.broadcast_to(h * _units(f.x)[0], f.centre.shape)
        seen = (f.change(unit) - f.change(-unit)) / (2 * per)
        return _near(seen, expected, 1e-5 if f.eps < 1e-12 else 1e-2)
    return True


def _near(seen: Array, expected: Array, exactness: float) -> bool:
    largest = np.max(np.abs(expected[np.isfinite(expected)]), initial=0.0)
    close = np.abs(seen - expected) <= exactness * (np.abs(expected) + 0.01 * largest)
    return bool(np.all(close | np.isnan(expected)))
