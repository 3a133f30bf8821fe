"""What an operation that lets no gradient through is told of: why, with numbers, and what to do.

What each operation's zero means stands in one table; an operation that is not in it is told of by
its input and its derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.activation import elu, gelu, relu, sigmoid, silu
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.cross_entropy import (
    class_cross_entropy,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
)
from tensorgraph.ops.extrema import clip, maximum, minimum
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.masking import dropout
from tensorgraph.ops.moments import center
from tensorgraph.ops.pool import max_pool
from tensorgraph.ops.reduce import max as maximal, min as minimal
from tensorgraph.ops.trigonometric import tanh
from tensorgraph.teacher.explaining.blame import (
    CANCELS,
    OPERAND,
    OPPOSED,
    SLOPE,
    UNDERFLOW,
    UNUSED,
    WORD,
    Blame,
)
from tensorgraph.teacher.explaining.explanation import Cause
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.run_again import Rerun
from tensorgraph.teacher.explaining.units import along, listed, unit_axis, zero_slices
from tensorgraph.teacher.explaining.zero_values import why_zero


class Told(NamedTuple):
    """What is said of an operation."""

    kind: str
    text: str
    remedy: str = ""
    units: tuple[int, ...] = ()


class Facts(NamedTuple):
    """What is known of an operation that is to blame."""

    blame: Blame
    rerun: Rerun
    names: Names

    @property
    def node(self) -> Node:
        """The operation."""
        return self.blame.node

    @property
    def many(self) -> str:
        """For how many elements it is to blame, of how many."""
        count, of = self.blame.count, self.blame.of
        return f"all {of:,}" if count == of else f"{count:,} of {of:,}"

    def operand(self, i: int) -> Any:
        """Return the values of an operand."""
        return np.asarray(to_host(np.asarray(self.rerun.operands[self.node][i])))

    def killed(self, i: int) -> Any:
        """Return the values of an operand where an elementwise operation stops a gradient."""
        mask = self.blame.mask
        values = self.operand(i)
        try:
            return np.broadcast_to(values, mask.shape)[mask]
        except ValueError:
            return values

    def span(self, i: int) -> str:
        """Return the range of an operand there."""
        return _span(self.killed(i))


def cause_of(facts: Facts, behind: str) -> Cause:
    """Return in words what is to blame.

    Args:
        facts: what is known.
        behind: by what computation it was found.
    """
    node, blame = facts.node, facts.blame
    told = _BY_REASON[blame.why](facts)
    return Cause(
        kind=told.kind,
        text=told.text,
        remedy=told.remedy,
        checked=behind,
        op=node.op.name,
        module=facts.names.module(node),
        line=facts.names.line(node),
        units=told.units,
        share=blame.count / blame.of if blame.of else 1.0,
    )


# ------------------------------------------------------------------------ its derivative is 0 there


def _slope(facts: Facts) -> Told:
    teller = _BY_OP.get(facts.node.op, _flat)
    return teller(facts)


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
    node, mask = facts.node, facts.blame.mask
    axis = unit_axis(node)
    values = facts.operand(0)
    off = values <= 0
    if axis is None:
        return Told(
            "dead units",
            f"the input is {facts.span(0)} for {facts.many} elements, and the derivative is 0"
            " where it is not above 0",
            _DEAD_REMEDY,
        )
    dead = np.flatnonzero(along(axis, off))
    count, examples = values.shape[axis], values.size // max(values.shape[axis], 1)
    here = [int(k) for k in dead if mask.take(k, axis).any()]
    if not here:
        return Told(
            "off units",
            f"the input is {facts.span(0)}, and so the derivative 0, for {facts.many} elements;"
            " no unit is off for all examples",
            "more examples in a batch, or nn.LeakyReLU()",
        )
    which = f"all {count}" if len(here) == count else f"{len(here)} of {count}"
    numbers = "" if len(here) == count else f" ({_plural('unit', here)} {listed(here)})"
    kind = "examples" if values.ndim == 2 else "values of each"
    verb = "is" if len(here) == 1 else "are"
    text = (
        f"{which} units {verb} dead: 0 for all {examples:,} {kind}{numbers}, as the input is"
        f" {_span(values.take(here, axis))}"
    )
    bias = _bias_to_blame(facts, axis, here)
    return Told("dead units", text + bias, _DEAD_REMEDY, tuple(here))


_DEAD_REMEDY = (
    "nn.init.he_normal for the weights and 0 for the bias, inputs scaled to mean 0 and variance 1,"
    " a smaller learning rate, or nn.LeakyReLU() in place of ReLU"
)


def _bias_to_blame(facts: Facts, axis: int, units: list[int]) -> str:
    """Return a remark if dead units would not all be dead without their bias."""
    node = facts.node.parents[0]
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
    return (
        f"; with 0 for their bias, {_span(own)} in {facts.names.place(bias)}, they would not all be"
    )


def _saturated(facts: Facts) -> Told:
    i = facts.blame.edge.i
    out = np.asarray(to_host(facts.rerun.values[facts.node]))
    mask = facts.blame.mask
    ends = out[mask] if mask.shape == out.shape else out
    ends_text = _span(ends).replace(" to ", " or ")
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


def _softmax_saturated(facts: Facts) -> Told:
    i = facts.blame.edge.i
    values = facts.operand(i)
    if _is_of_one(facts):
        return Told(
            "constant",
            f"it is over an axis of length 1 (of shape {values.shape}): the result is 1, whatever"
            " the input",
            "tg.sigmoid for a single unit (and binary_cross_entropy_with_logits), or another axis",
        )
    return Told(
        "saturated",
        f"its results are 0 or 1 to the last digit: the input is {_span(values)}, and the"
        " derivative is 0",
        "smaller weights, scaled inputs, and the loss from logits, nn.losses.cross_entropy(z, y)",
    )


def _loss_is_reached(facts: Facts) -> Told:
    if facts.node.op in (class_cross_entropy.op, softmax_cross_entropy.op):
        if _is_of_one(facts):
            return _softmax_saturated(facts)
    return Told(
        "nothing left to learn",
        f"the predictions are equal to the targets to the last digit: the loss is"
        f" {facts.rerun.loss:.3g}",
        "nothing, if that is meant; otherwise look at the targets",
    )


def _is_of_one(facts: Facts) -> bool:
    """Return whether an operation goes along axes of length 1, and so always gives the same."""
    shape, axis = facts.operand(0).shape, facts.node.static.get("axis", -1)
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return all(shape[k] == 1 for k in axes)


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
    **dict.fromkeys([softmax.op, log_softmax.op], _softmax_saturated),
    **dict.fromkeys(
        [class_cross_entropy.op, softmax_cross_entropy.op, sigmoid_cross_entropy.op],
        _loss_is_reached,
    ),
    center.op: _centred,
    clip.op: _clipped,
    **dict.fromkeys([maximum.op, minimum.op], _lost_the_choice),
}


# ----------------------------------------------------------------------- its derivative is always 0


def _by_declaration(facts: Facts) -> Told:
    name = facts.node.op.name
    return Told(
        "no derivative",
        f"the derivative of {name} is 0 everywhere: it is made of steps",
        f"x + (tg.{name}(x) - x).detach() for tg.{name}(x), which passes the gradient on as it is",
    )


# ---------------------------------------------------------------------------------- an operand is 0


def _zero_operand(facts: Facts) -> Told:
    node, k = facts.node, facts.blame.other
    place = node.parents[k] if k < len(node.parents) else None
    name = node.op.operand_name(k)
    own = facts.operand(k)
    if own.dtype.kind == "b" or name in ("mask", "condition"):
        if node.op is where.op:
            return Told(
                "branch not taken",
                f"the condition takes the other branch for {facts.many} elements",
            )
        dropped = node.op is dropout.op
        return Told(
            "masked",
            f"the mask is 0 for {facts.many} elements"
            + (f": dropout keeps {own.mean():.0%} of its units" if dropped else ""),
            "a larger keep_prob" if dropped else "",
        )
    called = facts.names.operand(facts.blame.edge._replace(i=k))
    extent = f"{called} is 0{_zero_where(own)}"
    if type(place) is Tensor and place.requires_grad:
        return Told(
            "zero weights",
            f"{extent}, and the gradient is multiplied by it",
            "random numbers to start with, such as nn.init.he_normal (for ReLU) or"
            " nn.init.xavier_normal (for tanh, sigmoid); only biases may start at 0",
        )
    if type(place) is Node:
        reason = why_zero(facts.rerun, facts.names, place)
        return Told("zero values", f"{extent}, and the gradient is multiplied by it{reason}")
    return Told(
        "masked" if facts.node.op.family == "elementwise" else "zero inputs",
        f"{extent}, and the gradient is multiplied by it",
        "nothing, where a mask or an input is meant to be 0",
    )


def _zero_where(values: Any) -> str:
    """Return in which parts of an array zeros lie, if not everywhere."""
    zero = values == 0
    slices = None if zero.all() else zero_slices(zero)
    if slices is None:
        share = zero.mean()
        return "" if share == 1 else f" where it counts ({share:.0%} of it)"
    axis, which = slices
    what = ("rows", "columns")[axis] if zero.ndim == 2 else f"places along axis {axis}"
    return f" in {len(which)} of {zero.shape[axis]} {what} ({listed(which)})"


# ----------------------------------------------------------------------------------- it is not used


def _not_used(facts: Facts) -> Told:
    node = facts.node
    if node.op is REGISTRY["getitem"]:
        rows = along(0, facts.blame.mask) if facts.blame.mask.ndim else facts.blame.mask
        units = np.flatnonzero(rows)
        what = (
            f"{len(units)} of {len(rows)} rows were not looked up ({listed(units)})"
            if rows.ndim and len(units)
            else f"{facts.many} elements were not looked up"
        )
        return Told(
            "never looked up", what, "nothing, if others are looked up in other batches",
            tuple(int(k) for k in units),
        )  # fmt: skip
    if node.op in (maximal.op, minimal.op, max_pool.op):
        return Told(
            "not chosen",
            f"{facts.many} elements are not the {'least' if node.op is minimal.op else 'largest'},"
            " and only those have a gradient",
        )
    return Told("not used", f"{facts.many} elements have no influence on its result")


# --------------------------------------------------------------------------------------- it cancels


def _cancelled(facts: Facts) -> Told:
    called = facts.names.operand(facts.blame.edge)
    return Told(
        "cancels", f"the terms of the gradient by {called} add up to 0, though each is not 0"
    )


def _opposed(facts: Facts) -> Told:
    called = facts.names.operand(facts.blame.edge)
    return Told("cancels", f"{called} is used in several places, whose gradients add up to 0")


def _underflow(facts: Facts) -> Told:
    dtype = np.dtype(facts.node.dtype)
    return Told(
        "vanishing",
        f"what is left of the gradient is too small for {dtype}, whose smallest number is"
        f" {float(np.finfo(dtype).smallest_subnormal):.2g}: {facts.many} elements become 0",
        "ReLU in hidden layers with nn.init.he_normal, or a normalisation; for float16, a loss that"
        " is scaled up",
    )


_BY_REASON: dict[str, Callable[[Facts], Told]] = {
    SLOPE: _slope,
    WORD: _by_declaration,
    OPERAND: _zero_operand,
    UNUSED: _not_used,
    CANCELS: _cancelled,
    OPPOSED: _opposed,
    UNDERFLOW: _underflow,
}


def _span(values: Any) -> str:
    """Return the range of some numbers."""
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _plural(word: str, items: list[int]) -> str:
    return word if len(items) == 1 else f"{word}s"
