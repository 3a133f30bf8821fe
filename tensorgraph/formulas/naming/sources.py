"""Sources: the caller's arrays as they may stand in an array of another shape.

That is without arithmetic: as they are, transposed, reshaped, with an axis added; elements picked
by labels; and labels as one-hot arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tensorgraph.ops.index import one_hot
from tensorgraph.ops.shape import matrix_transpose, reshape
from tensorgraph.symbolic.expr import Expr, constant
from tensorgraph.symbolic.reader import Place

Index = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """One of the caller's arrays, as it may stand in another array."""

    arrays: tuple[Any, ...]
    """What it is made of."""
    at: Callable[[Index], Any]
    """Its elements at these places of the other array."""
    whole: Callable[[], Any]
    """All of it."""
    expr: Callable[[Place], Expr]
    cost: float
    """How much there is to read in it."""
    axis: int | None = None
    """Along which it is one-hot."""


def sources(array: Any, shape: Sequence[int]) -> Iterator[Source]:
    """Yield the ways in which an array may stand in one of this shape, the simplest first."""
    shape = tuple(shape)
    if _broadcasts(array.shape, shape):
        yield _turned(array, shape, lambda x: x, 0)
    turned = (*array.shape[:-2], *array.shape[:-3:-1])
    if array.ndim >= 2 and _broadcasts(turned, shape) and max(array.shape) < array.size:
        yield _turned(array, shape, lambda x: x.T if array.ndim == 2 else matrix_transpose(x), 1)
    for i, n in enumerate(shape[:-1]):
        if array.shape == (n,):
            wide = (n,) + (1,) * (len(shape) - 1 - i)
            yield _turned(array, shape, partial(reshape, shape=wide), 0.5)
    if array.size == np.prod(shape) and array.shape != shape and array.size > 1:
        if array.ndim != 1 or array.size not in shape:
            yield _turned(array, shape, lambda x: reshape(x, shape=shape), 1)


def picks(x: Any, labels: Any, shape: Sequence[int]) -> Iterator[Source]:
    """Yield x[labels], as class weights are picked, where that has this shape."""
    if labels.size == 0 or x.ndim == 0 or labels.shape + x.shape[1:] != tuple(shape):
        return
    if labels.min() < 0 or labels.max() >= len(x):
        return
    yield Source(
        (x, labels),
        lambda index: x[(labels[index[: labels.ndim]], *index[labels.ndim :])],
        lambda: x[labels],
        lambda place: place(x)[labels,],
        1,
    )


def one_hots(labels: Any, shape: Sequence[int]) -> Iterator[Source]:
    """Yield the one-hot arrays of labels that have this shape."""
    for axis, n in enumerate(shape):
        rest = (*shape[:axis], *shape[axis + 1 :])
        if n < 2 or labels.size == 0 or labels.shape != rest:
            continue
        if labels.min() >= 0 and labels.max() < n:
            yield _one_hot(labels, n, axis)


def _one_hot(labels: Any, n: int, axis: int) -> Source:
    static = {"num_classes": n, "axis": axis, "dtype": np.float64}
    return Source(
        (labels,),
        lambda index: labels[_without(index, axis)] == index[axis],
        lambda: one_hot(labels, **static),
        lambda place: one_hot(constant(labels), **static),
        1,
        axis,
    )


def as_it_is(array: Any) -> Source:
    """Return an array itself."""
    return _turned(array, array.shape, lambda x: x, 0)


def _turned(array: Any, shape: Any, turned: Callable[[Any], Any], cost: float) -> Source:
    return Source(
        (array,),
        lambda index: np.broadcast_to(turned(array), shape)[index],
        lambda: turned(array),
        lambda place: turned(place(array)),
        cost,
    )


def _without(index: Index, axis: int) -> Index:
    return (*index[:axis], *index[axis + 1 :])


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Return whether an array of one shape stands in one of the other by broadcasting."""
    pairs = zip(shape[::-1], to[::-1], strict=False)
    return len(shape) <= len(to) and all(n in (1, m) for n, m in pairs) and shape != ()
