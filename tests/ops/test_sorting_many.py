"""Sorting many elements quickly, and a few of many: ties and NaN included."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.ops.sorting import FEW, MANY


def rows(kind, seed, dtype="float64", shape=(3, MANY + 7)):
    """Return rows of distinct numbers, or of a few numbers that are met again, or with NaN."""
    rng = np.random.default_rng(seed)
    x = rng.permutation(np.arange(np.prod(shape), dtype="float64")).reshape(shape)
    if kind == "ties":
        x = rng.integers(0, 50, shape).astype("float64")
    elif kind == "few ties":
        x[:, rng.integers(0, shape[1], 5)] = x.max() + 1
    elif kind == "nan":
        x[rng.random(shape) < 0.01] = np.nan
    return x.astype(dtype)


def stable(x, axis, descending):
    """Return the positions that sort x, of equal elements the first first, NaN being largest."""
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    backwards = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(backwards, axis)


kinds = st.sampled_from(["distinct", "ties", "few ties", "nan"])
dtypes = st.sampled_from(["float32", "float64"])


@given(kinds, st.integers(0, 99), dtypes, st.booleans(), st.booleans())
def test_the_order_of_equal_elements_is_kept(kind, seed, dtype, descending, turned):
    x, axis = rows(kind, seed, dtype), 1
    if turned:
        x, axis = x.T, 0
    order = stable(x, axis, descending)
    np.testing.assert_array_equal(
        tg.argsort(tg.tensor(x), axis=axis, descending=descending).numpy(), order
    )
    expected = np.take_along_axis(x, order, axis=axis)
    for wants in (False, True):
        t = tg.tensor(x, requires_grad=wants)
        found = tg.sort(t, axis=axis, descending=descending)
        np.testing.assert_array_equal(found.numpy(), expected)
    np.testing.assert_array_equal(tg.sort(x, axis=axis, descending=descending), expected)


@given(kinds, st.integers(0, 99), dtypes, st.booleans(), st.integers(0, MANY // FEW))
def test_a_few_of_many_are_those_of_a_sorted_row(kind, seed, dtype, largest, k):
    x = rows(kind, seed, dtype)
    order = stable(x, 1, largest)[:, :k]
    t = tg.tensor(x, requires_grad=True)
    values, places = tg.topk(t, k, largest=largest)
    np.testing.assert_array_equal(places.numpy(), order)
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(x, order, axis=1))
    values.sum().backward()
    expected = np.zeros_like(x)
    np.put_along_axis(expected, order, 1, axis=1)
    np.testing.assert_array_equal(t.grad.numpy(), expected)
    if k and not largest:
        value, place = tg.kthvalue(t, k)
        np.testing.assert_array_equal(place.numpy(), order[:, -1])
        np.testing.assert_array_equal(value.numpy(), values.numpy()[:, -1])


def test_what_is_compiled_follows_a_tensor_that_is_not_its_argument():
    x = tg.tensor(rows("distinct", 0)[0])

    def of_it(scale):
        with tg.no_grad():
            return tg.sort(x)[:3] * scale, tg.topk(x, 3).values * scale

    run = tg.compile(of_it)
    for k in range(4):
        for found, expected in zip(run(np.array(2.0)), of_it(np.array(2.0)), strict=True):
            np.testing.assert_array_equal(found.numpy(), expected.numpy())
        x.assign(rows("distinct", k + 1)[0] - 5)


@pytest.mark.parametrize("method", ["quantile", "median"])
def test_quantiles_of_many(method):
    x = rows("few ties", 1)
    options = {"q": 0.3} if method == "quantile" else {}
    expected = getattr(np, method)(x, axis=1, **options)
    for wants in (False, True):
        t = tg.tensor(x, requires_grad=wants)
        found = getattr(tg, method)(t, axis=1, **options).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-14)


@given(kinds, st.integers(0, 99), dtypes, st.integers(1, MANY + 7), st.booleans())
def test_the_kth_of_many_is_that_of_a_sorted_row(kind, seed, dtype, k, turned):
    x = rows(kind, seed, dtype)
    order = stable(x, 1, False)[:, k - 1]
    t = tg.tensor(x.T if turned else x, requires_grad=True)
    value, place = tg.kthvalue(t, k, axis=0 if turned else 1)
    np.testing.assert_array_equal(place.numpy(), order)
    np.testing.assert_array_equal(value.numpy(), x[np.arange(3), order])


@given(kinds, st.integers(0, 99), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_quantiles_of_many_pass_gradients_to_the_first_of_equal_elements(kind, seed, q):
    x = rows(kind, seed)
    t = tg.tensor(x, requires_grad=True)
    tg.quantile(t, q, axis=1).sum().backward()
    order, place = stable(x, 1, False), q * (x.shape[1] - 1)
    low = int(place)
    expected = np.zeros_like(x)
    np.put_along_axis(expected, order[:, [min(low + 1, x.shape[1] - 1)]], place - low, axis=1)
    np.put_along_axis(expected, order[:, [low]], 1 - (place - low), axis=1)
    for i in np.flatnonzero(np.isnan(x).any(axis=1)):  # NaN is the last, and the quantile
        expected[i] = np.arange(x.shape[1]) == order[i, -1]
    np.testing.assert_allclose(t.grad.numpy(), expected, rtol=1e-9)
