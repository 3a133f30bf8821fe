"""Layers, models and functions of physics and linear algebra, written by hand.

Each function records a graph in local variables of its own and returns what ``derive`` makes of it;
``case`` holds the lines that must come out, without what is told after them.
"""

import numpy as np

import tensorgraph as tg
from tests.formulas.spelling import cases, leaf, m, rng

CASES = {}
case = cases(CASES)


@case("dV = wᵀ G", "dQ = dS K / √d", "dK = dSᵀ Q / √d", "where dS = w ∘ (G Vᵀ − Σ₁(w ∘ G Vᵀ))")
def attention_by_hand():
    d = 4
    Q, K, V = (leaf(5, d), leaf(7, d), leaf(7, 3))
    G = rng.normal(size=(5, 3))
    S = Q @ K.T / np.sqrt(d)
    e = np.exp(S - S.max(axis=-1, keepdims=True))
    w = e / e.sum(axis=-1, keepdims=True)
    out = w @ V
    return tg.derive(np.sum(out * G), wrt=[Q, K, V])


@case("dx = (dout − mean₁(dout) − xhat · mean₁(xhat ∘ dout)) / std")
def layer_norm_in_helper_with_other_names():
    x = leaf(6, 10)
    dout = rng.normal(size=(6, 10))

    def normalise(h, eps=1e-05):
        mean = np.mean(h, axis=-1, keepdims=True)
        var = np.var(h, axis=-1, keepdims=True)
        std = np.sqrt(var + eps)
        return ((h - mean) / std, std)

    xhat, std = normalise(x)
    assert std.size
    return tg.derive((xhat * dout).sum(), wrt=x)


@case("dx = (dout − n · mean₁(n ∘ dout)) / rms")
def rms_norm_by_hand():
    x = leaf(6, 10)
    dout = rng.normal(size=(6, 10))
    eps = 1e-06
    rms = np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    n = x / rms
    return tg.derive((n * dout).sum(), wrt=x)


@case("dx = y + σ(x) ∘ (1 − y)")
def swish_in_one_fraction():
    x = leaf(m)
    y = x / (1 + np.exp(-x))
    return tg.derive(y.sum(), wrt=x)


@case("dx = (1 + t + c x ∘ (1 − t²) ∘ (1 + 0.134145 x²)) / 2")
def gelu_by_tanh():
    x = leaf(m)
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    return tg.derive(np.sum(0.5 * x * (1 + t)), wrt=x)


@case("dz = σ(z)")
def softplus_by_logaddexp():
    z = leaf(m)
    return tg.derive(np.logaddexp(0, z).sum(), wrt=z)


@case("dZ = [Z > 0] + α [Z ≤ 0]")
def leaky_relu_by_where():
    Z = leaf(m)
    alpha = 0.01
    return tg.derive(np.where(Z > 0, Z, alpha * Z).sum(), wrt=Z)


@case("dgate = dh ∘ (h_prev − h_cand)", "dh_cand = dh ∘ (1 − gate)")
def update_gate():
    gate, h_cand = (leaf(4, 6), leaf(4, 6))
    h_prev = rng.normal(size=(4, 6))
    dh = rng.normal(size=(4, 6))
    h = gate * h_prev + (1 - gate) * h_cand
    return tg.derive((h * dh).sum(), wrt=[gate, h_cand])


@case("dW = colsᵀ dout", "db = Σ₀ dout")
def convolution_as_a_product():
    image = rng.normal(size=(8, 8))
    W, b = (leaf(9, 2), leaf(2))
    dout = rng.normal(size=(36, 2))
    cols = np.lib.stride_tricks.sliding_window_view(image, (3, 3)).reshape(36, 9)
    out = cols @ W + b
    return tg.derive((out * dout).sum(), wrt=[W, b])


@case(
    "dW1 = Xᵀ dZ1 / m",
    "dW2 = A1ᵀ dZ2 / m",
    "where dZ2 = m ∂loss/∂Z2 = P − Y",
    "where dZ1 = m ∂loss/∂Z1 = dZ2 W2ᵀ ∘ [A1 > 0]",
)
def class_with_self():

    class Net:
        def __init__(this, n_in, n_h, n_out):
            this.W1, this.W2 = (leaf(n_in, n_h), leaf(n_h, n_out))

        def predict(this, X):
            this.Z1 = X @ this.W1
            this.A1 = tg.relu(this.Z1)
            this.Z2 = this.A1 @ this.W2
            this.P = tg.softmax(this.Z2, axis=1)
            return this.P

    X = rng.normal(size=(m, 3))
    Y = np.eye(4)[rng.integers(0, 4, m)].astype(np.int64)
    net = Net(3, 5, 4)
    loss = -(1 / m) * (Y * np.log(net.predict(X))).sum()
    return tg.derive(loss, wrt=[net.W1, net.W2])


