"""Masks that NumPy made: the conditions that formulas read in them, and what is told of that."""

import inspect

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

import tensorgraph as tg
from tests.formulas.derive_cases import leaf

DATA = np.random.default_rng(3).normal(size=(6, 5))


def lines(d):
    return [line.split("    ")[0] for line in str(d).splitlines()]


def gradient(A, Z):
    """Return the formula of dZ, and check it on the recorded data."""
    d = tg.derive(A.sum(), wrt=Z, name="Z")
    np.testing.assert_allclose(d.evaluate(), tg.gradients(A.sum(), Z).numpy(), rtol=1e-12)
    return lines(d)[0]


def relus(Z):
    yield Z * (Z > 0)
    yield (Z > 0) * Z
    yield (Z > 0).astype(float) * Z
    yield (Z.numpy() > 0).astype(int) * Z
    yield np.where(Z > 0, Z, 0)


@pytest.mark.parametrize("i", range(5))
def test_every_spelling_of_relu(i):
    Z = leaf(DATA)
    assert gradient([*relus(Z)][i], Z) == "dZ = [Z > 0]"


def test_activations_by_hand():
    Z = leaf(DATA)
    assert gradient(np.maximum(0, Z), Z) == "dZ = [Z > 0] + [Z = 0] / 2"
    assert gradient(np.maximum(Z, 0) ** 2, Z) == "dZ = 2 maximum(Z, 0)"
    assert gradient(np.minimum(np.maximum(Z, 0), 1), Z).count("[") == 4
    assert gradient(np.maximum(Z, 0.01 * Z), Z).startswith("dZ = [Z > 0] + ")
    assert gradient(np.where(Z > 0, Z, np.exp(Z) - 1), Z) == "dZ = [Z > 0] + exp(Z) ∘ [Z ≤ 0]"
    assert gradient(np.where(np.abs(Z) < 1, Z, 0), Z) == "dZ = [|Z| < 1]"
    assert gradient(np.where((Z > -1) & (Z < 0.5), Z, 0), Z) == "dZ = [Z > −1] ∘ [Z < 0.5]"
    assert gradient(np.clip(Z, -1, 1), Z) == "dZ = [Z ≥ −1] ∘ [Z ≤ 1]"
    assert gradient(np.abs(Z), Z) == gradient(Z * np.sign(Z), Z) == "dZ = sign(Z)"


def test_masks_of_other_values_and_numbers():
    Z, delta, keep_prob = leaf(DATA), 0.8, 0.7
    labels, U = np.arange(30).reshape(6, 5) % 4, np.random.default_rng(1).random((6, 5))
    assert gradient(np.where(np.abs(Z) <= delta, Z, 0), Z) == "dZ = [|Z| ≤ δ]"
    assert gradient(Z * (keep_prob > U), Z) == "dZ = [U < keep_prob]"
    assert gradient(Z * (labels == 3), Z) == "dZ = [labels = 3]"
    assert gradient(Z * (labels != 2), Z) == "dZ = [labels ≠ 2]"
    assert gradient(Z * (U > DATA), Z) == "dZ = [U > Z]"
    d = tg.derive((Z * (Z == Z.max(axis=1, keepdims=True))).sum(), wrt=Z)
    assert lines(d)[0] == "dZ = [Z = max₁(Z)]"


def test_hinge():
    m, w, X = 12, leaf(DATA[0, :3]), np.random.default_rng(2).normal(size=(12, 3))
    y = np.where(np.arange(12) % 3, 1.0, -1.0)
    d = tg.derive(np.maximum(0, 1 - y * (X @ w)).mean(), wrt=w)
    assert str(d) == "dw = −Xᵀ (y ∘ ([1 − y ∘ X w > 0] + [1 − y ∘ X w = 0] / 2)) / m"
    assert d.arguments()["m"] == m


