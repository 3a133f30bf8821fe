"""Medians, quantiles, running and NaN-free reductions: NumPy's values, and gradients at edges."""

import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg

INF, NAN = np.inf, np.nan
NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, INF, -INF, NAN])
ROWS = st.lists(NUMBERS, min_size=1, max_size=12)


def slope(f, *inputs):
    leaves = [tg.tensor(np.asarray(x, float), requires_grad=True) for x in inputs]
    found = f(*leaves)
    found = tg.gradients(found, leaves, np.ones(found.shape))
    return found[0] if len(leaves) == 1 else found


def like_numpy(name, x, *args, **static):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # of NumPy, where all is NaN
        expected = getattr(np, name)(x, *args, **static)
    found = getattr(np, name)(tg.tensor(x), *args, **static)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-9)
    assert found.shape == np.shape(expected)


# ------------------------------------------------------------------------------------- quantiles

METHODS = (
    "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull"
    " linear median_unbiased normal_unbiased lower higher midpoint nearest"
).split()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_numpys_quantile(method):
    x = np.random.default_rng(0).normal(size=(4, 7))
    for q in (0, 0.1, 0.37, 0.5, 0.9, 1, [0.2, 0.8], [[0.2], [0.8]]):
        like_numpy("quantile", x, q, axis=1, method=method)
        like_numpy("quantile", x, q, axis=(0, 1), keepdims=True, method=method)


@given(x=st.lists(st.floats(-1e6, 1e6) | st.just(NAN), min_size=1, max_size=12), q=st.floats(0, 1))
def test_quantiles_of_any_row_are_numpys(x, q):
    like_numpy("quantile", np.array(x), q)
    like_numpy("nanquantile", np.array(x), q)
    like_numpy("median", np.array(x))


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "nearest", "midpoint"])
def test_methods_without_nan(method):
    x = np.array([[3.0, NAN, 1.0, 2.0, NAN], [NAN, 5.0, NAN, NAN, NAN]])
    for q in (0, 0.25, 0.4, 0.5, 0.62, 0.9, 1, [[0.3, 0.9]]):
        like_numpy("nanquantile", x, q, axis=1, method=method)


def test_infinite_elements_have_a_median():
    for row, right in (
        ([1, INF], INF), ([-INF, 1], -INF), ([INF, INF], INF), ([-INF, INF], NAN), ([1, 2, INF], 2),
    ):  # fmt: skip
        np.testing.assert_array_equal(tg.median(np.array(row, float)), right)
    most = np.finfo(float).max
    assert tg.median(np.array([-most, most])) == 0