@case("dW1 = λ W1 / m", "dW2 = λ W2 / m")
def weight_decay_by_list_comprehension():
    W1, W2 = (leaf(3, 4), leaf(4, 2))
    weights = [W1, W2]
    lambd = 0.1
    penalty = lambd / (2 * m) * sum([np.sum(np.square(W)) for W in weights])
    return tg.derive(penalty, wrt=weights)


@case("dE = one_hot(ids)ᵀ G")
def embedding_rows_by_indexing():
    E = leaf(7, 4)
    ids = np.array([1, 3, 3, 0, 6])
    G = rng.normal(size=(5, 4))
    h = E[ids]
    return tg.derive((h * G).sum(), wrt=E)


@case("dU = λ U − E V", "dV = λ V − Eᵀ U")
def matrix_factorisation():
    U, V = (leaf(6, 2), leaf(5, 2))
    R = rng.integers(1, 6, (6, 5))
    M = rng.random((6, 5)) < 0.7
    lam = 0.1
    E = M * (R - U @ V.T)
    J = 0.5 * np.sum(E**2) + lam / 2 * (np.sum(U**2) + np.sum(V**2))
    return tg.derive(J, wrt=[U, V])


@case("dW = −2 Rᵀ T − 2 Xᵀ R W")
def pca_reconstruction():
    X = rng.normal(size=(20, 4))
    W = leaf(4, 2)
    T = X @ W
    R = X - T @ W.T
    return tg.derive((R * R).sum(), wrt=W)


@case("dX = Aᵀ Bᵀ")
def trace_of_a_product_by_einsum():
    A = rng.normal(size=(4, 3))
    B = rng.normal(size=(5, 4))
    X = leaf(3, 5)
    return tg.derive(np.einsum("ij,jk,ki->", A, X, B), wrt=X)


@case("dX = 2 Aᵀ (A X − B)")
def frobenius_norm_squared():
    A = rng.normal(size=(6, 3))
    B = rng.normal(size=(6, 2))
    X = leaf(3, 2)
    return tg.derive(np.linalg.norm(A @ X - B) ** 2, wrt=X)


@case("dx0 = x1 − target + h Aᵀ (x1 − target)")
def one_euler_step():
    A = np.array([[0.0, 1.0], [-4.0, -0.1]])
    h = 0.01
    x0 = leaf(2)
    target = np.array([1.0, 0.0])
    x1 = x0 + h * (A @ x0)
    return tg.derive(0.5 * np.sum((x1 - target) ** 2), wrt=x0)


@case("dr = 24 ε s6 ∘ (1 − 2 s6) / r")
def lennard_jones():
    r = tg.tensor(rng.uniform(1, 2, 10), requires_grad=True)
    epsilon, sigma = (1.3, 1.1)
    s6 = (sigma / r) ** 6
    U = (4 * epsilon * (s6**2 - s6)).sum()
    return tg.derive(U, wrt=r)


@case("dE = k_T β softmax(−β E)")
def free_energy():
    E = leaf(7)
    k_T = 0.5
    beta = 1 / k_T
    Z = np.exp(-beta * E).sum()
    F = -k_T * np.log(Z)
    return tg.derive(F, wrt=E)


@case("dw = −2 Xᵀ (y − X w) / n")
def least_squares_in_matrix_form_on_stack_overflow():
    n = 25
    X = np.column_stack([np.ones(n), rng.normal(size=n)])
    y = rng.normal(size=(n, 1))
    w = leaf(2, 1)
    return tg.derive(1 / n * np.squeeze((y - X @ w).T @ (y - X @ w)), wrt=w)


@case("dθ₀ = Σ(h − y) / m", "dθ₁ = Σ(x ∘ (h − y)) / m")
def gradient_descent_of_the_old_machine_learning_course():
    x = rng.normal(size=m)
    y = 3 * x + 1
    theta0, theta1 = (tg.tensor(0.5, requires_grad=True), tg.tensor(0.2, requires_grad=True))
    h = theta0 + theta1 * x
    J = 1 / (2 * m) * np.sum((h - y) ** 2)
    return tg.derive(J, wrt=[theta0, theta1])


@case("du = (uh · cos − vh) / nu")
def cosine_distance_of_rows():
    u = leaf(9, 4)
    v = rng.normal(size=(9, 4))
    nu = np.sqrt(np.sum(u**2, axis=1, keepdims=True))
    uh = u / nu
    vh = v / np.sqrt(np.sum(v**2, axis=1, keepdims=True))
    cos = np.sum(uh * vh, axis=1, keepdims=True)
    return tg.derive((1 - cos).sum(), wrt=u)
