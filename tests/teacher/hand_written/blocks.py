"""Networks with examples in rows, as tutorials on single blocks write them."""

import numpy as np

from tests.teacher.hand_written.bank import Network, mistake
from tests.teacher.hand_written.logistic import sigmoid


def signs(rng, n=11, d=4):
    y = np.where(rng.normal(size=n) > 0, 1.0, -1.0)
    data = {"X": rng.normal(size=(n, d)), "y": y, "reg": 0.3}
    return data, {"w": rng.normal(size=d), "b": 0.3 * rng.normal(size=())}


def margin_forward(X, y, reg, w, b):
    s = X @ w + b
    q = sigmoid(-y * s)
    cost = np.mean(np.log(1 + np.exp(-y * s))) + reg / 2 * np.sum(w * w)
    return locals()


def margin_backward(X, y, reg, w, q):
    n = len(y)
    ds = -y * q / n
    dw = X.T @ ds + reg * w
    db = ds.sum()
    return {"ds": ds, "dw": dw, "db": db}


margin = Network("labels of -1 and 1", signs, margin_forward, (margin_backward,))


def irises(rng, n=13, d=4, h=6, k=3):
    data = {"X": rng.normal(size=(n, d)), "y": rng.integers(0, k, n), "leak": 0.1}
    return data, {
        "W1": rng.normal(size=(d, h)),
        "b1": 0.3 * rng.normal(size=h),
        "W2": rng.normal(size=(h, k)),
        "b2": 0.3 * rng.normal(size=k),
    }


def leaky_forward(X, y, leak, W1, b1, W2, b2):
    n = len(y)
    pre = X @ W1 + b1
    hid = np.where(pre > 0, pre, leak * pre)
    logits = hid @ W2 + b2
    exps = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    probs = exps / np.sum(exps, axis=1, keepdims=True)
    loss = -np.mean(np.log(probs[np.arange(n), y]))
    return locals()


def leaky_backward(X, y, leak, W2, pre, hid, probs):
    n = len(y)
    dlogits = probs.copy()
    dlogits[np.arange(n), y] -= 1
    dlogits /= n
    dW2 = hid.T @ dlogits
    db2 = dlogits.sum(0)
    dhid = dlogits @ W2.T
    dpre = dhid * np.where(pre > 0, 1, leak)
    dW1 = X.T @ dpre
    db1 = dpre.sum(0)
    values = {"dlogits": dlogits, "dW2": dW2, "db2": db2, "dhid": dhid, "dpre": dpre}
    return values | {"dW1": dW1, "db1": db1}


leaky = Network("leaky ReLU in rows", irises, leaky_forward, (leaky_backward,), "loss")


def units(rng, n=12, d=5, h=4):
    data = {"X": rng.normal(size=(n, d)), "T": rng.normal(size=(n, 2))}
    return data, {
        "W": rng.normal(size=(d, h)),
        "gamma": 1 + 0.3 * rng.normal(size=h),
        "beta": 0.3 * rng.normal(size=h),
        "V": rng.normal(size=(h, 2)),
    }


def batch_norm_forward(X, T, W, gamma, beta, V):
    n = len(X)
    H = X @ W
    mu = H.sum(axis=0) / n
    C = H - mu
    var = (C**2).sum(axis=0) / n
    std = np.sqrt(var + 1e-3)
    N = C / std
    S = gamma * N + beta
    R = np.maximum(S, 0)
    P = R @ V
    loss = ((P - T) ** 2).sum() / n
    return locals()


def batch_norm_backward(X, T, gamma, V, std, C, N, S, R, P):
    n = len(X)
    dP = 2 * (P - T) / n
    dV = R.T @ dP
    dR = dP @ V.T
    dS = dR * (S > 0)
    dgamma = (dS * N).sum(axis=0)
    dbeta = dS.sum(axis=0)
    dN = dS * gamma
    dstd = -(dN * C).sum(axis=0) / std**2
    dvar = dstd / (2 * std)
    dC = dN / std + 2 * C * dvar / n
    dmu = -dC.sum(axis=0)
    dH = dC + dmu / n
    dW = X.T @ dH
    values = {"dP": dP, "dV": dV, "dR": dR, "dS": dS, "dgamma": dgamma, "dbeta": dbeta}
    return values | {"dN": dN, "dvar": dvar, "dH": dH, "dW": dW}


batch_norm = Network(
    "batch norm before ReLU", units, batch_norm_forward, (batch_norm_backward,), "loss"
)


