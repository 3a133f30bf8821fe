"""Small networks in each of which something was planted that leaves a gradient at 0, or worse.

Each is a function that returns what is asked about, the loss, and a cure: a function that changes
nothing but what is to be blamed, and computes the loss again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tensorgraph as tg
from tensorgraph import nn


class Planted(NamedTuple):
    """A network, and what the explanation is to say of it."""

    build: Callable[[], tuple[Any, Any, Callable[[], Any]]]
    verdict: str
    kind: str
    op: str = ""
    module: str = ""
    text: str = ""

    @property
    def name(self) -> str:
        return self.build.__name__


def rng():
    return np.random.default_rng(0)


def data(m=20, n=3):
    return tg.tensor(rng().normal(size=(m, n)), dtype="float32")


def parameter(*shape, scale=0.7, seed=1, name=None):
    values = scale * np.random.default_rng(seed).normal(size=shape)
    return tg.tensor(values.astype(np.float32), requires_grad=True, name=name)


def zero(*shape, name=None):
    return tg.tensor(np.zeros(shape, "float32"), requires_grad=True, name=name)


def fresh(tensor):
    """Give a parameter random numbers."""
    tensor.assign(parameter(*tensor.shape, seed=5).data)


y = (np.arange(20) % 2).astype(np.int64)
target = tg.tensor(np.sin(np.arange(20.0))[:, None], dtype="float32")


def cleared(tensor):
    tensor.assign(np.zeros(tensor.shape, "float32"))


def square(prediction):
    return ((prediction - target) ** 2).mean()


# ------------------------------------------------------------------------------------- killed


def zero_initialisation():
    W1, W2 = zero(3, 4, name="W1"), zero(4, 1, name="W2")

    def loss():
        return square(tg.tanh(data() @ W1) @ W2)

    return W1, loss(), lambda: (fresh(W2), loss())[1]


def zero_activations():
    W1, W2 = zero(3, 4, name="W1"), parameter(4, 1)

    def loss():
        return square(tg.tanh(data() @ W1) @ W2)

    return W2, loss(), lambda: (fresh(W1), loss())[1]


def dead_layer():
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    model.layers[0].bias.assign(np.full(8, -30.0))

    def loss():
        return nn.losses.cross_entropy(model(data()), y)

    return (
        model.layers[0].weight,
        loss(),
        lambda: (cleared(model.layers[0].bias), loss())[1],
    )


def dead_units():
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
    bias = np.zeros(16, "float32")
    bias[[3, 7, 9]] = -30
    model.layers[0].bias.assign(bias)

    def loss():
        return nn.losses.cross_entropy(model(data()), y)

    return (
        model.layers[0].weight,
        loss(),
        lambda: (cleared(model.layers[0].bias), loss())[1],
    )


def dead_units_in_columns():
    """As in the course: samples in columns, ReLU as a maximum with 0."""
    W1, W2 = parameter(8, 3), parameter(1, 8)
    bias = np.zeros((8, 1), "float32")
    bias[[1, 4]] = -30
    b1 = tg.tensor(bias, requires_grad=True)

    def loss():
        return square((W2 @ tg.relu(W1 @ data().T + b1)).T)

    return W1, loss(), lambda: (cleared(b1), loss())[1]


def dead_units_of_a_maximum():
    W1, W2, b1 = parameter(8, 3), parameter(1, 8), zero(8, 1)
    b1.assign(np.where(np.arange(8)[:, None] == 5, -30.0, 0.0).astype("float32"))

    def loss():
        return square((W2 @ tg.maximum(0, W1 @ data().T + b1)).T)

    return W1, loss(), lambda: (cleared(b1), loss())[1]


def dead_convolution():
    tg.random.seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16, 2))
    model.layers[0].bias.assign(np.array([0, -30, 0, 0.0]))
    x = tg.tensor(rng().normal(size=(20, 1, 6, 6)), dtype="float32")

    def loss():
        return nn.losses.cross_entropy(model(x), y)

    return (
        model.layers[0].weight,
        loss(),
        lambda: (cleared(model.layers[0].bias), loss())[1],
    )


def saturated_sigmoid():
    W1, W2 = parameter(3, 4), parameter(4, 1)
    scale = [1e7]

    def loss():
        return square(tg.sigmoid(data() * scale[0] @ W1) @ W2)

    return W1, loss(), lambda: (scale.__setitem__(0, 1.0), loss())[1]


def saturated_tanh():
    W1, W2 = parameter(3, 4, scale=1e7), parameter(4, 1)

    def loss():
        return square(tg.tanh(data() @ W1) @ W2)

    return W1, loss(), lambda: (fresh(W1), loss())[1]


def saturated_softmax():
    W, V = parameter(3, 4, scale=1e7), parameter(4, 1)

    def loss():
        return square(tg.softmax(data() @ W, axis=-1) @ V)

    return W, loss(), lambda: (fresh(W), loss())[1]


def clipped():
    W, limit = parameter(3, 1), [1e-6]

    def loss():
        return square(tg.clip(data() @ W + 5, min=-limit[0], max=limit[0]))

    return W, loss(), lambda: (limit.__setitem__(0, 100.0), loss())[1]


def loses_the_minimum():
    w, ceiling = parameter(1), [-9.0]

    def loss():
        return square(tg.minimum(w * data()[:, :1], ceiling[0]))

    return w, loss(), lambda: (ceiling.__setitem__(0, 9.0), loss())[1]


def branch_not_taken():
    w, other = parameter(1), [False]

    def loss():
        return square(tg.where(np.full((20, 1), other[0]), w * data()[:, :1], 1.0))

    return w, loss(), lambda: (other.__setitem__(0, True), loss())[1]


def masked_out():
    W, mask = parameter(3, 1), [np.zeros((20, 1), "float32")]

    def loss():
        return square((data() @ W) * mask[0])

    return W, loss(), lambda: (mask.__setitem__(0, np.ones((20, 1), "float32")), loss())[1]


def rounded():
    W, step = parameter(3, 1), [tg.round]

    def loss():
        return square(step[0](data() @ W))

    return W, loss(), lambda: (step.__setitem__(0, tg.positive), loss())[1]


def rows_not_looked_up():
    E, V, rows = parameter(6, 4), parameter(4, 1), [np.arange(20) % 3]

    def loss():
        return square(E[rows[0]] @ V)

    return E, loss(), lambda: (rows.__setitem__(0, np.arange(20) % 6), loss())[1]


def losers_of_a_maximum():
    W = parameter(4, 20)
    W.assign(np.where(np.arange(4)[:, None] == 2, 5.0, W.data).astype("float32"))

    def loss():
        return square(W.max(axis=0).reshape(-1, 1))

    return W, loss(), lambda: (W.assign(W.data.T.reshape(4, 20).copy()), loss())[1]


def feature_that_is_always_zero():
    W, x = parameter(3, 4), [data().numpy().copy()]
    x[0][:, 1] = 0

    def loss():
        return square(tg.tanh(tg.tensor(x[0]) @ W) @ parameter(4, 1))

    return W, loss(), lambda: (x.__setitem__(0, data().numpy()), loss())[1]


# ----------------------------------------------------------------------------------- cancelled


def bias_before_batch_norm():
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm(6), nn.Tanh(), nn.Linear(6, 2))
    return (
        model.layers[0].bias,
        nn.losses.cross_entropy(model(data()), y),
        lambda: nn.losses.cross_entropy(
            model.layers[3](model.layers[2](model.layers[0](data()))), y
        ),
    )


def shift_before_softmax():
    W, c = parameter(3, 2), parameter(20, 1)
    return c, nn.losses.cross_entropy(data() @ W + c, y), lambda: square(data() @ W[:, :1] + c)


def at_a_minimum():
    w = tg.tensor(np.zeros(2, "float32"), requires_grad=True)
    x = tg.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    return w, ((x @ w) ** 2 + x @ w).mean(), lambda: (
        w.assign(np.ones(2)), ((x @ w) ** 2 + x @ w).mean()
    )[1]  # fmt: skip


# ---------------------------------------------------------------------------------- sizes, NaN


def units_all_alike():
    same = nn.init.constant(0.3)
    model = nn.Sequential(nn.Linear(3, 5, init=same), nn.Tanh(), nn.Linear(5, 1, init=same))
    return model.layers[0].weight, square(model(data())), lambda: (
        fresh(model.layers[0].weight), square(model(data()))
    )[1]  # fmt: skip


def deep_sigmoids():
    tg.random.seed(0)
    layers = [part for _ in range(10) for part in (nn.Linear(6, 6), nn.Sigmoid())]
    model = nn.Sequential(nn.Linear(3, 6), *layers, nn.Linear(6, 1))
    shallow = nn.Sequential(model.layers[0], *layers[:2], model.layers[-1])
    return model.layers[0].weight, square(model(data())), lambda: square(shallow(data()))


def exploding_weights():
    W, layers = parameter(3, 4), [parameter(4, 4, scale=30, seed=k) for k in range(4)]
    V = parameter(4, 1)

    def loss():
        h = data() @ W
        for layer in layers:
            h = h @ layer
        return square(h @ V)

    return W, loss(), lambda: ([fresh(layer) for layer in layers], loss())[1]


def loss_scaled_down():
    W, V, scale = parameter(3, 1), parameter(1), [1e-12]

    def loss():
        return square(data() @ W) * scale[0] + (V**2).sum()

    return W, loss(), lambda: (scale.__setitem__(0, 1.0), loss())[1]


def logarithm_of_zero():
    W, scale = parameter(3, 1), [1e4]

    def loss():
        return -(tg.log(tg.sigmoid(scale[0] * (data() @ W))) * tg.abs(target)).mean()

    return W, loss(), lambda: (scale.__setitem__(0, 1.0), loss())[1]


def root_at_zero():
    W, x = parameter(3, 1), [tg.zeros((20, 3))]

    def loss():
        return tg.sqrt((x[0] @ W) ** 2).sum()

    return W, loss(), lambda: (x.__setitem__(0, data()), loss())[1]


def nan_in_a_branch_not_taken():
    W, safe = parameter(3, 1), [False]

    def loss():
        z = data() @ W
        inner = tg.where(z > 0, z, 1) if safe[0] else z
        return tg.where(z > 0, tg.sqrt(inner), 0 * z).mean()

    return W, loss(), lambda: (safe.__setitem__(0, True), loss())[1]


def nan_in_the_data():
    W, x = parameter(3, 1), [data().numpy().copy()]
    x[0][4, 1] = np.nan

    def loss():
        return square(tg.tensor(x[0]) @ W)

    return W, loss(), lambda: (x.__setitem__(0, data().numpy()), loss())[1]


# ----------------------------------------------------------------------------------------- lost


def rebuilt_from_an_array():
    W, V = parameter(3, 4), parameter(4, 1)
    h = tg.tanh(data() @ W)
    return W, square(tg.tensor(h.numpy()) @ V), lambda: square(h @ V)


def parameter_detached():
    W = parameter(3, 1)
    return W, square(data() @ W.detach()), lambda: square(data() @ W)


def parameter_as_an_array():
    W, V = parameter(3, 4), parameter(3, 4, seed=2)

    def loss(W):
        return square((data() @ (V + W)).sum(axis=1, keepdims=True))

    return W, loss(W.numpy()), lambda: loss(W)


def frozen():
    W, V = parameter(3, 4), parameter(4, 1)
    W.requires_grad = False

    def loss():
        return square(data() @ W @ V)

    return W, loss(), lambda: (setattr(W, "requires_grad", True), loss())[1]


def copy_is_trained():
    W, V = parameter(3, 4), parameter(4, 1)
    twin = copy.deepcopy(W)
    return W, square(data() @ twin @ V), lambda: square(data() @ W @ V)


def not_used():
    W, V = parameter(3, 4), parameter(3, 1)
    return W, square(data() @ V), lambda: square(data() @ V + (data() @ W).sum())


def predictions_that_are_right():
    W, right = parameter(3, 1), [True]

    def loss():
        goal = (data() @ W).detach() if right[0] else target
        return ((data() @ W - goal) ** 2).mean()

    return W, loss(), lambda: (right.__setitem__(0, False), loss())[1]


def gate_at_zero():
    gate, V = zero(name="gate"), parameter(3, 1)

    def loss():
        return square(1 + gate * tg.tanh(data() @ V))

    return V, loss(), lambda: (gate.assign(np.float32(0.5)), loss())[1]


BANK = [
    Planted(zero_initialisation, "zero", "zero weights", "matmul", text="it stays so"),
    Planted(zero_activations, "zero", "zero values", "matmul", text="that is 0, as W1 is 0"),
    Planted(dead_layer, "zero", "dead units", "relu", "layers[1] ReLU", "all 8 units are dead"),
    Planted(dead_units, "partly zero", "dead units", "relu", "layers[1] ReLU", "units 3, 7, 9"),
    Planted(dead_units_in_columns, "partly zero", "dead units", "relu", text="units 1, 4"),
    Planted(dead_units_of_a_maximum, "partly zero", "dead units", "maximum", text="(unit 5)"),
    Planted(dead_convolution, "partly zero", "dead units", "relu", "ReLU", "1 of 4 units"),
    Planted(saturated_sigmoid, "zero", "saturated", "sigmoid"),
    Planted(saturated_tanh, "zero", "saturated", "tanh"),
    Planted(saturated_softmax, "zero", "saturated", "softmax"),
    Planted(clipped, "zero", "clipped", "clip", text="outside of -1e-06 to 1e-06"),
    Planted(loses_the_minimum, "zero", "not chosen", "minimum"),
    Planted(branch_not_taken, "zero", "branch not taken", "where"),
    Planted(masked_out, "zero", "masked", "multiply"),
    Planted(rounded, "zero", "no derivative", "round"),
    Planted(rows_not_looked_up, "partly zero", "never looked up", "getitem", text="3 of 6 rows"),
    Planted(losers_of_a_maximum, "partly zero", "not chosen", "max"),
    Planted(feature_that_is_always_zero, "partly zero", "zero inputs", "matmul"),
    Planted(bias_before_batch_norm, "zero", "no influence", "center", "layers[1] BatchNorm"),
    Planted(shift_before_softmax, "zero", "no influence", "class_cross_entropy"),
    Planted(predictions_that_are_right, "zero", "nothing left to learn", "square"),
    Planted(gate_at_zero, "zero", "zero weights", "multiply", text="a step or two may end this"),
    Planted(units_all_alike, "alike", "symmetric"),
    Planted(deep_sigmoids, "tiny", "vanishing", "sigmoid", "Sigmoid", "All 10 such layers"),
    Planted(exploding_weights, "huge", "exploding", "matmul"),
    Planted(loss_scaled_down, "tiny", "vanishing", "multiply", text="factor 1e-12"),
    Planted(logarithm_of_zero, "not finite", "not finite", "log", text="made -inf"),
    Planted(root_at_zero, "not finite", "not finite", "sqrt"),
    Planted(nan_in_a_branch_not_taken, "not finite", "not finite", "sqrt", text="drops these"),
    Planted(nan_in_the_data, "not finite", "not finite", "matmul", text="NaN already in 1 of 60"),
    Planted(rebuilt_from_an_array, "none", "equal values", "matmul"),
    Planted(parameter_detached, "none", "no graph"),
    Planted(parameter_as_an_array, "none", "equal values", "add"),
    Planted(frozen, "none", "frozen"),
    Planted(copy_is_trained, "none", "copy", "matmul"),
    Planted(not_used, "none", "not used"),
]
