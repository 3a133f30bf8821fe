"""Along what to compare derivatives: single elements, or random directions of large arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensorgraph.testing.numeric.checked_function import Array, Direction

EVERY_ELEMENT = 256
"""Arguments with up to so many elements are checked element by element."""
_DIRECTIONS = 16
"""So many random directions stand for the elements of a larger one."""


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
        total = sum(float(np.sum(gradient[k] * d)) for k, d in self.direction.items())
        return total / self.unit

    def scale(self, gradient: Sequence[Array]) -> float:
        """Return how large the change over one step may be expected to be."""
        return float(np.linalg.norm([_norm(gradient[k] * d) for k, d in self.direction.items()]))

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

    def probes(self, k: int, rng: np.random.Generator) -> list[Probe]:
        """Return what to compare for the ``k``-th argument."""
        if self.arrays[k].size <= EVERY_ELEMENT:
            return [self.element(k, i) for i in range(self.arrays[k].size)]
        found = []
        for _ in range(_DIRECTIONS):
            direction = rng.standard_normal(self.arrays[k].shape)
            direction *= self.units[k] / _norm(direction)
            place = f"{self.names[k]}, along a random direction"
            found.append(Probe(place, {k: direction}, self.units[k], k, False))
        return found

    def element(self, k: int, i: int) -> Probe:
        """Return the probe of one element, counted in the flat argument."""
        shape = self.arrays[k].shape
        direction = np.zeros(shape)
        direction.reshape(-1)[i] = self.units[k]
        index = tuple(int(n) for n in np.unravel_index(i, shape))
        place = f"{self.names[k]}, index {index}" if index else self.names[k]
        return Probe(place, {k: direction}, self.units[k], k, True)

    def joint(self, rng: np.random.Generator) -> Probe:
        """Return a random direction in all arguments."""
        moves = [np.asarray(rng.standard_normal(a.shape)) for a in self.arrays]
        length = float(np.linalg.norm([_norm(move) for move in moves]))
        direction = {k: move * (self.units[k] / length) for k, move in enumerate(moves)}
        return Probe("a random direction in all arguments", direction, 1.0, None, False)

    def part(self, probe: Probe, elements: Array) -> Probe:
        """Return a probe of one argument restricted to some elements of the flat argument."""
        ((k, direction),) = probe.direction.items()
        part = np.zeros(direction.size)
        part[elements] = direction.reshape(-1)[elements]
        return Probe(probe.place, {k: part.reshape(direction.shape)}, probe.unit, k, False)

    def finest(self, probe: Probe) -> float:
        """Return the smallest of the moving elements, relative to the steps."""
        nearest = 1.0
        for k, direction in probe.direction.items():
            moving = np.abs(self.arrays[k]) / self.units[k]
            moving = moving[(direction != 0) & (moving > 0)]
            nearest = min(nearest, float(np.min(moving, initial=1.0)))
        return max(nearest, 1e-25)


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array.reshape(-1)))
