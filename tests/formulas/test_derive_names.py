"""Names in formulas, and what is read off the data, which is told."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tests.formulas.derive_cases import LABELS, LOGITS, ONE_HOT, UPSTREAM, leaf
from tests.formulas.tex import equations

# ------------------------------------------------------------------------------ where from


def test_names_of_variables_tensors_and_callers():
    x = tg.tensor(LOGITS, requires_grad=True, name="inputs")
    assert str(tg.derive(tg.exp(x).sum(), wrt=x)) == "dinputs = exp(inputs)"
    z = leaf(LOGITS)
    assert str(tg.derive(tg.exp(z).sum(), wrt=z)) == "dz = exp(z)"
    assert str(tg.derive(tg.exp(z).sum(), wrt=z, name="u")) == "du = exp(u)"
    assert str(tg.derive(tg.exp(z).sum(), wrt=[z], name=["u"])) == "du = exp(u)"
    assert str(tg.derive(tg.exp(z).sum(), wrt={"v": z})) == "dv = exp(v)"


def test_a_letter_stands_for_one_value():
    x, y, labels = leaf(LOGITS), leaf(UPSTREAM), ONE_HOT
    cost = (tg.sigmoid_cross_entropy(x, labels) + tg.sigmoid_cross_entropy(y, labels)).sum()
    assert str(tg.derive(cost, wrt=[x, y])) == (
        "dx = A − labels\ndy = σ(y) − labels\n  where A = σ(x)"
    )


def test_parameters_in_containers():
    p = {"W1": leaf(LOGITS), "b1": leaf(np.zeros(4))}
    cost = (p["W1"] * 2 + p["b1"]).sum()
    assert str(tg.derive(cost, wrt=[p["W1"], p["b1"]])) == "dW1 = 2\ndb1 = 6"


def test_a_module():
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(8, 4)).astype(np.float32), rng.integers(0, 3, 8)
    model = tg.nn.Sequential(tg.nn.Linear(4, 5), tg.nn.ReLU(), tg.nn.Linear(5, 3))
    cost = tg.nn.losses.cross_entropy(model(X), labels)
    d = tg.derive(cost, wrt=model)
    assert str(d) == (
        "dW0 = dZ1ᵀ X / 8\n"
        "db0 = mean₀(dZ1)\n"
        "dW2 = dZ2ᵀ A1 / 8\n"
        "db2 = mean₀(dZ2)\n"
        "  where dZ1 = 8 ∂cost/∂Z1 = dZ2 W2 ∘ [A1 > 0]\n"
        "  where dZ2 = 8 ∂cost/∂Z2 = A − Y\n"
        "  where Z1 = X W0ᵀ + b0\n"
        "  where A1 = relu(Z1)\n"
        "  where Z2 = A1 W2ᵀ + b2\n"
        "  where A = softmax₁(Z2)\n"
        "  where Y = one_hot(labels)\n"
        "  with W0 = model.layers.0.weight, b0 = model.layers.0.bias, W2 = model.layers.2.weight,\n"
        "  with b2 = model.layers.2.bias"
    )
    found = tg.gradients(cost, model.parameters())
    for value, expected in zip(d.evaluate().values(), found, strict=True):
        np.testing.assert_allclose(value, expected.numpy(), rtol=1e-4, atol=1e-6)


def run_through(*layers, shape=(5, 4)):
    """Return the text of a classifier's gradients."""
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=shape).astype(np.float32), rng.integers(0, 3, shape[0])
    model = tg.nn.Sequential(*layers)
    cost = tg.nn.losses.cross_entropy(model(X), labels)
    return str(tg.derive(cost, wrt=model))


