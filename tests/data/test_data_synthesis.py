"""Synthesised examples: how they are mixed, and how few sources they have."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tensorgraph.data import synthesize
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, UsageWarning

SEEDS = st.integers(0, 10_000)


def sounds(seed, rows, *shape, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(rows, *shape)).astype(dtype)


@pytest.mark.filterwarnings("ignore::tensorgraph.errors.UsageWarning")
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 40), SEEDS)
def test_sources_are_used_equally_often(fronts, backs, size, seed):
    front, back = sounds(0, fronts, 5), sounds(1, backs, 5)
    made = synthesize(front, back, size, weight=(0.1, 0.5), seed=seed)
    for rows, count in ((made.foreground, fronts), (made.background, backs)):
        often = np.bincount(rows, minlength=count)
        assert len(rows) == size and often.max() - often.min() <= 1
    assert made.foregrounds == min(fronts, size) and made.backgrounds == min(backs, size)
    assert made.reuse == size / made.backgrounds
    assert ((made.weights >= 0.1) & (made.weights <= 0.5)).all()
    by_hand = [
        front[i] + w * back[j]
        for i, j, w in zip(made.foreground, made.background, made.weights, strict=True)
    ]
    assert np.allclose(made.examples, by_hand)
    again = synthesize(front, back, size, weight=(0.1, 0.5), seed=seed)
    assert np.array_equal(made.examples, again.examples)


@given(SEEDS, st.floats(-20, 20), st.floats(0, 20))
def test_the_ratio_of_powers_is_the_one_asked_for(seed, low, width):
    front, back = sounds(seed, 6, 2, 50), 7 * sounds(seed + 1, 5, 2, 50)
    made = synthesize(front, back, snr=(low, low + width), seed=seed)
    noise = made.examples - front[made.foreground]
    ratio = (front[made.foreground] ** 2).sum(axis=(1, 2)) / (noise**2).sum(axis=(1, 2))
    decibels = 10 * np.log10(ratio)
    assert (decibels >= low - 1e-6).all() and (decibels <= low + width + 1e-6).all()
    one = synthesize(front, back, snr=low, seed=seed)
    noise = one.examples - front[one.foreground]
    ratio = (front[one.foreground] ** 2).sum(axis=(1, 2)) / (noise**2).sum(axis=(1, 2))
    assert np.allclose(10 * np.log10(ratio), low, atol=1e-6)


def test_the_warning_of_the_course():
    speech, car = np.zeros((10_000, 1)), np.ones((20, 1))
    with pytest.warns(UsageWarning, match=r"20 backgrounds \(each in 500 examples\).*by heart"):
        made = synthesize(speech, car, weight=0.3)
    assert made.reuse == 500 and made.backgrounds == 20
    assert str(made) == (
        "10,000 examples of 10,000 foregrounds (each in 1 example) and 20 backgrounds"
        " (each in 500 examples)"
    )


def test_few_foregrounds_are_warned_of_too():
    with pytest.warns(UsageWarning, match=r"4 foregrounds \(each in 10.2 examples\)"):
        synthesize(np.zeros((4, 1)), np.ones((41, 1)), size=41, weight=0.3)
    synthesize(np.zeros((4, 1)), np.ones((41, 1)), size=40, weight=0.3)  # no warning


def test_pairs_are_random():
    made = synthesize(np.zeros((30, 1)), np.ones((30, 1)), weight=1.0)
    assert made.foreground.tolist() != sorted(made.foreground)
    assert made.background.tolist() != made.foreground.tolist()
    other = synthesize(np.zeros((30, 1)), np.ones((30, 1)), weight=1.0, seed=1)
    assert made.background.tolist() != other.background.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int16])
def test_examples_have_the_dtype_of_the_foreground(dtype):
    front = np.array([[0, 100, 200]] * 3).astype(dtype)
    back = np.array([[1.0, 1.0, 100.0]] * 3)
    made = synthesize(front, back, weight=0.6)
    assert made.examples.dtype == dtype
    expected = {"u": [1, 101, 255], "i": [1, 101, 260], "f": [0.6, 100.6, 260]}[
        made.examples.dtype.kind
    ]
    assert made.examples[0] == pytest.approx(expected)


def test_wrong_sources():
    x = sounds(0, 4, 3)
    silent = x.copy()
    silent[2] = 0
    for request, error, message in [
        ((x, x), ArgumentError, "either weight or snr, neither were given; write weight=0.3"),
        ((x, x, 4, 0.1, 5.0), ArgumentError, "both were given"),
        ((x, x[:, :2], 4, 0.1), ShapeError, r"a foreground has shape \(3,\), a background \(2,\)"),
        ((x, silent, 4, None, 5.0), ArgumentError, r"background 2 is silent.*write weight="),
        ((x, x[:0], 4, 0.1), ArgumentError, r"background of shape \(0, 3\) is empty"),
        ((np.where(x == x[1, 1], np.nan, x), x, 4, 0.1), ArgumentError, r"1 of 12.*\(1, 1\)"),
        ((x > 0, x, 4, 0.1), DTypeError, "foreground holds numbers, not bool"),
        ((x, x, 0, 0.1), ArgumentError, "size is at least 1"),
        ((x, x, 4, (0.5, 0.1)), ArgumentError, r"weight is a number or a range"),
        ((x, x, 4, np.nan), ArgumentError, r"weight is a number or a range"),
    ]:
        front, back, *rest = request
        size, weight, snr = (*rest, None, None, None)[:3]
        with pytest.raises(error, match=message):
            synthesize(front, back, size, weight=weight, snr=snr)
