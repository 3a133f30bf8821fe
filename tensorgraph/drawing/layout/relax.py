"""Makes a drawing narrower that is much wider than its widest row."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from tensorgraph.drawing.layout.layers import Layers
from tensorgraph.drawing.layout.order import Rows

LOOSE = 1.4
SPARE = 240.0
"""How wide a drawing may be, as a multiple of its widest row and beyond that, and stay as it is."""
EFFORT = 90_000
"""About how many links are looked at."""
MOST_TURNS = 60
STIFFNESS = 20.0
"""The weight of a link on the spine or between dummies, whose kinks the eye sees first."""


def relaxed(
    layers: Layers,
    rows: Rows,
    x: list[float],
    between: Callable[[int, int], float],
    up: list[int],
) -> list[float]:
    """Return x where the drawing is hardly wider than its widest row, else nearer places.

    Row by row, down and up in turn, nodes go to the mean of their neighbours as far as the order
    and the distances on the row allow, exactly so that the squares of what is missing are least.
    """
    needs = [[between(u, v) for u, v in itertools.pairwise(row)] for row in rows]
    if not x or max(x) - min(x) <= LOOSE * max(map(sum, needs)) + SPARE:
        return x
    x = x[:]
    ties = [_ties(u, layers, up) for u in range(len(x))]
    weights = [sum(w for _, _, w in tie) for tie in ties]
    turns = EFFORT // (sum(map(len, layers.above)) + 1)
    passes = list(zip(rows, needs, strict=True))
    for turn in range(min(MOST_TURNS, turns)):
        for row, need in passes if turn % 2 == 0 else reversed(passes):
            wanted = []
            for u in row:
                total = 0.0
                for v, off, w in ties[u]:
                    total += w * (x[v] + off)
                wanted.append(total / weights[u])
            places = _apart(wanted, [weights[u] for u in row], need)
            for u, place in zip(row, places, strict=True):
                x[u] = place
    return x


def _ties(u: int, layers: Layers, up: list[int]) -> list[tuple[int, float, float]]:
    """Return the nodes that a node is drawn to, how far from each it is to be, and how much."""
    ties = []
    for side in (*layers.above[u], *layers.below[u]):
        v = side.node
        stiff = u >= layers.real <= v or up[u] == v or up[v] == u
        ties.append((v, side.other - side.own, STIFFNESS if stiff else 1.0))
    return ties or [(u, 0.0, 0.1)]


def _apart(wanted: list[float], weights: list[float], need: list[float]) -> list[float]:
    """Return the places nearest to those wanted that stand apart as they need.

    With the needs taken off, this is isotonic regression, by pooling adjacent violators.
    """
    offsets = [0.0, *itertools.accumulate(need)]
    pools: list[tuple[float, float, int]] = []
    for place, weight, offset in zip(wanted, weights, offsets, strict=False):
        mean, size = place - offset, 1
        while pools and pools[-1][0] >= mean:
            before, other, count = pools.pop()
            mean = (mean * weight + before * other) / (weight + other)
            weight, size = weight + other, size + count
        pools.append((mean, weight, size))
    means = [mean for mean, _, size in pools for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]
