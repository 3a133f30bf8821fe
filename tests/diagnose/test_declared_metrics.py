"""What every metric promises by its declaration: its range, its best value, its direction."""

import inspect
import math
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.diagnose.metric import METRICS

LABELS = st.lists(st.integers(0, 1), min_size=4, max_size=20).map(lambda labels: [0, 1, *labels])


def called(name, chances, labels, **more):
    """Call a metric with what its first parameter's name says: classes, scores or probabilities."""
    function = METRICS[name].function
    said = chances if takes_chances(name) else (chances > 0.5).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tg.errors.UsageWarning)  # 0/0 counts as 0
        return function(said, labels, **more)


def takes_chances(name):
    first = next(iter(inspect.signature(METRICS[name].function).parameters))
    return first in ("probabilities", "scores")


@pytest.mark.parametrize("name", METRICS)
@given(labels=LABELS, seed=st.integers(0, 2**32 - 1))
def test_a_value_lies_in_the_range(name, labels, seed):
    metric = METRICS[name]
    chances = np.random.default_rng(seed).random(len(labels)).round(1)
    value = called(name, chances, np.array(labels))
    assert min(metric.worst, metric.best) <= value <= max(metric.worst, metric.best)


@pytest.mark.parametrize("name", METRICS)
@given(labels=LABELS)
def test_certain_and_right_answers_are_best_and_wrong_ones_worse(name, labels):
    metric, labels = METRICS[name], np.array(labels)
    best = called(name, labels.astype(float), labels)
    worse = called(name, 1.0 - labels, labels)
    assert math.isclose(best, metric.best, abs_tol=1e-12)
    assert worse > best if metric.direction == "min" else worse < best


@pytest.mark.parametrize("name", METRICS)
def test_models_are_selected_by_it(name):
    metric = METRICS[name]
    assert getattr(tg.diagnose, name) is metric.function
    models = {"low": {f"dev_{name}": 0.25}, "high": {f"dev_{name}": 0.75}}
    winner = tg.diagnose.select(models, optimize=f"dev_{name}").winner
    assert winner == ("high" if metric.direction == "max" else "low")


COLUMN, ROW = (-1, 1), (1, -1)


@pytest.mark.parametrize("name", METRICS)
@given(
    labels=LABELS,
    shapes=st.tuples(*[st.sampled_from([-1, COLUMN, ROW])] * 3),
    kind=st.sampled_from([np.array, tg.tensor, np.asfortranarray, pd.DataFrame]),
)
def test_a_column_and_a_row_are_one_value_for_each_example(name, labels, shapes, kind):
    m = len(labels)
    chances = np.random.default_rng(m).random(m).round(1)
    given = [chances, np.array(labels), np.arange(1.0, m + 1)]
    expected = called(name, chances, given[1], sample_weight=given[2])
    said, true, weights = (
        kind(part.reshape(shape)) for part, shape in zip(given, shapes, strict=True)
    )
    said = said if takes_chances(name) else np.asarray(said)
    assert called(name, said, true, sample_weight=weights) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", METRICS)
def test_one_example_is_measured(name):
    if name == "roc_auc":
        return  # it compares examples
    for said in ([0.9], [[0.9]]):
        found = called(name, np.array(said), [1])
        assert found == pytest.approx(called(name, np.array([0.9, 0.9]), [1, 1]))
    if takes_chances(name):
        three = METRICS[name].function([[0.2, 0.3, 0.5]], [2])
        assert three == pytest.approx(METRICS[name].function([[0.2, 0.3, 0.5]] * 2, [2, 2]))


@pytest.mark.parametrize("name", METRICS)
@given(labels=LABELS, seed=st.integers(0, 99))
def test_samples_in_columns_are_refused_with_the_line(name, labels, seed):
    m = len(labels)
    p = np.random.default_rng(seed).random((3, m)) + 0.1
    p /= p.sum(axis=0)
    line = "T$" if takes_chances(name) and m != 3 else r"argmax\(0\)$"
    if takes_chances(name):
        with pytest.raises(tg.errors.ShapeError, match=line):
            METRICS[name].function(p, labels)
    else:
        with pytest.raises(tg.errors.ShapeError, match=line):
            METRICS[name].function(p.round(), labels)


BITS = {np.float16: 1e-3, np.float32: 1e-6, np.float64: 1e-15}


@pytest.mark.parametrize("name", ["log_loss", "brier_score", "expected_calibration_error"])
@pytest.mark.parametrize("dtype", BITS)
def test_rounding_above_1_and_below_0_is_no_error(name, dtype):
    above = np.nextafter(dtype(1), dtype(2))
    p = np.array([above, -np.finfo(dtype).eps, 0.5], dtype)
    expected = METRICS[name].function(np.clip(p, 0, 1), [1, 0, 1])
    assert METRICS[name].function(p, [1, 0, 1]) == expected
    assert METRICS[name].function(p.tolist(), [1, 0, 1]) == pytest.approx(expected, abs=BITS[dtype])
    with pytest.raises(tg.errors.ArgumentError, match=r"1\.01 is no probability"):
        METRICS[name].function([0.5, 1.01, 0.5], [1, 0, 1])


@pytest.mark.parametrize("name", METRICS)
def test_counts_need_no_matrix_of_classes(name):
    if takes_chances(name):
        return
    labels = np.arange(200_000)
    average = {} if name == "accuracy" else {"average": "macro", "undefined": 0.0}
    tracemalloc.start()
    found = METRICS[name].function(labels // 2 * 2, labels, **average)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    expected = {"accuracy": 1 / 2, "precision": 1 / 4, "recall": 1 / 2, "f1": 1 / 3}
    assert found == pytest.approx(expected.get(name, 1 / 3))
    assert peak < 1e9  # the matrix would take 320 GB


@pytest.mark.parametrize("name", ["accuracy", "f1"])
def test_large_numbers_of_either_sign_are_different_classes(name):
    average = {} if name == "accuracy" else {"average": "macro", "undefined": 0.0}
    unsigned = np.array([2**63 + 1, 2**63 + 2, 5], np.uint64)
    signed = np.array([-1, 2**62, 5])
    found = METRICS[name].function(unsigned, signed, **average)
    assert found == pytest.approx({"accuracy": 1 / 3, "f1": 1 / 5}[name])
