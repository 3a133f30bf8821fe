"""The layout of a whole drawing: levels within levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tensorgraph.drawing.layout.components import components, shelves
from tensorgraph.drawing.layout.inside_frame import Padding, draw
from tensorgraph.drawing.layout.layers import Net
from tensorgraph.drawing.layout.routes import Point, Route, tidy

Area = tuple[float, float, float, float]
"""Left, top, right and bottom."""
INSET = 16.0
"""What a frame keeps free between its edge and its tiles."""


@dataclass(frozen=True)
class Placement:
    """Where everything stands; x grows to the right and y downward."""

    centers: list[Point]
    """Of each tile."""
    ranks: list[int]
    """Of each tile, within the frame that it stands in."""
    routes: list[Route]
    """Of each link: the points between which it runs from edge to edge. A segment that is slanted
    may be drawn as a curve whose ends are upright (with ``direction="right"``, level); the others
    stay straight. Empty where a link is too long to be drawn as a line."""
    frames: list[Area]
    """The rectangle of each frame."""
    size: Point


@dataclass
class _Level:
    """What stands in one frame: tiles and frames, and where links cross its edge."""

    members: list[int] = field(default_factory=list)
    nets: dict[int, tuple[int, dict[int, None]]] = field(default_factory=dict)
    """By the tile that a value comes from: the node it leaves here, and those it goes to."""
    entries: dict[int, int] = field(default_factory=dict)
    exits: dict[int, int] = field(default_factory=dict)
    """The node on the edge at which a tile's value enters or leaves."""


@dataclass(frozen=True)
class _Sheet:
    """A level that has been laid out, seen from its top left corner."""

    centers: dict[int, Point]
    ranks: dict[int, int]
    routes: dict[tuple[int, int], Route]
    """By the tile that a value comes from and the node that it goes to."""
    size: Point


def place(
    sizes: Sequence[Point],
    links: Sequence[tuple[int, int]],
    *,
    groups: Sequence[int | None] = (),
    parents: Sequence[int | None] = (),
    headers: Sequence[Point] = (),
    gutters: Sequence[float] = (),
    anchors: Sequence[float] = (),
    direction: str = "down",
    gap: Point = (22.0, 34.0),
) -> Placement:
    """Return where tiles of given sizes stand so that links run downward and cross little.

    Layered drawing after Sugiyama, Tagawa and Toda (1981). Every frame is laid out on its own and
    then is one tile of the frame around it, so its rectangle holds its tiles and nothing else. The
    same input gives the same drawing; the time grows about linearly with tiles and links.

    Args:
        sizes: width and height of each tile.
        links: the tiles, by index, that each link runs from and to.
        groups: for each tile, the innermost frame that it stands in.
        parents: for each frame, the frame around it.
        headers: for each frame, the width and height of its title, which is kept free.
        gutters: for each frame, how wide a strip is kept free beside its tiles: on their left, or
            above them where links run to the right.
        anchors: for each tile, how far from its middle its links begin and end, across.
        direction: ``down``, or ``right`` for a drawing in which links run from left to right.
        gap: the least distance between tiles side by side, and from row to row.
    """
    turned = direction == "right"
    sizes = [(h, w) for w, h in sizes] if turned else sizes
    drawing = _Drawing(sizes, links, groups or [None] * len(sizes), parents, anchors)
    titles = headers or [(0.0, 0.0)] * len(parents)
    paddings = [
        _padding(header, gutter, turned)
        for header, gutter in zip(titles, gutters or [0.0] * len(parents), strict=True)
    ]
    placement = drawing.placed(gap, paddings)
    return _turned(placement) if turned else placement


def _padding(header: Point, gutter: float, turned: bool) -> Padding:
    """Return what a frame keeps free around its tiles; its title is at the top left."""
    width, height = header[0] + 2 * INSET, header[1]
    if turned:
        return Padding(INSET + height + gutter, INSET, INSET, INSET, height=width)
    return Padding(INSET + gutter, INSET, INSET, INSET, header=height, width=width)


def _turned(p: Placement) -> Placement:
    return Placement(
        [(x, y) for y, x in p.centers],
        p.ranks,
        [[(x, y) for y, x in route] for route in p.routes],
        [(x0, y0, x1, y1) for y0, x0, y1, x1 in p.frames],
        p.size[::-1],
    )