def pixels(rng, n=3, side=6, k=4):
    return {"X": rng.normal(size=(n, side, side)), "Y": rng.normal(size=(n, 2, 2))}, {
        "K": rng.normal(size=(3, 3)),
        "b": 0.2 * rng.normal(size=()),
    }


def pooled_forward(X, Y, K, b):
    n = len(X)
    Z = sum(
        K[i, j] * X[:, i : i + 4, j : j + 4] for i in range(3) for j in range(3)
    ) + b  # fmt: skip
    A = np.maximum(Z, 0)
    P = (A[:, 0::2, 0::2] + A[:, 1::2, 0::2] + A[:, 0::2, 1::2] + A[:, 1::2, 1::2]) / 4
    loss = ((P - Y) ** 2).sum() / (2 * n)
    return {"Z": Z, "A": A, "P": P, "loss": loss}


def pooled_backward(X, Y, K, Z, P):
    n = len(X)
    dP = (P - Y) / n
    dA = np.zeros_like(Z)
    for i in range(2):
        for j in range(2):
            dA[:, i::2, j::2] = dP / 4
    dZ = dA * (Z > 0)
    dK = np.zeros_like(K)
    for i in range(3):
        for j in range(3):
            dK[i, j] = (dZ * X[:, i : i + 4, j : j + 4]).sum()
    db = dZ.sum()
    return {"dP": dP, "dA": dA, "dZ": dZ, "dK": dK, "db": db}


pooled = Network("convolution, mean pooling", pixels, pooled_forward, (pooled_backward,), "loss")


def features(rng, n=5, d=6, h=7):
    return {"X": rng.normal(size=(n, d)), "T": rng.normal(size=(n, d))}, {
        "g": 1 + 0.3 * rng.normal(size=d),
        "b": 0.3 * rng.normal(size=d),
        "W1": 0.5 * rng.normal(size=(d, h)),
        "W2": 0.5 * rng.normal(size=(h, d)),
    }


def block_forward(X, T, g, b, W1, W2):
    mean = np.mean(X, axis=1, keepdims=True)
    xc = X - mean
    inv = 1 / np.sqrt(np.mean(xc**2, axis=1, keepdims=True) + 1e-5)
    xhat = xc * inv
    L = xhat * g + b
    U = L @ W1
    s = sigmoid(U)
    A = U * s
    R = L + A @ W2
    loss = 0.5 * np.mean((R - T) ** 2)
    return {"xhat": xhat, "L": L, "U": U, "s": s, "A": A, "R": R, "loss": loss}


def block_backward(X, T, g, W1, W2, xhat, L, U, s, A, R):
    dR = (R - T) / R.size
    dW2 = A.T @ dR
    dA = dR @ W2.T
    dU = dA * (s + U * s * (1 - s))
    dW1 = L.T @ dU
    dL = dR + dU @ W1.T
    dg = (dL * xhat).sum(axis=0)
    db = dL.sum(axis=0)
    values = {"dR": dR, "dW2": dW2, "dA": dA, "dU": dU, "dW1": dW1, "dL": dL}
    return values | {"dg": dg, "db": db}


block = Network("layer norm, swish, residual", features, block_forward, (block_backward,), "loss")


def norm_data(rng, n=5, d=6):
    return {"T": rng.normal(size=(n, d))}, {
        "X": rng.normal(size=(n, d)),
        "g": 1 + 0.3 * rng.normal(size=d),
    }


def norm_forward(X, T, g):
    mean = np.mean(X, axis=1, keepdims=True)
    xc = X - mean
    inv = 1 / np.sqrt(np.mean(xc**2, axis=1, keepdims=True) + 1e-5)
    xhat = xc * inv
    L = xhat * g
    loss = 0.5 * np.sum((L - T) ** 2)
    return locals()


def norm_backward(X, T, g, inv, xhat, L):
    dL = L - T
    dg = (dL * xhat).sum(axis=0)
    dxhat = dL * g
    dX = inv * (dxhat - dxhat.mean(1, keepdims=True) - xhat * (dxhat * xhat).mean(1, keepdims=True))
    return {"dL": dL, "dg": dg, "dxhat": dxhat, "dX": dX}


norm = Network("layer norm alone", norm_data, norm_forward, (norm_backward,), "loss")


def hidden(rng, n=10, sizes=(4, 6, 5, 1)):
    data = {"X": rng.normal(size=(n, sizes[0])), "Y": rng.integers(0, 2, (n, 1)) * 1.0}
    data |= {"lambd": 0.7, "keep": 0.8}
    data["D1"] = (rng.random((n, sizes[1])) < 0.8) * 1.0
    data["D2"] = (rng.random((n, sizes[2])) < 0.8) * 1.0
    parameters = {}
    for i in range(1, len(sizes)):
        parameters[f"W{i}"] = rng.normal(size=(sizes[i - 1], sizes[i]))
        parameters[f"b{i}"] = 0.2 * rng.normal(size=sizes[i])
    return data, parameters


