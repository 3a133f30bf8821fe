"""A view as a drawing: where its shapes stand, from the lowest to the uppermost."""

from __future__ import annotations

from collections.abc import Iterator

from tensorgraph.drawing.formats.canvas import MARGIN, STRIP, TITLE, TITLE_LINE, Canvas
from tensorgraph.drawing.formats.draw_links import DrawnLinks
from tensorgraph.drawing.formats.lettering import shortened, width_of
from tensorgraph.drawing.formats.shapes import Drawing, Rect, Shape, Text
from tensorgraph.drawing.view.options import Options
from tensorgraph.drawing.view.view import View


def drawing_of(view: View, options: Options) -> Drawing:
    """Return a view as it is drawn; the same view gives the same drawing."""
    canvas = Canvas(view, options)
    links = DrawnLinks(canvas)
    shapes = [
        Rect("paper", 0, 0, canvas.width, canvas.height, 12),
        *_heading(canvas),
        *_outlines(canvas),
        *links.saved(),
        *links.links(),
        *(s for placed in [*canvas.gradients, *canvas.values] for s in placed.shapes()),
        *links.sums(),
        *links.tags(),
        *_titles(canvas),
        *links.notes(),
        *_feet(canvas),
    ]
    title = " ".join(view.title.split()) or "computational graph"
    return Drawing(canvas.width, canvas.height, shapes, title)


def _heading(canvas: Canvas) -> Iterator[Shape]:
    for i, line in enumerate(canvas.title):
        yield Text("title", MARGIN, MARGIN + 12 + TITLE_LINE * i, line, "start")
    if not canvas.both:
        return
    width, height = canvas.placement.size
    ends = [(0.0, 0.0), (0.0, height)] if canvas.turned else [(width / 2, 0), (width / 2, height)]
    for mirrored, words in ((False, "FORWARD"), (True, "BACKWARD")):
        arrow = ("→←" if canvas.turned else "↓↑")[mirrored]
        x, top = canvas.at(ends[mirrored and canvas.turned], mirrored)
        top = top - 12 if canvas.turned else canvas.top - 14
        yield Text("pass", x, top, f"{words} {arrow}", "start" if canvas.turned else "middle")


def _outlines(canvas: Canvas) -> Iterator[Shape]:
    with_gradients = canvas.with_gradients()
    for mirrored in (False, True) if canvas.both else (False,):
        for i, box in enumerate(canvas.placement.frames):
            if mirrored and i not in with_gradients:
                continue
            (x0, y0), (x1, y1) = canvas.box(box, mirrored)
            for d in (8, 4, 0) if canvas.view.outlines[i].copies > 1 else (0,):
                yield Rect("outline", x0 + (-d if mirrored else d), y0 + d, x1 - x0, y1 - y0, 12)


def _titles(canvas: Canvas) -> Iterator[Shape]:
    """Yield the titles of outlines, each beside the links that enter it; in the mirror as well."""
    mirrored = canvas.with_gradients() if canvas.both else set()
    for outline, box in zip(canvas.view.outlines, canvas.placement.frames, strict=True):
        (x0, y0), (x1, _) = canvas.box(box, False)
        text = shortened(outline.title, TITLE)
        wide = width_of(text, 12)
        x = x0 + 14
        entering = {
            left + 1
            for _, (left, top, right, bottom) in canvas.ways.get(int((y0 + 12) // STRIP), ())
            if abs(right - left - 2) < 0.01 and top < y0 + 12 < bottom
        }
        for line in sorted(entering):
            if x - 6 < line < x + wide + 6 and line < x1:
                x = line + 8
        x = x if x + wide < x1 - 4 else x0 + 14
        area = x - 2, y0 + 7, x + wide + 2, y0 + 23
        for left, top, *_ in [area, *([canvas.reflected(area)] if outline.id in mirrored else [])]:
            yield Rect("frame", left, top, wide + 4, 16)  # keeps lines off the letters
            yield Text("o", left + 2, top + 12, text, "start")


def _feet(canvas: Canvas) -> Iterator[Shape]:
    y = canvas.bottom
    for foot in canvas.feet:
        yield from foot.shapes(MARGIN, y, canvas.width - 2 * MARGIN)
        y += foot.height
