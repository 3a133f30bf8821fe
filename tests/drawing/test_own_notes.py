"""Numbers and labels of one's own on a picture: what they are for, scales, legends, formats."""

import json
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.drawing.formats.to_graphml import to_graphml
from tensorgraph.drawing.formats.to_mermaid import to_mermaid
from tensorgraph.drawing.formats.to_model_explorer import to_model_explorer
from tensorgraph.drawing.scene.own_notes import farthest
from tensorgraph.drawing.view.colour import SIGN_TONES, numbers_text

X = np.ones((2, 4), np.float32)


def network():
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))


def seen(picture):
    """Return all tiles, the docked ones too, by what they stand for."""
    view, boxes = picture.view, picture.scene.boxes
    tiles = [*view.tiles, *(leaf for tile in view.tiles for leaf in tile.docked)]
    return {boxes[tile.boxes[0]].name or boxes[tile.boxes[0]].op: tile for tile in tiles}


def by_number(color_by, **options):
    """Return which tiles of a network have a number, with its text."""
    model = network()
    hidden = model.layers[1](model.layers[0](tg.tensor(X)))
    loss = model.layers[2](hidden).sum()
    keys = {"hidden": hidden, "W": model.layers[0].weight, "loss": loss}
    if isinstance(color_by, dict):
        color_by = {keys.get(key, key): value for key, value in color_by.items()}
    picture = tg.render(loss, color_by=color_by, **options)
    return {name: t.lines for name, t in seen(picture).items() if t.tone != "unknown"}


@pytest.mark.parametrize("key, name", [
    ("W", "model.layers.0.weight"),
    ("hidden", "hidden"),
    ("loss", "loss"),
    ("model.layers.0.weight", "model.layers.0.weight"),
    ("layers.0.weight", "model.layers.0.weight"),
    ("layers[0].weight", "model.layers.0.weight"),
    ("matmul", None),
])  # fmt: skip
def test_a_key_is_a_tensor_a_name_or_a_path(key, name):
    if name is None:
        with pytest.raises(tg.errors.ArgumentError, match="'matmul', which nothing"):
            by_number({key: 0.25})
        return
    found = by_number({key: 0.25})
    assert list(found) == [name] and "0.25" in found[name]


def test_a_modules_number_holds_for_what_is_in_it_and_the_special_one_counts():
    model = network()
    logits = model(tg.tensor(X))
    tones = {model: 1.0, model.layers[0]: 2.0, "relu": 3.0, logits: 4.0}
    tiles = seen(tg.render(logits.sum(), color_by=tones))
    texts = {name: tile.lines[0] for name, tile in tiles.items() if tile.tone != "unknown"}
    assert texts == {"linear": "2", "relu": "3", "logits": "4"}
    folded = tg.render(logits.sum(), color_by=tones, depth=0).view
    assert [t.lines[0] for t in folded.tiles if t.kind == "module"] == ["1"]  # its own, as given


def test_a_class_and_an_operation_are_keys_for_all_of_them():
    model = network()
    tiles = tg.render(model, X, color_by={"Linear": 2.0, "layers.2": 5.0, "ReLU": 1.0}).view.tiles
    assert [t.lines[0] for t in tiles if t.kind == "op"] == ["2", "1", "5"]


def test_arguments_of_a_module_that_is_run_are_keys():
    x = tg.tensor(X)
    model = network()
    assert seen(tg.render(model, x, color_by={x: 1.0}))["x"].lines == ("1",)


def test_a_function_of_the_node_and_a_row():
    model = network()
    by_width = tg.render(model, X, color_by=lambda node: node.shape[-1])
    assert [t.lines[0] for t in by_width.view.tiles if t.kind == "op"] == ["4", "4", "3"]
    row = tg.render(model, X, color_by=[0.5, None, np.float32(2)])
    assert [t.tone for t in row.view.tiles if t.kind == "op"] == ["heat0", "unknown", "heat7"]


def test_numbers_of_both_signs_are_told_apart_by_zero():
    model = network()
    view = tg.render(model, X, color_by=[-0.5, 0.0, 1.0]).view
    assert [t.tone for t in view.tiles if t.kind == "op"] == ["sign2", "sign4", "sign8"]
    assert view.scale.tones == SIGN_TONES and (view.scale.low, view.scale.high) == ("−1", "1")
    assert "0 is grey" in view.scale.quantity


