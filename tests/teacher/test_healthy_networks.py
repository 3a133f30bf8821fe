"""``tg.explain`` calls no healthy gradient sick, whatever computes it."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim

rng = np.random.default_rng(1)


def normal(*shape, scale=1.0):
    return tg.tensor((scale * rng.normal(size=shape)).astype(np.float32))


def parameter(*shape):
    return tg.tensor((0.5 * rng.normal(size=shape)).astype(np.float32), requires_grad=True)


labels = rng.integers(0, 3, 64)
x = normal(64, 10)
cross_entropy = nn.losses.cross_entropy


def in_columns():
    """As in the course."""
    W1, b1, W2, b2 = parameter(8, 10), parameter(8, 1), parameter(1, 8), parameter(1, 1)
    Y = (np.arange(64) % 2)[None].astype(np.float32)
    A2 = tg.sigmoid(W2 @ tg.maximum(0, W1 @ x.T + b1) + b2)
    return [W1, b1, W2, b2], -(tg.log(A2) * Y + tg.log(1 - A2) * (1 - Y)).mean()


class Reader(nn.Module):
    def __init__(self):
        self.rnn, self.out = nn.LSTM(5, 8), nn.Linear(8, 3)

    def forward(self, sequences):
        return self.out(self.rnn(sequences)[0][:, -1])


def recurrent():
    model = Reader()
    return model, cross_entropy(model(normal(16, 7, 5)), labels[:16])


def convolutional():
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(6 * 9, 3)
    )
    return model, cross_entropy(model(normal(16, 1, 8, 8)), labels[:16])


def with_norm_and_dropout():
    model = nn.Sequential(
        nn.Linear(10, 32, bias=False), nn.BatchNorm(32), nn.ReLU(), nn.Dropout(p=0.3),
        nn.Linear(32, 3),
    )  # fmt: skip
    return model, cross_entropy(model(x), labels)


def with_layer_norm():
    model = nn.Sequential(nn.Linear(10, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 3))
    return model, cross_entropy(model(x), labels)


def checkpointed():
    W = parameter(10, 4)
    return W, (tg.checkpoint(lambda x: tg.tanh(x @ W))(x) ** 2).mean()


def of_second_order():
    w = parameter(4)
    slope = tg.gradients((w**3).sum(), w, create_graph=True)
    return w, (slope**2).sum()


def in_double():
    W = tg.tensor(rng.normal(size=(3, 2)), requires_grad=True)
    return W, ((tg.tensor(rng.normal(size=(4, 3))) @ W) ** 2).mean()


def on_the_way():
    h = tg.tanh(x @ parameter(10, 4))
    return h, (h**2).mean()


def single_number():
    w = tg.tensor(2.0, requires_grad=True)
    return w, w * w + 1


def loss_itself():
    w = tg.tensor(2.0, requires_grad=True)
    return w, w


def without_elements():
    w = tg.tensor(np.zeros((0, 3), np.float32), requires_grad=True)
    return w, w.sum()


def own_op():
    cube = tg.op("cube", lambda x: x**3, {"x": lambda g, x: 3 * g * x**2})
    w = parameter(5)
    return w, cube(w).sum()


def summed_loss():
    W = parameter(10, 3)
    return W, ((x @ W) ** 2).sum()


def beside_a_parameter_with_a_large_gradient():
    """Its size says nothing of the weights, on whose way nothing is lost."""
    scale, W = tg.tensor(1.0, requires_grad=True), parameter(10, 3)
    return W, ((x @ W) ** 2).mean() + (1e6 * scale - 1e6 + 1e3) ** 2


def embedding_of_many_words():
    words, V = parameter(20_000, 4), parameter(4, 1)
    found = words[np.arange(5)]
    return V, ((found @ V) ** 2).mean()


NETWORKS = [
    beside_a_parameter_with_a_large_gradient, embedding_of_many_words,
    in_columns, recurrent, convolutional, with_norm_and_dropout, with_layer_norm, checkpointed,
    of_second_order, in_double, on_the_way, single_number, loss_itself, without_elements, own_op,
    summed_loss,
]  # fmt: skip


@pytest.mark.parametrize("build", NETWORKS, ids=lambda build: build.__name__)
def test_a_healthy_gradient_is_healthy_before_and_after_backward(build):
    tg.random.seed(3)
    target, loss = build()
    assert tg.explain(target, loss).healthy, str(tg.explain(target, loss))
    loss.backward()
    assert tg.explain(target, loss).healthy, str(tg.explain(target, loss))


@pytest.mark.parametrize("seed", range(3))
def test_a_trained_network_has_no_alarming_gradient(seed):
    tg.random.seed(seed)
    model = nn.Sequential(
        nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 3)
    )
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for step in range(36):
        optimizer.zero_grad()
        loss = cross_entropy(model(x), labels)
        loss.backward()
        if step % 9 == 0:
            why = tg.explain(model, loss, optimizer=optimizer)
            assert not any(one.alarming for one in why), str(why)
        optimizer.step()


def test_a_key_bias_has_no_influence_which_is_no_reason_to_warn():
    """Each query's scores are shifted alike, which softmax takes away again."""
    attention = nn.MultiHeadAttention(8, 2)
    z = normal(4, 6, 8)
    why = tg.explain(attention, (attention(z, z, z) ** 2).mean())
    sick = [one.name for one in why if not one.healthy]
    assert sick == ["k_proj.bias"]
    assert why["k_proj.bias"].causes[0].op == "softmax"
    assert not why["k_proj.bias"].alarming
