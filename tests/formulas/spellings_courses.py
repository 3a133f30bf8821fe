"""Gradients of the courses' assignments, as people write them.

Each function records a graph in local variables of its own and returns what ``derive`` makes of it;
``case`` holds the lines that must come out, without what is told after them.
"""

import numpy as np

import tensorgraph as tg
from tests.formulas.spelling import cases, leaf, m, rng, sigmoid

CASES = {}
case = cases(CASES)


@case("dw = X dZ1ᵀ / m", "db = Σ₁ dZ1 / m")
def week2_propagate():
    X = rng.normal(size=(4, m))
    Y = (rng.random((1, m)) < 0.5).astype(int)
    w = tg.tensor(np.zeros((4, 1)), requires_grad=True)
    b = tg.tensor(0.0, requires_grad=True)

    def propagate(w, b, X, Y):
        m = X.shape[1]
        A = sigmoid(np.dot(w.T, X) + b)
        cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
        return cost

    cost = propagate(w, b, X, Y)
    return tg.derive(cost, wrt=[w, b])


@case(
    "dW1 = dZ1 Xᵀ / m",
    "db1 = Σ₁ dZ1 / m",
    "dW2 = dZ2 A1ᵀ / m",
    "db2 = Σ₁ dZ2 / m",
    "where dZ1 = m ∂cost/∂Z1 = W2ᵀ dZ2 ∘ (1 − A1²)",
    "where dZ2 = m ∂cost/∂Z2 = A2 − Y",
)
def week3_parameters_and_cache():
    X = rng.normal(size=(2, m))
    Y = (rng.random((1, m)) < 0.5).astype(int)
    parameters = {
        "W1": leaf(4, 2),
        "b1": tg.tensor(np.zeros((4, 1)), requires_grad=True),
        "W2": leaf(1, 4),
        "b2": tg.tensor(np.zeros((1, 1)), requires_grad=True),
    }

    def forward_propagation(X, parameters):
        W1 = parameters["W1"]
        b1 = parameters["b1"]
        W2 = parameters["W2"]
        b2 = parameters["b2"]
        Z1 = np.dot(W1, X) + b1
        A1 = np.tanh(Z1)
        Z2 = np.dot(W2, A1) + b2
        A2 = sigmoid(Z2)
        return (A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2})

    A2, _ = forward_propagation(X, parameters)
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(1 - Y, np.log(1 - A2))
    cost = -np.sum(logprobs) / Y.shape[1]
    return tg.derive(
        cost, wrt=[parameters["W1"], parameters["b1"], parameters["W2"], parameters["b2"]]
    )


@case(
    "dW1 = dZ1 Xᵀ / m",
    "dW2 = dZ2 A1ᵀ / m",
    "dW3 = dZ3 A_prevᵀ / m",
    "db1 = Σ₁ dZ1 / m",
    "db3 = Σ₁ dZ3 / m",
    "where dZ3 = m ∂cost/∂Z3 = A − Y",
    "where dZ2 = m ∂cost/∂Z2 = W3ᵀ dZ3 ∘ [A_prev > 0]",
    "where dZ1 = m ∂cost/∂Z1 = W2ᵀ dZ2 ∘ [A1 > 0]",
)
def week4_L_layers_in_a_loop():
    X = rng.normal(size=(5, m))
    Y = (rng.random((1, m)) < 0.5).astype(int)
    layer_dims = [5, 4, 3, 1]
    parameters = {}
    for layer in range(1, len(layer_dims)):
        parameters["W" + str(layer)] = tg.tensor(
            rng.standard_normal((layer_dims[layer], layer_dims[layer - 1]))
            * np.sqrt(2 / layer_dims[layer - 1]),
            requires_grad=True,
        )
        parameters["b" + str(layer)] = tg.tensor(
            np.zeros((layer_dims[layer], 1)), requires_grad=True
        )
    caches = []
    A = X
    L = len(parameters) // 2
    for layer in range(1, L + 1):
        A_prev = A
        Z = np.dot(parameters["W" + str(layer)], A_prev) + parameters["b" + str(layer)]
        A = tg.relu(Z) if layer < L else tg.sigmoid(Z)
        caches.append((A_prev, Z))
    AL = A
    cost = np.squeeze(
        -1 / m * np.sum(np.multiply(Y, np.log(AL)) + np.multiply(1 - Y, np.log(1 - AL)))
    )
    return tg.derive(cost, wrt=list(parameters.values()))


