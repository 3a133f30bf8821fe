"""``tg.implicit``: against closed forms, and against the loops that it saves."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.transforms import linear_solve
from tensorgraph.transforms.linear_solve import DENSE, gmres, solved

F = tg.errors


def newton(a):
    z = 1.0
    for _ in range(30):
        z = (z + a / z) / 2
    return z


ROOT = tg.implicit(lambda z, a: z * z - a, newton)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(a=st.floats(0.5, 4))
def test_a_square_root_to_the_third_order(dtype, a):
    a = tg.tensor(a, dtype=dtype)
    f, g = ROOT, tg.sqrt
    for _ in range(4):
        found, expected = f(a), g(a)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=1e-3 if dtype == "float32" else 1e-10)
        f, g = tg.grad(f), tg.grad(g)
    np.testing.assert_allclose(tg.jvp(ROOT, a, 2.0)[1], 1 / np.sqrt(a.numpy()), rtol=1e-4)


SIZES = [1, 5, DENSE, DENSE + 1]
"""Up to DENSE the Jacobian is made, above only products with it are."""


def network(n):
    rng = np.random.default_rng(n)
    weight = tg.tensor(rng.normal(size=(n, n)) * 0.3 / np.sqrt(n), requires_grad=True)
    x = tg.tensor(rng.normal(size=n), requires_grad=True)

    def unrolled(x, steps=60):
        z = tg.zeros(n, dtype="float64")
        for _ in range(steps):
            z = tg.tanh(weight @ z + x)
        return z

    deep = tg.implicit(lambda z, x: tg.tanh(weight @ z + x) - z, unrolled)
    return weight, x, unrolled, deep


@pytest.mark.parametrize("n", SIZES)
def test_a_deep_equilibrium_network_against_the_unrolled_one(n):
    """First and second order, by the input and by weights that are used from outside."""
    weight, x, unrolled, deep = network(n)

    def derivatives(f):
        value = f(x)
        first = tg.gradients((value**2).sum(), [weight, x], create_graph=True)
        second = tg.gradients((first[0] ** 2).sum() + tg.sin(first[1]).sum(), [weight, x])
        return [value, *first, *second]

    for found, expected in zip(derivatives(deep), derivatives(unrolled), strict=True):
        scale = np.abs(expected.numpy()).max()
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * scale)


def test_its_graph_is_one_operation():
    _, x, _, deep = network(5)
    z = deep(x)
    node = z.node
    while node.op.name != "implicit":
        (node,) = (p for p in node.parents if hasattr(p, "op"))
    assert x in node.parents and len(node.parents) == 2


@given(penalty=st.floats(0.1, 10), seed=st.integers(0, 100))
def test_ridge_regression_by_an_inner_solve(penalty, seed):
    """The minimum of a cost, found by SciPy, by the penalty and by the data: the closed form's."""
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(seed)
    a, b = tg.tensor(rng.normal(size=(6, 3))), tg.tensor(rng.normal(size=6))
    penalty = tg.tensor(penalty, dtype="float64")

    def cost(w, penalty, b):
        return ((a @ w - b) ** 2).sum() + penalty * (w * w).sum()

    def inner(penalty, b):
        f = tg.value_and_grad(lambda w: cost(w, penalty, b))
        return optimize.minimize(f, np.zeros(3), jac=True, tol=1e-12).x

    ridge = tg.implicit(tg.grad(cost), inner)

    def closed(penalty, b):
        matrix = a.numpy().T @ a.numpy()
        values, vectors = np.linalg.eigh(matrix)
        return vectors @ ((vectors.T @ (a.T @ b)) / (tg.tensor(values) + penalty))

    def outer(w):
        return tg.sin(w).sum() + (w**3).sum()

    for order in (
        lambda f: tg.grad(lambda *theta: outer(f(*theta)), (0, 1))(penalty, b),
        lambda f: [tg.hessian(lambda p: outer(f(p, b)))(penalty)],
        lambda f: [tg.jacobian(f, 1)(penalty, b)],
    ):
        for found, expected in zip(order(ridge), order(closed), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_containers_as_solution_and_as_arguments():
    @dataclass
    class State:
        x: tg.Tensor
        y: tg.Tensor
        name: str = "state"

    def residual(z, theta):
        return State(z.x * z.y - theta["p"], z.x + z.y.sum() - theta["s"], z.name)

    def solve(theta):
        p, s = theta["p"].item(), theta["s"].item()
        x = (s + np.sqrt(s * s - 4 * p)) / 2
        return State(np.float64(x), np.float64(s - x))

    f = tg.implicit(residual, solve)
    theta = {"p": tg.tensor(2.0, dtype="float64"), "s": tg.tensor(4.0, dtype="float64")}
    z = f(theta)
    assert type(z) is State and z.name == "state" and z.x.item() == pytest.approx(2 + 2**0.5)
    g = tg.grad(lambda t: f(t).x)(theta)
    assert g["p"].item() == pytest.approx(-1 / 8**0.5)  # x = (s + √(s² − 4p)) / 2
    assert g["s"].item() == pytest.approx(0.5 + 4 / (2 * 8**0.5))


def test_without_a_graph_it_is_the_solver():
    x = tg.tensor(2.0, requires_grad=True)
    with tg.no_grad():
        assert not ROOT(x).requires_grad
    assert not ROOT(2.0).requires_grad and not ROOT(x.detach()).requires_grad
    assert ROOT(x).requires_grad


def test_steps_of_the_solver_are_not_recorded():
    seen = []

    def solve(a):
        z = newton(a)
        seen.append(z.requires_grad)
        return z

    tg.grad(tg.implicit(lambda z, a: z * z - a, solve))(2.0)
    assert seen == [False]


def test_a_linear_solver_of_ones_own():
    calls = []

    def linear_solve(product, b):
        calls.append(b.shape)
        return np.linalg.solve(np.stack([product(e) for e in np.eye(len(b))], axis=1), b)

    a = np.array([1.0, 4.0])
    f = tg.implicit(lambda z, a: z * z - a, lambda a: tg.sqrt(a), linear_solve=linear_solve)
    np.testing.assert_allclose(tg.grad(lambda a: f(a).sum())(a), 0.5 / np.sqrt(a))
    np.testing.assert_allclose(
        tg.hessian(lambda a: f(a).sum())(a), np.diag(-0.25 * a**-1.5), atol=1e-15
    )
    assert set(calls) == {(2,)}


def test_a_captured_function_has_no_values_to_solve_with():
    with pytest.raises(F.GraphError, match=r"call it outside of tg\.compile and tg\.trace"):
        tg.trace(lambda a: tg.grad(ROOT)(a), tg.tensor(2.0))


LEAF = tg.tensor([2.0, 3.0], requires_grad=True)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: tg.implicit(lambda z, a: z * z - a, lambda a: a)(LEAF),
            F.GraphError,
            r"no solution: the residual there has norm 6.3e\+00, and by Newton's .* 1.1e\+00 away",
        ),
        (
            lambda: tg.implicit(lambda z, a: z * z - a, lambda a: a * np.nan)(LEAF),
            F.GraphError,
            "no solution: the residual there has norm nan",
        ),
        (
            lambda: (
                tg.implicit(lambda z, a: (z - a).sum() + 0 * z, lambda a: a)(LEAF).sum().backward()
            ),
            F.GraphError,
            r"the Jacobian ∂F/∂z is singular \(its condition number is .*\)",
        ),
        (
            lambda: tg.implicit(lambda z, a: a * 0, lambda a: a)(LEAF),
            F.GraphError,
            "the residual does not depend on z",
        ),
        (
            lambda: tg.implicit(lambda z, a: (z - a).sum(), lambda a: a)(LEAF),
            F.ShapeError,
            r"returned shape \(\) where z has \(2,\); there are as many equations as unknowns",
        ),
        (
            lambda: tg.implicit(lambda z, a: {"z": z["y"] - a}, lambda a: {"y": a})(LEAF),
            F.ShapeError,
            r"is not built like z: expected a dict with the keys \['y'\]",
        ),
        (
            lambda: tg.implicit(lambda z, a: z.numpy(), lambda a: a)(LEAF),
            F.DTypeError,
            "not a tensor",
        ),
        (
            lambda: tg.derive(
                tg.implicit(lambda z, a: z * z - a, lambda a: tg.sqrt(a))(LEAF).sum(), wrt=LEAF
            ),
            F.GraphError,
            "what tg.implicit leaves out of the graph has no formula",
        ),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_what_was_changed_since_is_refused():
    a, c = tg.tensor(4.0, requires_grad=True), np.array(1.0)
    z = tg.implicit(lambda z, a: z * z - a * c, lambda a: tg.sqrt(a))(a)
    c[...] = 2
    with pytest.raises(F.GraphError, match="changed in between"):
        z.backward()


