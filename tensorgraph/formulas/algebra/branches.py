"""What choices mean for polynomials: branches, masks, limits, and guards against 0."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from tensorgraph.formulas.algebra.conditions import (
    EVERYWHERE,
    NOT,
    NOWHERE,
    follows,
    in_terms,
    opposite,
    plain,
)
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.normal_form import Normaliser
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
from tensorgraph.ops.activation import relu
from tensorgraph.ops.arithmetic import (
    add,
    equal,
    greater,
    greater_equal,
    less_equal,
    logical_and,
    multiply,
    negative,
    not_equal,
    subtract,
)  # fmt: skip
from tensorgraph.ops.extrema import clipped, maximum
from tensorgraph.symbolic.expr import Expr, lift, make


def aligned(nf: Normaliser, e: Expr, x: Expr) -> Poly:
    """Return an operand's polynomial in the frame of an elementwise result."""
    shift = len(e.shape) - len(x.shape)
    return relabelled(nf.normal(x), {i: i + shift for i in range(len(x.shape))})


def choice(nf: Normaliser, e: Expr) -> Poly | None:
    """Common factors come out of both branches; a branch 0 leaves an indicator."""
    condition = plain(nf, e.args[0])
    p, q = (aligned(nf, e, x) for x in e.args[1:])
    if condition.op in NOT:
        condition, p, q = condition.args[0], q, p
    p, q = _where(nf, condition, p, e.ndim), _where(nf, opposite(condition), q, e.ndim)
    if p == q or condition is NOWHERE:
        return q
    if condition is EVERYWHERE:
        return p
    for left_out, x, y in ((opposite(condition), p, q), (condition, q, p)):
        if not x and all(_only_where(nf, left_out, mono, e.ndim) for mono in y):
            return y
    content = common({**p, **q})
    content = tuple(f for f in content if f[2] > 0 or nf.nonzero(f[0]))
    p = {quotient(m, content): k for m, k in p.items()}
    q = {quotient(m, content): k for m, k in q.items()}
    found = _either(nf, e, condition, p, q)
    if found is None:
        return None
    return _unlimited(nf, told_once(nf, nf.product({content: Fraction(1)}, found)))


def _where(nf: Normaliser, condition: Expr, p: Poly, ndim: int) -> Poly:
    """Return what a polynomial is where a condition holds, by what its factors tell."""
    result: Poly = {}
    for mono, k in p.items():
        if not _only_where(nf, opposite(condition), mono, ndim):
            rest = (f for f in mono if not _holds_where(f, condition, ndim))
            result = added(result, {tuple(rest): k})
    return result


def _holds_where(f: Factor, condition: Expr, ndim: int) -> bool:
    """Return whether a factor is a power of an indicator that is 1 where a condition holds."""
    e = f[0].expr
    told = e is not None and e.dtype.kind == "b" and _is_at_last_axes(f, ndim)
    return told and follows(e, condition)  # type: ignore[arg-type]


def _is_at_last_axes(f: Factor, ndim: int) -> bool:
    shape = f[0].expr.shape if f[0].expr is not None else ()
    return f[1] == tuple(i + ndim - len(shape) for i, n in enumerate(shape) if n != 1)


def _either(nf: Normaliser, e: Expr, condition: Expr, p: Poly, q: Poly) -> Poly | None:
    """Return p where the condition holds and q elsewhere, as a sum if one is 0 there anyway."""
    other = opposite(condition)
    for chosen, left_out, x, y in ((condition, other, p, q), (other, condition, q, p)):
        # What guards a denominator, as where(x = 0, 1, x), is a guard: its x is no indicator.
        told = y and all(any(map(_is_indicator, mono)) for mono in y)
        if told and all(_only_where(nf, left_out, mono, e.ndim) for mono in y):
            if _may_be_multiplied(nf, e, x):
                return added(nf.product(in_terms(nf, chosen, e.ndim), x), y)
    guarded = _guarded(nf, e.args[0], condition)
    if guarded is not None:
        note_nonzero(nf, "guard", guarded)
        return q
    for chosen, x, y in ((condition, p, q), (other, q, p)):
        if not y and _may_be_multiplied(nf, e, x):
            return nf.product(in_terms(nf, chosen, e.ndim), x)
    if e in nf.forward:
        return None
    assert e.op is not None
    branches = tuple(lower(r, e.shape, nf.atoms, fill=False) for r in (p, q))
    shape = np.broadcast_shapes(condition.shape, *(b.shape for b in branches))
    made = make(e.op, (condition, *branches), e.static, shape, e.dtype)
    shift = e.ndim - len(shape)
    return relabelled(nf.atoms.value(made), {i: i + shift for i in range(len(shape))})


def _only_where(nf: Normaliser, condition: Expr, mono: Mono, ndim: int) -> bool:
    """Return whether a product is 0 wherever a condition does not hold."""
    factors = [f for f in mono if f[2] > 0 and _is_at_last_axes(f, ndim)]
    return any(follows(condition, c) for f in factors for c in _conditions_for(nf, f[0].expr))


