"""Alternatives: in sums, conditions that exclude each other are one, and 1 where they are all.

So [x > y] + [x ≤ y] is 1, and [x > y] + [x = y] is [x ≥ y].
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tensorgraph.formulas.algebra.branches import told_once
from tensorgraph.formulas.algebra.conditions import EVERYWHERE, Comparison, comparison, plain
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.algebra.polynomials import (
    ONE,
    Factor,
    Labels,
    Mono,
    Poly,
    added,
    body_of,
    quotient,
    relabelled,
)
from tensorgraph.symbolic.expr import Expr


def united(nf: Normaliser, p: Poly) -> Poly:
    """Return a polynomial in which conditions that exclude each other are one, within sums, too."""
    return rewritten(nf, p, lambda f: None, lambda q: _merged(nf, told_once(nf, q)))


def rewritten(
    nf: Normaliser,
    p: Poly,
    instead: Callable[[Factor], Poly | None],
    tidied: Callable[[Poly], Poly] = lambda q: q,
) -> Poly:
    """Return a polynomial with others in place of factors, within its sums, too.

    Args:
        nf: what computes with polynomials.
        p: the polynomial.
        instead: what stands for a factor; ``None`` for itself.
        tidied: what is done to each sum that results.
    """
    result: Poly = {}
    for mono, k in p.items():
        parts = [_within(nf, f, mono, instead, tidied) for f in mono]
        rest = tuple(f for f, part in zip(mono, parts, strict=True) if part is None)
        term: Poly = {rest: k}
        for part in parts:
            term = term if part is None else nf.product(term, part)
        result = added(result, term)
    return tidied(result)


def _within(
    nf: Normaliser,
    f: Factor,
    beside: Mono,
    instead: Callable[[Factor], Poly | None],
    tidied: Callable[[Poly], Poly],
) -> Poly | None:
    """Return what stands for a factor, where that or anything in it has another in its place."""
    atom, labels, exponent = f
    if atom.poly is not None:
        inner = relabelled(atom.poly, dict(enumerate(labels)))
        found = rewritten(nf, inner, instead, tidied)
        return None if found == inner else nf.power(found, exponent)
    if atom.bound and exponent == 1:
        body, bound = body_of(f, beside)
        whole: Poly = {body: Fraction(1)}
        found = rewritten(nf, whole, instead, tidied)
        if found == whole:
            return None
        lengths = dict(zip(sorted(bound), atom.bound, strict=True))
        for label, n in lengths.items():
            found = nf.total(found, label, n)
        return found
    return instead(f)


# ------------------------------------------------------------------------------------- conditions


def _merged(nf: Normaliser, p: Poly) -> Poly:
    """Return a sum in which terms that differ by conditions that exclude each other are one."""
    known: dict[object, tuple[Mono, Comparison, Labels]] = {}
    for mono, k in p.items():
        for f in mono:
            found = _comparison(f)
            if found is None:
                continue
            rest = quotient(mono, (f,))
            key = (rest, k, f[1], frozenset((found.x, found.y)))
            if key not in known:
                known[key] = mono, found, f[1]
                continue
            other, c, labels = known[key]
            orders = (found if found.x is c.x else found.mirrored()).orders
            if c.orders & orders:
                continue
            both = plain(nf, c._replace(orders=c.orders | orders).written())
            left = {m: k for m, k in p.items() if m not in (mono, other)}
            united = nf.product({rest: k}, _indicator(nf, both, labels))
            return _merged(nf, added(left, united))
    return p


def _comparison(f: Factor) -> Comparison | None:
    """Return the comparison that a factor is, if it is one."""
    atom, _, exponent = f
    return None if atom.expr is None or exponent != 1 else comparison(atom.expr)


def _indicator(nf: Normaliser, condition: Expr, labels: Labels) -> Poly:
    """Return a condition whose axes have these labels as 1 or 0."""
    if condition is EVERYWHERE:
        return {ONE: Fraction(1)}
    axes = [i for i, n in enumerate(condition.shape) if n != 1]
    return relabelled(nf.atoms.value(condition), dict(zip(axes, labels, strict=True)))
