"""One of two graphs that are compared: its scene, and who takes what of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tensorgraph.drawing.scene.scene import Box, Scene


class Side:
    """One of the two scenes."""

    def __init__(self, scene: Scene, values: Sequence[Any] | None = None) -> None:
        self.scene, self.boxes, self.values = scene, scene.boxes, values
        self.ops = list(scene.forward)
        self.roots = {call.path for call in scene.calls if call.parent is None}
        self.outputs = {k: i for i, k in enumerate(scene.outputs)}
        self.users: list[list[tuple[int, int]]] = [[] for _ in self.boxes]
        """For each box, who takes it, and as which operand."""
        for k in self.ops:
            for i, wire in enumerate(self.boxes[k].wires):
                self.users[wire.source].append((k, i))

    def path(self, box: Box) -> str:
        """Return where an operation runs, from the outermost module."""
        return "" if box.call is None else self.inner(self.scene.calls[box.call].path)

    def name(self, box: Box) -> str:
        """Return what a leaf is called, as both sides may call it."""
        name = box.name or ""
        return self.inner(_bracketed(name)) if box.kind != "constant" else name

    def inner(self, path: str) -> str:
        """Return a path without the variable that holds the outermost module."""
        root = next((root for root in self.roots if _begins(path, root)), "")
        return path.removeprefix(root).removeprefix(".")


def _begins(path: str, root: str) -> bool:
    return path == root or path.startswith((f"{root}.", f"{root}["))


def _bracketed(path: str) -> str:
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", path)
