"""Which runs of operations compute the same: their canonical forms are compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Hashable, Sequence
from dataclasses import replace
from typing import Any

from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene

SYMMETRIC = frozenset({"add", "multiply", "maximum", "minimum"})
"""The operations whose two operands may be exchanged."""
_NUMBER = re.compile(r"\[\d+\]$")


class Subgraphs:
    """Gives runs of operations of one scene their canonical forms."""

    def __init__(self, scene: Scene) -> None:
        self.boxes = scene.boxes
        self.calls = scene.calls
        self.users: list[list[int]] = [[] for _ in scene.boxes]
        for box in scene.boxes:
            for wire in box.wires:
                self.users[wire.source].append(box.id)
        self.outputs = set(scene.outputs)
        self._inside: dict[tuple[int | None, int | None], Hashable] = {}

    def canonical_form(
        self, ops: Sequence[int], call: int | None = None
    ) -> tuple[Hashable, list[int]]:
        """Return what a subgraph computes, and the boxes that it takes from outside.

        The first is the same for subgraphs built alike, and only for them: it tells every operation
        with its settings and shape, which of the values inside or outside it takes, and whether it
        is used outside. A value from outside counts by its shape, and by the order in which values
        come in.

        Args:
            ops: the operations of the subgraph, in order.
            call: the module call that they are, if they are one.
        """
        inside = {op: k for k, op in enumerate(ops)}
        outside: dict[int, int] = {}
        rows: list[Hashable] = []
        for op in ops:
            box = self.boxes[op]
            operands = []
            for wire in box.wires:
                local = inside.get(wire.source)
                if local is None:
                    local = -1 - outside.setdefault(wire.source, len(outside))
                operands.append((local, wire.operand, wire.note))
            used = op in self.outputs or any(user not in inside for user in self.users[op])
            rows.append((*signature(box), self.place(box.call, call), used, tuple(operands)))
        taken = tuple(self._comes_in(self.boxes[source], inside) for source in outside)
        return (tuple(rows), taken), list(outside)

    def _comes_in(self, box: Box, inside: Container[int]) -> Hashable:
        """Return what matters of a value from outside."""
        if box.kind in ("parameter", "constant"):
            return (box.kind, box.shape, box.dtype, box.text, self.only_in(box.id, inside))
        return ("value", box.shape, box.dtype)

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
                    place = "" if box.op in SYMMETRIC else _NUMBER.sub("", wire.operand)
                    found[shown(user), place] += 1
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
    return box.op, box.settings, box.shape, box.dtype


def operations_by_call(scene: Scene) -> list[list[int]]:
    """Return the operations inside each call, also those in calls inside it."""
    found: list[list[int]] = [[] for _ in scene.calls]
    for op in scene.forward:
        at = scene.boxes[op].call
        while at is not None:
            found[at].append(op)
            at = scene.calls[at].parent
    return found


def marked_repeats(scene: Scene) -> Scene:
    """Return the scene with every call told which earlier one beside it did the same."""
    subgraphs = Subgraphs(scene)
    inside = operations_by_call(scene)
    alike: dict[Any, list[ModuleCall]] = {}
    for call in scene.calls:
        first = scene.boxes[inside[call.id][0]]
        key = (call.parent, call.type, len(inside[call.id]), first.op, first.shape)
        alike.setdefault(key, []).append(call)
    calls = list(scene.calls)
    for group in alike.values():
        if len(group) > 1:
            known: dict[Hashable, int] = {}
            for call in group:
                form, _ = subgraphs.canonical_form(inside[call.id], call.id)
                earlier = known.setdefault(form, call.id)
                if earlier != call.id:
                    calls[call.id] = replace(call, repeats=earlier)
    return replace(scene, calls=tuple(calls))
