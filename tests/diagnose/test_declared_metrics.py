"""What every metric promises by its declaration: its range, its best value, its direction."""

import inspect
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.diagnose.metric import METRICS

LABELS = st.lists(st.integers(0, 1), min_size=4, max_size=20).map(lambda labels: [0, 1, *labels])


def called(name, chances, labels):
    """Call a metric with what its first parameter's name says: classes, scores or probabilities."""
    function = METRICS[name].function
    first = next(iter(inspect.signature(function).parameters))
    said = chances if first in ("probabilities", "scores") else (chances > 0.5).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tg.errors.UsageWarning)  # 0/0 counts as 0
        return function(said, labels)


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
