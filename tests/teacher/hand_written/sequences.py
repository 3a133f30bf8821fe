"""Recurrent networks through time, and attention."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake, right, together
from tests.teacher.hand_written.logistic import sigmoid


def melodies(rng, n_x=3, m=6, T_x=4, n_a=5):
    x, Y = rng.normal(size=(n_x, m, T_x)), rng.integers(0, 2, (1, m)) * 1.0
    parameters = {
        "Wax": 0.5 * rng.normal(size=(n_a, n_x)),
        "Waa": 0.5 * rng.normal(size=(n_a, n_a)),
        "ba": 0.2 * rng.normal(size=(n_a, 1)),
        "Wya": rng.normal(size=(1, n_a)),
        "by": 0.2 * rng.normal(size=(1, 1)),
        "a0": 0.5 * rng.normal(size=(n_a, m)),
    }
    return {"x": x, "Y": Y}, parameters


def rnn_forward(x, Y, a0, Wax, Waa, ba, Wya, by):
    m, T_x = x.shape[1:]
    a = [a0]
    for t in range(T_x):
        a.append(np.tanh(np.dot(Wax, x[:, :, t]) + np.dot(Waa, a[t]) + ba))
    y_hat = sigmoid(np.dot(Wya, a[-1]) + by)
    cost = -np.sum(Y * np.log(y_hat) + (1 - Y) * np.log(1 - y_hat)) / m
    return locals()


def rnn_backward(x, Y, y_hat, a, Wax, Waa, Wya, ba):
    m, T_x = x.shape[1:]
    dz = (y_hat - Y) / m
    dWya = np.dot(dz, a[-1].T)
    dby = np.sum(dz, axis=1, keepdims=True)
    da_next = np.dot(Wya.T, dz)
    dWax, dWaa, dba = np.zeros_like(Wax), np.zeros_like(Waa), np.zeros_like(ba)
    for t in reversed(range(T_x)):
        dtanh = (1 - a[t + 1] ** 2) * da_next
        dWax += np.dot(dtanh, x[:, :, t].T)
        dWaa += np.dot(dtanh, a[t].T)
        dba += np.sum(dtanh, axis=1, keepdims=True)
        da_next = np.dot(Waa.T, dtanh)
    return {"dWya": dWya, "dby": dby, "dWax": dWax, "dWaa": dWaa, "dba": dba, "da0": da_next}


rnn = Network("RNN", melodies, rnn_forward, (rnn_backward,))
one_step = rnn.on("RNN, one step", T_x=1)
square_rnn = rnn.on("RNN, n_x = n_a", n_x=5)


def sentences(rng, n_x=2, m=4, T_x=3, n_a=3):
    x, G = rng.normal(size=(n_x, m, T_x)), rng.normal(size=(n_a, m))
    parameters = {name: rng.normal(size=(n_a, n_a + n_x)) for name in ("Wf", "Wi", "Wc", "Wo")}
    parameters |= {"a0": np.tanh(rng.normal(size=(n_a, m))), "c0": rng.normal(size=(n_a, m))}
    return {"x": x, "G": G}, parameters


def lstm_forward(x, G, a0, c0, Wf, Wi, Wc, Wo):
    a, c = a0, c0
    caches = []
    for t in range(x.shape[2]):
        concat = tg.concat([a, x[:, :, t]], axis=0)
        ft, it, ot = sigmoid(Wf @ concat), sigmoid(Wi @ concat), sigmoid(Wo @ concat)
        cct = np.tanh(Wc @ concat)
        c_prev, c = c, ft * c + it * cct
        a = ot * np.tanh(c)
        caches.append((concat, ft, it, cct, ot, c_prev, c))
    cost = 0.5 * np.sum((a - G) ** 2)
    return {"caches": caches, "a": a, "cost": cost}


def lstm_backward(G, a, caches, Wf, Wi, Wc, Wo):
    n_a = len(a)
    da = a - G
    dc = np.zeros_like(a)
    dWf, dWi, dWc, dWo = (np.zeros_like(W) for W in (Wf, Wi, Wc, Wo))
    for concat, ft, it, cct, ot, c_prev, c_next in reversed(caches):
        dot = da * np.tanh(c_next) * ot * (1 - ot)
        dc = dc + da * ot * (1 - np.tanh(c_next) ** 2)
        dcct = dc * it * (1 - cct**2)
        dit = dc * cct * it * (1 - it)
        dft = dc * c_prev * ft * (1 - ft)
        dWo += dot @ concat.T
        dWc += dcct @ concat.T
        dWi += dit @ concat.T
        dWf += dft @ concat.T
        da = (Wf.T @ dft + Wi.T @ dit + Wc.T @ dcct + Wo.T @ dot)[:n_a]
        dc = dc * ft
    return {"dWo": dWo, "dWc": dWc, "dWi": dWi, "dWf": dWf, "da0": da, "dc0": dc}


lstm = Network("LSTM", sentences, lstm_forward, (lstm_backward,))
cell = lstm.on("LSTM cell", T_x=1)


def tokens(rng, T=5, d=6, d_k=3, d_v=4):
    parameters = {
        "X": rng.normal(size=(T, d)),
        "Wq": 0.5 * rng.normal(size=(d, d_k)),
        "Wk": 0.5 * rng.normal(size=(d, d_k)),
        "Wv": 0.5 * rng.normal(size=(d, d_v)),
    }
    return {"G": rng.normal(size=(T, d_v))}, parameters


def attention_forward(X, G, Wq, Wk, Wv):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    d_k = Q.shape[1]
    S = Q @ K.T / np.sqrt(float(d_k))
    E = np.exp(S - np.max(S, axis=1, keepdims=True))
    P = E / np.sum(E, axis=1, keepdims=True)
    O = P @ V  # noqa: E741
    loss = 0.5 * np.sum((O - G) ** 2)
    return locals()


def attention_backward(X, G, Wq, Wk, Wv, Q, K, V, S, P, O):  # noqa: E741
    scale = float(Q.shape[1]) ** -0.5
    dO = O - G
    dV = P.T @ dO
    dWv = X.T @ dV
    dP = dO @ V.T
    dS = P * (dP - np.sum(dP * P, axis=1, keepdims=True))
    dQ = dS @ K * scale
    dK = dS.T @ Q * scale
    dWq = X.T @ dQ
    dWk = X.T @ dK
    dX = dQ @ Wq.T + dK @ Wk.T + dV @ Wv.T
    values = {"dO": dO, "dV": dV, "dWv": dWv, "dP": dP, "dS": dS}
    return values | {"dQ": dQ, "dK": dK, "dWq": dWq, "dWk": dWk, "dX": dX}


attention = Network("attention", tokens, attention_forward, (attention_backward,), "loss")
square_attention = attention.on("attention, all square", T=4, d=4, d_k=4, d_v=4)

TANH = "dtanh = (1 - a[t + 1] ** 2) * da_next"
THROUGH = "da_next = np.dot(Waa.T, dtanh)"
NO_SLOPE = mistake(rnn, TANH, "dtanh = da_next", "dWax dWaa dba", "missing derivative", "tanh|a")
LAST_X = mistake(rnn, "dWax += ", "dWax = ", "dWax", "overwritten", "+=|add|step|time|t")
LAST_A = mistake(rnn, "dWaa += ", "dWaa = ", "dWaa", "overwritten", "+=|add|step|time|t")
NO_MEAN = mistake(rnn, "(y_hat - Y) / m", "y_hat - Y", "dWya dby", "factor|sum for mean", "m|6")
DS = "dS = P * (dP - np.sum(dP * P, axis=1, keepdims=True))"
CROSS = mistake(
    attention, DS, "dS = P * (1 - P) * dP", "dS", "cross terms", "cross|softmax|diagonal|own"
)
NO_SCALE = mistake(
    attention,
    "dQ = dS @ K * scale",
    "dQ = dS @ K",
    "dQ",
    "missing factor|factor|missing path",
    "√|sqrt|d_k|1.73|3",
)

MISTAKES = [
    NO_SLOPE,
    LAST_X,
    LAST_A,
    NO_MEAN,
    mistake(
        rnn, "dba += np.sum(dtanh", "dba = np.sum(dtanh", "dba", "overwritten", "+=|add|step|time|t"
    ),
    mistake(
        rnn,
        TANH,
        "dtanh = (1 - a[t] ** 2) * da_next",
        "dWax dWaa dba",
        "wrong layer|wrong value",
        "a|step|time",
    ),
    mistake(
        rnn,
        TANH,
        "dtanh = a[t + 1] * (1 - a[t + 1]) * da_next",
        "dWax dWaa dba",
        "wrong derivative",
        "sigmoid|σ|tanh",
    ),
    mistake(
        rnn,
        TANH,
        "dtanh = (1 - a[t + 1]) * da_next",
        "dWax dWaa dba",
        "wrong derivative|unexplainable",
        "tanh|a",
    ),
    mistake(
        rnn,
        "np.dot(dtanh, a[t].T)",
        "np.dot(dtanh, a[t + 1].T)",
        "dWaa",
        "wrong layer|wrong value",
        "a|step|time",
    ),
    mistake(rnn, "np.dot(dtanh, a[t].T)", "np.dot(a[t], dtanh.T)", "dWaa", "transpose"),
    mistake(
        rnn,
        "x[:, :, t].T",
        "x[:, :, -1].T",
        "dWax",
        "wrong layer|wrong value|unexplainable",
        "x|step|time",
    ),
    mistake(rnn, THROUGH, "da_next = np.dot(Waa, dtanh)", "dWax dWaa dba da0", "transpose", "Waa"),
    mistake(
        rnn,
        THROUGH,
        "da_next = da_next * 0",
        "dWax dWaa dba da0",
        "missing path|overwritten|unexplainable",
        "step|time|a",
    ),
    mistake(
        rnn,
        THROUGH,
        "da_next = np.dot(Waa.T, da_next)",
        "dWax dWaa dba da0",
        "missing derivative|wrong value|unexplainable",
        "da|dtanh|tanh",
    ),
    mistake(
        rnn,
        THROUGH,
        "da_next = da_next + np.dot(Waa.T, dtanh)",
        "dWax dWaa dba da0",
        "unexplainable|missing path|wrong layer",
    ),
    mistake(
        rnn,
        "reversed(range(T_x))",
        "reversed(range(1, T_x))",
        "dWax dWaa dba da0",
        "missing path|missing term|unexplainable|overwritten",
        "step|time|0",
    ),
    mistake(
        rnn, "reversed(range(T_x))", "range(T_x)", "dWax dWaa dba da0", "unexplainable|wrong layer"
    ),
    mistake(
        rnn,
        "reversed(range(T_x))",
        "reversed(range(T_x - 2, T_x))",
        "dWax dWaa dba da0",
        "missing path|missing term|unexplainable|overwritten",
        "step|time|truncated",
    ),
    mistake(
        rnn,
        "dba += np.sum(dtanh, axis=1, keepdims=True)",
        "dba = dba + np.sum(dtanh, axis=1)",
        "dba",
        "shape|unexplainable|entries",
    ),
    mistake(
        rnn,
        "dba += np.sum(dtanh, axis=1, keepdims=True)",
        "dba = dba + dtanh",
        "dba",
        "missing sum",
        "axis 1|Σ₁|sum",
    ),
    mistake(
        rnn,
        "dba += np.sum(dtanh, axis=1, keepdims=True)",
        "dba += np.mean(dtanh, axis=1, keepdims=True)",
        "dba",
        "mean for sum|factor",
        "mean|m|6",
    ),
    mistake(
        rnn,
        "dWya = np.dot(dz, a[-1].T)",
        "dWya = np.dot(dz, a[0].T)",
        "dWya",
        "wrong layer|wrong value",
        "a",
    ),
    mistake(
        rnn,
        "da_next = np.dot(Wya.T, dz)",
        "da_next = np.dot(Wya.T, y_hat - Y)",
        "dWax dWaa dba da0",
        "factor",
        "m|6",
    ),
    together(NO_SLOPE, LAST_X),
    together(LAST_X, LAST_A),
    together(NO_MEAN, LAST_A),
    mistake(one_step, TANH, "dtanh = da_next", "dWax dWaa dba", "missing derivative", "tanh|a"),
    mistake(
        square_rnn,
        THROUGH,
        "da_next = np.dot(Wax.T, dtanh)",
        "dWax dWaa dba da0",
        "wrong layer|wrong value|unexplainable",
        "Wax",
        "Waa",
    ),
    mistake(
        square_rnn,
        "np.dot(dtanh, x[:, :, t].T)",
        "np.dot(dtanh, a[t].T)",
        "dWax",
        "wrong value|wrong layer",
        "a",
        "x",
    ),
    mistake(
        lstm,
        "dc = dc + da * ot",
        "dc = da * ot",
        "dWo dWc dWi dWf da0 dc0",
        "missing path|overwritten|unexplainable",
        "c|step|time",
    ),
    mistake(
        cell,
        "dc * c_prev * ft",
        "dc * c_next * ft",
        "dWf",
        "wrong value|wrong layer|unexplainable",
        "c",
    ),
    mistake(
        cell,
        "(1 - np.tanh(c_next) ** 2)",
        "(1 - c_next**2)",
        "dWc dWi dWf",
        "wrong value|unexplainable",
        "c|tanh",
    ),
    mistake(cell, " * ot * (1 - ot)", "", "dWo", "missing derivative|unexplainable", "sigmoid|σ|o"),
    mistake(
        cell,
        "np.tanh(c_next) * ot * (1 - ot)",
        "c_next * ot * (1 - ot)",
        "dWo",
        "wrong value|missing factor|unexplainable",
        "tanh|c",
    ),
    mistake(cell, " * (1 - cct**2)", "", "dWc", "missing derivative|unexplainable", "tanh|c"),
    mistake(
        cell, "dit = dc * cct * it", "dit = dc * it", "dWi", "missing factor|unexplainable", "c"
    ),
    mistake(
        lstm,
        "dc = dc * ft",
        "dc = dc * it",
        "dWo dWc dWi dWf da0 dc0",
        "wrong value|unexplainable|wrong layer",
        "f|i",
    ),
    mistake(
        cell,
        "dc = dc * ft",
        "dc = dc * it",
        "dc0",
        "wrong value|unexplainable|wrong layer",
        "f|i",
    ),
    mistake(
        lstm, "dWi += dit", "dWi = dit", "dWi", "overwritten|unexplainable", "+=|add|step|time|t"
    ),
    mistake(
        lstm,
        " + Wo.T @ dot)",
        ")",
        "dWo dWc dWi dWf da0 dc0",
        "missing path|missing term|unexplainable",
        "o",
    ),
    mistake(cell, " + Wo.T @ dot)", ")", "da0", "missing path|missing term|unexplainable", "o"),
    mistake(lstm, "dWf += dft", "dWf += dit", "dWf", "wrong value|wrong layer|unexplainable", "i"),
    mistake(lstm, "da = a - G", "da = G - a", "dWo dWc dWi dWf", "sign|factor"),
    mistake(lstm, "da = a - G", "da = 2 * (a - G)", "dWo dWc dWi dWf", "factor", "2"),
    CROSS,
    NO_SCALE,
    mistake(
        attention,
        "dK = dS.T @ Q * scale",
        "dK = dS.T @ Q",
        "dK",
        "missing factor|factor|missing path",
        "√|sqrt|d_k|1.73|3",
    ),
    mistake(
        attention,
        "dK = dS.T @ Q * scale",
        "dK = dS.T @ Q * scale**2",
        "dK",
        "factor|extra derivative|missing factor",
        "√|sqrt|d_k|0.577|1.73|3",
    ),
    mistake(attention, "dK = dS.T @ Q * scale", "dK = dS @ Q * scale", "dK", "transpose", "dS"),
    mistake(attention, "dQ = dS @ K * scale", "dQ = dS.T @ K * scale", "dQ", "transpose", "dS"),
    mistake(
        attention,
        "dQ = dS @ K * scale",
        "dQ = dS @ Q * scale",
        "dQ",
        "wrong value|wrong layer",
        "Q",
        "K",
    ),
    mistake(attention, "dV = P.T @ dO", "dV = P @ dO", "dV", "transpose", "P"),
    mistake(attention, "dV = P.T @ dO", "dV = S.T @ dO", "dV", "wrong value", "S", "P"),
    mistake(attention, DS, "dS = dP", "dS", "missing derivative", "softmax"),
    mistake(
        attention,
        DS,
        "dS = P * dP",
        "dS",
        "cross terms|missing path|missing term",
        "softmax|sum|cross",
    ),
    mistake(
        attention,
        DS,
        DS.replace("axis=1", "axis=0"),
        "dS",
        "wrong axis|unexplainable|cross terms",
        "axis|softmax",
    ),
    mistake(
        attention,
        DS,
        "dS = P * (dP - np.sum(dP, axis=1, keepdims=True))",
        "dS",
        "unexplainable|cross terms|missing factor",
        "softmax|P",
    ),
    mistake(
        attention,
        DS,
        "dS = P * (dP - np.mean(dP * P, axis=1, keepdims=True))",
        "dS",
        "mean for sum|cross terms|unexplainable",
        "mean|5|sum|softmax",
    ),
    mistake(
        attention,
        DS,
        "dS = P * (dP - np.sum(dP * P))",
        "dS",
        "wrong axis|missing sum|cross terms|unexplainable",
        "axis|softmax|sum",
    ),
    mistake(
        attention,
        "dQ @ Wq.T + dK @ Wk.T + ",
        "",
        "dX",
        "missing path|overwritten|missing term",
        "Q",
        "K",
    ),
    mistake(attention, " + dV @ Wv.T", "", "dX", "missing path|missing term", "V"),
    mistake(
        attention,
        "dQ @ Wq.T + dK @ Wk.T + ",
        "dQ @ Wk.T + dK @ Wq.T + ",
        "dX",
        "wrong layer|wrong value|unexplainable",
    ),
    mistake(
        attention, "dWk = X.T @ dK", "dWk = X.T @ dQ", "dWk", "wrong value|wrong layer", "dQ", "dK"
    ),
    mistake(attention, "dWq = X.T @ dQ", "dWq = dQ.T @ X", "dWq", "transpose"),
    mistake(attention, "dO = O - G", "dO = 2 * (O - G)", "dO", "factor", "2"),
    mistake(attention, "dO = O - G", "dO = (O - G) / len(O)", "dO", "factor|mean for sum", "5"),
    together(CROSS, NO_SCALE),
    together(
        mistake(attention, "dV = P.T @ dO", "dV = P @ dO", "dV", "transpose", "P"),
        CROSS,
        mistake(
            attention,
            "dWk = X.T @ dK",
            "dWk = X.T @ dQ",
            "dWk",
            "wrong value|wrong layer",
            "dQ",
            "dK",
        ),
    ),
    mistake(square_attention, "dP = dO @ V.T", "dP = dO @ V", "dP", "transpose", "V"),
    mistake(square_attention, "dP = dO @ V.T", "dP = V @ dO.T", "dP", "transpose"),
    mistake(square_attention, "dWv = X.T @ dV", "dWv = X @ dV", "dWv", "transpose", "X"),
    mistake(square_attention, "dK = dS.T @ Q * scale", "dK = Q.T @ dS * scale", "dK", "transpose"),
    mistake(
        square_attention,
        "scale = float(Q.shape[1]) ** -0.5",
        "scale = 1.0",
        "dQ dK",
        "missing factor|factor|missing path",
        "2|√|sqrt|d_k",
    ),
    mistake(
        square_attention,
        DS,
        DS.replace("axis=1", "axis=0"),
        "dS",
        "wrong axis|unexplainable|cross terms",
        "axis|softmax",
    ),
]

RIGHT = [
    right(rnn, "np.dot(dtanh, a[t].T)", "np.einsum('im,jm->ij', dtanh, a[t])"),
    right(rnn, TANH, "dtanh = da_next - a[t + 1] * a[t + 1] * da_next"),
    right(one_step, "dWax += ", "dWax = "),
    right(lstm, "dWi += dit @ concat.T", "dWi = dWi + np.einsum('im,jm', dit, concat)"),
    right(
        attention,
        DS,
        "dS = np.stack([(np.diag(p) - np.outer(p, p)) @ d for p, d in zip(P, dP, strict=True)])",
    ),
    right(attention, DS, "dS = P * dP - P * np.sum(dO * O, axis=1, keepdims=True)"),
    right(attention, "dK = dS.T @ Q * scale", "dK = (Q.T @ dS * scale).T"),
]
