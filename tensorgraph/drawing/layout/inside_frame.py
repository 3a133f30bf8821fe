"""One level of a nested drawing: what stands directly in one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorgraph.drawing.layout.coordinates import across
from tensorgraph.drawing.layout.layers import Layers, Net, layers_of
from tensorgraph.drawing.layout.order import Rows, ordered_rows
from tensorgraph.drawing.layout.ranks import ranks_of
from tensorgraph.drawing.layout.routes import Grid, Point, Route, routes_of

STEEPNESS = 0.12
"""By how much of a link's way to the side the band in which it runs grows."""
WIDEST_BAND = 3.0
"""Up to how many times its usual height."""


@dataclass(frozen=True)
class Padding:
    """What a frame keeps free inside of its rectangle."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    header: float = 0.0
    """The height of the strip at the top that only upright lines cross."""
    width: float = 0.0
    """The least width of the whole, for a title."""
    height: float = 0.0


@dataclass(frozen=True)
class Drawn:
    """A level that has been laid out, seen from its top left corner."""

    centers: list[Point]
    routes: dict[tuple[int, int], Route]
    size: Point
    ranks: list[int]


def draw(
    sizes: Sequence[Point],
    nets: Sequence[Net],
    entries: set[int],
    exits: set[int],
    frames: set[int],
    gap: Point,
    padding: Padding | None,
) -> Drawn:
    """Return where nodes of given sizes stand, and the routes of nets by net and target.

    ``entries`` and ``exits`` are nodes without a size on the upper and the lower edge, where links
    cross it; ``frames`` are nodes that stand for whole levels, touched where nets say. A level
    without ``padding`` has no edges.
    """
    ranks, count = _ranks(len(sizes), nets, entries, exits, padding is not None)
    layers = layers_of([w for w, _ in sizes], ranks, nets)
    rows = ordered_rows(layers, count)
    x = across(layers, rows, gap[0])
    bands = [0.0] + [gap[1]] * (count - 1) + [0.0]
    if padding:
        bands[1], bands[-2] = padding.top, padding.bottom
    padding = padding or Padding()
    grid = _grid(layers, rows, x, [h for _, h in sizes], bands, padding.header)
    routes = routes_of(layers, nets, grid, entries | exits | frames)
    points = [p for route in routes.values() for p in route]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    halves = [w / 2 for w in layers.widths[: layers.real]]
    low = min([q - h for q, h in zip(x, halves, strict=False)] + xs, default=0.0)
    high = max([q + h for q, h in zip(x, halves, strict=False)] + xs, default=0.0)
    top, bottom = min([0.0, *ys]), max([grid.bands[-1][1], *ys])
    inner = high - low
    width = max(inner + padding.left + padding.right, padding.width)
    height = max(bottom - top, padding.height)
    free = width - inner - padding.left - padding.right
    right, down = padding.left + free / 2 - low, -top
    middles = [(a + b) / 2 for a, b in zip(grid.tops, grid.bottoms, strict=True)]
    return Drawn(
        [(q + right, y + down) for q, y in zip(x, middles, strict=False)][: layers.real],
        {key: [(q + right, y + down) for q, y in route] for key, route in routes.items()},
        (width, height),
        ranks,
    )


def _ranks(
    count: int, nets: Sequence[Net], entries: set[int], exits: set[int], edges: bool
) -> tuple[list[int], int]:
    """Return ranks and their number; entries are alone on the first one and exits on the last."""
    outer = entries | exits
    inner = [
        (net.source, v)
        for net in nets
        for v, _ in net.targets
        if net.source not in outer and v not in outer
    ]
    ranks = ranks_of(count, inner)
    last = max((r for u, r in enumerate(ranks) if u not in outer), default=-1)
    if not edges:
        return ranks, last + 1
    last += 2
    return [
        0 if u in entries else last if u in exits else r + 1 for u, r in enumerate(ranks)
    ], last + 1


def _grid(
    layers: Layers,
    rows: Rows,
    x: list[float],
    heights: Sequence[float],
    least: Sequence[float],
    header: float,
) -> Grid:
    """Return how high rows and bands are, and so where nodes stand from top to bottom."""
    tall = [max((heights[u] for u in row if u < layers.real), default=0.0) for row in rows]
    if tall:
        tall[0] = max(tall[0], header)
    tops, bottoms = [0.0] * len(x), [0.0] * len(x)
    bands = []
    y = 0.0
    for rank, row in enumerate(rows):
        ways = (abs(x[u] + s.own - x[s.node] - s.other) for u in row for s in layers.above[u])
        slanted = min(STEEPNESS * max(ways, default=0.0), WIDEST_BAND * least[rank])
        bands.append((y, y + max(least[rank], slanted)))
        y = bands[-1][1]
        for u in row:
            height = heights[u] if u < layers.real else 0.0
            tops[u] = y + (tall[rank] - height) / 2
            bottoms[u] = tops[u] + height
        y += tall[rank]
    bands.append((y, y + least[-1]))
    return Grid(x, tops, bottoms, bands)
