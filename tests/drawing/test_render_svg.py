"""Pictures as SVG: what is on them, that it fits, and that no text can break them."""

import os
import re
import string
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from tensorgraph.display.text import escaped
from tensorgraph.drawing import palette
from tensorgraph.drawing.formats.draw_tiles import SIZES, face, gradient_face, sized
from tensorgraph.drawing.formats.draw_view import drawing_of
from tensorgraph.drawing.formats.lettering import number, shortened, width_of
from tensorgraph.drawing.formats.to_svg import to_svg
from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene
from tensorgraph.drawing.view.colour import COLOURINGS, Colouring
from tensorgraph.drawing.view.view import Caption, Gradient, Link, Outline, Tile, View
from tensorgraph.engine.declaration_checks import FAMILIES as OP_FAMILIES
from tests.drawing.render_cases import options

GOLDEN = Path(__file__).parent / "golden"
NS = "{http://www.w3.org/2000/svg}"


def op(number, title="add", tone="elementwise", **fields):
    return Tile(number, "op", tone, title, **({"dtype": "float32"} | fields))


def leaf(kind, name, shape=(3,), **fields):
    return Tile(0, kind, kind, name, shape=shape, dtype="float32", **fields)


def mirror(**fields):
    """A small network: one outline, docked leaves, saved values, a gradient that adds up."""
    w = leaf("parameter", "W", (4, 3), gradient=Gradient("W", (4, 3)))
    b = leaf("parameter", "b", gradient=Gradient("b", (3,), is_computed=False))
    tiles = (
        leaf("input", "X", (5, 4)),
        op(1, "@", "contract", shape=(5, 3), docked=(w,), outline=0,
           gradient=Gradient("matmul", (5, 3)), tip="model.linear\nsaves x"),
        op(2, "+", shape=(5, 3), docked=(b,), outline=0,
           gradient=Gradient("Z", (5, 3), ("sum of 2",))),
        op(3, "relu", shape=(5, 3), gradient=Gradient("relu", (5, 3))),
        op(4, "×", shape=(5, 3), gradient=Gradient("multiply", (5, 3))),
        op(5, "L = Σ", "reduce", shape=(),
           gradient=Gradient("L", (), ("= 1, where it starts",))),
    )  # fmt: skip
    data = [(0, 1), (1, 2), (2, 3), (3, 4), (2, 4), (4, 5)]
    links = [Link(*pair) for pair in data]
    links[-1] = replace(links[-1], label="sums all axes")
    links += [Link(b, a, "gradient") for a, b in data[1:]]
    links += [Link(0, 1, "saved", "x"), Link(2, 3, "saved", "x"), Link(3, 3, "saved", "out")]
    outlines = (Outline(0, "Linear  model.linear"),)
    return View(tiles, tuple(links), outlines, mirror=True, title="A small network",
                caption=(Caption("∂L/∂Z = [Z > 0] Z"),), keys=keys(*tiles, w, b),
                **fields)  # fmt: skip


def keys(*tiles):
    return tuple(Colouring(Scene(boxes=())).keys(tiles))


def svg_of(view, **changed):
    return to_svg(drawing_of(view, options(**changed)))


def parsed(view):
    root = ET.fromstring(svg_of(view))
    assert root.tag == f"{NS}svg"
    return root


def texts(root):
    return ["".join(e.itertext()) for e in root.iter(f"{NS}text")]


def of_class(root, name):
    return [e for e in root.iter() if f"tg-{name}" in e.get("class", "").split()]


# -------------------------------------------------------------------------------------- what is on


@pytest.mark.parametrize("direction", ["down", "right"])
def test_the_picture_is_as_it_was(direction):
    """Set UPDATE_GOLDEN=1 after a change that is meant, and look at the files."""
    path = GOLDEN / f"mirror_{direction}.svg"
    view = mirror(folded="6 of 12 operations are shown.")
    found = svg_of(view, direction=direction)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_all_that_a_view_says_stands_on_the_picture():
    found = texts(parsed(mirror(folded="Some modules are folded.")))
    for text in ("A small network", "X", "W", "(4, 3)", "∂W", "∂b", "not computed", "sum of 2",
                 "relu", "(5, 3) float32", "∂Z", "(5, 3)", "Linear  model.linear",
                 "sums all axes", "= 1, where it starts", "∂L/∂Z = [Z > 0] Z",
                 "Some modules are folded.", "FORWARD ↓", "BACKWARD ↑",
                 "kept for backward"):  # fmt: skip
        assert text in found, text


