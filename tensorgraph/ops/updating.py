"""A tensor with some elements changed, which is another tensor: set, added to, put in, left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import to_shape
from tensorgraph.engine.arrays import host_values, is_foreign, to_array
from tensorgraph.engine.operands import AnyArray, Index
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import AxisError, DTypeError, GraphError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_list, from_lists, one_axis
from tensorgraph.ops._keys import fill_key
from tensorgraph.ops.arithmetic import astype, where
from tensorgraph.ops.index import (
    beside,
    check_masks_known,
    getitem,
    grid_key,
    indexed_shape,
    scatter,
    split_key,
    take,
)
from tensorgraph.ops.joining import concat
from tensorgraph.ops.segments import segment_max, segment_min, segment_prod
from tensorgraph.ops.shape import broadcast_to, reshape

__all__ = [
    "add_at", "delete", "insert", "max_at", "min_at", "multiply_at", "put_along_axis", "resize",
    "set_at",
]  # fmt: skip


def set_at(x: AnyArray, key: Index, value: AnyArray) -> AnyArray:
    """Return a copy of x in which ``x[key]`` is ``value``; of repeated indices the last wins.

    Example:
        >>> import tensorgraph as tg
        >>> tg.set_at(tg.zeros(3), 1, 5.0)
        tensor([0., 5., 0.])
    """
    x = from_list(x)
    template, indices = split_key(key)
    check_masks_known(map(array_of, indices), "set_at", "tg.where(mask, value, x)")
    values = _region(x, key, value, "set_at")
    count = math.prod(values.shape)
    if count == 0:
        return add_at(x, key, value)  # nothing to set is nothing to add
    each = np.arange(count).reshape(values.shape)
    arrays = [array_of(i) for i in indices]
    if all(host_values(i).shape == i.shape for i in arrays):
        source = np.full(shape_of(x), -1)
        source[fill_key(template, [host_values(i) for i in arrays])] = each
        source = np.asarray(source, like=array_of(x))
    else:  # the last value has the largest number
        source = max_at(beside(np.full(shape_of(x), -1), x), key, beside(each, x))
    return where(source >= 0, getitem(reshape(values, shape=-1), np.maximum(source, 0)), x)


def _known_index(array: Any, name: str) -> Any:
    """Return an index array in NumPy's memory.

    Raises:
        GraphError: it is a symbol.
    """
    known = host_values(array)
    if known.shape != array.shape:
        raise GraphError(
            f"{name}: which places a symbolic index names is not known; call it outside of what is"
            " compiled or derived"
        )
    return known


def add_at(x: AnyArray, key: Index, value: AnyArray) -> AnyArray:
    """Return a copy of x with ``value`` added at ``key``; repeated indices add up.

    Example:
        >>> import tensorgraph as tg
        >>> tg.add_at(tg.zeros(3), [0, 0, 2], 1.0)
        tensor([2., 0., 1.])
    """
    x = from_list(x)
    template, arrays = split_key(key)
    check_masks_known(map(array_of, arrays), "add_at", "x + tg.where(mask, value, 0)")
    values = _region(x, key, value, "add_at")
    return x + scatter(values, *arrays, key=template, shape=shape_of(x))


def _region(x: Any, key: Any, value: Any, name: str) -> Any:
    """Return ``value`` as a tensor of x's dtype, broadcast to the shape of ``x[key]``."""
    template, indices = split_key(key)
    arrays = [array_of(array) for array in indices]
    try:
        if any(map(is_foreign, arrays)):
            shape = indexed_shape(x, *arrays, key=template)
        else:
            shape = np.broadcast_to(np.empty(()), shape_of(x))[fill_key(template, arrays)].shape
    except IndexError as error:
        raise AxisError(f"{name}: {error}") from None
    given = value if is_foreign(value) else to_array(value)
    if not np.can_cast(given.dtype, x.dtype, "same_kind"):
        raise DTypeError(
            f"{name}: {given.dtype} values would be cut to fit a tensor of {x.dtype}; write"
            f" .astype('{x.dtype}') to convert them"
        )
    value = given if is_foreign(value) else to_array(value, x.dtype)
    try:
        return broadcast_to(astype(value, dtype=x.dtype), shape=shape)
    except ShapeError:
        raise ShapeError(
            f"{name}: a value of shape {value.shape} does not fit x[key] of shape {shape}"
        ) from None


def max_at(x: AnyArray, key: Index, value: AnyArray) -> AnyArray:
    """Return a copy of x in which ``x[key]`` is the larger of itself and ``value``.

    Of repeated indices all values count. Where some tie, they share the gradient evenly.

    Example:
        >>> import tensorgraph as tg
        >>> tg.max_at(tg.zeros(3), [0, 0, 2], [1.0, 5.0, -1.0])
        tensor([5., 0., 0.])
    """
    return _combined(x, key, value, "max_at", segment_max)


def min_at(x: AnyArray, key: Index, value: AnyArray) -> AnyArray:
    """Return a copy of x in which ``x[key]`` is the smaller of itself and ``value``.

    Of repeated indices all values count. Where some tie, they share the gradient evenly.

    Example:
        >>> import tensorgraph as tg
        >>> tg.min_at(tg.zeros(3), [0, 0, 2], [1.0, -5.0, -1.0])
        tensor([-5.,  0., -1.])
    """
    return _combined(x, key, value, "min_at", segment_min)


