"""What ``derive`` returns: formulas, with all that shows where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tensorgraph.symbolic.expr import Expr
from tensorgraph.symbolic.facts import Fact
from tensorgraph.symbolic.formula import formula
from tensorgraph.symbolic.normal import Event
from tensorgraph.symbolic.text import axis_text, pretty, text


@dataclass(frozen=True, eq=False)
class Gradient:
    """The formula of one gradient."""

    label: str
    """What it is called: ``dZ``."""
    of: Expr | None
    """What was differentiated by."""
    expr: Expr
    """The formula."""
    raw: Expr
    """The backward pass as it stands."""
    names: Mapping[Expr, str]
    events: tuple[Event, ...]
    """The rules applied."""
    difference: float
    """From the engine's gradient, as a share of the largest element."""

    def line(self, letters: Mapping[Expr, str]) -> str:
        """Return the formula as text, with letters for some values that have no name."""
        return f"{pretty(self.label)} = {text(formula(self.expr, {**letters, **self.names}))}"


@dataclass(frozen=True, eq=False)
class Derivation:
    """Gradients as formulas."""

    gradients: tuple[Gradient, ...]
    helpers: tuple[Gradient, ...]
    introduced: Mapping[Expr, str]
    given: Mapping[Expr, Any]
    values: Mapping[Expr, Any]
    value: Callable[..., Any]

    def __str__(self) -> str:
        letters = self.introduced
        lines = [g.line(letters) for g in self.gradients]
        lines += [f"  where {h.line(letters)}" for h in self.helpers]
        for e, letter in letters.items():
            spelt = text(formula(e, {x: n for x, n in self.gradients[0].names.items() if x is not e}))
            lines.append(f"  where {letter} = {spelt}")
        return "\n".join(lines)

    __repr__ = __str__
