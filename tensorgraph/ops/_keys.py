"""Keys of indexing: what stands in them, and how they index many examples at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import as_array
from tensorgraph.errors import GraphError
from tensorgraph.ops._batching import Operand

ARRAY = "array"
"""Stands in a key for the next index array, which is an operand of its own."""

Key = tuple[Any, ...]


def fill_key(template: Key, arrays: Any) -> Key:
    """Return a key with its index arrays in their places."""
    rest = iter(arrays)
    return tuple(next(rest) if part is ARRAY else part for part in template)


class ExampleKey(NamedTuple):
    """A key that indexes many examples at once."""

    key: Key
    indices: tuple[Any, ...]
    order: tuple[int, ...]
    """The axes of what it gives, in the order of examples first and then as one example's."""


def key_of_examples(
    key: Key, indices: Sequence[Operand], ndim: int, size: int, batched: bool
) -> ExampleKey:
    """Return the key for all examples, of a key for one.

    Args:
        key: a key in which ``ARRAY`` stands for index arrays.
        indices: those arrays.
        ndim: how many axes one example has that is indexed.
        size: how many examples there are.
        batched: whether each example that is indexed is one of its own; or all are the same.
    """
    parts = _spelt(key, indices, ndim)
    kept = sum(part is None or isinstance(part, slice) for part in parts)
    values = tuple(index.value for index in indices)
    if not indices:
        return ExampleKey((slice(None), *parts), (), tuple(range(kept + 1)))
    places = [i for i, part in enumerate(parts) if part is ARRAY or isinstance(part, int)]
    together = places[-1] - places[0] == len(places) - 1
    # Where index arrays stand side by side, what they pick stands there; otherwise in front.
    at = places[0] if together else 0
    picked = max(1 if _is_mask(index) else index.ndim for index in indices)
    axes = range(kept + picked + 1)
    if not any(index.batched for index in indices):
        ahead = 0 if together else picked
        return ExampleKey((slice(None), *parts), values, _to_front(axes, ahead))
    if any(index.batched and _is_mask(index) for index in indices):
        raise GraphError(
            "x[mask] has as many elements as the mask has true ones, which differs from example to"
            " example; write tg.where(mask, x, 0)"
        )
    values = tuple(index.value if _is_mask(index) else index.aligned(picked) for index in indices)
    if not batched:
        return ExampleKey(tuple(parts), values, _to_front(axes, at))
    own = np.arange(size, like=as_array(values[0])).reshape((size, *(1,) * picked))
    rest = axes[1 + picked :]
    order = (0, *rest[:at], *axes[1 : 1 + picked], *rest[at:])
    return ExampleKey((ARRAY, *parts), (own, *values), order)


def _is_mask(index: Operand) -> bool:
    return bool(index.value.dtype.kind == "b")


def _to_front(axes: Sequence[int], axis: int) -> tuple[int, ...]:
    return (axes[axis], *axes[:axis], *axes[axis + 1 :])


def _spelt(key: Key, indices: Sequence[Operand], ndim: int) -> list[Any]:
    """Return a key's parts with slices in the place of an ellipsis, and of axes it leaves out."""
    rest = iter(indices)
    taken = 0
    for part in key:
        if part is ARRAY:
            index = next(rest)
            taken += index.ndim if _is_mask(index) else 1
        else:
            taken += isinstance(part, (int, slice))
    parts = list(key)
    place = parts.index(Ellipsis) if Ellipsis in parts else len(parts)
    parts[place : place + 1] = [slice(None)] * (ndim - taken)
    return parts
