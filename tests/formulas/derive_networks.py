"""Layers and whole networks whose gradients every textbook has: see ``derive_cases.py``."""

import numpy as np

import tensorgraph as tg
from tests.formulas.derive_cases import CLASSES, LOGITS, ONE_HOT, RNG, UPSTREAM, case, leaf


@case(
    """
dX = dZ W
dW = dZᵀ X
db = Σ₀ dZ
""",
    "dX = dZ \\, W \\\\\ndW = dZ^{\\top} \\, X \\\\\ndb = \\sum_{0} dZ",
)
def linear_layer():
    X, W, b, dZ = leaf(LOGITS), leaf(np.abs(UPSTREAM)[:3]), leaf(np.zeros(3)), UPSTREAM[:, :3]
    Z = tg.linear(X, W, b)
    return tg.derive(Z, wrt=[X, W, b], gradient=dZ), Z, [X, W, b]


@case(
    """
dX = dZ W
dW = dZᵀ X
db = Σ₀ dZ
"""
)
def linear_layer_in_operators():
    X, W, b, dZ = leaf(LOGITS), leaf(np.abs(UPSTREAM)[:3]), leaf(np.zeros(3)), UPSTREAM[:, :3]
    Z = X @ W.T + b
    return tg.derive(Z, wrt=[X, W, b], gradient=dZ), Z, [X, W, b]


@case(
    """
dZ3 = (A3 − Y) / m
dW3 = dZ3 A2ᵀ
db3 = Σ₁ dZ3
dZ2 = W3ᵀ dZ3 ∘ [A2 > 0]
dW2 = dZ2 A1ᵀ
db2 = Σ₁ dZ2
dZ1 = W2ᵀ dZ2 ∘ (1 − A1²)
dW1 = dZ1 Xᵀ
db1 = Σ₁ dZ1
""",
    "dZ^{[3]} = \\frac{A^{[3]} - Y}{m} \\\\\n"
    "dW^{[3]} = dZ^{[3]} \\, A^{[2]\\top} \\\\\n"
    "db^{[3]} = \\sum_{1} dZ^{[3]} \\\\\n"
    "dZ^{[2]} = W^{[3]\\top} \\, dZ^{[3]} \\odot [A^{[2]} > 0] \\\\\n"
    "dW^{[2]} = dZ^{[2]} \\, A^{[1]\\top} \\\\\n"
    "db^{[2]} = \\sum_{1} dZ^{[2]} \\\\\n"
    "dZ^{[1]} = W^{[2]\\top} \\, dZ^{[2]} \\odot"
    " (1 - (A^{[1]})^{2}) \\\\\n"
    "dW^{[1]} = dZ^{[1]} \\, X^{\\top} \\\\\n"
    "db^{[1]} = \\sum_{1} dZ^{[1]}",
)
def course_network():
    m, X, Y = 6, LOGITS.T, ONE_HOT[:, :1].T
    W1, b1 = leaf(UPSTREAM[:5]), leaf(np.zeros((5, 1)))
    W2, b2 = leaf(np.abs(UPSTREAM[:3, [0, 1, 2, 3, 0]])), leaf(np.zeros((3, 1)))
    W3, b3 = leaf(UPSTREAM[:1, :3]), leaf(np.zeros((1, 1)))
    Z1 = W1 @ X + b1
    A1 = tg.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = tg.relu(Z2)
    Z3 = W3 @ A2 + b3
    A3 = tg.sigmoid(Z3)
    J = -(Y * tg.log(A3) + (1 - Y) * tg.log(1 - A3)).sum() / m
    wrt = [Z3, W3, b3, Z2, W2, b2, Z1, W1, b1]
    return tg.derive(J, wrt=wrt), J, wrt


@case(
    """
dW = cos(W) + λ W / m
  with λ = 0.7
""",
    r"dW = \cos(W) + \frac{\lambda \, W}{m}",
)
def l2_penalty():
    m, lambd, W = 6, 0.7, leaf(LOGITS)
    cost = tg.sin(W).sum()
    J = cost + lambd / (2 * m) * (W * W).sum()
    return tg.derive(J, wrt=W), J, W


@case("dA = 2 (A − Y) / m", r"dA = \frac{2 \, (A - Y)}{m}")
def mean_squared_error():
    m, A, Y = 6, leaf(LOGITS), UPSTREAM
    loss = ((A - Y) ** 2).sum() / m
    return tg.derive(loss, wrt=A), loss, A


@case(
    """
dS = P ∘ (dO Vᵀ − Σ₁(P ∘ dO Vᵀ))
dQ = dS K / √d_k
dK = dSᵀ Q / √d_k
dV = Pᵀ dO
"""
)
def attention():
    d_k = 3
    Q, K, V, dO = leaf(LOGITS[:5, :3]), leaf(UPSTREAM[:, :3]), leaf(LOGITS), UPSTREAM[:5]
    S = Q @ K.T / np.sqrt(d_k)
    P = tg.softmax(S, axis=1)
    O = P @ V  # noqa: E741
    return tg.derive(O, wrt=[S, Q, K, V], gradient=dO), O, [S, Q, K, V]


@case("dx = A ∘ (1 − A) ∘ (1 − 2 A)\n  where A = σ(x)")
def gradient_of_a_gradient():
    x = leaf(LOGITS)
    y = tg.sigmoid(x)
    slope = tg.gradients(y.sum(), x, create_graph=True).sum()
    return tg.derive(slope, wrt=x), slope, x


