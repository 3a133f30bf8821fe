"""The SVG in programs by others: every box has its colours, with style sheets or without."""

import io
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import resvg_py
from PIL import Image

import tensorgraph as tg
from tensorgraph.display.line_chart import line_chart
from tensorgraph.drawing.formats.draw_view import drawing_of
from tensorgraph.drawing.formats.norm_map import norms_drawing
from tensorgraph.drawing.formats.shapes import Group, Rect
from tensorgraph.drawing.formats.to_svg import to_svg
from tensorgraph.drawing.palette import THEMES
from tests.drawing.render_cases import options
from tests.drawing.test_render_svg import mirror
from tests.machine.needs import needs

NEIGHBOUR = '<svg id="other" width="9" height="9"><text fill="#123456">x</text></svg>'


def drawn_by_resvg(svg):
    return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")


def drawn_by_librsvg(svg):
    run = subprocess.run(["rsvg-convert"], input=svg.encode(), capture_output=True, check=True)
    return Image.open(io.BytesIO(run.stdout)).convert("RGBA")


PROGRAMS = [
    pytest.param(drawn_by_resvg, id="resvg"),
    pytest.param(drawn_by_librsvg, id="librsvg", marks=needs("librsvg")),
]


@pytest.fixture
def chromium(session):
    yield session
    session.plain()


def drawn_by_chromium(browser, body, screen="light"):
    """Return what a reader sees of elements of a page, on a light or dark screen."""
    media = {"features": [{"name": "prefers-color-scheme", "value": screen}]}
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.open(f"<!doctype html><meta charset=utf-8><body style='margin:0'>{body}</body>")
    return Image.open(io.BytesIO(browser.driver.get_screenshot_as_png())).convert("RGBA")


def colour_at(image, x, y):
    return "#" + bytes(image.getpixel((round(x), round(y)))[:3]).hex()


def filled(drawing, theme):
    """Yield places inside of boxes, each with the colour that fills it."""
    colours = THEMES[theme].colours
    yield 3.0, drawing.height / 2, colours["paper"]
    for shape in drawing.shapes:
        if isinstance(shape, Rect) and shape.look == "outline":
            yield shape.x + 5, shape.y + shape.height / 2, colours["frame"]
        elif isinstance(shape, Group):
            fills = {"bad": "bad-fill", "alarm": "bad", "badge": shape.tone}
            # Of a stack, the uppermost is seen whole.
            for box in {box.look: box for box in shape.shapes if isinstance(box, Rect)}.values():
                if box.look != "absent":
                    role = fills.get(box.look, f"{shape.tone}-fill")
                    yield box.x + 4, box.y + box.height / 2, colours[role]


def wrong(image, drawing, theme):
    """Return the places where a picture has another colour than it should have."""
    return [
        (x, y, colour, colour_at(image, x, y))
        for x, y, colour in filled(drawing, theme)
        if np.abs(_parts(colour) - _parts(colour_at(image, x, y))).max() > 2
    ]


def _parts(colour):
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])


@pytest.fixture(scope="module", params=["down", "right"])
def drawing(request):
    view = mirror()
    first = replace(view.tiles[1], warn="nan", repeat=2)
    view = replace(view, tiles=(view.tiles[0], first, *view.tiles[2:]))
    return drawing_of(view, options(direction=request.param))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("theme", ["auto", "dark", "print"])
def test_boxes_have_their_colours(drawing, program, theme):
    image = program(to_svg(drawing, theme))
    assert not wrong(image, drawing, "light" if theme == "auto" else theme)


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_black(drawing, program):
    """Letters are of dark ink; nothing that covers an area may be."""
    pixels = np.asarray(program(to_svg(drawing)))[..., :3].max(axis=-1)
    assert (pixels < 16).mean() < 0.001


@pytest.mark.parametrize("screen", ["light", "dark"])
def test_boxes_have_their_colours_in_a_browser(drawing, chromium, screen):
    svg = f'<div style="float:left">{to_svg(drawing)}</div>'
    image = drawn_by_chromium(chromium, svg, screen)
    seen = [place for place in wrong(image, drawing, screen) if place[1] < image.height]
    assert not seen


@pytest.mark.parametrize("screen", ["light", "dark"])
def test_a_picture_leaves_the_page_alone(chromium, screen):
    run = {"layer": [1.0, float("nan"), float("inf"), 1e-3]}
    pictures = [
        to_svg(norms_drawing(run, run, "run")),
        to_svg(drawing_of(mirror(), options())),
        line_chart("loss", {"train": np.array([1.0, 2.0])}, np.arange(2), "step"),
    ]
    drawn_by_chromium(chromium, "".join(pictures) + NEIGHBOUR, screen)
    fill = "return getComputedStyle(document.querySelector(arguments[0])).fill"
    assert chromium.js(fill, "#other text") == "rgb(18, 52, 86)"
    assert chromium.js(fill, "svg rect") == {
        "light": "rgb(255, 255, 255)",
        "dark": "rgb(18, 21, 28)",
    }.get(screen)


def test_a_picture_of_one_theme_stays_what_it_is_beside_another(chromium):
    light, auto = (to_svg(drawing_of(mirror(), options()), theme) for theme in ("light", "auto"))
    drawn_by_chromium(chromium, light + auto, "dark")
    fill = "return [...document.querySelectorAll('.tg-paper')].map((e) => getComputedStyle(e).fill)"
    assert chromium.js(fill) == ["rgb(255, 255, 255)", "rgb(18, 21, 28)"]


def test_a_name_that_is_no_path_is_whole_in_the_explorer(chromium):
    named = [tg.tensor(0.5, requires_grad=True, name=n) for n in ("lr=0.01", "a.b[0].weight")]
    chromium.open(tg.render(named[0] * named[1]).html())
    assert chromium.texts(".pill.forward text") == ["lr=0.01", "weight"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_charts_and_maps_of_norms_are_drawn_without_style_sheets(program):
    chart = program(line_chart("loss", {"a": np.array([1.0, 2.0])}, np.arange(2), "step"))
    assert colour_at(chart, chart.width - 5, 5) == "#ffffff"
    run = {"layer": [1.0, float("inf"), 1e-3]}
    drawing = norms_drawing(run, run, "run")
    assert not wrong(program(to_svg(drawing)), drawing, "light")
