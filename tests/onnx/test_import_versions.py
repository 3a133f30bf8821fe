"""Operators as older opsets have them, and of tables of text, beside onnxruntime or ONNX's own."""

import numpy as np
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NotThere

import tensorgraph as tg
from tensorgraph.onnx.importing.table import ONNX, OPERATORS, find
from tests.onnx.networks import model, node, normal, one_node, session_of, value

X, IMAGE, WIDER = normal(2, 3, 4), normal(2, 4, 3, 5), np.float32([1, 1, 2, 1.5])
GROUPS = normal(2), normal(2, seed=1)
CHANNELS = *normal(3, 4, seed=2), np.abs(normal(4, seed=3))
REGIONS = np.float32([[0, 0, 3, 4], [1, 0.5, 2, 3]]), np.array([1, 0])

OF_TWO = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power,
    "Equal": np.equal, "Greater": np.greater, "Less": np.less, "And": np.logical_and,
    "Or": np.logical_or, "Xor": np.logical_xor,
}  # fmt: skip
"""Before opset 7 they say how shapes are broadcast; neither of the two programs knows that."""

REDUCTIONS = [
    "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
    "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare",
]  # fmt: skip

CASES = [
    *[(kind, 12, [np.abs(X)], {"axes": [0, -1]}) for kind in REDUCTIONS],
    *[(kind, 12, [np.abs(X)], {"keepdims": 0}) for kind in REDUCTIONS],
    *[(kind, 12, [X], {}) for kind in ("Softmax", "LogSoftmax", "Hardmax")],
    ("BatchNormalization", 8, [IMAGE, *CHANNELS], {"epsilon": 0.1}),
    ("Clip", 6, [X], {"min": -0.5, "max": 0.3}), ("Clip", 6, [X], {"max": 0.3}),
    ("Concat", 1, [X, X], {"axis": 2}),
    ("DFT", 17, [normal(2, 5, 4, 2)], {"axis": 2}),
    ("DFT", 17, [normal(2, 5, 4, 1)], {"axis": 1, "onesided": 1}),
    ("Dropout", 10, [X], {"ratio": 0.7}),
    ("GroupNormalization", 18, [IMAGE, *GROUPS], {"num_groups": 2, "epsilon": 0.1}),
    ("Pad", 2, [X], {"pads": [0, 1, 0, 2, 0, 1], "value": 2.0}),
    ("Pad", 10, [X], {"pads": [0, 1, 0, 0, 0, 1], "mode": "edge"}),
    ("Reshape", 1, [X], {"shape": [0, -1]}),
    ("Resize", 10, [IMAGE, WIDER], {}), ("Resize", 10, [IMAGE, WIDER], {"mode": "linear"}),
    ("RoiAlign", 10, [IMAGE, *REGIONS], {"output_height": 2, "output_width": 3,
                                          "sampling_ratio": 2, "spatial_scale": 0.8}),
    ("RoiAlign", 15, [IMAGE, *REGIONS], {"output_width": 3, "mode": "max", "sampling_ratio": 1}),
    ("Selu", 1, [X], {}), ("Selu", 1, [X], {"alpha": 2.0, "gamma": 0.5}),
    ("Slice", 9, [X], {"starts": [0, 1], "ends": [9, -1], "axes": [1, -1]}),
    ("Slice", 1, [X], {"starts": [1, 0], "ends": [2, 2]}),
    ("Split", 12, [X], {"axis": 1, "split": [1, 2], "outputs": 2}),
    ("Split", 2, [X], {"outputs": 2}),
    ("Squeeze", 12, [X[:1]], {"axes": [0]}), ("Squeeze", 1, [X[:, :1]], {}),
    ("TopK", 9, [X], {"k": 2, "axis": 1, "outputs": 2}), ("TopK", 1, [X], {"k": 3, "outputs": 2}),
    ("Unsqueeze", 12, [X], {"axes": [0, -1]}),
    ("Upsample", 7, [IMAGE], {"scales": WIDER, "mode": "linear"}),
    ("Upsample", 9, [IMAGE, WIDER], {}),
    # Of the first opset only: experiments, which onnxruntime still knows.
    ("Affine", 1, [X], {"alpha": 2.0, "beta": 0.5}),
    ("ParametricSoftplus", 1, [X], {"alpha": 2.0, "beta": 0.5}),
    ("ScaledTanh", 1, [X], {"alpha": 2.0, "beta": 0.5}),
    ("GlobalLpPool", 2, [IMAGE], {"p": 3}), ("GlobalLpPool", 17, [IMAGE], {}),
]  # fmt: skip

