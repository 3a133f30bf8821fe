"""Gradients of linear algebra as formulas: those of textbooks, each checked by derive itself."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.linalg import (
    cholesky,
    det,
    diagonal,
    inv,
    logabsdet,
    solve,
    solve_triangular as substitute,
    trace,
)

RNG = np.random.default_rng(2)


def leaf(*shape):
    return tg.tensor(RNG.standard_normal(shape) + 2 * np.eye(*shape[-2:]), requires_grad=True)


A, B, X = leaf(3, 3), leaf(3, 3), leaf(4, 3)
G = RNG.standard_normal((3, 3))
b, c = RNG.standard_normal(3), RNG.standard_normal(4)
x = tg.tensor(RNG.standard_normal(3), requires_grad=True)


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (lambda: logabsdet(A), "dA = A⁻ᵀ"),
        (lambda: tg.linalg.slogdet(A).logabsdet, "dA = A⁻ᵀ"),
        (lambda: tg.log(det(A)), "dA = A⁻ᵀ"),
        (lambda: det(A), "dA = det(A) A⁻ᵀ"),
        (lambda: (inv(A) * G).sum(), "dA = −A⁻ᵀ G A⁻ᵀ"),
        (lambda: trace(A), "dA = I"),
        (lambda: trace(A @ B), "dA = Bᵀ"),
        (lambda: trace(B @ A), "dA = Bᵀ"),
        (lambda: trace(A.mT @ A), "dA = 2 A"),
        (lambda: trace(inv(A) @ G), "dA = −(G A⁻¹)ᵀ A⁻ᵀ"),
        (lambda: b @ solve(A, b), "dA = −(A⁻ᵀ b) (A⁻¹ b)ᵀ"),
        (lambda: b @ inv(A) @ b, "dA = −(A⁻ᵀ b) (A⁻¹ b)ᵀ"),
    ],
)
def test_by_a_matrix(cost, text):
    assert str(tg.derive(cost(), wrt=A)) == text


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (lambda: x @ solve(A, x), "dx = (A⁻¹ + A⁻ᵀ) x"),
        (lambda: tg.norm(X @ x - c) ** 2, "dx = 2 Xᵀ (X x − c)"),
        (lambda: (solve(A, x) * b).sum(), "dx = A⁻ᵀ b"),
        (lambda: (substitute(A, x) * b).sum(), "dx = tril(A)⁻ᵀ b"),
    ],
)
def test_by_a_vector(cost, text):
    assert str(tg.derive(cost(), wrt=x)) == text


# ------------------------------------------------------------------------- Gaussian processes

x_ = RNG.standard_normal(6)
D, y = (x_[:, None] - x_) ** 2, RNG.standard_normal(6)
ell = tg.tensor(1.3, requires_grad=True, dtype="float64")
SYMMETRIC = "    assuming K is symmetric (true of this data)"


def kernel():
    return tg.exp(-D / (2 * ell**2)) + 0.1 * np.eye(6)


def test_the_marginal_likelihood_by_cholesky():
    K = kernel()
    L = cholesky(K)
    alpha = substitute(L, substitute(L, y), transpose=True)
    cost = y @ alpha / 2 + tg.log(diagonal(L)).sum()
    assert str(tg.derive(cost, wrt=K)) == "dK = (K⁻¹ − α αᵀ) / 2" + SYMMETRIC
    first, second = str(tg.derive(cost, wrt=[K, ell])).splitlines()
    assert first == "dK = (K⁻¹ − α αᵀ) / 2" + SYMMETRIC
    assert second == "dell = Σ(D ∘ exp(−D / (2 ell²)) ∘ dK) / ell³" + SYMMETRIC


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("spelling", range(4))
def test_a_length_by_one_factor(upper, spelling):
    K = kernel()
    half = substitute(cholesky(K, upper=upper), y, lower=not upper, transpose=upper)
    cost = [half @ half, (half * half).sum(), (half**2).sum(), tg.square(half).sum()][spelling]
    assert str(tg.derive(cost, wrt=K)) == "dK = −(K⁻¹ y) (K⁻¹ y)ᵀ" + SYMMETRIC


def test_what_is_asked_for_stays_on_the_way():
    K = kernel()
    L = cholesky(K)
    v = substitute(L, y)
    cost = v @ v / 2 + tg.log(diagonal(L)).sum()
    assert str(tg.derive(cost, wrt=v)) == "dv = v"
    assert "diag_embed(1 / diagonal(L))" in str(tg.derive(cost, wrt=L))


def test_a_matrix_that_is_not_symmetric_is_taken_by_its_symmetric_part():
    K = tg.tensor(6 * np.eye(3) + RNG.standard_normal((3, 3)), requires_grad=True)
    text = str(tg.derive(tg.log(diagonal(cholesky(K))).sum(), wrt=K))
    assert "symmetric" not in text and "Kᵀ" in text


def test_another_product_with_the_solution_is_symmetrised():
    K, r = tg.tensor(D @ D + np.eye(6), requires_grad=True), RNG.standard_normal(6)
    L = cholesky(K)
    cost = r @ substitute(L, substitute(L, y), transpose=True)
    assert str(tg.derive(cost, wrt=K)).endswith(SYMMETRIC)  # and is what the engine computes


def test_a_factor_by_itself():
    K, T = kernel(), RNG.standard_normal((6, 6))
    text = str(tg.derive((cholesky(K) * T).sum(), wrt=K))
    assert text.startswith("dK = chol(K)⁻ᵀ (tril(chol(K)ᵀ T)") and text.endswith("chol(K)⁻¹ / 2")


def test_what_is_assumed_symmetric():
    K = tg.assume(kernel(), symmetric=True)
    text = str(tg.derive(tg.log(diagonal(cholesky(K))).sum(), wrt=K))
    assert text.startswith("dK = K⁻¹ / 2")
    with pytest.raises(tg.errors.FactError, match="symmetric=True does not hold"):
        tg.assume(G, symmetric=True)
    with pytest.raises(tg.errors.FactError, match="is not square"):
        tg.assume(np.ones(3), symmetric=True)


def test_in_latex_and_mathml():
    found = tg.derive(logabsdet(A), wrt=A)
    assert "A^{-\\top}" in found.latex() and "<mi>A</mi>" in found._repr_html_()
    assert "K^{-1}" in tg.derive(trace(inv(A) @ A.mT), wrt=A).latex().replace("A", "K")
