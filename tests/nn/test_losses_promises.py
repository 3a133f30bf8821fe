"""Every loss with all its options keeps what losses promise."""

from functools import partial

import numpy as np
import pytest

from tensorgraph.nn import losses
from tensorgraph.testing import check_loss
from tests.nn.loss_helpers import NAN, normal, simplex

NUMBERS, SCORES = normal(4, 3), normal(5, seed=1)
PROBABILITIES, TARGETS = 1 / (1 + np.exp(-NUMBERS)), 1 / (1 + np.exp(-normal(4, 3, seed=2)))
LABELS, CLASSES = np.array([0, 1, 1, 0, 1]), np.array([0, 2, 1, 1, 0])
LOGITS, SOFT, LOGS = normal(5, 3), simplex(5, 3), np.log(simplex(5, 3, seed=3))
GAPS = np.array([[1, NAN, 0], [NAN, NAN, NAN], [1, 0, 0], [0, 1, NAN]])
WEIGHT = np.array([0.5, 2.0, 1.0])
MASK = np.array([[True, False, True], [False] * 3, [True] * 3, [True, True, False]])

CASES = {
    "mse": (losses.mse, NUMBERS, normal(4, 3, seed=4), {}),
    "mse of a row": (losses.mse, SCORES, normal(5, seed=4), {}),
    "l1": (losses.l1, NUMBERS, normal(4, 3, seed=4), {}),
    "huber": (losses.huber, SCORES, normal(5, seed=4), {}),
    "huber, δ = 0.3": (partial(losses.huber, delta=0.3), NUMBERS, normal(4, 3, seed=4), {}),
    "hinge": (losses.hinge, SCORES, 2 * LABELS - 1, {}),
    "binary_cross_entropy": (losses.binary_cross_entropy, PROBABILITIES, TARGETS, {}),
    "binary_cross_entropy of labels": (
        losses.binary_cross_entropy, PROBABILITIES.reshape(-1)[:5], LABELS, {},
    ),
    "with_logits": (losses.binary_cross_entropy_with_logits, NUMBERS, TARGETS, {}),
    "with_logits of labels": (losses.binary_cross_entropy_with_logits, SCORES, LABELS, {}),
    "multi_label": (losses.multi_label, NUMBERS, GAPS, {}),
    "multi_label, mask": (losses.multi_label, NUMBERS, np.round(TARGETS), {"mask": MASK}),
    "multi_label, both": (losses.multi_label, NUMBERS, TARGETS * GAPS, {"mask": MASK}),
    "cross_entropy": (losses.cross_entropy, LOGITS, CLASSES, {}),
    "cross_entropy, columns": (losses.cross_entropy, LOGITS.T, CLASSES, {"axis": 0}),
    "cross_entropy, many": (
        losses.cross_entropy, normal(4, 3, 2), np.array([[0, 1], [2, 2], [1, 0], [0, 0]]),
        {"axis": 1},
    ),
    "cross_entropy, soft": (losses.cross_entropy, LOGITS, SOFT, {}),
    "cross_entropy, soft columns": (losses.cross_entropy, LOGITS.T, SOFT.T, {"axis": 0}),
    "cross_entropy, soft, weight": (losses.cross_entropy, LOGITS, SOFT, {"weight": WEIGHT}),
    "cross_entropy, weight": (losses.cross_entropy, LOGITS, CLASSES, {"weight": WEIGHT}),
    "cross_entropy, smoothing": (losses.cross_entropy, LOGITS, CLASSES, {"label_smoothing": 0.2}),
    "cross_entropy, ignore": (losses.cross_entropy, LOGITS, CLASSES, {"ignore_index": 1}),
    "cross_entropy, all": (
        losses.cross_entropy, LOGITS, np.array([0, 2, -100, 1, -100]),
        {"ignore_index": -100, "weight": WEIGHT, "label_smoothing": 0.2},
    ),
    "cross_entropy, sum": (losses.cross_entropy, LOGITS, CLASSES, {"reduction": "sum"}),
    "cross_entropy, none": (losses.cross_entropy, LOGITS, CLASSES, {"reduction": "none"}),
    "nll": (losses.nll, LOGS, CLASSES, {}),
    "nll, weight and ignore": (
        losses.nll, LOGS, np.array([0, 2, 1, -1, 0]), {"weight": WEIGHT, "ignore_index": -1},
    ),
    "with_logits, pos_weight": (
        losses.binary_cross_entropy_with_logits, NUMBERS, TARGETS, {"pos_weight": WEIGHT * 3},
    ),
    "multi_label, pos_weight": (losses.multi_label, NUMBERS, GAPS, {"pos_weight": 2.5}),
    "binary_focal": (losses.binary_focal, NUMBERS, np.round(TARGETS), {"alpha": 0.25}),
    "binary_focal, γ": (losses.binary_focal, NUMBERS, TARGETS, {"gamma": 0.5}),
    "focal": (losses.focal, LOGITS, CLASSES, {}),
    "focal, all": (
        losses.focal, LOGITS, np.array([0, 2, -100, 1, -100]),
        {"ignore_index": -100, "weight": WEIGHT, "gamma": 0.7},
    ),
    "focal, columns": (losses.focal, LOGITS.T, CLASSES, {"axis": 0, "gamma": 0.0}),
    "multi_margin": (losses.multi_margin, LOGITS, CLASSES, {}),
    "multi_margin, all": (
        losses.multi_margin, LOGITS, np.array([0, 2, -100, 1, -100]),
        {"ignore_index": -100, "weight": WEIGHT, "margin": 0.5, "squared": True},
    ),
    "quantile": (losses.quantile, NUMBERS, normal(4, 3, seed=4), {"q": 0.9}),
    "gaussian_nll": (losses.gaussian_nll, NUMBERS, normal(4, 3, seed=4), {"variance": 0.3}),
    "poisson_nll": (
        losses.poisson_nll, NUMBERS, np.array([[0, 1, 2.0]] * 4), {"extremes": (-50, 50)},
    ),
    "dice": (losses.dice, PROBABILITIES, np.round(TARGETS), {}),
    "dice, places": (losses.dice, PROBABILITIES, TARGETS, {"axis": 1, "smooth": 0.1}),
    "margin_ranking": (
        losses.margin_ranking, SCORES, normal(5, seed=4),
        {"target": 2 * LABELS - 1, "margin": 0.5, "independent": False},
    ),
    "triplet_margin": (
        losses.triplet_margin, NUMBERS, normal(4, 3, seed=4),
        {"negative": normal(4, 3, seed=6), "independent": False},
    ),
    "triplet_margin, swap": (
        losses.triplet_margin, NUMBERS, normal(4, 3, seed=4),
        {"negative": normal(4, 3, seed=6), "swap": True, "ord": 3.0, "independent": False},
    ),
    "cosine_embedding": (
        losses.cosine_embedding, NUMBERS, normal(4, 3, seed=4),
        {"target": np.array([1, -1, -1, 1]), "margin": -0.5, "independent": False},
    ),
    "info_nce": (
        losses.info_nce, NUMBERS, normal(4, 3, seed=4), {"independent": False},
    ),
    "nt_xent": (losses.nt_xent, NUMBERS, normal(4, 3, seed=4), {"independent": False}),
    "ctc": (losses.ctc, np.log(simplex(2, 3, 3)), np.array([[1, 2], [2, 2]]), {}),
    "ctc, blank": (
        losses.ctc, np.log(simplex(2, 2, 3)), np.array([[0], [1]]),
        {"blank": 2, "zero_infinity": True},
    ),
    "kl_divergence": (losses.kl_divergence, LOGS, SOFT, {}),
    "kl_divergence of classes": (losses.kl_divergence, LOGS, np.eye(3)[CLASSES], {}),
}  # fmt: skip


def test_no_loss_is_left_out():
    used = {getattr(loss, "func", loss) for loss, *_ in CASES.values()}
    assert used == {getattr(losses, name) for name in losses.__all__}


@pytest.mark.parametrize("case", CASES)
def test_every_loss_keeps_what_losses_promise(case):
    loss, predictions, targets, settings = CASES[case]
    assert not check_loss(loss, predictions, targets, **settings).broken
