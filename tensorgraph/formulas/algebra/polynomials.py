"""The normal form: sums of products of powers, over atoms with labelled axes.

A polynomial stands for an array in a frame: label 0 is the frame's first axis, and so on. An atom
is one of

* a *value*: a symbolic array as it is,
* a *total*: a sum over bound labels of one product,
* a *group*: a polynomial of several terms in parentheses.

In a product each atom stands with labels for its own axes of length other than 1. A label that is
absent means constancy along that axis: so broadcasting, transposing and pulling factors out of sums
need no rules of their own. Coefficients and exponents are rational numbers; equal arrays mostly
have equal polynomials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby, permutations, product
from math import ceil, isqrt, prod
from typing import Any

import numpy as np

from tensorgraph.symbolic.expr import Expr

Labels = tuple[int, ...]


@dataclass(eq=False, slots=True)
class Atom:
    """What products are made of; equal ones are one object."""

    number: int
    """The order of making, by which products are sorted."""
    lengths: tuple[int, ...]
    """The lengths of its own axes, those of length 1 left out."""
    expr: Expr | None = None
    """A value's symbolic array."""
    body: Mono = ()
    """What a total sums; bound labels are negative."""
    bound: tuple[int, ...] = ()
    """The lengths of a total's bound labels −1, −2, …"""
    poly: Poly | None = None
    """What a group holds."""
    symmetric: bool = False
    """Whether it is a symmetric matrix, whose two labels may change places."""
    written: dict[Any, Expr] = field(default_factory=dict)
    """The atom as an expression, in each frame that it was written in."""
    _weight: Fraction | None = None

    @property
    def weight(self) -> Fraction:
        """How much there is to read in it."""
        if self._weight is None:
            parts = [1 + size(mono) for mono in ((self.body,) if self.bound else self.poly or ())]
            self._weight = sum(parts, Fraction(0)) or Fraction(1)
        return self._weight


Factor = tuple[Atom, Labels, Fraction]
Mono = tuple[Factor, ...]
Poly = dict[Mono, Fraction]

ONE: Mono = ()
LIMIT = 64
"""Products of more terms than this are left in parentheses."""
BOUND = 5000
"""Labels of sums are moved up here while their bodies are looked at in the frame."""


def order(factor: Factor) -> tuple[int, Labels]:
    """Return the key by which the factors of a product are sorted."""
    return factor[0].number, factor[1]


def number(value: Any) -> Poly:
    """Return a number as a polynomial; decimals are what they look like, 0.1 is 1/10."""
    fraction = value if isinstance(value, (int, Fraction)) else Fraction(repr(float(value)))
    return {ONE: Fraction(fraction)} if fraction else {}


def added(p: Poly, q: Poly, scale: Fraction = Fraction(1)) -> Poly:
    """Return p + scale · q."""
    result = dict(p)
    for mono, k in q.items():
        total = result.get(mono, Fraction(0)) + scale * k
        if total:
            result[mono] = total
        else:
            del result[mono]
    return result


def scaled(p: Poly, scale: Fraction) -> Poly:
    """Return scale · p."""
    return {mono: k * scale for mono, k in p.items()} if scale else {}


def relabelled(p: Poly, to: Mapping[int, int]) -> Poly:
    """Return p with other labels; those not in the mapping stay."""
    return {renamed(mono, to): k for mono, k in p.items()}


def renamed(mono: Iterable[Factor], to: Mapping[int, int]) -> Mono:
    """Return a product with other labels."""
    moved = ((a, _settled(a, [to.get(x, x) for x in labels]), e) for a, labels, e in mono)
    return tuple(sorted(moved, key=order))


def _settled(a: Atom, labels: Sequence[int]) -> Labels:
    """Return an atom's labels, in one order where either would say the same."""
    return tuple(sorted(labels) if a.symmetric else labels)


def labels_of(mono: Iterable[Factor]) -> set[int]:
    """Return all labels in a product."""
    return {label for _, labels, _ in mono for label in labels}


def lengths_of(mono: Iterable[Factor]) -> dict[int, int]:
    """Return the length of each label in a product."""
    return {x: n for a, labels, _ in mono for x, n in zip(labels, a.lengths, strict=True)}


def quotient(mono: Mono, other: Mono) -> Mono:
    """Return mono / other, exponents subtracted."""
    powers = {(a, labels): e for a, labels, e in mono}
    for a, labels, e in other:
        powers[a, labels] = powers.get((a, labels), Fraction(0)) - e
    return _product_of(powers)


