"""Functions of functions: grad and its kin, how they nest, and gradients of a recorded graph."""

import collections
import functools
import math

import numpy as np
import pytest

import tensorgraph as tg

Pair = collections.namedtuple("Pair", ["a", "b"])


def f64(x):
    return tg.tensor(x, dtype="float64")


def close(found, expected, rtol=1e-10):
    np.testing.assert_allclose(np.asarray(found), expected, rtol=rtol, atol=1e-12)


# ------------------------------------------------------------------------------ argnums, containers


def product(x, y, z):
    return x * y**2 * z**3


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 4 * 27.0),
        (1, 2 * 27 * 2.0),
        (-1, 4 * 27.0),
        ((0,), (108.0,)),
        ((0, 2), (108.0, 108.0)),
        ([2, 0], (108.0, 108.0)),
        ((-1, 1), (108.0, 108.0)),
        (np.int64(1), 108.0),
        (range(3), (108.0, 108.0, 108.0)),
        ((), ()),
    ],
)
def test_argnums(argnums, expected):
    args = f64(1.0), f64(2.0), f64(3.0)
    value, gradient = tg.value_and_grad(product, argnums)(*args)
    assert value.item() == 108
    found = gradient if isinstance(expected, tuple) else (gradient,)
    assert type(found) is tuple
    close([g.item() for g in found], np.ravel(expected))
    again = tg.grad(product, argnums)(*args)
    assert np.array_equal(np.ravel(again), np.ravel(gradient))


def test_the_gradient_has_the_structure_of_the_argument():
    tree = {
        "w": f64([1.0, 2.0]),
        "pair": Pair(f64(3.0), [f64(4.0)]),
        "layers": [(f64(5.0), {"b": f64(6.0)}), []],
    }

    def f(t):
        return (
            (t["w"] ** 2).sum()
            + t["pair"].a * 3
            + t["pair"].b[0] ** 2
            + t["layers"][0][0] * t["layers"][0][1]["b"]
        )

    g = tg.grad(f)(tree)
    assert list(g) == ["w", "pair", "layers"]
    assert type(g["pair"]) is Pair
    assert type(g["layers"]) is list and type(g["layers"][0]) is tuple
    close(g["w"], [2, 4])
    assert (g["pair"].a.item(), g["pair"].b[0].item()) == (3, 8)
    assert (g["layers"][0][0].item(), g["layers"][0][1]["b"].item()) == (6, 5)
    assert g["layers"][1] == []


def test_arguments_may_be_numbers_arrays_and_tensors():
    for x, dtype in [(2.0, "float32"), (np.float64(2), "float64"), (np.array(2.0), "float64")]:
        g = tg.grad(lambda x: x * x)(x)
        assert g.item() == 4 and g.dtype == dtype


def test_keyword_arguments_are_passed_on():
    def f(x, *, scale=1.0):
        return (x * scale).sum()

    close(tg.grad(f)(f64([1.0, 2.0]), scale=3.0), [3, 3])
    close(tg.jacobian(f)(f64([1.0, 2.0]), scale=3.0), [3, 3])


def test_names_of_functions_are_kept():
    assert tg.grad(product).__name__ == "product"
    assert tg.jacobian(functools.partial(product, 1.0))(f64(1.0), f64(1.0)).item() == 2


def test_an_argument_may_be_given_twice():
    x = f64(3.0)
    assert [g.item() for g in tg.grad(lambda a, b: a * a * b, (0, 1))(x, x)] == [18, 9]


def test_arguments_are_left_alone():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    tg.grad(lambda x: (x * x).sum())(x)
    tg.hessian(lambda x: (x * x).sum())(x)
    assert x.grad is None
    y = tg.tensor([1.0, 2.0])
    tg.grad(lambda x: (x * x).sum())(y)
    assert not y.requires_grad


# -------------------------------------------------------------------------- inputs without effect


def test_an_ignored_argument_has_gradient_zero():
    gx, gy = tg.grad(lambda x, y: (x * x).sum(), (0, 1))(f64([1.0]), f64([[2.0, 3.0]]))
    close(gy, [[0, 0]])
    assert gy.shape == (1, 2) and gy.dtype == np.float64 and gx.item() == 2


