"""What the losses share: checks of the call, and the way from losses to a cost."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import one_of
from tensorgraph.engine.arrays import default_dtype, holds, host_values, placed, to_array
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import user_level
from tensorgraph.engine.op import OpFunction
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, array_of
from tensorgraph.nn.half_precision import HALF, to_half, to_single
from tensorgraph.nn.message_place import here
from tensorgraph.ops.arithmetic import astype, equal, isinf, less, logical_and, where
from tensorgraph.ops.reduce import mean, sum
from tensorgraph.ops.transcendental import log

Shape = tuple[int, ...]

Loss = TypeVar("Loss", bound=Callable[..., Any])

# ------------------------------------------------------------------------------ losses to a cost


def in_single_precision(loss: Loss) -> Loss:
    """Return a loss that takes a prediction in half precision for one in single.

    Half precision has no room for a count of 70,000, nor for the square of 300. The cost, and the
    gradient, come back in half. Losses of probabilities are none of these: what −log of nearly 0
    may cost is set by the precision of the probability.
    """
    first = next(iter(signature(loss).parameters))

    @wraps(loss)
    def computed(*args: Any, **settings: Any) -> Any:
        given = args[0] if args else settings.get(first)
        if getattr(given, "dtype", None) != HALF:
            return loss(*args, **settings)
        if args:
            return to_half(loss(to_single(given), *args[1:], **settings), given)
        return to_half(loss(**{**settings, first: to_single(given)}), given)

    return computed  # type: ignore[return-value]


def _mean_or_0(losses: Any) -> Any:
    return mean(losses) if losses.size else sum(losses)


REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "mean": _mean_or_0,
    "sum": sum,
    "none": lambda losses: losses,
}


def reduced(losses: Any, reduction: str) -> Any:
    """Return the cost that ``reduction`` makes of losses.

    Raises:
        ArgumentError: an unknown ``reduction``.
    """
    return REDUCTIONS[one_of(reduction, "reduction", REDUCTIONS)](losses)


def weighted_cost(losses: Any, weights: Any, reduction: str) -> Any:
    """Return the cost of losses that hold their weights; the mean divides by the sum of those."""
    if reduction != "mean":
        return reduced(losses, reduction)
    total = sum(weights)
    return sum(losses) / where(equal(total, 0), 1, total)


def product(weights: Any, losses: Any) -> Any:
    """Return weights · losses, where 0 · ∞ is 0: what has no weight may be impossible."""
    nothing = logical_and(equal(weights, 0), isinf(losses))
    return weights * where(nothing, 0, losses)


# ------------------------------------------------------------------------- predictions and targets


def as_array(value: Any) -> Any:
    """Return a tensor or array as it is, and anything else as an array."""
    return value if hasattr(value, "__array_function__") else to_array(value)


def as_prediction(value: Any) -> Any:
    """Return a prediction as a tensor or array of floating-point numbers."""
    prediction = as_array(value)
    # Complex numbers are those of a numeric derivative.
    floating = prediction.dtype.kind in "fc"
    return prediction if floating else astype(prediction, dtype=default_dtype())


def as_target(value: Any, prediction: Any) -> Any:
    """Return a target in the dtype of a prediction, which keeps its own beside any target."""
    if prediction.dtype.kind != "f":
        return as_array(value)
    if not hasattr(value, "__array_function__"):
        return placed(to_array(value, prediction.dtype), array_of(prediction))
    return value if value.dtype == prediction.dtype else astype(value, dtype=prediction.dtype)


def matched(name: str, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Return a prediction and a target that are compared element by element.

    Raises:
        ShapeError: their shapes differ.
    """
    prediction = as_prediction(prediction)
    target = as_target(target, prediction)
    shape, target_shape = shape_of(prediction), shape_of(target)
    if shape != target_shape:
        swap = "; and the prediction comes first: swap the two" * _swapped(prediction, target)
        raise errors.ShapeError(
            f"{here(name)}: a prediction of shape {shape} and a target of shape {target_shape} must"
            f" have the same shape{_hint(shape, target_shape)}{swap}"
        )
    return prediction, target


def warn_if_swapped(name: str, prediction: Any, target: Any) -> None:
    """Warn if the target comes from a model, and the prediction does not."""
    if _swapped(prediction, target):
        warnings.warn(
            f"{here(name)}: the target needs a gradient, the prediction does not; the prediction"
            f" comes first: write {name}(prediction, target), and target.detach() for a target that"
            " a model made",
            errors.UsageWarning,
            stacklevel=user_level(),
        )


