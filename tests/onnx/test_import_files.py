"""Files that are broken, cut off, huge, cyclic or hostile: a clear error, and nothing else."""

from itertools import pairwise

import numpy as np
import onnx
import pytest
from hypothesis import example, given, settings, strategies as st
from onnx import TensorProto, helper, numpy_helper

import tensorgraph as tg
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing import building, reading
from tests.onnx.networks import classifier, deep, model, node, normal, normalised, one_node, value


def refuse(source, text):
    with pytest.raises(OnnxError, match=text):
        tg.onnx.load(source)


X = [value("x", [2])]
Y = [value("y", [2])]


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


def nested(depth):
    """Return a model of an ``If`` in an ``If``, and so on."""
    inner = helper.make_graph([node("Exp", "x", "r0")], "g", [], [value("r0", [2])])
    for i in range(1, depth):
        branch = helper.make_node("If", ["c"], [f"r{i}"], then_branch=inner, else_branch=inner)
        inner = helper.make_graph([branch], "g", [], [value(f"r{i}", [2])])
    made = model([], [*X, value("c", [], 9)], Y)
    made.graph.node.append(
        helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    )
    return made


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


def with_functions(functions, nodes):
    made = model(nodes, X, Y)
    made.opset_import.append(helper.make_opsetid("mine", 1))
    made.functions.extend(functions)
    return made


def function(name, nodes, inputs=("a",), outputs=("b",), attributes=()):
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
    return helper.make_function("mine", name, inputs, outputs, nodes, opsets, attributes)


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


def test_functions_that_grow_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_NODES", 500)
    chain = [function("f0", [node("Exp", "a", "b")])]
    for i in range(1, 12):
        call = [node(f"f{i - 1}", "a", "m", domain="mine"),
                node(f"f{i - 1}", "m", "b", domain="mine")]  # fmt: skip
        chain.append(function(f"f{i}", call))
    refuse(with_functions(chain, [node("f11", "x", "y", domain="mine")]), "more than 500 nodes")


# ------------------------------------------------------------------------------------- tensors


def tensor(**fields):
    """Return a model that adds a weight with the given fields."""
    made = model([node("Add", "x w", "y")], X, Y)
    weight = made.graph.initializer.add(name="w", data_type=1)
    for name, given_value in fields.items():
        if isinstance(given_value, (list, tuple)):
            getattr(weight, name).extend(given_value)
        else:
            setattr(weight, name, given_value)
    return made


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"dims": [2**30, 2**30], "raw_data": b"\0" * 8}, r"weight 'w' has 8 bytes, .* say 46116"),
        ({"dims": [2**60], "float_data": [1.0]}, "has 1 elements, its shape and dtype say 1152"),
        ({"dims": [2**60], "data_type": 8, "string_data": [b"a"]}, "has 1 strings"),
        ({"dims": [-2], "float_data": []}, r"has shape \(-2,\), with a negative length"),
        ({"dims": [2], "raw_data": b"\0" * 7}, "has 7 bytes, its shape and dtype say 8"),
        (
            {"dims": [2], "data_type": 99, "raw_data": b""},
            "the dtype with number 99, which is none",
        ),
        ({"dims": [2], "data_type": 16, "raw_data": b"\0" * 4}, "is of dtype bfloat16; known are"),
        ({"dims": [2], "data_type": 0, "raw_data": b"\0" * 4}, "number 0, which is none"),
    ],
)
def test_weights_that_are_not_what_they_claim_are_refused(fields, text):
    refuse(tensor(**fields), text)


@pytest.mark.parametrize(
    "dtype",
    "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split(),
)
@pytest.mark.parametrize("raw", [True, False])
def test_weights_of_every_dtype_are_read(dtype, raw):
    array = np.array([[0, 1, 2]]).astype(dtype)
    code = helper.np_dtype_to_tensor_dtype(array.dtype)
    data = array.tobytes() if raw else array.reshape(-1).tolist()
    weight = helper.make_tensor("w", code, array.shape, data, raw=raw)
    made = model([node("Identity", "w", "y")], [], [value("y", [1, 3], code)])
    made.graph.initializer.append(weight)
    y = tg.onnx.load(made)()
    assert y.dtype == array.dtype and y.tolist() == array.tolist()


