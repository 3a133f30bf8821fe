"""``tg.derive`` of a function or module with example arguments, without a graph of one's own."""

import cProfile
import pstats
import sys

import numpy as np
import pytest

import tensorgraph as tg
from tests.formulas.derive_cases import ONE_HOT

RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(6, 3)), RNG.normal(size=(3, 4)), np.zeros(4)


def cost(X, W, b, labels):
    m = len(X)
    Z = X @ W + b
    A = tg.softmax(Z, axis=1)
    Y = tg.assume(labels, one_hot=1)
    return -(Y * tg.log(A)).sum() / m


def told(text):
    """Return formulas without what they assume."""
    return [line.split("    ")[0] for line in str(text).splitlines()]


def test_a_function_by_names_or_positions_of_its_arguments():
    expected = ["dW = Xᵀ dZ / m", "db = Σ₀ dZ / m", "  where dZ = m ∂cost/∂Z = A − Y"]
    d = tg.derive(cost, X, W, B, ONE_HOT, wrt=["W", "b"])
    assert told(d) == expected
    assert told(tg.derive(cost, X, W, B, ONE_HOT, wrt=[1, 2])) == expected
    assert told(tg.derive(cost, X, W, B, ONE_HOT, wrt=1)) == ["dW = Xᵀ (A − Y) / m"]
    assert told(tg.derive(cost, X, W, B, ONE_HOT, wrt={"V": "W"})) == ["dV = Xᵀ (A − Y) / m"]
    leaf = tg.tensor(W, requires_grad=True)
    (expected,) = tg.gradients(cost(X, leaf, B, ONE_HOT), [leaf])
    np.testing.assert_allclose(d.evaluate()["dW"], expected.numpy())


def test_without_names_by_all_arguments_of_floats_that_are_used():
    def f(x, y, n, unused):
        return (x * x * y).sum() * n

    assert told(tg.derive(f, X, X + 1, 3, W)) == ["dx = 2 n x ∘ y", "dy = n x²"]
    assert told(tg.derive(lambda x: tg.tanh(x).sum(), X)) == ["dx = 1 − tanh(x)²"]
    assert told(tg.derive(lambda x: x**2, 3.0)) == ["dx = 2 x"]
    fixed, free = tg.tensor(X), tg.tensor(X + 1, requires_grad=True)
    assert told(tg.derive(lambda x, y: (x * y).sum(), fixed, free)) == ["dy = x"]


def test_arguments_in_containers():
    def f(p, x):
        return ((x @ p["W"]) ** 2 + p["b"]).sum()

    p = {"W": W, "b": B}
    assert told(tg.derive(f, p, 2 * X, wrt="p")) == [
        "dW = xᵀ dZ1",
        "db = 6",
        "  where dZ1 = 2 Z1",
        "  where Z1 = x W",
    ]
    assert told(tg.derive(f, p, 2 * X, wrt="b")) == ["db = 6"]
    assert told(tg.derive(lambda v: v[0] @ v[1], [X[0], W[:, 0]], wrt="v")) == [
        "dv0 = v1",
        "dv1 = v0",
    ]


def test_a_function_whose_code_is_not_the_callers():
    assert str(tg.derive(np.sum, X)) == "da = 1"


class Line(tg.nn.Module):
    def __init__(self):
        self.fc = tg.nn.Linear(3, 4, dtype="float64")

    def forward(self, x):
        Z = self.fc(x)
        return tg.square(Z).sum()


def test_a_module_by_its_parameters_or_what_is_named():
    model = Line()
    assert told(tg.derive(model, X))[:3] == ["dW = dZᵀ x", "db = Σ₀ dZ", "  where dZ = 2 Z"]
    assert told(tg.derive(model, X, wrt="x"))[0] == "dx = 2 Z W"
    assert told(tg.derive(model, X, wrt="fc.bias"))[0] == "db = 2 Σ₀ Z"
    assert told(tg.derive(lambda x: model(x) * 2, X, wrt=model.fc.bias))[0].startswith("db = 4")


def test_what_was_given_is_left_as_it_was():
    layer, weights = tg.nn.BatchNorm(3, dtype="float64"), tg.tensor(X)
    drop = tg.nn.Dropout(keep_prob=0.5)
    before = layer.running_mean.numpy().copy()
    tg.random.seed(1)
    drawn = tg.random.normal((2,)).numpy()
    tg.random.seed(1)
    tg.derive(lambda x: tg.square(drop(layer(x))).sum(), weights, wrt="x")
    np.testing.assert_array_equal(layer.running_mean.numpy(), before)
    np.testing.assert_array_equal(tg.random.normal((2,)).numpy(), drawn)
    assert not weights.requires_grad


ERRORS = tg.errors


@pytest.mark.parametrize("call, error, message", [
    (lambda: tg.derive(3, X), ERRORS.DTypeError, "a function or module to be run, not 3"),
    (lambda: tg.derive(cost), ERRORS.ArgumentError, r"to run cost with: tg\.derive\(f, X, W\)"),
    (lambda: tg.derive(cost, X), ERRORS.ArgumentError, "cost also needs W"),
    (lambda: tg.derive(np.float64(3), wrt=X), ERRORS.DTypeError, "requires_grad=True"),
    (lambda: tg.derive(tg.tensor(1.0)), ERRORS.ArgumentError, "say what to differentiate by"),
    (lambda: tg.derive(lambda x: (x, x), X), ERRORS.DTypeError, "returned a tuple, not a tensor"),
    (lambda: tg.derive(lambda n: n + X, 3), ERRORS.ArgumentError, "no argument has a gradient"),
    (lambda: tg.derive(cost, X, W, B, X, wrt="V"), ERRORS.ArgumentError, "'V'; there are X, W"),
    (lambda: tg.derive(np.sum, np.arange(3), wrt=0), ERRORS.ArgumentError, "write it with floats"),
    (lambda: tg.derive(lambda v: v[0], [X, X], wrt={"y": "v"}), ERRORS.ArgumentError, "names 2"),
    (lambda: tg.derive(lambda x: x * 2, X), ERRORS.GraphError, r"write \.sum\(\)"),
    (lambda: tg.derive(lambda x, y: x.sum(), X, W, wrt=[0, 1]), ERRORS.GraphError, "not .* from y"),
])  # fmt: skip
def test_what_cannot_be_derived(call, error, message):
    with pytest.raises(error, match=message):
        call()


def inner(x):
    return tg.exp(x).sum()


def outer(x):
    return inner(x * x)


def afterwards():
    pass


def names_called(profiler):
    return {name for _, _, name in pstats.Stats(profiler).stats}


def test_a_profiler_goes_on():
    with cProfile.Profile() as profiler:
        tg.derive(outer, np.ones(3), wrt="x")
        afterwards()
    assert {"inner", "afterwards"} <= names_called(profiler)


def test_a_function_of_python_that_profiles_goes_on():
    called = []

    def profile(frame, event, _):
        if event == "call":
            called.append(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        tg.derive(outer, np.ones(3), wrt="x")
        afterwards()
    finally:
        sys.setprofile(before)
    assert inner.__code__ in called and afterwards.__code__ in called


def test_a_list_of_floats_is_an_array():
    assert str(tg.derive(lambda x: (x * x).sum(), [1.0, 2.0])) == "dx = 2 x"
    assert str(tg.derive(lambda A: (A @ A).sum(), [[1.0, 2], [3, 4]], wrt="A")).startswith("dA = ")
    assert str(tg.derive(lambda x, s: (x.reshape(s) ** 2).sum(), X, [X.size])) == "dx = 2 x"
