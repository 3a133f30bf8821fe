"""Own gradients, implicit solutions, checkpoints and loops inside ``jvp`` and ``vmap``, nested.

Against plain spellings of the same functions. A straight-through estimator, whose gradient is not
the derivative of what it computes, tells which of the two is followed: its own, everywhere.
"""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.transforms.linear_solve import DENSE

F = tg.errors


def f64(x):
    return tg.tensor(x, dtype="float64")


@tg.custom_gradient
def own_sin(x):
    c = tg.cos(x)
    return tg.sin(x), lambda g: g * c


@tg.custom_gradient
def own_product(x, w):
    return x * w * w, lambda g: (g * w * w, 2 * g * x * w)


def newton(a):
    a = a.numpy()
    z, last = a / 2 + 0.5, np.inf
    while np.any(abs(z - last) > 4 * np.finfo(a.dtype).eps * z):  # values decide
        z, last = (z + a / z) / 2, z
    return z


root = tg.implicit(lambda z, a: z * z - a, newton)
# Where ∂F/∂z and ∂F/∂θ each depend on z and on θ:
curved = tg.implicit(
    lambda z, a: z * z * tg.cos(a) + z * tg.sin(a) - tg.exp(a) * z, lambda a: curve(a).detach()
)


def curve(a):
    return (tg.exp(a) - tg.sin(a)) / tg.cos(a)


def loop(steps, start, x):
    for _ in range(steps):
        start = start * tg.sin(x) + x
    return start


FUNCTIONS = {
    "custom": (own_sin, tg.sin),
    "two arguments": (lambda x: own_product(x, tg.exp(x)), lambda x: x * tg.exp(2 * x)),
    "implicit": (root, tg.sqrt),
    "curved": (curved, curve),
    "one in the other": (
        lambda x: root(1 + own_sin(x) ** 2),
        lambda x: tg.sqrt(1 + tg.sin(x) ** 2),
    ),
    "checkpoint": (tg.checkpoint(lambda x: own_sin(x) * x), lambda x: tg.sin(x) * x),
    "scan": (
        lambda x: tg.scan(lambda c, _: (c * tg.sin(x) + x, None), x, length=4, block=2)[0],
        lambda x: loop(4, x, x),
    ),
    "fori_loop": (
        lambda x: tg.fori_loop(0, 4, lambda i, c: c * own_sin(x) + x, x, block=3),
        lambda x: loop(4, x, x),
    ),
}


def summed(f):
    return lambda x: f(x).sum()


def rows(jacobian):
    return jacobian.sum(0) if jacobian.ndim > 1 else jacobian.reshape(())


