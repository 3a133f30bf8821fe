"""A drawing as SVG that needs nothing else.

Every element has its colours and type as attributes, so that programs without style sheets draw it
rightly. What style sheet there is changes colours on a dark screen, of this picture only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tensorgraph.display.svg import dark_style
from tensorgraph.display.text import escaped
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
from tensorgraph.drawing.formats.style import (
    LETTERING,
    LOOKS,
    MATH,
    MONO,
    SANS,
    Lettering,
    Look,
    lettering,
)
from tensorgraph.drawing.palette import ON_DARK, THEMES, Theme

MATHML = "http://www.w3.org/1998/Math/MathML"


def to_svg(drawing: Drawing, theme: str = "auto", font: str = "", scale: float = 1.0) -> str:
    """Return a drawing as the text of an SVG file; the same drawing gives the same text.

    Args:
        drawing: what is drawn.
        theme: ``light``, ``dark`` or ``print``; ``auto`` is light, and dark on a dark screen.
        font: a family of type that comes before others.
        scale: how many pixels long a pixel of the drawing is.
    """
    writer = _Writer(THEMES["light" if theme == "auto" else theme])
    body = "\n".join(writer.all(drawing.shapes))
    style = dark_style(writer.attributes(), ON_DARK, "tg-auto") if theme == "auto" else ""
    width, height = number(drawing.width), number(drawing.height)
    family = f"{font},{SANS}" if font else SANS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tg tg-{theme}" role="img"'
        f' aria-label="{escaped(drawing.title)}" width="{number(drawing.width * scale)}"'
        f' height="{number(drawing.height * scale)}" viewBox="0 0 {width} {height}"'
        f' font-family="{escaped(family)}">\n{style}{body}\n</svg>\n'
    )


class _Writer:
    """Shapes as elements, in the colours of a theme."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._written: dict[tuple[object, ...], str] = {}

    def attributes(self) -> str:
        """Return what was written of looks, each once."""
        return "".join(self._written.values())

    def all(self, shapes: Iterable[Shape], tone: str = "") -> Iterator[str]:
        """Yield the elements of shapes in a group of a tone."""
        for shape in shapes:
            match shape:
                case Text():
                    yield self._text(shape)
                case Path():
                    yield self._path(shape, tone)
                case Rect():
                    yield self._rect(shape, tone)
                case Group():
                    inner = "".join(self.all(shape.shapes, shape.tone))
                    yield f'<g class="tg-{shape.tone}">{_told(shape.tip)}{inner}</g>'
                case Circle():
                    yield self._circle(shape, tone)
                case Formula():
                    yield self._formula(shape)

    def _text(self, text: Text) -> str:
        return (
            f'<text x="{number(text.x)}" y="{number(text.y)}"'
            f"{self._type(text.look, text.anchor, text.absent)}>{escaped(text.text)}</text>"
        )

    def _formula(self, formula: Formula) -> str:
        """Return mathematics for programs that set it, and text for all others."""
        text, tall = formula.text, formula.height
        size = LETTERING[text.look].size
        place = f'x="{number(text.x)}" y="{number(text.y - 0.3 * size - tall / 2)}"'
        style = f"height:{tall:g}px;display:flex;align-items:center"
        return (
            f'<switch><foreignObject requiredExtensions="{MATHML}" {place} width="100%"'
            f' height="{tall:g}"{self._type(text.look, text.anchor, text.absent)}>'
            f'<div xmlns="http://www.w3.org/1999/xhtml" style="{style}">{formula.mathml}</div>'
            f"</foreignObject>{self._text(text)}</switch>"
        )

    def _path(self, path: Path, tone: str) -> str:
        look = self._look(path.look, tone, path.width)
        data = path_data(path.steps) + "Z" * bool(LOOKS[path.look].fill)
        end = f">{_told(path.tip)}</path>" if path.tip else "/>"
        return f'<path d="{data}"{look}{end}'

    def _rect(self, rect: Rect, tone: str) -> str:
        return (
            f'<rect x="{number(rect.x)}" y="{number(rect.y)}" width="{number(rect.width)}"'
            f' height="{number(rect.height)}" rx="{number(rect.radius)}"'
            f"{self._look(rect.look, tone)}/>"
        )

    def _circle(self, circle: Circle, tone: str) -> str:
        return (
            f'<circle cx="{number(circle.x)}" cy="{number(circle.y)}" r="{number(circle.radius)}"'
            f"{self._look(circle.look, tone)}/>"
        )

    def _look(self, name: str, tone: str, width: float | None = None) -> str:
        key = name, tone, width
        if key not in self._written:
            self._written[key] = self._look_of(LOOKS[name], *key)
        return self._written[key]

    def _look_of(self, look: Look, name: str, tone: str, width: float | None) -> str:
        fill = self.theme.colour(look.fill, tone) if look.fill else "none"
        found = f' class="tg-{name}" fill="{fill}"'
        if look.stroke:
            stroke = self.theme.colour(look.stroke, tone)
            found += f' stroke="{stroke}" stroke-width="{width or look.width:.4g}"'
        if look.dash:
            found += f' stroke-dasharray="{look.dash[0]:g} {look.dash[1]:g}"'
        return found

    def _type(self, name: str, anchor: str, absent: bool) -> str:
        key = name, anchor, absent
        if key not in self._written:
            self._written[key] = self._type_of(lettering(name, absent), anchor)
        return self._written[key]

    def _type_of(self, look: Lettering, anchor: str) -> str:
        colour = self.theme.colour(look.colour, "")
        found = f' fill="{colour}" font-size="{look.size:g}"'
        found += (
            f' color="{colour}"' if look.family == "math" else ""
        )  # of the formula in a browser
        found += ' font-weight="600"' if look.bold else ""
        family = {"mono": MONO, "math": MATH}.get(look.family)
        found += f' font-family="{family}" xml:space="preserve"' if family else ""
        return f'{found} text-anchor="{anchor}"'


def path_data(steps: Iterable[Step]) -> str:
    """Return a path as SVG writes it."""
    return "".join(
        letter + " ".join(f"{number(x)} {number(y)}" for x, y in points) for letter, points in steps
    )


def _told(tip: str) -> str:
    return f"<title>{escaped(tip)}</title>" if tip else ""
