"""A scene as JSON for Model Explorer, which shows large graphs layer by layer.

Its format is that of ``graph_builder.py`` in the package ``ai-edge-model-explorer``: every node has
a namespace, the modules around it written as a path, and lists the edges that arrive.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import prod
from typing import Any

from tensorgraph.display.text import encodable
from tensorgraph.drawing.formats.module_paths import module_paths
from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene
from tensorgraph.drawing.view.colour import numbers_text
from tensorgraph.drawing.view.wording import leaf_title, op_title, statistics_lines

Attributes = list[dict[str, str]]


def to_model_explorer(scene: Scene) -> str:
    """Return all operations and leaves of a scene as the text of a JSON file."""
    title = scene.title or "graph"
    paths = module_paths(scene)
    graph = {
        "id": title,
        "nodes": [_node(scene, box, paths) for box in scene.boxes],
        "groupNodeAttributes": _groups(scene, paths),
    }
    found = {"label": title, "graphs": [graph]}
    return encodable(json.dumps(found, indent=1, allow_nan=False, ensure_ascii=False))


def _node(scene: Scene, box: Box, paths: list[str]) -> dict[str, Any]:
    edges = [
        {"sourceNodeId": str(wire.source), "sourceNodeOutputId": "0", "targetNodeInputId": str(i)}
        for i, wire in enumerate(box.wires)
    ]
    shape = f"{box.dtype}[{','.join(map(str, box.shape))}]"
    return {
        "id": str(box.id),
        "label": op_title(box) if box.op else leaf_title(box),
        "namespace": "" if box.call is None else paths[box.call],
        "attrs": _pairs(_told(scene, box)),
        "incomingEdges": edges,
        "inputsMetadata": [
            {"id": str(i), "attrs": _pairs({"__tensor_tag": wire.operand, "axes": wire.note})}
            for i, wire in enumerate(box.wires)
        ],
        "outputsMetadata": [{"id": "0", "attrs": _pairs({"tensor_shape": shape})}],
    }


def _told(scene: Scene, box: Box) -> dict[str, str]:
    """Return what the side panel says of a box."""
    return {
        scene.quantity: numbers_text(box.numbers),
        "note": box.label,
        "kind": box.kind,
        "op": box.op,
        "family": box.family,
        "settings": box.settings,
        "value": box.text,
        "bytes": f"{box.bytes:,}",
        "kept for backward": ", ".join(map(box.operand, box.saved)),
        "gradient": _gradient(scene, box),
        "line": box.line or "",
        "source": box.source or "",
        "statistics": "; ".join(statistics_lines(box.value)) if box.value else "",
    }


def _gradient(scene: Scene, box: Box) -> str:
    if not box.differentiable:
        return "none flows here" if scene.backward else ""
    return f"sum of {box.accumulates}" if box.accumulates > 1 else "flows here"


def _groups(scene: Scene, paths: list[str]) -> dict[str, dict[str, str]]:
    """Return what the side panel says of modules; without a name, of the whole graph."""
    sizes = {box.id: prod(box.shape) for box in scene.boxes if box.kind == "parameter"}
    whole = {"operations": f"{len(scene.forward):,}", "parameters": f"{sum(sizes.values()):,}"}
    modules = {paths[call.id]: _module(scene, call) for call in scene.calls if call.type}
    return {"": whole, **modules}


def _module(scene: Scene, call: ModuleCall) -> dict[str, str]:
    told = {"class": call.type, "path": call.path}
    own = {scene.quantity: numbers_text(call.numbers), "note": call.label}
    return told | dict(_filled(own.items()))


def _pairs(told: dict[str, str]) -> Attributes:
    return [{"key": key, "value": value} for key, value in _filled(told.items())]


def _filled(items: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((key, value) for key, value in items if value)
