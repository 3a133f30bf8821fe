"""A drawing in the formats that show it, in the size that was asked for."""

from __future__ import annotations

from tensorgraph.drawing.formats.lengths import Size
from tensorgraph.drawing.formats.shapes import Drawing
from tensorgraph.drawing.formats.to_image import to_image
from tensorgraph.drawing.formats.to_svg import to_svg
from tensorgraph.drawing.formats.to_tikz import to_tikz
from tensorgraph.drawing.palette import THEMES
from tensorgraph.drawing.view.options import TITLE_SIZE, Options


def written(drawing: Drawing, kind: str, options: Options, size: Size) -> bytes:
    """Return a drawing as the bytes of a file.

    Args:
        drawing: what is drawn.
        kind: ``svg``, ``tex``, ``pdf`` or ``png``.
        options: the theme and type.
        size: of the picture; without one, the titles of boxes have the size of the options.

    Raises:
        ImportError: matplotlib is needed and not installed.
        ArgumentError: the font is needed and not installed.
    """
    scale = size.scale(drawing.width, drawing.height) or options.font_size / TITLE_SIZE
    if kind == "svg":
        return to_svg(drawing, options.theme, options.font, scale).encode()
    theme = THEMES["light" if options.theme == "auto" else options.theme]
    if kind == "tex":
        return to_tikz(drawing, theme, options.font, scale).encode()
    return to_image(drawing, kind, theme, options.font, scale, size.dpi)
