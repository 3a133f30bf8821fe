"""Files that are broken, cut off, cyclic or changed at random: a clear error, and nothing else."""

from itertools import pairwise

import numpy as np
import onnx
import pytest
from hypothesis import example, given, settings, strategies as st
from onnx import helper, numpy_helper

import tensorgraph as tg
from tensorgraph.errors import OnnxError
from tests.onnx.networks import (
    X,
    Y,
    classifier,
    deep,
    function,
    model,
    nested,
    node,
    normal,
    normalised,
    refuse,
    value,
    with_functions,
)  # fmt: skip

# -------------------------------------------------------------------------- what is no model


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"", "the model holds no graph"),
        (b"not a model at all", "no ONNX file, or a damaged one"),
        (classifier().SerializeToString()[:200], "no ONNX file, or a damaged one|holds no graph"),
        (7, "takes a path, bytes, an open file or a ModelProto, not 7"),
    ],
)
def test_what_is_no_model_is_refused(source, text):
    refuse(source, text)


def test_messages_name_the_file(tmp_path):
    path = tmp_path / "weights.onnx"
    path.write_bytes(b"\x08\xff\xff")
    refuse(path, r"weights\.onnx is no ONNX file")
    with path.open(encoding="latin-1") as text:
        refuse(text, "is open for text")
    with pytest.raises(FileNotFoundError):
        tg.onnx.load(tmp_path / "missing.onnx")


def test_all_operators_that_are_not_known_are_listed_at_once():
    nodes = [
        node("Foo", "x", "a", domain="com.me", name="one"), node("Exp", "a", "b"),
        node("Foo", "b", "c", domain="com.me", name="two"), node("ImageDecoder", "c", "y"),
    ]  # fmt: skip
    made = model(nodes, X, Y, opset=20)
    made.opset_import.append(helper.make_opsetid("com.me", 2))
    refuse(
        made,
        r"ImageDecoder \(opset 20; node of 'y'\); com\.me\.Foo \(opset 2; node one, node two\)",
    )


def test_a_newer_opset_is_named():
    refuse(model([node("Exp", "x", "y")], X, Y, opset=99), "opset 99 of 'ai.onnx'; known .* 28")


def test_a_domain_without_a_version_has_no_operators():
    made = model([node("Exp", "x", "y", domain="somewhere")], X, Y)
    refuse(made, r"somewhere\.Exp \(a domain that the file does not import")


# ------------------------------------------------------------------------------- broken graphs


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ([node("Add", "x b", "a", name="n"), node("Exp", "a", "b"), node("Exp", "b", "y")],
         r"node n \(Add\) takes 'b', which only node Exp after it computes"),
        ([node("Add", "x nothing", "y", name="n")], "takes 'nothing', which nothing computes"),
        ([node("Exp", "x", "y"), node("Log", "x", "y", name="n")], "node n defines 'y', which"),
        ([node("Exp", "x", "x")], "defines 'x', which is defined already"),
        ([node("Exp", "x", "z")], "nothing computes the output 'y'"),
        ([node("Softmax", "x", "y", axes=1)], r"attributes axes, which are not known; .* axis"),
        ([node("Cast", "x", "y")], r"Cast\) lacks the attributes \['to'\]"),
    ],
)  # fmt: skip
def test_graphs_that_contradict_themselves_name_the_node(nodes, text):
    refuse(model(nodes, X, Y), text)


def test_names_that_stand_twice_are_refused():
    twice = model([node("Exp", "x", "y")], [*X, *X], Y)
    refuse(twice, "an input defines 'x', which is defined already")
    weights = model([node("Add", "x w", "y")], X, Y, {"w": normal(2)})
    weights.graph.initializer.append(numpy_helper.from_array(normal(2), "w"))
    refuse(weights, "'w' is twice a weight")
    attribute = model([node("Softmax", "x", "y", axis=0)], X, Y)
    attribute.graph.node[0].attribute.append(helper.make_attribute("axis", 1))
    refuse(attribute, "has 'axis' twice")


def test_graphs_in_graphs_have_a_limit():
    network = tg.onnx.load(nested(4))
    np.testing.assert_allclose(network([0.0, 1.0], True).data, np.exp([0.0, 1.0]), rtol=1e-6)
    deep_chain = nested(1)
    for _ in range(26):  # deeper, protocol buffers refuse it themselves
        inner = onnx.GraphProto()
        inner.CopyFrom(deep_chain.graph)
        del inner.input[:]
        deep_chain = model([], [*X, value("c", [], 9)], Y)
        deep_chain.graph.node.append(helper.make_node("If", ["c"], ["y"], then_branch=inner))
    refuse(deep_chain, "more than 24 deep")


