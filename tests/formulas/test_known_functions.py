"""Values written by hand are read as the function they are, and no others are."""

import inspect

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.formulas import problem
from tensorgraph.formulas.algebra.exponentials import DEFINITIONS
from tensorgraph.formulas.algebra.known_functions import read_in_graph
from tensorgraph.nn.recurrent.lstm_steps import lstm_gates, lstm_memory, lstm_output
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import apply, in_order, lift, make, symbol

x, y = symbol("x", (5,), np.float64), symbol("y", (5,), np.float64)
X = symbol("X", (3, 4), np.float64)
exp, log, erf, tanh, sigmoid, softplus = tg.exp, tg.log, tg.erf, tg.tanh, tg.sigmoid, tg.softplus


def read(e):
    """Return an expression with its values read one after the other, as those of a graph are."""
    known = {}
    for part in in_order([e]):
        if part.op is None:
            known[part] = part
            continue
        operands = tuple(known[operand] for operand in part.args)
        known[part] = read_in_graph(make(part.op, operands, part.static, part.shape, part.dtype))
    return known[e]


@pytest.mark.parametrize("op", DEFINITIONS, ids=lambda op: op.name)
def test_a_definition_is_what_the_operation_computes(op):
    definition, own = DEFINITIONS[op], op.prepare or (lambda *operands, **static: static)
    parameters = inspect.signature(definition).parameters.values()
    operands = [X if p.name == "x" else X[::-1] for p in parameters if p.kind is not p.KEYWORD_ONLY]
    static = own(
        *operands, **{k: v for k, v in {"axis": 1, "keepdims": True}.items() if k in op.defaults}
    )
    sides = [lift(definition(*operands, **static)), apply(op, tuple(operands), static)]
    found = evaluate(sides, {X: np.random.default_rng(0).normal(size=X.shape)})
    np.testing.assert_allclose(found[sides[0]], found[sides[1]], rtol=1e-12)


SPELLINGS = {
    "tanh": [
        (exp(x) - exp(-x)) / (exp(x) + exp(-x)), (1 - exp(-2 * x)) / (1 + exp(-2 * x)),
        2 * sigmoid(2 * x) - 1, 1 - 2 / (exp(2 * x) + 1), tg.sinh(x) / tg.cosh(x),
        2 / (1 + exp(-2 * x)) - 1, tg.expm1(2 * x) / (tg.expm1(2 * x) + 2),
    ],
    "sigmoid": [
        1 / (1 + exp(-x)), (1 + exp(-x)) ** -1, tg.reciprocal(1 + exp(-x)), exp(x) / (1 + exp(x)),
        0.5 * (1 + tanh(x / 2)), tanh(x / 2) / 2 + 0.5, exp(-tg.log1p(exp(-x))),
        exp(-softplus(-x)), exp(tg.log_sigmoid(x)),
    ],
    "softplus": [log(1 + exp(x)), tg.log1p(exp(x)), tg.logaddexp(0, x), tg.logaddexp(x, 0),
        tg.maximum(x, 0) + tg.log1p(exp(-abs(x))), log(1 + exp(-abs(x))) - tg.minimum(-x, 0)],
    "silu": [x * sigmoid(x), x / (1 + exp(-x)), x * exp(x) / (exp(x) + 1)],
    "gelu": [
        0.5 * x * (1 + erf(x / np.sqrt(2))), x * (0.5 + 0.5 * erf(x * np.sqrt(0.5))),
        x * (1 + erf(x / 2**0.5)) / 2,
    ],
    "softmax": [
        exp(x) / exp(x).sum(), exp(x - x.max()) / exp(x - x.max()).sum(),
        exp(x - log(exp(x).sum())), exp(x - tg.logsumexp(x)),
    ],
    "logsumexp": [log(exp(x).sum()), x.max() + log(exp(x - x.max()).sum())],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "i"), [(n, i) for n, s in SPELLINGS.items() for i in range(len(s))]
)
def test_spellings_are_read(name, i):
    assert read(SPELLINGS[name][i]) is getattr(tg, name)(x)


