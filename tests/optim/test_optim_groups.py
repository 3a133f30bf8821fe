"""Groups of parameters with settings of their own."""

import numpy as np
import pytest

from tensorgraph import nn, optim
from tensorgraph.errors import (
    ArgumentError,
    DTypeError,
)
from tests.optim.optimizer_cases import SHAPES, draws, equation, give, parameters


def network():
    return nn.Sequential(
        nn.Linear(3, 4, dtype="float64"), nn.Tanh(), nn.Linear(4, 2, dtype="float64")
    )


def test_each_group_has_its_settings(block):
    params = parameters(SHAPES)
    start = [np.array(p.data) for p in params]
    gradients = draws(SHAPES, 10)
    first = {"params": params[:3], "lr": 0.5}
    second = {"params": params[3:], "betas": (0.5, 0.7), "eps": 1e-3}
    optimizer = optim.Adam([first, second], lr=0.03)
    for step in gradients:
        give(params, step)
        optimizer.step()
    ways = [equation(optim.Adam, lr=0.5)] * 3
    ways += [equation(optim.Adam, lr=0.03, betas=(0.5, 0.7), eps=1e-3)] * 4
    for i, param in enumerate(params):
        expected = ways[i](start[i], [step[i] for step in gradients])
        np.testing.assert_allclose(param.data, expected, rtol=1e-12, atol=1e-12)


def test_settings_can_be_read_and_changed_by_group():
    a, b = parameters([(2,), (2,)])
    optimizer = optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1)
    assert [group["lr"] for group in optimizer.groups] == [0.5, 0.1]
    optimizer.lr = 0.2  # for those that have none of their own
    assert [group["lr"] for group in optimizer.groups] == [0.5, 0.2]
    optimizer.groups[1]["lr"] = lambda step: 0.7
    assert optimizer.groups[1].settings(0)["lr"] == 0.7
    with pytest.raises(ArgumentError, match="SGD has no setting 'rate'; it has lr, momentum"):
        optimizer.groups[0]["rate"] = 1.0
    with pytest.raises(ArgumentError, match="SGD: lr is -1; it must be"):
        optimizer.groups[0]["lr"] = -1


def test_names_and_states_of_groups_do_not_mix():
    a, b, c = parameters([(2,), (2,), (3,)])
    optimizer = optim.Adam([{"params": [a, b]}, {"params": [c], "lr": 0.5}])
    keys = list(optimizer.state_dict())
    assert keys[:5] == ["steps", "lr", "betas", "eps", "amsgrad"]
    assert "groups/1/lr" in keys
    assert [key for key in keys if key.endswith("/m")] == ["0/m", "1/m", "2/m"]
    optimizer.groups[1]["lr"] = 0.25
    other = optim.Adam([{"params": [a, b]}, {"params": [c], "lr": 0.5}])
    other.load_state_dict(optimizer.state_dict())
    assert other.groups[1]["lr"] == 0.25


def test_a_rate_with_a_state_of_its_own_follows_its_group_into_another_order():
    def made(order):
        named = network().named_parameters()
        rates = {name: optim.schedules.Manual(0.5) for name in order}
        groups = [
            {"params": [(k, p) for k, p in named if k.startswith(name)], "lr": rate}
            for name, rate in rates.items()
        ]
        return optim.SGD(groups, lr=0.1), rates

    optimizer, rates = made(["layers.0", "layers.2"])
    rates["layers.0"].set(0.25)
    other, others = made(["layers.2", "layers.0"])
    other.load_state_dict(optimizer.state_dict())
    for name, rate in others.items():
        assert rate.events == rates[name].events
    assert others["layers.0"].events != others["layers.2"].events


def test_groups_by_path():
    model = network()
    groups = optim.path_groups(
        model, {"layers.0.bias": {"lr": 0.3}, "layers.0": {"lr": 0.1}, "*.bias": {"lr": 0.2}}
    )
    found = [[name for name, _ in group["params"]] for group in groups]
    assert found == [["layers.0.bias"], ["layers.0.weight"], ["layers.2.bias"], ["layers.2.weight"]]
    assert [group.get("lr") for group in groups] == [0.3, 0.1, 0.2, None]
    with pytest.raises(
        ArgumentError, match=r"no parameter is at 'layer', .* parameters are layers.0"
    ):
        optim.path_groups(model, {"layer": {"lr": 0.1}})
    assert len(optim.path_groups(model, {"layers": {"lr": 0.1}})) == 1


