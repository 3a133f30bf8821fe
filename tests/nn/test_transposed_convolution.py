"""Transposed convolutions, by the convolutions whose adjoints they are."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@given(
    stride=st.integers(1, 3), size=st.integers(1, 3), dilation=st.integers(1, 2),
    padding=st.one_of(st.just("same"), st.integers(0, 1)), groups=st.sampled_from([1, 2]),
    extra=st.integers(0, 2),
)  # fmt: skip
def test_it_is_the_adjoint_of_the_convolution_with_its_weight(
    stride, size, dilation, padding, groups, extra
):
    geometry = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    more = 0 if padding == "same" else min(extra, stride - 1)
    made = {**geometry, "output_padding": more, "bias": False, "dtype": "float64"}
    layer = nn.ConvTranspose1d(2, 4, size, **made)
    x = normal(0, 3, 2, 4)
    y = layer(x)
    z = normal(1, *y.shape)
    back = tg.conv(z, layer.weight, **geometry)
    assert back.shape == x.shape
    np.testing.assert_allclose((y * z).sum(), (x * back).sum(), rtol=1e-10)


def test_kernels_meet_as_many_inputs_as_they_are_drawn_for():
    shapes = []

    def init(shape, *, generator=None, dtype=None):
        shapes.append(shape)
        return tg.arange(np.prod(shape), dtype="float32").reshape(shape)

    layer = nn.ConvTranspose2d(4, 6, (1, 2), groups=2, init=init)
    assert shapes == [(6, 2, 1, 2)]
    assert layer.weight.shape == (4, 3, 1, 2)
    # Output 5, the last of the second group, of inputs 2 and 3.
    np.testing.assert_array_equal(layer.weight[2:, 2], np.arange(20, 24).reshape(2, 1, 2))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"output_padding": 1}, "must be less than stride=1"),
        ({"stride": (2, 1), "output_padding": (0, 1)}, r"must be less than stride=\(2, 1\)"),
        ({"stride": 2, "padding": "same", "output_padding": 1}, "has no place beside"),
        ({"groups": 2}, "must divide the 3 channels"),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(tg.errors.ArgumentError, match=message):
        nn.ConvTranspose2d(3, 4, 3, **settings)


def test_padding_that_leaves_nothing():
    layer = nn.ConvTranspose1d(1, 1, 2, padding=3)
    with pytest.raises(tg.errors.ShapeError, match="padding=3 leaves nothing of the result"):
        layer(np.ones((1, 1, 3)))
