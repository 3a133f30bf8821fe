"""All that scikit-learn itself asks of an estimator."""

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator

from tensorgraph.sklearn import Classifier, Regressor
from tests.sklearn.networks_cases import in_double, network

FITTED = {"epochs": 30, "lr": 0.05}
ESTIMATORS = {
    "classifier": Classifier(network, **FITTED, batch_size=32),
    "regressor": Regressor(network, **FITTED, batch_size=32),
    # With all examples in each step, a weight of 2 is an example that stands there twice.
    "classifier in float64": Classifier(in_double, epochs=60, lr=0.1, batch_size=None),
    "regressor in float64": Regressor(in_double, epochs=60, lr=0.1, batch_size=None),
}
# Sums of float32 in another order: none of scikit-learn's own that go by mini-batches pass.
IN_DOUBLE_ONLY = {"check_sample_weight_equivalence_on_dense_data"}
# It asks for a variable that SciPy reads when it is imported, and nothing of us.
ASKS_FOR_A_VARIABLE = {"check_array_api_input"}


def checks():
    for name, estimator in ESTIMATORS.items():
        left_out = ASKS_FOR_A_VARIABLE | (set() if "float64" in name else IN_DOUBLE_ONLY)
        for _, check in estimator_checks_generator(estimator):
            if check.func.__name__ not in left_out:
                yield pytest.param(name, check, id=f"{name}-{check.func.__name__}")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("name, check", list(checks()))
def test_what_scikit_learn_asks(name, check):
    check(clone(ESTIMATORS[name]))
