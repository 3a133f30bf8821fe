"""The lines of a picture: data, gradients, saved values, and the words beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tensorgraph.drawing.formats.canvas import CHANNEL, Canvas, strips
from tensorgraph.drawing.formats.curves import cut, direction_of, overlap, path_of
from tensorgraph.drawing.formats.draw_tiles import PlacedTile, badge, head
from tensorgraph.drawing.formats.lettering import shortened, width_of, wrapped
from tensorgraph.drawing.formats.shapes import Circle, Group, Path, Shape, Step, Text
from tensorgraph.drawing.layout import Area, Point
from tensorgraph.drawing.view.view import Link

FAR = 420.0
"""From how far away a saved value is named instead of linked."""
NOTE = 30
"""How many characters of a line beside a link are shown."""
SUM = 8.0
"""The radius of the sign where gradients add up."""


class DrawnLinks:
    """The lines on a canvas, as shapes."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas, self.view, self.turned = canvas, canvas.view, canvas.turned

    def links(self) -> Iterator[Shape]:
        """Yield data, gradients, and the turn from the one to the other."""
        routes = self.canvas.routes()
        sums = self.canvas.added()
        for link in self.canvas.data:
            route = routes.get((link.source, link.target))
            if route:
                path = [self.canvas.at(point) for point in route]
                yield self._arrow(path, "wire", link)
        for link in self.view.links:
            route = routes.get((link.target, link.source))
            if link.kind == "gradient" and route and self.canvas.both:
                path = [self.canvas.at(point, True) for point in reversed(route)]
                if link.target in sums:
                    path = cut(path, SUM, direction_of(path[-2], path[-1], self.turned))
                yield self._arrow(path, "gradient", link)
        yield from self._states()
        for i in self.canvas.turning():
            start, end = self.canvas.values[i].inner, self.canvas.gradients[i].inner
            yield self._arrow([start, end], "gradient", Link(i, i, "gradient"))

    def _states(self) -> Iterator[Shape]:
        """Yield what goes from one turn of a loop to the next, and back as a gradient."""
        links = self.view.links
        back = {(ln.target, ln.source, ln.loop) for ln in links if ln.kind == "state gradient"}
        for link, route in zip(self.canvas.lanes.links, self.canvas.states, strict=True):
            yield self._arrow([self.canvas.at(point) for point in route], "wire", link)
            if self.canvas.both and (link.source, link.target, link.loop) in back:
                way = [self.canvas.at(point, True) for point in reversed(route)]
                yield self._arrow(way, "gradient", link)

    def _arrow(self, points: list[Point], tone: str, link: Link) -> Group:
        width = min(0.3 + 1.1 * link.width, 4.5)
        size = 6.2 + 1.1 * width
        tip, before = points[-1], points[-2]
        direction = direction_of(before, tip, self.turned)
        line = path_of(cut(points, size - 2, direction), self.turned)
        times = f"{link.count} links" if link.count > 1 else ""
        told = "  ".join(filter(None, (link.label, times)))
        return Group(tone, (Path("line", line, width), head(tip, direction, size)), told)

    def saved(self) -> Iterator[Shape]:
        """Yield lines from values to the gradients that read them; they slant in the channel."""
        if not self.canvas.both:
            return
        turning = set(self.canvas.turning())
        # Named ones stand beside a line to the same gradient.
        stubs = Counter({link.target: 1 for link in self._kept() if not self._is_far(link)})
        ways: dict[tuple[Step, ...], None] = {}
        for link in self._kept():
            if self._is_far(link):
                yield from self._stub(link, stubs[link.target])
                stubs[link.target] += 1
                continue
            aside = 10.0 if link.source == link.target and link.source in turning else 0.0
            start = self._to_channel(self.canvas.values[link.source], self.canvas.values, aside)
            end = self._to_channel(self.canvas.gradients[link.target], self.canvas.gradients, aside)
            ways |= dict.fromkeys(path_of(way, not self.turned) for way in (start, end))
            path = path_of([start[-1], end[-1]], not self.turned)
            yield Path("saved", path, tip=_kept_text(link))
        # What several lines share is drawn once, so that their dashes do not fill each other.
        yield from (Path("saved", way) for way in ways)

    def _kept(self) -> Iterator[Link]:
        """Yield the links to gradients that are drawn."""
        for link in self.view.links:
            if link.kind == "saved" and self.view.tiles[link.target].gradient:
                yield link

    def _is_far(self, link: Link) -> bool:
        return (
            abs(self.canvas.values[link.source].middle - self.canvas.gradients[link.target].middle)
            > FAR
        )

    def _stub(self, link: Link, index: int) -> Iterator[Shape]:
        """Yield the end of a line that would be long, with the name of the value at its start."""
        x, y = self.canvas.gradients[link.target].inner
        name = shortened(self.view.tiles[link.source].title, 10)
        aside = 13 * ((index + 1) // 2) * (-1) ** index
        if self.turned:
            line, at = [(x + aside, y - 18), (x + aside, y)], (x + aside, y - 22)
        else:
            line, at = [(x - 26, y + aside), (x, y + aside)], (x - 30, y + aside + 3.5)
        yield Path("saved", path_of(line, self.turned), tip=_kept_text(link))
        yield Text("note", *at, name, "middle" if self.turned else "end")

    def _to_channel(
        self, placed: PlacedTile, others: list[PlacedTile], aside: float
    ) -> list[Point]:
        """Return the way from a card to the channel: level, or below the cards in between."""
        side, turned = placed.sign, self.turned
        x, y = placed.inner[::-1] if turned else placed.inner
        channel = (
            self.canvas.axis
            + (self.canvas.top if turned else self.canvas.left)
            - side * CHANNEL / 2
        )
        between = [
            other.along[1]
            for other in self.canvas.near(placed, others)
            if side * (other.across - x) > 0 and other.along[0] < y < other.along[1]
        ]
        if between:
            low, x = max(*between, placed.along[1]) + 11, x - side * 16
            way = [(x, placed.along[1]), (x, low), (channel, low)]
        else:
            way = [(x, y + aside), (channel, y + aside)]
        return [point[::-1] for point in way] if turned else way

    def sums(self) -> Iterator[Shape]:
        """Yield the signs where gradients add up."""
        if not self.canvas.both:
            return
        for i in sorted(self.canvas.added()):
            x, y = self.canvas.gradients[i].entry
            arm = SUM - 3.5
            cross = (
                ("M", ((x - arm, y),)), ("L", ((x + arm, y),)),
                ("M", ((x, y - arm),)), ("L", ((x, y + arm),)),
            )  # fmt: skip
            sign = Circle("sum", x, y, SUM), Path("line", cross, 1.5)
            yield Group("gradient", sign, "gradients add up")

    def tags(self) -> Iterator[Shape]:
        """Yield pairs of numbers for the links that are too long to be drawn as lines."""
        numbers: dict[int, int] = {}
        marked: set[tuple[int, bool]] = set()
        back = {(link.source, link.target) for link in self.view.links if link.kind == "gradient"}
        for link, route in zip(self.canvas.data, self.canvas.placement.routes, strict=True):
            if route or link.source == link.target:
                continue
            tag = numbers.setdefault(link.source, len(numbers) + 1)
            for mirrored in (False, True):
                placed = self.canvas.gradients if mirrored else self.canvas.values
                if not placed or (mirrored and (link.target, link.source) not in back):
                    continue
                yield from self._tag(placed[link.target], -1, tag)
                if (link.source, mirrored) not in marked:
                    marked.add((link.source, mirrored))
                    yield from self._tag(placed[link.source], 1, tag)

    def _tag(self, placed: PlacedTile, side: int, tag: int) -> Iterator[Shape]:
        width, height = placed.sized.card
        if self.turned:
            x, y = placed.x + side * (width / 2 + 1), placed.y - side * (height / 2 - 10)
        else:
            x, y = placed.x + side * placed.sign * (width / 2 - 10), placed.y + side * height / 2
        yield Group("more", badge(str(tag), (x, y)))

    def notes(self) -> Iterator[Shape]:
        """Yield the words beside links, where they cover nothing."""
        taken: list[Area] = []
        for link, route in zip(self.canvas.data, self.canvas.placement.routes, strict=True):
            text = link.label or (f"× {link.count}" if link.count > 1 else "")
            if not text or not route:
                continue
            lines = wrapped(text, NOTE)
            areas = self._beside([self.canvas.at(point) for point in route], lines)
            free = [a for a in areas if self._is_on_page(a)]
            free = [a for a in free if not any(overlap(a, other) for other in taken)]
            free = [a for a in free if not self._is_covered(a)]
            clear = [a for a in free if not self._is_crossed(a)]
            for area in (clear or free)[:1]:
                taken.append(area)
                for i, line in enumerate(reversed(lines)):
                    yield Text("note", area[0] + 2, area[3] - 3 - 12 * i, line, "start")

    def _beside(self, route: list[Point], lines: list[str]) -> Iterator[Area]:
        """Yield where lines of text may stand beside a link: at its end, or else at its start."""
        wide = max(width_of(line, 10) for line in lines) + 4
        high = 12 * len(lines) + 1
        (x0, y0), bend, (x, y) = route[0], route[-2][0], route[-1]
        if self.turned:
            spots = [(x - 8 - wide, y), (x0 + 6, y0)]
            corners = [(left, top) for left, at in spots for top in (at - 5 - high, at + 4)]
        else:
            sides = [x + 5, x - 5 - wide][:: -1 if bend > x + 1 else 1]
            sides += [max(bend, x) + 5, min(bend, x) - 5 - wide]
            corners = [(left, y - 6 - high) for left in sides]
        yield from ((left, top, left + wide, top + high) for left, top in corners)

    def _is_on_page(self, area: Area) -> bool:
        left, top, right, bottom = area
        return 0 <= min(left, top) and right <= self.canvas.width and bottom <= self.canvas.height

    def _is_covered(self, area: Area) -> bool:
        """Return whether a card, its pills or the border of a frame is in an area."""
        found = (self.canvas.occupied.get(row, ()) for row in strips(area))
        return any(overlap(area, other) for others in found for other in others)

    def _is_crossed(self, area: Area) -> bool:
        """Return whether a link runs through an area."""
        found = (self.canvas.ways.get(row, ()) for row in strips(area))
        return any(overlap(area, box) for ways in found for _, box in ways)


def _kept_text(link: Link) -> str:
    return f"kept for the backward pass: {link.label}"
