"""The classic gradients, in the many ways in which people write the loss that they come from.

Each function records a graph in local variables of its own and returns what ``derive`` makes of it;
``case`` holds the lines that must come out, without what is told after them.
"""

import numpy as np

import tensorgraph as tg
from tests.formulas.spelling import cases

CASES = {}
case = cases(CASES)
SAMPLES = 40


def drawn(*shape, seed=7):
    return np.random.default_rng(seed).normal(size=shape)


def leaf(*shape, seed=7):
    return tg.tensor(drawn(*shape, seed=seed), requires_grad=True)


def bits(seed=3):
    """Return labels as data files hold them: integers in one row."""
    return (np.random.default_rng(seed).random((1, SAMPLES)) < 0.4).astype(int)


def digits(seed=4):
    return np.random.default_rng(seed).integers(0, 4, SAMPLES)


# ---------------------------------------------------------------- two classes, samples in columns


@case("dZ = (A − Y) / m")
def labels_as_floats():
    m, Z, Y = SAMPLES, leaf(1, SAMPLES), bits().astype(float)
    A = tg.sigmoid(Z)
    J = -(Y * tg.log(A) + (1 - Y) * tg.log(1 - A)).sum() / m
    return tg.derive(J, wrt=Z)


@case("dZ = (A − Y) / m")
def labels_as_integers():
    m, Z, Y = SAMPLES, leaf(1, SAMPLES), bits()
    A = tg.sigmoid(Z)
    J = -(tg.log(A) * Y + tg.log(1 - A) * (1 - Y)).sum() / m
    return tg.derive(J, wrt=Z)


@case("dZ = (A − Y) / m")
def labels_as_booleans():
    m, Z, Y = SAMPLES, leaf(1, SAMPLES), bits() == 1
    A = tg.sigmoid(Z)
    J = -(Y * tg.log(A) + (~Y) * tg.log(1 - A)).sum() / m
    return tg.derive(J, wrt=Z)


@case("dZ = (A − Y) / m")
def a_factor_before_the_sum():
    m, Z, Y = SAMPLES, leaf(1, SAMPLES), bits()
    A = tg.sigmoid(Z)
    J = -1 / m * np.sum(np.log(A) * Y + (1 - Y) * np.log(1 - A))
    return tg.derive(J, wrt=Z)


@case("dZ = (A − Y) / m")
def a_sum_over_an_axis_and_a_squeeze():
    m, Z, Y = SAMPLES, leaf(1, SAMPLES), bits()
    A = 1 / (1 + np.exp(-Z))
    terms = np.multiply(np.log(A), Y) + np.multiply(np.log(1 - A), 1 - Y)
    J = -(1.0 / m) * np.sum(terms, axis=1, keepdims=True)
    return tg.derive(np.squeeze(J), wrt=Z)


@case("dZ = (A − Y) / m")
def products_of_matrices_for_sums():
    m, Z, Y = SAMPLES, leaf(1, SAMPLES), bits()
    A = tg.sigmoid(Z)
    J = (-np.dot(Y, np.log(A).T) - np.dot(1 - Y, np.log(1 - A).T)) / m
    return tg.derive(np.squeeze(J), wrt=Z)


@case("dW = dZ Xᵀ / m", "db = Σ₁ dZ / m")
def logistic_regression():
    m, X, Y, W, b = SAMPLES, drawn(3, SAMPLES), bits(), leaf(1, 3), leaf(1, 1)
    Z = np.dot(W, X) + b
    A = tg.sigmoid(Z)
    J = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    return tg.derive(J, wrt=[W, b])


@case(
    "dW1 = dZ1 Xᵀ / m",
    "db1 = Σ₁ dZ1 / m",
    "dW2 = dZ2 A1ᵀ / m",
    "db2 = Σ₁ dZ2 / m",
    "where dZ1 = m ∂J/∂Z1 = W2ᵀ dZ2 ∘ (1 − A1²)",
    "where dZ2 = m ∂J/∂Z2 = A2 − Y",
)
def a_hidden_layer():
    m, X, Y = SAMPLES, drawn(3, SAMPLES), bits()
    W1, b1, W2, b2 = leaf(4, 3), leaf(4, 1), leaf(1, 4), leaf(1, 1)
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = tg.sigmoid(Z2)
    J = -np.sum(np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)) / m
    return tg.derive(J, wrt=[W1, b1, W2, b2])


@case("dZ = Y ∘ (A − 1)")
def the_positive_half():
    Z, Y = leaf(1, SAMPLES), bits()
    A = tg.sigmoid(Z)
    return tg.derive(-(Y * tg.log(A)).sum(), wrt=Z)


