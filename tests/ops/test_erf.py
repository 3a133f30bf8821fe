"""erf against mpmath, math.erf and its own properties; and the fit its coefficients come from."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from mpmath import mp, mpf

from tensorgraph.ops._blocks import BLOCK
from tensorgraph.ops._erf import _FITS, erf

DTYPES = [np.float32, np.float64]
RNG = np.random.default_rng(0)

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e300, -1e300])

# All magnitudes down to the subnormals, the interesting range densely, and the seam at 1.
POINTS = np.concatenate(
    [
        np.geomspace(5e-324, 1e-3, 400),
        RNG.uniform(0, 6.5, 4000),
        1 + np.arange(-50, 50) * np.finfo(float).eps,
    ]
)


def exact(x):
    """erf(x) of float64 x, rounded once to float64."""
    with mp.workdps(40):
        return np.array([float(mp.erf(mpf(float(v)))) for v in x.ravel()]).reshape(x.shape)


def ulps(value, reference):
    """Distance from the rounded reference, in steps between floats: a whole number."""
    return np.abs(value - reference) / np.spacing(np.abs(reference))


# ------------------------------------------------------------------------------ accuracy


@pytest.mark.parametrize("sign", [1, -1])
def test_float64_is_within_one_ulp_of_mpmath(sign):
    x = sign * POINTS
    assert ulps(erf(x), exact(x)).max() <= 1


def test_float32_is_within_one_ulp_of_mpmath():
    x = POINTS.astype(np.float32)
    reference = exact(x.astype(np.float64)).astype(np.float32)
    assert erf(x).dtype == np.float32
    assert ulps(erf(x), reference).max() <= 1


def test_dense_grid_against_math():
    x = np.linspace(-6.5, 6.5, 50_001)
    # The C library's erf may itself be off by one.
    assert ulps(erf(x), np.array([math.erf(v) for v in x.tolist()])).max() <= 2


@given(st.floats(allow_nan=False))
def test_any_float_against_math(x):
    reference = math.erf(x)
    assert abs(float(erf(x)) - reference) <= 2 * np.spacing(abs(reference))


# ---------------------------------------------------------------------------- properties


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values(dtype):
    with np.errstate(over="ignore"):
        x = SPECIAL.astype(dtype)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        got = erf(x)
    reference = np.array([math.erf(v) for v in x.tolist()], dtype)
    np.testing.assert_array_equal(got, reference)
    np.testing.assert_array_equal(np.signbit(got[:2]), [False, True])


@pytest.mark.parametrize("dtype", DTYPES)
def test_is_odd_exactly(dtype):
    x = POINTS.astype(dtype)
    np.testing.assert_array_equal(erf(-x), -erf(x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_is_monotone_and_stays_within_one(dtype):
    values = erf(np.linspace(-7, 7, 20_001, dtype=dtype))
    assert (np.diff(values) >= 0).all()
    assert values[0] == -1
    assert values[-1] == 1


# ------------------------------------------------------------------- shapes, dtypes, types


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (2, 3, 4), (2 * BLOCK + 1,)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_keeps_shape_and_dtype(shape, dtype):
    x = np.asarray(RNG.standard_normal(shape), dtype)
    x.flags.writeable = False
    got = erf(x)
    assert type(got) is np.ndarray
    assert (got.shape, got.dtype) == (x.shape, x.dtype)


def test_an_element_does_not_depend_on_its_neighbours():
    x = RNG.standard_normal((3, BLOCK)).T[::2]  # strided, and longer than a block
    one_by_one = [float(erf(v)) for v in x.ravel()[:500]]
    np.testing.assert_array_equal(erf(x).ravel()[:500], one_by_one)


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, ">f8", ">f4"])
def test_other_floats_are_computed_in_float64(dtype):
    x = np.linspace(-3, 3, 13).astype(dtype)
    assert erf(x).dtype == dtype
    np.testing.assert_array_equal(erf(x), erf(x.astype(np.float64)).astype(dtype))


@pytest.mark.parametrize("x", [1, True, [0, 1, 2], np.arange(3, dtype=np.uint8)])
def test_integers_give_float64(x):
    got = erf(x)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, erf(np.asarray(x, np.float64)))


def test_beside_the_real_axis_the_imaginary_part_is_that_of_the_derivative():
    x = np.array([-7.0, -1.0, 0.0, 0.3, 2.0])
    found = erf(x + 1e-200j)
    np.testing.assert_array_equal(found.real, erf(x))
    slopes = [2 / math.sqrt(math.pi) * math.exp(-v * v) for v in x]
    np.testing.assert_allclose(found.imag, 1e-200 * np.array(slopes), rtol=1e-13)


def test_other_kinds_are_refused():
    with pytest.raises(TypeError, match="erf has no complex kernel"):
        erf(1j)
    with pytest.raises(TypeError, match="erf has no object kernel"):
        erf(np.array([None]))


# ------------------------------------------------------------------- where the numbers come from


def fit(function, low, high, weight, terms):
    """Coefficients, highest power first, of the weighted least-squares fit on Chebyshev points."""
    points = [
        (low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (k + mpf(0.5)) / 80) for k in range(80)
    ]
    matrix = mp.matrix([[weight(v) * v**j for j in range(terms)] for v in points])
    values = mp.matrix([weight(v) * function(v) for v in points])
    return [float(c) for c in mp.qr_solve(matrix, values)[0]][::-1]


def derive(end, terms):
    """The (P, Q) pairs of `_erf.py`, which are the output of this function."""

    def size(t):
        return (1 + 3 * t) / (1 - t)

    p = fit(
        lambda u: mp.erf(mp.sqrt(u)) / mp.sqrt(u) - 1,
        mpf(0),
        mpf(1),
        lambda u: 1,
        terms,
    )
    q = fit(
        lambda t: -mp.erfc(size(t)) * mp.exp(size(t) ** 2),
        mpf(0),
        (mpf(end) - 1) / (mpf(end) + 3),
        lambda t: mp.exp(-(size(t) ** 2)),
        terms,
    )
    return list(zip(p, q, strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
def test_coefficients_are_the_fit(dtype):
    end, coefficients = _FITS[np.dtype(dtype)]
    with mp.workdps(40):
        derived = derive(end, len(coefficients))
        assert 1 - mp.erf(end) < mpf(float(np.finfo(dtype).epsneg)) / 2
    np.testing.assert_allclose(coefficients, derived, rtol=np.finfo(dtype).eps)
