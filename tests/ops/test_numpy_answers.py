"""NumPy's functions that are composed here: the same numbers as NumPy's, with gradients."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, GraphError
from tensorgraph.ops.order import METHODS

RNG = np.random.default_rng(0)
WITH_NAN = np.where(RNG.random((4, 6)) < 0.3, np.nan, RNG.normal(size=(4, 6)).round(1))
WITH_NAN[:, 0] = [1.0, -2.0, 0.5, 3.0]


def pairs(name, x, **options):
    """Return what NumPy's function makes of an array and of a tensor."""
    f = getattr(np, name)
    return f(x, **options), np.asarray(f(tg.tensor(x), **options))


@pytest.mark.parametrize("name", ["nancumsum", "nancumprod", "nanargmax", "nanargmin"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_what_leaves_nan_out(name, axis):
    expected, found = pairs(name, WITH_NAN, axis=axis)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_row_of_nan_has_no_largest_element():
    with pytest.raises(ArgumentError, match="All-NaN"):
        np.nanargmax(tg.tensor([[np.nan, np.nan], [1.0, 2.0]]), axis=1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("q", [0.0, 0.1, 0.5, 0.77, 1.0])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_quantiles_beside_nan(method, q, axis):
    expected, found = pairs("nanquantile", WITH_NAN, q=q, axis=axis, method=method)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_some_quantiles_beside_nan_need_values():
    x = tg.tensor(WITH_NAN)
    linear = tg.vmap(lambda x: tg.nanquantile(x, 0.3))(x)
    np.testing.assert_allclose(linear.numpy(), np.nanquantile(WITH_NAN, 0.3, axis=1), rtol=1e-12)
    trace = tg.trace(lambda x: tg.nanquantile(x, 0.3), WITH_NAN)
    assert "hazen" not in str(trace)
    with pytest.raises(GraphError, match="method is one of 'linear', 'lower'"):
        tg.trace(lambda x: tg.nanquantile(x, 0.3, method="hazen"), WITH_NAN)


@pytest.mark.parametrize("name", ["sort", "argsort"])
def test_along_all_elements(name):
    expected, found = pairs(name, WITH_NAN[:, 1], axis=None)
    np.testing.assert_array_equal(found, expected)
    expected, found = pairs(name, np.arange(6.0)[::-1].reshape(2, 3), axis=None)
    np.testing.assert_array_equal(found, expected)
    assert np.argsort(tg.tensor(3.0)).shape == (1,)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all", "argmax", "ptp"])
@pytest.mark.parametrize("axis", [0, -1])
def test_a_number_has_a_first_axis_for_numpy(name, axis):
    expected, found = pairs(name, np.array(3.0), axis=axis)
    assert found == expected and found.shape == ()


@given(
    hnp.arrays(float, (3, 5), elements=st.floats(-2, 2).map(lambda v: round(v, 1))),
    st.booleans(),
    st.booleans(),
)
def test_places_of_each_example_among_edges(x, right, falling):
    edges = np.array([-1.0, -0.5, 0.0, 0.0, 1.0])[:: -1 if falling else 1]
    found = tg.vmap(lambda x: np.digitize(x, edges, right))(tg.tensor(x))
    np.testing.assert_array_equal(found.numpy(), np.digitize(x, edges, right))
    if not falling:
        side = "left" if right else "right"
        found = tg.vmap(lambda x: np.searchsorted(edges, x, side))(tg.tensor(x))
        np.testing.assert_array_equal(found.numpy(), np.searchsorted(edges, x, side))


def test_edges_are_a_row_in_order():
    for bins, told in (([0.0, 2.0, 1.0], "monotonically"), ([[0.0, 1.0]], "row of known edges")):
        with pytest.raises(ArgumentError, match=told):
            tg.vmap(lambda x, bins=bins: np.digitize(x, np.array(bins)))(tg.ones((2, 3)))


@given(
    hnp.arrays(float, (3, 6), elements=st.floats(-1.5, 1.5).map(lambda v: round(v, 1))),
    st.integers(1, 5),
    st.booleans(),
)
def test_a_histogram_of_each_example(x, bins, density):
    x[:, 0] = 0.5  # a density of nothing is none
    found = tg.vmap(lambda x: tg.histogram(x, bins, (-1, 1), density)[0])(tg.tensor(x))
    expected = [np.histogram(row, bins, (-1, 1), density)[0] for row in x]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    weights = np.arange(6.0)
    found = tg.vmap(lambda x: tg.histogram(x, bins, (-1, 1), weights=weights)[0])(tg.tensor(x))
    expected = [np.histogram(row, bins, (-1, 1), weights=weights)[0] for row in x]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_what_a_symbol_does_not_tell_is_named():
    with pytest.raises(GraphError, match=r"write tg\.histogram\(x, bins=10, range"):
        tg.vmap(lambda x: tg.histogram(x)[0])(tg.ones((2, 3)))
    with pytest.raises(GraphError, match=r"write tg\.segment_sum"):
        tg.vmap(lambda x: tg.bincount(x))(tg.tensor([[0, 1]]))


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (4, 2, 3)])
def test_decompositions_with_all_columns_where_no_gradient_is_wanted(shape):
    x = RNG.normal(size=shape)
    for found, expected in zip(np.linalg.svd(tg.tensor(x)), np.linalg.svd(x), strict=True):
        np.testing.assert_array_equal(found.numpy(), expected)
    for found, expected in zip(
        np.linalg.qr(tg.tensor(x), "complete"), np.linalg.qr(x, "complete"), strict=True
    ):
        np.testing.assert_array_equal(found.numpy(), expected)
    wanting = tg.tensor(x, requires_grad=True)
    with pytest.raises(ArgumentError, match="full_matrices=False"):
        np.linalg.svd(wanting)
    with pytest.raises(ArgumentError, match="more columns of Q"):
        np.linalg.qr(wanting, "complete")
    if shape[-2] >= shape[-1]:
        np.linalg.qr(wanting, "r").sum().backward()
        assert np.isfinite(wanting.grad.numpy()).all()
    np.testing.assert_allclose(np.linalg.qr(tg.tensor(x), "r").numpy(), np.linalg.qr(x, "r"))


@given(st.lists(st.integers(-3, 2), min_size=6, max_size=6), st.booleans())
def test_places_of_each_example_are_set_and_the_last_value_wins(where, compiled):
    places, x, values = np.reshape(where, (2, 3)), RNG.normal(size=(2, 3)), np.arange(3.0)
    expected = x.copy()
    for row, at in zip(expected, places, strict=True):
        row[at] = values

    def put(x, at):
        return tg.set_at(x, at, values)

    if compiled:
        found = [tg.trace(put, x[0], places[0])(row, at) for row, at in zip(x, places, strict=True)]
    else:
        found = tg.vmap(put)(tg.tensor(x), tg.tensor(places)).numpy()
    np.testing.assert_array_equal(found, expected)
    slopes = tg.vmap(tg.grad(lambda x, at: put(x, at).sum()))(tg.tensor(x), tg.tensor(places))
    kept = [[i not in at % 3 for i in range(3)] for at in places]
    np.testing.assert_array_equal(slopes.numpy(), np.array(kept, float))
