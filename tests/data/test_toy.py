"""Toy sets: each point satisfies its formula, each class has its number, a seed says all."""

import inspect

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

T = tg.data.toy
ALL = [getattr(T, name) for name in T.__all__]
CLASSIFIED = [make for make in ALL if make is not T.sine]
MANY = [T.spirals, T.blobs, T.gaussian_quantiles]
"""Those with as many classes as one likes."""
SEEDS = st.integers(0, 2**64 - 1)


def polar(X):
    """Return the radius, and the angle from the second axis, as flower and spirals count it."""
    return np.hypot(*X.T), np.arctan2(*X.T)


@pytest.mark.parametrize("make", ALL, ids=lambda f: f.__name__)
@given(st.integers(3, 50), SEEDS, st.sampled_from(["float16", "float32", "float64"]))
def test_a_seed_says_all(make, m, seed, dtype):
    X, y = make(m, seed=seed, dtype=dtype)
    again = make(m, seed=seed, dtype=dtype)
    assert X.dtype == dtype and np.array_equal(X, again[0]) and np.array_equal(y, again[1])
    assert len(X) == len(y) == m
    columns = make(m, seed=seed, dtype=dtype, axis=0)
    assert np.array_equal(columns[0], X.T) and np.array_equal(columns[1], y.reshape(1, m))
    assert all(part.flags.c_contiguous and part.flags.writeable for part in (*again, *columns))


@pytest.mark.parametrize("make", ALL, ids=lambda f: f.__name__)
def test_another_seed_is_another_set(make):
    assert not np.array_equal(make(50, seed=0)[0], make(50, seed=1)[0])


@pytest.mark.parametrize("make", CLASSIFIED, ids=lambda f: f.__name__)
@given(st.integers(3, 50), SEEDS)
def test_classes_have_as_many_examples_as_asked_for(make, m, seed):
    _, y = make(m, seed=seed)
    counts = np.bincount(y)
    assert y.dtype == np.int64 and counts.max() - counts.min() <= 1
    wanted = [m, *([1] * (len(counts) - 1))]
    assert np.bincount(make(wanted, seed=seed)[1]).tolist() == wanted
    assert np.bincount(make(np.array(wanted), seed=seed)[1]).tolist() == wanted