def test_what_a_mask_was_read_as_is_told():
    Z = leaf(DATA)
    d = tg.derive((Z * (Z > 0)).sum(), wrt=Z)
    assert [(d.fact_text(f), f.source) for f in d.facts] == [
        ("a constant (6, 5) mask that 'multiply' takes is [Z > 0]", "data")
    ]


def test_a_mask_with_a_name_keeps_it():
    Z, D = leaf(DATA), DATA > 0
    assert gradient(Z * D, Z) == "dZ = D"
    assert gradient(np.where(D, 0, Z), Z) == "dZ = 1 − D"


@given(seed=st.integers(0, 1000))
def test_masks_by_chance_are_no_conditions(seed):
    Z = leaf(DATA)
    A = np.where(np.random.default_rng(seed).permutation(30).reshape(6, 5) < 13, Z, 0)
    d = tg.derive(A.sum(), wrt=Z)
    assert lines(d)[0] == "dZ = M"


def test_numbers_of_dropout_multiply_out_unless_they_have_a_name():
    Z, D = leaf(DATA[:4, :4]), DATA[:4, :4] > 0
    assert lines(tg.derive(tg.dropout(Z, D, keep_prob=0.5).mean(), wrt=Z)) == ["dZ = D / 8"]
    assert lines(tg.derive(tg.dropout(Z, D, keep_prob=0.8).sum(), wrt=Z)) == ["dZ = D / 0.8"]
    keep_prob = 0.8
    d = tg.derive(tg.dropout(Z, D, keep_prob=keep_prob).mean(), wrt=Z)
    assert lines(d)[0] == "dZ = D / (16 keep_prob)"


def test_irrational_numbers():
    a, x = leaf(DATA), leaf(np.abs(DATA) + 1)
    assert lines(tg.derive((2.0**a).sum(), wrt=a)) == ["da = log(2) 2^a"]
    assert lines(tg.derive(tg.log2(x).sum(), wrt=x)) == ["dx = 1 / (log(2) x)"]
    assert lines(tg.derive(tg.erf(x).sum(), wrt=x)) == ["dx = 2 exp(−x²) / √π"]
    d = tg.derive(tg.gelu(x).sum(), wrt=x)
    assert "x / √2" in str(d) and r"\sqrt{\pi}" in d.latex()


def test_rows_added_by_labels():
    E, ids, G = (
        leaf(DATA),
        np.array([1, 3, 3, 0, 5, -1]),
        np.random.default_rng(4).normal(size=(6, 5)),
    )
    assert lines(tg.derive((E[np.abs(ids)] * G).sum(), wrt=E))[0].endswith("ᵀ G")
    d = tg.derive((E[ids] * G).sum(), wrt=E)
    np.testing.assert_allclose(d.evaluate(), tg.gradients((E[ids] * G).sum(), E).numpy())
    assert lines(tg.derive((E[1:3] * G[1:3]).sum(), wrt=E))[0].startswith("dE = scatter[1:3](")


def huber(x, d):
    return tg.where(tg.abs(x) < d, 0.5 * x**2, d * (tg.abs(x) - 0.5 * d)).sum()


@pytest.mark.parametrize("d", [1.0, 2.0])
def test_a_number_that_is_written_out_is_none_of_a_variable_that_gives_it_too(d):
    x = leaf(np.array([0.1, -0.2, 0.3, 0.4]))
    assert lines(tg.derive(huber(x, d), wrt=x))[0] == "dx = x"  # not d x where 0.5 d is 0.5
    residual, delta = leaf(np.array([0.1, -0.2, 3.0, -4.0])), 2.0
    far = delta * tg.abs(residual) - 0.5 * delta**2
    total = tg.where(tg.abs(residual) < delta, -0.5 * residual**2, far).sum()
    found = lines(tg.derive(total, wrt=residual))[0]
    assert "− residual ∘ [|residual| < δ]" in found and "δ [|residual| ≥ δ]" in found


def test_a_number_that_is_computed_of_a_variable_is_that_of_it():
    x, d = leaf(np.array([0.1, -0.2, 0.3, 0.4])), 1.0
    assert lines(tg.derive((x * (0.5 * d)).sum(), wrt=x))[0] == "dx = d / 2"


