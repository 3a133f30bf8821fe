"""Classifiers with examples in rows: softmax, two layers, and the hinge loss of a linear SVM."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake, right, together


def spirals(rng, N=20, D=4, C=3, reg=0.3):
    X, y = rng.normal(size=(N, D)), rng.integers(0, C, N)
    return {"X": X, "y": y, "reg": reg}, {
        "W": rng.normal(size=(D, C)),
        "b": 0.3 * rng.normal(size=C),
    }


def softmax_loss(X, y, W, b, reg):
    N = X.shape[0]
    scores = X @ W + b
    exp_scores = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    loss = np.sum(-np.log(probs[np.arange(N), y])) / N + 0.5 * reg * np.sum(W * W)
    return locals()


def softmax_loss_back(X, y, W, b, reg, scores, probs):
    N = X.shape[0]
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW = np.dot(X.T, dscores)
    db = np.sum(dscores, axis=0)
    dW += reg * W
    return {"dscores": dscores, "dW": dW, "db": db}


softmax = Network("softmax", spirals, softmax_loss, (softmax_loss_back,), "loss")
two_classes = softmax.on("softmax, as many classes as inputs", D=3)
no_penalty = softmax.on("softmax, reg = 0", reg=0.0)


def small_images(rng, N=16, D=5, H=6, C=4, reg=0.05):
    X, y = rng.normal(size=(N, D)), rng.integers(0, C, N)
    W1, W2 = 0.8 * rng.normal(size=(D, H)), 0.8 * rng.normal(size=(H, C))
    parameters = {
        "W1": W1,
        "b1": 0.1 * rng.normal(size=H),
        "W2": W2,
        "b2": 0.1 * rng.normal(size=C),
    }
    return {"X": X, "y": y, "reg": reg}, parameters


def two_layer_net(X, y, W1, b1, W2, b2, reg):
    N = X.shape[0]
    hidden = tg.maximum(0, np.dot(X, W1) + b1)
    scores = np.dot(hidden, W2) + b2
    probs = tg.softmax(scores, axis=1)
    loss = -np.log(probs[np.arange(N), y]).mean() + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    return locals()


def two_layer_net_back(X, y, W1, W2, hidden, scores, probs, reg):
    N = X.shape[0]
    grads = {}
    dscores = probs.copy()
    dscores[range(N), y] -= 1
    dscores /= N
    grads["W2"] = np.dot(hidden.T, dscores)
    grads["b2"] = np.sum(dscores, axis=0)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden <= 0] = 0
    grads["W1"] = np.dot(X.T, dhidden)
    grads["b1"] = np.sum(dhidden, axis=0)
    grads["W2"] += 2 * reg * W2
    grads["W1"] += 2 * reg * W1
    return grads


net = Network("two-layer net", small_images, two_layer_net, (two_layer_net_back,), "loss")
square_net = net.on("two-layer net, square", D=4, H=4)


def svm_loss(X, y, W, reg):
    N = X.shape[0]
    scores = X @ W
    correct = scores[np.arange(N), y][:, None]
    others = 1.0 - np.eye(W.shape[1], dtype=X.dtype)[y]
    margins = tg.maximum(0, scores - correct + 1) * others
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    return locals()


def svm_loss_back(X, y, W, reg, margins):
    N = X.shape[0]
    dscores = (margins > 0).astype(X.dtype)
    dscores[np.arange(N), y] = -np.sum(dscores, axis=1)
    dW = X.T @ dscores / N
    dW += 2 * reg * W
    return {"dW": dW}


def rows(rng):
    data, parameters = spirals(rng)
    return data, {"W": parameters["W"]}


svm = Network("SVM", rows, svm_loss, (svm_loss_back,), "loss")

LABEL = "dscores[np.arange(N), y] -= 1\n"
MEAN = "    dscores /= N\n"
NO_MEAN = mistake(softmax, MEAN, "", "dscores dW db", "factor|sum for mean", "N|m|20")
NO_MEAN_NET = mistake(net, MEAN, "", "W2 b2", "factor|sum for mean|missing factor", "N|m|16")
NO_MASK = mistake(
    net,
    "    dhidden[hidden <= 0] = 0\n",
    "",
    "W1 b1",
    "missing mask",
    "relu|ReLU|maximum|hidden|> 0",
)
CROSS = """dscores = -probs * (1 - probs)
    dscores *= np.eye(len(b), dtype=X.dtype)[y] / probs
