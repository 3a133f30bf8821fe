"""What choices mean for polynomials: branches, masks, limits, and guards against 0."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.normal_form import MEANINGS, Normaliser
from tensorgraph.formulas.algebra.polynomials import (
    ONE,
    Factor,
    Labels,
    Mono,
    Poly,
    added,
    common,
    quotient,
    relabelled,
)
from tensorgraph.formulas.writing.broadcasting import bare
from tensorgraph.symbolic.expr import Expr, make


def aligned(self: Normaliser, e: Expr, x: Expr) -> Poly:
    """Return an operand's polynomial in the frame of an elementwise result."""
    shift = len(e.shape) - len(x.shape)
    return relabelled(self.normal(x), {i: i + shift for i in range(len(x.shape))})


def _where(self: Normaliser, e: Expr) -> Poly | None:
    """Common factors come out of both branches; a branch 0 leaves an indicator."""
    condition, x, y = e.args
    guarded = _guarded(self, condition)
    if guarded is not None:
        note_nonzero(self, "guard", guarded)
        return aligned(self, e, y)
    p, q = aligned(self, e, x), aligned(self, e, y)
    if p == q:
        return p
    content = common({**p, **q})
    content = tuple(f for f in content if f[2] > 0 or self.nonzero(f[0]))
    p = {quotient(m, content): k for m, k in p.items()}
    q = {quotient(m, content): k for m, k in q.items()}
    choice = _choice(self, e, condition, p, q)
    if choice is None:
        return None
    return _unlimited(self, self.product({content: Fraction(1)}, choice))


def _guarded(self: Normaliser, condition: Expr) -> Expr | None:
    """Return what a gradient rule guards against 0, where the data hold no 0."""
    if condition.op is not None and condition.op.name == "logical_and":
        condition = condition.args[0]
    if condition.op is None or condition.op.name != "equal" or condition in self.forward:
        return None
    x, zero = condition.args
    if zero.value is None or zero.size != 1 or np.asarray(zero.value).item() != 0:
        return None
    known = self.facts.nonzero(x) or self.holds(x, lambda values: bool((values != 0).all()))
    return bare(x) if known else None


def note_nonzero(self: Normaliser, rule: str, e: Expr) -> None:
    """Note that a rule asks that a value have no element 0, and whether that is known."""
    for mono in self.normal(e):
        for atom, _, _ in mono:
            self.note(rule, (atom, bool(self.nonzero(atom))))


def _choice(self: Normaliser, e: Expr, condition: Expr, p: Poly, q: Poly) -> Poly | None:
    condition = self.simplified(condition)
    if not p or not q:
        chosen = condition if p else opposite(condition)
        if _may_be_multiplied(self, e, p or q):
            return self.product(aligned(self, e, chosen), p or q)
    if e in self.forward:
        return None
    assert e.op is not None
    branches = tuple(lower(r, e.shape, self.atoms, fill=False) for r in (p, q))
    shape = np.broadcast_shapes(condition.shape, *(b.shape for b in branches))
    made = make(e.op, (condition, *branches), e.static, shape, e.dtype)
    shift = e.ndim - len(shape)
    return relabelled(self.atoms.value(made), {i: i + shift for i in range(len(shape))})


def _may_be_multiplied(self: Normaliser, e: Expr, p: Poly) -> bool:
    """Return whether 0 times a branch is 0: what a choice hides may be infinite or NaN."""
    if set(p) == {ONE}:
        return True
    written = lower(p, e.shape, self.atoms, fill=False)
    return self.holds(written, lambda values: bool(np.isfinite(values).all()))


def _unlimited(self: Normaliser, p: Poly) -> Poly:
    """Return a polynomial in which limits are left out where indicators say they do not apply."""
    result: Poly = {}
    for mono, k in p.items():
        term: Poly = {mono: k}
        for f in mono:
            inside = _without_limit(self, f, mono)
            if inside is not None:
                rest = tuple(g for g in mono if g is not f)
                term = _unlimited(self, self.product({rest: k}, inside))
                break
        result = added(result, term)
    return result


def _without_limit(self: Normaliser, f: Factor, mono: Mono) -> Poly | None:
    """Return what clip(x), or a difference with it, is beside [x ≥ min] and [x ≤ max]."""
    atom, labels, exponent = f
    if atom.expr is None or atom.expr.op is None or exponent != 1:
        return None
    if _does_not_limit(atom.expr, labels, mono):
        found: Poly | None = self.normal(atom.expr.args[0])
    elif any(_does_not_limit(x, labels, mono) for x in _terms(atom.expr)):
        found = self.opened(atom.expr)
    else:
        return None
    axes = [i for i, n in enumerate(atom.expr.shape) if n != 1]
    return None if found is None else relabelled(found, dict(zip(axes, labels, strict=True)))


def _terms(e: Expr) -> list[Expr]:
    """Return the values that a sum or difference is made of, numbers aside."""
    if e.op is None or e.op.name not in ("add", "subtract", "multiply", "negative"):
        return [e]
    return [t for x in e.args for t in _terms(x)]


def _does_not_limit(e: Expr, labels: Labels, mono: Mono) -> bool:
    """Return whether a value is clip(x) in a product with [x ≥ min] and [x ≤ max]."""
    if e.op is None or e.op.name != "clip":
        return False
    tests = [g[0].expr for g in mono if g[1] == labels]
    bounds = [("greater_equal", e.static["min"]), ("less_equal", e.static["max"])]
    return all(
        any(_says(t, sign, e.args[0], n) for t in tests) for sign, n in bounds if n is not None
    )


def _says(test: Expr | None, sign: str, x: Expr, bound: float) -> bool:
    if test is None or test.op is None or test.op.name != sign or test.args[0] is not x:
        return False
    value = test.args[1].value
    return value is not None and np.ndim(value) == 0 and float(value) == bound


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
            return x != y
    return x == y


def _greater(self: Normaliser, e: Expr) -> Poly | None:
    """relu(x) > 0 is x > 0; a named activation stays, as it is what was kept."""
    if e in self.forward:
        return None
    x, y = map(self.simplified, e.args)
    rectified = x.op is not None and x.op.name == "relu" and x not in self.names
    if not rectified or y.value is None or np.any(np.asarray(y.value) != 0):
        return None
    assert e.op is not None
    return self.atoms.value(make(e.op, (x.args[0], y), e.static, e.shape, e.dtype))


MEANINGS |= {"where": _where, "greater": _greater}