@pytest.mark.parametrize("activation", [tg.nn.Tanh, tg.nn.ReLU, tg.nn.GELU])
def test_the_letter_a_is_for_the_predictions(activation):
    nn = tg.nn
    conv = run_through(
        nn.Conv2d(1, 2, 3), activation(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3),
        shape=(2, 1, 6, 6),
    )  # fmt: skip
    norms = run_through(
        nn.Linear(4, 3), nn.LayerNorm(3), activation(), nn.RMSNorm(3), nn.Linear(3, 3)
    )
    for shown in (conv, norms):
        assert re.search(r"∂cost/∂\w+ = A − Y$", shown, re.MULTILINE)
        assert re.search(r"where A = softmax₁\(\w+\)$", shown, re.MULTILINE)


def test_the_letter_a_is_for_nothing_else_that_stands_once():
    x, mu = LOGITS[:, :1], leaf(LOGITS[0])
    logp = -((x - mu) ** 2) / 2
    d = tg.derive(-tg.log(tg.exp(logp).sum(axis=1)).sum(), wrt=mu)
    assert str(d) == "dμ = −Σ₀((x − μ) ∘ softmax₁(logp))"

    x = leaf(LOGITS)
    y = x / (1 + tg.exp(-x))
    assert str(tg.derive(y.sum(), wrt=x)) == "dx = y + σ(x) ∘ (1 − y)"

    z = leaf(LOGITS)
    assert str(tg.derive((tg.sigmoid(z) ** 2 / 2).sum(), wrt=z)).endswith("where A = σ(z)")


def test_the_letter_a_is_for_the_predictions_of_a_recurrent_network():
    rng = np.random.default_rng(0)
    rnn, head = tg.nn.RNN(4, 3), tg.nn.Linear(3, 3)
    states = rnn(rng.normal(size=(2, 3, 4)).astype(np.float32))[0]
    cost = tg.nn.losses.cross_entropy(head(states[:, -1]), np.array([0, 2]))
    shown = str(tg.derive(cost, wrt=rnn))
    assert "= A − Y\n" in shown and "where A = softmax₁(" in shown


def test_layers_that_stand_for_their_bodies_leave_formulas_short():
    nn = tg.nn
    shown = run_through(nn.Linear(4, 3), nn.LayerNorm(3), nn.ReLU(), nn.Linear(3, 3))
    normalised = "(Z1 − μ) · γ₁ / σ + β₁"
    for line in (
        f"dγ₁ = mean₀(x̂ ∘ dZ2 W3 ∘ [{normalised} > 0])",
        f"dβ₁ = mean₀(dZ2 W3 ∘ [{normalised} > 0])",
        f"dW3 = dZ2ᵀ relu({normalised}) / 5",
    ):
        assert line in shown.splitlines()

    X, W, b = LOGITS, leaf(np.abs(UPSTREAM)[:3]), leaf(np.zeros(3))
    cost = tg.tanh(tg.linear(X, W, b)).sum()
    assert str(tg.derive(cost, wrt=W)) == "dW = (1 − (tanh(X Wᵀ + b)ᵀ)²) X"


# --------------------------------------------------------------------- one name for each value


def run(derivation):
    """Return what the printed function gives for the recorded data."""
    namespace = {}
    exec(derivation.python(), namespace)
    names = re.search(r"def backward\((.*?)\):", derivation.python())[1].split(", ")
    known = derivation.arguments()
    return namespace["backward"](*(known[name] for name in names))


def test_a_gradient_has_no_name_that_is_taken():
    dZ, Z = leaf(LOGITS), leaf(UPSTREAM)
    d = tg.derive((dZ * Z * Z).sum(), wrt=Z)
    assert str(d) == "dZ′ = 2 dZ ∘ Z"
    np.testing.assert_allclose(run(d), 2 * LOGITS * UPSTREAM)