@case("dz = −y ∘ σ(−y ∘ z) / m")
def labels_of_minus_one_and_one():
    m, z = SAMPLES, leaf(SAMPLES)
    y = 2.0 * bits()[0] - 1
    return tg.derive(np.log1p(np.exp(-y * z)).sum() / m, wrt=z)


# ----------------------------------------------------------------------------------- many classes


@case("dZ = (A − Y) / m")
def one_hot_of_unnamed_labels():
    m, Z, Y = SAMPLES, leaf(SAMPLES, 4), tg.one_hot(digits(), 4)
    A = tg.softmax(Z, axis=1)
    return tg.derive(-(Y * tg.log(A)).sum() / m, wrt=Z)


@case("dZ = (A − Y) / m")
def rows_of_an_identity():
    m, Z, Y = SAMPLES, leaf(SAMPLES, 4), np.eye(4, dtype=int)[digits()]
    A = tg.softmax(Z, axis=1)
    return tg.derive(-(Y * tg.log(A)).sum() / m, wrt=Z)


@case("dZ = (A − Y) / m")
def columns_filled_in_a_loop():
    m, Z, Y = SAMPLES, leaf(4, SAMPLES), np.zeros((4, SAMPLES))
    for i, c in enumerate(digits()):
        Y[c, i] = 1
    t = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    A = t / np.sum(t, axis=0, keepdims=True)
    return tg.derive(-np.sum(Y * np.log(A)) / m, wrt=Z)


@case("dZ = (A − Y) / m")
def log_probabilities_picked_by_labels():
    m, Z, labels = SAMPLES, leaf(SAMPLES, 4), digits()
    A, Y = tg.softmax(Z, axis=1), tg.one_hot(labels, 4)
    d = tg.derive(-tg.log(A)[np.arange(m), labels].mean(), wrt=Z)
    assert Y.shape == A.shape
    return d


@case("dZ = A − P")
def soft_targets():
    Z, scores = leaf(SAMPLES, 4), drawn(SAMPLES, 4, seed=1)
    P = tg.softmax(tg.tensor(scores), axis=1)
    A = tg.softmax(Z, axis=1)
    return tg.derive(-(P * tg.log(A)).sum(), wrt=Z)


@case("dZ = Q − P")
def divergence_of_two_distributions():
    Z, V = leaf(SAMPLES, 4), tg.tensor(drawn(SAMPLES, 4, seed=1))
    P, Q = tg.softmax(V, axis=1), tg.softmax(Z, axis=1)
    return tg.derive((P * (tg.log(P) - tg.log(Q))).sum(), wrt=Z)


@case("dZ = (A − Y) / m")
def scores_of_every_place_of_a_batch():
    m, Z, Y = SAMPLES, leaf(8, 5, 4), tg.one_hot(digits(), 4).reshape((8, 5, 4))
    A = tg.softmax(Z.reshape((m, 4)), axis=1).reshape((8, 5, 4))
    return tg.derive(-(Y * tg.log(A)).sum() / m, wrt=Z)


@case("dZ = w[labels] · (A − Y) / Σ w[labels]")
def weights_of_classes():
    Z, w, labels = leaf(SAMPLES, 4), np.array([1.0, 2.0, 0.5, 3.0]), digits()
    A, Y = tg.softmax(Z, axis=1), tg.one_hot(labels, 4)
    d = tg.derive(tg.nn.losses.cross_entropy(Z, labels, weight=w), wrt=Z)
    assert Y.shape == A.shape
    return d


# ---------------------------------------------------------------------- functions written by hand


@case("dZ = 1 − A²")
def tanh_by_exponentials():
    Z = leaf(SAMPLES)
    A = (np.exp(Z) - np.exp(-Z)) / (np.exp(Z) + np.exp(-Z))
    return tg.derive(A.sum(), wrt=Z)


@case("dZ = A ∘ (1 − A)")
def sigmoid_with_exponentials_above_and_below():
    Z = leaf(SAMPLES)
    A = np.exp(Z) / (1 + np.exp(Z))
    return tg.derive(A.sum(), wrt=Z)


@case("dZ = [Z > 0]")
def relu_as_a_product():
    Z = leaf(SAMPLES)
    A = Z * (Z > 0)
    return tg.derive(A.sum(), wrt=Z)


@case("dZ = [Z > 0] + [Z = 0] / 2")
def relu_as_the_larger_of_two():
    Z = leaf(SAMPLES)
    A = np.maximum(0, Z)
    return tg.derive(A.sum(), wrt=Z)


