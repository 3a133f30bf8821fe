"""A convolution, ReLU, max pooling and a fully connected layer, images in (m, h, w, c)."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake, right, together


def signs(rng, m=3, n=6, channels=2, filters=3, f=3, pad=1):
    X, Y = rng.normal(size=(m, n, n, channels)), rng.normal(size=(m, 1))
    size = (n + 2 * pad - f + 1) // 2
    parameters = {
        "W": 0.4 * rng.normal(size=(f, f, channels, filters)),
        "b": 0.3 + 0.1 * rng.normal(size=(1, 1, 1, filters)),
        "V": 0.4 * rng.normal(size=(size * size * filters, 1)),
    }
    return {"X": X, "Y": Y, "pad": pad}, parameters


def conv_net(X, Y, W, b, V, pad):
    m, f = len(X), len(W)
    X_pad = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n = X_pad.shape[1] - f + 1
    Z = b
    for h in range(f):
        for w in range(f):
            Z = Z + X_pad[:, h : h + n, w : w + n] @ W[h, w]
    A = tg.relu(Z)
    c = Z.shape[-1]
    P = A.reshape((m, n // 2, 2, n // 2, 2, c)).max(axis=(2, 4))
    F = P.reshape((m, -1))
    O = F @ V  # noqa: E741
    cost = 0.5 * np.sum((O - Y) ** 2) / m
    return locals()


def pool_backward(dP, A):
    dA = np.zeros_like(A)
    m, n_H, n_W, n_C = dP.shape
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    window = A[i, 2 * h : 2 * h + 2, 2 * w : 2 * w + 2, c]
                    mask = window == np.max(window)
                    dA[i, 2 * h : 2 * h + 2, 2 * w : 2 * w + 2, c] += mask * dP[i, h, w, c]
    return dA


def conv_backward(dZ, X_pad, W):
    m, n_H, n_W, n_C = dZ.shape
    f = W.shape[0]
    dX_pad = np.zeros_like(X_pad)
    dW = np.zeros_like(W)
    db = np.zeros((1, 1, 1, n_C), dtype=W.dtype)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    a_slice = X_pad[i, h : h + f, w : w + f, :]
                    dX_pad[i, h : h + f, w : w + f, :] += W[:, :, :, c] * dZ[i, h, w, c]
                    dW[:, :, :, c] += a_slice * dZ[i, h, w, c]
                    db[:, :, :, c] += dZ[i, h, w, c]
    return dX_pad, dW, db


def conv_net_backward(X, Y, pad, W, V, X_pad, Z, A, P, F, O):  # noqa: E741
    m = X.shape[0]
    dO = (O - Y) / m
    dV = F.T @ dO
    dP = (dO @ V.T).reshape(P.shape)
    dA = pool_backward(dP, A)
    dZ = dA * (Z > 0)
    _, dW, db = conv_backward(dZ, X_pad, W)
    return {"dV": dV, "dP": dP, "dZ": dZ, "dW": dW, "db": db}


padded = Network(
    "convolution, padded", signs, conv_net, (pool_backward, conv_backward, conv_net_backward)
)
valid = padded.on("convolution, valid", pad=0)


def deeper(rng, m=2, n=5):
    data, parameters = signs(rng, m, n, 2, 2)
    return data, {"W1": parameters["W"], "W2": 0.4 * rng.normal(size=(3, 3, 2, 2))}


def two_convolutions(X, Y, W1, W2):
    windows = (slice(0, -2), slice(1, -1), slice(2, None))
    A0_pad = np.pad(X, ((0, 0), (1, 1), (1, 1), (0, 0)))
    Z1 = sum(A0_pad[:, windows[i], windows[j]] @ W1[i, j] for i in range(3) for j in range(3))
    A1 = np.tanh(Z1)
    A1_pad = np.pad(A1, ((0, 0), (1, 1), (1, 1), (0, 0)))
    Z2 = sum(A1_pad[:, windows[i], windows[j]] @ W2[i, j] for i in range(3) for j in range(3))
    cost = np.sum((Z2.mean(axis=(1, 2, 3)) - Y[:, 0]) ** 2)
    return locals()


def two_convolutions_backward(X, Y, W1, W2, A0_pad, A1, A1_pad, Z1, Z2):
    _, n, _, c = Z2.shape
    dZ2 = 2 * (Z2.mean((1, 2, 3)) - Y[:, 0])[:, None, None, None] / (n * n * c)
    dZ2 = dZ2 * np.ones_like(Z2)
    dA1_pad, dW2 = np.zeros_like(A1_pad), np.zeros_like(W2)
    for i in range(3):
        for j in range(3):
            dW2[i, j] = np.einsum("mhwc,mhwd->cd", A1_pad[:, i : i + n, j : j + n], dZ2)
            dA1_pad[:, i : i + n, j : j + n] += dZ2 @ W2[i, j].T
    dA1 = dA1_pad[:, 1:-1, 1:-1]
    dZ1 = dA1 * (1 - A1**2)
    dW1 = np.zeros_like(W1)
    for i in range(3):
        for j in range(3):
            dW1[i, j] = np.einsum("mhwc,mhwd->cd", A0_pad[:, i : i + n, j : j + n], dZ1)
    return {"dZ2": dZ2, "dW2": dW2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1}


twice = Network("two convolutions", deeper, two_convolutions, (two_convolutions_backward,))

DX = "dX_pad[i, h : h + f, w : w + f, :] += W[:, :, :, c] * dZ[i, h, w, c]"
DW = "dW[:, :, :, c] += a_slice * dZ[i, h, w, c]"
DB = "db[:, :, :, c] += dZ[i, h, w, c]"
POOL = "dA[i, 2 * h : 2 * h + 2, 2 * w : 2 * w + 2, c] += mask * dP[i, h, w, c]"
OVERWRITTEN = mistake(padded, DW, DW.replace("+=", "="), "dW", "overwritten", "+=|add|last|sum")
NO_MASK = mistake(padded, "dZ = dA * (Z > 0)", "dZ = dA", "dZ", "missing mask", "relu|ReLU|Z|> 0")
NO_MAX = mistake(padded, POOL, POOL.replace("mask * ", ""), "dZ", "missing mask", "max|mask|pool")

MISTAKES = [
    OVERWRITTEN,
    NO_MASK,
    NO_MAX,
    mistake(
        padded,
        DB,
        DB.replace("+=", "="),
        "db",
        "overwritten|missing sum|unexplainable",
        "+=|add|last|sum",
    ),
    mistake(padded, DB, DB + " / m", "db", "factor", "m|3"),
    mistake(padded, DB, DB + " / (n_H * n_W)", "db", "factor|mean for sum", "36|mean"),
    mistake(padded, DW, DW + " / m", "dW", "factor", "m|3"),
    mistake(padded, DW, "dW[:, :, :, c] -= a_slice * dZ[i, h, w, c]", "dW", "sign|factor"),
    mistake(
        padded,
        DW,
        "dW[:, :, :, c] += a_slice[::-1, ::-1] * dZ[i, h, w, c]",
        "dW",
        "unexplainable|entries|transpose",
    ),
    mistake(
        padded,
        DW,
        "dW[:, :, :, c] += a_slice.transpose(1, 0, 2) * dZ[i, h, w, c]",
        "dW",
        "transpose|unexplainable",
    ),
    mistake(
        padded, DW, "dW[:, :, :, 0] += a_slice * dZ[i, h, w, c]", "dW", "entries|unexplainable"
    ),
    mistake(
        padded,
        DW,
        "dW[:, :, :, c] += X_pad[0, h : h + f, w : w + f, :] * dZ[i, h, w, c]",
        "dW",
        "unexplainable",
    ),
    mistake(
        padded,
        DW,
        "dW[:, :, :, c] += W[:, :, :, c] * dZ[i, h, w, c]",
        "dW",
        "wrong value|unexplainable",
        "W",
    ),
    mistake(
        padded, DW, "dW[1:, :, :, c] += a_slice[1:] * dZ[i, h, w, c]", "dW", "entries", "0|first"
    ),
    mistake(
        padded,
        "dZ = dA * (Z > 0)",
        "dZ = dA * Z",
        "dZ",
        "wrong derivative|wrong value|wrong mask",
        "Z",
    ),
    mistake(padded, "dZ = dA * (Z > 0)", "dZ = dA * (dA > 0)", "dZ", "wrong mask", "dA|mask", "Z"),
    mistake(
        padded,
        "mask = window == np.max(window)",
        "mask = window == np.min(window)",
        "dZ",
        "wrong mask|unexplainable",
    ),
    mistake(
        padded,
        "mask = window == np.max(window)",
        "mask = 0.25",
        "dZ",
        "missing mask|wrong mask|mean for sum|unexplainable",
        "max|mask|mean|pool",
    ),
    mistake(
        padded,
        "mask = window == np.max(window)",
        "mask = window * (window == np.max(window))",
        "dZ",
        "wrong mask|wrong value|extra derivative|unexplainable",
    ),
    mistake(
        padded,
        "    return dA\n",
        "    dA[:, :, -2:] = 0\n    return dA\n",
        "dZ",
        "entries",
        "4|5|last|column",
    ),
    mistake(
        padded,
        "(dO @ V.T).reshape(P.shape)",
        "(dO @ V.T).reshape(P.shape).transpose(0, 2, 1, 3)",
        "dP",
        "transpose|unexplainable",
    ),
    mistake(
        padded,
        "(dO @ V.T).reshape(P.shape)",
        "(dO @ V.T).reshape(P.shape, order='F')",
        "dP",
        "unexplainable|shape|transpose",
    ),
    mistake(padded, "dO = (O - Y) / m", "dO = O - Y", "dV dP", "factor|sum for mean", "m|3"),
    mistake(padded, "dO = (O - Y) / m", "dO = (Y - O) / m", "dV dP", "sign|factor"),
    mistake(padded, "dV = F.T @ dO", "dV = dO.T @ F", "dV", "transpose"),
    mistake(
        padded,
        "_, dW, db = conv_backward(dZ, X_pad, W)",
        "_, dW, db = conv_backward(dA, X_pad, W)",
        "dW db",
        "wrong value|wrong layer|missing mask",
        "dA|ReLU|relu|mask",
    ),
    together(NO_MAX, OVERWRITTEN),
    together(NO_MASK, OVERWRITTEN),
    mistake(valid, DW, DW.replace("+=", "="), "dW", "overwritten", "+=|add|last|sum"),
    mistake(valid, "dZ = dA * (Z > 0)", "dZ = dA", "dZ", "missing mask", "relu|ReLU|Z|> 0"),
    mistake(valid, DB, DB + " / m", "db", "factor", "m|3"),
    mistake(
        valid,
        "return dX_pad, dW, db",
        "return dX_pad, dW, db.reshape(-1)",
        "db",
        "shape",
        "(3,)|keepdims|shape",
    ),
    mistake(
        twice,
        "dA1 = dA1_pad[:, 1:-1, 1:-1]",
        "dA1 = dA1_pad[:, 2:, 2:]",
        "dA1",
        "unexplainable|entries",
    ),
    mistake(
        twice,
        "+= dZ2 @ W2[i, j].T",
        "= dZ2 @ W2[i, j].T",
        "dA1",
        "overwritten|unexplainable",
        "+=|add|last",
    ),
    mistake(
        twice, "+= dZ2 @ W2[i, j].T", "+= dZ2 @ W2[i, j]", "dA1", "transpose|unexplainable", "W2"
    ),
    mistake(
        twice,
        "+= dZ2 @ W2[i, j].T",
        "+= dZ2 @ W2[2 - i, 2 - j].T",
        "dA1",
        "unexplainable",
    ),
    mistake(
        twice,
        "+= dZ2 @ W2[i, j].T",
        "+= dZ2 @ W1[i, j].T",
        "dA1",
        "wrong layer|unexplainable",
        "W1",
        "W2",
    ),
    mistake(twice, "dZ1 = dA1 * (1 - A1**2)", "dZ1 = dA1", "dZ1", "missing derivative", "tanh|A1"),
    mistake(
        twice,
        "dZ1 = dA1 * (1 - A1**2)",
        "dZ1 = dA1 * (1 - Z1**2)",
        "dZ1",
        "wrong value",
        "Z1",
        "A1|tanh",
    ),
    mistake(
        twice,
        '"mhwc,mhwd->cd", A0_pad',
        '"mhwc,mhwd->dc", A0_pad',
        "dW1",
        "transpose|unexplainable",
    ),
    mistake(
        twice,
        "A0_pad[:, i : i + n, j : j + n]",
        "A1_pad[:, i : i + n, j : j + n]",
        "dW1",
        "wrong layer|wrong value|unexplainable",
        "A1",
    ),
    mistake(
        twice,
        "- Y[:, 0])[:, None, None, None] / (n * n * c)",
        "- Y[:, 0])[:, None, None, None]",
        "dZ2",
        "factor|sum for mean",
        "50",
    ),
    mistake(twice, "dZ2 = 2 * (Z2.mean", "dZ2 = (Z2.mean", "dZ2", "factor", "2|half|½"),
]

RIGHT = [
    right(padded, "dZ = dA * (Z > 0)", "dZ = np.where(A > 0, dA, 0)"),
    right(padded, DB, DB + "\n    db = dZ.sum(axis=(0, 1, 2), keepdims=True)"),
    right(
        valid,
        "mask = window == np.max(window)",
        "mask = np.arange(4).reshape(2, 2) == np.argmax(window)",
    ),
    right(
        twice,
        'dW2[i, j] = np.einsum("mhwc,mhwd->cd", A1_pad[:, i : i + n, j : j + n], dZ2)',
        "dW2[i, j] = np.tensordot(A1_pad[:, i : i + n, j : j + n], dZ2, ((0, 1, 2), (0, 1, 2)))",
    ),
]
