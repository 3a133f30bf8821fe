"""Masks: which condition a boolean array tells, on values that were at hand when it was made.

Comparing records nothing: of ``Z * (Z > 0)`` the graph has only an array of booleans. What order
such an array brings into the values of the graph, and into the caller's arrays, tells what was
compared; the caller's source tells < from ≤ where no element is on the edge.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.caller.statements import IN_OP_BESIDE
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.naming.numbers import Numbers
from tensorgraph.ops.arithmetic import (
    abs,
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    not_equal,
)  # fmt: skip
from tensorgraph.ops.reduce import max, min
from tensorgraph.symbolic.expr import Expr, constant, lift

MIRRORED = {
    "less": "greater", "less_equal": "greater_equal", "greater": "less",
    "greater_equal": "less_equal", "equal": "equal", "not_equal": "not_equal",
}  # fmt: skip
"""What an operation is called with its operands the other way round."""

COMPARED = 24
"""Of so many values, those at hand first, pairs are compared."""

DIGITS = 3
"""Numbers with so many digits after the point are looked for between values."""

CHANCE = 1.5
"""So many bits more than there were choices must a mask hold to be taken for a condition."""

HOT = 0.2
"""In bits: of a batch that is classified right the labels are where the largest value is, too, so
that only a comparison that stands in the source comes before labels."""


class Value(NamedTuple):
    """A value that may have been compared."""

    array: Any
    expr: Callable[[], Expr]
    name: str
    """What the caller calls it; ``""`` if nothing."""
    at_hand: bool
    """Whether the operation that takes the mask computes with it, too."""


class Reading(NamedTuple):
    """A condition that a mask may tell."""

    choices: float
    """Out of how many such conditions it was chosen, in bits."""
    build: Callable[[], Any]
    """Makes the condition as an expression."""
    name: str = ""
    """The variable that holds a number in it."""
    shown: bool = False
    """Whether the source has this comparison."""


Level = tuple[float, float, Callable[[], Any], str]
"""A number to compare with: its value, out of how many it was chosen, in bits, what stands for it
in formulas, and the variable that holds it."""


class Masks:
    """Reads masks as conditions.

    Args:
        scope: the caller's variables.
        numbers: the numbers that these hold.
    """

    def __init__(self, scope: Scope, numbers: Numbers) -> None:
        self.scope, self.numbers = scope, numbers

    def condition(
        self,
        mask: Any,
        values: Sequence[Value],
        hot: Expr | None = None,
        shown: bool = False,
    ) -> Expr | None:
        """Return the condition that a mask tells, if it is one that chance would not give.

        Args:
            mask: the array, in which there are both ``True`` and ``False``.
            values: what may have been compared, those at hand first.
            hot: the mask by labels that it is the one-hot form of, if it is.
            shown: whether only a comparison that stands in the source is one.
        """
        told = _bits(mask) - CHANCE
        readings = (r for r in self._readings(mask, values) if r.shown or not shown)
        found = [reading for reading in readings if reading.choices <= told]
        if hot is not None:
            found.append(Reading(HOT, lambda: hot))
        if not found:
            return None
        best = builtins.min(found, key=lambda reading: reading.choices)
        if best.name:
            alike = (reading.name for reading in found if reading.choices == best.choices)
            self.numbers.guess(best.name, filter(None, alike))
        return lift(best.build())

    def _readings(self, mask: Any, values: Sequence[Value]) -> Iterator[Reading]:
        fitting = [v for v in values if _fits(v.array, mask)]
        further = math.log2(1 + len(fitting))
        for value in fitting:
            free = 0 if value.at_hand else further
            for reading in self._of_one(mask, value):
                yield reading._replace(choices=reading.choices + free)
        pairs = [v for v in fitting if v.array.dtype.kind != "b"][:COMPARED]
        for x in pairs:
            for y in pairs:
                if x is not y and (x.array.size, y.array.size) >= (y.array.size, 0):
                    yield from self._of_two(mask, x, y, 0 if x.at_hand and y.at_hand else further)

    def _of_one(self, mask: Any, value: Value) -> Iterator[Reading]:
        """Yield conditions on one value."""
        x = np.broadcast_to(value.array, mask.shape)
        if x.dtype.kind == "b":
            if not np.any(x == mask):
                yield Reading(1, lambda: logical_not(value.expr()))
            return
        yield from self._between(mask, x, value)
        for axis in range(mask.ndim) if value.array.shape == mask.shape else ():
            for i, (extreme, as_expr) in enumerate(((np.max, max), (np.min, min))):
                if np.array_equal(x == extreme(x, axis=axis, keepdims=True), mask):
                    along = _along(as_expr, value.expr, axis)
                    yield Reading(2 + i + axis, _comparing(equal, value.expr, along))
        if x.dtype.kind == "f" and (x < 0).any() and (x > 0).any():
            size = value._replace(expr=lambda: abs(value.expr()))
            for reading in self._between(mask, np.abs(x), size):
                # Less than 1: what the source compares comes before another value's sign.
                yield reading._replace(choices=reading.choices + 0.5)

    def _between(self, mask: Any, x: Any, value: Value) -> Iterator[Reading]:
        """Yield comparisons of a value with a number, or with two."""
        on, off = x[mask], x[~mask]
        low, high = on.min(), on.max()
        if low == high and not (off == low).any():
            yield from self._compared(value, (low, low), {"equal": equal})
        if off.min() == off.max() and not (on == off.min()).any():
            yield from self._compared(value, (off.min(), off.min()), {"not_equal": not_equal})
        below, above = off[off < low], off[off > high]
        if len(below) + len(above) < len(off):
            return
        lower = [*self._above(value, below.max(), low)] if len(below) else []
        upper = [*self._below(value, high, above.min())] if len(above) else []
        if not (len(below) and len(above)):
            yield from [*lower, *upper]
        else:
            for one in lower:
                for other in upper:
                    yield Reading(
                        1 + one.choices + other.choices,
                        _comparing(logical_and, one.build, other.build),
                        shown=one.shown and other.shown,
                    )

    def _above(self, value: Value, outside: Any, inside: Any) -> Iterator[Reading]:
        strict, touching = {"greater": greater}, {"greater_equal": greater_equal}
        yield from self._compared(value, (outside, inside), strict, touching)

    def _below(self, value: Value, inside: Any, outside: Any) -> Iterator[Reading]:
        strict, touching = {"less": less}, {"less_equal": less_equal}
        yield from self._compared(value, (inside, outside), touching, strict)

    def _compared(
        self, value: Value, gap: tuple[Any, Any], *ways: dict[str, Callable[..., Any]]
    ) -> Iterator[Reading]:
        """Yield comparisons with the numbers in a gap.

        Args:
            value: what is compared.
            gap: between what the number lies.
            ways: the comparisons, by name: one for both ends, or one that holds the number at the
                gap's start and one that holds it at its end.
        """
        for number, choices, expr, name in self._levels(value, *gap):
            fitting = [w for w, end in zip(ways, gap[::-1], strict=False) if number != end]
            for way in fitting if gap[0] != gap[1] else ways:
                for op, compare in way.items():
                    said = self._said(op, number, name, value)
                    condition = _comparing(compare, value.expr, expr)
                    shown = said == IN_OP_BESIDE
                    yield Reading(_doubt(op, choices, said), condition, name, shown)

    def _said(self, op: str, number: float, name: str, value: Value) -> int:
        """Return how well the source speaks for a comparison, as ``Variables.fit`` tells."""
        said, beside = self.scope.variables, {value.name} - {""}
        ops = {op, MIRRORED[op]}
        return said.fit(name, ops, beside) if name else said.fit_of_number(number, ops, beside)

    def _levels(self, value: Value, low: Any, high: Any) -> Iterator[Level]:
        """Yield the numbers in a gap that a value may have been compared with."""
        whole = value.array.dtype.kind in "iu"
        if low <= 0 <= high:
            yield 0, 0, partial(constant, 0), ""
        numbers = self.scope.numbers
        for name, number in numbers.items():
            if low <= number <= high and number != 0 and np.isfinite(number):
                choices = math.log2(1 + len(numbers))
                yield float(number), choices, partial(self.numbers.symbol, name), name
        for digits in range(1 if whole else 1 + DIGITS):
            scale = 10**digits
            number = math.ceil(float(low) * scale) / scale if _has_digits(low) else math.inf
            if number <= high and number != 0 and math.isfinite(number):
                written = int(number) if number == int(number) else number
                choices = 2 + math.log2(1 + builtins.abs(number * scale))
                yield number, choices, partial(constant, written), ""
                return

    def _of_two(self, mask: Any, x: Value, y: Value, free: float) -> Iterator[Reading]:
        """Yield comparisons of two values."""
        ways = {"greater": greater, "greater_equal": greater_equal, "equal": equal}
        if x.array.size != y.array.size:
            ways |= {"less": less, "less_equal": less_equal, "not_equal": not_equal}
        for op, compare in ways.items():
            if np.array_equal(getattr(np, op)(x.array, y.array), mask):
                said = self.scope.variables.fit(y.name, {op, MIRRORED[op]}, {x.name} - {""})
                condition = _comparing(compare, x.expr, y.expr)
                shown = said == IN_OP_BESIDE
                yield Reading(_doubt(op, 3 + 2 * free, said), condition, shown=shown)


def _comparing(
    compare: Callable[..., Any], x: Callable[[], Any], y: Callable[[], Any]
) -> Callable[[], Any]:
    return lambda: compare(x(), y())


def _along(reduce: Callable[..., Any], x: Callable[[], Any], axis: int) -> Callable[[], Any]:
    return lambda: reduce(x(), axis=axis, keepdims=True)


def _doubt(op: str, choices: float, said: int) -> float:
    """Return out of how many a comparison was chosen, in bits, given how the source speaks for it.

    Where nothing else tells them apart, < is likelier than ≤.
    """
    if said == IN_OP_BESIDE:
        return 0.1 * op.endswith("_equal")
    return choices + 0.5 * (IN_OP_BESIDE - said) + 0.1 * op.endswith("_equal")


def _has_digits(x: Any) -> bool:
    """Return whether a number is so small that its digits after the point are known."""
    return math.isfinite(x) and builtins.abs(float(x)) < 1e6


def _fits(array: Any, mask: Any) -> bool:
    """Return whether an array is compared to the shape of a mask."""
    if array.dtype.kind not in "biuf" or not array.ndim or array.size == 0:
        return False
    try:
        shape = np.broadcast_shapes(array.shape, mask.shape)
    except ValueError:
        return False
    return shape == mask.shape and not (array.dtype.kind == "f" and np.isnan(array).any())


def _bits(mask: Any) -> float:
    """Return how much a mask tells: the bits to choose as many elements of as many."""
    n, k = mask.size, int(np.count_nonzero(mask))
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)
