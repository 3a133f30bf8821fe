"""Along what to compare derivatives: single elements, or random directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.complex_step import steps_beside
from tensorgraph.testing.numeric.checked_function import Direction


@dataclass(frozen=True)
class Probe:
    """One derivative to compare."""

    place: str
    """By what, in words."""
    direction: Direction
    """Steps of the size that matters to the arguments."""
    unit: float
    """The length of these steps."""
    argument: int | None
    """``None`` for a direction in all arguments at once."""
    is_element: bool

    def along(self, gradient: Sequence[Array]) -> float:
        """Return the derivative that follows from a gradient."""
        return sum(float(np.sum(gradient[k] * d)) for k, d in self.rates().items())

    def rates(self) -> Direction:
        """Return the direction, per unit."""
        return {k: d / self.unit for k, d in self.direction.items()}

    def scale(self, gradient: Sequence[Array]) -> float:
        """Return how large the change over one step may be expected to be."""
        return length([length(gradient[k] * d) for k, d in self.direction.items()])

    def times(self, t: float | complex) -> Direction:
        """Return ``t`` steps."""
        return {k: t * d for k, d in self.direction.items()}


class Space:
    """The arguments of a function, and the directions in which they can move."""

    def __init__(self, arrays: Sequence[Array], names: Sequence[str]) -> None:
        self.arrays, self.names = arrays, names
        largest = [float(np.max(np.abs(a), initial=0.0)) for a in arrays]
        self.units = [unit if unit >= 1e-3 else 1.0 for unit in largest]
        self.size = sum(array.size for array in arrays)

    def element(self, k: int, i: int) -> Probe:
        """Return the probe of one element, counted in the flat argument."""
        shape = self.arrays[k].shape
        direction = np.zeros(shape)
        direction.reshape(-1)[i] = self.units[k]
        index = tuple(int(n) for n in np.unravel_index(i, shape))
        place = f"{self.names[k]}, index {index}" if index else self.names[k]
        return Probe(place, {k: direction}, self.units[k], k, True)

    def shorter(self, probe: Probe) -> list[Probe]:
        """Return an element's probe with steps of other sizes that may matter to it."""
        ((k, direction),) = probe.direction.items()
        own = float(np.max(np.abs(self.arrays[k][direction != 0]), initial=0.0))
        everywhere = np.concatenate([np.abs(array).reshape(-1) for array in self.arrays])
        least = float(np.min(everywhere[everywhere > 0], initial=1.0))
        units = {unit for unit in (1.0, own, least) if 1e-300 < unit < 0.1 * probe.unit}
        return [
            replace(probe, direction={k: direction * (unit / probe.unit)}, unit=unit)
            for unit in sorted(units, reverse=True)
        ]

    def random(self, k: int, among: Array, rng: np.random.Generator) -> Probe:
        """Return a direction in which elements of an argument move either way, none of them little.

        One that is wrong by much makes the derivative along it wrong by half as much or more.
        """
        unit = self.units[k] / float(np.sqrt(max(np.sum(among), 1)))
        direction = random_weights(rng, self.arrays[k].shape) * (unit * among)
        place = f"{self.names[k]}, along a random direction"
        return Probe(place, {k: direction}, unit, k, False)

    def joint(self, among: Sequence[Array], rng: np.random.Generator) -> Probe:
        """Return a random direction in all arguments, each element moved as far as it is large."""
        count = sum(int(np.sum(part)) for part in among)
        direction = {}
        for k, (array, part) in enumerate(zip(self.arrays, among, strict=True)):
            lengths = np.where(array, np.abs(array), self.units[k]) / np.sqrt(max(count, 1))
            direction[k] = random_weights(rng, array.shape) * (lengths * part)
        return Probe("a random direction in all arguments", direction, 1.0, None, False)

    def part(self, probe: Probe, k: int, elements: Array) -> Probe:
        """Return a probe restricted to some elements of one argument, counted in it flat."""
        direction = probe.direction[k]
        part = np.zeros(direction.size)
        part[elements] = direction.reshape(-1)[elements]
        return Probe(probe.place, {k: part.reshape(direction.shape)}, probe.unit, k, False)

    def finest(self, probe: Probe) -> float:
        """Return the smallest of the moving elements, relative to the steps."""
        nearest = 1.0
        for k, direction in probe.direction.items():
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                relative = np.abs(self.arrays[k] / direction)
            moving = relative[(direction != 0) & (relative > 0)]
            nearest = min(nearest, float(np.min(moving, initial=1.0)))
        return max(nearest, 1e-300)

    def complex_step(self, rates: Direction) -> float:
        """Return a step beside which every moving element is large, a power of 2."""
        least = 1.0
        for k, rate in rates.items():
            moving = rate != 0
            sizes = np.where(self.arrays[k], np.abs(self.arrays[k]), 1.0)[moving]
            least = min(least, float(np.min(sizes / np.abs(rate[moving]), initial=1.0)))
        return float(steps_beside(least))


def random_weights(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return numbers of either sign, none of them small: each counts."""
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def length(numbers: Any) -> float:
    """Return the Euclidean norm of all numbers of an array, however large they are."""
    array = np.asarray(numbers)
    largest = float(np.max(np.abs(array), initial=0.0))
    if not 0.0 < largest < np.inf:
        return largest
    with np.errstate(all="ignore"):  # what is too small to count
        return largest * float(np.linalg.norm(array.reshape(-1) / largest))
