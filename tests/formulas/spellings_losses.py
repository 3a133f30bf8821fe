"""Losses of deep learning, written by hand.

Each function records a graph in local variables of its own and returns what ``derive`` makes of it;
``case`` holds the lines that must come out, without what is told after them.
"""

import numpy as np

import tensorgraph as tg
from tests.formulas.spelling import cases, leaf, m, rng

CASES = {}
case = cases(CASES)


@case("dp = 2 log(p) ∘ (1 − p) − (1 − p)² / p")
def focal_loss_of_the_positives():
    p = tg.tensor(rng.uniform(0.1, 0.9, m), requires_grad=True)
    gamma = 2
    fl = -((1 - p) ** gamma) * np.log(p)
    return tg.derive(fl.sum(), wrt=p)


@case("dp = 2 (inter / union − t) / union")
def soft_dice():
    p = tg.tensor(rng.uniform(0.1, 0.9, (8, 8)), requires_grad=True)
    t = rng.random((8, 8)) > 0.6
    inter = (p * t).sum()
    union = p.sum() + t.sum()
    return tg.derive(1 - 2 * inter / union, wrt=p)


@case("dZ = (A − Y_smooth) / N")
def label_smoothing():
    N, K = (20, 5)
    Z = leaf(N, K)
    eps = 0.1
    Y = np.eye(K)[rng.integers(0, K, N)]
    Y_smooth = Y * (1 - eps) + eps / K
    log_probs = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    return tg.derive(-(Y_smooth * log_probs).sum(axis=1).mean(), wrt=Z)


@case("dμ = μ", "dlogvar = (exp(logvar) − 1) / 2")
def kl_of_a_variational_autoencoder():
    mu, logvar = (leaf(16, 2), leaf(16, 2))
    KLD = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    return tg.derive(KLD, wrt=[mu, logvar])


@case("dscores = (probs − Y) / num_train")
def cs231n_softmax():
    num_train, C = (25, 4)
    y = rng.integers(0, C, num_train)
    scores = leaf(num_train, C)
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    probs = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)
    loss = -np.sum(np.log(probs[range(num_train), y])) / num_train
    return tg.derive(loss, wrt=scores)


@case("dS = (Y · Σ₁([margins > 0] ∘ (Y − 1)) + [margins > 0] ∘ (1 − Y)) / n")
def multiclass_hinge():
    n = 25
    S = leaf(n, 4)
    y = rng.integers(0, 4, n)
    Y = np.eye(4)[y]
    correct = (S * Y).sum(axis=1, keepdims=True)
    margins = (S - correct + 1) * (1 - Y)
    return tg.derive(tg.relu(margins).sum() / n, wrt=S)


@case("dw = w + Xᵀ df", "db = Σ df")
def support_vector_machine():
    X = rng.normal(size=(m, 3))
    y = rng.choice([-1, 1], m)
    w = leaf(3)
    b = tg.tensor(0.1, requires_grad=True)
    C = 10
    f = X @ w + b
    J = 0.5 * np.dot(w, w) + C * np.sum(tg.relu(1 - y * f))
    return tg.derive(J, wrt=[w, b])


@case("dr = r ∘ [|r| ≤ δ] + δ [|r| > δ] ∘ sign(r)")
def huber_by_where():
    r = leaf(m)
    delta = 0.8
    loss = np.where(np.abs(r) <= delta, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta))
    return tg.derive(np.sum(loss), wrt=r)


@case("dd = 2 (y ∘ d − relu(1 − d) ∘ (1 − y)) / n")
def contrastive_loss_of_the_distances():
    n = 25
    margin = 1.0
    d = tg.tensor(rng.uniform(0.1, 2, n), requires_grad=True)
    y = rng.integers(0, 2, n)
    loss = np.mean(y * d**2 + (1 - y) * tg.relu(margin - d) ** 2)
    return tg.derive(loss, wrt=d)


@case("da = −2 (y − a) / m")
def mean_squared_error_and_rmse_friends():
    a = leaf(m)
    y = rng.normal(size=m)
    return tg.derive(np.square(np.subtract(y, a)).mean(), wrt=a)


