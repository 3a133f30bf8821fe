"""The rules of simplification: each holds within its conditions, and only there."""

import inspect
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.identities import RECOGNITIONS, recognised
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.facts import Fact, Facts, violation
from tensorgraph.formulas.steps import BUILDERS, SAYS, UNTOLD
from tensorgraph.formulas.verify import fresh_data
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import in_order, lift, symbol
from tests.formulas.rules import RULES


def sides(rule, known=True):
    """Return both sides on symbols, the symbols by name, and a normaliser that knows the facts."""
    names = list(inspect.signature(rule.left).parameters)
    symbols = {n: symbol(n, rule.shapes.get(n, (3, 4)), np.float64) for n in names}
    facts = {
        symbols[n]: [Fact(word, value, "assertion") for word, value in words.items()]
        for n, words in rule.when.items()
        if known
    }
    normaliser = Normaliser(meanings=MEANINGS, facts=Facts(facts), forward={}, names={})
    left, right = (lift(side(**symbols)) for side in (rule.left, rule.right))
    return left, right, symbols, normaliser


def sample(rng, shape, words):
    """Return random data of which the facts hold."""
    x = rng.integers(-4, 5, shape) + rng.choice([0.25, 0.5, 0.75], shape)
    match words:
        case {"nonzero": True}:
            return np.where(x == 0, 1.0, x)
        case {"positive": True} | {"nonnegative": True}:
            return np.abs(x)
        case {"binary": True}:
            return rng.integers(0, 2, shape).astype(float)
        case {"bounded": (low, high)}:
            return rng.integers(1, 8, shape) / 8 * (high - low) + low
        case {"sums_to_one": axis}:
            x = np.abs(x) + 1
            return x / x.sum(axis=axis, keepdims=True)
        case {"zero_sum": axis}:
            return x - x.mean(axis=axis, keepdims=True)
    return x


def outside(rng, shape, words):
    """Return random data that violate the facts."""
    x = sample(rng, shape, {}) + 0.125
    if "nonzero" in words:
        return np.where(rng.random(shape) < 0.5, 0.0, x)
    if "bounded" in words:
        return np.ones(shape)
    return -np.abs(x) if {"positive", "nonnegative"} & words.keys() else x


def values(rule, data):
    left, right, symbols, _ = sides(rule)
    given_ = {symbols[n]: x for n, x in data.items()}
    found = evaluate([left, right], given_)
    return np.broadcast_arrays(found[left], found[right])


def data_for(rule, rng, draw=sample):
    names = inspect.signature(rule.left).parameters
    return {
        n: (draw if n in rule.when else sample)(
            rng, rule.shapes.get(n, (3, 4)), rule.when.get(n, {})
        )
        for n in names
    }


@pytest.mark.parametrize("name", RULES)
@given(seed=st.integers(0, 2**32 - 1))
def test_both_sides_are_equal_within_the_conditions(name, seed):
    data = data_for(RULES[name], np.random.default_rng(seed))
    for n, words in RULES[name].when.items():
        for word, value in words.items():
            assert not violation(data[n], word, value)
    left, right = values(RULES[name], data)
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.exact])
@given(seed=st.integers(0, 2**32 - 1))
def test_fractions_are_exactly_equal(name, seed):
    data = data_for(RULES[name], np.random.default_rng(seed))
    exact = {n: np.vectorize(Fraction, otypes=[object])(x) for n, x in data.items()}
    left, right = values(RULES[name], exact)
    assert np.all(left == right)


@pytest.mark.parametrize("name", RULES)
def test_the_normal_form_realises_the_rule(name):
    left, right, _, normaliser = sides(RULES[name])
    assert normaliser.normal(left) == normaliser.normal(right)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.when])
def test_outside_the_conditions_the_sides_differ(name):
    rule = RULES[name]
    data = data_for(rule, np.random.default_rng(0), outside)
    assert any(violation(data[n], w, v) for n, ws in rule.when.items() for w, v in ws.items())
    left, right = values(rule, data)
    if rule.elsewhere == "undefined":
        assert not np.isfinite(left).all()
    else:
        assert not np.allclose(left, right)


@pytest.mark.parametrize(
    "name", [n for n, r in RULES.items() if r.when and r.elsewhere == "differs"]
)
def test_without_the_facts_the_rule_is_not_applied(name):
    left, right, _, normaliser = sides(RULES[name], known=False)
    assert normaliser.normal(left) != normaliser.normal(right)


def test_what_is_cancelled_without_proof_is_noted():
    left, _, symbols, normaliser = sides(RULES["cancel"], known=False)
    _, events = normaliser.taking_note(lambda: normaliser.normal(left))
    ((atom, proved),) = [detail for rule, detail in events if rule == "cancel"]
    assert atom.expr is symbols["x"] and not proved
    left, _, _, normaliser = sides(RULES["cancel"])
    _, events = normaliser.taking_note(lambda: normaliser.normal(left))
    assert [proved for rule, (_, proved) in events if rule == "cancel"] == [True]


