"""Conditions: comparisons of two values, what follows from them, and their plainest form."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.algebra.polynomials import (
    ONE,
    Mono,
    Poly,
    added,
    number,
    order,
    relabelled,
    scaled,
)
from tensorgraph.ops.activation import relu
from tensorgraph.ops.arithmetic import (
    equal,
    greater,
    greater_equal,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
)  # fmt: skip
from tensorgraph.ops.bits import bitwise_and, bitwise_invert, bitwise_or
from tensorgraph.ops.extrema import maximum, minimum
from tensorgraph.symbolic.expr import Expr, constant, lift

Orders = frozenset[str]
"""Those of the orders "<", "=" and ">" of two numbers in which something holds."""

COMPARED = {
    less.op: "<", less_equal.op: "<=", equal.op: "=", not_equal.op: "<>", greater_equal.op: "=>",
    greater.op: ">",
}  # fmt: skip
COMPARING = {frozenset(orders): op.call for op, orders in COMPARED.items()}
NOT = (logical_not.op, bitwise_invert.op)
BOTH, EITHER = (logical_and.op, bitwise_and.op), (logical_or.op, bitwise_or.op)
MIRROR = {"<": ">", "=": "=", ">": "<"}
EVERYWHERE, NOWHERE = constant(np.True_), constant(np.False_)


class Comparison(NamedTuple):
    """A condition that depends on the order of two values."""

    x: Expr
    y: Expr
    orders: Orders

    def mirrored(self) -> Comparison:
        """Return the same condition with the values the other way round."""
        return Comparison(self.y, self.x, frozenset(MIRROR[sign] for sign in self.orders))

    def written(self) -> Expr:
        """Return it as an expression."""
        if self.orders in COMPARING:
            return lift(COMPARING[self.orders](self.x, self.y))
        return EVERYWHERE if self.orders else NOWHERE


def comparison(condition: Expr) -> Comparison | None:
    """Return a condition as a comparison, if it is one."""
    if condition.op not in COMPARED:
        return None
    x, y = condition.args
    return Comparison(x, y, frozenset(COMPARED[condition.op]))


def opposite(condition: Expr) -> Expr:
    """Return where a condition does not hold; a value that is NaN satisfies neither."""
    compared = comparison(condition)
    if compared is not None:
        return compared._replace(orders=frozenset("<=>") - compared.orders).written()
    if condition is EVERYWHERE or condition is NOWHERE:
        return NOWHERE if condition is EVERYWHERE else EVERYWHERE
    if condition.op in NOT:
        return condition.args[0]
    if condition.op in BOTH:
        return lift(logical_or(*map(opposite, condition.args)))
    if condition.op in EITHER:
        return lift(logical_and(*map(opposite, condition.args)))
    return lift(logical_not(condition))


def follows(condition: Expr, given: Expr) -> bool:
    """Return whether a condition is known to hold wherever another does."""
    if condition is given or condition is EVERYWHERE or given is NOWHERE:
        return True
    if condition.op in BOTH:
        return all(follows(part, given) for part in condition.args)
    if given.op in BOTH:
        return any(follows(condition, part) for part in given.args)
    c, g = comparison(condition), comparison(given)
    if c is None or g is None:
        return False
    if c.x is not g.x:
        c = c.mirrored()
    if c.x is not g.x:
        return False
    if c.y is g.y:
        return g.orders <= c.orders
    a, b = _number(c.y), _number(g.y)
    if a is None or b is None:
        return False
    places = (min(a, b) - 1, a, (a + b) / 2, b, max(a, b) + 1)
    return all(_order(t, a) in c.orders for t in places if _order(t, b) in g.orders)


def _order(x: Fraction, y: Fraction) -> str:
    return "<" if x < y else ">" if x > y else "="


def _number(e: Expr) -> Fraction | None:
    """Return the number that an expression is, if it is a finite one."""
    if e.value is None or e.size != 1 or not np.isfinite(e.value):
        return None
    return number(np.asarray(e.value).item()).get(ONE, Fraction(0))


# --------------------------------------------------------------------------------- plainest form


def plain(nf: Normaliser, condition: Expr) -> Expr:
    """Return a condition on simplified values, with what varies on the left of a number.

    So 0 > 2 (x − y) is x < y, and what a rule asks of NaN is left out where the data hold none.
    """
    if condition in nf.names:
        return condition
    if condition.value is not None and condition.size == 1:
        return EVERYWHERE if np.asarray(condition.value).item() else NOWHERE
    compared = comparison(condition)
    if compared is not None:
        return _compared(nf, compared)
    if condition.op in NOT and condition.dtype.kind == "b":
        return opposite(plain(nf, condition.args[0]))
    if condition.op in (*BOTH, *EITHER) and condition.dtype.kind == "b":
        return _joined(condition, [plain(nf, part) for part in condition.args])
    if condition.op is isnan.op and nf.holds(condition, lambda values: not values.any()):
        return NOWHERE
    elementwise = condition.op is not None and condition.op.family == "elementwise"
    return nf.rebuilt(condition) if elementwise else condition


def _joined(condition: Expr, parts: Sequence[Expr]) -> Expr:
    """Return the conjunction or disjunction of plain conditions, of one where the other follows."""
    x, y = parts
    both = condition.op in BOTH
    if follows(x, y):
        return y if both else x
    if follows(y, x):
        return x if both else y
    if both and follows(opposite(x), y):
        return NOWHERE
    return lift((logical_and if both else logical_or)(x, y))


def _compared(nf: Normaliser, c: Comparison) -> Expr:
    shape = np.broadcast_shapes(c.x.shape, c.y.shape)
    solved = _solved(nf, c, shape)
    if solved is None:
        c = c._replace(x=nf.simplified(c.x), y=nf.simplified(c.y))
        solved = c.mirrored() if c.x.size == 1 and c.y.size > 1 else c
    inside = None if solved.x in nf.names else _inside(solved)
    return solved.written() if inside is None else _compared(nf, inside)


def _inside(c: Comparison) -> Comparison | None:
    """Return what a comparison of max(x, a), min(x, a) or relu(x) with a number asks of x."""
    level = _number(c.y)
    if c.x.op not in (relu.op, maximum.op, minimum.op) or level is None:
        return None
    operands = (*c.x.args, constant(0)) if c.x.op is relu.op else c.x.args
    bounds = [_number(x) for x in operands]
    if bounds.count(None) != 1:
        return None
    bound = next(b for b in bounds if b is not None)
    chosen = min if c.x.op is minimum.op else max  # of the orders, too: "<" is below "=" and ">"
    orders = [s for s in "<=>" if chosen(s, _order(bound, level)) in c.orders]
    return Comparison(operands[bounds.index(None)], c.y, frozenset(orders))


def _solved(nf: Normaliser, c: Comparison, shape: Sequence[int]) -> Comparison | None:
    """Return a comparison of the only two terms in it, or of one with 0 or a number."""
    x, y = (_side(nf, e, len(shape)) for e in (c.x, c.y))
    difference = added(x, y, Fraction(-1))
    if not difference:
        orders = frozenset("<=>") if "=" in c.orders else frozenset[str]()
        return c._replace(orders=orders)
    terms = [(mono, k) for mono, k in difference.items() if mono != ONE]
    level = -difference.get(ONE, Fraction(0))
    if len(terms) == 1:
        ((mono, k),) = terms
        written = c.x in nf.forward or c.y in nf.forward  # 1 − y s > 0 stays as the code has it
        if not level or (abs(k) == 1 and not written):
            found = Comparison(_term(nf, mono, shape), _as_number(level / k), c.orders)
            return found if k > 0 else Comparison(found.x, found.y, found.mirrored().orders)
    plus = [mono for mono, k in terms if k == 1]
    minus = [mono for mono, k in terms if k == -1]
    if not level and len(terms) == 2 and len(plus) == len(minus) == 1 and not (x and y):
        found = c._replace(x=_term(nf, plus[0], shape), y=_term(nf, minus[0], shape))
        return found if _comes_first(plus[0], minus[0]) else found.mirrored()
    return None


def _comes_first(mono: Mono, other: Mono) -> bool:
    return [*map(order, mono)] <= [*map(order, other)]


def _side(nf: Normaliser, e: Expr, ndim: int) -> Poly:
    """Return one side of a comparison in its frame; a number in it is no length of an axis."""
    value = _number(e)
    if value is not None:
        return scaled(number(1), value)
    return relabelled(nf.normal(e), {i: i + ndim - e.ndim for i in range(e.ndim)})


def _term(nf: Normaliser, mono: Mono, shape: Sequence[int]) -> Expr:
    return lower({mono: Fraction(1)}, shape, nf.atoms, fill=False)


def _as_number(value: Fraction) -> Expr:
    return constant(value.numerator if value.denominator == 1 else float(value))


# -------------------------------------------------------------------------------------- as values


def indicator(nf: Normaliser, e: Expr) -> Poly | None:
    """Return 1 where a condition holds and 0 elsewhere, in the condition's frame."""
    if e.dtype.kind != "b":
        return None
    return in_terms(nf, plain(nf, e), e.ndim)


