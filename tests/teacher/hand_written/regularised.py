"""Three layers with an L2 penalty, and with inverted dropout, examples in columns."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake, right, together
from tests.teacher.hand_written.logistic import sigmoid


def kicks(rng, sizes=(2, 4, 3, 1), lambd=0.7, keep_prob=0.8, drawn=0.8, b3=0.4):
    m = 24
    X = rng.normal(size=(sizes[0], m))
    Y = rng.integers(0, 2, (sizes[-1], m)) * 1.0
    parameters = {}
    for k in range(1, 4):
        parameters[f"W{k}"] = rng.normal(size=(sizes[k], sizes[k - 1]))
        parameters[f"b{k}"] = 0.5 + 0.1 * rng.normal(size=(sizes[k], 1))
    parameters["b3"] = np.full((sizes[-1], 1), b3)
    D1, D2 = ((rng.random((size, m)) < drawn) * 1.0 for size in sizes[1:3])
    return {"X": X, "Y": Y, "lambd": lambd, "keep_prob": keep_prob, "D1": D1, "D2": D2}, parameters


def compute_cost(A3, Y):
    m = Y.shape[1]
    return -1 / m * np.sum(np.log(A3) * Y + np.log(1 - A3) * (1 - Y))


def forward_with_penalty(X, Y, W1, b1, W2, b2, W3, b3, lambd):
    m = Y.shape[1]
    Z1 = np.dot(W1, X) + b1
    A1 = tg.relu(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = tg.relu(Z2)
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    squares = np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3))
    cost = compute_cost(A3, Y) + lambd / (2 * m) * squares
    return locals()


def backward_with_penalty(X, Y, A1, A2, A3, W1, W2, W3, b1, b2, b3, lambd):
    m = X.shape[1]
    dZ3 = A3 - Y
    dW3 = 1.0 / m * np.dot(dZ3, A2.T) + lambd / m * W3
    db3 = 1.0 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dZ2 = np.multiply(dA2, np.int64(A2 > 0))
    dW2 = 1.0 / m * np.dot(dZ2, A1.T) + lambd / m * W2
    db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, A1 > 0)
    dW1 = 1.0 / m * np.dot(dZ1, X.T) + lambd / m * W1
    db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)
    third = {"dZ3": dZ3, "dW3": dW3, "db3": db3}
    second = {"dA2": dA2, "dZ2": dZ2, "dW2": dW2, "db2": db2}
    return third | second | {"dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}


TIMES_M = "dZ3 dA2 dZ2 dA1 dZ1"
penalty = Network("L2", kicks, forward_with_penalty, (backward_with_penalty,), times_m=TIMES_M)
no_penalty = penalty.on("L2, λ = 0", lambd=0.0)
no_bias = penalty.on("L2, b3 = 0", b3=0.0)


def forward_with_dropout(X, Y, W1, b1, W2, b2, W3, b3, D1, D2, keep_prob):
    Z1 = np.dot(W1, X) + b1
    A1 = tg.relu(Z1) * D1 / keep_prob
    Z2 = np.dot(W2, A1) + b2
    A2 = tg.relu(Z2) * D2 / keep_prob
    Z3 = np.dot(W3, A2) + b3
    A3 = sigmoid(Z3)
    cost = compute_cost(A3, Y)
    return locals()


def backward_with_dropout(X, Y, Z1, Z2, D1, A1, W1, D2, A2, W2, A3, W3, keep_prob):
    m = X.shape[1]
    dZ3 = A3 - Y
    dW3 = 1.0 / m * np.dot(dZ3, A2.T)
    db3 = 1.0 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = np.dot(W3.T, dZ3)
    dA2 = dA2 * D2
    dA2 = dA2 / keep_prob
    dZ2 = np.multiply(dA2, Z2 > 0)
    dW2 = 1.0 / m * np.dot(dZ2, A1.T)
    db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    dA1 = dA1 * D1
    dA1 = dA1 / keep_prob
    dZ1 = np.multiply(dA1, Z1 > 0)
    dW1 = 1.0 / m * np.dot(dZ1, X.T)
    db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)
    third = {"dZ3": dZ3, "dW3": dW3, "db3": db3}
    second = {"dZ2": dZ2, "dW2": dW2, "db2": db2}
    return third | second | {"dZ1": dZ1, "dW1": dW1, "db1": db1}


dropout = Network(
    "dropout", kicks, forward_with_dropout, (backward_with_dropout,), times_m="dZ3 dZ2 dZ1"
)
even_dropout = dropout.on("dropout, layers alike", sizes=(4, 4, 4, 1))
all_kept = dropout.on("dropout, keep_prob = 1", keep_prob=1.0, drawn=1.0)
none_dropped = dropout.on("dropout, nothing dropped", sizes=(4, 4, 4, 1), drawn=1.0)

W3_TERM = "A2.T) + lambd / m * W3"
W2_TERM = "A1.T) + lambd / m * W2"
W1_TERM = "X.T) + lambd / m * W1"
NO_TERM = mistake(penalty, W3_TERM, "A2.T)", "dW3", "regularisation", "missing|λ|lambd")
NO_MASK = mistake(penalty, "np.int64(A2 > 0)", "1", "dZ2", "missing mask", "relu|ReLU|A2|> 0")
BIAS = mistake(
    penalty,
    "db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)",
    "db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True) + lambd / m * b1",
    "db1",
    "regularisation",
    "bias|b1",
)
NO_D2 = mistake(dropout, "dA2 = dA2 * D2\n", "dA2 = dA2\n", "dZ2", "missing mask", "D2|dropout")
NOT_SCALED = mistake(
    dropout, "dA1 = dA1 / keep_prob", "dA1 = dA1", "dZ1", "factor", "keep_prob|0.8"
)

MISTAKES = [
    NO_TERM,
    NO_MASK,
    BIAS,
    mistake(penalty, W2_TERM, "A1.T)", "dW2", "regularisation", "missing|λ|lambd"),
    mistake(penalty, W1_TERM, "X.T)", "dW1", "regularisation", "missing|λ|lambd"),
    mistake(penalty, W3_TERM, "A2.T) + 2 * lambd / m * W3", "dW3", "regularisation", "twice|2"),
    mistake(penalty, W3_TERM, "A2.T) + lambd * W3", "dW3", "regularisation", "m|24"),
    mistake(
        penalty, W2_TERM, "A1.T) + lambd / (2 * m) * W2", "dW2", "regularisation", "2|half|½|1/2"
    ),
    mistake(penalty, W2_TERM, "A1.T) - lambd / m * W2", "dW2", "regularisation|sign", "λ|lambd"),
    mistake(
        penalty, W1_TERM, "X.T) + lambd / m * np.sum(W1)", "dW1", "regularisation|unexplainable"
    ),
    mistake(
        penalty,
        W1_TERM,
        "X.T) + lambd / (2 * m) * np.sum(np.square(W1))",
        "dW1",
        "regularisation|unexplainable",
    ),
    mistake(
        penalty, W1_TERM, "X.T) + lambd / m * np.sign(W1)", "dW1", "regularisation|unexplainable"
    ),
    mistake(penalty, W1_TERM, "X.T) + W1 / m", "dW1", "regularisation", "λ|lambd|0.7|1.4"),
    mistake(
        penalty,
        "1.0 / m * np.dot(dZ3, " + W3_TERM,
        "1.0 / m * (np.dot(dZ3, A2.T) + lambd / m * W3)",
        "dW3",
        "regularisation",
        "m|24",
    ),
    mistake(
        penalty,
        "1.0 / m * np.dot(dZ1, X.T) +",
        "np.dot(dZ1, X.T) +",
        "dW1",
        "factor|sum for mean|unexplainable|missing factor",
        "m|24",
    ),
    mistake(
        penalty,
        "np.sum(dZ3, axis=1, keepdims=True)",
        "np.sum(dZ3, axis=1, keepdims=True) + lambd / m * b3",
        "db3",
        "regularisation",
        "bias|b3",
    ),
    mistake(
        penalty, "np.int64(A2 > 0)", "np.int64(A2 < 0)", "dZ2", "wrong mask", "mask|relu|ReLU|> 0"
    ),
    mistake(
        penalty, "np.int64(A2 > 0)", "A2", "dZ2", "wrong derivative|wrong value|wrong mask", "A2"
    ),
    mistake(
        penalty,
        "np.int64(A2 > 0)",
        "np.int64(dA2 > 0)",
        "dZ2",
        "wrong mask|wrong value",
        "dA2|mask",
        "A2|Z2",
    ),
    mistake(
        penalty,
        "np.int64(A2 > 0)",
        "1 - np.power(A2, 2)",
        "dZ2",
        "wrong derivative",
        "tanh|relu|ReLU",
    ),
    mistake(
        penalty,
        "dZ1 = np.multiply(dA1, A1 > 0)",
        "dZ1 = dA1",
        "dZ1",
        "missing mask",
        "relu|ReLU|A1|> 0",
    ),
    mistake(
        penalty,
        "dA2 = np.dot(W3.T, dZ3)",
        "dA2 = np.dot(W3.T, A3)",
        "dA2",
        "wrong value|missing term",
        "A3",
        "dZ3",
    ),
    mistake(
        penalty,
        "dA2 = np.dot(W3.T, dZ3)",
        "dA2 = np.dot(W3.T, dZ3) + lambd / m * W3.T",
        "dA2",
        "regularisation|unexplainable|missing term",
    ),
    together(NO_TERM, NO_MASK),
    together(NO_TERM, NO_MASK, BIAS),
    together(
        NO_TERM,
        mistake(penalty, W2_TERM, "A1.T)", "dW2", "regularisation", "missing|λ|lambd"),
        mistake(penalty, W1_TERM, "X.T)", "dW1", "regularisation", "missing|λ|lambd"),
    ),
    NO_D2,
    NOT_SCALED,
    mistake(dropout, "dA1 = dA1 * D1\n", "dA1 = dA1\n", "dZ1", "missing mask", "D1|dropout"),
    mistake(dropout, "dA2 = dA2 / keep_prob", "dA2 = dA2", "dZ2", "factor", "keep_prob|0.8"),
    mistake(
        dropout, "dA2 = dA2 / keep_prob", "dA2 = dA2 * keep_prob", "dZ2", "factor", "keep_prob|0.64"
    ),
    mistake(
        dropout,
        "dA2 = dA2 / keep_prob",
        "dA2 = dA2 / (1 - keep_prob)",
        "dZ2",
        "factor",
        "4|keep_prob",
    ),
    mistake(dropout, "dA2 = dA2 * D2\n", "dA2 = dA2 * (1 - D2)\n", "dZ2", "wrong mask", "D2"),
    mistake(
        dropout, "dA2 * D2\n    dA2 = dA2 / keep_prob", "dA2", "dZ2", "missing mask", "D2|dropout"
    ),
    mistake(
        dropout,
        "dZ1 = np.multiply(dA1, Z1 > 0)",
        "dZ1 = dA1",
        "dZ1",
        "missing mask",
        "relu|ReLU|Z1|> 0",
    ),
    mistake(
        dropout,
        "dZ1 = np.multiply(dA1, Z1 > 0)",
        "dZ1 = np.multiply(dA1, Z1)",
        "dZ1",
        "wrong derivative|wrong value|wrong mask",
        "Z1",
    ),
    mistake(
        dropout,
        "db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)",
        "db2 = np.sum(dZ2, axis=1, keepdims=True) / np.sum(D2, axis=1, keepdims=True)",
        "db2",
        "unexplainable",
    ),
    together(NO_D2, NOT_SCALED),
    mistake(even_dropout, "dA2 * D2\n", "dA2 * D1\n", "dZ2", "wrong layer|wrong mask", "D1", "D2"),
    mistake(even_dropout, "dA1 * D1\n", "dA1 * D2\n", "dZ1", "wrong layer|wrong mask", "D2", "D1"),
    mistake(
        even_dropout,
        "np.multiply(dA1, Z1 > 0)",
        "np.multiply(dA1, Z2 > 0)",
        "dZ1",
        "wrong layer|wrong mask",
        "Z2",
        "Z1",
    ),
    mistake(
        even_dropout, "np.dot(W2.T, dZ2)", "np.dot(W1.T, dZ2)", "dZ1", "wrong layer", "W1", "W2"
    ),
    mistake(
        even_dropout,
        "np.dot(dZ1, X.T)",
        "np.dot(dZ1, A1.T)",
        "dW1",
        "wrong layer|wrong value",
        "A1",
        "X",
    ),
    mistake(none_dropped, "dA1 / keep_prob", "dA1", "dZ1", "factor", "keep_prob|0.8"),
    mistake(
        none_dropped, "np.multiply(dA2, Z2 > 0)", "dA2", "dZ2", "missing mask", "relu|ReLU|> 0"
    ),
]

RIGHT = [
    right(
        penalty, "1.0 / m * np.dot(dZ3, " + W3_TERM, "1.0 / m * (np.dot(dZ3, A2.T) + lambd * W3)"
    ),
    right(penalty, "np.int64(A2 > 0)", "np.sign(A2)"),
    right(no_penalty, W3_TERM, "A2.T)"),
    right(no_penalty, W3_TERM, "A2.T) + lambd * W3 + lambd"),
    right(
        no_bias,
        "np.sum(dZ3, axis=1, keepdims=True)",
        "np.sum(dZ3, axis=1, keepdims=True) + lambd / m * b3",
    ),
    right(dropout, "np.multiply(dA2, Z2 > 0)", "np.multiply(dA2, A2 > 0)"),
    right(
        dropout,
        "dA2 = dA2 * D2\n    dA2 = dA2 / keep_prob\n    dZ2 = np.multiply(dA2, Z2 > 0)",
        "dZ2 = np.where(A2, dA2, 0) / keep_prob",
    ),
    right(all_kept, "    dA2 = dA2 * D2\n    dA2 = dA2 / keep_prob\n", ""),
    right(all_kept, "dA1 = dA1 / keep_prob", "dA1 = dA1 * keep_prob"),
    right(none_dropped, "dA2 = dA2 * D2\n", "dA2 = dA2\n"),
    right(none_dropped, "dA2 = dA2 * D2\n", "dA2 = dA2 * D1\n"),
]
