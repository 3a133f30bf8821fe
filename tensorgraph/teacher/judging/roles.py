"""What edges have in common that do the same in each turn of a loop, or in each head or layer.

A loop leaves no trace in a graph but that its operations are there several times. Whoever writes
one line wrong in it has it wrong in each turn. Which edges come from one line, several descriptions
say, from coarse to fine: none is right for all networks, and what is tried has to give the numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.teacher.judging.recording import Edge, Recording

FARTHEST = 3
"""A value is near another that is so many operations away."""

Way = tuple[tuple[str, str, int], ...]
"""How to come from one place to another: whether it is taken, by which operation, as what."""


class Roles:
    """Describes the edges of a graph.

    Args:
        recording: the graph.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._made_of: dict[tuple[Any, int], Hashable] = {}
        self._near: dict[Any, list[tuple[Way, Any]]] = {}

    def of(self, edge: Edge) -> list[Hashable]:
        """Return descriptions of an edge, from coarse to fine."""
        node, i = edge
        kind = node.op.name, i
        leaves = tuple(id(p) for p in node.parents if self._is_parameter(p))
        takers = self._taken_by(node)
        return [
            kind,
            (kind, "shape", node.shape),
            (kind, "leaves", leaves),
            (kind, "of", self._description(node, 2), leaves),
            (kind, "for", takers),
            (kind, "of and for", self._description(node, 2), takers, leaves),
            (kind, "of", self._description(node, 3), leaves),
            (kind, "far", self._description(node, 4)),
        ]

    def _is_parameter(self, place: Any) -> bool:
        return type(place) is Tensor and len(self.recording.takers.get(place, ())) > 1

    def _description(self, place: Any, depth: int) -> Hashable:
        """Return what a place is computed by; where a loop begins, a leaf stands for its state."""
        if type(place) is not Node:
            return id(place) if self._is_parameter(place) else "leaf"
        if not depth:
            return "node"
        key = place, depth
        if key not in self._made_of:
            parts = tuple(self._description(p, depth - 1) for p in place.parents)
            self._made_of[key] = place.op.name, _slices(place), parts
        return self._made_of[key]

    def _taken_by(self, node: Node) -> Hashable:
        found = set()
        for taker, i in self.recording.takers.get(node, ()):
            beyond = {(n.op.name, k) for n, k in self.recording.takers.get(taker, ())}
            found.add((taker.op.name, i, len(beyond) > 0))
        return frozenset(found)

    def near(self, node: Node) -> list[tuple[Way, Any]]:
        """Return places near a node, each with the way there, which is the same in each turn.

        It leads to what takes a node, and to what it is made of.
        """
        if node not in self._near:
            found: dict[Any, Way] = {node: ()}
            waiting: list[tuple[Any, Way]] = [(node, ())]
            for place, way in waiting:
                if len(way) == FARTHEST:
                    continue
                for step, other in self._steps(place):
                    if other not in found:
                        found[other] = (*way, step)
                        waiting.append((other, (*way, step)))
            del found[node]
            self._near[node] = [(way, place) for place, way in found.items()]
        return self._near[node]

    def _steps(self, place: Any) -> Iterable[tuple[tuple[str, str, int], Any]]:
        for taker, i in self.recording.takers.get(place, ()):
            yield ("taken by", taker.op.name, i), taker
        for i, parent in enumerate(place.parents) if type(place) is Node else ():
            if type(parent) in (Node, Tensor) and parent in self.recording.values:
                yield ("made of", place.op.name, i), parent


def _slices(node: Node) -> Hashable:
    """Return the slices that a node takes; the integers beside them may count a loop's turns."""
    key = node.static.get("key", ())
    return str([part for part in key if type(part) is slice])
