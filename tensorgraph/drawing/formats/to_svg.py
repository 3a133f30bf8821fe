"""A view as an SVG picture that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from tensorgraph.display.text import escaped
from tensorgraph.drawing.formats.canvas import MARGIN, STRIP, TITLE, Canvas
from tensorgraph.drawing.formats.draw_links import DrawnLinks
from tensorgraph.drawing.formats.lettering import number, shortened, width_of
from tensorgraph.drawing.formats.style import css
from tensorgraph.drawing.view.options import Options
from tensorgraph.drawing.view.view import View


def to_svg(view: View, options: Options) -> str:
    """Return a view as the text of an SVG file; the same view gives the same text."""
    canvas = Canvas(view, options)
    links = DrawnLinks(canvas)
    title = escaped(view.title or "computational graph")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tg" role="img" aria-label="{title}"'
        f' width="{number(canvas.width)}" height="{number(canvas.height)}"'
        f' viewBox="0 0 {number(canvas.width)} {number(canvas.height)}">',
        f"<style>{css()}</style>",
        '<rect class="paper" width="100%" height="100%" rx="12"/>',
        *_heading(canvas),
        *_outlines(canvas),
        *links.saved(),
        *links.links(),
        *(line for placed in [*canvas.gradients, *canvas.values] for line in placed.svg()),
        *links.sums(),
        *links.tags(),
        *_titles(canvas),
        *links.notes(),
        *_feet(canvas),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _heading(canvas: Canvas) -> Iterator[str]:
    y = MARGIN
    if canvas.view.title:
        text = escaped(canvas.view.title)
        yield f'<text class="title" x="{number(MARGIN)}" y="{number(y + 12)}">{text}</text>'
    if not canvas.both:
        return
    width, height = canvas.placement.size
    ends = [(0.0, 0.0), (0.0, height)] if canvas.turned else [(width / 2, 0), (width / 2, height)]
    for mirrored, words in ((False, "FORWARD"), (True, "BACKWARD")):
        arrow = ("→←" if canvas.turned else "↓↑")[mirrored]
        x, top = canvas.at(ends[mirrored and canvas.turned], mirrored)
        x, top = (x, top - 12) if canvas.turned else (x, canvas.top - 14)
        style = "pass start" if canvas.turned else "pass"
        yield f'<text class="{style}" x="{number(x)}" y="{number(top)}">{words} {arrow}</text>'


def _outlines(canvas: Canvas) -> Iterator[str]:
    with_gradients = canvas.with_gradients()
    for mirrored in (False, True) if canvas.both else (False,):
        for i, box in enumerate(canvas.placement.frames):
            if mirrored and i not in with_gradients:
                continue
            (x0, y0), (x1, y1) = canvas.box(box, mirrored)
            for d in (8, 4, 0) if canvas.view.outlines[i].copies > 1 else (0,):
                left, top = x0 + (-d if mirrored else d), y0 + d
                yield (
                    f'<rect class="outline" x="{number(left)}" y="{number(top)}"'
                    f' width="{number(x1 - x0)}" height="{number(y1 - y0)}" rx="12"/>'
                )


def _titles(canvas: Canvas) -> Iterator[str]:
    """Yield the titles of outlines, each beside the links that enter it."""
    for outline, box in zip(canvas.view.outlines, canvas.placement.frames, strict=True):
        (x0, y0), (x1, _) = canvas.box(box, False)
        text = shortened(outline.title, TITLE)
        wide = width_of(text, 12)
        x = x0 + 14
        entering = {
            left + 1
            for _, (left, top, right, bottom) in canvas.ways.get(int((y0 + 12) // STRIP), ())
            if right - left == 2 and top < y0 + 12 < bottom
        }
        for line in sorted(entering):
            if x - 6 < line < x + wide + 6 and line < x1:
                x = line + 8
        x = x if x + wide < x1 - 4 else x0 + 14
        yield f'<text class="o halo" x="{number(x)}" y="{number(y0 + 19)}">{escaped(text)}</text>'


def _feet(canvas: Canvas) -> Iterator[str]:
    y = canvas.bottom
    for foot in canvas.feet:
        yield from foot.svg(MARGIN, y, canvas.width - 2 * MARGIN)
        y += foot.height
