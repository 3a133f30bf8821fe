"""Numbers in products: irrational ones by what they are, and which of them are multiplied out.

Gradient rules and code have log 2 and √π as decimals.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.formulas.algebra.polynomials import ONE, Factor, Mono, number, root_of
from tensorgraph.ops.arithmetic import multiply
from tensorgraph.ops.transcendental import log, sqrt
from tensorgraph.symbolic.expr import Expr, constant

LONG = 10
"""Numbers of fewer characters are what they look like."""


LARGE = 1e100
"""Numbers above this, or as small, are nobody's roots; their squares may be no floats."""

WHOLES = 10_000
"""The roots of whole numbers below this are recognised."""


class Irrational(NamedTuple):
    """A rational number times powers of numbers that have a name."""

    factor: Fraction
    powers: dict[Expr, Fraction]


PI, TWO = constant(math.pi), constant(2)
WHOLE, HALF = Fraction(1), Fraction(1, 2)
BASES: dict[float, dict[Expr, Fraction]] = {
    math.log(2): {log(TWO): WHOLE},
    math.log(10): {log(constant(10)): WHOLE},
    math.sqrt(2): {TWO: HALF},
    math.sqrt(3): {constant(3): HALF},
    math.sqrt(math.pi): {PI: HALF},
    math.sqrt(2 * math.pi): {TWO: HALF, PI: HALF},
    math.pi: {PI: WHOLE},
}
"""The numbers that are recognised, and in multiples and quotients, too."""


def irrational(value: float, dtype: np.dtype[np.floating]) -> Irrational | None:
    """Return a decimal number as a multiple of one that has a name, or of its reciprocal.

    Args:
        value: the number.
        dtype: the type that it was computed in, whose digits decide.
    """
    if len(repr(value)) < LONG or not 1 / LARGE < abs(value) < LARGE:
        return None
    eps = float(np.finfo(dtype).eps)
    root = _root_of_whole(value, eps)
    if root is not None:
        return root
    largest = 64 if eps < 1e-12 else 4  # of more fractions, one is near any number
    for base, powers in BASES.items():
        for sign in (1, -1):
            share = value / base**sign
            factor = Fraction(share).limit_denominator(largest)
            near = factor.numerator and abs(share - factor) <= 4 * eps * abs(share)
            if near and abs(factor.numerator) <= largest:
                return Irrational(factor, {e: sign * power for e, power in powers.items()})
    return None


def _root_of_whole(value: float, eps: float) -> Irrational | None:
    """Return a number as the root of a whole one, or its reciprocal: the 1/√8 of attention."""
    for power in (1, -1):
        n = round(value ** (2 * power))
        near = n < WHOLES and abs(abs(value) ** power - math.sqrt(n)) <= eps * math.sqrt(n)
        if near and math.isqrt(n) ** 2 != n:
            return Irrational(Fraction(1 if value > 0 else -1), {constant(n): power * HALF})
    return None


def rational(value: float, dtype: np.dtype[np.floating]) -> Fraction:
    """Return a decimal number as the fraction that it is: 0.1 as it looks, 0.041666667 as 1/24.

    Args:
        value: the number.
        dtype: the type that it was computed in, whose digits decide.
    """
    exact = Fraction(repr(value) if dtype != np.float32 else str(np.float32(value)))
    if len(repr(value)) < LONG:
        return exact
    eps = float(np.finfo(dtype).eps)
    double = eps < 1e-12
    found = exact.limit_denominator(10_000 if double else 2_000)
    simple = double or abs(found.numerator) <= 2 or found.denominator <= 64
    return found if simple and found and abs(value - found) <= eps * abs(value) else exact


def root(k: Fraction, exponent: Fraction) -> Irrational:
    """Return a positive number to a rational power, with what is no square under a root."""
    exact = root_of(k, exponent)
    n = k.numerator * k.denominator
    if exponent.denominator != 2 or exact**2 == k**exponent.numerator or n > LARGE:
        return Irrational(exact, {})
    square = max(s for s in range(1, math.isqrt(n) + 1) if n % (s * s) == 0)
    outside = Fraction(square, k.denominator) ** exponent.numerator
    return Irrational(outside, {constant(n // square**2): exponent})


LARGE = 100_000
"""What is under a root of a larger number is not looked for."""


def multiplied_out(k: Fraction, mono: Mono) -> tuple[Fraction, Mono]:
    """Return a number times a product in which at most one number stands, 0.8 as in x / 0.8."""
    numbers = [f for f in mono if type(_value(f)) in (int, float) and f[2].denominator == 1]
    numbers = [f for f in numbers if f[0].expr is not PI]
    if len(numbers) + (abs(k) != 1) < 2:
        return k, mono
    for f in numbers:
        k *= number(_value(f))[ONE] ** int(f[2])
    return k, tuple(f for f in mono if f not in numbers)


def roots_apart(k: Fraction, mono: Mono) -> tuple[Fraction, Mono, tuple[list[Expr], list[Expr]]]:
    """Return what is left of a number times a product without the roots of numbers in it.

    Those above and those below the line are under one root each: √2 / √π, 1 / √(2 π).
    """
    above: list[Expr] = []
    below: list[Expr] = []
    rest = []
    for f in mono:
        e, n = f[0].expr, _value(f)
        if e is None or n is None or abs(f[2]) != HALF:
            rest.append(f)
        elif f[2] < 0 and type(n) is int and k.numerator % n == 0:
            k /= n
            above.append(e)
        else:
            (above if f[2] > 0 else below).append(e)
    roots = tuple([sqrt(reduce(multiply, es))] if es else [] for es in (above, below))
    return k, tuple(rest), roots  # type: ignore[return-value]


def _value(f: Factor) -> Any:
    """Return the number that a factor is a power of, if it is one."""
    return None if f[0].expr is None else f[0].expr.value
