"""Metrics against scikit-learn, which computes them in other ways, and against known numbers."""

import math
import re
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, strategies as st
from sklearn.calibration import calibration_curve

import tensorgraph as tg
from tensorgraph.diagnose.metric import METRICS
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError, UsageWarning

D = tg.diagnose
AVERAGES = ["macro", "weighted", "micro", "none"]


@st.composite
def predicted(draw, classes=4, least=1):
    """Predictions, labels and weights (``None`` or numbers that add up to something)."""
    m = draw(st.integers(least, 30))
    each = st.lists(st.integers(0, classes - 1), min_size=m, max_size=m)
    weights = st.lists(st.integers(1, 8).map(lambda k: k / 4), min_size=m, max_size=m)
    return np.array(draw(each)), np.array(draw(each)), draw(st.none() | weights)


@st.composite
def scored(draw, classes=2):
    """Probabilities, with many ties, and labels of which each class occurs; weights."""
    m = draw(st.integers(classes, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = rng.permutation(
        np.concatenate([np.arange(classes), rng.integers(0, classes, m - classes)])
    )
    grain = draw(st.sampled_from([1, 4, 100]))
    if classes == 2:
        p = rng.integers(0, grain + 1, m) / grain
    else:
        p = rng.integers(0, grain + 1, (m, classes)) + 0.125
        p = p / p.sum(1, keepdims=True)
    weights = rng.integers(1, 9, m) / 4 if draw(st.booleans()) else None
    return p, labels, weights


# ------------------------------------------------------------------------------- predicted classes


@given(predicted())
def test_accuracy_is_that_of_scikit_learn_and_pairs_are_counted(case):
    predictions, labels, weights = case
    assert D.accuracy(predictions, labels, sample_weight=weights) == pytest.approx(
        sk.accuracy_score(labels, predictions, sample_weight=weights), abs=1e-12
    )
    found = D.confusion_matrix(predictions, labels, sample_weight=weights)
    assert found.classes == tuple(sorted({*predictions.tolist(), *labels.tolist()}))
    for i, true in enumerate(found.classes):
        for j, predicted_as in enumerate(found.classes):
            both = (labels == true) & (predictions == predicted_as)
            assert found.counts[i, j] == np.sum(both if weights is None else both * weights)
    assert np.array_equal(np.asarray(found), found.counts)
    if weights is None:
        assert found.counts.dtype.kind == "i"
        assert found.total == len(labels)


@pytest.mark.parametrize("average", AVERAGES)
@given(predicted(), st.floats(0.1, 10), st.sampled_from([0.0, 1.0]))
def test_averages_are_those_of_scikit_learn(average, case, beta, undefined):
    predictions, labels, weights = case
    ours = {"average": average, "sample_weight": weights, "undefined": undefined}
    theirs = {
        "average": None if average == "none" else average,
        "sample_weight": weights,
        "zero_division": undefined,
    }
    pairs = [
        (
            D.precision(predictions, labels, **ours),
            sk.precision_score(labels, predictions, **theirs),
        ),
        (D.recall(predictions, labels, **ours), sk.recall_score(labels, predictions, **theirs)),
        (D.f1(predictions, labels, **ours), sk.f1_score(labels, predictions, **theirs)),
        (
            D.f_beta(predictions, labels, beta, **ours),
            sk.fbeta_score(labels, predictions, beta=beta, **theirs),
        ),
    ]
    for found, expected in pairs:
        assert np.allclose(found, expected, atol=1e-12)
        assert np.shape(found) == np.shape(expected)


@given(predicted(classes=2), st.sampled_from([0, 1]))
def test_binary_metrics_are_those_of_scikit_learn(case, positive):
    predictions, labels, weights = case
    ours = {"positive": positive, "sample_weight": weights, "undefined": 0.0}
    theirs = {"pos_label": positive, "sample_weight": weights, "zero_division": 0.0}
    known = np.union1d(predictions, labels)
    if positive not in known and len(known) == 1:
        assert (
            D.precision(predictions, labels, **ours) == D.recall(predictions, labels, **ours) == 0
        )
        return
    for name in ("precision", "recall", "f1"):
        found = getattr(D, name)(predictions, labels, **ours)
        expected = getattr(sk, f"{name}_score")(labels, predictions, **theirs)
        assert found == pytest.approx(expected, abs=1e-12)
        assert type(found) is float


@given(predicted(classes=3))
def test_strings_booleans_and_floats_name_classes_too(case):
    predictions, labels, _ = case
    names = np.array(["ant", "bee", "cow"])
    expected = D.f1(predictions, labels, average="macro", undefined=0.0)
    assert D.f1(names[predictions], names[labels], average="macro", undefined=0.0) == expected
    texts = [names[predictions].tolist(), names[labels].tolist()]
    assert D.f1(*texts, average="macro", undefined=0.0) == expected
    objects = [np.array(text, dtype=object) for text in texts]
    assert D.f1(*objects, average="macro", undefined=0.0) == expected
    floats = [predictions.astype(np.float32), tg.tensor(labels.astype(float))]
    assert D.f1(*floats, average="macro", undefined=0.0) == expected
    yes = [predictions > 0, labels > 0]
    as_numbers = [part.astype(int) for part in yes]
    assert D.f1(*yes, undefined=0.0) == D.f1(*as_numbers, undefined=0.0)


@given(predicted())
def test_a_weight_is_as_good_as_repeating(case):
    predictions, labels, _ = case
    times = np.arange(len(labels)) % 3 + 1
    repeated = [np.repeat(part, times) for part in (predictions, labels)]
    once = D.confusion_matrix(predictions, labels, sample_weight=times)
    assert np.array_equal(once.counts, D.confusion_matrix(*repeated).counts)


def test_known_numbers_of_the_course():
    # course 3, week 1: classifiers A and B by precision and recall of cats
    def cats(hits, predicted, occurring):
        predictions = [1] * predicted + [0] * (occurring - hits)
        labels = [1] * hits + [0] * (predicted - hits) + [1] * (occurring - hits)
        return predictions, labels

    a = cats(hits=855, predicted=900, occurring=950)  # 95 % precision, 90 % recall
    assert D.precision(*a) == pytest.approx(0.95) and D.recall(*a) == pytest.approx(0.9)
    assert round(100 * D.f1(*a), 1) == 92.4
    b = cats(hits=833, predicted=850, occurring=980)  # 98 % and 85 %
    assert D.precision(*b) == pytest.approx(0.98) and D.recall(*b) == pytest.approx(0.85)
    assert round(100 * D.f1(*b), 1) == 91.0


def test_classes_fix_the_order_and_add_what_does_not_occur():
    found = D.confusion_matrix(["b", "a"], ["b", "b"], classes=["c", "b", "a"])
    assert found.classes == ("c", "b", "a")
    assert found.counts.tolist() == [[0, 0, 0], [0, 1, 1], [0, 0, 0]]
    values = D.recall(["b", "a"], ["b", "b"], classes="cba", average="none", undefined=0.25)
    assert values.tolist() == [0.25, 0.5, 0.25]


UNDEFINED = [
    (
        D.precision,
        [0, 0],
        [0, 1],
        {},
        r"precision: 0/0 counts as 0, as class 1 was never predicted",
    ),
    (D.recall, [0, 1], [0, 0], {}, "recall: 0/0 counts as 0, as class 1 does not occur in labels"),
    (D.f1, [0, 0], [0, 0], {}, "f1: 0/0 counts as 0, as class 1 neither occurs in labels nor"),
    (D.f_beta, [0], [0], {"beta": 2}, "f_beta: 0/0 counts as 0, as class 1 neither"),
    (
        D.precision,
        ["a"],
        ["b"],
        {"average": "macro"},
        "as class 'b' was never predicted; write undefined",
    ),
]


@pytest.mark.parametrize(("metric", "predictions", "labels", "more", "message"), UNDEFINED)
def test_0_over_0_is_0_with_a_warning_at_the_line_that_asked(
    metric, predictions, labels, more, message
):
    with pytest.warns(UsageWarning, match=message) as caught:
        assert metric(predictions, labels, **more) == 0
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert metric(predictions, labels, **more, undefined=0.5) in (0.25, 0.5)


# ------------------------------------------------------------------------- scores, probabilities


@given(scored())
def test_binary_scores_are_those_of_scikit_learn(case):
    p, labels, weights = case
    assert D.roc_auc(p, labels, sample_weight=weights) == pytest.approx(
        sk.roc_auc_score(labels, p, sample_weight=weights), abs=1e-12
    )
    assert D.log_loss(p, labels, sample_weight=weights) == pytest.approx(
        sk.log_loss(labels, p, sample_weight=weights), rel=1e-12
    )
    assert D.brier_score(p, labels, sample_weight=weights) == pytest.approx(
        sk.brier_score_loss(labels, p, sample_weight=weights), abs=1e-12
    )


@given(scored(classes=4))
def test_scores_of_many_classes_are_those_of_scikit_learn(case):
    p, labels, weights = case
    for average in ("macro", "weighted"):
        assert D.roc_auc(p, labels, average=average) == pytest.approx(
            sk.roc_auc_score(labels, p, multi_class="ovr", average=average), abs=1e-12
        )
    assert D.roc_auc(p, labels, sample_weight=weights) == pytest.approx(
        sk.roc_auc_score(labels, p, multi_class="ovr", sample_weight=weights), abs=1e-12
    )
    assert D.log_loss(p, labels, sample_weight=weights) == pytest.approx(
        sk.log_loss(labels, p, sample_weight=weights), rel=1e-12
    )
    assert D.brier_score(p, labels, sample_weight=weights) == pytest.approx(
        sk.brier_score_loss(labels, p, sample_weight=weights, scale_by_half=False), abs=1e-12
    )


def test_the_area_counts_pairs_and_half_of_ties():
    scores, labels = [3, 2, 2, 1], [1, 1, 0, 0]
    pairs = [(1.0 if a > b else 0.5 if a == b else 0.0) for a in (3, 2) for b in (2, 1)]
    assert D.roc_auc(scores, labels) == np.mean(pairs) == 0.875
    assert D.roc_auc([-x for x in scores], labels) == 0.125
    assert D.roc_auc([7, 7, 7, 7], labels) == 0.5
    assert D.roc_auc(scores, labels, classes=[1, 0]) == 0.125


@given(scored())
def test_the_area_sees_the_order_only(case):
    p, labels, weights = case
    area = D.roc_auc(p, labels, sample_weight=weights)
    assert D.roc_auc(np.exp(3 * p) - 100, labels, sample_weight=weights) == area
    assert D.roc_auc(p, 1 - labels, sample_weight=weights) == pytest.approx(1 - area, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_certain_and_wrong_answer_costs_what_it_does_in_scikit_learn(dtype):
    p = np.array([0, 1], dtype)
    found = D.log_loss(p, [1, 0])
    assert found == pytest.approx(-math.log(np.finfo(dtype).eps), rel=1e-6)
    assert found == pytest.approx(sk.log_loss([1, 0], p), rel=1e-6)
    assert D.brier_score(p, [1, 0]) == 1


def test_named_classes_stand_for_columns():
    p = [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]
    names = ["cat", "dog", "eel"]
    assert D.log_loss(p, ["cat", "eel"], classes=names) == D.log_loss(p, [0, 2])
    assert D.log_loss([0.9, 0.2], ["spam", "ham"], classes=["ham", "spam"]) == pytest.approx(
        -(math.log(0.9) + math.log(0.8)) / 2
    )


# ------------------------------------------------------------------------------------ calibration


@given(scored(), st.integers(1, 12))
def test_the_reliability_curve_is_that_of_scikit_learn(case, bins):
    p, labels, _ = case
    found = D.calibration(p, labels, bins=bins)
    happened, predictions = calibration_curve(labels, p, n_bins=bins)
    full = found.weights > 0
    assert np.allclose(found.happened[full], happened)
    assert np.allclose(found.predicted[full], predictions)
    assert np.isnan(found.happened[~full]).all() and np.isnan(found.predicted[~full]).all()
    assert found.weights.sum() == len(p)
    gaps = abs(happened - predictions)
    expected = (gaps * found.weights[full]).sum() / len(p)
    assert found.expected_error == pytest.approx(expected, abs=1e-12)
    assert D.expected_calibration_error(p, labels, bins=bins) == found.expected_error
    assert found.maximum_error == pytest.approx(gaps.max(), abs=1e-12)
    ElementTree.fromstring(found.svg())


@given(scored(classes=3))
def test_calibration_of_many_classes_asks_whether_the_likeliest_is_right(case):
    p, labels, weights = case
    found = D.calibration(p, labels, bins=5, sample_weight=weights)
    expected, w = 0.0, np.ones(len(p)) if weights is None else weights
    for k in range(5):
        inside = [
            i for i in range(len(p))
            if k / 5 < max(p[i]) <= (k + 1) / 5 + 1e-15 or (k == 0 and max(p[i]) == 0)
        ]  # fmt: skip
        if inside:
            mean = sum(w[i] * max(p[i]) for i in inside)
            right = sum(w[i] * (labels[i] == list(p[i]).index(max(p[i]))) for i in inside)
            expected += abs(mean - right) / w.sum()
    # A probability on an edge may fall to either side by rounding.
    if not np.isclose(p.max(1) * 5, np.round(p.max(1) * 5), atol=1e-9).any():
        assert found.expected_error == pytest.approx(expected, abs=1e-12)


def test_a_perfectly_calibrated_model_has_no_error():
    p = np.repeat([0.25, 0.75], 40)
    labels = np.tile([1, 0, 0, 0], 10).tolist() + np.tile([1, 1, 1, 0], 10).tolist()
    found = D.calibration(p, labels)
    assert found.expected_error == found.maximum_error == 0
    assert "expected calibration error 0.0000" in str(found)
    assert "<svg" in found._repr_html_() and "<table" in found._repr_html_()


def test_a_bin_holds_its_upper_end_and_the_first_holds_0():
    assert D.calibration([0.0, 0.5, 1.0], [0, 1, 1], bins=2).weights.tolist() == [2, 1]


# -------------------------------------------------------------------------------- looks, bad input


def test_a_confusion_matrix_prints_and_escapes_its_classes():
    found = D.confusion_matrix(["<b>", "x"], ["x", "x"])
    assert str(found) == "true  <b>    x  ← predicted\n<b>     0    0\nx       1    1"
    page = found._repr_html_()
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert found.accuracy == 0.5


LABELS = [
    (([1, 0], [1]), ShapeError, "2 predictions and 1 labels; each example needs one of both"),
    (([], []), ArgumentError, "predictions are empty; there is nothing to measure"),
    (([[1, 0], [0, 1]], [0, 1]), ShapeError, r"from one-hot rows write predictions.argmax\(1\)"),
    (([0, 1], [[1, 0], [0, 1]]), ShapeError, r"from one-hot rows write labels.argmax\(1\)"),
    (([0.2, 0.9], [0, 1]), DTypeError, r"hold 0.2, which is no class; .* predictions > 0\.5$"),
    (([[0.2], [0.9]], [0, 1]), DTypeError, r"which is no class; .* predictions > 0\.5$"),
    (([[0.2, 0.9]], [0, 1]), DTypeError, r"which is no class; .* predictions > 0\.5$"),
    (([0.0, math.nan], [0, 1]), ArgumentError, "predictions hold nan at index 1"),
    ((["a", "b"], [0, 1]), DTypeError, "predictions are strings, labels are not; write both alike"),
    (([None, 1], [0, 1]), ArgumentError, r"predictions\[0\] is None; leave out examples"),
    (([{}, 1], [0, 1]), DTypeError, "must be integers, booleans or strings, not object"),
    (([[1], [1, 2]], [0, 1]), ShapeError, "predictions: ragged data"),
    ((1, 1), ShapeError, r"of shape \(m,\), not of shape \(\)"),
]


@pytest.mark.parametrize(("arguments", "kind", "message"), LABELS, ids=str)
@pytest.mark.parametrize(
    "metric", [D.accuracy, D.confusion_matrix, D.precision, D.recall, D.f1, D.f_beta]
)
def test_bad_labels_are_refused_with_the_fix(metric, arguments, kind, message):
    with pytest.raises(kind, match=f"^{metric.__name__}: .*{message}"):
        metric(*arguments)


OPTIONS = [
    ({"average": "samples"}, ArgumentError, "average must be 'binary' or 'macro' or"),
    ({"positive": 2}, ArgumentError, r"positive class 2 is not among .* 0, 1; write positive=1"),
    ({"positive": "1"}, ArgumentError, "positive class '1' is not among"),
    ({"classes": [0, 2]}, ArgumentError, r"predictions\[0\] is 1, which is not among the classes"),
    ({"classes": [0, 1, 1]}, ArgumentError, "classes name one twice"),
    ({"classes": ["0", "1"]}, DTypeError, "classes are strings, predictions and labels are not"),
    ({"classes": [0, 1, 2]}, ArgumentError, "3 classes occur .* write average='macro'"),
    ({"sample_weight": [1]}, ShapeError, "one weight for each of the 3 examples"),
    ({"sample_weight": [1, -1, 1]}, ArgumentError, "must not be negative"),
    ({"sample_weight": [0, 0, 0]}, ArgumentError, "nor 0 for all"),
    ({"undefined": math.nan}, ArgumentError, "undefined is a finite number, not nan"),
]


@pytest.mark.parametrize(("options", "kind", "message"), OPTIONS, ids=str)
def test_bad_options_are_refused_with_the_fix(options, kind, message):
    labels = [1, 1, 0] if "undefined" not in options else [1, 1, 1]
    with pytest.raises(kind, match=message):
        D.recall([1, 0, 1], labels, **{"positive": 0 if "undefined" in options else 1, **options})


@pytest.mark.parametrize("beta", [0, -1, math.nan, "1"])
def test_beta_is_above_0(beta):
    with pytest.raises((ArgumentError, DTypeError), match=r"^f_beta: beta"):
        D.f_beta([1, 0], [1, 0], beta)


PROBABILITIES = [
    (([1.5, 0.5], [1, 0]), ArgumentError, r"1.5 is no probability; .* write tg.sigmoid\(logits\)"),
    (([[3.0, -2.0]], [1]), ArgumentError, r"is no probability; .* tg.softmax\(logits, axis=1\)"),
    (([[0.3, 0.3]], [1]), ArgumentError, "of example 0 add up to 0.6, not 1"),
    (([[0.5] * 3] * 2, [1, 0, 1]), ShapeError, r"column for each of the 3 .* probabilities.T$"),
    (([[[0.5]]], [1]), ShapeError, r"or \(m, classes\), not \(1, 1, 1\)"),
    (([0.5, math.nan], [1, 0]), ArgumentError, "probabilities hold nan at index 1"),
    (([], []), ArgumentError, "probabilities are empty"),
    ((["a"], [1]), DTypeError, "must hold real numbers, not strings such as 'a'"),
    (([0.5, 0.5], [1, 2]), AxisError, r"labels\[1\] is 2, but there are columns for .* 0 … 1 only"),
    (([0.5, 0.5], [-1, 1]), AxisError, r"write classes=\[...\], .*, or labels == 1 for this"),
    (([0.5, 0.5], [1, -1]), AxisError, r"labels\[1\] is -1, but"),
    (([0.5, 0.5], [1]), ShapeError, "2 probabilities and 1 labels"),
    (([0.5, 0.5], ["a", "b"]), DTypeError, r"not strings; write classes=\[...\]"),
]


@pytest.mark.parametrize(("arguments", "kind", "message"), PROBABILITIES, ids=str)
@pytest.mark.parametrize("metric", [D.log_loss, D.brier_score, D.calibration, D.suspicious_labels])
def test_bad_probabilities_are_refused_with_the_fix(metric, arguments, kind, message):
    with pytest.raises(kind, match=f"^{metric.__name__}: .*{message}"):
        metric(*arguments)


def test_a_class_needs_others_to_be_told_from():
    with pytest.raises(ArgumentError, match=r"^roc_auc: all examples are of class 1, so there is"):
        D.roc_auc([0.1, 0.9], [1, 1])
    with pytest.raises(ArgumentError, match=r"^roc_auc: no example is of class 1, so there is"):
        D.roc_auc([0.1, 0.9], [0, 0])
    with pytest.raises(ArgumentError, match=r"^roc_auc: no example is of class 2"):
        D.roc_auc(np.eye(3)[:2], [0, 1])
    with pytest.raises(ShapeError, match=r"scores must have shape \(m,\) or \(m, classes\)"):
        D.roc_auc(np.zeros((2, 2, 2)), [0, 1])
    with pytest.raises(ArgumentError, match="average must be 'macro' or 'weighted'"):
        D.roc_auc([0.1, 0.9], [0, 1], average="micro")
    with pytest.raises(ShapeError, match="3 classes for 2 columns"):
        D.log_loss([0.1, 0.9], ["a", "b"], classes="abc")


@pytest.mark.parametrize("bins", [0, -1, 2.5, "ten"])
def test_bins_are_counted(bins):
    with pytest.raises((ArgumentError, DTypeError), match=r"^calibration: bins"):
        D.calibration([0.5], [1], bins=bins)


@pytest.mark.parametrize("labels", [[-1, 1, 1, -1], [2, 1, 2, 1]])
def test_two_classes_of_other_numbers_keep_the_larger_one_positive(labels):
    scores, y = [0.1, 0.4, 0.9, 0.3], np.array(labels)
    with pytest.raises(AxisError, match="or labels == ") as refused:
        tg.diagnose.roc_auc(scores, y)
    (larger,) = re.findall(r"or labels == (\S+) for", str(refused.value))
    area = tg.diagnose.roc_auc(scores, y == int(larger))
    assert (
        area == tg.diagnose.roc_auc(scores, y, classes=np.unique(y)) == sk.roc_auc_score(y, scores)
    )


def test_what_is_worst_and_best():
    of_none_and_all = {"accuracy", "precision", "recall", "f_beta", "f1", "roc_auc"}
    ranges = {name: (metric.worst, metric.best) for name, metric in METRICS.items()}
    assert ranges == dict.fromkeys(of_none_and_all, (0, 1)) | {
        "expected_calibration_error": (1, 0),
        "log_loss": (math.inf, 0),
        "brier_score": (2, 0),
    }
