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
from typing import Any

import numpy as np

from tensorgraph.ops.index import one_hot
from tensorgraph.symbolic.expr import Expr, in_order, lift, make
from tensorgraph.symbolic.facts import Fact, Facts
from tensorgraph.symbolic.lower import lower
from tensorgraph.symbolic.poly import (
    LIMIT,
    ONE,
    Atom,
    Atoms,
    Labels,
    Mono,
    Poly,
    added,
    common,
    number,
    order,
    placed,
    quotient,
    relabelled,
    root_of,
    scaled,
)
from tensorgraph.symbolic.recognise import recognised

Event = tuple[str, Any]
"""The name of a rule that was applied, and what it was applied to."""

K = 1000
"""A label for what a product contracts, before it is bound."""


class OutOfTime(Exception):
    """The derivation took longer than it may."""


@dataclass(eq=False)
class Normaliser:
    """Turns expressions into polynomials.

    Args:
        forward: the expressions of the recorded graph.
        names: what has a name of its own.
        facts: what is known.
        cuts: expressions that stay atoms: gradients with a name of their own.
        length: the symbol for the length of an axis, if it has one.
        deadline: when to give up.
    """

    forward: Collection[Expr]
    names: Mapping[Expr, str]
    facts: Facts
    cuts: Collection[Expr] = ()
    length: Callable[[int], Expr | None] = lambda n: None
    deadline: float = float("inf")
    atoms: Atoms = field(default_factory=Atoms)
    _known: dict[Expr, tuple[Poly, tuple[Event, ...]]] = field(default_factory=dict)
    _events: dict[Event, None] = field(default_factory=dict)

    def normal(self, e: Expr) -> Poly:
        """Return an expression's polynomial in its own frame."""
        for x in in_order([e], self._below):
            if x not in self._known:
                if time.monotonic() > self.deadline:
                    raise OutOfTime
                outside, self._events = self._events, {}
                try:
                    self._known[x] = self._step(x), tuple(self._events)
                finally:
                    self._events = outside
        p, events = self._known[e]
        self._events |= dict.fromkeys(events)
        return p

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

    # ------------------------------------------------------------------------------------- steps

    def _below(self, e: Expr) -> Iterable[Expr]:
        if e in self._known or e in self.cuts or e.op is None or self._stays(e):
            return ()
        return e.args

    def _stays(self, e: Expr) -> bool:
        """Return whether a forward value is an atom whatever its operands are."""
        if e not in self.forward:
            return False
        name = e.op.name if e.op else ""
        if name in ("add", "subtract"):
            return e in self.names or all(x.size > 1 for x in e.args)
        return name not in OPENED

    def _step(self, e: Expr) -> Poly:
        if e in self.cuts or e.is_input:
            return self.atoms.value(e)
        if e.value is not None:
            return self._constant(e)
        if self._stays(e):
            return self.atoms.value(e)
        p = self.opened(e)
        if p is None or len(p) > LIMIT:
            p = self.atoms.value(e if e in self.forward else self._rebuilt(e))
        elif e in self.forward and len(p) > 1 and not self._is_affine(e):
            p = self.atoms.value(e)
        return p

    def _is_affine(self, e: Expr) -> bool:
        return e.op is not None and e.op.name in ("add", "subtract")

    def opened(self, e: Expr) -> Poly | None:
        """Return what the definition of a value says; ``None`` where no rule does."""
        rule = RULES.get(e.op.name) if e.op else None
        empty = any(0 in x.shape for x in (e, *e.args))
        return None if rule is None or empty else rule(self, e)

    def _constant(self, e: Expr) -> Poly:
        array = np.asarray(e.value)
        uniform = array.size and np.all(array == array.flat[0]) and np.isfinite(array.flat[0])
        if not uniform or array.dtype.kind == "b":
            return self.atoms.value(e)
        value = array.flat[0].item()
        if isinstance(value, int) and e not in self.forward:
            return self.count(value)
        return number(value if array.dtype != np.float32 else str(array.flat[0]))

    def count(self, n: int) -> Poly:
        """Return the length of an axis, by its name if it has one."""
        found = self.length(n)
        return number(n) if found is None else self.atoms.value(found)

    def _rebuilt(self, e: Expr) -> Expr:
        """Return an operation without a rule, on simplified operands."""
        assert e.op is not None
        args = tuple(self.simplified(x) for x in e.args)
        return make(e.op, args, e.static, e.shape, e.dtype)

    def simplified(self, e: Expr) -> Expr:
        """Return an expression rebuilt from its polynomial."""
        if e in self.forward or e.op is None or e in self.cuts:
            return e
        found = lower(self.normal(e), e.shape, self.atoms)
        return found if found.dtype.kind == e.dtype.kind else e

    # ------------------------------------------------------------------------------- the algebra

    def product(self, p: Poly, q: Poly) -> Poly:
        """Return p · q: cancelled first, then expanded, or left in parentheses if too long."""
        if not p or not q:
            return {}
        if len(p) * len(q) > LIMIT:
            (k, m), (l, n) = self.atoms.group(p), self.atoms.group(q)
            return {self.joined(m, n): k * l}
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
        for mono, k in p.items():
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
            if e > 0 and e != 1 and a.expr is not None and self.facts.binary(a.expr):
                self.note("binary", a)
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
                return (
                    None if len(mono) > 1 or e != 1 else {((a, x, exponent),): root_of(k, exponent)}
                )
            factors.append((a, x, e * exponent))
        return self.settled({tuple(factors): root_of(k, exponent)})

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
            if outside:
                self.note("pull out of the sum", (outside, inside, label))
            part = self._sum_of(inside, label)
            result = added(result, self.product({outside: k}, part))
        return result

    def _sum_of(self, inside: Mono, label: int) -> Poly:
        atom, labels, exponent = inside[0]
        if len(inside) == 1 and exponent == 1:
            e = atom.expr
            if e is not None:
                fact = self._fact_of_sum(e, _own_axis(e, labels.index(label)))
                if fact is not None:
                    self.note("known sum", fact)
                    return number(fact.value[1])
            if atom.bound:
                codes = {-1 - i: 2 * K + i for i in range(len(atom.bound))}
                body = placed(atom.body, {**dict(enumerate(labels)), **codes})
                return {(self.atoms.total(body, {label, *codes.values()}),): Fraction(1)}
        return {(self.atoms.total(inside, {label}),): Fraction(1)}

    def _fact_of_sum(self, e: Expr, axis: int) -> Fact | None:
        """Return what the sum of a value is known to be, or proved to be from its definition."""
        fact = self.facts.sum_along(e, axis)
        if fact is not None or e not in self.forward or not self._is_affine(e):
            return fact
        definition = self.opened(e)
        if definition is None:
            return None
        total, events = self.taking_note(lambda: self.total(definition, axis, e.shape[axis]))
        if total and set(total) != {ONE}:
            return None
        self._events |= dict.fromkeys(events)
        return Fact("sums_to", (axis, total.get(ONE, Fraction(0))), "proof", e)

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