@case(
    """
dW = dZ A_prevᵀ / m
db = Σ₁ dZ / m
  where dZ = m ∂J/∂Z = A − Y    assuming Σ₀ Y = 1 (checked on the data)
""",
    "dW = \\frac{dZ \\, A_{\\mathrm{prev}}^{\\top}}{m} \\\\\n"
    "db = \\frac{\\sum_{1} dZ}{m} \\\\\n"
    "dZ = m \\, \\frac{\\partial J}{\\partial Z} = A - Y",
)
def samples_in_columns_by_parameters():
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
    return tg.derive(J, wrt=[W, b]), J, [W, b]


@case(
    """
dW2 = dZ2 A1ᵀ / m + λ W2 / m
db2 = Σ₁ dZ2 / m
dW1 = dZ1 Xᵀ / m + λ W1 / m
db1 = Σ₁ dZ1 / m
  where dZ2 = m ∂J/∂Z2 = A2 − Y
  where dZ1 = m ∂J/∂Z1 = W2ᵀ dZ2 ∘ (1 − A1²)
  with λ = 0.7
"""
)
def course_network_by_parameters():
    """As the course has it: the 1/m of the cost stands with dW and db."""
    m, lambd, X, Y = 6, 0.7, LOGITS.T, ONE_HOT[:, :1].T
    W1, b1 = leaf(UPSTREAM[:5]), leaf(np.zeros((5, 1)))
    W2, b2 = leaf(np.abs(UPSTREAM[:1, [0, 1, 2, 3, 0]])), leaf(np.zeros((1, 1)))
    Z1 = W1 @ X + b1
    A1 = tg.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = tg.sigmoid(Z2)
    cost = -(Y * tg.log(A2) + (1 - Y) * tg.log(1 - A2)).sum() / m
    J = cost + lambd / (2 * m) * ((W1 * W1).sum() + (W2 * W2).sum())
    return tg.derive(J, wrt=[W2, b2, W1, b1]), J, [W2, b2, W1, b1]


@case("dw = −2 Xᵀ (y − X w) / m")
def least_squares():
    m, X, y, w = 6, LOGITS, UPSTREAM[:, 0], leaf(np.array([0.5, -1.0, 2.0, 1.5]))
    J = ((y - X @ w) ** 2).sum() / m
    return tg.derive(J, wrt=w), J, w


@case("dv = Σ₁(h ∘ dY)")
def a_factor_that_completes_a_name():
    X, v, dY = LOGITS, leaf(UPSTREAM[:, :1]), UPSTREAM
    r = tg.exp(v)
    h = 3 * X * r
    total = (tg.exp(h) / tg.exp(h) * h * dY).sum()
    return tg.derive(total, wrt=v), total, v


@case(
    """
dW = Σ₀(dZᵀ X)
db = Σ₀,₁ dZ
dX = dZ W
""",
    "dW = \\sum_{0}(dZ^{\\top} \\, X) \\\\\ndb = \\sum_{0,1} dZ \\\\\ndX = dZ \\, W",
)
def linear_layer_of_a_batch_of_sequences():
    X, W, b = leaf(RNG.normal(size=(2, 5, 3))), leaf(UPSTREAM[:4, :3]), leaf(np.zeros(4))
    Z = tg.linear(X, W, b)
    dZ = RNG.normal(size=Z.shape)
    return tg.derive(Z, wrt=[W, b, X], gradient=dZ), (Z * dZ).sum(), [W, b, X]


@case("dW = g xᵀ", r"dW = g \, x^{\top}")
def a_matrix_times_a_vector():
    W, x, g = leaf(UPSTREAM[:4]), LOGITS[0], LOGITS[1]
    y = W @ x
    return tg.derive(y, wrt=W, gradient=g), (y * g).sum(), W


@case("dW = g xᵀ")
def a_matrix_that_is_not_square_times_a_vector():
    W, x, g = leaf(UPSTREAM[:3]), LOGITS[0], LOGITS[1, :3]
    y = W @ x
    return tg.derive(y, wrt=W, gradient=g), (y * g).sum(), W


@case("dW = 2 (h² − 1) xᵀ")
def an_outer_product_with_a_difference():
    W, x = leaf(UPSTREAM[:4]), LOGITS[0]
    h = tg.tanh(W @ x)
    total = -2 * h.sum()
    return tg.derive(total, wrt=W), total, W


@case("dK = x − yᵀ")
def differences_of_all_pairs():
    x, y, K = leaf(LOGITS[0]), leaf(LOGITS[1]), leaf(UPSTREAM[:4])
    total = ((x[:, None] - y) * K).sum()
    return tg.derive(total, wrt=K), total, K


@case(
    "dx = K y\ndy = Kᵀ x\ndK = x yᵀ",
    "dx = K \\, y \\\\\ndy = K^{\\top} \\, x \\\\\ndK = x \\, y^{\\top}",
)
def new_axes_by_indexing():
    x, y, K = leaf(LOGITS[0]), leaf(LOGITS[1]), leaf(UPSTREAM[:4])
    total = (x[:, None] * y[None] * K).sum()
    return tg.derive(total, wrt=[x, y, K]), total, [x, y, K]


@case(
    "dX = v[:, None] · K\ndK = X · v[:, None]",
    "dX = v_{:, None} \\cdot K \\\\\ndK = X \\cdot v_{:, None}",
)
def a_weight_for_each_row_of_a_square():
    X, v, K = leaf(LOGITS[:4]), leaf(LOGITS[5]), leaf(UPSTREAM[:4])
    total = (X * v[:, None] * K).sum()
    return tg.derive(total, wrt=[X, K]), total, [X, K]


@case("dX = v · K")
def a_weight_for_each_row_where_lengths_tell():
    X, v, K = leaf(LOGITS), leaf(LOGITS[:, 0]), leaf(UPSTREAM)
    total = (X * v[:, None] * K).sum()
    return tg.derive(total, wrt=X), total, X
