"""``tg.custom_gradient`` and ``tg.stop_gradient``, against functions that need neither."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg

Two = namedtuple("Two", "a b")


@tg.custom_gradient
def log1pexp(x):
    e = tg.exp(x)
    return tg.log(1 + e), lambda g: g * (1 - 1 / (1 + e))


def derivatives(f, x, order=3):
    """Return f and its derivatives at a number."""
    found = []
    for _ in range(order + 1):
        found.append(f(x).item())
        f = tg.grad(f)
    return found


@given(x=st.floats(-5, 5))
def test_derivatives_of_any_order(x):
    x = tg.tensor(x, dtype="float64")
    np.testing.assert_allclose(derivatives(log1pexp, x), derivatives(tg.softplus, x), atol=1e-12)
    slopes = [tg.jvp(f, (x,), (3.0,))[1].item() for f in (log1pexp, tg.softplus)]
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-12)


def test_where_the_function_itself_gives_nan():
    assert tg.grad(log1pexp)(1000.0).item() == 1
    assert np.isnan(tg.grad(lambda x: tg.log(1 + tg.exp(x)))(1000.0).item())


@given(seed=st.integers(0, 1000))
def test_any_function_with_its_own_gradient(seed):
    """What ``vjp`` gives, said once more: values, gradients, products of the Hessian."""
    rng = np.random.default_rng(seed)
    x, y = tg.tensor(rng.normal(size=3)), tg.tensor(rng.normal(size=(2, 1)))

    def f(x, tree):
        return {"s": tg.sin(x) * tree["y"], "t": Two((x * x).sum(), tree["y"] ** 3)}

    @tg.custom_gradient
    def own(x, tree):
        value, pull = tg.vjp(f, x, tree)
        return value, pull

    def total(f, x, y):
        value = f(x, {"y": y})
        return (value["s"] ** 2).sum() * value["t"].a + (value["t"].b ** 2).sum()

    for of in (
        lambda f: tg.grad(lambda x, y: total(f, x, y), (0, 1))(x, y),
        lambda f: tg.hvp(lambda x, y: total(f, x, y), (x, y), (x + 1, y - 1)),
        lambda f: (total(f, x, y),),
    ):
        for found, expected in zip(of(own), of(f), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_control_flow_and_what_the_closure_keeps():
    """Newton's method for √x, whose gradient is told by its result alone."""

    @tg.custom_gradient
    def root(x):
        z = 1.0
        while abs((z * z - x).item()) > 1e-12:
            z = (z + x / z) / 2
        z = tg.stop_gradient(z)
        return z, lambda g: g / (2 * root(x))

    x = tg.tensor(2.0, dtype="float64")
    np.testing.assert_allclose(derivatives(root, x), derivatives(tg.sqrt, x), rtol=1e-10)


def test_a_gradient_that_is_none():
    """A rounding that gradients go through; a limit of the gradient; a constant argument."""
    through = tg.custom_gradient(lambda x: (tg.round(x), lambda g: g))
    assert tg.grad(lambda x: through(x) ** 2)(1.6).item() == 4
    limited = tg.custom_gradient(lambda x: (+x, lambda g: g.clip(-1, 1)))
    assert tg.grad(lambda x: 100 * limited(x))(1.0).item() == 1
    first = tg.custom_gradient(lambda x, y: (x * y, lambda g: (g * y, None)))
    gradient = tg.grad(lambda x, y: first(x, y), (0, 1))(2.0, 3.0)
    assert [g.item() for g in gradient] == [3, 0]


def test_arguments_of_all_kinds():
    @dataclass
    class Point:
        x: tg.Tensor
        name: str

    @tg.custom_gradient
    def f(point, scale, mode, *, power):
        assert (point.name, mode) == ("p", "double")
        y = point.x**power * scale * 2

        def pull(g):
            slope = g * power * point.x ** (power - 1) * scale * 2
            return Point(slope, point.name), None, None

        return y, pull

    g = tg.grad(lambda p: f(p, 5.0, "double", power=3))(Point(tg.tensor(2.0), "p"))
    assert (g.x.item(), g.name) == (120, "p")


