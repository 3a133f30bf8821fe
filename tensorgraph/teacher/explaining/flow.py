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
    """Return the gradient's size behind each layer, and the factor of the layer.

    Layers that come again and again, as the steps of a recurrent network do, are joined.
    """
    rows: list[tuple[str, float, float]] = []
    for step in steps:
        node: Node = step.edge.node
        name = names.module(node) or node.op.name
        if rows and rows[-1][0] == name:
            rows[-1] = (name, step.size, rows[-1][2] * step.factor)
        else:
            rows.append((name, step.size, step.factor))
    return _shortened(_joined(rows))


Row = tuple[str, float, float]

MOST_ROWS = 15
"""A table of layers is no longer."""

LONGEST_CYCLE = 8
"""So many layers at most are looked for again and again."""


def _joined(rows: list[Row]) -> list[Row]:
    """Return rows in which cycles of layers that come at least three times are one."""
    found: list[Row] = []
    every = [name for name, _, _ in rows]
    at = 0
    while at < len(rows):
        best = max(
            ((_times(every, at, p) * p, -p) for p in range(1, LONGEST_CYCLE + 1)), default=(0, -1)
        )
        count, period = best[0], -best[1]
        if count >= 3 * period:
            names = ", ".join(every[at : at + period])
            found.append(_together(f"{count // period} times {names}", rows[at : at + count]))
            at += count
        else:
            found.append(rows[at])
            at += 1
    return found


def _times(names: list[str], at: int, period: int) -> int:
    """Return how often some names follow each other."""
    times = 1
    while names[at + times * period : at + (times + 1) * period] == names[at : at + period]:
        times += 1
    return times


def _together(name: str, rows: list[Row]) -> Row:
    return name, rows[-1][1], float(np.prod([factor for _, _, factor in rows]))


def _shortened(rows: list[Row]) -> list[Row]:
    """Return rows of which those in the middle are one, if they are many."""
    if len(rows) <= MOST_ROWS:
        return rows
    half = MOST_ROWS // 2
    middle = rows[half:-half]
    return [*rows[:half], _together(f"{len(middle)} layers", middle), *rows[-half:]]


def slope(rerun: Rerun, edge: Edge) -> float:
    """Return the root mean square of the derivative of an elementwise operation."""
    ones = np.ones_like(rerun.values[edge.node])
    return rms(rerun.by_rule(edge, ones))
