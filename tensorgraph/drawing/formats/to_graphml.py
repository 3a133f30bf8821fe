"""A scene as GraphML, which programs for graphs read: yEd, Gephi, Cytoscape, NetworkX."""

from __future__ import annotations

from collections.abc import Iterator

from tensorgraph.display.text import escaped
from tensorgraph.drawing.scene.scene import Box, Scene

KEYS = {
    "label": "string", "kind": "string", "op": "string", "name": "string", "shape": "string",
    "dtype": "string", "bytes": "long", "module": "string", "settings": "string",
}  # fmt: skip
"""What is told of a box, and its type."""


def to_graphml(scene: Scene) -> str:
    """Return all boxes and wires of a scene as the text of a GraphML file."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *(f'<key id="{key}" for="node" attr.name="{key}" attr.type="{kind}"/>'
          for key, kind in KEYS.items()),
        '<key id="operand" for="edge" attr.name="operand" attr.type="string"/>',
        f'<graph id="{escaped(scene.title or "graph")}" edgedefault="directed">',
        *(_node(scene, box) for box in scene.boxes),
        *(line for box in scene.boxes for line in _edges(box)),
        "</graph>",
        "</graphml>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _node(scene: Scene, box: Box) -> str:
    found = {
        "label": box.name or box.symbol or box.text or box.kind,
        "kind": box.kind,
        "op": box.op,
        "name": box.name,
        "shape": str(box.shape),
        "dtype": box.dtype,
        "bytes": box.bytes,
        "module": "" if box.call is None else scene.calls[box.call].path,
        "settings": box.settings,
    }
    told = "".join(
        f'<data key="{key}">{escaped(value)}</data>' for key, value in found.items() if value
    )
    return f'<node id="n{box.id}">{told}</node>'


def _edges(box: Box) -> Iterator[str]:
    for wire in box.wires:
        operand = f'<data key="operand">{escaped(wire.operand)}</data>'
        yield f'<edge source="n{wire.source}" target="n{box.id}">{operand}</edge>'
