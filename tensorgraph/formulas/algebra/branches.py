"""What choices mean for polynomials: branches, masks, limits, and guards against 0."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from tensorgraph.engine.op import Op
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
    less,
    less_equal,
    logical_and,
    multiply,
    negative,
    not_equal,
    subtract,
)  # fmt: skip
from tensorgraph.ops.extrema import clip
from tensorgraph.symbolic.expr import Expr, lift, make


def aligned(nf: Normaliser, e: Expr, x: Expr) -> Poly:
    """Return an operand's polynomial in the frame of an elementwise result."""
    shift = len(e.shape) - len(x.shape)
    return relabelled(nf.normal(x), {i: i + shift for i in range(len(x.shape))})


def choice(nf: Normaliser, e: Expr) -> Poly | None:
    """Common factors come out of both branches; a branch 0 leaves an indicator."""
    condition, x, y = e.args
    guarded = _guarded(nf, condition)
    if guarded is not None:
        note_nonzero(nf, "guard", guarded)
        return aligned(nf, e, y)
    p, q = aligned(nf, e, x), aligned(nf, e, y)
    if p == q:
        return p
    content = common({**p, **q})
    content = tuple(f for f in content if f[2] > 0 or nf.nonzero(f[0]))
    p = {quotient(m, content): k for m, k in p.items()}
    q = {quotient(m, content): k for m, k in q.items()}
    choice = _choice(nf, e, condition, p, q)
    if choice is None:
        return None
    return _unlimited(nf, nf.product({content: Fraction(1)}, choice))


def _guarded(nf: Normaliser, condition: Expr) -> Expr | None:
    """Return what a gradient rule guards against 0, where the data hold no 0."""
    if condition.op is logical_and.op:
        condition = condition.args[0]
    if condition.op is not equal.op or condition in nf.forward:
        return None
    x, zero = condition.args
    if zero.value is None or zero.size != 1 or np.asarray(zero.value).item() != 0:
        return None
    known = nf.facts.nonzero(x) or nf.holds(x, lambda values: bool((values != 0).all()))
    return bare(x) if known else None


def note_nonzero(nf: Normaliser, rule: str, e: Expr) -> None:
    """Note that a rule asks that a value have no element 0, and whether that is known."""
    for mono in nf.normal(e):
        for atom, _, _ in mono:
            nf.note(rule, (atom, bool(nf.nonzero(atom))))


def _choice(nf: Normaliser, e: Expr, condition: Expr, p: Poly, q: Poly) -> Poly | None:
    condition = nf.simplified(condition)
    if not p or not q:
        chosen = condition if p else opposite(condition)
        if _may_be_multiplied(nf, e, p or q):
            return nf.product(aligned(nf, e, chosen), p or q)
    if e in nf.forward:
        return None
    assert e.op is not None
    branches = tuple(lower(r, e.shape, nf.atoms, fill=False) for r in (p, q))
    shape = np.broadcast_shapes(condition.shape, *(b.shape for b in branches))
    made = make(e.op, (condition, *branches), e.static, shape, e.dtype)
    shift = e.ndim - len(shape)
    return relabelled(nf.atoms.value(made), {i: i + shift for i in range(len(shape))})


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
    if e.op is not clip.op:
        return False
    tests = [g[0].expr for g in mono if g[1] == labels]
    bounds = [(greater_equal.op, e.static["min"]), (less_equal.op, e.static["max"])]
    return all(any(_says(t, op, e.args[0], n) for t in tests) for op, n in bounds if n is not None)


def _says(test: Expr | None, comparison: Op, x: Expr, bound: float) -> bool:
    if test is None or test.op is not comparison or test.args[0] is not x:
        return False
    value = test.args[1].value
    return value is not None and np.ndim(value) == 0 and float(value) == bound


OPPOSITES = {
    less.op: greater_equal, greater_equal.op: less, greater.op: less_equal, less_equal.op: greater,
    equal.op: not_equal, not_equal.op: equal,
}  # fmt: skip


def opposite(condition: Expr) -> Expr:
    """Return where a condition does not hold."""
    if condition.op not in OPPOSITES:
        return ~condition
    return lift(OPPOSITES[condition.op](*condition.args))


def rectified_above_0(nf: Normaliser, e: Expr) -> Poly | None:
    """relu(x) > 0 is x > 0; a named activation stays, as it is what was kept."""
    if e in nf.forward:
        return None
    x, y = map(nf.simplified, e.args)
    rectified = x.op is relu.op and x not in nf.names
    if not rectified or y.value is None or np.any(np.asarray(y.value) != 0):
        return None
    assert e.op is not None
    return nf.atoms.value(make(e.op, (x.args[0], y), e.static, e.shape, e.dtype))