def test_sparse_weights_are_read_and_checked():
    values = numpy_helper.from_array(np.float32([5, 7]), "w")
    flat = numpy_helper.from_array(np.array([1, 5]), "")
    made = model([node("Add", "x w", "y")], [value("x", [2, 3])], [value("y", [2, 3])])
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, flat, [2, 3]))
    assert tg.onnx.load(made)(np.zeros((2, 3), np.float32)).tolist() == [[0, 5, 0], [0, 0, 7]]
    made.graph.sparse_initializer[0].dims[0] = 2**40
    refuse(made, "elements are made of the numbers in a file")
    made.graph.sparse_initializer[0].dims[0] = 1
    refuse(made, "its places do not fit its shape")


# ------------------------------------------------------------------- weights in other files


@pytest.fixture
def outside(tmp_path):
    """Return a function that writes a model whose weight lies elsewhere."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "data.bin").write_bytes(np.float32([9, 1, 2]).tobytes())
    (tmp_path / "secret.bin").write_bytes(np.float32([3, 4]).tobytes())

    def write(**told):
        made = tensor(dims=[2], data_location=TensorProto.EXTERNAL)
        weight = made.graph.initializer[0]
        for key, text in told.items():
            weight.external_data.add(key=key, value=str(text))
        path = folder / "model.onnx"
        onnx.save(made, path)
        return path

    return write


def test_weights_in_a_file_beside_the_model_are_read(outside):
    path = outside(location="data.bin", offset=4, length=8)
    assert tg.onnx.load(path)([0.0, 0.0]).tolist() == [1.0, 2.0]
    refuse(path.read_bytes(), r"'data.bin', and where that is only a path to the model says")


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"location": "../secret.bin"}, "which is not in the model's folder"),
        ({"location": "sub/../../secret.bin"}, "which is not in the model's folder"),
        ({"location": "/etc/passwd"}, "which is not in the model's folder"),
        ({"location": ""}, "which is not in the model's folder"),
        ({"location": "a\0b"}, "which is not in the model's folder"),
        ({}, "which is not in the model's folder"),
        ({"location": "none.bin"}, "where there is no file"),
        ({"location": "."}, "which is no file in the folder"),
        ({"location": "data.bin", "length": 4}, "4 bytes are given, its shape and dtype have 8"),
        ({"location": "data.bin", "offset": 8}, "has 12 bytes, not 16; the file is cut off"),
        ({"location": "data.bin", "offset": -4}, "is a number of bytes, not '-4'"),
        ({"location": "data.bin", "offset": "1e3"}, "is a number of bytes, not '1e3'"),
        ({"location": "data.bin", "length": 10**30}, "is a number of bytes"),
    ],
)
def test_weights_elsewhere_may_not_leave_the_folder(outside, told, text):
    refuse(outside(**told), text)


def test_links_out_of_the_folder_are_not_followed(outside, tmp_path):
    folder = outside(location="link.bin").parent
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    refuse(outside(location="link.bin"), "which is no file in the folder")
    (folder / "sub").symlink_to(tmp_path)
    refuse(outside(location="sub/secret.bin"), "which is no file in the folder")


def test_files_larger_than_any_model_are_not_read(tmp_path):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(2**31 + 1)  # a hole, which takes no space
    refuse(path, "huge.onnx has 2147483649 bytes")


# ---------------------------------------------------------------------- what asks for too much

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


def test_what_a_node_cannot_compute_names_it():
    made = model([node("Transpose", "x", "y", perm=[0, 0], name="turn")], X, Y)
    with pytest.raises(ValueError) as caught:
        tg.onnx.load(made)([0.0, 1.0])
    assert "node 'turn' (Transpose)" in str(caught.value) + "".join(caught.value.__notes__)
    made = model([node("GroupNormalization", "x x x", "y", name="n", num_groups=0)], X, Y, opset=21)
    with pytest.raises(OnnxError, match=r"node 'n' \(GroupNormalization\): "):
        tg.onnx.load(made)([0.0, 1.0])


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
