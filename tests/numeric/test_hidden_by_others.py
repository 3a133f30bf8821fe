"""What elements and points nearby may hide: no gradient is silently that of something else."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tests.numeric.kernels import by_loop
from tests.raising import told


def gradient(kernel, x, **options):
    leaf = tg.tensor(np.asarray(x), requires_grad=True)
    tg.op("mine", kernel)(leaf).sum().backward(**options)
    return leaf.grad.numpy()


# -------------------------------------------------------------------- dropped imaginary parts


def test_a_kink_of_one_element_hides_no_other():
    kernel = lambda w: 10 * np.maximum(w[0], 0) + np.abs(w[1])  # noqa: E731
    np.testing.assert_allclose(gradient(kernel, [0.0, 2.0]), [5.0, 1.0], rtol=1e-8)


def test_a_hinge_with_sparse_weights():
    rng = np.random.default_rng(1)
    A, b = rng.normal(size=(8, 3)), np.sign(rng.normal(size=8))
    w = np.array([0.0, 0.0, 0.5])
    found = gradient(
        lambda w: np.mean(np.maximum(0, 1 - b * (A @ w)) ** 2) + 0.1 * np.abs(w).sum(), w
    )
    smooth = -2 * np.mean(np.maximum(0, 1 - b * (A @ w))[:, None] * b[:, None] * A, axis=0)
    np.testing.assert_allclose(found, smooth + 0.1 * np.sign(w), rtol=1e-7)


@pytest.mark.parametrize("much", [1e3, 1e7, 1e10])
def test_elements_that_matter_much_hide_none_that_matter_little(much):
    kernel = lambda x: much * x[0] ** 2 + np.abs(x[1]) + 1e-3 * x[2] + abs(x[2])  # noqa: E731
    found = gradient(kernel, [1.0, 2.0, -3.0])
    np.testing.assert_allclose(found, [2 * much, 1.0, -0.999], rtol=1e-4)


# --------------------------------------------------------------------------- beside a kink


@pytest.mark.parametrize("apart", [1e-3, 1e-5, 1e-7, 1e-9, 1e-12])
@pytest.mark.parametrize("together", [False, True])
def test_beside_a_kink_the_slope_is_that_of_its_side(apart, together):
    each = by_loop(lambda v: abs(v - 1))
    kernel = (lambda x: each(x).sum()) if together else each
    found = gradient(kernel, [1 + apart, 1 - apart])
    np.testing.assert_allclose(found, [1.0, -1.0], rtol=1e-4)
    relu = by_loop(lambda v: max(v, 0.0))
    kernel = (lambda x: relu(x).sum()) if together else relu
    np.testing.assert_allclose(gradient(kernel, [apart, -apart]), [1.0, 0.0], atol=1e-4)


def test_beside_a_kink_in_single_precision():
    x = np.array([1 + 2e-7, 1 - 2e-7], np.float32)
    found = gradient(by_loop(lambda v: abs(float(v) - 1)), x)
    np.testing.assert_allclose(found, [1.0, -1.0], rtol=1e-4)


def test_a_kernel_that_is_elementwise_is_no_other_beside_a_kink():
    kernel = lambda x: x * np.heaviside(x, 0.5)  # noqa: E731
    np.testing.assert_allclose(gradient(kernel, [1e-5, 1.0, -1e-5]), [1.0, 1.0, 0.0], atol=1e-9)
    kernel = lambda x: x * np.hypot(x, 0)  # noqa: E731
    np.testing.assert_allclose(gradient(kernel, [0.0, 1.0, 2.0]), [0.0, 2.0, 4.0], atol=1e-9)


# ------------------------------------------------------------------------------- dependence


@pytest.mark.parametrize("coupling", [1e-1, 1e-4, 1e-8])
def test_one_element_that_depends_on_one_other(coupling):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x, (i, j) = rng.normal(size=60), rng.choice(60, 2, replace=False)

        def kernel(x, *, i=i, j=j):
            y = np.tanh(np.real(x))
            y[i] += coupling * np.sin(x[j].real)
            return y

        right = 1 - np.tanh(x) ** 2
        right[j] += coupling * np.cos(x[j])
        np.testing.assert_allclose(gradient(kernel, x), right, atol=max(1e-9, 1e-3 * coupling))


def test_an_array_of_its_own_shapes_the_result():
    for own in (np.ones(3), np.ones((1, 3)), np.ones((2, 1)), np.ones((2, 3))):
        op = tg.op("mine", lambda x: x * own)  # noqa: B023
        assert op.op.family == "fused"
        x = tg.tensor(2.0, requires_grad=True)
        op(x).sum().backward()
        assert x.grad.item() == own.sum()


def test_an_operand_that_is_not_used():
    op = tg.op("mine", lambda x, y: x * 2)
    x, y = (tg.tensor(np.ones(n), requires_grad=True) for n in (3, (2, 3)))
    op(x, y).sum().backward()
    assert x.grad.numpy().tolist() == [2.0] * 3 and not y.grad.numpy().any()


# -------------------------------------------------------------------- is it the same function


@pytest.mark.parametrize("recorded", [False, True])
def test_a_kernel_that_keeps_state(recorded):
    factor = [2.0]
    op = tg.op("mine", lambda x: x * factor[0])
    x = tg.tensor(1.0, requires_grad=True)
    y = op(x)
    factor[0] = 3.0
    text = told(lambda: y.backward(create_graph=recorded), errors.GraphError)
    assert "it draws random numbers, or keeps state" in text


@pytest.mark.parametrize("recorded", [False, True])
def test_a_kernel_that_asks_what_it_is_given(recorded):
    def kernel(x):
        if isinstance(x, np.ndarray) and x.ndim == 1:
            return x - x.mean()
        return x * 2

    def other(x):
        return x - x.mean() if type(x) is np.ndarray else x * 2

    for each in (kernel, other):
        x = tg.tensor(np.array([1.0, 2.0, 4.0]), requires_grad=True)
        (tg.op("mine", each, family="fused")(x) ** 2).sum().backward(create_graph=recorded)
        right = 2 * (x.numpy() - x.numpy().mean())
        np.testing.assert_allclose(x.grad.numpy(), right, rtol=1e-9)
    assert tg.op("mine", kernel).op.family == "fused"


@pytest.mark.parametrize("noise", [1e-7, 1e-9, 1e-11])
def test_little_noise(noise):
    for kernel in (
        lambda x: np.sin(x.real) + noise * np.random.default_rng().normal(size=x.shape),
        lambda x: np.sin(x.real).sum() + noise * np.random.default_rng().normal(),
    ):
        text = told(lambda: gradient(kernel, [0.3, 0.7]), errors.GraphError)  # noqa: B023
        assert "it draws random numbers, or keeps state" in text


def test_periods_of_powers_of_two():
    wave = lambda x: np.interp(x * 4096 % 1, [0, 0.5, 1], [0, 1, 0])  # noqa: E731
    np.testing.assert_allclose(gradient(wave, [0.25 + 2.0**-14]), [8192.0], rtol=1e-6)
    fast, x = 2**20 * np.pi, 0.3
    right = np.sin(fast * x) * np.cos(fast * x) * fast / np.hypot(np.sin(fast * x), 3)
    found = gradient(lambda x: np.hypot(np.sin(fast * x), 3), [x])
    np.testing.assert_allclose(found, [right], rtol=1e-6)


def test_numbers_of_all_sizes_at_once():
    x = np.array([1e10, 1e100, 3.0])
    found = gradient(by_loop(lambda v: float(v) ** 3), x)
    np.testing.assert_allclose(found, 3 * x**2, rtol=1e-7)
