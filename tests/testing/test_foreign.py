"""Functions of other libraries as functions of tensors: autograd's here, others' beside PyTorch."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd.extend import defvjp, primitive

import tensorgraph as tg
from tensorgraph.errors import DTypeError, GradcheckError
from tensorgraph.testing import from_autograd, gradcheck

X = np.random.default_rng(0).standard_normal((3, 2))
W = np.random.default_rng(1).standard_normal((2, 4))


def test_values_and_gradients_are_the_librarys():
    f = from_autograd(lambda x, w: anp.tanh(anp.dot(x, w)))
    x, w = tg.tensor(X, requires_grad=True), tg.tensor(W, requires_grad=True)
    y = f(x, w)
    assert y.node is not None and y.dtype == np.float64
    (y * y).sum().backward()
    slope = 2 * np.tanh(X @ W) * (1 - np.tanh(X @ W) ** 2)
    tg.testing.assert_close(x.grad, slope @ W.T, rtol=1e-13)
    tg.testing.assert_close(w.grad, X.T @ slope, rtol=1e-13)
    np.testing.assert_allclose(f(X, W), np.tanh(X @ W), rtol=1e-15)


def test_both_orders_by_the_complex_step():
    found = gradcheck(from_autograd(lambda x, w: anp.exp(anp.dot(x, w)) / 9), X, W, order=2)
    assert found.method == "complex step" and found.order == 2 and found.elements == 14


def test_containers_options_and_what_has_no_gradient():
    def f(p, labels, scale, *, power):
        assert type(scale) is float
        return {
            "y": [(anp.dot(p["x"], p["w"]) * scale) ** power, p["x"][:, 0]],
            "at": anp.argmax(p["x"]),
            "picked": p["x"][labels],
        }

    adapted = from_autograd(f)
    labels = np.array([2, 0])
    gradcheck(lambda p: adapted(p, labels, 0.5, power=3), {"x": X, "w": W}, order=2)
    found = adapted({"x": tg.tensor(X), "w": W}, labels, 0.5, power=2)
    assert found["at"] == X.argmax() and found["at"].dtype.kind == "i"
    assert found["y"][0].shape == (3, 4)
    assert found["picked"].shape == (2, 2)


def test_a_tensor_by_keyword_is_an_operand():
    f = from_autograd(lambda x, w: anp.dot(x, w))
    w = tg.tensor(W, requires_grad=True)
    f(X, w=w).sum().backward()
    tg.testing.assert_close(w.grad, X.T @ np.ones((3, 4)), rtol=1e-13)


def test_it_is_composed_with_our_own():
    f = from_autograd(lambda x: anp.sin(x) * x)
    gradcheck(lambda x: tg.exp(f(tg.tanh(x))) * f(x).sum(), X, order=2)


def test_a_wrong_rule_is_found():
    @primitive
    def halved(x):
        return x * x

    defvjp(halved, lambda out, x: lambda g: g * x)
    with pytest.raises(GradcheckError, match=r"at argument 0 \(x\).*\n.*\n.*\n.*ratio +0\.5"):
        gradcheck(from_autograd(lambda x: halved(x)), X)


def test_single_precision_inside_is_refused():
    with pytest.raises(tg.errors.DTypeError, match="autograd rounds float64 to float32"):
        gradcheck(from_autograd(lambda x: (x * 2).astype("float32")), X)


def test_results_of_several_dtypes_keep_each_its_own():
    both = from_autograd(lambda x: (anp.sin(x), anp.sin(x).astype("float32")))
    assert [y.dtype for y in both(tg.tensor(X))] == [np.float64, np.float32]
    with pytest.raises(DTypeError, match="rounds float64 to float32"):
        gradcheck(both, X)
