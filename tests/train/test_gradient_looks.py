"""``fit(explain=True)``: warnings of gradients that get training nowhere, and nothing else."""

import warnings

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import GradientWarning
from tensorgraph.train import fit

rng = np.random.default_rng(0)
x = rng.normal(size=(120, 3)).astype(np.float32)
y = (x[:, 0] > x[:, 1]).astype(np.int64)


def network(dead=False):
    tg.random.seed(0)
    model = nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(p=0.2), nn.Linear(8, 2)
    )
    if dead:
        model.layers[1].bias.assign(np.full(8, -99.0))
    return model


def trained(model, **options):
    tg.random.seed(1)
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    loss = nn.losses.cross_entropy
    return fit(model, loss, optimizer, (x, y), epochs=3, progress=False, **options)


def told(model, **options):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        trained(model, explain=True, **options)
    assert {warning.category for warning in shown} <= {GradientWarning}
    assert {warning.filename for warning in shown} <= {__file__}
    return [" ".join(str(warning.message).split()) for warning in shown]


def test_a_healthy_network_is_trained_in_silence():
    assert told(network()) == []


@pytest.mark.parametrize("compile", [False, True])
def test_a_dead_layer_is_told_once_with_its_cause(compile):
    dead = [text for text in told(network(dead=True), compile=compile) if "units are dead" in text]
    assert len(dead) == 1
    assert dead[0].startswith("fit: epoch 1: the gradient of layers.")
    assert "relu in model.layers[2] ReLU at test_gradient_looks.py:" in dead[0]
    assert "all 8 units are dead" in dead[0] and "nn.LeakyReLU()" in dead[0]


def test_the_training_takes_the_same_steps():
    """Looking draws no random numbers, and follows no running averages."""
    plain, looked = network(), network()
    assert trained(plain) == trained(looked, explain=True)
    for one, other in zip(plain.state_dict().values(), looked.state_dict().values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_history_tells_since_which_epoch_a_layer_has_no_gradient():
    model = network()

    def kill(run):
        if run.epoch == 2:
            model.layers[1].bias.assign(np.full(8, -99.0))

    history = trained(model, watch=True, callbacks=[kill])
    loss = nn.losses.cross_entropy(model(tg.tensor(x)), y)
    why = tg.explain(model, loss, watch=history)["layers.0.weight"]
    assert why.notes[-1] == "by the history, its layer's gradient is 0 since epoch 3"


def test_what_is_no_yes_or_no():
    with pytest.raises(TypeError, match="explain"):
        trained(network(), explain="always")