def test_random_draws_are_repeated():
    def residual(z, a):
        return (z - a) * tg.random.uniform(3, low=1, high=2, dtype="float64")

    a = tg.tensor(np.ones(3), requires_grad=True)
    z = tg.implicit(residual, lambda a: a)(a)
    np.testing.assert_allclose(tg.gradients(z.sum(), a), np.ones(3))


def test_a_leaf_assigned_since_is_refused():
    a = tg.tensor(4.0, requires_grad=True)
    z = ROOT(a)
    a.assign(9.0)
    with pytest.raises(F.GraphError, match=r"before assign\(\)"):
        z.backward()


# ----------------------------------------------------------------------------------- linear systems


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 7, DENSE, DENSE + 1, 3 * linear_solve.RESTART])
def test_systems_against_numpy(n, dtype):
    rng = np.random.default_rng(n)
    matrix = (rng.normal(size=(n, n)) / np.sqrt(max(n, 1)) * 0.7 + 2 * np.eye(n)).astype(dtype)
    b = rng.normal(size=n).astype(dtype)
    x = solved(lambda v: matrix @ v, b, "A")
    assert x.dtype == dtype
    exact = np.linalg.solve(matrix.astype("float64"), b.astype("float64"))
    np.testing.assert_allclose(
        x,
        exact,
        rtol=1e-3 if dtype == "float32" else 1e-8,
        atol=1e-4 if dtype == "float32" else 1e-10,
    )


