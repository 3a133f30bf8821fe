"""Operators with options drawn at random, against onnxruntime; and their gradients."""

import pickle

import numpy as np
import onnxruntime
import pytest
from hypothesis import assume, given, settings, strategies as st
from onnx import helper, numpy_helper

import tensorgraph as tg
from tensorgraph.onnx.importing.operators.recurrent import ACTIVATIONS
from tests.onnx.networks import model, node, normal, one_node, value

INT = numpy_helper.from_array(np.array([1]))
SETTING = settings(max_examples=3 * settings.default.max_examples)


def runtime(made, *arrays):
    """Return what onnxruntime computes, or assume that it can."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    made.ir_version = 10
    try:
        session = onnxruntime.InferenceSession(made.SerializeToString(), options)
        names = [entry.name for entry in session.get_inputs()]
        return session.run(None, dict(zip(names, arrays, strict=True)))
    except Exception:
        assume(False)


def compare(kind, *arrays, outputs=1, opset=17, rtol=1e-4, atol=1e-5, **attributes):
    made = one_node(kind, *arrays, outputs=outputs, opset=opset, **attributes)
    wanted = runtime(made, *arrays)
    found = tg.onnx.load(made)(*arrays)
    found = (found,) if outputs == 1 else found
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.data, theirs, rtol=rtol, atol=atol)


def gradients(kind, *arrays, opset=17, of=(0,), **attributes):
    """Compare gradients with numeric ones, in double precision."""
    arrays = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays]
    network = tg.onnx.load(one_node(kind, *arrays, opset=opset, **attributes))

    def of_some(*given):
        full = list(arrays)
        for i, x in zip(of, given, strict=True):
            full[i] = x
        y = network(*full)
        y = y if isinstance(y, tuple) else (y,)
        return sum((one * np.cos(np.arange(one.size)).reshape(one.shape)).sum() for one in y
                   if one.dtype.kind == "f")  # fmt: skip

    assert tg.testing.gradcheck(of_some, *(arrays[i] for i in of))


WINDOWS = st.fixed_dictionaries({
    "lengths": st.tuples(st.integers(4, 9), st.integers(4, 9)),
    "kernel": st.tuples(st.integers(1, 4), st.integers(1, 4)),
    "strides": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "dilations": st.tuples(st.integers(1, 2), st.integers(1, 2)),
    "pads": st.tuples(*[st.integers(0, 3)] * 4),
    "auto_pad": st.sampled_from(["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]),
})  # fmt: skip


def as_pooled(w):
    """Return windows that onnxruntime pools as the standard says: with auto_pad only plain ones.

    It takes no dilation into account there, and where strides are longer than windows it begins
    inside the image.
    """
    if not w["auto_pad"].startswith("SAME"):
        return w
    strides = tuple(map(min, w["strides"], w["kernel"]))
    return {**w, "dilations": (1, 1), "strides": strides}


def assume_that_windows_fit(w):
    """Assume a window or more along each axis: of none onnxruntime makes something empty."""
    pads = w["pads"] if w["auto_pad"] == "NOTSET" else (0, 0, 0, 0)
    before, after = pads[:2], pads[2:]
    each = zip(w["lengths"], w["kernel"], w["dilations"], before, after, strict=True)
    fits = all((k - 1) * d + 1 <= n + a + b for n, k, d, a, b in each)
    assume(w["auto_pad"].startswith("SAME") or fits)


def told(w):
    found = {"kernel_shape": w["kernel"], "strides": w["strides"], "dilations": w["dilations"]}
    if w["auto_pad"] == "NOTSET":
        return {**found, "pads": w["pads"]}
    return {**found, "auto_pad": w["auto_pad"]}


@given(WINDOWS, st.sampled_from([1, 2]), st.booleans())
@SETTING
def test_convolutions(w, group, bias):
    x, weight = normal(2, 4, *w["lengths"]), normal(6, 4 // group, *w["kernel"], seed=1)
    biases = [normal(6, seed=2)] if bias else []
    compare("Conv", x, weight, *biases, group=group, **told(w))


@given(WINDOWS, st.sampled_from([1, 2]), st.tuples(*[st.integers(0, 2)] * 2))
@SETTING
def test_transposed_convolutions(w, group, more):
    if w["auto_pad"] != "NOTSET":  # where windows leave gaps it makes less than the standard says
        w = as_pooled({**w, "auto_pad": "SAME_UPPER"}) | {"auto_pad": w["auto_pad"]}
    assume(all(m < max(s, d) for m, s, d in zip(more, w["strides"], w["dilations"], strict=True)))
    x, weight = normal(2, 4, *w["lengths"]), normal(4, 3, *w["kernel"], seed=1)
    compare("ConvTranspose", x, weight, group=group, output_padding=more, **told(w))


@given(WINDOWS, st.booleans(), st.sampled_from([1, 2]), st.booleans())
@SETTING
def test_largest_of_windows(w, ceil_mode, outputs, columns_first):
    assume_that_windows_fit(w)
    x = normal(2, 3, *w["lengths"])
    compare("MaxPool", x, outputs=outputs, ceil_mode=int(ceil_mode),
            storage_order=int(columns_first), **told(as_pooled(w)))  # fmt: skip


@given(WINDOWS, st.booleans(), st.booleans())
@SETTING
def test_means_of_windows(w, ceil_mode, padding_counts):
    assume_that_windows_fit(w)
    x = normal(2, 3, *w["lengths"])
    compare("AveragePool", x, opset=19, ceil_mode=int(ceil_mode),
            count_include_pad=int(padding_counts), **told(as_pooled(w)))  # fmt: skip


@given(
    st.tuples(st.integers(1, 6), st.integers(2, 6)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.sampled_from(["nearest", "linear", "cubic"]),
    st.sampled_from(["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]),
    st.sampled_from(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
    st.booleans(),
)  # fmt: skip
@SETTING
def test_images_of_another_size(lengths, sizes, mode, coordinates, rounding, outside):
    assume(not (outside and mode != "cubic"))
    assume(mode != "nearest" or coordinates in ("half_pixel", "asymmetric"))
    x = normal(1, 2, *lengths)
    empty = np.zeros(0, np.float32)
    weights = {"roi": empty, "scales": empty, "sizes": np.array([1, 2, *sizes])}
    made = model(
        [node("Resize", "x roi scales sizes", "y", mode=mode, nearest_mode=rounding,
              coordinate_transformation_mode=coordinates, exclude_outside=int(outside))],
        [value("x", x.shape)], [value("y", [1, 2, *sizes])], weights,
    )  # fmt: skip
    [wanted] = runtime(made, x)
    np.testing.assert_allclose(tg.onnx.load(made)(x).data, wanted, rtol=1e-3, atol=1e-4)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=3), st.data(),
    st.sampled_from(["constant", "reflect", "edge"]),
)  # fmt: skip
@SETTING
def test_padding(shape, data, mode):
    x = normal(*shape)
    most = [n - 1 if mode == "reflect" else 3 for n in shape]
    least = [-1 if mode == "constant" and n > 2 else 0 for n in shape]
    pads = [data.draw(st.integers(a, b)) for a, b in zip(least * 2, most * 2, strict=True)]
    compare("Pad", x, np.array(pads), opset=18, mode=mode)


@given(st.data())
@SETTING
def test_slices(data):
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    axes = data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True, min_size=1))
    some = st.integers(-9, 9)
    starts, ends = (np.array([data.draw(some) for _ in axes]) for _ in range(2))
    steps = np.array([data.draw(st.sampled_from([-3, -2, -1, 1, 2, 3])) for _ in axes])
    compare("Slice", normal(*shape), starts, ends, np.array(axes), steps)


@given(
    st.sampled_from(["RNN", "GRU", "LSTM"]),
    st.sampled_from(["forward", "reverse", "bidirectional"]), st.booleans(), st.booleans(),
    st.booleans(),
)  # fmt: skip
@SETTING
def test_recurrent_layers(kind, direction, lengths, state, before_reset):
    steps, batch, features, hidden = 4, 3, 2, 5
    d, gates = 1 + (direction == "bidirectional"), {"RNN": 1, "GRU": 3, "LSTM": 4}[kind]
    inputs = {
        "X": normal(steps, batch, features), "W": normal(d, gates * hidden, features, seed=1),
        "R": normal(d, gates * hidden, hidden, seed=2),
        "B": normal(d, 2 * gates * hidden, seed=3),
    }  # fmt: skip
    if lengths:
        inputs["L"] = np.array([4, 1, 3], np.int32)
    if state:
        inputs["H"] = normal(d, batch, hidden, seed=4)
    told = {"linear_before_reset": int(before_reset)} if kind == "GRU" else {}
    order = ["X", "W", "R", "B", "L", "H"]
    names = [name if name in inputs else "" for name in order[: 4 + 2 * (lengths or state)]]
    made = helper.make_node(
        kind, names, ["Y", "Y_h"], direction=direction, hidden_size=hidden, **told
    )
    declared = [
        value(name, a.shape, helper.np_dtype_to_tensor_dtype(a.dtype)) for name, a in inputs.items()
    ]
    network = model([made], declared, [value("Y", None), value("Y_h", None)])
    wanted = runtime(network, *inputs.values())
    for ours, theirs in zip(tg.onnx.load(network)(**inputs), wanted, strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-3, atol=1e-5)


NUMBERS = {
    "affine": (1, 0), "elu": (1, None), "hardsigmoid": (0.2, 0.5), "leakyrelu": (0.01, None),
    "scaledtanh": (1, 1), "thresholdedrelu": (1, None),
}  # fmt: skip
"""Which numbers activations take; those of the operators of these names, where none are told."""


def activated(names, alphas, betas):
    """Return a file of an LSTM with these activations, and the arrays that it takes."""
    arrays = normal(4, 3, 2), normal(1, 20, 2, seed=1), normal(1, 20, 5, seed=2)
    told = {"activation_alpha": alphas} if alphas else {}
    told |= {"activation_beta": betas} if betas else {}
    return one_node("LSTM", *arrays, hidden_size=5, activations=names, **told), arrays


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_of_recurrent_layers(activation):
    """Each stands between two with numbers of their own, which it must leave to them."""
    names, (alpha, beta) = (
        ["hardsigmoid", activation, "hardsigmoid"],
        NUMBERS.get(activation, (None, None)),
    )
    alphas = [0.2, *([] if alpha is None else [0.7]), 0.4]
    betas = [0.5, *([] if beta is None else [0.3]), 0.6]
    made, arrays = activated(names, alphas, betas)
    [wanted] = runtime(made, *arrays)
    np.testing.assert_allclose(tg.onnx.load(made)(*arrays), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", ["LeakyRelu", "Sigmoid", "Tanh"])
def test_what_activations_are_applied_to_is_clipped(activation):
    """Onnxruntime does not clip the cells of an LSTM, which the standard says."""
    arrays = 2 * normal(4, 3, 2), normal(1, 5, 2, seed=1), normal(1, 5, 5, seed=2)
    compare("RNN", *arrays, hidden_size=5, activations=[activation], clip=0.5)


@pytest.mark.parametrize("activation", NUMBERS)
def test_numbers_of_activations_that_are_not_told(activation):
    names, (alpha, beta) = ["sigmoid", activation, "tanh"], NUMBERS[activation]
    told, arrays = activated(names, [float(alpha)], [] if beta is None else [float(beta)])
    untold, _ = activated(names, [], [])
    ours, wanted = tg.onnx.load(untold)(*arrays), tg.onnx.load(told)(*arrays)
    np.testing.assert_array_equal(ours, wanted)


@given(st.data())
@SETTING
def test_gathering_and_scattering(data):
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x, n = normal(*shape), shape[axis]
    inner = [data.draw(st.integers(1, k)) for k in shape]
    inner[axis] = data.draw(st.integers(1, n))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    compare("GatherElements", x, rng.integers(-n, n, inner), axis=axis)
    compare("Gather", x, rng.integers(-n, n, (2, 3)), axis=axis)
    whole = [n if i == axis % len(shape) else k for i, k in enumerate(inner)]
    unique = np.argsort(rng.random(whole), axis=axis).take(range(inner[axis]), axis)
    updates = rng.standard_normal(inner).astype(np.float32)
    compare("ScatterElements", x, unique, updates, axis=axis)
    compare("ScatterElements", x, unique, updates, axis=axis, opset=18, reduction="add")


@pytest.mark.parametrize("opset", [8, 13])
@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax", "Hardmax"])
@pytest.mark.parametrize("axis", [0, 1, 2, None])
def test_the_softmax_family_is_flat_before_opset_13(kind, axis, opset):
    told = {} if axis is None else {"axis": axis}
    compare(kind, normal(3, 4, 5), opset=opset, **told)


@pytest.mark.parametrize(
    ("kind", "arrays", "told", "of"),
    [
        ("Conv", (normal(1, 2, 5), normal(3, 2, 3)), {"pads": [1, 2], "dilations": [2]}, (0, 1)),
        ("ConvTranspose", (normal(1, 2, 4), normal(2, 3, 3)), {"strides": [2]}, (0, 1)),
        ("MaxPool", (normal(1, 2, 7),), {"kernel_shape": [3], "dilations": [2]}, (0,)),
        ("AveragePool", (normal(1, 2, 7),), {"kernel_shape": [3], "pads": [1, 1],
                                              "count_include_pad": 1}, (0,)),
        ("LpPool", (normal(1, 2, 7),), {"kernel_shape": [3], "p": 3}, (0,)),
        ("LRN", (normal(1, 5, 2),), {"size": 3}, (0,)),
        ("InstanceNormalization", (normal(2, 3, 4), normal(3), normal(3)), {}, (0, 1, 2)),
        ("LayerNormalization", (normal(2, 3, 4), normal(4), normal(4)), {}, (0, 1, 2)),
        ("BatchNormalization", (normal(2, 3, 4), normal(3), normal(3), normal(3),
                                np.abs(normal(3)) + 1), {}, (0, 1, 2)),
        ("PRelu", (normal(2, 3), normal(3)), {}, (0, 1)),
        ("Gemm", (normal(3, 2), normal(3, 4), normal(4)), {"transA": 1, "alpha": 0.5,
                                                            "beta": 2.0}, (0, 1, 2)),
        ("Einsum", (normal(2, 3), normal(3, 2)), {"equation": "ij, jk -> ik"}, (0, 1)),
        ("GatherElements", (normal(3, 2), np.array([[0, 1], [-1, 0]])), {}, (0,)),
        ("ScatterElements", (normal(3, 2), np.array([[0, 1]]), normal(1, 2)), {}, (0, 2)),
        ("TopK", (normal(2, 5), np.array([2])), {"outputs": 2}, (0,)),
        ("ReduceLogSumExp", (normal(2, 3),), {"axes": [1]}, (0,)),
        ("ReduceL2", (normal(2, 3),), {"axes": [0]}, (0,)),
        ("CumSum", (normal(2, 3), np.array(1)), {"exclusive": 1, "reverse": 1}, (0,)),
        ("GridSample", (normal(1, 2, 4, 4), 0.7 * np.tanh(normal(1, 3, 3, 2))), {}, (0, 1)),
        ("Softmax", (normal(2, 3),), {}, (0,)),
        ("DFT", (normal(1, 5, 2),), {"inverse": 1}, (0,)),
        ("STFT", (normal(1, 8, 1), np.array(2), normal(4, seed=1)), {}, (0, 2)),
        ("NegativeLogLikelihoodLoss", (normal(2, 3), np.array([0, 2])), {}, (0,)),
        ("LSTM", (normal(3, 1, 2), normal(1, 8, 2), normal(1, 8, 2)), {"hidden_size": 2},
         (0, 1, 2)),
        ("GRU", (normal(3, 1, 2), normal(1, 6, 2), normal(1, 6, 2)), {"hidden_size": 2},
         (0, 1, 2)),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_gradients_are_the_numeric_ones(kind, arrays, told, of):
    gradients(kind, *arrays, of=of, **told)


def test_gradients_flow_through_branches_and_loops():
    body = helper.make_graph(
        [node("Identity", "c", "d"), node("Mul", "s w", "t")], "body",
        [value("i", [], 7), value("c", [], 9), value("s", [2])],
        [value("d", [], 9), value("t", [2])],
    )  # fmt: skip
    twice = helper.make_graph([node("Mul", "p two", "q")], "then", [], [value("q", [2])])
    same = helper.make_graph([node("Identity", "p", "r")], "else", [], [value("r", [2])])
    nodes = [
        helper.make_node("Loop", ["n", "", "x"], ["p"], body=body),
        helper.make_node("If", ["b"], ["y"], then_branch=twice, else_branch=same),
    ]
    weights = {"w": np.float32([2.0, 3.0]), "two": np.float32([2.0, 2.0])}
    inputs = [value("x", [2]), value("n", [], 7), value("b", [], 9)]
    network = tg.onnx.load(model(nodes, inputs, [value("y", [2])], weights))
    assert [name for name, _ in network.named_parameters()] == ["w", "two"]
    y = network([1.0, 1.0], 3, True)
    assert y.tolist() == [16.0, 54.0]
    y.sum().backward()
    assert network.w.grad.tolist() == [2 * 3 * 4.0, 2 * 3 * 9.0]
    assert network([1.0, 1.0], 0, False).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("backwards", [0, 1])
def test_scans_go_along_axes_in_both_directions(backwards):
    body = helper.make_graph(
        [node("Add", "s x", "t"), node("Identity", "t", "out")], "body",
        [value("s", [2]), value("x", [2])], [value("t", [2]), value("out", [2])],
    )  # fmt: skip
    scan = helper.make_node(
        "Scan", ["s", "x"], ["last", "all"], body=body, num_scan_inputs=1, scan_input_axes=[1],
        scan_input_directions=[backwards], scan_output_axes=[1],
        scan_output_directions=[backwards],
    )  # fmt: skip
    network = model([scan], [value("s", [2]), value("x", [2, 3])],
                    [value("last", [2]), value("all", [2, 3])])  # fmt: skip
    start, x = np.zeros(2, np.float32), normal(2, 3)
    for ours, theirs in zip(
        tg.onnx.load(network)(start, x), runtime(network, start, x), strict=True
    ):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "arrays", "told"),
    [
        ("PRelu", (np.float32([-0.0, 1, np.inf, -np.inf, np.nan]), np.float32([np.inf])), {}),
        ("PRelu", (np.array([-2, 3]), np.array([4, 5])), {}),
        ("ReduceLogSum", (np.array([7, 100]),), {}),
        ("ReduceLogSumExp", (np.array([7, 100]),), {}),
        ("ReduceL2", (np.array([3, 4], np.int32),), {}),
        ("DynamicQuantizeLinear", (np.zeros(3, np.float32),), {"outputs": 3}),
        ("TopK", (np.float32([[1, 3, 3, 2]]), np.array([3])), {"outputs": 2}),
        ("Clip", (normal(5), np.array(0.5, np.float32), np.array(-0.5, np.float32)), {}),
        ("Unique", (np.float32([[3, 1, 1], [2, 0, 0]]),), {"outputs": 4, "sorted": 0, "axis": 1}),
        ("ReduceMin", (np.zeros((2, 0), np.float32), np.array([1])), {"opset": 20}),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_corners_are_those_of_onnxruntime(kind, arrays, told):
    compare(kind, *arrays, **{"opset": 18, **told})


def test_a_number_has_no_axes_along_which_it_is_not_zero():
    """As the standard says; NumPy and onnxruntime give it one."""
    network = tg.onnx.load(one_node("NonZero", np.float32(3)))
    assert network(3.0).shape == (0, 1) and network(0.0).shape == (0, 0)


@pytest.mark.parametrize("kind", ["Loop", "Scan"])
def test_what_no_turn_gives_is_empty_as_declared(kind):
    parts = [value("t", [2]), value("row", [2, 3], 7)]
    inner = [node("Identity", "s", "t"), node("ConstantOfShape", "shape", "row", value=INT)]
    if kind == "Loop":
        first = [value("i", [], 7), value("c", [], 9), value("s", [2])]
        inner.append(node("Identity", "c", "d"))
        body = helper.make_graph(inner, "body", first, [value("d", [], 9), *parts])
        made = helper.make_node("Loop", ["n", "", "x"], ["last", "rows"], body=body)
    else:
        body = helper.make_graph(inner, "body", [value("s", [2]), value("p", [2])], parts)
        made = helper.make_node("Scan", ["x", "n"], ["last", "rows"], body=body, num_scan_inputs=1)
    n = np.array(0) if kind == "Loop" else np.zeros((0, 2), np.float32)
    network = model(
        [made], [value("x", [2]), value("n", n.shape, 7 if kind == "Loop" else 1)],
        [value("last", None), value("rows", None, 7)], {"shape": np.array([2, 3])},
    )  # fmt: skip
    last, rows = pickle.loads(pickle.dumps(tg.onnx.load(network)))(normal(2), n)
    assert rows.shape == (0, 2, 3) and rows.dtype == np.int64
    if kind == "Loop":  # onnxruntime refuses to scan nothing
        [_, wanted] = runtime(network, normal(2), n)
        assert rows.shape == wanted.shape and rows.dtype == wanted.dtype
    np.testing.assert_array_equal(last.data, normal(2))
