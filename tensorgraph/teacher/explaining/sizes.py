"""Whether a gradient is tiny or huge, and which layers make it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.diagnose.gradient_health import VANISHING
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.activation import sigmoid
from tensorgraph.ops.reduce import mean, sum as summed
from tensorgraph.ops.trigonometric import tanh
from tensorgraph.teacher.explaining.explanation import HEALTHY, Cause
from tensorgraph.teacher.explaining.flow import Step, slope
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.run_again import Rerun, rms

HUGE = 1e4
"""A gradient that is so many times the parameter itself is out of hand."""

SHRINKS = 1e-2
"""A gradient that loses no more than this on its way is not made tiny by it."""

SMALL_STEP, LARGE_STEP = 0.1, 10.0
"""Factors below and above these are told of one by one."""

_SQUASHING: dict[Op, str] = {
    sigmoid.op: "its derivative is at most 1/4",
    tanh.op: "its derivative is at most 1, and next to 0 where it saturates",
}


def size_causes(
    target: Tensor,
    g: Any,
    rerun: Rerun,
    names: Names,
    steps: Sequence[Step],
    largest: float,
    usual: float,
) -> tuple[str, str, list[Cause]]:
    """Return the verdict on a gradient's size, in a word, in numbers, and with reasons.

    Args:
        target: whose gradient it is.
        g: the gradient.
        rerun: the graph.
        names: what things are called.
        steps: the way from the loss.
        largest: the largest gradient of a leaf.
        usual: the size of the parameters, by which those are judged that are 0, as biases are.
    """
    value = np.asarray(to_host(rerun.value_at(place_of(target))))
    size, weight = rms(g), rms(value)
    told = f"root mean square {size:.3g}"
    if weight:
        told += f", {size / weight:.3g} times that of its values, {weight:.3g}"
    eps = float(np.finfo(g.dtype).eps)
    if _dense(g, size) < VANISHING * largest and _shrinks(steps):
        summary = f"the gradient is tiny: {told}, and {size / largest:.2g} of the largest gradient"
        return "tiny", summary, _shrinking(rerun, names, steps)
    if size < eps * (weight or usual):
        beside = "changes it" if weight else f"counts beside parameters of {usual:.3g}"
        summary = f"the gradient is tiny: {told}; no step with a learning rate below 1 {beside}"
        return "tiny", summary, _shrinking(rerun, names, steps)
    if size > HUGE * max(weight, usual):
        return "huge", f"the gradient is huge: {told}", _growing(rerun, names, steps)
    return HEALTHY, f"the gradient is healthy: {told}, {np.mean(g == 0):.0%} zeros", []


def _dense(g: Any, size: float) -> float:
    """Return the root mean square of what is not 0: of an embedding, most rows are."""
    share = np.count_nonzero(g) / g.size
    return float(size / np.sqrt(share))


def _shrinks(steps: Sequence[Step]) -> bool:
    """Return whether a gradient becomes smaller from layer to layer.

    A mean divides it by the number of examples, and the last step adds these up again: neither
    counts. Other parameters may have larger gradients for reasons of their own.
    """
    between = [step.factor for step in steps[:-1] if step.edge.node.op.family != "reduce"]
    return bool(np.prod(between) < SHRINKS) if between else False


def _shrinking(rerun: Rerun, names: Names, steps: Sequence[Step]) -> list[Cause]:
    """Return the elementwise operations, or others, that make a gradient small."""
    found = [
        s for s in steps if s.edge.node.op.family == "elementwise" and s.edge.node.op in _SQUASHING
    ]
    slopes = {s: slope(rerun, s.edge) for s in found}
    together = float(np.prod([*slopes.values()])) if slopes else 1.0
    if together < 0.1:
        worst = min(slopes, key=lambda s: slopes[s])
        return [_of_squashing(rerun, names, slopes, worst, together)]
    many = _many(rerun, names, steps, smaller=True)
    if many:
        return many
    small = [s for s in steps if s.factor < SMALL_STEP and s.edge.node.op is not mean.op]
    small.sort(key=lambda s: s.factor)
    return [_by_factor(rerun, names, s, "makes the gradient smaller by") for s in small[:3]]


def _of_squashing(
    rerun: Rerun, names: Names, slopes: dict[Step, float], worst: Step, together: float
) -> Cause:
    node = worst.edge.node
    op = node.op
    value = np.asarray(to_host(rerun.values[node]))
    low, high = (0.01, 0.99) if op is sigmoid.op else (-0.99, 0.99)
    share = float(np.mean((value < low) | (value > high)))
    saturated = share > 0.5
    count = len(slopes)
    text = f"{_SQUASHING[op]}; here it is {slopes[worst]:.3g} (root mean square)"
    if saturated:
        text += f", as {share:.0%} of its values are saturated, beyond {low} and {high}"
    if count > 1:
        text += f". All {count} such layers on the way together make {together:.2g} of the gradient"
    remedy = "ReLU in hidden layers with nn.init.he_normal, batch norm, or a shortcut around layers"
    if saturated:
        remedy = "inputs scaled to mean 0 and variance 1, smaller weights (nn.init.xavier_normal)"
    return Cause(
        "saturated" if saturated else "vanishing", text, remedy,
        "their derivatives were computed: " + ", ".join(f"{v:.2g}" for v in [*slopes.values()][:6]),
        op.name, names.module(node), names.line(node),
    )  # fmt: skip


def _growing(rerun: Rerun, names: Names, steps: Sequence[Step]) -> list[Cause]:
    many = _many(rerun, names, steps, smaller=False)
    if many:
        return many
    large = [s for s in steps if s.factor > LARGE_STEP and s.edge.node.op is not summed.op]
    # A large slope of an elementwise operation comes of large values, which products made.
    large.sort(key=lambda s: (s.edge.node.op.family == "elementwise", -s.factor))
    return [_by_factor(rerun, names, s, "makes the gradient larger by") for s in large[:3]]


def _many(rerun: Rerun, names: Names, steps: Sequence[Step], smaller: bool) -> list[Cause]:
    """Return the operation that does it together, if it comes again and again on the way."""
    groups: dict[Any, list[Step]] = {}
    for step in steps:
        node = step.edge.node
        groups.setdefault((node.op, names.module(node)), []).append(step)
    sign = 1 if smaller else -1
    product, _, best = min(
        ((sign * float(np.log(np.prod([s.factor for s in g]))), k, g)
         for k, g in enumerate(groups.values()) if len(g) >= MANY and all(s.factor > 0 for s in g)),
        default=(0.0, 0, []),
    )  # fmt: skip
    limit = SMALL_STEP if smaller else LARGE_STEP
    if not best or product > sign * float(np.log(limit)):
        return []
    extreme = (min if smaller else max)(best, key=lambda s: s.factor)
    factor = float(np.exp(sign * product))
    each = factor ** (1 / len(best))
    how = (
        f"{len(best)} such steps on the way make the gradient {'smaller' if smaller else 'larger'}"
        f" by {factor:.2g} together, each by {each:.3g} on average; the most by"
    )
    return [_by_factor(rerun, names, extreme, how)]


MANY = 3
"""An operation that comes so often on the way is told of once."""


def _by_factor(rerun: Rerun, names: Names, step: Step, how: str) -> Cause:
    node, i = step.edge
    others = [
        f"{names.operand(step.edge._replace(i=k))} {rms(np.asarray(to_host(np.asarray(v)))):.3g}"
        for k, v in enumerate(rerun.operands[node])
        if k != i and np.asarray(v).dtype.kind in "fiu"
    ]
    beside = f"; root mean square of {', '.join(others)}" if others else ""
    growing = "larger" in how
    remedy = (
        "inputs scaled to mean 0 and variance 1, nn.init.he_normal, or clip=1.0 in tg.train.fit"
        if growing
        else "weights of the usual size (nn.init.he_normal), or a loss that is not scaled down"
    )
    return Cause(
        "exploding" if growing else "vanishing", f"{how} the factor {step.factor:.3g}{beside}",
        remedy, "", node.op.name, names.module(node), names.line(node),
    )  # fmt: skip