@pytest.mark.parametrize("constant", [tg.tensor(3.0), tg.tensor([3]), tg.tensor(np.array([3.0]))])
def test_a_constant_result(constant):
    value, g = tg.value_and_grad(lambda x: constant)(f64([1.0, 2.0]))
    assert value.item() == 3
    close(g, [0, 0])
    assert tg.jacobian(lambda x: constant)(f64([1.0, 2.0])).shape == (*np.shape(constant), 2)
    value, slope = tg.jvp(lambda x: constant, (f64(1.0),), (f64(1.0),))
    assert value.item() == 3 and not np.any(slope.data)
    assert tg.vjp(lambda x: constant, f64(1.0))[1](np.ones(np.shape(constant)))[0].item() == 0


@pytest.mark.parametrize(
    "f",
    [
        lambda z: float(z) ** 2,
        lambda z: int(z),
        lambda z: z.item(),
        lambda z: (z.numpy() ** 2).sum(),
        lambda z: z.numpy() * np.ones(1),
    ],
)
def test_what_left_the_graph_is_no_constant(f):
    """A gradient of 0 would be silently wrong."""
    for differentiate in (
        lambda: tg.grad(f)(3.0),
        lambda: tg.jacobian(lambda z: {"a": z, "b": f(z)})(3.0),
        lambda: tg.vjp(f, 3.0),
        lambda: tg.jvp(f, (3.0,), (1.0,)),
    ):
        with pytest.raises(tg.errors.DTypeError, match=r"left the graph .* tg\.tensor\(value\)"):
            differentiate()


def test_arrays_given_may_be_changed_since():
    """What vjp keeps for later, and what a graph keeps, is a copy of them."""
    primal, cotangent, tangent = np.array([1.0, 2.0]), np.array([1.0, 10.0]), np.array([1.0, 3.0])
    _, pull = tg.vjp(lambda x: x * x * x, primal)
    primal[:] = 50
    close(pull(cotangent)[0], [3, 120])
    w = leaf([1.0, 2.0])
    _, pull = tg.vjp(lambda x: x * w, np.ones(2))
    (pulled,) = pull(cotangent)
    cotangent[:] = 50
    close(tg.gradients((pulled * pulled).sum(), w), [2, 400])
    _, slope = tg.jvp(lambda x: x * w, (np.ones(2),), (tangent,))
    tangent[:] = 50
    close(tg.gradients((slope * slope).sum(), w), [2, 36])


def test_the_function_that_returns_its_argument():
    assert tg.grad(lambda x: x)(2.0).item() == 1
    close(tg.jacobian(lambda x: x)(f64([1.0, 2.0])), np.eye(2))
    assert tg.jvp(lambda x: x, (2.0,), (3.0,))[1].item() == 3
    assert tg.grad(tg.grad(lambda x: x))(2.0).item() == 0


def test_gradients_that_stop():
    assert tg.grad(lambda x: x * x.detach())(f64(3.0)).item() == 3
    assert tg.grad(lambda x: tg.floor(x) * x)(f64(3.5)).item() == 3
    assert tg.grad(lambda x: x[x.argmax()])(f64([1.0, 5.0])).data.tolist() == [0, 1]


# ------------------------------------------------------------------------------------- nesting


def test_gradients_of_gradients():
    f = tg.sin
    values = [math.sin(0.7), math.cos(0.7), -math.sin(0.7), -math.cos(0.7), math.sin(0.7)]
    for value in values:
        close(f(f64(0.7)), value)
        f = tg.grad(f)


def test_the_third_derivative_of_a_composite():
    def f(x):
        return tg.exp(x) * x**3 / (1 + x * x)

    x, h = 0.8, 1e-3
    third = tg.grad(tg.grad(tg.grad(f)))(f64(x)).item()
    second = tg.grad(tg.grad(f))
    numeric = (second(f64(x + h)).item() - second(f64(x - h)).item()) / (2 * h)
    assert third == pytest.approx(numeric, rel=1e-5)


def test_perturbations_are_not_confused():
    one = f64(1.0)
    assert tg.grad(lambda x: x * tg.grad(lambda y: x + y)(one))(one).item() == 1
    assert tg.grad(lambda x: tg.grad(lambda y: x * y)(x))(f64(3.0)).item() == 1
    assert tg.grad(lambda x: tg.grad(lambda y: x * y * y)(x))(f64(3.0)).item() == 12
    assert tg.grad(lambda x: x * tg.grad(lambda x: x * x)(x))(f64(3.0)).item() == 12
    # Siskind and Pearlmutter's example, forward inside forward.
    slope = lambda f, x: tg.jvp(f, (x,), (tg.ones_like(x),))[1]  # noqa: E731
    assert slope(lambda x: x * slope(lambda y: x + y, one), one).item() == 1
    assert slope(lambda x: x * slope(lambda y: x * y, one), f64(3.0)).item() == 6
    # And mixed.
    assert slope(lambda x: x * tg.grad(lambda y: x * y)(one), f64(3.0)).item() == 6
    assert tg.grad(lambda x: x * slope(lambda y: x * y, one))(f64(3.0)).item() == 6


