"""Any number of layers, by a loop over caches: building a deep network step by step."""

import numpy as np

import tensorgraph as tg
from tests.teacher.hand_written.bank import Network, mistake, right, together
from tests.teacher.hand_written.logistic import sigmoid


def cats(rng, sizes=(5, 4, 3, 1), m=20):
    X = rng.normal(size=(sizes[0], m))
    Y = rng.integers(0, 2, (sizes[-1], m)) * 1.0
    parameters = {}
    for k in range(1, len(sizes)):
        W = rng.normal(size=(sizes[k], sizes[k - 1])) * np.sqrt(2 / sizes[k - 1])
        parameters |= {f"W{k}": W, f"b{k}": 0.2 + 0.1 * rng.normal(size=(sizes[k], 1))}
    return {"X": X, "Y": Y}, parameters


def L_model_forward(X, Y, parameters):
    L = len(parameters) // 2
    A = X
    caches, named = [], {}
    for k in range(1, L + 1):
        A_prev, W, b = A, parameters[f"W{k}"], parameters[f"b{k}"]
        Z = np.dot(W, A_prev) + b
        A = tg.relu(Z) if k < L else sigmoid(Z)
        caches.append(((A_prev, W, b), Z))
        named |= {f"Z{k}": Z, f"A{k}": A}
    m = Y.shape[1]
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    return {"AL": A, "caches": caches, "cost": cost, **named}


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def sigmoid_backward(dA, Z):
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)
    return dZ


def linear_backward(dZ, cache):
    A_prev, W, _ = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    linear_cache, Z = caches[L - 1]
    dA, dW, db = linear_backward(sigmoid_backward(dAL, Z), linear_cache)
    grads[f"dA{L - 1}"], grads[f"dW{L}"], grads[f"db{L}"] = dA, dW, db
    for k in reversed(range(L - 1)):
        linear_cache, Z = caches[k]
        dA, dW, db = linear_backward(relu_backward(dA, Z), linear_cache)
        if k > 0:
            grads[f"dA{k}"] = dA
        grads[f"dW{k + 1}"], grads[f"db{k + 1}"] = dW, db
    return grads


STEPS = (relu_backward, sigmoid_backward, linear_backward, L_model_backward)
deep = Network("deep", cats, L_model_forward, STEPS, times_m="dA3 dA2 dA1")
even = deep.on("deep, all layers alike", sizes=(3, 3, 3, 3, 3), m=20)

TOP = "dA2 dW3 db3"  # all that the last layer gives
NEXT = "dA1 dW2 db2"
NO_MASK = mistake(
    deep,
    "    dZ[Z <= 0] = 0\n",
    "",
    NEXT,
    "missing mask",
    "relu|ReLU|Z2|> 0",
    also=("dW1 db1",),
)
NO_MEAN = mistake(
    deep,
    "np.dot(dZ, A_prev.T) / m",
    "np.dot(dZ, A_prev.T)",
    "dW3",
    "factor|sum for mean",
    "m|20",
    also=("dW2", "dW1"),
)
NO_SLOPE = mistake(
    deep, "dZ = dA * s * (1 - s)", "dZ = dA", TOP, "missing derivative", "sigmoid|σ|A3"
)

