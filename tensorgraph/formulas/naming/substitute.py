"""Folding: putting the names of forward values back, and choosing what is shortest to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from tensorgraph.formulas.algebra.alternatives import rewritten, united
from tensorgraph.formulas.algebra.factoring import factored
from tensorgraph.formulas.algebra.frames import Frame, frames, written
from tensorgraph.formulas.algebra.identities import QUOTIENTS
from tensorgraph.formulas.algebra.normal_form import Normaliser, is_affine
from tensorgraph.formulas.algebra.polynomials import (
    BOUND,
    ONE,
    Factor,
    Labels,
    Mono,
    Poly,
    added,
    body_of,
    labels_of,
    order,
    placed,
    quotient,
    relabelled,
    renamed,
    size,
)
from tensorgraph.formulas.facts import Fact
from tensorgraph.formulas.writing.broadcasting import around
from tensorgraph.ops.activation import sigmoid
from tensorgraph.ops.contract import matmul
from tensorgraph.symbolic.expr import Expr, lift


class Folder:
    """Rewrites polynomials in terms of named values that are one product of others."""

    def __init__(self, normaliser: Normaliser) -> None:
        self.normaliser = normaliser
        self.definitions: list[tuple[Expr, Factor, Fraction, Mono]] = []
        self.quotients: dict[Expr, Expr] = {}
        for e in filter(normaliser.names.__contains__, normaliser.forward):
            found = self._definition(e)
            if found is not None:
                _, own, k, mono = found
                scale, short = self._folded(mono)  # in terms of names that were there before
                if short != mono and len(short) > 1:
                    self.definitions.append((e, own, k * scale, short))
                self.definitions.append(found)
        for e in normaliser.forward:
            if e.op in QUOTIENTS:
                self.definitions.append(self._quotient(e))

    def _quotient(self, e: Expr) -> tuple[Expr, Factor, Fraction, Mono]:
        """Return the function that another one divided by this value is: tanh is sinh / cosh."""
        assert e.op is not None
        other, both = (function(*e.args) for function in QUOTIENTS[e.op])
        self.quotients[both] = other / e
        (((above,), _),), (((below,), _),), (((own,), _),) = (
            self.normaliser.atoms.value(x).items() for x in (other, e, both)
        )
        atom, labels, exponent = below
        return both, own, Fraction(1), tuple(sorted((above, (atom, labels, -exponent)), key=order))

    def _definition(self, e: Expr) -> tuple[Expr, Factor, Fraction, Mono] | None:
        """Return a named value as a factor, and the product it is; ``None`` if it is none."""
        if e.op is None or self.normaliser.stays(e):
            return None
        p = self.normaliser.normal(e)
        ((mono, k),) = p.items() if len(p) == 1 else [((), Fraction(0))]
        ((own, _),) = self.normaliser.atoms.value(e).items()
        if not k or not mono or mono == own or size(mono) <= size(own):
            return None
        return e, own[0], k, mono

    def folded(self, p: Poly) -> Poly:
        """Return a polynomial with as many named values put back as make it shorter."""
        result: Poly = {}
        for mono, k in p.items():
            scale, short = self._folded(mono)
            result = added(result, {short: k * scale})
        return result

    def _folded(self, mono: Mono) -> tuple[Fraction, Mono]:
        scale = Fraction(1)
        for _ in range(40):
            step = (
                self._picked(mono)
                or self._put_back(mono)
                or self._into_sums(mono)
                or self._into_groups(mono)
            )
            if step is None:
                return scale, mono
            scale, mono = scale * step[0], step[1]
        return scale, mono

    def _put_back(self, mono: Mono) -> tuple[Fraction, Mono] | None:
        """Return the product with one definition put back; ``None`` if none makes it shorter."""
        best: tuple[Fraction, Fraction, Mono, Expr] | None = None
        for e, own, k, definition in self.definitions:
            for sign in (1, -1):
                for to in _matches(definition, mono, sign):
                    if any(x not in to for x in own[1]):
                        continue
                    rest = quotient(mono, _raised(renamed(definition, to), sign))
                    gain = size(mono) - size(rest) - 1
                    if gain <= 0:
                        continue
                    factor = (own[0], tuple(to[x] for x in own[1]), Fraction(sign))
                    short = self.normaliser.joined(rest, (factor,))
                    if best is None or gain > best[0]:
                        best = Fraction(gain), k**-sign, short, e
        if best is None:
            return None
        self._note(best[3])
        return best[1], best[2]

    def _note(self, e: Expr) -> None:
        """Remember that a value was put back, or that a quotient has a name."""
        spelt = self.quotients.get(e)
        self.normaliser.note(*(("name", e) if spelt is None else ("recognise", (spelt, e))))

    def _into_sums(self, mono: Mono) -> tuple[Fraction, Mono] | None:
        """Return the product with a sum's body folded, pushing factors in where that helps."""
        for f in mono:
            if not f[0].bound or f[2] != 1:
                continue
            body, bound = body_of(f, mono)
            rest = tuple(g for g in mono if g is not f)
            step = self._picked(body) or self._put_back(body) or self._into_sums(body)
            if step is not None:
                k, mono = self.normaliser.with_known_sum(rest, step[1], bound)
                return step[0] * k, mono
            pushed = self._pushed(rest, body, bound)
            if pushed is not None:
                return pushed
        return None

    def _picked(self, mono: Mono) -> tuple[Fraction, Mono] | None:
        """Return Y · f / Σ(Y · f) as Y, where Y is one-hot along the axis of the sum."""
        for f in mono:
            atom, labels, e = f
            if len(atom.bound) != 1 or e >= 0:
                continue
            hot = [g for g in atom.body if self._one_hot(g) is not None]
            for to in _matches(placed(atom.body, dict(enumerate(labels))), mono, 1) if hot else ():
                if any(to.get(x, x) != x for x in labels):
                    continue
                body = placed(atom.body, {**dict(enumerate(labels)), -1: to[-1]})
                chosen = renamed(placed([hot[0]], dict(enumerate(labels))), {-1: to[-1]})
                self.normaliser.note("pick", self._one_hot(hot[0]))
                rest = quotient(quotient(mono, body), ((atom, labels, Fraction(-1)),))
                return Fraction(1), self.normaliser.joined(rest, chosen)
        return None

    def _one_hot(self, f: Factor) -> Fact | None:
        """Return the fact that a factor is one-hot along the label that its sum binds."""
        atom, labels, _ = f
        if atom.expr is None or -1 not in labels:
            return None
        axis = [i for i, n in enumerate(atom.expr.shape) if n != 1][labels.index(-1)]
        known = self.normaliser.facts.of(atom.expr)
        return next(
            (g.about(atom.expr) for g in known if (g.word, g.value) == ("one_hot", axis)), None
        )

    def _into_groups(self, mono: Mono) -> tuple[Fraction, Mono] | None:
        """Return the product with the terms in parentheses folded."""
        for f in mono:
            atom, labels, e = f
            if atom.poly is None:
                continue
            inner = relabelled(atom.poly, dict(enumerate(labels)))
            short = self.folded(inner)
            if not short or short == inner:
                continue
            power = self.normaliser.power(short, e)
            if power is None or len(power) != 1:
                continue
            ((factors, k),) = power.items()
            rest = tuple(g for g in mono if g is not f)
            return k, self.normaliser.joined(rest, factors)
        return None

    def _pushed(self, rest: Mono, body: Mono, bound: set[int]) -> tuple[Fraction, Mono] | None:
        for e, own, k, definition in self.definitions:
            for to in _matches(definition, tuple(sorted((*rest, *body), key=order)), 1):
                if any(x not in to for x in own[1]):
                    continue
                here = renamed(definition, to)
                inner = tuple(g for g in here if labels_of([g]) & bound)
                outer = tuple(g for g in here if not labels_of([g]) & bound)
                if not inner or not outer:
                    continue
                factor = (own[0], tuple(to[x] for x in own[1]), Fraction(1))
                new_body = self.normaliser.joined(quotient(body, inner), (factor,))
                new_rest = quotient(rest, outer)
                shorter = size(new_body) + size(new_rest) < size(body) + size(rest)
                if shorter and labels_of(new_body) >= bound:
                    self._note(e)
                    return 1 / k, self.normaliser.with_sum(new_rest, new_body, bound)
        return None

    def _is_product(self, total: Factor, free: set[int]) -> bool:
        """Return whether no factor has all free labels of a sum, as in a product of matrices."""
        body = placed(total[0].body, dict(enumerate(total[1])))
        return not any(free <= set(labels) for _, labels, _ in body)

    def collected(self, p: Poly) -> Poly:
        """Return a polynomial in which sums over the same labels, times the same, are one sum."""
        groups: dict[object, list[tuple[Mono, Factor, Fraction]]] = {}
        result: Poly = {}
        for mono, k in p.items():
            totals = [f for f in mono if f[0].bound and f[2] == 1]
            if len(totals) != 1:
                result = added(result, {mono: k})
                continue
            rest = tuple(f for f in mono if f is not totals[0])
            key = (rest, totals[0][0].bound, frozenset(totals[0][1]))
            groups.setdefault(key, []).append((rest, totals[0], k))
        for terms in groups.values():
            rest = terms[0][0]
            if len(terms) == 1:
                result = added(result, {self.normaliser.joined(rest, (terms[0][1],)): terms[0][2]})
                continue
            inner: Poly = {}
            count = len(terms[0][1][0].bound)
            for _, (atom, labels, _), k in terms:
                codes = {-1 - i: BOUND + i for i in range(count)}
                body = placed(atom.body, {**dict(enumerate(labels)), **codes})
                inner = added(inner, {body: k})
            if not inner:
                continue
            scale, mono = self.normaliser.atoms.group(inner)
            free = set(terms[0][1][1])
            if len(free) > 1 and any(f[0].poly is not None and free <= set(f[1]) for f in mono):
                # Products of matrices: their sum is none. They stay as they are.
                if all(self._is_product(t, free) for _, t, _ in terms):
                    for rest, total, k in terms:
                        result = added(result, {self.normaliser.joined(rest, (total,)): k})
                    continue
            bound = set(range(BOUND, BOUND + count))
            result = added(result, {self.normaliser.with_sum(rest, mono, bound): scale})
        return result

    def with_vectors(self, p: Poly) -> Poly:
        """Return a polynomial in which products of a matrix and a vector are spelt out.

        They are values of the graph, of which what is added to them may be another one: A x + Aᵀ x.
        """
        result: Poly = {}
        for mono, k in p.items():
            term: Poly = {ONE: k}
            for f in mono:
                spelt = self._product_with_vector(f)
                term = self.normaliser.product(
                    term, {(f,): Fraction(1)} if spelt is None else spelt
                )
            result = added(result, term)
        return result

    def _product_with_vector(self, f: Factor) -> Poly | None:
        (atom, labels, exponent), nf = f, self.normaliser
        e = atom.expr
        if e is None or e.op is not matmul.op or e.ndim != 1 or exponent != 1 or nf.keeps(e):
            return None
        found = nf.opened(e)
        return None if found is None else relabelled(found, dict(enumerate(labels)))

    def with_sums(self, p: Poly) -> Poly:
        """Return a polynomial in which sums without a name are spelt out: (a − p) − (a − n)."""
        nf = self.normaliser
        met: set[Expr] = set()

        def is_sum(e: Expr | None) -> bool:
            return e is not None and not nf.keeps(e) and nf.recorded(e) and is_affine(e)

        def seen(f: Factor) -> None:
            if f[0].expr is not None and is_sum(f[0].expr):
                met.add(f[0].expr)

        def spelt(f: Factor) -> Poly | None:
            e, exponent = f[0].expr, f[2]
            found = nf.opened(e) if e is not None and exponent == 1 and is_sum(e) else None
            return None if found is None or e is None else _at(e, found, f[1])

        rewritten(nf, p, seen)
        return rewritten(nf, p, spelt) if len(met) > 1 else p

    def with_complements(self, p: Poly) -> Poly:
        """Return a polynomial with 1 − σ(−x) for σ(x), where these have no name."""
        nf = self.normaliser

        def complement(f: Factor) -> Poly | None:
            e, exponent = f[0].expr, f[2]
            if e is None or e.op is not sigmoid.op or exponent != 1 or nf.keeps(e):
                return None
            other = sigmoid(nf.simplified(lift(-e.args[0])))
            return _at(e, added({ONE: Fraction(1)}, nf.atoms.value(other), Fraction(-1)), f[1])

        return rewritten(nf, p, complement)

    def over_denominators(self, p: Poly) -> Poly:
        """Return a polynomial in which terms over the same denominator are one fraction."""
        groups: dict[Mono, Poly] = {}
        for mono, k in p.items():
            below = tuple(f for f in mono if f[2] < 0 and f[1])  # what is divided by m stays apart
            groups.setdefault(below, {})[quotient(mono, below)] = k
        result: Poly = groups.pop((), {})
        for below, terms in groups.items():
            k, mono = self.normaliser.atoms.group(terms)
            result = added(result, {self.normaliser.joined(mono, below): k})
        return result


