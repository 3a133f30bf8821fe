"""Where the coefficients of special functions come from, and how exact their kernels are."""

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy import special

import tensorgraph as tg
from tensorgraph.ops import _bessel, _erf_inverse, _gamma, _log_normal
from tensorgraph.ops._blocks import BLOCK

RNG = np.random.default_rng(0)
DIGITS = 45


def fit(function, low, high, terms, points):
    """Return the relative least-squares fit on Chebyshev points, highest power first."""
    middle, half = (low + high) / 2, (high - low) / 2
    at = [middle + half * mp.cos(mp.pi * (k + mpf(0.5)) / points) for k in range(points)]
    values = [function(v) for v in at]
    matrix = mp.matrix([[v**j / f for j in range(terms)] for v, f in zip(at, values, strict=True)])
    return [float(c) for c in mp.qr_solve(matrix, mp.matrix([1] * points))[0]][::-1]


def mapped(function, middle):
    """Return a function of t = (x − middle)/(x + middle)."""
    return lambda t: function(middle * (1 + t) / (1 - t))


def _digamma_by_zero(u):
    zero = mp.findroot(lambda x: mp.psi(0, x), mpf("1.4616"))
    assert (float(zero), float(zero - float(zero))) == (_gamma._ZERO, _gamma._ZERO_REST)
    return mp.psi(0, u + mpf(1.5)) / (u + mpf(1.5) - zero)


def _scaled_bessel(order):
    def value(t):
        x = 16 / (t + 1)
        return mp.besseli(order, x) * mp.exp(-x) * mp.sqrt(x)

    return value


def _erfinv_over(t):
    y = mp.sqrt((1 + t) / 4)
    return mp.erfinv(y) / y


def _erfcinv_over(s):
    """Return x/s, where erfc(x) = exp(−s²)."""
    share = mp.exp(-s * s)
    x = mp.sqrt(s * s - mp.log(s * mp.sqrt(mp.pi))) if s > 1.2 else mpf(0.75)
    for _ in range(12):
        step = (mp.erfc(x) - share) / (-2 / mp.sqrt(mp.pi) * mp.exp(-x * x))
        x -= step / (1 + step * x)
    return x / s


def _gap(a):
    below = mp.erfc(a / mp.sqrt(2)) / 2 * mp.exp(a * a / 2)
    return (1 / (mp.sqrt(2 * mp.pi) * below) - a) * (a + 3)


def _ends(middle, low, high):
    middle, low, high = mpf(middle), mpf(low), mpf(high)
    return (low - middle) / (low + middle), (high - middle) / (high + middle)


HALF, ONE = mpf(0.5), mpf(1)
FITS = {
    "log Γ": (_gamma._Q, lambda u: mp.loggamma(2 + u) / u, -HALF, HALF, 60),
    "ψ": (_gamma._P, _digamma_by_zero, -HALF, HALF, 60),
    "I₀": (_bessel._I0, _scaled_bessel(0), -ONE, ONE, 80),
    "I₁": (_bessel._I1, _scaled_bessel(1), -ONE, ONE, 80),
    "erf⁻¹ in the middle": (_erf_inverse._C, _erfinv_over, -ONE, ONE, 60),
    "erf⁻¹ outside": (_erf_inverse._T, mapped(_erfcinv_over, 2), *_ends(2, "1.1", "6.1"), 60),
    "log Φ": (_log_normal._D, mapped(_gap, 3), *_ends(3, 0, 39), 80),
}


@pytest.mark.parametrize("name", FITS)
def test_coefficients_are_the_fit(name):
    coefficients, function, low, high, points = FITS[name]
    with mp.workdps(DIGITS):
        derived = fit(function, low, high, len(coefficients), points)
    size = np.max(np.abs(coefficients))
    np.testing.assert_allclose(coefficients, derived, rtol=1e-13, atol=1e-20 * size)


# ------------------------------------------------------------------------------------- accuracy

AROUND = np.concatenate([RNG.uniform(0, 12, 150), 10 ** RNG.uniform(-8, 8, 60)])
BELOW = -RNG.uniform(0.01, 12, 80)
HALVES = np.arange(0.5, 13, 0.5)
BESIDE = np.concatenate([HALVES, np.nextafter(HALVES, 0), np.nextafter(HALVES, 99)])
"""Where terms are counted, or another piece begins."""


def _polygamma(n):
    return lambda x: mp.psi(n, x)


