"""Derivatives where an element of the result depends on one element of the operand alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.close_by import closer
from tensorgraph.numeric.complex_step import NotAnalyticError, steps_beside
from tensorgraph.numeric.not_settled import not_settled
from tensorgraph.numeric.ridders import FAR, SAFETY, Slope, four_values, slope
from tensorgraph.numeric.sampled_kernel import SampledKernel

FEW, NEARER = 16, 2.0**6
"""Of more elements than so many, steps are shortened, before each is looked at by itself."""

AGREES = 1e-8
"""How far the complex step and differences of values may be apart, relative to the slope."""


def stepped(f: SampledKernel, along: Array | float = 1.0) -> Array:
    """Return the derivatives by the complex step, where elements move by so much each.

    Raises:
        NotAnalyticError: the kernel does not take complex numbers.
    """
    step = steps_beside(np.where(f.x == 0, 1.0, np.abs(f.x)))
    found = f.imaginary(np.asarray(step * along)) / np.broadcast_to(step, f.centre.shape)
    return np.asarray(found)


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
    glances = [_Glance(f, unit) for unit in _units(f)]
    if np.any(np.isfinite(exact)):
        size = np.abs(f.centre) * f.noise
        for glance in glances:
            confirmed = open_ & glance.confirms(exact, size)
            found[confirmed] = exact[confirmed]
            open_ &= ~confirmed
    if np.count_nonzero(open_) > FEW:  # most of them are beside a kink
        glances += [_Glance(f, unit / NEARER) for unit in _units(f)]
    for glance in glances if open_.any() else ():  # noise costs some calls to find out
        settled = open_ & glance.is_settled(f.sizes)
        found[settled] = glance.value[settled]
        open_ &= ~settled
    if open_.any():
        one_by_one = _OneByOne(f, open_)
        for at in map(tuple, np.argwhere(open_).tolist()):
            found[at] = one_by_one.slope(at, float(exact[at]))
    return found


def _units(f: SampledKernel) -> list[Array]:
    """Return steps that matter to elements: as large as they are, or 1."""
    return [f.units] if np.all(f.units == 1) else [f.units, np.ones(f.x.shape)]


class _Glance:
    """The slopes of all elements, as far as four values tell them."""

    def __init__(self, f: SampledKernel, unit: Array) -> None:
        self._single = f.eps > 1e-12
        self._four = four_values(
            lambda h: f.change(h * unit), coarser=2.0**7 if self._single else 1.0
        )
        self._unit = np.broadcast_to(unit, f.centre.shape)
        self._magnitude = np.abs(f.centre) * np.broadcast_to(unit / f.units, f.centre.shape)
        self._staircase = np.zeros(f.centre.shape, bool)
        flat = self._four.steepest == 0
        if np.any(flat):  # close by; farther away it is others on both sides
            self._staircase = flat & (f.change(FAR * unit) != 0) & (f.change(-FAR * unit) != 0)

    @property
    def value(self) -> Array:
        """The slopes."""
        return np.asarray(self._four.value / self._unit)

    def is_settled(self, size: Array) -> Array:
        """Return where the slope is known, if values round as those of this size do."""
        four, magnitude = self._four, self._magnitude
        steepest = four.steepest
        enough = (1e-3 if self._single else 1e-7) * steepest + four.rounding(16 * size)
        good = np.maximum(
            (1e-3 if self._single else 1e-9) * steepest,
            (1e-4 if self._single else 1e-11) * magnitude,
        )
        smooth = (four.spread <= enough) & (np.abs(four.gap) <= enough) & ~self._staircase
        return np.asarray(smooth & (four.error(size) <= good))

    def confirms(self, exact: Array, size: Array) -> Array:
        """Return where a derivative agrees with a slope that is known."""
        four, exact = self._four, exact * self._unit
        margin = SAFETY * four.error(size) + AGREES * np.maximum(np.abs(exact), four.steepest)
        return np.asarray(self.is_settled(size) & (np.abs(exact - four.value) <= margin))


class _OneByOne:
    """Slopes of elements by Ridders' method; what is computed for one is there for others.

    Args:
        f: the kernel.
        open_: the elements that are looked at.
    """

    def __init__(self, f: SampledKernel, open_: Array) -> None:
        self.f = f
        self._few = f.of_elements(open_)
        """The kernel of these elements alone, if it is the same."""
        self._row = np.cumsum(open_).reshape(open_.shape) - 1
        self._open = open_
        self.units = np.broadcast_to(f.units, f.centre.shape)
        self.x = np.broadcast_to(f.x, f.centre.shape)
        self.place = np.broadcast_to(np.arange(f.x.size).reshape(f.x.shape), f.centre.shape)
        self._changes: dict[float, Array] = {}

    def slope(self, at: tuple[int, ...], exact: float) -> float:
        """Return the derivative at an index; ``exact`` is by the complex step, or NaN."""
        unit, size, x = float(self.units[at]), float(self.f.sizes[at]), float(self.x[at])
        for changes in (self._together(at), self._alone(at)):
            s = sure_slope(changes, x, unit, size, abs(float(self.f.centre[at])))
            if accepted(s, changes, size, abs(float(self.f.centre[at]))):
                return confirmed(s, exact * unit) / unit
        raise not_settled(self.f, at, x, s.per(unit))

    def _together(self, at: tuple[int, ...]) -> Callable[[float], float]:
        """Return how the element changes where all elements move."""
        row = int(self._row[at])

        def change(h: float) -> float:
            if h not in self._changes:
                self._changes[h] = self._all_changed(h)
            return float(self._changes[h][row])

        return change

    def _all_changed(self, h: float) -> Array:
        """Return how the elements that are looked at change where all elements move."""
        if self._few is not None:
            return self._few.change(h * self.units[self._open])
        return np.asarray(self.f.change(h * self.f.units)[self._open])

    def _alone(self, at: tuple[int, ...]) -> Callable[[float], float]:
        """Return the same where it alone moves: others may leave their domain."""
        unit, place, row = float(self.units[at]), int(self.place[at]), int(self._row[at])

        def change(h: float) -> float:
            if self._few is not None:
                moved = np.zeros(self._few.x.size)
                moved[row] = h * unit
                return float(self._few.change(moved)[row])
            moved = np.zeros(self.f.x.size)
            moved[place] = h * unit
            return float(self.f.change(moved.reshape(self.f.x.shape))[at])

        return change


def sure_slope(
    changes: Callable[[float], float], x: float, unit: float, size: float, value: float
) -> Slope:
    """Return a slope by a unit; where there is a kink, or none is known, from close by."""
    s = slope(changes, 0.0, size, max(abs(x) / unit, 1e-300))
    if s.is_kink or not accepted(s, changes, size, value):
        return closer(s, changes, size, math.ulp(x) / unit)
    return s


def accepted(s: Slope, changes: Callable[[float], float], size: float, value: float) -> bool:
    """Return whether a slope is known well enough: beside itself, what is around, or the value.

    Args:
        s: the slope.
        changes: how the value changes: what it does far away counts, close by it may be noise.
        size: how large a value is whose rounding, in double precision, is as large as the noise.
        value: how large the value is.
    """
    around = max(abs(changes(h)) / abs(h) for h in (FAR, -FAR))
    scale = max(abs(s.value), abs(s.left), abs(s.right), around if math.isfinite(around) else 0.0)
    if s.is_kink:
        return s.side_error <= 1e-3 * scale
    return bool(s.error <= max(1e-3 * scale, 1e-8 * value**0.6 * max(size, value) ** 0.4))


def confirmed(s: Slope, exact: float) -> float:
    """Return a derivative by the complex step if a slope confirms it, otherwise that."""
    scale = max(abs(exact), s.steepest)
    is_known = s.is_kink or s.error <= 10 * AGREES * scale
    return exact if is_known and s.allows(exact, AGREES * scale) else s.value
