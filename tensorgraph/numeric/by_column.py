"""A gradient where elements of the result depend on any element of the operand.

Each element of the operand is moved by itself: as many calls of the kernel as it has elements, with
the complex step; with differences of values, at least four times as many.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.by_element import accepted, confirmed
from tensorgraph.numeric.close_by import closer
from tensorgraph.numeric.complex_step import NotAnalyticError, steps_beside
from tensorgraph.numeric.not_settled import not_settled
from tensorgraph.numeric.ridders import FAR, UNKNOWN, Slope, glance, slope
from tensorgraph.numeric.sampled_kernel import SampledKernel

_DOUBLINGS = 6
"""Of elements that are looked at together, how much more some may matter: 64 times."""
MOST = 20_000
"""So many elements are moved one by one, and no more."""


def pulled(f: SampledKernel, g: Array) -> Array:
    """Return the gradient of the operand, from that of the result.

    Raises:
        GraphError: a derivative does not settle, or there are too many elements.
    """
    if f.x.size > MOST:
        raise errors.GraphError(
            f"{f.name}: its numeric gradient would take a call of the kernel for each of"
            f" {f.x.size:,} elements, and more than {MOST:,} are not tried. Give the operation a"
            " rule: tg.op(…, vjp={…})"
        )
    if not np.all(np.isfinite(f.centre[g != 0])):
        return np.full(f.x.shape, np.nan)
    g = np.where(np.isfinite(f.centre), g, 0.0)
    try:
        found = np.array([_stepped(f, g, j) for j in range(f.x.size)])
    except NotAnalyticError:
        found = np.full(f.x.size, np.nan)
    for group in _groups(f, found):
        if not _confirmed(f, g, found, group):
            for j in group:
                found[j] = _slope(f, g, j, float(found[j]))
    return found.reshape(f.x.shape)


def _groups(f: SampledKernel, found: Array) -> list[Array]:
    """Return the places of elements by how much they matter; those that seem not to are a group.

    Beside what matters much, a wrong derivative of what matters little would not be seen.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        magnitude = np.floor(np.log2(np.abs(found * _units(f.x).reshape(-1))) / _DOUBLINGS)
    kinds = np.nan_to_num(magnitude, nan=np.inf, posinf=np.inf, neginf=-np.inf)
    return [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]


def _stepped(f: SampledKernel, g: Array, j: int) -> float:
    """Return the derivative by one element, by the complex step."""
    x = float(f.x.reshape(-1)[j])
    step = float(steps_beside(abs(x) or 1.0))
    return float(np.sum(g * f.imaginary(_along(f, j, step)))) / step


def _along(f: SampledKernel, j: int, distance: float) -> Array:
    moved = np.zeros(f.x.size)
    moved[j] = distance
    return moved.reshape(f.x.shape)


def _confirmed(f: SampledKernel, g: Array, found: Array, group: Array) -> bool:
    """Return whether values along a random direction change as the derivatives of a group say.

    At a kink nothing is: that of one element would hide what another does.
    """
    if not np.all(np.isfinite(found[group])):
        return False
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.5, 1.5, group.size) * rng.choice([-1.0, 1.0], group.size)
    along = np.zeros(f.x.size)
    along[group] = weights * _units(f.x).reshape(-1)[group] / np.sqrt(group.size)
    terms = found * along
    expected, scale = float(np.sum(terms)), float(np.linalg.norm(terms))
    seen = _Seen(f, g, along.reshape(f.x.shape))
    s = seen.slope(scale, 1.0)
    known = not s.is_kink and accepted(s, seen.change, seen.size, seen.value)
    return known and confirmed(s, expected) == expected


def _units(x: Array) -> Array:
    """Return the steps that matter to elements."""
    sizes = np.abs(np.where(np.isfinite(x), x, 1.0)).astype(np.float64)
    largest = float(np.max(sizes, initial=0.0))
    return np.asarray(np.maximum(sizes, min(largest, 1.0) or 1.0))


class _Seen:
    """The number ⟨g, f⟩ along a direction."""

    def __init__(self, f: SampledKernel, g: Array, along: Array) -> None:
        self._f, self._g, self._along = f, g, along
        self.value = float(np.sum(np.abs(g * f.centre)))
        """How large its terms are."""

    def change(self, h: float) -> float:
        """Return how it changes."""
        return float(np.sum(self._g * self._f.change(h * self._along)))

    @cached_property
    def size(self) -> float:
        """How large the terms are as far as their rounding goes, those that change at all."""
        steps = (2.0**-12, FAR, -FAR)
        touched = np.any([self._f.change(h * self._along) != 0 for h in steps], axis=0)
        return float(np.sum(np.abs(self._g * self._f.sizes)[touched]))

    def slope(self, scale: float, finest: float) -> Slope:
        """Return the slope, by a few values if these settle it; args as for Ridders' method."""
        size = float(np.sum(np.abs(self._g) * self._f.sizes))
        found = glance(self.change, scale, size)
        if found and found.error <= max(
            1e-9 * found.steepest, min(1e-11 * self.value, 1e-6 * found.steepest)
        ):
            if found.steepest or not (self.change(FAR) and self.change(-FAR)):
                return found  # otherwise it is on a step of a staircase
        return slope(self.change, max(scale, 1e-6 * self.size), self.size, finest)


def _slope(f: SampledKernel, g: Array, j: int, exact: float) -> float:
    """Return the derivative by one element by differences of values.

    ``exact`` is by the complex step, or NaN: taken if they confirm it.
    """
    x, units = float(f.x.reshape(-1)[j]), _units(f.x).reshape(-1)
    best = s = UNKNOWN
    for unit in dict.fromkeys((float(units[j]), float(np.max(units)))) if np.isfinite(x) else ():
        seen = _Seen(f, g, _along(f, j, unit))
        s = seen.slope(0.0, max(abs(x) / unit, 1e-300))
        known = not s.is_kink and accepted(s, seen.change, seen.size, seen.value)
        if not known:
            s = closer(s, seen.change, seen.size, math.ulp(x) / unit)
            known = accepted(s, seen.change, seen.size, seen.value)
        s = s.per(unit)
        if known and s.error < best.error:
            best = s
        if best.error <= 1e-9 * best.steepest:
            break
    if np.isfinite(best.value):
        return best.value if best.is_kink else confirmed(best, exact)
    raise not_settled(f, tuple(int(n) for n in np.unravel_index(j, f.x.shape)), x, s)
