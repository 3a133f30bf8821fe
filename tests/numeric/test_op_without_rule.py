"""An operation without a gradient rule: its gradient, what that costs, and where there is none."""

import math
import tracemalloc
from functools import wraps

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tests.numeric.kernels import (
    BY_COLUMN,
    BY_ELEMENT,
    FOLLOWED,
    by_loop,
    oscillator,
    oscillator_of_tensors,
)
from tests.raising import told

X = np.random.default_rng(7).uniform(-2.0, 2.0, (3, 4))
G = np.random.default_rng(8).uniform(0.5, 1.5, (3, 4))


class Counted:
    """A kernel that counts its calls."""

    def __init__(self, kernel):
        self.calls, self._kernel = 0, kernel
        self.__signature__ = __import__("inspect").signature(kernel)
        wraps(kernel)(self)

    def __call__(self, *arrays, **static):
        self.calls += 1
        return self._kernel(*arrays, **static)


def gradients(f, *inputs):
    """Return the gradients of a function's result, weighted, by all floating inputs."""
    leaves = [
        tg.tensor(x, requires_grad=True) if np.asarray(x).dtype.kind == "f" else x for x in inputs
    ]
    out = f(*leaves)
    weights = np.resize(G, out.shape).astype(out.dtype)
    (out * weights).sum().backward()
    return [leaf.grad.numpy() for leaf in leaves if isinstance(leaf, tg.Tensor)]


def assert_same_gradients(kernel, right, *inputs, rtol=1e-9, **static):
    op = tg.op("mine", kernel)
    found = gradients(lambda *x: op(*x, **static), *inputs)
    expected = gradients(right, *inputs)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=0, atol=rtol * np.abs(b).max(initial=1e-30))
    return op


# ------------------------------------------------------------------------------------- gradients


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_kernel_that_is_followed_costs_one_more_call(name):
    kernel, right = FOLLOWED[name]
    counted = Counted(kernel)
    op = tg.op("mine", counted)
    assert op.op.family == "elementwise"
    x = tg.tensor(X, requires_grad=True)
    out = op(x)
    counted.calls = 0
    out.backward(G)
    assert counted.calls == 1
    (expected,) = gradients(right, X)
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", BY_ELEMENT)
def test_elements_that_depend_on_their_own_alone_cost_as_much_however_many(name):
    kernel, right = BY_ELEMENT[name]
    assert_same_gradients(kernel, right, X)
    if name == "steep":  # where a few values do not settle it, each element is looked at
        return
    calls = []
    for n in (3, 300):
        counted = Counted(kernel)
        x = tg.tensor(np.linspace(-2.0, 2.01, n), requires_grad=True)
        out = tg.op("mine", counted)(x)
        counted.calls = 0
        out.sum().backward()
        calls.append(counted.calls)
    assert calls[1] <= max(20, 3 * calls[0])


@pytest.mark.parametrize("name", BY_COLUMN)
def test_elements_that_depend_on_others(name):
    op = assert_same_gradients(*BY_COLUMN[name], X)
    assert op.op.family == "fused"
    assert_same_gradients(*BY_COLUMN[name], X.reshape(-1), rtol=1e-8)


def test_a_simulation_in_plain_python():
    assert_same_gradients(oscillator, oscillator_of_tensors, np.array([1.0, 0.3]))


def test_several_inputs_broadcast_and_integers_are_no_inputs_of_a_gradient():
    assert_same_gradients(
        lambda x, y: np.exp(x) * np.sin(y), lambda x, y: tg.exp(x) * tg.sin(y), X, X[:1] + 1
    )
    assert_same_gradients(lambda x, y: np.real(x) * y, lambda x, y: x * y, X, X[:, :1])
    assert_same_gradients(lambda x, y: x @ y, lambda x, y: x @ y, X, X.T.copy())
    assert_same_gradients(lambda x, n: x**n, lambda x, n: x**n, X, np.arange(4))
    assert_same_gradients(lambda *x: x[0] * x[1] + x[2], lambda a, b, c: a * b + c, X, X + 1, X[0])


def test_static_parameters():
    kernel = lambda x, *, k=2.0: np.sin(k * x)  # noqa: E731
    op = assert_same_gradients(kernel, lambda x: tg.sin(3.0 * x), X, k=3.0)
    assert op.op.defaults == {"k": 2.0}
    either = lambda x, *, mean=False: x - x.mean() if mean else np.exp(x)  # noqa: E731
    assert_same_gradients(either, tg.exp, X)
    assert_same_gradients(either, lambda x: x - x.mean(), X, mean=True)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (0, 3), (2, 0)])
