"""Results that run along an axis beside few others, and beside many."""

import numpy as np
import pytest

import tensorgraph as tg
from tests import thresholds

WIDE = thresholds.value("ops.scans.WIDE")


def recurrence(x, factors):
    y = np.array(x)
    for k in range(1, len(y)):
        y[k] += factors[k] * y[k - 1]
    return y


@pytest.mark.parametrize("width", [WIDE - 1, WIDE])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_running_results_beside_one_another(width, axis, dtype):
    rng = np.random.default_rng(width)
    x, factors = (np.round(rng.uniform(-2, 2, (6, width)), 1).astype(dtype) for _ in range(2))
    turn = (lambda v: v.T) if axis else (lambda v: v)
    given = tg.tensor(turn(x)), tg.tensor(turn(factors))
    tolerance = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}[dtype]
    found = turn(tg.linear_recurrence(*given, axis=axis).numpy())
    wide = (v.astype(float) for v in (x, factors))
    np.testing.assert_allclose(found, recurrence(*wide), rtol=tolerance, atol=tolerance)
    assert found.dtype == dtype
    largest = turn(tg.cumulative_max(given[0], axis=axis).numpy())
    np.testing.assert_array_equal(largest, np.maximum.accumulate(x, axis=0))
    sums = turn(tg.logcumsumexp(given[0], axis=axis).numpy())
    expected = np.logaddexp.accumulate(x.astype(float), axis=0)
    np.testing.assert_allclose(sums, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("width", [1, WIDE])
def test_an_infinite_factor_of_nothing_adds_nothing(width):
    x, factors = np.zeros((3, width)), np.full((3, width), np.inf)
    np.testing.assert_array_equal(tg.linear_recurrence(x, factors, axis=0), x)


@pytest.mark.parametrize("op", [tg.cumulative_prod, tg.cumulative_max, tg.logcumsumexp])
def test_gradients_beside_one_another_are_those_of_each_alone(op):
    x = np.random.default_rng(0).uniform(0.5, 2, (4, WIDE))
    together, alone = (tg.tensor(x, requires_grad=True) for _ in range(2))
    tg.sum(op(together, axis=0) ** 2).backward()
    for k in range(0, WIDE, 8):
        part = alone[:, k : k + 8]
        tg.sum(op(part, axis=0) ** 2).backward()
    np.testing.assert_allclose(together.grad.data, alone.grad.data, rtol=1e-12)
