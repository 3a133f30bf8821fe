"""What it means that the derivative of an operation is 0 at the values it was given.

One table has the operations of which more is known than their input and their derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.activation import elu, gelu, relu, sigmoid, silu
from tensorgraph.ops.cross_entropy import (
    class_cross_entropy,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
)
from tensorgraph.ops.extrema import clipped, maximum, minimum
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.moments import center
from tensorgraph.ops.trigonometric import tanh
from tensorgraph.teacher.explaining.facts import Facts, Told, span_of
from tensorgraph.teacher.explaining.run_again import like
from tensorgraph.teacher.explaining.units import FEW, along, listed, rectified, unit_axis


def slope_told(facts: Facts) -> Told:
    """Return what is said of an operation whose derivative is 0."""
    if facts.node.op.family == "elementwise" and _is_least(facts):
        return Told(
            "nothing left to learn",
            f"the loss is 0, and its derivative too for {facts.many} elements:"
            f" {facts.names.operand(facts.blame.edge)} is {facts.span(facts.blame.edge.i)} there",
            "nothing, if the loss cannot be less than 0; otherwise look at the targets",
        )
    teller = _BY_OP.get(facts.node.op, _flat)
    return teller(facts)


def _is_least(facts: Facts) -> bool:
    """Return whether the loss is 0, and not below it with other operands, whichever way."""
    if facts.rerun.loss != 0:
        return False
    value = facts.operand(facts.blame.edge.i)
    step = like(value, 2 * float(np.abs(value).max(initial=0)) or 1.0)
    others = [(value + sign * step).astype(value.dtype) for sign in (1, -1)]
    place = facts.blame.edge.operand
    return all(facts.rerun.changed({place: x}).loss >= 0 for x in others)


def _flat(facts: Facts) -> Told:
    i = facts.blame.edge.i
    if facts.node.op.family != "elementwise":
        return Told("flat", f"its derivative is 0 for {facts.many} elements at these values")
    return Told(
        "flat",
        f"its derivative is 0 for {facts.many} elements: {facts.names.operand(facts.blame.edge)}"
        f" is {facts.span(i)} there",
    )


def _dead(facts: Facts) -> Told:
    """Tell of units of a ReLU that put out 0 for all examples."""
    node, mask, i = facts.node, facts.blame.mask, facts.blame.edge.i
    axis = unit_axis(node)
    values = facts.operand(i)
    off = values <= 0
    if axis is None:
        return Told(
            "dead units",
            f"the input is {facts.span(i)} for {facts.many} elements, and the derivative is 0"
            " where it is not above 0",
            _DEAD_REMEDY,
        )
    dead = np.flatnonzero(along(axis, off))
    count, examples = values.shape[axis], values.size // max(values.shape[axis], 1)
    here = [int(k) for k in dead if mask.take(k, axis).any()]
    few = examples < FEW and len(here) < count
    if few or not here:
        many = f"so few examples ({examples}) say little" if few else "no unit is off for all"
        return Told(
            "off units",
            f"the input is {facts.span(i)}, and so the derivative 0, for {facts.many} elements;"
            f" {many if few else f'{many} examples'}",
            "more examples in a batch",
        )
    which = f"all {count}" if len(here) == count > 1 else f"{len(here)} of {count}"
    numbers = "" if len(here) == count else f" ({_plural('unit', here)} {listed(here)})"
    kind = "examples" if values.ndim == 2 else "values of each"
    verb = "is" if len(here) == 1 else "are"
    text = (
        f"{which} units {verb} dead: 0 for all {examples:,} {kind}{numbers}, as the input is"
        f" {span_of(values.take(here, axis))}"
    )
    bias = _bias_to_blame(facts, axis, here)
    remedy = _DEAD_REMEDY if 2 * len(here) > count else _SOME_DEAD_REMEDY
    return Told("dead units", text + bias, remedy, tuple(here))


_SOME_DEAD_REMEDY = "nothing, if they stay few; nn.LeakyReLU() in place of ReLU has none"

_DEAD_REMEDY = (
    "nn.init.he_normal for the weights and 0 for the bias, inputs scaled to mean 0 and variance 1,"
    " a smaller learning rate, or nn.LeakyReLU() in place of ReLU"
)


def _bias_to_blame(facts: Facts, axis: int, units: list[int]) -> str:
    """Return a remark if dead units would not all be dead without their bias."""
    node = facts.blame.edge.operand
    if type(node) is not Node:
        return ""
    found = [
        (i, p) for i, p in enumerate(node.parents)
        if type(p) is Tensor and p.size in (node.shape[axis], 1) and p.requires_grad
    ]  # fmt: skip
    if len(found) != 1:
        return ""
    i, bias = found[0]
    operands = list(facts.rerun.operands[node])
    own = np.broadcast_to(to_host(operands[i]).ravel(), (node.shape[axis],))[units]
    operands[i] = np.zeros_like(to_host(operands[i]))
    without = np.asarray(to_host(node.op.compute(operands, node.static))).take(units, axis)
    if own.max() >= 0 or not (without > 0).any():
        return ""
    where = facts.names.place(bias)
    return f"; with 0 for their bias, {span_of(own)} in {where}, they would not all be"


def _saturated(facts: Facts) -> Told:
    i = facts.blame.edge.i
    out = np.asarray(to_host(facts.rerun.values[facts.node]))
    mask = facts.blame.mask
    ends = out[mask] if mask.shape == out.shape else out
    ends_text = span_of(ends).replace(" to ", " or ")
    return Told(
        "saturated",
        f"{facts.many} values are saturated: the input is {facts.span(i)}, the result"
        f" {ends_text} to the last digit, and the derivative 0",
        "scale the inputs to mean 0 and variance 1, start with smaller weights"
        " (nn.init.xavier_normal), or take ReLU in hidden layers"
        + (
            ", and nn.losses.binary_cross_entropy_with_logits(z, y) after the last"
            if facts.node.op is sigmoid.op
            else ""
        ),
    )


def softmax_saturated(facts: Facts) -> Told:
    """Tell of a softmax whose results are 0 or 1."""
    i = facts.blame.edge.i
    values = facts.operand(i)
    if _is_of_one(facts):
        return Told(
            "constant",
            f"it is over an axis of length 1 (of shape {values.shape}): the result is 1, whatever"
            " the input",
            "tg.sigmoid for a single unit (and binary_cross_entropy_with_logits), or another axis",
        )
    if is_alone(facts):
        return Told(
            "masked",
            "all inputs but one are masked, by -inf or so: the result is 1, whatever that one is",
            "nothing, where a mask is meant to leave one",
        )
    share = saturation(facts)
    which = "" if share == 1 else f" in {share:.0%} of its cases"
    return Told(
        "saturated",
        f"its results are 0 or 1 to the last digit{which}: the input is {span_of(values)}, and the"
        " derivative there is 0",
        "smaller weights, scaled inputs, and the loss from logits, nn.losses.cross_entropy(z, y)",
    )


def _axes(facts: Facts) -> tuple[int, ...]:
    """Return the axes along which a softmax or a mean goes."""
    axis = facts.node.static.get("axis", -1)
    return tuple(range(facts.operand(0).ndim)) if axis is None else tuple(np.ravel(axis))


def is_alone(facts: Facts) -> bool:
    """Return whether a mask leaves a softmax a single input, wherever it is to blame."""
    mask = facts.blame.mask
    left = (facts.operand(facts.blame.edge.i) > MASKED).sum(axis=_axes(facts), keepdims=True)
    return bool((np.broadcast_to(left, mask.shape)[mask] == 1).all())


def saturation(facts: Facts) -> float:
    """Return for which part of its inputs a softmax gives 0 or 1 to the last digit."""
    if facts.node.op not in (softmax.op, log_softmax.op):
        return 0.0
    out, mask = np.asarray(to_host(facts.rerun.values[facts.node])), facts.blame.mask
    chances = np.exp(out) if facts.node.op is log_softmax.op else out
    sure = chances.max(axis=_axes(facts), keepdims=True) >= 1 - 4 * np.finfo(out.dtype).eps
    return float(np.broadcast_to(sure, mask.shape)[mask].mean())


SATURATED = 0.9
"""A softmax is called saturated of which so large a part is."""


MASKED = -1e8
"""What is added to a masked input of a softmax is this or less."""


def _loss_is_reached(facts: Facts) -> Told:
    if facts.node.op in (class_cross_entropy.op, softmax_cross_entropy.op):
        if _is_of_one(facts):
            return softmax_saturated(facts)
    return Told(
        "nothing left to learn",
        f"the predictions are equal to the targets to the last digit: the loss is"
        f" {facts.rerun.loss:.3g}",
        "nothing, if that is meant; otherwise look at the targets",
    )


def _is_of_one(facts: Facts) -> bool:
    """Return whether an operation goes along axes of length 1, and so always gives the same."""
    return all(facts.operand(0).shape[k] == 1 for k in _axes(facts))


def _centred(facts: Facts) -> Told:
    if not _is_of_one(facts):
        return _flat(facts)
    return Told(
        "constant",
        f"it subtracts the mean of one element (of shape {facts.operand(0).shape}): the result is"
        " 0, whatever the input",
        "more examples in a batch; or nn.LayerNorm, which takes the mean over features",
    )


def _clipped(facts: Facts) -> Told:
    static = facts.node.static
    limits = f"{_number(static.get('min'))} to {_number(static.get('max'))}"
    return Told(
        "clipped",
        f"{facts.many} values are outside of {limits}: they are {facts.span(0)}",
        "wider limits, or none for what has to be trained",
    )


def _lost_the_choice(facts: Facts) -> Told:
    i = facts.blame.edge.i
    if rectified(facts.node) == i:
        return _dead(facts)
    other = facts.span(1 - i) if facts.node.op.family == "elementwise" else ""
    beside = f", the other operand is {other}" if other else ""
    return Told(
        "not chosen",
        f"the other operand was taken for {facts.many} elements: this one is"
        f" {facts.span(i)}{beside}",
        "a smooth function such as tg.logaddexp or tg.softplus, if both are to be trained",
    )


def _number(value: Any) -> str:
    return "no limit" if value is None else f"{float(value):.3g}"


_BY_OP: dict[Op, Callable[[Facts], Told]] = {
    relu.op: _dead,
    **dict.fromkeys([sigmoid.op, tanh.op], _saturated),
    **dict.fromkeys([elu.op, gelu.op, silu.op], _saturated),
    **dict.fromkeys([softmax.op, log_softmax.op], softmax_saturated),
    **dict.fromkeys(
        [class_cross_entropy.op, softmax_cross_entropy.op, sigmoid_cross_entropy.op],
        _loss_is_reached,
    ),
    center.op: _centred,
    clipped.op: _clipped,
    **dict.fromkeys([maximum.op, minimum.op], _lost_the_choice),
}


def _plural(word: str, items: list[int]) -> str:
    return word if len(items) == 1 else f"{word}s"