def test_gmres_restarts_and_gives_up():
    n = 4 * linear_solve.RESTART
    spread = np.linspace(1, 50, n)  # more eigenvalues than vectors are kept
    x = gmres(lambda v: spread * v, np.ones(n), "A")
    np.testing.assert_allclose(x, 1 / spread, rtol=1e-8)
    assert not gmres(lambda v: spread * v, np.zeros(n), "A").any()
    shift = lambda v: np.r_[v[1:], 0.0]  # noqa: E731
    with pytest.raises(F.GraphError, match=r"1000 products with A .* give linear_solve="):
        gmres(shift, np.ones(n), "A")
    with pytest.raises(F.GraphError, match=r"A is singular"):
        solved(lambda v: v * np.nan, np.ones(2), "A")


def test_a_solution_in_whole_numbers_is_refused():
    whole = tg.implicit(lambda z, a: z * z - a, lambda a: 2)
    for f in (whole, tg.grad(whole)):
        with pytest.raises(tg.errors.DTypeError, match=r"z is int64, .* let solve return floats"):
            f(4.0)


@pytest.mark.parametrize(("root", "most"), [(0.0, 1e-3), (0.5, 1e-3), (8.0, 8e-3)])
def test_how_far_from_the_solution_is_near_enough(root, most):
    """In parts of the solution's norm, of 1 if that is less."""
    for share, fits in ((0.9, True), (1.1, False)):
        f = tg.implicit(lambda z, a: z - a, lambda a, off=share * most: a + off)
        a = tg.tensor(root, dtype="float64")
        if fits:
            assert tg.grad(f)(a) == pytest.approx(1)
        else:
            with pytest.raises(F.GraphError, match="returned no solution"):
                tg.grad(f)(a)


def test_under_vmap_every_example_is_to_be_a_solution():
    f = tg.implicit(lambda z, a: z - a, lambda a: a if a < 2 else a + 1)
    X = tg.tensor([0.0, 1.0, 3.0])
    np.testing.assert_array_equal(tg.vmap(tg.grad(f))(X[:2]), [1, 1])
    with pytest.raises(F.GraphError, match="returned no solution"):
        tg.vmap(tg.grad(f))(X)


@pytest.mark.parametrize("n", [2, DENSE + 1])
def test_half_precision_is_solved_in_single(n):
    f = tg.implicit(lambda z, a: 2 * z + z.sum() / n - a, lambda a: a / 2 - a.sum() / (6 * n))
    a = tg.ones(n, dtype="float16")
    gradient = tg.grad(lambda a: (f(a) ** 2).sum())(a)
    assert f(a).dtype == gradient.dtype == np.float16
    np.testing.assert_allclose(gradient, np.full(n, 2 / 9), rtol=2e-3)


@pytest.mark.parametrize("residual", ["float32", "float64"])
def test_a_residual_of_another_dtype_than_the_solution(residual):
    f = tg.implicit(lambda z, a: (z * z - a).astype(residual), newton)
    for dtype in ("float32", "float64"):
        gradient = tg.grad(f)(tg.tensor(4.0, dtype=dtype))
        assert gradient.dtype == dtype and gradient == pytest.approx(0.25, rel=1e-5)
