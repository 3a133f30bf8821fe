"""``nn.Watch``: norms per layer and step, held against sums written out."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import DTypeError, GradientWarning, StateError


def network():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def step(model, x):
    (model(tg.tensor(x)) ** 2).sum().backward()


def test_each_layer_and_step_has_its_norms():
    tg.random.seed(0)
    model = network()
    watch = nn.Watch(model)
    batches = np.random.default_rng(0).normal(size=(3, 5, 3)).astype(np.float32)
    expected: dict[str, list[float]] = {"layers.0": [], "layers.1": [], "layers.2": []}
    for x in batches:
        model.zero_grad()
        with watch:
            step(model, x)
        first = x @ model.layers[0].weight.data.T + model.layers[0].bias.data
        last = np.tanh(first) @ model.layers[2].weight.data.T + model.layers[2].bias.data
        for path, out in zip(expected, [first, np.tanh(first), last], strict=True):
            expected[path].append(math.sqrt((out.astype(float) ** 2).mean()))
    assert watch.steps == 3
    assert watch.activations.keys() == expected.keys()
    for path, norms in expected.items():
        np.testing.assert_allclose(watch.activations[path], norms, rtol=1e-6)
    grads = [p.grad.data.ravel().astype(float) for p in model.layers[2].parameters()]
    norm = np.linalg.norm(np.concatenate(grads))
    assert watch.gradients["layers.2"][-1] == pytest.approx(norm, rel=1e-6)
    assert list(watch.gradients) == ["layers.0", "layers.2"]


def test_calls_in_one_step_count_together():
    layer = nn.Linear(1, 1, bias=False, init=nn.init.constant(1.0))
    with nn.Watch(layer) as watch:
        layer(tg.tensor([[3.0]])), layer(tg.tensor([[1.0], [1.0]]))
    assert watch.activations == {"model": [pytest.approx(math.sqrt(11 / 3))]}
    assert math.isnan(watch.gradients["model"][0])


def test_every_part_of_a_tuple_counts():
    model = nn.LSTM(2, 3)
    watch = nn.Watch(model)
    with watch:
        outputs, (h, c) = model(tg.tensor(np.ones((1, 4, 2), np.float32)))
    parts = np.concatenate([np.ravel(part.data) for part in (outputs, h, c)])
    assert watch.activations == {"model": [pytest.approx(math.sqrt((parts**2).mean()), rel=1e-6)]}


def test_only_what_calls_no_other_module_counts():
    model = nn.Sequential(nn.Sequential(nn.ReLU(), nn.Tanh()), nn.Sigmoid())
    watch = nn.Watch(model)
    with watch:
        model(tg.tensor([1.0]))
    assert list(watch.activations) == ["layers.0.layers.0", "layers.0.layers.1", "layers.1"]


def test_a_layer_that_is_new_or_not_called_has_nan():
    model = network()
    watch = nn.Watch(model)
    x = np.ones((1, 3), np.float32)
    with watch:
        step(model, x)
    model.layers.append(nn.ReLU())
    with watch:
        step(model, x)
    with watch:
        pass
    assert math.isnan(watch.activations["layers.3"][0])
    assert watch.activations["layers.3"][1] >= 0
    assert all(math.isnan(column[2]) for column in watch.activations.values())


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_squares_beyond_float32(scale):
    layer = nn.Linear(1, 1, bias=False, init=nn.init.constant(scale))
    watch = nn.Watch(layer)
    with watch:
        layer(tg.tensor([[1.0]]))
    assert watch.activations["model"][0] == pytest.approx(scale, rel=1e-6)


def test_an_infinite_activation_is_shown():
    layer = nn.ReLU()
    watch = nn.Watch(layer)
    with watch:
        layer(tg.tensor([np.inf, 1.0]))
    assert watch.activations["model"] == [math.inf]


def test_the_model_is_as_before_after_the_block_also_if_it_raises():
    model = network()
    model.layers[1].forward = mine = lambda x: x
    watch = nn.Watch(model)
    with pytest.raises(ZeroDivisionError), watch:
        1 / 0  # noqa: B018
    with watch:
        model(tg.tensor(np.ones((1, 3), np.float32)))
    assert model.layers[1].forward is mine
    assert not any("forward" in vars(model.layers[k]) for k in (0, 2))
    assert watch.steps == 1
    assert all(len(column) == 1 for column in watch.activations.values())


def test_what_the_network_computes_stays_the_same():
    model = network()
    x = tg.tensor(np.ones((2, 3), np.float32))
    plain = model(x).data
    with nn.Watch(model):
        watched = model(x)
    assert (watched.data == plain).all()
    assert watched.node.scope == "model.layers[2] Linear"


def test_misuse_is_told():
    with pytest.raises(
        DTypeError, match=r"nn.Watch watches a module, not .*Linear.*parameters|nn.Watch"
    ):
        nn.Watch([nn.Linear(1, 1)])
    with pytest.raises(DTypeError, match=r"nn.Watch watches a module, not"):
        nn.Watch(nn.Linear)
    watch = nn.Watch(nn.ReLU())
    with pytest.raises(StateError, match="entered inside itself"), watch, watch:
        pass


# ---------------------------------------------------------------------------------- explaining


def dead_network():
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    model.layers[0].bias.assign(np.full(4, -99.0))
    return model


x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def test_a_watch_warns_once_of_a_dead_layer_and_says_why():
    model = dead_network()
    watch = nn.Watch(model, explain=tg.explain)
    with pytest.warns(GradientWarning) as shown:
        for _ in range(3):
            with watch:
                loss = ((model(tg.tensor(x)) - 1) ** 2).mean()
                loss.backward()
    dead = [str(w.message) for w in shown if "all 4 units are dead" in str(w.message)]
    assert len(dead) == 1
    assert dead[0].startswith("nn.Watch: step 1: the gradient of layers.0.weight, layers.0.bias")
    assert {w.filename for w in shown} == {__file__}


def test_a_watch_over_a_healthy_network_is_silent():
    model = network()
    with nn.Watch(model, explain=tg.explain):
        step(model, x)


def test_a_watch_knows_since_when_units_have_no_gradient():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    watch = nn.Watch(model)
    for k in range(4):
        model.zero_grad()
        if k == 2:  # from now on the second unit leads nowhere
            weight = np.array(model.layers[2].weight.data)
            weight[:, 1] = 0
            model.layers[2].weight.assign(weight)
        with watch:
            loss = (model(tg.tensor(x)) ** 2).mean()
            loss.backward()
    first = model.layers[0].weight
    assert watch.silent_since(first) == (
        "of 4 steps that were watched, layers.0.weight had a gradient in rows 1 last in step 2"
    )
    assert watch.silent_since(model.layers[2].weight) == ""
    assert "last in step 2" in tg.explain(first, loss, watch=watch).notes[-1]


def test_parameters_without_elements_and_a_setting_that_is_no_yes_or_no():
    layer = nn.Linear(3, 1)
    layer.empty = tg.tensor(np.zeros((0, 3), "float32"), requires_grad=True)
    with nn.Watch(layer):
        (layer(tg.tensor(x)).sum() + layer.empty.sum()).backward()
    with pytest.raises(DTypeError, match=r"write nn.Watch\(model, explain=tg.explain\)"):
        nn.Watch(layer, explain=True)
