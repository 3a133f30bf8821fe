"""Values that are used more than once: skips, tied weights, gates, rows of an embedding."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake, right, together


def points(rng, N=8, d=4):
    parameters = {
        "W1": rng.normal(size=(d, d)),
        "b1": 0.3 * rng.normal(size=d),
        "W2": 0.7 * rng.normal(size=(d, d)),
        "V": rng.normal(size=(d, 1)),
    }
    return {"X": rng.normal(size=(N, d)), "T": rng.normal(size=(N, 1))}, parameters


def residual_forward(X, T, W1, b1, W2, V):
    Z1 = X @ W1 + b1
    A1 = tg.relu(Z1)
    Z2 = A1 @ W2 + A1
    A2 = tg.relu(Z2)
    y = A2 @ V
    loss = np.mean((y - T) ** 2)
    return locals()


def residual_backward(X, T, W1, W2, V, Z1, A1, Z2, A2, y):
    dy = 2 * (y - T) / len(X)
    dV = A2.T @ dy
    dA2 = dy @ V.T
    dZ2 = dA2 * (Z2 > 0)
    dW2 = A1.T @ dZ2
    dA1 = dZ2 @ W2.T
    dA1 += dZ2
    dZ1 = dA1 * (Z1 > 0)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    second = {"dy": dy, "dV": dV, "dA2": dA2, "dZ2": dZ2, "dW2": dW2}
    return second | {"dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}


residual = Network("residual", points, residual_forward, (residual_backward,), "loss")


def codes(rng, N=9, d=4, h=3):
    W = 0.6 * rng.normal(size=(d, h))
    return {"X": rng.normal(size=(N, d))}, {"W": W}


def tied_forward(X, W):
    H = np.tanh(X @ W)
    R = H @ W.T
    loss = 0.5 * np.sum((R - X) ** 2) / len(X)
    return locals()


def tied_backward(X, W, H, R):
    dR = (R - X) / len(X)
    dW = dR.T @ H
    dH = dR @ W
    dZ = dH * (1 - H**2)
    dW += X.T @ dZ
    return {"dR": dR, "dH": dH, "dW": dW}


tied = Network("tied weights", codes, tied_forward, (tied_backward,), "loss")
square_tied = tied.on("tied weights, square", d=3)


def ellipse(rng, d=4, symmetric=False):
    A = rng.normal(size=(d, d))
    return {"A": A + A.T if symmetric else A}, {"w": rng.normal(size=d)}


def quadratic_forward(A, w):
    q = w @ A @ w
    s = 1 / (1 + np.exp(-0.3 * q))
    out = q * s
    return locals()


def quadratic_backward(A, w, q, s):
    dq = s + q * 0.3 * s * (1 - s)
    dw = dq * (A @ w + A.T @ w)
    return {"dq": dq, "dw": dw}


quadratic = Network("quadratic form", ellipse, quadratic_forward, (quadratic_backward,), "out")
symmetric_form = quadratic.on("quadratic form, symmetric", symmetric=True)


def contexts(rng, V=7, d=3, N=8, C=2, repeated=True):
    words = (
        rng.integers(0, V - 2, (N, C)) if repeated else rng.permutation(V)[: N * C].reshape(N, C)
    )
    parameters = {"E": rng.normal(size=(V, d)), "U": rng.normal(size=(d, V))}
    return {"words": words, "target": rng.integers(0, V, N)}, parameters


def cbow_forward(words, target, E, U):
    h = E[words].mean(axis=1)
    logp = tg.log_softmax(h @ U, axis=1)
    loss = -logp[np.arange(len(target)), target].mean()
    return locals()


def cbow_backward(words, target, E, U, h, logp):
    N, C = words.shape
    ds = np.exp(logp)
    ds[np.arange(N), target] -= 1
    ds /= N
    dU = h.T @ ds
    dh = ds @ U.T
    dE = np.zeros_like(E)
    np.add.at(dE, words, dh[:, None] / C)
    return {"dU": dU, "dh": dh, "dE": dE}


cbow = Network("embedding", contexts, cbow_forward, (cbow_backward,), "loss")
all_different = cbow.on("embedding, no index twice", N=3, repeated=False)

SKIP = "    dA1 += dZ2\n"
NO_SKIP = mistake(
    residual, SKIP, "", "dA1", "missing path|overwritten|missing term", "A1|skip|Z2|dZ2|+"
)
NO_MASK = mistake(
    residual, "dZ2 = dA2 * (Z2 > 0)", "dZ2 = dA2", "dZ2", "missing mask", "relu|ReLU|Z2|> 0"
)
SCATTER = "np.add.at(dE, words, dh[:, None] / C)"

MISTAKES = [
    NO_SKIP,
    NO_MASK,
    mistake(
        residual, SKIP, "    dA1 = dZ2\n", "dA1", "overwritten|missing path|missing term", "A1|W2|+"
    ),
    mistake(
        residual,
        "dA1 += dZ2",
        "dA1 += dA2",
        "dA1",
        "wrong layer|wrong value|missing mask",
        "dA2",
        "dZ2",
    ),
    mistake(
        residual,
        "dA1 += dZ2",
        "dA1 += 2 * dZ2",
        "dA1",
        "unexplainable|factor|missing term|missing path",
        "2|dZ2",
    ),
    mistake(
        residual, "dA1 += dZ2", "dA1 -= dZ2", "dA1", "sign|unexplainable|missing path", "dZ2|-|−"
    ),
    mistake(residual, "dA1 = dZ2 @ W2.T", "dA1 = dZ2 @ W2", "dA1", "transpose", "W2"),
    mistake(residual, "dA1 = dZ2 @ W2.T", "dA1 = dZ2 @ W1.T", "dA1", "wrong layer", "W1", "W2"),
    mistake(
        residual,
        "dZ1 = dA1 * (Z1 > 0)",
        "dZ1 = dA1 * (Z2 > 0)",
        "dZ1",
        "wrong layer|wrong mask",
        "Z2",
        "Z1",
    ),
    mistake(
        residual, "dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1", "dZ1", "missing mask", "relu|ReLU|Z1|> 0"
    ),
    mistake(residual, "dy = 2 * (y - T)", "dy = (y - T)", "dy", "factor", "2|half|½"),
    mistake(
        residual, "dW2 = A1.T @ dZ2", "dW2 = X.T @ dZ2", "dW2", "wrong layer|wrong value", "X", "A1"
    ),
    mistake(
        residual,
        "db1 = dZ1.sum(axis=0)",
        "db1 = dZ1.mean(axis=0)",
        "db1",
        "mean for sum|factor",
        "mean|8|N",
    ),
    together(NO_MASK, NO_SKIP),
    mistake(tied, "dW += X.T @ dZ", "dW = X.T @ dZ", "dW", "overwritten|missing path", "dR|H|+|R"),
    mistake(tied, "    dW += X.T @ dZ\n", "", "dW", "missing path|overwritten", "X|dZ|+|H"),
    mistake(
        tied,
        "dW += X.T @ dZ",
        "dW += X.T @ dH",
        "dW",
        "missing derivative|unexplainable|wrong value|missing path",
        "tanh|H",
    ),
    mistake(
        tied,
        "dW = dR.T @ H",
        "dW = R.T @ H",
        "dW",
        "wrong value|unexplainable|missing path",
        "R",
        "dR",
    ),
    mistake(tied, "dH = dR @ W", "dH = -dR @ W", "dH", "sign|factor"),
    mistake(tied, "dW += X.T @ dZ", "dW += X.T @ dZ\n    dW /= 2", "dW", "factor", "2|half|½"),
    mistake(
        square_tied, "dW = dR.T @ H", "dW = H.T @ dR", "dW", "transpose|unexplainable|missing path"
    ),
    mistake(square_tied, "dH = dR @ W", "dH = dR @ W.T", "dH", "transpose", "W"),
    mistake(
        quadratic,
        "(A @ w + A.T @ w)",
        "(A @ w)",
        "dw",
        "missing path|overwritten|missing term",
        "Aᵀ|A.T|twice|w|+",
    ),
    mistake(
        quadratic,
        "(A @ w + A.T @ w)",
        "2 * (A @ w)",
        "dw",
        "transpose|unexplainable|missing path|wrong value|overwritten",
        "A",
    ),
    mistake(
        quadratic,
        "dq = s + q * 0.3 * s * (1 - s)",
        "dq = s",
        "dq",
        "missing path|missing term|overwritten",
        "s|q",
    ),
    mistake(
        quadratic,
        "dq = s + q * 0.3 * s * (1 - s)",
        "dq = q * 0.3 * s * (1 - s)",
        "dq",
        "missing path|missing term|overwritten|factor",
        "s|q",
    ),
    mistake(quadratic, "0.3 * s", "s", "dq", "unexplainable|missing factor|missing path", "0.3"),
    mistake(
        symmetric_form,
        "(A @ w + A.T @ w)",
        "(A @ w)",
        "dw",
        "missing path|factor|overwritten|missing term",
        "2|half|A|½",
    ),
    mistake(
        cbow,
        SCATTER,
        "dE[words] += dh[:, None] / C",
        "dE",
        "overwritten",
        "add.at|repeated|twice|more than once|index|indices",
    ),
    mistake(
        cbow,
        SCATTER,
        "dE[words] = dh[:, None] / C",
        "dE",
        "overwritten",
        "add.at|repeated|twice|more than once|index|indices",
    ),
    mistake(cbow, SCATTER, "np.add.at(dE, words, dh[:, None])", "dE", "factor|sum for mean", "2|C"),
    mistake(
        cbow,
        SCATTER,
        "np.add.at(dE, words[:, 0], dh / C)",
        "dE",
        "missing path|overwritten|unexplainable|entries|missing term",
    ),
    mistake(cbow, SCATTER, "np.add.at(dE, target, dh)", "dE", "unexplainable|entries|wrong value"),
    mistake(
        cbow,
        SCATTER,
        "dE = dh[:, None] / C * np.ones((N, C, 1), h.dtype)",
        "dE",
        "shape|missing sum|unexplainable",
    ),
    mistake(cbow, SCATTER, SCATTER + "\n    dE[0] = 0", "dE", "entries", "0|first"),
    mistake(
        cbow,
        "    ds[np.arange(N), target] -= 1\n",
        "",
        "dU dh",
        "missing term|wrong value|unexplainable",
        "target",
    ),
    mistake(cbow, "    ds /= N\n", "", "dU dh", "factor|sum for mean", "8|N"),
    mistake(cbow, "dU = h.T @ ds", "dU = ds.T @ h", "dU", "transpose"),
    together(
        mistake(cbow, "    ds /= N\n", "", "dU dh", "factor|sum for mean", "8|N"),
        mistake(
            cbow,
            SCATTER,
            "dE[words] += dh[:, None] / C",
            "dE",
            "overwritten",
            "add.at|repeated|twice|more than once|index|indices",
        ),
    ),
]

RIGHT = [
    right(
        residual,
        "dA1 = dZ2 @ W2.T\n" + SKIP,
        "dA1 = dZ2 @ (W2 + np.eye(len(W2), dtype=X.dtype)).T\n",
    ),
    right(tied, "dW += X.T @ dZ", "dW += (dZ.T @ X).T"),
    right(quadratic, "(A @ w + A.T @ w)", "(w @ (A + A.T))"),
    right(symmetric_form, "(A @ w + A.T @ w)", "2 * (A @ w)"),
    right(
        cbow,
        SCATTER,
        "for n in range(N):\n        for word in words[n]:\n            dE[word] += dh[n] / C",
    ),
    right(cbow, SCATTER, "dE = np.eye(len(E), dtype=E.dtype)[words].mean(axis=1).T @ dh"),
    right(all_different, SCATTER, "dE[words] += dh[:, None] / C"),
    right(all_different, SCATTER, "dE[words] = dh[:, None] / C"),
]
