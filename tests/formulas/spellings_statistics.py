"""Likelihoods and penalties, as statisticians write them.

Each function records a graph in local variables of its own and returns what ``derive`` makes of it;
``case`` holds the lines that must come out, without what is told after them.
"""

import numpy as np

import tensorgraph as tg
from tests.formulas.spelling import cases, leaf, m, rng

CASES = {}
case = cases(CASES)


@case("dβ = Xᵀ (μ − y)")
def poisson_regression():
    X = rng.normal(size=(m, 3))
    beta = leaf(3)
    y = rng.poisson(2.0, m)
    eta = X @ beta
    mu = np.exp(eta)
    nll = np.sum(mu - y * eta)
    return tg.derive(nll, wrt=beta)


@case("dβ = Xᵀ (y − rate)")
def poisson_with_offset_as_log_likelihood():
    X = rng.normal(size=(m, 3))
    beta = leaf(3)
    exposure = rng.uniform(1, 3, m)
    y = rng.poisson(2.0, m)
    rate = np.exp(X @ beta + np.log(exposure))
    loglik = (y * np.log(rate) - rate).sum()
    return tg.derive(loglik, wrt=beta)


@case("dB = Xᵀ (Y − P)")
def multinomial_logit():
    X = rng.normal(size=(m, 3))
    B = leaf(3, 4)
    choice = rng.integers(0, 4, m)
    Y = (choice[:, None] == np.arange(4)).astype(int)
    eta = np.dot(X, B)
    P = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    ll = (Y * np.log(P)).sum()
    return tg.derive(ll, wrt=B)


@case("dβ = 2 λ β − 2 Xᵀ (y − X β)")
def ridge():
    X = rng.normal(size=(m, 3))
    y = rng.normal(size=m)
    beta = leaf(3)
    lam = 0.3
    rss = np.sum((y - X @ beta) ** 2)
    return tg.derive(rss + lam * np.sum(beta**2), wrt=beta)


@case("dw = α sign(w) − Xᵀ (y − X w) / n")
def lasso_as_sklearn_states_it():
    n = 50
    X = rng.normal(size=(n, 3))
    y = rng.normal(size=n)
    w = leaf(3)
    alpha = 0.1
    return tg.derive(1 / (2 * n) * np.sum((y - X @ w) ** 2) + alpha * np.sum(np.abs(w)), wrt=w)


@case("dw = α ((1 − ρ) w + ρ sign(w)) − Xᵀ residual / n")
def elastic_net():
    n = 50
    X = rng.normal(size=(n, 3))
    y = rng.normal(size=n)
    w = leaf(3)
    alpha, rho = (0.1, 0.4)
    residual = y - X @ w
    obj = (
        np.dot(residual, residual) / (2 * n)
        + alpha * rho * np.abs(w).sum()
        + 0.5 * alpha * (1 - rho) * (w**2).sum()
    )
    return tg.derive(obj, wrt=w)


@case("dw = C w − Xᵀ (y ∘ σ(−y ∘ X w))")
def logistic_plus_minus_one_by_logaddexp():
    X = rng.normal(size=(m, 3))
    y = np.where(rng.random(m) < 0.5, 1, -1)
    w = leaf(3)
    C = 0.5
    return tg.derive(np.sum(np.logaddexp(0, -y * (X @ w))) + C / 2 * (w @ w), wrt=w)


@case("dη = θ ∘ Rᵀ (δ / risk) − δ")
def cox_partial_likelihood():
    times = rng.exponential(size=m)
    delta = rng.integers(0, 2, m)
    R = (times[None, :] >= times[:, None]).astype(float)
    eta = leaf(m)
    theta = np.exp(eta)
    risk = R @ theta
    neg_pll = -np.sum(delta * (eta - np.log(risk)))
    return tg.derive(neg_pll, wrt=eta)


@case("dη = μ ∘ (y + r) / (r + μ) − y")
def negative_binomial():
    eta = leaf(m)
    y = rng.poisson(3.0, m)
    r = 2.5
    mu = np.exp(eta)
    nll = ((y + r) * np.log(mu + r) - y * np.log(mu)).sum()
    return tg.derive(nll, wrt=eta)


@case("dμ = −(y − μ) ∘ exp(−log_var) / n", "dlog_var = (1 − (y − μ)² ∘ exp(−log_var)) / (2 n)")
def gaussian_nll_with_learned_variance():
    n = 25
    mu, log_var = (leaf(n), leaf(n))
    y = rng.normal(size=n)
    loss = (0.5 * log_var + 0.5 * (y - mu) ** 2 * np.exp(-log_var)).mean()
    return tg.derive(loss, wrt=[mu, log_var])


@case("dμ = −Σ₀((x − μ) ∘ softmax₁(logp))")
def mixture_of_unit_gaussians():
    data = rng.normal(size=m)
    mu = leaf(3)
    log_pi = np.log(np.array([0.2, 0.3, 0.5]))
    x = data[:, None]
    logp = log_pi - 0.5 * (x - mu) ** 2
    nll = -np.sum(np.log(np.sum(np.exp(logp), axis=1)))
    return tg.derive(nll, wrt=mu)


@case("dz = −q ∘ exp(−q² ∘ z² / 2) / (√(2 π) Phi)")
def probit():
    z = leaf(m)
    q = 2 * rng.integers(0, 2, m) - 1
    Phi = 0.5 * (1 + tg.erf(q * z / np.sqrt(2)))
    return tg.derive(-np.log(Phi).sum(), wrt=z)


@case("dx = (P + Pᵀ) d")
def mahalanobis_squared():
    S = np.cov(rng.normal(size=(3, 50)))
    P = np.linalg.inv(S)
    μ = rng.normal(size=3)
    x = leaf(3)
    d = x - μ
    return tg.derive(d.T @ P @ d, wrt=x)
