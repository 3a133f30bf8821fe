"""Pooling with all its options, window by window in plain Python; output sizes; unpooling."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.testing import gradcheck
from tests import thresholds


def windows_along(n, size, stride, padding, dilation, ceil):
    """Return the places of each window along an axis, also those in the padding."""
    span = (size - 1) * dilation + 1
    count = (n + 2 * padding - span) / stride
    count = (math.ceil(count) if ceil else math.floor(count)) + 1
    while ceil and (count - 1) * stride - padding >= n:
        count -= 1
    return [[k * stride - padding + j * dilation for j in range(size)] for k in range(count)]


@st.composite
def geometries(draw):
    rank = draw(st.integers(1, 2))
    size, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    lengths = tuple((size - 1) * dilation + 1 + draw(st.integers(0, 4)) for _ in range(rank))
    padding = draw(st.integers(0, size // 2))
    settings = {"stride": draw(st.integers(1, 4)), "padding": padding}
    return lengths, size, dilation, {**settings, "ceil_mode": draw(st.booleans())}


@given(geometries(), st.sampled_from([0.0, 0.5, 1.0]))
def test_the_largest_of_each_window_and_its_place(made, share_of_least):
    """Elements as low as the padding, −inf, have a place too."""
    lengths, size, dilation, settings = made
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 2, *lengths))
    x[rng.random(x.shape) < share_of_least] = -np.inf
    layer = getattr(nn, f"MaxPool{len(lengths)}d")(
        size, dilation=dilation, return_indices=True, **settings
    )
    y, places = layer(tg.tensor(x))
    along = [
        windows_along(n, size, settings["stride"], settings["padding"], dilation,
                      settings["ceil_mode"])
        for n in lengths
    ]  # fmt: skip
    assert y.shape == places.shape == (2, 2, *map(len, along))
    for at in np.ndindex(y.shape):
        rows = [along[k][i] for k, i in enumerate(at[2:])]
        inside = [
            p for p in product(*rows) if all(0 <= i < n for i, n in zip(p, lengths, strict=True))
        ]
        best = max(inside, key=lambda p: x[(*at[:2], *p)])
        assert y.data[at] == x[(*at[:2], *best)]
        assert places.data[at] == np.ravel_multi_index(best, lengths)


@given(geometries(), st.booleans())
def test_the_mean_of_each_window(made, counted):
    lengths, size, _, settings = made
    x = np.random.default_rng(0).standard_normal((1, 2, *lengths))
    layer = getattr(nn, f"AvgPool{len(lengths)}d")(size, count_include_pad=counted, **settings)
    y, p = layer(tg.tensor(x)), settings["padding"]
    along = [
        windows_along(n, size, settings["stride"], p, 1, settings["ceil_mode"]) for n in lengths
    ]
    assert y.shape == (1, 2, *map(len, along))
    for at in np.ndindex(y.shape):
        places = list(product(*(along[k][i] for k, i in enumerate(at[2:]))))
        inside = [q for q in places if all(0 <= i < n for i, n in zip(q, lengths, strict=True))]
        count = [q for q in places if all(-p <= i < n + p for i, n in zip(q, lengths, strict=True))]
        total = sum(x[(*at[:2], *q)] for q in inside)
        expected = total / len(count if counted else inside)
        np.testing.assert_allclose(y.data[at], expected, rtol=1e-12)


def test_what_was_pooled_goes_back_to_its_place():
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 7))
    y, places = nn.MaxPool2d(2, return_indices=True)(tg.tensor(x))
    back = nn.MaxUnpool2d(2)(y, places, output_size=(5, 7)).numpy()
    kept = back != 0
    np.testing.assert_array_equal(back[kept], x[kept])
    assert kept.sum() == y.size
    assert nn.MaxUnpool1d(3, 2, 1)(tg.ones((1, 1, 4)), np.array([[[0, 2, 4, 6]]])).shape[-1] == 7
    # Windows that overlap name one place several times: it has their mean.
    twice = nn.MaxUnpool1d(2, 1)(tg.tensor([[[4.0, 2.0]]]), np.array([[[1, 1]]]))
    assert twice.data.tolist() == [[[0, 3, 0]]]


def test_unpooling_refuses_what_is_no_place():
    layer, y = nn.MaxUnpool1d(2), tg.ones((1, 1, 2))
    with pytest.raises(AxisError, match=r"index 4 at \(0, 0, 1\) is not one of the 4 places"):
        layer(y, np.array([[[0, 4]]]))
    with pytest.raises(DTypeError, match="return_indices=True returns them"):
        layer(y, y)
    with pytest.raises(ShapeError, match=r"must have shape \(batch, channels, length\)"):
        layer(y, np.zeros((1, 2), int))
    with pytest.raises(ShapeError, match=r"cannot have the spatial shape \(0,\)"):
        layer(y, np.zeros((1, 1, 2), int), output_size=(0,))


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 8)), min_size=1, max_size=2))
def test_a_share_of_the_places_for_each_result(axes):
    lengths, sizes = zip(*axes, strict=True)
    x = np.random.default_rng(0).standard_normal((2, 2, *lengths))
    found = {
        reduce: kind(sizes)(tg.tensor(x)).numpy()
        for reduce, kind in ((np.mean, nn.AdaptiveAvgPool), (np.max, nn.AdaptiveMaxPool))
    }
    for at in np.ndindex(*sizes):
        share = tuple(
            slice(i * n // s, -(-(i + 1) * n // s))
            for i, n, s in zip(at, lengths, sizes, strict=True)
        )
        part = x[(..., *share)].reshape(2, 2, -1)
        for reduce, y in found.items():
            np.testing.assert_allclose(y[(..., *at)], reduce(part, axis=-1), rtol=1e-12, atol=1e-14)


def test_tied_maxima_of_a_share_have_even_parts_of_the_gradient():
    x = tg.tensor([[[[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 5.0]]]], requires_grad=True)
    nn.AdaptiveMaxPool(2)(x)[..., 0, 0].sum().backward()
    np.testing.assert_allclose(x.grad.data[0, 0, 0], [1 / 3, 1 / 3, 0], rtol=1e-6)


@pytest.mark.parametrize("kind", [nn.AdaptiveAvgPool, nn.AdaptiveMaxPool])
def test_output_sizes(kind):
    assert kind((None, 2))(tg.ones((1, 1, 5, 6))).shape == (1, 1, 5, 2)
    assert kind(1)(tg.ones((1, 2, 5, 6, 3))).shape == (1, 2, 1, 1, 1)
    gradcheck(kind(3), np.random.default_rng(0).standard_normal((1, 1, 5)), order=2)
    for wrong in (0, (), (2, 0)):
        with pytest.raises(ArgumentError, match="output_size"):
            kind(wrong)
    with pytest.raises(ShapeError, match="with 2 spatial axes, none of them empty"):
        kind((2, 2))(tg.ones((1, 1, 5)))
    with pytest.raises(ShapeError, match="none of them empty"):
        kind(2)(tg.ones((1, 1, 0)))


def test_options_that_do_not_fit():
    with pytest.raises(ArgumentError, match="ceil_mode has no place beside padding='same'"):
        nn.MaxPool2d(2, padding="same", ceil_mode=True)
    with pytest.raises(ArgumentError, match="one that lay in the padding alone would hold nothing"):
        nn.MaxPool1d(2, dilation=3, padding=2, stride=1)(tg.ones((1, 1, 2)))
    with pytest.raises(ArgumentError, match="MaxPool1d: ceil_mode is True or False"):
        nn.MaxPool1d(2, ceil_mode=1)
    assert repr(nn.MaxPool2d(2, dilation=2, ceil_mode=True, return_indices=True)) == (
        "MaxPool2d(2×2, dilation=2, ceil_mode=True, return_indices=True)"
    )


def test_a_nan_is_the_largest_and_has_a_place():
    x = np.array([[[1.0, np.nan, 3.0, 4.0]]])
    y, places = nn.MaxPool1d(2, return_indices=True)(x)
    np.testing.assert_array_equal(y, [[[np.nan, 4]]])
    assert places.data.tolist() == [[[1, 3]]]
    assert np.isnan(nn.MaxPool1d(2, dilation=2, stride=1)(tg.tensor(x)).data[0, 0, 1])


MOST = thresholds.value("nn.place_products.MOST")


@pytest.mark.parametrize("n", [MOST, MOST + 1])
@pytest.mark.parametrize("size", [3, 100])
@pytest.mark.parametrize("kind, reduce", [("Avg", np.mean), ("Max", np.max)])
def test_shares_of_long_axes(n, size, kind, reduce):
    x = np.random.default_rng(0).normal(size=(1, 2, 3, n))
    leaf = tg.tensor(x, requires_grad=True)
    y = getattr(nn, f"Adaptive{kind}Pool")((2, size))(leaf)
    rows, columns = (
        [(i * m // k, -(-(i + 1) * m // k)) for i in range(k)] for m, k in ((3, 2), (n, size))
    )
    towards = np.random.default_rng(1).normal(size=y.shape)
    y.backward(towards)
    back = np.zeros_like(x)
    for (i, (top, bottom)), (j, (left, right)) in product(enumerate(rows), enumerate(columns)):
        share = x[..., top:bottom, left:right]
        value = reduce(share, axis=(2, 3), keepdims=True)
        np.testing.assert_allclose(y.data[..., i, j], value[..., 0, 0], rtol=1e-9, atol=1e-12)
        part = share == value if kind == "Max" else np.full(share.shape, 1 / share[0, 0].size)
        back[..., top:bottom, left:right] += part * towards[..., i, j, None, None]
    np.testing.assert_allclose(leaf.grad.data, back, rtol=1e-9, atol=1e-12)


def test_ties_of_a_share_take_equal_parts_wherever_they_stand():
    x = tg.tensor(np.ones((1, 1, 5, 5)), requires_grad=True)
    nn.AdaptiveMaxPool(2)(x)[..., 0, 0].sum().backward()
    np.testing.assert_allclose(x.grad.data[0, 0, :3, :3], 1 / 9)


def test_nan_stays_in_its_own_shares():
    x = np.ones((1, 1, 5, 7))
    x[..., 0, 0] = np.nan
    y = nn.AdaptiveAvgPool((2, 3))(x)
    assert np.isnan(y[0, 0, 0, 0]) and np.isnan(y).sum() == 1
