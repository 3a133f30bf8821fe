"""Children, apply and astype: what a module does to all that is in it."""

import copy

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim


def nested():
    """Return a model with modules in modules, in a list and in a dict."""
    model = nn.Module()
    model.first = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3))
    model.parts = [nn.ReLU(), {"head": nn.Linear(3, 1)}]
    model.again = model.first.layers[0]
    model.scale = tg.tensor(2.0, requires_grad=True)
    return model


def test_children_are_not_theirs_in_turn():
    model = nested()
    children = dict(model.named_children())
    assert list(children) == ["first", "parts.0", "parts.1.head", "again"]
    assert children["again"] is model.first.layers[0]
    assert model.children() == list(children.values())
    assert nn.ReLU().children() == []


def test_apply_visits_inner_modules_first_and_each_once():
    model, seen = nested(), []
    assert model.apply(seen.append) is model
    kinds = [type(module).__name__ for module in seen]
    assert kinds == ["Linear", "BatchNorm", "Sequential", "ReLU", "Linear", "Module"]
    model.parent = model  # a model may refer to itself
    assert len(model.apply(seen.append).modules()) == 6
    assert len(seen) == 12
    with pytest.raises(tg.errors.DTypeError, match="apply takes a function of a module, not 'x'"):
        model.apply("x")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_astype_takes_all_along_but_running_averages_of_half(dtype):
    model = nested()
    model.steps = tg.tensor(3)
    model.table = [tg.tensor([0.5])]
    nn.freeze(model, "parts")
    model.first(np.ones((2, 2), np.float32)).sum().backward()
    before = model.state_dict()
    assert model.astype(dtype) is model
    after = {path: tensor.dtype for path, tensor in model._tensors()}
    assert after.pop("steps") == "int64"
    running = [after.pop(f"first.layers.1.running_{what}") for what in ("mean", "var")]
    assert set(running) == {np.result_type(dtype, "float32")}
    assert set(after.values()) == {np.dtype(dtype)}
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert {g.dtype for g in gradients} == {np.dtype(dtype)}
    for path, value in model.state_dict().items():
        np.testing.assert_allclose(value, before[path], rtol=1e-3)
    model.first(np.ones((2, 2), dtype)).sum().backward()


def test_astype_keeps_what_it_refuses():
    layer = nn.Linear(2, 3)
    for dtype in ("int32", "bool"):
        with pytest.raises(tg.errors.DTypeError, match=f"floating-point numbers, not {dtype}"):
            layer.astype(dtype)
    with pytest.raises(tg.errors.DTypeError, match="unknown dtype 'float80'"):
        layer.astype("float80")
    assert layer.weight.dtype == "float32"


def test_a_graph_recorded_before_astype_keeps_its_values():
    layer = nn.Linear(2, 1)
    cost = layer(tg.ones((3, 2), "float32")).sum()
    layer.astype("float64")
    cost.backward()
    np.testing.assert_array_equal(layer.weight.grad, [[3.0, 3.0]])
    assert layer.weight.grad.dtype == "float64"


@pytest.mark.parametrize("rule", [optim.SGD, optim.Adam])
def test_an_optimizer_goes_on_after_astype(rule):
    one = nn.Linear(2, 1, dtype="float32")
    other = copy.deepcopy(one)
    for layer, dtype in ((one, "float32"), (other, "float64")):
        optimizer = rule(layer.parameters(), lr=0.1)
        for _ in range(3):
            layer.zero_grad()
            layer(np.ones((3, 2), layer.weight.dtype)).sum().backward()
            optimizer.step()
            layer.astype(dtype)
    np.testing.assert_allclose(one.weight, other.weight, rtol=1e-5)
    assert other.weight.dtype == "float64"
