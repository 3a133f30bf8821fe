"""How a gradient shrinks or grows from layer to layer on its way to a tensor."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.run_again import Edge, Gradients, Rerun, rms


class Step(NamedTuple):
    """An edge on the way, and what it makes of a gradient's size."""

    edge: Edge
    size: float
    factor: float


def way(rerun: Rerun, found: Gradients, place: Any) -> list[Step]:
    """Return the way that most of a gradient takes, from the loss to a place."""
    steps: list[Step] = []
    at = place
    while at is not rerun.root:
        edges = [e for e in rerun.consumers.get(at, ()) if e in found.passed]
        if not edges:
            break
        edge = edges[0] if len(edges) == 1 else max(edges, key=lambda e: _norm(found, e))
        size, before = found.size(edge), found.size(edge.node)
        steps.append(Step(edge, size, size / before if before else np.nan))
        at = edge.node
    return steps[::-1]


def _norm(found: Gradients, edge: Edge) -> float:
    value = found.size(edge) * np.sqrt(np.size(found.passed[edge]))
    return value if value == value else np.inf


def by_layer(steps: list[Step], names: Names) -> list[tuple[str, float, float]]:
    """Return the gradient's size behind each layer, and the factor of the layer."""
    rows: list[tuple[str, float, float]] = []
    for step in steps:
        node: Node = step.edge.node
        name = names.module(node) or node.op.name
        if rows and rows[-1][0] == name:
            rows[-1] = (name, step.size, rows[-1][2] * step.factor)
        else:
            rows.append((name, step.size, step.factor))
    return rows


def slope(rerun: Rerun, edge: Edge) -> float:
    """Return the root mean square of the derivative of an elementwise operation."""
    ones = np.ones_like(rerun.values[edge.node])
    return rms(rerun.by_rule(edge, ones))
