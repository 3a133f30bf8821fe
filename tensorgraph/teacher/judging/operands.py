"""What may stand at an edge: values by name, what operands and numbers are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.teacher.judging.known_numbers import KnownNumbers
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.recording import Recording
from tensorgraph.teacher.judging.roles import Roles, Way

MOST_VALUES = 60
"""So many values are tried in the place of another."""


class Operands:
    """Knows operands by name, and what may have been taken for them.

    Args:
        recording: the graph.
        names: what its places are called.
        constants: other arrays of the caller's, by name.
        numbers: what numbers are called.
    """

    def __init__(
        self,
        recording: Recording,
        names: Names,
        constants: Mapping[str, Any],
        numbers: KnownNumbers,
    ) -> None:
        self.recording, self.names, self._numbers = recording, names, numbers
        self.roles = Roles(recording)
        self.values: dict[str, Any] = {}
        """Arrays that may have been taken for others, by name."""
        for place, name in names.called.items():
            value = recording.values.get(place)
            if value is not None and np.any(value) and np.ndim(value):
                self.values[name] = value
        for name, value in constants.items():
            if np.any(value):
                self.values.setdefault(name, value)
        self.named = list(self.values.items())[:MOST_VALUES]

    def told(self, parent: Any) -> str:
        """Return what an operand is called, constant or not."""
        if (type(parent) is Node or _is_leaf(parent)) and parent in self.names.called:
            return self.names.called[parent]
        value = self.recording.of(parent)
        if np.ndim(value) == 0:
            return self.number(float(value))
        for name, known in self.values.items():
            if np.shape(known) == np.shape(value) and np.array_equal(known, value):
                return name
        for name, known in self.values.items():
            if np.size(known) == np.size(value) and np.shape(known)[::-1] == np.shape(value):
                if np.array_equal(np.transpose(known), value):
                    return f"{name}ᵀ"
        return self.names.of(parent)

    def number(self, value: float) -> str:
        """Return what a number is called."""
        known = self._numbers.recognised(abs(value), 1e-9)
        return known[0].text if known else f"{abs(value):.6g}"

    def alike(self, right: Any, shape: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
        """Yield other values that could stand for one, repeated along axes if need be."""
        for name, value in self.named:
            if value is not right and _fits(value, shape):
                yield name, value

    def near(
        self, node: Node, right: Any, shape: tuple[int, ...]
    ) -> Iterator[tuple[Way, str, Any]]:
        """Yield values near a node that could stand for one, and the way to them."""
        for way, place in self.roles.near(node):
            value = self.recording.values.get(place)
            if value is not None and value is not right and _fits(value, shape):
                yield way, self.names.of(place), value


def _fits(value: Any, shape: tuple[int, ...]) -> bool:
    """Return whether a value may be repeated to a shape with as many axes, of which it has some."""
    if not shape or np.ndim(value) != len(shape):
        return False
    return all(n in (1, m) for n, m in zip(np.shape(value), shape, strict=True))


def _is_leaf(parent: Any) -> bool:
    return hasattr(parent, "_requires_grad")
