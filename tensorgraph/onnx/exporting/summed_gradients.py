"""What a gradient adds up at one size and not at another."""

from __future__ import annotations

from tensorgraph.ops.reduce import sum as total
from tensorgraph.ops.shape import reshape
from tensorgraph.symbolic.expr import Expr, apply, lift


def summed_as(first: Expr, e: Expr) -> Expr:
    """Return an expression such that it sums over the axes that ``first`` sums over.

    A gradient is summed where an operand was broadcast, which along an axis of length 1 it was not.
    """
    if first.op is not reshape.op or first.args[0].op is not total.op:
        return e
    of_first, axes = _summands(first)
    x, own = _summands(e)
    if not own <= axes or x.ndim != of_first.ndim:
        x, own = e, frozenset()
    if own == axes or x.ndim != of_first.ndim or any(x.shape[a] != 1 for a in axes - own):
        return e
    return lift(reshape(apply(total.op, (x,), first.args[0].static), shape=e.shape))


def _summands(e: Expr) -> tuple[Expr, frozenset[int]]:
    """Return what is summed, and the axes, where an expression is such a sum in another shape."""
    summed = e.args[0] if e.op is reshape.op else e
    if summed.op is not total.op or summed.static["keepdims"]:
        return e, frozenset()
    x = summed.args[0]
    axis = summed.static["axis"]
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return x, frozenset(a % x.ndim for a in axes)
