"""One hidden layer of tanh and a sigmoid, examples in columns: planar data classification."""

import numpy as np

from tests.teacher.hand_written.bank import Network, mistake, right, together
from tests.teacher.hand_written.logistic import sigmoid


def flower(rng, m=30, n_x=2, n_h=4, n_y=1, symmetric=False, scale=0.7):
    X = rng.normal(size=(n_x, m))
    Y = rng.integers(0, 2, (n_y, m)) * 1.0
    W1, b1 = scale * rng.normal(size=(n_h, n_x)), 0.1 * rng.normal(size=(n_h, 1))
    W2, b2 = scale * rng.normal(size=(n_y, n_h)), 0.1 * rng.normal(size=(n_y, 1))
    if symmetric:
        W2 = W2 + W2.T
    return {"X": X, "Y": Y}, {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def forward_propagation(X, Y, W1, b1, W2, b2):
    m = X.shape[1]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    cost = -np.sum(logprobs) / m
    return locals()


def backward_propagation(X, Y, W1, W2, b1, Z1, Z2, A1, A2):
    m = X.shape[1]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dZ2": dZ2, "dW2": dW2, "db2": db2, "dZ1": dZ1, "dW1": dW1, "db1": db1}


two_layer = Network(
    "two layers", flower, forward_propagation, (backward_propagation,), times_m="dZ2 dZ1"
)
square = two_layer.on("square weights", n_x=3, n_h=3, n_y=3)
symmetric = two_layer.on("symmetric W2", n_x=3, n_h=3, n_y=3, symmetric=True)
one_example = two_layer.on("two layers, m = 1", m=1)
zeros = two_layer.on("zero weights", scale=0.0)
many_examples = two_layer.on("two layers, m = 5000", m=5000)

DZ2 = "dZ2 = A2 - Y"
DW2 = "dW2 = 1 / m * np.dot(dZ2, A1.T)"
DB2 = "db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)"
DZ1 = "dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))"
DW1 = "dW1 = 1 / m * np.dot(dZ1, X.T)"
DB1 = "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)"

SIGN = mistake(two_layer, DZ2, "dZ2 = Y - A2", "dZ2", "sign|factor")
NO_MEAN_W2 = mistake(
    two_layer, DW2, "dW2 = np.dot(dZ2, A1.T)", "dW2", "factor|sum for mean", "m|30"
)
NO_MEAN_W1 = mistake(two_layer, DW1, "dW1 = np.dot(dZ1, X.T)", "dW1", "factor|sum for mean", "m|30")
NO_SLOPE = mistake(
    two_layer, DZ1, "dZ1 = np.dot(W2.T, dZ2)", "dZ1", "missing derivative", "tanh|A1|1 −|1 -"
)
FLAT_B1 = mistake(
    two_layer, DB1, "db1 = 1 / m * np.sum(dZ1, axis=1)", "db1", "shape", "keepdims|(4,)"
)
SLOPE_AT_Z = mistake(
    two_layer,
    DZ1,
    "dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(Z1, 2))",
    "dZ1",
    "wrong value",
    "Z1",
    "A1|tanh",
)

MISTAKES = [
    SIGN,
    NO_MEAN_W2,
    NO_MEAN_W1,
    NO_SLOPE,
    FLAT_B1,
    SLOPE_AT_Z,
    mistake(two_layer, DZ2, "dZ2 = A2", "dZ2", "missing term|wrong value", "Y"),
    mistake(two_layer, DZ2, "dZ2 = 2 * (A2 - Y)", "dZ2", "factor", "2"),
    mistake(
        two_layer, DZ2, "dZ2 = (A2 - Y) * (1 - A2**2)", "dZ2", "extra derivative|unexplainable"
    ),
    mistake(
        two_layer, DZ2, "dZ2 = (A2 - Y) * A2 * (1 - A2)", "dZ2", "extra derivative", "σ|sigmoid|A2"
    ),
    mistake(two_layer, DZ2, "dZ2 = Z2 - Y", "dZ2", "wrong value", "Z2"),
    mistake(two_layer, DZ2, "dZ2 = (A2 > 0.5) - Y", "dZ2", "unexplainable|wrong value"),
    mistake(
        two_layer,
        DZ2,
        "dZ2 = (A2 - Y) / m",
        "dW2 db2",
        "factor",
        "1/m|1 / m|m|30",
        also=("dW1 db1",),
    ),
    mistake(two_layer, DW2, "dW2 = 1 / m * np.dot(A1, dZ2.T)", "dW2", "transpose", "transpose|ᵀ"),
    mistake(two_layer, DW2, "dW2 = 1 / m * dZ2 * A1", "dW2", "missing sum"),
    mistake(
        two_layer,
        DW2,
        "dW2 = 1 / m * np.dot(dZ2, X.T)",
        "dW2",
        "wrong layer|wrong value",
        "X",
        "A1",
    ),
    mistake(two_layer, DW2, "dW2 = 1 / m * np.dot(dZ2, Z1.T)", "dW2", "wrong value", "Z1", "A1"),
    mistake(two_layer, DW2, "dW2 = -1 / m * np.dot(dZ2, A1.T)", "dW2", "sign|factor"),
    mistake(two_layer, DW2, "dW2 = 1.2 / m * np.dot(dZ2, A1.T)", "dW2", "factor", "1.2"),
    mistake(two_layer, DB2, "db2 = 1 / m * np.sum(dZ2)", "db2", "shape", "keepdims|()"),
    mistake(
        two_layer,
        DB2,
        "db2 = 1 / m * np.sum(dZ2, axis=0, keepdims=True)",
        "db2",
        "wrong axis|missing sum",
        "axis",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, dZ2) * (1 - A1)",
        "dZ1",
        "wrong derivative|unexplainable",
        "tanh|A1",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, dZ2) * A1 * (1 - A1)",
        "dZ1",
        "wrong derivative",
        "sigmoid|σ|tanh",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, dZ2) * (A1 > 0)",
        "dZ1",
        "wrong derivative",
        "relu|ReLU|tanh",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, dZ2) * A1",
        "dZ1",
        "wrong derivative|unexplainable|wrong value",
        "tanh|A1",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A2, 2))",
        "dZ1",
        "wrong layer|wrong value",
        "A2",
        "A1",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2)) ** 2",
        "dZ1",
        "extra derivative",
        "tanh|A1|twice",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = dZ2 * (1 - np.power(A1, 2))",
        "dZ1",
        "missing factor|unexplainable",
        "W2",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, A2) * (1 - np.power(A1, 2))",
        "dZ1",
        "wrong value|missing term",
        "A2",
        "dZ2",
    ),
    mistake(
        two_layer, DZ1, "dZ1 = -np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))", "dZ1", "sign|factor"
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2)) / m",
        "dZ1",
        "factor",
        "1/m|1 / m|m|30",
    ),
    mistake(
        two_layer,
        DZ1,
        "dZ1 = np.dot(W2.T, dZ2) * np.tanh(1 - A1)",
        "dZ1",
        "unexplainable|wrong derivative",
    ),
    mistake(
        two_layer,
        DW1,
        "dW1 = 1 / m * np.dot(dZ1, A1.T)",
        "dW1",
        "wrong layer|wrong value",
        "A1",
        "X",
    ),
    mistake(
        two_layer,
        DW1,
        "dW1 = 1 / m * np.dot(dZ2, X.T)",
        "dW1",
        "wrong layer|wrong value",
        "dZ2",
        "dZ1",
    ),
    mistake(two_layer, DW1, "dW1 = 1 / m * np.dot(X, dZ1.T)", "dW1", "transpose", "transpose|ᵀ"),
    mistake(
        two_layer, DW1, "dW1 = 1 / m * np.dot(dZ1, X.T)\n    dW1[3] = 0", "dW1", "entries", "3|last"
    ),
    mistake(
        two_layer,
        DW1,
        "dW1 = 1 / m * np.dot(dZ1, X.T)\n    dW1[:, 1] *= 2",
        "dW1",
        "entries|factor",
        "column",
        "1|last",
    ),
    mistake(
        two_layer,
        DW1,
        "dW1 = 1 / m * np.dot(dZ1, X.T)\n    dW1[2, 0] += 0.5",
        "dW1",
        "entries",
        "2, 0|row 2",
    ),
    mistake(
        two_layer,
        DW1,
        "dW1 = W1 * 0\n    for i in range(3):\n        dW1[i] = np.sum(dZ1[i] * X, axis=1) / m",
        "dW1",
        "entries",
        "3|last",
    ),
    mistake(
        two_layer,
        DW1,
        "dW1 = 1 / m * np.dot(dZ1, X.T) + np.random.default_rng(5).normal(size=W1.shape)",
        "dW1",
        "unexplainable",
    ),
    mistake(
        two_layer,
        DW1,
        "dW1 = np.random.default_rng(5).normal(size=W1.shape)",
        "dW1",
        "unexplainable",
    ),
    mistake(two_layer, DW1, "dW1 = 1 / m * np.dot(dZ1, np.sort(X).T)", "dW1", "unexplainable"),
    mistake(two_layer, DW1, "dW1 = 1 / m * np.dot(dZ1, X.T)[::-1]", "dW1", "unexplainable|entries"),
    mistake(
        two_layer,
        DW1,
        "dW1 = 1 / m * np.dot(dZ1, X.T) * np.nan",
        "dW1",
        "unexplainable|entries",
        "nan|NaN",
    ),
    mistake(
        two_layer, DB1, "db1 = 1 / m * np.sum(dZ1)", "db1", "wrong axis|shape", "axis|shape|sum"
    ),
    mistake(
        two_layer,
        DB1,
        "db1 = 1 / m * np.sum(dZ1, axis=0, keepdims=True)",
        "db1",
        "wrong axis|missing sum",
        "axis",
    ),
    mistake(two_layer, DB1, "db1 = 1 / m * dZ1", "db1", "missing sum", "axis 1|Σ₁|sum"),
    mistake(
        two_layer,
        DB1,
        "db1 = 1 / m * np.mean(dZ1, axis=1, keepdims=True)",
        "db1",
        "mean for sum|factor",
        "mean|1/m|m|30",
    ),
    mistake(
        two_layer,
        DB1,
        "db1 = np.sum(dZ1, axis=1, keepdims=True)",
        "db1",
        "sum for mean|factor",
        "m|30",
    ),
    mistake(
        two_layer,
        DB1,
        "db1 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)",
        "db1",
        "wrong layer",
        "dZ2",
        "dZ1",
    ),
    mistake(
        two_layer, DB1, "db1 = 1 / m * np.sum(dZ1, axis=1).reshape(1, -1)", "db1", "transpose|shape"
    ),
    mistake(two_layer, DB1, "db1 = b1", "db1", "unexplainable|wrong value"),
    together(NO_MEAN_W2, NO_MEAN_W1),
    together(SIGN, NO_SLOPE),
    together(NO_MEAN_W2, SLOPE_AT_Z, FLAT_B1),
    together(NO_SLOPE, NO_MEAN_W1),
    together(
        mistake(two_layer, DZ2, "dZ2 = Y - A2", "dZ2", "sign|factor"),
        mistake(two_layer, DW1, "dW1 = 1 / m * np.dot(X, dZ1.T)", "dW1", "transpose"),
        FLAT_B1,
    ),
    mistake(square, "W2.T, dZ2", "W2, dZ2", "dZ1", "transpose", "W2"),
    mistake(square, "W2.T, dZ2", "W1.T, dZ2", "dZ1", "wrong layer", "W1", "W2"),
    mistake(square, DW2, "dW2 = 1 / m * np.dot(A1, dZ2.T)", "dW2", "transpose"),
    mistake(
        square, DW2, "dW2 = 1 / m * np.dot(dZ2, X.T)", "dW2", "wrong layer|wrong value", "X", "A1"
    ),
    mistake(square, DW1, "dW1 = 1 / m * np.dot(dZ2, X.T)", "dW1", "wrong layer", "dZ2", "dZ1"),
    mistake(square, DW1, "dW1 = 1 / m * np.dot(X, dZ1.T)", "dW1", "transpose"),
    mistake(
        square, DB1, "db1 = 1 / m * np.sum(dZ1, axis=0, keepdims=True)", "db1", "wrong axis", "axis"
    ),
    mistake(
        square, "np.power(A1, 2)", "np.power(A2, 2)", "dZ1", "wrong layer|wrong value", "A2", "A1"
    ),
    together(
        mistake(square, "W2.T, dZ2", "W2, dZ2", "dZ1", "transpose", "W2"),
        mistake(square, DW1, "dW1 = 1 / m * np.dot(X, dZ1.T)", "dW1", "transpose"),
    ),
    mistake(symmetric, "W2.T, dZ2", "W1.T, dZ2", "dZ1", "wrong layer", "W1", "W2"),
    mistake(one_example, DB1, "db1 = dZ1[:, 0]", "db1", "shape", "keepdims|(4,)"),
    mistake(one_example, DW2, "dW2 = np.dot(A1, dZ2.T)", "dW2", "transpose"),
    mistake(
        many_examples,
        DW1,
        "dW1 = (dZ1.astype('f4') @ X.astype('f4').T / m).astype(X.dtype)",
        "dW1",
        "rounding",
    ),
    mistake(
        many_examples, DW1, "dW1 = 1 / (m + 1e-3) * np.dot(dZ1, X.T)", "dW1", "rounding|factor"
    ),
    mistake(
        many_examples,
        DB1,
        "db1 = np.cumsum(dZ1.astype('f4'), axis=1)[:, -1:].astype(X.dtype) / m",
        "db1",
        "rounding",
    ),
]

