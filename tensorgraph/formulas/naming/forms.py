"""Forms: how NumPy may have computed a constant array from arrays that have a name.

The graph sees ``1 - Y`` only as an array. A table of forms tells how such arrays come about; a few
elements rule out almost all of them, whatever the size, and what is left is compared as a whole.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.formulas.naming.sources import Source, as_it_is
from tensorgraph.ops.activation import relu
from tensorgraph.ops.arithmetic import abs, astype, where
from tensorgraph.ops.moments import std
from tensorgraph.ops.reduce import max, mean, min, sum as total
from tensorgraph.ops.shape import broadcast_to
from tensorgraph.ops.transcendental import exp, log, sqrt
from tensorgraph.symbolic.expr import Expr
from tensorgraph.symbolic.reader import Place

PROBES = 16
"""So many elements of an array are looked at before all are."""

ROUNDING = 64
"""How many units in the last place elements may be off, as a share of the largest."""

STATISTIC = 1e-4
"""What is solved for may be so far off, as a share, to be looked at more closely."""

PAIRS = 48
"""No products and sums are looked for of more arrays than these."""


class Form(NamedTuple):
    """What an array may be of others, element by element."""

    build: Callable[..., Any]
    """Computes it: with arrays, or with expressions."""
    cost: float
    """How much there is to read in it."""


ELEMENTWISE = (
    Form(lambda x: x, 0),
    Form(lambda x: x * x, 1),
    Form(sqrt, 1),
    Form(log, 1),
    Form(exp, 1),
    Form(lambda x: 1 / x, 1),
    Form(abs, 1),
    Form(relu, 1),
)
"""What is made of each element; and a · x + b of that, for numbers that somebody would write."""

ALONG_AN_AXIS = (
    Form(lambda x, axis: x - mean(x, axis=axis, keepdims=True), 2),
    Form(
        lambda x, axis: (x - mean(x, axis=axis, keepdims=True)) / std(x, axis=axis, keepdims=True),
        3,
    ),
    Form(lambda x, axis: x / total(x, axis=axis, keepdims=True), 2),
    Form(lambda x, axis: x / sqrt(total(x * x, axis=axis, keepdims=True)), 3),
)
"""What is made of all elements along an axis."""

REDUCED = (
    Form(lambda x, **axis: total(x, **axis), 1),
    Form(lambda x, **axis: mean(x, **axis), 1),
    Form(lambda x, **axis: total(x * x, **axis), 2),
    Form(lambda x, **axis: sqrt(total(x * x, **axis)), 2),
    Form(lambda x, **axis: std(x, **axis), 2),
    Form(lambda x, **axis: max(x, **axis), 2),
    Form(lambda x, **axis: min(x, **axis), 2),
    Form(lambda x, **axis: max(x, **axis) - min(x, **axis), 3),
)
"""What all elements along an axis, or all there are, come to."""

OF_TWO = (
    Form(lambda x, y: x * y, 2),
    Form(lambda x, y: x + y, 2),
    Form(lambda x, y: x - y, 2),
    Form(lambda x, y: x / y, 2),
    Form(lambda x, y: -(x * y), 2.5),
    Form(lambda x, y: 1 - x * y, 2.5),
)
"""What is made of two arrays."""


class Reading(NamedTuple):
    """An array as a form of others."""

    cost: float
    sources: tuple[Source, ...]
    build: Callable[..., Any]
    """Computes it of the sources and numbers: arrays, or expressions."""
    numbers: tuple[tuple[float, Any], ...] = ()
    """Each number's value, and what stands for it in formulas: maybe made of the first source."""

    def expr(self, place: Place, shape: Sequence[int]) -> Expr:
        """Return the array as an expression."""
        arrays = [_computable(source.expr(place)) for source in self.sources]
        numbers = [e(arrays[0]) if callable(e) else e for _, e in self.numbers]
        e: Expr = self.build(*arrays, *numbers)
        return e if e.shape == tuple(shape) else broadcast_to(e, shape=tuple(shape))

    def gives(self, array: Any) -> bool:
        """Return whether all elements are what the form says, up to rounding."""
        operands = [*(as_numbers(s.whole()) for s in self.sources), *(v for v, _ in self.numbers)]
        with np.errstate(all="ignore"):
            found = np.asarray(self.build(*operands))
            wanted = as_numbers(array)
            scale = builtins.max(float(np.abs(x).max()) for x in (wanted, *operands))
            return bool((np.abs(found - wanted) <= rounding(array.dtype) * scale).all())


