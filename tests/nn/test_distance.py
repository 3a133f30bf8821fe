"""Cosines and distances, bilinear forms and learned slopes, against their equations."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, AxisError, ShapeError
from tensorgraph.testing import gradcheck


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@given(st.integers(0, 2), st.sampled_from(["float32", "float64"]))
def test_cosines(axis, dtype):
    x, y = normal(3, 4, 2).astype(dtype), normal(3, 4, 2, seed=1).astype(dtype)
    found = nn.cosine_similarity(tg.tensor(x), tg.tensor(y), axis)
    expected = (x * y).sum(axis) / np.sqrt((x * x).sum(axis) * (y * y).sum(axis))
    assert found.dtype == dtype
    np.testing.assert_allclose(found.data, expected, rtol=1e-4)


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_cosines_of_vectors_of_any_length(size):
    x = np.array([[3.0, 4.0]]) * size
    if size > 1e-100:
        np.testing.assert_allclose(nn.cosine_similarity(x, -2 * x / size), [-1.0], rtol=1e-14)
    assert nn.cosine_similarity(x * 0, x).tolist() == [0]
    half = np.full((1, 4), 300, np.float16)
    assert nn.cosine_similarity(half, half) == 1 and nn.pairwise_distance(half, -half) == 1200


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
@pytest.mark.parametrize("size", [1e-150, 1.0, 1e150])
def test_distances(p, size):
    x, y = normal(4, 3) * size, normal(4, 3, seed=1) * size
    found = nn.pairwise_distance(x, y, p, eps=0.0)
    np.testing.assert_allclose(found, np.linalg.norm((x - y) / size, p, axis=-1) * size, rtol=1e-12)
    assert nn.pairwise_distance(x, y, p, keepdims=True).shape == (4, 1)
    assert nn.pairwise_distance(x, x, p, eps=0.0).tolist() == [0] * 4


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
def test_gradients_of_distances_at_both_orders(p):
    gradcheck(
        lambda x, y: nn.pairwise_distance(x, y, p), normal(3, 2), normal(3, 2, seed=1), order=2
    )


def test_all_pairs_and_what_does_not_fit():
    x, y = normal(3, 2), normal(5, 2, seed=1)
    assert nn.pairwise_distance(x[:, None], y[None]).shape == (3, 5)
    for function in (nn.cosine_similarity, nn.pairwise_distance):
        with pytest.raises(ShapeError, match=r"write x\[:, None\] and y\[None\] for all pairs"):
            function(x, y)
        with pytest.raises(ShapeError, match=function.__name__):
            function(x, x[:, :1])
        with pytest.raises(ShapeError, match=function.__name__):
            function(1.0, 2.0)
    with pytest.raises(AxisError, match="cosine_similarity: axis"):
        nn.cosine_similarity(x, x, 2)
    with pytest.raises(ArgumentError, match=r"PairwiseDistance: ord is at least 1, not 0\.5"):
        nn.PairwiseDistance(0.5)
    with pytest.raises(ArgumentError, match="CosineSimilarity: eps"):
        nn.CosineSimilarity(eps=0)


def test_bilinear_is_a_product_of_three():
    layer = nn.Bilinear(3, 2, 4, dtype="float64")
    layer.bias.assign(normal(4))
    x, y = normal(5, 3), normal(5, 2, seed=1)
    pairs = list(zip(layer.weight.data, layer.bias.data, strict=True))
    expected = [[x[m] @ w @ y[m] + b for w, b in pairs] for m in range(5)]
    np.testing.assert_allclose(layer(x, y).data, expected)
    with pytest.raises(ShapeError, match=r"\(…, 3\) and \(…, 2\), with the same leading axes"):
        layer(x, y[:4])


def test_a_learned_slope():
    layer, x = nn.PReLU(2, 0.5, dtype="float64"), normal(3, 2, 4)
    layer.weight.assign(np.array([0.25, -1.0]))
    slopes = np.array([0.25, -1.0])[:, None]
    np.testing.assert_array_equal(layer(x).data, np.where(x > 0, x, slopes * x))
    assert np.isnan(nn.PReLU()(np.array([np.nan], "float32")).data).all()
    with pytest.raises(ShapeError, match="must have 2 features along axis 1; write PReLU"):
        layer(x[:, 0, 0])