RIGHT = [
    together(  # divided by m at once
        right(two_layer, DZ2, "dZ2 = (A2 - Y) / m"),
        right(two_layer, DW2, "dW2 = np.dot(dZ2, A1.T)"),
        right(two_layer, DB2, "db2 = np.sum(dZ2, axis=1, keepdims=True)"),
        right(two_layer, DW1, "dW1 = np.dot(dZ1, X.T)"),
        right(two_layer, DB1, "db1 = np.sum(dZ1, axis=1, keepdims=True)"),
    ),
    right(two_layer, "dZ2 = A2 - Y\n    dW2 = 1 / m", "dZ2 = -(Y - A2)\n    dW2 = 1 / m"),
    right(two_layer, DZ1, "dA1 = W2.T @ dZ2\n    dZ1 = dA1 - dA1 * A1 * A1"),
    right(two_layer, DZ1, "dZ1 = np.dot(W2.T, dZ2) / np.cosh(Z1) ** 2"),
    right(two_layer, DZ1, "dZ1 = np.multiply(np.outer(W2, dZ2), (1 - A1) * (1 + A1))"),
    right(two_layer, DW1, "dW1 = sum(np.outer(dZ1[:, i], X[:, i]) for i in range(m)) / m"),
    right(two_layer, DW1, "dW1 = np.tensordot(dZ1, X, axes=(1, 1)) / m"),
    right(two_layer, DB1, "db1 = np.mean(dZ1, axis=1, keepdims=True)"),
    right(two_layer, DB1, "db1 = dZ1 @ np.ones((m, 1), dtype=dZ1.dtype) / m"),
    right(two_layer, DB1, "db1 = np.c_[dZ1.mean(1)]"),
    right(symmetric, "W2.T, dZ2", "W2, dZ2"),
    right(one_example, DW2, "dW2 = np.dot(dZ2, A1.T)"),
    right(one_example, DW1, "dW1 = dZ1 * X.T"),
    right(one_example, DB1, "db1 = dZ1"),
    right(zeros, DZ1, "dZ1 = np.dot(W2.T, dZ2)"),
]
