"""What users get without asking: the numbers of the papers, and of other libraries."""

from inspect import signature

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim

DEFAULTS = {
    # Ioffe and Szegedy 2015, Ba et al. 2016, Wu and He 2018 as PyTorch has them.
    nn.BatchNorm: {"eps": 1e-5, "keep_old": 0.9},
    nn.LayerNorm: {"eps": 1e-5},
    nn.GroupNorm: {"eps": 1e-5},
    nn.RMSNorm: {"eps": 1e-5},
    nn.Conv2d: {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    nn.ConvTranspose2d: {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1},
    nn.losses.cross_entropy: {"axis": -1, "label_smoothing": 0.0},
    nn.losses.huber: {"delta": 1.0},
    tg.leaky_relu: {"slope": 0.01},
    tg.elu: {"alpha": 1.0},
    # Kingma and Ba 2015, Loshchilov and Hutter 2019, Dozat 2016, Chen et al. 2023.
    optim.Adam: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8},
    optim.AdamW: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
    optim.NAdam: {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
    optim.Adamax: {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "l2": 0.0},
    optim.RAdam: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "l2": 0.0},
    optim.Adadelta: {"lr": 1.0, "beta": 0.9, "eps": 1e-6, "l2": 0.0},
    optim.LARS: {"beta": 0.9, "trust": 1e-3, "l2": 0.0},
    optim.LAMB: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-6, "weight_decay": 0.0},
    optim.Muon: {"lr": 1e-3, "beta": 0.95, "nesterov": True, "weight_decay": 0.1},
    optim.ScheduleFreeAdamW: {"lr": 2.5e-3, "betas": (0.9, 0.999), "eps": 1e-8},
    optim.Lion: {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0.0},
    optim.Adagrad: {"lr": 0.01, "eps": 1e-10, "weight_decay": 0.0},
    optim.RMSprop: {"lr": 1e-3, "beta": 0.9, "eps": 1e-8, "weight_decay": 0.0},
    optim.EWMAMomentum: {"beta": 0.9, "weight_decay": 0.0},
    optim.HeavyBall: {"beta": 0.9, "weight_decay": 0.0},
    optim.Nesterov: {"beta": 0.9, "weight_decay": 0.0},
    tg.random.normal: {"mean": 0.0, "std": 1.0},
    tg.random.uniform: {"low": 0.0, "high": 1.0},
    tg.var: {"correction": 0},
    tg.std: {"correction": 0},
    tg.argsort: {"axis": -1},
    tg.sort: {"axis": -1},
    tg.vecdot: {"axis": -1},
    tg.softmax: {"axis": -1},
}


@pytest.mark.parametrize("call", DEFAULTS, ids=lambda call: call.__name__)
def test_settings_that_are_not_given(call):
    parameters = signature(call).parameters
    assert {name: parameters[name].default for name in DEFAULTS[call]} == DEFAULTS[call]


@pytest.mark.parametrize("layer", [nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, nn.BatchNorm])
def test_a_norm_without_eps_divides_by_what_is_beside_its_default(layer):
    x = np.array([[1e-3, 2e-3, -5e-3], [4e-3, 0.0, 1e-3]])
    axis = 0 if layer is nn.BatchNorm else 1
    own = layer(1, 3, dtype="float64") if layer is nn.GroupNorm else layer(3, dtype="float64")
    centred = x if layer is nn.RMSNorm else x - x.mean(axis=axis, keepdims=True)
    expected = centred / np.sqrt((centred**2).mean(axis=axis, keepdims=True) + 1e-5)
    np.testing.assert_allclose(own(x).numpy(), expected, rtol=1e-12)


def test_orders_and_draws_without_settings():
    x = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    assert tg.argsort(x).tolist() == [[1, 2, 0], [0, 2, 1]]
    assert tg.vecdot(x, x).tolist() == [14.0, 41.0]
    draws = tg.random.uniform((1000,), generator=tg.random.Generator(0)).numpy()
    assert draws.min() < 0.1 < 0.9 < draws.max()
