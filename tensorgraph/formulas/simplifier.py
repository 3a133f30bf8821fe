"""Simplifying one gradient: the shortest of its formulas that is found in time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from tensorgraph.formulas.algebra.algebra import Event
from tensorgraph.formulas.algebra.contractions import lengths_within_means
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.algebra.normal_form import Normaliser, OutOfTime
from tensorgraph.formulas.algebra.polynomials import Atoms
from tensorgraph.formulas.algebra.rearrangements import moved
from tensorgraph.formulas.facts import Facts
from tensorgraph.formulas.gradient import Names
from tensorgraph.formulas.naming.constants import Constants
from tensorgraph.formulas.naming.letters import Letters
from tensorgraph.formulas.naming.substitute import candidates
from tensorgraph.formulas.verify import Checker
from tensorgraph.formulas.writing.formula import cost
from tensorgraph.symbolic.expr import Expr, in_order

HARDLY_MORE = 1.05
"""A formula that costs up to this share of the backward pass as it stands is preferred to it."""

Found = tuple[float, Expr, list[Event], Atoms]
"""A formula: how much there is to read, the expression, the rules applied, and its atoms."""


class Known(NamedTuple):
    """What is known of a graph when its gradients are simplified."""

    result: Expr
    """What is differentiated."""
    letters: Letters
    """The graph, and the names of its values."""
    constants: Constants
    """What constants are, by the caller's variables."""
    facts: Facts
    checker: Checker
    """The values of expressions, on recorded and on fresh data."""
    deadline: float
    """When to leave what is not simplified as it stands, by the thread's own clock."""


class Simplifier:
    """Simplifies the gradients of a graph.

    Args:
        known: what is known of it.
    """

    def __init__(self, known: Known) -> None:
        result, letters, self.constants, self.facts, self.checker, self.deadline = known
        self.names = letters.names
        self.forward = dict.fromkeys([*letters.recorded.exprs.values(), *letters.introduced])
        self.in_order = in_order([result, *letters.introduced])
        self.within_means = lengths_within_means(letters.recorded.exprs.values())
        self.multiples: dict[Expr, tuple[Expr, Expr]] = {}
        """What stands for gradients that leave out what all is divided by, and that divisor."""
        self.ran_out = False
        self._bodies: dict[Expr, tuple[Expr, ...]] = {}
        self._known: dict[object, Found] = {}

    def is_late(self) -> bool:
        """Return whether time has run out, which is told where it matters."""
        late = time.thread_time() > self.deadline
        self.ran_out |= late
        return late

    def labels(self, cuts: Mapping[Expr, str]) -> dict[Expr, str]:
        """Return what stands in formulas for gradients with a name."""
        return {self.multiples.get(e, (e,))[0]: label for e, label in cuts.items()}

    def simplest(self, raw: Expr, cuts: Mapping[Expr, str]) -> Found:
        """Return the shortest formula of a gradient.

        Args:
            raw: the gradient as the backward pass has it.
            cuts: gradients with a name, which it may use.
        """
        key = raw, self._used(raw, cuts), len(self.names)
        if key not in self._known:
            self._known[key] = self.simplified(raw, self.normaliser(cuts), cuts)
        return self._known[key]

    def _used(self, raw: Expr, cuts: Mapping[Expr, str]) -> frozenset[object]:
        """Return what a gradient is a formula of: others with a name, or multiples of them."""

        def stays(x: Expr) -> bool:
            return x in cuts and x is not raw

        below = in_order([raw], lambda x: () if stays(x) or x in self.forward else x.args)
        return frozenset(self.multiples.get(x, x) for x in below if stays(x))

    def simplified(self, raw: Expr, normaliser: Normaliser, cuts: Mapping[Expr, str]) -> Found:
        """Return the shortest formula that a normaliser leads to, or what there was."""
        names = Names(self.names, self.labels(cuts))
        best = cost(raw, names, self._bodies), raw, list[Event](), normaliser.atoms
        if self.is_late():
            return best
        try:
            found, events = normaliser.taking_note(lambda: candidates(normaliser, raw))
        except OutOfTime:
            self.ran_out = True
            return best
        simple = dict.fromkeys(
            frame.written(lower(frame.poly, frame.shape, normaliser.atoms)) for frame in found
        )
        price, _, e = min((cost(e, names, self._bodies), i, e) for i, e in enumerate(simple))
        worse = price > max(best[0] + 0.5, HARDLY_MORE * best[0])
        return best if worse else (price, e, events, normaliser.atoms)

    def normaliser(
        self,
        cuts: Mapping[Expr, str],
        forward: Sequence[Expr] = (),
        names: Mapping[Expr, str] | None = None,
        atoms: Atoms | None = None,
    ) -> Normaliser:
        """Return what simplifies a gradient in terms of values before it, all or only some."""
        return Normaliser(
            meanings=MEANINGS,
            forward=dict.fromkeys(forward or self.forward),
            names=self.names if names is None else names,
            atoms=atoms or self._atoms.copy(),
            facts=self.facts,
            cuts={e for e in cuts if e not in self.multiples},
            multiples={e: found for e, found in self.multiples.items() if e in cuts},
            length=self._length,
            number=self.constants.number,
            deadline=self.deadline,
            data=self.checker.values,
        )

    def begun(self, atoms: Atoms, forward: Iterable[Expr], in_order: Iterable[Expr]) -> Atoms:
        """Return atoms that know forward values, and which of them only move another's axes."""
        for e in forward:
            source, labels = moved(e, self.names)
            if source not in self.names:
                atoms.call(source, e, labels)
        for e in in_order:  # factors are written in the order of the forward pass
            atoms.value(e)
        return atoms

    @cached_property
    def _atoms(self) -> Atoms:
        """The atoms of all forward values, which each gradient's own begin with."""
        named = filter(self.names.__contains__, self.forward)
        return self.begun(Atoms(), named, self.in_order)

    def _length(self, n: int) -> Expr | None:
        """Return the symbol for the length of an axis, unless it is but one of those of a mean."""
        return None if n in self.within_means else self.constants.length(n)
