"""Focal losses: cross-entropy that counts what is easy for less."""

from __future__ import annotations

from typing import Any

from tensorgraph.arguments import number
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.wanted_numbers import differentiable
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses._classes import (
    by_class,
    check_choice,
    check_class_labels,
    check_classes_fit,
    class_axis,
    class_cost,
    class_weight,
    without_ignored,
)
from tensorgraph.nn.losses._common import (
    as_array,
    as_prediction,
    check_probabilities,
    in_single_precision,
    matched,
    product,
    reduced,
    warn_if_swapped,
    warn_of_output,
)
from tensorgraph.nn.losses.binary import NOT_BINARY, SECOND_SIGMOID
from tensorgraph.nn.losses.classification import SECOND_SOFTMAX
from tensorgraph.nn.message_place import here
from tensorgraph.ops.activation import log_sigmoid, sigmoid, softplus
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.index import one_hot, take_along_axis
from tensorgraph.ops.logits import log_softmax, logsumexp, softmax
from tensorgraph.ops.shape import expand_dims, squeeze
from tensorgraph.ops.transcendental import exp


@in_single_precision
@with_leads
def binary_focal(
    logits: AnyArray,
    target: AnyArray,
    reduction: str = "mean",
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
) -> AnyArray:
    """Return the focal loss of sigmoid(logits) against labels 0 and 1.

    For each element, with the logit z, a = σ(z) and the label y,

        loss = −(α y (1 − a)^γ log a + (1 − α) (1 − y) a^γ log(1 − a)),

    without α both sides count 1 (Lin et al. 2017, "Focal loss for dense object detection", equation
    5). What is right already hardly counts, so that a few rare positives are not lost among easy
    negatives. γ = 0 is :func:`binary_cross_entropy_with_logits`. For a label that is a probability
    it is the expectation of both sides. ``"mean"`` divides by the number of elements; the paper
    divides by that of the positives.

    Args:
        logits: any numbers, any shape.
        target: labels 0 and 1, or probabilities; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        gamma: γ, not negative.
        alpha: α in [0, 1], how much of the weight the label 1 has; 0.25 in the paper.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a label outside [0, 1], ``gamma`` or ``alpha`` outside its range; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.binary_focal([0.0, 3.0], [1, 1], "none").round(4))
        [0.1733 0.0001]
    """
    name = "binary_focal"
    gamma = number(gamma, f"{here(name)}: gamma", 0)
    logits, target = matched(name, logits, target)
    warn_if_swapped(name, logits, target)
    warn_of_output(name, logits, sigmoid, SECOND_SIGMOID)
    check_probabilities(name, "label", target, NOT_BINARY)
    yes, no = _missed(-logits, gamma), _missed(logits, gamma)
    if alpha is not None:
        share = differentiable(alpha, f"{here(name)}: alpha", 0, 1)
        yes, no = share * yes, (1 - share) * no
    return reduced(product(target, yes) + product(1 - target, no), reduction)


def _missed(z: Any, gamma: float) -> Any:
    """Return −σ(z)^γ log(1 − σ(z)): what a logit of z costs where −∞ is right."""
    losses = softplus(z)
    return losses if gamma == 0 else exp(gamma * log_sigmoid(z)) * losses


@in_single_precision
@with_leads
def focal(
    logits: AnyArray,
    target: AnyArray,
    axis: int = -1,
    reduction: str = "mean",
    *,
    gamma: float = 2.0,
    weight: AnyArray | None = None,
    ignore_index: int | None = None,
) -> AnyArray:
    """Return the focal loss of softmax(logits) against classes.

    For one example with the probabilities a = softmax(z) and the class c,

        loss = −w_c (1 − a_c)^γ log a_c,

    where w = 1 unless ``weight`` is given (Lin et al. 2017, "Focal loss for dense object
    detection", equation 5). Examples that are right already hardly count. γ = 0 is
    :func:`cross_entropy`. ``"mean"`` divides by the number of examples; with ``weight`` by the
    weights of the targets.

    Args:
        logits: shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the logits without ``axis``.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        gamma: γ, not negative.
        weight: w, how much each class counts, shape (classes,); not negative.
        ignore_index: the class that marks examples which do not count, for instance −100.

    Raises:
        ShapeError: the shapes of logits and target, or of ``weight``, do not fit as above; or there
            is one class, whose probability is 1.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that the logits do not have.
        ArgumentError: a ``weight`` or ``gamma`` below 0, an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.focal([[2.0, 0.0], [0.0, 0.0]], [0, 1], reduction="none").round(4))
        [0.0018 0.1733]
    """
    name = "focal"
    gamma = number(gamma, f"{here(name)}: gamma", 0)
    logits, target = as_prediction(logits), as_array(target)
    warn_if_swapped(name, logits, target)
    warn_of_output(name, logits, softmax, SECOND_SOFTMAX)
    shape = shape_of(logits)
    axis = class_axis(name, shape, axis)
    check_choice(name, shape, axis)
    if weight is not None:
        weight = class_weight(name, weight, logits, axis)
    check_classes_fit(name, shape, shape_of(target), axis, "")
    labels, kept = without_ignored(target, ignore_index)
    check_class_labels(name, labels, shape[axis])
    if kept is not None:
        logits = where(expand_dims(kept, axis=axis), logits, 0)
    log_a = log_softmax(logits, axis=axis)
    losses = -squeeze(take_along_axis(log_a, expand_dims(labels, axis=axis), axis=axis), axis=axis)
    if gamma:
        hot = one_hot(labels, shape[axis], axis=axis, dtype=bool)
        # log(1 − a_c), from the probabilities of the other classes: 1 − a_c has lost its digits.
        rest = logsumexp(where(hot, -float("inf"), log_a), axis=axis)
        losses = product(exp(gamma * rest), losses)
    losses, weights = by_class(losses, labels, weight)
    return class_cost(losses, weights, kept, reduction)
