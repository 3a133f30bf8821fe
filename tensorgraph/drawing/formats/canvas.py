"""Where everything of a view stands in a drawing."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import cached_property

from tensorgraph.drawing.formats.draw_tiles import PlacedTile, sized
from tensorgraph.drawing.formats.legend import feet
from tensorgraph.drawing.formats.lettering import filled, shortened, width_of
from tensorgraph.drawing.formats.state_routes import LANE, Lanes, state_routes
from tensorgraph.drawing.layout import Area, Placement, Point, place, tidy
from tensorgraph.drawing.view.options import Options
from tensorgraph.drawing.view.view import Link, View

MARGIN = 26.0
CHANNEL = 92.0
"""Between the forward and the backward pass."""
HEADER = 24.0
"""The height of an outline's title."""
TITLE = 48
"""How many characters of an outline's title are shown."""
TITLE_TYPE, TITLE_LINE = 17.0, 20.0
"""Of the picture's title: the size of type that is as wide, and how high a line is."""
GAP = (26.0, 36.0)
TURNED_GAP = (22.0, 52.0)
NARROWEST = 420.0
"""How wide a legend may be below a narrow picture."""
STRIP = 64.0
"""The height of the strips by which tiles and links are looked up."""


def title_lines(title: str, width: float) -> list[str]:
    """Return a picture's title in lines that are no wider than it, or than a sensible column."""
    return filled(title, max(width, NARROWEST), TITLE_TYPE)


