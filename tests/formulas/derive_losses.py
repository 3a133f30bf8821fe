"""Losses and layers of ``tg.nn``, with the formulas expected: see ``derive_cases.py``."""

import numpy as np

import tensorgraph as tg
from tensorgraph.nn import losses
from tests.formulas.derive_cases import CLASSES, LABELS, LOGITS, SAMPLES, UPSTREAM, case, leaf

BINARY = (UPSTREAM > 0) * 1.0
WEIGHTS = np.array([1.0, 2.0, 0.5, 1.5])

# ------------------------------------------------------------------------------------- regression


@case("dA = (A − Y) / 12", r"dA = \frac{A - Y}{12}")
def mse():
    A, Y = leaf(LOGITS), UPSTREAM
    cost = losses.mse(A, Y)
    return tg.derive(cost, wrt=A), cost, A


@case("dA = sign(A − Y) / 24")
def l1():
    A, Y = leaf(LOGITS), UPSTREAM
    cost = losses.l1(A, Y)
    return tg.derive(cost, wrt=A), cost, A


@case("dA = clip(A − Y, −0.7, 0.7) / 24")
def huber():
    A, Y = leaf(LOGITS), UPSTREAM
    cost = losses.huber(A, Y, delta=0.7)
    return tg.derive(cost, wrt=A), cost, A


# ------------------------------------------------------------------------------------ two classes


@case(
    """
dA = ((1 − Y) / (1 − A) − Y / A) / 24
  where a constant (6, 4) mask that 'where' takes is False everywhere
""",
    r"dA = \frac{\frac{1 - Y}{1 - A} - \frac{Y}{A}}{24}",
)
def binary_cross_entropy():
    A, Y = leaf(1 / (1 + np.exp(-LOGITS))), BINARY
    cost = losses.binary_cross_entropy(A, Y)
    return tg.derive(cost, wrt=A), cost, A


@case(
    """
dZ = (A − Y) / 24
  where a constant (6, 4) mask that 'where' takes is False everywhere
"""
)
def binary_cross_entropy_of_sigmoid():
    Z, Y = leaf(LOGITS), BINARY
    A = tg.sigmoid(Z)
    cost = losses.binary_cross_entropy(A, Y)
    return tg.derive(cost, wrt=Z), cost, Z


@case(
    """
dZ = (A − Y) / 24
  where A = σ(Z)
"""
)
def binary_cross_entropy_with_logits():
    Z, Y = leaf(LOGITS), BINARY
    cost = losses.binary_cross_entropy_with_logits(Z, Y)
    return tg.derive(cost, wrt=Z), cost, Z


@case(
    """
dZ = known ∘ (A − Y) / Σ known
  where A = σ(where(known, Z, 0))
"""
)
def multi_label_with_missing_labels():
    Z, Y, known = leaf(LOGITS), BINARY, UPSTREAM < 1
    cost = losses.multi_label(Z, Y, mask=known)
    return tg.derive(cost, wrt=Z), cost, Z


@case("ds = −y ∘ [1 − y ∘ s > 0] / 24", r"ds = -\frac{y \odot [1 - y \odot s > 0]}{24}")
def hinge():
    s, y = leaf(LOGITS), 2 * BINARY - 1
    cost = losses.hinge(s, y)
    return tg.derive(cost, wrt=s), cost, s


# ---------------------------------------------------------------------------------- many classes


@case(
    """
dZ = w[labels] · (A − Y) / Σ w[labels]
  where A = softmax₁(Z)
  where Y = one_hot(labels)
  where a constant (6,) mask that 'where' takes is False everywhere
"""
)
def cross_entropy_with_class_weights():
    Z, labels, w = leaf(LOGITS), LABELS, WEIGHTS
    cost = losses.cross_entropy(Z, labels, weight=w)
    return tg.derive(cost, wrt=Z), cost, Z


@case(
    """
dZ = M · (A − Y) / 5
  where A = softmax₁(where(M, Z, 0))
  where Y = one_hot(index)
  where M is a constant (6, 1) mask that 'where' takes
  where index is a constant (6,) array of indices that 'class_cross_entropy' takes
"""
)
def cross_entropy_with_ignored_examples():
    Z, labels = leaf(LOGITS), np.array([1, 0, -100, 2, 1, 1])
    cost = losses.cross_entropy(Z, labels, ignore_index=-100)
    return tg.derive(cost, wrt=Z), cost, Z


@case(
    """
dZ = (A − 0.9 Y − 0.025) / 6
  where A = softmax₁(Z)
  where Y = one_hot(labels)
"""
)
def cross_entropy_with_label_smoothing():
    Z, labels = leaf(LOGITS), LABELS
    cost = losses.cross_entropy(Z, labels, label_smoothing=0.1)
    return tg.derive(cost, wrt=Z), cost, Z


@case(
    """
dZ = (A − Y) / 6
  where A = softmax₁(Z)
  where Y = one_hot(labels)
"""
)
def nll_of_log_softmax():
    Z, labels = leaf(LOGITS), LABELS
    cost = losses.nll(tg.log_softmax(Z, axis=1), labels)
    return tg.derive(cost, wrt=Z), cost, Z


@case(
    """
dZ = (A − P) / 6    assuming Σ₁ P = 1 (checked on the data)
  where A = softmax₁(Z)
  where a constant (6, 4) mask that 'where' takes is False everywhere
"""
)
def kl_divergence():
    Z, odds = leaf(LOGITS), np.exp(UPSTREAM)
    P = tg.assume(odds / odds.sum(axis=1, keepdims=True), sums_to_one=1)
    cost = losses.kl_divergence(tg.log_softmax(Z, axis=1), P)
    return tg.derive(cost, wrt=Z), cost, Z


