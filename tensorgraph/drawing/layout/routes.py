"""The routes of links between nodes that have a place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tensorgraph.drawing.layout.layers import Layers, Net

Point = tuple[float, float]
Route = list[Point]
APART = 9.0
"""How far apart links enter a node, where it is wide enough."""
REACH = 0.38
"""How far from its middle a link may enter a node, as a share of its width."""
RAIL = 10.0
"""How far apart rails run."""
EXACT = 0.01
"""Coordinates that differ by less are the same but for rounding: an arrow there points anywhere."""
RAILS = 8
"""How many rails run side by side; links beyond these have no route."""


@dataclass(frozen=True)
class Grid:
    """Where nodes stand, and the bands between the rows in which links may run sideways."""

    x: list[float]
    tops: list[float]
    bottoms: list[float]
    bands: list[tuple[float, float]]
    """From the bottom of rank r − 1 to the top of rank r, one more than there are ranks."""


def routes_of(
    layers: Layers, nets: Sequence[Net], grid: Grid, fixed: set[int]
) -> dict[tuple[int, int], Route]:
    """Return the route of every net, by its index, to every target, by its index.

    A route is vertical beside the nodes of a row and runs sideways in the band between two rows
    only, so it meets no node but its own. It is empty where there is no rail left for it. Nodes in
    ``fixed`` are entered where the net says, the others where it is nearest.
    """
    lanes = _lanes(layers, nets)
    left = _left(layers, grid)
    entries = _entries(layers, nets, grid, fixed, lanes, left)
    routes: dict[tuple[int, int], Route] = {}
    for key, path in layers.paths.items():
        x = grid.x[path[0]] + nets[key[0]].place, entries[key]
        routes[key] = tidy(_between(layers, grid, path, x))
    for key in layers.far:
        n, t = key
        net = nets[n]
        if n not in lanes:
            routes[key] = []
            continue
        x = grid.x[net.source] + net.place, entries[key]
        share = (lanes[n] + 1) / (max(lanes.values()) + 2)
        rail = left - (lanes[n] + 1) * RAIL
        ends = net.source, net.targets[t][0]
        routes[key] = tidy(_railed(layers, grid, ends, x, rail, share))
    return routes


def _entries(
    layers: Layers,
    nets: Sequence[Net],
    grid: Grid,
    fixed: set[int],
    lanes: dict[int, int],
    left: float,
) -> dict[tuple[int, int], float]:
    """Return the x at which every net enters every target."""
    coming: dict[int, dict[float, list[tuple[int, int]]]] = {}
    entries = {}
    for key in [*layers.paths, *layers.far]:
        n, t = key
        v, place = nets[n].targets[t]
        entries[key] = grid.x[v] + place
        if v in fixed:
            continue
        path = layers.paths.get(key)
        if path is None:
            x = left - lanes.get(n, 0) * RAIL
        else:
            x = grid.x[path[-2]] + (nets[n].place if len(path) == 2 else 0.0)
        coming.setdefault(v, {}).setdefault(x, []).append(key)
    for v, keys in coming.items():
        wanted = sorted(keys)
        n, t = keys[wanted[0]][0]
        place = nets[n].targets[t][1]
        places = _spread(wanted, grid.x[v] + place, layers.widths[v] - 2 * abs(place))
        for x, entry in zip(wanted, places, strict=True):
            entries.update(dict.fromkeys(keys[x], entry))
    return entries


def _left(layers: Layers, grid: Grid) -> float:
    return min((x - w / 2 for x, w in zip(grid.x, layers.widths, strict=True)), default=0.0)


def _lanes(layers: Layers, nets: Sequence[Net]) -> dict[int, int]:
    """Return the rail of each net that needs one: the first that is free from end to end."""
    spans: dict[int, tuple[int, int]] = {}
    for n, t in layers.far:
        ends = layers.ranks[nets[n].source], layers.ranks[nets[n].targets[t][0]]
        low, high = spans.get(n, (ends[0], ends[0]))
        spans[n] = (min(low, *ends), max(high, *ends))
    free = [-1] * RAILS
    lanes = {}
    for n, (low, high) in sorted(spans.items(), key=lambda item: item[1]):
        lane = next((i for i, until in enumerate(free) if until < low), None)
        if lane is not None:
            lanes[n] = lane
            free[lane] = high
    return lanes


def _spread(wanted: Sequence[float], middle: float, width: float) -> list[float]:
    """Return increasing places on a node's edge near those wanted, and apart where that fits."""
    reach = REACH * width
    apart = min(APART, 2 * reach / max(len(wanted) - 1, 1))
    places: list[float] = []
    for i, x in enumerate(wanted):
        least = places[-1] + apart if places else middle - reach
        most = middle + reach - apart * (len(wanted) - 1 - i)
        places.append(max(least, min(x, most)))
    return places


def _between(
    layers: Layers, grid: Grid, path: Sequence[int], x: tuple[float, float]
) -> Iterable[Point]:
    """Yield the points of a way past dummies, which runs sideways in bands only."""
    yield x[0], grid.bottoms[path[0]]
    yield x[0], grid.bands[layers.ranks[path[0]] + 1][0]
    for dummy in path[1:-1]:
        rank = layers.ranks[dummy]
        yield grid.x[dummy], grid.bands[rank][1]
        yield grid.x[dummy], grid.bands[rank + 1][0]
    yield x[1], grid.bands[layers.ranks[path[-1]]][1]
    yield x[1], grid.tops[path[-1]]


def _railed(
    layers: Layers,
    grid: Grid,
    ends: tuple[int, int],
    x: tuple[float, float],
    rail: float,
    share: float,
) -> Iterable[Point]:
    """Yield the points of a way beside all nodes, which it reaches at a share of two bands."""
    below, above = grid.bands[layers.ranks[ends[0]] + 1], grid.bands[layers.ranks[ends[1]]]
    # Heads of arrows keep the lower part of a band for themselves.
    leave = below[0] + (0.1 + 0.5 * share) * (below[1] - below[0])
    enter = above[0] + (0.6 - 0.5 * share) * (above[1] - above[0])
    yield x[0], grid.bottoms[ends[0]]
    yield x[0], leave
    yield rail, leave
    yield rail, enter
    yield x[1], enter
    yield x[1], grid.tops[ends[1]]


def tidy(points: Iterable[Point]) -> Route:
    """Return a route without points on the upright or level line between their neighbours."""
    route: Route = []
    for point in points:
        level = [[abs(point[i] - each[i]) < EXACT for each in route[-2:]] for i in (0, 1)]
        if route and level[0][-1] and level[1][-1]:
            continue
        if len(route) > 1 and any(map(all, level)):
            route.pop()
        route.append(point)
    return route
