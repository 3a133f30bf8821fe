"""Parts of a scene that are built alike: compared exactly, by their operations and wires."""

from __future__ import annotations

from collections.abc import Container, Hashable, Sequence
from dataclasses import replace
from typing import Any

from tensorgraph.drawing.scene.scene import Box, Frame, Scene


class Blocks:
    """Compares runs of operations of one scene."""

    def __init__(self, scene: Scene) -> None:
        self.boxes = scene.boxes
        self.frames = scene.frames
        self.users: list[list[int]] = [[] for _ in scene.boxes]
        for box in scene.boxes:
            for wire in box.wires:
                self.users[wire.source].append(box.id)
        self.outputs = set(scene.outputs)
        self._inside: dict[tuple[int | None, int | None], Hashable] = {}

    def form(self, ops: Sequence[int], frame: int | None = None) -> tuple[Hashable, list[int]]:
        """Return what a block computes, and the boxes that it takes from outside.

        The first is the same for blocks built alike, and only for them: it tells every operation
        with its settings and shape, which of the values inside or outside it takes, and whether it
        is used outside. A value from outside counts by its shape, and by the order in which values
        come in.

        Args:
            ops: the operations of the block, in order.
            frame: the module call that they are, if they are one.
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
            rows.append((*does(box), self._place(box.frame, frame), used, tuple(operands)))
        taken = tuple(self._comes_in(self.boxes[source], inside) for source in outside)
        return (tuple(rows), taken), list(outside)

    def _comes_in(self, box: Box, inside: Container[int]) -> Hashable:
        """Return what matters of a value from outside."""
        if box.kind in ("parameter", "constant"):
            return (box.kind, box.shape, box.dtype, box.text, self.only_in(box.id, inside))
        return ("value", box.shape, box.dtype)

    def only_in(self, source: int, inside: Container[int]) -> bool:
        """Return whether all that take a value are inside a block."""
        return all(user in inside for user in self.users[source])

    def _place(self, frame: int | None, around: int | None) -> Hashable:
        """Return a frame as seen from another around it."""
        key = (frame, around)
        if key not in self._inside:
            top = "" if around is None else self.frames[around].path
            types = []
            at = frame
            while at is not None and at != around:
                types.append(self.frames[at].type)
                at = self.frames[at].parent
            path = "" if frame is None else self.frames[frame].path
            self._inside[key] = (path.removeprefix(top) if around is not None else "", tuple(types))
        return self._inside[key]


def does(box: Box) -> tuple[Hashable, ...]:
    """Return what an operation is, without what it takes."""
    return box.op, box.settings, box.shape, box.dtype


def operations_by_frame(scene: Scene) -> list[list[int]]:
    """Return the operations inside each frame, also those in frames inside it."""
    found: list[list[int]] = [[] for _ in scene.frames]
    for op in scene.forward:
        at = scene.boxes[op].frame
        while at is not None:
            found[at].append(op)
            at = scene.frames[at].parent
    return found


def marked_repeats(scene: Scene) -> Scene:
    """Return the scene with every frame told which earlier one beside it did the same."""
    blocks = Blocks(scene)
    inside = operations_by_frame(scene)
    alike: dict[Any, list[Frame]] = {}
    for frame in scene.frames:
        first = scene.boxes[inside[frame.id][0]]
        key = (frame.parent, frame.type, len(inside[frame.id]), first.op, first.shape)
        alike.setdefault(key, []).append(frame)
    frames = list(scene.frames)
    for group in alike.values():
        if len(group) > 1:
            known: dict[Hashable, int] = {}
            for frame in group:
                form, _ = blocks.form(inside[frame.id], frame.id)
                earlier = known.setdefault(form, frame.id)
                if earlier != frame.id:
                    frames[frame.id] = replace(frame, repeats=earlier)
    return replace(scene, frames=tuple(frames))
