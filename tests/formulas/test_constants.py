"""What NumPy and Python computed before the graph saw it, in terms of the caller's variables."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg


def leaf(x):
    return tg.tensor(x, requires_grad=True)


def derived(make, arrays):
    """Return the gradient of a product with what is made of arrays, whose names are the keys."""
    z = leaf(np.ones(np.shape(make(**arrays))))
    return tg.derive((make(**arrays) * z).sum(), wrt=z)


# ------------------------------------------------------------------------------------- arrays


def zeros_and_ones(rng):
    return (rng.random((5, 6)) < 0.4).astype(rng.choice([int, float, bool]))


def positive(rng):
    return rng.uniform(0.1, 2, (5, 6))


def signed(rng):
    return rng.normal(size=(5, 6))


def pixels(rng):
    return rng.integers(0, 256, (5, 6))


def classes(rng):
    return rng.integers(0, 4, 20)


def mask(rng):
    return rng.random((5, 6)) < 0.5


def weights(rng):
    return rng.uniform(1, 2, 4)


FORMS = [
    ("1 − y", lambda y: 1 - y * 1, {"y": zeros_and_ones}),
    ("−y", lambda y: -1 * y, {"y": zeros_and_ones}),
    ("yᵀ", lambda y: y.T, {"y": zeros_and_ones}),
    ("1 − yᵀ", lambda y: (1 - y * 1).T, {"y": zeros_and_ones}),
    ("reshape[3×10](y)", lambda y: y.reshape(3, 10), {"y": signed}),
    ("y", lambda y: y.astype(float), {"y": pixels}),
    ("y", lambda y: y.astype("float32"), {"y": signed}),
    ("2 y − 1", lambda y: 2 * y - 1, {"y": zeros_and_ones}),
    ("1 − y", lambda y: ~y, {"y": mask}),
    ("1 − y", lambda y: np.logical_not(y), {"y": mask}),
    ("x / 255", lambda x: x / 255, {"x": pixels}),
    ("x / 255", lambda x: x.astype("float32") / 255, {"x": pixels}),
    ("log(x)", lambda x: np.log(x), {"x": positive}),
    ("−log(x)", lambda x: -np.log(x), {"x": positive}),
    ("√x", lambda x: np.sqrt(x), {"x": positive}),
    ("exp(x)", lambda x: np.exp(x), {"x": signed}),
    ("1 − x²", lambda x: 1 - x**2, {"x": signed}),
    ("[x > 0]", lambda x: x > 0, {"x": signed}),
    ("relu(x)", lambda x: np.maximum(x, 0), {"x": signed}),
    ("x ∘ y", lambda x, y: x * y, {"x": signed, "y": positive}),
    ("x + y", lambda x, y: x + y, {"x": signed, "y": positive}),
    ("x − y", lambda x, y: x - y, {"x": signed, "y": positive}),
    ("x / y", lambda x, y: x / y, {"x": signed, "y": positive}),
    ("where(c, x, y)", lambda c, x, y: np.where(c, x, y), {"c": mask, "x": signed, "y": positive}),
    ("x − mean₁(x)", lambda x: x - x.mean(axis=1, keepdims=True), {"x": signed}),
    ("(x − mean₀(x)) / std₀(x)", lambda x: (x - x.mean(0)) / x.std(0), {"x": signed}),
    ("x / Σ₁ x", lambda x: x / x.sum(1, keepdims=True), {"x": positive}),
    ("x / max(x)", lambda x: x / x.max(), {"x": positive}),
    ("x / √(Σ x²)", lambda x: x / np.linalg.norm(x), {"x": signed}),
    ("mean₁(x)", lambda x: x.mean(axis=1), {"x": signed}),
    ("one_hot(labels)", lambda labels: labels[:, None] == np.arange(4), {"labels": classes}),
    ("one_hot(labels)", lambda labels: np.eye(4, dtype=int)[labels], {"labels": classes}),
    ("one_hot(labels)", lambda labels: np.eye(4)[labels].T, {"labels": classes}),
    ("w[labels]", lambda w, labels: w[labels], {"w": weights, "labels": classes}),
]


@pytest.mark.parametrize(("text", "make", "drawn"), FORMS)
@given(seed=st.integers(1000, 2**32 - 1))
def test_what_numpy_made_is_read_as_an_expression(text, make, drawn, seed):
    rng = np.random.default_rng(seed)
    arrays = {name: draw(rng) for name, draw in drawn.items()}
    d = derived(make, arrays)
    assert str(d).splitlines()[0] == f"dz = {text}"
    np.testing.assert_allclose(d.evaluate(), make(**arrays), rtol=1e-5, atol=1e-6)
    if text not in arrays:
        assert any(f.word == "equals" and f.source == "data" for f in d.facts)


def spoilt(make, place):
    """Return what makes the same array with one other element."""

    def other(**arrays):
        result = np.array(make(**arrays), float)
        result.flat[place % result.size] += 0.25
        return result

    return other


@pytest.mark.parametrize(("text", "make", "drawn"), FORMS)
@given(seed=st.integers(1000, 2**32 - 1), place=st.integers(0, 100))
def test_with_one_other_element_it_is_another_array(text, make, drawn, seed, place):
    rng = np.random.default_rng(seed)
    arrays = {name: draw(rng) for name, draw in drawn.items()}
    assert str(derived(spoilt(make, place), arrays)).splitlines()[0] == "dz = c"


@pytest.mark.parametrize("draw", [signed, positive, pixels, mask, zeros_and_ones])
@given(seed=st.integers(1000, 2**32 - 1))
def test_arrays_that_have_nothing_to_do_with_it(draw, seed):
    rng = np.random.default_rng(seed)
    arrays = {"x": signed(rng), "y": zeros_and_ones(rng), "u": positive(rng), "v": pixels(rng)}
    shown = str(derived(lambda **_: draw(np.random.default_rng(seed + 1)), arrays))
    assert shown.splitlines()[0] in ("dz = c", "dz = M", "dz = index")


def test_what_is_made_of_an_array_that_changes_shape_is_that_array_elsewhere():
    Z, y = leaf(np.ones((1, 6))), np.array([[1, 0, 0, 1, 1, 0]])
    A = tg.sigmoid(Z)
    cost = -(np.dot(y, np.log(A).T) + np.dot(1 - y, np.log(1 - A).T))
    assert str(tg.derive(np.squeeze(cost), wrt=Z)) == "dZ = A − y"


# ------------------------------------------------------------------------------------ numbers


def test_numbers_are_read_as_the_statements_compute_them():
    x, m, lambd, rho = leaf(np.ones(7)), 32, 0.7, 0.4
    for cost, found in (
        (-1 / m * x.sum(), "−1 / m"),
        ((1.0 / m) * x.sum(), "1 / m"),
        (x.sum() / (2 * m), "1 / (2 m)"),
        (lambd / (2 * m) * x.sum(), "λ / (2 m)"),
        ((1 / m) * (lambd / 2) * x.sum(), "λ / (2 m)"),
        (lambd * (1 - rho) * x.sum(), "λ (1 − ρ)"),
        (x.sum() / np.sqrt(m), "1 / √m"),
        (rho**2 * x.sum(), "ρ²"),
    ):
        d = tg.derive(cost, wrt=x)
        shown = str(d).splitlines()[0]
        assert shown == f"dx = {found}"
        np.testing.assert_allclose(d.evaluate(), tg.gradients(cost, x).numpy())


def test_what_a_loop_left_is_no_length():
    Z, Y, m = leaf(np.ones((1, 6))), np.array([[1, 0, 0, 1, 1, 0]]), 6
    for k in range(7):
        assert k <= m
    A = tg.sigmoid(Z)
    cost = -(Y * tg.log(A) + (1 - Y) * tg.log(1 - A)).mean()
    assert str(tg.derive(cost, wrt=Z)) == "dZ = (A − Y) / m"


def test_one_number_has_one_symbol():
    Z, Y, m, epochs = leaf(np.ones((1, 6))), np.array([[1, 0, 0, 1, 1, 0]]), 6, 6
    A = tg.sigmoid(Z)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) + np.mean(Z)
    assert str(tg.derive(cost, wrt=Z)) == "dZ = (1 + A − Y) / m"
    assert epochs == m


def test_numbers_that_numpy_made_of_arrays():
    u, v = leaf(np.array([0.3, -1.2, 0.7])), np.array([3.7, 1.2, -2.9]) / 7
    for cost, found in (
        (u.sum() / np.sqrt((v * v).sum()), "1 / √(Σ v²)"),
        (u.sum() * np.sum(v), "Σ v"),
        (u.sum() / np.max(v), "1 / max(v)"),
    ):
        shown = str(tg.derive(cost, wrt=u)).splitlines()[0]
        assert shown == f"du = {found}    in each element"


def test_decimals_of_a_formula_are_roots_and_fractions():
    x = leaf(np.ones((3, 5)))
    assert str(tg.derive((x * x / np.sqrt(8)).sum(), wrt=x)) == "dx = 2 x / √8"
    assert str(tg.derive((x * x * (-1 / 24)).sum(), wrt=x)) == "dx = −x / 12"
    root = np.sqrt(2)
    d = tg.derive((x * x * np.float32(root)).sum() * np.sqrt(2), wrt=x)
    np.testing.assert_allclose(d.evaluate(), 4 * np.ones((3, 5)), rtol=1e-6)


# -------------------------------------------------------------------------------------- facts


def softmax_loss(Z, Y):
    return -(Y * tg.log(tg.softmax(Z, axis=1))).sum()


def sources(d):
    return {f.source for f in d.facts if f.word == "sums_to" and f.of.op is None}


@pytest.mark.parametrize("dtype", [int, float, bool])
def test_facts_are_read_off_the_data(dtype):
    Z, Y = leaf(np.ones((4, 3))), np.eye(3)[[0, 2, 1, 0]].astype(dtype)
    d = tg.derive(softmax_loss(Z, Y), wrt=Z)
    line = "dZ = A − Y    assuming Σ₁ Y = 1 (true of this data)"
    assert str(d).splitlines()[0] == line and sources(d) == {"data"}
    strict = tg.derive(softmax_loss(Z, Y), wrt=Z, strict=True)
    assert str(strict).splitlines()[0] == "dZ = A · Σ₁ Y − Y" and not sources(strict)


def test_an_op_states_facts_of_what_no_graph_holds():
    Z = leaf(np.ones((4, 3)))
    P = tg.softmax(tg.tensor(np.arange(12.0).reshape(4, 3)), axis=1)
    Q = tg.one_hot(np.array([0, 2, 1, 0]), 3)
    for Y in (P, Q):
        d = tg.derive(softmax_loss(Z, Y), wrt=Z, strict=True)
        assert "assuming" not in str(d) and "= A − " in str(d) and sources(d) == {"op"}


def test_what_an_op_states_ends_where_the_array_is_changed():
    Z, Y = leaf(np.ones((4, 3))), tg.one_hot(np.array([0, 2, 1, 0]), 3)
    Y[0, 0] = 0.5
    assert str(tg.derive(softmax_loss(Z, Y), wrt=Z)).startswith("dZ = A · Σ₁ Y − Y")


def test_what_was_told_comes_before_what_is_true_of_the_data():
    Z, Y = leaf(np.ones((4, 3))), tg.assume(np.eye(3)[[0, 2, 1, 0]], sums_to_one=1)
    d = tg.derive(softmax_loss(Z, Y), wrt=Z)
    assert "(checked on the data)" in str(d) and sources(d) == {"assertion"}


def test_zeros_and_ones_are_their_own_squares_and_that_is_told():
    X, D = leaf(np.ones((2, 3))), np.array([[1.0, 0, 1], [0, 0, 1]])
    d = tg.derive(((X * D) * D).sum(), wrt=X)
    assert str(d) == "dX = D    assuming D is 0 or 1 (true of this data)"
    strict = tg.derive(((X * D) * D).sum(), wrt=X, strict=True)
    assert str(strict).splitlines()[0] == "dX = D²"


def test_a_number_beside_labels_is_itself_and_no_statistic_of_them():
    rng = np.random.default_rng(0)
    x, y, w = rng.normal(size=(6, 3)), np.array([1, 0, 1, 0, 1, 1.0]), leaf(np.ones(3))
    p, alpha = tg.sigmoid(x @ w), 0.25
    loss = -(alpha * y * tg.log(p) + (1 - alpha) * (1 - y) * tg.log(1 - p)).sum()
    found = tg.derive(loss, wrt=w, strict=True)
    assert {"α = 0.25"} <= {fact.note for fact in found.facts}
    assert "Σ" not in str(found) and "c is" not in str(found)
    loss = -(0.25 * y * tg.log(p) + (1 - y) * tg.log(1 - p)).sum()
    assert "Σ" not in str(tg.derive(loss, wrt=w))


def notes(found):
    return [fact.note for fact in found.facts]


def test_zeros_and_ones_that_vanish_are_told():
    x, w, m = np.arange(6.0).reshape(3, 2), leaf(np.ones(2)), 3
    lambd, keep_prob, y = 0.0, 1.0, np.zeros(3)
    p = tg.sigmoid(x @ w)
    cost = (p**2).sum() + lambd / (2 * m) * (w**2).sum()
    assert "λ = 0" in notes(tg.derive(cost, wrt=w, strict=True))
    assert "keep_prob = 1" in notes(tg.derive((p / keep_prob).sum(), wrt=w, strict=True))
    cost = -(y * tg.log(p) + (1 - y) * tg.log(1 - p)).sum()
    told = notes(tg.derive(cost, wrt=w, strict=True))
    assert "a constant (3,) array that 'multiply' takes is 1" in told
    assert notes(tg.derive((1 * p + 0).sum(), wrt=w)) == []


BEYOND_64_BITS = [
    (lambda x: (x**2).sum() / 2**70, "1.69407e−21 x"),
    (lambda x: (x * 2**64).sum(), "1.8446744073709552e+19"),
    (lambda x: (x**2 * 2**1000).sum() / 2**1000, "2 x"),
    (lambda x: (x * 1.23456789012e301).sum(), "1.23456789012e+301"),
    (lambda x: (x * 1.23456789012e-301).sum(), "1.23457e−301"),
    (lambda x: np.maximum(x, -(2**70)).sum(), "[x > −1.1805916207174113e+21]"),
]


@pytest.mark.parametrize(("f", "formula"), BEYOND_64_BITS)
def test_numbers_that_no_integer_of_64_bits_holds(f, formula):
    x = leaf(np.array([1.0, 2.0, 3.0]))
    d = tg.derive(f(x), wrt=x)
    assert str(d).splitlines()[0].startswith(f"dx = {formula}")
    np.testing.assert_allclose(d.evaluate(), tg.gradients(f(x), x).numpy(), rtol=1e-12)
    assert d.latex() and d.python() and d.steps()


def test_variables_that_hold_such_integers():
    x, k, unused = leaf(np.array([1.0, 2.0], np.float32)), 2**70, 10**400
    assert str(tg.derive((x**2).sum() / k, wrt=x)).startswith("dx = 2 x / k\n")
    assert str(tg.derive((x / -k).sum(), wrt=x)).startswith("dx = −1 / k\n")
    assert unused > k