@case(
    "dW1 = dZ1 Xᵀ / m + λ W1 / m",
    "dW2 = dZ2 A1ᵀ / m + λ W2 / m",
    "db1 = Σ₁ dZ1 / m",
    "where dZ2 = m ∂cost/∂Z2 = A2 − Y",
    "where dZ1 = m ∂cost/∂Z1 = W2ᵀ dZ2 ∘ [A1 > 0]",
)
def course2_l2_regularisation():
    X = rng.normal(size=(3, m))
    Y = (rng.random((1, m)) < 0.5).astype(int)
    lambd = 0.7
    W1, b1, W2, b2 = (leaf(4, 3), leaf(4, 1), leaf(1, 4), leaf(1, 1))
    Z1 = np.dot(W1, X) + b1
    A1 = tg.relu(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cross_entropy_cost = 1.0 / m * np.sum(-Y * np.log(A2) - (1 - Y) * np.log(1 - A2))
    L2_regularization_cost = lambd / (2 * m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)))
    cost = cross_entropy_cost + L2_regularization_cost
    return tg.derive(cost, wrt=[W1, b1, W2, b2])


@case(
    "dW2 = dZ2 A1ᵀ / m",
    "dW1 = dZ1 Xᵀ / (m keep_prob)",
    "where dZ2 = m ∂cost/∂Z2 = A2 − Y",
    "where dZ1 = m keep_prob ∂cost/∂Z1 = W2ᵀ dZ2 ∘ D1 ∘ [Z1 > 0]",
)
def course2_dropout():
    X = rng.normal(size=(3, m))
    Y = (rng.random((1, m)) < 0.5).astype(int)
    keep_prob = 0.5
    W1, b1, W2, b2 = (leaf(6, 3), leaf(6, 1), leaf(1, 6), leaf(1, 1))
    Z1 = np.dot(W1, X) + b1
    A1 = tg.relu(Z1)
    D1 = np.random.default_rng(1).random(A1.shape)
    D1 = (D1 < keep_prob).astype(int)
    A1 = A1 * D1
    A1 /= keep_prob
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cost = 1.0 / m * np.sum(-np.log(A2) * Y - np.log(1 - A2) * (1 - Y))
    return tg.derive(cost, wrt=[W1, W2])


@case("dθ = x")
def course2_gradient_checking_1d():
    x, theta = (2, tg.tensor(4.0, requires_grad=True))

    def forward_propagation(x, theta):
        J = theta * x
        return J

    J = forward_propagation(x, theta)
    return tg.derive(J, wrt=theta)


@case(
    "dZ = γ · (dout − Σ₁ dout / m − Znorm · Σ₁(Znorm ∘ dout) / m) / √(σ₂ + ε)",
    "dγ = Σ₁(Znorm ∘ dout)",
    "dβ = Σ₁ dout",
)
def course2_batch_norm_by_hand():
    Z = leaf(5, m)
    gamma = leaf(5, 1)
    beta = leaf(5, 1)
    eps = 1e-08
    dout = rng.normal(size=(5, m))
    mu = 1 / m * np.sum(Z, axis=1, keepdims=True)
    sigma2 = 1 / m * np.sum((Z - mu) ** 2, axis=1, keepdims=True)
    Znorm = (Z - mu) / np.sqrt(sigma2 + eps)
    Ztilde = gamma * Znorm + beta
    return tg.derive(np.sum(Ztilde * dout), wrt=[Z, gamma, beta])


@case("dWaa = dz a_prevᵀ", "dWax = dz xtᵀ", "dba = Σ₁ dz", "where dz = da_next ∘ (1 − a_next²)")
def course5_rnn_cell():
    parameters = {"Waa": leaf(5, 5), "Wax": leaf(5, 3), "ba": leaf(5, 1)}
    xt = rng.normal(size=(3, 10))
    a_prev = rng.normal(size=(5, 10))
    da_next = rng.normal(size=(5, 10))
    Waa, Wax, ba = (parameters["Waa"], parameters["Wax"], parameters["ba"])
    z = np.dot(Wax, xt) + np.dot(Waa, a_prev) + ba
    a_next = np.tanh(z)
    J = (a_next * da_next).sum()
    return tg.derive(J, wrt=[Waa, Wax, ba])
