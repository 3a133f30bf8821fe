"""Functions in exponentials: what they are there, and whether two values are the same there.

e^(x + y) is a product of powers, and fractions are compared cross-multiplied. What depends on the
sign of x means one thing on each side of 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

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
from tensorgraph.ops.arithmetic import abs as absolute
from tensorgraph.ops.extrema import maximum, minimum
from tensorgraph.ops.logits import log_softmax, logsumexp, softmax
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.transcendental import erf, exp, expm1, log, log1p, logaddexp
from tensorgraph.ops.trigonometric import cosh, sinh, tanh
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

PIECEWISE = {absolute.op, maximum.op, minimum.op}
"""What is one function on each side of 0."""

FRACTIONS = 40
"""A sum that is divided by more sums is not compared."""


@dataclass(eq=False, kw_only=True)
class Exponentials(Normaliser):
    """Turns expressions into polynomials over powers of e^x, x the array that they are made from.

    Args:
        source: the array.
        above: the side of 0 that its elements are taken to be on.
    """

    source: Expr
    above: bool = True

    def sign(self, p: Poly) -> int | None:
        """Return the sign of a multiple of the array; ``None`` for anything else."""
        ((own, _),) = self.atoms.value(self.source).items()
        if set(p) != {own}:
            return None
        return 1 if (p[own] > 0) == self.above else -1


def in_exponentials(source: Expr, others: Iterable[Expr], above: bool) -> Exponentials:
    """Return what computes with exponentials of an array, where others stand for themselves."""
    return Exponentials(
        meanings=IN_EXPONENTIALS, forward=(), names={}, facts=Facts({}),
        cuts={source, *others}, source=source, above=above,
    )  # fmt: skip


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


def _absolute(nf: Normaliser, e: Expr) -> Poly | None:
    p = nf.normal(e.args[0])
    sign = _sign(nf, p)
    return None if sign is None else scaled(p, Fraction(sign))


def _extreme(of_larger: int) -> Meaning:
    """Return what the larger of two values means, or the smaller: which it is, their sign tells."""

    def meaning(nf: Normaliser, e: Expr) -> Poly | None:
        p, q = (aligned(nf, e, x) for x in e.args)
        sign = _sign(nf, added(p, q, Fraction(-1)))
        return None if sign is None else p if sign == of_larger else q

    return meaning


def _sign(nf: Normaliser, p: Poly) -> int | None:
    return nf.sign(p) if isinstance(nf, Exponentials) else None


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
        absolute.op: _absolute,
        maximum.op: _extreme(1),
        minimum.op: _extreme(-1),
    },
)
"""What functions mean where everything is spelt by exponentials."""


def vanishes(nf: Normaliser, p: Poly) -> bool:
    """Return whether a sum of fractions is 0, multiplied by all that they are divided by."""
    for _ in range(FRACTIONS):
        below = next((f for mono in p for f in mono if f[0].poly is not None and f[2] < 0), None)
        if below is None:
            return not p
        p = nf.product(p, {((below[0], below[1], Fraction(1)),): Fraction(1)})
    return False
