"""What onnxruntime's optimizer and quantiser write, against onnxruntime itself."""

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tests.onnx.networks import (
    MICROSOFT,
    compare,
    load_operator,
    model,
    node,
    normal,
    session_of,
    value,
)  # fmt: skip


@pytest.mark.parametrize(
    ("activation", "numbers"),
    [("Relu", None), ("Tanh", None), ("Sigmoid", None), ("LeakyRelu", [0.2]),
     ("Clip", [-0.3, 0.4]), ("HardSigmoid", [0.3, 0.4])],
)  # fmt: skip
def test_convolutions_with_an_activation(activation, numbers):
    told = {"activation": activation, "pads": [1, 0, 1, 0], "strides": [1, 2]}
    if numbers:
        told["activation_params"] = numbers
    x, weight = normal(2, 3, 5, 5), normal(4, 3, 3, 3, seed=1)
    compare("FusedConv", x, weight, normal(4, seed=2), **told)
    compare("FusedConv", x, weight, None, normal(2, 4, 5, 2, seed=3), **told)


@pytest.mark.parametrize(
    "activation",
    ["Elu", "HardSigmoid", "LeakyRelu", "Relu", "ScaledTanh", "Selu", "Sigmoid", "Softplus",
     "Softsign", "Tanh", "ThresholdedRelu"],
)  # fmt: skip
def test_matrix_products_with_an_activation(activation):
    a, b, c = normal(3, 2), normal(3, 4, seed=1), normal(4, seed=2)
    compare("FusedGemm", a, b, c, activation=activation, transA=1, alpha=0.5, beta=2.0,
            activation_alpha=0.3, activation_beta=0.4, activation_gamma=0.4)  # fmt: skip


@given(*[st.booleans()] * 4)
def test_factors_are_turned(first, second, first_batch, second_batch):
    a, b = normal(2, 3, 4, 5), normal(2, 3, 5, 6, seed=1)
    a = np.swapaxes(a, -1, -2) if first else a
    b = np.swapaxes(b, -1, -2) if second else b
    a = np.moveaxis(a, -2, 0) if first_batch else a
    b = np.moveaxis(b, -2, 0) if second_batch else b
    compare("FusedMatMul", a, b, alpha=0.5, transA=int(first), transB=int(second),
            transBatchA=int(first_batch), transBatchB=int(second_batch))  # fmt: skip


def test_an_activation_takes_its_own_numbers_and_is_refused_where_it_is_not_known():
    x, weight = normal(1, 2, 4, 4), normal(2, 2, 1, 1, seed=1)

    def activated(name):
        told = {"activation": name, "domain": MICROSOFT}
        return load_operator("FusedConv", x, weight, **told).numpy()

    plain = activated("")
    scale, alpha = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017
    selu = scale * np.where(plain > 0, plain, alpha * np.expm1(plain))
    np.testing.assert_allclose(activated("Selu"), selu, rtol=1e-5)
    np.testing.assert_allclose(activated("LeakyRelu"), np.maximum(plain, 0.01 * plain), rtol=1e-6)
    np.testing.assert_array_equal(activated("Clip"), plain)
    with pytest.raises(tg.errors.OnnxError, match="activation 'Sine'; known are relu"):
        activated("Sine")


def test_activations():
    x, bias = normal(3, 4), normal(4, seed=1)
    compare("Gelu", x)
    compare("BiasGelu", x, bias)
    compare("FastGelu", x, rtol=1e-3)
    compare("FastGelu", x, bias, rtol=1e-3)
    compare("QuickGelu", x, alpha=1.5)


def test_norms_of_sums():
    x, skip, scale, shift, bias = normal(2, 3, 8), normal(2, 3, 8, seed=1), *normal(3, 8, seed=2)
    compare("SkipLayerNormalization", x, skip, scale, shift, bias, epsilon=1e-3)
    compare("SkipLayerNormalization", x, skip, scale, epsilon=1e-3)
    compare("SkipSimplifiedLayerNormalization", x, skip, scale, bias, epsilon=1e-3)


