"""Loops: which values belong to a step, when equations are one, and what is no loop."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.autodiff import place_of
from tensorgraph.formulas.recurrences.equations import Equation, folded, range_text
from tensorgraph.formulas.recurrences.families import recurrences
from tensorgraph.formulas.recurrences.step_simplifier import StepSimplifier
from tensorgraph.formulas.writing.formula import Formula
from tensorgraph.formulas.writing.text import text
from tensorgraph.symbolic.expr import in_order
from tensorgraph.symbolic.replay import replay
from tests.formulas.derive_cases import RNG, leaf
from tests.formulas.derive_recurrences import weights


def loops_in(output):
    recorded = replay([place_of(output)])
    return recurrences(in_order([recorded.exprs[place_of(output)]]), recorded.leaves)


def unrolled(steps, w, u, x):
    h = np.zeros(3)
    for t in range(steps):
        h = tg.tanh(x[t] * w + h @ u)
    return h.sum()


@pytest.mark.parametrize("steps", range(1, 8))
def test_three_steps_make_a_loop(steps):
    w, u, x = weights(3), weights(3, 3), weights(8)
    found = loops_in(unrolled(steps, w, u, x))
    assert len(found) == (steps >= 3)
    for recurrence in found:
        (state,) = [f for f in recurrence.families if f.is_carried]
        assert sorted(state.members) == list(range(steps))
        assert {e.op.name for e in state.members.values()} == {"tanh"}
        (slices,) = [f for f in recurrence.families if f.last.op.name == "getitem"]
        assert {t: e.static["key"] for t, e in slices.members.items()} == {
            t: (t,) for t in range(steps)
        }


def test_layers_with_weights_of_their_own_are_no_loop():
    A = leaf(RNG.normal(size=(2, 3)))
    for _ in range(6):
        A = tg.tanh(A @ weights(3, 3))
    assert loops_in(A.sum()) == []


def test_what_algebra_writes_shorter_is_no_loop():
    x = leaf(RNG.normal(size=4))
    y = x
    for _ in range(4):
        y = y * x
    assert loops_in(y.sum()) == []
    assert str(tg.derive(y.sum(), wrt=x)) == "dx = 5 x⁴"


def test_a_product_of_what_each_step_is_given_is_no_loop_but_a_sum_of_such_products_is():
    x = leaf(RNG.normal(size=4))
    product = mixed = x
    for _ in range(5):
        product = product * RNG.normal(size=4) / RNG.normal(size=4)
        mixed = mixed * RNG.normal(size=4) + tg.tanh(x)
    assert loops_in(product.sum()) == []
    assert len(loops_in(mixed.sum())) == 1


def test_a_loop_may_begin_otherwise_and_end_in_another():
    x, w, v = weights(8), weights(3, 3), weights(3, 3)
    h = tg.sigmoid(weights(3))
    for t in range(4):
        h = tg.tanh(x[t] + h @ w)
    for t in range(4, 8):
        h = tg.tanh(x[t] + h @ v)
    loss = h.sum()
    carried = [f for r in loops_in(loss) for f in r.families if f.is_carried]
    assert [sorted(f.members) for f in carried] == [[0, 1, 2], [3, 4, 5, 6, 7]]
    d = tg.derive(loss, wrt=[w, v])
    for found, expected in zip(d.evaluate().values(), tg.gradients(loss, [w, v]), strict=True):
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-9)


def test_steps_that_are_not_alike_have_equations_of_their_own():
    u, x = weights(3, 3), weights(6, 3)
    h = np.zeros(3)
    for t in range(6):
        h = tg.tanh(x[t] + h @ u)
        h = h * 2 if t == 3 else h
    loss = (h**2).sum()
    d = tg.derive(loss, wrt=x)
    (expected,) = tg.gradients(loss, [x])
    np.testing.assert_allclose(d.evaluate(), expected.numpy(), rtol=1e-9)


@pytest.mark.parametrize("layer", [tg.nn.RNN, tg.nn.GRU, tg.nn.LSTM])
def test_the_equations_do_not_depend_on_how_many_steps_there_are(layer):
    def lines(steps):
        x = leaf(RNG.normal(size=(2, steps, 3)))
        loss = layer(3, 4, dtype="float64")(x)[0].sum()
        d = tg.derive(loss, wrt=x, name="X", time_limit=60.0)
        np.testing.assert_allclose(d.evaluate(), tg.gradients(loss, [x])[0].numpy(), rtol=1e-9)
        return [line.replace(str(steps - 1), "L").replace(str(steps - 2), "K") for line in
                str(d).splitlines() if " = d" in line or "dh" in line]  # fmt: skip

    assert lines(20) == lines(33)


def test_python_code_of_a_loop_needs_what_the_formulas_name():
    x, u = weights(4, 3), weights(3, 3)
    h = np.zeros(3)
    for t in range(4):
        h = tg.tanh(x[t] + h @ u)
    d = tg.derive(h.sum(), wrt=x)
    assert set(d.saved) == {"u", "h_0", "h_1", "h_2", "h_3"}
    assert "dh_3 = " in d.python()


def test_what_steps_are_given_is_theirs_even_if_two_are_given_the_same():
    Y = np.eye(3)[[0, 1, 1, 1, 2]]
    u, x = weights(3, 3), weights(5, 3)
    h, loss = np.zeros(3), 0
    for t in range(5):
        h = tg.tanh(x[t] + h @ u)
        loss = loss + ((h - Y[t]) ** 2).sum()
    assert "dh_t = 2 (h_t − Y[t]) + u dz_{t+1}    for t = 3 … 0" in str(tg.derive(loss, wrt=x))


def of_characters(tokens, labels):
    m, steps = labels.shape
    E, W, V = weights(5, 3), weights(3, 3), weights(3, 5)
    h, loss = np.zeros((m, 3)), 0
    for t in range(steps):
        h = np.tanh(E[tokens[:, t]] + h @ W)
        p = tg.softmax(h @ V, axis=1)
        loss = loss - np.log(p[np.arange(m), labels[:, t]]).mean()
    return str(tg.derive(loss, wrt=[E, W, V]))


def test_indices_that_steps_are_given_are_theirs_whatever_others_are():
    tokens, labels = (RNG.permuted(np.tile(np.arange(5), (5, 1)), axis=1)[:4] for _ in range(2))
    expected = of_characters(tokens, labels)
    assert "one_hot(labels[:, t])" in expected and "tokens[:, t]" in expected
    labels[:, 3], labels[:, 0], tokens[:, 2], tokens[:, 1] = labels[:, 1], 0, tokens[:, 4], 2
    assert of_characters(tokens, labels) == expected


def test_a_number_that_the_statements_compute_of_the_counter_is_written_so():
    w, xs, gamma, J = weights(3), RNG.normal(size=(4, 3)), 0.9, 0
    for i in range(3):
        J = J + (w @ xs[i] - i) ** 2
    d = tg.derive(J, wrt=w)
    assert str(d).splitlines()[1:] == ["  where dz_t = 2 z_t", "  where z_t = wᵀ xs[t] − t"]
    np.testing.assert_allclose(d.evaluate(), tg.gradients(J, [w])[0].numpy(), rtol=1e-9)
    J = 0
    for t in range(4):
        J = J + gamma ** (t + 2) * tg.tanh(xs[t] @ w)
    assert "γ^(t + 2) (1 − a_t²)" in str(tg.derive(J, wrt=w))


def test_numbers_of_the_data_are_no_counter():
    w, xs, ys = weights(3), list(RNG.normal(size=(4, 3))), [1.0, 2.0, 3.0, 4.0]
    J = sum((w @ x - y) ** 2 for x, y in zip(xs, ys, strict=True))
    d = tg.derive(J, wrt=w, strict=True)
    assert str(d).splitlines()[-1] == "  where z_t = wᵀ xs[t] − ys[t]"
    J = 0
    for x, read in zip(xs, map(float, "1234"), strict=True):
        J = J + (w @ x - read) ** 2
    del ys
    d = tg.derive(J, wrt=w)
    assert "z_t = wᵀ xs[t] − c_t" in str(d)
    assert "c_t is a constant () array" in str(d)


def test_newtons_iteration_is_a_loop():
    a = tg.tensor([2.0, 3.0, 5.0], requires_grad=True)
    x = a
    for _ in range(5):
        x = (x + a / x) / 2
    assert "where dx_t = dx_{t+1} / 2" in str(tg.derive(x.sum(), wrt=a))
    y = a
    for _ in range(5):
        y = y * y
    assert "t" not in str(tg.derive(y.sum(), wrt=a, name="a")).replace("where", "")


def test_what_begins_otherwise_is_no_term_of_the_others():
    U, V, x = weights(3, 3), weights(3, 3), RNG.normal(size=(6, 3))
    h = np.zeros(3)
    for t in range(6):
        r = tg.sigmoid(x[t] @ V)
        h = np.tanh(x[t] + (r * h) @ U)
    first = str(tg.derive(h.sum(), wrt=U)).splitlines()[0]
    assert "∘ 0" not in first and "Σ_{t=1…5}" in first


def test_each_form_is_sought_once_and_named_by_views(monkeypatch):
    sought = []
    before = StepSimplifier.simplified
    monkeypatch.setattr(
        StepSimplifier, "simplified", lambda *given: sought.append(given[1]) or before(*given)
    )
    counts = []
    for steps in (8, 16):
        sought.clear()
        w, u, x = weights(3), weights(3, 3), weights(16)
        tg.derive(unrolled(steps, w, u, x), wrt=[w, u], time_limit=60.0)
        counts.append(len(sought))
    assert counts[0] == counts[1]


def test_without_time_the_last_steps_are_told_and_which_are_left_out():
    w, u, x = weights(3), weights(3, 3), weights(8)
    d = tg.derive(unrolled(8, w, u, x), wrt=[w, u], time_limit=0.0)
    assert d.left_out and set(d.left_out.values()) == {6}
    assert "_7 = " in str(d) and "_6 = " not in str(d).replace("h_6 = ", "")
    assert d.hints[-1] == (
        "after 0 s what was left stands as it was, without the steps up to t = 6; give more"
        " time_limit"
    )


# --------------------------------------------------------------------------------------- equations


def name(letter, t):
    return Formula("step", (Formula("name", text=letter),), str(t))


def test_equations_are_one_where_indices_differ_as_steps_do():
    found = [Equation(name("y", t), Formula("product", (name("a", t + 1), name("c", 7)), " "))
             for t in (4, 3, 2)]  # fmt: skip
    (one,) = folded(found, {}, {})
    assert (text(one.left), text(one.right), one.range) == ("y_t", "a_{t+1} c_7", ())


def test_an_equation_that_differs_stands_by_itself():
    found = [Equation(name("y", t), name("a", t if t != 2 else 5)) for t in (4, 3, 2, 1)]
    general, own = folded(found, {}, {})
    assert (text(general.right), general.range) == ("a_t", (4, 3, 1))
    assert (text(own.left), text(own.right)) == ("y_2", "a_5")


def test_where_equations_are_missing_the_others_say_for_which_steps():
    found = [Equation(name("y", t), name("a", t)) for t in (4, 3, 2)]
    (one,) = folded(found, {}, {}, {"y"})
    assert one.range == (4, 3, 2)


def test_ranges():
    assert range_text((3, 2, 1, 0)) == "t = 3 … 0"
    assert range_text((1, 0)) == "t = 1, 0"
    assert range_text((4, 3, 1)) == "t = 4, 3, 1"


@pytest.mark.parametrize("steps", [(0, 1, 2), (1, 2), (0, 2, 4)])
def test_terms_of_consecutive_steps_are_a_sum_over_t(steps):
    terms = tuple(Formula("product", (name("dz", t), name("h", t - 1)), " ") for t in steps)
    whole = Formula("sum", terms, "+" * len(terms))
    (one,) = folded([Equation(Formula("name", text="dU"), whole)], {}, {"dz": (0, 1, 2)})
    shown = {(0, 1, 2): "Σ_t dz_t h_{t−1}", (1, 2): "dz_1 h_0 + dz_2 h_1"}
    assert text(one.right) == shown.get(steps, text(whole))
