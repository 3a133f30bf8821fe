"""Each part of loadcast, held to what such a thing promises: one line each."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from loadcast import (
    AdaBelief,
    Forecaster,
    GatedLinear,
    QuantileHead,
    Scaler,
    Seasonal,
    log_cosh,
    make_load,
    pinball,
    smooth_absolute_error,
    soft_shrink,
    warmup_then_root,
    windows,
)
from loadcast.train import step_of, train

from tensorgraph.testing import (
    check_learning,
    check_loss,
    check_module,
    check_op,
    check_optimizer,
    check_schedule,
    check_step,
    gradcheck,
    strategies,
)

RNG = np.random.default_rng(0)
TARGET = np.array([0.5, -1.0, np.nan, 2.0, 0.0])


@pytest.mark.parametrize("op", [log_cosh, soft_shrink])
def test_operations(op):
    check_op(op)


@given(strategies.inputs(soft_shrink))
def test_soft_shrink_anywhere(inputs):
    gradcheck(soft_shrink, *inputs)


def test_gated_linear(tg_seed):
    check_module(GatedLinear(4, 3), RNG.normal(size=(5, 4)))


def test_seasonal(tg_seed):
    check_module(Seasonal(3), RNG.uniform(0, 168, 5))


def test_quantile_head(tg_seed):
    check_module(QuantileHead(4, 3), signature="(n,4)->(n,3)")


def test_forecaster(tg_seed):
    check_module(Forecaster(3, n_hidden=4), RNG.uniform(0, 2, (4, 4)))


def test_smooth_absolute_error():
    check_loss(smooth_absolute_error, RNG.normal(size=5), TARGET, perfect=np.nan_to_num(TARGET))


def test_pinball():
    perfect = np.repeat(np.nan_to_num(TARGET)[:, None], 3, axis=1)
    check_loss(pinball, RNG.normal(size=(5, 3)), TARGET, perfect=perfect)


def first_step(w, g, b1=0.9, b2=0.999, eps=1e-16):
    s = (1 - b2) * (b1 * g) ** 2 + eps
    return w - 0.01 * g / (np.sqrt(s / (1 - b2)) + eps)


def test_adabelief():
    check_optimizer(AdaBelief, lr=0.01, first_step=first_step)


def test_warmup_then_root():
    check_schedule(warmup_then_root(0.1, 10), peak=0.1, rises=9, falls=9)


def test_step(tg_seed):
    model = Forecaster(3, n_hidden=4)
    step = step_of(model, AdaBelief(model.parameters(), lr=0.01))
    x = RNG.normal(size=(8, 4)).astype("float32")
    check_step(step, x, RNG.normal(size=8).astype("float32"))


def small(hours):
    load = make_load(hours)
    return windows(Scaler().fit(load).transform(load), 6)


def test_training(tg_seed):
    three_epochs = partial(train, epochs=3)
    model, test = Forecaster(6, rate=0.0), tuple(part[:40] for part in small(100))
    check_learning(model, small(300), loss=pinball, test=test, train=three_epochs)


def test_training_leaves_nothing(tg_seed, no_leaks):
    train(Forecaster(6), small(100), epochs=1)