def dropped_forward(X, Y, lambd, keep, D1, D2, W1, b1, W2, b2, W3, b3):
    m = len(X)
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0) * D1 / keep
    Z2 = A1 @ W2 + b2
    A2 = np.maximum(Z2, 0) * D2 / keep
    Z3 = A2 @ W3 + b3
    A3 = sigmoid(Z3)
    data = -np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3)) / m
    cost = data + lambd / (2 * m) * sum(np.sum(W * W) for W in (W1, W2, W3))
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "Z3": Z3, "A3": A3, "cost": cost}


def dropped_backward(X, Y, lambd, keep, D1, D2, W1, b1, W2, b2, W3, Z1, A1, Z2, A2, A3):
    m = len(X)
    dZ3 = (A3 - Y) / m
    dW3 = A2.T @ dZ3 + lambd / m * W3
    db3 = dZ3.sum(0)
    dA2 = dZ3 @ W3.T * D2 / keep
    dZ2 = dA2 * (Z2 > 0)
    dW2 = A1.T @ dZ2 + lambd / m * W2
    db2 = dZ2.sum(0)
    dA1 = dZ2 @ W2.T * D1 / keep
    dZ1 = dA1 * (Z1 > 0)
    dW1 = X.T @ dZ1 + lambd / m * W1
    db1 = dZ1.sum(0)
    values = {"dZ3": dZ3, "dW3": dW3, "db3": db3, "dZ2": dZ2, "dW2": dW2, "db2": db2}
    return values | {"dZ1": dZ1, "dW1": dW1, "db1": db1}


dropped = Network("dropout and L2 in rows", hidden, dropped_forward, (dropped_backward,))


DLOGITS = "dlogits[np.arange(n), y] -= 1\n"

