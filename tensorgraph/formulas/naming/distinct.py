"""No two values share a symbol, in any form in which formulas are printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from itertools import count

from tensorgraph.formulas.writing.latex import latex_name
from tensorgraph.formulas.writing.mathml import mathml_name
from tensorgraph.formulas.writing.text import pretty
from tensorgraph.symbolic.expr import Expr

SIGNS = ("Σ",)
"""What stands for an operation in any formula."""


@lru_cache(maxsize=4096)
def printed(name: str) -> frozenset[tuple[str, str]]:
    """Return a name as each form of output has it: ``lam`` and ``lambd`` are both λ."""
    return frozenset(
        {("text", pretty(name)), ("latex", latex_name(name)), ("mathml", mathml_name(name))}
    )


class Taken:
    """The symbols that are taken."""

    def __init__(self, names: Iterable[str]) -> None:
        self._printed = {form for name in names for form in printed(name)}

    def __contains__(self, name: str) -> bool:
        return not self._printed.isdisjoint(printed(name))

    def add(self, name: str) -> None:
        """Let a symbol be taken."""
        self._printed |= printed(name)

    def primed(self, name: str) -> str:
        """Return a name, with primes if it is taken; now it is."""
        while name in self:
            name += "′"
        self.add(name)
        return name

    def numbered(self, name: str) -> str:
        """Return a name with the first number that is not taken; now it is."""
        stem = f"{name}_" if name[-1:].isdecimal() else name
        found = next(f"{stem}{i}" for i in count(1) if f"{stem}{i}" not in self)
        self.add(found)
        return found


def distinct(
    wanted: Mapping[Expr, str], reserved: Collection[str], kept: Collection[Expr]
) -> dict[Expr, str]:
    """Return names no two of which are alike: of several the same, each gets a number.

    Args:
        wanted: the names.
        reserved: names of what is no value of these.
        kept: the values that have the first right to their names.
    """
    times = Counter(wanted.values())
    taken = Taken(reserved)
    result = {e: taken.primed(wanted[e]) for e in kept}
    for e, name in wanted.items():
        if e not in result and times[name] == 1:
            result[e] = taken.primed(name)
    for e, name in wanted.items():
        if e not in result:
            result[e] = taken.numbered(name)
    return {e: result[e] for e in wanted}
