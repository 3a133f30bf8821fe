"""Metrics of predicted classes: accuracy, precision, recall and their means."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import number
from tensorgraph.diagnose.array_arguments import Array, label_pair, weights_of
from tensorgraph.diagnose.confusion import ClassCounts, compared
from tensorgraph.diagnose.metric import metric
from tensorgraph.leads.calls import with_leads

__all__ = ["accuracy", "f1", "f_beta", "precision", "recall"]

AVERAGES = ("binary", "macro", "weighted", "micro", "none")


@metric(worst=0, best=1)
@with_leads
def accuracy(predictions: Any, labels: Any, *, sample_weight: Any = None) -> float:
    """Return the share of examples whose predicted class is the true one.

    Args:
        predictions: the predicted class of each example: integers, booleans or strings, shape (m,).
        labels: the true classes, in the same way.
        sample_weight: how much each example counts, shape (m,).

    Raises:
        ShapeError: lengths that differ; one-hot rows.
        ArgumentError: no examples.
        DTypeError: probabilities in place of classes; strings beside numbers.

    Example:
        >>> import tensorgraph as tg
        >>> tg.diagnose.accuracy([1, 0, 1, 1], [1, 0, 0, 1])
        0.75
    """
    predicted, true = label_pair("accuracy", predictions, labels)
    weights = weights_of("accuracy", sample_weight, len(true))
    return float(np.average(predicted == true, weights=weights))


@metric(worst=0, best=1)
@with_leads
def precision(
    predictions: Any,
    labels: Any,
    *,
    average: str = "binary",
    positive: Any = 1,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
    undefined: float | None = None,
) -> Any:
    """Return which share of the examples predicted as a class are of that class.

        precision = tp / (tp + fp)

    (Deep Learning Specialization, course 3, week 1, "Single number evaluation metric".)

    Args:
        predictions: the predicted class of each example: integers, booleans or strings, shape (m,).
        labels: the true classes, in the same way.
        average: ``"binary"``, that of the class ``positive``; ``"macro"``, the mean over classes;
            ``"weighted"``, the same weighted with how often a class occurs in ``labels``;
            ``"micro"``, from the counts of all classes together; ``"none"``, an array with a number
            for each class, in the order of ``classes``.
        positive: for ``"binary"``, the class that is looked for; ``True`` is 1.
        classes: all classes; by default those that occur, sorted.
        sample_weight: how much each example counts, shape (m,).
        undefined: what 0/0 is, where a class was never predicted: by default 0, with a
            ``UsageWarning``.

    Raises:
        ShapeError: lengths that differ; one-hot rows.
        ArgumentError: no examples; more than two classes for ``"binary"``, or none that is
            ``positive``; an unknown ``average``.
        DTypeError: probabilities in place of classes; strings beside numbers.

    Example:
        >>> import tensorgraph as tg
        >>> round(tg.diagnose.precision([1, 1, 0, 1], [1, 0, 0, 1]), 4)
        0.6667
    """
    found = compared("precision", predictions, labels, classes, sample_weight).by_class()
    return _averaged("precision", found, _precision, average, positive, undefined)


@metric(worst=0, best=1)
@with_leads
def recall(
    predictions: Any,
    labels: Any,
    *,
    average: str = "binary",
    positive: Any = 1,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
    undefined: float | None = None,
) -> Any:
    """Return which share of the examples of a class are predicted as that class.

        recall = tp / (tp + fn)

    (Deep Learning Specialization, course 3, week 1, "Single number evaluation metric".) It is
    undefined for a class that does not occur in ``labels``. The macro average is also called
    balanced accuracy. For the arguments and errors see :func:`precision`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.diagnose.recall([1, 1, 0, 0], [1, 0, 0, 1], average="none").tolist()
        [0.5, 0.5]
    """
    found = compared("recall", predictions, labels, classes, sample_weight).by_class()
    return _averaged("recall", found, _recall, average, positive, undefined)


@metric(worst=0, best=1)
@with_leads
def f_beta(
    predictions: Any,
    labels: Any,
    beta: float = 1.0,
    *,
    average: str = "binary",
    positive: Any = 1,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
    undefined: float | None = None,
) -> Any:
    """Return precision P and recall R as one number, in which recall counts β times as much.

        F = (1 + β²) P R / (β² P + R) = (1 + β²) tp / ((1 + β²) tp + β² fn + fp)

    (van Rijsbergen 1979, "Information Retrieval", chapter 7). For β = 1 it is the harmonic mean.
    It is computed in the second form, so it is undefined only for a class that neither occurs nor
    is predicted. For the other arguments and errors see :func:`precision`.

    Args:
        predictions: the predicted class of each example.
        labels: the true classes.
        beta: above 1 recall matters more, below 1 precision does.
        average: as for :func:`precision`.
        positive: as for :func:`precision`.
        classes: as for :func:`precision`.
        sample_weight: as for :func:`precision`.
        undefined: as for :func:`precision`.

    Raises:
        ArgumentError: a ``beta`` that is not above 0; what :func:`precision` raises.

    Example:
        >>> import tensorgraph as tg
        >>> round(tg.diagnose.f_beta([1, 1, 1, 0], [1, 0, 0, 1], beta=2.0), 4)
        0.4545
    """
    shares = _f(number(beta, "f_beta: beta"))
    found = compared("f_beta", predictions, labels, classes, sample_weight).by_class()
    return _averaged("f_beta", found, shares, average, positive, undefined)


@metric(worst=0, best=1)
@with_leads
def f1(
    predictions: Any,
    labels: Any,
    *,
    average: str = "binary",
    positive: Any = 1,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
    undefined: float | None = None,
) -> Any:
    """Return the harmonic mean of precision and recall.

        F₁ = 2 P R / (P + R)

    (Deep Learning Specialization, course 3, week 1, "Single number evaluation metric"). It is
    :func:`f_beta` with β = 1; for the arguments and errors see :func:`precision`.

    Example:
        >>> import tensorgraph as tg
        >>> predictions, labels = ["spam", "ham", "spam"], ["spam", "spam", "ham"]
        >>> tg.diagnose.f1(predictions, labels, positive="spam")
        0.5
        >>> tg.diagnose.f1(predictions, labels, average="macro")
        0.25
    """
    found = compared("f1", predictions, labels, classes, sample_weight).by_class()
    return _averaged("f1", found, _f(1.0), average, positive, undefined)


# ------------------------------------------------------------------------ shares of true positives

Shares = tuple[Array, Array, str]
"""A numerator and a denominator for each class, and when the denominator is 0."""


def _precision(counts: ClassCounts) -> Shares:
    return counts.hits, counts.predicted, "was never predicted"


def _recall(counts: ClassCounts) -> Shares:
    return counts.hits, counts.occurring, "does not occur in labels"


def _f(beta: float) -> Callable[[ClassCounts], Shares]:
    if beta <= 0:
        raise errors.ArgumentError(
            f"f_beta: beta = {beta:g} must be above 0; precision and recall are functions of their"
            " own"
        )

    def shares(counts: ClassCounts) -> Shares:
        # (1 + β²) tp + β² fn + fp, as fn = occurring − tp and fp = predicted − tp
        both = beta**2 * counts.occurring + counts.predicted
        return (1 + beta**2) * counts.hits, both, "neither occurs in labels nor was predicted"

    return shares


def _averaged(
    where: str,
    found: ClassCounts,
    shares: Callable[[ClassCounts], Shares],
    average: str,
    positive: Any,
    undefined: float | None,
) -> Any:
    """Return the number, or for ``"none"`` the numbers, that an average makes of all classes."""
    if average not in AVERAGES:
        raise errors.ArgumentError(
            f"{where}: average must be {' or '.join(map(repr, AVERAGES))}, not {average!r}"
        )
    numerators, denominators, reason = shares(found)
    names: list[Any] = list(found.classes)
    if average == "binary":
        place = _positive(where, names, positive)
        names = [positive]
        # A class that neither occurs nor is predicted is 0/0.
        numerators = numerators[place : place + 1] if place is not None else np.zeros(1)
        denominators = denominators[place : place + 1] if place is not None else np.zeros(1)
    elif average == "micro":
        numerators, denominators = numerators.sum(keepdims=True), denominators.sum(keepdims=True)
        names = ["every class"]
    values = _divided(where, numerators, denominators, names, reason, undefined)
    if average == "none":
        return values
    weights = found.occurring if average == "weighted" else None
    return float(np.average(values, weights=weights))


def _positive(where: str, names: list[Any], positive: Any) -> int | None:
    """Return the place of the class that is looked for, or ``None`` if it does not occur.

    Raises:
        ArgumentError: there are more than two classes, or two others.
    """
    if len(names) > 2:
        raise errors.ArgumentError(
            f"{where}: {len(names)} classes occur ({errors.listing(names)}), and average='binary'"
            " is for two; write average='macro' or another"
        )
    if positive in names:
        return names.index(positive)
    if len(names) == 2 or isinstance(positive, str) != isinstance(names[0], str):
        raise errors.ArgumentError(
            f"{where}: the positive class {positive!r} is not among the classes"
            f" {errors.listing([repr(name) for name in names])}; write positive={names[-1]!r}"
        )
    return None


def _divided(
    where: str,
    numerators: Array,
    denominators: Array,
    names: list[Any],
    reason: str,
    undefined: float | None,
) -> Array:
    """Return the quotients, and for 0/0 what ``undefined`` says."""
    zero = denominators == 0
    if zero.any() and undefined is None:
        missing = errors.listing([f"class {n!r}" for n, z in zip(names, zero, strict=True) if z])
        warnings.warn(
            f"{where}: 0/0 counts as 0, as {missing} {reason}; write undefined=0.0, or another"
            " value",
            errors.UsageWarning,
            stacklevel=5,
        )
    value = 0.0 if undefined is None else number(undefined, f"{where}: undefined")
    return np.where(zero, value, numerators / np.where(zero, 1, denominators))
