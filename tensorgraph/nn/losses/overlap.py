"""Losses of how little two regions overlap, for segmentation."""

from __future__ import annotations

from tensorgraph import errors
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.wanted_numbers import differentiable
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses._common import (
    check_probabilities,
    in_single_precision,
    matched,
    reduced,
    warn_if_swapped,
)
from tensorgraph.nn.message_place import here
from tensorgraph.ops._axes import OneOrMore, some_axes
from tensorgraph.ops.reduce import sum


@in_single_precision
@with_leads
def dice(
    probabilities: AnyArray,
    target: AnyArray,
    reduction: str = "mean",
    *,
    axis: OneOrMore | None = None,
    smooth: float = 1.0,
) -> AnyArray:
    """Return one minus the Dice coefficient of predicted and true regions.

    For one example, with the probability a and the label y of each place,

        loss = 1 − (2 Σ a y + s) / (Σ a + Σ y + s),

    0 where they are the same, almost 1 where they do not meet (Milletari, Navab & Ahmadi 2016,
    "V-Net", section 3, with sums for sums of squares). Small regions count as much as large ones.
    s keeps it finite where there is nothing to be found: then it is 0 if nothing is predicted.
    ``"mean"`` divides by the number of losses.

    Args:
        probabilities: numbers in [0, 1], such as ``tg.sigmoid(logits)``, shape (m, …).
        target: labels 0 and 1, or probabilities; the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        axis: the axes that are summed over, all but the first unless given: with
            ``axis=(2, 3)`` each class of images (m, classes, height, width) has a loss of its own.
        smooth: s, above 0.

    Raises:
        ShapeError: the shapes differ, or are those of single numbers.
        AxisError: an ``axis`` that there is not.
        ArgumentError: a number outside [0, 1], a ``smooth`` that is not above 0; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.dice([[1.0, 1.0, 0.0, 0.0]], [[1, 0, 0, 0]]))
        0.25
    """
    name = "dice"
    s = differentiable(smooth, f"{here(name)}: smooth", above=0)
    a, y = matched(name, probabilities, target)
    warn_if_swapped(name, a, y)
    rank = len(shape_of(a))
    if rank < 2 and axis is None:
        raise errors.ShapeError(
            f"{here(name)}: a prediction of shape {shape_of(a)} must have shape (m, …), with the"
            " places of each example; write a[None] for one example"
        )
    check_probabilities(name, "probability", a, "; for logits write tg.sigmoid(logits)")
    check_probabilities(name, "label", y)
    places = tuple(range(1, rank)) if axis is None else some_axes(axis, rank)
    both = sum(a * y, axis=places)
    return reduced(1 - (2 * both + s) / (sum(a, axis=places) + sum(y, axis=places) + s), reduction)