@pytest.mark.parametrize(
    ("kernel", "right"),
    [(np.tanh, tg.tanh), (by_loop(math.tanh), tg.tanh), (np.sum, lambda x: x.sum())],
)
def test_single_numbers_and_none(shape, kernel, right):
    x = np.full(shape, 0.3)
    op = tg.op("mine", lambda x: np.asarray(kernel(x)))
    np.testing.assert_allclose(gradients(op, x)[0], gradients(right, x)[0], rtol=1e-11)


def test_single_precision_is_computed_in_double():
    x = X.astype(np.float32)
    for kernel, right in (
        (lambda x: np.exp(-x * x), lambda x: tg.exp(-x * x)),
        (lambda x: np.linalg.norm(x), lambda x: tg.sqrt((x * x).sum())),
        (lambda x: np.abs(np.real(x)) * x.real, lambda x: x * tg.abs(x)),
    ):
        assert_same_gradients(kernel, right, x, rtol=1e-6)


def test_what_knows_single_precision_alone_has_fewer_digits():
    single = lambda x: np.sin(np.asarray(x, np.float32))  # noqa: E731
    assert_same_gradients(single, tg.sin, X.astype(np.float32), rtol=1e-3)
    inside = lambda x: np.sin(x.astype(np.float32)).astype(np.float64)  # noqa: E731
    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=8)
        assert_same_gradients(inside, tg.sin, x, rtol=1e-3)


def test_code_that_reads_memory_as_single_precision():
    def external(x):
        """As ctypes would: the bytes are taken for float32, whatever they are."""
        flat = np.ascontiguousarray(x).view(np.uint8).view(np.float32)[: np.size(x)]
        return np.tanh(flat).reshape(np.shape(x))

    assert_same_gradients(external, tg.tanh, X.astype(np.float32), rtol=1e-3)


def test_a_ufunc_is_a_kernel():
    assert_same_gradients(np.hypot, lambda x, y: tg.sqrt(x * x + y * y), X, X + 1)


def test_large_and_small_numbers():
    x = np.array([1e6, 1e3, 1e-8, -1e-5, 3e2])
    assert_same_gradients(np.sin, tg.sin, x)
    assert_same_gradients(by_loop(math.sin), tg.sin, x, rtol=1e-7)
    assert_same_gradients(by_loop(lambda v: math.log(abs(v))), lambda x: tg.log(tg.abs(x)), x)
    big = np.array([-800.0, -40.0, 0.0, 40.0, 800.0])
    for kernel in (lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + np.exp(-np.real(x)))):
        assert_same_gradients(kernel, tg.sigmoid, big)


def test_kinks():
    x = np.array([0.0, 1e-12, -1e-12, 1.0])
    slopes = by_loop(abs)
    assert gradients(tg.op("mine", slopes), np.zeros(1))[0][0] == 0.0  # the mean of both sides
    op = tg.op("mine", lambda x: np.where(x > 0, x, 0 * x))
    leaf = tg.tensor(x, requires_grad=True)
    op(leaf).sum().backward()
    assert leaf.grad.numpy().tolist() == [0.0, 1.0, 0.0, 1.0]  # the side that the kernel takes
    op = tg.op("mine", lambda x: np.maximum(x, 0))
    leaf = tg.tensor(x, requires_grad=True)
    op(leaf).sum().backward()
    assert leaf.grad.numpy().tolist() == [0.5, 1.0, 0.0, 1.0]  # ties share it


def test_kinks_among_many_elements_cost_few_calls_and_little_memory():
    knots, values = [-1.0, 0.0, 1.0], [0.0, 1.0, 0.5]
    seen = []

    def table(x):
        seen.append(x.size)
        return np.interp(x, knots, values)

    n = 100_001  # with elements at all knots, and hundreds beside them
    x = tg.tensor(np.linspace(-1.5, 1.5, n).reshape(-1, 1), requires_grad=True)
    tracemalloc.start()
    tg.op("table", table, family="elementwise")(x).sum().backward()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    right = np.select([np.abs(x.data) > 1, x.data < 0], [0.0, 1.0], -0.5)
    beside = np.min(np.abs(x.data - np.array(knots)), axis=1, keepdims=True) > 1e-9
    np.testing.assert_allclose(x.grad.data[beside], right[beside], atol=1e-8)
    assert sum(size == n for size in seen) < 250 and most < 150 * x.data.nbytes


def test_a_kernel_that_counts_places_has_its_slopes_all_the_same():
    weights = np.linspace(1.0, 2.0, 40)
    x = tg.tensor(np.zeros(40), requires_grad=True)
    x.assign(np.where(np.arange(40) % 2, 0.5, 1e-5))
    y = tg.op("weighted", lambda x: weights * np.abs(x), family="elementwise")(x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, weights, rtol=1e-8)