@case(
    """
dZ = (A − Y) / m    assuming Y = one_hot(labels) (checked on the data)
  where A = softmax₁(Z)
"""
)
def softmax_by_hand_without_a_name():
    m, Z, labels = SAMPLES, leaf(LOGITS), LABELS
    Y = np.eye(CLASSES)[labels]
    E = tg.exp(Z - Z.max(axis=1, keepdims=True))
    S = E.sum(axis=1, keepdims=True)
    cost = -(Y * tg.log(E / S)).sum() / m
    return tg.derive(cost, wrt=Z), cost, Z


# ---------------------------------------------------------------------------------------- layers


@case(
    """
dX = γ · (dY − mean₀(dY) − X̂ · mean₀(X̂ ∘ dY)) / σ
dγ = Σ₀(X̂ ∘ dY)
dβ = Σ₀ dY
  where μ = mean₀(X)
  where σ = √(mean₀((X − μ)²) + 1e−05)
  where X̂ = (X − μ) / σ
""",
    "dX = \\frac{\\gamma \\cdot (dY - \\operatorname{mean}_{0}(dY)"
    " - \\hat{X} \\cdot \\operatorname{mean}_{0}(\\hat{X} \\odot dY))}"
    "{\\sigma} \\\\\n"
    "d\\gamma = \\sum_{0}(\\hat{X} \\odot dY) \\\\\n"
    "d\\beta = \\sum_{0} dY \\\\\n"
    "\\mu = \\operatorname{mean}_{0}(X) \\\\\n"
    "\\sigma = \\sqrt{\\operatorname{mean}_{0}((X - \\mu)^{2})"
    " + 10^{-5}} \\\\\n"
    "\\hat{X} = \\frac{X - \\mu}{\\sigma}",
)
def batch_norm_layer():
    X, dY, layer = leaf(LOGITS), UPSTREAM, tg.nn.BatchNorm(CLASSES, dtype="float64")
    Y = layer(X)
    wrt = {"X": X, "gamma": layer.weight, "beta": layer.bias}
    return tg.derive(Y, wrt=wrt, gradient=dY), Y, list(wrt.values())


@case(
    """
dX = (γ · dY − mean₁(γ · dY) − X̂ · mean₁(γ · X̂ ∘ dY)) / σ
dγ = Σ₀(X̂ ∘ dY)
dβ = Σ₀ dY
  where μ = mean₁(X)
  where σ = √(mean₁((X − μ)²) + 1e−05)
  where X̂ = (X − μ) / σ
"""
)
def layer_norm_layer():
    X, dY, layer = leaf(LOGITS), UPSTREAM, tg.nn.LayerNorm(CLASSES, dtype="float64")
    Y = layer(X)
    wrt = {"X": X, "gamma": layer.weight, "beta": layer.bias}
    return tg.derive(Y, wrt=wrt, gradient=dY), Y, list(wrt.values())


@case(
    """
dX = (γ · dY − X̂ · mean₁(γ · X̂ ∘ dY)) / rms
dγ = Σ₀(X̂ ∘ dY)
  where rms = √(mean₁(X²) + 1e−05)
  where X̂ = X / rms
"""
)
def rms_norm_layer():
    X, dY, layer = leaf(LOGITS), UPSTREAM, tg.nn.RMSNorm(CLASSES, dtype="float64")
    wrt = {"X": X, "gamma": layer.weight}
    output = layer(X)
    return tg.derive(output, wrt=wrt, gradient=dY), output, list(wrt.values())


@case(
    """
dA = D ∘ dA_out / 0.8
  where D is a constant (6, 4) mask that 'dropout' in model Dropout takes
"""
)
def dropout_layer():
    A, dA_out, layer = leaf(LOGITS), UPSTREAM, tg.nn.Dropout(keep_prob=0.8)
    A_out = layer(A)
    return tg.derive(A_out, wrt=A, gradient=dA_out), A_out, A


@case(
    """
dA = D ∘ dA_out / keep_prob
  with keep_prob = 0.8
"""
)
def dropout_with_a_mask():
    A, D, keep_prob, dA_out = leaf(LOGITS), UPSTREAM > -0.8, 0.8, UPSTREAM
    A_out = tg.dropout(A, D, keep_prob=keep_prob)
    return tg.derive(A_out, wrt=A, gradient=dA_out), A_out, A


# ------------------------------------------------------------------------------ what data decide


@case(
    """
dX = p ∘ X^(p − 1)    where X ≠ 0
dp = X^p ∘ log(X)    where X ≠ 0
"""
)
def powers_by_tensors():
    X, p = leaf(np.abs(LOGITS)), leaf(UPSTREAM)
    total = (X**p).sum()
    return tg.derive(total, wrt=[X, p]), total, [X, p]


@case("dZ = Z / |Z|", r"dZ = \frac{Z}{|Z|}")
def root_of_a_square():
    Z = leaf(LOGITS)
    total = tg.sqrt(Z * Z).sum()
    return tg.derive(total, wrt=Z), total, Z


@case(
    """
dx = (x − μ) / (4 s)
"""
)
def standard_deviation():
    x = leaf(LOGITS)
    mu = x.mean(axis=1, keepdims=True)
    s = ((x - mu) ** 2).mean(axis=1, keepdims=True) ** 0.5
    total = s.sum()
    return tg.derive(total, wrt=x), total, x
