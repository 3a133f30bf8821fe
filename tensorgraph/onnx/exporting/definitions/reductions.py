"""Running results, and what is left of no elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.shapes import shape_of
from tensorgraph.ops.arithmetic import (
    add,
    astype,
    equal,
    greater,
    isnan,
    less,
    logical_and,
    logical_or,
    multiply,
    where,
)
from tensorgraph.ops.joining import concat
from tensorgraph.ops.shape import broadcast_to, reshape
from tensorgraph.ops.transcendental import logaddexp


def _any(x: Any, *, axis: Any, keepdims: bool) -> Any:
    return np.any(np.zeros(shape_of(x), bool), axis=axis, keepdims=keepdims)


def _all(x: Any, *, axis: Any, keepdims: bool) -> Any:
    return np.all(np.zeros(shape_of(x), bool), axis=axis, keepdims=keepdims)


def _doubling(combine: Callable[..., tuple[Any, ...]], xs: tuple[Any, ...], axis: Any) -> Any:
    """Return running results along an axis in log₂ n passes, each over twice as many terms.

    ``combine(before, now)`` takes and returns as many arrays as there are in ``xs``.
    """
    n, lead = shape_of(xs[0])[axis], (slice(None),) * axis
    step = 1
    while step < n:
        first, last = (*lead, slice(step)), (*lead, slice(step, None))
        before = tuple(x[(*lead, slice(None, -step))] for x in xs)
        both = combine(before, tuple(x[last] for x in xs))
        xs = tuple(concat([x[first], y], axis=axis) for x, y in zip(xs, both, strict=True))
        step *= 2
    return xs[0]


def _running(combine: Callable[..., Any]) -> Callable[..., Any]:
    def definition(x: Any, *, axis: int | None) -> Any:
        if axis is None:
            x, axis = reshape(x, shape=-1), 0
        return _doubling(lambda x, y: (combine(x[0], y[0]),), (x,), axis)

    return definition


def _logcumsumexp(x: Any, *, axis: int | None) -> Any:
    x = x if x.dtype.kind == "f" else astype(x, np.float64)
    return _running(logaddexp)(x, axis=axis)


def _linear_recurrence(x: Any, factors: Any, *, axis: int) -> Any:
    def combine(before: Any, now: Any) -> Any:
        (y, a), (z, b) = before, now
        return z + where(equal(y, 0), 0, b * y), b * a

    return _doubling(combine, (x, factors), axis)


def _cumulative_max_place(x: Any, *, axis: int, least: bool) -> Any:
    n = shape_of(x)[axis]
    places = np.arange(n).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    places = broadcast_to(places, shape_of(x))
    better = less if least else greater

    def combine(before: Any, now: Any) -> Any:
        (x, i), (y, j) = before, now
        fresh = better(y, x)
        if y.dtype.kind == "f":  # the first NaN stays the best
            fresh = logical_and(logical_or(fresh, isnan(y)), equal(x, x))
        return where(fresh, y, x), where(fresh, j, i)

    def swapped(before: Any, now: Any) -> Any:  # the places are what is wanted
        return combine(before[::-1], now[::-1])[::-1]

    return _doubling(swapped, (places, x), axis)


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "any": _any,
    "all": _all,
    "cumulative_prod": _running(multiply),
    "cumulative_sum": _running(add),
    "logcumsumexp": _logcumsumexp,
    "linear_recurrence": _linear_recurrence,
    "cumulative_max_place": _cumulative_max_place,
}
"""By the names of the operations in the registry."""