def test_what_is_not_finite_has_no_gradient():
    leaf = tg.tensor([-1.0, 4.0], dtype="float64", requires_grad=True)
    tg.op("mine", lambda x: np.sqrt(x))(leaf).sum().backward()
    np.testing.assert_allclose(leaf.grad.numpy(), [np.nan, 0.25], rtol=1e-9)


# -------------------------------------------------------------------------- where there is none


def failed(kernel, x, error=errors.GraphError, **fields):
    leaf = tg.tensor(x, requires_grad=True)
    out = tg.op("mine", kernel, **fields)(leaf)
    text = told(lambda: out.sum().backward(), error)
    assert leaf.grad is None
    return text


def test_a_jump_and_an_edge():
    for kernel in (by_loop(lambda v: float(v > 0)), by_loop(math.sqrt)):
        text = failed(kernel, np.array([1.0, 0.0]))
        assert text.startswith("mine: its numeric gradient does not settle at index (1,), where")
        assert "vjp={…}" in text


@pytest.mark.parametrize("kernel", [np.sqrt, lambda x: x**0.5, lambda x: np.arcsin(1 - x)])
def test_an_infinite_slope(kernel):
    text = failed(lambda x: kernel(x), np.array([0.5, 0.0]))
    assert "does not settle at index (1,), where the input is 0" in text


def test_noise():
    for kernel in (lambda x: np.round(np.sin(x), 3), lambda x: np.round(x.real, 2)):
        assert "does not settle" in failed(kernel, X)


@pytest.mark.parametrize(
    "kernel",
    [
        lambda x: x * np.random.default_rng().normal(size=x.shape),
        lambda x: np.real(x) * np.random.default_rng().normal(),
        lambda x: x.sum() + np.random.default_rng().normal(),
    ],
)
def test_random_numbers(kernel):
    assert "it draws random numbers, or keeps state" in failed(kernel, X)


def test_a_wrong_family():
    text = failed(lambda x: x / x.sum(), np.abs(X), family="elementwise")
    assert text.startswith("mine counts as elementwise, but elements of its result depend on more")


def test_too_many_elements():
    text = failed(lambda x: np.linalg.norm(x), np.ones(20_001))
    assert "a call of the kernel for each of 20,001 elements" in text


# ------------------------------------------------------------------------------- declarations


def test_a_decorator():
    @tg.op("scaled")
    def scaled(x, *, k=2):
        """Return k · x."""
        return k * x

    assert repr(scaled.op) == "<op scaled(x, k=2), numeric gradient>"
    assert scaled.__doc__.startswith("Return k · x.\n\nIts gradient is numeric")
    assert gradients(lambda x: scaled(x, k=3), np.ones(2))[0].tolist() == (3 * G[0, :2]).tolist()

    @tg.op("doubled", vjp={"x": lambda g: 2 * g})
    def doubled(x):
        return 2 * x

    assert repr(doubled.op) == "<op doubled(x)>"


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (lambda x, k=2: x, "the kernel's 'k' has a default"),
        (lambda x, **k: x, "the kernel takes any keywords (**k)"),
        (lambda: 1.0, "the kernel takes no arrays"),
        (3, "the kernel is a function of arrays, not"),
    ],
)
def test_kernels_that_are_none(kernel, said):
    text = told(lambda: tg.op("mine", kernel), errors.DeclarationError)
    assert text.startswith(f"op 'mine': {said}")


def test_operations_of_the_package_need_rules():
    from tensorgraph.engine.op import REGISTRY, register

    for vjp in (None, {}):
        with pytest.raises(errors.DeclarationError):
            register("without", lambda x: x, vjp)
        REGISTRY.pop("without", None)
    assert not any("numeric" in repr(op) for op in REGISTRY.values())


def test_a_kernel_sees_copies():
    x = X.copy()
    out = tg.op("mine", lambda x: np.negative(x, out=x))(tg.tensor(x))
    assert np.array_equal(x, X) and np.array_equal(out.numpy(), -X)
    mine = tg.op("mine", lambda x: np.negative(x, out=x))
    mine(x)
    assert np.array_equal(x, X)


# ------------------------------------------------------------------------------- higher orders