def _at(e: Expr, p: Poly, labels: Labels) -> Poly:
    """Return the polynomial of a value whose axes, but for those of length 1, have these labels."""
    axes = [i for i, n in enumerate(e.shape) if n != 1]
    return relabelled(p, dict(zip(axes, labels, strict=True)))


def _raised(mono: Mono, exponent: int) -> Mono:
    return tuple((a, x, e * exponent) for a, x, e in mono)


def _matches(definition: Mono, mono: Mono, sign: int) -> Iterator[dict[int, int]]:
    """Yield the labellings under which a product holds all factors of a definition."""

    def search(i: int, to: dict[int, int]) -> Iterator[dict[int, int]]:
        if i == len(definition):
            yield to
            return
        atom, labels, e = definition[i]
        for other, here, f in mono:
            if other is not atom or f * e * sign <= 0 or abs(f) < abs(e):
                continue
            merged = dict(to)
            fits = all(merged.setdefault(x, y) == y for x, y in zip(labels, here, strict=True))
            if fits and len(set(merged.values())) == len(merged):
                yield from search(i + 1, merged)

    yield from search(0, {})


def _sums_in_frames(nf: Normaliser, p: Poly) -> Poly:
    """Return a polynomial in which each sum is reshaped by itself, where that makes it shorter."""
    result: Poly = {}
    for mono, k in p.items():
        term = {ONE: k}
        for f in mono:
            atom, labels, exponent = f
            part: Poly = {(f,): Fraction(1)}
            if atom.bound and exponent == 1:
                alone: Poly = {((atom, tuple(range(len(labels))), exponent),): Fraction(1)}
                best = written(nf, alone, atom.lengths, nf.names)
                if around(best, nf.names):
                    part = relabelled(nf.atoms.value(best), dict(enumerate(labels)))
            term = nf.product(term, part)
        result = added(result, term)
    return result


def candidates(normaliser: Normaliser, e: Expr) -> list[Frame]:
    """Return the polynomial of an expression, and equal ones that may be shorter to read."""
    p = united(normaliser, normaliser.normal(e))
    found = [*frames(normaliser, p, e.shape)][::-1]  # reshapes are best outside
    if len(found) > 1:
        found.append(Frame(_sums_in_frames(normaliser, p), e.shape))
    folder = Folder(normaliser)
    every: list[Frame] = []
    for frame in found:
        short = folder.folded(frame.poly)
        collected = united(normaliser, folder.collected(short))
        fractions = folder.over_denominators(short)
        polys = [folder.folded(collected), collected, short, frame.poly, fractions]
        products = [factored(normaliser, q) for q in _distinct(polys[:2])]
        polys = [*(q for q in products if q not in polys), *polys]
        spellings = (folder.with_vectors, folder.with_sums, folder.with_complements)
        for spelt in (spelling(short) for spelling in spellings):
            polys += [factored(normaliser, folder.collected(spelt))] if spelt != short else []
        every += [frame._replace(poly=p) for p in _distinct(polys)]
    return every


def _distinct(polys: Sequence[Poly]) -> list[Poly]:
    return [p for i, p in enumerate(polys) if p not in polys[:i]]