MISTAKES = [
    NO_MASK,
    NO_MEAN,
    NO_SLOPE,
    mistake(
        deep,
        "keepdims=True) / m",
        "keepdims=True)",
        "db3",
        "factor|sum for mean",
        "m|20",
        also=("db2", "db1"),
    ),
    mistake(
        deep, ", keepdims=True) / m", ") / m", "db3", "shape", "keepdims|(1,)", also=("db2", "db1")
    ),
    mistake(
        deep,
        "np.sum(dZ, axis=1, keepdims=True) / m",
        "np.sum(dZ) / m",
        "db3",
        "shape|wrong axis",
        also=("db2", "db1"),
    ),
    mistake(
        deep,
        "db = np.sum(dZ, axis=1",
        "db = np.sum(dZ, axis=0",
        "db3",
        "wrong axis|missing sum",
        "axis",
        also=("db2", "db1"),
    ),
    mistake(
        deep,
        "dZ[Z <= 0] = 0",
        "dZ[dA <= 0] = 0",
        NEXT,
        "wrong mask|wrong value",
        "dA|dZ|mask",
        "Z",
        also=("dW1 db1",),
    ),
    mistake(
        deep,
        "dZ[Z <= 0] = 0",
        "dZ[Z > 0] = 0",
        NEXT,
        "wrong mask",
        "mask|relu|ReLU|≤|> 0",
        also=("dW1 db1",),
    ),
    mistake(
        deep,
        "dZ[Z <= 0] = 0",
        "dZ[Z <= 0] = 0\n    dZ = dZ * Z",
        NEXT,
        "wrong derivative|unexplainable|wrong value",
        "Z2|Z|relu|ReLU",
        also=("dW1 db1",),
    ),
    mistake(
        deep,
        "dZ[Z <= 0] = 0",
        "dZ = np.maximum(0, Z)",
        NEXT,
        "wrong value|unexplainable",
        also=("dW1 db1",),
    ),
    mistake(
        deep,
        "relu_backward(dA, Z), ",
        "sigmoid_backward(dA, Z), ",
        NEXT,
        "wrong derivative",
        "sigmoid|σ|relu|ReLU",
        also=("dW1 db1",),
    ),
    mistake(
        deep,
        "relu_backward(dA, Z), ",
        "dA * (1 - np.tanh(Z) ** 2), ",
        NEXT,
        "wrong derivative",
        "tanh|relu|ReLU",
        also=("dW1 db1",),
    ),
    mistake(
        deep,
        "s = 1 / (1 + np.exp(-Z))",
        "s = 1 / (1 + np.exp(Z))\n    s = s + 0.1",
        TOP,
        "unexplainable",
    ),
    mistake(deep, "s = 1 / (1 + np.exp(-Z))", "s = Z", TOP, "wrong value", "Z3|Z"),
    mistake(
        deep,
        "sigmoid_backward(dAL, Z), ",
        "relu_backward(dAL, Z), ",
        TOP,
        "wrong derivative",
        "sigmoid|σ|relu|ReLU",
    ),
    mistake(deep, "dAL = -(np.divide(Y, AL)", "dAL = (np.divide(Y, AL)", TOP, "sign|factor"),
    mistake(
        deep,
        "dAL = -(np.divide(Y, AL) - ",
        "dAL = -(np.divide(Y, AL) + ",
        TOP,
        "sign|missing path|unexplainable|entries",
    ),
    mistake(
        deep,
        "dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))",
        "dAL = -np.divide(Y, AL)",
        TOP,
        "missing path|missing term|entries|unexplainable",
    ),
    mistake(
        deep,
        "dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))",
        "dAL = AL - Y",
        TOP,
        "extra derivative",
        "sigmoid|σ",
    ),
    mistake(
        deep,
        "np.dot(dZ, A_prev.T) / m",
        "np.dot(A_prev, dZ.T) / m",
        "dW3",
        "transpose",
        also=("dW2", "dW1"),
    ),
    mistake(deep, "if k > 0:", "dA = -dA\n        if k > 0:", "dA1", "sign|factor"),
    mistake(
        even,
        "linear_backward(relu_backward(dA, Z)",
        "linear_backward(relu_backward(grads[f'dA{L - 1}'], Z)",
        "dA1 dW2 db2",
        "wrong layer",
        "dA3|A3",
        also=("dW1 db1",),
    ),
    mistake(
        even,
        "linear_cache, Z = caches[k]",
        "linear_cache, Z = caches[k + 1]",
        "dA2 dW3 db3",
        "wrong layer",
        also=("dA1 dW2 db2", "dW1 db1"),
    ),
    mistake(
        even,
        "linear_cache, Z = caches[k]",
        "linear_cache, Z = caches[k][0], caches[k + 1][1]",
        "dA2 dW3 db3",
        "wrong layer|wrong mask",
        "Z4",
        also=("dA1 dW2 db2", "dW1 db1"),
    ),
    mistake(
        even,
        "linear_cache, Z = caches[k]",
        "linear_cache, Z = caches[k + 1][0], caches[k][1]",
        "dA2 dW3",
        "wrong layer",
        also=("dA1 dW2", "dW1"),
    ),
    mistake(
        even,
        "    dZ[Z <= 0] = 0\n",
        "",
        "dA2 dW3 db3",
        "missing mask",
        "relu|ReLU",
        also=("dA1 dW2 db2", "dW1 db1"),
    ),
    mistake(
        even,
        "np.dot(dZ, A_prev.T) / m",
        "np.dot(A_prev, dZ.T) / m",
        "dW4",
        "transpose",
        also=("dW3", "dW2", "dW1"),
    ),
    mistake(
        even,
        "np.dot(dZ, A_prev.T) / m",
        "np.dot(np.dot(W, A_prev), dZ.T) / m",
        "dW4",
        "unexplainable|wrong layer|wrong value",
        also=("dW3", "dW2", "dW1"),
    ),
    together(NO_SLOPE, NO_MASK),
    together(
        mistake(deep, "dAL = -(np.divide(Y, AL)", "dAL = (np.divide(Y, AL)", TOP, "sign|factor"),
        NO_MASK,
    ),
]

RIGHT = [
    right(deep, "dZ[Z <= 0] = 0", "dZ[Z < 0] = 0"),
    right(deep, "dZ[Z <= 0] = 0", "dZ = dA * np.heaviside(Z, 0)"),
    right(deep, "dZ[Z <= 0] = 0", "dZ = np.where(np.maximum(Z, 0) > 0, dA, 0)"),
    right(deep, "dZ = dA * s * (1 - s)", "dZ = dA * np.exp(-Z) / (1 + np.exp(-Z)) ** 2"),
    right(deep, "np.dot(dZ, A_prev.T) / m", "np.einsum('ik,jk->ij', dZ, A_prev) / dZ[0].size"),
    right(
        deep,
        "dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))",
        "dAL = (AL - Y) / (AL * (1 - AL))",
    ),
]
