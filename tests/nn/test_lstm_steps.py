"""An LSTM's steps for all of its gates at once, against what their bodies say one by one."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ShapeError
from tensorgraph.nn.recurrent.lstm_steps import (
    lstm_gates,
    lstm_gates_slope,
    lstm_memory,
    lstm_output,
)
from tensorgraph.testing import check_op

RNG = np.random.default_rng(0)
WIDE = np.array([0.0, -0.0, 1e-30, 0.3, -2.0, 9.0, -20.0, 50.0, -90.0, 800.0, np.inf, -np.inf])
OF_GATES = [lstm_gates, lstm_gates_slope]
OF_STATE = [lstm_memory, lstm_output]


@pytest.mark.parametrize("shape", [(4,), (3, 8), (2, 3, 4), (0, 4), (2, 0)])
@pytest.mark.parametrize("step", OF_GATES)
def test_steps_of_gates_are_checked_as_ops(step, shape):
    check_op(step, RNG.normal(size=shape))


@pytest.mark.parametrize("shape", [(1,), (3, 2), (2, 3, 1), (0, 1), (2, 0)])
@pytest.mark.parametrize("step", OF_STATE)
def test_steps_of_the_state_are_checked_as_ops(step, shape):
    check_op(step, RNG.normal(size=(*shape[:-1], 4 * shape[-1])), RNG.normal(size=shape))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
@pytest.mark.parametrize("step", OF_GATES)
def test_gates_are_what_each_is_by_itself(step, dtype):
    values = WIDE if dtype.startswith("float") else np.arange(-6, 6)
    z = np.stack([np.roll(values, k) for k in range(4)], axis=1).astype(dtype)
    found, alone = step(z), step.op.body(z)
    assert found.dtype == alone.dtype
    np.testing.assert_array_max_ulp(found, alone, 1)
    np.testing.assert_array_equal(step(np.asfortranarray(z)), found)


@pytest.mark.parametrize("dtypes", [("float32", "float32"), ("float32", "float64"),
                                    ("float64", "float32"), ("float16", "float16")])  # fmt: skip
@pytest.mark.parametrize("step", OF_STATE)
def test_a_step_of_the_state_has_the_bits_of_its_body(step, dtypes):
    gates, c = (RNG.normal(size=(5, n)).astype(d) for n, d in zip((12, 3), dtypes, strict=True))
    found, expected = step(gates, c), step.op.body(gates, c)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_the_gradient_of_certain_gates_keeps_its_digits():
    z = tg.tensor([20.0, 20.0, 20.0, 20.0], requires_grad=True)
    lstm_gates(z).sum().backward()
    right = 1 / (4 * np.cosh(np.array([10.0, 10.0, 20.0, 10.0])) ** 2) * np.array([1, 1, 4, 1])
    np.testing.assert_allclose(z.grad.data, right, rtol=1e-6)


def test_what_is_not_four_gates_is_told():
    with pytest.raises(ShapeError, match=r"lstm_gates: z of shape \(2, 6\) must hold four gates"):
        lstm_gates(tg.ones((2, 6)))
    with pytest.raises(ShapeError, match=r"gates of shape \(2, 6\) must be four side by side for"):
        lstm_memory(tg.ones((2, 6)), tg.ones((2, 2)))
