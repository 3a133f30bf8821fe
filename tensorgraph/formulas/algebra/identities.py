"""Functions of functions that have a name of their own, declared as pairs of equal patterns.

A pattern is a variable, a number, or an operation with the patterns of its operands. Static
parameters of the operation found (an axis) go to the operation that takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.ops.activation import log_sigmoid, sigmoid
from tensorgraph.ops.arithmetic import add, multiply
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.transcendental import exp, log
from tensorgraph.symbolic.expr import Expr, make

Pattern = str | float | tuple[Any, ...]


@dataclass(frozen=True)
class Recognition:
    """Two patterns that are equal wherever the first is defined, or where the facts hold."""

    name: str
    left: Pattern
    right: Pattern


RECOGNITIONS = (
    Recognition("exp of log softmax", (exp.op, (log_softmax.op, "x")), (softmax.op, "x")),
    Recognition("exp of log sigmoid", (exp.op, (log_sigmoid.op, "x")), (sigmoid.op, "x")),
    Recognition("exp of log", (exp.op, (log.op, "x")), "x"),
    Recognition("log of exp", (log.op, (exp.op, "x")), "x"),
    Recognition("log of softmax", (log.op, (softmax.op, "x")), (log_softmax.op, "x")),
    Recognition("log of sigmoid", (log.op, (sigmoid.op, "x")), (log_sigmoid.op, "x")),
)
"""Left sides are replaced by right sides."""


def recognised(e: Expr) -> Expr:
    """Return an equal expression that says more, or the same one."""
    for rule in RECOGNITIONS:
        static: dict[str, Any] = {}
        found = _match(rule.left, e, {}, static)
        if found is not None:
            return _built(rule.right, found, static, e)
    return e


def _match(
    pattern: Pattern, e: Expr, found: dict[str, Expr], static: dict[str, Any]
) -> dict[str, Expr] | None:
    """Return what the variables stand for, ``None`` if an expression is not of this form."""
    if isinstance(pattern, str):
        return found if found.setdefault(pattern, e) is e else None
    if not isinstance(pattern, tuple):
        same = e.value is not None and e.size == 1 and np.asarray(e.value).item() == pattern
        return found if same else None
    op, *operands = pattern
    if e.op is not op or len(operands) != len(e.args):
        return None
    static.update(e.static)
    orders = [e.args, e.args[::-1]] if op in (add.op, multiply.op) else [e.args]
    for args in orders:
        inner: dict[str, Expr] | None = dict(found)
        for part, arg in zip(operands, args, strict=True):
            inner = None if inner is None else _match(part, arg, inner, static)
        if inner is not None:
            return inner
    return None


def _built(pattern: Pattern, found: dict[str, Expr], static: dict[str, Any], like: Expr) -> Expr:
    if isinstance(pattern, str):
        return found[pattern]
    assert isinstance(pattern, tuple)
    op, operand = pattern
    own = {key: static[key] for key in op.defaults}
    return make(op, (_built(operand, found, static, like),), own, like.shape, like.dtype)