@case("dy_pred = −(y_vrai − y_pred) / (√(mean((y_vrai − y_pred)²)) n)")
def racine_de_l_erreur_quadratique():
    n = 25
    y_pred = leaf(n)
    y_vrai = rng.normal(size=n)
    rmse = np.sqrt(np.mean((y_vrai - y_pred) ** 2))
    return tg.derive(rmse, wrt=y_pred)


@case("dvorhersage = tanh(fehler) / anzahl")
def logcosh_auf_deutsch():
    anzahl = 25
    vorhersage = leaf(anzahl)
    ziel = rng.normal(size=anzahl)
    fehler = vorhersage - ziel
    return tg.derive(np.log(np.cosh(fehler)).sum() / anzahl, wrt=vorhersage)


@case("dyhat = ((1 − y) / (1 + ε − yhat) − y / (yhat + ε)) / n")
def kaggle_log_loss_with_epsilon():
    n = 25
    eps = 1e-09
    y = rng.integers(0, 2, n)
    yhat = tg.tensor(rng.uniform(0.1, 0.9, n), requires_grad=True)
    return tg.derive(-np.mean(y * np.log(yhat + eps) + (1 - y) * np.log(1 - yhat + eps)), wrt=yhat)


@case("dz = p ∘ (Σ(p ∘ log(p)) − log(p))")
def entropy_bonus():
    z = leaf(6)
    p = tg.softmax(z, axis=0)
    H = -np.sum(p * np.log(p))
    return tg.derive(H, wrt=z)


@case(
    "da = 2 [basic_loss > 0] · (n − p)",
    "dp = −2 (a − p) · [basic_loss > 0]",
    "dn = 2 (a − n) · [basic_loss > 0]",
)
def triplet_loss():
    a, p, n = (leaf(m, 8), leaf(m, 8), leaf(m, 8))
    alpha = 0.2
    pos_dist = np.sum(np.square(a - p), axis=-1, keepdims=True)
    neg_dist = np.sum(np.square(a - n), axis=-1, keepdims=True)
    basic_loss = pos_dist - neg_dist + alpha
    loss = np.sum(tg.relu(basic_loss))
    return tg.derive(loss, wrt=[a, p, n])


@case("dS = (P − Y) / N")
def info_nce_by_the_diagonal():
    N = 12
    S = leaf(N, N)
    P = np.exp(S) / np.sum(np.exp(S), axis=1, keepdims=True)
    loss = -np.mean(np.log(P[np.arange(N), np.arange(N)]))
    return tg.derive(loss, wrt=S)


@case("dpred = ([e ≤ 0] − q) / n")
def quantile_loss():
    n = 25
    pred = leaf(n)
    y = rng.normal(size=n)
    q = 0.9
    e = y - pred
    loss = np.where(e > 0, q * e, (q - 1) * e).mean()
    return tg.derive(loss, wrt=pred)


@case("dz = sw ∘ (p − y) / Σ sw")
def log_loss_with_sample_weights():
    n = 25
    z = leaf(n)
    y = rng.integers(0, 2, n)
    sw = rng.uniform(1, 2, n)
    p = 1.0 / (1.0 + np.exp(-z))
    return tg.derive(-(sw * np.where(y == 1, np.log(p), np.log(1 - p))).sum() / sw.sum(), wrt=z)


@case("dv_c = U_negᵀ σ(s_neg) − σ(−s) u_o")
def skip_gram_with_negative_sampling():
    v_c = leaf(6)
    u_o = rng.normal(size=6)
    U_neg = rng.normal(size=(5, 6))
    s = np.dot(u_o, v_c)
    s_neg = np.dot(U_neg, v_c)
    loss = -np.log(1 / (1 + np.exp(-s))) - np.sum(np.log(1 / (1 + np.exp(s_neg))))
    return tg.derive(loss, wrt=v_c)


@case("dW = Xᵀ dZ / N", "db = Σ₀ dZ / N", "where dZ = N ∂loss/∂Z = A − Y")
def softmax_regression_by_einsum():
    N = 20
    X = rng.normal(size=(N, 3))
    Y = np.eye(4, dtype=int)[rng.integers(0, 4, N)]
    W, b = (leaf(3, 4), leaf(4))
    Z = np.einsum("nd,dc->nc", X, W) + b
    A = np.exp(Z) / np.einsum("nc->n", np.exp(Z))[:, None]
    loss = -np.einsum("nc,nc->", Y, np.log(A)) / N
    return tg.derive(loss, wrt=[W, b])
