"""A drawing as PNG or PDF, painted by matplotlib.

Of what can be installed by pip alone, matplotlib was chosen: it brings its own fonts, which have
every sign that pictures use, so that a machine without fonts draws the same; it puts them into a
PDF, where text can be searched and copied; it sets formulas as mathematics; and most who compute in
Python have it already. vl-convert and resvg draw SVG, but leave out letters where a font is not
installed; svglib puts no fonts into the PDF; typst sets our text in another face.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tensorgraph import errors
from tensorgraph.drawing.formats.shapes import (
    Circle,
    Drawing,
    Formula,
    Group,
    Path,
    Rect,
    Shape,
    Text,
)
from tensorgraph.drawing.formats.style import LOOKS, lettering
from tensorgraph.drawing.palette import Theme
from tensorgraph.extras import require

POINTS = 0.75
"""Of a pixel."""
BUILT_IN = {"sans": "DejaVu Sans", "mono": "DejaVu Sans Mono", "math": "DejaVu Serif"}


def to_image(
    drawing: Drawing, kind: str, theme: Theme, font: str = "", scale: float = 1.0,
    dpi: float = 200.0,
) -> bytes:  # fmt: skip
    """Return a drawing as the bytes of a ``png`` or ``pdf`` file.

    Args:
        drawing: what is drawn.
        kind: of the file.
        theme: its colours.
        font: an installed family of type, instead of that which matplotlib has with it.
        scale: how large a pixel of the drawing becomes, in 96ths of an inch.
        dpi: how many pixels a PNG has to an inch.

    Raises:
        ImportError: matplotlib is not installed.
        ArgumentError: the font is not installed.
    """
    require("matplotlib", "train")
    return _Painter(drawing, theme, font, scale).saved(kind, dpi)


class _Painter:
    """A figure of matplotlib on which shapes are painted, the later ones above."""

    def __init__(self, drawing: Drawing, theme: Theme, font: str, scale: float) -> None:
        self.theme, self.scale = theme, scale
        self.figure = require("matplotlib.figure", "train").Figure(
            figsize=(drawing.width * scale / 96, drawing.height * scale / 96)
        )
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, drawing.width), ylim=(drawing.height, 0))
        self.axes.set_axis_off()
        self.families = BUILT_IN | ({"sans": _installed(font)} if font else {})
        self.patches = require("matplotlib.patches", "train")
        self.path = require("matplotlib.path", "train").Path
        self._paint(drawing.shapes, "")

    def saved(self, kind: str, dpi: float) -> bytes:
        data = io.BytesIO()
        known = {"CreationDate": None} if kind == "pdf" else None  # so that files do not differ
        with require("matplotlib", "train").rc_context({"pdf.fonttype": 42}), _no_missing_signs():
            self.figure.savefig(data, format=kind, dpi=dpi, metadata=known, transparent=True)
        return data.getvalue()

    def _paint(self, shapes: Iterable[Shape], tone: str) -> None:
        for shape in shapes:
            match shape:
                case Text():
                    self._text(shape, shape.text)
                case Formula():
                    self._formula(shape)
                case Path():
                    self._patch(shape.look, tone, self._outline(shape), shape.width)
                case Rect():
                    self._patch(shape.look, tone, self._rounded(shape))
                case Circle():
                    circle = self.path.circle((shape.x, shape.y), shape.radius)
                    self._patch(shape.look, tone, circle)
                case Group():
                    self._paint(shape.shapes, shape.tone)

    def _formula(self, formula: Formula) -> None:
        """Set a formula as mathematics, where matplotlib knows all its signs."""
        parser = require("matplotlib.mathtext", "train").MathTextParser("path")
        written = "$" + formula.latex.replace(r"\frac", r"\dfrac") + "$"
        try:
            parser.parse(written)
        except ValueError:
            self._text(formula.text, formula.text.text)
        else:
            self._text(formula.text, written, mathematics=True)

    def _text(self, text: Text, written: str, mathematics: bool = False) -> Any:
        look = lettering(text.look, text.absent)
        return self.axes.text(
            text.x, text.y, written,
            size=look.size * self.scale * POINTS,
            weight="bold" if look.bold else "normal",
            color=self.theme.colour(look.colour, ""),
            family=[self.families[look.family], *BUILT_IN.values()],
            ha={"start": "left", "middle": "center", "end": "right"}[text.anchor],
            va="baseline",
            parse_math=mathematics,
            math_fontfamily="dejavuserif",
        )  # fmt: skip

    def _patch(self, name: str, tone: str, path: Any, width: float | None = None) -> None:
        look = LOOKS[name]
        self.axes.add_patch(
            self.patches.PathPatch(
                path,
                facecolor=self.theme.colour(look.fill, tone) if look.fill else "none",
                edgecolor=self.theme.colour(look.stroke, tone) if look.stroke else "none",
                linewidth=(width or look.width) * self.scale * POINTS if look.stroke else 0,
                linestyle=(0, [d / look.width for d in look.dash]) if look.dash else "-",
                capstyle="butt",
                snap=False,  # lines stay as wide as they are
            )
        )

    def _outline(self, path: Path) -> Any:
        codes = {"M": self.path.MOVETO, "L": self.path.LINETO, "Q": self.path.CURVE3}
        codes["C"] = self.path.CURVE4
        points = [point for _, ends in path.steps for point in ends]
        found = [codes[letter] for letter, ends in path.steps for _ in ends]
        if LOOKS[path.look].fill:
            points, found = [*points, points[0]], [*found, self.path.CLOSEPOLY]
        return self.path(points, found)

    def _rounded(self, rect: Rect) -> Any:
        """Return a rectangle whose corners are arcs."""
        style = self.patches.BoxStyle.Round(pad=0, rounding_size=rect.radius)
        return style(rect.x, rect.y, rect.width, rect.height, 1)


def _installed(font: str) -> str:
    """Return a font that is installed.

    Raises:
        ArgumentError: it is not.
    """
    manager = require("matplotlib.font_manager", "train")
    try:
        manager.findfont(font, fallback_to_default=False)
    except ValueError:
        known = sorted(manager.get_font_names())
        raise errors.ArgumentError(
            f"render: font={font!r} is not installed here, and a PNG or PDF needs it; there are"
            f" {errors.listing(known)}. SVG and TikZ name a font that others may have"
        ) from None
    return font


@contextmanager
def _no_missing_signs() -> Iterator[None]:
    """Let a sign that no font has be drawn as an empty box, without a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield
