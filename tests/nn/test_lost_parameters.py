"""A parameter that is none is told where it is assigned; what is no parameter by intent is not."""

import warnings
from collections import UserDict, UserList, deque
from types import SimpleNamespace

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import LostGradientWarning


def leaf(*shape):
    return tg.tensor(np.ones(shape), requires_grad=True)


class Scaled(tg.nn.Module):
    def __init__(self, make):
        self.W = make()

    def forward(self, x):
        return x * self.W


MADE = {
    "a result": lambda: leaf(2) * 0.01,
    "a list": lambda: [leaf(2) * 0.01 for _ in range(2)],
    "a dict of pairs": lambda: {"W1": (leaf(2) * 0.01, leaf(2))},
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_result_is_no_parameter(make):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        models = [Scaled(make) for _ in range(2)]
    assert [(w.category, w.filename) for w in shown] == [(LostGradientWarning, __file__)]
    assert "Scaled.W is no parameter, as it is a result" in str(shown[0].message)
    assert "self.W = tg.tensor(value, requires_grad=True)" in str(shown[0].message)
    assert len(models[0].parameters()) == ("pairs" in str(make) or isinstance(make(), dict))


def test_a_list_that_holds_itself():
    ring = [leaf(2)]
    ring.append(ring)
    with pytest.warns(LostGradientWarning, match="is no parameter"):
        Scaled(lambda: [ring, leaf(2) * 2])


def test_a_parameter_that_a_result_replaces():
    model = Scaled(lambda: leaf(2))
    with pytest.warns(LostGradientWarning, match=r"Scaled.W was a .*; write self.W.assign\(…\)"):
        model.W = model.W - 0.1
    model = Scaled(lambda: leaf(2))
    with tg.no_grad(), pytest.warns(LostGradientWarning, match="nothing trains it"):
        model.W = model.W - 0.1


@pytest.mark.parametrize("value", [tg.ones(2), np.zeros(2), 1.0, 0], ids=str)
def test_a_parameter_that_a_constant_replaces(value):
    model = Scaled(lambda: leaf(2))
    with pytest.warns(LostGradientWarning, match=r"Scaled.W was a .*; write self.W.assign\(…\)"):
        model.W = value


class Block:
    def __init__(self, layer):
        self.layers = [layer]


UNSEARCHED = {
    "deque": (
        lambda m, v: setattr(m, "W", deque([v])),
        r"is a deque, which .*; write self\.W = list\(…\)",
    ),
    "set": (lambda m, v: setattr(m, "W", {v}), r"is a set, .*; write self\.W = list\(…\)"),
    "frozenset": (
        lambda m, v: setattr(m, "W", frozenset([v])),
        r"is a frozenset, .*; write self\.W = list\(…\)",
    ),
    "UserList": (
        lambda m, v: setattr(m, "W", UserList([v])),
        r"is a UserList, .*; write self\.W = list\(…\)",
    ),
    "UserDict": (
        lambda m, v: setattr(m, "W", UserDict(a=v)),
        r"is a UserDict, .*; write self\.W = dict\(…\)",
    ),
    "namespace": (
        lambda m, v: setattr(m, "W", SimpleNamespace(a=v)),
        r"is a SimpleNamespace, .*self\.W = vars\(…\)",
    ),
    "an object": (
        lambda m, v: setattr(m, "W", Block(v)),
        r"is a Block, .*; write class Block\(tg\.nn\.Module\)",
    ),
}


@pytest.mark.parametrize("name", UNSEARCHED)
def test_layers_where_they_are_not_looked_for(name):
    assign, told = UNSEARCHED[name]
    for value in (tg.nn.Linear(2, 2), leaf(2)):
        with pytest.warns(LostGradientWarning, match=f"Scaled.W {told}"):
            assign(Scaled(lambda: None), value)


def test_an_array_of_layers():
    layers = np.empty(2, dtype=object)
    layers[:] = [tg.nn.Linear(2, 2), tg.nn.Linear(2, 2)]
    with pytest.warns(LostGradientWarning, match=r"is a ndarray, .*; write self\.W = list\(…\)"):
        Scaled(lambda: None).W = layers


def test_a_layer_of_the_class():
    with pytest.warns(LostGradientWarning, match=r"Net\.K is of the class, .*write self\.K = …"):

        class Net(tg.nn.Module):
            K = tg.nn.Linear(1, 1)

    assert Net().parameters() == []


def test_what_is_meant_is_silent():
    class Keeping(tg.nn.Module):
        def __init__(self):
            self.W = tg.tensor(np.ones(2) * 0.01, requires_grad=True)
            self.layers = tg.nn.ModuleList([tg.nn.Linear(2, 2)])
            self.mean = tg.zeros(2) * 2
            self.words = ["a", {"b": 1.0}, None]

        def forward(self, x):
            self.last = self.layers[0](x) * self.W
            self.kept = [self.last * 2, leaf(2) * 2]
            return self.last

    model = Keeping()
    model.loss = model(tg.ones((1, 2))).sum()
    model.layers = tg.nn.ModuleList([tg.nn.Linear(2, 2)])
    model.W = leaf(2)  # another parameter
    model.step, model.words, model.seed = 1, None, lambda: tg.nn.Linear(1, 1)
    model.layers[0].bias = None  # no bias
    model.rows = np.array([1.0, None], dtype=object)
    model.optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    model.watcher = SimpleNamespace(seen=[model.W], name="W")
    model.W.assign(model.W.data - 0.1)
    with tg.no_grad():
        model.mean = model.mean + 1
        model.W = leaf(2)