def test_what_is_no_number_is_told():
    model = network()
    row = [math.nan, math.inf, 2.0]
    view = tg.render(model, X, color_by=row).view
    ops = [t for t in view.tiles if t.kind == "op"]
    assert [t.tone for t in ops] == ["nan", "nan", "heat4"]
    assert [t.lines[0] for t in ops] == ["NaN", "∞", "2"]
    assert [key.word for key in view.keys] == ["NaN or ∞", "no number"]
    json.loads(to_model_explorer(tg.render(model, X, color_by=row).scene))
    assert "NaN" in tg.render(model, X, color_by=row).html()


def test_wide_numbers_have_a_logarithmic_scale():
    model = network()
    view = tg.render(model, X, color_by=[1e-6, 1e-3, 1.0], legend="error, %").view
    assert view.scale.quantity == "error, %, log scale:"
    assert [t.tone for t in view.tiles if t.kind == "op"] == ["heat0", "heat4", "heat7"]


def test_numbers_are_called_as_their_variable_is():
    model = network()
    sensitivity = {"layers.0": 1.0}
    assert tg.render(model, X, color_by=sensitivity).view.scale.quantity == "sensitivity:"

    def width(node):
        return node.shape[-1]

    assert tg.render(model, X, color_by=width).view.scale.quantity == "width:"
    assert tg.render(model, X, color_by={"layers.0": 1}).view.scale.quantity == "number:"


def test_parts_with_numbers_of_their_own_are_drawn_each():
    layers = [nn.Linear(4, 4) for _ in range(5)]
    model = nn.Sequential(*layers)
    assert "× 5" in tg.render(model, X, depth=1).view.folded
    own = {layer.weight: k for k, layer in enumerate(layers)}
    view = tg.render(model, X, color_by=own).view
    assert "×" not in view.folded
    weights = [leaf for tile in view.tiles for leaf in tile.docked if leaf.title == "weight"]
    assert [leaf.lines for leaf in weights] == [(str(k),) for k in range(5)]


def test_equal_parts_and_folded_modules_tell_the_range_of_their_numbers():
    model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(5)))
    picture = tg.render(model, X, color_by=[1.0, -3.0, 2.0, 0.0, 1.0])
    tile = next(t for t in picture.view.tiles if t.kind == "op")
    assert tile.lines[0] == "−3 … 2" and tile.tone == "sign0"
    assert picture.view.folded.endswith("the one farthest from zero.")
    folded = tg.render(model, X, color_by=[1.0, -3.0, 2.0, 0.0, 1.0], depth=0).view.tiles[-1]
    assert (folded.kind, folded.tone, folded.lines[0]) == ("module", "sign0", "−3 … 2")


def test_an_array_of_numbers_is_told_by_its_ends():
    model = network()
    error = tg.tensor([[0.1, -0.5], [np.nan, 0.0]])
    tile = seen(tg.render(model, X, color_by={"layers.0.weight": error, "relu": np.zeros(0)}))
    assert tile["layers.0.weight"].lines == ("−0.5 … 0.1, NaN",)
    assert tile["relu"].tone == "unknown"


def test_labels_are_written_on_boxes_and_on_open_modules():
    model = network()
    loss = model(tg.tensor(X)).sum()
    picture = tg.render(loss, labels={"layers.0": "frozen", loss: 0.5, "layers.2.bias": "new"})
    assert "Linear  layers[0]  frozen" in [outline.title for outline in picture.view.outlines]
    assert seen(picture)["loss"].lines[0] == "0.5"
    assert seen(picture)["model.layers.2.bias"].lines == ("new",)
    assert all(t.tone != "unknown" for t in picture.view.tiles)  # colours are as ever
    written = tg.render(loss, labels=lambda node: node.op.name.upper()).svg()
    assert "LINEAR" in written and "SUM" in written


