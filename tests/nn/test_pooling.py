"""Pooling: window by window in plain Python, ties, padding, what is not a number; Flatten."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.testing import gradcheck
from tests.ops import elements

INF, NAN = math.inf, math.nan
both_pools = pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
DTYPES = ["float32", "float64"]


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def slope(f, x, dtype="float64"):
    """Return the gradient of the sum of f(x)."""
    leaf = tg.tensor(x, dtype=dtype, requires_grad=True)
    f(leaf).sum().backward()
    return leaf.grad.numpy()


@st.composite
def poolings(draw):
    """Return the shape of x, and the parameters of a pooling that fits it."""
    rank = draw(st.integers(1, 3))
    size = tuple(draw(st.integers(1, 3)) for _ in range(rank))
    stride = draw(st.sampled_from([None, 1, 2, (3, 1, 2)[:rank]]))
    before_and_after = tuple(
        (draw(st.integers(0, k - 1)), draw(st.integers(0, k - 1))) for k in size
    )
    padding = draw(st.sampled_from([0, "same", before_and_after]))
    lengths = tuple(k + draw(st.integers(0, 3)) for k in size)
    parameters = {"size": size, "stride": stride, "padding": padding}
    return (draw(st.integers(0, 2)), 2, *lengths), parameters


# --------------------------------------------------------------------------- against references


def test_pools_the_matrices_of_the_course():
    """Deep Learning Specialization, course 4, week 1: windows of 2 × 2, then of 3 × 3."""
    x = np.array([[1.0, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]])
    np.testing.assert_array_equal(tg.max_pool(x[None, None], 2)[0, 0], [[9, 2], [6, 3]])
    x = np.array(
        [[1, 3, 2, 1, 3], [2, 9, 1, 1, 5], [1, 3, 2, 3, 2], [8, 3, 5, 1, 0], [5, 6, 1, 2, 9]]
    )
    expected = [[9, 9, 5], [9, 9, 5], [8, 6, 9]]
    np.testing.assert_array_equal(tg.max_pool(x[None, None], 3, stride=1)[0, 0], expected)


@both_pools
@given(made=poolings())
def test_is_one_window_after_the_other(name, made):
    shape, parameters = made
    x = normal(0, *shape)
    found = getattr(tg, name)(tg.tensor(x), **parameters).numpy()
    expected = getattr(elements, name)(x, **parameters)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


@both_pools
@given(made=poolings())
def test_gradients_are_right_at_both_orders(name, made):
    shape, parameters = made
    pool = getattr(tg, name)
    gradcheck(lambda x: pool(x, **parameters) ** 2, normal(0, 1, *shape[1:]), order=2)


@given(made=poolings())
def test_gradients_of_ties_are_those_of_the_equation(made):
    shape, parameters = made
    x = np.random.default_rng(0).integers(0, 3, shape).astype(float)
    peaks = tg.max_pool(x, **parameters)
    y = normal(1, *peaks.shape)
    leaf = tg.tensor(x, requires_grad=True)
    tg.max_pool(leaf, **parameters).backward(y)
    expected = elements.max_pool_grad(y, x, peaks, **parameters)
    np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-13, atol=1e-14)


@both_pools
@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_of_any_memory_layout(name, dtype):
    x = normal(0, 3, 2, 5, 4).astype(dtype)
    parameters = {"size": 3, "stride": 2, "padding": 1}
    expected = getattr(elements, name)(x, **parameters)
    last = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    for layout in (x, last, np.asfortranarray(x), np.repeat(x, 2, axis=3)[..., ::2]):
        leaf = tg.tensor(layout, requires_grad=True)
        found = getattr(tg, name)(leaf, **parameters)
        assert found.dtype == dtype
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)
        found.sum().backward()
        assert leaf.grad.dtype == dtype


# ----------------------------------------------------------------------------- ties and padding


def test_tied_maxima_share_evenly():
    x = [[[[0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 2.0, 2.0]]]]
    found = slope(lambda x: tg.max_pool(x, 2), x)
    third = 1 / 3
    expected = [[[[0.25, 0.25, 0.0, third], [0.25, 0.25, third, third]]]]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_overlapping_windows_add_their_shares():
    found = slope(lambda x: tg.max_pool(x, 2, stride=1), [[[1.0, 3.0, 3.0, 2.0]]])
    np.testing.assert_array_equal(found, [[[0, 1.5, 1.5, 0]]])


def test_elements_of_no_window_have_no_gradient():
    for pool, first in ((tg.max_pool, [0, 1]), (tg.avg_pool, [0.5, 0.5])):
        found = slope(lambda x, pool=pool: pool(x, 2, stride=3), [[[1.0, 2.0, 9.0, 3.0, 4.0, 9.0]]])
        np.testing.assert_array_equal(found, [[[*first, 0, *first, 0]]])


def test_windows_of_more_than_255_elements_share_too():
    found = slope(lambda x: tg.max_pool(x, 20), np.zeros((1, 1, 20, 20)))
    np.testing.assert_allclose(found, np.full((1, 1, 20, 20), 1 / 400), rtol=1e-14)


def test_padding_is_never_the_largest_nor_has_a_share():
    x = [[[-1.0, -2.0, -INF]]]
    found = tg.max_pool(tg.tensor(x), 2, padding=1)
    np.testing.assert_array_equal(found.numpy(), [[[-1, -2]]])
    found = slope(lambda x: tg.max_pool(x, 2, stride=2, padding=((1, 0),)), [[[-INF, 1.0, 0.0]]])
    np.testing.assert_array_equal(found, [[[1, 1, 0]]])


def test_padding_does_not_count_in_a_mean():
    ones = np.ones((1, 2, 5, 4))
    for padding in (1, "same", (0, 2), ((2, 0), 1)):
        found = tg.avg_pool(tg.tensor(ones), 3, stride=2, padding=padding).numpy()
        np.testing.assert_allclose(found, np.ones(found.shape), rtol=1e-15)


def test_a_mean_with_zeros_counted_is_that_of_an_image_padded_before():
    x = np.arange(1.0, 5.0).reshape(1, 1, 4)
    padded = tg.pad(tg.tensor(x), ((0, 0), (0, 0), (1, 1)))
    np.testing.assert_allclose(tg.avg_pool(padded, 2).numpy(), [[[0.5, 2.5, 2.0]]])


@both_pools
@pytest.mark.parametrize("n, k, stride", [(5, 2, 2), (5, 3, 2), (6, 3, 1), (4, 2, 3), (1, 3, 1)])
def test_same_padding_gives_as_many_as_strides_fit(name, n, k, stride):
    x = normal(0, 1, 1, n)
    assert getattr(tg, name)(x, k, stride, "same").shape == (1, 1, math.ceil(n / stride))


# --------------------------------------------------------------------------- unusual numbers


@pytest.mark.parametrize("dtype", DTYPES)
def test_not_a_number_shows_in_its_windows_only(dtype):
    x = [[[NAN, 1.0, 2.0, 3.0]]]
    for pool, second in ((tg.max_pool, 3), (tg.avg_pool, 2.5)):
        np.testing.assert_array_equal(pool(tg.tensor(x, dtype), 2).numpy(), [[[NAN, second]]])
    found = slope(lambda x: tg.max_pool(x, 2), x, dtype)
    np.testing.assert_array_equal(found, [[[1, 0, 0, 1]]])


def test_integers_and_booleans_are_pooled():
    x = np.array([[[3, 5, 2, 1]]])
    for dtype in ("int64", "uint8", "int8"):
        found = tg.max_pool(x.astype(dtype), 3, stride=1, padding=1)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, [[[5, 5, 5, 2]]])
    np.testing.assert_array_equal(tg.max_pool(-x, 2, padding=1), [[[-3, -2, -1]]])
    np.testing.assert_array_equal(tg.max_pool(x > 4, 2, padding=1), [[[False, True, False]]])
    np.testing.assert_array_equal(tg.avg_pool(x, 2), [[[4.0, 1.5]]])
    bright = np.full((1, 1, 4), 200, np.uint8)  # whose sums do not fit into a byte
    np.testing.assert_array_equal(tg.avg_pool(bright, 2), [[[200.0, 200.0]]])


def test_means_of_the_largest_numbers_do_not_overflow():
    large = np.full((1, 1, 2, 4), 0.99 * np.finfo(np.float64).max)
    for size, stride, padding in (((2, 4), 1, 0), ((2, 3), 1, ((1, 0), (0, 2)))):
        found = np.asarray(tg.avg_pool(large, size, stride, padding))
        np.testing.assert_allclose(found, np.full_like(found, large[0, 0, 0, 0]), rtol=1e-15)


def test_half_precision_means_do_not_overflow():
    x = tg.tensor(np.full((1, 1, 4, 4), 60000.0, np.float16))
    found = tg.avg_pool(x, 4)
    assert found.dtype == np.float16
    assert found.item() == 60000


# -------------------------------------------------------------------------------------- layers


@pytest.mark.parametrize(
    "layer, function",
    [
        (nn.MaxPool2d(2), lambda x: tg.max_pool(x, (2, 2))),
        (nn.MaxPool2d((3, 2), stride=1), lambda x: tg.max_pool(x, (3, 2), 1)),
        (nn.MaxPool2d(3, 2, 1), lambda x: tg.max_pool(x, 3, 2, 1)),
        (nn.AvgPool2d(3, padding="same"), lambda x: tg.avg_pool(x, 3, padding="same")),
        (nn.GlobalAvgPool(), lambda x: x.mean(axis=(2, 3))),
        (nn.GlobalMaxPool(), lambda x: x.max(axis=(2, 3))),
        (nn.Flatten(), lambda x: x.reshape(2, -1)),
    ],
)
def test_layers_are_their_operations(layer, function):
    x = tg.tensor(normal(0, 2, 3, 6, 5))
    np.testing.assert_array_equal(layer(x).numpy(), function(x).numpy())


def test_layers_along_one_axis():
    x = tg.tensor([[[1.0, 3.0, 2.0, 0.0, 9.0]]])
    np.testing.assert_array_equal(nn.MaxPool1d(3, stride=1)(x).numpy(), [[[3, 3, 9]]])
    np.testing.assert_array_equal(nn.AvgPool1d(2, padding="same")(x).numpy(), [[[2, 1, 9]]])


def test_global_pooling_takes_any_number_of_spatial_axes():
    for shape in [(2, 3, 4), (2, 3, 4, 5), (2, 3, 1, 2, 2), (0, 3, 2)]:
        x = normal(0, *shape)
        axes = tuple(range(2, x.ndim))
        for layer, expected in (
            (nn.GlobalAvgPool(), x.mean(axis=axes)),
            (nn.GlobalMaxPool(), x.max(axis=axes)),
        ):
            np.testing.assert_allclose(layer(tg.tensor(x)).numpy(), expected, rtol=1e-12)


def test_flatten_takes_any_number_of_axes():
    for shape, expected in [((4,), (4, 1)), ((2, 3), (2, 3)), ((0, 3, 2), (0, 6))]:
        assert nn.Flatten()(tg.zeros(shape)).shape == expected


def test_flatten_copies_nothing_of_what_a_convolution_gave():
    y = nn.Conv2d(1, 2, 3)(tg.ones((4, 1, 6, 5)))
    flat = nn.Flatten()(y)
    assert np.shares_memory(flat.numpy(), y.numpy())
    np.testing.assert_array_equal(flat.numpy(), y.numpy().reshape(4, -1))


@pytest.mark.parametrize(
    "layer, text",
    [
        (nn.MaxPool2d(2), "MaxPool2d(2×2)"),
        (nn.MaxPool2d(3, 2, padding=1), "MaxPool2d(3×3, stride=2, padding=1)"),
        (nn.AvgPool2d((2, 3), stride=(1, 2)), "AvgPool2d(2×3, stride=(1, 2))"),
        (nn.AvgPool1d(2, stride=2), "AvgPool1d(2)"),
        (nn.MaxPool1d(3, padding="same"), "MaxPool1d(3, padding='same')"),
        (nn.GlobalAvgPool(), "GlobalAvgPool()"),
        (nn.Flatten(), "Flatten()"),
    ],
)
def test_repr_shows_what_is_not_the_default(layer, text):
    assert repr(layer) == text


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "layer, shape, message",
    [
        (nn.MaxPool2d(2), (5, 8, 8), r"max_pool in model.layers\[0\] MaxPool2d: .* write x\[:, No"),
        (nn.AvgPool2d(2), (5, 8), r"x of shape \(5, 8\) must have shape \(batch, channels, height"),
        (nn.MaxPool1d(2), (5, 8, 8, 2), r"\(batch, channels, length\) to be pooled over \(2,\)$"),
        (nn.MaxPool2d(9), (5, 1, 8, 8), "spans 9 places of an axis that has only 8"),
        (nn.MaxPool2d(2, padding=1), (5, 1, 0, 8), "has an empty axis: nothing to pool"),
        (nn.GlobalAvgPool(), (5, 8), r"global pooling in model.layers\[0\] GlobalAvgPool: the inp"),
        (nn.Flatten(), (), r"flatten in model.layers\[0\] Flatten: the input has no axis"),
    ],
)
def test_inputs_that_do_not_fit_are_told_with_the_layers_path(layer, shape, message):
    model = nn.Sequential(layer)
    with pytest.raises(ShapeError, match=message):
        model(tg.zeros(shape))


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: nn.MaxPool2d(0), ArgumentError, "MaxPool2d: kernel_size is an integer from 1"),
        (lambda: nn.MaxPool2d((2, 2, 2)), ArgumentError, "or 2 of them, not"),
        (
            lambda: nn.AvgPool1d(2.5),
            DTypeError,
            "AvgPool1d: kernel_size must be an integer or a tuple of them",
        ),
        (lambda: nn.AvgPool1d(2, stride=-1), ArgumentError, "AvgPool1d: stride is an integer from"),
        (lambda: nn.MaxPool2d(2, padding=-1), ArgumentError, 'MaxPool2d: padding is "same", an'),
        (
            lambda: nn.MaxPool2d(2, padding=2)(tg.zeros((1, 1, 4, 4))),
            ArgumentError,
            r"padding 2 must be smaller than the windows, of size \(2, 2\)",
        ),
        (
            lambda: tg.avg_pool(tg.zeros((1, 1, 4, 4)), 2, padding=((0, 1), (2, 0))),
            ArgumentError,
            "one that lay in the padding alone would hold nothing",
        ),
        (
            lambda: tg.max_pool_grad(tg.zeros((1, 1, 2)), tg.zeros((1, 1, 9)), tg.zeros(2), 2),
            ShapeError,
            r"must have the shape \(1, 1, 4\) of the pooled x",
        ),
        (
            lambda: tg.avg_pool_grad(tg.zeros((4, 2, 3)), shape=9, size=2),
            ShapeError,
            r"no result of such a pooling over \(9,\), which gives \(4, 2, 4\)",
        ),
        (lambda: tg.max_pool(tg.zeros((8, 8)), 2), ShapeError, r"\(batch, channels, length\)"),
    ],
)
def test_what_makes_no_sense_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
