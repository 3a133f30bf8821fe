"""Normalising: against scikit-learn, its inverse, constant features, and data in parts."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import StandardScaler

import tensorgraph as tg
from tensorgraph.data import Normalize, feature_scaling
from tensorgraph.errors import (
    ArgumentError,
    DTypeError,
    ShapeError,
    StateError,
    UsageError,
)

FLOATS = st.sampled_from([np.float32, np.float64])
SEEDS = st.integers(0, 10_000)


def table(seed, m, n, dtype=np.float64):
    random = np.random.default_rng(seed)
    scale, offset = 10 ** random.uniform(-3, 3, n), random.normal(0, 10, n)
    return ((random.normal(size=(m, n)) + offset) * scale).astype(dtype)


@given(SEEDS, st.integers(3, 40), st.integers(1, 6), FLOATS)
def test_it_is_what_scikit_learn_computes(seed, m, n, dtype):
    train, test = table(seed, m, n, dtype), table(seed + 1, 7, n, dtype)
    normalize, scaler = Normalize().fit(train), StandardScaler().fit(train.astype(np.float64))
    tol = 1e-4 if dtype == np.float32 else 1e-9
    assert np.allclose(normalize.mean, scaler.mean_, rtol=1e-12)
    assert np.allclose(normalize.std, scaler.scale_, rtol=1e-9)
    for data in (train, test):
        assert normalize(data).dtype == dtype
        assert np.allclose(normalize(data), scaler.transform(data.astype(np.float64)), tol, tol)


@given(SEEDS, st.integers(3, 40), FLOATS)
def test_the_training_set_has_mean_0_and_variance_1(seed, m, dtype):
    z = Normalize().fit(train := table(seed, m, 3, dtype)).transform(train).astype(np.float64)
    assert np.abs(z.mean(axis=0)).max() < 1e-5
    assert np.allclose(z.var(axis=0), 1, atol=1e-4)


def test_dividing_by_the_variance_would_not_make_scales_equal():
    train = np.array([[1.0, 1000.0], [2.0, 2000.0], [3.0, 3000.0]])
    by_variance = (train - train.mean(axis=0)) / train.var(axis=0)
    assert by_variance.std(axis=0)[0] == pytest.approx(1000 * by_variance.std(axis=0)[1])
    assert Normalize().fit(train)(train).std(axis=0) == pytest.approx([1, 1])


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.tuples(st.integers(2, 12), st.integers(1, 4)),
        elements=st.floats(-1e4, 1e4, width=32),
    )
)
def test_the_inverse_gives_back_what_was_normalised(x):
    normalize = Normalize().fit(x)
    tol = (1e-5 if x.dtype == np.float32 else 1e-12) * (np.abs(x).max(axis=0) + 1e-30)
    assert normalize.inverse(normalize(x)).dtype == x.dtype
    assert (np.abs(normalize.inverse(normalize(x)) - x) <= tol).all()


@given(SEEDS, st.integers(1, 200))
def test_parts_give_what_the_whole_gives(seed, chunk):
    x = table(seed, 30, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feature_scaling, "CHUNK_BYTES", 24 * chunk)
        parts = Normalize().fit(x)
    assert np.allclose(parts.mean, x.mean(axis=0, keepdims=True), rtol=1e-12)
    assert np.allclose(parts.std, x.std(axis=0, keepdims=True), rtol=1e-10)


def test_float32_sums_do_not_lose_what_they_add():
    train = np.full((1_000_000, 1), 1000.1, np.float32)
    train[::2] += 0.5
    normalize = Normalize().fit(train)
    exact = train.astype(np.float64)
    assert normalize.std[0, 0] == pytest.approx(exact.std(), rel=1e-9)
    assert normalize.mean[0, 0] == pytest.approx(exact.mean(), rel=1e-12)


def test_a_memory_map_is_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(feature_scaling, "CHUNK_BYTES", 1000)
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (1000, 4))
    x[:] = table(0, 1000, 4)
    longest = []
    missing_in = feature_scaling.missing_in
    monkeypatch.setattr(
        feature_scaling,
        "missing_in",
        lambda part: (longest.append(part.nbytes), missing_in(part))[1],
    )
    normalize = Normalize().fit(x)
    assert max(longest) <= 1000 and sum(longest) == x.nbytes
    assert np.allclose(normalize.mean, np.asarray(x, np.float64).mean(axis=0))


# --------------------------------------------------------------------------------------- axes


@pytest.mark.parametrize("axis", [0, 1, (0, 1), (0, 2, 3), (2, 3)])
def test_statistics_are_taken_over_the_axes(axis):
    x = np.random.default_rng(0).normal(3, 2, (5, 3, 4, 6))
    normalize = Normalize(axis).fit(x)
    assert np.allclose(normalize.mean, x.mean(axis=axis, keepdims=True))
    assert np.allclose(normalize.std, x.std(axis=axis, keepdims=True))
    assert np.allclose(normalize(x), (x - x.mean(axis, keepdims=True)) / x.std(axis, keepdims=True))


def test_images_of_any_size_where_channels_are_normalised():
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 8, 8), dtype=np.uint8)
    normalize = Normalize(axis=(0, 2, 3)).fit(images)
    assert normalize.mean.shape == (1, 3, 1, 1)
    other = normalize(images[:2, :, :5, :5])
    assert other.shape == (2, 3, 5, 5) and other.dtype == np.float32


def test_samples_in_columns():
    x = table(0, 20, 3)
    assert np.allclose(Normalize(axis=1).fit(x.T)(x.T), Normalize().fit(x)(x).T)


# ------------------------------------------------------------------------------------ constant


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1, -1e-20])
def test_a_constant_feature_is_centred_only(value, dtype):
    train = np.full((1001, 1), value, dtype)
    normalize = Normalize().fit(train)
    assert normalize.std[0, 0] == 1
    assert np.abs(normalize(train)).max() <= 1e-6 * abs(value)
    assert normalize(train + 1) == pytest.approx(np.ones((1001, 1)), rel=0.1)


def test_what_differs_by_rounding_only_is_constant():
    train = np.array([[0.1 + 0.2], [0.3]])
    assert Normalize().fit(train).std[0, 0] == 1


def test_small_deviations_of_large_numbers_count():
    seconds = 1.7e9 + np.arange(5.0)[:, None]
    assert Normalize().fit(seconds).std[0, 0] == pytest.approx(np.sqrt(2))
    assert Normalize().fit(1e-12 * np.arange(5.0)[:, None]).std[0, 0] < 1e-11


def test_the_floor_may_be_raised():
    x = np.array([[1.0], [1.01]])
    assert Normalize(floor=0.1).fit(x).std[0, 0] == 1
    assert Normalize(floor=0.001).fit(x).std[0, 0] == pytest.approx(0.005)


# ---------------------------------------------------------------------------------------- state


def test_its_state_is_arrays():
    x = table(0, 10, 3)
    normalize = Normalize().fit(x)
    other = Normalize()
    other.load_state_dict({k: np.array(v) for k, v in normalize.state_dict().items()})
    assert np.array_equal(other(x), normalize(x))
    normalize.state_dict()["mean"][:] = 0
    assert np.array_equal(other(x), normalize(x))
    for kind in (np.ndarray.tolist, np.float32):  # as read from a file of another kind
        other.load_state_dict({k: kind(v) for k, v in normalize.state_dict().items()})
        assert other.mean.dtype == other.std.dtype == np.float64
        assert np.allclose(other(x), normalize(x), atol=1e-5)


def test_a_state_that_does_not_fit():
    good = Normalize().fit(table(0, 10, 3)).state_dict()
    for wrong, message in [
        ({}, "entries mean and std, not none"),
        ({**good, "axis": 0}, "not mean, std, axis"),
        ({**good, "std": np.ones(2)}, r"mean of shape \(1, 3\), std of shape \(2,\)"),
        ({**good, "std": 0 * good["std"]}, "a deviation positive"),
        ({**good, "mean": np.nan * good["std"]}, "a mean is finite"),
    ]:
        with pytest.raises(StateError, match=message):
            Normalize().load_state_dict(wrong)


# ------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_missing_values_are_counted_and_placed(bad, monkeypatch):
    monkeypatch.setattr(feature_scaling, "CHUNK_BYTES", 24)
    x = table(0, 10, 3)
    normalize = Normalize().fit(x)
    x[[5, 7], [2, 0]] = bad
    for call in (Normalize().fit, normalize):
        with pytest.raises(
            ArgumentError, match=r"2 of 30 values are NaN or.*index \(5, 2\); leave"
        ):
            call(x)


def test_wrong_use():
    x = table(0, 10, 3)
    normalize = Normalize().fit(x)
    for call in (Normalize().transform, Normalize().inverse):
        with pytest.raises(UsageError, match=r"no mean.*write normalize.fit\(train\)"):
            call(x)
    with pytest.raises(UsageError, match="nothing to save"):
        Normalize().state_dict()
    with pytest.raises(ShapeError, match=r"shape \(10, 2\), but it was fitted to \(any, 3\)"):
        normalize(x[:, :2])
    with pytest.raises(ShapeError, match=r"shape \(3,\), but.*x\[None\] for one"):
        normalize(x[0])
    with pytest.raises(ShapeError, match=r"axis=\(2,\) of data of shape \(10, 3\)"):
        Normalize(axis=2).fit(x)
    with pytest.raises(ArgumentError, match=r"have [01] samples? over axis="):
        Normalize().fit(x[:1])
    with pytest.raises(ArgumentError, match=r"have [01] samples? over axis="):
        Normalize().fit(x[:0])
    with pytest.raises(DTypeError, match=r"data are numbers, not strings .*tg.data.Classes"):
        Normalize().fit(np.array([["a"]]))
    with pytest.raises(ArgumentError, match="names at least one axis, each once"):
        Normalize(axis=(0, 0))
    with pytest.raises(ArgumentError, match="axis is at least 0, not -1"):
        Normalize(axis=-1)
    with pytest.raises(ArgumentError, match="floor is at least 0"):
        Normalize(floor=-1.0)


@given(
    st.sampled_from([np.float16, np.float32, np.float64]),
    st.integers(-320, 308),
    st.integers(2, 40),
    SEEDS,
)
def test_numbers_of_any_size_are_normalised(dtype, power, m, seed):
    """Their squares leave the range of the dtype, and of float64: the reference is exact."""
    random = np.random.default_rng(seed)
    largest = float(np.finfo(dtype).max)
    with np.errstate(over="ignore", under="ignore"):
        x = (np.clip(random.normal(size=m) * 10.0**power, -largest, largest)).astype(dtype)
    x = np.stack([x, np.zeros(m, dtype), np.ones(m, dtype), np.arange(m, dtype=dtype)], axis=1)
    normalize = Normalize(floor=0).fit(x)
    for column, mean, std in zip(x.T, normalize.mean[0], normalize.std[0], strict=True):
        exact = [Fraction(float(v)) for v in column]
        centre = sum(exact) / m
        variance = sum((v - centre) ** 2 for v in exact) / m
        with mpmath.workdps(40):
            wanted = mpmath.sqrt(mpmath.mpf(variance.numerator) / variance.denominator)
            wanted = float(wanted) if wanted else 1.0
        assert mean == pytest.approx(float(centre), rel=1e-9, abs=1e-12 * wanted)
        assert std == pytest.approx(wanted, rel=1e-9 if wanted > 1e-300 else 0.1)


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e-150, 1.0, 1e150, 1e200, 1.7e308])
def test_features_of_extreme_scales_come_out_alike(scale, monkeypatch):
    monkeypatch.setattr(feature_scaling, "CHUNK_BYTES", 64)
    x = np.array([[-1.0, 3.0], [1.0, 5.0], [-1.0, 3.0], [1.0, 5.0]])
    x[:, 0] *= scale
    normalize = Normalize().fit(x)
    assert np.allclose(normalize(x), [[-1, -1], [1, 1]] * 2, rtol=1e-3)
    assert np.allclose(normalize.inverse(normalize(x)), x, rtol=1e-3, atol=0)


def test_what_does_not_fit_in_the_dtype_is_told():
    prices = Normalize().fit(np.array([[1e5], [3e5]]))
    half = np.array([[0.5]], np.float16)
    with pytest.raises(ArgumentError, match=r"250000 does not fit in float16; .*astype\(float\)"):
        prices.inverse(half)
    assert prices.inverse(half.astype(float)).tolist() == [[2.5e5]]
    small = Normalize().fit(np.array([[0.0], [1e-30]]))
    with pytest.raises(ArgumentError, match=r"transform: .*e\+\d+ does not fit in float32"):
        small(np.array([[3e38]], np.float32))


def test_a_memory_map_with_constant_features_is_left_as_it_was(tmp_path):
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (100, 3))
    x[:] = table(0, 100, 3)
    x[:, 1] = 0
    kept = np.array(x)
    assert np.allclose(Normalize().fit(x).std[0], [kept[:, 0].std(), 1, kept[:, 2].std()])
    assert np.array_equal(x, kept)


def test_kinds_of_data():
    assert Normalize().fit([[0], [2]])([[1], [2]]).dtype == np.float32
    assert Normalize().fit(tg.tensor([[0.0], [2.0]]))(tg.tensor([[2.0]])).tolist() == [[1.0]]
    assert Normalize().fit(np.array([[True], [False]]))(np.array([[True]])).tolist() == [[1.0]]
    data = np.array([[1.0, 2.0], [3.0, 5.0]])
    data.flags.writeable = False
    Normalize().fit(data)(data)


def test_what_it_shows():
    assert repr(Normalize()) == "Normalize(axis=(0,), not fitted)"
    assert repr(Normalize().fit(table(0, 10, 3))) == "Normalize(axis=(0,), fitted to 3 features)"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_leaves_the_range_on_its_way_back_is_told_as_an_error_alone(dtype):
    normalize = Normalize().fit(np.array([[0.0], [100.0]]))
    with pytest.raises(ArgumentError, match=f"does not fit in {dtype}"):
        normalize.inverse(np.full((1, 1), np.finfo(dtype).max, dtype))


def test_what_no_dtype_holds_has_no_remedy():
    normalize = Normalize().fit(np.array([[0.0], [1e200]]))
    with pytest.raises(ArgumentError, match=r"inverse: inf does not fit in float64$"):
        normalize.inverse([[1e200]])
