"""Logistic regression with examples in columns, and linear regression with examples in rows."""

import numpy as np

from tests.teacher.hand_written.bank import Network, mistake, right, together


def pixels(rng, m=40):
    X = rng.normal(size=(6, m))
    Y = rng.integers(0, 2, (1, m)) * 1.0
    return {"X": X, "Y": Y}, {"w": 0.5 * rng.normal(size=(6, 1)), "b": 0.1}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def propagate(X, Y, w, b):
    m = X.shape[1]
    Z = np.dot(w.T, X) + b
    A = sigmoid(Z)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    return locals()


def propagate_back(X, Y, w, b, Z, A):
    m = X.shape[1]
    dZ = A - Y
    dw = 1 / m * np.dot(X, dZ.T)
    db = 1 / m * np.sum(dZ)
    return {"dZ": dZ, "dw": dw, "db": db}


logistic = Network("logistic", pixels, propagate, (propagate_back,), times_m="dZ")
one_example = logistic.on("logistic, m = 1", m=1)


def houses(rng, n=25):
    X = rng.normal(size=(n, 3))
    y = X @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=n)
    return {"X": X, "y": y, "alpha": 0.1}, {"w": rng.normal(size=3), "b": 0.2}


def mean_squared_error(X, y, w, b, alpha):
    y_hat = X @ w + b
    loss = np.mean((y_hat - y) ** 2) + alpha * np.sum(w**2)
    return locals()


def mean_squared_error_back(X, y, y_hat, w, alpha):
    n = len(y)
    error = y_hat - y
    dw = 2 / n * X.T @ error + 2 * alpha * w
    db = 2 / n * error.sum()
    return {"dw": dw, "db": db}


ridge = Network("ridge", houses, mean_squared_error, (mean_squared_error_back,), "loss")


def half_squared_error(X, y, w, b):
    n = len(y)
    y_hat = np.dot(X, w) + b
    J = 1 / (2 * n) * np.sum((y_hat - y) ** 2)
    return locals()


def half_squared_error_back(X, y, y_hat):
    n = len(y)
    dy_hat = (y_hat - y) / n
    dw = X.T.dot(dy_hat)
    db = np.sum(dy_hat)
    return {"dy_hat": dy_hat, "dw": dw, "db": db}


linear = Network("linear", houses, half_squared_error, (half_squared_error_back,), "J")

DZ = "dZ = A - Y"
DW = "dw = 1 / m * np.dot(X, dZ.T)"
DB = "db = 1 / m * np.sum(dZ)"
NO_MEAN = mistake(logistic, DW, "dw = np.dot(X, dZ.T)", "dw", "factor|sum for mean", "m|40")
SIGN = mistake(logistic, DZ, "dZ = Y - A", "dZ", "sign|factor")

