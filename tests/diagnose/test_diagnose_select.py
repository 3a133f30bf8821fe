"""Choosing a model: the definition, the order behind it, and what is refused."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, DTypeError

select = tg.diagnose.select
Criterion = tg.diagnose.Criterion

numbers = st.sampled_from([0.0, 1.0, 2.0, 3.0, -1.0, math.inf]) | st.floats(-1e6, 1e6)
models = st.lists(
    st.fixed_dictionaries({"accuracy": numbers, "latency": numbers, "size": numbers}),
    min_size=1,
    max_size=8,
)
LIMITS = {"latency": ("<=", 2), "size": (">", 0)}


def keeps(model):
    return model["latency"] <= 2 and model["size"] > 0


@given(models, st.sampled_from(["max", "min"]))
def test_the_winner_is_the_best_of_those_within_the_limits(found, direction):
    chosen = select(found, optimize=(direction, "accuracy"), satisfy=LIMITS)
    best = max if direction == "max" else min
    good = [i for i, model in enumerate(found) if keeps(model)]
    winner = best(good, key=lambda i: found[i]["accuracy"], default=None)  # the first of equals
    assert chosen.winner == winner
    assert sorted(chosen.feasible) == good
    assert sorted([*chosen.feasible, *chosen.cut]) == list(range(len(found)))
    values = [found[i]["accuracy"] for i in chosen.feasible]
    assert values == sorted(values, reverse=direction == "max")
    for name, cuts in chosen.cut.items():
        broken = {cut.metric for cut in cuts}
        assert broken == {
            metric
            for metric, kept in (
                ("latency", found[name]["latency"] <= 2),
                ("size", found[name]["size"] > 0),
            )
            if not kept
        }
    assert chosen.verdict in str(chosen)
    assert (chosen.closest is None) == (not chosen.cut)


@given(models)
def test_keeping_the_better_of_each_two_finds_the_winner(found):
    criterion = Criterion("accuracy", LIMITS)
    best = None
    for i, model in enumerate(found):
        if criterion.better(model, None if best is None else found[best]):
            best = i
    chosen = select(found, optimize="accuracy", satisfy=LIMITS)
    assert best == (chosen.closest if chosen.winner is None else chosen.winner)


@given(models, models)
def test_better_is_an_order(some, others):
    better = Criterion("accuracy", LIMITS).better
    for a in some:
        assert not better(a, a)
        assert better(a, None)
        for b in others:
            assert not (better(a, b) and better(b, a))
            if keeps(a) and not keeps(b):
                assert better(a, b)


def test_the_worked_example_of_the_course():
    # course 3, week 1: accuracy 90, 92, 95 % at 80, 95, 1500 ms; at most 100 ms
    found = {
        "A": {"accuracy": 0.90, "latency_ms": 80},
        "B": {"accuracy": 0.92, "latency_ms": 95},
        "C": {"accuracy": 0.95, "latency_ms": 1500},
    }
    chosen = select(found, optimize="accuracy", satisfy={"latency_ms": ("<=", 100)})
    assert chosen.winner == "B"
    assert chosen.feasible == ("B", "A")
    assert [str(cut) for cut in chosen.cut["C"]] == ["latency_ms = 1500 is not <= 100"]
    assert chosen.verdict == "B wins: accuracy = 0.92, the best of 2 within the limits (1 cut)"
    assert select(found, optimize="accuracy").winner == "C"
    assert select(found, optimize="latency_ms").winner == "A"


def test_without_a_model_within_the_limits_the_closest_is_named():
    found = {
        "far": {"error": 0.1, "ms": 300, "mb": 5},
        "near": {"error": 0.3, "ms": 110, "mb": 11},
        "on the edge of one": {"error": 0.2, "ms": 200, "mb": 10},
        "few units, much of the limit": {"error": 0.2, "ms": 90, "mb": 15},
    }
    chosen = select(found, optimize="error", satisfy={"ms": ("<=", 100), "mb": ("<", 10)})
    assert chosen.winner is None and chosen.feasible == ()
    assert list(chosen.cut) == [
        "near",
        "few units, much of the limit",
        "on the edge of one",
        "far",
    ]
    assert chosen.closest == "near"
    assert chosen.verdict == (
        "no model keeps all limits; near is closest: ms = 110 is not <= 100; mb = 11 is not < 10"
    )


@pytest.mark.parametrize(
    ("relation", "kept"), [("<=", [1, 2]), ("<", [1]), (">=", [2, 3]), (">", [3])]
)
def test_relations(relation, kept):
    found = [{"f1": 1.0, "x": x} for x in (1, 2, 3)]
    chosen = select(found, optimize="f1", satisfy={"x": (relation, 2)})
    assert [found[i]["x"] for i in chosen.feasible] == kept


NAMES = {
    "max": [
        "accuracy",
        "dev_accuracy",
        "f1",
        "macro-F1",
        "f_beta",
        "dev F-beta",
        "roc_auc",
        "recall",
    ],
    "min": ["loss", "dev_loss", "brier_score", "train_dev_error", "rmse", "latency_ms", "log_loss"],
}


@pytest.mark.parametrize(("direction", "name"), [(d, n) for d, ns in NAMES.items() for n in ns])
def test_the_name_of_a_metric_says_which_direction_is_better(direction, name):
    better = Criterion(name).better({name: 2.0}, {name: 1.0})
    assert better == (direction == "max")


@pytest.mark.parametrize("name", ["score", "glossary", "accuracy_loss", "", "dev"])
def test_a_name_that_does_not_say_is_refused(name):
    with pytest.raises(ArgumentError, match="does not say whether more or less of it is better"):
        Criterion(name)
    assert Criterion(("max", name)).better({name: 2.0}, {name: 1.0})


def test_it_stops_training_early():
    criterion, best, patience = Criterion("dev_loss"), None, 0
    history = {"dev_loss": [0.9, 0.7, 0.7, 0.8, 0.75, 0.1]}
    for epoch, loss in enumerate(history["dev_loss"]):
        row = {"dev_loss": np.float32(loss), "epoch": epoch}
        best, patience = (row, 0) if criterion.better(row, best) else (best, patience + 1)
        if patience == 3:
            break
    assert best["epoch"] == 1 and epoch == 4


def test_an_infinite_metric_is_a_number():
    assert select([{"loss": math.inf}, {"loss": 1e9}], optimize="loss").winner == 1


def test_hostile_names_are_text():
    page = select({"<script>": {"loss": 1}}, optimize="loss")._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page


ONE = [{"loss": 1.0, "ms": 5}]
BAD = [
    ([], {}, ArgumentError, "there are no models to choose from"),
    ({}, {}, ArgumentError, "there are no models to choose from"),
    ("loss", {}, DTypeError, "models must be a dict of metrics by name, or a list of them"),
    ([0.5], {}, DTypeError, "metrics of model 0 must be a dict such as"),
    ([{"loss": math.nan}], {}, ArgumentError, "loss of model 0 is NaN, which is neither better"),
    ({"a": {"x": 1}}, {}, ArgumentError, "model 'a' has no metric 'loss', only x"),
    ([{"loss": "1"}], {}, DTypeError, "loss of model 0 must be a number, not '1'"),
    ([{"loss": True}], {}, DTypeError, "loss of model 0 must be a number, not True"),
    ([{"loss": [1, 2]}], {}, DTypeError, "loss of model 0 must be a number, not"),
    (
        ONE,
        {"satisfy": {"mb": ("<", 1)}},
        ArgumentError,
        "model 0 has no metric 'mb', only loss, ms",
    ),
    (
        ONE,
        {"satisfy": {"ms": 5}},
        DTypeError,
        r"limit of 'ms' must be a pair such as \('<=', 100\)",
    ),
    (
        ONE,
        {"satisfy": {"ms": ("=<", 5)}},
        ArgumentError,
        "begins with '=<'; write one of <=, <, >=",
    ),
    (ONE, {"satisfy": {"ms": ("<", math.nan)}}, ArgumentError, "'ms' is a finite number, not nan"),
    (ONE, {"satisfy": {"ms": ("<", "5")}}, DTypeError, "the limit of 'ms' is a number"),
    (ONE, {"satisfy": ["ms"]}, DTypeError, "satisfy must be a dict such as"),
    (ONE, {"optimize": ("least", "loss")}, ArgumentError, r"must be \('min', metric\) or"),
    (ONE, {"optimize": ("min", 3)}, ArgumentError, r"must be \('min', metric\) or"),
    (ONE, {"optimize": 3}, DTypeError, r"optimize must be a metric, or \('min', metric\), not 3"),
]


@pytest.mark.parametrize(("found", "more", "kind", "message"), BAD, ids=str)
def test_bad_input_is_refused_with_the_fix(found, more, kind, message):
    with pytest.raises(kind, match=f"^select: .*{message}"):
        select(found, **{"optimize": "loss", **more})


def test_a_nan_is_refused_beside_the_best_so_far_too():
    better = Criterion("loss").better
    with pytest.raises(ArgumentError, match="loss of the candidate is NaN"):
        better({"loss": math.nan}, None)
    with pytest.raises(ArgumentError, match="loss of the incumbent is NaN"):
        better({"loss": 1.0}, {"loss": math.nan})


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_the_rows_of_a_frame_are_given_as_its_refusal_says(frame):
    df = frame({"accuracy": [0.9, 0.95], "latency": [1, 5]})
    with pytest.raises(DTypeError, match="a list of them, not a DataFrame; write df") as refused:
        select(df, optimize="accuracy", satisfy=LIMITS)
    rows = eval(str(refused.value).partition("write ")[2], {"df": df})
    assert select(rows, optimize="accuracy", satisfy={"latency": ("<=", 2)}).winner == 0
