"""Conditions that exclude each other, in sums; and sums whose terms cancel inside others."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.formulas.algebra.alternatives import united
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.facts import Facts
from tensorgraph.symbolic.expr import lift, symbol

RNG = np.random.default_rng(0)
X, G = (symbol(name, (7,), np.float64) for name in "XG")


@pytest.mark.parametrize(
    "e, expected",
    [
        (G * (X > 0) + G * (X <= 0), G),
        ((X > 0) * G + G * (X < 0), G * tg.not_equal(X, 0)),
        (G * (X > 0) + G * tg.equal(X, 0), G * (X >= 0)),
        (G * (X > 0) + G * tg.equal(X, 0) + G * (X < 0), G),
        (G * (G > X) + G * (X >= G), G),
        (2 * (X > 0) + 3 * (X <= 0), 2 * (X > 0) + 3 * (X <= 0)),
        (G * (X > 0) + (X <= 0), G * (X > 0) + (X <= 0)),
        (1 / (G + (X > 0) + (X <= 0)), 1 / (G + 1)),
    ],
)
def test_conditions_that_exclude_each_other_are_one(e, expected):
    nf = Normaliser(meanings=MEANINGS, forward=(), names={}, facts=Facts({}))
    assert united(nf, nf.normal(lift(e))) == nf.normal(lift(expected))


def test_a_comparison_of_what_is_0_or_1_is_that():
    y = RNG.integers(0, 2, 7)
    x = tg.tensor(RNG.normal(size=7), requires_grad=True)
    loss = np.where(y == 1, 3 * x, 0).sum()
    assert str(tg.derive(loss, wrt=x)).startswith("dx = 3 y ")
    assert str(tg.derive(loss, wrt=x, strict=True)).startswith("dx = 3 [y = 1]")


def test_one_hot_rows_on_a_diagonal_are_one_hot_columns_too():
    n = 6
    S = tg.tensor(RNG.normal(size=(n, n)), requires_grad=True)
    for axis, written in ((0, "softmax₀(S)"), (1, "softmax₁(S)")):
        loss = -np.log(tg.softmax(S, axis=axis)[np.arange(n), np.arange(n)]).sum()
        assert str(tg.derive(loss, wrt=S)).splitlines()[0] in ("dS = A − Y", f"dS = {written} − Y")


def test_sums_without_a_name_are_spelt_out_where_they_cancel():
    a, p, n = (tg.tensor(RNG.normal(size=7), requires_grad=True) for _ in range(3))
    loss = (np.square(a - p) - np.square(a - n)).sum()
    assert str(tg.derive(loss, wrt=a)) == "da = 2 (n − p)"


def test_a_gradient_that_is_a_number_has_no_name():
    X, Y = RNG.normal(size=(7, 3)), RNG.normal(size=(7, 2))
    W = tg.tensor(RNG.normal(size=(3, 2)), requires_grad=True)
    Z = X @ W
    loss = -np.einsum("nc,nc->", Y, Z) / 7
    d = tg.derive(loss, wrt=[W, Z])
    assert "= −1" not in str(d) and "dZ3" not in str(d)


def test_a_number_beside_an_array_is_never_taken_to_stand_elsewhere():
    x = tg.tensor(RNG.normal(size=(4, 5)), requires_grad=True)
    shown = str(tg.derive((x**2).mean(), wrt=x, time_limit=0.0))
    assert "[:, :]" not in shown
