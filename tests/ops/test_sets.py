"""Functions whose results' number of elements the values decide."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg

WHOLE = st.lists(st.integers(0, 6), max_size=12)


@given(x=WHOLE)
def test_different_elements_are_those_of_python(x):
    values, places, inverse, counts = tg.unique_all(np.array(x, int))
    assert values.numpy().tolist() == sorted(set(x))
    assert [x[i] for i in np.asarray(places)] == sorted(set(x))
    assert [np.asarray(values)[i] for i in np.asarray(inverse)] == x
    assert np.asarray(counts).tolist() == [x.count(v) for v in sorted(set(x))]
    assert tg.bincount(np.array(x, int)).numpy().tolist() == np.bincount(np.array(x, int)).tolist()


def test_shapes_of_what_is_unique():
    x = tg.tensor([[2.0, 1.0], [2.0, 2.0]], requires_grad=True)
    found = tg.unique_inverse(x)
    np.testing.assert_array_equal(found.values[found.inverse_indices], x)
    np.testing.assert_array_equal(tg.unique_counts(x).counts, [1, 3])
    tg.unique_values(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [[1, 1], [0, 0]])
    assert tg.unique_values([np.nan, np.nan]).shape == (2,)


@given(x=st.lists(st.sampled_from([0.0, 1.0, -2.0, np.nan]), max_size=8))
def test_places_are_numpys(x):
    x = np.array(x)
    for function in (tg.nonzero, tg.argwhere, tg.flatnonzero):
        expected = getattr(np, function.__name__)(x)
        np.testing.assert_array_equal(function(x), expected)


def test_weights_of_counts_get_the_gradient():
    w = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    found = tg.bincount([0, 2, 2], weights=w, minlength=4)
    np.testing.assert_array_equal(found, [1, 0, 5, 0])
    (found * tg.arange(4.0)).sum().backward()
    np.testing.assert_array_equal(w.grad, [0, 2, 2])
    assert tg.bincount(np.zeros(0, int)).shape == (0,)


def test_histograms_are_numpys():
    x = np.random.default_rng(0).normal(size=30)
    for static in ({}, {"bins": 4}, {"bins": [-1.0, 0.0, 2.0]}, {"density": True}):
        for found, right in zip(tg.histogram(x, **static), np.histogram(x, **static), strict=True):
            np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.bincount([-1]), "counts 0, 1, 2"),
        (lambda: tg.bincount([0.5]), "takes integers"),
        (lambda: tg.bincount([[1]]), "a row of integers"),
        (lambda: tg.bincount([1], weights=[1.0, 2.0]), "weights have x's shape"),
        (lambda: tg.histogram([1.0], bins=0), "histogram"),
    ],
)
def test_messages(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_of_a_symbol_no_number_of_elements_is_known():
    with pytest.raises(tg.errors.GraphError, match="is not known of a symbol"):
        tg.trace(tg.nonzero, np.ones(3))
