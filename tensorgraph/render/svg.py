"""A view as an SVG picture that needs nothing else."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from tensorgraph.render import legend
from tensorgraph.render.layout import Placement, place
from tensorgraph.render.lettering import number, shortened, width_of, xml
from tensorgraph.render.panels import Block, Panel, Point, block_of, head
from tensorgraph.render.style import css
from tensorgraph.render.view import Link, View

MARGIN = 26.0
CHANNEL = 92.0
"""Between the forward and the backward pass."""
HEADER = 24.0
"""The height of a frame's title."""
GAP = (26.0, 36.0)
TURNED_GAP = (22.0, 52.0)
FAR = 420.0
"""From how far away a saved value is named instead of linked."""
CORNER = 7.0
Area = tuple[float, float, float, float]
ROW = 64.0
"""The height of the strips by which tiles are looked up."""
TITLE = 48
"""How many characters of a frame's title are shown."""
SUM = 8.0
"""The radius of the sign where gradients add up."""


def svg(view: View) -> str:
    """Return a view as the text of an SVG file; the same view gives the same text."""
    return _Drawing(view).text()


class _Drawing:
    """The work of one call of ``svg``."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.turned = view.direction == "right"
        self.blocks = [block_of(tile, view.mirror, self.turned) for tile in view.tiles]
        self.data = [link for link in view.links if link.kind == "data"]
        self.placement = _placed(view, self.blocks, self.data)
        width, height = self.placement.size
        self.both = view.mirror and any(
            tile.gradient or any(leaf.gradient for leaf in tile.docked) for tile in view.tiles
        )
        along, across = (width, height) if self.turned else (height, width)
        whole = 2 * across + CHANNEL if self.both else across
        body = (along, whole) if self.turned else (whole, along)
        head_height = (26.0 if view.title else 0.0) + (24.0 if self.both else 0.0)
        self.feet = legend.feet(view, max(body[0], 420.0))
        self.width = max(body[0], *(foot.width for foot in self.feet), *self._head_widths())
        self.width += 2 * MARGIN
        self.left = (self.width - body[0]) / 2
        self.top = MARGIN + head_height
        self.axis = across + CHANNEL / 2
        self.bottom = self.top + body[1]
        self.height = self.bottom + sum(foot.height for foot in self.feet) + MARGIN
        self._rows_of: dict[bool, dict[int, list[Panel]]] = {}
        self.panels = [self._panel(i, False) for i in range(len(view.tiles))]
        self.others = [self._panel(i, True) for i in range(len(view.tiles))] if self.both else []

    # ----------------------------------------------------------------------------------- places

    def _head_widths(self) -> Iterator[float]:
        yield width_of(self.view.title, 17)

    def _panel(self, i: int, mirrored: bool) -> Panel:
        center = self._at(self.placement.centers[i], mirrored)
        view = self.view
        return Panel(self.blocks[i], center, mirrored, view.mirror, self.turned, view.color_by)

    def _at(self, point: Point, mirrored: bool = False) -> Point:
        x, y = point
        if mirrored and self.turned:
            y = 2 * self.axis - y
        elif mirrored:
            x = 2 * self.axis - x
        return x + self.left, y + self.top

    # ------------------------------------------------------------------------------------ whole

    def text(self) -> str:
        """Return the whole picture."""
        title = xml(self.view.title or "computational graph")
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tg" role="img" aria-label="{title}"'
            f' width="{number(self.width)}" height="{number(self.height)}"'
            f' viewBox="0 0 {number(self.width)} {number(self.height)}">',
            f"<style>{css()}</style>",
            '<rect class="paper" width="100%" height="100%" rx="12"/>',
            *self._heading(),
            *self._frames(),
            *self._saved(),
            *self._links(),
            *(line for panel in [*self.others, *self.panels] for line in panel.svg()),
            *self._sums(),
            *self._tags(),
            *self._titles(),
            *self._notes(),
            *self._feet(),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _heading(self) -> Iterator[str]:
        y = MARGIN
        if self.view.title:
            text = xml(self.view.title)
            yield f'<text class="title" x="{number(MARGIN)}" y="{number(y + 12)}">{text}</text>'
        if not self.both:
            return
        width, height = self.placement.size
        ends = [(0.0, 0.0), (0.0, height)] if self.turned else [(width / 2, 0), (width / 2, height)]
        for mirrored, words in ((False, "FORWARD"), (True, "BACKWARD")):
            arrow = ("→←" if self.turned else "↓↑")[mirrored]
            x, top = self._at(ends[mirrored and self.turned], mirrored)
            x, top = (x, top - 12) if self.turned else (x, self.top - 14)
            style = "pass start" if self.turned else "pass"
            yield f'<text class="{style}" x="{number(x)}" y="{number(top)}">{words} {arrow}</text>'

    def _feet(self) -> Iterator[str]:
        y = self.bottom
        for foot in self.feet:
            yield from foot.svg(MARGIN, y, self.width - 2 * MARGIN)
            y += foot.height

    # ----------------------------------------------------------------------------------- frames

    def _frames(self) -> Iterator[str]:
        with_gradients = self._with_gradients()
        for mirrored in (False, True) if self.both else (False,):
            for i, box in enumerate(self.placement.boxes):
                if mirrored and i not in with_gradients:
                    continue
                (x0, y0), (x1, y1) = self._box(box, mirrored)
                for d in (8, 4, 0) if self.view.outlines[i].copies > 1 else (0,):
                    left, top = x0 + (-d if mirrored else d), y0 + d
                    yield (
                        f'<rect class="outline" x="{number(left)}" y="{number(top)}"'
                        f' width="{number(x1 - x0)}" height="{number(y1 - y0)}" rx="12"/>'
                    )

    def _box(self, box: Sequence[float], mirrored: bool) -> tuple[Point, Point]:
        a, b = self._at((box[0], box[1]), mirrored), self._at((box[2], box[3]), mirrored)
        return (min(a[0], b[0]), min(a[1], b[1])), (max(a[0], b[0]), max(a[1], b[1]))

    def _with_gradients(self) -> set[int]:
        """Return the frames in which a gradient is drawn."""
        found: set[int] = set()
        for tile in self.view.tiles:
            frame = tile.frame if tile.gradient else None
            while frame is not None and frame not in found:
                found.add(frame)
                frame = self.view.outlines[frame].parent
        return found

    def _titles(self) -> Iterator[str]:
        """Yield the titles of frames, each beside the links that enter its frame."""
        for outline, box in zip(self.view.outlines, self.placement.boxes, strict=True):
            (x0, y0), (x1, _) = self._box(box, False)
            text = shortened(outline.title, TITLE)
            wide = width_of(text, 12)
            x = x0 + 14
            entering = {
                left + 1
                for _, (left, top, right, bottom) in self._ways.get(int((y0 + 12) // ROW), ())
                if right - left == 2 and top < y0 + 12 < bottom
            }
            for line in sorted(entering):
                if x - 6 < line < x + wide + 6 and line < x1:
                    x = line + 8
            x = x if x + wide < x1 - 4 else x0 + 14
            yield f'<text class="o halo" x="{number(x)}" y="{number(y0 + 19)}">{xml(text)}</text>'

    # ------------------------------------------------------------------------------------ links

    def _links(self) -> Iterator[str]:
        routes = self._routes()
        sums = self._added()
        for link in self.data:
            route = routes.get((link.source, link.target))
            if route:
                path = [self._at(point) for point in route]
                yield self._arrow(path, "data", link)
        for link in self.view.links:
            route = routes.get((link.target, link.source))
            if link.kind == "gradient" and route and self.both:
                path = [self._at(point, True) for point in reversed(route)]
                if link.target in sums:
                    path = _cut(path, SUM, self._direction(*path[-2:]))
                yield self._arrow(path, "gradient", link)
        for i in self._turning():
            start, end = self.panels[i].inner, self.others[i].inner
            yield self._arrow([start, end], "gradient", Link(i, i, "gradient"))

    def _routes(self) -> dict[tuple[int, int], list[Point]]:
        """Return the routes by their ends, from card to card."""
        return {
            (link.source, link.target): self._fitted(link, route)
            for link, route in zip(self.data, self.placement.routes, strict=True)
        }

    def _fitted(self, link: Link, route: list[Point]) -> list[Point]:
        """Return a route that ends at the cards, which may be less high than their blocks."""
        if not route:
            return route
        centers = self.placement.centers
        (x0, y0), (x1, y1) = centers[link.source], centers[link.target]
        (w0, h0), (w1, h1) = self.blocks[link.source].card, self.blocks[link.target].card
        first, last = route[0], route[-1]
        if self.turned:
            ends = (x0 + w0 / 2, first[1]), (x1 - w1 / 2, last[1])
        else:
            ends = (first[0], y0 + h0 / 2), (last[0], y1 - h1 / 2)
        return _tidy([ends[0], *route, ends[1]])

    def _turning(self) -> list[int]:
        """Return the tiles at which the backward pass begins."""
        if not self.both:
            return []
        fed = {link.target for link in self.view.links if link.kind == "gradient"}
        feeding = {link.source for link in self.view.links if link.kind == "gradient"}
        return [
            i
            for i, tile in enumerate(self.view.tiles)
            if tile.gradient
            and tile.gradient != "not computed"
            and i not in fed
            and (i in feeding or len(self.view.tiles) == 1 or tile.docked)
        ]

    def _added(self) -> set[int]:
        """Return the tiles whose gradient is a sum of several."""
        counts: Counter[int] = Counter()
        for link in self.view.links:
            if link.kind == "gradient":
                counts[link.target] += 1
        return {tile for tile, count in counts.items() if count > 1}

    def _arrow(self, points: list[Point], kind: str, link: Link) -> str:
        width = min(0.3 + 1.1 * link.width, 4.5)
        size = 6.2 + 1.1 * width
        tip, before = points[-1], points[-2]
        direction = self._direction(before, tip)
        short = _cut(points, size - 2, direction)
        line = f'stroke-width="{number(width)}" d="{self._path(short, self.turned)}"'
        return (
            f'<g class="{kind}">{self._told(link)}<path class="line" {line}/>'
            f"{head(tip, direction, size)}</g>"
        )

    def _told(self, link: Link) -> str:
        """Return what is told of a link when the pointer rests on it."""
        times = f"{link.count} links" if link.count > 1 else ""
        text = "  ".join(filter(None, (link.label, times)))
        return f"<title>{xml(text)}</title>" if text else ""

    def _direction(self, before: Point, tip: Point) -> tuple[float, float]:
        dx, dy = tip[0] - before[0], tip[1] - before[1]
        level = abs(dy) < 0.05 if abs(dx) < 0.05 or abs(dy) < 0.05 else self.turned
        return (1 if dx > 0 else -1, 0) if level else (0, 1 if dy > 0 else -1)

    def _path(self, points: Sequence[Point], level: bool) -> str:
        """Return a route as a path: slanted parts as curves with level or upright ends."""
        out = [f"M{number(points[0][0])} {number(points[0][1])}"]
        for i, (a, b) in enumerate(itertools.pairwise(points)):
            if not _is_straight(a, b):
                out.append(_curve(a, b, level))
                continue
            after = points[i + 2] if i + 2 < len(points) else None
            if after and _is_straight(b, after) and (a[0] == b[0]) != (b[0] == after[0]):
                start, end = _towards(b, a, CORNER), _towards(b, after, CORNER)
                out.append(
                    f"L{number(start[0])} {number(start[1])}"
                    f"Q{number(b[0])} {number(b[1])} {number(end[0])} {number(end[1])}"
                )
            else:
                out.append(f"L{number(b[0])} {number(b[1])}")
        return "".join(out)

    def _saved(self) -> Iterator[str]:
        """Yield lines from values to the gradients that read them; they slant in the channel."""
        if not self.both:
            return
        turning = set(self._turning())
        stubs: Counter[int] = Counter()
        ways: dict[str, None] = {}
        for link in self.view.links:
            if link.kind != "saved" or not self.view.tiles[link.target].gradient:
                continue
            if self._is_far(link):
                yield from self._stub(link, stubs[link.target])
                stubs[link.target] += 1
                continue
            aside = 10.0 if link.source == link.target and link.source in turning else 0.0
            start = self._to_channel(self.panels[link.source], self.panels, aside)
            end = self._to_channel(self.others[link.target], self.others, aside)
            ways |= dict.fromkeys(self._path(way, not self.turned) for way in (start, end))
            path = self._path([start[-1], end[-1]], not self.turned)
            told = f"<title>{xml('kept for the backward pass: ' + link.label)}</title>"
            yield f'<path class="saved" d="{path}">{told}</path>'
        # What several lines share is drawn once, so that their dashes do not fill each other.
        yield from (f'<path class="saved" d="{way}"/>' for way in ways)

    def _is_far(self, link: Link) -> bool:
        return abs(self.panels[link.source].middle - self.others[link.target].middle) > FAR

    def _stub(self, link: Link, number_: int) -> Iterator[str]:
        """Yield the end of a line that would be long, with the name of the value at its start."""
        x, y = self.others[link.target].inner
        name = xml(shortened(self.view.tiles[link.source].lines[0], 10))
        aside = 13 * ((number_ + 1) // 2) * (-1) ** number_
        line, at = f"M{number(x - 26)} {number(y + aside)}H{number(x)}", (x - 30, y + aside + 3.5)
        if self.turned:
            line, at = f"M{number(x + aside)} {number(y - 18)}V{number(y)}", (x + aside, y - 22)
        told = f"<title>{xml('kept for the backward pass: ' + link.label)}</title>"
        yield f'<path class="saved" d="{line}">{told}</path>'
        style = "note middle" if self.turned else "note end"
        yield f'<text class="{style}" x="{number(at[0])}" y="{number(at[1])}">{name}</text>'

    def _to_channel(self, panel: Panel, panels: list[Panel], aside: float) -> list[Point]:
        """Return the way from a card to the channel: level, or below the cards in between."""
        side, turned = panel.sign, self.turned
        x, y = panel.inner[::-1] if turned else panel.inner
        channel = self.axis + (self.top if turned else self.left) - side * CHANNEL / 2
        between = [
            other.along[1]
            for other in self._near(panel, panels)
            if side * (other.across - x) > 0 and other.along[0] < y < other.along[1]
        ]
        if between:
            low, x = max(*between, panel.along[1]) + 11, x - side * 16
            way = [(x, panel.along[1]), (x, low), (channel, low)]
        else:
            way = [(x, y + aside), (channel, y + aside)]
        return [point[::-1] for point in way] if turned else way

    def _near(self, panel: Panel, panels: list[Panel]) -> list[Panel]:
        """Return the panels that a level line from the middle of one may meet."""
        rows = self._rows_of.get(panel.mirrored)
        if rows is None:
            rows = self._rows_of[panel.mirrored] = {}
            for other in panels:
                for row in range(int(other.along[0] // ROW), int(other.along[1] // ROW) + 1):
                    rows.setdefault(row, []).append(other)
        return rows.get(int(panel.middle // ROW), [])

    def _sums(self) -> Iterator[str]:
        if not self.both:
            return
        for i in sorted(self._added()):
            x, y = self.others[i].entry
            arm = SUM - 3.5
            yield (
                f'<g class="gradient"><title>gradients add up</title>'
                f'<circle class="sum" cx="{number(x)}" cy="{number(y)}" r="{number(SUM)}"/>'
                f'<path class="line" stroke-width="1.5" d="M{number(x - arm)} {number(y)}'
                f"H{number(x + arm)}M{number(x)} {number(y - arm)}V{number(y + arm)}"
                f'"/></g>'
            )

    def _room(self, link: Link) -> float:
        """Return how much there is between the cards of a link from left to right."""
        source, target = self.panels[link.source], self.panels[link.target]
        return target.x - source.x - (source.block.card[0] + target.block.card[0]) / 2

    def _tags(self) -> Iterator[str]:
        """Yield pairs of numbers for the links that are too long to be drawn as lines."""
        numbers: dict[int, int] = {}
        for link, route in zip(self.data, self.placement.routes, strict=True):
            if route or link.source == link.target:
                continue
            fresh = link.source not in numbers
            tag = numbers.setdefault(link.source, len(numbers) + 1)
            ends = [(self.panels[link.target], -1)] + ([(self.panels[link.source], 1)] * fresh)
            for panel, side in ends:
                yield from self._tag(panel, side, tag)

    def _tag(self, panel: Panel, side: int, tag: int) -> Iterator[str]:
        width, height = panel.block.card
        if self.turned:
            x, y = panel.x + side * (width / 2 + 1), panel.y - side * (height / 2 - 10)
        else:
            x, y = panel.x + side * (width / 2 - 10), panel.y + side * (height / 2 + 1)
        wide = max(16.0, width_of(str(tag), 10) + 8)
        yield (
            f'<g class="more"><rect class="badge" x="{number(x - wide / 2)}" y="{number(y - 8)}"'
            f' width="{number(wide)}" height="16" rx="8"/>'
            f'<text class="on" x="{number(x)}" y="{number(y + 3.5)}">{tag}</text></g>'
        )

    def _notes(self) -> Iterator[str]:
        """Yield the words beside links, where they cover nothing."""
        taken: list[Area] = []
        for link, route in zip(self.data, self.placement.routes, strict=True):
            text = link.label or (f"× {link.count}" if link.count > 1 else "")
            if not text or not route:
                continue
            text = shortened(text, 30)
            wide = width_of(text, 10)
            if self.turned and wide + 16 > self._room(link):
                continue
            x, y = self._at(route[-1])
            if self.turned:
                spots = [(x - 8 - wide, y - 8), (x - 8 - wide, y + 14)]
            else:
                spots = [(x + 7, y - 9), (x - 7 - wide, y - 9)]
                spots = spots[::-1] if self._at(route[-2])[0] > x + 1 else spots
            areas = [(left - 2, base - 10, left + wide + 2, base + 3) for left, base in spots]
            free = [a for a in areas if not any(_overlap(a, other) for other in taken)]
            clear = [a for a in free if not self._is_crossed(a, (link.source, link.target))]
            for area in (clear or free)[:1]:
                taken.append(area)
                at = f'x="{number(area[0] + 2)}" y="{number(area[3] - 3)}"'
                yield f'<text class="note" {at}>{xml(text)}</text>'

    def _is_crossed(self, area: Area, ends: tuple[int, int]) -> bool:
        """Return whether a link between other ends runs through an area."""
        rows = {int(area[1] // ROW), int(area[3] // ROW)}
        return any(
            other != ends and _overlap(area, box)
            for row in rows
            for other, box in self._ways.get(row, ())
        )

    @cached_property
    def _ways(self) -> dict[int, list[tuple[tuple[int, int], Area]]]:
        """Return about where links run, by the strips that they pass."""
        found: dict[int, list[tuple[tuple[int, int], Area]]] = {}
        for link, route in zip(self.data, self.placement.routes, strict=True):
            for a, b in itertools.pairwise(map(self._at, route)):
                (left, right), (low, high) = sorted((a[0], b[0])), sorted((a[1], b[1]))
                box = (left - 1, low, right + 1, high)
                for row in range(int(low // ROW), int(high // ROW) + 1):
                    found.setdefault(row, []).append(((link.source, link.target), box))
        return found


def _placed(view: View, blocks: Sequence[Block], data: Sequence[Link]) -> Placement:
    widths = [width_of(shortened(outline.title, TITLE), 12) for outline in view.outlines]
    # Room for a title left of a link that enters in the middle.
    headers = [(max(wide, min(2 * wide, 240.0)) + 20, HEADER) for wide in widths]
    return place(
        [block.size for block in blocks],
        [(link.source, link.target) for link in data],
        groups=[tile.frame for tile in view.tiles],
        parents=[outline.parent for outline in view.outlines],
        headers=headers,
        anchors=[block.anchor for block in blocks],
        direction=view.direction,
        gap=TURNED_GAP if view.direction == "right" else GAP,
    )


def _tidy(points: Iterable[Point]) -> list[Point]:
    """Return a route without points on the straight line between their neighbours."""
    route: list[Point] = []
    for point in points:
        if route and point == route[-1]:
            continue
        if len(route) > 1 and any(route[-2][i] == route[-1][i] == point[i] for i in (0, 1)):
            route.pop()
        route.append(point)
    return route


def _is_straight(a: Point, b: Point) -> bool:
    return abs(a[0] - b[0]) < 0.05 or abs(a[1] - b[1]) < 0.05


def _curve(a: Point, b: Point, level: bool) -> str:
    if level:
        middle = number((a[0] + b[0]) / 2)
        ends = f"{middle} {number(a[1])} {middle} {number(b[1])}"
    else:
        middle = number((a[1] + b[1]) / 2)
        ends = f"{number(a[0])} {middle} {number(b[0])} {middle}"
    return f"C{ends} {number(b[0])} {number(b[1])}"


def _towards(a: Point, b: Point, most: float) -> Point:
    """Return a point on the way from a to b, at most half of it away."""
    length = abs(b[0] - a[0]) + abs(b[1] - a[1])
    share = min(most / length, 0.5) if length else 0.0
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def _cut(points: list[Point], length: float, direction: tuple[float, float]) -> list[Point]:
    """Return a route that ends so much earlier in the direction in which it arrives."""
    (x0, y0), (x1, y1) = points[-2:]
    dx, dy = direction
    if (x1 - x0) * dx + (y1 - y0) * dy < length:
        return points
    return [*points[:-1], (x1 - length * dx, y1 - length * dy)]


def _overlap(a: Sequence[float], b: Sequence[float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
