"""Attention against its equation in plain NumPy, one query at a time, and by its symmetries."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.nn import scaled_dot_product_attention as attend

DTYPES = ["float32", "float64"]


def normal(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def reference(q, k, v, allowed):
    """Equation 1 for each query by itself, over the keys that it may attend to."""
    out = np.zeros((*q.shape[:-1], v.shape[-1]))
    for place in np.ndindex(q.shape[:-1]):
        keys = np.flatnonzero(allowed[place])
        if len(keys):
            fits = np.array([q[place] @ k[(*place[:-1], j)] for j in keys]) / math.sqrt(q.shape[-1])
            weights = np.exp(fits) / np.exp(fits).sum()
            out[place] = sum(w * v[(*place[:-1], j)] for w, j in zip(weights, keys, strict=True))
    return out


lengths = st.integers(1, 4)


@given(
    st.lists(st.integers(0, 2), max_size=2).map(tuple), lengths, lengths, lengths, lengths,
    st.sampled_from(DTYPES), st.booleans(), st.booleans(), st.integers(0, 2**32),
)  # fmt: skip
def test_attention_follows_its_equation(lead, queries, keys, d, n, dtype, masked, causal, seed):
    keys = queries if causal else keys
    rng = np.random.default_rng(seed)
    q, k, v = (
        rng.standard_normal((*lead, *shape)).astype(dtype)
        for shape in ((queries, d), (keys, d), (keys, n))
    )
    allowed = np.ones((*lead, queries, keys), bool)
    mask = rng.random(allowed.shape) < 0.5 if masked else None
    if masked:
        allowed &= mask
    if causal:
        allowed &= np.arange(queries)[:, None] >= np.arange(keys)
    found = attend(tg.tensor(q), tg.tensor(k), tg.tensor(v), mask, causal=causal)
    assert found.dtype == dtype
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(found.data, reference(q, k, v, allowed), atol=tolerance)
    np.testing.assert_array_equal(attend(q, k, v, mask, causal=causal), found.data)


def test_attention_of_equal_keys_is_the_mean_and_of_one_far_ahead_its_value():
    v = normal(3, 2)
    np.testing.assert_allclose(attend(np.ones((1, 4)), np.ones((3, 4)), v)[0], v.mean(0))
    k = np.array([[0.0], [1e4], [0.0]])
    np.testing.assert_array_equal(attend(np.ones((1, 1)), k, v)[0], v[1])


def test_the_leading_axes_broadcast_and_so_do_masks():
    """One key and value head for several of queries; a mask of keys alone."""
    q, k, v = normal(2, 3, 4, 5), normal(2, 1, 6, 5, seed=1), normal(2, 1, 6, 2, seed=2)
    mask = np.array([True, True, False, True, False, True])
    found = attend(q, k, v, mask)
    for i, j in np.ndindex(2, 3):
        expected = reference(q[i, j], k[i, 0], v[i, 0], np.broadcast_to(mask, (4, 6)))
        np.testing.assert_allclose(found[i, j], expected, atol=1e-14)


# ------------------------------------------------------------------- nothing to be attended to


@pytest.mark.parametrize("order", [1, 2])
def test_gradients_of_masked_rows(order):
    mask = np.array([[True, False, True], [False, False, False]])
    tg.testing.gradcheck(
        lambda q, k, v: attend(q, k, v, mask),
        normal(2, 2), normal(3, 2, seed=1), normal(3, 1, seed=2), order=order,
    )  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("masked", [1, 3])
def test_a_query_whose_keys_are_all_masked_finds_nothing(masked, dtype):
    mask = np.arange(3)[:, None] >= np.full(4, masked)
    q, k, v = (
        tg.tensor(normal(*shape, dtype=dtype), requires_grad=True)
        for shape in ((3, 2), (4, 2), (4, 5))
    )
    with tg.debug():  # which tells of NaN and infinities that an op makes
        found = attend(q, k, v, mask)
        found.sum().backward()
    assert not found.data[:masked].any()
    assert (found.data[masked:] != 0).all()
    assert not q.grad.data[:masked].any()
    assert all(np.isfinite(x.grad.data).all() for x in (q, k, v))


def test_no_keys_at_all():
    found = attend(np.ones((2, 3)), np.ones((0, 3)), np.ones((0, 4)))
    np.testing.assert_array_equal(found, np.zeros((2, 4)))


# --------------------------------------------------------------------------- several heads


def multi_head(features=6, heads=3, dtype="float64", **settings):
    """Return a layer with random parameters, biases too, and these by name."""
    layer = nn.MultiHeadAttention(features, heads, dtype=dtype, **settings)
    for i, parameter in enumerate(layer.parameters()):
        parameter.assign(normal(*parameter.shape, seed=100 + i, dtype=dtype))
    return layer, layer.state_dict()


def reference_heads(p, heads, query, key, value, allowed):
    """Head by head, each with the rows of the projections that are its own."""
    q, k, v = (
        x @ p[f"{name}_proj.weight"].T + p[f"{name}_proj.bias"]
        for name, x in (("q", query), ("k", key), ("v", value))
    )
    d = query.shape[-1] // heads
    found = [
        reference(*(x[..., h * d : (h + 1) * d] for x in (q, k, v)), allowed) for h in range(heads)
    ]
    return np.concatenate(found, axis=-1) @ p["out_proj.weight"].T + p["out_proj.bias"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_self_attention(causal, masked, dtype):
    layer, parameters = multi_head(dtype=dtype, causal=causal)
    x = normal(2, 4, 6, dtype=dtype)
    allowed = np.ones((2, 4, 4), bool)
    mask = np.array([[True, False, True, True], [False] * 4]) if masked else None
    if masked:
        allowed &= mask[:, None]
    if causal:
        allowed &= np.arange(4)[:, None] >= np.arange(4)
    found = layer(tg.tensor(x), key_mask=None if mask is None else tg.tensor(mask))
    assert found.dtype == dtype
    expected = reference_heads(parameters, 3, x, x, x, allowed)
    np.testing.assert_allclose(found.data, expected, atol=1e-4 if dtype == "float32" else 1e-12)
    if masked:
        np.testing.assert_array_equal(found.data[1], np.tile(layer.out_proj.bias.data, (4, 1)))


def test_cross_attention():
    layer, parameters = multi_head()
    query, key, value = normal(2, 3, 6), normal(2, 5, 6, seed=1), normal(2, 5, 6, seed=2)
    allowed = np.ones((2, 3, 5), bool)
    expected = reference_heads(parameters, 3, query, key, value, allowed)
    np.testing.assert_allclose(layer(query, key, value).data, expected, atol=1e-12)
    same = reference_heads(parameters, 3, query, key, key, allowed)
    np.testing.assert_allclose(layer(query, key).data, same, atol=1e-12)


@given(st.integers(0, 6), st.integers(0, 2**32))
def test_the_past_does_not_know_the_future(t, seed):
    layer, _ = multi_head(causal=True)
    x, other = normal(2, 7, 6), normal(2, 7, 6, seed=seed)
    changed = np.concatenate([x[:, : t + 1], other[:, t + 1 :]], axis=1)
    before, after = layer(x).data, layer(changed).data
    np.testing.assert_array_equal(before[:, : t + 1], after[:, : t + 1])
    leaf = tg.tensor(x, requires_grad=True)
    layer(leaf)[:, t].sum().backward()
    assert not leaf.grad.data[:, t + 1 :].any()
    assert (leaf.grad.data[:, : t + 1] != 0).any(axis=(0, 2)).all()


@given(st.permutations(range(5)))
def test_without_a_mask_the_order_of_the_sequence_does_not_matter(order):
    layer, _ = multi_head()
    x = normal(2, 5, 6)
    np.testing.assert_allclose(layer(x[:, order]).data, layer(x).data[:, order], atol=1e-12)


def test_masked_keys_do_not_matter():
    layer, _ = multi_head()
    x, mask = normal(2, 5, 6), np.array([[True] * 3 + [False] * 2] * 2)
    changed = np.where(mask[..., None], x, 1e6)
    alone = layer(x[:, :3]).data
    np.testing.assert_allclose(layer(changed, key_mask=mask).data[:, :3], alone, atol=1e-12)


def test_parameters_repr_and_start():
    layer = nn.MultiHeadAttention(64, 4, causal=True, generator=tg.random.Generator(0))
    other = nn.MultiHeadAttention(64, 4, causal=True, generator=tg.random.Generator(0))
    for (path, one), two in zip(layer.named_parameters(), other.parameters(), strict=True):
        assert (one.data == two.data).all()
        assert one.dtype == np.float32
        assert one.shape == ((64, 64) if path.endswith("weight") else (64,))
    assert np.abs(layer.q_proj.weight.data).max() <= math.sqrt(6 / 128)
    assert (layer.q_proj.weight.data != layer.k_proj.weight.data).any()
    plain = nn.MultiHeadAttention(4, 2, bias=False, init=nn.init.he_normal)
    assert [path for path, _ in plain.named_parameters()] == [
        "q_proj.weight", "k_proj.weight", "v_proj.weight", "out_proj.weight",
    ]  # fmt: skip
    assert repr(plain).startswith("MultiHeadAttention(4, heads=2)  64 parameters\n  q_proj")
    assert "Linear(4 → 4, bias=False, init=he_normal)" in repr(plain)


# -------------------------------------------------------------------------------------- errors


def test_sizes_that_make_no_layer():
    with pytest.raises(ArgumentError, match="6 features cannot be divided among 4 heads"):
        nn.MultiHeadAttention(6, 4)
    with pytest.raises(ArgumentError, match="MultiHeadAttention: heads is at least 1, not 0"):
        nn.MultiHeadAttention(6, 0)
    with pytest.raises(DTypeError, match=r"MultiHeadAttention: features is an integer, not 6.5"):
        nn.MultiHeadAttention(6.5, 2)


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        ([(3,), (2, 3), (2, 3)], {}, r"needs \(…, queries or keys, features\), not query \(3,\)"),
        ([(2, 3), (2, 4), (2, 3)], {}, "queries and keys must have the same number of features"),
        ([(2, 3), (4, 3), (5, 3)], {}, "there must be a value for each key"),
        ([(2, 4, 3), (3, 4, 3), (4, 3)], {}, "before the last two do not broadcast together"),
        ([(4, 3), (3, 4, 3), (2, 4, 3)], {}, r"together: query \(4, 3\), key \(3, 4, 3\)"),
        ([(2, 3), (4, 3), (4, 3)], {"causal": True}, "has a key for each query, not 4 for 2"),
        (
            [(2, 3), (4, 3), (4, 3)],
            {"mask": np.ones((4, 2), bool)},
            r"a mask of shape \(4, 2\) does not broadcast to \(…, queries, keys\) = \(2, 4\)",
        ),
        # NumPy would make the result larger.
        ([(1, 3), (4, 3), (4, 3)], {"mask": np.ones((5, 4), bool)}, "mask of shape"),
        ([(2, 3), (4, 3), (4, 3)], {"mask": np.ones((1, 2, 4), bool)}, "mask of shape"),
    ],
)
def test_shapes_that_do_not_fit(shapes, settings, message):
    with pytest.raises(ShapeError, match=f"^scaled_dot_product_attention: .*{message}"):
        attend(*map(np.ones, shapes), **settings)


@pytest.mark.parametrize("mask", [np.ones((2, 4)), [[0, 1, 0, 1]] * 2])
def test_masks_are_boolean(mask):
    layer, _ = multi_head()
    message = "mask is boolean, True where a query may attend to a key, not .*; write mask != 0"
    with pytest.raises(DTypeError, match=f"^scaled_dot_product_attention: {message}"):
        attend(np.ones((2, 3)), np.ones((4, 3)), np.ones((4, 3)), mask)
    with pytest.raises(DTypeError, match=f"in model MultiHeadAttention: key_{message}"):
        layer(np.ones((2, 4, 6)), key_mask=mask)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([(2, 6)], r"query of shape \(2, 6\) must have shape \(m, T, 6\)"),
        ([(2, 3, 6), (2, 3, 5)], r"key of shape \(2, 3, 5\) must have shape \(m, T, 6\)"),
        ([(2, 3, 6), (1, 3, 6)], "must have the same number m of examples"),
        ([(2, 3, 6), (2, 4, 6), (2, 3, 6)], "and a value for each key"),
        ([(2, 3, 6), None, None, (3, 2)], r"a key_mask of shape \(3, 2\) must have .* = \(2, 3\)"),
    ],
)
def test_sequences_that_do_not_fit(arguments, message):
    layer, _ = multi_head()
    given = [None if shape is None else np.ones(shape, bool) for shape in arguments]
    with pytest.raises(ShapeError, match=f"in model MultiHeadAttention: .*{message}"):
        layer(*given)


def test_causal_attention_to_another_sequence_is_refused():
    layer, _ = multi_head(causal=True)
    with pytest.raises(ShapeError, match="in model MultiHeadAttention: causal attention has a key"):
        layer(np.ones((2, 3, 6)), np.ones((2, 4, 6)))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: nn.MultiHeadAttention(8, 2, bias=0.3),
        lambda: nn.MultiHeadAttention(8, 2, causal="no"),
        lambda: nn.MultiHeadAttention(8, 2)(tg.ones((1, 2, 8)), need_weights="no"),
        lambda: nn.scaled_dot_product_attention(*tg.ones((3, 1, 2, 4)), causal=0.5),
        lambda: nn.Linear(3, 4, "relu"),
        lambda: nn.Bilinear(3, 4, 5, bias="relu"),
        lambda: nn.Conv2d(1, 1, 3, bias="relu"),
        lambda: nn.ConvTranspose2d(1, 1, 3, bias="relu"),
        lambda: nn.LSTM(3, 4, bias="relu"),
        lambda: nn.GRUCell(3, 4, bias="relu"),
    ],
)
def test_flags_are_true_or_false(wrong):
    with pytest.raises(ArgumentError, match=r"(bias|causal|need_weights) is True or False, not"):
        wrong()


@pytest.mark.parametrize(
    "elsewhere",
    [
        lambda: nn.MultiHeadAttention(8, 2, 0.1),
        lambda: nn.scaled_dot_product_attention(*tg.ones((3, 1, 2, 4)), None, 0.5),
        lambda: nn.Unfold(2, 2),
        lambda: nn.unfold(tg.ones((1, 1, 4, 4)), 2, 2),
        lambda: nn.Fold((4, 4), 2, 1, 0, 2),
        lambda: nn.fold(tg.ones((1, 4, 9)), (4, 4), 2, 1),
        lambda: nn.ConvTranspose2d(4, 4, 3, 2, 1, 1, 2),
        lambda: nn.TransformerEncoderLayer(8, 2)(tg.ones((2, 2, 8)), np.ones((2, 2), bool)),
        lambda: nn.TransformerDecoderLayer(8, 2)(*tg.ones((2, 2, 2, 8)), np.ones((2, 2), bool)),
        lambda: nn.TransformerEncoder(1, 8, 2)(tg.ones((2, 2, 8)), np.ones((2, 2), bool)),
        lambda: nn.TransformerDecoder(1, 8, 2)(*tg.ones((2, 2, 2, 8)), np.ones((2, 2), bool)),
        lambda: tg.optim.Muon([tg.ones(3)], 0.02, 0.1),
        lambda: tg.optim.NAdam([tg.ones(3)], 0.002, (0.9, 0.999), 1e-8, 0, 0.004),
        lambda: tg.optim.Adagrad([tg.ones(3)], 0.01, 0.01),
        lambda: tg.optim.LBFGS([tg.ones(3)], 1, 20, 25),
    ],
)
def test_what_stands_elsewhere_in_another_order_is_given_by_name(elsewhere):
    with pytest.raises(TypeError, match=r" takes |positional"):
        elsewhere()
