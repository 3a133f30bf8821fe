"""Slices of arrays that were joined, read as the arrays."""

from __future__ import annotations

from itertools import pairwise

from tensorgraph.engine.op import REGISTRY
from tensorgraph.symbolic.expr import Expr, lift

GETITEM, CONCAT = REGISTRY["getitem"], REGISTRY["concat"]


def part(e: Expr) -> Expr:
    """Return what a slice takes out of one of several joined arrays; any other value as it is.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph.symbolic.expr import symbol
        >>> x, y = symbol("x", (2,), "float32"), symbol("y", (3,), "float32")
        >>> part(tg.concat([x, y])[2:5])
        <y float32[3]>
    """
    if e.op is not GETITEM or len(e.args) > 1 or not e.static["key"]:
        return e
    (x,), (*lead, last) = e.args, e.static["key"]
    axis = len(lead)
    if type(last) is not slice or any(k != slice(None) for k in lead):
        return e
    start, stop, step = last.indices(x.shape[axis])
    if step != 1:
        return e
    if (start, stop) == (0, x.shape[axis]):
        return x
    if x.op is not CONCAT or x.static["axis"] != axis:
        return e
    for array, (begin, end) in zip(x.args, pairwise(x.static["edges"]), strict=True):
        if begin <= start and stop <= end:
            inside = (*lead, slice(start - begin, stop - begin))
            return part(lift(array[inside]))
    return e
