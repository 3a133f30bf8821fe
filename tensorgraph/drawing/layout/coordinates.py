"""Where the nodes of ordered rows stand from left to right."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from tensorgraph.drawing.layout.layers import Layers, Side
from tensorgraph.drawing.layout.longest_path import spine_of
from tensorgraph.drawing.layout.order import Rows
from tensorgraph.drawing.layout.relax import relaxed

NARROWER = 0.8
"""At what share of the width of all four together one of them is taken alone."""
Conflicts = set[tuple[int, int]]


def across(layers: Layers, rows: Rows, gap: float) -> list[float]:
    """Return the x of every node's middle.

    Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (GD 2001): nodes are
    aligned with the median of their neighbours, four times, from above and from below, from the
    left and from the right; each alignment is packed tightly, and a node takes the mean of the two
    middle ones of its four places. Links that touch nodes off their middle are straightened at
    the place where they touch (Rüegg et al., GD 2015).
    """
    up, down = spine_of(layers)
    conflicts = _conflicts(layers, rows, up)

    def between(u: int, v: int) -> float:
        narrow = (u >= layers.real) + (v >= layers.real)
        return (layers.widths[u] + layers.widths[v]) / 2 + gap * (1, 0.7, 0.5)[narrow]

    four = []
    for neighbours, from_above, partners in (
        (layers.above, rows, (up, down)),
        (layers.below, rows[::-1], (down, up)),
    ):
        for sign in (1, -1):
            flipped = [row[::sign] for row in from_above]
            alignment = _aligned(flipped, neighbours, conflicts, partners, sign)
            four.append([sign * x for x in _packed(flipped, alignment, between)])
    return relaxed(layers, rows, _balanced(four, layers.widths), between, up)


def _conflicts(layers: Layers, rows: Rows, up: list[int]) -> Conflicts:
    """Return the links that cross one that is to stay straight, between dummies or on the spine."""
    found: Conflicts = set()
    real = layers.real
    straight = [
        up[v] if up[v] >= 0 else next((s.node for s in above if v >= real <= s.node), -1)
        for v, above in enumerate(layers.above)
    ]
    for upper, lower in itertools.pairwise(rows):
        place = {u: i for i, u in enumerate(upper)}
        left, begin = 0, 0
        for i, v in enumerate(lower):
            if straight[v] < 0 and i < len(lower) - 1:
                continue
            right = place[straight[v]] if straight[v] >= 0 else len(upper)
            for w in lower[begin : i + 1]:
                for s in layers.above[w]:
                    if not left <= place[s.node] <= right and s.node != straight[w]:
                        found.add((s.node, w))
            left, begin = right, i + 1
    return found


class _Alignment:
    """Blocks of nodes that stand on one line: every node's block, and its distance from it."""

    def __init__(self, count: int) -> None:
        self.root = list(range(count))
        self.shift = [0.0] * count


def _aligned(
    rows: Rows,
    neighbours: list[list[Side]],
    conflicts: Conflicts,
    spine: tuple[list[int], list[int]],
    sign: int,
) -> _Alignment:
    """Return the blocks that form when every node is aligned with a median neighbour."""
    count = len(neighbours)
    blocks = _Alignment(count)
    towards, back = spine
    for before, row in itertools.pairwise(rows):
        place = {u: i for i, u in enumerate(before)}
        last = -1
        for v in row:
            sides = sorted(neighbours[v], key=lambda s: (place[s.node], sign * s.other))
            medians = sides[(len(sides) - 1) // 2 : len(sides) // 2 + 1]
            for side in [s for s in sides if s.node == towards[v]] or medians:
                u = side.node
                crosses = (u, v) in conflicts or (v, u) in conflicts
                if place[u] <= last or crosses or back[u] not in (-1, v):
                    continue
                blocks.root[v] = blocks.root[u]
                blocks.shift[v] = blocks.shift[u] + sign * (side.other - side.own)
                last = place[u]
                break
    return blocks


def _packed(rows: Rows, blocks: _Alignment, between: Callable[[int, int], float]) -> list[float]:
    """Return places at which blocks are as far left as they can, then as near as they can.

    The second pass moves a block right to those that it holds apart from others, so that no gap
    stays that nothing needs.
    """
    root, shift = blocks.root, blocks.shift
    count = len(root)
    right: list[dict[int, float]] = [{} for _ in range(count)]
    waiting = [0] * count
    for row in rows:
        for u, v in itertools.pairwise(row):
            a, b = root[u], root[v]
            need = between(u, v) + shift[u] - shift[v]
            if b not in right[a]:
                waiting[b] += 1
            right[a][b] = max(need, right[a].get(b, need))
    order = [u for u in range(count) if root[u] == u and not waiting[u]]
    x = [0.0] * count
    for a in order:
        for b, need in right[a].items():
            x[b] = max(x[b], x[a] + need)
            waiting[b] -= 1
            if not waiting[b]:
                order.append(b)
    for a in reversed(order):
        if right[a]:
            x[a] = max(x[a], min(x[b] - need for b, need in right[a].items()))
    return [x[root[u]] + shift[u] for u in range(count)]


def _balanced(four: list[list[float]], widths: list[float]) -> list[float]:
    """Return the mean of the middle two of four places, once all are as wide as the narrowest.

    Where one of the four is much narrower than that, it is returned.
    """
    if not widths:
        return []
    lows = [min(x - w / 2 for x, w in zip(xs, widths, strict=True)) for xs in four]
    highs = [max(x + w / 2 for x, w in zip(xs, widths, strict=True)) for xs in four]
    spans = [high - low for low, high in zip(lows, highs, strict=True)]
    narrowest = spans.index(min(spans))
    for i, xs in enumerate(four):
        ends = lows if i % 2 == 0 else highs
        move = ends[narrowest] - ends[i]
        four[i] = [x + move for x in xs]
    middle = [(q[1] + q[2]) / 2 for q in map(sorted, zip(*four, strict=True))]
    alone = four[narrowest]
    return alone if max(alone) - min(alone) < NARROWER * (max(middle) - min(middle)) else middle
