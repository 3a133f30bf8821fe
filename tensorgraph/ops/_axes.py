"""Axes as ops see them: a tuple of non-negative ints, whatever form they were given in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any, NamedTuple, SupportsIndex

import numpy as np

from tensorgraph.engine.arrays import array_beside
from tensorgraph.engine.tensor import asarray, wrap
from tensorgraph.errors import ArgumentError, AxisError, DTypeError

Axes = tuple[int, ...]

OneOrMore = SupportsIndex | Sequence[SupportsIndex]
"""What a call may give for lengths, or steps: one, or one for each axis."""

SomeAxes = OneOrMore | None
"""What a call may give for axes: one, several, or None for all."""


def one_axis(axis: Any, ndim: int, what: str = "axis") -> int:
    """Return ``axis`` counted from the front.

    Raises:
        AxisError: it lies outside ``-ndim … ndim - 1``.
        DTypeError: it is not an integer.
    """
    if type(axis) is int and -ndim <= axis < ndim:
        return axis % ndim
    try:
        number = index(axis)
    except TypeError:
        raise DTypeError(f"{what} must be an integer, not {axis!r}") from None
    if not -ndim <= number < ndim:
        allowed = f"allowed are {-ndim} … {ndim - 1}" if ndim else "it has no axes"
        raise AxisError(f"{what} {number} is out of range for a tensor with {ndim} axes: {allowed}")
    return number % ndim


def some_axes(axis: Any, ndim: int) -> Axes:
    """Return ``None`` (all), one axis or several as a sorted tuple, counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int or not isinstance(axis, (tuple, list)):
        return (one_axis(axis, ndim),)
    if len(axis) == 1:
        return (one_axis(axis[0], ndim),)
    axes = tuple(sorted(one_axis(a, ndim) for a in axis))
    if len(set(axes)) != len(axes):
        raise ArgumentError(f"axis {tuple(axis)} names an axis twice")
    return axes


def kept(shape: Sequence[int], axis: Axes) -> tuple[int, ...]:
    """Return the shape of a reduction over ``axis`` that keeps the reduced axes as 1."""
    return tuple(1 if i in axis else n for i, n in enumerate(shape))


def length(shape: Sequence[int], axis: Axes) -> int:
    """Return how many elements a reduction over ``axis`` takes together."""
    return math.prod([shape[i] for i in axis])


def inverse(order: Sequence[int]) -> Axes:
    """Return the permutation that undoes ``order``."""
    return tuple(int(i) for i in np.argsort(order))


class Block(NamedTuple):
    """Axes that a reshape makes into others, which have as many elements together."""

    old: Axes
    new: Axes
    lengths: Axes
    """Those of the new axes."""


def blocks(old: Sequence[int], new: Sequence[int]) -> list[Block]:
    """Return which axes of a shape a reshape makes into which, as few at a time as can be.

    Axes of length 1 are left out.
    """
    olds = [i for i, n in enumerate(old) if n != 1][::-1]
    news = [i for i, n in enumerate(new) if n != 1][::-1]
    found = []
    while olds:
        left, right = [olds.pop()], [news.pop()]
        while (a := length(old, tuple(left))) != (b := length(new, tuple(right))):
            if a < b:
                left.append(olds.pop())
            else:
                right.append(news.pop())
        found.append(Block(tuple(left), tuple(right), tuple(new[i] for i in right)))
    return found


def part(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """Return a slice along one axis, counted from the front."""
    return x[(*(slice(None),) * axis, slice(start, stop))]


def from_list(x: Any) -> Any:
    """Return a list or a number as a tensor, and anything else as it is."""
    return x if hasattr(x, "shape") else asarray(x)


def from_lists(*values: Any) -> tuple[Any, ...]:
    """Return lists and numbers among values as tensors, in double precision beside float64."""
    return tuple(x if hasattr(x, "shape") else wrap(array_beside(x, values)) for x in values)
