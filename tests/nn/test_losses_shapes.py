"""Shapes of predictions and targets: a column beside a row, one class, the two swapped."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, AxisError, ShapeError, UsageWarning
from tensorgraph.nn import losses
from tests.nn.loss_helpers import PAIRS

ELEMENTWISE = [
    "mse", "l1", "huber", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "multi_label", "hinge", "binary_focal", "quantile", "gaussian_nll", "poisson_nll", "dice",
]  # fmt: skip
OF_CLASSES = ["cross_entropy", "nll", "kl_divergence", "focal", "multi_margin", "ctc"]


def test_every_loss_is_here():
    assert {*ELEMENTWISE, *OF_CLASSES, *PAIRS} == set(losses.__all__)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize(("prediction", "target"), [((5, 1), (5,)), ((5,), (5, 1)), ((5,), (1, 5))])
def test_a_column_beside_a_row_is_refused(name, prediction, target):
    with pytest.raises(ShapeError) as caught:
        getattr(losses, name)(np.ones(prediction), np.ones(target))
    assert f"write target.reshape({prediction})" in str(caught.value)


@pytest.mark.parametrize(
    "loss", [losses.cross_entropy, losses.nll, losses.focal, losses.multi_margin]
)
@pytest.mark.parametrize(
    ("logits", "target", "axis"),
    [
        ((5, 1), (5,), 1),
        ((5, 1), (5, 1), -1),
        ((1, 5), (5,), 0),
        ((2, 1, 3), (2, 3), 1),
        ((0, 1), (0,), 1),
    ],
)
def test_one_class_is_no_choice(loss, logits, target, axis):
    model = nn.Sequential(nn.Linear(3, 1))
    message = r"has one class along axis \d, .* write binary_cross_entropy_with_logits\(prediction"
    with pytest.raises(ShapeError, match=message):
        loss(tg.zeros(logits), np.zeros(target, int), axis)
    with pytest.raises(ShapeError, match="for numbers mse"):
        loss(model(tg.zeros((4, 3))), np.zeros(4, int))


def test_the_line_that_is_advised_for_one_logit_works():
    prediction, target = tg.zeros((5, 1)), np.array([0, 1, 1, 0, 1])
    cost = losses.binary_cross_entropy_with_logits(prediction, target.reshape((5, 1)))
    assert cost.item() == pytest.approx(np.log(2))


@pytest.mark.parametrize("loss", [losses.cross_entropy, losses.nll])
def test_classes_before_logits_are_told_the_order(loss):
    with pytest.raises(ShapeError, match="the prediction comes first: swap the two"):
        loss(np.zeros(3, int), np.ones((3, 2)))
    with pytest.raises(ShapeError, match=r"write target.reshape\(\(3,\)\)"):
        loss(np.ones((3, 2)), np.zeros((3, 1), int))


@pytest.mark.parametrize(
    "name",
    ["cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "multi_label"],
)
def test_a_model_in_place_of_the_target_is_warned_of(name):
    loss, output = getattr(losses, name), tg.full((2, 3), 0.25, requires_grad=True)
    with pytest.warns(UsageWarning, match=rf"comes first: write {name}\(prediction, target\)"):
        loss(np.ones((2, 3)), output)
    loss(np.ones((2, 3)), output.detach())
    loss(output, output)
    loss(output, np.ones((2, 3)))


def test_a_target_may_be_learned_where_both_are_alike():
    output = tg.ones(3, requires_grad=True)
    for loss in (losses.mse, losses.l1, losses.huber):
        loss(np.zeros(3), output)
    losses.kl_divergence(np.zeros(3), tg.full(3, 0.5, requires_grad=True))


def test_logits_in_place_of_labels_are_refused():
    with pytest.raises(
        ArgumentError, match=r"the label 3.0 at index .* the prediction comes first"
    ):
        losses.binary_cross_entropy_with_logits([0, 1, 1], [3.0, -1.0, 0.2])


def test_labels_that_do_not_count_from_0_say_what_to_write():
    logits = np.zeros((3, 3), "float32")
    for loss in (losses.cross_entropy, losses.nll):
        with pytest.raises(AxisError, match=r"label 3 .*; if they count from 1, write labels - 1"):
            loss(logits, np.array([1, 2, 3]))
        with pytest.raises(AxisError, match=r"labels up to 7 are 8 classes, .*Classes\.of"):
            loss(logits, np.array([0, 2, 7]))
        with pytest.raises(
            AxisError, match=r"label -1 .*; for −1 and 1 write \(labels \+ 1\) // 2"
        ):
            loss(logits[:, :2], np.array([-1, 1, 1]))
    with pytest.raises(AxisError, match=r"ids 0 … 2; ids up to 3 take nn\.Embedding\(4, …\)"):
        tg.nn.Embedding(3, 2)(np.array([1, 3]))


def test_shapes_that_differ_because_the_two_are_swapped():
    prediction = tg.zeros((4, 3), requires_grad=True)
    with pytest.raises(ShapeError, match="the prediction comes first: swap the two"):
        losses.mse(np.zeros(4), prediction)
    with (
        pytest.warns(UsageWarning, match=r"write nll\(prediction, target\)"),
        pytest.raises(ShapeError, match="swap the two"),
    ):
        losses.nll(np.zeros(4, int), prediction)
