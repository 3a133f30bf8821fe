"""Reports of numbers: division without remainder, its signs and zeros; the printing of many."""

import math
import time

import numpy as np
import pytest

import tensorgraph as tg

INF = math.inf


def alike(found, expected):
    return (math.isnan(found) and math.isnan(expected)) or (
        found == expected and math.copysign(1, found) == math.copysign(1, expected)
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_division_without_remainder_is_that_of_python(dtype):
    """ml-explore/mlx#4317, jax-ml/jax#40170: at ±∞, and the sign of an exact 0."""
    pairs = [
        (1.0, -INF),
        (-1.0, INF),
        (1.0, INF),
        (INF, 3.0),
        (-INF, -3.0),
        (-0.0, 3.0),
        (0.0, -3.0),
    ]
    for x, y in [*pairs, (6.0, -3.0), (-6.0, 3.0), (-7.0, 2.0), (7.0, -2.0), (-0.0, 2.0)]:
        one, other = tg.tensor(x, dtype=dtype), tg.tensor(y, dtype=dtype)
        assert alike((one // other).item(), x // y), (x, y)
        assert alike((one % other).item(), x % y), (x, y)


def test_integers_divided_by_0():
    """data-apis/array-api#311, tensorflow/tensorflow#57935: an error, −1 or 0? As documented: 0."""
    for dtype in ("int8", "int64", "uint8"):
        zero = tg.tensor([0], dtype=dtype)
        for x in ([7], [0]):
            assert (tg.tensor(x, dtype=dtype) // zero == 0).all()
            assert (tg.tensor(x, dtype=dtype) % zero == 0).all()
    np.testing.assert_array_equal(tg.tensor([7, 0]) / tg.tensor([0, 0]), [INF, math.nan])


def test_the_derivative_of_a_remainder_by_the_divisor():
    """jax-ml/jax#11466: −⌊x/y⌋, not the quotient cut towards 0."""
    x, y = np.array([-19.0, 19.0, -19.0, 19.0]), np.array([3.0, 3.0, -3.0, -3.0])
    by_x, by_y = tg.grad(lambda x, y: (x % y).sum(), argnums=(0, 1))(x, y)
    np.testing.assert_array_equal(by_x, [1, 1, 1, 1])
    np.testing.assert_array_equal(by_y, [7, -6, -6, 7])
    numeric = (np.remainder(x, y + 1e-6) - np.remainder(x, y - 1e-6)) / 2e-6
    np.testing.assert_allclose(by_y, numeric, rtol=1e-8)


@pytest.mark.parametrize("shape", [(3_000_000,), (1, 1700, 34, 50), (2, 3_000_000)])
def test_what_is_printed_of_many_numbers_is_little(shape):
    """pytorch/pytorch#6863, pytorch/pytorch#9185, DiffSharp/DiffSharp#335: it took minutes."""
    many = tg.zeros(shape)
    begin = time.perf_counter()
    text = repr(many)
    assert time.perf_counter() - begin < 1
    assert len(text) < 3000 and "..." in text
