"""Samples and counts at their edges, as NumPy has them: rows of any lengths, weights, ramps."""

import warnings

import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, GraphError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("function", [np.correlate, np.convolve])
def test_rows_of_all_lengths(function, mode):
    for n in range(1, 7):
        for k in range(1, 7):
            a, v = RNG.normal(size=n), RNG.normal(size=k)
            np.testing.assert_allclose(
                function(tg.tensor(a), tg.tensor(v), mode), function(a, v, mode), rtol=1e-12
            )
    a, v = tg.tensor(RNG.normal(size=2)), tg.tensor(RNG.normal(size=5))
    tg.testing.gradcheck(lambda a, v: function(a, v, mode), a, v)


@given(
    st.lists(st.floats(width=32), min_size=3, max_size=6),
    st.sampled_from([(), (0.5,), "coordinates"]),
    st.sampled_from([1, 2]),
)
def test_slopes_do_not_count_the_point_itself(f, spacing, order):
    f = np.array(f, "float32")
    steps = (np.arange(len(f), dtype="float32") / 2,) if spacing == "coordinates" else spacing
    with np.errstate(all="ignore"):
        expected = np.gradient(f, *steps, edge_order=order)
        found = tg.gradient(tg.tensor(f), *steps, edge_order=order)
    np.testing.assert_allclose(found.data[1:-1], expected[1:-1], rtol=1e-5)


def test_slopes_by_coordinates_that_happen_to_be_even():
    f, x = tg.tensor([1.0, 4.0, 2.0, 7.0], "float64"), tg.arange(4.0, dtype="float64")
    tg.testing.gradcheck(lambda f, x: tg.gradient(f, x), f, x)
    tg.testing.gradcheck(lambda f, h: tg.gradient(f, h), f, tg.tensor(0.5, "float64"))
    tangent = tg.tensor([0.0, 1.0, 0.0, 0.0], "float64")
    step = 1e-6
    expected = (
        tg.gradient(f, x + step * tangent).data - tg.gradient(f, x - step * tangent).data
    ) / (2 * step)
    np.testing.assert_allclose(
        tg.jvp(lambda x: tg.gradient(f, x), x, tangent)[1], expected, rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("bins", [4, [0.0, 0.25, 0.5, 2.0]], ids=["even", "given"])
@pytest.mark.parametrize("limits", [None, (0.2, 0.8)])
def test_weights_of_a_histogram(density, bins, limits):
    x, w = np.r_[0.0, 0.25, 0.5, RNG.random(20), 1.0], RNG.random(24)
    for shape in ((24,), (4, 6)):
        args = x.reshape(shape), bins, limits, density
        expected, edges = np.histogram(*args, w.reshape(shape))
        for weights in (w.reshape(shape), tg.tensor(w.reshape(shape))):
            counts, found = tg.histogram(tg.tensor(args[0]), *args[1:], weights)
            np.testing.assert_allclose(counts, expected, rtol=1e-12)
            np.testing.assert_array_equal(found, edges)
    f = lambda w: tg.histogram(x, bins, limits, density, w)[0]  # noqa: E731
    tg.testing.gradcheck(f, tg.tensor(w))
    basis = tg.eye(24, dtype="float64")
    forward = np.stack([tg.jvp(f, tg.tensor(w), v)[1].numpy() for v in basis])
    np.testing.assert_allclose(forward.T, tg.jacobian(f)(tg.tensor(w)), rtol=1e-9, atol=1e-12)
    leaf = tg.tensor(w, requires_grad=True)
    assert f(leaf).requires_grad


def test_weights_of_a_histogram_that_do_not_fit():
    with pytest.raises(ArgumentError, match="histogram: weights have x's shape"):
        tg.histogram([1.0, 2.0], weights=tg.ones(3))
    assert tg.histogram(tg.tensor([1, 2]), 2, weights=[3, 4])[0].dtype.kind == "i"
    given = np.array([np.nan, 0.5, 3.0])
    counts = tg.histogram(given, 2, (0, 1), weights=tg.ones(3))[0]
    np.testing.assert_array_equal(counts, np.histogram(given, 2, (0, 1), weights=np.ones(3))[0])


@pytest.mark.parametrize("ends", [lambda t: t, lambda t: (t, 0.0), lambda t: tg.stack([t, t])])
@pytest.mark.parametrize("pad", [tg.pad, np.pad])
def test_the_ends_of_ramps_have_no_gradient(ends, pad):
    x = tg.ones(3)
    f = lambda t: pad(x, 2, mode="linear_ramp", end_values=ends(t)).sum()  # noqa: E731
    for derive in (tg.grad(f), lambda t: tg.jvp(f, t, tg.ones(()))):
        with pytest.raises(GraphError, match="pad: end_values is a parameter without gradient"):
            derive(tg.tensor(2.0))


def test_gradients_of_weights_by_numpys_names():
    x, w = np.array([0.0, 0.5, 1.0]), tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    counts, _ = np.histogram(x, bins=2, weights=w)
    (counts * np.array([1.0, 10.0], "float32")).sum().backward()
    np.testing.assert_array_equal(w.grad, [1, 10, 10])
    assert type(np.histogram(tg.tensor(x), 2, weights=w.detach())[0]) is np.ndarray
    for f in (
        lambda: np.histogram2d(x, x, weights=w),
        lambda: np.histogram2d(x, x, 2, None, None, w),
        lambda: np.histogramdd(x[:, None], weights=w),
    ):
        with pytest.raises(GraphError, match="weights is a parameter without gradient"):
            f()


@given(
    st.lists(st.sampled_from([0.0, 1.0, 1.0, 2.5]), min_size=1, max_size=5).map(sorted),
    st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0]), min_size=1, max_size=4),
)
def test_between_points_some_of_which_coincide(xp, x):
    x, xp = np.array(x), np.array(xp)
    fp = np.array([5.0, -1.0, 3.0, 8.0, 2.0])[: len(xp)]
    np.testing.assert_allclose(tg.interp(x, xp, fp), np.interp(x, xp, fp), rtol=1e-14)
    slopes = tg.gradients(*_of_interp(x, xp, fp))
    assert all(np.isfinite(slope).all() for slope in slopes)


