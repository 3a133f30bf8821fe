"""What is compared of operations to find parts of a graph that are built alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Hashable

from tensorgraph.drawing.scene.scene import Box, Scene

SYMMETRIC = frozenset({"add", "multiply", "maximum", "minimum", "equal", "not_equal"})
"""The operations whose two operands may be exchanged."""


class Subgraphs:
    """Tells of the operations of one scene who takes what they make, and where they stand."""

    def __init__(self, scene: Scene) -> None:
        self.boxes = scene.boxes
        self.calls = scene.calls
        self.users: list[list[int]] = [[] for _ in scene.boxes]
        for box in scene.boxes:
            for wire in box.wires:
                self.users[wire.source].append(box.id)
        self.outputs = set(scene.outputs)
        self._inside: dict[tuple[int | None, int | None], Hashable] = {}

    def outlets(
        self, op: int, inside: Container[int], shown: Callable[[int], int]
    ) -> Counter[tuple[int, str]]:
        """Return who takes a value outside of a subgraph, and as which operand, how often.

        Of operands that may be exchanged, and of those in a row, all count as the same.

        Args:
            op: the operation that makes it.
            inside: the operations of the subgraph.
            shown: returns the operation that is seen for another.
        """
        found: Counter[tuple[int, str]] = Counter()
        for user in {user for user in self.users[op] if user not in inside}:
            box = self.boxes[user]
            for wire in box.wires:
                if wire.source == op:
                    found[shown(user), "" if box.op in SYMMETRIC else wire.role] += 1
        return found

    def only_in(self, source: int, inside: Container[int]) -> bool:
        """Return whether all that take a value are inside a subgraph."""
        return all(user in inside for user in self.users[source])

    def place(self, call: int | None, around: int | None) -> Hashable:
        """Return a call as seen from another around it."""
        key = (call, around)
        if key not in self._inside:
            top = "" if around is None else self.calls[around].path
            types = []
            at = call
            while at is not None and at != around:
                types.append(self.calls[at].type)
                at = self.calls[at].parent
            path = "" if call is None else self.calls[call].path
            self._inside[key] = (path.removeprefix(top) if around is not None else "", tuple(types))
        return self._inside[key]


def signature(box: Box) -> tuple[Hashable, ...]:
    """Return what an operation does with what it takes, whatever that is."""
    return box.op, box.settings, box.shape, box.dtype, box.status


def operations_by_call(scene: Scene) -> list[list[int]]:
    """Return the operations inside each call, also those in calls inside it."""
    found: list[list[int]] = [[] for _ in scene.calls]
    for op in scene.forward:
        at = scene.boxes[op].call
        while at is not None:
            found[at].append(op)
            at = scene.calls[at].parent
    return found