def _computable(e: Expr) -> Expr:
    """Return a mask as the numbers 0 and 1, which other operations take than masks do."""
    return astype(e, dtype=np.float64) if e.dtype.kind == "b" else e


class Target:
    """An array that is to be explained, and what a few of its elements are."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.index = np.unravel_index(_probed(array), array.shape)
        self.probes = as_numbers(array[self.index])

    def rows(self, sources: Sequence[Source]) -> Any:
        """Return the same elements of each source, a row each."""
        rows = [as_numbers(source.at(self.index)) for source in sources]
        return np.array(rows).reshape(len(rows), len(self.probes))

    def line_at(self, axis: int, kept: int = 1) -> tuple[Any, ...]:
        """Return where the elements along an axis are, through the last of the probes.

        Args:
            axis: of an array.
            kept: 1 if the target has that axis too, 0 otherwise.
        """
        at = [i[-1] for i in self.index]
        return (*at[:axis], slice(None), *at[axis + kept :])


Number = Callable[[float], tuple[float, Any] | None]
"""Gives a number as it was written, and what stands for it in formulas; ``None`` for one that
nobody would write."""

NumberBeside = Callable[[float, Sequence[Any]], tuple[float, Any] | None]
"""Gives the same of a number beside arrays."""


def readings(
    target: Target, sources: Sequence[Source], arrays: Sequence[Any], number: NumberBeside
) -> Iterator[Reading]:
    """Yield the forms that a few elements allow, the simplest first.

    Args:
        target: the array to explain.
        sources: what may stand in it.
        arrays: what its elements may be sums of, or the like.
        number: what numbers are.
    """
    with np.errstate(all="ignore"):
        rows = target.rows(sources)
        found = [
            *_of_elements(target, sources, rows, number),
            *_along_axes(target, sources),
            *_reductions(target, arrays),
        ]
    yield from sorted(found, key=lambda reading: reading.cost)
    with np.errstate(all="ignore"):
        found = [*_of_two(target, sources, rows), *_choices(target, sources, rows)]
    yield from sorted(found, key=lambda reading: reading.cost)


def _of_elements(
    target: Target, sources: Sequence[Source], rows: Any, number: NumberBeside
) -> Iterator[Reading]:
    """Yield a · f(x) + b, with numbers that somebody would write."""
    for form in ELEMENTWISE:
        values = np.asarray(form.build(rows))
        for i, a, b in _affine(target, values):
            beside = _beside(sources[i], number)
            known = _Known(sources[i], beside) if form.cost == 0 else beside
            for line in _lines(a, b, target.array.dtype, known):
                yield Reading(
                    form.cost + line.cost + sources[i].cost,
                    (sources[i],),
                    lambda x, *numbers, f=form.build, line=line: line.build(f(x), *numbers),
                    line.numbers,
                )


def _affine(target: Target, values: Any) -> Iterator[tuple[int, float, float]]:
    """Yield the rows of which the target is a multiple with a number added, and these numbers."""
    t, each = target.probes, np.arange(len(values))
    low, high = values.argmin(axis=1), values.argmax(axis=1)
    a = (t[high] - t[low]) / (values[each, high] - values[each, low])
    b = t[low] - a * values[each, low]
    terms = a[:, None] * values
    scale = np.abs(terms).max(axis=1) + np.abs(b)
    near = np.abs(terms + b[:, None] - t) <= rounding(target.array.dtype) * scale[:, None]
    for i in np.flatnonzero(near.all(axis=1) & (a != 0)):
        yield int(i), float(a[i]), float(b[i])


def _beside(source: Source, number: NumberBeside) -> Number:
    """Return what gives numbers as they were written beside a source."""
    return lambda v: number(v, source.arrays)


class _Known:
    """Gives numbers as they were written, or as what all elements of a source come to."""

    def __init__(self, source: Source, number: Number) -> None:
        self.source, self.number = source, number
        self._values: list[float] | None = None

    def __call__(self, v: float) -> tuple[float, Any] | None:
        found = self.number(v)
        if found is not None:
            return found
        if self._values is None:
            self._values = statistics(self.source.whole())
        for value, form in zip(self._values, REDUCED, strict=True):
            if builtins.abs(value - v) <= STATISTIC * builtins.abs(value):
                return value, partial(form.build, axis=None)
        return None


class _Line(NamedTuple):
    """What is done to x in a · x + b."""

    cost: float
    build: Callable[..., Any]
    numbers: tuple[tuple[float, Any], ...] = ()


def _lines(a: float, b: float, dtype: Any, number: Number) -> Iterator[_Line]:
    """Yield the ways to write a · x + b, those without numbers that nobody would write."""
    close = 16 * rounding(dtype) * (builtins.abs(a) + builtins.abs(b))

    def alike(x: float, y: float) -> bool:
        return builtins.abs(x - y) <= close

    if alike(b, 0):
        if alike(a, 1):
            yield _Line(0, lambda x: x)
        elif alike(a, -1):
            yield _Line(0.5, lambda x: -x)
        else:
            yield from _written(1, lambda x, k: k * x, (a,), number)
            yield from _written(1, lambda x, k: x / k, (1 / a,), number)
    elif alike(a, 1):
        yield from _written(0.7, lambda x, c: x + c, (b,), number)
    elif alike(a, -1):
        yield from _written(0.7, lambda x, c: c - x, (b,), number)
    else:
        if alike(a, -b):
            yield from _written(1.2, lambda x, k: k * (1 - x), (b,), number)
        turned = b > 0 > a
        build = (lambda x, k, c: c - k * x) if turned else (lambda x, k, c: k * x + c)
        yield from _written(1.5, build, (-a if turned else a, b), number)
        yield from _written(1.7, lambda x, c, k: (x - c) / k, (-b / a, 1 / a), number)


def _written(
    cost: float, build: Callable[..., Any], values: Sequence[float], number: Number
) -> Iterator[_Line]:
    found = [number(v) for v in values]
    if None not in found:
        yield _Line(cost, build, tuple(filter(None, found)))


def _along_axes(target: Target, sources: Sequence[Source]) -> Iterator[Reading]:
    """Yield what is made of the elements along an axis of an array of the same shape."""
    for source in sources:
        (x, *others) = source.arrays
        if others or source.cost or x.shape != target.array.shape:
            continue
        for axis in range(x.ndim):
            at = target.line_at(axis)
            before, after = as_numbers(x[at]), as_numbers(target.array[at])
            for form in ALONG_AN_AXIS:
                if len(before) > 1 and is_near(after, form.build(before, 0), target.array.dtype):
                    build = lambda x, f=form.build, axis=axis: f(x, axis)  # noqa: E731
                    yield Reading(form.cost, (source,), build)


def _reductions(target: Target, arrays: Sequence[Any]) -> Iterator[Reading]:
    """Yield what the elements of an array along an axis come to, where that has this shape."""
    shape = target.array.shape
    for x in arrays:
        for axis in range(x.ndim):
            for kept in (0, 1) if x.ndim > 1 else ():
                if x.shape[:axis] + (1,) * kept + x.shape[axis + 1 :] != shape or 1 in x.shape:
                    continue
                some = as_numbers(x[target.line_at(axis, kept)])
                for form in REDUCED:
                    found = np.asarray(form.build(some, axis=0))
                    if is_near(target.probes[-1], found, target.array.dtype):
                        static = {"axis": axis, "keepdims": bool(kept)}
                        source = as_it_is(x)
                        build = lambda x, f=form.build, static=static: f(x, **static)  # noqa: E731
                        yield Reading(form.cost, (source,), build)


def _of_two(target: Target, sources: Sequence[Source], rows: Any) -> Iterator[Reading]:
    """Yield sums, products and quotients of two arrays."""
    near = [i for i, source in enumerate(sources) if source.cost <= 1][:PAIRS]
    for form in OF_TWO:
        values = np.asarray(form.build(rows[near][:, None], rows[near][None, :]))
        gap = np.abs(values - target.probes).max(axis=2)
        scale = np.abs(rows[near]).max(axis=1)
        allowed = rounding(target.array.dtype) * (np.abs(target.probes).max() + scale)
        for i, j in np.argwhere(gap <= allowed).tolist():
            x, y = sources[near[i]], sources[near[j]]
            yield Reading(form.cost + x.cost + y.cost, (x, y), form.build)


def _choices(target: Target, sources: Sequence[Source], rows: Any) -> Iterator[Reading]:
    """Yield where(c, x, y) of arrays, one of which may be a number."""
    t = target.probes
    equal = np.abs(rows - t) <= rounding(target.array.dtype) * np.abs(t)
    for i, condition in enumerate(sources):
        on = rows[i] == 1
        if condition.whole().dtype.kind != "b" or on.all() or not on.any():
            continue
        for x in _branches(equal, t, on):
            for y in _branches(equal, t, ~on):
                arrays = [sources[b] for b in (x, y) if isinstance(b, int)]
                if arrays:
                    build = _choice(x, y)
                    cost = 3 + builtins.sum(source.cost for source in (condition, *arrays))
                    yield Reading(cost, (condition, *arrays), build)


def _branches(equal: Any, t: Any, on: Any) -> list[int | float]:
    """Return the rows that equal the target at these probes; and a number, where that does."""
    found: list[int | float] = [int(i) for i in np.flatnonzero(equal[:, on].all(axis=1))]
    same = (t[on] == t[on][0]).all()
    return [*found[:4], float(t[on][0])] if same else found[:4]


def _choice(x: int | float, y: int | float) -> Callable[..., Any]:
    if isinstance(x, float):
        return lambda c, y: where(_condition(c), x, y)
    if isinstance(y, float):
        return lambda c, x: where(_condition(c), x, y)
    return lambda c, x, y: where(_condition(c), x, y)


def _condition(c: Any) -> Any:
    """Return a mask that was made numbers as a mask again."""
    return c.args[0] if type(c) is Expr and c.op is astype.op else c != 0


# ------------------------------------------------------------------------------------- comparing


def rounding(dtype: Any) -> float:
    """Return how far off elements may be, as a share of the largest: none are of whole numbers."""
    return ROUNDING * float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)


def is_near(found: Any, expected: Any, dtype: Any) -> bool:
    """Return whether arrays are equal up to rounding in a dtype."""
    scale = np.abs(expected).max(initial=0.0)
    return bool((np.abs(found - expected) <= rounding(dtype) * scale).all())


def statistics(array: Any) -> list[float]:
    """Return what all elements of an array come to, by each form."""
    with np.errstate(all="ignore"):
        return [float(form.build(as_numbers(array), axis=None)) for form in REDUCED]


def as_numbers(array: Any) -> Any:
    """Return an array in double precision, in which booleans and whole numbers add up."""
    return np.asarray(array, np.float64)


def _probed(array: Any) -> Any:
    """Return where to look at an array: here and there, and at its ends."""
    some = np.linspace(0, array.size - 1, PROBES).astype(int)
    return np.unique([*some, array.argmin(), array.argmax()])


def evidence(array: Any) -> float:
    """Return how many bits tell an array from others that one meets: what chance is up against."""
    some = array.flat[:: builtins.max(array.size // 256, 1)]
    values, counts = np.unique(some, return_counts=True)
    share = counts / len(some)
    pattern = -float((share * np.log2(share)).sum()) * len(some)
    return pattern + 20 * builtins.sum(len(repr(v.item())) > 10 for v in values[:4])
