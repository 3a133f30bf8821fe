"""What a derivation consists of: gradients with their formulas, letters, and steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from tensorgraph.display.tables import html_table
from tensorgraph.formulas.algebra.polynomials import Atoms
from tensorgraph.formulas.facts import Fact
from tensorgraph.formulas.writing.formula import Formula, formula
from tensorgraph.symbolic.expr import Expr


class Names(Mapping[Expr, str]):
    """What values are called in the formula of a gradient: other gradients by their names, too.

    Each gradient's is a view of what all share, so that many gradients have no tables of their own.

    Args:
        values: the names of values.
        gradients: the names of gradients, which come first.
        own: the gradient that the formula is of, which is not called by its name in it.
    """

    __slots__ = ("_gradients", "_own", "_values")

    def __init__(
        self,
        values: Mapping[Expr, str],
        gradients: Mapping[Expr, str] | None = None,
        own: Expr | None = None,
    ) -> None:
        self._values, self._gradients, self._own = values, gradients or {}, own

    @property
    def shared(self) -> Names:
        """What every value and every gradient is called."""
        return Names(self._values, self._gradients)

    def without(self, e: Expr) -> dict[Expr, str]:
        """Return the names without one, as where what that stands for is written."""
        found = {**self._values, **self._gradients}
        found.pop(e, None)
        return found

    def __contains__(self, e: object) -> bool:
        return e in self._values or (e in self._gradients and e is not self._own)

    def __getitem__(self, e: Expr) -> str:
        if e in self._gradients and e is not self._own:
            return self._gradients[e]
        return self._values[e]

    def __iter__(self) -> Iterator[Expr]:
        return iter(dict.fromkeys(e for e in (*self._values, *self._gradients) if e in self))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Multiple(NamedTuple):
    """A multiple of the derivative of one value by another: m ∂J/∂Z."""

    factor: Expr
    of: str
    by: str

    def formula(self, found: Formula) -> Formula:
        """Return that it is equal to what was found."""
        parts = (Formula("name", text=self.of), Formula("name", text=self.by))
        times = (formula(self.factor, {}), Formula("derivative", parts))
        return Formula("equation", (Formula("product", times, " "), found))


@dataclass(frozen=True, eq=False)
class Gradient:
    """The formula of one gradient."""

    label: str
    """What it is called: ``dZ``."""
    of: Expr | None
    """What was differentiated by; ``None`` for a helper that other formulas use."""
    expr: Expr
    """The formula."""
    raw: Expr
    """The backward pass as it stands."""
    names: Names
    """What formulas call each value."""
    events: tuple[tuple[str, Any], ...]
    """The rules applied, in order."""
    atoms: Atoms
    difference: float
    """From the engine's gradient on the recorded data, as a share of the largest element."""
    multiple: Multiple | None = None
    """What it is a multiple of, where it is not the gradient itself."""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What the formula rests on."""
        found: dict[Fact, None] = {}
        for rule, detail in self.events:
            if rule in ("known sum", "binary", "pick", "symmetric"):
                found[detail] = None
            elif rule in ("cancel", "guard"):
                atom, proved = detail
                source = "op" if proved else "condition"
                if atom.expr is not None and atom.expr.size > 1:
                    found[Fact("nonzero", True, source, atom.expr)] = None
        return tuple(found)


class Letter(NamedTuple):
    """A letter introduced for a value."""

    name: str
    spelt: Expr
    """What the value is, as it is written where the letter is explained."""


@dataclass(frozen=True)
class Step:
    """One line of a derivation."""

    number: int
    rule: str
    equation: str
    difference: float
    """Between the two sides on the recorded data, as a share of the largest element."""

    @property
    def mark(self) -> str:
        """Whether the two sides agree: ✓ or ✗."""
        return "✓" if not self.difference > 1e-6 else "✗"

    def __str__(self) -> str:
        return f"{self.number}. {self.equation}    {self.mark} {self.rule}"


class Steps(list[Step]):
    """The lines of a derivation, which show themselves one below the other.

    Example:
        >>> Steps([Step(1, "the result", "dx = 2 x", 0.0)])
        1. dx = 2 x    ✓ the result
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = ((step.number, step.equation, step.mark, step.rule) for step in self)
        return html_table(["", "equation", "", "rule"], rows)
