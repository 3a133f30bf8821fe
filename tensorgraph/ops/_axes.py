"""Checking and normalising axis arguments: every op sees non-negative ints in one form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from tensorgraph.engine.shapes import ndim_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, GraphError, describe

Axes = tuple[int, ...]


def one_axis(axis: Any, ndim: int, what: str = "axis") -> int:
    """Return ``axis`` counted from the front.

    Raises:
        AxisError: it lies outside ``-ndim … ndim - 1``.
        DTypeError: it is not an integer.
    """
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
    if not isinstance(axis, (tuple, list)):
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


def to_shape(shape: Any, what: str = "a shape is") -> tuple[int, ...]:
    """Return a length or a sequence of lengths as a tuple of ints."""
    try:
        if isinstance(shape, (tuple, list)):
            return tuple(map(index, shape))
        lengths = (index(shape),) if ndim_of(shape) == 0 else tuple(map(index, shape))
    except TypeError:
        raise DTypeError(f"{what} made of integers, not {shape!r}") from None
    return lengths


def integer(value: Any, what: str) -> int:
    """Return a static parameter as Python's integer."""
    try:
        return index(value)
    except TypeError:
        raise DTypeError(f"{what} is an integer, not {describe(value)}") from None


def number(value: Any, what: str) -> float:
    """Return a static parameter as Python's number.

    Raises:
        DTypeError: it is none.
        GraphError: it is a tensor that needs a gradient, which would be lost.
    """
    if type(value) is Tensor and value.requires_grad:
        raise GraphError(
            f"{what} is a parameter without gradient, but the tensor given for it needs one;"
            " write the formula in ops that take it as an operand"
        )
    single = value.item() if getattr(value, "size", 0) == 1 else value
    if not isinstance(single, (int, float)):
        raise DTypeError(f"{what} is a number, not {describe(value)}")
    return single


def from_list(x: Any) -> Any:
    """Return a list or a number as a tensor, and anything else as it is."""
    return x if hasattr(x, "shape") else asarray(x)