def _product_of(powers: Mapping[tuple[Atom, Labels], Fraction]) -> Mono:
    return tuple(sorted(((a, x, e) for (a, x), e in powers.items() if e), key=order))


def common(p: Poly) -> Mono:
    """Return the factors that all terms share."""
    first, *others = p
    powers = {(a, x): e for a, x, e in first}
    for mono in others:
        here = {(a, x): e for a, x, e in mono}
        shared = {}
        for key, e in powers.items():
            f = here.get(key, Fraction(0))
            if e * f > 0:
                shared[key] = min(e, f) if e > 0 else max(e, f)
        powers = shared
    return _product_of(powers)


def size(mono: Iterable[Factor]) -> Fraction:
    """Return how much there is to read in a product."""
    return sum((a.weight * max(abs(e), Fraction(3, 4)) for a, _, e in mono), Fraction(0))


def canonical(mono: Iterable[Factor], bound: Iterable[int]) -> tuple[Mono, list[int], list[int]]:
    """Return a product with labels that do not depend on the frame it came from.

    Returns:
        The product with free labels 0, 1, … and bound labels −1, −2, …; then the free and the
        bound labels as they were, in that order.
    """
    bound = set(bound)
    factors = sorted(mono, key=lambda f: (f[0].number, f[2], len(f[1]), f[1]))
    groups = [list(g) for _, g in groupby(factors, key=lambda f: (f[0].number, f[2]))]
    orders: Iterable[Any] = [groups]
    if prod(len(g) for g in groups) <= 6:  # the same atom twice: which comes first is arbitrary
        orders = product(*(map(list, permutations(g)) for g in groups))
    best: Any = None
    for chosen in orders:
        free_labels: list[int] = []
        bound_labels: list[int] = []
        for _, labels, _ in (f for g in chosen for f in g):
            for x in labels:
                known = bound_labels if x in bound else free_labels
                if x not in known:
                    known.append(x)
        to = {x: i for i, x in enumerate(free_labels)}
        to |= {x: -1 - i for i, x in enumerate(bound_labels)}
        result = renamed(factors, to)
        key = [(a.number, x, e) for a, x, e in result]
        if best is None or key < best[0]:
            best = key, result, free_labels, bound_labels
    return best[1:]  # type: ignore[no-any-return]


def is_identity(e: Expr) -> bool:
    """Return whether an array is a constant that is the identity."""
    if e.value is None or e.ndim != 2 or e.shape[0] != e.shape[1]:
        return False
    return np.array_equal(np.asarray(e.value), np.eye(e.shape[0]))


class Atoms:
    """The atoms of one derivation; equal ones are one object."""

    def __init__(self) -> None:
        self._table: dict[Any, Atom] = {}
        self._called: dict[Expr, tuple[Expr, Labels]] = {}

    def _atom(self, key: Any, **fields: Any) -> Atom:
        if key not in self._table:
            self._table[key] = Atom(len(self._table), **fields)
        return self._table[key]

    def copy(self) -> Atoms:
        """Return a table of its own that begins with the same atoms."""
        other = Atoms()
        other._table, other._called = dict(self._table), dict(self._called)
        return other

    def value(self, e: Expr, symmetric: bool = False) -> Poly:
        """Return a symbolic array as a polynomial in its own frame.

        Args:
            e: the array.
            symmetric: whether it is known to be a symmetric matrix; the identity is one.
        """
        labels = tuple(i for i, n in enumerate(e.shape) if n != 1)
        e, labels = self._called.get(e, (e, labels))
        symmetric = e.ndim == len(labels) == 2 and (symmetric or is_identity(e))
        lengths = tuple(n for n in e.shape if n != 1)
        atom = self._atom(e, expr=e, lengths=lengths, symmetric=symmetric)
        return {((atom, labels, Fraction(1)),): Fraction(1)}

    def call(self, e: Expr, named: Expr, labels: Labels) -> None:
        """Let a value stand for one without a name, of which it only moves the axes.

        Args:
            e: the value without a name.
            named: the one with a name.
            labels: which axis of ``e`` each of its axes is, those of length 1 left out.
        """
        self._called.setdefault(e, (named, labels))

    def total(self, mono: Iterable[Factor], bound: Iterable[int]) -> Factor:
        """Return the sum of a product over bound labels, as a factor."""
        body, free_labels, bound_labels = canonical(mono, bound)
        lengths = lengths_of(body)
        atom = self._atom(
            ("total", body),
            body=body,
            bound=tuple(lengths[-1 - i] for i in range(len(bound_labels))),
            lengths=tuple(lengths[i] for i in range(len(free_labels))),
        )
        return atom, tuple(free_labels), Fraction(1)

    def group(self, p: Poly) -> tuple[Fraction, Mono]:
        """Return a polynomial as a number times one product, with what is left as one group."""
        if len(p) < 2:
            ((mono, k),) = p.items()
            return k, mono
        content = common(p)
        terms = sorted(
            ((quotient(mono, content), k) for mono, k in p.items()),
            key=lambda term: ([(a.number, e) for a, _, e in term[0]], term[0] and term[0][0][1]),
        )
        k = _unit(terms)
        to: dict[int, int] = {}
        for mono, _ in terms:
            for _, labels, _ in mono:
                for x in labels:
                    to.setdefault(x, len(to))
        inner = {renamed(mono, to): c / k for mono, c in terms}
        lengths = {x: n for mono in inner for x, n in lengths_of(mono).items()}
        atom = self._atom(
            ("group", frozenset(inner.items())),
            poly=inner,
            lengths=tuple(lengths[i] for i in range(len(to))),
        )
        factor = (atom, tuple(to), Fraction(1))
        return k, tuple(sorted((*content, factor), key=order))