"""

MISTAKES = [
    NO_MEAN,
    mistake(softmax, LABEL, "\n", "dscores", "missing term|wrong value|unexplainable|entries", "y"),
    mistake(
        softmax,
        LABEL,
        "dscores[np.arange(N), y] += 1\n",
        "dscores",
        "entries|sign|unexplainable|missing term",
    ),
    mistake(softmax, LABEL, "dscores[y] -= 1\n", "dscores", "entries|unexplainable"),
    mistake(softmax, LABEL, "dscores[:, y] -= 1\n", "dscores", "unexplainable|overwritten|entries"),
    mistake(softmax, LABEL, "dscores -= 1\n", "dscores", "entries|unexplainable"),
    mistake(
        softmax,
        "dscores = probs.copy()\n    " + LABEL,
        CROSS,
        "dscores",
        "cross terms",
        "cross|softmax|own|diagonal",
    ),
    mistake(
        softmax,
        "probs.copy()",
        "-probs.copy()",
        "dscores",
        "sign|unexplainable|missing term|entries",
    ),
    mistake(
        softmax,
        "probs.copy()\n    " + LABEL,
        "-probs.copy()\n    dscores[np.arange(N), y] += 1\n",
        "dscores",
        "sign|factor",
    ),
    mistake(softmax, "probs.copy()", "scores.copy()", "dscores", "wrong value", "scores"),
    mistake(softmax, "dscores /= N", "dscores /= probs.size", "dscores", "factor", "3|C"),
    mistake(
        softmax,
        "dW = np.dot(X.T, dscores)",
        "dW = np.dot(dscores.T, X).reshape(W.shape)",
        "dW",
        "shape|transpose|unexplainable",
    ),
    mistake(
        softmax,
        "dW = np.dot(X.T, dscores)",
        "dW = np.dot(X.T, probs)",
        "dW",
        "wrong value|missing term",
        "probs",
        "dscores",
    ),
    mistake(
        softmax,
        "dW = np.dot(X.T, dscores)",
        "dW = np.dot(X.T, dscores) / N",
        "dW",
        "factor|missing factor|unexplainable",
        "N|20|m",
    ),
    mistake(
        no_penalty,
        "dW = np.dot(X.T, dscores)",
        "dW = np.dot(X.T, dscores) / N",
        "dW",
        "factor",
        "N|20|m",
    ),
    mistake(
        two_classes, "dW = np.dot(X.T, dscores)", "dW = np.dot(dscores.T, X)", "dW", "transpose"
    ),
    mistake(softmax, "    dW += reg * W\n", "", "dW", "regularisation", "missing|reg"),
    mistake(
        softmax,
        "dW += reg * W",
        "dW = reg * W",
        "dW",
        "overwritten|missing path",
        "scores|data|loss|X",
    ),
    mistake(softmax, "dW += reg * W", "dW += 2 * reg * W", "dW", "regularisation", "twice|2"),
    mistake(
        softmax, "dW += reg * W", "dW += 0.5 * reg * W", "dW", "regularisation", "2|half|0.5|½"
    ),
    mistake(softmax, "dW += reg * W", "dW += reg * W / N", "dW", "regularisation", "N|20|m"),
    mistake(
        softmax, "dW += reg * W", "dW += reg * np.sum(W * W)", "dW", "regularisation|unexplainable"
    ),
    mistake(
        softmax,
        "dW += reg * W",
        "dW += reg * W\n    db += reg * b",
        "db",
        "regularisation",
        "bias|b",
    ),
    mistake(
        softmax, "np.sum(dscores, axis=0)", "np.sum(dscores, axis=1)", "db", "wrong axis", "axis"
    ),
    mistake(
        softmax,
        "np.sum(dscores, axis=0)",
        "np.sum(dscores, axis=0, keepdims=True)",
        "db",
        "shape",
        "keepdims|(3,)",
    ),
    mistake(
        softmax,
        "np.sum(dscores, axis=0)",
        "np.mean(dscores, axis=0)",
        "db",
        "mean for sum|factor",
        "mean|20|N",
    ),
    mistake(softmax, "np.sum(dscores, axis=0)", "dscores", "db", "missing sum", "axis 0|Σ₀|sum"),
    mistake(
        softmax,
        "np.sum(dscores, axis=0)",
        "dscores[-1]",
        "db",
        "missing sum|unexplainable|overwritten",
    ),
    mistake(softmax, "np.sum(dscores, axis=0)", "np.sum(dscores)", "db", "wrong axis|shape"),
    together(
        NO_MEAN, mistake(softmax, "    dW += reg * W\n", "", "dW", "regularisation", "missing|reg")
    ),
    NO_MEAN_NET,
    NO_MASK,
    mistake(
        net,
        "dhidden[hidden <= 0] = 0",
        "dhidden[dhidden <= 0] = 0",
        "W1 b1",
        "wrong mask",
        "dhidden|mask",
    ),
    mistake(
        net,
        "dhidden[hidden <= 0] = 0",
        "dhidden[hidden > 0] = 0",
        "W1 b1",
        "wrong mask",
        "mask|relu|ReLU|hidden",
    ),
    mistake(
        net,
        "dhidden[hidden <= 0] = 0",
        "dhidden *= hidden",
        "W1 b1",
        "wrong derivative|wrong value|wrong mask",
        "hidden",
    ),
    mistake(net, '    grads["W2"] += 2 * reg * W2\n', "", "W2", "regularisation", "missing|reg"),
    mistake(net, '    grads["W1"] += 2 * reg * W1\n', "", "W1", "regularisation", "missing|reg"),
    mistake(net, "2 * reg * W1", "reg * W1", "W1", "regularisation", "2|half|½"),
    mistake(net, '["W1"] += 2', '["W1"] = 2', "W1", "overwritten|missing path"),
    mistake(
        net,
        '["b2"] = np.sum(dscores, axis=0)',
        '["b2"] = np.sum(dscores, axis=1)',
        "b2",
        "wrong axis",
        "axis",
    ),
    mistake(
        net,
        '["b1"] = np.sum(dhidden, axis=0)',
        '["b1"] = np.sum(dhidden, axis=0, keepdims=True)',
        "b1",
        "shape",
        "keepdims|(6,)",
    ),
    mistake(
        net,
        '["b1"] = np.sum(dhidden, axis=0)',
        '["b1"] = np.sum(dhidden)',
        "b1",
        "wrong axis|shape",
    ),
    mistake(
        net,
        '["b1"] = np.sum(dhidden, axis=0)',
        '["b1"] = np.zeros(6, X.dtype)',
        "b1",
        "unexplainable|missing path|factor",
        "0|zero",
    ),
    mistake(
        net,
        '["W2"] = np.dot(hidden.T, dscores)',
        '["W2"] = np.dot((hidden > 0).T, dscores)',
        "W2",
        "wrong value|unexplainable",
        "hidden",
    ),
    together(NO_MEAN_NET, NO_MASK),
    together(
        mistake(
            net,
            '["b2"] = np.sum(dscores, axis=0)',
            '["b2"] = np.mean(dscores, axis=0)',
            "b2",
            "mean for sum|factor",
            "mean|16|N",
        ),
        NO_MASK,
    ),
    mistake(square_net, "np.dot(dscores, W2.T)", "np.dot(dscores, W2)", "W1 b1", "transpose", "W2"),
    mistake(
        square_net,
        "np.dot(dscores, W2.T)",
        "np.dot(dscores, W1.T)",
        "W1 b1",
        "wrong layer",
        "W1",
        "W2",
    ),
    mistake(
        square_net,
        "np.dot(X.T, dhidden)",
        "np.dot(hidden.T, dhidden)",
        "W1",
        "wrong layer|wrong value",
        "hidden",
        "X",
    ),
    mistake(
        square_net,
        "np.dot(X.T, dhidden)",
        "np.dot(X.T, dscores)",
        "W1",
        "wrong layer|wrong value",
        "dscores",
        "dhidden",
    ),
    mistake(
        svm,
        "    dscores[np.arange(N), y] = -np.sum(dscores, axis=1)\n",
        "",
        "dW",
        "missing path|missing term|unexplainable",
        "correct|y",
    ),
    mistake(svm, "= -np.sum(dscores, axis=1)", "= -1", "dW", "unexplainable|missing sum|entries"),
    mistake(
        svm,
        "(margins > 0).astype(X.dtype)",
        "margins.copy()",
        "dW",
        "wrong value|wrong derivative|wrong mask|missing mask|unexplainable",
    ),
    mistake(
        svm,
        "X.T @ dscores / N",
        "X.T @ dscores",
        "dW",
        "factor|missing factor|sum for mean",
        "N|20|m",
    ),
    mistake(svm, "dW += 2 * reg * W", "dW += reg * W", "dW", "regularisation", "2|half|½"),
    mistake(svm, "    dW += 2 * reg * W\n", "", "dW", "regularisation", "missing|reg"),
]

RIGHT = [
    right(
        softmax,
        "dscores = probs.copy()\n    " + LABEL,
        "dscores = probs - np.eye(W.shape[1], dtype=X.dtype)[y]\n",
    ),
    right(
        softmax,
        "dscores = probs.copy()\n    " + LABEL,
        "dprobs = -np.eye(W.shape[1], dtype=X.dtype)[y] / probs\n"
        "    dscores = probs * (dprobs - np.sum(probs * dprobs, axis=1, keepdims=True))\n",
    ),
    right(
        softmax,
        "dW = np.dot(X.T, dscores)\n",
        "dW = np.zeros_like(W)\n    for i in range(N):\n        dW += np.outer(X[i], dscores[i])\n",
    ),
    right(softmax, "np.sum(dscores, axis=0)", "np.ones(N, dtype=X.dtype) @ dscores"),
    right(no_penalty, "    dW += reg * W\n", ""),
    right(net, "dhidden[hidden <= 0] = 0", "dhidden *= np.ceil(np.tanh(hidden))"),
    right(svm, "(margins > 0).astype(X.dtype)", "np.sign(margins)"),
]
