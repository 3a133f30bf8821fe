"""Early stopping: the best weights come back."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.train import EarlyStopping
from tests.train.fit_cases import data, error, network, quick


def scripted(values, **options):
    """Train as long as scripted dev scores let it; return the history, the model, its weights."""
    model = nn.Linear(1, 1)
    weights = []
    scores = iter(values)
    x = np.ones((4, 1), "float32")

    def score(output, y):
        score.calls += 1
        return next(scores) if score.calls % 2 == 0 else 0.0  # the first is that of train

    score.calls = 0
    stopping = EarlyStopping(optimize=("max", "dev_score"), **options)
    history = quick(
        model, (x, 0 * x), (x, 0 * x), loss=nn.losses.mse, epochs=len(values),
        metrics={"score": score}, early_stopping=stopping,
        callbacks=[lambda run: weights.append(run.model.state_dict())],
    )  # fmt: skip
    return history, model, weights, stopping


def test_early_stopping_brings_back_the_best_weights():
    history, model, weights, stopping = scripted([1, 5, 4, 5, 3, 9, 9], patience=3)
    assert history["dev_score"].tolist() == [1, 5, 4, 5, 3]  # a tie is no improvement
    assert history.stopped == "early stopping: dev_score was best in epoch 2"
    assert (stopping.best_epoch, stopping.best) == (2, {"dev_score": 5.0})
    assert np.array_equal(model.weight.data, weights[1]["weight"])
    assert not np.array_equal(weights[1]["weight"], weights[4]["weight"])


def test_early_stopping_brings_back_the_best_weights_also_after_the_last_epoch():
    history, model, weights, _ = scripted([1, 5, 4], patience=3)
    assert history.stopped == ""
    assert np.array_equal(model.weight.data, weights[1]["weight"])


def test_min_delta_is_by_how_much_it_has_to_improve():
    history, _, _, stopping = scripted([1.0, 1.4, 1.5, 1.6, 0, 0], patience=3, min_delta=0.5)
    assert stopping.best_epoch == 4
    history, *_ = scripted([1.0, 1.4, 1.5, 1.2, 9], patience=3, min_delta=0.5)
    assert len(history["epoch"]) == 4


def test_a_metric_that_is_no_number_is_no_improvement():
    nan = math.nan
    history, _, _, stopping = scripted([nan, 2, nan, 1, 9], patience=2)
    assert (stopping.best_epoch, len(history["epoch"])) == (2, 4)
    history, *_ = scripted([nan, nan, nan], patience=2)
    assert history.stopped == "early stopping: dev_score was never a number"


def test_early_stopping_with_a_limit_on_another_metric():
    stopping = EarlyStopping(2, "dev_loss", {"dev_error": ("<=", -1)})
    model = network()
    quick(model, data(), data(), metrics={"error": error}, early_stopping=stopping, epochs=9)
    assert stopping.best.keys() == {"dev_loss", "dev_error"}
    with pytest.raises(tg.errors.ArgumentError, match="'dev_recall' is not measured"):
        quick(network(), data(), data(), early_stopping=EarlyStopping(
            satisfy={"dev_recall": (">=", 0.9)}
        ))  # fmt: skip


def test_early_stopping_begins_anew_with_each_run():
    stopping = EarlyStopping(patience=2)
    x, y = data(8, seed=9)
    other = quick(network(), data(), (x, 1 - y), early_stopping=stopping, epochs=20)
    one = quick(network(), data(), (x, y), early_stopping=stopping, epochs=20)
    assert other["dev_loss"].min() < one["dev_loss"].min() == stopping.best["dev_loss"]
    two = quick(network(), data(), (x, y), early_stopping=stopping, epochs=20)
    assert one == two


def test_early_stopping_refuses_what_makes_no_sense():
    with pytest.raises(tg.errors.ArgumentError, match="patience"):
        EarlyStopping(patience=0)
    with pytest.raises(tg.errors.ArgumentError, match="min_delta"):
        EarlyStopping(min_delta=-1.0)
    with pytest.raises(tg.errors.ArgumentError, match="dev set, dev="):
        quick(network(), data(), early_stopping=EarlyStopping())
    with pytest.raises(tg.errors.ArgumentError, match="metrics="):
        quick(network(), data(), data(), early_stopping=EarlyStopping(optimize="dev_f1"))
    with pytest.raises(tg.errors.StateError, match="EarlyStopping"):
        EarlyStopping().load_state_dict({"best": 3})