MISTAKES = [
    NO_MEAN,
    SIGN,
    mistake(logistic, DB, "db = np.sum(dZ)", "db", "factor|sum for mean", "m|40"),
    mistake(
        logistic, DB, "db = 1 / m * np.mean(dZ)", "db", "mean for sum|factor", "1/m|1 / m|/ m|40"
    ),
    mistake(logistic, DB, "db = 1 / m * dZ", "db", "missing sum", "sum|Σ"),
    mistake(logistic, DB, "db = dZ", "db", "missing sum", "sum|mean|Σ"),
    mistake(logistic, DW, "dw = 1 / m * np.dot(dZ, X.T)", "dw", "transpose", "transpose"),
    mistake(logistic, DW, "dw = 1 / m * np.sum(X * dZ, axis=1)", "dw", "shape", "(6,)|keepdims"),
    mistake(logistic, DW, "dw = 1 / m * X * dZ", "dw", "missing sum", "axis 1|Σ₁"),
    mistake(
        logistic, DW, "dw = 1 / m * np.sum(X * dZ)", "dw", "wrong axis|shape", "axis|shape|sum"
    ),
    mistake(logistic, DW, "dw = 1 / m * np.dot(X, A.T)", "dw", "wrong value|missing term", "A|Y"),
    mistake(
        logistic, DW, "dw = 0.005 / m * np.dot(X, dZ.T)", "dw", "factor", "0.005|learning rate"
    ),
    mistake(
        logistic, DW, "dw = -0.005 / m * np.dot(X, dZ.T)", "dw", "factor", "0.005|learning rate"
    ),
    mistake(logistic, DZ, "dZ = (A - Y) * A * (1 - A)", "dZ", "extra derivative", "σ|sigmoid|A"),
    mistake(
        logistic, DZ, "dZ = -(Y / A - (1 - Y) / (1 - A))", "dZ", "missing derivative", "σ|sigmoid|A"
    ),
    mistake(logistic, DZ, "dZ = (A - Y) ** 2", "dZ", "unexplainable"),
    mistake(logistic, DZ, "dZ = Z - Y", "dZ", "wrong value", "Z"),
    mistake(
        logistic,
        DW,
        "dw = 1 / m * np.dot(X[:, :-1], dZ[:, :-1].T)",
        "dw",
        "unexplainable|missing term|entries",
    ),
    mistake(logistic, DW, "dw = 1 / m * np.dot(X, np.abs(dZ).T)", "dw", "unexplainable"),
    mistake(
        logistic,
        DW,
        "dw = 1 / m * np.dot(X, dZ.T)\n    dw[2] = -dw[2]",
        "dw",
        "entries|sign",
        "2",
    ),
    together(SIGN, NO_MEAN),
    mistake(one_example, DB, "db = 1 / m * dZ", "db", "shape|missing sum"),
    mistake(one_example, DZ, "dZ = Y - A", "dZ", "sign|factor"),
    mistake(ridge, "dw = 2 / n", "dw = 1 / n", "dw", "factor|unexplainable|missing term", "2"),
    mistake(ridge, " + 2 * alpha * w", "", "dw", "regularisation", "missing"),
    mistake(ridge, "+ 2 * alpha * w", "+ alpha * w", "dw", "regularisation", "2|half|1/2|twice"),
    mistake(ridge, "+ 2 * alpha * w", "+ 2 * alpha * w / n", "dw", "regularisation", "n|25"),
    mistake(ridge, "+ 2 * alpha * w", "+ 2 * w", "dw", "regularisation", "alpha|10"),
    mistake(
        ridge,
        "2 / n * error.sum()",
        "2 / n * error.sum() + 2 * alpha * 0.2",
        "db",
        "regularisation",
        "bias|b",
    ),
    mistake(ridge, "db = 2 / n", "db = 1 / n", "db", "factor", "2|half"),
    mistake(ridge, "error.sum()", "error", "db", "missing sum", "axis 0|Σ|sum"),
    mistake(
        linear, "X.T.dot(dy_hat)", "X.T.dot(y_hat - y[:, None]) / n", "dw", "shape|unexplainable"
    ),
    mistake(
        linear, "dy_hat = (y_hat - y) / n", "dy_hat = 2 * (y_hat - y) / n", "dy_hat", "factor", "2"
    ),
    mistake(
        linear, "dy_hat = (y_hat - y) / n", "dy_hat = y_hat - y", "dy_hat dw db", "factor", "n|25"
    ),
    mistake(
        linear,
        "db = np.sum(dy_hat)",
        "db = np.mean(dy_hat)",
        "db",
        "mean for sum|factor",
        "mean|25|n",
    ),
    mistake(linear, "(y_hat - y) / n", "(y - y_hat) / n", "dy_hat", "sign|factor"),
    mistake(linear, "(y_hat - y) / n", "y_hat / n", "dy_hat", "missing term|wrong value", "y"),
]

RIGHT = [
    together(  # divided by m at once
        right(logistic, DZ, "dZ = (A - Y) / m"),
        right(logistic, DW, "dw = np.dot(X, dZ.T)"),
        right(logistic, DB, "db = np.sum(dZ)"),
    ),
    right(logistic, DZ, "dA = -(Y / A - (1 - Y) / (1 - A))\n    dZ = dA * A * (1 - A)"),
    right(logistic, DW, "dw = (dZ @ X.T).T / m"),
    right(logistic, DW, "dw = np.mean(X * dZ, axis=1, keepdims=True)"),
    right(logistic, DW, 'dw = np.einsum("im,jm->ij", X, dZ) / m'),
    right(logistic, DB, "db = np.average(dZ)"),
    right(logistic, DB, "db = sum(float(d) for d in dZ[0]) / m"),
    right(one_example, DW, "dw = np.dot(X, dZ.T)"),
    right(one_example, DB, "db = np.mean(dZ)"),
    right(ridge, "X.T @ error +", "(error[:, None] * X).sum(axis=0) +"),
    right(linear, "X.T.dot(dy_hat)", "dy_hat @ X"),
]
