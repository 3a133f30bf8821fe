"""Predictions and targets of losses, and how their results are compared."""

import math

import numpy as np
from hypothesis import strategies as st

import tensorgraph as tg

DTYPES = ["float32", "float64"]
REDUCE = {"mean": np.mean, "sum": np.sum, "none": lambda losses: losses}
NAN, INF = math.nan, math.inf
PAIRS = ["margin_ranking", "triplet_margin", "cosine_embedding", "info_nce", "nt_xent"]
"""Losses that compare what two inputs, or more, hold."""
shapes = st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)


def normal(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def simplex(*shape, axis=-1, seed=0):
    """Return distributions along an axis."""
    weights = np.random.default_rng(seed).uniform(0.1, 1.0, shape)
    return weights / weights.sum(axis, keepdims=True)


def close(found, expected, dtype="float64"):
    tolerance = {"rtol": 1e-12, "atol": 1e-14} if dtype == "float64" else {"atol": 2e-5}
    np.testing.assert_allclose(getattr(found, "data", found), expected, **tolerance)


def slopes(f, x, dtype="float64"):
    """Return f's value, its gradient, and the gradient of a projection of that."""
    x = tg.tensor(x, dtype, requires_grad=True)
    value = f(x)
    (first,) = tg.gradients(value.sum(), [x], create_graph=True)
    along = tg.tensor(normal(*x.shape, dtype=dtype, seed=5))
    (second,) = tg.gradients((first * along).sum() + 0 * x.sum(), [x])
    assert value.dtype == first.dtype == second.dtype == dtype
    return value.data, first.data, second.data, along.data
