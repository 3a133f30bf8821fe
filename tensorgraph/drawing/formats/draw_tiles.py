"""Tiles as they are drawn: cards, and the leaves docked to them as pills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tensorgraph.drawing.formats.lettering import shortened, width_of, wrapped
from tensorgraph.drawing.formats.shapes import Group, Path, Rect, Shape, Text, polyline
from tensorgraph.drawing.layout import Area, Point
from tensorgraph.drawing.view.view import Gradient, Tile
from tensorgraph.drawing.view.wording import shape_text

SIZES = {"t": 13.8, "s": 11.0, "m": 10.5, "c": 12.0}
"""Type sizes by class, see style.py; of those in bold the size that is as wide."""
MOST = 30
"""How many characters of a line are shown."""
PILL, STUB, BETWEEN = 22.0, 18.0, 6.0
"""Height of a pill, its way to the card, and the space between pills."""
LINE = 15.0


@dataclass(frozen=True)
class Line:
    """One line of a card and how it looks."""

    text: str
    style: str

    @property
    def width(self) -> float:
        """About how wide it is."""
        return width_of(self.text, SIZES[self.style], mono=self.style == "m")


@dataclass(frozen=True)
class SizedTile:
    """A tile's card and its pills, before they have a place; gradients take the same room."""

    tile: Tile
    card: Point
    """Width and height."""
    pills: Point
    """Width of the pills of leaves, and of those of their gradients."""
    pile: float
    """The height of all pills, one above the other."""
    size: Point
    anchor: float
    """How far the card's middle is from the middle of ``size``, across the direction of links."""

    @property
    def steps(self) -> tuple[float, ...]:
        """How far below and beside its place the card is drawn: several stand for equal ones."""
        return (8.0, 4.0, 0.0) if self.tile.repeat > 1 else (0.0,)


def sized(tile: Tile, mirror: bool, turned: bool, gutter: float = 0.0) -> SizedTile:
    """Return the room that a tile takes, with its pills or with a strip that it keeps free.

    Args:
        tile: what is drawn.
        mirror: whether its gradient is.
        turned: whether links run to the right.
        gutter: how wide the strip is, on the side of pills.
    """
    faces = [face(tile)] + ([gradient_face(tile.gradient)] if mirror and tile.gradient else [])
    width = max([64.0, *(line.width + 26 for lines in faces for line in lines)])
    height = max(19 + LINE * len(lines) for lines in faces)
    card = round(width), height
    if not tile.docked:
        size = (card[0], card[1] + gutter) if turned else (card[0] + gutter, card[1])
        return SizedTile(tile, card, (0.0, 0.0), 0.0, size, gutter / 2)
    pills = _pill_width(tile, False), _pill_width(tile, True) if mirror else 0.0
    pile = sum(_pill_height(leaf, mirror) for leaf in tile.docked)
    pile += BETWEEN * (len(tile.docked) - 1)
    wide = max(pills)
    if turned:
        aside = pile + STUB + gutter
        size = max(card[0], wide), card[1] + aside
    else:
        aside = wide + STUB + gutter
        size = card[0] + aside, max(card[1], pile)
    return SizedTile(tile, card, pills, pile, size, aside / 2)


def face(tile: Tile) -> list[Line]:
    """Return the lines of a tile's card."""
    shape = shape_text(tile.shape, tile.dtype)
    told = [Line(shape, "m")] if shape else []
    return [Line(shortened(tile.title, MOST), "t"), *_small(filter(None, tile.lines)), *told]


def gradient_face(gradient: Gradient) -> list[Line]:
    """Return the lines of the card of a tile's gradient."""
    told = [Line(str(gradient.shape), "m")] if gradient.shape else []
    return [Line(shortened(gradient.title, MOST), "t"), *_small(gradient.lines), *told]


def _small(lines: Iterable[str]) -> list[Line]:
    return [Line(part, "s") for line in lines for part in wrapped(line, MOST)]


def _pill_width(tile: Tile, mirrored: bool) -> float:
    """Return the width of all pills of a tile, or of those of their gradients."""
    rows = [row for leaf in tile.docked for row in _rows(leaf, mirrored)]
    return round(max(map(_row_width, rows), default=0.0) + 22)


