"""A gradient where elements of the result depend on any element of the operand.

Each element of the operand is moved by itself: as many calls of the kernel as it has elements, with
the complex step; with differences of values, at least four times as many.
"""

from __future__ import annotations

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.by_element import AGREES, accepted
from tensorgraph.numeric.complex_step import NotAnalyticError, steps_beside
from tensorgraph.numeric.not_settled import not_settled
from tensorgraph.numeric.ridders import UNKNOWN, Slope, glance, slope
from tensorgraph.numeric.roughness import roughness_of
from tensorgraph.numeric.sampled_kernel import ULP, SampledKernel

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
        if _confirmed(f, g, found):
            return found.reshape(f.x.shape)
    except NotAnalyticError:
        pass
    return np.array([_slope(f, g, j) for j in range(f.x.size)]).reshape(f.x.shape)


def _stepped(f: SampledKernel, g: Array, j: int) -> float:
    """Return the derivative by one element, by the complex step."""
    x = float(f.x.reshape(-1)[j])
    step = float(steps_beside(abs(x) or 1.0))
    return float(np.sum(g * f.imaginary(_along(f, j, step)))) / step


def _along(f: SampledKernel, j: int, distance: float) -> Array:
    moved = np.zeros(f.x.size)
    moved[j] = distance
    return moved.reshape(f.x.shape)


def _confirmed(f: SampledKernel, g: Array, found: Array) -> bool:
    """Return whether values along a random direction change as derivatives say."""
    if not np.all(np.isfinite(found)):
        return False
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.5, 1.5, f.x.size) * rng.choice([-1.0, 1.0], f.x.size)
    along = weights * _units(f.x).reshape(-1) / np.sqrt(max(f.x.size, 1))
    terms = found * along
    scale = float(np.linalg.norm(terms))
    s, _ = _seen(f, g, along.reshape(f.x.shape), scale)
    return s.allows(float(np.sum(terms)), AGREES * max(scale, s.steepest))


def _units(x: Array) -> Array:
    """Return the steps that matter to elements."""
    sizes = np.abs(np.where(np.isfinite(x), x, 1.0))
    largest = float(np.max(sizes, initial=0.0))
    return np.maximum(sizes, min(largest, 1.0) or 1.0)


def _seen(
    f: SampledKernel, g: Array, along: Array, scale: float, finest: float = 1.0
) -> tuple[Slope, float]:
    """Return the slope of ⟨g, f⟩ along a direction, by a few values if these settle it.

    And how large the terms are of which that is a sum, as far as their rounding errors go.
    """

    def change(h: float) -> float:
        return float(np.sum(g * f.change(h * along)))

    size = float(np.sum(np.abs(g * f.centre))) * f.noise
    found: Slope | None = None
    if f.noise <= 1:
        found = glance(change, scale, size)
    if found is None or not found.error <= max(
        1e-9 * found.steepest, 1e-11 * size / max(f.noise, 1.0)
    ):
        touched = np.where(f.change(2.0**-12 * along) == 0, 0.0, g)
        size = float(np.sum(np.abs(touched * f.centre))) * f.noise
        size = max(size, float(roughness_of(change)) / ULP)
        found = slope(change, max(scale, 1e-6 * size), size, finest)
    return found, size


def _slope(f: SampledKernel, g: Array, j: int) -> float:
    """Return the derivative by one element, by differences of values."""
    x, units = float(f.x.reshape(-1)[j]), _units(f.x).reshape(-1)
    size = float(np.sum(np.abs(g * f.centre)))
    best, unit_of_best = UNKNOWN, 1.0
    for unit in dict.fromkeys((float(units[j]), float(np.max(units)))) if np.isfinite(x) else ():
        s, rounding = _seen(f, g, _along(f, j, unit), 0.0, max(abs(x) / unit, 1e-300))
        if accepted(s, rounding, size) and s.error / unit < best.error / unit_of_best:
            best, unit_of_best = s, unit
        if best.error <= 1e-9 * best.steepest:
            break
    if np.isfinite(best.value):
        return best.value / unit_of_best
    at = tuple(int(n) for n in np.unravel_index(j, f.x.shape))
    raise not_settled(f, at, x, s.per(unit) if np.isfinite(x) else best)
