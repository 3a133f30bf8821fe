"""Initialisers: their distributions, the fans, and what they do to signals in deep networks."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ShapeError

DTYPES = ["float32", "float64"]


def normal(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


FAN_IN, FAN_OUT = 300, 200
STANDARD_DEVIATIONS = {
    "he": math.sqrt(2 / FAN_IN),
    "xavier": math.sqrt(1 / FAN_IN),
    "glorot": math.sqrt(2 / (FAN_IN + FAN_OUT)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("rule", STANDARD_DEVIATIONS)
def test_initialisers_have_their_standard_deviation(rule, distribution, dtype):
    init = getattr(nn.init, f"{rule}_{distribution}")
    generator = tg.random.Generator(0)
    values = init((FAN_OUT, FAN_IN), generator=generator, dtype=dtype)
    assert values.dtype == dtype
    std = STANDARD_DEVIATIONS[rule]
    # 60,000 draws: the mean is within 5 σ/√n, the deviation within 2 %.
    assert abs(values.data.mean()) < 5 * std / math.sqrt(values.size)
    assert values.data.std() == pytest.approx(std, rel=0.02)
    if distribution == "uniform":
        largest = np.abs(values.data).max()
        assert 0.99 * math.sqrt(3) * std < largest <= math.sqrt(3) * std * (1 + 1e-6)
    else:
        assert np.abs(values.data).max() > 3.5 * std


def test_the_fans_of_a_convolution_count_its_kernel():
    assert nn.init.fans((16, 3, 5, 7)) == (3 * 35, 16 * 35)
    values = nn.init.he_normal((64, 32, 3, 3), generator=tg.random.Generator(0))
    assert values.data.std() == pytest.approx(math.sqrt(2 / (32 * 9)), rel=0.03)


def test_he_takes_the_slope_of_a_leaky_relu():
    values = nn.init.he_normal((400, 300), slope=0.5, generator=tg.random.Generator(0))
    assert values.data.std() == pytest.approx(math.sqrt(2 / (1.25 * 300)), rel=0.02)


def test_he_keeps_the_scale_of_signals_through_a_deep_relu_network():
    tg.random.seed(0)
    layers = [part for _ in range(30) for part in (nn.Linear(200, 200), nn.ReLU())]
    y = nn.Sequential(*layers)(tg.asarray(normal(50, 200, dtype="float32")))
    assert 0.2 < (y.data**2).mean() < 5


def test_the_other_initialisers():
    assert not nn.init.zeros((3,)).data.any()
    assert (nn.init.constant(2)((2, 2), dtype="float64").data == 2.0).all()
    assert nn.init.constant(2)((1,)).dtype == np.float32
    values = nn.init.normal(0.01, mean=1.0)((100, 100), generator=tg.random.Generator(0))
    assert values.data.std() == pytest.approx(0.01, rel=0.05)
    assert values.data.mean() == pytest.approx(1.0, rel=0.001)
    assert "init=normal(0.01)" in repr(nn.Linear(1, 1, init=nn.init.normal()))


def test_a_generator_fixes_the_weights():
    one, other = (nn.Linear(3, 2, generator=tg.random.Generator(5)) for _ in range(2))
    assert (one.weight.data == other.weight.data).all()
    assert (one.weight.data != nn.Linear(3, 2).weight.data).any()


def test_a_bias_has_no_fan():
    with pytest.raises(ShapeError, match=r"\(3,\) has no fan; write init.zeros for a bias"):
        nn.init.he_normal((3,))