class _Drawing:
    """Tiles, then frames, then the whole, numbered as nodes; and a level for each frame."""

    def __init__(
        self,
        sizes: Sequence[Point],
        links: Sequence[tuple[int, int]],
        groups: Sequence[int | None],
        parents: Sequence[int | None],
        anchors: Sequence[float],
    ) -> None:
        self.tiles, self.whole = len(sizes), len(sizes) + len(parents)
        self.parent = [self.whole if g is None else self.tiles + g for g in [*groups, *parents]]
        self.levels = {u: _Level() for u in range(self.tiles, self.whole + 1)}
        for u, frame in enumerate(self.parent):
            self.levels[frame].members.append(u)
        self.next_node = self.whole + 1
        self.sources = [u for u, _ in links]
        self.steps = [self._steps(u, v) for u, v in links]
        self.size = dict(enumerate(sizes))
        self.anchors = dict(enumerate(anchors))
        self.sheets: dict[int, _Sheet] = {}

    def _way_out(self, node: int) -> list[int]:
        """Return the node, the frame around it, the one around that, and so on to the whole."""
        way = [node]
        while way[-1] != self.whole:
            way.append(self.parent[way[-1]])
        return way

    def _steps(self, u: int, v: int) -> list[tuple[int, int]]:
        """Enter a link in the levels that it runs through; return each with its target there."""
        if u == v:
            return []
        out, back = self._way_out(u), self._way_out(v)
        while out[-2:] == back[-2:]:
            out.pop()
            back.pop()
        steps = [(frame, self._edge(self.levels[frame].exits, u)) for frame in out[1:-1]]
        steps.append((out[-1], back[-2]))
        sources = out[:-1]
        for frame, target in zip(back[-2:0:-1], back[-3::-1], strict=True):
            sources.append(self._edge(self.levels[frame].entries, u))
            steps.append((frame, target))
        for source, (frame, target) in zip(sources, steps, strict=True):
            self.levels[frame].nets.setdefault(u, (source, {}))[1][target] = None
        return steps

    def _edge(self, crossings: dict[int, int], tile: int) -> int:
        if tile not in crossings:
            crossings[tile] = self.next_node
            self.next_node += 1
        return crossings[tile]

    def placed(self, gap: Point, paddings: Sequence[Padding]) -> Placement:
        """Lay out every level after those inside of it, and put them together."""
        frames = range(self.tiles, self.whole)
        outward = sorted(frames, key=lambda f: -len(self._way_out(f)))
        for frame in outward:
            level = self.levels[frame]
            nodes = [*level.members, *level.entries.values(), *level.exits.values()]
            self.sheets[frame] = self._drawn(frame, nodes, gap, paddings[frame - self.tiles])
            self.size[frame] = self.sheets[frame].size
        level = self.levels[self.whole]
        groups = components(level.members, level.nets.values())
        parts = [self._drawn(self.whole, nodes, gap, None) for nodes in groups]
        corners, size = shelves([part.size for part in parts], 2 * gap[0])
        self.sheets[self.whole] = _joined(parts, corners, size)
        corner = {self.whole: (0.0, 0.0)}
        for frame in reversed(outward):
            x, y = self._point(frame, corner)
            width, height = self.size[frame]
            corner[frame] = (x - width / 2, y - height / 2)
        return Placement(
            [self._point(u, corner) for u in range(self.tiles)],
            [self.sheets[self.parent[u]].ranks[u] for u in range(self.tiles)],
            [
                self._route(u, steps, corner)
                for u, steps in zip(self.sources, self.steps, strict=True)
            ],
            [
                (x, y, x + self.size[f][0], y + self.size[f][1])
                for f in frames
                for x, y in [corner[f]]
            ],
            size,
        )

    def _drawn(self, frame: int, nodes: list[int], gap: Point, padding: Padding | None) -> _Sheet:
        """Lay out some nodes of one level that no net joins to others."""
        level = self.levels[frame]
        local = {u: i for i, u in enumerate(nodes)}
        tiles = [tile for tile, (source, _) in level.nets.items() if source in local]
        nets = []
        for tile in tiles:
            source, targets = level.nets[tile]
            ends = tuple((local[v], self._touched(v, "entries", tile)) for v in targets)
            nets.append(Net(local[source], self._touched(source, "exits", tile), ends))
        drawing = draw(
            [self.size.get(u, (0.0, 0.0)) for u in nodes],
            nets,
            {local[u] for u in level.entries.values()},
            {local[u] for u in level.exits.values()},
            {local[u] for u in nodes if u in self.sheets},
            gap,
            padding,
        )
        targets_of = [list(level.nets[tile][1]) for tile in tiles]
        return _Sheet(
            dict(zip(nodes, drawing.centers, strict=True)),
            dict(zip(nodes, drawing.ranks, strict=True)),
            {(tiles[n], targets_of[n][t]): route for (n, t), route in drawing.routes.items()},
            drawing.size,
        )

    def _touched(self, node: int, edge: str, tile: int) -> float:
        """Return where a tile's value touches a tile or a frame, from its middle."""
        if node not in self.sheets:
            return self.anchors.get(node, 0.0)
        crossing = getattr(self.levels[node], edge)[tile]
        return self.sheets[node].centers[crossing][0] - self.sheets[node].size[0] / 2

    def _point(self, node: int, corner: dict[int, Point]) -> Point:
        frame = self.parent[node]
        x, y = self.sheets[frame].centers[node]
        return x + corner[frame][0], y + corner[frame][1]

    def _route(self, tile: int, steps: list[tuple[int, int]], corner: dict[int, Point]) -> Route:
        """Return the route of a link from level to level, or none if one of them has none."""
        points: list[Point] = []
        for frame, target in steps:
            part = self.sheets[frame].routes[tile, target]
            if not part:
                return []
            left, top = corner[frame]
            points += [(x + left, y + top) for x, y in part]
        return tidy(points)


def _joined(parts: Sequence[_Sheet], corners: Sequence[Point], size: Point) -> _Sheet:
    """Return sheets side by side as one."""
    whole = _Sheet({}, {}, {}, size)
    for part, (left, top) in zip(parts, corners, strict=True):
        whole.centers.update({u: (x + left, y + top) for u, (x, y) in part.centers.items()})
        whole.ranks.update(part.ranks)
        whole.routes.update(
            {key: [(x + left, y + top) for x, y in way] for key, way in part.routes.items()}
        )
    return whole
