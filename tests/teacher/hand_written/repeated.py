"""Networks with a loop over time, heads or words, as tutorials write them."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake
from tests.teacher.hand_written.logistic import sigmoid


def letters(rng, T=5, V=6, H=4):
    data = {"xs": np.eye(V)[rng.integers(0, V, T)], "targets": rng.integers(0, V, T)}
    return data, {
        "Wxh": 0.5 * rng.normal(size=(H, V)),
        "Whh": 0.5 * rng.normal(size=(H, H)),
        "Why": 0.5 * rng.normal(size=(V, H)),
        "bh": 0.2 * rng.normal(size=H),
        "by": 0.2 * rng.normal(size=V),
        "h0": 0.5 * rng.normal(size=H),
    }


def characters_forward(xs, targets, Wxh, Whh, Why, bh, by, h0):
    hs, ps = [h0], []
    loss = 0
    for t in range(len(targets)):
        hs.append(np.tanh(Wxh @ xs[t] + Whh @ hs[-1] + bh))
        y = Why @ hs[-1] + by
        p = np.exp(y) / np.sum(np.exp(y))
        ps.append(p)
        loss = loss - np.log(p[targets[t]])
    return {"hs": hs, "ps": ps, "loss": loss}


def characters_backward(xs, targets, Wxh, Whh, Why, bh, by, hs, ps):
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(targets))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.outer(dy, hs[t + 1])
        dby += dy
        dh = Why.T @ dy + dhnext
        dhraw = (1 - hs[t + 1] * hs[t + 1]) * dh
        dbh += dhraw
        dWxh += np.outer(dhraw, xs[t])
        dWhh += np.outer(dhraw, hs[t])
        dhnext = Whh.T @ dhraw
    values = {"dWhy": dWhy, "dby": dby, "dWxh": dWxh, "dWhh": dWhh, "dbh": dbh}
    return values | {"dh0": dhnext}


characters = Network("characters", letters, characters_forward, (characters_backward,), "loss")


def places(rng, T=4, d=6):
    mask = np.tril(np.ones((T, T)))
    names = ("WQ", "WK", "WV", "WO")
    parameters = {name: 0.5 * rng.normal(size=(d, d)) for name in names}
    data = {"X": rng.normal(size=(T, d)), "G": rng.normal(size=(T, d)), "mask": mask}
    return data, parameters


def causal_forward(X, G, mask, WQ, WK, WV, WO):
    T = len(X)
    Q, K, V = X @ WQ, X @ WK, X @ WV
    heads, Ps = [], []
    for h in (slice(0, 3), slice(3, 6)):
        S = Q[:, h] @ K[:, h].T / np.sqrt(3.0)
        E = np.exp(S) * mask
        P = E / np.sum(E, axis=1, keepdims=True)
        Ps.append(P)
        heads.append(P @ V[:, h])
    H = tg.concat(heads, axis=1)
    O = H @ WO  # noqa: E741
    R = X + O
    loss = np.sum((R - G) ** 2) / T
    return {"Q": Q, "K": K, "V": V, "Ps": Ps, "H": H, "O": O, "R": R, "loss": loss}


def causal_backward(X, G, mask, WQ, WK, WV, WO, Q, K, V, Ps, H, R):
    T = len(X)
    dR = 2 * (R - G) / T
    dO = dR
    dWO = H.T @ dO
    dH = dO @ WO.T
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    for P, h in zip(Ps, (slice(0, 3), slice(3, 6)), strict=True):
        dV[:, h] = P.T @ dH[:, h]
        dP = dH[:, h] @ V[:, h].T
        dS = P * (dP - (P * dP).sum(1, keepdims=True))
        dQ[:, h] = dS @ K[:, h] / np.sqrt(3)
        dK[:, h] = dS.T @ Q[:, h] / np.sqrt(3)
    dWQ, dWK, dWV = X.T @ dQ, X.T @ dK, X.T @ dV
    values = {"dR": dR, "dWO": dWO, "dH": dH, "dV": dV, "dQ": dQ, "dK": dK}
    return values | {"dWQ": dWQ, "dWK": dWK, "dWV": dWV}


causal = Network("two heads, causal", places, causal_forward, (causal_backward,), "loss")


def series(rng, n=5, T=3, d=2, H=3):
    return {"X": rng.normal(size=(n, T, d)), "Y": rng.normal(size=(n, H))}, {
        "Wx": 0.6 * rng.normal(size=(d, 4 * H)),
        "Wh": 0.6 * rng.normal(size=(H, 4 * H)),
        "b": 0.3 * rng.normal(size=4 * H),
        "h0": 0.5 * rng.normal(size=(n, H)),
    }


def gates_forward(X, Y, Wx, Wh, b, h0):
    n, T, _ = X.shape
    H = h0.shape[1]
    h, c = h0, np.zeros((n, H))
    cache = []
    for t in range(T):
        a = X[:, t] @ Wx + h @ Wh + b
        i, f = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H])
        o, g = sigmoid(a[:, 2 * H : 3 * H]), np.tanh(a[:, 3 * H :])
        prev_h, prev_c = h, c
        c = f * prev_c + i * g
        h = o * np.tanh(c)
        cache.append((i, f, o, g, prev_h, prev_c, c))
    loss = ((h - Y) ** 2).sum() / n
    return {"cache": cache, "h": h, "loss": loss}


def gates_backward(X, Y, Wx, Wh, b, cache, h):
    n, T, _ = X.shape
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)
    dh, dc = 2 * (h - Y) / n, np.zeros_like(h)
    for t in reversed(range(T)):
        i, f, o, g, prev_h, prev_c, c = cache[t]
        tanh_c = np.tanh(c)
        dc = dc + dh * o * (1 - tanh_c**2)
        di, df, do, dg = dc * g, dc * prev_c, dh * tanh_c, dc * i
        da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)])
        dWx += X[:, t].T @ da
        dWh += prev_h.T @ da
        db += da.sum(axis=0)
        dh = da @ Wh.T
        dc = dc * f
    return {"dWx": dWx, "dWh": dWh, "db": db, "dh0": dh}


gates = Network("LSTM of four gates in one", series, gates_forward, (gates_backward,), "loss")


def words(rng, n=4, T=5, V=7, d=3, k=3):
    ids = rng.integers(0, V, (n, T))
    there = (np.arange(T) < np.array([[5], [3], [4], [2]])) * 1.0
    return {"ids": ids, "there": there, "y": rng.integers(0, k, n)}, {
        "E": rng.normal(size=(V, d)),
        "W": rng.normal(size=(d, k)),
    }


def bag_forward(ids, there, y, E, W):
    n = len(y)
    vecs = E[ids]
    count = there.sum(1, keepdims=True)
    bag = (vecs * there[:, :, None]).sum(1) / count
    scores = bag @ W
    exps = np.exp(scores)
    probs = exps / np.sum(exps, axis=1, keepdims=True)
    loss = -np.sum(np.log(probs[np.arange(n), y])) / n
    return locals()


def bag_backward(ids, there, y, E, W, count, bag, probs):
    n = len(y)
    dscores = (probs - np.eye(3)[y]) / n
    dW = bag.T @ dscores
    dbag = dscores @ W.T
    dvecs = (dbag / count)[:, None, :] * there[:, :, None]
    dE = np.zeros_like(E)
    np.add.at(dE, ids, dvecs)
    return {"dscores": dscores, "dW": dW, "dbag": dbag, "dvecs": dvecs, "dE": dE}


bag = Network("bag of words", words, bag_forward, (bag_backward,), "loss")


STEPS = "+=|add|step|time|t"

MISTAKES = [
    mistake(
        characters,
        "dh = Why.T @ dy + dhnext",
        "dh = Why.T @ dy",
        "dWxh dWhh dbh",
        "missing path|missing term|overwritten",
        "step|time|h",
    ),
    mistake(
        characters,
        "dh = Why.T @ dy + dhnext",
        "dh = dhnext + Why.T @ dy * 2",
        "dWxh dWhh dbh",
        "factor|unexplainable",
        "2",
    ),
    mistake(
        characters,
        "dWhy += np.outer(dy, hs[t + 1])",
        "dWhy += np.outer(dy, hs[t])",
        "dWhy",
        "wrong layer|wrong value",
        "h|step",
    ),
    mistake(
        characters,
        "dWhh += np.outer(dhraw, hs[t])",
        "dWhh += np.outer(hs[t], dhraw)",
        "dWhh",
        "transpose",
    ),
    mistake(
        characters,
        "dWhh += np.outer(dhraw, hs[t])",
        "dWhh += np.outer(dh, hs[t])",
        "dWhh",
        "missing derivative|wrong layer",
        "tanh",
    ),
    mistake(
        characters,
        "dhnext = Whh.T @ dhraw",
        "dhnext = Whh @ dhraw",
        "dWxh dWhh dbh",
        "transpose",
        "Whh",
    ),
    mistake(
        characters,
        "dhnext = Whh.T @ dhraw",
        "dhnext = Whh.T @ dh",
        "dWxh dWhh dbh",
        "missing derivative|wrong layer",
        "tanh|h",
    ),
    mistake(characters, "dby += dy", "dby = dy", "dby", "overwritten", STEPS),
    mistake(
        characters,
        "(1 - hs[t + 1] * hs[t + 1]) * dh",
        "(1 - hs[t] * hs[t]) * dh",
        "dWxh dWhh dbh",
        "wrong layer|wrong value",
        "h|step",
    ),
    mistake(
        characters,
        "dy[targets[t]] -= 1",
        "dy[targets[t - 1]] -= 1",
        "dWhy",
        "wrong layer|wrong value|unexplainable|entries",
    ),
    mistake(
        causal,
        "dQ[:, h] = dS @ K[:, h] / np.sqrt(3)",
        "dQ[:, h] = dS @ K[:, h] / np.sqrt(6)",
        "dQ",
        "factor|missing factor",
        "2|√|3|0.707|1.41",
    ),
    mistake(
        causal,
        "dQ[:, h] = dS @ K[:, h] / np.sqrt(3)",
        "dQ[:, h] = dS @ K[:, h]",
        "dQ",
        "factor|missing factor",
        "√|sqrt|3|1.73",
    ),
    mistake(
        causal, "dK[:, h] = dS.T @ Q", "dK[:, h] = dS @ Q", "dK", "transpose", "dS|.T|ᵀ|transpos"
    ),
    mistake(
        causal,
        "(P * dP).sum(1, keepdims=True)",
        "(P * dP).sum(0, keepdims=True)",
        "dQ dK",
        "wrong axis",
        "axis",
    ),
    mistake(
        causal,
        "P * (dP - (P * dP).sum(1, keepdims=True))",
        "P * dP",
        "dQ dK",
        "cross terms|missing term|missing path",
        "softmax|cross|sum|E",
    ),
    mistake(
        causal,
        "P * (dP - (P * dP).sum(1, keepdims=True))",
        "P * (1 - P) * dP",
        "dQ dK",
        "cross terms",
    ),
    mistake(
        causal,
        "dV[:, h] = P.T @ dH[:, h]",
        "dV[:, h] = P @ dH[:, h]",
        "dV",
        "transpose",
        "P|.T|ᵀ|transpos",
    ),
    mistake(
        causal,
        "dWO = H.T @ dO",
        "dWO = V.T @ dO",
        "dWO",
        "wrong value|wrong layer|missing factor",
        "H|V|P",
    ),
    mistake(causal, "dH = dO @ WO.T", "dH = dO @ WO", "dH", "transpose", "WO"),
    mistake(
        gates,
        "dc = dc + dh * o",
        "dc = dh * o",
        "dWx dWh db",
        "missing path|overwritten|missing term",
        "c|step",
    ),
    mistake(
        gates,
        "dc = dc * f",
        "dc = dc",
        "dWx dWh db",
        "missing factor|missing derivative|missing path",
        "f",
    ),
    mistake(
        gates,
        "(1 - tanh_c**2)",
        "(1 - c**2)",
        "dWx dWh db",
        "wrong value|wrong derivative",
        "tanh|c",
    ),
    mistake(
        gates,
        "dc + dh * o * (1 - tanh_c**2)",
        "dc + dh * o",
        "dWx dWh db",
        "missing derivative|missing factor",
        "tanh",
    ),
    mistake(
        gates,
        "do * o * (1 - o)",
        "do * (1 - o)",
        "dWx dWh db",
        "wrong derivative|missing factor|missing derivative",
        "σ|sigmoid|o",
    ),
    mistake(
        gates,
        "dg * (1 - g**2)",
        "dg * g * (1 - g)",
        "dWx dWh db",
        "wrong derivative",
        "tanh|sigmoid",
    ),
    mistake(
        gates,
        "di, df, do, dg = dc * g, dc * prev_c",
        "di, df, do, dg = dc * g, dc * c",
        "dWx dWh db",
        "wrong value|wrong layer",
        "c|step",
    ),
    mistake(gates, "dWh += prev_h.T @ da", "dWh = prev_h.T @ da", "dWh", "overwritten", STEPS),
    mistake(
        gates,
        "np.hstack([di * i * (1 - i), df * f * (1 - f)",
        "np.hstack([df * f * (1 - f), di * i * (1 - i)",
        "dWx dWh db",
        "entries|transpose|wrong value|unexplainable",
    ),
    mistake(
        bag,
        "(dbag / count)[:, None, :]",
        "dbag[:, None, :]",
        "dvecs",
        "missing factor|factor|missing path",
        "count",
    ),
    mistake(
        bag,
        " * there[:, :, None]",
        " + 0 * there[:, :, None]",
        "dvecs",
        "missing mask|missing factor",
        "there",
    ),
    mistake(
        bag,
        "np.add.at(dE, ids, dvecs)",
        "dE[ids] += dvecs",
        "dE",
        "overwritten",
        "add.at|twice|repeat|index",
    ),
    mistake(
        bag,
        "np.add.at(dE, ids, dvecs)",
        "np.add.at(dE, ids, dvecs)\n    dE[0] = 0",
        "dE",
        "entries",
        "row|0",
    ),
    mistake(
        bag,
        "(dbag / count)",
        "(dbag / 5)",
        "dvecs",
        "factor|wrong value|missing factor|unexplainable|entries",
        "count|5",
    ),
    mistake(
        bag,
        "dscores = (probs - np.eye(3)[y]) / n",
        "dscores = (np.eye(3)[y] - probs) / n",
        "dscores",
        "sign",
    ),
]
RIGHT = []