def _own_axis(e: Expr, position: int) -> int:
    """Return the axis of an expression that its ``position``-th label stands for."""
    return [i for i, n in enumerate(e.shape) if n != 1][position]


# ----------------------------------------------------------------------- what operations mean


def _aligned(self: Normaliser, e: Expr, x: Expr) -> Poly:
    """Return an operand's polynomial in the frame of an elementwise result."""
    shift = len(e.shape) - len(x.shape)
    return relabelled(self.normal(x), {i: i + shift for i in range(len(x.shape))})


def _add(self: Normaliser, e: Expr) -> Poly:
    x, y = e.args
    sign = Fraction(-1 if e.op is not None and e.op.name == "subtract" else 1)
    return added(_aligned(self, e, x), _aligned(self, e, y), sign)


def _multiply(self: Normaliser, e: Expr) -> Poly:
    x, y = e.args
    return self.product(_aligned(self, e, x), _aligned(self, e, y))


def _divide(self: Normaliser, e: Expr) -> Poly | None:
    x, y = e.args
    inverse = self.power(_aligned(self, e, y), Fraction(-1))
    return None if inverse is None else self.product(_aligned(self, e, x), inverse)


def _to_power(exponent: Fraction) -> Callable[[Normaliser, Expr], Poly | None]:
    return lambda self, e: self.power(self.normal(e.args[0]), exponent)


