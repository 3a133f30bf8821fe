"""Training runs and steps with the mistakes that people make, each with what must be said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim

RNG = np.random.default_rng(0)
X = RNG.normal(size=(160, 3)).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
TEST = RNG.normal(size=(60, 3)).astype("float32")
TEST_Y = (TEST[:, 0] + TEST[:, 1] > 0).astype(int)


def network(*layers: nn.Module) -> nn.Sequential:
    """Return a small classifier, with layers in the middle."""
    return nn.Sequential(nn.Linear(3, 8), *(layers or (nn.Tanh(),)), nn.Linear(8, 2))


@dataclass(frozen=True)
class Run:
    """A training run with a mistake."""

    promise: str
    told: tuple[str, ...]
    also: tuple[str, ...] = ()
    model: Any = network
    data: Any = (X, Y)
    settings: dict[str, Any] = field(default_factory=dict)


class Detached(nn.Module):
    """The first layer gets no gradient."""

    def __init__(self):
        self.first, self.second = nn.Linear(3, 8), nn.Linear(8, 2)

    def forward(self, x):
        return self.second(tg.tanh(self.first(x)).detach())


class Dead(nn.Module):
    """All units are off."""

    def __init__(self):
        self.first, self.second = nn.Linear(3, 8), nn.Linear(8, 2)
        self.first.bias.assign(np.full(8, -100.0, "float32"))

    def forward(self, x):
        return self.second(tg.relu(self.first(x)))


class DropsInEvaluation(nn.Module):
    """Evaluation draws random numbers, which training then lacks."""

    def __init__(self):
        self.first, self.second = nn.Linear(3, 8), nn.Linear(8, 2)

    def forward(self, x):
        h = tg.tanh(self.first(x))
        return self.second(h * tg.random.bernoulli(0.9, h.shape))


class UpdatesAlways(nn.Module):
    """Running statistics are updated in evaluation too."""

    mixes_examples = True

    def __init__(self):
        self.body, self.mean = network(), tg.zeros(3)

    def forward(self, x):
        mean = x.mean(axis=0).detach()
        result = self.body(x - (mean if self.training else self.mean))
        self.mean.assign(0.9 * self.mean + 0.1 * mean)
        return result


class Unseeded(nn.Module):
    """Draws from a source that nobody seeds."""

    def __init__(self):
        self.body = network()

    def forward(self, x):
        noise = np.random.default_rng().normal(size=x.shape).astype("float32")
        return self.body(x + 0.01 * noise if self.training else x)


def deep() -> nn.Sequential:
    """Return layers whose gradients vanish."""
    inner = [layer for _ in range(12) for layer in (nn.Linear(8, 8), nn.Sigmoid())]
    return network(nn.Sigmoid(), *inner)


def wide() -> nn.Sequential:
    """Return a network that learns anything by heart."""
    return nn.Sequential(nn.Linear(3, 60), nn.ReLU(), nn.Linear(60, 2))


def some_parameters(named: Any) -> optim.Optimizer:
    """Return an optimizer that lacks a layer: its learning rate is 0."""
    groups = [{"params": [p for n, p in named if "2" not in n]},
              {"params": [p for n, p in named if "2" in n], "lr": 0.0}]  # fmt: skip
    return optim.Adam(groups, lr=0.01)


def scaled(train, test):
    """Return data scaled by the statistics of all."""
    everything = np.concatenate([train[0], test[0]])
    mean, std = everything.mean(axis=0), everything.std(axis=0)
    return ((train[0] - mean) / std, train[1]), ((test[0] - mean) / std, test[1])


def loop(model, data, zero=True, before=None, order=None):
    """Train as people do."""
    optimizer = optim.Adam(model.named_parameters(), lr=0.02)
    for _ in range(6):
        model.train()
        for i in range(0, len(data[0]), 32):
            rows = slice(i, i + 32)
            if zero:
                optimizer.zero_grad()
            nn.losses.cross_entropy(model(data[0][rows]), data[1][rows]).backward()
            optimizer.step()
        if before is not None:
            before(model)
    return model


def fits_the_scaler_on_all(model, data, test):
    data, test = scaled(data, test)
    loop(model, data)


def evaluates_in_training_mode(model, data, test):
    loop(model, data, before=lambda model: model(test[0]))


def trains_on_test_data(model, data, test):
    loop(model, tuple(np.concatenate(pair) for pair in zip(data, test, strict=True)))


def forgets_zero_grad(model, data):
    loop(model, data, zero=False)


def shuffles_the_labels_apart(model, data):
    order = np.random.permutation(len(data[0]))  # noqa: NPY002  # as people write it
    loop(model, (data[0][order], data[1]))


def trains_a_copy(model, data):
    other = network()
    loop(other, data)


def draws_unseeded(model, data):
    order = np.random.default_rng().permutation(len(data[0]))
    loop(model, (data[0][order], data[1][order]))


def sound(model, data, test):
    mean, std = data[0].mean(axis=0), data[0].std(axis=0)
    loop(model, ((data[0] - mean) / std, data[1]))
    model.eval()
    model((test[0] - mean) / std)


WITH_TEST = {"test": (TEST, TEST_Y)}


class Uphill(optim.SGD):
    """Takes steps in the wrong direction."""

    def update(self, param, grad, state, t, lr):
        return param + lr * grad, state


def linear_regression():
    return nn.Linear(3, 1)


REGRESSION = X, (X @ [[1.0], [2.0], [3.0]]).astype("float32")
BY_HEART = ("a batch by heart",)
ALL = "a batch by heart", "the loss falls", "every parameter moves"

RUNS: dict[str, Run] = {
    "learning rate 0": Run(
        "the loss falls", ("no parameter moves: is lr 0?",), ALL,
        settings={"optimizer": lambda named: optim.SGD(named, lr=0.0)}),
    "learning rate too high": Run(
        "the loss falls", ("the loss is", "at step", "learning rate"), ("a batch by heart",),
        model=linear_regression, data=REGRESSION,
        settings={"optimizer": lambda named: optim.SGD(named, lr=100.0)}),
    "learning rate too low": Run(
        "a batch by heart", ("learning rate",), ("the loss falls",),
        settings={"optimizer": lambda named: optim.SGD(named, lr=1e-7)}),
    "sign of the step": Run(
        "the loss falls", ("the loss rises", "sign"), ("a batch by heart",),
        settings={"optimizer": lambda named: Uphill(named, lr=0.1)}),
    "the optimizer lacks a layer": Run(
        "every parameter moves", ("model.layers[2].weight", "model.layers[2].bias"), BY_HEART,
        settings={"optimizer": some_parameters}),
    "detached": Run(
        "gradients are alive", ("model.first.weight gets none", "model.first.bias"), BY_HEART,
        model=Detached),
    "dead units": Run(
        "gradients are alive", ("model.first.weight gets nothing but zeros",),
        ("a batch by heart", "the loss falls"), model=Dead),
    "vanishing gradients": Run(
        "gradients are alive", ("model.layers[0].weight vanishes",),
        model=deep),
    "labels shuffled beforehand": Run(
        "it holds for others", ("with shuffled labels",),
        model=wide, data=(X, np.random.default_rng(1).permutation(Y)), settings={"steps": 150}),
    "dropout in evaluation": Run(
        "test data have no influence", ("model.first.weight", "random numbers"),
        model=DropsInEvaluation),
    "running statistics in evaluation": Run(
        "test data have no influence", ("model.mean", "only buffers change"), model=UpdatesAlways),
    "a source without a seed": Run(
        "same seed, same run", ("model.body.layers[0].weight", "without a seed"), model=Unseeded),
    "targets of another length": Run("a step", ("ShapeError",), data=(X, Y[:50])),
    "scaler of all data": Run(
        "test data have no influence", ("are data scaled",),
        settings={"train": fits_the_scaler_on_all, **WITH_TEST}),
    "running statistics of test data": Run(
        "test data have no influence", ("model.layers[1].running", "only buffers change"),
        model=lambda: network(nn.BatchNorm(8), nn.Tanh()),
        settings={"train": evaluates_in_training_mode, **WITH_TEST}),
    "trained on test data": Run(
        "test data have no influence", ("model.layers[0].weight",),
        settings={"train": trains_on_test_data, **WITH_TEST}),
    "zero_grad forgotten": Run(
        "gradients start anew", ("zero_grad()",), settings={"train": forgets_zero_grad}),
    "labels shuffled in training": Run(
        "it holds for others", ("shuffled apart",),
        settings={"train": shuffles_the_labels_apart}),
    "another model is trained": Run(
        "the loss falls", ("no parameter moves",), ("every parameter moves",),
        settings={"train": trains_a_copy}),
    "an order without a seed": Run(
        "same seed, same run", ("without a seed",), settings={"train": draws_unseeded}),
}  # fmt: skip
