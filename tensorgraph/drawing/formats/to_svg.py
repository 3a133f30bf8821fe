"""A view as an SVG picture that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from tensorgraph.drawing.formats.arrangement import MARGIN, STRIP, TITLE, Sheet
from tensorgraph.drawing.formats.draw_links import Wires
from tensorgraph.drawing.formats.lettering import number, shortened, width_of, xml
from tensorgraph.drawing.formats.style import css
from tensorgraph.drawing.view.view import View


def svg(view: View) -> str:
    """Return a view as the text of an SVG file; the same view gives the same text."""
    sheet = Sheet(view)
    wires = Wires(sheet)
    title = xml(view.title or "computational graph")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tg" role="img" aria-label="{title}"'
        f' width="{number(sheet.width)}" height="{number(sheet.height)}"'
        f' viewBox="0 0 {number(sheet.width)} {number(sheet.height)}">',
        f"<style>{css()}</style>",
        '<rect class="paper" width="100%" height="100%" rx="12"/>',
        *_heading(sheet),
        *_frames(sheet),
        *wires.saved(),
        *wires.links(),
        *(line for panel in [*sheet.others, *sheet.panels] for line in panel.svg()),
        *wires.sums(),
        *wires.tags(),
        *_titles(sheet),
        *wires.notes(),
        *_feet(sheet),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _heading(sheet: Sheet) -> Iterator[str]:
    y = MARGIN
    if sheet.view.title:
        text = xml(sheet.view.title)
        yield f'<text class="title" x="{number(MARGIN)}" y="{number(y + 12)}">{text}</text>'
    if not sheet.both:
        return
    width, height = sheet.placement.size
    ends = [(0.0, 0.0), (0.0, height)] if sheet.turned else [(width / 2, 0), (width / 2, height)]
    for mirrored, words in ((False, "FORWARD"), (True, "BACKWARD")):
        arrow = ("→←" if sheet.turned else "↓↑")[mirrored]
        x, top = sheet.at(ends[mirrored and sheet.turned], mirrored)
        x, top = (x, top - 12) if sheet.turned else (x, sheet.top - 14)
        style = "pass start" if sheet.turned else "pass"
        yield f'<text class="{style}" x="{number(x)}" y="{number(top)}">{words} {arrow}</text>'


def _frames(sheet: Sheet) -> Iterator[str]:
    with_gradients = sheet.with_gradients()
    for mirrored in (False, True) if sheet.both else (False,):
        for i, box in enumerate(sheet.placement.boxes):
            if mirrored and i not in with_gradients:
                continue
            (x0, y0), (x1, y1) = sheet.box(box, mirrored)
            for d in (8, 4, 0) if sheet.view.outlines[i].copies > 1 else (0,):
                left, top = x0 + (-d if mirrored else d), y0 + d
                yield (
                    f'<rect class="outline" x="{number(left)}" y="{number(top)}"'
                    f' width="{number(x1 - x0)}" height="{number(y1 - y0)}" rx="12"/>'
                )


def _titles(sheet: Sheet) -> Iterator[str]:
    """Yield the titles of frames, each beside the links that enter its frame."""
    for outline, box in zip(sheet.view.outlines, sheet.placement.boxes, strict=True):
        (x0, y0), (x1, _) = sheet.box(box, False)
        text = shortened(outline.title, TITLE)
        wide = width_of(text, 12)
        x = x0 + 14
        entering = {
            left + 1
            for _, (left, top, right, bottom) in sheet.ways.get(int((y0 + 12) // STRIP), ())
            if right - left == 2 and top < y0 + 12 < bottom
        }
        for line in sorted(entering):
            if x - 6 < line < x + wide + 6 and line < x1:
                x = line + 8
        x = x if x + wide < x1 - 4 else x0 + 14
        yield f'<text class="o halo" x="{number(x)}" y="{number(y0 + 19)}">{xml(text)}</text>'


def _feet(sheet: Sheet) -> Iterator[str]:
    y = sheet.bottom
    for foot in sheet.feet:
        yield from foot.svg(MARGIN, y, sheet.width - 2 * MARGIN)
        y += foot.height
