"""Training steps and operations with tensorgraph."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import tensorgraph as tg
from benchmarks.libraries import Missing
from benchmarks.nets import DROPPED, HEADS, Net
from benchmarks.tasks import (
    JACOBIANS,
    OPERATIONS,
    adam_values,
    chain,
    differentiated,
    examples,
    layers,
    operand,
)

nn = tg.nn


def version() -> str:
    return f"tensorgraph {tg.__version__}, NumPy {np.__version__}"


def finish(result: Any) -> None:
    """Wait for nothing: a step has returned what it computed."""


def step(net: Net, variant: str) -> Callable[[], Any]:
    model = globals()[net.kind](net)
    optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
    inputs, labels = map(tg.tensor, net.example())

    def train(inputs: tg.Tensor, labels: tg.Tensor) -> tg.Tensor:
        optimizer.zero_grad()
        loss = nn.losses.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss

    if variant == "compiled":
        train = _compiled(train)
    return lambda: train(inputs, labels)


def _compiled(function: Any) -> Any:
    if not hasattr(tg, "compile"):
        raise Missing("tensorgraph has no tg.compile yet")
    return tg.compile(function, wait=True)


def mlp(net: Net) -> nn.Module:
    layers: list[Any] = []
    for fan_in, fan_out in pairwise((*net.shape, *net.hidden)):
        before, behind = (
            ([nn.BatchNorm(fan_out)], [nn.Dropout(p=DROPPED)]) if net.norm else ([], [])
        )
        layers += [nn.Linear(fan_in, fan_out), *before, nn.ReLU(), *behind]
    return nn.Sequential(*layers, nn.Linear(net.hidden[-1], net.classes))


def conv(net: Net) -> nn.Module:
    layers: list[Any] = []
    for fan_in, fan_out in pairwise((net.shape[0], *net.hidden)):
        layers += [nn.Conv2d(fan_in, fan_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    side = net.shape[-1] >> len(net.hidden)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(fan_out * side * side, net.classes))


class lstm(nn.Module):
    def __init__(self, net: Net) -> None:
        self.lstm = nn.LSTM(net.shape[-1], *net.hidden)
        self.head = nn.Linear(net.hidden[-1], net.classes)

    def forward(self, x: Any) -> Any:
        _, (h, _) = self.lstm(x)
        return self.head(h)


class block(nn.Module):
    def __init__(self, net: Net) -> None:
        width = net.shape[-1]
        self.attention = nn.MultiHeadAttention(width, HEADS)
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, *net.hidden), nn.Linear(*net.hidden, width)
        self.head = nn.Linear(width, net.classes)

    def forward(self, x: Any) -> Any:
        x = x + self.attention(self.first(x))
        x = x + self.narrow(tg.relu(self.wide(self.second(x))))
        return self.head(x.mean(axis=1))


def operation(name: str, shape: tuple[int, ...]) -> Callable[[], None]:
    x, w, c = (tg.tensor(operand(shape), requires_grad=grad) for grad in (True, True, False))
    return chain(tg, OPERATIONS[name], x, w, c, np.ones(shape, np.float32))


def adam(count: int, size: int) -> Callable[[], None]:
    values = adam_values(count, size)
    parameters = [tg.tensor(value, requires_grad=True) for value in values]
    for parameter, value in zip(parameters, values, strict=True):
        parameter.grad = value
    return tg.optim.Adam(parameters, lr=1e-3).step


def scalar() -> tuple[tg.Tensor, tg.Tensor]:
    return tg.tensor(0.5, requires_grad=True), tg.tensor(0.5)


def per_example(sizes: tuple[int, ...]) -> Callable[[], Any]:
    """Return what computes the gradient of each example by all parameters."""

    def loss(p: Any, x: Any, label: Any) -> Any:
        hidden = tg.relu(tg.linear(x, p["W1"], p["b1"]))
        return tg.class_cross_entropy(tg.linear(hidden, p["W2"], p["b2"]), label)

    parameters = {name: tg.tensor(value) for name, value in layers(sizes).items()}
    inputs, labels = map(tg.tensor, examples(sizes))
    gradients = tg.vmap(tg.grad(loss), in_axes=(None, 0, 0))
    return lambda: gradients(parameters, inputs, labels)


def tiled(sizes: tuple[int, ...]) -> Callable[[], Any]:
    """Return the same by hand: each example is given copies of the parameters."""
    inputs, labels = map(tg.tensor, examples(sizes))
    values = layers(sizes)

    def gradients() -> Any:
        p = {
            name: tg.tensor(np.broadcast_to(v, (len(inputs), *v.shape)), requires_grad=True)
            for name, v in values.items()
        }
        hidden = tg.relu((p["W1"] @ inputs[:, :, None])[:, :, 0] + p["b1"])
        logits = (p["W2"] @ hidden[:, :, None])[:, :, 0] + p["b2"]
        tg.class_cross_entropy(logits, labels).sum().backward()
        return [leaf.grad for leaf in p.values()]

    return gradients


def jacobian(name: str) -> Callable[[], Any]:
    f, x = differentiated(tg, name, tg.tensor)
    derivative = tg.hessian(f) if name == JACOBIANS[-1] else tg.jacobian(f)
    return lambda: derivative(x)