MISTAKES = [
    mistake(margin, "ds = -y * q / n", "ds = y * q / n", "ds", "sign"),
    mistake(margin, "ds = -y * q / n", "ds = -q / n", "ds", "missing factor|missing path", "y"),
    mistake(
        margin,
        "ds = -y * q / n",
        "ds = -y * (1 - q) / n",
        "ds",
        "wrong value|wrong derivative|missing term",
        "q",
    ),
    mistake(margin, "ds = -y * q / n", "ds = -y * q * (1 - q) / n", "ds", "extra derivative", "q"),
    mistake(margin, "reg * w", "2 * reg * w", "dw", "regularisation", "twice|2"),
    mistake(margin, "reg * w", "reg / n * w", "dw", "regularisation", "n|11"),
    mistake(margin, "db = ds.sum()", "db = ds.mean()", "db", "mean for sum|factor", "n|11"),
    mistake(leaky, "dlogits /= n\n", "\n", "dlogits", "factor|sum for mean", "n|13"),
    mistake(
        leaky,
        DLOGITS,
        "dlogits[np.arange(n), y] += 1\n",
        "dlogits",
        "sign|entries|wrong value",
        "probs|1",
    ),
    mistake(
        leaky,
        DLOGITS,
        "dlogits -= 1\n",
        "dlogits",
        "entries|missing mask|missing term|wrong value",
        "1",
    ),
    mistake(leaky, DLOGITS, "\n", "dlogits", "missing term", "y|1|one"),
    mistake(
        leaky,
        "np.where(pre > 0, 1, leak)",
        "(pre > 0)",
        "dpre",
        "wrong derivative|missing path|wrong mask|missing term",
        "leak|0.1",
    ),
    mistake(
        leaky,
        "np.where(pre > 0, 1, leak)",
        "np.where(pre > 0, leak, 1)",
        "dpre",
        "wrong mask|wrong derivative",
        "pre|mask|leak|leaky",
    ),
    mistake(
        leaky,
        "np.where(pre > 0, 1, leak)",
        "np.where(hid > 0.5, 1, leak)",
        "dpre",
        "wrong mask|entries|unexplainable",
    ),
    mistake(
        leaky,
        "dhid * np.where(pre > 0, 1, leak)",
        "dhid",
        "dpre",
        "missing derivative|missing mask",
        "leak|ReLU|relu|pre",
    ),
    mistake(
        leaky,
        "db1 = dpre.sum(0)",
        "db1 = dhid.sum(0)",
        "db1",
        "wrong layer|missing mask|missing derivative",
        "dpre|dhid|pre|ReLU",
    ),
    mistake(
        leaky,
        "db2 = dlogits.sum(0)",
        "db2 = dlogits.sum(1)",
        "db2",
        "wrong axis|shape",
        "axis|0|(3,)",
    ),
    mistake(leaky, "X.T @ dpre", "X.T @ dpre / n", "dW1", "factor", "n|13"),
    mistake(
        leaky,
        "dhid = dlogits @ W2.T",
        "dhid = (dlogits @ W2.T) * hid",
        "dhid",
        "extra derivative|missing factor|wrong value|unexplainable",
    ),
    mistake(
        batch_norm, "dP = 2 * (P - T) / n", "dP = 2 * (P - T)", "dP", "factor|sum for mean", "n|12"
    ),
    mistake(
        batch_norm, "dP = 2 * (P - T) / n", "dP = 2 * (P - T) / P.size", "dP", "factor", "2|24"
    ),
    mistake(
        batch_norm,
        "(dS * N).sum(axis=0)",
        "(dS * C).sum(axis=0)",
        "dgamma",
        "wrong value|missing factor",
        "N|C|std",
    ),
    mistake(
        batch_norm,
        "(dS * N).sum(axis=0)",
        "(dS * S).sum(axis=0)",
        "dgamma",
        "wrong value|wrong layer",
        "N",
    ),
    mistake(
        batch_norm,
        "(dS * N).sum(axis=0)",
        "(dR * N).sum(axis=0)",
        "dgamma",
        "wrong layer|missing mask",
        "dS|dR|ReLU|mask|S",
    ),
    mistake(
        batch_norm, "dN = dS * gamma", "dN = dS", "dN", "missing factor|missing derivative", "gamma"
    ),
    mistake(
        batch_norm,
        "/ std**2",
        "/ std",
        "dvar",
        "factor|missing factor|wrong value|wrong derivative",
        "std|var",
    ),
    mistake(batch_norm, "dvar = dstd / (2 * std)", "dvar = dstd / std", "dvar", "factor", "2"),
    mistake(batch_norm, "dvar = dstd / (2 * std)", "dvar = -dstd / (2 * std)", "dvar", "sign"),
    mistake(
        batch_norm,
        "dC = dN / std + 2 * C * dvar / n",
        "dC = dN / std",
        "dH",
        "missing path|missing term",
        "var|std",
    ),
    mistake(
        batch_norm, "dH = dC + dmu / n", "dH = dC", "dH", "missing path|missing term", "mu|mean"
    ),
    mistake(batch_norm, "dH = dC + dmu / n", "dH = dC + dmu", "dH", "factor|sum for mean", "n|12"),
    mistake(
        batch_norm,
        "dH = dC + dmu / n",
        "dH = dN / std",
        "dH",
        "missing path|missing term",
        "mu|var|std",
    ),
    mistake(batch_norm, "dS = dR * (S > 0)", "dS = dR * (N > 0)", "dS", "wrong mask", "S|N"),
    mistake(pooled, "= dP / 4", "= dP", "dA", "factor", "4"),
    mistake(
        pooled, "for i in range(2)", "for i in range(1)", "dA", "entries|missing path|overwritten"
    ),
    mistake(
        pooled,
        "dZ = dA * (Z > 0)",
        "dZ = dA",
        "dZ",
        "missing mask|missing derivative",
        "ReLU|mask|Z",
    ),
    mistake(
        pooled,
        "dK[i, j] = (dZ * X[:, i : i + 4, j : j + 4]).sum()",
        "dK[i, j] = (dZ * X[:, i : i + 4, j : j + 4]).mean()",
        "dK",
        "mean for sum|factor",
        "48",
    ),
    mistake(pooled, "dK[i, j] = ", "dK[j, i] = ", "dK", "transpose"),
    mistake(
        pooled,
        "dK[i, j] = ",
        "dK[2 - i, 2 - j] = ",
        "dK",
        "transpose|wrong value",
        "flip|revers|180|[::-1",
    ),
    mistake(
        pooled,
        "X[:, i : i + 4, j : j + 4]).sum()",
        "X[:, i : i + 4, j : j + 4])[0].sum()",
        "dK",
        "missing sum|entries|overwritten|missing path",
        "example|0|first|axis",
    ),
    mistake(pooled, "dP = (P - Y) / n", "dP = (P - Y) / (2 * n)", "dP", "factor", "2"),
    mistake(
        block,
        "dL = dR + dU @ W1.T",
        "dL = dU @ W1.T",
        "dL",
        "missing path|missing term",
        "residual|+|R|dR",
    ),
    mistake(block, "dL = dR + dU @ W1.T", "dL = dR", "dL", "missing path|missing term"),
    mistake(
        block, "(s + U * s * (1 - s))", "s", "dU", "missing path|missing term|wrong derivative"
    ),
    mistake(
        block,
        "(s + U * s * (1 - s))",
        "(s * (1 - s))",
        "dU",
        "wrong derivative|missing term|missing factor",
        "U|swish|sigmoid",
    ),
    mistake(block, "(s + U * s * (1 - s))", "(U * s * (1 - s))", "dU", "missing path|missing term"),
    mistake(
        block, "dR = (R - T) / R.size", "dR = (R - T) / len(R)", "dR", "factor|sum for mean", "6"
    ),
    mistake(
        block,
        "(dL * xhat).sum(axis=0)",
        "(dL * L).sum(axis=0)",
        "dg",
        "wrong value|wrong layer",
        "xhat|L",
    ),
    mistake(
        block,
        "dg = (dL * xhat).sum(axis=0)",
        "dg = (dL * xhat).sum(axis=1)",
        "dg",
        "wrong axis|shape",
        "axis|(6,)",
    ),
    mistake(
        norm,
        " - xhat * (dxhat * xhat).mean(1, keepdims=True)",
        "",
        "dX",
        "missing path|missing term",
        "var|std|inv|xhat",
    ),
    mistake(norm, " - dxhat.mean(1, keepdims=True)", "", "dX", "missing path|missing term", "mean"),
    mistake(
        norm, "dxhat = dL * g", "dxhat = dL", "dxhat", "missing factor|missing derivative", "g"
    ),
    mistake(
        norm,
        "dxhat.mean(1, keepdims=True)",
        "dxhat.mean(0, keepdims=True)",
        "dX",
        "wrong axis",
        "axis",
    ),
    mistake(
        norm,
        "dxhat.mean(1, keepdims=True)",
        "dxhat.sum(1, keepdims=True)",
        "dX",
        "factor|sum for mean",
        "6",
    ),
    mistake(norm, "dX = inv * (", "dX = (", "dX", "missing factor", "inv|std|xc"),
    mistake(
        dropped,
        "dA2 = dZ3 @ W3.T * D2 / keep",
        "dA2 = dZ3 @ W3.T * D2",
        "dZ2",
        "factor|missing factor",
        "keep|0.8|1.25",
    ),
    mistake(
        dropped,
        "dA2 = dZ3 @ W3.T * D2 / keep",
        "dA2 = dZ3 @ W3.T / keep",
        "dZ2",
        "missing mask",
        "D2|dropout",
    ),
    mistake(
        dropped,
        "dA1 = dZ2 @ W2.T * D1 / keep",
        "dA1 = dZ2 @ W2.T",
        "dZ1",
        "missing mask|missing factor",
        "D1|dropout|keep",
    ),
    mistake(
        dropped,
        "A1.T @ dZ2 + lambd / m * W2",
        "A1.T @ dZ2 + lambd * W2",
        "dW2",
        "regularisation",
        "m|10",
    ),
    mistake(
        dropped,
        "A1.T @ dZ2 + lambd / m * W2",
        "A1.T @ dZ2 + lambd / m * W2**2",
        "dW2",
        "regularisation|unexplainable|wrong value",
    ),
    mistake(
        dropped, "A1.T @ dZ2 + lambd / m * W2", "A1.T @ dZ2", "dW2", "regularisation", "W2|λ|lambd"
    ),
    mistake(
        dropped,
        "X.T @ dZ1 + lambd / m * W1",
        "X.T @ dZ1 - lambd / m * W1",
        "dW1",
        "regularisation",
        "sign|−|-|subtract|W1",
    ),
    mistake(
        dropped,
        "X.T @ dZ1 + lambd / m * W1",
        "X.T @ dZ1 + lambd / m * b1",
        "dW1",
        "regularisation|unexplainable|wrong value",
    ),
    mistake(dropped, "dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1 * (A1 > 0)", "dZ1", "rounding|wrong mask"),
    mistake(
        dropped,
        "dZ2 = dA2 * (Z2 > 0)",
        "dZ2 = dA2 * (Z2 > 0) * A2",
        "dZ2",
        "extra derivative|missing factor|wrong value|unexplainable",
    ),
    mistake(dropped, "db1 = dZ1.sum(0)", "db1 = dZ1.sum()", "db1", "wrong axis|shape", "axis|(6,)"),
    mistake(
        dropped,
        "db2 = dZ2.sum(0)",
        "db2 = dZ2.sum(0) + lambd / m * b2",
        "db2",
        "regularisation",
        "b2|bias",
    ),
]
RIGHT = []
