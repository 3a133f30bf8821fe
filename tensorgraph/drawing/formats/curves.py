"""Routes as paths: curves with upright ends, rounded corners."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tensorgraph.drawing.formats.shapes import Step
from tensorgraph.drawing.layout import Point

CORNER = 7.0
"""The radius of corners."""


def cut(points: list[Point], length: float, direction: Point) -> list[Point]:
    """Return a route that ends so much earlier in the direction in which it arrives."""
    (x0, y0), (x1, y1) = points[-2:]
    dx, dy = direction
    if (x1 - x0) * dx + (y1 - y0) * dy < length:
        return points
    return [*points[:-1], (x1 - length * dx, y1 - length * dy)]


def direction_of(before: Point, tip: Point, turned: bool) -> Point:
    """Return the axis along which a route arrives; ``turned`` where it runs to the right."""
    dx, dy = tip[0] - before[0], tip[1] - before[1]
    level = abs(dy) < 0.05 if abs(dx) < 0.05 or abs(dy) < 0.05 else turned
    return (1 if dx > 0 else -1, 0) if level else (0, 1 if dy > 0 else -1)


def path_of(points: Sequence[Point], level: bool) -> tuple[Step, ...]:
    """Return a route as a path: slanted parts as curves with level or upright ends."""
    out: list[Step] = [("M", (points[0],))]
    for i, (a, b) in enumerate(itertools.pairwise(points)):
        if not is_straight(a, b):
            out.append(_curve(a, b, level))
            continue
        after = points[i + 2] if i + 2 < len(points) else None
        if after and is_straight(b, after) and (a[0] == b[0]) != (b[0] == after[0]):
            out.append(("L", (_towards(b, a, CORNER),)))
            out.append(("Q", (b, _towards(b, after, CORNER))))
        else:
            out.append(("L", (b,)))
    return tuple(out)


def _curve(a: Point, b: Point, level: bool) -> Step:
    if level:
        middle = (a[0] + b[0]) / 2
        return "C", ((middle, a[1]), (middle, b[1]), b)
    middle = (a[1] + b[1]) / 2
    return "C", ((a[0], middle), (b[0], middle), b)


def _towards(a: Point, b: Point, most: float) -> Point:
    """Return a point on the way from a to b, at most half of it away."""
    length = abs(b[0] - a[0]) + abs(b[1] - a[1])
    share = min(most / length, 0.5) if length else 0.0
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def is_straight(a: Point, b: Point) -> bool:
    """Return whether a segment is upright or level."""
    return abs(a[0] - b[0]) < 0.05 or abs(a[1] - b[1]) < 0.05


def overlap(a: Sequence[float], b: Sequence[float]) -> bool:
    """Return whether two rectangles share an area."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
