"""Losses for predictions of yes or no, one or many an example."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses._common import (
    as_array,
    as_target,
    check_probabilities,
    check_signs,
    in_single_precision,
    least,
    matched,
    product,
    reduced,
    refuse,
    surprisal,
    tangent,
    values,
    warn_if_swapped,
    warn_of_output,
    weighted_cost,
)
from tensorgraph.nn.message_place import here
from tensorgraph.ops.activation import relu, sigmoid, softplus
from tensorgraph.ops.arithmetic import isnan, less, logical_and, logical_not, where
from tensorgraph.ops.cross_entropy import sigmoid_cross_entropy
from tensorgraph.ops.transcendental import log1p

NOT_BINARY = (
    "; labels are 0 and 1, and the prediction comes first (for −1 and 1, write (target + 1) / 2, or"
    " losses.hinge)"
)
SECOND_SIGMOID = (
    "the logits went through a sigmoid already, and this loss computes one itself; leave the first"
    " one out"
)


@with_leads
def binary_cross_entropy(
    probabilities: AnyArray, target: AnyArray, reduction: str = "mean"
) -> AnyArray:
    """Return the cross-entropy of probabilities against labels 0 and 1.

    For each element, with the probability a of the label 1 and the label y,

        loss = −(y log a + (1 − y) log(1 − a)),

    whose gradient by a is −y/a + (1 − y)/(1 − a) (Deep Learning Specialization, course 1, week 2).
    A label may also be a probability.

    A certain and right answer costs exactly 0. For a certain and wrong one, the logarithm of 0 has
    no finite value: below 10⁻³⁰, −log goes on along its tangent. So a = 0 for y = 1 costs 70.1, and
    value and gradient stay finite and agree with each other. (In float16 it is 6·10⁻⁵ and 10.7.
    PyTorch cuts the logarithm off at
    −100, and the gradient at 10¹².) A network should end in logits rather than probabilities:
    :func:`binary_cross_entropy_with_logits` needs no such care.

    Args:
        probabilities: numbers in [0, 1], any shape.
        target: labels 0 and 1, or probabilities; the same shape.
        reduction: ``"mean"``, which divides by the number of elements; ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a number outside [0, 1]; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> a = tg.tensor([0.5, 1.0], requires_grad=True)
        >>> losses = tg.nn.losses.binary_cross_entropy(a, [1, 1], "none")
        >>> print(losses.round(4), tg.gradients(losses.sum(), a))
        [0.6931 0.    ] [-2. -1.]
    """
    name = "binary_cross_entropy"
    a, y = matched(name, probabilities, target)
    warn_if_swapped(name, a, y)
    check_probabilities(
        name, "probability", a, "; for logits write losses.binary_cross_entropy_with_logits"
    )
    check_probabilities(name, "label", y, NOT_BINARY)
    return reduced(y * surprisal(a) + (1 - y) * _surprisal_of_rest(a), reduction)


def _surprisal_of_rest(p: Any) -> Any:
    """Return −log(1 − p), exact for small p."""
    rest = 1 - p
    tiny = less(rest, least(rest))
    return where(tiny, tangent(rest), -log1p(-where(tiny, 0, p)))


@in_single_precision
@with_leads
def binary_cross_entropy_with_logits(
    logits: AnyArray,
    target: AnyArray,
    reduction: str = "mean",
    *,
    pos_weight: AnyArray | float | None = None,
) -> AnyArray:
    """Return the cross-entropy of sigmoid(logits) against labels 0 and 1.

    For each element, with the logit z and the label y,

        loss = −(y log a + (1 − y) log(1 − a))   with   a = σ(z),
             = max(z, 0) − z y + log(1 + e^−|z|),

    whose gradient by z is a − y (Deep Learning Specialization, course 1, week 2; Goodfellow, Bengio
    & Courville 2016, section 6.2.2.2). A label may also be a probability. The second form is the
    one computed: it is right for every logit, also where σ(z) is rounded to 0 or 1.

    Args:
        logits: any numbers, any shape.
        target: labels 0 and 1, or probabilities; the same shape.
        reduction: ``"mean"``, which divides by the number of elements; ``"sum"`` or ``"none"``.
        pos_weight: w, how much the label 1 counts beside the label 0: the loss is then
            −(w y log a + (1 − y) log(1 − a)). One number, or one for each place along the last
            axis; not negative. The mean divides by the number of elements all the same.

    Raises:
        ShapeError: the shapes differ, or ``pos_weight`` has another.
        ArgumentError: a label outside [0, 1]; a ``pos_weight`` below 0; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.tensor([0.0, 100.0], requires_grad=True)
        >>> losses = tg.nn.losses.binary_cross_entropy_with_logits(z, [1, 0], "none")
        >>> print(losses.round(4), tg.gradients(losses.sum(), z))
        [  0.6931 100.    ] [-0.5  1. ]
    """
    name = "binary_cross_entropy_with_logits"
    logits, target = matched(name, logits, target)
    warn_if_swapped(name, logits, target)
    warn_of_output(name, logits, sigmoid, f"{SECOND_SIGMOID}, or write binary_cross_entropy")
    check_probabilities(name, "label", target, NOT_BINARY)
    return reduced(_logistic(name, logits, target, pos_weight), reduction)


def _logistic(name: str, logits: Any, target: Any, pos_weight: Any) -> Any:
    """Return the losses of logits, those of the label 1 by their weight."""
    if pos_weight is None:
        return sigmoid_cross_entropy(logits, target)
    weight = as_target(pos_weight, logits)
    shape, found = shape_of(weight), values(weight)
    if shape not in ((), (1,), shape_of(logits)[-1:]):
        raise errors.ShapeError(
            f"{here(name)}: pos_weight of shape {shape} must be one number, or one for each of the"
            f" labels along the last axis of the logits, of shape {shape_of(logits)}"
        )
    good = (found >= 0) & (found < math.inf)
    refuse(name, "pos_weight", good, found, "is negative or not finite")
    return weight * product(target, softplus(-logits)) + product(1 - target, softplus(logits))


@in_single_precision
@with_leads
def multi_label(
    logits: AnyArray,
    target: AnyArray,
    reduction: str = "mean",
    *,
    mask: AnyArray | None = None,
    pos_weight: AnyArray | float | None = None,
) -> AnyArray:
    """Return the binary cross-entropy of many labels an example, some of which may be missing.

    For example i and label j, with the logit z and the label y,

        lossᵢⱼ = −(y log a + (1 − y) log(1 − a))   with   a = σ(z),

    whose gradient by z is a − y; it is 0 where the label is missing (Deep Learning Specialization,
    course 3, week 2, multi-task learning: the sum runs over the labels that are there). A label is
    missing where the target is NaN, and where ``mask`` is False. What stands there, in the logits
    too, has no influence on value or gradient.

    ``"mean"`` divides by the number of labels that are there, so it does not depend on how many are
    missing; it is 0 if all are. For the course's 1/m write ``multi_label(logits, target, "sum") /
    m``.

    Args:
        logits: any numbers, any shape; usually (m, labels).
        target: labels 0 and 1, probabilities, or NaN; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        mask: booleans of the same shape, True where there is a label.
        pos_weight: how much the label 1 counts beside 0, as in
            :func:`binary_cross_entropy_with_logits`.

    Raises:
        ShapeError: the shapes differ, or ``pos_weight`` has another.
        DTypeError: a ``mask`` that is not boolean.
        ArgumentError: a label outside [0, 1]; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.zeros((2, 2), requires_grad=True)
        >>> cost = tg.nn.losses.multi_label(z, [[1, float("nan")], [0, 0]])
        >>> cost.backward()
        >>> print((z.grad * 3).round(4))  # three labels are there
        [[-0.5  0. ]
         [ 0.5  0.5]]
    """
    logits, target = matched("multi_label", logits, target)
    warn_if_swapped("multi_label", logits, target)
    warn_of_output("multi_label", logits, sigmoid, SECOND_SIGMOID)
    present = logical_not(isnan(target))
    if mask is not None:
        present = logical_and(present, _mask("multi_label", mask, shape_of(logits)))
    # What is missing is replaced, not multiplied by 0: 0 · NaN is NaN.
    logits, target = where(present, logits, 0), where(present, target, 0)
    check_probabilities("multi_label", "label", target, NOT_BINARY)
    losses = where(present, _logistic("multi_label", logits, target, pos_weight), 0)
    return weighted_cost(losses, as_target(present, logits), reduction)


def _mask(name: str, mask: Any, shape: tuple[int, ...]) -> Any:
    mask = as_array(mask)
    if mask.dtype != np.bool_:
        raise errors.DTypeError(
            f"{here(name)}: mask must be boolean, not {mask.dtype}; write mask == 1"
        )
    if shape_of(mask) != shape:
        raise errors.ShapeError(
            f"{here(name)}: mask of shape {shape_of(mask)} and logits of shape {shape} must have"
            " the same shape"
        )
    return mask


@in_single_precision
@with_leads
def hinge(scores: AnyArray, target: AnyArray, reduction: str = "mean") -> AnyArray:
    """Return the hinge loss of scores against labels −1 and 1.

    For each element, with the score s and the label y,

        loss = max(0, 1 − y s),

    whose gradient by s is −y inside the margin y s < 1, and 0 elsewhere (Cortes & Vapnik 1995,
    "Support-vector networks"). Only here labels are −1 and 1: from y in {0, 1}, write 2 * y - 1.
    ``"mean"`` divides by the number of elements.

    Args:
        scores: any numbers, any shape; their sign is the predicted class.
        target: labels −1 and 1; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a label that is neither −1 nor 1; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.hinge([2.0, 0.5, 0.5], [1, 1, -1], "none"))
        [0.  0.5 1.5]
    """
    scores, target = matched("hinge", scores, target)
    warn_if_swapped("hinge", scores, target)
    check_signs("hinge", target)
    return reduced(relu(1 - target * scores), reduction)