TEXT = np.array([["a", "b"], ["c", "dd"]], object)
OF_TEXT = [
    ("Concat", [TEXT, TEXT], {"axis": 1}),
    ("Expand", [TEXT[0], np.array([3, 2])], {}),
    ("Gather", [TEXT, np.array([1, 0, 1])], {"axis": 1}),
    ("Reshape", [TEXT, np.array([4])], {}),
    ("Slice", [TEXT, np.array([1]), np.array([2])], {}),
    ("Squeeze", [TEXT[:1], np.array([0])], {}),
    ("Tile", [TEXT, np.array([1, 2])], {}),
    ("Transpose", [TEXT], {}), ("Transpose", [TEXT], {"perm": [0, 1]}),
    ("Where", [TEXT == "a", TEXT, TEXT[::-1]], {}),
    ("Cast", [np.float32([[1.5, -2], [0.25, 3]])], {"to": 8}),
    ("Cast", [np.array([[1, -2]])], {"to": 8}),
    ("Cast", [np.array([["1.5", "-2"], ["inf", "0"]], object)], {"to": 1}),
    ("Cast", [np.array([["15", "-2"]], object)], {"to": 7}),
]  # fmt: skip


def wanted_of(made, feed):
    """Return what onnxruntime computes, or ONNX's own evaluator of what that has not kept."""
    try:
        return session_of(made).run(None, feed)
    except NotThere:
        return ReferenceEvaluator(made).run(None, feed)


def compare(kind, opset, arrays, told):
    made = one_node(kind, *arrays, opset=opset, **told)
    made.ir_version = 8
    wanted = wanted_of(made, {f"x{i}": x for i, x in enumerate(arrays)})
    found = tg.onnx.load(made)(*arrays)
    for ours, theirs in zip(found if len(wanted) > 1 else [found], wanted, strict=True):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
        if theirs.dtype == object:
            assert ours.tolist() == theirs.tolist()
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "opset", "arrays", "told"), CASES)
def test_operators_of_older_opsets(kind, opset, arrays, told):
    compare(kind, opset, arrays, told)


@pytest.mark.parametrize(("kind", "arrays", "told"), OF_TEXT)
def test_operators_of_text(kind, arrays, told):
    compare(kind, 17, arrays, told)


@pytest.mark.parametrize("kind", OF_TWO)
def test_shapes_are_broadcast_as_the_first_opsets_say(kind):
    x, y = np.abs(X), np.abs(normal(3))
    if kind in ("And", "Or", "Xor"):
        x, y = x > 1, np.array([True, False, True])
    found = tg.onnx.load(one_node(kind, x, y, opset=6, broadcast=1, axis=1))(x, y)
    np.testing.assert_allclose(found, OF_TWO[kind](x, y[:, None]), rtol=1e-6)


def test_every_version_of_an_operator_is_tried():
    tried = {*[(kind, opset) for kind, opset, *_ in CASES], *[(kind, 6) for kind in OF_TWO]}
    tried |= {("Scan", 8)}  # below
    functions = {find(ONNX, kind, opset).function for kind, opset in tried}
    for (domain, kind), versions in OPERATORS.items():
        if domain == ONNX:
            assert all(old.function in functions for old in versions[:-1]), kind


def test_values_are_joined_along_the_second_axis_before_opset_4():
    found = tg.onnx.load(one_node("Concat", X, X, opset=3))(X, X)
    np.testing.assert_array_equal(found, np.concatenate([X, X], 1))


def scan(*inputs):
    """Return a model of ``Scan`` as it first was: of a batch, each example for itself."""
    body = helper.make_graph(
        [node("Add", "s x", "t"), node("Mul", "t x", "out")], "body",
        [value("s", [2]), value("x", [2])], [value("t", [2]), value("out", [2])],
    )  # fmt: skip
    made = helper.make_node("Scan", [*inputs, "start", "rows"], ["last", "all"], body=body,
                            num_scan_inputs=1, directions=[1])  # fmt: skip
    declared = [value("start", [3, 2]), value("rows", [3, 4, 2])]
    ends = [value("last", [3, 2]), value("all", [3, 4, 2])]
    lengths = {"lengths": np.array([1, 4, 2])} if "lengths" in inputs else {}
    return model([made], declared, ends, lengths, opset=8, ir_version=8)


def test_each_example_of_a_batch_is_scanned_in_opset_8():
    start, rows = normal(3, 2), normal(3, 4, 2, seed=1)
    wanted = session_of(scan("")).run(None, {"start": start, "rows": rows})
    for ours, theirs in zip(tg.onnx.load(scan(""))(start, rows), wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    with pytest.raises(tg.errors.OnnxError, match="Scan with lengths of its sequences"):
        tg.onnx.load(scan("lengths"))(start, rows)
