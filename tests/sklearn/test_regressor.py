"""Regressors: one number for each example, or several."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

from tensorgraph import errors, nn
from tensorgraph.sklearn import Regressor
from tests.sklearn.networks_cases import in_double, network, one_logit

X = np.random.default_rng(0).normal(size=(120, 3))
SLOPES = np.array([[1.0, -2.0], [0.5, 1.0], [0.0, 3.0]])
TWO = X @ SLOPES


def linear(n_features_in_, n_outputs_):
    return nn.Linear(n_features_in_, n_outputs_)


def flat(n_features_in_):
    return nn.Sequential(nn.Linear(n_features_in_, 1), nn.Flatten(start=0))


def regressor(model=linear, **parameters):
    return Regressor(model, **{"epochs": 60, "lr": 0.1, "random_state": 0, **parameters})


@pytest.mark.parametrize("y", [TWO, TWO[:, :1], TWO[:, 0], TWO[:, 0].tolist()], ids=np.shape)
def test_predictions_have_the_shape_of_the_targets(y):
    fitted = regressor().fit(X, y)
    assert fitted.predict(X[:5]).shape == (5, *np.shape(y)[1:])
    assert fitted.n_outputs_ == np.size(y) // 120
    assert fitted.score(X, y) > 0.99
    assert np.allclose(fitted.module_.weight, SLOPES[:, : fitted.n_outputs_].T, atol=0.1)


@pytest.mark.parametrize("model", [one_logit, lambda: nn.Linear(3, 1)])
def test_one_number_may_stand_in_a_column(model):
    assert regressor(model).fit(X, TWO[:, 0]).predict(X).shape == (120,)


def test_weights_and_streams():
    weights = np.zeros(120)
    weights[:60] = 1
    wrong = TWO.copy()
    wrong[60:] = 1e3
    assert regressor().fit(X, wrong, sample_weight=weights).score(X[:60], TWO[:60]) > 0.98
    twice = regressor(in_double, batch_size=None).fit(X, TWO, sample_weight=np.full(120, 3))
    once = regressor(in_double, batch_size=None).fit(X, TWO)
    assert np.allclose(twice.predict(X), once.predict(X))
    stream = regressor()
    for _ in range(60):
        stream.partial_fit(X, TWO)
    assert stream.score(X, TWO) > 0.99
    assert stream.n_iter_ == 60
    with pytest.raises(errors.ArgumentError, match=r"y has shape \(120,\), and .* \('m', 2\)"):
        stream.partial_fit(X, TWO[:, 0])


def test_targets_of_another_size_are_brought_to_one():
    x, y = load_diabetes(return_X_y=True)
    model = TransformedTargetRegressor(
        regressor(network, early_stopping=True, lr=0.01, epochs=60), transformer=StandardScaler()
    )
    assert clone(model).fit(x, y).score(x, y) > 0.4


def test_what_is_refused():
    with pytest.raises(errors.ShapeError, match=r"makes shape \(1, 2\) of one .* y has 1 for each"):
        regressor(nn.Linear(3, 2)).fit(X, TWO[:, 0])
    for y in (["a"] * 120, np.array(["a"] * 120), pd.Series(["a"] * 120, dtype="category")):
        with pytest.raises(errors.DTypeError, match=r"strings such as 'a'; write Classifier\(…\)"):
            regressor().fit(X, y)
    objects = regressor().fit(X, pd.DataFrame(TWO).astype(object))
    assert np.allclose(objects.predict(X), regressor().fit(X, TWO).predict(X))
    with pytest.raises(ValueError, match="Found array with dim 3"):
        regressor().fit(X, TWO[:, :, None])
