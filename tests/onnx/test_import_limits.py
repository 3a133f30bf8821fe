"""Files that ask for too much: a clear error, and bounded memory."""

from itertools import pairwise

import numpy as np
import pytest
from onnx import helper, numpy_helper

import tensorgraph as tg
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing import building, reading
from tests.onnx.networks import (
    X,
    Y,
    function,
    model,
    node,
    one_node,
    refuse,
    value,
    with_functions,
)  # fmt: skip

HUGE = np.array([2**20, 2**20])


@pytest.mark.parametrize(
    "made",
    [
        one_node("ConstantOfShape", HUGE),
        one_node("Expand", np.float32([[1]]), HUGE),
        one_node("Tile", np.float32([[1]]), HUGE),
        one_node("Range", np.float32(0), np.float32(1e12), np.float32(1)),
        one_node("Pad", np.float32([[1]]), np.array([0, 0, *HUGE])),
        one_node("OneHot", np.array([1]), np.array(2**40), np.float32([0, 1])),
        one_node("Resize", np.ones((1, 1), np.float32), np.float32([1]), np.float32([]), HUGE,
                 mode="linear"),
        one_node("RandomNormal", shape=HUGE.tolist()),
        one_node("Conv", np.ones((1, 1, 3), np.float32), np.ones((1, 1, 1), np.float32),
                 pads=[2**40, 2**40]),
        one_node("MaxPool", np.ones((1, 1, 3), np.float32), kernel_shape=[2], pads=[1, 2**40]),
        one_node("ConvTranspose", np.ones((1, 1, 3), np.float32), np.ones((1, 1, 1), np.float32),
                 strides=[2**40]),
        one_node("LRN", np.ones((1, 1, 3), np.float32), size=2**40),
    ],
    ids=lambda made: made.graph.node[0].op_type,
)  # fmt: skip
def test_values_that_numbers_ask_for_have_a_limit(made):
    arguments = {
        "ConstantOfShape": [HUGE], "Expand": [[[1.0]], HUGE], "Tile": [[[1.0]], HUGE],
        "Range": [0.0, 1e12, 1.0], "Pad": [[[1.0]], [0, 0, *HUGE]],
        "OneHot": [[1], 2**40, [0.0, 1.0]], "RandomNormal": [],
        "Resize": [[[1.0]], [1.0], np.zeros(0, np.float32), HUGE],
        "Conv": [np.ones((1, 1, 3)), np.ones((1, 1, 1))], "MaxPool": [np.ones((1, 1, 3))],
        "ConvTranspose": [np.ones((1, 1, 3)), np.ones((1, 1, 1))], "LRN": [np.ones((1, 1, 3))],
    }[made.graph.node[0].op_type]  # fmt: skip
    with pytest.raises(OnnxError, match=r"at most 268435456 elements"):
        tg.onnx.load(made)(*arguments)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (one_node("RoiAlign", np.ones((1, 1, 4, 4), np.float32), np.float32([[0, 0, 1, 1]]),
                  np.array([0]), sampling_ratio=2**17), "at most 268435456 elements"),
        (one_node("GridSample", np.ones((1,) * 8, np.float32), np.zeros((1,) * 7 + (6,), "f4"),
                  opset=20), "GridSample along 6 axes; at most 3"),
        (one_node("Resize", np.ones((1, 1), np.float32), np.float32([]), np.float32([1, 1e-9]),
                  mode="linear", antialias=1, opset=18), "at most 268435456 elements"),
        (one_node("Reshape", np.ones((0,), np.float32), np.array([2**40, 0]), allowzero=1),
         "at most 268435456 elements"),
    ],
    ids=lambda part: "" if isinstance(part, str) else part.graph.node[0].op_type,
)  # fmt: skip
def test_work_that_numbers_ask_for_has_a_limit(made, text):
    """The products of what each number alone may be, and lengths beside a length of 0."""
    settings_of = {
        "RoiAlign": [np.float32([[0, 0, 1, 1]]), np.array([0])],
        "GridSample": [np.zeros((1,) * 7 + (6,), "f4")],
        "Resize": [np.float32([]), np.float32([1, 1e-9])], "Reshape": [np.array([2**40, 0])],
    }[made.graph.node[0].op_type]  # fmt: skip
    shape = [d.dim_value for d in made.graph.input[0].type.tensor_type.shape.dim]
    with pytest.raises(OnnxError, match=text):
        tg.onnx.load(made)(np.ones(shape, np.float32), *settings_of)


