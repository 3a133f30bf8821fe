"""Why the result of an operation is 0: what it was computed from."""

from __future__ import annotations

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.graph import Node
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.run_again import Edge, Rerun
from tensorgraph.teacher.explaining.units import FEW, along, listed, rectified, unit_axis


def why_zero(rerun: Rerun, names: Names, node: Node) -> tuple[str, str]:
    """Return of which kind it is that a result is 0, and why, as the end of a sentence.

    The end is empty if that cannot be told.

    What is 0 is followed to where it comes from: parameters, constants, dead units.
    """
    leaves: dict[str, None] = {}
    waiting, seen = [node], {node}
    while waiting:
        at = waiting.pop()
        values = [np.asarray(to_host(np.asarray(v))) for v in rerun.operands[at]]
        x = rectified(at)
        if x is not None and values[x].any():
            return _dead(names, at, values[x])
        for i, value in enumerate(values):
            place = at.parents[i]
            if not value.size or value.any() or (x is not None and i != x):
                continue
            if type(place) is not Node:
                leaves.setdefault(names.operand(Edge(at, i)))
            elif place not in seen:
                seen.add(place)
                waiting.append(place)
    if not leaves:
        return "zero values", ""
    verb = "is" if len(leaves) == 1 else "are"
    return "zero values", f"; that is 0, as {', '.join(leaves)} {verb} 0"


def _dead(names: Names, node: Node, values: np.ndarray) -> tuple[str, str]:
    axis = unit_axis(node)
    place = f"{node.op.name}{_in(names, node)}"
    if not (values > 0).any():
        span = f"{float(values.min()):.3g} to {float(values.max()):.3g}"
        text = f"; that is 0, as all units of {place} are dead, their input is {span}"
        return "zero values", text
    dead = None if axis is None else np.flatnonzero(along(axis, values <= 0))
    if axis is None or dead is None or not dead.size:
        return "zero values", ""
    which = f"; units {listed(dead)} of {place} are"
    examples = values.size // values.shape[axis]
    if examples < FEW:
        return "off units", f"{which} off for all {examples} examples, so few that it says little"
    return "zero values", f"{which} dead, {len(dead)} of {values.shape[axis]}"


def _in(names: Names, node: Node) -> str:
    module = names.module(node)
    return f" in {module}" if module else ""
