"""Which symbol stands for which value: by the user's statements, and never one for two."""

import re

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

import tensorgraph as tg
from tensorgraph.formulas.naming.distinct import distinct, printed
from tensorgraph.formulas.writing.latex import latex_name
from tensorgraph.formulas.writing.mathml import mathml_name
from tensorgraph.formulas.writing.text import pretty
from tensorgraph.symbolic.expr import symbol

RNG = np.random.default_rng(5)


def leaf(*shape):
    return tg.tensor(RNG.normal(size=shape), requires_grad=True)


def first_line(derivation):
    return str(derivation).splitlines()[0]


# ------------------------------------------------------------------------- by the statements


def test_of_equal_arrays_the_one_in_the_statement():
    z, previous = leaf(4), RNG.normal(size=4)
    y = previous.copy()
    assert first_line(tg.derive(((z - y) ** 2).sum() / 8, wrt=z)) == "dz = (z − y) / 4"
    assert previous is not y


def test_equal_arrays_that_both_stand_there_stay_apart():
    z, prev = leaf(4), RNG.normal(size=4)
    y = prev.copy()
    cost = ((z - y) ** 2).sum() + (z * prev).sum()
    d = tg.derive(cost, wrt=z)
    assert {"prev", "y"} <= set(re.findall(r"\w+", first_line(d)))
    np.testing.assert_allclose(d.evaluate(), 2 * (z.numpy() - y) + prev)


def test_another_name_of_the_same_array_is_no_other_value():
    z, y = leaf(4), RNG.normal(size=4)
    again = y
    cost = ((z - y) ** 2).sum() + (z * again).sum()
    assert not {"y", "again"} <= set(re.findall(r"\w+", first_line(tg.derive(cost, wrt=z))))


def test_what_is_a_guess_is_told():
    def product(a, b):
        return (a * b).sum()

    z, p = leaf(4), RNG.normal(size=4)
    q = p.copy()
    chosen = product(z, [p, q][1])
    d = tg.derive(chosen, wrt=z)
    assert "  where p may be q, which holds the same" in str(d).splitlines()
    assert ("p may be q, which holds the same", "data") in {
        (d.fact_text(f), f.source) for f in d.facts
    }


def test_a_helper_knows_what_its_caller_calls_values():
    def shown(loss, weights):
        return first_line(tg.derive(loss, wrt=weights))

    W, y = leaf(3), RNG.normal(size=3)
    A = tg.exp(W)
    assert shown((A * y).sum(), W) == "dweights = A ∘ y"


def test_what_a_loop_left_names_nothing():
    m, Z, Y = 6, leaf(6), RNG.normal(size=6)
    for k in range(7):
        assert k < 7
    assert first_line(tg.derive(((Z - Y) ** 2).sum() / m, wrt=Z)) == "dZ = 2 (Z − Y) / m"


def test_attributes_are_called_as_in_the_statements():
    class Net:
        def __init__(me):
            me.W, me.b = leaf(4, 3), leaf(3)

        def gradient(me, x):
            z = x @ me.W + me.b
            return str(tg.derive((z**2).sum(), wrt=[me.W, me.b]))

    x, net = RNG.normal(size=(2, 4)), Net()
    assert net.gradient(x) == "dW = xᵀ dz\ndb = Σ₀ dz\n  where dz = 2 z"
    z = x @ net.W + net.b
    assert str(tg.derive((z**2).sum(), wrt=[net.W, net.b])) == net.gradient(x)


def test_a_gradient_is_named_after_the_variable_that_a_product_ends_in():
    d, Q, K, V, G = 3, leaf(4, 3), leaf(5, 3), leaf(5, 2), RNG.normal(size=(4, 2))
    S = Q @ K.T / np.sqrt(d)
    O = tg.softmax(S, axis=1) @ V  # noqa: E741
    lines = str(tg.derive((O * G).sum(), wrt=[Q, K, V])).splitlines()
    assert lines[:2] == ["dQ = dS K / √d", "dK = dSᵀ Q / √d"]
    assert any(line.startswith("  where dS = ") for line in lines)


def test_no_gradient_of_a_layer_has_a_prime():
    X, Y = RNG.normal(size=(3, 6)), RNG.normal(size=(1, 6))
    W1, W2, b1 = leaf(4, 3), leaf(1, 4), leaf(4, 1)
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1)
    lines = str(tg.derive(((Z2 - Y) ** 2).sum(), wrt=[W1, b1, W2])).splitlines()
    assert lines[:3] == ["dW1 = dZ1 Xᵀ", "db1 = Σ₁ dZ1", "dW2 = dZ2 A1ᵀ"]