def _unit(terms: Sequence[tuple[Mono, Fraction]]) -> Fraction:
    """Return the coefficient that a group is divided by, so that the others are short to read.

    A tiny one, as ε is, leaves long ones. Those of sums count only beside a number, as those of
    means: roots are taken of what is left.
    """
    plain = [(mono, c) for mono, c in terms if not any(a.bound for a, _, _ in mono)]
    compared = plain if any(mono for mono, _ in plain) else terms
    units = [_of_mean(mono, c) for mono, c in compared]
    chosen = min(
        map(abs, units), key=lambda c: sum(len(repr(float(abs(other) / c))) for other in units)
    )
    return chosen if units[0] > 0 else -chosen


def _of_mean(mono: Mono, c: Fraction) -> Fraction:
    """Return the coefficient of a product with its sums as means, where it is that of means."""
    mean = float(c) * prod(prod(a.bound) ** float(e) for a, _, e in mono)
    whole = round(mean)
    return Fraction(whole) if abs(c) < 1 <= abs(whole) and abs(mean - whole) < 1e-9 else c


def root_of(k: Fraction, exponent: Fraction) -> Fraction:
    """Return a positive number to a rational power, exactly where that is rational."""
    if exponent.denominator == 1:
        return k**exponent.numerator
    if exponent.denominator == 2 and k > 0:
        roots = isqrt(k.numerator), isqrt(k.denominator)
        if roots[0] ** 2 == k.numerator and roots[1] ** 2 == k.denominator:
            return Fraction(*roots) ** exponent.numerator
    return Fraction(repr(float(k) ** float(exponent)))


def with_roots(k: Fraction, mono: Mono) -> tuple[Fraction, Mono]:
    """Return a number times a product in which a whole number stands only as 1 / √n: √2 is 2 / √2.

    So roots that are multiplied with each other are whole numbers again.
    """
    for f in mono:
        whole = None if f[0].expr is None else f[0].expr.value
        if type(whole) is int and (power := ceil(f[2])):
            root = (f[0], f[1], f[2] - power)
            rest = (root if g is f else g for g in mono)
            return with_roots(k * Fraction(whole) ** power, tuple(g for g in rest if g[2]))
    return k, mono


def body_of(total: Factor, beside: Iterable[Factor]) -> tuple[Mono, set[int]]:
    """Return what a total sums, in the frame of the product it stands in, and what it binds."""
    atom, labels, _ = total
    free = max({BOUND, *labels_of(beside)}) + 1
    codes = {-1 - i: free + i for i in range(len(atom.bound))}
    return placed(atom.body, {**dict(enumerate(labels)), **codes}), set(codes.values())


def placed(factors: Sequence[Factor], to: Mapping[int, int]) -> Mono:
    """Return a total's body, or a group's product, with the labels of the frame it stands in."""
    return renamed(factors, to)