def test_gradients_of_quantiles_go_to_the_elements_between():
    np.testing.assert_array_equal(slope(tg.median, [3, 1, 2]), [0, 0, 1])
    np.testing.assert_array_equal(slope(tg.median, [4, 1, 3, 2]), [0, 0, 0.5, 0.5])
    np.testing.assert_array_equal(slope(tg.median, [2, 2, 2]), [0, 1, 0])
    np.testing.assert_array_equal(slope(tg.median, [2, NAN, 1]), [0, 1, 0])
    found = slope(lambda x: tg.quantile(x, 0.75), [1.0, 2.0, 4.0])
    np.testing.assert_array_equal(found, [0, 0.5, 0.5])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.median(np.zeros((2, 0)), axis=1), "of no elements is undefined"),
        (lambda: tg.quantile([1.0], 1.5), r"q is in \[0, 1\]|q is from 0 to 1|not 1.5"),
        (lambda: tg.quantile([1.0], 0.5, method="middle"), "method"),
        (lambda: tg.topk([1.0], 2), "there are no 2 elements along axis 0, but 1"),
        (lambda: tg.kthvalue([1.0], 0), "at least 1"),
        (lambda: tg.searchsorted(np.zeros((2, 2)), 1.0), "one sorted row"),
        (lambda: tg.linear_recurrence([1.0, 2.0], [1.0]), "write tg.broadcast_to"),
        (lambda: tg.interp([1.0], [1.0, 2.0], [1.0]), "two rows of one length"),
        (lambda: tg.gradient([1.0]), "needs 2 samples"),
        (lambda: tg.glu([1.0]), "whose length is 1"),
        (lambda: tg.average([1.0, 2.0], weights=[1.0]), "weights have the shape of x"),
        (lambda: tg.convolve([], [1.0]), "two rows with elements"),
    ],
)
def test_messages(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


# ------------------------------------------------------------------------- integers and booleans


def test_integers_and_booleans_are_as_numpy_has_them():
    whole, flags = np.array([[3, 1, 2], [5, 9, 7]]), np.array([True, False, True])
    for name in ("median", "nanmedian", "nansum", "nanmean", "nanmax", "ptp", "cumprod", "diff"):
        like_numpy(name, whole)
    assert np.median(tg.tensor(whole)).dtype == np.float64
    assert tg.quantile(whole, 0.5, method="lower").dtype == whole.dtype
    np.testing.assert_array_equal(tg.increments(flags), np.diff(flags))
    # A number at an end has all the digits of x.
    x = np.array([1.0, 4.0])
    for row in (x, np.array([1, 4])):
        np.testing.assert_array_equal(tg.increments(row, prepend=0.1), np.diff(row, prepend=0.1))
    assert tg.median(flags) == 1


# ----------------------------------------------------------------------------------- without NaN


@given(x=st.lists(st.floats(-1e3, 1e3) | st.just(NAN), min_size=1, max_size=9))
def test_reductions_without_nan_are_numpys(x):
    x = np.array(x)
    for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin"):
        like_numpy(name, x)


@pytest.mark.parametrize("correction", [0, 1, 2, 3])
def test_a_variance_of_no_more_numbers_than_the_correction(correction):
    x = np.array([[1.0, NAN, 3.0], [NAN, 2.0, NAN], [1.0, 5.0, 2.0]])
    for name in ("nanvar", "nanstd"):
        like_numpy(name, x, axis=1, ddof=correction)


NAN_REDUCTIONS = [
    tg.nansum, tg.nanprod, tg.nanmean, tg.nanvar, tg.nanstd, tg.nanmax, tg.nanmin, tg.nanmedian,
]  # fmt: skip


@pytest.mark.parametrize("f", NAN_REDUCTIONS, ids=lambda f: f.__name__)
def test_the_gradient_at_nan_is_0_and_never_nan(f):
    x = np.array([[1.0, NAN, 3.0, -2.0], [4.0, 4.0, NAN, NAN]])
    found = slope(lambda x: f(x, axis=1), x).numpy()
    assert (found[np.isnan(x)] == 0).all()
    rest = [slope(f, row[~np.isnan(row)]).numpy() for row in x]
    np.testing.assert_allclose(found[~np.isnan(x)], np.concatenate(rest), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("f", NAN_REDUCTIONS, ids=lambda f: f.__name__)
def test_of_nan_alone_there_is_no_gradient(f):
    x = tg.tensor([NAN, NAN], dtype="float64", requires_grad=True)
    found = f(x)
    np.testing.assert_equal(found.item(), {"nansum": 0, "nanprod": 1}.get(f.__name__, NAN))
    if f is not tg.nanmedian:  # which is one of them
        np.testing.assert_array_equal(tg.gradients(found, x), [0, 0])


# -------------------------------------------------------------------------------- running results


def test_running_products_with_zeros_have_exact_gradients_of_any_order():
    x = np.array([2.0, 0.0, 3.0, 0.0, 5.0])
    tg.testing.gradcheck(tg.cumulative_prod, x, order=2)
    by_all = slope(lambda x: tg.cumulative_prod(x).sum(), x)
    np.testing.assert_array_equal(by_all, [1, 2 * (1 + 3), 0, 0, 0])


def test_a_long_recurrence_is_that_one_by_one():
    rng = np.random.default_rng(3)
    x, factors = rng.normal(size=(2, 1000))
    y, right = 0.0, []
    for term, factor in zip(x, factors, strict=True):
        y = term + factor * y
        right.append(y)
    np.testing.assert_allclose(tg.linear_recurrence(x, factors), right, rtol=1e-9)


def test_a_factor_that_overflows_meets_no_zero():
    found = tg.linear_recurrence(np.array([1.0, 0, 0, 0]), np.array([0, 0, 1e200, 1e200]))
    np.testing.assert_array_equal(found, [1, 0, 0, 0])


@given(x=ROWS)
def test_running_extrema_are_numpys(x):
    x = np.array(x)
    np.testing.assert_array_equal(tg.cumulative_max(x), np.maximum.accumulate(x))
    np.testing.assert_array_equal(tg.cumulative_min(x), np.minimum.accumulate(x))


def test_the_first_of_tied_elements_gets_the_gradient_of_what_follows():
    np.testing.assert_array_equal(slope(tg.cumulative_max, [1, 3, 3, 2]), [1, 3, 0, 0])
    np.testing.assert_array_equal(slope(tg.cumulative_max, [1, NAN, 3, NAN]), [1, 3, 0, 0])


def test_running_log_sums_of_far_and_infinite_terms():
    x = np.array([-INF, -INF, -1e4, 0.0, 1e4, -1e4])
    np.testing.assert_allclose(tg.logcumsumexp(x), np.logaddexp.accumulate(x))
    np.testing.assert_allclose(slope(tg.logcumsumexp, x)[2:], [1, 1, 2, 0], atol=1e-300)
    tg.testing.gradcheck(tg.logcumsumexp, np.array([3.0, -2.0, 40.0, 38.0]), order=2)


# ------------------------------------------------------------------------------- between points


@given(x=st.floats(-5, 5), shift=st.floats(-1, 1))
def test_interp_is_numpys(x, shift):
    xp, fp = np.array([-2.0, -0.5, 1.0, 3.0]), np.array([0.3, 2.0, -1.0, 4.0]) + shift
    for static in ({}, {"left": -7.0}, {"right": 9.0}, {"period": 2.5}):
        expected = np.interp(x, xp, fp, **static)
        np.testing.assert_allclose(tg.interp(np.array(x), xp, fp, **static), expected, atol=1e-12)


def test_gradients_of_interp():
    xp, fp = np.array([0.0, 1.0, 3.0]), np.array([5.0, 7.0, 1.0])
    tg.testing.gradcheck(tg.interp, np.array([0.25, 2.0, -1.0, 9.0]), xp, fp, order=2)
    knots = slope(lambda x: tg.interp(x, xp, fp), [0.0, 1.0, 3.0, INF, -INF])
    np.testing.assert_array_equal(knots, [2, -3, -3, 0, 0])
    np.testing.assert_array_equal(tg.interp([0.5, 2.0], [1.0], [4.0]), [4, 4])


# ----------------------------------------------------------------------------- limits as arrays


def test_limits_as_arrays_get_the_gradient_where_they_count():
    x, low, high = [1.0, 2.0, 9.0, NAN], [2.0, 2.0, 0.0, 0.0], [5.0, 5.0, 5.0, 5.0]
    by_x, by_low, by_high = slope(tg.clip, x, low, high)
    np.testing.assert_array_equal(by_x, [0, 1, 0, 1])  # on a limit x, and where it is NaN
    np.testing.assert_array_equal(by_low, [1, 0, 0, 0])
    np.testing.assert_array_equal(by_high, [0, 0, 1, 0])
    for limits in (
        ([NAN, 1.0], 3.0),
        (0.0, [NAN, 1.0]),
        ([5.0, 5.0], [1.0, 2.0]),
        (None, [1.0, 2]),
    ):
        given = np.array([2.0, 4.0])
        np.testing.assert_array_equal(tg.clip(given, *limits), np.clip(given, *limits))


def test_a_number_beside_limits_keeps_the_dtype():
    for dtype in ("uint8", "float32"):
        x, high = tg.tensor([1, 9], dtype=dtype), tg.tensor([5, 7], dtype=dtype)
        for limits in ((2, high), (high, 8)):
            found = tg.clip(x, *limits)
            assert found.dtype == dtype
            np.testing.assert_array_equal(found, np.clip(x.numpy(), *map(np.asarray, limits)))


def test_limits_that_need_a_gradient_may_be_numbers():
    low = tg.tensor(2.0, requires_grad=True)
    (tg.tensor([1.0, 3.0]).clip(low, 5.0)).sum().backward()
    assert low.grad == 1