def _of_interp(x, xp, fp):
    leaves = [tg.tensor(v, "float64", requires_grad=True) for v in (x, xp, fp)]
    return tg.interp(*leaves).sum(), leaves


@pytest.mark.parametrize("y", [[1.0], [np.inf, 1.0], [np.nan, 2.0, 3.0], np.ones((1, 3))])
def test_a_running_area_begins_with_0(y):
    y = np.array(y)
    for axis in range(y.ndim):
        found = tg.cumulative_trapezoid(tg.tensor(y), axis=axis, initial=0)
        expected = scipy.integrate.cumulative_trapezoid(y, axis=axis, initial=0)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("end", [0.5, True, 3, [7], [7.5, 8.0], np.float32(2), tg.tensor([1.0])])
def test_differences_from_what_stands_at_the_ends(end):
    for x in (np.arange(3), np.arange(3.0)):
        found = tg.increments(tg.tensor(x), prepend=end, append=end)
        end = end.numpy() if isinstance(end, tg.Tensor) else end
        expected = np.diff(x, prepend=end, append=end)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


@pytest.mark.parametrize("correction", [0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    "weights",
    [{}, {"fweights": [1, 2, 1]}, {"aweights": [1.0, 2.0, 3.0]}, {"aweights": [1, 1, 1]},
     {"fweights": [0, 1, 1], "aweights": [3.0, 1.0, 0.5]}],
)  # fmt: skip
def test_a_covariance_of_no_more_observations_than_the_correction(correction, weights):
    x = RNG.normal(size=(2, 3))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = np.cov(x, ddof=correction, **weights)
    found = tg.cov(tg.tensor(x), correction=correction, **weights)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_variables_in_columns_of_one_row_have_one_observation_each():
    x = np.array([[1.0, 2.0, 4.0]])
    assert tg.cov(x, rowvar=False, correction=0).tolist() == np.zeros((3, 3)).tolist()
    assert np.isnan(tg.corrcoef(x, rowvar=False)).all()
    assert tg.cov(x, x, rowvar=False, correction=0).shape == (6, 6)
    assert tg.cov(x[0], rowvar=False) == tg.cov(x) == pytest.approx(np.cov(x))


@pytest.mark.parametrize("x", [[-5], [3, -7], [0, 4]])
def test_ramps_of_whole_numbers_are_rounded_down(x):
    for end in (2, -3, (4, -9)):
        found = tg.pad(tg.tensor(x), 3, mode="linear_ramp", end_values=end)
        np.testing.assert_array_equal(found, np.pad(x, 3, mode="linear_ramp", end_values=end))


def test_products_that_overflow_do_not_reach_what_is_0():
    factors = np.full(8, 1e200)
    x = np.zeros(8)
    np.testing.assert_array_equal(tg.linear_recurrence(x, factors), x)
    x[-1] = 1
    np.testing.assert_array_equal(tg.linear_recurrence(x, factors), x)


@pytest.mark.parametrize("function", [tg.xlogy, lambda x, y: tg.xlog1py(x, y - 1)])
def test_slopes_of_logarithms_where_they_are_infinite(function):
    x, y = [0.0, 2.0, -2.0, 2.0], [0.0, 0.0, 0.0, 4.0]
    found = tg.grad(lambda y: function(tg.tensor(x), y).sum())(tg.tensor(y))
    np.testing.assert_array_equal(found, [0, np.inf, -np.inf, 0.5])
