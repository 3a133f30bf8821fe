"""The nodes and leaves of a recorded graph as the boxes and wires of a scene."""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tensorgraph.drawing.scene.module_calls import ModuleCalls
from tensorgraph.drawing.scene.recording import Recording
from tensorgraph.drawing.scene.scene import Box, Scene, Wire
from tensorgraph.drawing.scene.settings import Applied, settings, symbol
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node, ancestors, leading_to, reachable
from tensorgraph.engine.tensor import Tensor
from tensorgraph.observe.profile import times_of
from tensorgraph.observe.root_names import RootNames
from tensorgraph.symbolic.array_table import content

LARGEST = 100_000
"""Of a graph with more operations, only the first and last are listed."""

SHORT = 4
"""An array of so many elements is written out."""

ENDS = 500
"""How many of them at each end."""


def capture(recording: Recording) -> tuple[Scene, list[Any]]:
    """Return the scene of a recording, and the place of each of its boxes.

    A place is a node, a leaf tensor, or a constant as the node keeps it.
    """
    return _Capture(recording).result()


class _Capture:
    """The work of one call of ``capture``."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        roots = [place_of(output) for output in recording.outputs]
        self.nodes = ancestors(place for place in roots if type(place) is Node)
        self.roots = list(dict.fromkeys(roots))
        self.flows, self.swept = self._gradients()
        variables = [scope.variables for scope in recording.scopes]
        self.calls = ModuleCalls(RootNames((node.call for node in self.nodes), variables))
        self.boxes: list[Box] = []
        self.places: list[Any] = []
        self.box_of: dict[Any, int] = {}
        self.constants: dict[Any, int] = {}
        self.note = ""

    def _gradients(self) -> tuple[set[Any], list[Node]]:
        """Return the places that gradients flow to, and the nodes as a backward pass goes."""
        nodes, inputs = reachable([place for place in self.roots if type(place) is Node])
        wanted = [leaf for leaf in inputs if self._is_wanted(leaf)]
        wanted += [leaf for leaf in self.roots if type(leaf) is Tensor]
        useful = leading_to(nodes, wanted)
        return useful, [node for node in nodes if node in useful]

    def _is_wanted(self, leaf: Tensor) -> bool:
        """Return whether a gradient of a leaf that has one is told."""
        return self.recording.derives_by_followed or leaf not in self.recording.followed

    def result(self) -> tuple[Scene, list[Any]]:
        nodes = self.nodes
        if len(nodes) > LARGEST:
            self._add_all(nodes[:ENDS])
            self._add_rest(nodes[ENDS:-ENDS])
            nodes = nodes[-ENDS:]
        self._add_all(nodes)
        for root in self.roots:
            if type(root) is Tensor:
                self._leaf(root, None)
        self._count_uses()
        box_of = self.box_of
        ops = [box.id for box in self.boxes if not box.is_leaf]
        scene = Scene(
            boxes=tuple(self.boxes),
            calls=tuple(self.calls.numbered()),
            outputs=tuple(dict.fromkeys(box_of[root] for root in self.roots)),
            forward=tuple(ops),
            backward=tuple(dict.fromkeys(box_of[node] for node in self.swept)),
            title=self.recording.title,
            note=self.note,
            formula=self.recording.formula,
            caption=self.recording.caption,
            typeset=self.recording.typeset,
        )
        return scene, self.places

    # ------------------------------------------------------------------------------------- boxes

    def _add_all(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._operation(node)

    def _operation(self, node: Node) -> None:
        call = self.calls.enter(node.call)
        flows = node in self.flows
        plan = self._plan(node) if flows else None
        reached = {i for i, _ in plan.rules} if plan else set[int]()
        wires = []
        for i, parent in enumerate(node.parents):
            source = self.box_of.get(parent) if type(parent) is Node else None
            if source is None:
                source = (
                    self._leaf(parent, call)
                    if type(parent) is Tensor
                    else self._array(node, i, call)
                )
            both = flows and type(parent) in (Node, Tensor) and parent in self.flows
            note = axes_note(node, i)
            wires.append(Wire(source, node.op.operand_name(i), note, both and i not in reached))
        line = node.line if node.line != self.recording.called_at else None
        times = times_of(node)
        self._add(
            node,
            Box(
                id=len(self.boxes),
                kind="op",
                op=node.op.name,
                symbol=symbol(node),
                family=node.op.family,
                name=self.recording.name_of(node),
                shape=node.shape,
                dtype=str(node.dtype),
                bytes=_bytes(node.shape, node.dtype),
                call=call,
                wires=tuple(wires),
                settings=settings(node),
                saved=tuple(plan.keep) if plan else (),
                line=_short_line(line),
                source=_source(line),
                differentiable=flows,
                forward_seconds=times.forward if times else None,
                backward_seconds=times.backward if times else None,
            ),
        )

    def _plan(self, node: Node) -> Any:
        """Return what a node keeps and runs for the gradients that are wanted."""
        if not self.recording.followed:
            return node.plan
        wanted = {i for i, _ in node.plan.rules if node.parents[i] in self.flows}
        pattern = sum(1 << i for i in wanted) | 1 << len(node.parents)
        return node.op.plan(pattern, len(node.parents))

    def _leaf(self, place: Tensor, call: int | None) -> int:
        """Return the box of a leaf, made where it is first used."""
        if place not in self.box_of:
            self._add(place, self._tensor(place, call))
        return self.box_of[place]

    def _array(self, node: Node, i: int, call: int | None) -> int:
        """Return the box of an operand that is a constant, made where it is first used."""
        place = node.parents[i]
        array = np.asarray(place)
        name = self.recording.name_of_array(array, node, i) if array.ndim else None
        given = name is not None and self.recording.is_given(name)
        key = (name, content(array)) if name else None
        if key in self.constants:
            return self.constants[key]
        box = self._constant(array, name, call, "input" if given else "constant")
        self.boxes.append(box)
        self.places.append(place)
        if key is not None:
            self.constants[key] = box.id
        return box.id

    def _tensor(self, leaf: Tensor, call: int | None) -> Box:
        wants = leaf.requires_grad and leaf not in self.recording.followed
        name = self.recording.name_of(leaf)
        return Box(
            id=len(self.boxes),
            kind="parameter" if wants else "input",
            name=name,
            shape=leaf.shape,
            dtype=str(leaf.dtype),
            bytes=_bytes(leaf.shape, leaf.dtype),
            call=call,
            text=value_text(leaf._data) if leaf.ndim == 0 else "",
            exact=exact_text(leaf._data) if leaf.ndim == 0 else "",
            filled="" if wants or name else _filled(leaf._data),
            differentiable=leaf in self.flows and leaf.requires_grad and self._is_wanted(leaf),
            has_gradient=leaf._grad is not None,
        )

    def _constant(self, array: Any, name: str | None, call: int | None, kind: str) -> Box:
        return Box(
            id=len(self.boxes),
            kind=kind,
            name=name,
            shape=array.shape,
            dtype=str(array.dtype),
            bytes=_bytes(array.shape, array.dtype),
            call=call,
            text=value_text(array),
            exact=exact_text(array),
            filled="" if name else _filled(array),
        )

    def _add(self, place: Any, box: Box) -> None:
        self.box_of[place] = box.id
        self.boxes.append(box)
        self.places.append(place)

    def _add_rest(self, nodes: Sequence[Node]) -> None:
        """Add one box that stands for many operations."""
        sources = dict.fromkeys(
            self.box_of[parent]
            for node in nodes
            for parent in node.parents
            if type(parent) in (Node, Tensor) and parent in self.box_of
        )
        last = nodes[-1]
        rest = Box(
            id=len(self.boxes),
            kind="more",
            symbol=f"… {len(nodes):,} operations …",
            shape=last.shape,
            dtype=str(last.dtype),
            bytes=sum(_bytes(node.shape, node.dtype) for node in nodes),
            wires=tuple(Wire(source, "in") for source in sources),
            text=", ".join(f"{n:,} {op}" for op, n in _most_common(nodes)),
            differentiable=any(node in self.flows for node in nodes),
        )
        self.boxes.append(rest)
        self.places.append(None)
        self.box_of.update(dict.fromkeys(nodes, rest.id))
        self.note = (
            f"Of {len(self.nodes):,} operations, the first and last {ENDS} are listed; the"
            f" {len(nodes):,} between them are one box ({rest.text})."
        )

    def _count_uses(self) -> None:
        """Tell every box how many gradients are added up for it."""
        uses = Counter(
            self.box_of[node.parents[i]]
            for node in self.swept
            for i, _ in node.plan.rules
            if node.parents[i] in self.flows and node.parents[i] in self.box_of
        )
        uses.update(self.box_of[root] for root in self.roots)
        for k, count in uses.items():
            box = self.boxes[k]
            if count > 1 and box.differentiable and box.kind != "more":
                self.boxes[k] = replace(box, accumulates=count)


def _most_common(nodes: Iterable[Node]) -> list[tuple[str, int]]:
    counts = Counter(node.op.name for node in nodes)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]


def _bytes(shape: tuple[int, ...], dtype: Any) -> int:
    size = np.dtype(dtype).itemsize
    for n in shape:
        size *= n
    return int(size)


def axes_note(node: Applied, i: int) -> str:
    """Return what an operation does to the axes of its ``i``-th operand, if it changes them."""
    parent = node.parents[i]
    shape = parent.shape if hasattr(parent, "shape") else np.shape(parent)
    if node.op.family == "elementwise" and shape != node.shape and shape:
        return f"broadcast {_tuple(shape)} → {_tuple(node.shape)}"
    if node.op.family == "reduce" and i == 0 and shape:
        axis = node.static.get("axis")
        if axis is None or (isinstance(axis, tuple) and len(axis) == len(shape)):
            return f"{_verb(node)} all axes"
        axes = axis if isinstance(axis, tuple) else (axis,)
        return f"{_verb(node)} axis {', '.join(map(str, axes))}" if axes else ""
    return ""


def _verb(node: Applied) -> str:
    return {"sum": "sums", "mean": "averages"}.get(node.op.name, "reduces")


def _tuple(shape: tuple[int, ...]) -> str:
    return str(tuple(map(int, shape)))


# --------------------------------------------------------------------------------------- as text


def exact_text(array: Any) -> str:
    """Return a small array without rounding."""
    return repr(array.tolist()) if array.size <= SHORT else ""


def value_text(array: Any) -> str:
    """Return a small array as it is written."""
    if array.size > SHORT:
        return ""
    if array.ndim == 0:
        value = array.item()
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    return np.array2string(array, precision=4, separator=", ").replace("\n", "")


def _filled(array: Any) -> str:
    """Return what all numbers of an array are, where that is 0."""
    return "0" if array.ndim and array.dtype.kind in "iuf" and not array.any() else ""


def _short_line(line: str | None) -> str | None:
    """Return ``folder/file:line``: the same wherever the program runs."""
    if line is None:
        return None
    path, _, number = line.rpartition(":")
    return f"{'/'.join(Path(path).parts[-2:])}:{number}"


def _source(line: str | None) -> str | None:
    if line is None:
        return None
    path, _, number = line.rpartition(":")
    return linecache.getline(path, int(number)).strip() or None