def _swapped(prediction: Any, target: Any) -> bool:
    return getattr(target, "requires_grad", False) and not getattr(
        prediction, "requires_grad", False
    )


def _hint(shape: Shape, target: Shape) -> str:
    if [n for n in shape if n != 1] == [n for n in target if n != 1]:
        return f"; write target.reshape({shape}), or prediction.reshape({target})"
    if shape == target[::-1]:
        return "; write target.T"
    if math.prod(target) == 1:
        return f"; write tg.broadcast_to(target, {shape}) to compare all with one number"
    return ""


# ------------------------------------------------------------------------------ what values mean


def values(x: Any) -> Any:
    """Return the real numbers in a tensor or array, or what stands for them, to be checked."""
    array = array_of(x)
    return array.real if array.dtype.kind == "c" else array


def refuse(name: str, what: str, good: Any, found: Any, expected: str) -> None:
    """Raise unless a condition holds of all elements, and name the first for which it does not.

    Raises:
        ArgumentError: one is.
    """
    if not holds(good):
        first = tuple(int(i) for i in np.argwhere(~host_values(good))[0])
        raise errors.ArgumentError(
            f"{here(name)}: the {what} {host_values(found)[first]} at index {first} {expected}"
        )


def check_probabilities(name: str, what: str, x: Any, hint: str = "") -> None:
    """Raise where a number does not lie in [0, 1]; a NaN passes.

    Raises:
        ArgumentError: one does not.
    """
    found = values(x)
    refuse(name, what, ~((found < 0) | (found > 1)), found, f"does not lie in [0, 1]{hint}")


def check_signs(name: str, labels: Any) -> None:
    """Raise where a label is neither −1 nor 1.

    Raises:
        ArgumentError: one is neither.
    """
    found = values(labels)
    refuse(
        name, "label", abs(found) == 1, found,
        "is neither −1 nor 1; for labels 0 and 1 write 2 * target - 1",
    )  # fmt: skip


def warn_of_output(name: str, prediction: Any, op: OpFunction, problem: str) -> bool:
    """Warn, at the line that called the loss, if the prediction is the output of an op.

    It may have changed its shape since.

    Returns:
        whether it is.
    """
    node = prediction.node if type(prediction) is Tensor else None
    while type(node) is Node and _only_turned(node):
        node = node.parents[0]
    if type(node) is not Node or node.op is not op.op:
        return False
    warnings.warn(
        f"{here(name)}: {problem} (the result of {op.op.name}{errors.where_in(node.scope)})",
        errors.UsageWarning,
        stacklevel=user_level(),
    )
    return True


TOO_LIKELY = 1e-3
"""Logarithms of probabilities are not above 0 by more: rounding makes them so by less."""


def warn_of_no_logarithm(name: str, log_probs: Any, softmax: OpFunction, problem: str) -> None:
    """Warn, at the line that called the loss, of what are no logarithms of probabilities."""
    known = host_values(values(log_probs))
    largest = float(np.max(known)) if known.size else 0.0
    if not warn_of_output(name, log_probs, softmax, problem) and largest > TOO_LIKELY:
        warnings.warn(
            f"{here(name)}: logarithms of probabilities are at most 0, not {largest:.3g}; write"
            " tg.log_softmax(logits, axis=-1), or tg.log(probabilities)",
            errors.UsageWarning,
            stacklevel=user_level(),
        )


def _only_turned(node: Node) -> bool:
    """Return whether an operation changes the shape or the precision of one operand alone."""
    return len(node.parents) == 1 and (node.op.family == "shape" or node.op is astype.op)


# ---------------------------------------------------------------------------------- surprisal

LEAST = 1e-30
"""Below this probability, −log p goes on along its tangent."""


def least(p: Any) -> float:
    """Return the least probability, or the least that has all its digits in the dtype of ``p``."""
    return max(LEAST, float(np.finfo(p.dtype).tiny))


def tangent(p: Any) -> Any:
    """Return the tangent of −log p at the least probability: it is 70.1 for p = 0."""
    edge = least(p)
    return (1 - math.log(edge)) - p / edge


def surprisal(p: Any) -> Any:
    """Return −log p, finite and with a finite slope for p = 0 too."""
    tiny = less(p, least(p))
    return where(tiny, tangent(p), -log(where(tiny, 1, p)))
