"""A scene as JSON for Model Explorer, Google's viewer of large graphs."""

from __future__ import annotations

import json
from typing import Any

from tensorgraph.display.text import encodable
from tensorgraph.drawing.scene.scene import Box, Scene


def to_model_explorer(scene: Scene) -> str:
    """Return all boxes and wires of a scene; the modules around a box are its namespace."""
    title = scene.title or "graph"
    graph = {"id": title, "nodes": [_node(scene, box) for box in scene.boxes]}
    text = json.dumps({"label": title, "graphs": [graph]}, ensure_ascii=False, indent=1)
    return encodable(text) + "\n"


def _node(scene: Scene, box: Box) -> dict[str, Any]:
    told = {"kind": box.kind, "name": box.name, "settings": box.settings, "value": box.text,
            "line": box.line, "gradient flows": "yes" if box.differentiable else "no",
            "bytes": f"{box.bytes:,}"}  # fmt: skip
    tensor = {"tensor_shape": f"{box.dtype}{list(box.shape)}"}
    return {
        "id": str(box.id),
        "label": box.op or box.name or box.text or box.kind,
        "namespace": _namespace(scene, box),
        "attrs": _pairs(told),
        "incomingEdges": [
            {
                "sourceNodeId": str(wire.source),
                "sourceNodeOutputId": "0",
                "targetNodeInputId": str(i),
            }
            for i, wire in enumerate(box.wires)
        ],
        "inputsMetadata": [
            {"id": str(i), "attrs": _pairs({"__tensor_tag": wire.operand})}
            for i, wire in enumerate(box.wires)
        ],
        "outputsMetadata": [{"id": "0", "attrs": _pairs(tensor)}],
    }


def _pairs(told: dict[str, str | None]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in told.items() if value]


def _namespace(scene: Scene, box: Box) -> str:
    """Return the modules around a box, from the outermost: ``model/layers[0]``."""
    parts, call = [], box.call
    while call is not None:
        parts.append(_part(scene, call))
        call = scene.calls[call].parent
    return "/".join(reversed(parts))


def _part(scene: Scene, call: int) -> str:
    """Return a module's place in the one around it; a slash would be another level."""
    found = scene.calls[call]
    around = "" if found.parent is None else scene.calls[found.parent].path
    place = found.path.removeprefix(around).removeprefix(".") or found.path
    return place.replace("/", "∕")