def test_decay_groups_spare_biases_and_whatever_is_not_regularised():
    model = network()
    before = model.state_dict()
    optimizer = optim.SGD(optim.decay_groups(model, weight_decay=0.5), lr=0.1)
    for param in model.parameters():
        param.grad = np.zeros(param.shape)
    optimizer.step()
    for name, param in model.named_parameters():
        factor = 0.95 if name.endswith("weight") else 1.0
        np.testing.assert_allclose(param.data, factor * before[name], rtol=1e-15)
    model.layers[0].regularised = False
    decaying, rest = optim.decay_groups(model, weight_decay=0.5)
    assert [name for name, _ in decaying["params"]] == ["layers.2.weight"]
    assert len(rest["params"]) == 3
    assert decaying["params"].model is model


@pytest.mark.parametrize(
    ("params", "error", "text"),
    [
        (lambda p: [{"params": p}, p[0]], DTypeError, 'a group is a dict {"params": '),
        (lambda p: [{"parameters": p}], DTypeError, 'a group is a dict {"params": '),
        (lambda p: [{"params": p}, {"params": p}], ArgumentError, "'2' was given before, as '0'"),
        (lambda p: [{"params": []}], ArgumentError, "SGD got no parameters"),
        (lambda p: [{"params": p, "beta": 1}], ArgumentError, "SGD has no setting 'beta'"),
        (lambda p: [{"params": p, "lr": -1}], ArgumentError, "lr is -1"),
    ],
)
def test_what_makes_no_groups_is_refused(params, error, text):
    with pytest.raises(error, match=text):
        optim.SGD(params(parameters([(2,), (3,)])), lr=0.1)


def test_groups_by_path_take_a_module_and_settings():
    with pytest.raises(DTypeError, match="path_groups takes a module, not a list"):
        optim.path_groups(parameters([(2,)]), {})
    with pytest.raises(DTypeError, match=r"the settings of 'layers.0' are a dict such as"):
        optim.path_groups(network(), {"layers.0": 0.1})


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_an_eps_that_is_0_beside_a_parameter_is_refused(dtype):
    (w,) = parameters([(2,)], dtype)
    with pytest.raises(ArgumentError, match=r"Adam: eps=1e-50 is 0 in float32, .* 'w'.* eps=1e-8"):
        optim.Adam([("w", w)], eps=1e-50)
    optim.SGD([w], lr=0.1)


def test_adam_says_where_weight_decay_is():
    (w,) = parameters([(2,)])
    with pytest.raises(
        ArgumentError, match=r"Adam has no setting 'weight_decay'.*; write tg.optim.AdamW"
    ):
        optim.Adam([{"params": [w], "weight_decay": 0.1}])


def test_an_optimizer_of_groups_shows_them():
    a, b = parameters([(2,), (3, 4)])
    assert repr(optim.SGD([{"params": [a]}, {"params": [b], "weight_decay": 0.1}], lr=0.5)) == (
        "SGD(lr=0.5, momentum=0.0, nesterov=False, weight_decay=0.0, l2=0.0)\n"
        "  groups[0]  1 parameters of 2 numbers\n"
        "  groups[1]  weight_decay=0.1, 1 parameters of 12 numbers"
    )


def test_parameters_of_several_models_are_numbered():
    """Their paths may be the same."""
    a, b = nn.Linear(2, 3), nn.Linear(3, 1)
    optimizer = optim.SGD([{"params": a.parameters()}, {"params": b.parameters()}], lr=0.1)
    assert [name for name, _ in optimizer.named] == ["0", "1", "2", "3"]
    parts = [{"params": a.parameters()}, {"params": [b.weight]}]
    assert [name for name, _ in optim.SGD(parts, lr=0.1).named] == ["weight", "bias", "2"]
