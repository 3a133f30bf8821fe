"""Products, reshapes and transposes in formulas: they read as one writes them by hand."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.formulas.facts import Fact, Facts
from tensorgraph.ops._axes import blocks
from tensorgraph.ops.reduce import sum as total
from tensorgraph.ops.shape import reshape
from tensorgraph.symbolic.expr import symbol
from tests.formulas.tex import equations

RNG = np.random.default_rng(5)


def leaf(*shape):
    return tg.tensor(RNG.normal(size=shape), requires_grad=True)


def array(*shape):
    return RNG.normal(size=shape)


def lines(d):
    """Return the formulas by what they define, without remarks."""
    found = [line.split("    ")[0].strip().removeprefix("where ") for line in str(d).splitlines()]
    return dict(line.split(" = ", 1) for line in found if " = " in line)


# ---------------------------------------------------------------------------- products of matrices


@pytest.mark.parametrize(
    "product",
    [np.dot, np.matmul, lambda x, w: np.einsum("ij,jk->ik", x, w), lambda x, w: np.inner(x, w.T)],
)
def test_a_product_reads_alike_however_it_is_written(product):
    X, W, T = array(5, 3), leaf(3, 4), array(5, 4)
    assert str(tg.derive(((product(X, W) - T) ** 2).sum(), wrt=W)) == "dW = 2 Xᵀ (X W − T)"


@pytest.mark.parametrize(
    "product",
    [np.dot, np.matmul, lambda x, w: np.einsum("ij,j->i", x, w), np.inner],
)
def test_a_product_with_a_vector_reads_alike_however_it_is_written(product):
    X, w, t = array(5, 3), leaf(3), array(5)
    assert str(tg.derive(((product(X, w) - t) ** 2).sum(), wrt=w)) == "dw = 2 Xᵀ (X w − t)"


def test_vectors_are_columns():
    x, A, b = leaf(3), array(3, 3), array(3)
    assert str(tg.derive(x @ A @ x / 2 - b @ x, wrt=x)) == "dx = (A + Aᵀ) x / 2 − b"
    f = tg.exp(x @ A @ b)
    assert str(tg.derive(f, wrt=x)) == "dx = f A b"
    assert str(tg.derive(x @ A @ np.diag(b) @ b + tg.exp(x @ A @ x), wrt=x)).startswith("dx = ")
    g = tg.exp(b @ x) * 1.0
    assert lines(tg.derive(g, wrt=x))["dx"] == "exp(bᵀ x) b"


def test_what_a_product_with_a_vector_is_joins_another_one():
    x, A, B = leaf(3), array(3, 3), array(3, 3)
    d = x - array(3)
    assert lines(tg.derive(d @ A @ d, wrt=x))["dx"] == "(A + Aᵀ) d"
    assert lines(tg.derive(x @ A @ B @ x, wrt=x))["dx"] == "Bᵀ Aᵀ x + A B x"


def test_a_cost_of_products_is_the_plain_sum():
    m = 30
    Z, Y = leaf(1, m), (array(1, m) > 0).astype(float)
    A = tg.sigmoid(Z)
    cost = (1.0 / m) * (-np.dot(Y, np.log(A).T) - np.dot(1 - Y, np.log(1 - A).T))
    assert lines(tg.derive(np.squeeze(cost), wrt=Z))["dZ"] == "(A − Y) / m"


def test_a_cost_summed_over_an_axis_and_squeezed_is_the_plain_sum():
    m = 30
    Z, Y = leaf(1, m), (array(1, m) > 0).astype(float)
    A = tg.sigmoid(Z)
    logprobs = np.multiply(np.log(A), Y) + np.multiply(np.log(1 - A), 1 - Y)
    cost = -np.sum(logprobs, axis=1, keepdims=True) / m
    assert lines(tg.derive(np.squeeze(cost), wrt=Z))["dZ"] == "(A − Y) / m"


# ----------------------------------------------------------------------------------------- reshapes

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@given(SHAPES, st.data())
def test_blocks_hold_as_many_elements_and_cannot_be_divided(shape, data):
    lengths = [n for n in shape if n != 1]
    cuts = data.draw(st.lists(st.booleans(), min_size=len(lengths), max_size=len(lengths)))
    merged = [1]
    for n, cut in zip(lengths, cuts, strict=True):
        merged = [*merged, n] if cut else [*merged[:-1], merged[-1] * n]
    found = blocks(shape, tuple(merged))
    assert [i for b in found for i in b.old] == [i for i, n in enumerate(shape) if n != 1]
    assert [i for b in found for i in b.new] == [i for i, n in enumerate(merged) if n != 1]
    for old, new, new_lengths in found:
        assert new_lengths == tuple(merged[i] for i in new)
        assert np.prod([shape[i] for i in old]) == np.prod(new_lengths)
        assert len(new) == 1  # only merged axes here, so that no block has two


def test_a_softmax_through_a_reshape():
    m = 40
    Z, Y = leaf(8, 5, 4), tg.assume(np.eye(4)[RNG.integers(0, 4, m)].reshape(8, 5, 4), one_hot=2)
    A = tg.softmax(Z.reshape((m, 4)), axis=1).reshape((8, 5, 4))
    assert lines(tg.derive(-(Y * tg.log(A)).sum() / m, wrt=Z))["dZ"] == "(A − Y) / m"


def test_a_softmax_into_a_reshape():
    m = 40
    Z, Y = leaf(m, 4), tg.assume(np.eye(4)[RNG.integers(0, 4, m)].reshape(8, 5, 4), one_hot=2)
    A = tg.softmax(Z, axis=1)
    d = tg.derive(-(Y * tg.log(A.reshape((8, 5, 4)))).sum() / m, wrt=Z)
    assert lines(d)["dZ"] == "(A − reshape[40×4](Y)) / m"


def test_facts_along_axes_that_a_reshape_leaves_alone():
    y = symbol("y", (8, 5, 4))
    facts = Facts({y: [Fact("one_hot", 2, "assertion", y)]})
    assert facts.sum_along(reshape(y, shape=(40, 4)), 1).value == (1, 1)
    assert facts.sum_along(reshape(y, shape=(40, 4)), 0) is None
    assert facts.sum_along(reshape(y, shape=(8, 20)), 1) is None


MIDDLE = {
    "tanh": tg.tanh,
    "sigmoid": tg.sigmoid,
    "centred": lambda x: x - x.mean(axis=-1, keepdims=True),
    "scaled": lambda x: 2.5 * x / (1 + x * x),
}


@pytest.mark.parametrize(
    "names",
    [[name] for name in MIDDLE] + [["tanh", "sigmoid"], ["sigmoid", "centred"], ["scaled", "tanh"]],
)
def test_what_is_reshaped_and_back_has_the_formula_without_reshapes(names):
    Z, G = leaf(3, 2, 4), array(3, 2, 4)
    through = straight = Z
    for name in names:
        through = MIDDLE[name](through.reshape((6, 4))).reshape((3, 2, 4))
        straight = MIDDLE[name](straight)
    d = tg.derive((through * G).sum(), wrt=Z)
    plain = tg.derive((straight * G).sum(), wrt=Z)
    assert "reshape" not in str(d)
    np.testing.assert_allclose(d.evaluate(), plain.evaluate(), rtol=1e-9, atol=1e-12)


def test_a_mask_through_a_reshape():
    Z, G = leaf(3, 2, 4), array(3, 2, 4)
    A = tg.relu(Z.reshape((6, 4))).reshape((3, 2, 4))
    assert str(tg.derive((A * G).sum(), wrt=Z)) == "dZ = G ∘ [Z > 0]"


def test_a_sum_over_a_merged_axis_is_one_over_its_parts():
    X, W, T = leaf(3, 5, 4), leaf(4, 6), array(3, 5, 6)
    Z = (X.reshape((15, 4)) @ W).reshape((3, 5, 6))
    assert str(tg.derive(((Z - T) ** 2).sum(), wrt=W)) == "dW = 2 Σ₀(Xᵀ (Z − T))"


def test_flattened_images():
    X, W, T = leaf(5, 2, 3, 3), leaf(18, 4), array(5, 4)
    A = tg.relu(X)
    Z = A.reshape((5, -1)) @ W
    d = lines(tg.derive(((Z - T) ** 2).sum(), wrt=[X, W]))
    assert d["dX"] == "[A > 0] ∘ reshape[5×2×3×3](dZ Wᵀ)"
    assert d["dW"] == "reshape[5×18](A)ᵀ dZ"


def test_normalising_groups_of_features_is_normalising():
    X, T = leaf(5, 12), array(5, 3, 4)
    r = X.reshape((5, 3, 4))
    mu = r.mean(axis=2, keepdims=True)
    std = np.sqrt(((r - mu) ** 2).mean(axis=2, keepdims=True))
    hat = (r - mu) / std
    assert lines(tg.derive((hat * T).sum(), wrt=X))["dX"] == (
        "reshape[5×12]((T − mean₂(T) − hat · mean₂(hat ∘ T)) / std)"
    )


# ---------------------------------------------------------------------------------------- attention


def test_attention_with_one_head():
    Q, K, V, G = leaf(5, 8), leaf(7, 8), leaf(7, 3), array(5, 3)
    P = tg.softmax(Q @ K.T, axis=-1)
    O = P @ V  # noqa: E741
    d = lines(tg.derive((O * G).sum(), wrt=[Q, K, V]))
    assert d["dV"] == "Pᵀ G" or d["dV"] == "Pᵀ dO"
    assert {d[x].split(" ", 1)[1] for x in ("dQ", "dK")} == {"K", "Q"}


def heads(x):
    return x.reshape((3, 5, 2, 4)).permute_dims((0, 2, 1, 3))


def test_attention_with_heads_written_by_hand():
    X, Wq, Wk, Wv, Wo, G = array(3, 5, 8), *(leaf(8, 8) for _ in range(4)), array(3, 5, 8)
    Q, K, V = heads(X @ Wq), heads(X @ Wk), heads(X @ Wv)
    S = Q @ K.mT
    P = tg.softmax(S, axis=-1)
    O = P @ V  # noqa: E741
    C = O.permute_dims((0, 2, 1, 3)).reshape((3, 5, 8))
    out = C @ Wo
    d = lines(tg.derive((out * G).sum(), wrt=[Wq, Wk, Wv, Wo]))
    assert d["dQ"] == "dS K"
    assert d["dK"] == "dSᵀ Q"
    assert d["dV"] == "Pᵀ dO"
    assert d["dS"] == "P ∘ (dO Vᵀ − Σ₃(P ∘ dO Vᵀ))"
    assert d["dO"] == "permute_dims₀,₂,₁,₃(reshape[3×5×2×4](G Woᵀ))"
    assert d["dWo"] == "reshape[8×8](Σ₀(Oᵀ G))"
    assert d["dWq"] == "reshape[8×8](permute_dims₁,₀,₂(Σ₀(Xᵀ dQ)))"


def test_attention_of_the_library():
    attention = tg.nn.MultiHeadAttention(8, 2, bias=False, dtype=np.float64)
    X, G = tg.tensor(array(3, 5, 8)), array(3, 5, 8)
    out = attention(X)
    d = lines(tg.derive((out * G).sum(), wrt=attention))
    assert d["dQ"] == "dS K / 2"
    assert d["dK"] == "dSᵀ Q / 2"
    assert d["dV"] == "Aᵀ dO"
    assert d["dS"] == "A ∘ (dO Vᵀ − Σ₃(A ∘ dO Vᵀ))"
    assert d["A"] == "softmax₃(S)"
    assert d["O"] == "A V"
    assert [line for line in d.values() if line.startswith("reshape[8×8](Σ₀(d")] == [
        f"reshape[8×8](Σ₀(d{letter}ᵀ X))" for letter in "QKV"
    ]


def test_masked_attention_of_the_library():
    attention = tg.nn.MultiHeadAttention(8, 2, causal=True, bias=False, dtype=np.float64)
    X, G = tg.tensor(array(3, 5, 8)), array(3, 5, 8)
    d = lines(tg.derive((attention(X) * G).sum(), wrt=attention))
    assert d["dQ"] == "(M · dS) K / 2"
    assert d["dS"] == "M · A ∘ (dO Vᵀ − Σ₃(M · A ∘ dO Vᵀ))"


def test_two_attentions_have_letters_of_their_own():
    attentions = [tg.nn.MultiHeadAttention(4, 1, bias=False, dtype=np.float64) for _ in range(2)]
    model = tg.nn.Sequential(*attentions)
    X, G = tg.tensor(array(2, 3, 4)), array(2, 3, 4)
    d = lines(tg.derive((model(X) * G).sum(), wrt=model))
    assert {"dQ1", "dK2", "dS1", "dS2"} <= d.keys()


def test_stacks_that_would_be_taken_to_stand_beside_others_say_where_they_stand():
    w, G = array(2, 4, 5), array(2, 2, 3, 5)
    x = leaf(2, 3, 4)
    z = tg.tanh(x[:, None] @ w)
    assert "x[:, None, :, :] w" in str(tg.derive((tg.exp(x[:, None] @ w) * G).sum(), wrt=x))
    G, w = array(2, 6, 3, 5), array(6, 4, 5)
    assert "x w" in str(tg.derive((tg.exp(x[:, None] @ w) * G).sum(), wrt=x))
    assert z.shape == (2, 2, 3, 5)


# --------------------------------------------------------------------------------- what is repeated


@pytest.mark.parametrize(
    "axis, shown, latex",
    [
        (0, "dA = 2 Σ₀ A    in each row", r"\sum_{0} A \quad \text{in each row}"),
        (1, "dA = 2 Σ₁ A    in each column", r"\sum_{1} A \quad \text{in each column}"),
        (None, "dA = 2 Σ A    in each element", r"\sum A \quad \text{in each element}"),
    ],
)
def test_what_a_result_repeats_is_said(axis, shown, latex):
    A = leaf(4, 5)
    d = tg.derive(np.square(total(A, axis=axis)).sum(), wrt=A)
    assert str(d) == shown
    assert equations(d).endswith(latex)
    assert shown.split("    ")[1] in d.mathml()
    namespace = {}
    exec(d.python(), namespace)
    assert namespace["backward"](A.numpy()).shape == (4, 5)


def test_what_a_result_with_more_axes_repeats_is_said():
    A = leaf(2, 3, 4)
    d = tg.derive(np.square(A.sum(axis=(0, 2))).sum(), wrt=A)
    assert str(d) == "dA = 2 Σ₀,₂ A    repeated along axes 0, 2"


def test_a_number_is_everywhere_without_saying_so():
    A = leaf(4, 5)
    assert str(tg.derive(A.mean(), wrt=A)) == "dA = 0.05"


@pytest.mark.parametrize("inputs", [1, 3])
def test_a_vector_of_weights_may_see_one_example(inputs):
    X, w, y = array(1, inputs), leaf(inputs), array(1)
    d = tg.derive(np.square(X @ w - y).mean(), wrt=w)
    np.testing.assert_allclose(d.evaluate(), 2 * X.T @ (X @ w.numpy() - y))
