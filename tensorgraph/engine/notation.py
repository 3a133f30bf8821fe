"""How an operation is written in formulas: data in its record, for what writes them."""

from __future__ import annotations

from dataclasses import dataclass

from tensorgraph.errors import DeclarationError

KINDS = {
    "function": "f(x, y)",
    "sum": "x + y, or x − y",
    "negative": "−x",
    "product": "x y",
    "fraction": "x / y, or 1 / x",
    "power": "xʸ, or x to the power that is the sign",
    "root": "√x",
    "enclosed": "operands between two signs: |x|, [x, y]",
    "relation": "[x > y], which is 1 where it holds",
    "matmul": "x y, a product of matrices",
    "transpose": "xᵀ, or for other orders of the axes a function",
    "reduction": "Σ x, with the axes as a subscript",
    "item": "x[key]",
    "hidden": "x alone: an operation that only makes room for broadcasting",
    "body": "what the body of the record says",
}
"""What each kind of notation looks like."""

OPERANDS = {
    "sum": 2, "negative": 1, "product": 2, "root": 1, "relation": 2, "matmul": 2,
    "transpose": 1, "reduction": 1, "hidden": 1,
}  # fmt: skip
"""How many operands a kind is for, where that is one number."""

NAMING = ("function", "sum", "relation", "reduction")
"""Kinds whose sign alone says which operation it is."""


@dataclass(frozen=True, slots=True)
class Notation:
    """How an operation is written: a kind, and the sign or word that it is written with.

    The constructors and constants of this module are the notations there are; a record without one
    is written as its ``body`` says, or as a function that has its name.
    """

    kind: str
    """One of ``KINDS``."""
    sign: str = ""
    """The sign, or the name of a function where that is not the operation's own."""
    latex: str = ""
    """The sign in LaTeX, where it differs."""
    arguments: tuple[str, ...] | None = None
    """The static parameters that a function shows like operands; ``None`` for all, by keyword."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DeclarationError(f"notation {self.kind!r} is none of {', '.join(KINDS)}")
        if self.kind == "enclosed" and len(self.sign) != 2:
            raise DeclarationError(f'enclosed needs two signs, as "||", not {self.sign!r}')
        if self.kind in ("relation", "reduction") and not self.sign:
            raise DeclarationError(f'{self.kind} needs a sign, as {self.kind}("Σ"), not ""')

    def fits(self, count: int) -> bool:
        """Return whether it can be written with that many operands."""
        if self.kind == "power":
            return count == (1 if self.sign else 2)
        if self.kind == "fraction":
            return count in (1, 2)
        return count == OPERANDS.get(self.kind, count)


def function(name: str = "", latex: str = "", arguments: tuple[str, ...] | None = None) -> Notation:
    """Return the notation f(x, y); without a name the operation's own is taken."""
    return Notation("function", name, latex, arguments)


def reduction(sign: str, latex: str = "") -> Notation:
    """Return the notation of what takes elements along axes together: Σ x."""
    return Notation("reduction", sign, latex)


def relation(sign: str, latex: str = "") -> Notation:
    """Return the notation [x > y] of a comparison."""
    return Notation("relation", sign, latex)


def raised(exponent: str) -> Notation:
    """Return the notation xⁿ of an operand to a given power."""
    return Notation("power", exponent)


def enclosed(signs: str) -> Notation:
    """Return the notation of operands between two signs: ``"||"``, ``"⌊⌋"``."""
    return Notation("enclosed", signs)


PLUS, MINUS = Notation("sum", "+"), Notation("sum", "−")
NEGATIVE = Notation("negative")
PRODUCT = Notation("product")
FRACTION = Notation("fraction")
POWER, ROOT = Notation("power"), Notation("root")
MATMUL = Notation("matmul")
TRANSPOSE = Notation("transpose")
ITEM = Notation("item")
HIDDEN = Notation("hidden")
BODY = Notation("body")
STEPS = Notation("body", "steps")
"""As a body, of which each value is one of the graph's own and may have a name there."""