def _power(self: Normaliser, e: Expr) -> Poly | None:
    exponent = self.normal(e.args[1])
    if exponent and set(exponent) != {ONE}:
        return None
    value = exponent.get(ONE, Fraction(0))
    return self.power(_aligned(self, e, e.args[0]), value) if value.denominator <= 4 else None


def _negative(self: Normaliser, e: Expr) -> Poly:
    return scaled(self.normal(e.args[0]), Fraction(-1))


def _same(self: Normaliser, e: Expr) -> Poly | None:
    return self.normal(e.args[0])


def _astype(self: Normaliser, e: Expr) -> Poly | None:
    kinds = e.args[0].dtype.kind + e.dtype.kind
    return self.normal(e.args[0]) if kinds in ("ff", "bf", "ii", "if") else None


def _broadcast(self: Normaliser, e: Expr) -> Poly:
    return _aligned(self, e, e.args[0])


def _moved(self: Normaliser, e: Expr, axes: Iterable[int]) -> Poly:
    """Return an operand whose axis ``axes[i]`` became axis i."""
    return relabelled(self.normal(e.args[0]), {old: new for new, old in enumerate(axes)})


def _reshape(self: Normaliser, e: Expr) -> Poly | None:
    """Axes of length 1 come and go; any other reshaping has no rule."""
    (x,) = e.args
    old = [i for i, n in enumerate(x.shape) if n != 1]
    new = [i for i, n in enumerate(e.shape) if n != 1]
    if [x.shape[i] for i in old] != [e.shape[i] for i in new]:
        return None
    return relabelled(self.normal(x), dict(zip(old, new, strict=True)))


def _getitem(self: Normaliser, e: Expr) -> Poly | None:
    """Whole slices, new axes, and the only element of an axis of length 1."""
    x, key = e.args[0], e.static["key"]
    picked = _picked_axis([i.value for i in e.args[1:]], key, x.shape) if len(e.args) > 1 else None
    if picked is not None:
        return _pick(self, e, *picked)
    if len(e.args) > 1 or any(type(k) is int and k not in (0, -1) for k in key):
        return None
    taken = sum(k is not None and k is not Ellipsis for k in key)
    full = slice(None)
    spread = [full] * (x.ndim - taken)
    at = key.index(Ellipsis) if Ellipsis in key else len(key)
    parts = [*key[:at], *spread, *key[at + 1 :]]
    old = new = 0
    to: dict[int, int] = {}
    for part in parts:
        if part is None:
            new += 1
        elif isinstance(part, int):
            if x.shape[old] != 1:
                return None
            old += 1
        else:
            if part.indices(x.shape[old]) != (0, x.shape[old], 1):
                return None
            to[old] = new
            old, new = old + 1, new + 1
    return relabelled(self.normal(x), to)


def _pick(self: Normaliser, e: Expr, axis: int, labels: Any) -> Poly:
    """Taking one place along an axis is a sum with a one-hot factor."""
    x = e.args[0]
    shape = tuple(n for i, n in enumerate(x.shape) if i != axis)
    hot = one_hot(lift(labels.reshape(shape)), num_classes=x.shape[axis], axis=axis, dtype=x.dtype)
    p = self.product(self.normal(x), self.atoms.value(hot))
    if x.shape[axis] != 1:
        p = self.total(p, axis, x.shape[axis])
    old = [i for i, n in enumerate(x.shape) if i != axis and n != 1]
    new = [i for i, n in enumerate(e.shape) if n != 1]
    return relabelled(p, dict(zip(old, new, strict=True)))


