"""Repeating a tensor: as a whole, or element by element."""

from __future__ import annotations

import math
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import integers, whole
from tensorgraph.engine.op import register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import OneOrMore, one_axis
from tensorgraph.ops.index import beside, take
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import reshape

__all__ = ["repeat", "tile"]


def _repetitions(x: Any, *, repetitions: OneOrMore) -> dict[str, Any]:
    reps = integers(repetitions, "repetitions")
    if min(reps, default=0) < 0:
        raise ArgumentError(f"repetitions {reps} must not be negative")
    return {"repetitions": (1,) * (ndim_of(x) - len(reps)) + reps}


def _tile_rule(g: Any, x_shape: tuple[int, ...], repetitions: tuple[int, ...]) -> Any:
    full = (1,) * (len(repetitions) - len(x_shape)) + x_shape
    split_shape = tuple(n for pair in zip(repetitions, full, strict=True) for n in pair)
    copies = g.reshape(split_shape)
    return sum(copies, axis=tuple(range(0, len(split_shape), 2))).reshape(x_shape)


def _tiled_shape(x: Any, *, repetitions: tuple[int, ...]) -> tuple[int, ...]:
    shape = shape_of(x)
    full = (1,) * (len(repetitions) - len(shape)) + shape
    return tuple(k * n for k, n in zip(repetitions, full, strict=True))


tile = register(
    "tile",
    lambda x, *, repetitions: np.tile(x, repetitions),
    {"x": _tile_rule},
    family="shape",
    shape=_tiled_shape,
    prepare=_repetitions,
    code="np.tile(x, repetitions)",
    facts={"moved": True},
    doc="""Return x repeated as a whole, `repetitions` times along each axis.

    >>> tg.tile([1, 2], 2)
    tensor([1, 2, 1, 2])
    """,
)


def _repeats(x: Any, *, repeats: SupportsIndex, axis: SupportsIndex | None) -> dict[str, Any]:
    return {
        "repeats": whole(repeats, "repeats"),
        "axis": None if axis is None else one_axis(axis, ndim_of(x)),
    }


def _repeat_rule(g: Any, x_shape: tuple[int, ...], repeats: int, axis: int | None) -> Any:
    if axis is None:
        size = math.prod(x_shape)
        return sum(g.reshape((size, repeats)), axis=1).reshape(x_shape)
    copies = g.reshape((*x_shape[: axis + 1], repeats, *x_shape[axis + 1 :]))
    return sum(copies, axis=axis + 1)


def _repeated_shape(x: Any, *, repeats: int, axis: int | None) -> tuple[int, ...]:
    shape = (math.prod(x.shape),) if axis is None else x.shape
    return tuple(n * repeats if i == (axis or 0) else n for i, n in enumerate(shape))


_repeat = register(
    "repeat",
    lambda x, *, repeats, axis=None: np.repeat(x, repeats, axis),
    {"x": _repeat_rule},
    family="shape",
    shape=_repeated_shape,
    prepare=_repeats,
    facts={"moved": True},
    doc="Return x with each element repeated as often as the others.",
)


@with_leads
def repeat(x: AnyArray, repeats: AnyArray, axis: SupportsIndex | None = None) -> AnyArray:
    """Return x with each element repeated ``repeats`` times along ``axis`` (of the flat tensor).

    Several numbers, one for each element along the axis, repeat unevenly.

    Raises:
        ArgumentError: a number is negative, or they are not as many as elements.

    Example:
        >>> import tensorgraph as tg
        >>> tg.repeat([1, 2], 2)
        tensor([1, 1, 2, 2])
        >>> tg.repeat([1, 2], [3, 1])
        tensor([1, 1, 1, 2])
    """
    if ndim_of(repeats) == 0:
        return _repeat(x, repeats=repeats, axis=axis)
    counts = integers(repeats, "repeat: repeats")
    x, place = (reshape(x, shape=-1), 0) if axis is None else (x, one_axis(axis, ndim_of(x)))
    n = shape_of(x)[place]
    if len(counts) not in (1, n) or min(counts, default=0) < 0:
        raise ArgumentError(
            f"repeat: repeats is one number or {n}, one for each element along the axis, none"
            f" negative; not {counts}"
        )
    return take(x, beside(np.repeat(np.arange(n), counts), x), axis=place)
