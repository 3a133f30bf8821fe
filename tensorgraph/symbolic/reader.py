"""What reads constants of a recorded graph: more in them than the values that they hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from tensorgraph.engine.domain import Boolean, Integer
from tensorgraph.engine.graph import Node
from tensorgraph.symbolic.expr import Expr, constant

Place = Callable[[Any], Expr]
"""Gives the expression of a constant array."""


class Operand(NamedTuple):
    """Where a constant stands."""

    node: Node
    i: int


class Before(NamedTuple):
    """A value that was computed before another."""

    place: Any
    expr: Expr
    array: Any
    at_hand: bool
    """Whether the operation in question computes with it."""

    def written(self) -> Expr:
        """Return its expression."""
        return self.expr


class Reader(Protocol):
    """Reads more in constants than their values."""

    def number(self, value: Any, at: Operand, place: Place) -> Expr:
        """Return the expression for a number."""

    def array(self, array: Any, place: Place) -> Expr | None:
        """Return how an array is computed from others, where that is known."""

    def condition(self, mask: Any, before: Sequence[Before], place: Place) -> Expr | None:
        """Return the condition that a boolean array tells of values before it, if it is known."""

    def called(self, array: Any, at: Operand) -> Sequence[str]:
        """Return the names that an array may have, the best first."""

    def given(self) -> dict[Expr, Any]:
        """Return the values of what stands for numbers."""


class Values(Reader):
    """Reads nothing in constants but their values."""

    def number(self, value: Any, at: Operand, place: Place) -> Expr:
        """Return the number itself."""
        return constant(value)

    def array(self, array: Any, place: Place) -> Expr | None:
        """Return that nothing is known."""
        return None

    def called(self, array: Any, at: Operand) -> Sequence[str]:
        """Return that it has no name."""
        return ()

    def condition(self, mask: Any, before: Sequence[Before], place: Place) -> Expr | None:
        """Return that nothing is known."""
        return None

    def given(self) -> dict[Expr, Any]:
        """Return that nothing stands for a number."""
        return {}


VALUES = Values()


def selects(node: Node, i: int) -> bool:
    """Return whether an operand tells which elements are taken, rather than what to compute with.

    Such an array may decide shapes, or what a rule does: it stays what it is.
    """
    if node.op.family == "index" and i > 0:
        return True
    domain = node.op.domain.get(node.op.operand_name(i))
    return isinstance(domain, Boolean) or (
        isinstance(domain, Integer) and node.op.family != "elementwise"
    )