def test_a_gradient_stands_on_the_row_of_its_value_at_the_mirrored_place():
    root = parsed(mirror())
    at = {e.text: (float(e.get("x")), float(e.get("y"))) for e in root.iter(f"{NS}text")}
    axis = at["L = Σ"][0] + at["∂L"][0]
    for value, gradient in (("relu", "∂relu"), ("+", "∂Z"), ("×", "∂multiply")):
        assert at[value][0] + at[gradient][0] == pytest.approx(axis, abs=0.3)
        assert abs(at[value][1] - at[gradient][1]) < 10
    assert at["W"][0] < at["@"][0] < at["∂matmul"][0] < at["∂W"][0]


def test_without_the_backward_pass_nothing_of_it_is_drawn():
    root = parsed(replace(mirror(), mirror=False))
    assert not any("∂" in text for text in texts(root) if "[" not in text)
    assert not of_class(root, "gradient")
    assert not of_class(root, "saved")
    assert "FORWARD ↓" not in texts(root)


def test_a_mirror_of_what_has_no_gradient_is_the_forward_pass():
    root = parsed(View((op(0), op(1)), (Link(0, 1),), mirror=True))
    assert not of_class(root, "gradient")


def test_gradients_that_add_up_are_marked_once_a_tile():
    root = parsed(mirror())
    sums = of_class(root, "sum")
    assert len(sums) == 1
    at = {e.text: e for e in root.iter(f"{NS}text")}
    assert float(sums[0].get("cx")) == pytest.approx(float(at["∂Z"].get("x")), abs=0.1)


def test_what_is_not_computed_is_drawn_as_absent():
    root = parsed(mirror())
    assert len(of_class(root, "absent")) == 1
    whole = replace(mirror().tiles[3], gradient=Gradient(None, is_computed=False))
    view = replace(mirror(), tiles=(*mirror().tiles[:3], whole, *mirror().tiles[4:]))
    assert len(of_class(parsed(view), "absent")) == 2


def test_links_are_drawn_as_often_as_they_are():
    root = parsed(mirror())
    lines = [group for group in of_class(root, "wire") if of_class(group, "line")]
    assert len(lines) == 6
    gradients = [g for g in of_class(root, "gradient") if of_class(g, "head")]
    assert len(gradients) == 5 + 1 + 2, "links, the turn at the loss, and two to leaves"
    curves = [e for e in of_class(root, "saved") if e.find(f"{NS}title") is not None]
    assert [e[0].text.rpartition(": ")[2] for e in curves] == ["x", "x", "out"]


@pytest.mark.parametrize("many", [1, 4])
def test_arrows_end_at_cards(many):
    leaves = tuple(leaf("parameter", f"W{i}") for i in range(many))  # four are higher than a card
    root = parsed(View((op(0), op(1, docked=leaves), op(2)), (Link(0, 1), Link(1, 2))))
    tops = [float(e.get("y")) for e in of_class(root, "tile") if e.get("rx") == "8"]
    heads = [e for group in of_class(root, "wire") for e in of_class(group, "head")]
    tips = [float(re.match(r"M(\S+) ([\d.]+)L", e.get("d")).group(2)) for e in heads]
    assert tips == pytest.approx(tops[1:], abs=0.2)


@pytest.mark.parametrize(("warn", "word"), [("nan", "NaN"), ("inf", "inf")])
def test_values_that_are_not_finite_stand_out(warn, word):
    root = parsed(View((op(0, warn=warn), op(1, docked=(leaf("parameter", "W", warn=warn),)))))
    assert word in texts(root)
    assert len(of_class(root, "bad")) == 2
    assert not of_class(parsed(View((op(0),))), "bad")


def test_repeated_blocks_are_stacked_and_counted():
    tile = Tile(0, "module", "module", "Block", ("layers[0]",), repeat=12)
    root = parsed(View((tile,)))
    assert "× 12" in texts(root)
    assert len([e for e in of_class(root, "tile") if float(e.get("width")) > 20]) == 3
    root = parsed(View((op(0, outline=0),), outlines=(Outline(0, "Block × 3", None, 3),)))
    assert len(of_class(root, "outline")) == 3


def test_a_link_that_stands_for_several_says_how_many():
    root = parsed(View((op(0), op(1)), (Link(0, 1, count=3),)))
    assert "× 3" in texts(root)
    assert [e.text for e in root.iter(f"{NS}title")] == ["3 links"]


def test_links_too_long_for_a_line_have_the_same_number_at_both_ends():
    tiles = tuple(op(u) for u in range(60))
    far = [Link(u, u + 30) for u in range(9)]
    root = parsed(View(tiles, (*(Link(u, u + 1) for u in range(59)), *far)))
    assert [t for t in texts(root) if t.isdigit()] == ["1", "1"]
    tiles = tuple(replace(tile, gradient=Gradient("x")) for tile in tiles)
    back = [Link(u + 30, u, "gradient") for u in range(9)]
    root = parsed(View(tiles, (*(Link(u, u + 1) for u in range(59)), *far, *back), mirror=True))
    assert [t for t in texts(root) if t.isdigit()] == ["1"] * 4