@pytest.mark.parametrize("name", RULES)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_written_from_the_normal_form_is_equal(name, seed):
    left, _, symbols, normaliser = sides(RULES[name])
    data = data_for(RULES[name], np.random.default_rng(seed))
    written = lower(normaliser.normal(left), left.shape, normaliser.atoms)
    assert written.shape == left.shape
    found = evaluate([left, written], {symbols[n]: x for n, x in data.items()})
    np.testing.assert_allclose(found[written], found[left], rtol=1e-9, atol=1e-12)


def test_every_step_is_told_by_a_declared_rule():
    assert set(SAYS) == set(BUILDERS)
    assert {*BUILDERS, *UNTOLD} <= {*RULES, "name", "pick", "symmetric"}


# ------------------------------------------------------------------------------- recognitions


def applied(op, x):
    return op(x, **dict.fromkeys(op.defaults, 1))


def named(rule):
    return f"{rule.outer.name} of {rule.inner.name}"


@pytest.mark.parametrize("rule", RECOGNITIONS, ids=named)
def test_recognised_functions_are_equal(rule):
    x = symbol("x", (3, 4), np.float64)
    left = applied(rule.outer, applied(rule.inner, x))
    right = x if rule.both is None else applied(rule.both, x)
    assert recognised(left) is right
    data = np.random.default_rng(0).uniform(0.1, 3, (3, 4))
    found = evaluate([left, right], {x: data})
    np.testing.assert_allclose(found[left], found[right], rtol=1e-12)


@pytest.mark.parametrize("rule", RECOGNITIONS, ids=named)
def test_a_function_is_not_recognised_in_another(rule):
    x = symbol("x", (3, 4), np.float64)
    for e in (x, x * 2, applied(rule.outer, x), tg.negative(applied(rule.inner, x))):
        assert recognised(e) is e


def test_roots_of_what_may_be_negative():
    x = symbol("x", (3, 4), np.float64)
    normaliser = Normaliser(meanings=MEANINGS, facts=Facts(), forward={}, names={})
    assert normaliser.normal(tg.sqrt(x * x)) != normaliser.normal(x * 1)
    assert normaliser.normal(tg.sqrt(x**3)) != normaliser.normal(x**1.5 * 1)


def test_limits_stay_where_they_may_bind():
    x = symbol("x", (3, 4), np.float64)
    normaliser = Normaliser(meanings=MEANINGS, facts=Facts(), forward={}, names={})
    limited = tg.clip(x, min=-1, max=1)
    for outside in (
        tg.where(x > 1, 0, limited),
        tg.where(x > 1, 0, tg.where(x < -2, 0, limited)),
        tg.where(x > 3, 0, tg.where(x < -1, 0, limited)),
    ):
        written = lower(normaliser.normal(outside), (3, 4), normaliser.atoms)
        data = np.linspace(-3, 3, 12).reshape(3, 4)
        found = evaluate([outside, written], {x: data})
        np.testing.assert_array_equal(found[written], found[outside])
        assert any(e.op is not None and e.op.name == "clip" for e in in_order([written]))


def test_fresh_data_are_others_of_which_the_same_holds():
    given_ = {
        symbol("Y", (4, 3)): (np.eye(3)[[0, 2, 1, 1]], "one_hot", 1),
        symbol("P", (2, 3)): (np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]), "sums_to_one", 1),
        symbol("b", (2, 2)): (np.array([[0.0, 1.0], [1.0, 0.0]]), "binary", True),
        symbol("u", (2, 2)): (np.array([[0.5, 2.0], [1.0, 0.7]]), "bounded", (0.4, 2.1)),
        symbol("x", (2, 2)): (np.array([[0.5, -2.0], [1.0, 0.7]]), "nonzero", True),
    }
    facts = {e: [Fact(word, value, "assertion", e)] for e, (_, word, value) in given_.items()}
    first = fresh_data({e: array for e, (array, _, _) in given_.items()}, facts, 0)
    second = fresh_data({e: array for e, (array, _, _) in given_.items()}, facts, 1)
    for e, (array, word, value) in given_.items():
        assert not violation(first[e], word, value)
        assert first[e].shape == array.shape and first[e].dtype == np.float64
        if word != "binary":
            assert not np.array_equal(first[e], second[e])


def test_quotients_of_functions_have_the_name_of_one():
    x = tg.tensor(np.linspace(-1, 1, 5), requires_grad=True)
    d = tg.derive(tg.log(tg.cosh(x)).sum(), wrt=x)
    assert str(d) == "dx = tanh(x)"
    assert "sinh(x) / cosh(x) = tanh(x)" in [step.equation for step in d.steps()]
    assert str(tg.derive(-tg.log(tg.cos(x)).sum(), wrt=x)) == "dx = tan(x)"