def in_terms(nf: Normaliser, condition: Expr, ndim: int) -> Poly:
    """Return the indicator of a plain condition in a frame with this many axes."""
    if condition is EVERYWHERE or condition is NOWHERE:
        return number(int(condition is EVERYWHERE))
    if condition.op in NOT and condition not in nf.names:
        return added(number(1), in_terms(nf, condition.args[0], ndim), Fraction(-1))
    if condition.op in BOTH and condition not in nf.names:
        x, y = (in_terms(nf, part, ndim) for part in condition.args)
        return nf.product(x, y)
    shift = {i: i + ndim - condition.ndim for i in range(condition.ndim)}
    told = None if condition in nf.names else _of_binary(nf, condition)
    if told is not None:
        return relabelled(told, shift)
    own = condition.op in COMPARED or condition.op in EITHER or condition in nf.names
    p = nf.atoms.value(condition) if own else nf.normal(condition)
    return relabelled(p, shift)


def _of_binary(nf: Normaliser, condition: Expr) -> Poly | None:
    """Return a condition on a value that is 0 or 1 as what it is there: [y = 1] is y."""
    c = comparison(condition)
    level = None if c is None else _number(c.y)
    why = None if c is None or level is None else nf.facts.why_binary(c.x)
    if c is None or level is None or why is None or c.x.dtype.kind == "b":
        return None
    at_0, at_1 = (Fraction(_order(Fraction(x), level) in c.orders) for x in (0, 1))
    nf.note("binary", why.about(c.x))
    return added(scaled(number(1), at_0), scaled(nf.normal(c.x), at_1 - at_0))