def test_a_value_read_far_away_is_named_there():
    tiles = tuple(op(u, f"op{u}", gradient=Gradient(str(u))) for u in range(12))
    links = [Link(u, u + 1) for u in range(11)] + [Link(0, 10, "saved", "x")]
    root = parsed(View(tiles, tuple(links), mirror=True))
    assert texts(root).count("op0") == 2


def test_a_view_of_nothing_and_of_one_tile():
    assert texts(parsed(View(()))) == []
    assert "add" in texts(parsed(View((op(0),))))


# ----------------------------------------------------------------------------------------- colours


def test_every_family_of_operations_has_a_colour():
    assert set(OP_FAMILIES) == set(palette.FAMILIES)


def scene_of(*times):
    """Return operations in modules of their own, inside one around them, that took these times."""
    calls = [ModuleCall(0, "model", "Net")]
    calls += [ModuleCall(i, f"model.m{i}", "M", 0) for i in range(1, len(times) + 1)]
    fields = {"op": "sum", "symbol": "Σ", "family": "reduce", "name": None, "dtype": "float32"}
    boxes = [
        Box(k - 1, "op", shape=(), bytes=4**k, call=k, forward_seconds=time, **fields)
        for k, time in enumerate(times, start=1)
    ]
    return Scene(tuple(boxes), tuple(calls))


@pytest.mark.parametrize(
    ("by", "box", "tone"),
    [
        ("family", 0, "reduce"),
        ("module", 2, "hue3"),
        ("module", 10, "hue3"),
        ("bytes", 0, "heat0"),
        ("time", 11, "heat7"),
        ("grad", 0, "constant"),
    ],
)
def test_tiles_are_coloured_by_what_is_asked_for(by, box, tone):
    scene = scene_of(*(2.0**k for k in range(12)))
    _, colouring = COLOURINGS[by]
    found = colouring(scene).tone("op", [scene.boxes[box]])
    view = View((op(0, tone=found),))
    group = next(e for e in parsed(view).iter(f"{NS}g") if "add" in texts(e))
    assert group.get("class") == f"tg-{tone}"


def test_the_legend_says_what_colours_mean():
    tiles = (op(0, tone="reduce"), leaf("input", "x"))
    root = parsed(View(tiles, keys=keys(*tiles)))
    assert {"reduce", "input"} <= set(texts(root))
    assert "contract" not in texts(root)
    colouring = COLOURINGS["time"][1](scene_of(2e-6, 3e-3))
    tiles = (op(0, tone="heat4"),)
    root = parsed(View(tiles, keys=tuple(colouring.keys(tiles)), scale=colouring.scale))
    assert {"2 µs", "3 ms"} <= set(texts(root))
    assert "elementwise" not in texts(root)


def test_each_colour_has_one_in_its_place_on_a_dark_screen():
    light, dark = (palette.THEMES[name].colours for name in ("light", "dark"))
    assert light.keys() == dark.keys()
    for role, colour in light.items():
        assert palette.ON_DARK[colour] == dark[role], role


def test_a_dark_screen_changes_this_picture_only():
    dark = r"<style>@media\(prefers-color-scheme:dark\){(.*)}</style>"
    (sheet,) = re.findall(dark, svg_of(mirror()))
    rules = re.findall("([^{}]+){([^{}]+)}", sheet)
    assert rules
    for selector, _ in rules:
        assert re.fullmatch(r'\.tg-auto \[(fill|stroke|color)="#\w{6}"\]', selector), selector
    for theme in ("light", "dark", "print"):
        text = to_svg(drawing_of(mirror(), options()), theme)
        assert "<style" not in text and "tg-auto" not in text


@pytest.mark.parametrize("theme", ["auto", "light", "dark", "print"])
def test_every_element_says_its_own_colours(theme):
    """Without a style sheet no element may fall back to black."""
    view = replace(mirror(folded="Folded."), caption=(Caption("a = b", "a = b", "<math/>"),))
    view = replace(view, tiles=(*view.tiles, op(6, repeat=3, warn="nan"), op(7)))
    view = replace(view, links=(*view.links, Link(6, 7, label="twice", count=2)))
    root = ET.fromstring(to_svg(drawing_of(view, options()), theme))
    colours = {*palette.THEMES["light" if theme == "auto" else theme].colours.values(), "none"}
    for element in root.iter():
        if element.tag.removeprefix(NS) in ("rect", "path", "circle", "text"):
            assert element.get("fill") in colours, element.attrib
            assert element.get("stroke", "none") in colours, element.attrib
            assert element.get("fill") != "none" or element.get("stroke"), element.attrib
        if element.tag == f"{NS}text":
            assert element.get("font-size") and element.get("text-anchor")
    assert root.get("font-family")