@pytest.mark.parametrize("color_by, message", [
    ({"layer.0": 1}, "color_by has the key 'layer.0', .* did you mean 'layers.0'"),
    ({"zzzzzzz": 1}, "it has model.layers.0.weight, model.layers.0.bias"),
    ({"layers.0": "red"}, "gives 'layers.0' a number or an array of numbers, not 'red'; texts are"),
    ({3: 1}, "a key of color_by is a tensor, a module, a name or a path, not 3"),
    ([1, 2], "color_by is a row of 2, .* the graph has 4"),
    (3, "color_by is one for each of some parts, .* not 3"),
    (None, "color_by is one of 'family', .* not None"),
    ("own", "color_by is one of 'family', 'module', 'bytes', 'time', 'grad', not 'own'"),
])  # fmt: skip
def test_what_is_wrong_with_numbers_is_told(color_by, message):
    model = network()
    loss = model(tg.tensor(X)).sum()
    with pytest.raises(tg.errors.ArgumentError, match=message):
        tg.render(loss, color_by=color_by)


def test_a_tensor_of_elsewhere_is_told():
    model, x = network(), tg.tensor(X)
    other = tg.ones(3, requires_grad=True)
    logits = model(x)
    with pytest.raises(tg.errors.ArgumentError, match="tensor 'other' as a key, which is not in"):
        tg.render(logits.sum(), color_by={other: 1})
    with pytest.raises(tg.errors.ArgumentError, match="run once more to draw it, and tensor 'log"):
        tg.render(model, x, color_by={logits: 1})
    with pytest.raises(tg.errors.ArgumentError, match="a Linear as a key that is not called in"):
        tg.render(model, x, color_by={nn.Linear(4, 4): 1})


def test_a_trace_has_names_but_no_nodes():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    trace = tg.trace(lambda w: w * w + 1.0, w)
    assert seen(tg.render(trace, color_by={"multiply": 2.0}))["multiply"].tone == "heat4"
    with pytest.raises(
        tg.errors.ArgumentError, match="a function of the nodes of a graph; a trace"
    ):
        tg.render(trace, color_by=lambda node: 1)


def test_every_format_has_the_numbers():
    model = network()
    loss = model(tg.tensor(X)).sum()
    picture = tg.render(loss, color_by={"relu": -0.25, loss: 1.5}, labels={"relu": "look"})
    for text in (picture.svg(), picture.dot(), to_mermaid(picture.view, "down")):
        assert (
            "−0.25" in text
            and "look" in text
            and "number (0 is grey)" in re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)
        )
    data = ElementTree.fromstring(to_graphml(picture.scene))
    numbers = [e.text for e in data.iter() if e.get("key") == "node_own"]
    assert numbers == ["-0.25", "1.5"]
    nodes = json.loads(to_model_explorer(picture.scene))["graphs"][0]["nodes"]
    attrs = [{a["key"]: a["value"] for a in node["attrs"]} for node in nodes]
    assert [a["number"] for a in attrs if "number" in a] == ["−0.25", "1.5"]
    assert [a["note"] for a in attrs if "note" in a] == ["look"]
    assert '"quantity":"number"' in picture.html()


@given(st.lists(st.floats(), max_size=6))
def test_the_farthest_number_is_one_of_them(numbers):
    found = farthest(numbers)
    if not numbers:
        assert found is None
    elif any(map(math.isnan, numbers)):
        assert math.isnan(found)
    else:
        assert found in numbers and abs(found) == max(map(abs, numbers))
    assert ("NaN" in numbers_text(tuple(numbers))) == any(map(math.isnan, numbers))


@given(st.lists(st.floats(width=64), min_size=3, max_size=3))
def test_any_numbers_have_a_colour_of_the_scale(numbers):
    picture = tg.render(MODEL, X, color_by=numbers)
    tones = [t.tone for t in picture.view.tiles if t.kind == "op"]
    ends = [*(picture.view.scale.tones if picture.view.scale else ()), "nan", "heat4"]
    assert set(tones) <= set(ends)
    order = sorted((n, tone) for n, tone in zip(numbers, tones, strict=True) if math.isfinite(n))
    assert [tone for _, tone in order] == sorted(tone for _, tone in order)


MODEL = network()


def test_infinity_is_no_finite_number_and_complex_ones_are_refused():
    picture = tg.render(MODEL, X, color_by=[1.0, math.inf, 2.0])
    tones = [t.tone for t in picture.view.tiles if t.kind == "op"]
    assert tones[1] == "nan" and tones[0] != tones[2]
    with pytest.raises(tg.errors.ArgumentTypeError, match=r"complex number .* give its size"):
        tg.render(MODEL, X, color_by=lambda node: 2 + 1j)