def test_layers_in_a_loop_are_numbered():
    X, layers, caches = RNG.normal(size=(3, 6)), [leaf(3, 3) for _ in range(3)], []
    A = X
    for W in layers:
        A_prev = A
        Z = W @ A_prev
        A = tg.tanh(Z)
        caches.append((A_prev, Z))
    lines = str(tg.derive((A**2).sum(), wrt=layers)).splitlines()
    assert lines[:2] == ["dlayers0 = dZ1 Xᵀ", "dlayers1 = dZ2 A1ᵀ"]
    assert "  where dZ1 = layers1ᵀ dZ2 ∘ (1 − A1²)" in lines


def test_constants_without_a_name_are_numbered():
    x = leaf(4)
    out = x
    for _ in range(20):
        out = out * RNG.normal(size=4)
    shown = first_line(tg.derive(out.sum(), wrt=x))
    assert shown == "dx = " + " ∘ ".join(f"c{i}" for i in range(1, 21))


# ------------------------------------------------------------------------- containers


def test_keys_that_are_numbers_and_signs():
    W1 = leaf(3)
    p = {1: W1, 2: leaf(3), "50%": leaf(3)}
    total = (p[1] * p[2] * p["50%"]).sum()
    assert str(tg.derive(total, wrt=p)) == "dW1 = p2 ∘ 50%\ndp2 = W1 ∘ 50%\nd50% = W1 ∘ p2"
    assert str(tg.derive(total, wrt=[p[2]])) == "dp2 = W1 ∘ 50%"


def test_layers_in_a_list_of_dicts():
    layers = [{"W": leaf(3, 3), "b": leaf(3)} for _ in range(2)]
    a = x = RNG.normal(size=(2, 3))
    for layer in layers:
        a = a @ layer["W"] + layer["b"]
    shown = str(tg.derive(a.sum(), wrt=[layer["b"] for layer in layers]))
    assert [line.partition(" ")[0] for line in shown.splitlines()[:2]] == ["db0", "db1"]
    assert x is not a


# ------------------------------------------------------------------------- printed forms


@pytest.mark.parametrize("one, other", [("W", "W_"), ("x1", "x_1"), ("dW", "dW_"), ("50%", "50")])
def test_names_that_are_not_the_same_are_not_printed_alike(one, other):
    assert not printed(one) & printed(other)


def test_two_variables_of_one_greek_letter():
    lam, lambd = leaf(3), leaf(3)
    d = tg.derive((lam * lambd).sum(), wrt=[lam, lambd])
    assert str(d) == "dλ = λ′\ndλ′ = λ"
    assert len(set(re.findall(r"&= (.*?)(?: |$)", d.latex(), re.MULTILINE))) == 2


def test_a_gradient_is_called_as_what_was_found_by_hand():
    v, dv, m, dt = leaf(), 3.0, 7, 0.5
    assert str(tg.derive(dv * v, wrt=v)).startswith("dv′ = dv")  # the graph holds that number
    assert str(tg.derive(m * v, wrt=v)).startswith("dv = m")
    t = leaf()
    assert str(tg.derive(t * dt, wrt=t)).startswith("dt′ = dt")
    assert str(tg.derive(t * t / m, wrt=t)).startswith("dt = 2 t / m")


def test_a_count_is_called_by_its_variable_though_another_function_divides_by_it():
    X, W = RNG.normal(size=(2, 40)), leaf(1, 2)
    m = X.shape[1]
    J = cost_of(W @ X)
    assert str(tg.derive(J, wrt=W)) == "dW = 2 W X Xᵀ / m"
    assert m == 40


def cost_of(Z):
    return (Z * Z).sum() / Z.shape[1]


def test_a_number_and_a_value_share_no_symbol():
    c, x = 3.5, leaf(4)
    shown = str(tg.derive((x * c * RNG.normal(size=4)).sum(), wrt=x))
    assert shown.splitlines()[0] in ("dx = c c1", "dx = c1 c", "dx = c c′", "dx = c′ c")


