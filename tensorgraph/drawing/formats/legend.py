"""What stands below a picture: what its colours mean, what was folded, and formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tensorgraph.drawing.formats.lettering import filled, shortened, width_of
from tensorgraph.drawing.formats.shapes import Formula, Group, Rect, Shape, Text, polyline
from tensorgraph.drawing.view.view import Caption, Gradient, Key, Scale, View

SAVED = "kept for backward"
LETTER = 9.3
"""How high the letters of formulas are."""
MOST = 240
"""How many characters of a line of formulas are shown."""

Drawn = Callable[[float, float], Iterator[Shape]]
"""What draws something that begins at a place, on a base line."""


@dataclass(frozen=True)
class Foot:
    """One part below the picture: lines of about the same height."""

    lines: tuple[Drawn, ...]
    step: float
    width: float
    """How much room its lines need."""
    base: float = 6.0
    """How far above the lower edge of its line the letters stand."""
    ruled: bool = False
    """Whether a line stands above it."""

    @property
    def height(self) -> float:
        """How much room it takes."""
        return self.step * len(self.lines) + 16

    def shapes(self, left: float, top: float, width: float) -> Iterator[Shape]:
        """Yield it at a place."""
        if self.ruled:
            yield polyline("rule", [(left, top + 14), (left + width, top + 14)])
        for i, line in enumerate(self.lines):
            yield from line(left, top + 16 + self.step * (i + 1) - self.base)


def feet(view: View, width: float, legend: bool) -> list[Foot]:
    """Return what stands below a picture of a view that is about so wide."""
    found = []
    if rows := _rows(_entries(view) if legend else iter(()), width):
        widest = max(place + wide for row in rows for _, place, wide in row)
        found.append(Foot(tuple(partial(_row, row) for row in rows), 20.0, widest))
    if view.folded:
        texts = filled(view.folded, width, 11)
        lines = tuple(partial(_line, "l", text) for text in texts)
        found.append(Foot(lines, 16.0, max(width_of(text, 11) for text in texts)))
    if view.caption:
        found.append(_formulas(view.caption))
    return found


def _formulas(lines: tuple[Caption, ...]) -> Foot:
    widest = max(width_of(shortened(line.text, MOST), 15.5) for line in lines)
    step = max(24.0 if not line.latex else 28.0 + 22.0 * fractions(line.latex) for line in lines)
    drawn = tuple(partial(_formula, line, step) for line in lines)
    return Foot(drawn, step, widest, (step - LETTER) / 2, ruled=True)


def _formula(line: Caption, height: float, x: float, y: float) -> Iterator[Shape]:
    text = Text("f", x, y, shortened(line.text, MOST), "start")
    yield Formula(text, line.latex, line.mathml, height) if line.latex else text


def fractions(latex: str) -> int:
    r"""Return how many fractions stand in each other at most.

    Example:
        >>> fractions(r"\frac{a}{\sqrt{\frac{b}{c}}} + \frac{d}{e}")
        2
    """
    parts, waiting, most = list[bool](), [0], 0
    for sign in re.findall(r"\\frac|[{}]", latex):
        match sign:
            case "{":
                parts.append(waiting[-1] > 0)
                waiting[-1] -= parts[-1]
                waiting.append(0)
                most = max(most, sum(parts))
            case "}":
                parts.pop()
                waiting.pop()
            case _:
                waiting[-1] = 2
    return most


def _line(look: str, text: str, x: float, y: float) -> Iterator[Shape]:
    yield Text(look, x, y, text, "start")


# ------------------------------------------------------------------------------------- the legend

Entry = tuple[Drawn, float]
"""What draws an entry, and how wide it is."""


def _entries(view: View) -> Iterator[Entry]:
    if view.scale:
        yield _gradation(view.scale)
    for key in keys_of(view):
        yield _swatch(key)
    if keeps(view):
        yield _saved, 33 + width_of(SAVED, 11)


def keys_of(view: View) -> list[Key]:
    """Return what colours mean, that of gradients last."""
    plain = any(gradient.tone == "gradient" for gradient in _gradients(view))
    return [*view.keys, *([Key("gradient", "gradient")] if plain else [])]


def keeps(view: View) -> bool:
    """Return whether values are drawn that are kept for the backward pass."""
    return bool(_gradients(view)) and any(link.kind == "saved" for link in view.links)


def _gradients(view: View) -> list[Gradient]:
    tiles = [*view.tiles, *(leaf for tile in view.tiles for leaf in tile.docked)]
    return [tile.gradient for tile in tiles if tile.gradient] if view.mirror else []


def _saved(x: float, y: float) -> Iterator[Shape]:
    yield polyline("saved", [(x, y - 4), (x + 26, y - 4)])
    yield Text("l", x + 33, y, SAVED, "start")


def _swatch(key: Key) -> Entry:
    def drawn(x: float, y: float) -> Iterator[Shape]:
        yield Group(key.tone, (Rect("tile", x, y - 11, 17, 13, 6.5 if key.is_round else 3.5),))
        yield Text("l", x + 24, y, key.word, "start")

    return drawn, 24 + width_of(key.word, 11)


def _gradation(scale: Scale) -> Entry:
    """Return the colours from the least to the most, with what these are."""
    low = width_of(scale.quantity, 11) + 8
    start = low + width_of(scale.low, 11) + 8
    end = start + 14 * len(scale.tones) + 8

    def drawn(x: float, y: float) -> Iterator[Shape]:
        yield Text("l", x, y, scale.quantity, "start")
        yield Text("l", x + low, y, scale.low, "start")
        for i, tone in enumerate(scale.tones):
            yield Group(tone, (Rect("heat", x + start + 14 * i, y - 11, 14, 12),))
        yield Text("l", x + end, y, scale.high, "start")

    return drawn, end + width_of(scale.high, 11)


def _rows(entries: Iterator[Entry], width: float) -> list[list[tuple[Drawn, float, float]]]:
    """Return the entries in rows of at most a width, each with its place there and its width."""
    rows: list[list[tuple[Drawn, float, float]]] = []
    x = width
    for drawn, wide in entries:
        if x + wide > width:
            rows.append([])
            x = 0.0
        rows[-1].append((drawn, x, wide))
        x += wide + 20
    return rows


def _row(row: list[tuple[Drawn, float, float]], x: float, y: float) -> Iterator[Shape]:
    for drawn, place, _ in row:
        yield from drawn(x + place, y)
