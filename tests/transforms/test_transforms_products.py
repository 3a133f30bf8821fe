"""vjp and jvp, and what is built of them: Jacobians, Hessians and their products."""

import numpy as np
import pytest

import tensorgraph as tg


def f64(x):
    return tg.tensor(x, dtype="float64")


def close(found, expected, rtol=1e-10):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


# -------------------------------------------------------------------------------------- vjp and jvp


def test_vjp_of_several_arguments_and_results():
    def f(x, tree):
        return {"sum": x + tree["y"], "both": (x * tree["y"], x)}

    x, y = f64([1.0, 2.0]), f64([3.0, 4.0])
    value, pull = tg.vjp(f, x, {"y": y})
    close(value["both"][0], [3, 8])
    ones = np.ones(2)
    gx, tree = pull({"sum": ones, "both": (ones, 2 * ones)})
    close(gx, 1 + y.data + 2)
    close(tree["y"], 1 + x.data)
    gx, tree = pull({"sum": [0.1, 0.2], "both": ([0.0, 0.0], [0.0, 0.0])})  # again, with lists
    assert gx.data.tolist() == tree["y"].data.tolist() == [0.1, 0.2]


def test_jvp_of_several_arguments_and_results():
    def f(x, tree):
        return [x * tree["y"], tg.sin(x), tg.tensor(7.0)]

    x, y, dx, dy = (f64(v) for v in ([1.0, 2.0], [3.0, 4.0], [0.5, -1.0], [2.0, 0.25]))
    value, slope = tg.jvp(f, (x, {"y": y}), (dx, {"y": dy}))
    assert type(value) is list and value[2].item() == 7
    close(slope[0], dx.data * y.data + x.data * dy.data)
    close(slope[1], np.cos(x.data) * dx.data)
    assert slope[2].item() == 0


def test_jvp_and_vjp_are_adjoint():
    rng = np.random.default_rng(0)
    w = f64(rng.normal(size=(3, 4)))
    f = lambda x: tg.softmax(w @ tg.tanh(x))  # noqa: E731
    x, v, u = (f64(rng.normal(size=n)) for n in (4, 4, 3))
    forward = float((tg.jvp(f, (x,), (v,))[1] * u).sum())
    backward = float((tg.vjp(f, x)[1](u)[0] * v).sum())
    assert forward == pytest.approx(backward, rel=1e-12)


def test_tangents_and_cotangents_come_in_the_dtype_of_what_they_belong_to():
    x = tg.tensor([1.0, 2.0])
    _, slope = tg.jvp(lambda x: x * x, (x,), (np.ones(2),))
    assert slope.dtype == np.float32
    assert tg.vjp(lambda x: x * x, x)[1](np.ones(2))[0].dtype == np.float32
    close(tg.jvp(lambda x: x * x, (f64(1.0),), (0.1,))[1], 0.2, rtol=1e-15)


def test_the_value_of_a_vjp_outlives_assignments():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    _, pull = tg.vjp(lambda x: (w * x * x).sum(), f64([3.0, 4.0]))
    w.assign([0.0, 0.0])
    close(pull(1.0)[0], [6, 16])


# ----------------------------------------------------------------------------- jacobian and hessian


def test_jacobian_of_a_linear_map_is_its_matrix():
    a = np.arange(6.0).reshape(2, 3)
    close(tg.jacobian(lambda x: f64(a) @ x)(f64([1.0, 2.0, 3.0])), a)


def test_jacobian_of_softmax():
    z = f64([0.2, -1.0, 0.7])
    s = tg.softmax(z).data
    close(tg.jacobian(tg.softmax)(z), np.diag(s) - np.outer(s, s))


def test_jacobian_of_a_matrix_function_has_both_shapes():
    x = np.arange(1.0, 7.0).reshape(2, 3)
    j = tg.jacobian(lambda x: x @ x.T)(f64(x))
    assert j.shape == (2, 2, 2, 3)
    expected = np.zeros((2, 2, 2, 3))
    for i in range(2):
        for k in range(2):
            expected[i, k, i] += x[k]
            expected[i, k, k] += x[i]
    close(j, expected)


def test_jacobian_with_containers():
    j = tg.jacobian(lambda t, y: {"p": t["x"] * y, "q": y}, (0, 1))(
        {"x": f64([1.0, 2.0])}, f64([3.0, 4.0])
    )
    close(j["p"][0]["x"], np.diag([3.0, 4.0]))
    close(j["p"][1], np.diag([1.0, 2.0]))
    close(j["q"][0]["x"], np.zeros((2, 2)))
    close(j["q"][1], np.eye(2))


def test_jacobian_of_nothing():
    assert tg.jacobian(lambda x: x[:0])(f64([1.0, 2.0])).shape == (0, 2)
    assert tg.jacobian(lambda x: x * 2)(f64([])).shape == (0, 0)
    assert tg.grad(lambda x: x.sum())(f64([])).shape == (0,)


def test_hessian_of_a_quadratic_form():
    a = np.array([[2.0, 1.0], [0.0, 3.0]])
    h = tg.hessian(lambda x: x @ (f64(a) @ x))(f64([1.0, -1.0]))
    close(h, a + a.T)


def test_hessian_of_rosenbrock():
    def rosenbrock(x):
        return ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()

    x, y = 0.3, -0.4
    close(
        tg.hessian(rosenbrock)(f64([x, y])),
        [[2 - 400 * (y - 3 * x * x), -400 * x], [-400 * x, 200]],
    )


def test_hessian_of_logsumexp_and_its_product():
    z, v = f64([0.5, -0.2, 1.0]), f64([1.0, 2.0, 3.0])
    s = tg.softmax(z).data
    exact = np.diag(s) - np.outer(s, s)
    close(tg.hessian(tg.logsumexp)(z), exact)
    close(tg.hvp(tg.logsumexp, (z,), (v,))[0], exact @ v.data)


def test_hessian_in_blocks():
    h = tg.hessian(lambda x, y: (x * x * y).sum(), (0, 1))(f64([2.0, 3.0]), f64([4.0, 5.0]))
    close(h[0][0], np.diag([8.0, 10.0]))
    close(h[0][1], np.diag([4.0, 6.0]))
    close(h[1][0], np.diag([4.0, 6.0]))
    close(h[1][1], np.zeros((2, 2)))


def test_hvp_with_containers():
    product = tg.hvp(
        lambda t, y: t["x"] ** 3 * y, ({"x": f64(2.0)}, f64(3.0)), ({"x": f64(1.0)}, f64(0.0))
    )
    close(product[0]["x"].item(), 36)
    close(product[1].item(), 12)
