"""Sums are written as products of sums where that is shorter; tiny numbers stay in their sum."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.formulas.algebra.factoring import factored
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.facts import Facts
from tensorgraph.formulas.writing.formula import cost, formula
from tensorgraph.formulas.writing.text import text
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import symbol

NAMES = "abcdef"
SYMBOLS = [symbol(name, (3, 4), np.float64) for name in NAMES]
DATA = dict(zip(SYMBOLS, np.random.default_rng(0).normal(size=(6, 3, 4)), strict=True))
a, b, c, d, e, f = SYMBOLS


def rewritten(x):
    """Return an expression with its sums factored, and as it is from the normal form."""
    normaliser = Normaliser(meanings=MEANINGS, forward=(), names={}, facts=Facts({}))
    p = normaliser.normal(x)
    return [lower(q, x.shape, normaliser.atoms) for q in (factored(normaliser, p), p)]


sums = st.lists(
    st.tuples(st.sampled_from([1, -1, 2, -0.5]), st.sampled_from(SYMBOLS)),
    min_size=2, max_size=3, unique_by=lambda term: term[1],
)  # fmt: skip


@given(factors=st.lists(sums, min_size=2, max_size=3), rest=st.none() | sums, along=st.booleans())
def test_a_factored_sum_is_equal(factors, rest, along):
    terms = [reduce(tg.add, (k * x for k, x in s)) for s in factors]
    whole = reduce(tg.multiply, terms)
    whole = whole if rest is None else whole + reduce(tg.add, (k * x for k, x in rest))
    whole = (whole * a).sum(axis=1, keepdims=True) if along else whole
    found, plain = rewritten(whole)
    values = evaluate([whole, found], DATA)
    np.testing.assert_allclose(values[found], values[whole], rtol=1e-9, atol=1e-9)
    assert cost(found, {}) <= cost(plain, {}) + 1


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (a * c + a * d - b * c - b * d, "(c + d) ∘ (a − b)"),
        (a - a * c * c - b + b * c * c, "(1 − c²) ∘ (a − b)"),
        (a + b * c - a * a * b * c, "a + b ∘ c ∘ (1 − a²)"),
        (a * b + c * d, "a ∘ b + c ∘ d"),
        (a * b + b * c + c * a, "a ∘ b + a ∘ c + b ∘ c"),
        (2 * a * c - 3 * a * d - 4 * b * c + 6 * b * d, "(2 c − 3 d) ∘ (a − 2 b)"),
    ],
)
def test_sums_whose_terms_share_factors(x, written):
    found, plain = rewritten(x)
    assert written in {text(formula(found, {})), text(formula(plain, {}))}
    assert cost(found, {}) <= cost(plain, {})


# ------------------------------------------------------------------------------------ in formulas


def leaf(*shape):
    return tg.tensor(np.random.default_rng(3).normal(size=shape), requires_grad=True)


def test_an_operation_of_ones_own_leaves_the_rest_simple():
    mish = tg.op(
        "mish",
        kernel=lambda x: x * np.tanh(np.log1p(np.exp(x))),
        vjp={"x": lambda g, x: g * (tg.tanh(tg.softplus(x)) + x * tg.sigmoid(x)
            * (1 - tg.square(tg.tanh(tg.softplus(x)))))},
    )  # fmt: skip
    W, X, Y = leaf(3, 4), np.ones((5, 3)), tg.assume(np.eye(4)[[0, 3, 1, 1, 2]], one_hot=1)
    Z = X @ W
    A = tg.softmax(mish(Z), axis=1)
    shown = str(tg.derive(-(Y * tg.log(A)).sum(), wrt=W))
    assert shown.startswith(
        "dW = Xᵀ ((A − Y) ∘ (tanh(softplus(Z)) + Z ∘ σ(Z) ∘ (1 − tanh(softplus(Z))²)))"
    )


@pytest.mark.parametrize("eps", [1e-3, 1e-5, 1e-8])
def test_a_tiny_number_stays_in_its_sum(eps):
    rng, X = np.random.default_rng(0), leaf(4, 6)
    T, written = rng.normal(size=(4, 6)), f"{eps:g}".replace("-", "−")
    centred = X - X.mean(axis=1, keepdims=True)
    N = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps * np.ones(1))
    shown = str(tg.derive((N * T).sum(), wrt=X))
    centred_by = f"(T − mean₁(T) − N · mean₁(N ∘ T)) / √(mean₁(centred²) + {written})"
    assert shown == f"dX = {centred_by}"
    x = leaf(5)
    assert (
        str(tg.derive(np.log(x * x + eps * np.ones(1)).sum(), wrt=x))
        == f"dx = 2 x / (x² + {written})"
    )
