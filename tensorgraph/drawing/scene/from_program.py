"""What a compiled program runs as the boxes and wires of a scene."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tensorgraph.compiler.loops.scalars import Buffer
from tensorgraph.compiler.works import Piece, Work
from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene, Wire

MOST_NAMES = 3
"""So many operations are written on a box; of more their number, and all below."""


def scene_of(works: Sequence[Work], title: str) -> Scene:
    """Return the scene of a program: a box for each loop, product or kernel.

    What runs together stands in a frame, where pictures of graphs have a module.
    """
    return _Capture().scene(works, title)


class _Capture:
    """The work of one call of ``scene_of``."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.calls: list[ModuleCall] = []
        self.made_by: dict[Buffer, int] = {}
        """The box that has written to memory last, or that stands for what was given there."""

    def scene(self, works: Sequence[Work], title: str) -> Scene:
        for k, work in enumerate(works):
            call = None
            if len(work.pieces) > 1:
                call = len(self.calls)
                self.calls.append(ModuleCall(call, f"step {k + 1}", f"{work.kind} {work.over}"))
            for piece in work.pieces:
                for buffer in piece.reads:
                    self._given(buffer, call)
                self._piece(piece, call)
        outputs = [box for buffer, box in self.made_by.items() if buffer.kind == "output"]
        forward = tuple(box.id for box in self.boxes if box.kind == "op")
        return Scene(tuple(self.boxes), tuple(self.calls), tuple(outputs), forward, title=title)

    def _given(self, buffer: Buffer, call: int | None) -> None:
        """Add what was in memory before, where it is first read."""
        if buffer in self.made_by:
            return
        self._add(
            Box(
                id=len(self.boxes),
                kind="constant" if buffer.kind == "constant" else "input",
                shape=buffer.shape,
                dtype=str(buffer.dtype),
                bytes=buffer.nbytes,
                name=buffer.name,
                parts=_names(buffer),
                call=call,
            ),
            [buffer],
        )

    def _piece(self, piece: Piece, call: int | None) -> None:
        out = piece.out
        text = piece.text
        added_to = [out] if out in self.made_by and out not in piece.reads else []
        many = len(piece.names) > MOST_NAMES
        sources = {self.made_by[x]: x.name or "x" for x in (*piece.reads, *added_to)}
        box = Box(
            id=len(self.boxes),
            kind="op",
            shape=piece.shape if out is None else out.shape,
            dtype="bool" if out is None else str(out.dtype),
            bytes=0 if out is None else out.nbytes,
            name=None if out is None else out.name,
            parts=_names(out),
            op=text,
            symbol=f"{len(piece.names)} operations" if many else text,
            family=piece.family,
            call=call,
            wires=tuple(Wire(source, name) for source, name in sources.items()),
        )
        self._add(box, () if out is None else (out, *out.parts))

    def _add(self, box: Box, memories: Iterable[Buffer]) -> None:
        self.boxes.append(box)
        self.made_by.update(dict.fromkeys(memories, box.id))


def _names(memory: Buffer | None) -> tuple[str, ...]:
    """Return the names of what lies end to end in memory."""
    return tuple(part.name or "?" for part in memory.parts) if memory else ()
