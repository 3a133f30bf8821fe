"""float64 data in a float32 model: told at the first layer that meets it, at the user's line."""

import warnings

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import UsageWarning

X = np.random.default_rng(0).normal(size=(4, 2))


def network(dtype=None):
    return nn.Sequential(nn.ReLU(), nn.Linear(2, 3, dtype=dtype), nn.Linear(3, 1, dtype=dtype))


class Scaled(nn.Module):
    def __init__(self):
        self.scale = tg.ones(2, requires_grad=True)

    def forward(self, x):
        return x * self.scale


def told(call):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(3):
            call()
    return [str(warning.message) for warning in shown]


@pytest.mark.parametrize("recording", [True, False])
def test_it_is_told_once_a_line_and_names_the_layer_and_what_to_write(recording):
    model = network()
    with tg.enable_grad() if recording else tg.no_grad():
        (text,) = told(lambda: model(X))
    assert text.startswith("model.layers[1] Linear: the input is float64, the weights are float32")
    assert ".astype('float32') for the data, or give the layers dtype='float64'" in text


def test_it_stands_at_the_users_line():
    with pytest.warns(UsageWarning) as shown:
        network()(tg.tensor(X))
    assert shown[0].filename == __file__


def test_own_parameters_of_a_users_module_count():
    with pytest.warns(UsageWarning, match=r"^model Scaled: the input is float64"):
        Scaled()(X)


def test_it_is_not_told_where_nothing_widens():
    network()(X.astype("float32"))
    network()([[1.0, 2.0]])
    network("float64")(X)
    nn.ReLU()(X)
    nn.Embedding(3, 2)(np.array([0, 1]))


def test_it_is_not_told_where_data_are_converted_or_meant_to_be_float64():
    model, y = network(), np.zeros((4, 1))
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    tg.train.fit(model, nn.losses.mse, optimizer, (X, y), dev=(X, y), epochs=1, progress=False)
    assert tg.train.predict(model, X).dtype == np.float32
    tg.train.evaluate(model, nn.losses.mse, (X, y))
    tg.testing.gradcheck(model, X)
