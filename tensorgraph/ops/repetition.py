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


def _repeats(x: Any, *, repeats: SupportsIndex, axis: SupportsIndex | None) -> dict[str, Any]:
    if ndim_of(repeats) != 0:
        raise ArgumentError("repeats is one number; write x[indices] to repeat unevenly")
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

    >>> tg.repeat([1, 2], 2)
    tensor([1, 1, 2, 2])
    """,
)
