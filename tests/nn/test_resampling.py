"""Interpolation place by place in plain Python; channels into places; patches."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.testing import gradcheck
from tests import thresholds


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def kernel(d, mode):
    """The weight of a place at a distance (Keys 1981, equation 4, a = −¾ for the cubic one)."""
    d, a = abs(d), -0.75
    if mode == "linear":
        return max(0.0, 1 - d)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0.0


def along(row, m, ratio, mode, corners):
    n, found = len(row), []
    for i in range(m):
        if mode == "nearest":
            found.append(row[min(int(i * ratio), n - 1)])
            continue
        at = (i + 0.5) * ratio - 0.5
        if corners:
            at = i * (n - 1) / (m - 1) if m > 1 else 0.0
        near = range(math.floor(at) - 2, math.floor(at) + 4)
        found.append(sum(kernel(at - k, mode) * row[min(max(k, 0), n - 1)] for k in near))
    return found


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 8)), min_size=1, max_size=2),
    st.sampled_from(["nearest", "linear", "cubic"]),
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
)
def test_interpolation_is_its_equation(axes, mode, corners, dtype):
    corners = corners and mode != "nearest"
    lengths, sizes = zip(*axes, strict=True)
    x = normal(2, 1, *lengths).astype(dtype)
    expected = x.astype(float)
    for axis, (n, m) in enumerate(axes, 2):
        expected = np.apply_along_axis(along, axis, expected, m, n / m, mode, corners)
    y = nn.interpolate(tg.tensor(x), sizes, mode=mode, align_corners=corners)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, expected, atol=1e-5 if dtype == "float32" else 1e-12)


MOST = thresholds.value("nn.place_products.MOST")


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("n", [MOST, MOST + 1])
@pytest.mark.parametrize("place", [0, 1], ids=["first axis", "last axis"])
def test_long_axes_are_resampled_and_pass_gradients_back_by_the_equation(n, mode, place):
    m, sizes = n // 3, [2, 2]
    sizes[place], lengths = m, [2, 2]
    lengths[place] = n
    x = normal(1, 2, *lengths)
    leaf = tg.tensor(x, requires_grad=True)
    y = nn.interpolate(leaf, sizes, mode=mode)
    expected = np.apply_along_axis(along, 2 + place, x, m, n / m, mode, False)
    np.testing.assert_allclose(y.data, expected, atol=1e-12)
    towards = normal(*y.shape, seed=1)
    y.backward(towards)
    matrix = along(np.eye(n), m, n / m, mode, False)  # its rows make the results
    back = np.moveaxis(np.moveaxis(towards, 2 + place, -1) @ np.array(matrix), -1, 2 + place)
    np.testing.assert_allclose(leaf.grad.data, back, atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("mode", ["linear", "cubic"])
def test_what_is_not_finite_reaches_no_further_than_its_neighbours(bad, mode):
    x = normal(1, 1, 12, 12)
    x[0, 0, 4, 7] = bad
    leaf = tg.tensor(x, requires_grad=True)
    y = nn.interpolate(leaf, scale=2, mode=mode)
    reach = 2 if mode == "linear" else 4
    rows, columns = np.nonzero(~np.isfinite(y.data[0, 0]))
    assert rows.min() >= 8 - reach and rows.max() <= 9 + reach
    assert columns.min() >= 14 - reach and columns.max() <= 15 + reach
    towards = np.zeros(y.shape)
    towards[0, 0, 8, 14] = bad
    y.backward(towards)
    rows, columns = np.nonzero(~np.isfinite(leaf.grad.data[0, 0]))
    assert rows.size and (np.abs(rows - 4) <= 2).all() and (np.abs(columns - 7) <= 2).all()


@pytest.mark.parametrize("mode", ["linear", "cubic"])
def test_a_constant_stays_one_and_a_line_stays_straight_inside(mode):
    flat = nn.interpolate(np.full((1, 1, 4, 5), 3.0), (7, 3), mode=mode)
    np.testing.assert_allclose(flat, 3.0, rtol=1e-14)
    line = nn.interpolate(np.arange(6.0)[None, None], 11, mode="linear", align_corners=True)
    np.testing.assert_allclose(line[0, 0], np.linspace(0, 5, 11), rtol=1e-14)


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_gradients_of_interpolation(mode):
    gradcheck(lambda x: nn.interpolate(x, scale=1.5, mode=mode) ** 2, normal(1, 1, 4, 3), order=2)


def test_what_makes_no_interpolation():
    x = tg.ones((1, 1, 4, 4))
    with pytest.raises(ArgumentError, match="either size or scale, neither were given; write sca"):
        nn.interpolate(x)
    with pytest.raises(ArgumentError, match="both were given"):
        nn.Upsample(size=3, scale=2)
    with pytest.raises(ArgumentError, match="mode='bilinear' is written mode='linear'"):
        nn.Upsample(scale=2, mode="bilinear")
    with pytest.raises(ArgumentError, match="mode is one of 'nearest', 'linear', 'cubic'"):
        nn.interpolate(x, scale=2, mode="area")
    with pytest.raises(ArgumentError, match="align_corners is of 'linear' and 'cubic'"):
        nn.interpolate(x, scale=2, align_corners=True)
    with pytest.raises(ArgumentError, match="leaves nothing of spatial shape"):
        nn.interpolate(x, scale=0.1)
    with pytest.raises(ArgumentError, match="one for each of 2 spatial axes, not"):
        nn.interpolate(x, size=(2, 2, 2))
    with pytest.raises(ShapeError, match="a spatial axis or more, none of them empty"):
        nn.interpolate(tg.ones((2, 3)), size=2)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_pixels_are_shuffled_by_the_equation_and_back(r, h, w):
    x = normal(2, 2 * r * r, h, w)
    y = nn.PixelShuffle(r)(tg.tensor(x)).numpy()
    for c, i, j, u, v in np.ndindex(2, h, w, r, r):
        np.testing.assert_array_equal(
            y[:, c, r * i + u, r * j + v], x[:, c * r * r + r * u + v, i, j]
        )
    np.testing.assert_array_equal(nn.PixelUnshuffle(r)(y), x)


def test_shuffles_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"PixelShuffle .*with 4 · c channels"):
        nn.PixelShuffle(2)(tg.ones((1, 6, 2, 2)))
    with pytest.raises(ShapeError, match="both lengths a multiple of 2"):
        nn.PixelUnshuffle(2)(tg.ones((1, 1, 4, 3)))
    with pytest.raises(ShapeError, match="that 3 groups divide"):
        nn.ChannelShuffle(3)(tg.ones((1, 4, 3)))
    mixed = nn.ChannelShuffle(2)(np.arange(6.0).reshape(1, 6, 1))
    assert mixed.reshape(-1).tolist() == [0, 3, 1, 4, 2, 5]


# --------------------------------------------------------------------------------------- patches

GEOMETRY = st.fixed_dictionaries(
    {
        "stride": st.sampled_from([1, 2, (2, 1)]),
        "padding": st.sampled_from([0, 1, ((1, 0), 2)]),
        "dilation": st.sampled_from([1, 2]),
    }
)


@given(GEOMETRY)
def test_patches_are_what_a_convolution_multiplies(geometry):
    x, weight = normal(2, 3, 6, 7), normal(4, 3, 2, 3, seed=1)
    columns = nn.unfold(tg.tensor(x), (2, 3), **geometry)
    expected = tg.conv(x, weight, **geometry)
    found = np.matmul(weight.reshape(4, -1), columns.data)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-10, atol=1e-12)


@given(GEOMETRY)
def test_folding_is_the_adjoint_of_unfolding(geometry):
    x = normal(1, 2, 6, 7)
    columns = nn.unfold(x, (2, 3), **geometry)
    y = normal(*columns.shape, seed=1)
    back = nn.fold(y, (6, 7), (2, 3), **geometry)
    np.testing.assert_allclose((columns * y).sum(), (back * x).sum(), rtol=1e-10)
    layer = nn.Fold((6, 7), (2, 3), **geometry)
    np.testing.assert_array_equal(layer(tg.tensor(y)).data, back)


def test_patches_of_any_number_of_axes_and_errors():
    assert nn.unfold(np.ones((2, 3, 5)), 2).shape == (2, 6, 4)
    assert nn.unfold(np.ones((2, 1, 4, 4, 4)), 2, stride=2).shape == (2, 8, 8)
    with pytest.raises(ShapeError, match=r"unfold: the input of shape \(4, 4\) must have shape"):
        nn.unfold(np.ones((4, 4)), 2)
    with pytest.raises(ShapeError, match="a window spans 5 places"):
        nn.Unfold(5)(tg.ones((1, 1, 4)))
    with pytest.raises(ShapeError, match=r"\(batch, channels · 4, 9\): images of \(4, 4\) have 9"):
        nn.fold(np.ones((1, 4, 8)), (4, 4), 2)
    with pytest.raises(ArgumentError, match="Unfold: kernel_size"):
        nn.Unfold(0)
    assert repr(nn.Unfold((2, 3), stride=2, dilation=2)) == "Unfold((2, 3), stride=2, dilation=2)"
