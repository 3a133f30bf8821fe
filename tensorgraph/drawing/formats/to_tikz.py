r"""A drawing as TikZ, which LaTeX sets in the fonts of the document around it.

What is written is a ``tikzpicture``: ``\input`` it in a document that has ``\usepackage{tikz}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tensorgraph.display.tex_text import tex_text
from tensorgraph.display.text import printable
from tensorgraph.drawing.formats.lettering import number
from tensorgraph.drawing.formats.shapes import (
    Circle,
    Drawing,
    Formula,
    Group,
    Path,
    Rect,
    Shape,
    Step,
    Text,
)
from tensorgraph.drawing.formats.style import LOOKS, lettering
from tensorgraph.drawing.layout import Point
from tensorgraph.drawing.palette import Theme

POINTS = 72.27 / 96
"""Of TeX, in a pixel."""
ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
FAMILIES = {"sans": "sf", "mono": "tt", "math": "rm"}
GENERIC = {"serif": "rm", "sans-serif": "sf", "monospace": "tt"}
"""Fonts that a document always has; of all others it knows no names."""
KNUTH = {"sf": "cmss", "tt": "cmtt", "rm": "cmr"}
"""What these are where nothing else is chosen. Encoded as T1, they are bitmaps, which TeX fails to
make in some sizes; in OT1 they are outlines."""


def to_tikz(drawing: Drawing, theme: Theme, font: str = "", scale: float = 1.0) -> str:
    """Return a drawing as a ``tikzpicture``; the same drawing gives the same text.

    Args:
        drawing: what is drawn.
        theme: its colours.
        font: ``serif``, ``sans-serif`` or ``monospace``; anything else is the document's sans.
        scale: how large a pixel of the drawing becomes, in 96ths of an inch.
    """
    writer = _Writer(theme, FAMILIES | {"sans": GENERIC.get(font, "sf")})
    body = "\n".join(writer.all(drawing.shapes))
    unit = f"{POINTS:.4f}pt"
    return "\n".join(
        [
            r"% \input this file in a document with \usepackage{tikz} and \usepackage{amsmath};",
            r"% with \usepackage{lmodern} its letters have just the sizes that are asked for.",
            rf"\scalebox{{{scale:.5f}}}{{%",  # fonts may not have every size, but can be enlarged
            rf"\begin{{tikzpicture}}[x={unit}, y=-{unit}, inner sep=0pt, outer sep=0pt]",
            rf"\useasboundingbox (0,0) rectangle {_at((drawing.width, drawing.height))};",
            *writer.fonts(),
            *writer.colours(),
            body,
            r"\end{tikzpicture}}%",
            "",
        ]
    )


class _Writer:
    """Shapes as commands of TikZ, in the colours of a theme."""

    def __init__(self, theme: Theme, families: dict[str, str]) -> None:
        self.theme, self.families = theme, families
        self._used: dict[str, None] = {}

    def fonts(self) -> Iterator[str]:
        r"""Yield the definitions of the families that are used: ``\tgsf`` and so on."""
        for name in dict.fromkeys(self.families.values()):
            asked = rf"\edef\tg{name}{{\{name}default}}\def\tgcm{{{KNUTH[name]}}}"
            outlines = rf"\ifx\tg{name}\tgcm\noexpand\fontencoding{{OT1}}\fi"
            yield rf"{asked}\edef\tg{name}{{{outlines}\noexpand\{name}family}}"

    def colours(self) -> Iterator[str]:
        """Yield the definitions of the colours that were used."""
        for colour in self._used:
            yield rf"\definecolor{{tg{colour[1:]}}}{{HTML}}{{{colour[1:].upper()}}}"

    def _colour(self, role: str, tone: str) -> str:
        found = self.theme.colour(role, tone)
        self._used[found] = None
        return f"tg{found[1:]}"

    def all(self, shapes: Iterable[Shape], tone: str = "") -> Iterator[str]:
        """Yield the commands of shapes in a group of a tone."""
        for shape in shapes:
            match shape:
                case Text():
                    yield self._text(shape, tex_text(printable(shape.text)))
                case Formula():
                    yield self._text(shape.text, rf"$\displaystyle {shape.latex}$")
                case Path():
                    way = _way(shape.steps) + " -- cycle" * bool(LOOKS[shape.look].fill)
                    yield self._drawn(shape.look, tone, way, shape.width)
                case Rect():
                    yield self._rect(shape, tone)
                case Circle():
                    radius = f"circle[radius={shape.radius * POINTS:.2f}pt]"
                    yield self._drawn(shape.look, tone, f"{_at((shape.x, shape.y))} {radius}")
                case Group():
                    yield from self.all(shape.shapes, shape.tone)

    def _text(self, text: Text, written: str) -> str:
        look = lettering(text.look, text.absent)
        size = look.size * POINTS
        font = rf"\fontsize{{{size:.2f}}}{{{1.2 * size:.2f}}}\selectfont"
        font += rf"\tg{self.families[look.family]}" + r"\bfseries" * look.bold
        style = f"anchor={ANCHORS[text.anchor]}, text={self._colour(look.colour, '')}, font={font}"
        return rf"\node[{style}] at {_at((text.x, text.y))} {{{written}}};"

    def _rect(self, rect: Rect, tone: str) -> str:
        ends = _at((rect.x, rect.y)), _at((rect.x + rect.width, rect.y + rect.height))
        corners = f"[rounded corners={rect.radius * POINTS:.2f}pt] " if rect.radius else ""
        return self._drawn(rect.look, tone, f"{corners}{ends[0]} rectangle {ends[1]}")

    def _drawn(self, name: str, tone: str, way: str, width: float | None = None) -> str:
        look = LOOKS[name]
        style = [f"fill={self._colour(look.fill, tone)}"] if look.fill else []
        if look.stroke:
            style.append(f"draw={self._colour(look.stroke, tone)}")
            style.append(f"line width={(width or look.width) * POINTS:.2f}pt")
        if look.dash:
            on, off = (part * POINTS for part in look.dash)
            style.append(f"dash pattern=on {on:.2f}pt off {off:.2f}pt")
        return rf"\path[{', '.join(style)}] {way};"


def _way(steps: Iterable[Step]) -> str:
    """Return a path as TikZ writes it."""
    parts, here = [], (0.0, 0.0)
    for letter, points in steps:
        *bends, end = points
        if letter == "Q":  # TikZ has curves of two bends only
            bends = [_between(here, bends[0]), _between(end, bends[0])]
        if bends:
            parts.append(f".. controls {_at(bends[0])} and {_at(bends[1])} .. {_at(end)}")
        else:
            parts.append(f"{'' if letter == 'M' else '-- '}{_at(end)}")
        here = end
    return " ".join(parts)


def _between(end: Point, bend: Point) -> Point:
    return end[0] + 2 / 3 * (bend[0] - end[0]), end[1] + 2 / 3 * (bend[1] - end[1])


def _at(point: Point) -> str:
    return f"({number(point[0])},{number(point[1])})"
