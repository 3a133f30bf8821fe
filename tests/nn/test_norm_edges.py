"""Normalisation layers where numbers leave the range, and where they are no numbers."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ShapeError, UsageWarning

NAN, INF = math.nan, math.inf


def seen(layer, *batches):
    """Return a layer in evaluation after it has seen batches 200 times."""
    for _ in range(200):
        for x in batches:
            layer(x)
    return layer.eval()


@pytest.mark.parametrize("scale", [300.0, 3e4, 6.5e4])
@pytest.mark.parametrize("mean", [0.0, 0.5])
def test_batch_norm_in_half_precision_evaluates_like_training(scale, mean):
    rng = np.random.default_rng(0)
    x = (scale * np.clip(mean + rng.uniform(-0.5, 0.5, (64, 3)), -1, 1)).astype("float16")
    layer = nn.BatchNorm(3, dtype="float16")
    trained = layer(x)
    evaluated = seen(layer, x)(x)
    assert trained.dtype == evaluated.dtype == np.float16
    precise = x.astype(float)
    np.testing.assert_allclose(layer.running_var, precise.var(axis=0), rtol=1e-4)
    np.testing.assert_allclose(layer.running_mean, precise.mean(axis=0), rtol=1e-3, atol=1e-3)
    expected = (precise - precise.mean(axis=0)) / precise.std(axis=0)
    np.testing.assert_allclose(trained, expected, atol=4e-3)
    np.testing.assert_allclose(evaluated, expected, atol=4e-3)


def test_averages_of_a_half_precision_layer_are_saved_in_single():
    layer = nn.BatchNorm(1, dtype="float16")
    seen(layer, np.array([[300], [-300]], "float16"))
    state = layer.state_dict()
    assert state["running_var"].dtype == state["running_mean"].dtype == np.float32
    other = nn.BatchNorm(1, dtype="float16")
    other.load_state_dict(state)
    assert other.running_var.item() == layer.running_var.item()
    old = {k: v.astype("float16") for k, v in nn.BatchNorm(1).state_dict().items()}
    other.load_state_dict(old)
    assert other.running_var.dtype == np.float32


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.BatchNorm(1, axis=0, dtype="float16"),
        lambda: nn.LayerNorm(4, dtype="float16"),
        lambda: nn.RMSNorm(4, dtype="float16"),
    ],
)
def test_differences_beyond_half_precision_are_normalised(make):
    layer = make()
    x = np.array([[65000, -65000, -65000, -65000]], "float16")
    centred = x.astype(float) - (0 if type(layer) is nn.RMSNorm else x.astype(float).mean())
    expected = centred / np.sqrt((centred**2).mean())
    np.testing.assert_allclose(layer(x).data, expected, rtol=2e-3)


# ------------------------------------------------------------------------------------- NaN and ∞


@pytest.mark.parametrize("bad", [NAN, INF])
@pytest.mark.parametrize("row", [0, 2])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_batch_that_is_not_finite_is_left_out_of_the_averages(bad, row, dtype):
    model = nn.Sequential(nn.ReLU(), nn.BatchNorm(2, dtype=dtype))
    layer = model.layers[1]
    good = np.arange(8.0).reshape(4, 2).astype(dtype)
    model(good)
    before = layer.state_dict()
    spoilt = good.copy()
    spoilt[row, 1] = bad
    message = r"batch_norm in model\.layers\[1\] BatchNorm: .* in 1 of 2 features, .* left out"
    with pytest.warns(UsageWarning, match=message):
        assert np.isnan(model(spoilt).data[:, 1]).any()
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    model(good)
    assert np.isfinite(model.eval()(good).data).all()


def test_a_variance_beyond_the_averages_is_said():
    layer = nn.BatchNorm(1)
    with pytest.warns(UsageWarning, match="squares leave float32"):
        layer(np.array([[1e25], [3e25]], "float32"))
    assert layer.running_var.item() == 1


@pytest.mark.parametrize("count", [0, 1])
def test_a_last_batch_of_one_is_told_what_leaves_it_out(count):
    layer = nn.BatchNorm(2)
    message = rf"too few values of each feature, {count}: .*Batches\(…, drop_last=True\)"
    with pytest.raises(ShapeError, match=message):
        layer(np.ones((count, 2), "float32"))
    assert layer.eval()(np.ones((count, 2), "float32")).shape == (count, 2)


@pytest.mark.parametrize("layer", [nn.LayerNorm(3), nn.RMSNorm(3)])
def test_a_spoilt_example_spoils_no_other(layer):
    x = np.array([[1, 2, 4], [NAN, 1, 2], [INF, 1, 2]], "float32")
    found = layer(x).data
    np.testing.assert_array_equal(found[0], layer(x[:1]).data[0])
    assert np.isnan(found[1]).all() and np.isnan(found[2]).any()
    assert layer(tg.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("make", [nn.BatchNorm, nn.LayerNorm, nn.RMSNorm])
def test_without_eps_what_does_not_vary_is_0(make):
    layer = make(2, eps=0, dtype="float64")
    x = tg.tensor(np.zeros((3, 2)), requires_grad=True)
    y = layer(x)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, np.zeros((3, 2)))
    assert np.isfinite(x.grad.data).all()
    assert np.isfinite(layer.weight.grad.data).all()
    if make is nn.BatchNorm:
        layer.running_var.assign(np.zeros(2))
        layer.running_mean.assign(np.ones(2))
        np.testing.assert_array_equal(layer.eval()(np.ones((1, 2))), np.zeros((1, 2)))