@example(["x1_W", "x_W1"])
@example(["lam", "lambd", "lam"])
@given(st.lists(st.text("dWx_1λ$%", min_size=1, max_size=4), min_size=1, max_size=6))
def test_no_two_values_share_a_symbol_in_any_form(names):
    wanted = {symbol(name, ()): name for name in names}
    found = list(distinct(wanted, ["W", "x_1"], {}).values())
    for form in (pretty, latex_name, mathml_name):
        assert len({form(name) for name in [*found, "W", "x_1"]}) == len(found) + 2


@pytest.mark.parametrize(
    "name, expected",
    [
        ("50%", r"\mathrm{50\%}"),
        ("price_$", r"\mathrm{price}_{\mathrm{\$}}"),
        ("R&D", r"\mathrm{R\&D}"),
        ("W_", r"\mathrm{W\_}"),
        ("a{b}\\~^#", r"\mathrm{a\{b\}{\backslash}{\sim}{\wedge}\#}"),
        ("learning rate", r"\mathrm{learning\ rate}"),
        ("Z1′", r"Z^{[1]\prime}"),
        ("x_1", "x_{1}"),
        ("W1_2", "W_{2}^{[1]}"),
        ("beta_x2", r"\beta_{x,2}"),
    ],
)
def test_names_in_latex(name, expected):
    assert latex_name(name) == expected


# ------------------------------------------------------------------------------ numbers and signs


def test_numbers_that_look_alike_are_told_apart():
    x, alpha, α = leaf(3), 0.3, 0.7
    found = str(tg.derive(alpha * (x**2).sum() + α * tg.exp(x).sum(), wrt=x))
    assert "α = 0.3, α′ = 0.7" in found or "α′ = 0.3, α = 0.7" in found
    assert "α′" in found.splitlines()[0]


def test_a_value_is_told_apart_from_a_sign():
    x, pi, sigma, Σ = leaf(3), 0.3, 0.4, RNG.normal(size=3)
    assert "π′ = 0.3" in str(tg.derive((pi * tg.erf(x)).sum(), wrt=x))
    assert "π′ = 0.3" in str(tg.derive((pi * x**2).sum() / np.sqrt(2 * np.pi), wrt=x))
    assert "π = 0.3" in str(tg.derive((pi * tg.exp(x)).sum(), wrt=x))
    assert "σ(σ′ x)" in str(tg.derive(tg.sigmoid(sigma * x).sum(), wrt=x))
    assert "σ x" in str(tg.derive((sigma * x**2).sum(), wrt=x))
    assert "Σ′" in str(tg.derive((Σ * tg.exp(x)).sum(), wrt=x))


def test_a_policy_is_called_as_in_the_statements():
    logits, advantage = leaf(6, 3), RNG.normal(size=(6, 1))
    chosen = np.eye(3)[[0, 2, 1, 1, 0, 2]]
    pi = tg.softmax(logits, axis=1)
    d = tg.derive((chosen * tg.log(pi) * advantage).sum(), wrt=logits)
    assert first_line(d).split("    ")[0] == "dlogits = advantage · (chosen − π)"


# ------------------------------------------------------------------------------- gradients


def test_a_number_or_a_value_is_no_gradient_with_a_name():
    m, X, W, b = 6, RNG.normal(size=(3, 6)), leaf(1, 3), leaf(1, 1)
    Y = (RNG.random((1, m)) < 0.5).astype(int)
    AL = tg.sigmoid(np.dot(W, X) + b)
    cost = -(Y @ tg.log(AL).T) / m
    assert "= −1" not in str(tg.derive(np.squeeze(cost), wrt=[W, b]))

    W1, W2, G = leaf(3, 4), leaf(4, 2), RNG.normal(size=(6, 2))
    H = tg.tanh(X.T @ W1)
    S = H @ W2
    lines = str(tg.derive(-(S * G).sum() / m, wrt=[W1, W2])).splitlines()
    assert lines[1] == "dW2 = −Hᵀ G / m" and len(lines) == 3


def test_a_sum_by_einsum_is_no_product():
    X, v = leaf(5, 3), leaf(3)
    lines = str(tg.derive((np.einsum("ij->j", X) * v**2).sum(), wrt=[X, v])).splitlines()
    assert lines[0].startswith("dX = v²") and "Z1" not in "".join(lines)


def test_a_variable_may_hold_an_integer_beyond_64_bits():
    lam, state, larger = 0.5, 2**70, 10**400
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    assert state < larger
    assert str(tg.derive(lam * (x**2).sum(), wrt=x)) == "dx = 2 λ x\n  with λ = 0.5"