def test_results_that_are_whole_numbers_have_no_gradient():
    @tg.custom_gradient
    def largest(x):
        k = x.argmax()

        def pull(g):
            assert g[1].dtype.kind == "i" and g[1].item() == 0
            return tg.one_hot(k, 3) * g[0]

        return (x[k.item()], k), pull

    (value, k), pull = tg.vjp(largest, tg.tensor([1.0, 5.0, 2.0]))
    assert (value.item(), k.item()) == (5, 1)
    assert pull((2.0, 0))[0].data.tolist() == [0, 2, 0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_stay(dtype):
    x = tg.tensor([0.5, 2.0], dtype=dtype, requires_grad=True)
    y = log1pexp(x)
    g = tg.gradients(y.sum(), x)
    assert y.dtype == g.dtype == dtype
    wide = tg.custom_gradient(lambda x: (x * 1, lambda g: g.astype("float64")))
    assert tg.gradients(wide(x).sum(), x).dtype == dtype


def test_without_a_graph_it_is_the_function():
    x = tg.tensor(1.0, requires_grad=True)
    with tg.no_grad():
        assert not log1pexp(x).requires_grad
    assert not log1pexp(x.detach()).requires_grad
    assert log1pexp.__name__ == "log1pexp"


def test_a_leaf_assigned_since():
    """Backward is that of the values the function was called with, as of any operation."""
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    square = tg.custom_gradient(lambda x: (x * x, lambda g: 2 * x * g))
    y = square(x).sum()
    x.assign([50.0, 50.0])
    y.backward()
    assert x.grad.data.tolist() == [2, 4]


def test_under_checkpoint_and_compile():
    x = tg.tensor(np.linspace(-1, 1, 5), requires_grad=True)
    expected = tg.gradients(log1pexp(x).sum(), x)
    found = tg.gradients(tg.checkpoint(lambda x: log1pexp(x).sum())(x), x)
    assert np.array_equal(found, expected)
    tau = tg.tensor(2.0, dtype="float64")

    @tg.custom_gradient
    def tempered(x):
        return tg.exp(x), lambda g: g * tau * tg.exp(x)

    compiled = tg.compile(tg.grad(lambda x: tempered(x).sum()))
    for _ in range(3):
        np.testing.assert_allclose(compiled(x.detach()), 2 * np.exp(x.numpy()))
    tau.assign(3.0)  # what the gradient function uses is read anew
    np.testing.assert_allclose(compiled(x.detach()), 3 * np.exp(x.numpy()))
    assert "runs as it is" not in repr(compiled)


def test_random_draws_are_repeated_in_a_checkpoint():
    @tg.custom_gradient
    def noisy(x):
        mask = tg.random.bernoulli(0.5, x.shape)
        return x * mask, lambda g: g * mask

    x = tg.tensor(np.ones(64, np.float32), requires_grad=True)
    y = tg.checkpoint(noisy)(x)
    y.sum().backward()
    assert np.array_equal(x.grad, y)


def test_its_name_stands_in_graphs_and_its_gradient_in_formulas():
    z = tg.tensor([1.0, 2.0], requires_grad=True, name="z")
    y = log1pexp(z)
    assert y.node.op.name == "log1pexp" and y.node.parents == (z,)
    assert "log1pexp" in tg.render(y.sum())._repr_svg_()
    assert str(tg.derive(log1pexp(z).sum(), wrt=z)) == "dz = 1 − 1 / (1 + exp(z))"
    assert str(tg.derive((log1pexp(z) ** 2).sum(), wrt=z)).count("log1pexp(z)") == 1


def test_a_graph_of_it_can_be_looked_into():
    """What computes a graph once more computes it too."""
    x = tg.tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = log1pexp(3 * x).sum()
    assert "x" in str(tg.explain(x, loss))
    picture = tg.render(log1pexp(3 * x).sum(), values=True)
    assert "svg" in picture._repr_svg_()


def test_gradcheck_finds_a_wrong_one():
    tg.testing.gradcheck(lambda x: log1pexp(x).sum(), np.linspace(-1, 1, 3))
    wrong = tg.custom_gradient(lambda x: (tg.exp(x), lambda g: g * 1.01 * tg.exp(x)))
    with pytest.raises(tg.errors.GradcheckError):
        tg.testing.gradcheck(lambda x: wrong(x).sum(), np.linspace(-1, 1, 3))


W = tg.tensor(2.0, requires_grad=True, name="w")
x1 = tg.tensor([1.0, 2.0], requires_grad=True)
F = tg.errors


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: tg.custom_gradient(lambda x: (x * W, lambda g: g * W))(x1),
            F.GraphError,
            r"uses tensor 'w', which wants a gradient and is no argument.* tg.stop_gradient",
        ),
        (
            lambda: tg.custom_gradient(lambda x: (W, lambda g: g))(x1),
            F.GraphError,
            "uses tensor 'w'",
        ),
        (
            lambda: tg.grad(lambda y: tg.custom_gradient(lambda x: (x * y, lambda g: g))(1.0))(2.0),
            F.GraphError,
            "which wants a gradient and is no argument",
        ),
        (
            lambda: tg.custom_gradient(lambda x, *, by: (x * by, lambda g: g))(x1, by=W),
            F.GraphError,
            "uses tensor 'w'",
        ),
        (
            lambda: tg.custom_gradient(lambda x: x * 2)(x1),
            F.DTypeError,
            "returns a pair, .* write return y, lambda g",
        ),
        (
            lambda: tg.custom_gradient(lambda x: (x * 2, 3))(x1),
            F.DTypeError,
            "returns a pair",
        ),
        (
            lambda: tg.custom_gradient(lambda x: (x.numpy(), lambda g: g))(x1),
            F.DTypeError,
            r"left the graph .* tg\.tensor\(value\)",
        ),
        (
            lambda: tg.custom_gradient(lambda x: (x * 2, lambda g: g.sum()))(x1).sum().backward(),
            F.ShapeError,
            r"returned shape \(\) for an argument of shape \(2,\)",
        ),
        (
            lambda: tg.custom_gradient(lambda x: (x * 2, lambda g: (g,)))(x1).sum().backward(),
            F.ShapeError,
            "for an argument that is a tensor; a single argument's gradient stands in no tuple",
        ),
        (
            lambda: tg.custom_gradient(lambda x, y: (x * y, lambda g: g))(x1, x1).sum().backward(),
            F.ShapeError,
            "returns a tuple with one gradient for each of 2 arguments",
        ),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()


# ------------------------------------------------------------------------------------ stop_gradient


def test_stop_gradient():
    assert tg.grad(lambda x: x * tg.stop_gradient(x))(3.0).item() == 3
    tree = Two(x1, {"n": 3, "s": "text", "a": np.ones(2)})
    stopped = tg.stop_gradient(tree)
    assert type(stopped) is Two and not stopped.a.requires_grad and stopped.b == tree.b
    assert np.array_equal(stopped.a, x1)
    assert tg.hessian(lambda x: tg.stop_gradient(x) * x * x)(3.0).item() == 6


@pytest.mark.parametrize("requires_grad", [False, True])
def test_an_argument_that_is_assigned_since_counts_as_it_was(requires_grad):
    product = tg.custom_gradient(lambda x, c: (x * c, lambda g: (g * c, g * x)))
    x = tg.tensor(3.0, requires_grad=True)
    c = tg.tensor(2.0, requires_grad=requires_grad)
    y = product(x, c)
    c.assign(5.0)
    y.backward()
    assert x.grad == 2 and (c.grad == 3 if requires_grad else c.grad is None)
