"""What stands below a picture: what its colours mean, what was folded, and a formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tensorgraph.display.text import escaped
from tensorgraph.drawing.formats.lettering import number, shortened, width_of
from tensorgraph.drawing.palette import HEATS
from tensorgraph.drawing.view.view import Key, Scale, View

SAVED = "kept for backward"


@dataclass(frozen=True)
class Foot:
    """One part below the picture."""

    kind: str
    """The class of its text."""
    lines: tuple[str, ...]
    """Texts, or rows of a legend in SVG that begin at x = 0."""
    width: float
    step: float

    @property
    def height(self) -> float:
        """How much room it takes."""
        return self.step * len(self.lines) + 16

    def svg(self, left: float, top: float, width: float) -> Iterator[str]:
        """Yield it at a place; a formula has a line above it."""
        if self.kind == "f":
            line = f"M{number(left)} {number(top + 14)}H{number(left + width)}"
            yield f'<path class="rule" d="{line}"/>'
        for i, line in enumerate(self.lines):
            y = top + 16 + self.step * (i + 1) - 6
            if self.kind == "key":
                yield f'<g transform="translate({number(left)} {number(y)})">{line}</g>'
            else:
                text = escaped(line)
                yield f'<text class="{self.kind}" x="{number(left)}" y="{number(y)}">{text}</text>'


def feet(view: View, width: float) -> list[Foot]:
    """Return what stands below a picture of a view that is about so wide."""
    found = []
    rows = _rows(_entries(view), width)
    if rows:
        found.append(Foot("key", tuple(rows), 0.0, 20.0))
    if view.folded:
        lines = tuple(_wrapped(view.folded, width))
        found.append(Foot("l", lines, 0.0, 16.0))
    if view.caption:
        lines = tuple(shortened(line, 240) for line in view.caption)
        widest = max(width_of(line, 15.5) for line in lines)
        found.append(Foot("f", lines, widest, 24.0))
    return found


def _entries(view: View) -> Iterator[tuple[str, float]]:
    """Yield the entries of the legend, each with its width."""
    if view.scale:
        yield _gradation(view.scale)
    for key in view.keys:
        yield _swatch(key)
    tiles = [*view.tiles, *(leaf for tile in view.tiles for leaf in tile.docked)]
    gradients = [tile.gradient for tile in tiles if tile.gradient] if view.mirror else []
    if any(gradient.tone == "gradient" for gradient in gradients):
        yield _swatch(Key("gradient", "gradient"))
    if gradients and any(link.kind == "saved" for link in view.links):
        line = '<path class="saved" d="M0 -4H26"/>'
        yield f'{line}<text class="l" x="33">{SAVED}</text>', 33 + width_of(SAVED, 11)


def _swatch(key: Key) -> tuple[str, float]:
    rx = 6.5 if key.is_round else 3.5
    rect = f'<rect class="tile" y="-11" width="17" height="13" rx="{rx}"/>'
    text = f'<text class="l" x="24">{escaped(key.word)}</text>'
    return f'<g class="{key.tone}">{rect}</g>{text}', 24 + width_of(key.word, 11)


def _gradation(scale: Scale) -> tuple[str, float]:
    """Return the colours from the least to the most, with what these are."""
    start = width_of(scale.low, 11) + 8
    marks = "".join(
        f'<g class="heat{i}"><rect class="badge" x="{number(start + 14 * i)}" y="-11" width="14"'
        ' height="12"/></g>'
        for i in range(len(HEATS))
    )
    end = start + 14 * len(HEATS) + 8
    left = f'<text class="l">{escaped(scale.low)}</text>'
    right = f'<text class="l" x="{number(end)}">{escaped(scale.high)}</text>'
    return left + marks + right, end + width_of(scale.high, 11)


def _rows(keys: Iterator[tuple[str, float]], width: float) -> list[str]:
    """Return the entries in rows of at most a width."""
    rows: list[str] = []
    x = width
    for key, wide in keys:
        if x + wide > width:
            rows.append("")
            x = 0.0
        rows[-1] += f'<g transform="translate({number(x)} 0)">{key}</g>'
        x += wide + 20
    return rows


def _wrapped(text: str, width: float) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and width_of(f"{line} {word}", 11) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line
