"""Values of a recorded graph that are a known function of one other, however they are spelt.

People write tanh by exponentials, σ by tanh, softmax with the largest element taken away. A value
that is made from one array is read as a known function of it if both are the same in exponentials;
so are terms of a sum, as those of max(z, 0) − z y + log(1 + e^−|z|).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from tensorgraph.engine.notation import STEPS
from tensorgraph.formulas.algebra.exponentials import (
    DEFINITIONS,
    PIECEWISE,
    Exponentials,
    in_exponentials,
    vanishes,
)
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.matrices import read_without_factor
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.algebra.normal_form import Normaliser, is_affine
from tensorgraph.formulas.algebra.polynomials import added, scaled
from tensorgraph.ops.activation import gelu, log_sigmoid, sigmoid, silu, softplus
from tensorgraph.ops.arithmetic import (
    abs as absolute,
    add,
    astype,
    divide,
    multiply,
    negative,
    positive,
    subtract,
)
from tensorgraph.ops.logits import log_softmax, logsumexp, softmax
from tensorgraph.ops.transcendental import erf, exp, log, log1p, logaddexp
from tensorgraph.ops.trigonometric import tanh
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, exchanged, in_order, lift, symbol
from tensorgraph.symbolic.joined_parts import part

ELEMENTWISE = (tanh, sigmoid, softplus, silu, gelu)
"""The functions of one element that values are read as; softmax and log Σ exp take axes."""

TRANSCENDENTAL = {*DEFINITIONS, exp.op, erf.op}
ARITHMETIC = {*MEANINGS.opened, log.op, log1p.op}
LINEAR = {add.op, subtract.op, multiply.op, divide.op, negative.op, positive.op}
LOGARITHMS = {softplus.op, log_sigmoid.op, log_softmax.op}
ENDINGS = (ARITHMETIC | {exp.op, logaddexp.op}) - {negative.op, positive.op}
"""What the last operation of a spelling may be: a known function with a sign stays that."""

READABLE = ARITHMETIC | TRANSCENDENTAL | PIECEWISE

LARGE = 40
"""A value that takes more operations is not read as a known function."""


def read_in_graph(e: Expr, asked: Collection[Expr] = ()) -> Expr:
    """Return the known function that a value of a recorded graph is, or the value itself.

    Args:
        e: the value, whose operands have been read.
        asked: values that gradients are wanted of, which must stay on the way to it.
    """
    if e.op is not None and e.op.notation is STEPS:
        return _opened(e, asked)
    e = read_without_factor(e, asked)
    found = _read(e, asked)
    return _terms_read(e, asked) if found is e and is_affine(e) else found


def _opened(e: Expr, asked: Collection[Expr]) -> Expr:
    """Return what the steps of an operation make, of parts where these were put side by side."""
    assert e.op is not None and e.op.body is not None
    body = lift(e.op.body(*e.args, **e.static))
    inside = [x for x in in_order([body]) if not any(arg in asked for arg in x.args)]
    return exchanged(body, {x: part(x) for x in inside if part(x) is not x}.get)


def _read(e: Expr, asked: Collection[Expr]) -> Expr:
    spelt = _defined(e) if e.op is logaddexp.op else e
    source = _only_source(spelt) if e.op in ENDINGS else None
    return e if source is None else _read_of(source, e, asked)


def _read_of(source: Expr, e: Expr, asked: Collection[Expr]) -> Expr:
    """Return the known function of an array that a value is, or the value itself."""
    spelling = _spelling(source, e)
    if spelling is None or spelling.leads_past(asked, e):
        return e
    leaves = [source, *(x for x in spelling.other if x.value is None)]
    form, stand_ins = _form(e, leaves)
    found = _function(form, stand_ins)
    leaf_of = dict(zip(stand_ins, leaves, strict=True))
    return e if found is form else exchanged(found, leaf_of.get)


def _form(e: Expr, leaves: Sequence[Expr]) -> tuple[Expr, tuple[Expr, ...]]:
    """Return a value with stand-ins for what it is made from: so it is the same in each layer."""
    stand_ins = tuple(_stand_in(i, x.shape, x.dtype) for i, x in enumerate(leaves))
    return exchanged(e, dict(zip(leaves, stand_ins, strict=True)).get), stand_ins


@lru_cache(maxsize=256)
def _stand_in(i: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Expr:
    return symbol(None, shape, dtype)


@lru_cache(maxsize=256)
def _function(e: Expr, leaves: tuple[Expr, ...]) -> Expr:
    """Return the known function of the first leaf that a value is, or the value itself."""
    source, *_ = leaves
    spelling = _spelling(source, e)
    assert spelling is not None
    sides = spelling.sides()
    known = dict.fromkeys(_known(e, spelling, sides[0]))
    shorter = [f for f in known if spelling.size(f) < len(spelling.inside)]
    for found in sorted(spelling.alike(e, shorter), key=spelling.size):
        if all(_same(side, e, found) for side in sides):
            return found
    return e


def _same(side: Exponentials, e: Expr, found: Expr) -> bool:
    return vanishes(side, added(side.normal(e), side.normal(found), Fraction(-1)))


def _terms_read(e: Expr, asked: Collection[Expr]) -> Expr:
    """Return a sum in which the terms made from one array are the known function they add up to."""
    terms = _terms(e)
    for function in [t for t, _ in terms if t.op in TRANSCENDENTAL]:
        # A bias of one number is smaller than what it is added to, and still part of the operand.
        sources = [x for x in _inwards(function.args[-1]) if _is_made_from(x, function)]
        if not sources:
            continue
        together = [(t, sign) for t, sign in terms if _is_made_from(sources[-1], t)]
        if not 1 < len(together) < len(terms):
            continue
        whole = _sum_of(together)
        found = _read_of(sources[-1], whole, asked)
        if found is not whole and not any(x in asked for x in _sums(e)[1:]):
            rest = [(t, sign) for t, sign in terms if not _is_made_from(sources[-1], t)]
            return _sum_of([(found, 1), *rest])
    return e


def _is_made_from(source: Expr, e: Expr) -> bool:
    """Return whether a value is made from an array and numbers alone."""
    found = _made_of(e, lambda x: x is source)
    return found is not None and all(x is source or _is_number(x) for x in found[1])


def _sums(e: Expr) -> list[Expr]:
    """Return the sums and differences that a sum of several terms is made of, itself first."""
    found = [e]
    for x in found:
        found += [y for y in x.args if is_affine(y) and y.shape == e.shape and len(found) < LARGE]
    return found


def _terms(e: Expr, sign: int = 1) -> list[tuple[Expr, int]]:
    """Return the terms of a sum, each with its sign."""
    sums, signs = _sums(e), {e: sign}
    terms: list[tuple[Expr, int]] = []
    for x in sums:
        second = -signs[x] if x.op is subtract.op else signs[x]
        for y, own in zip(x.args, (signs[x], second), strict=True):
            if any(y is z for z in sums):
                signs[y] = own
            else:
                terms.append((y, own))
    return terms


def _sum_of(terms: Iterable[tuple[Expr, int]]) -> Expr:
    total: Expr | None = None
    for term, sign in sorted(terms, key=lambda term: -term[1]):
        if total is None:
            total = term if sign > 0 else -term
        else:
            total = total + term if sign > 0 else total - term
    assert total is not None
    return total


def _defined(e: Expr) -> Expr:
    """Return what the definition of a function says."""
    assert e.op is not None
    return lift(DEFINITIONS[e.op](*e.args, **e.static))


# ------------------------------------------------------------------------------------ what it is of


@dataclass(frozen=True)
class Spelling:
    """The operations by which a value is made from one array."""

    source: Expr
    """The array."""
    inside: dict[Expr, None]
    """The value, and what is computed on the way to it."""
    other: dict[Expr, None]
    """Single numbers and smaller arrays that take part, as largest elements do."""

    @property
    def arguments(self) -> Iterator[Expr]:
        """What functions are taken of."""
        yield self.source
        for e in self.inside:
            if e.op in TRANSCENDENTAL:
                yield from (x for x in e.args if x.shape == self.source.shape)

    def leads_past(self, asked: Collection[Expr], e: Expr) -> bool:
        """Return whether anything asked for takes part in making a value."""
        return any(x in asked for x in (*self.inside, *self.other) if x is not e)

    def sides(self) -> list[Exponentials]:
        """Return what computes in exponentials of the array, on each side of 0 if these differ."""
        piecewise = any(e.op in PIECEWISE for e in self.inside)
        others = [x for x in self.other if x.value is None]
        both = (True, False) if piecewise else (True,)
        return [in_exponentials(self.source, others, above) for above in both]

    def size(self, e: Expr) -> int:
        """Return how many operations lead to another value, or the same."""
        leaves = {self.source, *self.other}
        found = _made_of(e, leaves.__contains__)
        return LARGE if found is None else len(found[0])

    def alike(self, e: Expr, others: Iterable[Expr]) -> list[Expr]:
        """Return which of other values this one is on random numbers: so most are ruled out."""
        others, rng = list(others), np.random.default_rng(0)
        leaves = (self.source, *(x for x in self.other if x.value is None))
        given = {x: rng.uniform(-2, 2, x.shape) for x in leaves}
        values = evaluate([e, *others], given, np.dtype(float))
        return [x for x in others if np.allclose(values[x], values[e], equal_nan=True)]


def _only_source(e: Expr) -> Expr | None:
    """Return the one array that the functions in a value are of; ``None`` if there are others."""
    found = _made_of(e, lambda x: x.op in TRANSCENDENTAL)
    functions = [] if found is None else [x for x in found[1] if x.op in TRANSCENDENTAL]
    sources = {_source(x) for f in functions for x in f.args if not _is_number(x)}
    return sources.pop() if len(sources) == 1 else None


def _spelling(source: Expr, e: Expr) -> Spelling | None:
    """Return how a value is made from an array by functions; ``None`` if it is not."""
    found = _made_of(_defined(e) if e.op is logaddexp.op else e, lambda x: x is source)
    if found is None:
        return None
    inside, leaves = found
    other = {x: None for x in leaves if x is not source}
    small = all(_is_number(x) or x.size < source.size for x in other)
    # On one side of 0 are single elements, not all that are added up.
    mixed = any(x.op in PIECEWISE for x in inside) and any("axis" in x.static for x in inside)
    return Spelling(source, inside, other) if small and not mixed else None


def _made_of(
    e: Expr, is_leaf: Callable[[Expr], bool]
) -> tuple[dict[Expr, None], dict[Expr, None]] | None:
    """Return the operations that make a value, and what they start from; ``None`` if many."""
    inside: dict[Expr, None] = {}
    leaves: dict[Expr, None] = {}
    stack = [e]
    while stack:
        x = stack.pop()
        if is_leaf(x) or x.op not in READABLE:
            leaves[x] = None
        elif x not in inside:
            inside[x] = None
            stack.extend(x.args)
        if len(inside) > LARGE:
            return None
    return inside, leaves


def _inwards(e: Expr) -> list[Expr]:
    """Return a function's operand, then what each before is a multiple of, or a logarithm in."""
    path = [e]
    for e in path:
        if e.op in LINEAR or e.op in LOGARITHMS or e.op is absolute.op:
            large = [x for x in e.args if x.shape == e.shape and not _is_number(x)]
            path += large if len(large) == 1 else []
    return path


