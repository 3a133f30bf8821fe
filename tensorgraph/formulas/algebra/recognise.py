"""Functions of functions that have a name of their own, declared as pairs of equal patterns.

A pattern is a variable, a number, or an operation with the patterns of its operands. Static
parameters of the operation found (an axis) go to the operation that takes its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.engine.op import REGISTRY
from tensorgraph.symbolic.expr import Expr, make

Pattern = str | float | tuple[Any, ...]


@dataclass(frozen=True)
class Recognition:
    """Two patterns that are equal wherever the first is defined, or where the facts hold."""

    name: str
    left: Pattern
    right: Pattern
    in_graph: bool = False
    """Whether a recorded graph is read this way too: the gradient is then that of the right."""


RECOGNITIONS = (
    Recognition("exp of log softmax", ("exp", ("log_softmax", "x")), ("softmax", "x")),
    Recognition("exp of log sigmoid", ("exp", ("log_sigmoid", "x")), ("sigmoid", "x")),
    Recognition("exp of log", ("exp", ("log", "x")), "x"),
    Recognition("log of exp", ("log", ("exp", "x")), "x"),
    Recognition("log of softmax", ("log", ("softmax", "x")), ("log_softmax", "x")),
    Recognition("log of sigmoid", ("log", ("sigmoid", "x")), ("log_sigmoid", "x")),
    Recognition(
        "sigmoid written out",
        ("divide", 1, ("add", 1, ("exp", ("negative", "x")))),
        ("sigmoid", "x"),
        in_graph=True,
    ),
    Recognition(
        "sigmoid written out, with power",
        ("power", ("add", 1, ("exp", ("negative", "x"))), -1),
        ("sigmoid", "x"),
        in_graph=True,
    ),
    Recognition(
        "sigmoid written out, with reciprocal",
        ("reciprocal", ("add", 1, ("exp", ("negative", "x")))),
        ("sigmoid", "x"),
        in_graph=True,
    ),
)
"""Left sides are replaced by right sides."""


def recognised(e: Expr) -> Expr:
    """Return an equal expression that says more, or the same one."""
    return _read(e, RECOGNITIONS)


def read_in_graph(e: Expr) -> Expr:
    """Return what an operation of a recorded graph is read as, or the same one."""
    return _read(e, [rule for rule in RECOGNITIONS if rule.in_graph])


def _read(e: Expr, rules: Iterable[Recognition]) -> Expr:
    for rule in rules:
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
    name, *operands = pattern
    if e.op is None or e.op.name != name or len(operands) != len(e.args):
        return None
    static.update(e.static)
    orders = [e.args, e.args[::-1]] if name in ("add", "multiply") else [e.args]
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
    name, operand = pattern
    op = REGISTRY[name]
    own = {key: static[key] for key in op.defaults}
    return make(op, (_built(operand, found, static, like),), own, like.shape, like.dtype)
