"""A scene as GraphML, the language of graphs that NetworkX, Gephi, yEd and others read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tensorgraph.display.text import escaped
from tensorgraph.drawing.formats.module_paths import module_paths
from tensorgraph.drawing.scene.own_notes import farthest
from tensorgraph.drawing.scene.scene import Box, Scene, Wire
from tensorgraph.drawing.view.wording import leaf_title, op_title

_NODE: dict[str, tuple[str, Callable[[Box], Any]]] = {
    "label": ("string", lambda box: op_title(box) if box.op else leaf_title(box)),
    "kind": ("string", lambda box: box.kind),
    "name": ("string", lambda box: box.name),
    "op": ("string", lambda box: box.op),
    "family": ("string", lambda box: box.family),
    "settings": ("string", lambda box: box.settings),
    "value": ("string", lambda box: box.text),
    "shape": ("string", lambda box: str(box.shape)),
    "dtype": ("string", lambda box: box.dtype),
    "bytes": ("long", lambda box: box.bytes),
    "differentiable": ("boolean", lambda box: str(box.differentiable).lower()),
    "saved": ("string", lambda box: ", ".join(map(box.operand, box.saved))),
    "line": ("string", lambda box: box.line),
    "note": ("string", lambda box: box.label),
}
_EDGE: dict[str, tuple[str, Callable[[Wire], Any]]] = {
    "operand": ("string", lambda wire: wire.operand),
    "axes": ("string", lambda wire: wire.note),
    "stops": ("boolean", lambda wire: str(wire.stops).lower()),
}
_MODULE = "module"
"""The modules around a node as a path: graphs in graphs are read by few programs."""


def to_graphml(scene: Scene) -> str:
    """Return all operations and leaves of a scene as the text of a GraphML file."""
    fields = {name: kind for name, (kind, _) in _NODE.items()} | {_MODULE: "string"}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *_keys("node", fields),
        *_own_key(scene),
        *_keys("edge", {name: kind for name, (kind, _) in _EDGE.items()}),
        f'<graph id="{escaped(scene.title or "graph")}" edgedefault="directed">',
        *_nodes(scene),
        *_edges(scene),
        "</graph>",
        "</graphml>",
    ]
    return "\n".join(lines) + "\n"


def _keys(of: str, fields: dict[str, str]) -> Iterator[str]:
    for name, kind in fields.items():
        yield f'<key id="{of}_{name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>'


def _own_key(scene: Scene) -> Iterator[str]:
    """Yield what the caller's numbers are called, apart from all else that is told of a node."""
    name = scene.quantity if scene.quantity not in (*_NODE, _MODULE) else f"own {scene.quantity}"
    if name:
        yield f'<key id="node_own" for="node" attr.name="{escaped(name)}" attr.type="double"/>'


def _nodes(scene: Scene) -> Iterator[str]:
    paths = module_paths(scene)
    for box in scene.boxes:
        told = {name: read(box) for name, (_, read) in _NODE.items()}
        told[_MODULE] = None if box.call is None else paths[box.call]
        told["own"] = _double(farthest(box.numbers))
        yield f'<node id="n{box.id}">{_data("node", told)}</node>'


def _double(number: float | None) -> str | None:
    """Return a number as XML spells it."""
    return None if number is None else repr(number).replace("nan", "NaN").replace("inf", "INF")


def _edges(scene: Scene) -> Iterator[str]:
    for box in scene.boxes:
        for wire in box.wires:
            told = {name: read(wire) for name, (_, read) in _EDGE.items()}
            ends = f'source="n{wire.source}" target="n{box.id}"'
            yield f"<edge {ends}>{_data('edge', told)}</edge>"


def _data(of: str, told: dict[str, Any]) -> str:
    return "".join(
        f'<data key="{of}_{name}">{escaped(value)}</data>'
        for name, value in told.items()
        if value not in (None, "")
    )
