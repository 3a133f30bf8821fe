"""Whether two sets look alike: the tests, their correction, and the verdict."""

import math
from bisect import bisect_right

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

import tensorgraph as tg
from tensorgraph.data import alike, similarity, split
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def by_name(found):
    return {one.feature: one for one in found.comparisons}


# ------------------------------------------------------------------------------------ the tests


@pytest.mark.parametrize("n, m", [(30, 40), (300, 200)])
def test_numbers_by_kolmogorov_and_smirnov(n, m):
    dev, test = numbers(0, n, 2), numbers(1, m, 2) + np.array([0, 0.3])
    for name, one in by_name(alike(dev, test)).items():
        column = int(name[-2])
        first, second = sorted(dev[:, column]), sorted(test[:, column])
        gaps = [bisect_right(first, v) / n - bisect_right(second, v) / m for v in first + second]
        assert one.test == "Kolmogorov–Smirnov"
        assert one.statistic == pytest.approx(max(map(abs, gaps)))
        peer = stats.ks_2samp(dev[:, column], test[:, column])
        assert one.p == pytest.approx(peer.pvalue, rel=0.12)


@pytest.mark.parametrize("kind", [str, int, bool])
def test_categories_by_chi_square(kind):
    dev, test = [0] * 60 + [1] * 40, [0] * 45 + [1] * 75
    one = alike(np.array(dev).astype(kind), np.array(test).astype(kind)).comparisons[0]
    # Pearson's statistic by hand: (observed − expected)² / expected in each of the four cells.
    cells = [(60, 100 * 105 / 220), (40, 100 * 115 / 220), (45, 120 * 105 / 220)]
    cells.append((75, 120 * 115 / 220))
    statistic = sum((o - e) ** 2 / e for o, e in cells)
    assert one.test == "chi-square" and one.statistic == pytest.approx(statistic)
    assert one.p == pytest.approx(math.erfc(math.sqrt(statistic / 2)))  # one degree of freedom


def test_integers_of_many_values_are_numbers():
    random = np.random.default_rng(0)
    for values, test in [(20, "chi-square"), (21, "Kolmogorov–Smirnov")]:
        columns = [random.permutation(np.arange(500) % values) for _ in range(2)]
        assert alike(*columns).comparisons[0].test == test


def test_rare_categories_are_counted_together():
    dev, test = ["a"] * 50 + ["b"] * 50 + list("cdef"), ["a"] * 50 + ["b"] * 50 + list("ghij")
    one = alike(np.array(dev), np.array(test)).comparisons[0]
    assert one.p == pytest.approx(1)  # c … j are four of each
    table = similarity._pooled(np.array([[50, 3, 2, 0], [40, 1, 2, 5]]))
    assert table.tolist() == [[50, 5], [40, 8]]


def test_constant_features_are_alike():
    assert alike(np.ones((20, 2)), np.ones((30, 2)))
    assert alike(np.array(["a"] * 20), np.array(["a"] * 30)).comparisons[0].p == 1


# ------------------------------------------------------------------------------- the correction


def test_holm_by_the_book():
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert similarity.holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_rejects_what_the_stepwise_procedure_rejects(p):
    corrected, alpha = similarity.holm(np.array(p)), 0.05
    assert (corrected >= np.array(p)).all() and (corrected <= 1).all()
    rejected = set()
    for step, k in enumerate(np.argsort(p, kind="stable")):
        if p[k] * (len(p) - step) > alpha:
            break
        rejected.add(k)
    assert set(np.flatnonzero(corrected <= alpha)) == rejected


def test_false_alarms_are_as_rare_as_promised():
    alarms = [
        not alike(*np.random.default_rng(seed).random((2, 60, 10)), alpha=0.2)
        for seed in range(200)
    ]
    assert np.mean(alarms) < 0.27


# ---------------------------------------------------------------------------------- the verdict


def test_random_sets_are_alike_and_sorted_ones_are_not():
    x = np.sort(numbers(0, 600, 3), axis=0)
    y = (x[:, 0] > 0).astype(int)
    sets = split((x), seed=1)
    assert alike(sets.dev, sets.test)
    labelled = split(x, y, shuffle=False)
    found = alike(labelled.dev, labelled.test)
    assert not found and len(found.different) == 3  # the labels are all 1 in both
    assert str(found).startswith("not alike: 3 of 4 features differ: array 0[")
    assert str(found).endswith("put both sets together and split them again at random")
    assert str(alike(sets.dev, sets.test)).startswith("alike: no difference found in any of 3")


def test_what_differs_most_comes_first():
    dev = {"a": numbers(0, 200), "b": numbers(1, 200)}
    found = alike(dev, {"a": numbers(2, 200), "b": numbers(3, 200) + 1})
    assert [one.feature for one in found.comparisons] == ["b", "a"]
    assert [one.feature for one in found.different] == ["b"]
    assert "b (Kolmogorov–Smirnov, p = " in str(found)


def test_every_element_of_an_image_is_a_feature():
    images = numbers(0, 100, 2, 3, 3)
    other = numbers(1, 100, 2, 3, 3)
    other[:, 1, 0, 2] += 3
    found = alike((images, np.zeros(100, int)), (other, np.zeros(100, int)))
    assert len(found.comparisons) == 19
    assert [one.feature for one in found.different] == ["array 0[1, 0, 2]"]


def test_so_few_examples_are_refused_that_no_difference_could_be_found():
    # 4 and 4 numbers have 70 orders, in 2 of which the sets do not overlap: p = 1/35.
    low, high = np.arange(4.0), np.arange(4.0) + 9
    assert alike(low, high, alpha=0.03).comparisons[0].p == pytest.approx(1 / 35)
    assert not alike(low, high, alpha=0.03)
    with pytest.raises(ArgumentError, match="4 and 4 examples are too few"):
        alike(low, high, alpha=0.028)


def test_wrong_sets():
    x = numbers(0, 20, 3)
    for dev, test, error, message in [
        (x, x[:, :2], ShapeError, r"shape \(3,\) in dev and \(2,\) in test"),
        ({"x": x}, {"y": x}, ArgumentError, "dev has 'x', test has 'y'"),
        (x, x[:0], ArgumentError, "alike: test: there are no examples"),
        (x, np.where(x == x[4, 1], np.nan, x), ArgumentError, r"array 0 of test: 1 of.*\(4, 1\)"),
        (x[:, :0], x[:, :0], ArgumentError, "no features to compare"),
        (x, "abc", ShapeError, "one row for each example"),
        (x[:2], x[2:4], ArgumentError, "2 and 2 examples are too few .* 3 features at alpha=0.05"),
        (["1"] * 9, [1] * 9, DTypeError, "array 0 is <U1 in dev and int64 in test"),
    ]:
        with pytest.raises(error, match=message):
            alike(dev, test)
    with pytest.raises(ArgumentError, match=r"alpha is in \[0, 1\]"):
        alike(x, x, alpha=5)
    with pytest.raises(DTypeError, match="alpha is a number"):
        alike(x, x, alpha="5 %")


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "scipy.stats", None)
    with pytest.raises(ImportError, match=r"pip install 'tensorgraph-engine\[stats\]'"):
        tg.data.alike(np.zeros(9), np.zeros(9))