def test_names_that_python_writes_alike_stay_apart():
    a, b = leaf(LOGITS), leaf(UPSTREAM)
    d = tg.derive((a * b).sum(), wrt={"a.1": a, "a_1": b})
    for found, expected in zip(run(d), (UPSTREAM, LOGITS), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_variable_called_like_a_function_of_the_code():
    std, x = leaf(LOGITS), leaf(UPSTREAM)
    d = tg.derive((std * tg.std(x, axis=1, keepdims=True)).sum(), wrt=std)
    expected = np.broadcast_to(UPSTREAM.std(axis=1, keepdims=True), LOGITS.shape)
    np.testing.assert_allclose(np.broadcast_to(run(d), LOGITS.shape), expected)


def test_gradients_that_are_alike_are_all_returned():
    x, b, c = leaf(LOGITS), leaf(np.zeros(4)), leaf(np.ones(4))
    d = tg.derive((tg.tanh(x + b + c) ** 2).sum(), wrt=[b, c])
    for values in (run(d), d.evaluate().values()):
        for found in values:
            expected = tg.gradients((tg.tanh(x + b + c) ** 2).sum(), b)
            np.testing.assert_allclose(found, expected.numpy())


def test_a_value_computed_twice_has_both_its_names():
    x = leaf(LOGITS)
    a, b = tg.exp(x), tg.exp(x)
    d = tg.derive((a * b).sum(), wrt=[a, b])
    assert set(d.evaluate()) == {"da", "db"}


def test_an_exponent_is_a_number():
    Z, k = leaf(UPSTREAM), 3
    assert k == 3
    assert "where" not in str(tg.derive((Z**3).sum(), wrt=Z))


def test_normalising_layers_as_python():
    x = leaf(UPSTREAM)
    d = tg.derive((tg.center(x, axis=1) ** 3 / tg.rms(x, axis=1, keepdims=True)).sum(), wrt=x)
    np.testing.assert_allclose(run(d), d.evaluate(), rtol=1e-9, atol=1e-12)


def test_a_condition_that_is_a_constant_keeps_its_brackets():
    Z = leaf(UPSTREAM)
    unrelated = np.random.default_rng(5).random(UPSTREAM.shape).round(3)
    d = tg.derive(tg.square(tg.where(unrelated * 1000 % 7 > 2, Z, 0.0)).sum(), wrt=Z)
    assert str(d) == (
        "dZ = 2 M ∘ where(M, Z, 0)\n  where M is a constant (6, 4) mask that 'where' takes"
    )
    assert equations(d) == r"dZ = 2 \, M \odot \operatorname{where}(M, Z, 0)"


def test_a_name_that_is_none():
    x = leaf(LOGITS)
    for name in ("lambda x", "9", "a-b", "x."):
        with pytest.raises(tg.errors.ArgumentError, match="is no name for a formula"):
            tg.derive((x * x).sum(), wrt=x, name=name)


def test_latex_of_names():
    x, y, dx_prev, beta_1 = leaf(LOGITS), leaf(LOGITS), UPSTREAM, leaf(UPSTREAM)
    d = tg.derive((x * y * dx_prev * beta_1).sum(), wrt=[x, y, beta_1])
    assert equations(d).splitlines() == [
        r"dx = y \odot dx_{\mathrm{prev}} \odot \beta_{1} \\",
        r"dy = x \odot dx_{\mathrm{prev}} \odot \beta_{1} \\",
        r"d\beta_{1} = x \odot y \odot dx_{\mathrm{prev}}",
    ]


# ------------------------------------------------------------------- what the data happen to be


def test_a_matrix_that_happens_to_be_one_hot():
    x, M, order = leaf(LOGITS[:4]), np.eye(4), np.arange(4)
    assert len(order) == 4
    d = tg.derive(-(M * tg.log(tg.softmax(x, axis=1))).sum(), wrt=x)
    told = (
        "dx = A − M    assuming M = one_hot(order) (checked on the data)\n  where A = softmax₁(x)"
    )
    assert str(d) == told
    assert {f.source for f in d.facts if f.word == "sums_to"} == {"data", "op"}


def test_a_number_that_a_variable_happens_to_hold():
    x, lr = leaf(LOGITS), 0.5
    d = tg.derive((lr * x * x * x).sum(), wrt=x)
    assert str(d) == "dx = 3 lr x²\n  with lr = 0.5"
    assert [(d.fact_text(f), f.source) for f in d.facts] == [("lr = 0.5", "data")]


def test_a_number_that_is_written_out():
    x, lr = leaf(LOGITS), 0.5
    assert str(tg.derive((0.5 * x * x * x).sum(), wrt=x)) == "dx = 3 x² / 2"
    assert lr


def test_a_variable_names_arrays_that_broadcast_alike_alone():
    x, w = leaf(LOGITS[:4]), np.array([1.0, 2.0, 3.0, 4.0])
    assert str(tg.derive((x * w[None]).sum(), wrt=x)) == "dx = w    in each row"
    assert str(tg.derive((x * w[:, None]).sum(), wrt=x)) == "dx = w    in each column"


def test_one_has_no_name():
    Z, one = leaf(LOGITS), 1
    A = 1 / (1 + tg.exp(-Z))
    assert str(tg.derive((A * one).sum(), wrt=Z)) == "dZ = A ∘ (1 − A)"


def test_a_coefficient_is_no_length():
    x, k = leaf(LOGITS), 3
    assert str(tg.derive((x**k).sum() / 8, wrt=x)) == "dx = 3 x² / 8"
    assert str(tg.derive((8 * x**3).mean(), wrt=x)) == "dx = x²"


def test_what_follows_from_other_arrays_is_told():
    Z, Y = leaf(LOGITS), (UPSTREAM > 0) * 1.0
    d = tg.derive(((1 - Y) * Z).sum(), wrt=Z)
    assert str(d) == "dZ = 1 − Y"
    assert [d.fact_text(f) for f in d.facts] == [
        "a constant (6, 4) array that 'multiply' takes is 1 − Y"
    ]


def test_constants_without_a_name_are_explained():
    x, picked = leaf(LOGITS), [0, 2]
    assert picked
    d = tg.derive((tg.where(UPSTREAM % 0.1 > 0.05, x, 0) * np.sin(UPSTREAM)).sum(), wrt=x)
    assert str(d) == (
        "dx = M ∘ c\n"
        "  where c is a constant (6, 4) array that 'multiply' takes\n"
        "  where M is a constant (6, 4) mask that 'where' takes"
    )


def test_a_guard_against_zero_stays_where_there_is_one():
    data = np.abs(LOGITS)
    data[0, 0] = 0
    X, p = leaf(data), UPSTREAM + 3
    d = tg.derive((X**p).sum(), wrt=X)
    assert "where(" in str(d) and "≠ 0" not in str(d)
    np.testing.assert_allclose(d.evaluate(), tg.gradients((X**p).sum(), X).numpy())


def test_what_a_mask_hides_may_be_infinite():
    x = leaf(LOGITS)
    root = tg.where(LOGITS > 0, tg.sqrt(tg.where(LOGITS > 0, x, 1.0)), 0.0) * x
    d = tg.derive(root.sum(), wrt=x)
    np.testing.assert_allclose(d.evaluate(), tg.gradients(root.sum(), x).numpy())


def test_labels_of_an_array_are_those_at_hand():
    Z, Y = leaf(LOGITS), ONE_HOT.copy()
    assert str(tg.derive(-(Y * tg.log_softmax(Z, axis=1)).sum(), wrt=Z)) == (
        "dZ = A − Y    assuming Y = one_hot(LABELS) (checked on the data)\n  where A = softmax₁(Z)"
    )
    assert len(LABELS) == len(Y)


def test_letters_below_are_set_as_letters():
    a_k, keep_prob = leaf(LOGITS), 0.5
    d = tg.derive((a_k / keep_prob).sum(), wrt=a_k)
    assert equations(d) == r"da_{k} = \frac{1}{\mathrm{keep}_{\mathrm{prob}}}"


@pytest.mark.parametrize("key", ["", "a b"])
def test_a_key_that_is_no_name(key):
    x = leaf(LOGITS)
    with pytest.raises(tg.errors.ArgumentError, match="no name for a formula"):
        tg.derive(tg.exp(x).sum(), wrt={key: x})
