"""Formulas of one step as those of another: what is alike needs to be simplified only once.

A gradient in which all that belongs to a step is replaced by its part in the loop, and how many
steps off it is, is the same expression at each step. Each formula is checked at each step all the
same.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from tensorgraph.symbolic.expr import Expr, exchanged, symbol

Part = tuple[Hashable, int]
"""The part that a value plays in a loop, and the step that it belongs to."""


class Shifts:
    """Moves expressions from step to step.

    Args:
        parts: the part that each value and each gradient plays.
    """

    def __init__(self, parts: Mapping[Expr, Part]) -> None:
        self.parts = parts
        self._at = {part: e for e, part in parts.items()}
        self._stands_for: dict[Hashable, Expr] = {}

    def form(self, e: Expr, step: int) -> Expr:
        """Return what an expression is at any step, if this is what it is at one."""

        def instead(x: Expr) -> Expr | None:
            if x is e or x not in self.parts:
                return None
            part, t = self.parts[x]
            key = (part, t - step, x.shape, x.dtype)
            if key not in self._stands_for:
                self._stands_for[key] = symbol(None, x.shape, x.dtype)
            return self._stands_for[key]

        return exchanged(e, instead)

    def moved(self, e: Expr, by: int) -> Expr:
        """Return an expression that is one of another step, so many steps later.

        Raises:
            KeyError: something in it is there in no such step.
        """

        def instead(x: Expr) -> Expr | None:
            if x not in self.parts:
                return None
            part, t = self.parts[x]
            return self._at[part, t + by]

        return exchanged(e, instead)