EXACT = [
    ("gammaln", {}, AROUND, mp.loggamma),
    ("digamma", {}, AROUND, _polygamma(0)),
    *(("digamma_slope", {"order": n}, AROUND[:150], _polygamma(n)) for n in (1, 2, 3)),
    ("digamma_slope", {"order": 1}, BELOW, _polygamma(1)),
    ("gammaln", {}, BESIDE, mp.loggamma),
    ("digamma", {}, BESIDE, _polygamma(0)),
    *(("digamma_slope", {"order": n}, BESIDE, _polygamma(n)) for n in (1, 2, 3)),
    *(
        ("iv", {"order": n}, 3 * AROUND[:150], lambda x, n=n: mp.besseli(n, x))
        for n in (0, 1, 2, 3)
    ),
    ("erfinv", {}, RNG.uniform(-1, 1, 150), mp.erfinv),
    ("erfc", {}, RNG.uniform(-5, 26, 150), mp.erfc),
]


@pytest.mark.parametrize(("name", "static", "x", "right"), EXACT)
def test_values_are_exact_to_a_few_ulps(name, static, x, right):
    found = getattr(tg, name)(x, **static)
    with mp.workdps(30):
        expected = np.array([float(mp.re(right(mpf(v)))) for v in x.tolist()])
    assert np.max(np.abs(found - expected) / np.spacing(np.abs(expected))) <= 6


ORDERS_TO_16_ULPS = (4, 6, 10)


@pytest.mark.parametrize("order", ORDERS_TO_16_ULPS)
def test_higher_orders_are_as_exact_as_their_docstring_says(order):
    x = RNG.uniform(0.1, 40, 120)
    with mp.workdps(30):
        expected = np.array([float(mp.besseli(order, mpf(v))) for v in x.tolist()])
    assert np.max(np.abs(tg.iv(x, order=order) - expected) / np.spacing(expected)) <= 16


def test_the_order_of_bessel_functions_goes_by_name_alone():
    """SciPy has it first: of iv(2, 3) nobody could tell which is meant."""
    for name in ("iv", "ive"):
        f = getattr(tg, name)
        for args in ((2, 3), (2, tg.tensor(3.0)), (tg.tensor(3.0), 2)):
            with pytest.raises(
                tg.errors.ArgumentTypeError, match=rf"write tg\.{name}\(x, order=2\)"
            ):
                f(*args)
        with pytest.raises(TypeError, match=rf"write tg\.{name}\(x, order=…\)"):
            getattr(special, name)(2, tg.tensor(3.0))
        expected = getattr(special, name)(2, 3.0)
        np.testing.assert_allclose(f(tg.tensor(3.0, dtype="float64"), order=2), expected)


def test_zeros_below_0_keep_an_ulp_of_the_terms():
    np.testing.assert_allclose(tg.gammaln(BELOW), special.gammaln(BELOW), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(tg.digamma(BELOW), special.digamma(BELOW), rtol=1e-10, atol=1e-11)


def test_poles():
    x = np.array([0.0, -0.0, -1.0, -2.0])
    np.testing.assert_array_equal(tg.gammaln(x), [np.inf] * 4)
    np.testing.assert_array_equal(tg.digamma(x), [-np.inf, np.inf, np.nan, np.nan])
    np.testing.assert_array_equal(tg.polygamma(1, x), [np.inf] * 4)
    np.testing.assert_array_equal(tg.polygamma(2, x), [-np.inf, np.inf, np.nan, np.nan])


def test_the_logarithm_of_beta_does_not_cancel():
    a, b = np.array([1.0, 0.5, 3.0, 1e10, 20.0]), np.array([1e10, 1e15, 12.0, 1e12, 1e8])
    with mp.workdps(60):
        terms = [
            [mp.loggamma(v) for v in (x, y, x + y)]
            for x, y in zip(map(mpf, a), map(mpf, b), strict=True)
        ]
        expected = [float(u + v - w) for u, v, w in terms]
    np.testing.assert_allclose(tg.betaln(a, b), expected, rtol=1e-14)
    np.testing.assert_array_equal(tg.betaln(a, b), tg.betaln(b, a))


BLOCKED = ["gammaln", "digamma", "iv", "ive", "erfinv", "erfc", "ndtr", "log_ndtr", "sinc"]


@pytest.mark.parametrize("name", BLOCKED)
def test_an_element_does_not_depend_on_its_block(name):
    x = RNG.uniform(-0.95, 0.95, (3, BLOCK)).T[::2]
    found = getattr(tg, name)(x)
    rows = np.stack([getattr(tg, name)(row) for row in x[::500]])
    np.testing.assert_allclose(found[::500], rows, rtol=1e-14, atol=1e-15)


def test_orders_are_whole():
    with pytest.raises(tg.errors.ArgumentError, match="order is at least 1"):
        tg.digamma_slope(1.0, order=0)
    with pytest.raises(tg.errors.ArgumentError, match="n is at least 0"):
        tg.polygamma(-1, 1.0)