def _rows(leaf: Tile, mirrored: bool) -> list[list[Line]]:
    """Return the rows of a pill, or of that of its gradient, each with texts side by side."""
    told = leaf.gradient if mirrored else leaf
    if told is None:
        return []
    title = [Line(shortened(told.title, MOST), "c")]
    if told.shape is not None and (told.shape or not mirrored):
        title.append(Line(str(told.shape), "m"))
    return [title, *([line] for line in _small(told.lines))]


def _row_width(row: list[Line]) -> float:
    return sum(text.width for text in row) + 6 * (len(row) - 1)


def _pill_height(leaf: Tile, mirror: bool) -> float:
    rows = max(len(_rows(leaf, mirrored)) for mirrored in {False, mirror})
    return PILL + 13 * max(rows - 1, 0)


class PlacedTile:
    """A tile at its place, as shapes; with ``mirrored`` the tile of its gradient."""

    def __init__(
        self,
        sized_tile: SizedTile,
        center: Point,
        mirrored: bool,
        mirror: bool,
        turned: bool,
    ) -> None:
        self.sized, self.tile = sized_tile, sized_tile.tile
        self.mirrored, self.mirror, self.turned = mirrored, mirror, turned
        self.sign = -1 if mirrored else 1
        shift = self.sign * sized_tile.anchor
        x, y = center
        self.x, self.y = (x, y + shift) if turned else (x + shift, y)

    @property
    def inner(self) -> Point:
        """Return the middle of the card's edge that faces the other pass."""
        width, height = self.sized.card
        if self.turned:
            return self.x, self.y + self.sign * height / 2
        return self.x + self.sign * width / 2, self.y

    @property
    def entry(self) -> Point:
        """Return where gradients enter the card."""
        width, height = self.sized.card
        return (self.x + width / 2, self.y) if self.turned else (self.x, self.y + height / 2)

    @property
    def across(self) -> float:
        """Return the card's middle, from pass to pass."""
        return self.y if self.turned else self.x

    @property
    def middle(self) -> float:
        """Return the card's middle, in the direction of links."""
        return self.x if self.turned else self.y

    @property
    def along(self) -> Point:
        """Return where the card begins and ends, in the direction of links."""
        half = self.sized.card[0 if self.turned else 1] / 2
        return self.middle - half, self.middle + half

    def areas(self) -> Iterator[Area]:
        """Yield where the card is, and where its pills are."""
        width, height = self.sized.card
        yield self.x - width / 2, self.y - height / 2, self.x + width / 2, self.y + height / 2
        if self.tile.docked:
            (x, y), half = self._pills_start(), self.sized.pills[self.mirrored] / 2
            yield x - half, y, x + half, y + self.sized.pile

    def shapes(self) -> Iterator[Shape]:
        """Yield the card and its pills."""
        if not self.mirrored or self.tile.gradient:
            yield self._card(self.tile)
        x, y = self._pills_start()
        for leaf in self.tile.docked:
            height = _pill_height(leaf, self.mirror)
            is_drawn = not self.mirrored or leaf.gradient
            if is_drawn:
                yield self._pill(leaf, (x, y + height / 2), height)
            if is_drawn or not self.turned:  # beside the leaves' own, row by row; no gap in a pile
                y += height + BETWEEN

    def _card(self, tile: Tile) -> Group:
        width, height = self.sized.card
        left, top = self.x - width / 2, self.y - height / 2
        gradient = tile.gradient if self.mirrored else None
        absent = _is_absent(gradient)
        look = "absent" if absent else _look(tile, "tile")
        radius = height / 2 if tile.is_leaf else 8
        shapes: list[Shape] = [
            _rect(look, left + self.sign * d, top + d, width, height, radius)
            for d in self.sized.steps
        ]
        shapes += self._lines(gradient_face(gradient) if gradient else face(tile), absent)
        if tile.repeat > 1:
            at = self.x + self.sign * (width / 2 - 10), top + height + 2
            shapes += badge(f"× {tile.repeat}", at)
        if tile.warn:
            text = "NaN" if tile.warn == "nan" else "inf"
            shapes += badge(text, (self.x + self.sign * (width / 2 - 8), top), "alarm")
        return Group((gradient or tile).tone, tuple(shapes), tile.tip)

    def _lines(self, lines: list[Line], absent: bool) -> Iterator[Text]:
        y = self.y - LINE * (len(lines) - 1) / 2 + 4.2
        for i, line in enumerate(lines):
            yield Text(line.style, self.x, y + LINE * i, line.text, absent=absent and i == 0)

    def _pills_start(self) -> Point:
        """Return the middle of the upper edge of all pills."""
        (width, height), high = self.sized.card, self.sized.pile
        wide = self.sized.pills[self.mirrored]
        if self.turned:
            away = height / 2 + STUB
            return self.x, self.y + away if self.mirrored else self.y - away - high
        return self.x - self.sign * (width / 2 + STUB + wide / 2), self.y - high / 2

    def _pill(self, leaf: Tile, middle: Point, height: float) -> Group:
        x, y = middle
        wide = self.sized.pills[self.mirrored]
        gradient = leaf.gradient if self.mirrored else None
        rows = _rows(leaf, self.mirrored)
        absent = _is_absent(gradient)
        look = "absent" if absent else _look(leaf, "pill")
        shapes: list[Shape] = [
            *self._stub(middle),
            _rect(look, x - wide / 2, y - height / 2, wide, height, PILL / 2),
        ]
        base = y - 13 * (len(rows) - 1) / 2 + 4
        for i, row in enumerate(rows):
            at = x - _row_width(row) / 2
            for line in row:
                middle_of = at + line.width / 2
                shapes.append(Text(line.style, middle_of, base + 13 * i, line.text, absent=absent))
                at += line.width + 6
        return Group((gradient or leaf).tone, tuple(shapes), leaf.tip)

    def _stub(self, pill: Point) -> tuple[Path, Path]:
        """Return the arrow between a pill and the card: from a leaf, or to its gradient."""
        width, height = self.sized.card
        if self.turned:
            edge = self.y - self.sign * height / 2
            far = edge - self.sign * STUB
            return _arrow([(self.x, far), (self.x, edge)][:: self.sign])
        edge = self.x - self.sign * width / 2
        far = edge - self.sign * STUB
        y = max(self.y - height / 2 + 9, min(pill[1], self.y + height / 2 - 9))
        return _arrow([(far, pill[1]), (edge, y)][:: self.sign])


