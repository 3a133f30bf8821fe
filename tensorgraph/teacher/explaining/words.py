"""What an operation that lets no gradient through is told of: why, with numbers, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.masking import dropout
from tensorgraph.ops.pool import max_pool
from tensorgraph.ops.reduce import max as maximal, min as minimal
from tensorgraph.teacher.explaining.blame import (
    CANCELS,
    OPERAND,
    OPPOSED,
    SLOPE,
    UNDERFLOW,
    UNUSED,
    WORD,
)
from tensorgraph.teacher.explaining.explanation import Cause
from tensorgraph.teacher.explaining.facts import Facts, Told
from tensorgraph.teacher.explaining.run_again import rms
from tensorgraph.teacher.explaining.slopes import (
    SATURATED,
    is_alone,
    saturation,
    slope_told,
    softmax_saturated,
)
from tensorgraph.teacher.explaining.units import along, listed, zero_slices
from tensorgraph.teacher.explaining.zero_values import why_zero


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
            f"{extent}, and the gradient is multiplied by it{_moves(facts, place)}",
            "random numbers to start with, such as nn.init.he_normal (for ReLU) or"
            " nn.init.xavier_normal (for tanh, sigmoid); only biases may start at 0",
        )
    if type(place) is Node:
        kind, reason = why_zero(facts.rerun, facts.names, place)
        return Told(kind, f"{extent}, and the gradient is multiplied by it{reason}")
    return Told(
        "masked" if facts.node.op.family == "elementwise" else "zero inputs",
        f"{extent}, and the gradient is multiplied by it",
        "nothing, where a mask or an input is meant to be 0",
    )


def _moves(facts: Facts, place: Tensor) -> str:
    """Say whether a parameter that is 0 will stay so."""
    g = facts.found.at.get(place)
    if g is None:
        return ""
    size = rms(g)
    if size:
        return f"; it has a gradient itself ({size:.3g}), so that a step or two may end this"
    return "; its own gradient is 0 as well, so that it stays so"


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
    if node.op in (softmax.op, log_softmax.op) and is_alone(facts):
        return softmax_saturated(facts)
    return Told("not used", f"{facts.many} elements have no influence on its result")


# --------------------------------------------------------------------------------------- it cancels


def _cancelled(facts: Facts) -> Told:
    if saturation(facts) >= SATURATED:
        return softmax_saturated(facts)
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
    SLOPE: slope_told,
    WORD: _by_declaration,
    OPERAND: _zero_operand,
    UNUSED: _not_used,
    CANCELS: _cancelled,
    OPPOSED: _opposed,
    UNDERFLOW: _underflow,
}
