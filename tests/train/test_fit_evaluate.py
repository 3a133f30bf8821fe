"""evaluate and predict: a set is measured as a whole, and nothing changes."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.train import evaluate, predict
from tests.train.fit_cases import cross_entropy, data, network, quick


def test_a_set_is_measured_as_a_whole_however_it_is_cut():
    x, y = data(50)
    y[:30] = -100  # ignored: a mean over batches of 16 would not be the mean
    model = network()
    z = predict(model, x)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    expected = -log_p[np.arange(30, 50), y[30:]].mean()
    for size in (1, 16, 50, 64):
        loss = lambda z, y: cross_entropy(z, y, ignore_index=-100)  # noqa: E731
        found = evaluate(model, loss, (x, y), batch_size=size)
        assert np.isclose(found["loss"], expected, atol=1e-6)


def test_predict_leaves_the_model_in_its_mode_and_records_nothing():
    model = network(nn.Dropout(p=0.9))
    x = data()[0]
    assert np.array_equal(predict(model, x, batch_size=7), predict(model, x, batch_size=7))
    assert model.training and model.layers[1].training
    assert isinstance(predict(model, x), np.ndarray)
    assert predict(model, x.astype("float64")).dtype == np.float32


def test_predictions_that_are_trees():
    class Both(nn.Module):
        def forward(self, x):
            return {"double": x * 2, "pair": (x, x + 1), "plain": x.numpy() * 3}

    found = predict(Both(), np.arange(10.0).reshape(5, 2), batch_size=2)
    assert np.array_equal(found["double"], np.arange(10.0).reshape(5, 2) * 2)
    assert np.array_equal(found["pair"][1], np.arange(10.0).reshape(5, 2) + 1)
    assert np.array_equal(found["plain"], np.arange(10.0).reshape(5, 2) * 3)
    alone = predict(Both(), np.ones((2, 2)), batch_size=2)
    assert all(isinstance(a, np.ndarray) for a in (*alone["pair"], alone["plain"]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x, y: predict(m), "give the model's input"),
        (lambda m, x, y: predict(lambda x: x, x), "the model is an nn.Module"),
        (lambda m, x, y: predict(m, x[:0]), "no examples"),
        (lambda m, x, y: predict(m, x, batch_size=0), "predict: batch_size is at least 1"),
        (
            lambda m, x, y: evaluate(m, cross_entropy, (x, y), batch_size=0),
            "evaluate: batch_size is at least 1",
        ),
        (
            lambda m, x, y: evaluate(m, cross_entropy, []),
            "holds no batches, and so no examples",
        ),
        (lambda m, x, y: evaluate(m, lambda z, y: z, (x, y)), r"the loss is shape .* not a single"),
        (
            lambda m, x, y: evaluate(m, cross_entropy, (x, y), {"f": lambda z, y: z[0]}),
            r"the metric 'f' is shape .*; write \.mean\(\)",
        ),
        (
            lambda m, x, y: evaluate(m, cross_entropy, (x, y), {"f": lambda z, y: "bad"}),
            "the metric 'f' is 'bad', not a number",
        ),
    ],
)
def test_measuring_refuses_what_makes_no_sense(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(network(), *data())


def test_a_target_may_be_what_the_loss_likes():
    def loss(z, target):
        assert target is None or target.dtype == bool
        return (z**2).mean()

    for target in (None, np.ones(40, bool)):
        history = quick(network(), [(data()[0], target)], loss=loss, epochs=2)
        assert history["train_loss"][-1] < history["train_loss"][0]


def test_predictions_need_a_row_for_each_example():
    class Total(nn.Module):
        def forward(self, x):
            return x.sum()

    with pytest.raises(tg.errors.ShapeError, match=r"the model made shape \(\) of 5 examples"):
        predict(Total(), np.ones((5, 2)))
