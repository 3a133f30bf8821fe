"""Values of a recorded graph that are a known function of one other, however they are spelt.

People write tanh by exponentials, σ by tanh, softmax with the largest element taken away. Each
known function is declared by what it is in exponentials. A value is read as one if both have the
same normal form there: e^(x + y) is a product of powers, fractions are compared cross-multiplied,
and what depends on the sign of x is compared on both sides of 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tensorgraph.engine.op import Op
from tensorgraph.formulas.algebra.branches import aligned
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.algebra.normal_form import Meaning, Meanings, Normaliser
from tensorgraph.formulas.algebra.polynomials import (
    Labels,
    Mono,
    Poly,
    added,
    number,
    quotient,
    relabelled,
    scaled,
)
from tensorgraph.formulas.facts import Facts
from tensorgraph.ops.activation import gelu, log_sigmoid, sigmoid, silu, softplus
from tensorgraph.ops.arithmetic import add, astype, divide, multiply, negative, positive, subtract
from tensorgraph.ops.logits import log_softmax, logsumexp, softmax
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.transcendental import erf, exp, expm1, log, log1p, logaddexp
from tensorgraph.ops.trigonometric import cosh, sinh, tanh
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, lift

DEFINITIONS: dict[Op, Callable[..., Any]] = {
    expm1.op: lambda x: exp(x) - 1,
    sinh.op: lambda x: (exp(x) - exp(-x)) / 2,
    cosh.op: lambda x: (exp(x) + exp(-x)) / 2,
    tanh.op: lambda x: (exp(x) - exp(-x)) / (exp(x) + exp(-x)),
    sigmoid.op: lambda x: exp(x) / (1 + exp(x)),
    log_sigmoid.op: lambda x: x - log(1 + exp(x)),
    softplus.op: lambda x: log(1 + exp(x)),
    silu.op: lambda x: x * exp(x) / (1 + exp(x)),
    gelu.op: lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    logaddexp.op: lambda x, y: log(exp(x) + exp(y)),
    logsumexp.op: lambda x, *, axis, keepdims: log(sum(exp(x), axis=axis, keepdims=keepdims)),
    softmax.op: lambda x, *, axis: exp(x) / sum(exp(x), axis=axis, keepdims=True),
    log_softmax.op: lambda x, *, axis: x - log(sum(exp(x), axis=axis, keepdims=True)),
}
"""What functions are in exponentials, logarithms and erf."""

ELEMENTWISE = (tanh, sigmoid, softplus, silu, gelu)
"""The functions of one element that values are read as; softmax and log Σ exp take axes."""

TRANSCENDENTAL = {*DEFINITIONS, exp.op, erf.op}
ARITHMETIC = {*MEANINGS.opened, log.op, log1p.op}
LINEAR = {add.op, subtract.op, multiply.op, divide.op, negative.op, positive.op}
LOGARITHMS = {softplus.op, log_sigmoid.op, log_softmax.op}
ENDINGS = (ARITHMETIC | {exp.op, logaddexp.op}) - {negative.op, positive.op}
"""What the last operation of a spelling may be: a known function with a sign stays that."""

READABLE = ARITHMETIC | TRANSCENDENTAL

LARGE = 40
"""A value that takes more operations is not read as a known function."""


def read_in_graph(e: Expr, asked: Collection[Expr] = ()) -> Expr:
    """Return the known function that a value of a recorded graph is, or the value itself.

    Args:
        e: the value, whose operands have been read.
        asked: values that gradients are wanted of, which must stay on the way to it.
    """
    spelt = _defined(e) if e.op is logaddexp.op else e
    spelling = _spelling(spelt) if e.op in ENDINGS else None
    if spelling is None or spelling.leads_past(asked, e):
        return e
    normaliser = _normaliser(spelling)
    shorter = {
        f for f in _known(e, spelling, normaliser) if spelling.size(f) < spelling.size(spelt)
    }
    for found in sorted(spelling.alike(e, shorter), key=spelling.size):
        difference = added(normaliser.normal(e), normaliser.normal(found), Fraction(-1))
        if _vanishes(normaliser, difference):
            return found
    return e


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


def _spelling(e: Expr) -> Spelling | None:
    """Return how a value is made from one array by functions; ``None`` if it is not."""
    found = _made_of(e, lambda x: x.op in TRANSCENDENTAL)
    functions = [] if found is None else [x for x in found[1] if x.op in TRANSCENDENTAL]
    sources = {_source(x) for f in functions for x in f.args if not _is_number(x)}
    if len(sources) != 1:
        return None
    (source,) = sources
    found = _made_of(e, lambda x: x is source)
    if found is None:
        return None
    inside, leaves = found
    other = {x: None for x in leaves if x is not source}
    small = all(_is_number(x) or x.size < source.size for x in other)
    return Spelling(source, inside, other) if small else None


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


def _source(e: Expr) -> Expr:
    """Return the array that a function's operand is a multiple of, or a logarithm in."""
    while e.op in LINEAR or e.op in LOGARITHMS:
        large = [x for x in e.args if x.shape == e.shape and not _is_number(x)]
        if len(large) != 1:
            break
        e = large[0]
    return e