def test_paper_without_colours_keeps_what_is_told():
    for name, colour in palette.THEMES["print"].colours.items():
        assert len({colour[1:3], colour[3:5], colour[5:7]}) == 1, name
    fills = [palette.THEMES["print"].colours[f"heat{i}-fill"] for i in range(8)]
    assert fills == sorted(set(fills), reverse=True)


def test_a_formula_is_mathematics_where_that_can_be_set():
    line = Caption("dZ = A", "dZ = A", "<math><mi>dZ</mi></math>")
    root = parsed(View((op(0),), caption=(line, Caption("assuming this"))))
    (switch,) = root.iter(f"{NS}switch")
    first, second = switch
    assert first.get("requiredExtensions") == "http://www.w3.org/1998/Math/MathML"
    assert first.get("color") and "".join(first.itertext()) == "dZ"
    assert second.text == "dZ = A" and "assuming this" in texts(root)


def contrast(a, b):
    """Return the contrast of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_text_has_enough_contrast(theme):
    values = palette.THEMES[theme].colours
    for name, ground in values.items():
        if name.endswith("-fill") or name in ("paper", "frame"):
            assert contrast(values["ink"], ground) >= 7, name
            strong = name.startswith(("heat", "sign"))
            assert contrast(values["muted"], ground) >= (3.8 if strong else 4.5), name


# -------------------------------------------------------------------------------------------- text

anything = st.text(st.characters(codec=None), max_size=40)


@given(anything, anything, anything)
def test_no_text_breaks_the_picture(title, line, tip):
    w = leaf("parameter", title, gradient=Gradient(title, (3,)))
    tiles = (op(0, title, docked=(w,), gradient=Gradient(line), tip=tip, outline=0),
             op(1, line, shape=(), dtype=title))  # fmt: skip
    view = View(tiles, (Link(0, 1, label=title), Link(0, 0, "saved", line)),
                (Outline(0, tip),), mirror=True, title=tip, caption=(Caption(title),))  # fmt: skip
    root = parsed(view)
    assert {e.tag.removeprefix(NS) for e in root.iter()} <= {
        "svg", "style", "rect", "path", "text", "title", "g", "circle"
    }  # fmt: skip


def test_markup_in_names_is_text():
    name = "</script><script>alert(1)</script>"
    view = View((op(0, "<b>&amp;\"'", tip=name),), title=name)
    assert "<script" not in svg_of(view)
    assert "<b>&amp;\"'" in texts(parsed(view))
    assert name in [e.text for e in parsed(view).iter(f"{NS}title")]


def test_a_picture_refers_to_nothing_outside():
    text = svg_of(mirror()).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|href|url\(|@import|src=", text)


@given(st.lists(st.text(string.printable, min_size=1, max_size=60), min_size=1, max_size=4))
def test_text_fits_its_card(lines):
    title, *rest = lines
    gradient = Gradient(title)
    tile = op(0, title, lines=tuple(rest), shape=(3, 4), gradient=gradient)
    block = sized(tile, mirror=True, turned=False)
    for line in [*face(tile), *gradient_face(gradient)]:
        assert width_of(line.text, SIZES[line.style], line.style == "m") + 20 <= block.card[0]


def test_shortened_texts_keep_both_ends():
    assert shortened("layers", 10) == "layers"
    assert shortened("x" * 20 + "END", 10) == "xxxxxx…END"
    assert len(shortened("a b " * 30, 30)) <= 30


def test_widths_are_about_those_of_usual_fonts():
    # Of DejaVu Sans, which is wider than most: 2048 units to an em.
    em = {"m": 1995, "i": 569, "W": 2025, "a": 1255, "T": 1251, "0": 1303, "(": 799, "∂": 1059}
    for character, units in em.items():
        assert width_of(character, 1.0) == pytest.approx(units / 2048, abs=0.42)
    word = "softmax (32, 10) matmul Linear"
    assert 12 * 0.45 * len(word) < width_of(word, 12) < 12 * 0.65 * len(word)
    assert width_of("日本", 10) > 20
    assert width_of("abc", 10, mono=True) == width_of("iii", 10, mono=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.04, "0"), (-0.04, "0"), (-0.06, "-0.1"), (-10.0, "-10"), (2.25, "2.2"),
     (100.0, "100"), (-0.5, "-0.5")],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_characters_that_xml_cannot_hold_are_replaced():
    assert escaped("a\x00b\x1fc\ud800<") == "a\ufffdb\ufffdc\ufffd&lt;"
