"""The steps of a derivation: each an equation between two expressions, named after its rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tensorgraph.formulas.algebra.algebra import Event
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.polynomials import (
    Atom,
    Atoms,
    Mono,
    labels_of,
    lengths_of,
    number,
    renamed,
)
from tensorgraph.formulas.facts import Fact
from tensorgraph.ops.reduce import sum
from tensorgraph.symbolic.expr import Expr, constant

SAYS = {
    "cancel": "cancel x / x = 1",
    "binary": "0 and 1 are their own squares",
    "known sum": "a sum that is known",
    "pull out of the sum": "pull a constant factor out of a sum",
    "recognise": "a function of a function that has a name",
    "name": "put the name of a value back",
}
"""What a step calls the rule that was applied."""

UNTOLD = {"guard", "sum of a constant", "pick", "symmetric"}
"""Rules whose application is no equation of its own."""


@dataclass(frozen=True, eq=False)
class Equation:
    """One application of a rule: what was rewritten, and into what."""

    rule: str
    left: Expr
    right: Expr
    spelt: Expr | None = None
    """A named value whose definition is to be spelt out."""


def equations(events: Iterable[Event], atoms: Atoms) -> Iterator[Equation]:
    """Yield the equations behind rules that were applied."""
    for rule, detail in events:
        found = None if rule in UNTOLD else BUILDERS[rule](detail, atoms)
        if found is not None:
            yield found


def _atom(a: Atom, atoms: Atoms) -> Expr:
    """Return an atom in a frame of its own."""
    if a.expr is not None:
        return a.expr
    labels = tuple(range(len(a.lengths)))
    return lower({((a, labels, number(1)[()]),): number(1)[()]}, a.lengths, atoms)


def _cancelled(detail: tuple[Atom, bool], atoms: Atoms) -> Equation | None:
    e = _atom(detail[0], atoms)
    if e.size == 1:
        return None
    return Equation(SAYS["cancel"], e / e, constant(1))


def _binary(fact: Fact, atoms: Atoms) -> Equation:
    return Equation(SAYS["binary"], fact.of * fact.of, fact.of)


def _known_sum(fact: Fact, atoms: Atoms) -> Equation:
    axis, total = fact.value
    left = sum(fact.of, axis=axis, keepdims=True)
    return Equation(SAYS["known sum"], left, constant(float(total)))


def _pulled(detail: tuple[Mono, Mono, int], atoms: Atoms) -> Equation | None:
    outside, inside, label = detail
    labels = sorted(labels_of((*outside, *inside)))
    to = {x: i for i, x in enumerate(labels)}
    lengths = {to[x]: n for x, n in lengths_of((*outside, *inside)).items()}
    shape = [lengths[i] for i in range(len(labels))]
    one = number(1)[()]
    factor = lower({renamed(outside, to): one}, shape, atoms, fill=False)
    body = lower({renamed(inside, to): one}, shape, atoms, fill=False)
    if factor.size == 1 or body.size == 1:
        return None
    whole = sum(factor * body, axis=to[label], keepdims=True)
    shift = len(shape) - body.ndim
    right = factor * sum(body, axis=to[label] - shift, keepdims=True)
    return Equation(SAYS["pull out of the sum"], whole, right)


def _recognised(detail: tuple[Expr, Expr], atoms: Atoms) -> Equation:
    return Equation(SAYS["recognise"], *detail)


def _named(e: Expr, atoms: Atoms) -> Equation:
    return Equation(SAYS["name"], e, e, spelt=e)


BUILDERS: dict[str, Callable[[Any, Atoms], Equation | None]] = {
    "cancel": _cancelled,
    "binary": _binary,
    "known sum": _known_sum,
    "pull out of the sum": _pulled,
    "recognise": _recognised,
    "name": _named,
}
