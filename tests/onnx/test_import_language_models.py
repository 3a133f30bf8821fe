"""What onnxruntime writes for language models, and for layers with few bits, against it itself."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import OnnxError
from tests.onnx.networks import MICROSOFT, compare, load_operator, normal


def angles(places, size):
    """Return cosines and sines by place, for heads of a size."""
    turns = np.arange(places)[:, None] / 10 ** (np.arange(size // 2) / size)
    return np.cos(turns).astype(np.float32), np.sin(turns).astype(np.float32)


@pytest.mark.parametrize("interleaved", [0, 1])
def test_positions_turn_pairs(interleaved):
    x, tables = normal(2, 3, 16), angles(9, 8)
    one, each = np.array([4]), np.array([[0, 1, 2], [5, 3, 1]])
    for places in (one, each):
        compare("RotaryEmbedding", x, places, *tables, interleaved=interleaved)
        compare("RotaryEmbedding", normal(2, 2, 3, 8), places, *tables, interleaved=interleaved)
    part = {"num_heads": 2, "rotary_embedding_dim": 4, "interleaved": interleaved}
    compare("RotaryEmbedding", x, each, *angles(9, 4), **part)


def counts(*last):
    """Return the places of the last keys, and the longest length."""
    return np.array(last, np.int32), np.array(max(last) + 1, np.int32)


@pytest.mark.parametrize("turned", [0, 1])
@pytest.mark.parametrize("told", [{}, {"local_window_size": 2}, {"softcap": 2.0}, {"scale": 0.3}])
def test_heads_share_keys(turned, told):
    """In a first step of several words, and in a later one behind what came before."""
    query, key, value = normal(2, 3, 64), normal(2, 3, 32, seed=1), normal(2, 3, 32, seed=2)
    told = told | {"num_heads": 4, "kv_num_heads": 2, "do_rotary": turned, "outputs": 3}
    tables = angles(9, 16) if turned else ()
    compare("GroupQueryAttention", query, key, value, None, None, *counts(2, 2), *tables, **told)
    past = normal(2, 2, 5, 16, seed=3), normal(2, 2, 5, 16, seed=4)
    now = query[:, :1], key[:, :1], value[:, :1]
    compare("GroupQueryAttention", *now, *past, *counts(5, 5), *tables, **told)
    compare("GroupQueryAttention", *now, *past, *counts(4, 3), *tables, **told)  # of more room
    packed = np.concatenate([query, key, value], axis=2)
    compare("GroupQueryAttention", packed, None, None, None, None, *counts(2, 2), *tables, **told)


def test_queries_keys_and_values_may_lie_in_one_array():
    q, k, v = (normal(2, 3, 8, seed=i) for i in range(3))
    told = {"domain": MICROSOFT, "num_heads": 2}
    wanted = load_operator("MultiHeadAttention", q, k, v, **told)
    both = np.stack([part.reshape(2, 3, 2, 4) for part in (k, v)], axis=3)
    every = np.stack([part.reshape(2, 3, 2, 4) for part in (q, k, v)], axis=3)
    for packed in ((q, both), (every,)):
        found = load_operator("MultiHeadAttention", *packed, **told)
        np.testing.assert_array_equal(found.data, wanted.data)
    with pytest.raises(OnnxError, match="of 2 values in one of"):
        load_operator("MultiHeadAttention", q, every, **told)


# -------------------------------------------------------------------------------- few bits


@pytest.mark.parametrize("zeros", [True, False])
@given(columns=st.integers(1, 5), length=st.integers(1, 70))
def test_products_with_weights_of_four_bits(zeros, columns, length):
    rng = np.random.default_rng(length)
    blocks = -(-length // 32)
    whole = rng.integers(0, 256, (columns, blocks, 16), np.uint8)
    scales = normal(columns * blocks, seed=1)
    given_zeros = rng.integers(0, 256, columns * -(-blocks // 2), np.uint8) if zeros else None
    told = {"K": length, "N": columns, "bits": 4, "block_size": 32}
    compare(
        "MatMulNBits", normal(2, length), whole, scales, given_zeros, rtol=1e-3, atol=1e-3, **told
    )


def test_products_of_few_bits_that_are_not_known():
    args = normal(2, 16), np.zeros((1, 1, 8), np.uint8), normal(1)
    with pytest.raises(OnnxError, match="not of 2, 4 or 8 bits"):
        load_operator("MatMulNBits", *args, domain=MICROSOFT, K=16, N=1, bits=3, block_size=16)


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("columns", [True, False])
def test_lstms_with_quantised_weights(direction, columns):
    n, count = 4, 2 if direction == "bidirectional" else 1
    rng = np.random.default_rng(0)
    w, r = (rng.integers(-128, 128, (count, k, 4 * n), np.int8) for k in (3, n))
    shape = (count, 4 * n) if columns else (count,)
    scales = [np.full(shape, 0.01, np.float32) * rng.random(shape, np.float32) for _ in range(2)]
    zero = np.zeros(shape, np.int8)
    bias, state = normal(count, 8 * n), normal(count, 2, n, seed=1)
    compare("DynamicQuantizeLSTM", normal(5, 2, 3), w, r, bias, None, state, state, None,
            scales[0], zero, scales[1], zero, hidden_size=n, direction=direction, outputs=3,
            atol=1e-4)  # fmt: skip


def test_attention_with_quantised_weights():
    rng = np.random.default_rng(0)
    x, weight = rng.integers(0, 256, (2, 3, 8), np.uint8), rng.integers(-128, 128, (8, 24), np.int8)
    scales = np.array(0.02, np.float32), np.array(0.01, np.float32)
    zeros = np.array(120, np.uint8), np.array(3, np.int8)
    told = {"num_heads": 2, "unidirectional": 1}
    compare("QAttention", x, weight, normal(24), *scales, None, *zeros, **told)
    mask = np.array([[1, 1, 0], [0, 1, 1]], np.int32)
    compare("QAttention", x, weight, normal(24), *scales, mask, *zeros, num_heads=2)


def test_gradients_reach_what_is_turned_and_shared():
    query, key, value = (tg.tensor(normal(1, 3, 8, seed=i), requires_grad=True) for i in range(3))
    y = load_operator(
        "GroupQueryAttention", query, key, value, None, None, *counts(2), *angles(5, 4),
        domain=MICROSOFT, num_heads=2, kv_num_heads=2, do_rotary=1, outputs=3,
    )[0]  # fmt: skip
    tg.square(y).sum().backward()
    assert all(np.abs(x.grad.data).max() > 0 for x in (query, key, value))
