"""Functions of functions: grad and its kin, their arguments, and how they nest."""

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
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


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
    assert value.item() == pytest.approx(108)
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


# ---------------------------------------------------------------------------- inputs without effect


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


# ------------------------------------------------------------------------------------------ nesting


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
    assert g.item() == pytest.approx(27) and x.grad.item() == pytest.approx(18)


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


def test_a_pullback_records_where_it_is_called():
    w = tg.tensor(3.0, requires_grad=True)
    cotangent = tg.tensor(1.0, requires_grad=True)
    _, pull = tg.vjp(lambda x: w * x * x, 2.0)
    for seed in (1.0, cotangent):
        with tg.no_grad():
            (g,) = pull(seed)
        assert g.item() == 12 and not g.requires_grad
        assert pull(seed)[0].requires_grad
    with tg.no_grad():
        _, silent = tg.vjp(lambda x: w * x * x, 2.0)
    assert not silent(1.0)[0].requires_grad  # what was made without a graph has none


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


# -------------------------------------------------------------------------------------- gradients()


def leaf(x):
    return tg.tensor(x, dtype="float64", requires_grad=True)


# ------------------------------------------------------------------------------------------- errors


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
        (lambda: tg.jvp(tg.sin, (1.0,), 1.0), F.DTypeError, r"tangents is a tuple .* write \(v,\)"),
        (lambda: tg.hvp(tg.sin, 1.0, (1.0,)), F.ShapeError, "has the shape of the primal"),
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
