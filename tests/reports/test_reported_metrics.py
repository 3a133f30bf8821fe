"""Reports of metrics: classes that do not occur, one class only, certainties of 0 and 1."""

import math

import numpy as np
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


def test_the_columns_may_be_in_any_order():
    """scikit-learn/scikit-learn#30910: log_loss sorted the labels, not the columns."""
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]])
    expected = -(math.log(0.9) + math.log(0.8)) / 2
    found = diagnose.log_loss(probabilities, ["dog", "cat"], classes=["dog", "cat"])
    assert found == pytest.approx(expected, rel=1e-15)
    with pytest.raises(tg.errors.DTypeError, match=r"write classes=.*the class of each column"):
        diagnose.log_loss(probabilities, ["dog", "cat"])


def test_classes_are_what_they_were_given_as():
    """sepandhaghighi/pycm#240, NVIDIA/cuml#3567: lists beside arrays, whole floats."""
    for predicted in ([2, 0, 2], np.array([2, 0, 2]), [2.0, 0.0, 2.0], np.array([2, 0, 2], "f")):
        for y in ([0, 0, 2], np.array([0, 0, 2], np.uint8), np.array([0.0, 0.0, 2.0])):
            matrix = diagnose.confusion_matrix(predicted, y)
            assert matrix.classes == (0, 2) and {type(one) for one in matrix.classes} == {int}


def test_names_that_look_like_numbers():
    """evidentlyai/evidently#1085: "101" among the names of classes was taken for a number."""
    y = ["foo", "bar", "fun", "foo", "fun", "foo", "101", "102"]
    predicted = ["foo", "bar", "fun", "bar", "fun", "fun", "101", "101"]
    for kind in (str, object):
        matrix = diagnose.confusion_matrix(np.array(predicted, kind), np.array(y, kind))
        assert matrix.classes == ("101", "102", "bar", "foo", "fun")
        assert diagnose.accuracy(predicted, y) == 5 / 8
    with pytest.raises(tg.errors.DTypeError, match=r"are strings, .* are not; write both alike"):
        diagnose.confusion_matrix(["101", "102"], [101, 102])


def test_numbers_with_a_fraction_are_no_classes():
    """HomericIntelligence/Odyssey#3686: floats as labels silently spoilt the matrix."""
    with pytest.raises(tg.errors.DTypeError, match=r"hold 0\.5, which is no class"):
        diagnose.confusion_matrix([0.5, 1.0], [0, 1])
