"""What a trace or an update rule computes, as the boxes and wires of a scene."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.drawing.scene.from_graph import axes_note, exact_text, value_text
from tensorgraph.drawing.scene.scene import Box, Scene, Wire
from tensorgraph.drawing.scene.settings import settings, symbol
from tensorgraph.engine.op import Op
from tensorgraph.formulas.update_rules import UpdateRule
from tensorgraph.formulas.writing.text import pretty
from tensorgraph.symbolic.expr import Expr, in_order
from tensorgraph.symbolic.trace import Trace


def scene_of_trace(trace: Trace) -> Scene:
    """Return the scene of what a function computes, gradients and updates with the rest.

    What a tensor is given has its name with a prime: ``w'``.
    """
    names = trace.names()
    results: dict[Expr, str] = {}
    for old, e in trace.written.items():
        results[e] = ", ".join(filter(None, (results.get(e), f"{names[old]}'")))
    return _Capture(names, results, {*trace.written, *trace.known}).scene(
        [*trace.outputs, *trace.written.values()]
    )


def scene_of_rule(rule: UpdateRule) -> Scene:
    """Return the scene of one step of an optimizer, its equations below."""
    results = {e: f"{pretty(name)}'" for name, e in rule.computed.items()}
    inputs = (e for e in in_order([*results]) if e.is_input)
    names = {e: pretty(e.name or "") for e in inputs}
    typeset = rule.typeset()
    return _Capture(names, results, {e for e in names if e.name == "theta"}).scene(
        [*results],
        title=rule.optimizer,
        caption=tuple(line for line, _, _ in typeset),
        typeset=tuple(typeset),
    )


class _Applied(NamedTuple):
    """An expression as a node of a graph tells what it is."""

    op: Op
    static: Mapping[str, Any]
    parents: tuple[Expr, ...]
    shape: tuple[int, ...]


class _Capture:
    """The work of one call of the functions above.

    Args:
        names: what inputs are called.
        results: what is computed, with what it is called.
        parameters: the inputs that are changed or known.
    """

    def __init__(
        self, names: Mapping[Expr, str], results: Mapping[Expr, str], parameters: Collection[Expr]
    ) -> None:
        self.names, self.results, self.parameters = names, results, parameters
        self.boxes: list[Box] = []
        self.box_of: dict[Expr, int] = {}

    def scene(self, outputs: list[Expr], **more: Any) -> Scene:
        for e in in_order(outputs):
            if e.op is not None:
                self._operation(e, e.op)
        found = tuple(dict.fromkeys(self._output(e) for e in outputs))
        forward = tuple(box.id for box in self.boxes if box.kind == "op")
        return Scene(tuple(self.boxes), outputs=found, forward=forward, **more)

    def _output(self, e: Expr) -> int:
        """Return the box of a result; a leaf that another tensor is given has one more for that."""
        made = self._box(e)
        if e not in self.results or self.boxes[made].kind == "op":
            return made
        wires, look = (Wire(made, "x"),), {"op": "assign", "symbol": "=", "family": "shape"}
        self._add(e, kind="op", name=self.results[e], wires=wires, **look)
        return self.box_of[e]

    def _box(self, e: Expr) -> int:
        """Return the box of an expression; that of a leaf is made where it is first used."""
        if e not in self.box_of:
            known = np.asarray(e.value) if e.value is not None else None
            is_parameter = e in self.parameters and bool(e.shape)
            self._add(
                e,
                kind="parameter" if is_parameter else "input" if known is None else "constant",
                name=self.names.get(e),
                text="" if known is None else value_text(known),
                exact="" if known is None else exact_text(known),
            )
        return self.box_of[e]

    def _operation(self, e: Expr, op: Op) -> None:
        applied = _Applied(op, e.static, e.args, e.shape)
        wires = tuple(
            Wire(self._box(x), op.operand_name(i), axes_note(applied, i))
            for i, x in enumerate(e.args)
        )
        self._add(
            e,
            kind="op",
            name=self.results.get(e),
            op=op.name,
            symbol=symbol(applied),
            family=op.family,
            wires=wires,
            settings=settings(applied),
        )

    def _add(self, e: Expr, **more: Any) -> None:
        self.box_of[e] = len(self.boxes)
        nbytes = e.size * e.dtype.itemsize
        self.boxes.append(
            Box(id=len(self.boxes), shape=e.shape, dtype=str(e.dtype), bytes=nbytes, **more)
        )
