"""Parts of a drawing that no link joins, side by side and in rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tensorgraph.drawing.layout.routes import Point

LANDSCAPE = 1.6
"""How many times as wide as high a drawing of many small parts becomes."""


def components(nodes: Sequence[int], nets: Iterable[tuple[int, Iterable[int]]]) -> list[list[int]]:
    """Return the nodes in groups that no net joins, both in the order of ``nodes``."""
    leader = {u: u for u in nodes}

    def found(u: int) -> int:
        while leader[u] != u:
            leader[u] = leader[leader[u]]
            u = leader[u]
        return u

    for source, targets in nets:
        for v in targets:
            leader[found(v)] = found(source)
    groups: dict[int, list[int]] = {}
    for u in nodes:
        groups.setdefault(found(u), []).append(u)
    return list(groups.values())


def shelves(sizes: Sequence[Point], gap: float) -> tuple[list[Point], Point]:
    """Return the corners of rectangles set in rows like words in lines, and the whole's size."""
    area = sum((w + gap) * (h + gap) for w, h in sizes)
    limit = max(math.sqrt(LANDSCAPE * area), *(w for w, _ in sizes), 0.0) if sizes else 0.0
    corners: list[Point] = []
    x = top = width = bottom = 0.0
    for w, h in sizes:
        if corners and x + w > limit:
            x, top = 0.0, bottom + gap
        corners.append((x, top))
        width, bottom = max(width, x + w), max(bottom, top + h)
        x += w + gap
    return corners, (width, bottom)