def _source(e: Expr) -> Expr:
    """Return the array that a function's operand is in the end a multiple of."""
    return _inwards(e)[-1]


def _is_number(e: Expr) -> bool:
    return e.value is not None and e.size == 1


def _works_along(e: Expr) -> bool:
    """Return whether an operation works along an axis; where one is put or taken out, none does."""
    return e.op is not None and e.op.family != "shape" and "axis" in e.static


def _known(e: Expr, spelling: Spelling, normaliser: Normaliser) -> Iterator[Expr]:
    """Yield the known functions of this shape."""
    axes = {(x.static["axis"], x.args[0].ndim) for x in spelling.inside if _works_along(x)}
    for x in _arguments(spelling, normaliser):
        made = [f(x) for f in ELEMENTWISE]
        for axis in (axis for axis, ndim in axes if ndim == x.ndim):
            made.append(softmax(x, axis=axis))
            made.append(logsumexp(x, axis=axis, keepdims=e.ndim == x.ndim))
        fitting = (f for f in made if f.shape == e.shape)
        yield from (f if f.dtype == e.dtype else astype(f, dtype=e.dtype) for f in fitting)


def _arguments(spelling: Spelling, normaliser: Normaliser) -> Iterator[Expr]:
    """Yield what a known function may be of: what functions are taken of, then multiples."""
    there = dict.fromkeys(spelling.arguments)
    yield from there
    for x in there:
        p = normaliser.normal(x)
        for scale in ("-1", "2", "-2", "1/2", "-1/2") if x is spelling.source else ("-1",):
            yield lower(scaled(p, Fraction(scale)), x.shape, normaliser.atoms)