def _scatter(self: Normaliser, e: Expr) -> Poly | None:
    """Adding at one place along an axis for each index of the others is a one-hot factor."""
    x, *indices = e.args
    found = _picked_axis([i.value for i in indices], e.static["key"], e.shape)
    if found is None:
        return None
    axis, labels = found
    shape = tuple(n for i, n in enumerate(e.shape) if i != axis)
    hot = one_hot(lift(labels.reshape(shape)), num_classes=e.shape[axis], axis=axis, dtype=e.dtype)
    old = [i for i, n in enumerate(x.shape) if n != 1]
    new = [i for i, n in enumerate(e.shape) if i != axis and n != 1]
    moved = relabelled(self.normal(x), dict(zip(old, new, strict=True)))
    return self.product(moved, self.atoms.value(hot))


def _picked_axis(
    indices: Sequence[Any], key: Sequence[Any], shape: Sequence[int]
) -> tuple[int, Any] | None:
    """Return the axis along which one place is picked for each index of the others, and which."""
    known = all(i is not None and np.asarray(i).dtype.kind in "iu" for i in indices)
    if len(key) != len(shape) or len(indices) != len(shape) or not known:
        return None
    full = np.broadcast_arrays(*indices)
    for axis in range(len(shape)):
        rest = tuple(n for i, n in enumerate(shape) if i != axis)
        if 0 in shape or full[0].size != np.prod(rest, dtype=int):
            continue
        if [n for n in full[0].shape if n != 1] != [n for n in rest if n != 1]:
            continue
        grids = np.indices(rest)
        others = [index.reshape(rest) for i, index in enumerate(full) if i != axis]
        if all(np.array_equal(o, grid) for o, grid in zip(others, grids, strict=True)):
            return axis, full[axis] % shape[axis]
    return None


def _sum(self: Normaliser, e: Expr) -> Poly:
    (x,) = e.args
    p = self.normal(x)
    for axis in e.static["axis"]:
        if x.shape[axis] != 1:
            p = self.total(p, axis, x.shape[axis])
    if e.static["keepdims"]:
        return p
    rest = [i for i in range(x.ndim) if i not in e.static["axis"]]
    return relabelled(p, {old: new for new, old in enumerate(rest)})


