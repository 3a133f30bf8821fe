"""Repeating a tensor: as a whole, or element by element."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import integers, whole
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.op import Op, register
from tensorgraph.engine.rule import LINEAR
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError
from tensorgraph.ops._axes import OneOrMore, one_axis
from tensorgraph.ops._batching import Operand, Static, flat_or_along
from tensorgraph.ops._keys import ARRAY
from tensorgraph.ops.index import beside, scatter
from tensorgraph.ops.reduce import sum

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


def _tiled(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    repetitions = static["repetitions"]
    x = operands[0].aligned(len(repetitions))
    return dispatch(op, (x,), {"repetitions": (1, *repetitions)})


tile = register(
    "tile",
    lambda x, *, repetitions: np.tile(x, repetitions),
    {"x": _tile_rule},
    family="shape",
    jvp={"x": LINEAR},
    batch=_tiled,
    shape=_tiled_shape,
    prepare=_repetitions,
    code="np.tile(x, repetitions)",
    facts={"moved": True},
    doc="""Return x repeated as a whole, `repetitions` times along each axis.

    >>> tg.tile([1, 2], 2)
    tensor([1, 2, 1, 2])
    """,
)


def _repeats(x: Any, *, repeats: OneOrMore, axis: SupportsIndex | None) -> dict[str, Any]:
    place = None if axis is None else one_axis(axis, ndim_of(x))
    if ndim_of(repeats) == 0:
        return {"repeats": whole(repeats, "repeats"), "axis": place}
    counts = integers(repeats, "repeats")
    n = math.prod(shape_of(x)) if place is None else shape_of(x)[place]
    counts = counts * n if len(counts) == 1 else counts
    if len(counts) != n or min(counts, default=0) < 0:
        raise ArgumentError(
            f"repeats is one number or {n}, one for each element along the axis, none negative; not"
            f" {counts}"
        )
    return {"repeats": counts, "axis": place}


def _repeat_rule(g: Any, x_shape: tuple[int, ...], repeats: Any, axis: int | None) -> Any:
    if axis is None:
        flat = (math.prod(x_shape),)
        return _repeat_rule(g, flat, repeats, 0).reshape(x_shape)
    if isinstance(repeats, tuple):
        sources = beside(np.repeat(np.arange(x_shape[axis]), repeats), g)
        return scatter(g, sources, key=(*(slice(None),) * axis, ARRAY), shape=x_shape)
    copies = g.reshape((*x_shape[: axis + 1], repeats, *x_shape[axis + 1 :]))
    return sum(copies, axis=axis + 1)


def _repeated_shape(x: Any, *, repeats: Any, axis: int | None) -> tuple[int, ...]:
    shape = (math.prod(x.shape),) if axis is None else x.shape
    place = axis or 0
    n = math.fsum(repeats) if isinstance(repeats, tuple) else shape[place] * repeats
    return (*shape[:place], int(n), *shape[place + 1 :])


repeat = register(
    "repeat",
    lambda x, *, repeats, axis=None: np.repeat(x, repeats, axis),
    {"x": _repeat_rule},
    family="shape",
    jvp={"x": LINEAR},
    batch=flat_or_along,
    shape=_repeated_shape,
    prepare=_repeats,
    facts={"moved": True},
    doc="""Return x with each element repeated `repeats` times along `axis` (of the flat tensor).

    Several numbers, one for each element along the axis, repeat unevenly.

    >>> tg.repeat([1, 2], 2)
    tensor([1, 1, 2, 2])
    >>> tg.repeat([1, 2], [3, 1])
    tensor([1, 1, 1, 2])
    """,
)
