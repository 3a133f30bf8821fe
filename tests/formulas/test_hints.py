"""Hints: why a formula is longer than it could be."""

import numpy as np

import tensorgraph as tg
from tests.formulas.derive_cases import LOGITS, leaf

RNG = np.random.default_rng(3)


def cross_entropy(P, **options):
    m, Z = 6, leaf(LOGITS)
    A = tg.softmax(Z, axis=1)
    cost = -(P * tg.log(A)).sum() / m
    return tg.derive(cost, wrt=Z, **options)


def shares():
    P = RNG.random((6, 4))
    return P / P.sum(axis=1, keepdims=True)


def test_a_fact_that_holds_and_would_shorten_the_formula():
    d = cross_entropy(shares(), strict=True)
    (hint,) = d.hints
    assert hint == (
        "Σ₁ P = 1 is true of this data and would give dZ = (A − P) / m;"
        " write P = tg.assume(P, sums_to_one=1)"
    )
    assert str(d).splitlines() == ["dZ = (A · Σ₁ P − P) / m", f"  hint: {hint}"]


def test_what_the_hint_says_to_write_gives_that_formula():
    d = cross_entropy(tg.assume(shares(), sums_to_one=1), strict=True)
    assert str(d).startswith("dZ = (A − P) / m ") and not d.hints


def test_nothing_is_suggested_that_the_data_deny_or_that_is_used_already():
    assert not cross_entropy(RNG.random((6, 4)), strict=True).hints
    assert not cross_entropy(RNG.random((6, 4))).hints
    assert not cross_entropy(shares()).hints


def test_an_operation_without_rules_is_named_where_a_formula_is_long():
    rule = {"x": lambda g, x: g * (tg.sin(x) + x * tg.cos(x))}
    own = tg.op("ripple", lambda x: np.sin(x) * x, rule)
    x = leaf(LOGITS)
    short = tg.derive((own(x) ** 2).sum(), wrt=x)
    assert "ripple(x)" in str(short) and not short.hints
    y = own(own(x) * x) * own(x + 1)
    (hint,) = tg.derive((y * y).sum(), wrt=x).hints
    assert "no rule is known of 'ripple'" in hint and "body=" in hint


def test_what_was_not_simplified_for_want_of_time():
    d = cross_entropy(shares(), time_limit=0)
    assert d.hints == ("after 0 s what was left stands as it was; give more time_limit",)
