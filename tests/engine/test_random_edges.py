"""Random draws at the ends of their ranges: of the interval, of the dtype, of the parameters."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given, strategies as st
from scipy import stats

import tensorgraph as tg
from tensorgraph import random
from tensorgraph.errors import ArgumentError
from tensorgraph.nn import init

DTYPES = ["float16", "float32", "float64"]
LAST = {"float16": 1 - 2**-24, "float32": 1 - 2**-24, "float64": 1 - 2**-53}
"""The largest number that an even draw from [0, 1) gives; half precision is drawn in single."""

every_dtype = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture
def extreme_draws(monkeypatch):
    """Let even draws be their extremes and what lies between, in turn."""

    def uniform(generator, *, shape, dtype):
        u = np.resize([0.0, LAST[str(dtype)], 0.5, 2**-20, 0.7], shape)
        return tg.tensor(u.astype(dtype))

    monkeypatch.setitem(random._RANDOM_OPS, "uniform", uniform)


def end(dtype):
    largest = float(np.finfo(dtype).max)
    return st.floats(-largest, largest) | st.integers(-10, 10)


@every_dtype
@pytest.mark.usefixtures("extreme_draws")
def test_a_draw_lies_in_its_interval_whatever_the_ends(dtype):
    kind, largest = np.dtype(dtype).type, float(np.finfo(dtype).max)
    smallest = float(np.finfo(dtype).smallest_subnormal)

    @given(end(dtype), end(dtype))
    @example(1000, 1001)
    @example(0, 1)
    @example(-largest, largest)
    @example(-1, 0)
    @example(-0.5, 0)
    @example(-smallest, 0)
    @example(0, smallest)
    @example(-smallest, smallest)
    @example(0.1, 0.1)
    @example(0.0, largest)
    @example(-3.0, 2**-20)
    def check(a, b):
        low, high = min(a, b), max(a, b)
        assume(high < largest or kind(low) < kind(high))
        arrays = tuple(np.full(5, x, dtype) for x in (low, high))
        # The step from an array's end is a product, which is 0 below the normal numbers.
        normal = kind(high) == 0 or abs(high) >= np.finfo(dtype).tiny / np.finfo(dtype).eps
        for ends in [(low, high), arrays, tuple(map(tg.tensor, arrays))][: 3 if normal else 1]:
            found = random.uniform((5,), *ends, dtype=dtype)
            assert found.dtype == dtype
            assert (found.data >= kind(low)).all()
            assert (found.data < kind(high)).all() or kind(low) == kind(high)
            assert (found.data <= kind(high)).all()
            assert found.data[0] == kind(low)

    check()


@every_dtype
def test_a_wide_interval_is_filled_evenly(dtype):
    high = float(np.finfo(dtype).max)
    draw = random.uniform((4000,), -high, high, dtype=dtype, generator=random.Generator(1))
    assert stats.kstest(draw.data.astype(float) / high, stats.uniform(-1, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("scale", [1.0, 1e308])
def test_gradients_flow_to_both_ends_of_any_interval(scale):
    low, high = (tg.tensor(x * scale, dtype="float64", requires_grad=True) for x in (-1.0, 1.0))
    draw = random.uniform((7,), low, high, dtype="float64", generator=random.Generator(3))
    share = random.uniform(7, dtype="float64", generator=random.Generator(3)).data
    g = tg.gradients(draw.sum() / 7, [low, high])
    np.testing.assert_allclose([x.item() for x in g], [1 - share.mean(), share.mean()], rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("mean", "std"), [(-0.9, 0.9), (0.9, 0.3), (0.0, 0.5), (-1.0, 0.01)])
def test_normal_is_infinite_only_where_its_value_is_too_large(dtype, mean, std):
    largest = np.finfo(dtype).max
    epsilon = random.normal((200,), dtype=dtype, generator=random.Generator(5)).data
    found = random.normal(
        (200,), mean * float(largest), std * float(largest), dtype, random.Generator(5)
    ).data
    shares = mean + std * epsilon.astype(float)
    inside, outside = np.abs(shares) < 0.999, np.abs(shares) > 1.001
    np.testing.assert_allclose(found[inside] / largest, shares[inside], rtol=1e-5, atol=1e-6)
    assert np.isinf(found[outside]).all()


def test_half_precision_is_single_precision_rounded():
    half = random.normal((50,), 1.0, 3.0, "float16", random.Generator(1))
    single = random.normal((50,), 1.0, 3.0, "float32", random.Generator(1))
    np.testing.assert_array_equal(half.data, single.data.astype("float16"))
    assert np.isinf(random.normal((50,), 0.0, 6e4, "float16", random.Generator(1)).data).any()


BAD = {
    "uniform: high = inf is not finite in float32": lambda: random.uniform((2,), 0, math.inf),
    "uniform: low = nan is not finite": lambda: random.uniform((2,), math.nan, 1.0),
    "uniform: high = 1e.39 is not finite in float32": lambda: random.uniform((2,), 0, 1e39),
    "uniform: high = 70000 is not finite in float16": lambda: random.uniform(
        (2,), 0, 70000, "float16"
    ),
    "uniform: low = .*inf.* is not finite": lambda: random.uniform(low=[-math.inf, 0.0]),
    "normal: std = nan is not finite": lambda: random.normal((2,), 0.0, math.nan),
    "normal: std = 1e.39 is not finite in float32": lambda: random.normal((2,), 0.0, 1e39),
    "normal: mean = .*nan.* is not finite": lambda: random.normal(mean=tg.tensor([math.nan, 0.0])),
    "normal: std = 1000* is not finite": lambda: random.normal((2,), 0.0, 10**400),
    r"bernoulli: probabilities lie in \[0, 1\], got nan": lambda: random.bernoulli(math.nan),
}


@pytest.mark.parametrize("message", BAD)
def test_parameters_that_are_not_finite_are_refused_before_anything_is_drawn(message):
    before = random.default_generator().state
    with pytest.raises(ArgumentError, match=message):
        BAD[message]()
    assert random.default_generator().state == before


@pytest.mark.parametrize("p", [2**-1074, 2**-60, 1 - 2**-53, np.float16(6e-8)])
def test_bernoulli_takes_the_least_and_largest_probabilities(p):
    draw = random.bernoulli(p, 20_000, random.Generator(1))
    assert draw.data.all() if p > 0.5 else not draw.data[:1000].all()


INITIALISERS = {
    name: getattr(init, name)
    for name in dir(init)
    if name.endswith(("_normal", "_uniform")) and not name.startswith("_")
} | {
    "normal": init.normal(0.5),
    "uniform": init.uniform(-2.0, 2.0),
    "orthogonal": init.orthogonal(),
    "constant": init.constant(0.5),
    "zeros": init.zeros,
}


@pytest.mark.parametrize("name", INITIALISERS)
@every_dtype
def test_initialisers_give_every_precision_and_take_every_fan(name, dtype):
    start = INITIALISERS[name]
    weights = start((3, 4), dtype=dtype, generator=random.Generator(0))
    assert weights.dtype == dtype
    if dtype == "float16":
        single = start((3, 4), dtype="float32", generator=random.Generator(0))
        np.testing.assert_allclose(weights.data, single.data, atol=2e-3)
    for shape in ((0, 10**15), (10**15, 0), (1, 0), (0, 0), (1, 1), (2, 1, 0)):
        if name != "orthogonal" or max(shape) < 10**15:
            assert start(shape, dtype=dtype).shape == shape


def test_a_steep_slope_leaves_little():
    assert not init.he_normal((2, 3), slope=1e200).data.any()