def _arrow(ends: list[Point]) -> tuple[Path, Path]:
    """Return a short arrow that begins and ends level, or upright where it is upright."""
    (x0, y0), (x1, y1) = ends
    if x0 == x1:
        down = 1 if y1 > y0 else -1
        line = polyline("line", [(x0, y0), (x0, y1 - 5 * down)], 1.3)
        return line, head((x1, y1), (0, down))
    right = 1 if x1 > x0 else -1
    end, middle = (x1 - 5 * right, y1), (x0 + x1) / 2
    way = ("L", (end,)) if y0 == y1 else ("C", ((middle, y0), (middle, y1), end))
    return Path("line", (("M", ((x0, y0),)), way), 1.3), head((x1, y1), (right, 0))


def head(tip: Point, direction: tuple[float, float], size: float = 7.0) -> Path:
    """Return the head of an arrow, along an axis."""
    (x, y), (dx, dy) = tip, direction
    back, half = size, 0.5 * size
    a = x - dx * back - dy * half, y - dy * back + dx * half
    b = x - dx * back + dy * half, y - dy * back - dx * half
    return polyline("head", [tip, a, b])


def _look(tile: Tile, usual: str) -> str:
    """Return how the face of a tile looks: dashed if it is there no more."""
    return "bad" if tile.warn else "removed" if tile.tone == "removed" else usual


def _rect(look: str, x: float, y: float, width: float, height: float, radius: float) -> Rect:
    return Rect(look, x, y, width, height, min(radius, 18))


def _is_absent(gradient: Gradient | None) -> bool:
    return gradient is not None and not gradient.is_computed


def badge(text: str, middle: Point, look: str = "badge") -> tuple[Rect, Text]:
    """Return a small sign with a word or number."""
    x, y = middle
    width = max(16.0, width_of(text, 10.5) + 12)
    return Rect(look, x - width / 2, y - 8, width, 16, 8), Text("on", x, y + 3.6, text)
