"""Metrics of scores and probabilities: area under the ROC curve, log loss, Brier score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.diagnose.array_arguments import (
    Array,
    as_labels,
    as_numbers,
    by_example,
    label_columns,
    labelled,
    same_length,
    weights_of,
)
from tensorgraph.diagnose.metric import metric
from tensorgraph.leads.calls import with_leads

__all__ = ["brier_score", "log_loss", "roc_auc"]


@metric(worst=0, best=1)
@with_leads
def roc_auc(
    scores: Any,
    labels: Any,
    *,
    classes: Iterable[Any] | None = None,
    average: str = "macro",
    sample_weight: Any = None,
) -> float:
    """Return how often an example of the positive class scores above one of the other class.

        AUC = P(s₊ > s₋) + ½ P(s₊ = s₋)

    It is the area under the ROC curve (Hanley & McNeil 1982, "The meaning and use of the area under
    a receiver operating characteristic curve"): 1 for a perfect order, ½ for chance. Only the order
    of the scores counts, so logits will do.

    Of more than two classes, each is taken against the rest, and the areas are averaged.

    Args:
        scores: of the positive class, shape (m,); or of each class, shape (m, K).
        labels: the true classes. For shape (m,) the positive class is 1 or True; otherwise 0 … K−1
            are the columns.
        classes: what the labels stand for, if that is something else: ``[other, positive]``, or the
            class of each column.
        average: of the areas of K classes: ``"macro"``, their mean; ``"weighted"``, by how often a
            class occurs.
        sample_weight: how much each example counts, shape (m,).

    Raises:
        ShapeError: lengths that differ.
        ArgumentError: no examples; a class that does not occur, or is the only one; a NaN.
        AxisError: a label that names no column.

    Example:
        >>> import tensorgraph as tg
        >>> tg.diagnose.roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        0.75
    """
    true = as_labels("roc_auc", "labels", labels)
    found = by_example("roc_auc", "scores", as_numbers("roc_auc", "scores", scores), len(true))
    if found.ndim not in (1, 2) or not found.size:
        raise errors.ShapeError(
            f"roc_auc: scores must have shape (m,) or (m, classes), not {found.shape}"
        )
    if average not in ("macro", "weighted"):
        raise errors.ArgumentError(
            f"roc_auc: average must be 'macro' or 'weighted', not {average!r}"
        )
    columns = found[:, None] if found.ndim == 1 else found
    numbers = label_columns("roc_auc", true, classes, max(columns.shape[1], 2))
    m = same_length("roc_auc", scores=found, labels=numbers)
    weights = weights_of("roc_auc", sample_weight, m)
    if found.ndim == 1:
        return _area(columns[:, 0], numbers == 1, weights, 1)
    areas = [_area(columns[:, k], numbers == k, weights, k) for k in range(columns.shape[1])]
    share = np.bincount(numbers, weights, columns.shape[1]) if average == "weighted" else None
    return float(np.average(areas, weights=share))


def _area(scores: Array, positive: Array, weights: Array, name: int) -> float:
    """Return the share of pairs in the right order, where a tie counts half."""
    place = np.unique(scores, return_inverse=True)[1].reshape(-1)
    plus, minus = np.bincount(place, weights * positive), np.bincount(place, weights * ~positive)
    pairs = plus.sum() * minus.sum()
    if not pairs:
        there = "all examples are" if plus.sum() else "no example is"
        raise errors.ArgumentError(
            f"roc_auc: {there} of class {name}, so there is nothing to tell it from; measure on a"
            " set that holds this class and others"
        )
    below = np.cumsum(minus) - minus
    return float((plus * (below + minus / 2)).sum() / pairs)


@metric(worst=np.inf, best=0)
@with_leads
def log_loss(
    probabilities: Any,
    labels: Any,
    *,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
) -> float:
    """Return the mean of −log p over examples, where p is the probability of the true class.

    It is the cross-entropy, and the cost of the networks of the course (Deep Learning
    Specialization, course 1, week 2; Goodfellow, Bengio & Courville 2016, section 6.2.2). A
    probability of 0 has no finite logarithm: p is cut off at the spacing of numbers at 1, which is
    10⁻⁷ in float32 and 2·10⁻¹⁶ in float64, as scikit-learn does.

    Args:
        probabilities: of the positive class, shape (m,); or of each class, shape (m, K).
        labels: the true classes. For shape (m,) the positive class is 1 or True; otherwise 0 … K−1
            are the columns.
        classes: what the labels stand for, if that is something else: ``[other, positive]``, or the
            class of each column.
        sample_weight: how much each example counts, shape (m,).

    Raises:
        ShapeError: lengths that differ.
        ArgumentError: no examples; numbers outside [0, 1], such as logits; rows that do not add up
            to 1; a NaN.
        AxisError: a label that names no column.

    Example:
        >>> import tensorgraph as tg
        >>> round(tg.diagnose.log_loss([0.9, 0.2], [1, 0]), 4)
        0.1643
    """
    p, numbers, weights, _ = labelled("log_loss", probabilities, labels, classes, sample_weight)
    least = np.finfo(p.dtype).eps
    likelihood = p[np.arange(len(p)), numbers].astype(np.float64)
    return float(np.average(-np.log(np.clip(likelihood, least, 1 - least)), weights=weights))


@metric(worst=2, best=0)
@with_leads
def brier_score(
    probabilities: Any,
    labels: Any,
    *,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
) -> float:
    """Return the mean squared distance between probabilities and what happened.

        two classes, shape (m,):       mean of (p − y)²
        K classes, shape (m, K):       mean of Σₖ (pₖ − yₖ)²

    (Brier 1950, "Verification of forecasts expressed in terms of probability", whose sum over both
    classes is twice the first.) It is 0 for certain and right answers; for the arguments and errors
    see :func:`log_loss`.

    Example:
        >>> import tensorgraph as tg
        >>> round(tg.diagnose.brier_score([0.9, 0.2], [1, 0]), 4)
        0.025
    """
    given = labelled("brier_score", probabilities, labels, classes, sample_weight)
    apart = given.p.astype(np.float64)
    apart[np.arange(len(apart)), given.numbers] -= 1
    squares = apart**2
    each = squares[:, 1] if given.binary else squares.sum(1)
    return float(np.average(each, weights=given.weights))
