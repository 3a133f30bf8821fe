"""The same with PyTorch, on one thread."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import func, nn
from torch.nn import functional

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

torch.set_num_threads(1)


def version() -> str:
    return f"PyTorch {torch.__version__}"


def finish(result: Any) -> None:
    """Wait for nothing: a step has returned what it computed."""


def step(net: Net, variant: str) -> Callable[[], Any]:
    model = globals()[net.kind](net)
    fused = variant == "fused" or None
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused)
    inputs, labels = map(torch.tensor, net.example())
    loss_of = nn.CrossEntropyLoss()

    def train(inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss = loss_of(model(inputs), labels)
        loss.backward()
        optimizer.step()
        return loss

    run = torch.compile(train) if variant == "compiled" else train
    return lambda: run(inputs, labels)


def mlp(net: Net) -> nn.Module:
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise((*net.shape, *net.hidden)):
        norm, dropout = nn.BatchNorm1d(fan_out), nn.Dropout(DROPPED)
        before, behind = ([norm], [dropout]) if net.norm else ([], [])
        layers += [nn.Linear(fan_in, fan_out), *before, nn.ReLU(), *behind]
    return nn.Sequential(*layers, nn.Linear(net.hidden[-1], net.classes))


def conv(net: Net) -> nn.Module:
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise((net.shape[0], *net.hidden)):
        layers += [nn.Conv2d(fan_in, fan_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    side = net.shape[-1] >> len(net.hidden)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(fan_out * side * side, net.classes))


class lstm(nn.Module):
    def __init__(self, net: Net) -> None:
        super().__init__()
        self.lstm = nn.LSTM(net.shape[-1], *net.hidden, batch_first=True)
        self.head = nn.Linear(net.hidden[-1], net.classes)

    def forward(self, x: torch.Tensor) -> Any:
        _, (h, _) = self.lstm(x)
        return self.head(h[0])


class block(nn.Module):
    def __init__(self, net: Net) -> None:
        super().__init__()
        width = net.shape[-1]
        self.block = nn.TransformerEncoderLayer(
            width, HEADS, *net.hidden, dropout=0.0, batch_first=True, norm_first=True
        )
        self.head = nn.Linear(width, net.classes)

    def forward(self, x: torch.Tensor) -> Any:
        return self.head(self.block(x).mean(dim=1))


def operation(name: str, shape: tuple[int, ...]) -> Callable[[], None]:
    value = operand(shape)
    x, w, c = (torch.tensor(value, requires_grad=grad) for grad in (True, True, False))
    return chain(torch, OPERATIONS[name], x, w, c, torch.ones(shape))


def adam(count: int, size: int) -> Callable[[], None]:
    parameters = [torch.tensor(value, requires_grad=True) for value in adam_values(count, size)]
    for parameter in parameters:
        parameter.grad = parameter.detach().clone()
    step: Callable[[], None] = torch.optim.Adam(parameters, lr=1e-3).step
    return step


def scalar() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(0.5, requires_grad=True), torch.tensor(0.5)


def per_example(sizes: tuple[int, ...]) -> Callable[[], Any]:
    def loss(p: Any, x: Any, label: Any) -> Any:
        hidden = torch.relu(functional.linear(x, p["W1"], p["b1"]))
        return functional.cross_entropy(functional.linear(hidden, p["W2"], p["b2"]), label)

    parameters = {name: torch.tensor(value) for name, value in layers(sizes).items()}
    inputs, labels = map(torch.tensor, examples(sizes))
    gradients = func.vmap(func.grad(loss), in_dims=(None, 0, 0))
    return lambda: gradients(parameters, inputs, labels)


def jacobian(name: str) -> Callable[[], Any]:
    f, x = differentiated(torch, name, torch.tensor)
    if name == JACOBIANS[-1]:
        derivative = func.jacrev(func.jacrev(f))  # faster here than func.hessian
    else:  # in the mode that is faster here
        derivative = (func.jacrev if name == JACOBIANS[0] else func.jacfwd)(f)
    return lambda: derivative(x)
