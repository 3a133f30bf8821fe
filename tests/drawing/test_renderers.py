"""The SVG in programs by others: every box has its colours, with style sheets or without."""

import base64
import io
import subprocess
from dataclasses import replace

import pytest
import resvg_py
from PIL import Image

from tensorgraph.display.line_chart import line_chart
from tensorgraph.drawing.formats.draw_view import drawing_of
from tensorgraph.drawing.formats.shapes import Group, Rect
from tensorgraph.drawing.formats.to_svg import to_svg
from tensorgraph.drawing.palette import THEMES
from tensorgraph.drawing.view.view import Caption, Tile
from tests.drawing.browser import browser  # noqa: F401
from tests.drawing.render_cases import constant, options
from tests.drawing.test_render_svg import mirror, op
from tests.machine.needs import needs


def drawn_by_resvg(svg):
    return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")


def drawn_by_librsvg(svg):
    run = subprocess.run(["rsvg-convert"], input=svg.encode(), capture_output=True, check=True)
    return Image.open(io.BytesIO(run.stdout)).convert("RGBA")


PROGRAMS = [
    pytest.param(drawn_by_resvg, id="resvg"),
    pytest.param(drawn_by_librsvg, id="librsvg", marks=needs("librsvg")),
]