@pytest.mark.parametrize("mask", [True, False])
def test_norms_of_embeddings(mask):
    rng = np.random.default_rng(0)
    ids, kinds = rng.integers(0, 9, (2, 3), np.int32), rng.integers(0, 2, (2, 3), np.int32)
    tables = normal(9, 8), normal(5, 8, seed=1), normal(2, 8, seed=2)
    norm = normal(8, seed=3), normal(8, seed=4)
    given = [np.array([[1, 1, 0], [1, 1, 1]], np.int32)] if mask else []
    compare("EmbedLayerNormalization", ids, kinds, *tables, *norm, *given, outputs=2)
    words, positions, _ = tables
    compare("EmbedLayerNormalization", ids, None, words, positions, None, *norm, outputs=2)


MASKS = {
    "none": None, "lengths": np.array([3, 1], np.int32), "ends": np.array([3, 2, 1, 0], np.int32),
    "keys": np.array([[1, 1, 0], [0, 1, 1]], np.int32),
    "pairs": np.tril(np.ones((2, 3, 3), np.int32)),
}  # fmt: skip


@pytest.mark.parametrize("causal", [0, 1])
@pytest.mark.parametrize("mask", MASKS)
def test_attention(mask, causal):
    x, weight, bias = normal(2, 3, 8), normal(8, 24, seed=1), normal(24, seed=2)
    compare("Attention", x, weight, bias, MASKS[mask], num_heads=2, unidirectional=causal)


def test_attention_to_what_came_before():
    x, weight, bias = normal(2, 3, 8), normal(8, 24, seed=1), normal(24, seed=2)
    past, added = normal(2, 2, 2, 5, 4, seed=3), normal(2, 2, 3, 3, seed=4)
    compare("Attention", x, weight, bias, None, past, num_heads=2, unidirectional=1, outputs=2)
    compare("Attention", x, weight, bias, None, None, added, num_heads=2, scale=0.3)
    narrow = [4, 4, 8]
    compare("Attention", x, normal(8, 16), normal(16), num_heads=2, qkv_hidden_sizes=narrow)


@pytest.mark.parametrize("bias", [True, False])
def test_attention_of_three_values(bias):
    query, key, v = normal(2, 3, 8), normal(2, 5, 8, seed=1), normal(2, 5, 8, seed=2)
    biases, added = normal(24, seed=3) if bias else None, normal(2, 2, 3, 5, seed=4)
    compare("MultiHeadAttention", query, key, v, biases, None, added, num_heads=2)
    keys = np.array([[1, 1, 0, 1, 1], [0, 1, 1, 1, 1]], np.int32)
    compare("MultiHeadAttention", query, key, v, biases, keys, num_heads=2)


# -------------------------------------------------------------------------------------- quantised


def whole(*shape, seed=0, dtype=np.uint8):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(low, high, shape, dtype, endpoint=True)


