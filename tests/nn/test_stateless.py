"""functional_call: a module computes with other tensors and stays as it is."""

from typing import NamedTuple

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ShapeError, StateError
from tests.nn.anything_module import parameter


def test_a_functional_call_computes_with_other_tensors_and_leaves_the_module_alone():
    model = nn.Sequential(nn.Linear(2, 3, dtype="float64"), nn.Linear(3, 1, dtype="float64"))
    before, x = model.state_dict(), np.ones((4, 2))
    other = {path: tg.tensor(value + 1, requires_grad=True) for path, value in before.items()}
    result = nn.functional_call(model, other, x)
    hidden = x @ (before["layers.0.weight"].T + 1) + before["layers.0.bias"] + 1
    expected = hidden @ (before["layers.1.weight"].T + 1) + before["layers.1.bias"] + 1
    np.testing.assert_allclose(result.data, expected)
    result.sum().backward()
    assert all(tensor.grad is not None for tensor in other.values())
    assert all(parameter.grad is None for parameter in model.parameters())
    for path, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[path])


def test_a_functional_call_replaces_tied_weights_together_and_knows_the_place():
    tied = parameter(2, 2)
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model.layers[0].weight = model.layers[1].weight = tied
    result = nn.functional_call(model, {"layers.0.weight": 2 * np.eye(2)}, np.ones((1, 2)))
    np.testing.assert_array_equal(result.data, [[4.0, 4.0]])
    with pytest.raises(ShapeError, match=r"in model\.layers\[0\] Linear"):
        nn.functional_call(model, {}, np.ones((1, 3)))


def test_a_functional_call_of_modules_that_refer_to_each_other():
    child = nn.Linear(1, 1)
    child.parents = [child]
    child.parents.append(child.parents)
    child.table = {"self": child}
    weight = tg.ones((1, 1))
    np.testing.assert_array_equal(
        nn.functional_call(child, {"weight": weight, "bias": [2.0]}, [[3.0]]).data, [[5.0]]
    )


class Penalised(nn.Module):
    """A module that asks itself for its parameters."""

    def __init__(self):
        self.net = nn.Linear(2, 1, bias=False, dtype="float64")

    def forward(self):
        return nn.l2_penalty(self.net, 1.0, 1)


def test_what_stands_in_for_a_parameter_is_one():
    model, w = Penalised(), np.array([[1.0, 2.0]])

    def penalty(weight):
        return nn.functional_call(model, {"net.weight": weight})

    assert penalty(w).item() == penalty(tg.tensor(w)).item() == 2.5
    leaf = tg.tensor(w, requires_grad=True)
    assert penalty(leaf * 1).item() == penalty(leaf).item() == 2.5
    with tg.no_grad():
        assert penalty(leaf * 1).item() == penalty(leaf).item() == 2.5
    np.testing.assert_allclose(tg.grad(penalty)(w).data, w)
    np.testing.assert_allclose(tg.hessian(penalty)(tg.tensor(w)).data.reshape(2, 2), np.eye(2))
    assert not model.net.weight.grad


class Pair(NamedTuple):
    left: tg.Tensor
    right: tg.Tensor


class Stack(list):
    pass


def test_a_functional_call_replaces_what_named_tuples_and_subclasses_of_lists_hold():
    class Sum(nn.Module):
        def __init__(self):
            one = [tg.tensor(2.0**i, requires_grad=True) for i in range(4)]
            self.pair, self.stack, self.plain = Pair(*one[:2]), Stack(one[2:3]), (one[3],)

        def forward(self):
            return self.pair.left + self.pair.right + self.stack[0] + self.plain[0]

    model = Sum()
    for i, (path, _) in enumerate(model.named_parameters()):
        assert nn.functional_call(model, {path: 0.0}).item() == 15 - 2**i, path
    assert model().item() == 15


def test_a_functional_call_leaves_buffers_alone():
    layer = nn.BatchNorm(2, dtype="float64")
    before = layer.state_dict()
    given_mean = tg.zeros(2, dtype="float64")
    tensors = {"weight": tg.ones(2), "running_mean": given_mean}
    nn.functional_call(layer, tensors, np.arange(6.0).reshape(3, 2))
    assert not given_mean.data.any()
    for path, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[path])


def test_a_functional_call_refuses_what_does_not_fit():
    layer = nn.Linear(2, 1)
    with pytest.raises(StateError, match=r"Linear has no tensor 'wait'; it has weight, bias"):
        nn.functional_call(layer, {"wait": tg.ones(2)}, tg.ones((1, 2)))
    with pytest.raises(ShapeError, match=r"'weight' has shape \(1, 2\), not \(2,\)"):
        nn.functional_call(layer, {"weight": tg.ones(2)}, tg.ones((1, 2)))
