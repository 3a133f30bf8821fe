"""Initialisers: their distributions, the fans, and what they do to signals in deep networks."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.nn import init

DTYPES = ["float32", "float64"]
FAN_IN, FAN_OUT = 300, 200
STANDARD_DEVIATIONS = {
    "he": math.sqrt(2 / FAN_IN),
    "xavier": math.sqrt(1 / FAN_IN),
    "lecun": math.sqrt(1 / FAN_IN),
    "glorot": math.sqrt(2 / (FAN_IN + FAN_OUT)),
}

# Every initialiser, with the standard deviation of a weight of shape (FAN_OUT, FAN_IN).
RANDOM = {
    **{f"{rule}_normal": (getattr(init, f"{rule}_normal"), std, "norm")
       for rule, std in STANDARD_DEVIATIONS.items()},
    **{f"{rule}_uniform": (getattr(init, f"{rule}_uniform"), std, "uniform")
       for rule, std in STANDARD_DEVIATIONS.items()},
    "normal()": (init.normal(), 0.01, "norm"),
    "normal(2.0)": (init.normal(2.0), 2.0, "norm"),
    "uniform(-0.5, 0.5)": (init.uniform(-0.5, 0.5), 1 / math.sqrt(12), "uniform"),
}  # fmt: skip
FIXED = {"zeros": init.zeros, "constant(2.5)": init.constant(2.5)}
ALL = {name: make for name, (make, *_) in RANDOM.items()} | FIXED
ALL |= {"orthogonal()": init.orthogonal()}


def drawn(make, shape=(FAN_OUT, FAN_IN), seed=0, dtype=None):
    return make(shape, generator=tg.random.Generator(seed), dtype=dtype).data


def sample(*shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# ------------------------------------------------------------------------------- distributions


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RANDOM)
def test_weights_have_the_distribution_of_the_rule(name, dtype):
    make, std, family = RANDOM[name]
    values = drawn(make, dtype=dtype).astype("float64").reshape(-1)
    # 60,000 draws: the mean is within 5 σ/√n, the deviation within 2 %.
    assert abs(values.mean()) < 5 * std / math.sqrt(values.size)
    assert values.std() == pytest.approx(std, rel=0.02)
    # All quantiles: the largest difference between the two distribution functions.
    edge = math.sqrt(3) * std
    expected = (0, std) if family == "norm" else (-edge, 2 * edge)
    distribution = getattr(scipy.stats, family)(*expected)
    assert scipy.stats.kstest(values, distribution.cdf).pvalue > 1e-3
    if family == "uniform":
        assert 0.999 * edge < np.abs(values).max() <= edge * (1 + 1e-6)


@pytest.mark.parametrize("name", ALL)
def test_every_initialiser_takes_a_shape_a_dtype_and_a_generator(name):
    make = ALL[name]
    for dtype in DTYPES:
        weight = make((4, 3), generator=tg.random.Generator(0), dtype=dtype)
        assert (weight.shape, weight.dtype, weight.requires_grad) == ((4, 3), dtype, False)
    assert make([2, 3, 5, 5]).shape == (2, 3, 5, 5)
    assert make((2, 3)).dtype == np.float32
    assert make((0, 3)).shape == (0, 3)
    assert make((3, 0)).shape == (3, 0)


@pytest.mark.parametrize("name", [name for name in ALL if name not in FIXED])
def test_equal_seeds_give_equal_weights(name):
    make = ALL[name]
    np.testing.assert_array_equal(drawn(make, (5, 4), 7), drawn(make, (5, 4), 7))
    assert (drawn(make, (5, 4), 7) != drawn(make, (5, 4), 8)).any()
    generator = tg.random.Generator(7)
    assert (make((5, 4), generator=generator) != make((5, 4), generator=generator)).any()
    tg.random.seed(3)
    first = make((5, 4)).data
    tg.random.seed(3)
    np.testing.assert_array_equal(make((5, 4)).data, first)


def test_a_generator_fixes_the_weights_of_a_layer():
    one, other = (nn.Linear(3, 2, generator=tg.random.Generator(5)) for _ in range(2))
    assert (one.weight.data == other.weight.data).all()
    assert (one.weight.data != nn.Linear(3, 2).weight.data).any()


def test_fixed_values():
    assert not init.zeros((3,)).data.any()
    assert (init.constant(2)((2, 2), dtype="float64").data == 2.0).all()
    assert init.constant(2)((1,)).dtype == np.float32


def test_the_mean_of_normal():
    values = drawn(init.normal(0.01, mean=1.0), (100, 100))
    assert values.std() == pytest.approx(0.01, rel=0.05)
    assert values.mean() == pytest.approx(1.0, rel=0.001)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (init.he_normal, "he_normal"),
        (init.constant(0.5), "constant(0.5)"),
        (init.normal(), "normal(0.01)"),
        (init.normal(0.1, mean=1.0), "normal(0.1, mean=1.0)"),
        (init.uniform(-0.1, 0.1), "uniform(-0.1, 0.1)"),
        (init.orthogonal(), "orthogonal()"),
        (init.orthogonal(1.5), "orthogonal(1.5)"),
    ],
)
def test_a_layer_shows_its_initialiser(make, text):
    assert repr(nn.Linear(1, 1, init=make)) == f"Linear(1 → 1, init={text})"


@pytest.mark.parametrize(
    "make",
    [
        init.normal(np.float64(0.1), np.float64(1.0)),
        init.uniform(np.float64(0.0), np.float64(1.0)),
        init.constant(np.float64(0.5)),
        init.orthogonal(np.float64(2.0)),
    ],
)
def test_numbers_of_numpy_do_not_widen_the_weights(make):
    assert make((2, 3)).dtype == np.float32
    assert "np" not in make.__name__


# ---------------------------------------------------------------------------------------- fans


def test_the_fans_of_a_convolution_count_its_kernel():
    assert init.fans((16, 3, 5, 7)) == (3 * 35, 16 * 35)
    values = init.he_normal((64, 32, 3, 3), generator=tg.random.Generator(0))
    assert values.data.std() == pytest.approx(math.sqrt(2 / (32 * 9)), rel=0.03)


def test_he_takes_the_slope_of_a_leaky_relu():
    values = init.he_normal((400, 300), slope=0.5, generator=tg.random.Generator(0))
    assert values.data.std() == pytest.approx(math.sqrt(2 / (1.25 * 300)), rel=0.02)


@pytest.mark.parametrize("name", [n for n in ALL if "_" in n or n == "orthogonal()"])
@pytest.mark.parametrize("shape", [(3,), ()])
def test_a_bias_has_no_fan(name, shape):
    with pytest.raises(ShapeError, match=r"has no fan; write init.zeros for a bias"):
        ALL[name](shape)


def test_settings_that_make_no_sense():
    with pytest.raises(ArgumentError, match="a standard deviation is not negative"):
        init.normal(-1)((2, 2))
    with pytest.raises(ArgumentError, match=r"low = 1\.0 is above high = 0\.0"):
        init.uniform(1, 0)((2, 2))
    with pytest.raises(DTypeError, match="drawn as float16, float32 or float64, not int64"):
        init.orthogonal()((2, 2), dtype="int64")


# ---------------------------------------------------------------------------------- orthogonal


@given(
    st.integers(1, 8),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.sampled_from(DTYPES),
    st.sampled_from([1.0, 0.5, math.sqrt(2)]),
    st.integers(0, 100),
)
def test_rows_or_columns_are_orthonormal(out, rest, dtype, gain, seed):
    weight = drawn(init.orthogonal(gain), (out, *rest), seed, dtype)
    assert (weight.shape, weight.dtype) == ((out, *rest), dtype)
    matrix = weight.reshape(out, -1).astype("float64") / gain
    short = matrix if out <= matrix.shape[1] else matrix.T
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(short @ short.T, np.eye(len(short)), rtol=0, atol=tolerance)


def test_a_large_float32_matrix_is_as_orthogonal_as_rounding_allows():
    matrix = drawn(init.orthogonal(), (256, 256)).astype("float64")
    assert np.abs(matrix @ matrix.T - np.eye(256)).max() < 1e-6


def test_all_orthogonal_matrices_are_equally_likely():
    make, generator, n = init.orthogonal(), tg.random.Generator(0), 2000
    matrices = np.stack([make((4, 4), generator=generator, dtype="float64").data for _ in range(n)])
    traces = np.trace(matrices, axis1=1, axis2=2)
    # Diaconis & Shahshahani 1994, "On the eigenvalues of random matrices": in O(4) the moments of
    # the trace are those of N(0, 1) up to the fourth; half of the group are reflections.
    for power, moment, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((traces**power).mean() - moment) < 5 * math.sqrt(variance / n)
    assert abs(np.linalg.det(matrices).mean()) < 5 / math.sqrt(n)
    assert np.abs(matrices.mean(axis=0)).max() < 5 * 0.5 / math.sqrt(n)


# ------------------------------------------------------------------------------- deep networks


def mean_squares(activation, make, depth=20, width=100):
    """Return the mean square of the signals before the first and after each layer."""
    tg.random.seed(0)
    signal = tg.asarray(sample(64, width))
    found = [(signal.data**2).mean()]
    for _ in range(depth):
        signal = activation(nn.Linear(width, width, init=make)(signal))
        found.append((signal.data.astype("float64") ** 2).mean())
    return np.array(found)


def test_he_keeps_the_scale_of_signals_through_a_deep_relu_network():
    he = mean_squares(tg.relu, init.he_normal)
    assert (0.2 < he).all() and (he < 5).all()
    # Half of what is needed at each layer, where ReLU drops half of the variance.
    assert mean_squares(tg.relu, init.xavier_normal)[-1] == pytest.approx(he[-1] / 2**20, rel=0.01)


def test_small_random_numbers_let_signals_vanish():
    # Each layer multiplies the mean square by n σ² / 2 = 0.005.
    squares = mean_squares(tg.relu, init.normal(0.01))
    np.testing.assert_allclose(squares[1:] / squares[:-1], 0.005, rtol=0.5)
    assert squares[-1] < 1e-36


def test_orthogonal_weights_keep_lengths_exactly_through_a_deep_linear_network():
    squares = mean_squares(lambda x: x, init.orthogonal())
    np.testing.assert_allclose(squares, squares[0], rtol=1e-5)
    kept = mean_squares(tg.relu, init.orthogonal(math.sqrt(2)))
    assert 0.2 < kept[-1] < 5
