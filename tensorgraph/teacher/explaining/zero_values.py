"""Why the result of an operation is 0: what it was computed from."""

from __future__ import annotations

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.activation import relu
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.run_again import Edge, Rerun
from tensorgraph.teacher.explaining.units import along, listed, unit_axis


def why_zero(rerun: Rerun, names: Names, node: Node) -> str:
    """Return, as the end of a sentence, why a result is 0; nothing if that cannot be told."""
    at: Node | None = node
    while at is not None:
        values = [np.asarray(to_host(np.asarray(v))) for v in rerun.operands[at]]
        if at.op is relu.op:
            return _dead(names, at, values[0])
        zeros = [i for i, v in enumerate(values) if v.size and not v.any()]
        if len(zeros) != 1:
            return ""
        place = at.parents[zeros[0]]
        if type(place) is not Node:
            word = "weights" if type(place) is Tensor and place.requires_grad else "a constant"
            called = names.operand(Edge(at, zeros[0]))
            return f"; that is 0, as {called} ({word}) is 0 in {at.op.name}{_in(names, at)}"
        at = place
    return ""


def _dead(names: Names, node: Node, values: np.ndarray) -> str:
    axis = unit_axis(node)
    place = f"relu{_in(names, node)}"
    if not (values > 0).any():
        span = f"{float(values.min()):.3g} to {float(values.max()):.3g}"
        return f"; that is 0, as all units of {place} are dead, their input is {span}"
    if axis is None:
        return ""
    dead = np.flatnonzero(along(axis, values <= 0))
    if not len(dead):
        return ""
    return f"; units {listed(dead)} of {place} are dead, {len(dead)} of {values.shape[axis]}"


def _in(names: Names, node: Node) -> str:
    module = names.module(node)
    return f" in {module}" if module else ""
