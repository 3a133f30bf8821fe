"""Training by one program a step: as training is, and the same bits however often it is begun."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tests.train.fit_cases import cross_entropy, data, network, quick, same
from tests.train.test_fit_resume import Killed, equal, train


def trained(compile, **options):
    tg.random.seed(3)
    model = network(nn.BatchNorm(8), nn.Dropout(p=0.3)).astype("float64")
    tg.random.seed(4)
    given = data(dtype=np.float64)
    return model, quick(model, given, data(20, 1, np.float64), compile=compile, **options)


@pytest.mark.parametrize("options", [{}, {"clip": 0.1}, {"batch_size": None}, {"epochs": 4}])
def test_compiled_training_is_training(options):
    model, history = trained(True, **options)
    other, expected = trained(False, **options)
    for name, value in other.state_dict().items():
        np.testing.assert_allclose(model.state_dict()[name], value, rtol=1e-9, atol=1e-8)
    for name in ("cost", "dev_loss", "lr"):
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-7)
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(one.grad.data, two.grad.data, rtol=1e-7, atol=1e-8)


def test_a_compiled_run_that_was_killed_ends_with_the_same_bits(tmp_path):
    options = {"watch": False, "compile": True}
    undisturbed = train(seed=7, **options)
    for kill_at in (1, 2, 5, 6):
        path = tmp_path / f"{kill_at}.safetensors"
        with pytest.raises(Killed):
            train(path, 1, kill_at, seed=7, **options)
        resumed = train(path, 1, seed=None if path.exists() else 7, **options)
        assert equal(resumed[0], undisturbed[0]) and resumed[1] == undisturbed[1]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_diverges_is_told_as_ever(bad):
    x, y = data()
    x[30] = bad
    told = []
    for compile in (True, False):
        model = network(nn.Dropout(p=0.3))
        tg.random.seed(1)
        with pytest.raises(tg.errors.DivergenceError) as found:
            quick(model, (x, y), compile=compile)
        told.append((str(found.value), {k: v.tolist() for k, v in model.state_dict().items()}))
    assert told[0][0] == told[1][0]
    assert equal(*[{k: np.float32(v).round(5) for k, v in state.items()} for _, state in told])


def test_a_cost_that_is_not_finite_stops_it_though_its_gradient_is():
    def loss(z, y):
        return cross_entropy(z, y) + tg.where(y.max() > 0, np.inf, 0.0)

    model = network()
    before = {name: value.copy() for name, value in model.state_dict().items()}
    with pytest.raises(tg.errors.DivergenceError, match="the cost is inf"):
        quick(model, data(), loss=loss, compile=True)
    assert equal(model.state_dict(), before)


def test_each_layer_is_watched_or_steps_are_compiled():
    with pytest.raises(tg.errors.ArgumentError, match="leave out one of them"):
        quick(network(), data(), compile=True, watch=True)


def test_the_loop_may_be_left_as_it_is():
    one, two = network(), network()
    quick(one, data(), compile=False)
    quick(two, data())
    assert same(one, two)