def test_functions_of_the_file_are_written_out():
    scaled = helper.make_node("LeakyRelu", ["a"], ["b"])
    slope = onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=1)
    scaled.attribute.append(slope)
    twice = [
        node("leaky", "a", "m", domain="mine", slope=0.5),
        node("leaky", "m", "b", domain="mine", slope=0.25),
    ]
    functions = [function("leaky", [scaled], attributes=["slope"]), function("twice", twice)]
    made = with_functions(functions, [node("twice", "x", "y", domain="mine", name="f")])
    assert tg.onnx.load(made)([8.0, -8.0]).tolist() == [8.0, -1.0]


def test_attributes_of_a_call_count_before_those_that_are_standard():
    scaled = helper.make_node("LeakyRelu", ["a"], ["b"])
    scaled.attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=1))
    leaky = function("leaky", [scaled])
    leaky.attribute_proto.append(helper.make_attribute("slope", 0.5))
    nodes = [
        node("leaky", "x", "m", domain="mine", slope=0.25), node("leaky", "m", "y", domain="mine"),
    ]  # fmt: skip
    assert tg.onnx.load(with_functions([leaky], nodes))([8.0, -8.0]).tolist() == [8.0, -1.0]


def test_functions_that_call_themselves_are_refused():
    own = function("f", [node("f", "a", "b", domain="mine")])
    refuse(with_functions([own], [node("f", "x", "y", domain="mine")]), "more than 24 deep")


def test_names_that_stand_often_get_numbers():
    """Of nodes that lie in turn in one module or another, and of values in functions."""
    functions = [function("f", [node("Neg", "a", "m"), node("Neg", "m", "b")])]
    names = ["x", *(f"v{i}" for i in range(9)), "y"]
    calls = [
        node(
            "f" if i % 2 else "Neg", a, b, name=f"/{'ab'[i % 2]}/n", domain="mine" if i % 2 else ""
        )
        for i, (a, b) in enumerate(pairwise(names))
    ]
    network = tg.onnx.load(with_functions(functions, calls))
    wanted = ["a", "b", "a_2", "b_2", "a_3", "b_3", "a_4", "b_4", "a_5", "b_5"]
    assert [name for name, _ in network.named_children()] == wanted
    assert network([1.0, 2.0]).tolist() == [-1.0, -2.0]


def test_what_a_node_cannot_compute_names_it():
    made = model([node("Transpose", "x", "y", perm=[0, 0], name="turn")], X, Y)
    with pytest.raises(ValueError) as caught:
        tg.onnx.load(made)([0.0, 1.0])
    assert "node 'turn' (Transpose)" in str(caught.value) + "".join(caught.value.__notes__)
    made = model([node("GroupNormalization", "x x x", "y", name="n", num_groups=0)], X, Y, opset=21)
    with pytest.raises(OnnxError, match=r"node 'n' \(GroupNormalization\): "):
        tg.onnx.load(made)([0.0, 1.0])


def test_a_node_without_its_input_names_it():
    made = model([node("Dropout", "", "y", name="drop")], [], Y)
    with pytest.raises(OnnxError, match=r"node 'drop' \(Dropout\): .* argument: 'x'"):
        tg.onnx.load(made)()


# ------------------------------------------------------------------------------- damaged files

SEEDS = [m.SerializeToString() for m in (classifier(), deep(2), normalised(), nested(3))]
DOCUMENTED = (ValueError, TypeError, RuntimeError, MemoryError)


@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8
    ),
    cut=st.none() | st.floats(0, 1),
)
@example(seed=SEEDS[0], changes=[(0.0, 0)], cut=0.5)
@settings(max_examples=10 * settings.default.max_examples)
def test_damaged_files_give_documented_errors_only(seed, changes, cut):
    data = bytearray(seed)
    for place, byte in changes:
        data[int(place * len(data))] = byte
    if cut is not None:
        data = data[: int(cut * len(data))]
    try:
        network = tg.onnx.load(bytes(data))
    except OnnxError:
        return
    shapes = [[n if type(n) is int and 0 <= n < 99 else 2 for n in v.shape or ()]
              for v in network.inputs]  # fmt: skip
    try:
        network(*[np.ones(s, v.dtype or "f4") for s, v in zip(shapes, network.inputs, strict=True)])
    except DOCUMENTED:
        return
