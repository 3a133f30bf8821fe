"""What losses of one class out of several share: checks of the call, weights, what is left out."""

from __future__ import annotations

import math
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import integer
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.nn.losses._common import (
    Shape,
    as_target,
    product,
    reduced,
    refuse,
    values,
    weighted_cost,
)
from tensorgraph.nn.message_place import here
from tensorgraph.ops._axes import one_axis
from tensorgraph.ops.arithmetic import not_equal, where
from tensorgraph.ops.index import check_labels, take

# ------------------------------------------------------------------------------ checks of the call


def class_axis(name: str, shape: Shape, axis: int) -> int:
    try:
        return one_axis(axis, len(shape))
    except errors.AxisError as error:
        raise errors.AxisError(f"{here(name)}: {error}") from None


def check_choice(name: str, shape: Shape, axis: int) -> None:
    """Raise if there is but one class: it is certain, so that nothing can be learned.

    Raises:
        ShapeError: there is.
    """
    if shape[axis] == 1:
        raise errors.ShapeError(
            f"{here(name)}: the prediction of shape {shape} has one class along axis {axis}, which"
            " is certain whatever is predicted, so the cost would tell nothing; for one logit an"
            " example, yes or no, write binary_cross_entropy_with_logits(prediction,"
            f" target.reshape({shape})), for numbers mse"
        )


def check_classes_fit(name: str, shape: Shape, found: Shape, axis: int, also: str) -> None:
    """Raise unless the target's shape is the prediction's without ``axis``."""
    classes = shape[:axis] + shape[axis + 1 :]
    if found == classes:
        return
    hint = ""
    if found in ((*classes, 1), (1, *classes), (*shape[:axis], 1, *shape[axis + 1 :])):
        hint = f"; write target.reshape({classes}) to drop the axis of length 1"
    elif found == shape[::-1] and len(shape) > 1:
        hint = "; write target.T"
    elif any(found[:k] + found[k + 1 :] == shape for k in range(len(found))):
        hint = "; the prediction comes first: swap the two"
    elif len(shape) == 2 and found == shape[axis : axis + 1]:
        hint = f"; write axis={1 - axis} if the classes stand along axis {1 - axis}"
    raise errors.ShapeError(
        f"{here(name)}: a prediction of shape {shape} with the classes along axis {axis} takes"
        f" integer classes of shape {classes}{also}, not a target of shape {found}{hint}"
    )


def check_class_labels(name: str, labels: Any, num_classes: int) -> None:
    try:
        check_labels(host_values(array_of(labels)), num_classes)
    except (errors.AxisError, errors.DTypeError) as error:
        raise type(error)(f"{here(name)}: {error}") from None


def class_weight(name: str, weight: Any, prediction: Any, axis: int) -> Any:
    """Return the weights of the classes in the prediction's dtype."""
    weight = as_target(weight, prediction)
    classes = shape_of(prediction)[axis]
    if shape_of(weight) != (classes,):
        raise errors.ShapeError(
            f"{here(name)}: weight of shape {shape_of(weight)} must hold one number for each of the"
            f" {classes} classes, shape {(classes,)}"
        )
    found = values(weight)
    refuse(name, "weight", (found >= 0) & (found < math.inf), found, "is negative or not finite")
    return weight


# ----------------------------------------------------------------------------- losses and weights


def without_ignored(labels: Any, ignore_index: int | None) -> tuple[Any, Any]:
    """Return classes to compute with, and where they count (None: everywhere)."""
    if ignore_index is None:
        return labels, None
    kept = not_equal(labels, integer(ignore_index, "ignore_index"))
    return where(kept, labels, 0), kept


def by_class(losses: Any, labels: Any, weight: Any) -> tuple[Any, Any]:
    """Return weighted losses, and the weights of the examples (None: all 1)."""
    if weight is None:
        return losses, None
    weights = take(weight, labels)
    return product(weights, losses), weights


def class_cost(losses: Any, weights: Any, kept: Any, reduction: str) -> Any:
    """Return the cost of weighted losses, those left out that do not count."""
    if kept is not None:
        losses = where(kept, losses, 0)
        weights = as_target(kept, losses) if weights is None else where(kept, weights, 0)
    if weights is None:
        return reduced(losses, reduction)
    return weighted_cost(losses, weights, reduction)