def test_forward_over_reverse_and_reverse_over_forward():
    def f(x):
        return (tg.sin(x) * x**2).sum()

    x, v = f64([0.3, 1.2, -0.7]), f64([1.0, -2.0, 0.5])
    exact = (
        -np.sin(x.data) * x.data**2 + 4 * x.data * np.cos(x.data) + 2 * np.sin(x.data)
    ) * v.data
    close(tg.jvp(tg.grad(f), (x,), (v,))[1], exact)
    close(tg.grad(lambda x: tg.jvp(f, (x,), (v,))[1])(x), exact)
    close(tg.hvp(f, (x,), (v,))[0], exact)
    close(tg.hessian(f)(x) @ v, exact)
    close(tg.grad(lambda x: (tg.grad(f)(x) * v).sum())(x), exact)
    close(tg.vjp(tg.grad(f), x)[1](v)[0], exact)


def test_gradient_by_the_tangent_and_by_the_cotangent():
    x = f64([1.0, 2.0])
    close(tg.grad(lambda v: tg.jvp(lambda x: (x**2).sum(), (x,), (v,))[1])(f64([1.0, 1.0])), [2, 4])
    close(
        tg.jacobian(lambda u: tg.vjp(lambda x: x**2, x)[1](u)[0])(f64([1.0, 1.0])),
        np.diag([2.0, 4.0]),
    )


def test_jacobian_of_a_jacobian():
    x = f64([1.0, 2.0])
    cube = tg.jacobian(tg.jacobian(lambda x: x**3))(x)
    expected = np.zeros((2, 2, 2))
    expected[[0, 1], [0, 1], [0, 1]] = [6, 12]
    close(cube, expected)


# -------------------------------------------------------------------- closures, modes and recording


def test_closures_over_parameters_keep_the_connection():
    w = tg.tensor(3.0, requires_grad=True)
    g = tg.grad(lambda x: w * x * x)(2.0)  # 2wx
    assert g.item() == 12 and g.requires_grad
    g.backward()
    assert w.grad.item() == 4
    value, _ = tg.value_and_grad(lambda x: w * x)(2.0)
    w.zero_grad()
    value.backward()
    assert w.grad.item() == 2


def test_without_closures_nothing_is_kept():
    value, g = tg.value_and_grad(lambda x: x * x)(2.0)
    assert not value.requires_grad and not g.requires_grad
    y, pull = tg.vjp(lambda x: x * x, 2.0)
    assert not y.requires_grad and not pull(1.0)[0].requires_grad
    y, dy = tg.jvp(lambda x: x * x, (2.0,), (1.0,))
    assert not y.requires_grad and not dy.requires_grad


def test_an_argument_that_wants_a_gradient_stays_connected():
    x = tg.tensor(3.0, requires_grad=True)
    g = tg.grad(lambda x: x**3)(x)
    g.backward()
    assert g.item() == 27 and x.grad.item() == 18


def test_results_that_depend_on_a_parameter_only():
    w = tg.tensor(3.0, requires_grad=True)
    for returned in (lambda x: w, lambda x: w * 1):
        value, g = tg.value_and_grad(returned)(1.0)
        assert g.item() == 0
        w.zero_grad()
        value.backward()
        assert w.grad.item() == 1
    close(tg.grad(lambda w: tg.value_and_grad(lambda x: w)(1.0)[0] ** 2)(f64(3.0)), 6)


@pytest.mark.parametrize("outer", [tg.no_grad, tg.enable_grad])
def test_transforms_work_under_no_grad(outer):
    w = tg.tensor(3.0, requires_grad=True)
    with outer():
        assert tg.grad(lambda x: w * x * x)(2.0).item() == 12
        assert tg.grad(tg.grad(lambda x: w * x * x))(2.0).item() == 6
        assert tg.jvp(lambda x: w * x * x, (2.0,), (1.0,))[1].item() == 12
        assert tg.vjp(lambda x: w * x * x, 2.0)[1](1.0)[0].item() == 12
        close(tg.hessian(lambda x: (x**3).sum())(f64([1.0, 2.0])), np.diag([6.0, 12.0]))
        close(tg.hvp(lambda x: (x**3).sum(), (f64([1.0]),), (f64([2.0]),))[0], [12])
        recording = tg.is_grad_enabled()
        assert tg.grad(lambda x: w * x)(2.0).requires_grad == recording
    assert tg.is_grad_enabled()


