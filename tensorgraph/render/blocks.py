"""Parts of a scene that are built alike: compared exactly, by their operations and wires."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

from tensorgraph.render.scene import Box, Frame, Scene


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
        """Return what a block does, the same for blocks built alike, and what it takes from outside.

        What it does is every operation with its settings, shape, what it saves and which of the
        values inside or outside it takes; a value from outside counts by its kind, shape and the
        order in which values come in. So two blocks of one form differ only in what goes in and
        out.

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
                operands.append((local, wire.operand, wire.note, wire.stops))
            used = op in self.outputs or any(user not in inside for user in self.users[op])
            rows.append((*_does(box), self._place(box.frame, frame), used, tuple(operands)))
        taken = tuple(self._comes_in(self.boxes[source], inside) for source in outside)
        return (tuple(rows), taken), list(outside)

    def _comes_in(self, box: Box, inside: dict[int, int]) -> Hashable:
        """Return what matters of a value from outside."""
        if box.kind in ("op", "more"):
            return ("value", box.shape, box.dtype, box.differentiable)
        own = all(user in inside for user in self.users[box.id])
        return (box.kind, box.shape, box.dtype, box.text, box.differentiable, own)

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


def _does(box: Box) -> tuple[Hashable, ...]:
    return (
        box.op, box.settings, box.shape, box.dtype, box.saved, box.differentiable,
        box.accumulates,
    )  # fmt: skip


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
