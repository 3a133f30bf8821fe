"""Why the terms of a gradient cancel: nothing depends on a shift, or the loss is at its least."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.cross_entropy import class_cross_entropy, softmax_cross_entropy
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.moments import center
from tensorgraph.teacher.explaining.blame import Blame
from tensorgraph.teacher.explaining.explanation import Cause
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.run_again import Rerun, like, noise, rms

_WHAT: dict[Op, str] = {
    center.op: "it subtracts the mean, and with it what is the same for all that it is the mean of",
    **dict.fromkeys(
        [softmax.op, log_softmax.op, class_cross_entropy.op, softmax_cross_entropy.op],
        "it depends on differences of its inputs only, so what is added to all of them is lost",
    ),
}

_REMEDY: dict[Op, str] = {
    center.op: "bias=False in the layer before a normalisation, which has a shift of its own;"
    " it does no harm, but learns nothing",
}

FEW = 8
"""Parameters: of so many, each is tried by itself."""


@quiet
def why_cancelled(rerun: Rerun, names: Names, blame: Blame) -> Cause | None:
    """Return why the gradient by an operand cancels; ``None`` if it cannot be told.

    The operand is given other values, and the loss is computed again: if it stays the same, the
    operation that takes the change away is to blame; if it grows both ways, the loss is at its
    least.
    """
    place = blame.edge.operand
    value = np.asarray(to_host(rerun.value_at(place)))
    if not np.isfinite(value).all():
        return None
    called = names.operand(blame.edge)
    # As large as what it is a term of: a smaller one might be lost in rounding, and prove nothing.
    step = like(value, max(rms(value), rms(rerun.values[blame.node])) or 1.0)
    if blame.mask.shape == value.shape:
        step = np.where(blame.mask, step, 0).astype(value.dtype)
    moved = rerun.changed({place: value + step})
    change = abs(moved.loss - rerun.loss)
    if change <= _rounding(rerun, moved):
        by_values = _by_values(rerun, names, blame, called, value + step)
        return by_values or _invariant(rerun, moved, names, blame, called, rms(step), change)
    small = (1e-2 * step).astype(value.dtype)
    up, down = (rerun.changed({place: value + sign * small}).loss - rerun.loss for sign in (1, -1))
    if up > 0 and down > 0:
        kind, text = "at a minimum", "all else as it is, the loss is at its least here"
    elif up < 0 and down < 0:
        kind, text = "at a maximum", "all else as it is, the loss is at its largest here"
    else:
        return None
    node = blame.node
    return Cause(
        kind, f"the terms of the gradient by {called} cancel: {text}",
        "nothing, if that is where training should end",
        f"with {called} changed up and down the loss differs by {up:.3g} and {down:.3g}",
        node.op.name, names.module(node), names.line(node),
    )  # fmt: skip


def _rounding(rerun: Rerun, moved: Rerun) -> float:
    dtype = rerun.values[rerun.root].dtype
    return noise(dtype) * max(abs(rerun.loss), abs(moved.loss), 1e-12)


def _by_values(rerun: Rerun, names: Names, blame: Blame, called: str, other: Any) -> Cause | None:
    """Return the parameter with whose values an influence cancels, if it does not with others."""
    place = blame.edge.operand

    def change(leaves: Sequence[Tensor]) -> float:
        """Return by how much the operand changes the loss, with random values in leaves."""
        there = {leaf: _drawn(leaf) for leaf in leaves}
        base, moved = rerun.changed(there), rerun.changed({**there, place: other})
        found = abs(moved.loss - base.loss)
        return found if found > _rounding(base, moved) else 0.0

    leaves = [x for x in rerun.uses if type(x) is Tensor and x.requires_grad and x is not place]
    leaf = _one_of(leaves, change)
    if leaf is None:
        return None
    value = np.asarray(to_host(leaf._data))
    alike = any((value == value.take([0], k)).all() for k in range(value.ndim))
    which = "all alike" if alike else "as they are"
    return Cause(
        "symmetric" if alike else "cancels",
        f"the influence of {called} cancels, as the values of {names.place(leaf)} are {which}",
        "random numbers to start with, such as nn.init.he_normal or nn.init.xavier_normal",
        f"with random numbers in {names.place(leaf)} such a change of {called} changes the loss by"
        f" {change([leaf]):.3g}",
        blame.node.op.name, names.module(blame.node), names.line(blame.node),
    )  # fmt: skip


def _drawn(leaf: Tensor) -> Any:
    value = np.asarray(to_host(leaf._data))
    return like(value, rms(value) or 1.0)


def _one_of(leaves: Sequence[Tensor], change: Callable[[Sequence[Tensor]], float]) -> Tensor | None:
    """Return a leaf with other values of which alone there is a change; by halves, if many."""
    if len(leaves) <= FEW:
        return next((leaf for leaf in leaves if change([leaf])), None)
    half = len(leaves) // 2
    part = next((some for some in (leaves[:half], leaves[half:]) if change(some)), None)
    return None if part is None else _one_of(part, change)


def _invariant(
    rerun: Rerun, moved: Rerun, names: Names, blame: Blame, called: str, step: float, change: float
) -> Cause:
    checked = f"changed by {step:.3g}, {called} changes the loss by {change:.3g}"
    node = _absorbing(rerun, moved)
    if node is None:
        return Cause(
            "no influence", f"the loss does not depend on {called}: its influence cancels", "",
            checked, blame.node.op.name, names.module(blame.node), names.line(blame.node),
        )  # fmt: skip
    what = _WHAT.get(node.op, "its result is the same, whatever is added")
    remedy = _REMEDY.get(node.op, f"nothing: {called} does no harm, but learns nothing")
    return Cause(
        "no influence", f"it takes {called} away again: {what}", remedy, checked, node.op.name,
        names.module(node), names.line(node),
    )  # fmt: skip


def _absorbing(rerun: Rerun, moved: Rerun) -> Node | None:
    """Return the operation that is given other values, and whose result is the same."""
    changed: set[Any] = {node for node in rerun.nodes if _differs(rerun, moved, node)}
    for node in rerun.nodes:
        if node in changed or node.op.family in ("shape", "index"):
            continue
        if any(p in changed for p in node.parents if type(p) is Node):
            return node
    return None


def _differs(rerun: Rerun, moved: Rerun, node: Node) -> bool:
    one, other = (np.asarray(to_host(r.values[node]), np.float64) for r in (rerun, moved))
    dtype = rerun.values[node].dtype
    if dtype.kind != "f":
        return not np.array_equal(one, other)
    scale = max((rms(o) for r in (rerun, moved) for o in _floats(r.operands[node])), default=0.0)
    return rms(one - other) > noise(dtype) * max(rms(one), scale)


def _floats(operands: list[Any]) -> list[Any]:
    arrays = (np.asarray(to_host(np.asarray(o))) for o in operands)
    return [array for array in arrays if array.dtype.kind == "f"]
