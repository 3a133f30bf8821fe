"""Sums of many terms: as exact along every axis, in every layout and dtype, as along the last."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.engine.summation import BLOCK, add_up

MANY = 2**24 + 64
"""Ones of float32 that cannot be counted one by one: 2²⁴ + 1 is no float32."""


def column(dtype=np.float32, n=MANY, width=1):
    return np.broadcast_to(np.ones((1, width), dtype), (n, width))


@st.composite
def laid_out(draw):
    """Arrays in any order of axes and any direction, some with gaps, and what to add up over."""
    lengths = st.sampled_from([1, 2, 3, 7, 64, 130, 300, 0])
    shape = draw(st.lists(lengths, min_size=1, max_size=3))
    x = np.random.default_rng(draw(st.integers(0, 99))).random([2 * n for n in shape])
    step = tuple(slice(None, None, draw(st.sampled_from([2, -2]))) for _ in shape)
    x = x[step] if draw(st.booleans()) else x[tuple(slice(n) for n in shape)]
    x = x.astype(np.float32, order=draw(st.sampled_from("KFC")))
    x = x.transpose(draw(st.permutations(range(len(shape)))))
    axes = draw(st.lists(st.integers(-x.ndim, -1), unique=True, max_size=x.ndim))
    return x, draw(st.sampled_from([None, tuple(axes)])), draw(st.booleans())


@given(laid_out())
def test_any_layout_and_axes(case):
    x, axis, keepdims = case
    found = add_up(x, axis=axis, keepdims=keepdims)
    exact = x.sum(axis=axis, keepdims=keepdims, dtype=np.float64)
    assert found.shape == exact.shape and found.dtype == np.float32
    # Of 90,000 sums of 128 terms each, the worst is some 10 units off.
    assert np.all(np.abs(found - exact) <= 20 * np.spacing(exact.astype(np.float32)))


@pytest.mark.parametrize("n", [BLOCK, BLOCK + 1, 2 * BLOCK - 1, 1000, BLOCK**2 + 3])
def test_every_element_counts_once(n):
    x = np.arange(2.0 * n).reshape(n, 2)
    np.testing.assert_array_equal(add_up(x, axis=0), [n * (n - 1), n * n])


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "bool"])
def test_whole_numbers_are_added_up_as_numpy_adds_them(dtype):
    x = (np.arange(1000) % 3).astype(dtype).reshape(500, 2)
    found, right = tg.sum(x, axis=0), np.sum(x, axis=0)
    assert found.dtype == right.dtype
    np.testing.assert_array_equal(found, right)


def test_long_columns_of_float32():
    ones = tg.tensor(column())
    assert tg.sum(ones, axis=0).item() == MANY
    assert tg.einsum("ij->j", ones).item() == MANY
    assert tg.mean(ones, axis=0).item() == 1


def test_running_sums_do_not_stand_still():
    for dtype, large in ((np.float16, 2**11), (np.float32, 2**24)):
        x = np.array([large] + [1] * 64, dtype)
        for axis, columns in ((0, x), (0, x[:, None]), (1, x[None])):
            found = tg.cumulative_sum(tg.tensor(columns), axis=axis)
            assert found.dtype == dtype and found.numpy().max() == large + 64
            slope = tg.grad(lambda c, a=axis: tg.cumulative_sum(c, axis=a).sum())(
                tg.tensor(columns)
            )
            np.testing.assert_array_equal(slope.numpy().ravel(), np.arange(65, 0, -1))


def bias_gradient(run, dtype, n):
    """Return the gradient of a bias that n examples share."""
    bias = tg.tensor(np.zeros(2, dtype), requires_grad=True)
    run(tg.tensor(np.ones((n, 2), dtype)), bias).sum().backward()
    return bias.grad.numpy()


@pytest.mark.parametrize(
    "run",
    [
        lambda x, bias: x + bias,
        lambda x, bias: x * bias,
        lambda x, bias: tg.affine(x, 1.0, bias),
        lambda x, bias: tg.linear(x, tg.tensor(np.eye(2, dtype=x.dtype)), bias),
        lambda x, bias: tg.tile(bias, (x.shape[0], 1)) * x,
        lambda x, bias: tg.repeat(bias[None], x.shape[0], axis=0) * x,
        lambda x, bias: bias[None][np.zeros(x.shape[0], int)] * x,
    ],
    ids=["add", "multiply", "affine", "linear", "tile", "repeat", "getitem"],
)
def test_gradients_of_biases_in_float16(run):
    np.testing.assert_array_equal(bias_gradient(run, np.float16, 4096), [4096, 4096])


def test_gradients_of_biases_in_float32():
    np.testing.assert_array_equal(
        bias_gradient(lambda x, bias: x + bias, np.float32, MANY), [MANY, MANY]
    )


def test_moments_of_columns_far_from_0():
    x = np.random.default_rng(0).normal(1e6, 1, (10_000, 3)).astype(np.float32)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(tg.mean(x, axis=0), exact.mean(axis=0), rtol=1e-7)
    np.testing.assert_allclose(tg.var(x, axis=0), exact.var(axis=0), rtol=1e-6)
    layer = tg.nn.BatchNorm(3, keep_old=0)
    layer(tg.tensor(x))
    np.testing.assert_allclose(layer.running_mean, exact.mean(axis=0), rtol=1e-7)


@pytest.mark.parametrize(
    "slope",
    [
        lambda x: tg.grad(tg.mean)(x)[1],
        lambda x: tg.grad(tg.var)(x)[1] / 2,
        lambda x: tg.grad(tg.std)(x)[1],
        lambda x: tg.grad(tg.rms)(x)[1],
        lambda x: tg.grad(lambda x: tg.rms(x, eps=1e-6))(x)[1],
        lambda x: -tg.grad(lambda x: tg.center(x, axis=0)[0])(x)[1],
        lambda x: tg.grad(tg.max)(abs(x))[1],
        lambda x: tg.grad(lambda x: tg.avg_pool(x, size=80_000).sum())(x[None, None])[0, 0, 1],
    ],
    ids=["mean", "var", "std", "rms", "rms of eps", "center", "max", "avg_pool"],
)
def test_counts_that_float16_cannot_hold(slope):
    """Each of 80,000 elements has an 80,000th of the gradient."""
    x = tg.tensor(np.resize([-1.0, 1.0], 80_000).astype(np.float16))
    np.testing.assert_allclose(slope(x), 1 / 80_000, rtol=0.01)


def test_float16_is_multiplied_and_added_up_in_float32():
    ones = tg.tensor(column(np.float16, 4096, 2))
    np.testing.assert_array_equal(tg.einsum("ij,ij->j", ones, ones), [4096, 4096])
    np.testing.assert_array_equal(ones.mT @ ones, np.full((2, 2), 4096))
    np.testing.assert_array_equal(tg.cumulative_sum(ones, axis=0)[-1], [4096, 4096])
    image = ones.mT[None]
    kernel = tg.tensor(np.ones((1, 2, 4096), np.float16))
    np.testing.assert_array_equal(tg.conv(image, kernel), [[[8192]]])


def test_long_windows():
    x = np.random.default_rng(0).random((1, 1, 5000)).astype(np.float32)
    found = tg.avg_pool(x, size=5000).item()
    assert abs(found - x.astype(np.float64).mean()) < 4 * np.spacing(np.float32(0.5))


BAD = [5, 6, 7]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [8, 31, BLOCK])
def test_many_short_rows_are_as_exact_as_one(n, dtype):
    x = np.random.default_rng(0).standard_normal((1003, n)).astype(dtype)
    x[5, 3], x[6, 3], x[7, :2] = np.inf, np.nan, (np.inf, -np.inf)
    with np.errstate(invalid="ignore"):
        found, alone = add_up(x, axis=(1,)), np.array([add_up(row) for row in x])
        kept = add_up(x, axis=-1, keepdims=True)
    np.testing.assert_array_equal(found[BAD], alone[BAD])
    off, terms = np.abs(np.delete(found, BAD) - np.delete(alone, BAD)), np.delete(x, BAD, axis=0)
    assert np.all(off <= 2 * np.finfo(dtype).eps * np.abs(terms).sum(axis=1))
    np.testing.assert_array_equal(kept, found[:, None])
    for axis in (0, (0,), (0, 1), None):
        assert np.shape(add_up(terms, axis=axis)) == terms.sum(axis=axis).shape
