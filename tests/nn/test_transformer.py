"""Transformers as their equations compose them; attention with all its options; positions."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.nn import scaled_dot_product_attention as attend
from tensorgraph.testing import gradcheck


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def moved(layer):
    for k, parameter in enumerate(layer.parameters()):
        parameter.assign(normal(*parameter.shape, seed=k))
    return layer


X, MEMORY = normal(2, 4, 6), normal(2, 5, 6, seed=1)
KNOWN = np.array([[True] * 4, [True, True, False, False]])


@pytest.mark.parametrize("first", [False, True])
def test_an_encoder_layer_is_its_equations(first):
    layer = moved(nn.TransformerEncoderLayer(6, 2, 8, nn.Tanh(), first, 0.0, dtype="float64"))
    x = tg.tensor(X)

    def part(x, norm, f):
        return x + f(norm(x)) if first else norm(x + f(x))

    x = part(x, layer.norm1, lambda y: layer.self_attn(y, key_mask=KNOWN))
    x = part(x, layer.norm2, lambda y: layer.linear2(tg.tanh(layer.linear1(y))))
    np.testing.assert_allclose(layer(X, key_mask=KNOWN).data, x.data, rtol=1e-12)


@pytest.mark.parametrize("first", [False, True])
def test_a_decoder_layer_is_its_equations(first):
    layer = moved(nn.TransformerDecoderLayer(6, 2, 8, nn.Tanh(), first, 0.0, dtype="float64"))
    x, memory, known = (
        tg.tensor(X),
        tg.tensor(MEMORY),
        np.array([[True] * 5, [True] * 2 + [False] * 3]),
    )

    def part(x, norm, f):
        return x + f(norm(x)) if first else norm(x + f(x))

    past = np.tri(4, dtype=bool)
    x = part(x, layer.norm1, lambda y: layer.self_attn(y, key_mask=KNOWN, mask=past))
    x = part(x, layer.norm2, lambda y: layer.multihead_attn(y, memory, key_mask=known))
    x = part(x, layer.norm3, lambda y: layer.linear2(tg.tanh(layer.linear1(y))))
    np.testing.assert_allclose(
        layer(X, MEMORY, key_mask=KNOWN, memory_key_mask=known).data, x.data, rtol=1e-12
    )


@pytest.mark.parametrize("kind", [nn.TransformerEncoder, nn.TransformerDecoder])
@pytest.mark.parametrize("first", [False, True])
def test_a_stack_is_its_layers_and_a_last_norm(kind, first):
    model = kind(2, 6, 3, norm_first=first, hidden_features=5, dropout=0.0, dtype="float64")
    moved(model)
    more = () if kind is nn.TransformerEncoder else (MEMORY,)
    y = tg.tensor(X)
    for layer in model.layers:
        y = layer(y, *more)
    y = model.norm(y) if first else y
    np.testing.assert_array_equal(model(X, *more).data, y.data)
    assert (model.norm is not None) == first
    one, two = (layer.linear1.weight.data for layer in kind(2, 6, 3).layers)
    assert (one != two).any()


def test_a_causal_encoder_does_not_know_the_future():
    model = nn.TransformerEncoder(2, 6, 2, causal=True, dropout=0.0, dtype="float64")
    leaf = tg.tensor(X, requires_grad=True)
    model(leaf)[:, 1, 0].sum().backward()  # all of a normed step add up to 0
    assert not leaf.grad.data[:, 2:].any() and leaf.grad.data[:, :2].any()


def test_padding_has_no_influence_even_where_it_is_nan():
    model = nn.TransformerEncoder(2, 6, 2, norm_first=True, dropout=0.0, dtype="float64")
    whole = model(X, key_mask=KNOWN).data[1, :2]
    np.testing.assert_allclose(model(X[1:, :2]).data[0], whole, rtol=1e-10)


def test_transformers_drop_out_in_training_only():
    model = nn.TransformerEncoder(1, 6, 2, dropout=0.5, dtype="float64")
    assert (model(X).data != model(X).data).any()
    model.eval()
    np.testing.assert_array_equal(model(X).data, model(X).data)


def test_activations_with_parameters_are_each_layers_own():
    model = nn.TransformerEncoder(2, 6, 2, activation=nn.PReLU())
    assert len([path for path, _ in model.named_parameters() if "activation" in path]) == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 6, 2),
            DTypeError,
            r"num_layers is an integer, not a layer: .* write TransformerEncoder\(6, features",
        ),
        (
            lambda: nn.TransformerEncoderLayer(8, 2, activation="gelu"),
            DTypeError,
            r"activation is a module or a function, not .*; write activation=tg\.nn\.GELU",
        ),
        (lambda: nn.TransformerDecoder(2, 8, 3), ArgumentError, "8 features cannot be divided"),
        (lambda: nn.TransformerEncoderLayer(8, 2, dropout=1.0), ArgumentError, "dropout is in"),
        (lambda: nn.TransformerEncoder(0, 8, 2), ArgumentError, "num_layers is at least 1"),
        (
            lambda: nn.TransformerEncoderLayer(8, 2)(np.ones((2, 3, 6), "float32")),
            ShapeError,
            r"must have shape \(m, T, 8\)",
        ),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ------------------------------------------------------------------------------ attention's options


def test_what_is_added_to_scores():
    q, k, v = normal(2, 3, 4), normal(2, 5, 4, seed=1), normal(2, 5, 2, seed=2)
    bias = normal(3, 5, seed=3)
    bias[1, 2] = -np.inf
    bias[2] = -np.inf
    scores = q @ k.swapaxes(1, 2) * 0.7 + bias
    weights = np.exp(scores[:, :2])
    weights /= weights.sum(-1, keepdims=True)
    found = attend(tg.tensor(q), k, v, bias=bias, scale=0.7)
    np.testing.assert_allclose(found.data[:, :2], weights @ v, rtol=1e-12)
    assert not found.data[:, 2].any()  # of a query that may attend to nothing
    k[:, 2], v[:, 2] = np.nan, np.nan
    bias[:, 2] = -np.inf
    leaf = tg.tensor(bias, requires_grad=True)
    result = attend(q, k, v, bias=leaf)
    result.sum().backward()
    assert np.isfinite(result.data).all() and np.isfinite(leaf.grad.data).all()
    gradcheck(lambda q, b: attend(q, q, q, bias=b), normal(2, 3, 4), normal(3, 3, seed=4), order=2)


def test_dropped_weights_keep_their_expectation():
    q, v = np.zeros((1, 200)), np.ones((400, 1))
    generator = tg.random.Generator(0)
    found = attend(q, np.zeros((400, 200)), v, dropout=0.25, generator=generator)
    assert found != 1 and abs(found.item() - 1) < 0.2
    with pytest.raises(ArgumentError, match="dropout is in"):
        attend(q, q, q, dropout=1.0)


def test_biases_and_masks_that_are_none():
    x = normal(2, 3, 4)
    with pytest.raises(DTypeError, match=r"bias holds numbers .* not bool; mask= takes booleans"):
        attend(x, x, x, bias=np.ones((3, 3), bool))
    with pytest.raises(DTypeError, match="numbers that are added to scores are bias="):
        attend(x, x, x, np.zeros((3, 3)))
    with pytest.raises(ShapeError, match=r"a bias of shape \(2, 2\) does not broadcast"):
        attend(x, x, x, bias=np.zeros((2, 2)))
    single = attend(x.astype("float32"), x.astype("float32"), x.astype("float32"), bias=np.eye(3))
    assert single.dtype == np.float32


def test_the_weights_of_heads():
    layer = moved(nn.MultiHeadAttention(6, 3, dtype="float64"))
    pairs = normal(2, 4, 4, seed=5) > -0.5
    pairs[0, 1] = False
    y, weights = layer(X, mask=pairs, need_weights=True)
    assert weights.shape == (2, 3, 4, 4)
    assert not weights.data[~np.broadcast_to(pairs[:, None], weights.shape)].any()
    sums = pairs.any(-1)[:, None] * np.ones((2, 3, 4))
    np.testing.assert_allclose(weights.data.sum(-1), sums, rtol=1e-12)
    np.testing.assert_array_equal(layer(X, mask=pairs).data, y.data)
    by_head = np.broadcast_to(pairs[:, None], (2, 3, 4, 4))
    np.testing.assert_array_equal(layer(X, mask=by_head).data, y.data)
    np.testing.assert_array_equal(layer(X, mask=np.tri(4, dtype=bool)).data,
                                  layer(X, mask=tg.tensor(np.tri(4, dtype=bool))).data)  # fmt: skip


# ------------------------------------------------------------------------------------- positions


def test_waves_are_those_of_the_paper():
    found = nn.SinusoidalPositionalEncoding(5)(tg.zeros((2, 7, 5), "float64"))
    for t, i in np.ndindex(7, 5):
        angle = t / 10000 ** ((i - i % 2) / 5)
        expected = math.cos(angle) if i % 2 else math.sin(angle)
        np.testing.assert_allclose(found.data[:, t, i], expected, rtol=1e-12, atol=1e-15)
    with pytest.raises(ShapeError, match="T steps of 5 features"):
        nn.SinusoidalPositionalEncoding(5)(tg.zeros((7, 4)))


def test_learned_positions_end_with_their_table():
    layer = nn.LearnedPositionalEncoding(4, 3)
    np.testing.assert_array_equal(layer(tg.zeros((2, 2, 3))).data[1], layer.weight.data[:2])
    with pytest.raises(ShapeError, match=r"has 5 steps, and the table 4; write Learned.*\(5, 3\)"):
        layer(tg.zeros((5, 3)))
