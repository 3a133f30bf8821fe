"""Losses for predictions of one class out of several."""

from __future__ import annotations

from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import number
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
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
    as_target,
    check_probabilities,
    in_single_precision,
    matched,
    product,
    reduced,
    surprisal,
    warn_if_swapped,
    warn_of_output,
)
from tensorgraph.nn.message_place import here
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.cross_entropy import class_cross_entropy, softmax_cross_entropy
from tensorgraph.ops.index import take_along_axis
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.reduce import mean, sum
from tensorgraph.ops.shape import expand_dims, squeeze

SECOND_SOFTMAX = (
    "the logits went through a softmax already, and this loss computes one itself; leave the first"
    " one out"
)
NO_LOGARITHM = "these are probabilities, not their logarithms; write log_softmax for softmax"


@in_single_precision
@with_leads
def cross_entropy(
    logits: AnyArray,
    target: AnyArray,
    axis: int = -1,
    reduction: str = "mean",
    *,
    weight: AnyArray | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> AnyArray:
    """Return the cross-entropy of softmax(logits) against the target.

    For one example with logits z and target distribution y over K classes,

        loss = −Σₖ wₖ yₖ log aₖ   with   a = softmax(z),

    where w = 1 unless ``weight`` is given. Its gradient by z is then a − y (Goodfellow, Bengio &
    Courville 2016, equation 6.30; Deep Learning Specialization, course 2, week 3). A class c stands
    for the distribution that is 1 at c. The logits come straight from a linear layer; a softmax
    before the loss would be a second one, and is warned of. A logit of −inf rules a class out.

    ``"mean"`` divides by the number of examples; with ``weight`` by the weights of the targets,
    Σᵢ Σₖ wₖ yᵢₖ, so that equal weights change nothing. (PyTorch does so for classes only, and
    divides by the number of examples for distributions.)

    Args:
        logits: shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the logits without ``axis``; or distributions, of
            the same shape as the logits.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: w, how much each class counts, shape (classes,); not negative.
        label_smoothing: ε in [0, 1): y becomes (1 − ε) y + ε / K (Szegedy et al. 2016, section 7).
            That asks a little of every class, so the loss is infinite if one is ruled out.
        ignore_index: the class that marks examples which do not count, for instance −100.

    Raises:
        ShapeError: the shapes of logits and target, or of ``weight``, do not fit as above; or there
            is one class, whose probability is 1.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that the logits do not have.
        ArgumentError: a ``weight`` below 0, ``label_smoothing`` outside [0, 1), ``ignore_index``
            for distributions, an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> z = tg.tensor([[2.0, 0.0], [0.0, 0.0]], requires_grad=True)
        >>> cost = tg.nn.losses.cross_entropy(z, [0, 1])
        >>> print(f"{cost:.4f}")
        0.4100
        >>> cost.backward()
        >>> print((z.grad * 2).round(4))  # m dZ = A − Y
        [[-0.1192  0.1192]
         [ 0.5    -0.5   ]]
        >>> print(tg.nn.losses.cross_entropy(z, [0, -1], ignore_index=-1).round(4))
        0.1269
    """
    name = "cross_entropy"
    logits, target = as_prediction(logits), as_array(target)
    warn_if_swapped(name, logits, target)
    warn_of_output(name, logits, softmax, SECOND_SOFTMAX)
    shape, target_shape = shape_of(logits), shape_of(target)
    axis = class_axis(name, shape, axis)
    check_choice(name, shape, axis)
    if weight is not None:
        weight = class_weight(name, weight, logits, axis)
    if target_shape == shape:
        if ignore_index is not None:
            raise errors.ArgumentError(
                f"{here(name)}: ignore_index marks classes, and this target holds distributions"
            )
        kept = None
        losses, weights = _of_distributions(logits, target, axis, weight)
    else:
        check_classes_fit(name, shape, target_shape, axis, " or distributions of its own shape")
        labels, kept = without_ignored(target, ignore_index)
        if kept is not None:
            # Replaced, not multiplied by 0: an example that does not count may hold anything.
            logits = where(expand_dims(kept, axis=axis), logits, 0)
        losses = class_cross_entropy(logits, labels, axis=axis)
        losses, weights = by_class(losses, labels, weight)
    smoothing = _smoothing(name, label_smoothing)
    if smoothing:
        losses = (1 - smoothing) * losses + smoothing * _of_any_class(logits, axis, weight)
    return class_cost(losses, weights, kept, reduction)


@in_single_precision
@with_leads
def nll(
    log_probs: AnyArray,
    target: AnyArray,
    axis: int = -1,
    reduction: str = "mean",
    *,
    weight: AnyArray | None = None,
    ignore_index: int | None = None,
) -> AnyArray:
    """Return the negative log-likelihood of classes under log-probabilities.

    For one example with the log-probabilities log a and the class c,

        loss = −w_c log a_c,

    where w = 1 unless ``weight`` is given (Goodfellow, Bengio & Courville 2016, section 5.5).
    ``nll(log_softmax(z), c)`` is ``cross_entropy(z, c)``, which is one operation instead of three.
    ``"mean"`` divides by the number of examples; with ``weight`` by the weights of the targets.

    Args:
        log_probs: log a, shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the log-probabilities without ``axis``.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: w, how much each class counts, shape (classes,); not negative.
        ignore_index: the class that marks examples which do not count, for instance −100.

    Raises:
        ShapeError: the shapes of log_probs and target, or of ``weight``, do not fit as above; or
            there is one class, whose probability is 1.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that log_probs does not have.
        ArgumentError: a ``weight`` below 0, an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> log_probs = tg.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
        >>> print(tg.nn.losses.nll(log_probs, [0, 2], reduction="none").round(4))
        [0.6931 0.2231]
    """
    name = "nll"
    log_probs, target = as_prediction(log_probs), as_array(target)
    warn_if_swapped(name, log_probs, target)
    warn_of_output(name, log_probs, softmax, NO_LOGARITHM)
    shape = shape_of(log_probs)
    axis = class_axis(name, shape, axis)
    check_choice(name, shape, axis)
    if weight is not None:
        weight = class_weight(name, weight, log_probs, axis)
    check_classes_fit(name, shape, shape_of(target), axis, " (for distributions see kl_divergence)")
    labels, kept = without_ignored(target, ignore_index)
    check_class_labels(name, labels, shape[axis])
    chosen = take_along_axis(log_probs, expand_dims(labels, axis=axis), axis=axis)
    losses, weights = by_class(-squeeze(chosen, axis=axis), labels, weight)
    return class_cost(losses, weights, kept, reduction)


@with_leads
def kl_divergence(
    log_probs: AnyArray, target: AnyArray, axis: int = -1, reduction: str = "mean"
) -> AnyArray:
    """Return the Kullback–Leibler divergence of a predicted distribution from the target.

    For one example with the target distribution p and the log-probabilities log q predicted,

        loss = D(p ‖ q) = Σₖ pₖ (log pₖ − log qₖ),

    where 0 · log 0 = 0 (Goodfellow, Bengio & Courville 2016, equation 3.50). It is the
    cross-entropy of q against p without the entropy of p: 0 where they are equal, infinite where q
    rules out what p does not.

    As in all losses the prediction comes first, here as logarithms (from ``log_softmax``); the
    target holds probabilities. In mathematics they are written the other way round. ``"mean"``
    divides by the number of examples, which PyTorch calls ``"batchmean"``. The gradient by a target
    of 0, truly −∞, is finite: below 10⁻³⁰ the logarithm goes on along its tangent.

    Args:
        log_probs: log q, shape (…, classes, …), the classes along ``axis``.
        target: p, of the same shape; not logarithms.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ShapeError: the shapes differ.
        AxisError: an ``axis`` that log_probs does not have.
        ArgumentError: a target outside [0, 1], an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> log_q, p = tg.log([[0.5, 0.5], [0.5, 0.5]]), [[0.5, 0.5], [1, 0]]
        >>> print(tg.nn.losses.kl_divergence(log_q, p, reduction="none").round(4))
        [0.     0.6931]
    """
    name = "kl_divergence"
    log_q, p = matched(name, log_probs, target)
    warn_of_output(name, log_q, softmax, NO_LOGARITHM)
    check_probabilities(name, "target", p, "; it holds probabilities, not their logarithms")
    axis = class_axis(name, shape_of(log_q), axis)
    return reduced(sum(product(p, -surprisal(p) - log_q), axis=axis), reduction)


def _smoothing(name: str, value: Any) -> float:
    return number(value, f"{here(name)}: label_smoothing", 0, below=1)


# ----------------------------------------------------------------------------- losses and weights


def _of_distributions(logits: Any, target: Any, axis: int, weight: Any) -> tuple[Any, Any]:
    """Return weighted losses by target distributions, and the weights of the examples."""
    y = as_target(target, logits)
    if weight is None:
        return softmax_cross_entropy(logits, y, axis=axis), None
    y = _along(weight, logits, axis) * y
    return softmax_cross_entropy(logits, y, axis=axis), sum(y, axis=axis)


def _of_any_class(logits: Any, axis: int, weight: Any) -> Any:
    """Return the mean of the losses by every class, each with its weight."""
    losses = -log_softmax(logits, axis=axis)
    if weight is not None:
        losses = product(_along(weight, logits, axis), losses)
    return mean(losses, axis=axis)


def _along(weight: Any, prediction: Any, axis: int) -> Any:
    """Return the weights of the classes along the axis of a prediction's classes."""
    return weight.reshape([-1 if i == axis else 1 for i in range(len(shape_of(prediction)))])
