"""A parameter that is none is told where it is assigned; what is no parameter by intent is not."""

import warnings

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
    model.layers[0].weight = tg.ones((2, 2))  # a constant, outside no_grad
    model.W.assign(model.W.data - 0.1)
    with tg.no_grad():
        model.mean = model.mean + 1
        model.W = leaf(2)
