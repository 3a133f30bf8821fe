"""The graphs that are alive, found from what they were computed from.

Nodes refer to what they were computed from, never the other way round: a forward pass pays nothing
for being explained. What was computed from a parameter is found among all nodes there are, which
Python's garbage collector lists, once somebody asks.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import cached_property
from types import FrameType
from typing import Any

from tensorgraph.caller.variables import Variables
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor


class Alive:
    """All recorded operations and all tensors that exist now; they are looked up when asked for."""

    @cached_property
    def things(self) -> tuple[list[Node], list[Tensor]]:
        """The operations, oldest first, and the tensors."""
        every = gc.get_objects()
        # One that another thread is about to make lacks what is given to it last.
        nodes = [x for x in every if type(x) is Node and hasattr(x, "hooks")]
        tensors = [x for x in every if type(x) is Tensor and hasattr(x, "_hooks")]
        return sorted(nodes, key=lambda node: node.seq), tensors

    @property
    def nodes(self) -> list[Node]:
        """All recorded operations, oldest first."""
        return self.things[0]

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors."""
        return self.things[1]

    def computed_from(self, places: Iterable[Any]) -> list[Node]:
        """Return the nodes that lead back to one of some places, oldest first."""
        known = set(places)
        found = []
        for node in self.nodes:
            if any(type(p) in (Node, Tensor) and p in known for p in node.parents):
                known.add(node)
                found.append(node)
        return found

    def losses(self, places: Iterable[Any]) -> list[Node]:
        """Return the single numbers that were computed from some places and led to nothing further.

        The newest comes first.
        """
        found = self.computed_from(places)
        taken = {parent for node in self.nodes for parent in node.parents if type(parent) is Node}
        return [node for node in reversed(found) if node not in taken and _is_number(node)]


def losses_held(frame: FrameType) -> list[Tensor]:
    """Return the recorded single numbers that the variables of a caller hold, the newest first."""
    held = [h.value for h in Variables(frame).holders if type(h.value) is Tensor]
    found = {place_of(x): x for x in held if type(x._node) is Node and _is_number(x._node)}
    return sorted(found.values(), key=lambda x: x._node.seq, reverse=True)


def _is_number(node: Node) -> bool:
    size = 1
    for n in node.shape:
        size *= n
    return size == 1
