"""Operations that only move elements: from a place in the result to the place in the operand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from tensorgraph.compiler.loops.scalars import ZERO, Index, Scalar, Shape, constant, scalar
from tensorgraph.compiler.loops.statements import Array, strides_of
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.ops._keys import ARRAY
from tensorgraph.symbolic.expr import Expr

Places = Sequence[Index]
Source = Callable[[Places], list[Index]]
"""Tells where in the operand the element stands that goes to these places of the result."""


def source_of(e: Expr, operands: Sequence[Array]) -> Source | None:
    """Return where an operation's elements come from; ``None`` if no sum of variables tells."""
    rule = _RULES.get(e.op)
    return None if rule is None else rule(e, operands)


def _permuted(order: Sequence[int]) -> Source:
    return lambda places: [places[order.index(d)] for d in range(len(order))]


def _permute_dims(e: Expr, operands: Sequence[Array]) -> Source:
    return _permuted(tuple(e.static["axes"]))


def _matrix_transpose(e: Expr, operands: Sequence[Array]) -> Source:
    n = len(e.shape)
    return _permuted((*range(n - 2), n - 1, n - 2))


def broadcast(shape: Shape, places: Places) -> list[Index]:
    """Return the places in an array that is broadcast to more or longer axes."""
    own = places[len(places) - len(shape) :]
    return [ZERO if n == 1 else place for n, place in zip(shape, own, strict=True)]


def _broadcast_to(e: Expr, operands: Sequence[Array]) -> Source:
    shape = e.args[0].shape
    return lambda places: broadcast(shape, places)


def _flip(e: Expr, operands: Sequence[Array]) -> Source:
    shape, given = e.shape, e.static["axis"]
    flipped = range(len(shape)) if given is None else given
    chosen = {flipped} if isinstance(flipped, int) else {d % len(shape) for d in flipped}
    return lambda places: [
        (place * -1).plus(n - 1) if d in chosen else place
        for d, (n, place) in enumerate(zip(shape, places, strict=True))
    ]


def reshaped(old: Shape, new: Shape) -> Source | None:
    """Return where elements come from that keep their order, if axes are only parted."""
    if 0 in old:
        return None
    sources: list[tuple[list[int], int]] = []  # for each axis of old: axes of new that make it
    i = 0
    for n in old:
        made, size = [], 1
        while size < n and i < len(new):
            made.append(i)
            size *= new[i]
            i += 1
        if size != n:
            return None
        sources.append((made, n))

    def source(places: Places) -> list[Index]:
        found = []
        for made, _ in sources:
            steps = strides_of(tuple(new[d] for d in made))
            found.append(sum((places[d] * s for d, s in zip(made, steps, strict=True)), ZERO))
        return found

    return source


def _reshape(e: Expr, operands: Sequence[Array]) -> Source | None:
    return reshaped(e.args[0].shape, e.shape)


def _windows(e: Expr, operands: Sequence[Array]) -> Source:
    rank = len(e.static["size"])
    steps = [*zip(e.static["stride"], e.static["dilation"], strict=True)]

    def source(places: Places) -> list[Index]:
        lead = len(places) - 2 * rank
        starts, within = places[lead : lead + rank], places[lead + rank :]
        moved = [a * s + b * t for a, b, (s, t) in zip(starts, within, steps, strict=True)]
        return [*places[:lead], *moved]

    return source


def gathering(e: Expr, shape: Shape, arrays: Sequence[Array]) -> Source | None:
    """Return where the elements of ``x[key]`` come from; ``None`` for a key with masks.

    Args:
        e: the operation, ``getitem`` or its adjoint, with its ``key``.
        shape: that of x.
        arrays: the index arrays in the key.
    """
    if any(array.dtype.kind not in "iu" for array in arrays):
        return None
    parts = _all_parts(e.static["key"], len(shape))
    picked = [i for i, part in enumerate(parts) if part is ARRAY or type(part) is int]
    if not any(part is ARRAY for part in parts):
        picked = []  # integers alone leave no axes behind
    together = picked == [*range(picked[0], picked[-1] + 1)] if picked else True
    depth = max((len(array.shape) for array in arrays), default=0)

    def source(places: Places) -> list[Index]:
        given = list(places)
        if picked:  # side by side, their axes stand where the first does; otherwise in front
            before = [p for p in parts[: picked[0]] if not (type(p) is int or p is ARRAY)]
            start = len(before) if together else 0
            shared, given = given[start : start + depth], given[:start] + given[start + depth :]
        rest, lengths, index_arrays = iter(given), iter(shape), iter(arrays)
        found = []
        for part in parts:
            if part is None:
                next(rest)
                continue
            n = next(lengths)
            if part is ARRAY:
                array = next(index_arrays)
                found.append(_gathered(array.at(broadcast(array.shape, shared)), n))
            elif isinstance(part, slice):
                start, _, step = part.indices(n)
                found.append((next(rest) * step).plus(start))
            else:
                found.append(Index(part % n))
        return found

    return source


def _all_parts(key: Any, ndim: int) -> list[Any]:
    """Return a key's parts, with a slice for each axis that it does not name."""
    parts = list(key)
    missing = ndim - sum(part is not None and part is not Ellipsis for part in parts)
    at = parts.index(Ellipsis) if Ellipsis in parts else len(parts)
    parts[at : at + (Ellipsis in parts)] = [slice(None)] * missing
    return parts


def _gathered(value: Scalar, n: int) -> Index:
    """Return the place that an index array names, counted from the end where it is negative."""
    if value.op == "constant":
        return Index(value.extra % n)
    if value.op == "index":
        return value.extra  # type: ignore[no-any-return]
    if value.dtype.kind == "i":
        kind = value.dtype
        low = scalar("less", (value, constant(0, kind)), np.bool_)
        back = scalar("add", (value, constant(n, kind)), kind)
        value = scalar("where", (low, back, value), kind)
    return Index(0, (), ((value, 1),))


def lengths_named(key: Any, shape: Shape) -> list[int]:
    """Return, for each index array in a key, the length of the axis that it names places of."""
    axes = count()
    own = [(part, next(axes)) for part in _all_parts(key, len(shape)) if part is not None]
    return [shape[d] for part, d in own if part is ARRAY]


_RULES: dict[Op | None, Callable[[Expr, Sequence[Array]], Source | None]] = {
    REGISTRY[name]: rule
    for name, rule in {
        "permute_dims": _permute_dims,
        "matrix_transpose": _matrix_transpose,
        "broadcast_to": _broadcast_to,
        "flip": _flip,
        "reshape": _reshape,
        "expand_dims": _reshape,
        "squeeze": _reshape,
        "windows": _windows,
        "getitem": lambda e, operands: gathering(e, operands[0].shape, operands[1:]),
    }.items()
}