@case("dz = softmax(z)")
def logarithm_of_a_sum_of_exponentials():
    z = leaf(5)
    return tg.derive(np.log(np.exp(z).sum()), wrt=z)


@case("dw = −Xᵀ (y ∘ ([1 − y ∘ X w > 0] + [1 − y ∘ X w = 0] / 2)) / m")
def hinge():
    m, X, w = SAMPLES, drawn(SAMPLES, 3), leaf(3, seed=2)
    y = 2.0 * bits()[0] - 1
    return tg.derive(np.maximum(0, 1 - y * (X @ w)).sum() / m, wrt=w)


@case("dA3 = D3 ∘ dA / keep_prob")
def inverted_dropout():
    A3, dA, keep_prob = leaf(5, SAMPLES), drawn(5, SAMPLES, seed=1), 0.8
    D3 = np.random.default_rng(0).random((5, SAMPLES)) < keep_prob
    A = A3 * D3
    A = A / keep_prob
    return tg.derive((A * dA).sum(), wrt=A3)


@case("dx = (A + Aᵀ) x / 2 − b")
def quadratic_form():
    x, A, b = leaf(3), drawn(3, 3, seed=1), drawn(3, seed=2)
    return tg.derive(x @ A @ x / 2 - b @ x, wrt=x)


@case("du = (v − Σ(u ∘ v) u / Σ u²) / (√(Σ u²) √(Σ v²))")
def cosine_of_two_vectors():
    u, v = leaf(3), drawn(3, seed=1)
    return tg.derive((u * v).sum() / (np.sqrt((u * u).sum()) * np.sqrt((v * v).sum())), wrt=u)


# ----------------------------------------------------------------------------------- normalising


@case("dX = (T − mean₁(T) − N · mean₁(N ∘ T)) / σ")
def standardised_rows():
    X, T = leaf(6, 10), drawn(6, 10, seed=1)
    mu = X.mean(axis=1, keepdims=True)
    var = ((X - mu) ** 2).mean(axis=1, keepdims=True)
    sigma = np.sqrt(var + 1e-8)
    N = (X - mu) / sigma
    return tg.derive((N * T).sum(), wrt=X)


@case("dX = (T − mean₁(T) − N · mean₁(N ∘ T)) / √(var + ε)")
def standardised_rows_with_a_named_epsilon():
    X, T, eps = leaf(6, 10), drawn(6, 10, seed=1), 1e-5
    mu, var = X.mean(axis=1, keepdims=True), X.var(axis=1, keepdims=True)
    N = (X - mu) / np.sqrt(var + eps)
    return tg.derive((N * T).sum(), wrt=X)


@case("dV = (g dW − Σ(V ∘ dW) W / ‖V‖) / ‖V‖")
def normalised_weights():
    V, g, dW = leaf(3), 1.7, drawn(3, seed=1)
    W = g * V / tg.norm(V)
    return tg.derive((W * dW).sum(), wrt=V)


# ---------------------------------------------------------------------- operations of one's own


@case("dS = 3 S² ∘ (A − Y) / m")
def an_operation_before_the_softmax():
    m, S, Y = SAMPLES, leaf(SAMPLES, 4), tg.one_hot(digits(), 4)
    cube = tg.op("cube", kernel=lambda x: x**3, vjp={"x": lambda g, x: g * 3 * x**2})
    A = tg.softmax(cube(S), axis=1)
    return tg.derive(-(Y * tg.log(A)).sum() / m, wrt=S)


def _slope_of_mish(x):
    inner = tg.tanh(tg.softplus(x))
    return inner + x * tg.sigmoid(x) * (1 - tg.square(inner))


@case(
    "dW = Xᵀ ((A − Y) ∘ (tanh(softplus(Z)) + Z ∘ σ(Z) ∘ (1 − tanh(softplus(Z))²))) / m",
)
def an_operation_without_rules_leaves_the_rest_alone():
    m, X, W, Y = SAMPLES, drawn(SAMPLES, 3), leaf(3, 4), tg.one_hot(digits(), 4)
    mish = tg.op(
        "mish",
        kernel=lambda x: x * np.tanh(np.log1p(np.exp(x))),
        vjp={"x": lambda g, x: g * _slope_of_mish(x)},
    )
    Z = X @ W
    A = tg.softmax(mish(Z), axis=1)
    return tg.derive(-(Y * tg.log(A)).sum() / m, wrt=W)


@case("dp = p ∘ (2 + 3 p)")
def a_polynomial():
    p = leaf(5)
    return tg.derive((p**3 + p * p).sum(), wrt=p)