TRANSFORMS = {
    "vmap": tg.vmap,
    "grad": lambda f: tg.grad(summed(f)),
    "jvp": lambda f: lambda x: tg.jvp(f, (x,), (tg.cos(x),))[1],
    "reverse": lambda f: lambda x: rows(tg.jacobian(f, mode="reverse")(x)),
    "forward": lambda f: lambda x: rows(tg.jacobian(f, mode="forward")(x)),
    "hvp": lambda f: lambda x: tg.hvp(summed(f), x, tg.cos(x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(
    names=st.lists(st.sampled_from(list(TRANSFORMS)), min_size=1, max_size=3),
    dtype=st.sampled_from(["float64", "float32"]),
)
def test_any_nesting(name, names, dtype):
    found, expected = FUNCTIONS[name]
    axes = max(names.count("vmap"), 1)
    if axes > 1:  # there, rows would be those of matrices
        names = ["grad" if name in ("reverse", "forward") else name for name in names]
    for transform in names:
        found, expected = TRANSFORMS[transform](found), TRANSFORMS[transform](expected)
    x = tg.tensor(np.linspace(0.4, 1.2, 2**axes).reshape((2,) * axes), dtype=dtype)
    tolerance = 2e-2 if dtype == "float32" else 1e-7
    result, reference = found(x), expected(x)
    assert result.dtype == reference.dtype and result.shape == reference.shape
    scale = np.abs(reference.numpy()).max()
    np.testing.assert_allclose(result, reference, rtol=tolerance, atol=tolerance * scale)


# ---------------------------------------------------------------- which derivative is followed

X = f64([0.3, 1.6, 2.2])
through = tg.custom_gradient(lambda x: (tg.round(x), lambda g: 5 * g))
FOLLOWED = {
    "grad": (lambda f: tg.grad(summed(f))(X), 5),
    "jvp": (lambda f: tg.jvp(f, X, X)[1], 5 * X),
    "jvp of jvp": (lambda f: tg.jvp(lambda x: tg.jvp(f, x, x)[1], X, X)[1], 5 * X),
    "grad of jvp": (lambda f: tg.grad(lambda x: tg.jvp(f, x, x)[1].sum())(X), 5),
    "forward": (lambda f: tg.jacobian(f, mode="forward")(X), 5 * np.eye(3)),
    "reverse": (lambda f: tg.jacobian(f, mode="reverse")(X), 5 * np.eye(3)),
    "grad of vmap": (lambda f: tg.grad(lambda x: tg.vmap(f)(x).sum())(X), 5),
    "vmap of grad": (lambda f: tg.vmap(tg.grad(f))(X), 5),
    "vmap of jvp": (lambda f: tg.vmap(lambda x: tg.jvp(f, x, x)[1])(X), 5 * X),
    "jvp of vmap": (lambda f: tg.jvp(tg.vmap(f), X, X)[1], 5 * X),
    "hvp": (lambda f: tg.hvp(lambda x: (f(x) ** 2).sum(), X, X), 50 * X),
    "hessian": (lambda f: tg.hessian(lambda x: (f(x) ** 2).sum())(X), 50 * np.eye(3)),
    "grad of vmap of grad": (
        lambda f: tg.grad(lambda x: tg.vmap(tg.grad(lambda x: f(x) ** 2))(x).sum())(X), 50,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLLOWED)
@pytest.mark.parametrize("around", [lambda f: f, tg.checkpoint], ids=["alone", "checkpoint"])
def test_the_own_gradient_is_followed(name, around):
    call, expected = FOLLOWED[name]
    found = call(around(through))
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape))


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_is_stopped_moves_in_no_layer(name):
    """Of x stop(x) the gradient is stop(x), whose own is zero."""
    call, _ = FOLLOWED[name]

    def by_hand(x):
        return x * x, lambda g: g * tg.stop_gradient(x)

    stopped = call(lambda x: x * tg.stop_gradient(x))
    np.testing.assert_allclose(stopped, call(tg.custom_gradient(by_hand)))
    assert not np.allclose(stopped, call(lambda x: x * x)) or not np.any(stopped.numpy())


def test_a_gradient_of_zero_and_results_that_are_whole_numbers():
    @tg.custom_gradient
    def largest(x, y):
        k = x.argmax()
        return (x.max() * y, k), lambda g: (tg.one_hot(k, 3).astype("float64") * g[0], None)

    both = f64([[1.0, 5.0, 2.0], [7.0, 1.0, 1.0]])
    (value, k), (slope, still) = tg.jvp(largest, (both[0], X[0]), (both[1], X[1]))
    assert value.item() == pytest.approx(1.5) and slope.item() == 1 and k.item() == 1
    assert still.item() == 0 and still.dtype == k.dtype
    gradient = tg.grad(lambda x: tg.vmap(lambda x: largest(x, X[0])[0])(x).sum())(both)
    assert gradient.numpy().tolist() == [[0, 1, 0], [1, 0, 0]]


def test_arguments_that_examples_share():
    """Their gradients are summed over the examples."""
    w, rows = f64([1.0, 2.0]), f64([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    plain = lambda x, w: x * w * w  # noqa: E731
    for of in (
        lambda f: tg.grad(lambda w: tg.vmap(f, in_axes=(0, None))(rows, w).sum())(w),
        lambda f: tg.grad(lambda w: tg.vmap(lambda x: x * f(w, w))(rows).sum())(w),
        lambda f: tg.vmap(lambda x: tg.grad(lambda w: (x * f(w, w)).sum())(w))(rows),
        lambda f: tg.vmap(tg.grad(lambda x, w: f(x, w).sum(), 1), in_axes=(0, None))(rows, w),
        lambda f: tg.jvp(lambda w: tg.vmap(f, in_axes=(0, None))(rows, w), w, w)[1],
        lambda f: tg.hessian(lambda w: tg.vmap(f, in_axes=(0, None))(rows, w).sum())(w),
    ):
        np.testing.assert_allclose(of(own_product), of(plain))


def test_draws_are_those_of_one_call():
    @tg.custom_gradient
    def noisy(x):
        mask = tg.random.bernoulli(0.5, x.shape)
        return x * mask, lambda g: g * mask

    ones = tg.ones(64)
    value, slope = tg.jvp(noisy, ones, ones)
    assert np.array_equal(value, slope) and 0 < value.sum().item() < 64

    def once(x):
        y = noisy(x)
        return y.sum(), y

    gradient, y = tg.jvp(lambda x: tg.grad(once, has_aux=True)(x), ones, ones)[0]
    assert np.array_equal(gradient, y) and 0 < y.sum().item() < 64

    def residual(z, a):  # the same for any draw
        return (z - a) * tg.random.uniform(64, low=1, high=2)

    found = tg.jvp(tg.implicit(residual, lambda a: a), ones, ones)[1]
    np.testing.assert_allclose(found, ones, rtol=1e-5)

    def total(x):
        y = tg.vmap(noisy, randomness="different")(x)
        return y.sum(), y

    gradient, y = tg.grad(total, has_aux=True)(ones)
    assert np.array_equal(gradient, y) and 0 < y.sum().item() < 64


def test_where_nothing_is_recorded_nothing_moves():
    assert not tg.jvp(lambda x: tg.no_grad(own_sin)(x), X, X)[1].numpy().any()
    assert not tg.jvp(lambda x: tg.no_grad(root)(x), X, X)[1].numpy().any()
    with tg.no_grad():
        np.testing.assert_allclose(tg.jvp(own_sin, X, X)[1], X * tg.cos(X))
        np.testing.assert_allclose(tg.jvp(root, X, X)[1], tg.sqrt(X) / 2)


def test_compiled():
    for f in (
        lambda x: tg.jvp(own_sin, x, x)[1],
        lambda x: tg.vmap(tg.grad(own_sin))(x),
        tg.grad(lambda x: tg.vmap(own_sin)(x).sum()),
        lambda x: tg.hvp(lambda x: own_sin(x).sum(), x, x),
    ):
        np.testing.assert_allclose(tg.compile(f)(X), f(X))


def scaled(w):
    """Multiplies by what is no argument."""
    return tg.custom_gradient(lambda x: (x * w, lambda g: g * w))


@pytest.mark.parametrize(
    "call",
    [
        lambda: tg.jvp(lambda w: scaled(w)(X), X, X),
        lambda: tg.jvp(lambda w: tg.jvp(scaled(w), X, X)[1], X, X),
        lambda: tg.jvp(lambda w: tg.vmap(lambda x: scaled(w)(x))(X), f64(2.0), f64(1.0)),
        lambda: tg.grad(lambda w: tg.vmap(scaled(w))(X).sum())(f64(2.0)),
        lambda: tg.vmap(lambda x: tg.jvp(lambda w: scaled(w)(x), x, x)[1])(X),
    ],
)
def test_what_is_wanted_and_no_argument_is_refused(call):
    with pytest.raises(F.GraphError, match=r"wants a gradient and is no argument.* Pass it as an"):
        call()


def test_what_examples_do_not_share_may_be_used():
    table = tg.vmap(lambda w: scaled(w)(X))(X)
    np.testing.assert_allclose(table, np.outer(X, X))
    gradient = tg.grad(lambda x: tg.vmap(lambda w: scaled(w)(x))(f64([1.0, 2.0])).sum())(X)
    assert gradient.numpy().tolist() == [3, 3, 3]


# ------------------------------------------------------------------------------------- implicit


@pytest.mark.parametrize("n", [3, DENSE + 1])
def test_deep_equilibria_of_many_examples(n):
    """Weights are used from outside, or an argument that the examples share."""
    rng = np.random.default_rng(n)
    weight = tg.tensor(rng.normal(size=(n, n)) * 0.3 / np.sqrt(n), requires_grad=True)
    x = f64(rng.normal(size=(2, n)))

    def unrolled(x, w=weight):
        z = tg.zeros(n, dtype="float64")
        for _ in range(40):
            z = tg.tanh(w @ z + x)
        return z

    used = tg.implicit(lambda z, x: tg.tanh(weight @ z + x) - z, unrolled)
    passed = tg.implicit(lambda z, x, w: tg.tanh(w @ z + x) - z, unrolled)

    def by_weight(f):
        return tg.gradients((tg.vmap(f)(x) ** 2).sum(), weight)

    np.testing.assert_allclose(by_weight(used), by_weight(unrolled), rtol=1e-7, atol=1e-10)
    loss = lambda f: lambda x, w: (f(x, w) ** 2).sum()  # noqa: E731
    for of in (
        lambda f: tg.vmap(tg.grad(loss(f), 1), in_axes=(0, None))(x, weight.detach()),
        lambda f: tg.jvp(lambda w: f(x[0], w), weight.detach(), weight.detach())[1],
    ):
        np.testing.assert_allclose(of(passed), of(unrolled), rtol=1e-7, atol=1e-10)


def test_a_weight_that_moves_and_is_no_argument():
    """The residual may use it: its part of the derivative is not lost."""

    def f(w, x):
        return tg.implicit(lambda z, x: z * z - w * x, lambda x: newton(w.detach() * x))(x)

    for of in (
        lambda f: tg.jvp(lambda w: f(w, X), X, X + 1)[1],
        lambda f: tg.hvp(lambda w: f(w, X).sum(), X, X + 1),
        lambda f: tg.jacobian(lambda w: f(w, X), mode="forward")(X),
        lambda f: tg.grad(lambda w: tg.jvp(lambda x: f(w, x), X, X)[1].sum())(X),
    ):
        np.testing.assert_allclose(of(f), of(lambda w, x: tg.sqrt(w * x)), rtol=1e-9)


def test_solve_is_called_for_each_example_and_systems_have_its_size():
    seen, sizes = [], set()

    def solve(a):
        seen.append(a.numpy().tolist())
        return newton(a)

    def linear_solve(product, b):
        sizes.add(b.shape)
        return np.linalg.solve(np.stack([product(e) for e in np.eye(len(b))], axis=1), b)

    f = tg.implicit(lambda z, a: z * z - a, solve, linear_solve=linear_solve)
    a = f64([[1.0, 4.0], [9.0, 16.0], [25.0, 36.0]])
    gradient = tg.grad(lambda a: tg.vmap(f)(a).sum())(a)
    np.testing.assert_allclose(gradient, 0.5 / np.sqrt(a.numpy()))
    assert seen == a.numpy().tolist() and sizes == {(2,)}


def test_examples_are_checked_each():
    lazy = tg.implicit(lambda z, a: z * z - a, lambda a: 1.0)
    with pytest.raises(F.GraphError, match="implicit: solve returned no solution"):
        tg.vmap(lazy)(f64([1.0, 2.0]))
    flat = tg.implicit(lambda z, a: z * (z - a) * a, lambda a: a * 0)
    with pytest.raises(F.GraphError, match="is singular"):
        tg.vmap(tg.grad(flat))(f64([1.0, 0.0]))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: tg.implicit(lambda z: z * z - x, lambda: newton(x))(),
        lambda x: tg.implicit(lambda z, y: z * z - x, lambda y: newton(x))(x),
    ],
)
def test_what_solve_uses_of_an_example_is_an_argument(call):
    with pytest.raises(F.LayerError, match=r"called for each example.* pass what differs"):
        tg.vmap(call)(X)


def test_without_an_example():
    with pytest.raises(F.LayerError, match="no example to solve for"):
        tg.vmap(root)(X[:0])
    assert tg.vmap(own_sin)(X[:0]).shape == (0,)
