"""Choosing between many elements keeps every bit of them."""

import numpy as np
import pytest

import tensorgraph as tg
from tests import thresholds

FEW = thresholds.value("ops._blocks.FEW")
ODD = [0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1e-45, 3.5]


def odd(shape, dtype, seed):
    return np.random.default_rng(seed).choice(ODD, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n", [FEW, FEW + 1, 3 * FEW])
def test_every_bit_is_kept(n, dtype):
    x, y = odd(n, dtype, 0), odd(n, dtype, 1)
    condition = np.random.default_rng(2).random(n) < 0.5
    for left, right in [(x, y), (x[::-1], y), (x, 0), (0, y), (x, -0.0), (2.5, y), (x, y[:1])]:
        found = tg.where(condition, left, right)
        expected = np.where(condition, left, right)
        assert found.dtype == expected.dtype == dtype
        assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float32", "int64"), ("int64",) * 2])
def test_dtypes_are_numpys(dtypes):
    condition = np.arange(2 * FEW) % 3 == 0
    x, y = (np.arange(2 * FEW).astype(dtype) for dtype in dtypes)
    found, expected = tg.where(condition, x, -y), np.where(condition, x, -y)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_axes_are_broadcast():
    condition = np.random.default_rng(0).random((FEW, 1)) < 0.5
    x, y = odd((1, 3), "float32", 1), odd((2, 1, 1), "float32", 2)
    found, expected = tg.where(condition, x, y), np.where(condition, x, y)
    assert found.shape == expected.shape and found.tobytes() == expected.tobytes()