def strips(area: Area) -> range:
    """Return the numbers of the strips that an area passes."""
    return range(int(area[1] // STRIP), int(area[3] // STRIP) + 1)


class Canvas:
    """A view with the places of its tiles, links and outlines, gradients mirrored."""

    def __init__(self, view: View, options: Options) -> None:
        self.view = view
        self.turned = options.direction == "right"
        self.lanes = Lanes(view)
        self.sized = [
            sized(tile, view.mirror, self.turned, LANE * self.lanes.of_tile[tile.id])
            for tile in view.tiles
        ]
        self.data = [link for link in view.links if link.kind == "data"]
        self.placement = self._placement()
        self.states = state_routes(self.lanes, self.placement, self.sized, HEADER, self.turned)
        leaves = (leaf for tile in view.tiles for leaf in tile.docked)
        self.both = view.mirror and any(tile.gradient for tile in (*view.tiles, *leaves))
        """Whether there is a backward pass on the page."""
        along, across = self.placement.size[:: 1 if self.turned else -1]
        whole = 2 * across + CHANNEL if self.both else across
        width, height = (along, whole) if self.turned else (whole, along)
        self.feet = feet(view, max(width, NARROWEST), options.has_legend)
        widest = max([width, *(foot.width for foot in self.feet)])
        self.title = title_lines(view.title, widest)
        widest = max([widest, *(width_of(line, TITLE_TYPE) for line in self.title)])
        self.width = widest + 2 * MARGIN
        self.left = (self.width - width) / 2
        titled = 6.0 + TITLE_LINE * len(self.title) if self.title else 0.0
        self.top = MARGIN + titled + (24.0 if self.both else 0.0)
        self.bottom = self.top + height
        self.height = self.bottom + sum(foot.height for foot in self.feet) + MARGIN
        self.axis = across + CHANNEL / 2
        """Where the mirror stands, in the coordinates of the layout."""
        self._rows_of: dict[bool, dict[int, list[PlacedTile]]] = {}
        self.values = [self._placed_tile(i, False) for i in range(len(view.tiles))]
        self.gradients = (
            [self._placed_tile(i, True) for i in range(len(view.tiles))] if self.both else []
        )

    def _placement(self) -> Placement:
        outlines = self.view.outlines
        widths = [width_of(shortened(outline.title, TITLE), 12) for outline in outlines]
        # Room for a title left of a link that enters in the middle.
        headers = [(max(wide, min(2 * wide, 240.0)) + 20, HEADER) for wide in widths]
        return place(
            [tile.size for tile in self.sized],
            [(link.source, link.target) for link in self.data],
            groups=[tile.outline for tile in self.view.tiles],
            parents=[outline.parent for outline in outlines],
            headers=headers,
            gutters=[LANE * self.lanes.of_outline[outline.id] for outline in outlines],
            anchors=[tile.anchor for tile in self.sized],
            direction="right" if self.turned else "down",
            gap=TURNED_GAP if self.turned else GAP,
        )

    def _placed_tile(self, i: int, mirrored: bool) -> PlacedTile:
        center = self.at(self.placement.centers[i], mirrored)
        view = self.view
        return PlacedTile(self.sized[i], center, mirrored, view.mirror, self.turned)

    def at(self, point: Point, mirrored: bool = False) -> Point:
        """Return where a point of the layout is on the page, or its mirror image."""
        x, y = point
        if mirrored and self.turned:
            y = 2 * self.axis - y
        elif mirrored:
            x = 2 * self.axis - x
        return x + self.left, y + self.top

    def box(self, box: Area, mirrored: bool) -> tuple[Point, Point]:
        """Return the upper left and the lower right corner of an outline on the page."""
        a, b = self.at((box[0], box[1]), mirrored), self.at((box[2], box[3]), mirrored)
        return (min(a[0], b[0]), min(a[1], b[1])), (max(a[0], b[0]), max(a[1], b[1]))

    def reflected(self, box: Area) -> Area:
        """Return the mirror image of a part of the page."""
        x0, y0, x1, y1 = box
        if self.turned:
            twice = 2 * (self.axis + self.top)
            return x0, twice - y1, x1, twice - y0
        twice = 2 * (self.axis + self.left)
        return twice - x1, y0, twice - x0, y1

    def routes(self) -> dict[tuple[int, int], list[Point]]:
        """Return the routes by their ends, from card to card."""
        return {
            (link.source, link.target): self._fitted(link, route)
            for link, route in zip(self.data, self.placement.routes, strict=True)
        }

    def _fitted(self, link: Link, route: list[Point]) -> list[Point]:
        """Return a route that ends at the cards, which may be less high than all that is docked."""
        if not route:
            return route
        centers = self.placement.centers
        (x0, y0), (x1, y1) = centers[link.source], centers[link.target]
        (w0, h0), (w1, h1) = self.sized[link.source].card, self.sized[link.target].card
        first, last = route[0], route[-1]
        if self.turned:
            ends = (x0 + w0 / 2, first[1]), (x1 - w1 / 2, last[1])
        else:
            bottom = y0 + h0 / 2 + self.sized[link.source].steps[0]
            ends = (first[0], bottom), (last[0], y1 - h1 / 2)
        return tidy([ends[0], *route, ends[1]])

    def turning(self) -> list[int]:
        """Return the tiles at which the backward pass begins, where one is drawn."""
        return self.view.turning() if self.both else []

    def added(self) -> set[int]:
        """Return the tiles whose gradient is a sum of several."""
        counts: Counter[int] = Counter()
        for link in self.view.links:
            if link.kind == "gradient":
                counts[link.target] += 1
        return {tile for tile, count in counts.items() if count > 1}

    def with_gradients(self) -> set[int]:
        """Return the outlines in which a gradient is drawn."""
        found: set[int] = set()
        for tile in self.view.tiles:
            outline = tile.outline if tile.gradient else None
            while outline is not None and outline not in found:
                found.add(outline)
                outline = self.view.outlines[outline].parent
        return found

    @cached_property
    def ways(self) -> dict[int, list[tuple[tuple[int, int], Area]]]:
        """Return about where links run, by the strips that they pass."""
        found: dict[int, list[tuple[tuple[int, int], Area]]] = {}
        links = [*self.data, *self.lanes.links]
        for link, route in zip(links, [*self.placement.routes, *self.states], strict=True):
            for a, b in itertools.pairwise(map(self.at, route)):
                (left, right), (low, high) = sorted((a[0], b[0])), sorted((a[1], b[1]))
                box = (left - 1, low, right + 1, high)
                for row in strips(box):
                    found.setdefault(row, []).append(((link.source, link.target), box))
        return found

    @cached_property
    def occupied(self) -> dict[int, list[Area]]:
        """Return where cards, pills and the borders of outlines are, by the strips they pass."""
        found: dict[int, list[Area]] = {}
        areas = [area for placed in (*self.values, *self.gradients) for area in placed.areas()]
        for mirrored in {False, self.both}:
            for frame in self.placement.frames:
                (x0, y0), (x1, y1) = self.box(frame, mirrored)
                sides = (x0, y0, x0, y1), (x1, y0, x1, y1), (x0, y0, x1, y0), (x0, y1, x1, y1)
                areas += [(a - 1, b - 1, c + 1, d + 1) for a, b, c, d in sides]
        for area in areas:
            for row in strips(area):
                found.setdefault(row, []).append(area)
        return found

    def near(self, placed: PlacedTile, others: list[PlacedTile]) -> list[PlacedTile]:
        """Return the tiles that a level line from the middle of one may meet."""
        rows = self._rows_of.get(placed.mirrored)
        if rows is None:
            rows = self._rows_of[placed.mirrored] = {}
            for other in others:
                for row in range(int(other.along[0] // STRIP), int(other.along[1] // STRIP) + 1):
                    rows.setdefault(row, []).append(other)
        return rows.get(int(placed.middle // STRIP), [])
