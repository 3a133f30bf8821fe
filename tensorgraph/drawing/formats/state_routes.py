"""How what goes round a loop runs: from the end of a turn beside it to where the next one begins.

A loop is a frame, or a tile where it is closed. It keeps a lane free for each value that goes
round, on the side away from the other pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tensorgraph.drawing.formats.draw_tiles import SizedTile
from tensorgraph.drawing.layout import INSET, Area, Placement, Point, tidy
from tensorgraph.drawing.view.view import Link, View

LEAD = 9.0
"""How far a line runs on from what it has left before it turns."""
LANE = 8.0
"""How wide a lane is."""
ASIDE = 12.0
"""How far from the middle of a card, where other links end, the first state does."""


class Lanes:
    """Which lane each state of a view has; those from the same tile share one.

    Attributes:
        links: the states.
        lane: the lane of each.
        of_outline: how many lanes each outline has.
        of_tile: how many each tile has, which is a closed loop.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.links = [link for link in view.links if link.kind == "state"]
        self.of_outline: Counter[int] = Counter()
        self.of_tile: Counter[int] = Counter()
        self.lane: list[int] = []
        known: dict[tuple[bool, int, int], int] = {}
        for link in self.links:
            of, home = self.home(link)
            key = of is self.of_tile, home, link.source
            if key not in known:
                known[key] = of[home]
                of[home] += 1
            self.lane.append(known[key])

    def home(self, link: Link) -> tuple[Counter[int], int]:
        """Return the outline of the loop; the tile where that is all it goes round."""
        innermost = self.view.tiles[link.source].outline
        if link.loop is None or (link.source == link.target and link.loop == innermost):
            return self.of_tile, link.source
        return self.of_outline, link.loop

    def around(self, outline: int | None) -> Iterator[int]:
        """Yield an outline, and those around it."""
        while outline is not None:
            yield outline
            outline = self.view.outlines[outline].parent


def state_routes(
    lanes: Lanes, placement: Placement, sized: Sequence[SizedTile], header: float, turned: bool
) -> list[list[Point]]:
    """Return how each state runs, in the coordinates of the layout.

    Args:
        lanes: which lane each has.
        placement: where tiles and frames stand.
        sized: the tiles.
        header: how high the titles of outlines are.
        turned: whether links run to the right.
    """
    return _Ways(lanes, placement, sized, header, turned).all()


class _Ways:
    """The work of one call of ``state_routes``, as if links ran downward."""

    def __init__(
        self,
        lanes: Lanes,
        placement: Placement,
        sized: Sequence[SizedTile],
        header: float,
        turned: bool,
    ) -> None:
        self.lanes, self.sized, self.turned = lanes, sized, turned
        self.inset = INSET + header if turned else INSET
        self.frames = [self._downward(frame) for frame in placement.frames]
        self.centers = [self._flipped(center) for center in placement.centers]
        self.tiles = [
            self._around(center, self._flipped(tile.size))
            for center, tile in zip(self.centers, sized, strict=True)
        ]
        self.entering: Counter[int] = Counter()

    def all(self) -> list[list[Point]]:
        return [
            [self._flipped(point) for point in self._way(link, lane)]
            for link, lane in zip(self.lanes.links, self.lanes.lane, strict=True)
        ]

    def _flipped(self, point: Point) -> Point:
        return point[::-1] if self.turned else point

    def _downward(self, area: Area) -> Area:
        return (area[1], area[0], area[3], area[2]) if self.turned else area

    @staticmethod
    def _around(center: Point, size: Point) -> Area:
        (x, y), (w, h) = center, size
        return x - w / 2, y - h / 2, x + w / 2, y + h / 2

    def _way(self, link: Link, lane: int) -> list[Point]:
        of, home = self.lanes.home(link)
        in_frame = of is self.lanes.of_outline
        start = self.frames[home][0] + self.inset if in_frame else self.tiles[home][0]
        beside = start + LANE * (lane + 0.25)
        outline = home if in_frame else self.lanes.view.tiles[home].outline
        open_to_it = set(self.lanes.around(outline))
        walls = [frame for k, frame in enumerate(self.frames) if k not in open_to_it]
        x0, y0 = self._edge(link.source, 1)
        x1, y1 = self._edge(link.target, -1, self.entering[link.target])
        self.entering[link.target] += 1
        out = _level(y0, (beside, x0), [*walls, *self.tiles], LEAD)
        into = _level(y1, (beside, x1), [*walls, *self.tiles], -LEAD)
        return tidy([(x0, y0), (x0, out), (beside, out), (beside, into), (x1, into), (x1, y1)])

    def _edge(self, tile: int, side: int, number: int = 0) -> Point:
        """Return where states leave the card of a tile, with ``side=1``, or one enters it."""
        (x, y), (width, height) = self.centers[tile], self._flipped(self.sized[tile].card)
        aside = min(ASIDE + LANE * number, width / 2 - LEAD)
        copies = self.sized[tile].steps[0] if side > 0 else 0.0
        return x + self.sized[tile].anchor - aside, y + side * height / 2 + copies


def _level(y: float, ends: Point, walls: Iterable[Area], lead: float) -> float:
    """Return the first height after y at which a level line meets no wall."""
    low, high = min(ends), max(ends)
    met = [wall for wall in walls if wall[0] < high and low < wall[2]]
    y += lead
    while True:
        wall = next((wall for wall in met if wall[1] - 2 < y < wall[3] + 2), None)
        if wall is None:
            return y
        y = (wall[3] if lead > 0 else wall[1]) + lead
