"""The tail of the normal distribution: known values, blocks, and the fit of its coefficients."""

import numpy as np
import pytest
from mpmath import mp, mpf

import tensorgraph as tg
from tensorgraph.ops._blocks import BLOCK
from tensorgraph.ops._normal import _FITS
from tests.ops.test_erf import fit

RNG = np.random.default_rng(0)

# Function, dtype, x and the right value, to as many digits as the dtype has (mpmath).
KNOWN = [
    (tg.gelu, "f4", -6, -5.91952587e-9),
    (tg.gelu, "f4", -5, -1.433257859e-6),
    (tg.gelu, "f2", -4, -1.266849673e-4),
    (tg.gelu, "f8", -9, -1.01572956535845658e-18),
    (tg.gelu_slope, "f8", -9, -9.13893737390663925e-18),
    (tg.sigmoid_slope, "f4", 20, 2.06115361e-9),
    (tg.sigmoid_slope, "f8", 40, 4.248354255291589e-18),
    (tg.tanh_slope, "f4", 9.01, 5.97135946e-8),
    (tg.asinh_slope, "f2", 1000, 1e-3),
    (tg.asinh_slope, "f4", 1e25, 1e-25),
    (tg.acosh_slope, "f4", 1 + 2**-12, 45.2520721),
]


@pytest.mark.parametrize(("function", "dtype", "x", "right"), KNOWN)
def test_known_values(function, dtype, x, right):
    found = function(np.array([x], dtype))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, [right], rtol=4 * float(np.finfo(dtype).eps))


BLOCKED = [tg.sigmoid, tg.sigmoid_slope, tg.tanh_slope, tg.silu, tg.silu_slope, tg.gelu]
BLOCKED += [tg.gelu_slope, tg.normal_density, tg.erf_slope]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("function", BLOCKED, ids=lambda function: function.__name__)
def test_an_element_does_not_depend_on_its_block(function, dtype):
    x = RNG.standard_normal((3, BLOCK)).astype(dtype).T[::2]  # strided, and longer than a block
    found = function(x)
    assert (found.shape, found.dtype) == (x.shape, x.dtype)
    rows = np.stack([function(row) for row in x[::500]])
    np.testing.assert_allclose(found[::500], rows, rtol=4 * float(np.finfo(dtype).eps))


def derive(end, middle, terms):
    """Return the coefficients of ``_normal.py``, which are the output of this function."""

    def size(t):
        return middle * (1 + t) / (1 - t)

    def scaled_tail(t):
        a = size(t)
        return (a + middle) * mp.erfc(a / mp.sqrt(2)) / 2 * mp.exp(a * a / 2)

    high = (mpf(end) - middle) / (mpf(end) + middle)
    return fit(scaled_tail, mpf(-1), high, lambda t: 1 / scaled_tail(t), terms)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_coefficients_are_the_fit(dtype):
    end, middle, coefficients = _FITS[np.dtype(dtype)]
    with mp.workdps(48):
        derived = derive(end, mpf(middle), len(coefficients))
        assert mp.erfc(end / mp.sqrt(2)) * end < mpf(float(np.finfo(dtype).smallest_subnormal))
    np.testing.assert_allclose(coefficients, derived, rtol=np.finfo(dtype).eps)


@pytest.mark.parametrize("name", ["erf", "erf_slope", "gelu", "gelu_slope"])
def test_gradients_are_checked_by_the_complex_step(name):
    x = np.array([-8.0, -0.7518, 0.0, 1.0, 5.0])
    for part in (x, x[:1]):
        found = tg.testing.gradcheck(getattr(tg, name), part, order=2)
        assert found.method == "complex step"
