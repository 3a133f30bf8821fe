"""Graphs as data for other programs: Model Explorer, GraphML, Mermaid, Treescope."""

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import treescope
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.drawing.formats.module_paths import module_paths
from tensorgraph.drawing.formats.to_graphml import to_graphml
from tensorgraph.drawing.formats.to_mermaid import to_mermaid
from tensorgraph.drawing.formats.to_model_explorer import to_model_explorer
from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene, Wire
from tensorgraph.drawing.view.view import Gradient, Link, Outline, Tile, View
from tests.drawing.render_cases import CASES, constant

NS = "{http://graphml.graphdrawing.org/xmlns}"
anything = st.text(st.characters(codec=None), max_size=20)


@pytest.fixture
def shared():
    """A picture of a layer that is called twice, in a module around it."""

    class Twice(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(3, 3)

        def forward(self, x):
            return self.fc(tg.tanh(self.fc(x)))

    return tg.render(Twice(), constant((2, 3)))


def scene_named(text):
    """A scene of two boxes with everything that may be named called by a text."""
    leaf = Box(0, "parameter", (2,), "float32", 8, name=text, text=text, call=0)
    op = Box(1, "op", (2,), "float32", 8, name=text, op="exp", symbol=text, family="elementwise",
             call=1, wires=(Wire(0, text, text),), settings=text, line=text)  # fmt: skip
    calls = ModuleCall(0, text, text), ModuleCall(1, text, text, 0)
    return Scene((leaf, op), calls, outputs=(1,), forward=(1,), title=text)


# ---------------------------------------------------------------------------------- module paths


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["a", "b", "a/b", ""])), max_size=8))
def test_every_call_has_a_path_of_its_own_inside_that_of_the_one_around_it(drawn):
    calls = [ModuleCall(0, "net", "Net")]
    for i, (parent, name) in enumerate(drawn, start=1):
        around = min(parent, i - 1)
        calls.append(ModuleCall(i, f"{calls[around].path}.{name}", "M", around))
    paths = module_paths(Scene(boxes=(), calls=tuple(calls)))
    assert len(set(paths)) == len(calls)
    for call, path in zip(calls, paths, strict=True):
        around = "" if call.parent is None else paths[call.parent] + "/"
        assert path.startswith(around) and "/" not in path[len(around) :]


def test_a_layer_called_twice_has_two_paths(shared):
    assert module_paths(shared.scene) == [
        "Twice model", "Twice model/Linear fc", "Twice model/Linear fc (2)",
    ]  # fmt: skip


# --------------------------------------------------------------------------------- Model Explorer


def test_model_explorer_is_told_all_operations(shared):
    data = json.loads(to_model_explorer(shared.scene))
    assert data["label"] == shared.scene.title
    (graph,) = data["graphs"]
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert list(nodes) == [str(box.id) for box in shared.scene.boxes]
    for box in shared.scene.boxes:
        sources = [edge["sourceNodeId"] for edge in nodes[str(box.id)]["incomingEdges"]]
        assert sources == [str(wire.source) for wire in box.wires]
    first, second = (n for n in graph["nodes"] if n["label"].startswith("x Wᵀ"))
    assert first["namespace"] == "Twice model/Linear fc"
    assert second["namespace"] == "Twice model/Linear fc (2)"
    assert first["outputsMetadata"] == [
        {"id": "0", "attrs": [{"key": "tensor_shape", "value": "float32[2,3]"}]}
    ]
    told = {pair["key"]: pair["value"] for pair in first["attrs"]}
    assert told["op"] == "linear" and told["gradient"] == "flows here" and told["bytes"] == "24"
    tags = [item["attrs"][0]["value"] for item in first["inputsMetadata"]]
    assert tags == ["x", "weight", "bias"]
    groups = graph["groupNodeAttributes"]
    assert groups[""] == {"operations": "3", "parameters": "12"}
    assert groups["Twice model/Linear fc"]["class"] == "Linear"


@given(anything)
def test_any_name_is_written_as_json(text):
    written = to_model_explorer(scene_named(text))
    written.encode()
    (graph,) = json.loads(written)["graphs"]
    assert len(graph["nodes"]) == 2


# ----------------------------------------------------------------------------------------- GraphML


def graphml(scene):
    return ET.fromstring(to_graphml(scene))


def test_graphml_holds_all_operations(shared):
    root = graphml(shared.scene)
    declared = {(k.get("id"), k.get("for")) for k in root.iter(f"{NS}key")}
    nodes = {node.get("id"): told(node) for node in root.iter(f"{NS}node")}
    assert list(nodes) == [f"n{box.id}" for box in shared.scene.boxes]
    for element in root.iter(f"{NS}node"):
        assert {(data.get("key"), "node") for data in element} <= declared
    for element in root.iter(f"{NS}edge"):
        assert {(data.get("key"), "edge") for data in element} <= declared
    edges = [(e.get("source"), e.get("target"), told(e)["operand"]) for e in root.iter(f"{NS}edge")]
    assert edges == [
        (f"n{wire.source}", f"n{box.id}", wire.operand)
        for box in shared.scene.boxes
        for wire in box.wires
    ]
    second = [told for told in nodes.values() if told.get("op") == "linear"][1]
    assert second["module"] == "Twice model/Linear fc (2)" and second["shape"] == "(2, 3)"
    assert second["differentiable"] == "true" and second["bytes"] == "24"


