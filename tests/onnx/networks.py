"""Small networks as ONNX's files hold them."""

import numpy as np
import onnxruntime
import pytest
from onnx import helper, numpy_helper

import tensorgraph as tg
from tensorgraph.errors import OnnxError


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def value(name, shape, dtype=1):
    return helper.make_tensor_value_info(name, dtype, shape)


def node(kind, inputs, outputs, **attributes):
    return helper.make_node(kind, inputs.split(), outputs.split(), **attributes)


def model(nodes, inputs, outputs, weights=None, opset=17, **told):
    """Return a model of nodes, of declared inputs and outputs, and weights by name."""
    tensors = [numpy_helper.from_array(np.asarray(w), n) for n, w in (weights or {}).items()]
    graph = helper.make_graph(nodes, "network", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, **told)


def one_node(kind, *arrays, outputs=1, opset=17, **attributes):
    """Return a model of one operator that takes arrays, its inputs called x0 and so on."""
    names = [f"x{i}" for i in range(len(arrays))]
    inputs = [
        value(n, list(np.shape(a)), helper.np_dtype_to_tensor_dtype(np.asarray(a).dtype))
        for n, a in zip(names, arrays, strict=True)
    ]
    results = [f"y{i}" for i in range(outputs)]
    made = node(kind, " ".join(names), " ".join(results), **attributes)
    told = [helper.make_empty_tensor_value_info(name) for name in results]
    return model([made], inputs, told, opset=opset)


def classifier():
    """Return a network of two layers as PyTorch's older exporter names things."""
    weights = {
        "net.0.weight": normal(8, 4), "net.0.bias": normal(8, seed=1),
        "net.2.weight": normal(3, 8, seed=2), "net.2.bias": normal(3, seed=3),
    }  # fmt: skip
    nodes = [
        node("Gemm", "x net.0.weight net.0.bias", "a", name="/net/net.0/Gemm", transB=1),
        node("Relu", "a", "b", name="/net/net.1/Relu"),
        node("Gemm", "b net.2.weight net.2.bias", "y", name="/net/net.2/Gemm", transB=1),
    ]
    return model(nodes, [value("x", ["batch", 4])], [value("y", ["batch", 3])], weights)


def deep(depth):
    """Return a network of equal blocks."""
    nodes, weights, last = [], {}, "x"
    for i in range(depth):
        weights[f"layers.{i}.linear.weight"] = normal(4, 4, seed=i)
        where, inner = f"/layers.{i}", f"layers.{i}.linear.weight"
        nodes += [
            node("MatMul", f"{last} {inner}", f"a{i}", name=f"{where}/linear/MatMul"),
            node("Tanh", f"a{i}", f"b{i}", name=f"{where}/act/Tanh"),
            node("Add", f"{last} b{i}", f"c{i}", name=f"{where}/Add"),
        ]
        last = f"c{i}"
    return model(nodes, [value("x", ["batch", 4])], [value(last, ["batch", 4])], weights)


def normalised(training_mode=0):
    """Return a convolution with batch normalisation and dropout, as for inference."""
    weights = {
        "conv.weight": normal(4, 3, 3, 3), "bn.weight": np.ones(4, np.float32),
        "bn.bias": np.zeros(4, np.float32), "bn.running_mean": normal(4, seed=1),
        "bn.running_var": np.abs(normal(4, seed=2)) + 0.5,
    }  # fmt: skip
    names = "bn.weight bn.bias bn.running_mean bn.running_var"
    results = "b m v" if training_mode else "b"
    nodes = [
        node("Conv", "x conv.weight", "a", name="/conv/Conv", pads=[1, 1, 1, 1]),
        node("BatchNormalization", f"a {names}", results, name="/bn/BatchNormalization",
             training_mode=training_mode),
        node("Dropout", "b", "y", name="/drop/Dropout"),
    ]  # fmt: skip
    shape = ["batch", 3, 5, 5]
    return model(nodes, [value("x", shape)], [value("y", ["batch", 4, 5, 5])], weights)


# --------------------------------------------------------------------------- what is to be refused


def refuse(source, text):
    """Check that a file is refused with such a message."""
    with pytest.raises(OnnxError, match=text):
        tg.onnx.load(source)


X = [value("x", [2])]
Y = [value("y", [2])]
"""One input and one output of two numbers."""


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


def with_functions(functions, nodes):
    """Return a model with functions of the domain ``mine``."""
    made = model(nodes, X, Y)
    made.opset_import.append(helper.make_opsetid("mine", 1))
    made.functions.extend(functions)
    return made


def function(name, nodes, inputs=("a",), outputs=("b",), attributes=()):
    """Return a function of the domain ``mine``."""
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
    return helper.make_function("mine", name, inputs, outputs, nodes, opsets, attributes)


# ------------------------------------------------------------------------- beside onnxruntime

MICROSOFT = "com.microsoft"


def session_of(made, **options):
    """Return a session of onnxruntime that runs a model."""
    told = onnxruntime.SessionOptions()
    told.log_severity_level = 4
    told.intra_op_num_threads = 1
    for name, setting in options.items():
        setattr(told, name, setting)
    return onnxruntime.InferenceSession(made.SerializeToString(), told)


def _of_operator(kind, arrays, outputs, **attributes):
    """Return a model of one operator, and its inputs by name; one that is ``None`` is left out."""
    names = ["" if a is None else f"x{i}" for i, a in enumerate(arrays)]
    feed = {n: a for n, a in zip(names, arrays, strict=True) if n}
    inputs = [value(n, a.shape, helper.np_dtype_to_tensor_dtype(a.dtype)) for n, a in feed.items()]
    results = [f"y{i}" for i in range(outputs)]
    made = helper.make_node(kind, names, results, **attributes)
    told = [helper.make_empty_tensor_value_info(name) for name in results]
    network = model([made], inputs, told, ir_version=10)
    network.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
    return network, feed


def load_operator(kind, *arrays, outputs=1, **attributes):
    """Return what one operator computes of arrays or tensors."""
    network, feed = _of_operator(kind, arrays, outputs, **attributes)
    return tg.onnx.load(network)(**feed)


def compare(kind, *arrays, outputs=1, rtol=1e-4, atol=1e-5, **attributes):
    """Compare one operator of onnxruntime's own with it."""
    network, feed = _of_operator(kind, arrays, outputs, domain=MICROSOFT, **attributes)
    wanted = session_of(network).run(None, feed)
    found = tg.onnx.load(network)(**feed)
    found = (found,) if outputs == 1 else found
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.data, theirs, rtol=rtol, atol=atol)