def test_constants_that_functions_repeat_without_end_are_refused(monkeypatch):
    """A file of one large constant in a function, which it calls many times."""
    monkeypatch.setattr(reading, "MAX_ELEMENTS", 999)
    constant = helper.make_node(
        "Constant", [], ["c"], value=numpy_helper.from_array(np.zeros(100, np.float32))
    )
    functions = [function("f", [constant, node("Exp", "a", "b")])]
    names = ["x", *(f"v{i}" for i in range(11)), "y"]
    calls = [node("f", a, b, domain="mine") for a, b in pairwise(names)]
    tg.onnx.load(with_functions(functions, [node("f", "x", "y", domain="mine")]))
    refuse(with_functions(functions, calls), "make more than 999 elements")


def test_nodes_in_more_modules_than_any_network_has_are_refused(monkeypatch):
    monkeypatch.setattr(building, "MAX_PARTS", 10)
    names = ["x", *(f"v{i}" for i in range(11)), "y"]
    nodes = [node("Exp", a, b, name=f"/{b}/Exp") for a, b in pairwise(names)]
    refuse(model(nodes, X, Y), "in more than 10 modules")


def test_loops_in_loops_are_counted_together(monkeypatch):
    monkeypatch.setattr(tg.onnx.importing.operators.control, "MAX_ITERATIONS", 50)
    ends = [value("i", [], 7), value("c", [], 9), value("s", [2])]
    results = [value("d", [], 9), value("t", [2])]
    inner = helper.make_graph([node("Identity", "c", "d"), node("Neg", "s", "t")], "g", ends,
                              results)  # fmt: skip
    loop = helper.make_node("Loop", ["n", "", "s"], ["t"], body=inner)
    outer = helper.make_graph([node("Identity", "c", "d"), loop], "g", ends, results)
    for turns in (6, 7):  # 6 and 36, 7 and 49
        twice = helper.make_node("Loop", ["n", "", "x"], ["y"], body=outer)
        network = tg.onnx.load(model([twice], X, Y, {"n": np.array(turns)}))
        if turns == 6:
            assert network([1.0, 2.0]).tolist() == network([1.0, 2.0]).tolist() == [1.0, 2.0]
            continue
        with pytest.raises(OnnxError, match="goes round more than 50 times"):
            network([1.0, 2.0])


def test_loops_that_do_not_end_are_stopped(monkeypatch):
    control = tg.onnx.importing.operators.control
    monkeypatch.setattr(control, "MAX_ITERATIONS", 50)
    inner = [node("Identity", "c", "d"), node("Exp", "s", "t")]
    body = helper.make_graph(
        inner, "body", [value("i", [], 7), value("c", [], 9), value("s", [2])],
        [value("d", [], 9), value("t", [2])],
    )  # fmt: skip
    loop = helper.make_node("Loop", ["most", "", "x"], ["y"], body=body)
    made = model([loop], X, Y, {"most": np.array(2**62)})
    with pytest.raises(OnnxError, match="goes round more than 50 times"):
        tg.onnx.load(made)([0.0, 0.0])


def test_functions_that_grow_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_NODES", 500)
    chain = [function("f0", [node("Exp", "a", "b")])]
    for i in range(1, 12):
        call = [node(f"f{i - 1}", "a", "m", domain="mine"),
                node(f"f{i - 1}", "m", "b", domain="mine")]  # fmt: skip
        chain.append(function(f"f{i}", call))
    refuse(with_functions(chain, [node("f11", "x", "y", domain="mine")]), "more than 500 nodes")