def setting(scale, zero, dtype=np.uint8):
    return np.array(scale, np.float32), np.array(zero, dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_quantised_layers(dtype):
    """Where onnxruntime rounds what lies in the middle the other way, one step is between."""
    a, b = whole(2, 3, 4, 4, dtype=dtype), whole(2, 3, 4, 4, seed=1, dtype=dtype)
    x, y, z = setting(0.05, 3, dtype), setting(0.02, 7, dtype), setting(0.06, 5, dtype)
    step = {"rtol": 0, "atol": 1}
    compare("QLinearAdd", a, *x, b, *y, *z, **step)
    compare("QLinearMul", a, *x, b, *y, *z, **step)
    compare("QLinearSigmoid", a, *x, *setting(1 / 256, 0, dtype), **step)
    compare("QLinearLeakyRelu", a, *x, *z, alpha=0.2, **step)
    compare("QLinearConcat", *z, a, *x, b, *y, axis=1, **step)
    compare("QLinearGlobalAveragePool", a, *x, *z, **step)
    compare("QLinearAveragePool", a, *x, *z, kernel_shape=[2, 2], pads=[1, 0, 0, 1], **step)
    compare("QLinearSoftmax", a, *x, *setting(1 / 256, 0, dtype), axis=-1, opset=13, **step)
    compare("QLinearSoftmax", a, *x, *setting(1 / 256, 0, dtype), axis=1, opset=12, **step)
    compare("QLinearWhere", normal(4) > 0, a, *x, b, *y, *z, **step)


def test_quantised_products():
    a, b = whole(3, 4), whole(4, 5, seed=1, dtype=np.int8)
    x, y, z = setting(0.05, 3), setting(0.02, 7, np.int8), setting(1.5, 120)
    bias = np.arange(5, dtype=np.int32) * 99
    compare("QGemm", a, *x, b, *y, bias, *z, rtol=0, atol=1)
    compare("QGemm", a, *x, b.T.copy(), *y, bias, transB=1, alpha=0.5)
    columns = np.float32([0.1, 0.2, 0.3, 0.4, 0.5])
    compare("MatMulIntegerToFloat", a, b, x[0], columns, x[1], y[1], normal(5))
    compare("DynamicQuantizeMatMul", normal(3, 4), b, y[0], y[1], normal(5), atol=1e-4)


def test_a_quantised_convolution_adds_its_bias():
    """Of values that stand for 0 nothing else is left: 100 · 0.05 · 0.02 / 0.01 above the zero."""
    x, w = np.full((1, 1, 2, 2), 3, np.uint8), whole(1, 1, 1, 1)
    settings = *setting(0.05, 3), w, *setting(0.02, 0), *setting(0.01, 5)
    y = load_operator("QLinearConv", x, *settings, np.array([100], np.int32))
    assert y.tolist() == [[[[15, 15], [15, 15]]]]


# ------------------------------------------------------------------------------- optimised files


def optimised(made, path):
    """Return what onnxruntime's optimizer makes of a model, for any processor."""
    level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    session_of(made, graph_optimization_level=level, optimized_model_filepath=str(path))
    return onnx.load(path)


def images():
    weights = {"w": normal(4, 3, 3, 3), "b": normal(4, seed=1), "v": normal(4, 4, 1, 1, seed=2)}
    nodes = [node("Conv", "x w b", "c"), node("Relu", "c", "r"), node("Conv", "r v", "d"),
             node("LeakyRelu", "d", "y", alpha=0.1)]  # fmt: skip
    return model(nodes, [value("x", [2, 3, 6, 6])], [value("y", None)], weights, ir_version=10)


def block():
    """Return GELU of a product, in the pieces in which PyTorch writes it, and a norm of a sum."""
    weights = {"w": normal(8, 8), "b": normal(8, seed=1), "s": normal(8, seed=2),
               "h": np.float32(0.5), "o": np.float32(1), "r": np.float32(np.sqrt(2))}  # fmt: skip
    nodes = [
        node("MatMul", "x w", "p"), node("Add", "p b", "q"), node("Div", "q r", "d"),
        node("Erf", "d", "e"), node("Add", "e o", "f"), node("Mul", "q f", "g"),
        node("Mul", "g h", "k"), node("Add", "k x", "t"), node("LayerNormalization", "t s b", "y"),
    ]  # fmt: skip
    return model(nodes, [value("x", [2, 3, 8])], [value("y", None)], weights, ir_version=10)


@pytest.mark.parametrize(
    ("make", "fused"),
    [(images, {"FusedConv"}), (block, {"Gelu", "SkipLayerNormalization"})],
)
def test_what_the_optimizer_writes_is_read(make, fused, tmp_path):
    made = make()
    better = optimised(made, tmp_path / "better.onnx")
    assert fused <= {n.op_type for n in better.graph.node}
    x = normal(*[d.dim_value for d in made.graph.input[0].type.tensor_type.shape.dim], seed=9)
    network = tg.onnx.load(better)
    y = network(x)
    np.testing.assert_allclose(y.data, tg.onnx.load(made)(x).data, rtol=1e-4, atol=1e-5)
    y.sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_what_is_not_known_of_them_is_said():
    made = images()
    made.graph.node[1].CopyFrom(node("Fused", "c", "r", domain=MICROSOFT))
    with pytest.raises(
        tg.errors.OnnxError, match=r"Fused \(a domain that the file does not import"
    ):
        tg.onnx.load(made)
