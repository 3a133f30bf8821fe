"""``check_learning``: sound training passes, each planted mistake is told where it is."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.testing import check_learning
from tests.testing.faulty_training import RUNS, TEST, TEST_Y, X, Y, network, sound
from tests.testing.test_check_module import broken


@pytest.mark.parametrize("name", RUNS)
def test_each_mistake_in_training_is_found_and_named(name):
    run = RUNS[name]
    tg.random.seed(0)
    found = broken(check_learning, run.model(), run.data, **{"steps": 40, **run.settings})
    assert run.promise in found, found
    for word in run.told:
        assert word in found[run.promise], found[run.promise]
    assert found.keys() <= {run.promise, *run.also}, found


@pytest.mark.parametrize(
    ("make", "data", "settings"),
    [
        (network, (X, Y), {}),
        (lambda: network(nn.BatchNorm(8), nn.ReLU(), nn.Dropout(p=0.2)), (X, Y), {"steps": 40}),
        (lambda: nn.Linear(3, 1), (X, X[:, :1] * 2 + 1), {}),
        (lambda: nn.Sequential(nn.Linear(3, 1)), {"x": X, "y": Y[:, None]}, {}),
        (network, (X, Y), {"train": sound, "test": (TEST, TEST_Y)}),
        (network, (X[:20], Y[:20]), {"optimizer": tg.optim.RMSprop}),
    ],
)
def test_sound_training_passes(make, data, settings):
    tg.random.seed(0)
    model = make()
    before = [p.numpy().copy() for p in model.parameters()]
    drawn = tg.random.default_generator().state
    found = check_learning(model, data, **settings)
    assert not found.broken and "a batch by heart" in repr(found)
    for parameter, old in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.numpy(), old)
        assert parameter.grad is None
    assert tg.random.default_generator().state == drawn


def test_what_cannot_be_asked_says_why():
    tg.random.seed(0)
    found = check_learning(network(), (X[:20], Y[:20]), steps=20)
    told = {kept.promise: kept.remark for kept in found.promises if not kept.asked}
    assert told == dict.fromkeys(
        ["test data have no influence", "it holds for others"],
        "there are too few examples to hold some out; give test=(x, y)",
    )


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "told"),
    [
        ((np.tanh, (X, Y)), {}, DTypeError, "check_learning: the model is an nn.Module"),
        ((network(), (X, Y)), {"loss": "mse"}, DTypeError, "tg.nn.losses.mse, without quotes"),
        ((network(), [X]), {}, DTypeError, "a batch is a tuple"),
        ((network(), (X, Y)), {"train": sound}, ArgumentError, r"write test=\(x, y\)"),
        ((network(), (X, Y)), {"train": 3}, DTypeError, "train is a function of a model and data"),
    ],
)
def test_bad_arguments(args, kwargs, error, told):
    with pytest.raises(error, match=told):
        check_learning(*args, **kwargs)
