"""From expressions to the normal form: what each operation means for polynomials.

Forward values stay atoms unless they are one product: that keeps formulas small, makes them read
like a textbook, and the atoms left are what a backward pass must keep. What has no rule here stays
as it is, on simplified operands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from tensorgraph.engine.op import Op
from tensorgraph.formulas.algebra.algebra import Algebra, Event
from tensorgraph.formulas.algebra.frames import written
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.irrationals import irrational, rational
from tensorgraph.formulas.algebra.polynomials import (
    LIMIT,
    ONE,
    Poly,
    common,
    number,
    order,
)
from tensorgraph.formulas.facts import Fact
from tensorgraph.ops.arithmetic import add, subtract, where
from tensorgraph.symbolic.expr import Expr, in_order, lift, make


class OutOfTime(Exception):
    """The derivation took longer than it may."""


@dataclass(eq=False, kw_only=True)
class Normaliser(Algebra):
    """Turns expressions into polynomials.

    Args:
        meanings: what operations mean.
        forward: the expressions of the recorded graph.
        names: what has a name of its own.
        cuts: expressions that stay atoms: gradients with a name of their own.
        multiples: gradients that are a multiple of one with a name: that, over a divisor.
        deadline: when to give up, by the thread's own clock: what a machine does beside counts not.
        data: the values of an expression on all data that a formula will be checked on.
    """

    meanings: Meanings
    forward: Collection[Expr]
    names: Mapping[Expr, str]
    cuts: Collection[Expr] = ()
    multiples: Mapping[Expr, tuple[Expr, Expr]] = field(default_factory=dict)
    deadline: float = float("inf")
    data: Callable[[Expr], Iterable[Any]] | None = None
    _known: dict[Expr, tuple[Poly, tuple[Event, ...]]] = field(default_factory=dict)
    _with_multiples: frozenset[Expr] = frozenset()
    """What others are multiples of: taken apart, it would be made of these again."""

    def __post_init__(self) -> None:
        self._with_multiples = frozenset(named for named, _ in self.multiples.values())

    def normal(self, e: Expr) -> Poly:
        """Return an expression's polynomial in its own frame."""
        for x in in_order([e], self._below):
            if x not in self._known:
                if time.thread_time() > self.deadline:
                    raise OutOfTime
                outside, self._events = self._events, {}
                try:
                    self._known[x] = self._step(x), tuple(self._events)
                finally:
                    self._events = outside
        p, events = self._known[e]
        self._events |= dict.fromkeys(events)
        return p

    def keeps(self, e: Expr) -> bool:
        """Return whether a value stays as it is, because it has a name."""
        return e in self.names or e in self.cuts or e in self._with_multiples

    def recorded(self, e: Expr) -> bool:
        """Return whether a value is one of the graph."""
        return e in self.forward

    def holds(self, e: Expr, question: Callable[[Any], bool]) -> bool:
        """Return whether something holds of an expression's values on all data there are."""
        return self.data is not None and all(map(question, self.data(e)))

    def divisor(self, e: Expr) -> Expr | None:
        """Return the number by which all of an expression is divided; ``None`` for 1."""
        p = self.normal(e)
        if not p:
            return None
        below = {(a, x, -f) for a, x, f in common(p) if f < 0 and not x}
        largest = max(map(abs, p.values()))
        # 1/m, or 2/m of a square: not every decimal is meant as a division.
        number = largest.denominator if largest.numerator <= 2 else 1
        if number == 1 and not below:
            return None
        return lower({tuple(sorted(below, key=order)): Fraction(number)}, (), self.atoms)

    # ------------------------------------------------------------------------------------- steps

    def _below(self, e: Expr) -> Iterable[Expr]:
        named = e in self.cuts or e in self.multiples
        if e in self._known or named or e.op is None or self.stays(e):
            return ()
        return (*e.args[1:], e.args[0]) if e.op is where.op else e.args  # a condition comes last

    def stays(self, e: Expr) -> bool:
        """Return whether a forward value is an atom whatever its operands are."""
        if e not in self.forward:
            return False
        if is_affine(e):
            return e in self.names or all(x.size > 1 for x in e.args)
        return e.op not in self.meanings.opened

    def _step(self, e: Expr) -> Poly:
        if e in self.multiples:
            named, divisor = self.multiples[e]
            inverse = self.power(self.normal(divisor), Fraction(-1))
            assert inverse is not None
            return self.product(self.atoms.value(named), inverse)
        if e in self.cuts or e.is_input:
            return self.atoms.value(e)
        if e.value is not None:
            return self._constant(e)
        if self.stays(e):
            return self.atoms.value(e)
        p = self.opened(e)
        if p is None or len(p) > LIMIT:
            p = self.atoms.value(e if e in self.forward else self.rebuilt(e))
        elif e in self.forward and len(p) > 1 and not is_affine(e):
            p = self.atoms.value(e)
        return p

    def opened(self, e: Expr) -> Poly | None:
        """Return what the definition of a value says; ``None`` where no rule does."""
        rule = None if e.op is None else self.meanings.of(e.op)
        empty = any(0 in x.shape for x in (e, *e.args))
        return None if rule is None or empty else rule(self, e)

    def _constant(self, e: Expr) -> Poly:
        array = np.asarray(e.value)
        uniform = array.size and np.all(array == array.flat[0]) and np.isfinite(array.flat[0])
        if not uniform or (array.dtype.kind == "b" and array.size > 1):
            return self.atoms.value(e)
        value = array.flat[0].item()
        if type(value) is int and e not in self.forward:
            return self.count(value)
        found = irrational(value, array.dtype) if array.dtype.kind == "f" else None
        if found is not None:
            powers = [
                self.power(self.atoms.value(e), exponent) for e, exponent in found.powers.items()
            ]
            return reduce(self.product, filter(None, powers), {ONE: found.factor})
        return number(rational(value, array.dtype) if array.dtype.kind == "f" else value)

    def rebuilt(self, e: Expr) -> Expr:
        """Return an operation without a rule, on simplified operands."""
        assert e.op is not None
        args = tuple(self.simplified(x) for x in e.args)
        return make(e.op, args, e.static, e.shape, e.dtype)

    def simplified(self, e: Expr) -> Expr:
        """Return an expression rebuilt from its polynomial."""
        if e in self.forward or e.op is None or e in self.cuts:
            return e
        found = written(self, self.normal(e), e.shape, self.names)
        return found if found.dtype.kind == e.dtype.kind else e

    def known_sum(self, e: Expr, axes: Sequence[int]) -> Fact | None:
        """Return what the sum of a value is known to be, or proved to be from its definition."""
        fact = self.facts.sum_along(e, *axes)
        if fact is not None or e not in self.forward or not is_affine(e):
            return fact
        definition = self.opened(e)
        if definition is None:
            return None
        total, events = self.taking_note(lambda: self._total_over(definition, e, axes))
        if total and set(total) != {ONE}:
            return None
        self._events |= dict.fromkeys(events)
        along = axes[0] if len(axes) == 1 else tuple(axes)
        return Fact("sums_to", (along, total.get(ONE, Fraction(0))), "proof", e)

    def _total_over(self, p: Poly, e: Expr, axes: Iterable[int]) -> Poly:
        for axis in axes:
            p = self.total(p, axis, e.shape[axis])
        return p


def is_affine(e: Expr) -> bool:
    """Return whether an expression is a sum or a difference."""
    return e.op in (add.op, subtract.op)


Meaning = Callable[[Normaliser, Expr], Poly | None]
"""The polynomial of an operation, from those of its operands; ``None`` where it has none."""


@dataclass(frozen=True)
class Meanings:
    """What operations mean for polynomials; one that is written as its body is read so, too."""

    opened: dict[Op, Meaning]
    """Of operations whose forward values are opened if they are one product."""
    kept: dict[Op, Meaning]
    """Of those whose forward values are atoms."""

    def of(self, op: Op) -> Meaning | None:
        """Return what an operation means; ``None`` if it is an atom whatever its operands are."""
        found = self.opened.get(op) or self.kept.get(op)
        return found or (as_body if op.notation.kind == "body" else None)


def as_body(nf: Normaliser, e: Expr) -> Poly:
    """Return what the body of an operation means."""
    assert e.op is not None and e.op.body is not None
    return nf.normal(lift(e.op.body(*e.args, **e.static)))