def multiply_at(x: AnyArray, key: Index, value: AnyArray) -> AnyArray:
    """Return a copy of x with ``x[key]`` multiplied by ``value``; repeated indices by all of them.

    Raises:
        GraphError: the index is a symbol.

    Example:
        >>> import tensorgraph as tg
        >>> tg.multiply_at(tg.ones(3), [0, 0, 2], [2.0, 3.0, 4.0])
        tensor([6., 1., 4.])
    """
    for index in map(array_of, split_key(key)[1]):
        if index.dtype.kind != "b" and host_values(index).shape != index.shape:
            raise GraphError(
                "multiply_at: which places a symbolic index names is not known; where none is"
                " repeated, write tg.add_at(x, index, x[index] * value - x[index])"
            )
    return _combined(x, key, value, "multiply_at", segment_prod)


def _combined(x: Any, key: Any, value: Any, name: str, segments: Callable[..., Any]) -> Any:
    """Combine x's elements with values, each of which belongs to the place that its key names."""
    x = from_list(x)
    _, indices = split_key(key)
    check_masks_known(map(array_of, indices), name, "tg.where(mask, …, x)")
    values = _region(x, key, value, name)
    places = beside(_numbered(shape_of(x)), x)
    named = getitem(places, key)
    labels = concat([reshape(places, shape=-1), reshape(named, shape=-1)])
    elements = concat([reshape(x, shape=-1), reshape(values, shape=-1)])
    return reshape(segments(elements, labels, num_segments=places.size), shape=shape_of(x))


def _numbered(shape: tuple[int, ...]) -> Any:
    return np.arange(math.prod(shape)).reshape(shape)


@with_leads
def put_along_axis(
    x: AnyArray, indices: AnyArray, values: AnyArray, axis: SupportsIndex = -1
) -> AnyArray:
    """Return a copy of x in which the elements that ``take_along_axis`` takes are ``values``.

    Raises:
        ShapeError: ``indices`` has another number of axes than x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.put_along_axis(tg.zeros((2, 2)), [[1], [0]], 5.0, axis=1)
        tensor([[0., 5.],
                [5., 0.]])
    """
    x = from_list(x)
    return set_at(x, grid_key(x, indices, axis, "put_along_axis"), values)


@with_leads
def delete(x: AnyArray, index: Index, axis: SupportsIndex | None = None) -> AnyArray:
    """Return x without what ``index`` names along an axis (elements of the flat tensor).

    It is an integer, a slice, several integers, or a mask that is true for what is left out.

    Raises:
        AxisError: an index is out of range.

    Example:
        >>> import tensorgraph as tg
        >>> tg.delete(tg.tensor([1.0, 2.0, 3.0]), 1)
        tensor([1., 3.])
    """
    x = reshape(x, shape=-1) if axis is None else from_list(x)
    place = 0 if axis is None else one_axis(axis, ndim_of(x), "delete: axis")
    named = _indices(index, "delete")
    try:
        kept = np.delete(np.arange(shape_of(x)[place]), named)
    except IndexError as error:
        raise AxisError(f"delete: {error}") from None
    except ValueError as error:
        raise ShapeError(f"delete: {error}") from None
    return take(x, beside(kept, x), axis=place)


@with_leads
def insert(
    x: AnyArray, index: Index, values: AnyArray, axis: SupportsIndex | None = None
) -> AnyArray:
    """Return x with ``values`` put in before what ``index`` names along an axis (flat by default).

    Raises:
        AxisError: an index is out of range.
        ShapeError: ``values`` do not fit.

    Example:
        >>> import tensorgraph as tg
        >>> tg.insert(tg.tensor([1.0, 2.0]), 1, 5.0)
        tensor([1., 5., 2.])
    """
    x, values = from_lists(x, values)
    values = astype(values, dtype=x.dtype)
    x = reshape(x, shape=-1) if axis is None else x
    place = 0 if axis is None else one_axis(axis, ndim_of(x), "insert: axis")
    new = -1 - _numbered(shape_of(values))
    try:
        sources = np.insert(_numbered(shape_of(x)), _indices(index, "insert"), new, place)
    except IndexError as error:
        raise AxisError(f"insert: {error}") from None
    except ValueError as error:
        raise ShapeError(f"insert: {error}") from None
    size = math.prod(shape_of(x))
    both = concat([reshape(x, shape=-1), reshape(values, shape=-1)])
    return getitem(both, beside(np.where(sources < 0, size - 1 - sources, sources), x))


def _indices(index: Any, name: str) -> Any:
    """Return indices as NumPy's functions of numbers take them."""
    if isinstance(index, (slice, int, np.integer)):
        return index
    array = _known_index(array_of(index), name)
    return array.astype(np.intp) if array.size == 0 else array


@with_leads
def resize(x: AnyArray, shape: Sequence[SupportsIndex] | SupportsIndex) -> AnyArray:
    """Return a tensor of another size, with the elements of x in a row as often as it takes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.resize(tg.tensor([1.0, 2.0, 3.0]), (2, 2))
        tensor([[1., 2.],
                [3., 1.]])
    """
    x, lengths = from_list(x), to_shape(shape, "resize")
    row = reshape(x, shape=-1)
    if not math.prod(shape_of(x)):  # NumPy's answer, too, is zeros
        row = concat([row, beside(np.zeros(1, x.dtype), x)])
    return getitem(row, beside(np.resize(_numbered(shape_of(row)), lengths), x))