def _mean(self: Normaliser, e: Expr) -> Poly:
    count = self.power(self.count(e.args[0].size // max(e.size, 1)), Fraction(-1))
    assert count is not None
    return self.product(_sum(self, e), count)


def _matmul(self: Normaliser, e: Expr) -> Poly:
    x, y = e.args
    last = e.ndim - (y.ndim > 1)  # where the axes of x before its last end
    to_x = {i: i + last - (x.ndim - 1) for i in range(x.ndim - 1)} | {x.ndim - 1: K}
    batch = e.ndim - (x.ndim > 1) - (y.ndim > 1)
    to_y = {i: i + batch - (y.ndim - 2) for i in range(y.ndim - 2)}
    to_y |= {max(y.ndim - 2, 0): K}
    if y.ndim > 1:
        to_y |= {y.ndim - 1: e.ndim - 1}
    p, q = relabelled(self.normal(x), to_x), relabelled(self.normal(y), to_y)
    return self.dot(p, q, x.shape[-1])


def _einsum(self: Normaliser, e: Expr) -> Poly | None:
    left, _, result = e.static["subscripts"].partition("->")
    terms = left.split(",")
    if any(len(set(term)) < len(term) for term in terms):
        return None
    names = [*result, *(c for c in dict.fromkeys("".join(terms)) if c not in result)]
    codes = {c: i if i < len(result) else K + i for i, c in enumerate(names)}
    p, lengths = number(1), dict[str, int]()
    for term, x in zip(terms, e.args, strict=True):
        q = relabelled(self.normal(x), {i: codes[c] for i, c in enumerate(term)})
        if not q:
            return {}
        k, mono = self.atoms.group(q)
        p = {self.joined(m, mono): c * k for m, c in p.items()}
        for c, n in zip(term, x.shape, strict=True):
            lengths[c] = max(n, lengths.get(c, 1))
    for c in names[len(result) :]:
        p = self.total(p, codes[c], lengths[c]) if lengths[c] != 1 else p
    return p


def _body(self: Normaliser, e: Expr) -> Poly | None:
    """A fused operation is what its body says."""
    assert e.op is not None and e.op.body is not None
    return self.normal(e.op.body(*e.args, **e.static))


def _where(self: Normaliser, e: Expr) -> Poly | None:
    """Common factors come out of both branches; a branch 0 leaves an indicator."""
    condition, x, y = e.args
    p, q = _aligned(self, e, x), _aligned(self, e, y)
    if p == q:
        return p
    content = common({**p, **{(*m, *()): k for m, k in q.items()}}) if p and q else ONE
    if not p or not q:
        content = common(p or q)
    content = tuple(f for f in content if f[2] > 0 or self.nonzero(f[0]))
    p = {quotient(m, content): k for m, k in p.items()}
    q = {quotient(m, content): k for m, k in q.items()}
    choice = self._choice(e, condition, p, q)
    return None if choice is None else self.product({content: Fraction(1)}, choice)


def _choice(self: Normaliser, e: Expr, condition: Expr, p: Poly, q: Poly) -> Poly | None:
    condition = self.simplified(condition)
    constant = (not p or set(p) == {ONE}) and (not q or set(q) == {ONE})
    if constant and (not p or not q):
        chosen = condition if p else opposite(condition)
        indicator = relabelled(
            self.atoms.value(chosen),
            {i: i + e.ndim - chosen.ndim for i in range(chosen.ndim)},
        )
        return scaled(indicator, (p or q)[ONE])
    if e in self.forward:
        return None
    assert e.op is not None
    branches = tuple(lower(r, e.shape, self.atoms, fill=False) for r in (p, q))
    shape = np.broadcast_shapes(condition.shape, *(b.shape for b in branches))
    chosen = make(e.op, (condition, *branches), e.static, shape, e.dtype)
    shift = e.ndim - len(shape)
    return relabelled(self.atoms.value(chosen), {i: i + shift for i in range(len(shape))})


Normaliser._choice = _choice  # type: ignore[attr-defined]


def opposite(condition: Expr) -> Expr:
    """Return where a condition does not hold."""
    pairs = {"less": ">=", "greater": "<=", "less_equal": ">", "greater_equal": "<"}
    pairs |= {"equal": "!=", "not_equal": "=="}
    if condition.op is None or condition.op.name not in pairs:
        return ~condition
    x, y = condition.args
    match pairs[condition.op.name]:
        case ">=":
            return x >= y
        case "<=":
            return x <= y
        case ">":
            return x > y
        case "<":
            return x < y
        case "!=":
            return x != y  # type: ignore[return-value]
    return x == y  # type: ignore[return-value]


def _function(self: Normaliser, e: Expr) -> Poly | None:
    """A function of a simplified operand may be one that has a name."""
    if e in self.forward:
        return None
    rebuilt = self._rebuilt(e)
    found = recognised(rebuilt)
    if found is rebuilt:
        return self.atoms.value(rebuilt)
    self.note("recognise", (rebuilt, found))
    return self.normal(found)


RULES: dict[str, Callable[[Normaliser, Expr], Poly | None]] = {
    "add": _add, "subtract": _add, "multiply": _multiply, "divide": _divide, "power": _power,
    "negative": _negative, "positive": _same, "reciprocal": _to_power(Fraction(-1)),
    "square": _to_power(Fraction(2)), "sqrt": _to_power(Fraction(1, 2)), "astype": _astype,
    "broadcast_to": _broadcast, "reshape": _reshape, "expand_dims": _reshape, "squeeze": _reshape,
    "permute_dims": lambda self, e: _moved(self, e, e.static["axes"]),
    "matrix_transpose": lambda self, e: _moved(
        self, e, (*range(e.ndim - 2), e.ndim - 1, e.ndim - 2)
    ),
    "getitem": _getitem, "sum": _sum, "mean": _mean, "matmul": _matmul, "einsum": _einsum,
    "where": _where, "exp": _function, "log": _function, "sigmoid": _function,
    "softmax_minus_one_hot": _body, "scatter": _scatter,
}  # fmt: skip
"""The polynomial of an operation, from those of its operands; ``None`` where it has none."""

OPENED = set(RULES) - {"scatter", "matmul", "einsum", "where", "exp", "log", "sigmoid"}
"""Forward operations that are opened if they are one product; others are atoms."""