def _is_number(e: Expr) -> bool:
    return e.value is not None and e.size == 1


def _known(e: Expr, spelling: Spelling, normaliser: Normaliser) -> Iterator[Expr]:
    """Yield the known functions of this shape."""
    for x in dict.fromkeys(spelling.arguments):
        opposite = lower(scaled(normaliser.normal(x), Fraction(-1)), x.shape, normaliser.atoms)
        for argument in (x, opposite):
            made = [f(argument) for f in ELEMENTWISE]
            for axis in {y.static["axis"] for y in spelling.inside if "axis" in y.static}:
                made.append(softmax(argument, axis=axis))
                made.append(logsumexp(argument, axis=axis, keepdims=e.ndim == x.ndim))
            fitting = (f for f in made if f.shape == e.shape)
            yield from (f if f.dtype == e.dtype else astype(f, dtype=e.dtype) for f in fitting)


# ------------------------------------------------------------------------------- in exponentials


def _normaliser(spelling: Spelling) -> Normaliser:
    """Return what computes with exponentials of the array that a value is made from."""
    cuts = {spelling.source, *(x for x in spelling.other if x.value is None)}
    return Normaliser(meanings=IN_EXPONENTIALS, forward=(), names={}, facts=Facts({}), cuts=cuts)


def _exponential(nf: Normaliser, e: Expr) -> Poly | None:
    """e^(k x + l y) is a product of powers, of e^x and e^y."""
    result = number(1)
    for mono, k in aligned(nf, e, e.args[0]).items():
        base = lower({mono: Fraction(1)}, e.shape, nf.atoms, fill=False)
        inverse = base.op is log.op
        power = nf.power(aligned(nf, e, base.args[0]) if inverse else _value(nf, e, exp(base)), k)
        if power is None:
            return None
        result = nf.product(result, power)
    return result


def _logarithm(nf: Normaliser, e: Expr) -> Poly:
    """The logarithm of a product with e^x is a sum with x."""
    content, rest = _exponentials_of(aligned(nf, e, e.args[-1]))
    result: Poly = {}
    for atom, labels, k in content:
        assert atom.expr is not None
        result = added(result, _labelled(nf, atom.expr.args[0], labels), k)
    if rest == number(1):
        return result
    inner = lower(rest, e.shape, nf.atoms, fill=False)
    return added(result, _value(nf, e, log(inner)))


def _exponentials_of(p: Poly) -> tuple[Mono, Poly]:
    """Return the powers of e^x by which a polynomial can be divided to have none below."""
    least: dict[Any, Fraction] = {}
    for mono in p:
        for atom, labels, _ in mono:
            if atom.expr is not None and atom.expr.op is exp.op:
                least[atom, labels] = Fraction(0)
    for key in least:
        least[key] = min(next((k for a, x, k in m if (a, x) == key), Fraction(0)) for m in p)
    content = tuple((atom, labels, k) for (atom, labels), k in least.items() if k)
    return content, {quotient(mono, content): k for mono, k in p.items()}


def _error_function(nf: Normaliser, e: Expr) -> Poly:
    """√½ and 1/√2 are one number, up to rounding."""
    p = {mono: Fraction(f"{float(k):.13g}") for mono, k in nf.normal(e.args[0]).items()}
    return nf.atoms.value(erf(lower(p, e.shape, nf.atoms)))


def _value(nf: Normaliser, e: Expr, x: Expr) -> Poly:
    """Return an array as it is, in the frame of an elementwise result."""
    shift = e.ndim - x.ndim
    return relabelled(nf.atoms.value(x), {i: i + shift for i in range(x.ndim)})


def _labelled(nf: Normaliser, x: Expr, labels: Labels) -> Poly:
    """Return an array whose long axes have these labels."""
    axes = [i for i, n in enumerate(x.shape) if n != 1]
    return relabelled(nf.normal(x), dict(zip(axes, labels, strict=True)))


def _defined_by(definition: Callable[..., Any]) -> Meaning:
    return lambda nf, e: nf.normal(lift(definition(*e.args, **e.static)))


IN_EXPONENTIALS = Meanings(
    opened=MEANINGS.opened,
    kept={op: _defined_by(body) for op, body in DEFINITIONS.items()}
    | {
        exp.op: _exponential,
        log.op: _logarithm,
        log1p.op: _defined_by(lambda x: log(1 + x)),
        erf.op: _error_function,
    },
)
"""What functions mean where everything is spelt by exponentials."""


def _vanishes(nf: Normaliser, p: Poly) -> bool:
    """Return whether a sum of fractions is 0, multiplied by all that they are divided by."""
    for _ in range(LARGE):
        below = next((f for mono in p for f in mono if f[0].poly is not None and f[2] < 0), None)
        if below is None:
            return not p
        p = nf.product(p, {((below[0], below[1], Fraction(1)),): Fraction(1)})
    return False