def told(element):
    """Return the data of a node or edge by name."""
    return {data.get("key").partition("_")[2]: data.text for data in element}


@given(anything)
def test_any_name_is_written_as_graphml(text):
    assert len(list(graphml(scene_named(text)).iter(f"{NS}node"))) == 2


# ----------------------------------------------------------------------------------------- Mermaid

LINE = re.compile(
    r"""(?P<box>[tg][\d_]+)(?:\(\[".*"\]\)|\[".*"\]):::\w+
    | (?P<source>[tg][\d_]+)\ (?:-->|-\.-)(?:\|".*"\|)?\ (?P<target>[tg][\d_]+)
    | (?P<open>subgraph)\ (?:o\d+|legend)\[".*"\] | (?P<close>end)
    | direction\ LR | k\d+\[".*"\]:::\w+
    | flowchart\ (?:TB|LR) | classDef\ \w+\ \S+ | linkStyle\ default\ \S+ | ---
    | title:\ ".*" """,
    re.VERBOSE,
)


def parsed(text):
    """Return the boxes and links of a flowchart whose every line is one that Mermaid knows."""
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    assert all(found), text
    depth = 0
    for match in found:
        depth += bool(match["open"]) - bool(match["close"])
        assert depth >= 0
    assert depth == 0
    boxes = [match["box"] for match in found if match["box"]]
    links = [(match["source"], match["target"]) for match in found if match["source"]]
    assert len(set(boxes)) == len(boxes)
    assert {end for link in links for end in link} <= set(boxes)
    return boxes, links


@pytest.mark.parametrize("name", CASES)
def test_a_flowchart_has_the_boxes_and_links_of_the_picture(name):
    picture = CASES[name]()
    view = picture.view
    boxes, links = parsed(to_mermaid(view, "down"))
    tiles = [*view.tiles, *(leaf for tile in view.tiles for leaf in tile.docked)]
    assert len(boxes) == len(tiles) + sum(tile.gradient is not None for tile in tiles)
    for link in view.links:
        start, end = (
            ("g" if link.kind == "gradient" else "t"),
            ("t" if link.kind == "data" else "g"),
        )
        assert (f"{start}{link.source}", f"{end}{link.target}") in links
    loss = len(view.tiles) - 1
    assert (f"t{loss}", f"g{loss}") in links  # where the backward pass begins
    alone = tg.render(nn.Linear(2, 1), constant((1, 2)), backward=False)
    assert not any(box[0] == "g" for box in parsed(to_mermaid(alone.view, "right"))[0])


def test_modules_are_subgraphs_that_stand_in_each_other(shared):
    lines = to_mermaid(shared.view, "right").splitlines()
    assert "flowchart LR" in lines
    opened = [line for line in lines if line.startswith("subgraph")]
    assert len(opened) == 3 and "Twice" in opened[0]
    assert lines.index("end") > lines.index(opened[1])
    assert lines[lines.index(opened[1]) - 1] != "end"


@given(anything, anything, anything)
def test_no_text_breaks_a_flowchart(title, line, label):
    leaf = Tile(0, "parameter", "parameter", line, gradient=Gradient(title))
    tiles = (
        Tile(0, "op", "fused", title, (line,), docked=(leaf,), gradient=Gradient(line), outline=0),
        Tile(1, "op", "reduce", label, shape=(), dtype=label),
    )
    links = Link(0, 1, label=label), Link(1, 0, "saved", label)
    view = View(tiles, links, (Outline(0, title),), mirror=True, title=title)
    parsed(to_mermaid(view, "down"))


@pytest.mark.parametrize("name", ['a"b', "`a`", "<b>", "a;b", "#35;", "1. a", "- a", "a]b", "[x]"])
def test_markup_of_mermaid_in_a_name_is_text(name):
    tile = Tile(0, "op", "fused", name)
    (label,) = re.findall(r'\["(.*)"\]', to_mermaid(View((tile,)), "down"))
    assert not set(label) & set('"`<>[]*-') and not re.match(r"\d+\.\s", label)
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label) == name


# --------------------------------------------------------------------------------------- Treescope


@pytest.mark.filterwarnings("ignore:The chararray class:DeprecationWarning")  # of treescope
def test_treescope_unfolds_modules_and_tensors():
    layer = nn.Linear(3, 2)
    layer(constant((1, 3))).sum().backward()
    shown = treescope.render_to_text(
        nn.Sequential(layer, nn.Dropout(p=0.5)), ignore_exceptions=False
    )
    assert "Linear(" in shown and "in_features=3" in shown and "Dropout(keep_prob=0.5" in shown
    assert re.search(r"weight=Tensor\(\s*data=.*float32\(2, 3\)", shown)
    assert "requires_grad=True" in shown and "grad=Tensor(" in shown
    assert "_places" not in shown and "_entered" not in shown
    named = treescope.render_to_text(tg.tensor(np.zeros(3), name="x"), ignore_exceptions=False)
    assert "name='x'" in named and "grad=Tensor" not in named
