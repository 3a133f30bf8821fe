"""A forgotten ``eval()``: what is said, where, and how often."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn

X = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")

LAYERS = {
    "Dropout": (lambda: nn.Dropout(keep_prob=0.5), "dropout", "drops at random"),
    "BatchNorm": (lambda: nn.BatchNorm(3), "batch_norm", "predictions depend on the batch"),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def inferred(model):
    """Return the warnings of a prediction."""
    with warnings.catch_warnings(record=True) as caught, tg.no_grad():
        warnings.simplefilter("always")
        model(X)
    return caught


@every_layer
def test_the_warning_names_the_layer_its_effect_and_the_line_to_write(name):
    make, what, effect = LAYERS[name]
    model = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.ReLU(), make()))
    (caught,) = inferred(model)
    assert caught.category is errors.UsageWarning
    text = str(caught.message)
    assert text.startswith(f"{what} in model.layers[1].layers[1] {name}: under tg.no_grad()")
    assert effect in text and "write model.eval() before inference" in text
    assert caught.filename == __file__  # the caller's own line, not one of the library


@every_layer
def test_it_is_said_once_for_each_layer(name):
    make = LAYERS[name][0]
    model = nn.Sequential(make(), make())
    assert len(inferred(model)) == 2
    assert len(inferred(model)) == 0
    assert len(inferred(nn.Sequential(make()))) == 1


@every_layer
def test_nothing_is_said_in_training_or_evaluation(name):
    model = nn.Sequential(LAYERS[name][0]())
    model(X)
    model(tg.tensor(X, requires_grad=True)).sum().backward()
    with tg.no_grad(), tg.enable_grad():
        model(X)
    model.eval()(X)
    assert inferred(model.eval()) == []
    assert len(inferred(model.train())) == 1


@every_layer
def test_nothing_is_said_where_a_checkpoint_computes_again(name):
    model = nn.Sequential(LAYERS[name][0]())
    x = tg.tensor(X, requires_grad=True)
    total = (tg.checkpoint(model)(x) ** 2).sum()
    with tg.no_grad():
        total.backward()
    assert x.grad is not None


@every_layer
def test_what_was_said_is_no_state(name):
    layer = LAYERS[name][0]()
    attributes, state = set(vars(layer)), set(layer.state_dict())
    inferred(layer)
    assert set(layer.state_dict()) == state
    for copied in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert set(vars(copied)) == attributes
        assert len(inferred(copied)) == 1  # it is another layer


def test_a_layer_that_drops_nothing_says_nothing():
    assert inferred(nn.Dropout(keep_prob=1.0)) == []


def test_a_layer_called_alone_is_named_too():
    (caught,) = inferred(nn.Dropout(p=0.5))
    assert str(caught.message).startswith("dropout in model Dropout: ")
