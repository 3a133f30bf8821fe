"""Functions around forward."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn


class Scaled(nn.Module):
    def forward(self, x, by=1.0):
        return tg.asarray(x) * by


def doubled(module, args, output):
    return 2 * output


def plus_one(module, args):
    return args[0] + 1


def test_hooks_see_and_replace_arguments_and_output():
    layer, seen = Scaled(), []
    layer.register_forward_pre_hook(lambda module, args: seen.append((module, args)))
    layer.register_forward_pre_hook(lambda module, args: (args[0] + 1, 3.0))
    layer.register_forward_pre_hook(lambda module, args: seen.append(args))
    layer.register_forward_hook(lambda module, args, output: seen.append((args, output)))
    layer.register_forward_hook(doubled)
    x = tg.tensor(1.0)
    assert layer(x).item() == 12.0
    assert seen[0] == (layer, (x,))
    assert [value.item() for value in (seen[1][0], seen[2][0][0], seen[2][1])] == [2.0, 2.0, 6.0]


def test_arguments_by_name_pass_by():
    layer = Scaled()
    layer.register_forward_pre_hook(plus_one)
    assert layer(1.0, by=5.0).item() == 10.0


def test_a_handle_removes_its_own_hook():
    layer = Scaled()
    layer(1.0)  # whose place in the model is kept from here on
    first, second = (layer.register_forward_hook(doubled) for _ in range(2))
    assert layer(1.0).item() == 4.0
    first.remove()
    first.remove()
    assert layer(1.0).item() == 2.0
    with second:
        assert layer(1.0).item() == 2.0
    assert layer(1.0).item() == 1.0


def test_a_hook_may_remove_itself():
    layer, calls = Scaled(), []

    def once(module, args, output):
        calls.append(output)
        handle.remove()

    handle = layer.register_forward_hook(once)
    layer.register_forward_hook(doubled)
    assert [layer(1.0).item() for _ in range(2)] == [2.0, 2.0]
    assert len(calls) == 1


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies_keep_hooks_of_their_own(again):
    model = nn.Sequential(Scaled(), Scaled())
    handles = [
        model.register_forward_pre_hook(plus_one),
        model.layers[0].register_forward_hook(doubled),
    ]
    other = again(model)
    assert other(1.0).item() == 4.0
    handles[0].remove()
    assert (model(1.0).item(), other(1.0).item()) == (2.0, 4.0)


def test_functional_call_runs_hooks_on_what_stands_in():
    layer, weights = nn.Linear(2, 1, bias=False), []
    layer.register_forward_hook(lambda module, args, output: weights.append(module.weight))
    layer.register_forward_hook(doubled)
    w = tg.ones((1, 2))
    y = nn.functional_call(layer, {"weight": w}, np.ones((1, 2), np.float32))
    assert y.item() == 4.0
    np.testing.assert_array_equal(weights[0], w)
    g = tg.grad(lambda w: nn.functional_call(layer, {"weight": w}, np.ones((1, 2))).sum())(w)
    np.testing.assert_array_equal(g, [[2.0, 2.0]])


def test_what_a_hook_computes_stands_in_the_module():
    model = nn.Sequential(nn.Linear(2, 1))
    model.layers[0].register_forward_hook(doubled)
    y = model(np.ones((1, 2), np.float32))
    assert y.node.op.name == "multiply"
    assert y.node.scope == "model.layers[0] Linear"
    model.layers[0].register_forward_hook(lambda module, args, output: output @ np.ones((3, 3)))
    with pytest.raises(tg.errors.ShapeError, match=r"matmul in model\.layers\[0\] Linear"):
        model(np.ones((1, 2), np.float32))


def test_hooks_are_no_part_of_the_state():
    layer = nn.Linear(2, 1)
    layer.register_forward_hook(nn.ReLU().register_forward_hook)  # a method of another module
    layer.register_forward_pre_hook(nn.Linear(1, 2))  # a module is a function too
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert layer.modules() == [layer]


def test_a_handle_keeps_no_model():
    layer = nn.ReLU()
    handle, gone = layer.register_forward_hook(doubled), weakref.ref(layer)
    del layer
    gc.collect()
    assert gone() is None
    handle.remove()


def test_a_hook_must_be_a_function():
    with pytest.raises(tg.errors.DTypeError, match=r"f\(module, args, output\), not 3"):
        nn.ReLU().register_forward_hook(3)
    with pytest.raises(tg.errors.DTypeError, match=r"f\(module, args\), not 'x'"):
        nn.ReLU().register_forward_pre_hook("x")