def test_halves_and_doubles_are_read():
    assert read((exp(x) - 1) / (exp(x) + 1)) is tanh(x / 2)
    assert read(exp(x) / (exp(x) + exp(-x))) is sigmoid(2 * x)


@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_is_read_along_its_axis(axis):
    for top in (0, X.max(axis=axis, keepdims=True)):
        E = exp(X - top)
        assert read(E / E.sum(axis=axis, keepdims=True)) is tg.softmax(X, axis=axis)
        total = log(E.sum(axis=axis, keepdims=True)) + top
        assert read(total) is tg.logsumexp(X, axis=axis, keepdims=True)
    assert read(log(exp(X).sum(axis=axis))) is tg.logsumexp(X, axis=axis)


@given(k=st.sampled_from([0.25, 0.5, 1.702, 3.0, -2.0]))
def test_a_function_of_a_multiple_is_read(k):
    data = {x: np.linspace(-2, 3, 5), y: np.linspace(1, -2, 5)}
    for e, function, argument in (
        (1 / (1 + exp(-k * x)), sigmoid, k * x),
        ((exp(k * x) - exp(-k * x)) / (exp(k * x) + exp(-k * x)), tanh, k * x),
        (log(1 + exp(k * y * x)), softplus, k * y * x),
    ):
        found, expected = read(e), function(argument)
        assert found.op is function.op
        values = evaluate([found, expected], data)
        np.testing.assert_allclose(values[found], values[expected], rtol=1e-12)


@pytest.mark.parametrize(
    "e",
    [
        sigmoid(x), 1 - sigmoid(x), log(sigmoid(x)), log(1 - sigmoid(x)), log(tg.softmax(x)),
        sigmoid(x) * (1 - sigmoid(x)), 1 - tanh(x) ** 2, exp(x) * y, tanh(softplus(x)),
        exp(x) / (1.0001 + exp(x)), sigmoid(x) + 1e-15, exp(x) / (1 + exp(y)),
        exp(x) / exp(2 * x).sum(),
        tg.logaddexp(x, y), tg.logaddexp(1, x), x * (1 + erf(x)) / 2,
    ],
    ids=str,
)  # fmt: skip
def test_other_values_are_left_alone(e):
    assert read(e) is e


# ------------------------------------------------------------------------------------ in formulas


def leaf(*shape, dtype=np.float64):
    values = np.random.default_rng(3).normal(size=shape).astype(dtype)
    return tg.tensor(values, requires_grad=True)


@pytest.mark.parametrize(
    ("f", "formula"),
    [
        (lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)), "dz = dA ∘ (1 − A²)"),
        (lambda z: 1 / (1 + np.exp(z)), "dz = A ∘ dA ∘ (A − 1)"),
        (lambda z: np.log1p(np.exp(z)), "dz = dA ∘ σ(z)"),
        (lambda z: z / (1 + np.exp(-z)), "dz = dA ∘ (A + σ(z) ∘ (1 − A))"),
        (lambda z: np.exp(z) / np.exp(z).sum(), "dz = A ∘ (dA − Σ(A ∘ dA))"),
    ],
)
def test_gradients_are_those_of_the_function(f, formula):
    z, dA = leaf(6), np.linspace(-1, 2, 6)
    A = f(z)
    d = tg.derive((A * dA).sum(), wrt=z)
    assert str(d) == formula
    assert set(d.saved) <= {"z", "A", "dA"}
    assert all("✓" in str(step) for step in d.steps())
    (expected,) = tg.gradients((A * dA).sum(), [z], retain_graph=True)
    np.testing.assert_allclose(d.evaluate(), expected.numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, y: np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))),
        lambda z, y: np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0) - z * y,
        lambda z, y: np.log(1 + np.exp(z)) - z * y,
    ],
)
def test_terms_of_a_sum_are_read_together(loss):
    z, y = leaf(6), np.linspace(0, 1, 6)
    assert str(tg.derive(loss(z, y).sum(), wrt=z)) == "dz = A − y\n  where A = σ(z)"


