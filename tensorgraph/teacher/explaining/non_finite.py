"""Where the first NaN or infinity of a recorded graph arose, forward or backward.

``tg.debug()`` watches a computation while it runs; the same observer is shown here what a graph
computed when it is run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.graph import Node
from tensorgraph.engine.observers import Backward, Forward
from tensorgraph.engine.op import Op
from tensorgraph.observe.debug import NonFinite
from tensorgraph.ops.arithmetic import divide, reciprocal
from tensorgraph.ops.moments import std
from tensorgraph.ops.transcendental import exp, log, log2, log10, power, sqrt
from tensorgraph.teacher.explaining.explanation import Cause
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.run_again import Edge, Gradients, Rerun

_REMEDIES: dict[Op, str] = {
    **dict.fromkeys(
        [log.op, log2.op, log10.op],
        "the loss from logits (nn.losses.cross_entropy, nn.losses.binary_cross_entropy_with_logits)"
        " in place of the logarithm of a probability; or tg.log(x + 1e-12)",
    ),
    sqrt.op: "tg.sqrt(x + 1e-12): the derivative of sqrt at 0 is infinite",
    power.op: "x + 1e-12 in place of x: the derivative at 0 is infinite for exponents below 1",
    std.op: "tg.sqrt(x.var(axis) + 1e-5): the standard deviation has no derivative at 0",
    exp.op: "tg.logsumexp or tg.softmax, which cannot overflow; or a smaller learning rate",
    **dict.fromkeys([divide.op, reciprocal.op], "eps in the denominator: x / (y + 1e-8)"),
}


class _Shown(NonFinite):
    """The observer of :func:`tg.debug`, which is shown operations of a recorded graph."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names
        self.node: Node | None = None

    def place(self) -> tuple[str, str | None]:
        return ("", None) if self.node is None else (self._names.module(self.node), None)


def first_anomaly(rerun: Rerun, found: Gradients, names: Names, place: Any) -> Cause | None:
    """Return where the NaN or infinity in the gradient at a place arose, ``None`` if unknown."""
    given = _given(rerun, names, np.isnan)
    looks: list[Callable[[], Cause | None]] = [
        lambda: _forward(rerun, names, place),
        lambda: _backward(rerun, found, names, place),
    ]
    if np.isfinite(rerun.loss):  # what is not finite on the way forward was dropped
        looks.reverse()
    causes = (look() for look in looks)
    return given or next(filter(None, causes), None) or _given(rerun, names, np.isinf)


def _given(rerun: Rerun, names: Names, test: Callable[..., np.ndarray]) -> Cause | None:
    """Return a leaf or a constant that is itself not finite."""
    for node in rerun.nodes:
        for i, parent in enumerate(node.parents):
            if type(parent) is Node:
                continue
            value = np.asarray(to_host(np.asarray(rerun.operands[node][i])))
            if value.dtype.kind != "f" or not test(value).any():
                continue
            bad = test(value)
            what = "NaN" if test is np.isnan else "infinite"
            place = tuple(int(k) for k in np.argwhere(bad)[0])
            at = f", the first at {place}" if place else ""
            return Cause(
                "not finite",
                f"{names.operand(Edge(node, i))} is {what} already in {int(bad.sum()):,} of"
                f" {value.size:,} elements{at}",
                "data without NaN: look where they come from, np.isnan(x).any(axis=0); or, for a"
                " parameter, the model as it was before, and a smaller learning rate",
                "", node.op.name, names.module(node), names.line(node),
            )  # fmt: skip
    return None


def _forward(rerun: Rerun, names: Names, place: Any) -> Cause | None:
    shown = _Shown(names)
    for node in rerun.nodes:
        shown.node = node
        arrays = rerun.operands[node]
        try:
            shown.forward(Forward(node.op, arrays, node.static, rerun.values[node], node, 0.0))
        except errors.AnomalyError as error:
            return _dropped(rerun, node, _cause(str(error), node, names), place)
    return None


def _backward(rerun: Rerun, found: Gradients, names: Names, place: Any) -> Cause | None:
    shown = _Shown(names)
    for edge, passed in found.passed.items():
        node = shown.node = edge.node
        every = [*rerun.operands[node], rerun.values[node]]
        saved = [v if k in node.plan.keep else None for k, v in enumerate(every)]
        try:
            shown.backward(Backward(node, edge.i, found.at[node], saved, passed, 0.0))
        except errors.AnomalyError as error:
            return _tried(rerun, edge, passed, _cause(str(error), node, names), place)
    return None


def _tried(rerun: Rerun, edge: Edge, passed: Any, cause: Cause, place: Any) -> Cause:
    """Return the cause with what comes of other values where a rule made what is not finite."""
    bad = ~np.isfinite(np.asarray(to_host(passed)))
    value = np.asarray(to_host(np.asarray(rerun.operands[edge.node][edge.i])))
    again = rerun.changed({edge: np.where(bad, 1, value).astype(value.dtype)})
    g = again.backward().at.get(place)
    if g is None or not np.isfinite(to_host(g)).all():
        return cause
    return replace(cause, checked="with 1 for the operand there the gradient is finite")


def _cause(message: str, node: Node, names: Names) -> Cause:
    """Return what the observer said, without the place, which stands before it."""
    lines = [line.strip() for line in message.splitlines()]
    told = [line for line in lines if not line.startswith(("at ", "recorded at ", "if a tg.where"))]
    text = "; ".join(told).replace("·", "*").replace("∞", "inf")
    return Cause(
        "not finite", text, _REMEDIES.get(node.op, ""), "", node.op.name, names.module(node),
        names.line(node),
    )  # fmt: skip


def _dropped(rerun: Rerun, node: Node, cause: Cause, place: Any) -> Cause:
    """Return the cause with what is known of its results if others are put in their place."""
    value = np.asarray(to_host(rerun.values[node]))
    sound = np.where(np.isfinite(value), value, 1).astype(value.dtype)
    again = rerun.changed({node: sound})
    g = again.backward({e: np.zeros(e.operand.shape, e.operand.dtype) for e in _into(node)}).at.get(
        place
    )
    if g is None or not np.isfinite(to_host(g)).all():
        return cause
    if again.loss == rerun.loss:
        x = f"tg.{node.op.name}(tg.where(c, x, 1))"
        return replace(
            cause,
            text=f"{cause.text}; a where or a mask drops these elements further on, but their"
            " gradient is computed all the same, and 0 * NaN is NaN",
            remedy=f"tg.where(c, {x}, other), with the same condition inside",
            checked="with 1 in their place the loss is the same, and the gradient is finite",
        )
    return replace(cause, checked="with 1 in their place the gradient is finite")


def _into(node: Node) -> list[Edge]:
    return [Edge(node, i) for i, _ in node.plan.rules]
