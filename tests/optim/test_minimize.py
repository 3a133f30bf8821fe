"""SciPy's minimisers over the parameters of a model: what they find, and what they leave alone."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import AnomalyError, DTypeError
from tensorgraph.optim import minimize

RNG = np.random.default_rng(5)
X = RNG.standard_normal((40, 3))
Y = X @ np.array([[1.0], [-2.0], [0.5]]) + 3


def line():
    return nn.Linear(3, 1, dtype="float64")


@pytest.mark.parametrize("method", ["L-BFGS-B", "BFGS", "CG"])
def test_least_squares_are_found(method):
    model = line()
    found = minimize(lambda: nn.losses.mse(model(X), Y), model.parameters(), method, tol=1e-12)
    np.testing.assert_allclose(model.weight, [[1, -2, 0.5]], rtol=1e-5)
    np.testing.assert_allclose(model.bias, [3], rtol=1e-5)
    assert found.fun < 1e-10 and found.x.size == 4
    assert model.weight.grad is None and model.weight.is_leaf


def test_a_network_in_single_precision_learns():
    tg.random.seed(0)
    x, y = X.astype("float32"), (X[:, 0] * X[:, 1] > 0).astype(int)
    model = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2))

    def cost():
        return nn.losses.cross_entropy(model(x), y)

    before = float(cost())
    found = minimize(cost, model.named_parameters(), options={"maxiter": 60})
    assert found.fun < before / 10
    assert float(cost()) == pytest.approx(found.fun, rel=1e-3)
    assert model.layers[0].weight.dtype == np.float32


def test_what_is_drawn_at_random_is_drawn_again():
    tg.random.seed(1)
    model = line()
    dropped = nn.Sequential(nn.Dropout(p=0.5), model)
    found = minimize(lambda: nn.losses.mse(dropped(X), Y), model.parameters())
    assert found.success


def failing(cost):
    model = line()
    before = model.state_dict()
    with pytest.raises(Exception) as caught:
        minimize(lambda: cost(model), model.parameters())
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    return caught.value


def test_if_it_fails_the_parameters_are_as_before():
    calls = []

    def interrupted(model):
        calls.append(1)
        if len(calls) == 3:
            raise OSError("the disk")
        return nn.losses.mse(model(X), Y)

    assert "the disk" in str(failing(interrupted))
    assert isinstance(failing(lambda model: (model(X) * np.inf).sum()), AnomalyError)


def test_a_cost_may_call_backward_itself():
    one, other = line(), line()
    other.load_state_dict(one.state_dict())

    def closure():
        cost = nn.losses.mse(other(X), Y)
        cost.backward()
        return cost

    minimize(lambda: nn.losses.mse(one(X), Y), one.parameters())
    minimize(closure, other.parameters())
    for p, q in zip(one.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
        assert q.grad is None


def test_a_cost_that_is_none_says_so():
    assert "is a return or .mean() missing?" in str(failing(lambda model: None))
    assert "one number" in str(failing(lambda model: model(X)))
    assert "does not depend on any" in str(failing(lambda model: tg.tensor(1.0)))
    with pytest.raises(DTypeError, match=r"write minimize\(lambda: loss\(model\(x\), y\), model"):
        minimize(nn.losses.mse(line()(X), Y), line().parameters())
    with pytest.raises(DTypeError, match=r"minimize takes parameters, not a Linear; write"):
        minimize(lambda: None, line())