@pytest.mark.parametrize("make", MANY, ids=lambda f: f.__name__)
@given(st.integers(1, 6))
def test_as_many_classes_as_one_likes(make, classes):
    assert np.bincount(make(60, classes=classes)[1]).tolist() == [60 // classes] * classes


def test_examples_come_in_random_order():
    """A part of a set is a fair one."""
    for make in CLASSIFIED:
        _, y = make(200)
        assert 0 < y[:40].mean() < y.max() and y.tolist() != sorted(y)
    assert (np.diff(T.sine(50)[0], axis=0) < 0).any()


# ---------------------------------------------------------------------------------------- formulas


@given(st.integers(2, 60), st.sampled_from([4, 8, 12, 16]), st.floats(0.5, 9))
def test_petals_of_a_rose(m, petals, radius):
    X, y = T.flower(m, petals=petals, radius=radius, noise=0, dtype="float64")
    r, t = polar(X)
    # r may be negative: then the point lies at the angle t + π, where sin(k t) is the same.
    np.testing.assert_allclose(r, radius * abs(np.sin(petals / 2 * t)), atol=1e-9)
    assert r.max() <= radius * (1 + 1e-12)
    side = X[:, 0] * np.sin(petals / 2 * np.arctan2(X[:, 0], X[:, 1]))
    inside = abs(side) > 1e-9
    assert (np.sign(side[inside]) == np.where(y == 0, 1, -1)[inside]).all()


def test_the_flower_of_the_course():
    """Eight petals of length four, and noise that keeps nearly all points on their side."""
    X, _ = T.flower(4000, dtype="float64")
    r, t = polar(X)
    assert abs(r - 4 * abs(np.sin(4 * t))).std() < 0.5
    assert 3.9 < np.quantile(r, 0.98) < 4.5


def test_half_moons():
    X, y = T.moons((40, 60), noise=0, dtype="float64")
    upper, lower = X[y == 0], X[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1)
    assert upper[:, 1].min() >= -1e-12 and lower[:, 1].max() <= 0.5 + 1e-12


@given(st.integers(2, 60), st.floats(0.1, 0.9))
def test_rings(m, factor):
    X, y = T.circles(m, factor=factor, noise=0, dtype="float64")
    np.testing.assert_allclose(np.hypot(*X.T), np.where(y == 0, 1, factor))


@given(st.integers(6, 60), st.integers(1, 5), st.floats(-2, 2))
def test_arms_of_a_spiral(m, classes, turns):
    X, y = T.spirals(m, classes=classes, turns=turns, noise=0, dtype="float64")
    r, t = polar(X)
    expected = 2 * np.pi * (y / classes + turns * r)
    np.testing.assert_allclose(r * np.exp(1j * t), r * np.exp(1j * expected), atol=1e-9)
    assert r.max() <= 1 + 1e-12


@given(st.integers(6, 60), st.integers(1, 6), st.integers(1, 4))
def test_clusters_lie_around_their_centres(m, classes, features):
    centers = np.random.default_rng(0).normal(size=(classes, features))
    X, y = T.blobs(m, centers=centers, noise=0, dtype="float64")
    np.testing.assert_array_equal(X, centers[y])
    planar, k = T.blobs(m, classes=classes, noise=0, dtype="float64")
    np.testing.assert_allclose(np.hypot(*planar.T), 4)
    assert len(np.unique(planar.round(6), axis=0)) == classes == len(np.unique(k))


def test_noise_is_a_standard_deviation():
    for noise in (0.5, 2.0):
        X, y = T.blobs(30_000, classes=1, noise=noise)
        np.testing.assert_allclose(X.std(axis=0), noise, rtol=0.03)
        x, y = T.sine(30_000, noise=noise)
        np.testing.assert_allclose((y - np.sin(2 * np.pi * x)).std(), noise, rtol=0.03)


@given(st.integers(6, 60), st.integers(1, 5), st.integers(1, 4), SEEDS)
def test_shells_are_apart(m, classes, features, seed):
    X, y = T.gaussian_quantiles(m, classes=classes, features=features, seed=seed, dtype="float64")
    assert X.shape == (m, features)
    radius = np.linalg.norm(X, axis=1)
    for inner in range(classes - 1):
        assert radius[y == inner].max() <= radius[y == inner + 1].min()


@given(st.integers(1, 60), st.floats(-3, 3))
def test_a_sine(m, periods):
    x, y = T.sine(m, periods=periods, noise=0, dtype="float64")
    assert x.shape == y.shape == (m, 1) and x.min() >= 0 and x.max() <= 1
    np.testing.assert_allclose(y, np.sin(2 * np.pi * periods * x), atol=1e-12)


# ------------------------------------------------------------------------------------ bad arguments


@pytest.mark.parametrize("make", ALL, ids=lambda f: f.__name__)
def test_what_all_refuse(make):
    name = make.__name__
    for settings, error, message in [
        ({"m": 0}, ArgumentError, f"{name}: m is at least \\d, not 0"),
        ({"m": 2**70}, ArgumentError, f"{name}: m is at most"),
        ({"m": "many"}, DTypeError, f"{name}: m is an integer"),
        ({"noise": -1}, ArgumentError, f"{name}: noise is at least 0"),
        ({"noise": float("nan")}, ArgumentError, f"{name}: noise"),
        ({"noise": 1e300}, ArgumentError, "too large for float32; write dtype='float64'"),
        ({"axis": 2}, ArgumentError, f"{name}: axis is where the features stand: -1 .* 0"),
        ({"axis": None}, DTypeError, f"{name}: axis is an integer"),
        ({"seed": -1}, ArgumentError, f"{name}: seed is at least 0"),
        ({"dtype": "int32"}, DTypeError, f"{name}: dtype is one of floating-point"),
        ({"dtype": "number"}, DTypeError, f"{name}: dtype is one of floating-point"),
    ]:
        with pytest.raises(error, match=message):
            make(**settings)


@pytest.mark.parametrize(
    ("make", "settings", "error", "message"),
    [
        (T.flower, {"petals": 6}, ArgumentError, "a multiple of 4, such as 4, 8 or 12, not 6"),
        (T.flower, {"radius": 0}, ArgumentError, "radius is above 0"),
        (T.circles, {"factor": 1}, ArgumentError, r"factor is in \(0, 1\)"),
        (T.moons, {"m": (1, 2, 3)}, ArgumentError, "3 counts for 2 classes"),
        (T.moons, {"m": (5, -1)}, ArgumentError, "counts the examples of each class"),
        (T.moons, {"m": (0, 0)}, ArgumentError, "counts the examples of each class"),
        (T.spirals, {"classes": 0}, ArgumentError, "classes is at least 1"),
        (T.blobs, {"centers": [1, 2]}, ShapeError, r"\(classes, features\), not \(2,\)"),
        (T.blobs, {"centers": [[1, np.nan]]}, ArgumentError, "centers are finite"),
        (T.blobs, {"centers": "far"}, ShapeError, "centers"),
        (T.gaussian_quantiles, {"features": 0}, ArgumentError, "features is at least 1"),
        (T.sine, {"periods": np.inf}, ArgumentError, "periods is a finite number"),
    ],
)
def test_what_one_refuses(make, settings, error, message):
    with pytest.raises(error, match=message):
        make(**settings)


def test_all_take_the_same():
    shared = {"m", "noise", "axis", "seed", "dtype"}
    for make in ALL:
        assert shared <= inspect.signature(make).parameters.keys()