@pytest.mark.parametrize("function", [tg.sigmoid, tg.tanh, tg.softplus])
def test_a_sum_may_hold_a_function_of_a_bias_of_one_number(function):
    xw, b = symbol("xw", (5,), np.float64), symbol("b", (1,), np.float64)
    e = function(xw + b) - y
    assert read(e) is e


def test_terms_of_a_sum_are_read_together_beside_a_bias_of_one_number():
    z = symbol("xw", (5,), np.float64) + symbol("b", (1,), np.float64)
    terms = tg.maximum(z, 0) - z * y + log(1 + exp(-abs(z)))
    assert any(e.op is softplus.op and e.args[0] is z for e in in_order([read(terms)]))


def test_a_sum_that_is_asked_for_is_not_read_past():
    z, y = leaf(6), np.linspace(0, 1, 6)
    part = np.maximum(z, 0) - z * y
    shown = str(tg.derive(((part + np.log1p(np.exp(-np.abs(z)))) ** 2).sum(), wrt=[part, z]))
    assert "dpart = 2 (part + softplus(−|z|))" in shown


def test_what_is_asked_for_is_not_read_past():
    Z = leaf(4, 3)
    E = np.exp(Z)
    S = E.sum(axis=1, keepdims=True)
    A = E / S
    loss = -np.log(A)[np.arange(4), [0, 2, 1, 1]].sum()
    shown = str(tg.derive(loss, wrt=[E, Z]))
    assert shown.startswith("dE = ") and "dZ = E ∘ dE" in shown


def test_the_sum_of_exponentials_keeps_its_name_where_it_is_used():
    z = leaf(5)
    assert str(tg.derive(np.log(np.exp(z).sum()), wrt=z)) == "dz = softmax(z)"
    y = np.where(np.arange(5) < 2, 1.0, -1.0)
    cost = np.log1p(np.exp(-y * z)).mean()
    assert "σ(−y ∘ z)" in str(tg.derive(cost, wrt=z))


def test_a_value_read_wrongly_is_noticed(monkeypatch):
    def careless(e, asked):
        return tg.tanh(e.args[0]) if e.op is tg.sinh.op else e

    monkeypatch.setattr(problem, "read_in_graph", careless)
    z = tg.tensor(np.full(4, 0.02, np.float32), requires_grad=True)  # where sinh is tanh, almost
    with pytest.raises(tg.errors.DerivationError, match="fresh random data"):
        tg.derive(tg.sinh(z).sum(), wrt=z)


def test_what_is_reduced_may_have_more_axes_than_what_it_is_made_of():
    a = tg.tensor(0.4, dtype=np.float64, requires_grad=True)
    b = tg.exp(a)
    total = b + a.reshape(-1).sum(axis=0) + (tg.exp(a).reshape(1, 1).max(axis=1)).sum() * 2
    assert tg.derive(total, wrt=a).evaluate() == pytest.approx(3 * np.exp(0.4) + 1)


@pytest.mark.parametrize("axis", [0, 2, (0, 3), (2, 3)])
def test_an_axis_that_is_put_in_is_none_that_anything_works_along(axis):
    e = 1 / (1 + tg.expand_dims(exp(-X), axis=axis))
    assert read(e).shape == e.shape  # of X itself there is no softmax along axis 3


def test_steps_of_an_operation_lead_by_what_gradients_are_wanted_of():
    z, before = leaf(2, 12), leaf(2, 3)
    gates = lstm_gates(z)
    memory = lstm_memory(gates, before)
    loss = lstm_output(gates, memory).sum()
    assert "gates[:, :3] ∘ dmemory" in str(tg.derive(loss, wrt=[gates, memory]))