def _guarded(nf: Normaliser, condition: Expr, plainly: Expr) -> Expr | None:
    """Return what a gradient rule guards against 0, where the data hold no 0."""
    if plainly.op is logical_and.op:
        plainly = plainly.args[0]
    if plainly.op is not equal.op or condition in nf.forward:
        return None
    x, zero = plainly.args
    if zero.value is None or zero.size != 1 or np.asarray(zero.value).item() != 0:
        return None
    known = nf.facts.nonzero(x) or nf.holds(x, lambda values: bool((values != 0).all()))
    return bare(x) if known else None


def note_nonzero(nf: Normaliser, rule: str, e: Expr) -> None:
    """Note that a rule asks that a value have no element 0, and whether that is known."""
    p = nf.normal(e)
    for mono in p if len(p) == 1 else nf.atoms.value(nf.simplified(e)):
        for atom, _, _ in mono:
            nf.note(rule, (atom, bool(nf.nonzero(atom))))


def told_once(nf: Normaliser, p: Poly) -> Poly:
    """Return a polynomial without the indicators that only repeat what another factor tells.

    So relu(x) [x > 0] is relu(x), and [x > 0] [x < 0] is 0.
    """
    result: Poly = {}
    for mono, k in p.items():
        rest: Mono | None = mono
        for f in [f for f in mono if _is_indicator(f)]:
            others = tuple(g for g in rest or () if g is not f and g[1] == f[1] and g[2] > 0)
            assert f[0].expr is not None
            known = [c for g in others for c in _conditions_for(nf, g[0].expr)]
            if any(follows(opposite(f[0].expr), c) for c in known):
                rest = None
                break
            if any(follows(f[0].expr, c) for c in known):
                rest = tuple(g for g in rest or () if g is not f)
        result = result if rest is None else added(result, {rest: k})
    return result


def _is_indicator(f: Factor) -> bool:
    return f[0].expr is not None and f[0].expr.dtype.kind == "b" and f[2] > 0


def _conditions_for(nf: Normaliser, e: Expr | None) -> list[Expr]:
    """Return the conditions without which a value is 0."""
    if e is None or e.dtype.kind == "b":
        return [] if e is None else [e]
    rectified = e.op is relu.op or (e.op is maximum.op and any(map(_is_nonnegative, e.args)))
    if not rectified and not nf.facts.nonnegative(e):
        return [lift(not_equal(e, 0))]
    above_0 = lift(greater(e, 0))
    return [above_0, plain(nf, above_0)] if rectified else [above_0]


def _is_nonnegative(e: Expr) -> bool:
    return e.value is not None and e.size == 1 and np.asarray(e.value).item() >= 0


def _may_be_multiplied(nf: Normaliser, e: Expr, p: Poly) -> bool:
    """Return whether 0 times a branch is 0: what a choice hides may be infinite or NaN."""
    if set(p) == {ONE}:
        return True
    written = lower(p, e.shape, nf.atoms, fill=False)
    return nf.holds(written, lambda values: bool(np.isfinite(values).all()))


def _unlimited(nf: Normaliser, p: Poly) -> Poly:
    """Return a polynomial in which limits are left out where indicators say they do not apply."""
    result: Poly = {}
    for mono, k in p.items():
        term: Poly = {mono: k}
        for f in mono:
            inside = _without_limit(nf, f, mono)
            if inside is not None:
                rest = tuple(g for g in mono if g is not f)
                term = _unlimited(nf, nf.product({rest: k}, inside))
                break
        result = added(result, term)
    return result


def _without_limit(nf: Normaliser, f: Factor, mono: Mono) -> Poly | None:
    """Return what clip(x), or a difference with it, is beside [x ≥ min] and [x ≤ max]."""
    atom, labels, exponent = f
    if atom.expr is None or atom.expr.op is None or exponent != 1:
        return None
    if _does_not_limit(atom.expr, labels, mono):
        found: Poly | None = nf.normal(atom.expr.args[0])
    elif any(_does_not_limit(x, labels, mono) for x in _terms(atom.expr)):
        found = nf.opened(atom.expr)
    else:
        return None
    axes = [i for i, n in enumerate(atom.expr.shape) if n != 1]
    return None if found is None else relabelled(found, dict(zip(axes, labels, strict=True)))


def _terms(e: Expr) -> list[Expr]:
    """Return the values that a sum or difference is made of, numbers aside."""
    if e.op not in (add.op, subtract.op, multiply.op, negative.op):
        return [e]
    return [t for x in e.args for t in _terms(x)]


def _does_not_limit(e: Expr, labels: Labels, mono: Mono) -> bool:
    """Return whether a value is clip(x) in a product with [x ≥ min] and [x ≤ max]."""
    if e.op is not clipped.op:
        return False
    tests = [test for g in mono if g[1] == labels and (test := g[0].expr) is not None]
    bounds = [(greater_equal, e.static["min"]), (less_equal, e.static["max"])]
    inside = [lift(within(e.args[0], n)) for within, n in bounds if n is not None]
    return all(any(follows(condition, test) for test in tests) for condition in inside)
