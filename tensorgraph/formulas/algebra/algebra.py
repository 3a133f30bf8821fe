"""The algebra of polynomials: products that cancel, powers, and sums along axes.

What a rule needs to know of the values (signs, sums) it asks of the facts; each rule that is
applied is noted, so that a derivation can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.irrationals import root
from tensorgraph.formulas.algebra.polynomials import (
    LIMIT,
    ONE,
    Atom,
    Atoms,
    Labels,
    Mono,
    Poly,
    added,
    is_identity,
    labels_of,
    lengths_of,
    number,
    order,
    placed,
    relabelled,
    renamed,
    with_roots,
)
from tensorgraph.formulas.algebra.regrouping import parts, regrouped
from tensorgraph.formulas.facts import Fact, Facts
from tensorgraph.ops._axes import Block
from tensorgraph.symbolic.expr import Expr, constant

Event = tuple[str, Any]
"""The name of a rule that was applied, and what it was applied to."""

K = 1000
"""A label for what a product contracts, before it is bound."""


@dataclass(eq=False, kw_only=True)
class Algebra:
    """Computes with polynomials.

    Args:
        facts: what is known of values.
        length: the symbol for the length of an axis, if it has one.
        number: the expression for a number, which may have a name.
        atoms: what polynomials are made of.
    """

    facts: Facts
    length: Callable[[int], Expr | None] = lambda n: None
    number: Callable[[Any], Expr] = constant
    atoms: Atoms = field(default_factory=Atoms)
    _events: dict[Event, None] = field(default_factory=dict)

    def taking_note(self, act: Callable[[], Any]) -> tuple[Any, list[Event]]:
        """Return what ``act`` returns, and the rules applied in it."""
        outside, self._events = self._events, {}
        try:
            return act(), list(self._events)
        finally:
            self._events = outside

    def note(self, rule: str, detail: Any) -> None:
        """Remember that a rule was applied."""
        self._events[rule, detail] = None

    def count(self, n: int) -> Poly:
        """Return the length of an axis, by its name if it has one."""
        found = self.length(n)
        return number(n) if found is None else self.atoms.value(found)

    def known_sum(self, e: Expr, axes: Sequence[int]) -> Fact | None:
        """Return the fact that the sum of a value along some axes is a number, if it is known."""
        return self.facts.sum_along(e, *axes)

    def normal(self, e: Expr) -> Poly:
        """Return an expression's polynomial in its own frame."""
        raise NotImplementedError

    def keeps(self, e: Expr) -> bool:
        """Return whether a value stays as it is, because it has a name."""
        raise NotImplementedError

    def recorded(self, e: Expr) -> bool:
        """Return whether a value is one of the graph."""
        raise NotImplementedError

    def product(self, p: Poly, q: Poly) -> Poly:
        """Return p · q: cancelled first, then expanded, or left in parentheses if too long."""
        if not p or not q:
            return {}
        if len(p) * len(q) > LIMIT:
            (k, m), (c, n) = self.atoms.group(p), self.atoms.group(q)
            return {self.joined(m, n): k * c}
        if len(p) == 1 and len(q) > 1:
            p, q = q, p
        result: Poly = {}
        rest = dict(p)
        if len(q) > 1:
            k, group = self.atoms.group(q)
            inverse = {(a, x) for a, x, _ in group if a.poly is not None}
            for mono, c in p.items():
                if any((a, x) in inverse and e < 0 for a, x, e in mono):
                    result = added(result, self.settled({self.joined(mono, group): c * k}))
                    del rest[mono]
        if len(rest) > 1:
            k, group = self.atoms.group(rest)
            inverse = {(a, x) for a, x, _ in group if a.poly is not None}
            if inverse and all(any((a, x) in inverse and e < 0 for a, x, e in mono) for mono in q):
                for mono, c in q.items():
                    joined = {self.joined(mono, group): c * k}
                    result = added(result, self.settled(joined))
                return result
        for m, k in rest.items():
            for n, c in q.items():
                result = added(result, self.settled({self.joined(m, n): k * c}))
        return result

    def settled(self, p: Poly) -> Poly:
        """Return a polynomial in which no group stands by itself in a product."""
        result: Poly = {}
        for written, c in p.items():
            k, mono = with_roots(c, written)
            groups = [f for f in mono if f[0].poly is not None and f[2] == 1]
            if not groups:
                result = added(result, {mono: k})
                continue
            group, labels, _ = groups[0]
            inner = relabelled(group.poly or {}, dict(enumerate(labels)))
            if len(inner) > LIMIT:
                result = added(result, {mono: k})
                continue
            rest = tuple(f for f in mono if f is not groups[0])
            result = added(result, self.product({rest: k}, inner))
        return result

    def joined(self, m: Mono, n: Mono) -> Mono:
        """Return the product of two products: exponents add up."""
        powers: dict[tuple[Atom, Labels], Fraction] = {(a, x): e for a, x, e in m}
        for a, x, e in n:
            before = powers.get((a, x), Fraction(0))
            if before * e < 0:
                self._note_cancelled(a)
            powers[a, x] = before + e
        factors = []
        for (a, x), e in powers.items():
            if e > 0 and e != 1 and a.expr is not None:
                why = self.facts.why_binary(a.expr)
                if why is not None:
                    self.note("binary", why.about(a.expr))
                    e = Fraction(1)
            if e:
                factors.append((a, x, e))
        return tuple(sorted(factors, key=order))

    def _note_cancelled(self, a: Atom) -> None:
        self.note("cancel", (a, bool(self.nonzero(a))))

    def power(self, p: Poly, exponent: Fraction) -> Poly | None:
        """Return a polynomial to a rational power, ``None`` for 0 to a negative one."""
        if exponent == 0:
            return number(1)
        if not p:
            return {} if exponent > 0 else None
        if len(p) > 1:
            if exponent in (2, 3) and len(p) <= 4:
                result = p
                for _ in range(int(exponent) - 1):
                    result = self.product(result, p)
                return result
            k, mono = self.atoms.group(p)
            return self.power({mono: k}, exponent) if exponent != 1 else p
        ((mono, k),) = p.items()
        whole = exponent.denominator == 1
        if not whole and k < 0:
            return None
        factors = []
        for a, x, e in mono:
            if not (whole or self.nonnegative(a)):
                if e % 2 == 0 and a.expr is not None:
                    ((((a, _, _),), _),) = self.atoms.value(abs(a.expr)).items()
                elif len(mono) > 1 or e != 1:
                    return None
            factors.append((a, x, e * exponent))
        found = root(k, exponent)
        for base, power in found.powers.items():
            (((atom, labels, _),),) = self.atoms.value(base)
            factors.append((atom, labels, power))
        return self.settled({tuple(sorted(factors, key=order)): found.factor})

    def total(self, p: Poly, label: int, n: int) -> Poly:
        """Return the sum along one axis: linear, with constant factors pulled out."""
        result: Poly = {}
        for mono, k in p.items():
            inside = tuple(f for f in mono if label in f[1])
            outside = tuple(f for f in mono if label not in f[1])
            if not inside:
                self.note("sum of a constant", n)
                result = added(result, self.product({mono: k}, self.count(n)))
                continue
            chosen = self._by_identity(inside, label)
            if chosen is not None:
                result = added(result, self.settled({self.joined(outside, chosen): k}))
                continue
            split = self._split(inside, label)
            if split is not None:
                result = added(result, self.product({outside: k}, split))
                continue
            if outside:
                self.note("pull out of the sum", (outside, inside, label))
            part = self._sum_of(inside, label)
            result = added(result, self.product({outside: k}, part))
        return result

    def _by_identity(self, inside: Mono, label: int) -> Mono | None:
        """Return a sum of Iᵢₖ · f(k) along k as f(i); ``None`` where no factor is the identity."""
        for f in inside:
            atom, labels, e = f
            others = [x for x in labels if x != label]
            if e == 1 and atom.expr is not None and len(others) == 1 and is_identity(atom.expr):
                rest = tuple(g for g in inside if g is not f)
                if rest and not any(others[0] in g[1] for g in rest):  # else it is a diagonal's
                    return renamed(rest, {label: others[0]})
        return None

    def _split(self, inside: Mono, label: int) -> Poly | None:
        """Return a sum along an axis that reshapes made of several, as one along these."""
        lengths = parts(self, inside, label)
        if not lengths:
            return None
        codes = tuple(range(label + 3 * K, label + 3 * K + len(lengths)))
        found = regrouped(self, {inside: Fraction(1)}, [Block((label,), codes, lengths)])
        if found is None:
            return None
        for code, n in zip(codes, lengths, strict=True):
            found = self.total(found, code, n) if n != 1 else found
        return found

    def _sum_of(self, inside: Mono, label: int) -> Poly:
        """Return the sum along a label of factors that all have it; sums of sums are one sum."""
        body, bound = inside, {label: lengths_of(inside)[label]}
        ((atom, labels, exponent), *others) = inside
        if atom.bound and not others and exponent == 1:
            codes = {-1 - i: 2 * K + i for i in range(len(atom.bound))}
            body = placed(atom.body, {**dict(enumerate(labels)), **codes})
            bound |= dict(zip(codes.values(), atom.bound, strict=True))
        known = self._known_total(body, bound)
        return {(self.atoms.total(body, bound),): Fraction(1)} if known is None else known

    def with_sum(self, rest: Mono, body: Mono, bound: set[int]) -> Mono:
        """Return a product with the sum of another over bound labels, constants pulled out."""
        inside = tuple(f for f in body if labels_of([f]) & bound)
        outside = tuple(f for f in body if not labels_of([f]) & bound)
        total = self.atoms.total(inside, bound)
        return self.joined(self.joined(rest, outside), (total,))

    def with_known_sum(self, rest: Mono, body: Mono, bound: set[int]) -> tuple[Fraction, Mono]:
        """Return the same, where the sum may be known to be a number."""
        inside = tuple(f for f in body if labels_of([f]) & bound)
        lengths = lengths_of(inside)
        known = self._known_total(inside, {x: lengths[x] for x in bound}) if inside else None
        if known is None or set(known) != {ONE}:
            return Fraction(1), self.with_sum(rest, body, bound)
        outside = tuple(f for f in body if not labels_of([f]) & bound)
        return known[ONE], self.joined(rest, outside)

    def _known_total(self, body: Mono, bound: Mapping[int, int]) -> Poly | None:
        """Return the sum of a single value along bound labels of these lengths, if it is known."""
        ((atom, labels, exponent), *others) = body
        if atom.expr is None or others or exponent != 1:
            return None
        axes = dict(zip(labels, (i for i, n in enumerate(atom.expr.shape) if n != 1), strict=True))
        fact = self.known_sum(atom.expr, [axes[x] for x in labels if x in bound])
        if fact is None:
            return None
        self.note("known sum", fact)
        along, total = fact.value
        result = number(total)
        for x, n in bound.items():
            if axes[x] not in (along if isinstance(along, tuple) else (along,)):
                result = self.product(result, self.count(n))
        return result

    def dot(self, p: Poly, q: Poly, n: int) -> Poly:
        """Return the sum over the label ``K`` of p · q, whose sums stay in parentheses."""
        if not p or not q:
            return {}
        (k, mono), (c, other) = self.atoms.group(p), self.atoms.group(q)
        return self.total({self.joined(mono, other): k * c}, K, n)

    # ----------------------------------------------------------------------------------- signs

    def nonzero(self, a: Atom) -> bool:
        """Return whether an atom is known to have no element 0."""
        if a.expr is not None:
            return bool(self.facts.nonzero(a.expr))
        if a.poly is not None:
            return bool(self.facts.nonzero(lower(a.poly, a.lengths, self.atoms)))
        return all(self._positive(b) for b, _, _ in a.body)

    def nonnegative(self, a: Atom) -> bool:
        """Return whether an atom is known to have no element below 0."""
        if a.expr is not None:
            return bool(self.facts.nonnegative(a.expr))
        if a.poly is not None:
            return bool(self.facts.nonnegative(lower(a.poly, a.lengths, self.atoms)))
        return all(self.nonnegative(b) or e % 2 == 0 for b, _, e in a.body)

    def _positive(self, a: Atom) -> bool:
        return self.nonnegative(a) and self.nonzero(a)
