"""Numbers as the user's statements compute them: ``lambd / (2 * m)``, read and computed again."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.ops.transcendental import sqrt

OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip

LARGE = 1e6
"""No power of a larger number, or to a larger one, is computed."""


class Computation(NamedTuple):
    """What a statement computes of numbers."""

    node: ast.expr
    names: tuple[str, ...]
    """The variables in it."""
    value: float

    def of(self, numbers: Callable[[str], Any]) -> Any:
        """Return what it gives for other values of the variables, such as expressions."""
        return computed(self.node, numbers)


def computations(nodes: Iterable[ast.expr], numbers: Mapping[str, Any]) -> list[Computation]:
    """Return what statements compute of these variables, and what that gives."""
    found = []
    for node in nodes:
        names = tuple(dict.fromkeys(_variables(node)))
        if not names or not all(name in numbers for name in names):
            continue
        try:
            value = float(computed(node, numbers.__getitem__))
        except (ArithmeticError, TypeError, ValueError):
            continue
        if np.isfinite(value):
            found.append(Computation(node, names, value))
    return found


def _variables(node: ast.expr) -> Iterator[str]:
    """Yield the variables in an expression, whose only calls are of ``sqrt`` of some module."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Call(args=[inner]) | ast.UnaryOp(operand=inner):
            yield from _variables(inner)
        case ast.BinOp(left=left, right=right):
            yield from _variables(left)
            yield from _variables(right)


def computed(node: ast.expr, numbers: Callable[[str], Any]) -> Any:
    """Return what an expression gives for these values of its variables."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return numbers(name)
        case ast.UnaryOp(operand=inner):
            return -computed(inner, numbers)
        case ast.Call(args=[inner]):
            return sqrt(computed(inner, numbers))
        case ast.BinOp(left=left, op=op, right=right):
            x, y = computed(left, numbers), computed(right, numbers)
            plain = all(isinstance(v, (int, float, np.number)) for v in (x, y))
            if isinstance(op, ast.Pow) and plain and max(abs(x), abs(y)) > LARGE:
                raise OverflowError
            return OPERATORS[type(op)](x, y)
    raise TypeError(f"no number is computed by {ast.dump(node)}")
