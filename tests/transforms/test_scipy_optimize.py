"""SciPy's minimisers and solvers take the gradients of functions of tensors as they are."""

from functools import partial

import numpy as np
import pytest

import tensorgraph as tg

optimize = pytest.importorskip("scipy.optimize")
X0 = np.array([-1.2, 1.0])


def valley(x):
    """Rosenbrock's function, with its minimum 0 at (1, 1)."""
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def residuals(x):
    return tg.stack([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def disc(x):
    return (x**2).sum()


METHODS = {
    "value and gradient": lambda: optimize.minimize(tg.value_and_grad(valley), X0, jac=True),
    "L-BFGS-B": lambda: optimize.fmin_l_bfgs_b(tg.value_and_grad(valley), X0, factr=10)[0],
    "gradient": lambda: optimize.minimize(valley, X0, jac=tg.grad(valley)),
    "Hessian": lambda: optimize.minimize(
        valley, X0, jac=tg.grad(valley), hess=tg.hessian(valley), method="trust-exact"
    ),
    "Hessian times vector": lambda: optimize.minimize(
        valley, X0, jac=tg.grad(valley), hessp=partial(tg.hvp, valley), method="trust-ncg"
    ),
    "least squares": lambda: optimize.least_squares(residuals, X0, jac=tg.jacobian(residuals)),
    "MINPACK": lambda: optimize.least_squares(
        residuals, X0, jac=tg.jacobian(residuals), method="lm"
    ),
    "root": lambda: optimize.root(residuals, X0, jac=tg.jacobian(residuals)),
    "constraint": lambda: optimize.minimize(
        tg.value_and_grad(valley),
        X0,
        jac=True,
        constraints=optimize.NonlinearConstraint(disc, 0.0, 4.0, jac=tg.grad(disc)),
    ),
}


@pytest.mark.parametrize("name", METHODS)
def test_the_minimum_is_found(name):
    found = METHODS[name]()
    np.testing.assert_allclose(getattr(found, "x", found), [1, 1], atol=1e-3)


def test_a_root_of_a_function_of_one_number():
    def f(x):
        return tg.cos(x) - x

    assert optimize.newton(f, 1.0, fprime=tg.grad(f)) == pytest.approx(0.7390851332151607)


def test_arrays_come_back_for_arrays():
    value, gradient = tg.value_and_grad(valley)(X0)
    assert type(value) is np.float64 and type(gradient) is np.ndarray
    assert type(tg.grad(lambda x: x * x)(np.float64(2.0))) is np.float64
    assert type(tg.jacobian(residuals)(X0)) is type(tg.hessian(valley)(X0)) is np.ndarray
    assert type(tg.hvp(valley, X0, X0)) is np.ndarray
    assert all(type(x) is np.ndarray for x in tg.jvp(residuals, X0, X0))
    assert type(tg.vjp(residuals, X0)[1](X0)[0]) is np.ndarray
    assert tg.grad(disc)(X0.astype("float32")).dtype == np.float32


def test_tensors_come_back_for_tensors_numbers_and_in_graphs():
    assert type(tg.grad(disc)(tg.tensor(X0))) is tg.Tensor
    assert type(tg.grad(lambda x: x * x)(2.0)) is tg.Tensor
    assert type(tg.grad(lambda x, y: (x * y).sum(), (0, 1))(X0, tg.tensor(X0))[0]) is tg.Tensor
    w = tg.tensor(2.0, requires_grad=True)
    slope = tg.grad(lambda x: (x * w).sum())(X0)
    assert type(slope) is tg.Tensor and slope.requires_grad
    outer = tg.grad(lambda z: (z * tg.grad(lambda x: (x * z).sum())(X0)).sum())(tg.tensor(3.0))
    assert outer.item() == 12


def test_arrays_handed_out_are_the_callers_own():
    x = X0.copy()
    for gradient in (tg.grad(lambda x: x.sum())(x), tg.grad(lambda x: (x * X0).sum())(x)):
        gradient += 5
    np.testing.assert_array_equal(tg.jacobian(lambda x: x)(x), np.eye(2))
    np.testing.assert_array_equal(x, X0)


def test_an_only_argument_needs_no_tuple():
    x, v = tg.tensor([1.0, 2.0]), tg.tensor([1.0, 0.5])
    (product,) = tg.hvp(lambda x: (x**3).sum(), (x,), (v,))
    for found in (product, tg.hvp(lambda x: (x**3).sum(), x, v)):
        np.testing.assert_allclose(found, [6, 6], rtol=1e-6)
    np.testing.assert_allclose(tg.jvp(lambda x: x * x, x, v)[1], [2, 2], rtol=1e-6)
    with pytest.raises(tg.errors.DTypeError, match=r"tangents is a tuple .* or neither in a tuple"):
        tg.hvp(lambda x: (x**3).sum(), (x,), v)