@pytest.mark.parametrize(
    ("kernel", "right", "exactness"),
    [
        (lambda x: x / (1 + np.exp(-x)), lambda x: x * tg.sigmoid(x), 1e-9),
        (by_loop(lambda v: v / (1 + math.exp(-v))), lambda x: x * tg.sigmoid(x), 1e-6),
        (lambda x: np.log(np.exp(x).sum()), lambda x: tg.logsumexp(x, axis=None), 1e-8),
    ],
)
def test_second_derivatives(kernel, right, exactness):
    op, x = tg.op("mine", kernel), X[0]
    found = tg.hessian(lambda x: op(x).sum())(x)
    np.testing.assert_allclose(found, tg.hessian(lambda x: right(x).sum())(x), atol=exactness)


def test_third_derivatives_are_refused():
    op = tg.op("mine", lambda x: np.exp(-x * x))
    text = told(
        lambda: tg.grad(lambda x: tg.hessian(lambda x: op(x).sum())(x).sum())(X[0]),
        errors.GraphError,
    )
    assert text.startswith("mine: its gradient is numeric, and so is its second derivative")


# ------------------------------------------------------------------------ what others say of it


def test_gradcheck_says_that_it_compares_numbers_with_numbers():
    op = tg.op("bump", lambda x: np.exp(-x * x))
    text = repr(tg.testing.gradcheck(lambda x: tg.tanh(op(x)), X[0]))
    assert "numeric itself is the gradient of 'bump'" in text
    assert "numeric itself" not in repr(tg.testing.gradcheck(tg.tanh, X[0]))


def test_pictures_say_it():
    x = tg.tensor(X, requires_grad=True)
    picture = tg.render(tg.op("bump", lambda x: np.exp(-x * x))(x).sum())
    assert "numeric gradient" in str(picture.svg() if callable(picture.svg) else picture.svg)


def test_formulas_say_it():
    bump, soft = tg.op("bump", lambda x: np.exp(-x * x)), tg.op("soft", BY_COLUMN["softmax"][0])
    W, A = (tg.tensor(X[:, :3], requires_grad=True) for _ in range(2))
    d = tg.derive((bump(W @ A) ** 2).sum(), wrt=W)
    assert str(d).splitlines() == [
        "dW = 2 (bump(W A) ∘ ∂bump/∂x(W A)) Aᵀ",
        "  where ∂bump/∂x is numeric: bump was declared without a gradient rule",
    ]
    assert r"\frac{\partial \mathrm{bump}}{\partial \mathrm{x}}(W \, A)" in d.latex()
    d = tg.derive((soft(W) ** 2).sum(), wrt=W)
    assert str(d).startswith("dW = ∂soft/∂x(2 soft(W), W)\n")


@pytest.mark.parametrize("name", ["bump", "real part", "softmax"])
def test_a_compiled_function_calls_the_kernel(name):
    kernel, _ = (FOLLOWED | BY_ELEMENT | BY_COLUMN)[name]
    op = tg.op("mine", kernel)
    w = tg.tensor(X[:3, :3].copy(), requires_grad=True)

    def slope(x):
        return tg.grad(lambda w: (op(x @ w) ** 2).sum())(w).numpy()

    x = tg.tensor(X[:, :3].copy())
    step = tg.compile(slope)
    for _ in range(2):
        np.testing.assert_allclose(step(x), slope(x), rtol=1e-9)
    assert "1 program" in repr(step)


def test_training_with_it():
    tg.random.seed(0)
    swish = tg.op("swish", lambda x: x / (1 + np.exp(-x)))
    model = tg.nn.Sequential(tg.nn.Linear(2, 8), swish, tg.nn.Linear(8, 1))
    twin = tg.nn.Sequential(model[0], lambda x: x * tg.sigmoid(x), model[2])
    x = tg.random.normal((16, 2))
    found, expected = [], []
    for each, grads in ((model, found), (twin, expected)):
        for p in each.parameters():
            p.grad = None
        (each(x) ** 2).mean().backward()
        grads += [p.grad.numpy().copy() for p in each.parameters()]
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-7)


def test_check_op_tells_the_rule():
    kept = tg.testing.check_op(tg.op("bump", lambda x: np.exp(-x * x)))
    (rule,) = (k for k in kept.promises if k.promise == "rule")
    assert rule.remark.endswith('vjp={"x": lambda g, x, out: -(2 * x * out * g)}')
    op = tg.op("soft", lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True))
    kept = tg.testing.check_op(op, X)
    assert 'vjp={"x": lambda g, out: out * (g - tg.sum(' in repr(kept)


def test_check_op_tells_no_rule_where_none_follows():
    kept = tg.testing.check_op(tg.op("erf", by_loop(math.erf)), X)
    (rule,) = (k for k in kept.promises if k.promise == "rule")
    assert not rule.asked and not rule.broken
    assert all("gradient" not in k.promise or not k.asked for k in kept.promises)