def test_no_grad_inside_cuts():
    def f(x):
        with tg.no_grad():
            c = x * x
        return c * x

    assert tg.grad(f)(f64(3.0)).item() == 9


def test_a_failing_function_leaves_nothing_behind():
    w = tg.tensor(1.0, requires_grad=True)

    def f(x):
        w * x
        raise RuntimeError("stop")

    with tg.no_grad():
        for call in (
            lambda: tg.grad(f)(1.0),
            lambda: tg.jvp(f, (1.0,), (1.0,)),
            lambda: tg.vjp(f, 1.0),
            lambda: tg.jacobian(f)(1.0),
            lambda: tg.hvp(f, (1.0,), (1.0,)),
        ):
            with pytest.raises(RuntimeError, match="stop"):
                call()
            assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled() and w.grad is None


# ------------------------------------------------------------------------------- vjp and jvp


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


# ------------------------------------------------------------------------- jacobian and hessian


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
    assert product[0]["x"].item() == 36 and product[1].item() == 12


# ------------------------------------------------------------------------------------ gradients()


def leaf(x):
    return tg.tensor(x, dtype="float64", requires_grad=True)


def test_gradients_by_leaves_and_results():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    h = x * w
    y = (h * h).sum()
    dh, dx, dw, dy = tg.gradients(y, [h, x, w, y])
    close(dh, 2 * h.data)
    close(dx, 2 * h.data * w.data)
    close(dw, 2 * h.data * x.data)
    assert dy.item() == 1
    assert x.grad is None and w.grad is None


def test_gradients_has_the_structure_of_inputs():
    x, w = leaf([1.0]), leaf([2.0])
    y = (x * w).sum()
    g = tg.gradients(y, {"x": x, "rest": (w, [x])}, retain_graph=True)
    assert g["x"].item() == g["rest"][1][0].item() == 2 and g["rest"][0].item() == 1
    assert tg.gradients(y, x, retain_graph=True).item() == 2
    assert tg.gradients(y, []) == []


def test_duplicate_inputs_share_no_memory():
    x = leaf([1.0, 2.0])
    h = x + 1
    g = tg.gradients(h.sum(), [x, x, h, h, x])
    for i, first in enumerate(g):
        close(first, [1, 1])
        assert not any(np.shares_memory(first.data, other.data) for other in g[:i])
    many = tg.gradients((x * x).sum(), [x, x], create_graph=True)
    assert many[0] is not many[1]
    close(tg.gradients(many[1].sum(), x), [2, 2])


def test_unreachable_inputs_have_gradient_zero():
    x, other = leaf([1.0, 2.0]), leaf([[1.0, 2.0, 3.0]])
    later = x * 3
    g = tg.gradients((x * x).sum(), [other, x, later, other * 2])
    close(g[0], np.zeros((1, 3)))
    close(g[2], np.zeros(2))
    close(g[3], np.zeros((1, 3)))
    assert all(t.dtype == np.float64 for t in g)
    created = tg.gradients((x * x).sum(), [other, x], create_graph=True)
    close(created[0], np.zeros((1, 3)))


def test_the_input_may_be_the_output():
    x = leaf(2.0)
    assert tg.gradients(x, x).item() == 1
    assert [g.item() for g in tg.gradients(x * x, [x, x])] == [4, 4]


def test_an_inner_result_stops_nothing():
    """The gradient by a result on the way does not change that by what it came from."""
    x = leaf(2.0)
    h = x**2
    y = h**3 + h
    assert [g.item() for g in tg.gradients(y, [h, x])] == [49, 196]


def test_a_given_gradient_to_start_from():
    x = leaf([1.0, 2.0])
    for given in ([1.0, 10.0], np.array([1, 10]), tg.tensor([1.0, 10.0]), (1, 10)):
        close(tg.gradients(x * x, x, grad_output=given), [2, 40])
    assert tg.gradients(x.sum(), x, grad_output=0.1).data.tolist() == [0.1, 0.1]
    u = leaf([1.0, 10.0])
    g = tg.gradients(x * x, x, grad_output=u, create_graph=True)
    close(tg.gradients(g.sum(), u), [2, 4])
    given = np.ones(2)
    g = tg.gradients(x + 0, x, grad_output=given)
    given[:] = 7
    close(g, [1, 1])


def test_gradients_releases_the_graph_unless_told():
    x = leaf(2.0)
    y = tg.exp(x)
    tg.gradients(y, x, retain_graph=True)
    tg.gradients(y, x)
    with pytest.raises(tg.errors.GraphError, match="retain_graph=True"):
        tg.gradients(y, x)


