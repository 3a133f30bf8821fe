"""Factoring: sums whose terms share factors as products of sums.

Polynomials are expanded where they are multiplied, so that terms cancel. What is left may read
better as it was: (A − Y) ∘ (1 − T²) rather than four products.
"""

from __future__ import annotations

from fractions import Fraction

from tensorgraph.formulas.algebra.algebra import Algebra
from tensorgraph.formulas.algebra.polynomials import (
    ONE,
    Atom,
    Factor,
    Labels,
    Mono,
    Poly,
    added,
    body_of,
    common,
    relabelled,
    root_of,
    size,
)

LONG = 16
"""In a sum of more terms nobody sees what they share."""

Key = tuple[Atom, Labels, bool]
"""A factor that terms may share, and whether it is one they are multiplied by."""


def factored(algebra: Algebra, p: Poly) -> Poly:
    """Return a polynomial with its sums as products of sums, as far as these are shorter."""
    result: Poly = {}
    for mono, k in _apart(algebra, p).items():
        scale, short = _factored_product(algebra, mono)
        result = added(result, {short: k * scale})
    return result


def _apart(algebra: Algebra, p: Poly) -> Poly:
    """Return a sum in which terms that share a factor are one product, while that is shorter."""
    while 2 < len(p) <= LONG:
        best = min((_taken_out(algebra, p, key) for key in _shared(p)), key=_length, default=p)
        if _length(best) >= _length(p):
            break
        p = best
    return p


def _shared(p: Poly) -> list[Key]:
    """Return the factors that several terms have, but not all."""
    counts: dict[Key, int] = {}
    for mono in p:
        for key in _keys(mono):
            counts[key] = counts.get(key, 0) + 1
    return [key for key, count in counts.items() if 1 < count < len(p)]


def _keys(mono: Mono) -> list[Key]:
    return [(atom, labels, e > 0) for atom, labels, e in mono]


def _taken_out(algebra: Algebra, p: Poly, key: Key) -> Poly:
    """Return a sum with the terms that have a factor as one product; the others, if they match."""
    having = {mono: k for mono, k in p.items() if key in _keys(mono)}
    others = {mono: k for mono, k in p.items() if key not in _keys(mono)}
    k, product = algebra.atoms.group(having)
    c, other = algebra.atoms.group(others)
    if any(f in product for f in other if f[0].poly is not None):
        others = {other: c}
    return added(others, {product: k})


def _length(p: Poly) -> Fraction:
    """Return how much there is to read in a sum, what all terms share taken out."""
    shared = size(common(p))
    return sum((1 + size(mono) - shared for mono in p), shared)


def _factored_product(algebra: Algebra, mono: Mono) -> tuple[Fraction, Mono]:
    """Return a product with the sums in it factored, and what number that leaves."""
    scale, result = Fraction(1), ONE
    for f in mono:
        k, factors = _factored_factor(algebra, f, mono)
        scale, result = scale * k, algebra.joined(result, factors)
    return scale, result


def _factored_factor(algebra: Algebra, f: Factor, beside: Mono) -> tuple[Fraction, Mono]:
    atom, labels, e = f
    if atom.poly is not None and e.denominator == 1:
        inner = factored(algebra, relabelled(atom.poly, dict(enumerate(labels))))
        k, inside = algebra.atoms.group(inner)
        return root_of(k, e), tuple((a, x, power * e) for a, x, power in inside)
    if atom.bound and e == 1:
        body, bound = body_of(f, beside)
        k, inside = _factored_product(algebra, body)
        return k, algebra.with_sum(ONE, inside, bound)
    return Fraction(1), (f,)
