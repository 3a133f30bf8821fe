"""The explorer's page as a file: one piece, safe, small. What it does: see test_explorer.py."""

import json
import math
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.drawing.explorer import page
from tensorgraph.drawing.explorer.page import SCRIPTS
from tensorgraph.drawing.palette import FAMILIES, KINDS
from tensorgraph.drawing.scene.scene import Scene, Wire
from tests.drawing.explorer_scenes import HOSTILE, RUN, Builder, blocks, statistics, two_layers

STATIC = files("tensorgraph.drawing.explorer").joinpath("static")


class Tags(HTMLParser):
    """Collects the tags of a page with their attributes, and the texts of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], {"script": [], "style": []}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_data(self, text):
        if self.cdata_elem in self.texts:  # it comes in pieces
            self.texts[self.cdata_elem][-1] += text


def data_of(text):
    return json.loads(Tags(text).texts["script"][0])


def columns_of(text):
    """Return the boxes' columns as full lists."""
    packed = data_of(text)["boxes"].items()
    return {k: [c["values"][i] for i in c["at"]] if "at" in c else c["values"] for k, c in packed}


def test_page_asks_for_no_other_file():
    text = page(two_layers(), RUN)
    addresses = [
        value
        for _, attributes in Tags(text).tags
        for name, value in attributes.items()
        if name in ("src", "href", "action", "data", "srcset")
    ]
    assert addresses == ["data:,"]
    assert not re.search(r"url\((?!#)|@import|\beval\b|new Function|fetch\(|XMLHttp", text)
    assert set(re.findall(r"https?://[^\"'\s<\\]+", text)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
    }


def test_policy_admits_no_other_script_or_style():
    tags = Tags(page(two_layers()))
    (policy,) = (a["content"] for _, a in tags.tags if "http-equiv" in a)

    def hash_of(text):
        return "'sha256-" + b64encode(sha256(text.encode()).digest()).decode() + "'"

    _, script = tags.texts["script"]
    (style,) = tags.texts["style"]
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {hash_of(script)}",
        f"style-src {hash_of(style)}",
        "img-src data:",
    ]


@pytest.mark.parametrize("name", [HOSTILE, "<!--", "a & b &lt;", "${x}", "$data", "\u2028"])
def test_any_name_is_data(name):
    text = page(two_layers(name))
    tags = Tags(text)
    assert [tag for tag, _ in tags.tags].count("script") == 2
    assert name in columns_of(text)["name"]


def test_title_is_escaped():
    text = page(Scene((), title=HOSTILE))
    assert text.count("<script") == 2


def test_same_scene_gives_the_same_page():
    assert page(blocks(3), RUN) == page(blocks(3), RUN)


def test_columns_hold_what_the_scene_tells():
    scene = two_layers()
    told, columns = scene.as_json()["boxes"], columns_of(page(scene))
    for box in told:
        for key in set(box) - {"id", "wires", "value", "gradient"}:
            assert columns[key][box["id"]] == box[key]
        wires = [[w["source"], w["operand"]] for w in box.get("wires", ())]
        assert (columns["wires"][box["id"]] or []) == wires


def test_statistics_are_packed():
    b = Builder()
    b.leaf("x", (4,), value=statistics(2.0, nans=3))
    b.leaf("y", (4,), value=statistics(2.0, range=(0.0, 1.0)))
    b.leaf("z", (4,), value=statistics(2.0, histogram=(), range=None, min=None, max=None))
    b.leaf("u", (4,), value=statistics(math.inf))
    x, y, z, u = columns_of(page(b.scene()))["value"]
    assert u[5] is None
    assert x == ["20zy", -1.5, 2.5, 0.25, 0.75, 2.0, 40, 0, 3, 0]
    assert y == ["20zy", -1.5, 2.5, 0.25, 0.75, 2.0, 40, 0, 0, 0, 0.0, 1.0]
    assert z == ["", None, None, 0.25, 0.75, 2.0, 40, 0, 0, 0]


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


@pytest.mark.parametrize(
    "elements",
    [
        [math.nan, 1.0, 2.0], [math.inf, 1.0, 2.0], [-math.inf, 1.0, 2.0],
        [math.nan, math.inf, -math.inf, -1.5, 1e300], [math.nan, math.nan], [math.inf, -math.inf],
    ],
    ids=str,
)  # fmt: skip
def test_arrays_that_are_not_finite_are_told(elements):
    factors = np.array([elements, elements])
    x = tg.tensor(np.nan_to_num(factors, posinf=0, neginf=0), requires_grad=True, name="x")
    with np.errstate(invalid="ignore", over="ignore"):
        masked = tg.where(np.isfinite(factors), x, factors)  # as attention does it
        text = tg.render((masked * factors).sum()).html()
    assert json.loads(Tags(text).texts["script"][0], parse_constant=refuse)
    columns = columns_of(text)
    words = [e if np.isfinite(e) else str(e).replace("inf", "Infinity") for e in elements]
    words = ["NaN" if word == "nan" else word for word in words]
    at = columns["op"].index("where")
    for side in ("value", "gradient"):
        assert columns[side][at][8:10] == [
            2 * sum(map(math.isnan, elements)),
            2 * sum(map(math.isinf, elements)),
        ]
        sample = columns[f"{side}_sample"][at] if f"{side}_sample" in columns else None
        assert sample is None or sample["numbers"][0] == words
        assert sample or not any(map(math.isfinite, elements)), "nothing to be seen"


def test_a_column_that_repeats_is_short():
    columns = data_of(page(two_layers()))["boxes"]
    assert columns["dtype"] == {"values": ["float32"], "at": [0] * 9}
    assert columns["name"]["values"] == ["X", "W1", "Z1", "A1", "W2", "Z2", "A2", None, "loss"]


def test_a_wire_keeps_its_note_and_its_stop():
    b = Builder()
    x = b.leaf("x", (4,))
    b.op("add", [x, x, x], (4,))
    wires = (Wire(x, "x", "sums axis 0"), Wire(x, "y", stops=True), Wire(x, "z", "n", True))
    b.boxes[1] = replace(b.boxes[1], wires=wires)
    assert columns_of(page(b.scene()))["wires"][1] == [
        [0, "x", "sums axis 0"], [0, "y", "", 1], [0, "z", "n", 1],
    ]  # fmt: skip


def test_run_tells_nothing_from_infinity():
    assert data_of(page(Scene(()), RUN))["run"]["gradients"] == {
        "blocks.0": [1e-9, 1e-8, None],
        "blocks.1": [0.01, 0.1, 0.0],
        "blocks.2": [1.0, 1e9, "Infinity"],
    }


def test_thousand_operations_are_a_small_file():
    scene = blocks(200)
    assert len(scene.forward) == 1002
    assert len(page(scene).encode()) < 600_000


def test_every_script_is_in_the_page():
    assert set(SCRIPTS) == {f.name for f in STATIC.iterdir() if f.name.endswith(".js")}
    text = page(two_layers())
    for name in SCRIPTS:
        assert STATIC.joinpath(name).read_text(encoding="utf-8") in text


def test_colours_are_those_of_pictures():
    text = page(Scene(boxes=()))
    for name, (light, dark) in (FAMILIES | KINDS).items():
        assert text.count(f"--{name}:light-dark({light},{dark});") == 1
