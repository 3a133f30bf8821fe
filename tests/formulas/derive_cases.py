"""Graphs whose gradients have a formula in every textbook, with the formula expected.

Each function records a graph in its own local variables, whose names the formulas take, and
returns what ``derive`` made of it together with the output and what was differentiated by.
"""

import numpy as np

import tensorgraph as tg

SAMPLES, CLASSES = 6, 4
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(SAMPLES, CLASSES))
LABELS = np.array([1, 0, 3, 2, 1, 1])
ONE_HOT = np.eye(CLASSES)[LABELS]
UPSTREAM = RNG.normal(size=(SAMPLES, CLASSES))
CASES = {}
DERIVED = {}
START = RNG.bit_generator.state


def case(text, latex=None):
    def add(function):
        CASES[function.__name__] = function, text.strip("\n"), latex
        return function

    return add


def leaf(x):
    return tg.tensor(x, requires_grad=True)


def derived(name):
    """Return what a case returns; it is run once, on the same data whatever ran before."""
    if name not in DERIVED:
        RNG.bit_generator.state = START
        DERIVED[name] = CASES[name][0]()
    return DERIVED[name]


# ---------------------------------------------------------------------- softmax and cross-entropy


@case("dZ = (A − Y) / m    assuming Σ₁ Y = 1 (checked on the data)", r"dZ = \frac{A - Y}{m}")
def softmax_log_one_hot():
    m, Z, Y = 6, leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    A = tg.softmax(Z, axis=1)
    loss = -(Y * tg.log(A)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = A − Y    assuming Σ₁ Y = 1 (checked on the data)", "dZ = A - Y")
def softmax_without_division():
    Z, Y = leaf(LOGITS), tg.assume(ONE_HOT, sums_to_one=1)
    A = tg.softmax(Z, axis=1)
    loss = -(Y * tg.log(A)).sum()
    return tg.derive(loss, wrt=Z), loss, Z


@case(
    "dZ = (A − Y) / m    assuming Y = one_hot(labels) (checked on the data)",
    r"dZ = \frac{A - Y}{m}",
)
def softmax_with_labels_at_hand():
    m, Z, labels = 6, leaf(LOGITS), LABELS
    Y = np.eye(CLASSES)[labels]
    A = tg.softmax(Z, axis=1)
    loss = -(Y * tg.log(A)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = (A − Y) / m    assuming Σ₁ Y = 1 (checked on the data)", r"dZ = \frac{A - Y}{m}")
def softmax_written_by_hand():
    m, Z, Y = 6, leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    E = tg.exp(Z)
    A = E / E.sum(axis=1, keepdims=True)
    loss = -(Y * tg.log(A)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = (A − Y) / m    assuming Σ₁ Y = 1 (checked on the data)", r"dZ = \frac{A - Y}{m}")
def softmax_with_max_shift():
    m, Z, Y = 6, leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    E = tg.exp(Z - Z.max(axis=1, keepdims=True))
    S = E.sum(axis=1, keepdims=True)
    A = E / S
    loss = -(Y * tg.log(A)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case(
    """
dZ = (A − Y) / m    assuming Σ₁ Y = 1 (checked on the data)
  where A = softmax₁(Z)
""",
    "dZ = \\frac{A - Y}{m} \\\\\nA = \\operatorname{softmax}_{1}(Z)",
)
def from_log_softmax():
    m, Z, Y = 6, leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    loss = -(Y * tg.log_softmax(Z, axis=1)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case(
    """
dZ = (A − Y) / m    assuming Σ₁ Y = 1 (checked on the data)
  where A = softmax₁(Z)
"""
)
def fused_cross_entropy():
    m, Z, Y = 6, leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    loss = tg.softmax_cross_entropy(Z, Y, axis=1).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case(
    """
dZ = (A − Y) / m
  where A = softmax₁(Z)
  where Y = one_hot(labels)
"""
)
def class_indices():
    m, Z, labels = 6, leaf(LOGITS), LABELS
    cost = tg.nn.losses.cross_entropy(Z, labels)
    assert m == len(labels)
    return tg.derive(cost, wrt=Z), cost, Z


@case(
    """
dZ = (A − Y) / m
  where A = softmax₁(Z)
  where Y = one_hot(labels)
"""
)
def class_indices_picked_from_log_softmax():
    m, Z, labels = 6, leaf(LOGITS), LABELS
    loss = -tg.log_softmax(Z, axis=1)[np.arange(m), labels].sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case(
    """
dZ = (A − Y) / m
  where Y = one_hot(labels)
"""
)
def class_indices_picked_from_softmax():
    m, Z, labels = 6, leaf(LOGITS), LABELS
    A = tg.softmax(Z, axis=1)
    loss = -tg.log(A[np.arange(m), labels]).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case(
    """
dZ = (A − Y) / m    assuming Σ₀ Y = 1 (checked on the data)
dW = dZ A_prevᵀ
db = Σ₁ dZ
""",
    "dZ = \\frac{A - Y}{m} \\\\\ndW = dZ \\, A_{\\mathrm{prev}}^{\\top} \\\\\ndb = \\sum_{1} dZ",
)
def samples_in_columns():
    m, W, b, Y = (
        6,
        leaf(UPSTREAM.T[:, :3]),
        leaf(np.zeros((CLASSES, 1))),
        tg.assume(ONE_HOT.T, one_hot=0),
    )
    A_prev = LOGITS.T[:3]
    Z = W @ A_prev + b
    A = tg.softmax(Z, axis=0)
    J = -(Y * tg.log(A)).sum() / m
    return tg.derive(J, wrt=[Z, W, b]), J, [Z, W, b]


@case(
    """
dZ = (A − Y) / (τ m)    assuming Σ₁ Y = 1 (checked on the data)
  with τ = 0.7
""",
    r"dZ = \frac{A - Y}{\tau \, m}",
)
def temperature():
    m, tau, Z, Y = 6, 0.7, leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    A = tg.softmax(Z / tau, axis=1)
    loss = -(Y * tg.log(A)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = (A − Ys) / m    since Σ₁ Ys = 1 (proved)")
def label_smoothing():
    m, K, epsilon, Z, Y = 6, 4, 0.1, leaf(LOGITS), tg.assume(ONE_HOT, one_hot=1)
    Ys = Y * (1 - epsilon) + epsilon / K
    A = tg.softmax(Z, axis=1)
    loss = -(Ys * tg.log(A)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = (A · Σ₁(w · Y) − w · Y) / m")
def class_weights():
    m, w, Z, Y = 6, np.array([1.0, 2.0, 0.5, 1.5]), leaf(LOGITS), ONE_HOT
    A = tg.softmax(Z, axis=1)
    loss = -(w * Y * tg.log(A)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = A · Σ₁ Y − Y", r"dZ = A \cdot \sum_{1} Y - Y")
def without_the_fact():
    Z, Y = leaf(LOGITS), np.abs(UPSTREAM)
    A = tg.softmax(Z, axis=1)
    loss = -(Y * tg.log(A)).sum()
    return tg.derive(loss, wrt=Z), loss, Z


# ------------------------------------------------------------------------- sigmoid, activations


@case("dZ = (A − Y) / m", r"dZ = \frac{A - Y}{m}")
def sigmoid_cross_entropy_by_hand():
    m, Z, Y = 6, leaf(LOGITS), ONE_HOT
    A = tg.sigmoid(Z)
    loss = -(Y * tg.log(A) + (1 - Y) * tg.log(1 - A)).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = A − Y", "dZ = A - Y")
def sigmoid_itself_by_hand():
    Z, Y = leaf(LOGITS), ONE_HOT
    A = 1 / (1 + tg.exp(-Z))
    loss = -(Y * tg.log(A) + (1 - Y) * tg.log(1 - A)).sum()
    return tg.derive(loss, wrt=Z), loss, Z


@case(
    """
dZ = (A − Y) / m
  where A = σ(Z)
"""
)
def sigmoid_cross_entropy_fused():
    m, Z, Y = 6, leaf(LOGITS), ONE_HOT
    loss = tg.sigmoid_cross_entropy(Z, Y).sum() / m
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = dA ∘ [A > 0]", r"dZ = dA \odot [A > 0]")
def relu():
    Z, dA = leaf(LOGITS), UPSTREAM
    A = tg.relu(Z)
    return tg.derive(A, wrt=Z, gradient=dA), A, Z


@case("dZ = dA ∘ where(Z > 0, 1, 0.01)")
def leaky_relu():
    Z, dA = leaf(LOGITS), UPSTREAM
    A = tg.leaky_relu(Z)
    return tg.derive(A, wrt=Z, gradient=dA), A, Z


@case("dZ = 1 − A²", "dZ = 1 - A^{2}")
def tanh():
    Z = leaf(LOGITS)
    A = tg.tanh(Z)
    loss = A.sum()
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = A ∘ (1 − A)", r"dZ = A \odot (1 - A)")
def sigmoid():
    Z = leaf(LOGITS)
    A = tg.sigmoid(Z)
    loss = A.sum()
    return tg.derive(loss, wrt=Z), loss, Z


@case("dZ = σ(Z)", r"dZ = \sigma(Z)")
def softplus():
    Z = leaf(LOGITS)
    loss = tg.softplus(Z).sum()
    return tg.derive(loss, wrt=Z), loss, Z


# ------------------------------------------------------------------- dropout and normalisations


@case(
    """
dA = D ∘ dA_out / keep_prob
  with keep_prob = 0.8
""",
    r"dA = \frac{D \odot dA_{\mathrm{out}}}{\mathrm{keep}_{\mathrm{prob}}}",
)
def dropout():
    A, D, keep_prob, dA_out = leaf(LOGITS), (UPSTREAM > -0.8) * 1.0, 0.8, UPSTREAM
    A_out = A * D / keep_prob
    return tg.derive(A_out, wrt=A, gradient=dA_out), A_out, A


@case(
    """
dX = γ ∘ istd · (dY − Σ₀ dY / m − xhat · Σ₀(xhat ∘ dY) / m)
dγ = Σ₀(xhat ∘ dY)
dβ = Σ₀ dY
"""
)
def batch_norm():
    m, eps = 6, 1e-5
    X, gamma, beta, dY = (
        leaf(LOGITS),
        leaf(np.ones(CLASSES) * 1.5),
        leaf(np.zeros(CLASSES)),
        UPSTREAM,
    )
    mu = X.sum(axis=0) / m
    xc = X - mu
    var = (xc * xc).sum(axis=0) / m
    istd = 1 / tg.sqrt(var + eps)
    xhat = xc * istd
    Y = gamma * xhat + beta
    return tg.derive(Y, wrt=[X, gamma, beta], gradient=dY), Y, [X, gamma, beta]


@case(
    """
dX = γ ∘ istd · (dY − mean₀(dY) − xhat · mean₀(xhat ∘ dY))
dγ = Σ₀(xhat ∘ dY)
dβ = Σ₀ dY
"""
)
def batch_norm_by_mean_and_square():
    eps = 1e-5
    X, gamma, beta, dY = (
        leaf(LOGITS),
        leaf(np.ones(CLASSES) * 1.5),
        leaf(np.zeros(CLASSES)),
        UPSTREAM,
    )
    mu = X.mean(axis=0)
    var = ((X - mu) ** 2).mean(axis=0)
    istd = (var + eps) ** -0.5
    xhat = (X - mu) * istd
    Y = gamma * xhat + beta
    return tg.derive(Y, wrt=[X, gamma, beta], gradient=dY), Y, [X, gamma, beta]


@case(
    """
dX = istd · (γ · dY − mean₁(γ · dY) − xhat · mean₁(γ · xhat ∘ dY))
dγ = Σ₀(xhat ∘ dY)
dβ = Σ₀ dY
"""
)
def layer_norm():
    eps = 1e-5
    X, gamma, beta, dY = (
        leaf(LOGITS),
        leaf(np.ones(CLASSES) * 1.5),
        leaf(np.zeros(CLASSES)),
        UPSTREAM,
    )
    mu = X.mean(axis=1, keepdims=True)
    var = ((X - mu) ** 2).mean(axis=1, keepdims=True)
    istd = 1 / tg.sqrt(var + eps)
    xhat = (X - mu) * istd
    Y = gamma * xhat + beta
    return tg.derive(Y, wrt=[X, gamma, beta], gradient=dY), Y, [X, gamma, beta]


@case(
    """
dX = r · (γ · dY − xhat · mean₁(γ · xhat ∘ dY))
dγ = Σ₀(xhat ∘ dY)
"""
)
def rms_norm():
    eps = 1e-5
    X, gamma, dY = leaf(LOGITS), leaf(np.ones(CLASSES) * 1.5), UPSTREAM
    r = 1 / tg.sqrt((X * X).mean(axis=1, keepdims=True) + eps)
    xhat = X * r
    output = gamma * xhat
    return tg.derive(output, wrt=[X, gamma], gradient=dY), output, [X, gamma]
