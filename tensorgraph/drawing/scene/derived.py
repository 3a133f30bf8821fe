"""The formulas of a scene's values and gradients, as ``tg.derive`` finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorgraph import errors
from tensorgraph.drawing.scene.recording import Recording
from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.whole_graph import Written, graph_formulas

SECONDS = 2.0
"""Of work, after which gradients are not simplified any more; where they are asked for, …"""
ASKED_SECONDS = 20.0
"""… so many."""

NAMELESS = "no value that a gradient flows to has a name in whose terms the others could be told"


def derived_of(
    scene: Scene, places: Sequence[Any], recording: Recording, seconds: float
) -> dict[str, Any]:
    """Return the formulas of a scene by the ids of its boxes, and what there is none of, and why.

    Args:
        scene: as ``capture`` returns it.
        places: the place of each box.
        recording: what it was captured from.
        seconds: how long to work on them.
    """
    leaves = [(box, p) for box, p in zip(scene.boxes, places, strict=True) if box.kind != "more"]
    known = [(box, p) for box, p in leaves if isinstance(p, (Node, Tensor))]
    names = {place: box.name for box, place in known if box.name}
    try:
        found = graph_formulas(_one(recording.outputs), names, recording.scopes[0], seconds)
    except (errors.GraphError, errors.DerivationError, errors.DTypeError) as error:
        return {"why": str(error).removeprefix("derive: ")}
    if not found.gradients and not found.untold:
        return {"why": NAMELESS}
    return {
        "values": _by_box(known, found.values),
        "gradients": _by_box(known, found.gradients),
        "letters": {box.id: found.letters[p] for box, p in known if p in found.letters},
        "untold": {box.id: found.untold[p] for box, p in known if p in found.untold},
        "unwritten": {box.id: found.unwritten[p] for box, p in known if p in found.unwritten},
        "notes": list(found.notes),
        "seconds": seconds,
    }


def _one(outputs: Sequence[Tensor]) -> Tensor:
    """Return an output; of several the sum of all elements, whose gradients a picture tells."""
    total = outputs[0]
    if len(outputs) > 1:
        total = total.sum()
    for output in outputs[1:]:
        total = total + output.sum()
    return total


def _by_box(known: Any, written: Mapping[Any, Written]) -> dict[int, list[str]]:
    return {box.id: [*written[place]] for box, place in known if place in written}