@pytest.mark.parametrize("loss", ["focal", "multi_margin"])
@pytest.mark.parametrize("of", ["max", "min", "any"])
@pytest.mark.parametrize("shape", [(6, 4), (3, 3), (2, 3)])
def test_the_classes_of_labels_are_no_largest_values(loss, of, shape):
    rng = np.random.default_rng(7)
    x, fresh = rng.normal(size=(2, *shape))
    labels = {"max": x.argmax(1), "min": x.argmin(1), "any": np.arange(1, 1 + shape[0]) % shape[1]}[
        of
    ]
    epoch = 1  # a variable that has nothing to do with it
    f = getattr(tg.nn.losses, loss)
    d = tg.derive(lambda x: f(x, labels), x, wrt="x", strict=True)
    assert "one_hot(labels)" in str(d) and "= max" not in str(d), epoch
    assert "min" not in str(d) and "epoch" not in str(d)
    told = tg.derive(f, x, labels, wrt=next(iter(inspect.signature(f).parameters)))
    program = {}
    exec(told.python(), program)
    other = rng.integers(0, shape[1], shape[0])
    t = tg.tensor(fresh, requires_grad=True)
    expected = tg.gradients(f(t, other), t).numpy()
    (scores,) = {"logits", "scores"} & {*inspect.signature(program["backward"]).parameters}
    found = program["backward"](**{scores: fresh, "labels": other})
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def in_a_box(array):
    """Return a function that gives an array which no variable of a caller holds."""

    def given():
        return array.copy()

    return given


KINDS = {
    "max": lambda x: x == x.max(axis=1, keepdims=True),
    "min": lambda x: x == x.min(axis=0),
    "above": lambda x: x > 0.1,
    "below": lambda x: x <= 0,
}


@given(st.integers(0, 99), st.sampled_from(sorted(KINDS)), st.booleans())
def test_a_mask_that_only_happens_to_order_values_is_no_comparison_of_them(seed, of, strict):
    x = np.random.default_rng(seed).normal(size=(6, 4))
    mask = in_a_box(KINDS[of](x))
    assume(mask().any() and not mask().all())

    def cost(x):
        return tg.where(mask(), x * x, 3 * x).sum()

    formula = lines(tg.derive(cost, x, strict=strict))[0]
    assert "M" in formula and set("<>≤≥").isdisjoint(formula), formula


def test_masks_that_are_made_of_values_are_told_from_one_that_is_given():
    x = np.random.default_rng(0).normal(size=(6, 4))
    mask = in_a_box(x > 0.3)

    assert lines(tg.derive(lambda x: (x * (x.numpy() > 0)).sum(), x))[0] == "dx = [x > 0]"

    def both(x):
        return tg.where(mask(), x, 2 * x).sum() + (x**3 * (x.numpy() > 0)).sum()

    found = str(tg.derive(both, x))
    assert "x > 0]" in found and "0.3" not in found and "M" in found


def test_a_graph_alone_does_not_tell_and_strict_leaves_its_masks():
    x = leaf(np.random.default_rng(0).normal(size=(6, 4)))
    loss = tg.where(in_a_box(x.numpy() > 0.3)(), x, 2 * x).sum()
    assert "M" in str(tg.derive(loss, wrt=x, strict=True))


def test_only_numbers_that_a_function_reads_have_names_in_its_formulas():
    epoch, rate = 7, 0.25

    def cost(x):
        return (7 * rate * x * x + tg.exp(-7.0 * x)).sum()

    d = tg.derive(cost, np.ones(3), strict=True)
    assert "epoch" not in str(d) and "rate" in str(d), epoch


def test_a_comparison_in_the_source_comes_before_labels():
    Z = leaf(np.array([[1.0, -2.0], [-0.5, 3.0]]))
    labels = np.array([0, 1])
    assert gradient(Z * (Z > 0), Z) == "dZ = [Z > 0]", labels