def test_only_what_leads_to_the_inputs_is_walked():
    x, w = leaf(2.0), leaf(3.0)
    inner = tg.exp(w)
    y = x * inner
    tg.gradients(y, x)
    inner.backward()  # was not walked, so not released
    assert w.grad.item() == pytest.approx(math.exp(3))


def test_gradients_of_any_order_by_hand():
    x = leaf(0.5)
    g = tg.exp(x * x)
    for order in range(4):
        g = tg.gradients(g, x, create_graph=True)
        hermite = [1.0, 3.0, 7.0, 25.0][order]  # of exp(x²) at ½, over exp(¼)
        assert g.item() == pytest.approx(hermite * math.exp(0.25), rel=1e-12)


# --------------------------------------------------------------------------------------- errors

F = tg.errors


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: tg.grad(3), F.DTypeError, "differentiates a function, not 3"),
        (
            lambda: tg.grad(tg.sin, "a"),
            F.DTypeError,
            "argnums is an int or a tuple of ints, not 'a'",
        ),
        (lambda: tg.grad(tg.sin, 1.5), F.DTypeError, "argnums is an int"),
        (
            lambda: tg.grad(tg.sin, 1)(1.0),
            F.ArgumentError,
            "argnums 1 is out of range: sin was called with 1 argument by position",
        ),
        (lambda: tg.grad(tg.sin)(), F.ArgumentError, "with 0 arguments"),
        (lambda: tg.grad(tg.add, (0, -2))(1.0, 2.0), F.ArgumentError, "names an argument twice"),
        (
            lambda: tg.grad(tg.sin)(2),
            F.DTypeError,
            "argument 0 is int64, only floating-point arguments have a derivative; write 2.0 for 2",
        ),
        (lambda: tg.grad(lambda t: t["w"] * 2)({"w": True}), F.DTypeError, "argument 0 is bool"),
        (lambda: tg.grad(tg.sin)("a"), F.DTypeError, "argument 0: .*strings"),
        (
            lambda: tg.grad(tg.sin)(tg.ones(2)),
            F.GraphError,
            r"one number as its result, sin returned"
            r" shape \(2,\); write .sum\(\) in it, or use tg.jacobian",
        ),
        (
            lambda: tg.grad(lambda x: None)(1.0),
            F.DTypeError,
            "returned None, not a tensor; is a retu",
        ),
        (lambda: tg.grad(lambda x: "y")(1.0), F.DTypeError, "returned 'y', not a tensor"),
        (lambda: tg.grad(lambda x: (x, x))(1.0), F.GraphError, "to return one tensor, not several"),
        (lambda: tg.hessian(lambda x: x)(tg.ones(2)), F.GraphError, "one number as its result"),
        (
            lambda: tg.jvp(tg.sin, 1.0, 1.0),
            F.DTypeError,
            r"jvp: primals is a tuple .* write \(x,\)",
        ),
        (lambda: tg.jvp(tg.sin, tg.ones(2), tg.ones(2)), F.DTypeError, "primals is a tuple"),
        (lambda: tg.jvp(tg.sin, (1.0,), 1.0), F.DTypeError, "jvp: tangents is a tuple"),
        (lambda: tg.hvp(tg.sin, 1.0, (1.0,)), F.DTypeError, "hvp: primals is a tuple"),
        (
            lambda: tg.jvp(tg.sin, (1.0,), (1.0, 2.0)),
            F.ShapeError,
            "expected a tuple of 1, got a tup",
        ),
        (
            lambda: tg.jvp(tg.sin, (1.0,), (tg.ones(2),)),
            F.ShapeError,
            r"a tangent has the shape of the"
            r" primal \(\), this one has \(2,\)",
        ),
        (
            lambda: tg.vjp(tg.sin, tg.ones(2))[1](1.0),
            F.ShapeError,
            r"a cotangent has the shape of the"
            r" output \(2,\), this one has \(\)",
        ),
        (
            lambda: tg.vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}),
            F.ShapeError,
            r"a cotangent is built like the output: expected a dict with the keys \['a'\]",
        ),
        (lambda: tg.gradients(3, tg.ones(2)), F.GraphError, "input 0 .* needs no gradient"),
        (lambda: tg.gradients(3, leaf(1.0)), F.DTypeError, "not 3"),
        (lambda: tg.gradients(leaf(1.0), 3), F.GraphError, r"input 0 \(3\) needs no gradient"),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()
