"""Reports of metrics: classes that do not occur, one class only, certainties of 0 and 1."""

import pytest
from sklearn import metrics

import tensorgraph as tg
from tensorgraph import diagnose


def test_a_perfect_prediction_of_the_classes_at_hand():
    """Lightning-AI/torchmetrics#300, Lightning-AI/torchmetrics#295: an absent class cost half."""
    y = [1, 6, 6, 3, 6, 3, 4]
    for metric in (diagnose.f1, diagnose.precision, diagnose.recall):
        assert metric(y, y, average="macro") == 1
        assert metric([0, 0], [0, 0], average="macro") == 1
    with pytest.warns(tg.errors.UsageWarning, match="class 1 neither occurs in labels nor"):
        assert diagnose.f1([0, 0], [0, 0], average="macro", classes=[0, 1]) == 0.5
    assert diagnose.f1([0, 0], [0, 0], average="macro", classes=[0, 1], undefined=1) == 1


def test_naming_more_classes_is_asking_for_them():
    """Lightning-AI/torchmetrics#1664, Lightning-AI/torchmetrics#1494: F1 fell with num_classes."""
    predicted, y = [2, 1, 0, 1], [2, 1, 0, 0]
    exact = 7 / 9
    assert diagnose.f1(predicted, y, average="macro") == pytest.approx(exact)
    for count in range(3, 9):
        found = diagnose.f1(predicted, y, average="macro", classes=range(count), undefined=0)
        assert found == pytest.approx(exact * 3 / count)
        assert found == pytest.approx(
            metrics.f1_score(y, predicted, average="macro", labels=range(count), zero_division=0)
        )


def test_a_class_that_was_predicted_only_counts():
    """scikit-learn/scikit-learn#23130: do classes without examples count in a macro average?"""
    y, predicted = [0, 0, 1, 1], [0, 2, 1, 1]
    found = diagnose.recall(predicted, y, average="macro", undefined=0)
    assert found == pytest.approx((0.5 + 1 + 0) / 3)
    assert diagnose.precision(predicted, y, average="macro") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("labels", "told"),
    [([1, 1, 1], "all examples are of class 1"), ([0, 0, 0], "no example is of class 1")],
)
def test_the_area_of_one_class_is_undefined(labels, told):
    """scikit-learn/scikit-learn#30079: an area of 0.0 where there is nothing to tell apart."""
    with pytest.raises(tg.errors.ArgumentError, match=told):
        diagnose.roc_auc([0.1, 0.9, 0.5], labels)


def test_a_confidence_of_exactly_1_is_in_the_last_bin():
    """Lightning-AI/torchmetrics#3510: it had a bin of its own, and the error was another."""
    # 0.95 and 1.0 share the bin (0.9, 1]: their mean is 0.975, half of them came true.
    found = diagnose.expected_calibration_error([0.95, 1.0], [1, 0], bins=10)
    assert found == pytest.approx(0.475, rel=1e-14)


def test_a_confidence_of_exactly_0_is_in_the_first_bin():
    """Lightning-AI/torchmetrics#1646, Lightning-AI/torchmetrics#1744: index −1 is out of bounds."""
    found = diagnose.expected_calibration_error([1, 1, 1, 1, 0.0], [0, 0, 1, 1, 1], bins=2)
    assert found == pytest.approx((4 * 0.5 + 1 * 1) / 5, rel=1e-14)
    assert diagnose.expected_calibration_error([0.0, 1.0, 0.0, 1.0], [0, 1, 0, 1], bins=15) == 0


def test_two_bins_are_two():
    """Lightning-AI/torchmetrics#1907: n_bins=2 made one bin too few of these five."""
    found = diagnose.expected_calibration_error(
        [0.25, 0.25, 0.55, 0.75, 0.75], [0, 0, 1, 1, 1], bins=2
    )
    mean = (0.55 + 0.75 + 0.75) / 3
    assert found == pytest.approx((2 * 0.25 + 3 * (1 - mean)) / 5, rel=1e-14)
