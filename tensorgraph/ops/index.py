"""Indexing and its adjoint, and what is built on them: take, sort, one-hot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from operator import index
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import one_of, whole
from tensorgraph.array_likes import counted, missing_in
from tensorgraph.engine.arrays import (
    as_array,
    default_dtype,
    host_values,
    is_foreign,
    placed,
    to_array,
    to_dtype,
)
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.domain import Integer
from tensorgraph.engine.notation import ITEM, function
from tensorgraph.engine.op import Op, OpFunction, register
from tensorgraph.engine.operands import AnyArray, Index
from tensorgraph.engine.rule import LINEAR, NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import AxisError, DTypeError, GraphError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import inverse, one_axis
from tensorgraph.ops._batching import Operand, Static, along
from tensorgraph.ops._blocks import FEW
from tensorgraph.ops._keys import ARRAY, Key, fill_key, key_of_examples
from tensorgraph.ops._scattering import are_numbers, flat_places, scatter_into
from tensorgraph.ops.shape import permute_dims, reshape

__all__ = [
    "getitem", "one_hot", "scatter", "take", "take_along_axis",
]  # fmt: skip


def split_key(key: Any) -> tuple[Key, list[Any]]:
    """Return an indexing key with its arrays taken out, and the arrays."""
    template: list[Any] = []
    arrays: list[Any] = []
    for part in key if type(key) is tuple else (key,):
        if part is None or part is Ellipsis or type(part) is int:
            template.append(part)
        elif isinstance(part, slice):
            template.append(slice(*map(_bound, (part.start, part.stop, part.step))))
        elif isinstance(part, (np.integer, int)) and not isinstance(part, (bool, np.bool_)):
            template.append(int(part))
        else:
            array = _index_array(part)
            template.append(ARRAY)
            arrays.append(array)
    return tuple(template), arrays


def _index_array(part: Any) -> Any:
    try:
        array = part if is_foreign(part) else to_array(part)
    except DTypeError:
        raise DTypeError(
            "getitem: an index is an integer, a slice, ..., None, or an array of integers or"
            f" booleans, not {part!r}"
        ) from None
    if array.size == 0 and type(part) is list:
        return to_array(part, np.intp)
    if array.dtype.kind not in "iub" and array.ndim == 0:
        raise DTypeError(f"getitem: an index is an integer, not {part!r}; write int(…) around it")
    if array.dtype.kind not in "iub":
        raise DTypeError(
            f"getitem: an index array holds integers or booleans, not {array.dtype};"
            " write .astype('int64')"
        )
    return array


def _bound(value: Any) -> int | None:
    try:
        return None if value is None else index(value)
    except TypeError:
        raise DTypeError(f"getitem: a slice is made of integers, not {value!r}") from None


def _getitem_kernel(x: Any, *indices: Any, key: Key) -> Any:
    one_each = len(key) > 1 and key == (ARRAY,) * np.ndim(x) and are_numbers(indices)
    if one_each and type(x) is np.ndarray and x.size > FEW and x.flags.c_contiguous:
        return np.take(x.reshape(-1), flat_places(indices, x.shape))  # in half of the time
    return x[fill_key(key, indices)]


def indexed_shape(x: Any, *indices: Any, key: Key) -> tuple[int, ...]:
    """Return the shape of ``x[key]``, by NumPy's rules for the shapes of what is in the key."""
    if any(array.dtype.kind == "b" for array in indices):
        return _masked_shape(x, *indices, key=key)
    parts = list(fill_key(key, [shape_of(array) for array in indices]))
    missing = len(shape_of(x)) - len([p for p in parts if p is not None and p is not Ellipsis])
    if missing < 0:
        raise IndexError("too many indices")
    at = parts.index(Ellipsis) if Ellipsis in parts else len(parts)
    parts[at : at + 1] = [slice(None)] * missing
    lengths = iter(shape_of(x))
    result: list[int] = []
    picked: list[tuple[int, ...]] = []  # the shapes of index arrays, of which an integer is one
    places = []
    for place, part in enumerate(parts):
        n = 1 if part is None else next(lengths)
        if part is None or isinstance(part, slice):
            result.append(n if part is None else len(range(*part.indices(n))))
            continue
        if isinstance(part, int) and not -n <= part < n:
            raise IndexError("out of range")
        picked.append(() if isinstance(part, int) else part)
        places.append((place, len(result)))
    if picked:  # side by side they stand where the first does; otherwise in front
        together = places[-1][0] - places[0][0] == len(places) - 1
        at = places[0][1] if together else 0
        result[at:at] = np.broadcast_shapes(*picked)
    return tuple(result)


def _masked_shape(x: Any, *indices: Any, key: Key) -> tuple[int, ...]:
    """Return the shape of ``x[key]`` with masks, whose true elements count."""
    check_masks_known(indices, "getitem", "tg.where(mask, x, 0)")
    arrays = [
        host_values(array) if array.dtype.kind == "b" else np.zeros(array.shape, np.intp)
        for array in indices
    ]
    return np.broadcast_to(np.empty(()), shape_of(x))[fill_key(key, arrays)].shape


def check_masks_known(indices: Iterable[Any], name: str, instead: str) -> None:
    """Raise where a mask is a symbol.

    Raises:
        GraphError: one is; ``instead`` is what may be written.
    """
    masks = [array for array in indices if array.dtype.kind == "b"]
    if any(host_values(mask).shape != mask.shape for mask in masks):
        raise GraphError(
            f"{name}: x[mask] has as many elements as the mask has true ones, which is not"
            f" known of a symbolic mask; write {instead}"
        )


def _items(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    x, *indices = operands
    key, arrays, order = key_of_examples(static["key"], indices, x.ndim, size, x.batched)
    return _in_order(dispatch(op, (x.value, *arrays), {"key": key}), order)


def _in_order(x: Any, order: tuple[int, ...]) -> Any:
    return x if order == tuple(range(len(order))) else permute_dims(x, axes=order)


_getitem = register(
    "getitem",
    _getitem_kernel,
    {
        "x": lambda g, indices, key, x_shape: scatter(g, *indices, key=key, shape=x_shape),
        "*indices": NONDIFF,
    },
    add_into=lambda total, g, *indices, key: scatter_into(total, g, *indices, key=key),
    family="index",
    jvp={"x": LINEAR},
    batch=_items,
    shape=indexed_shape,
    symbol="x[i]",
    notation=ITEM,
    facts={"moved": True},
    doc="Return the elements of x at `key`, in which index arrays are operands of their own.",
)


def _scatter_kernel(x: Any, *indices: Any, key: Key, shape: tuple[int, ...]) -> Any:
    x = as_array(x)
    out = np.zeros(shape, dtype=x.dtype, like=x)
    scatter_into(out, x, *indices, key=key)
    return out


def _scattered(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    x, *indices = operands
    shape = static["shape"]
    key, arrays, order = key_of_examples(static["key"], indices, len(shape), size, True)
    added = Operand(x.spread(size), True).aligned(len(order) - 1)
    moved = _in_order(added, inverse(order))
    return dispatch(op, (moved, *arrays), {"key": key, "shape": (size, *shape)})


_SCATTER = """
    x, rest = np.asarray(x), iter(indices)
    out = np.zeros(shape, x.dtype)
    np.add.at(out, tuple(next(rest) if k == "array" else k for k in key), x)
    return out
"""

scatter: OpFunction = register(
    "scatter",
    _scatter_kernel,
    {
        "x": lambda g, indices, key: _getitem(g, *indices, key=key),
        "*indices": NONDIFF,
    },
    family="index",
    jvp={"x": LINEAR},
    batch=_scattered,
    shape=lambda x, *indices, key, shape: shape,
    symbol="Σ x→i",
    code=_SCATTER,
    doc="""Return zeros of `shape` with x added at `key`: the adjoint of indexing.

    What is added to one and the same place is added one by one, in float16 with the digits of
    float32.

    >>> tg.scatter([1.0, 2.0], key=(slice(1, 3),), shape=(4,))
    tensor([0., 1., 2., 0.])
    """,
)


def getitem(x: AnyArray, key: Index) -> AnyArray:
    """Return ``x[key]`` with NumPy's basic and advanced indexing.

    Raises:
        AxisError: an index is out of range, or there are too many.
        DTypeError: an index array is not of integers or booleans.

    Example:
        >>> import tensorgraph as tg
        >>> tg.tensor([10.0, 20.0, 30.0])[[0, 0, 2]]
        tensor([10., 10., 30.])
    """
    template, arrays = split_key(key)
    return _getitem(x, *arrays, key=template)


@with_leads
def take(
    x: AnyArray, indices: AnyArray, axis: SupportsIndex | None = None, mode: str = "raise"
) -> AnyArray:
    """Return the slices of x at integer ``indices`` along ``axis`` (elements of the flat tensor).

    What lies outside is an error, begins again at the other end (``mode="wrap"``), or stands for
    the nearest (``mode="clip"``, in which negative ones do not count from the end).

    Raises:
        AxisError: an index is out of range, and ``mode`` is ``"raise"``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.take(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 0], axis=1)
        tensor([[2., 1.],
                [4., 3.]])
    """
    if axis is None:
        x, axis = reshape(x, shape=-1), 0
    place = one_axis(axis, ndim_of(x), "take: axis")
    return getitem(x, (*(slice(None),) * place, within(indices, shape_of(x)[place], mode, "take")))


def beside(numbers: Any, x: Any) -> Any:
    """Return numbers that were found in NumPy's memory where x is, such as on its device."""
    return placed(numbers, array_of(x))


def within(indices: Any, count: int, mode: str, name: str) -> Any:
    """Return indices of ``0 … count - 1`` for what lies outside, by NumPy's word for how."""
    one_of(mode, f"{name}: mode", ("raise", "wrap", "clip"))
    if mode == "raise":
        return indices
    array = indices if is_foreign(indices) else to_array(indices)
    if count == 0 and array.size:
        raise AxisError(f"{name}: there is nothing to take from an axis without elements")
    return array % np.maximum(count, 1) if mode == "wrap" else np.clip(array, 0, count - 1)


@with_leads
def take_along_axis(x: AnyArray, indices: AnyArray, axis: SupportsIndex = -1) -> AnyArray:
    """Return the element of x named by ``indices`` in each slice along ``axis``.

    Raises:
        ShapeError: ``indices`` has another number of axes than x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.take_along_axis(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), [[1], [0]], axis=1)
        tensor([[2.],
                [3.]])
    """
    return getitem(x, grid_key(x, indices, axis, "take_along_axis"))


def grid_key(x: Any, indices: Any, axis: SupportsIndex, name: str) -> Key:
    """Return the key of the elements that ``indices`` name in each slice along an axis.

    Raises:
        ShapeError: ``indices`` has another number of axes than x.
    """
    indices = indices if is_foreign(indices) else to_array(indices)
    ndim = ndim_of(x)
    if indices.ndim != ndim:
        raise ShapeError(
            f"{name}: indices of shape {indices.shape} must have as many axes as x of"
            f" shape {shape_of(x)}; write indices[..., None] to add one"
        )
    axis = one_axis(axis, ndim, f"{name}: axis")
    grids = (
        np.arange(n, like=as_array(indices)).reshape((1,) * i + (n,) + (1,) * (ndim - 1 - i))
        for i, n in enumerate(shape_of(x))
    )
    return tuple(indices if i == axis else grid for i, grid in enumerate(grids))


def _one_hot_kernel(labels: Any, *, num_classes: int, axis: int = -1, dtype: Any = None) -> Any:
    labels = as_array(labels)
    check_labels(host_values(labels), num_classes)
    classes = np.arange(num_classes, like=labels)
    hot = np.expand_dims(labels, axis) == classes.reshape(
        [num_classes if i == axis else 1 for i in range(labels.ndim + 1)]
    )
    return hot.astype(dtype)


def check_labels(labels: Any, num_classes: int) -> None:
    """Raise where a class label is not an integer of ``0 … num_classes - 1``."""
    if labels.dtype.kind not in "iu":
        missing = missing_in(labels)
        line = "write .astype('int64')"
        if missing.any():  # which no integer stands for
            line = f"{counted(missing, 'NaN or infinite')}: leave out examples without a label"
        raise DTypeError(f"class labels are integers, not {labels.dtype}; {line}")
    first = first_outside(labels, num_classes)
    if first is not None:
        raise AxisError(
            f"label {labels[first]} at index {first} is not one of the {num_classes} classes"
            f" 0 … {num_classes - 1}{_renumbered(labels, num_classes)}"
        )


def _renumbered(labels: Any, num_classes: int) -> str:
    """Return what to write for labels that are no numbers of classes, if that is plain to see."""
    low, high = int(labels.min()), int(labels.max())
    if low >= 1 and high == num_classes:
        return "; if they count from 1, write labels - 1"
    if num_classes == 2 and low == -1 and not (labels == 0).any():
        return "; for −1 and 1 write (labels + 1) // 2"
    if high >= num_classes:
        return (
            f"; labels up to {high} are {high + 1} classes, for which a model has as many outputs;"
            " tg.data.Classes.of(labels).encode(labels) numbers those that there are"
        )
    return ""


def first_outside(labels: Any, count: int) -> tuple[int, ...] | None:
    """Return where the first of the integers outside ``0 … count - 1`` stands, if there is one."""
    # Seen as unsigned, a negative number is above all that the signed kind can hold.
    unsigned, most = _unsigned(labels.dtype)
    seen, limit = labels.view(unsigned), min(count, most + 1)
    if labels.size == 0 or np.maximum.reduce(seen, axis=None) < limit:
        return None
    return tuple(int(i) for i in np.argwhere(seen >= limit)[0])


@cache
def _unsigned(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], int]:
    """Return the unsigned kind of an integer dtype, and the largest number of its own."""
    return np.dtype(dtype.str.replace("i", "u")), int(np.iinfo(dtype).max)


def _one_hot_static(
    labels: Any, *, num_classes: SupportsIndex, axis: SupportsIndex, dtype: DTypeLike | None
) -> dict[str, Any]:
    return {
        "num_classes": whole(num_classes, "num_classes", 1),
        "axis": one_axis(axis, ndim_of(labels) + 1),
        "dtype": to_dtype(default_dtype() if dtype is None else dtype),
    }


_ONE_HOT = """
    labels, classes = np.asarray(labels), np.arange(num_classes)
    shape = [num_classes if i == axis else 1 for i in range(labels.ndim + 1)]
    return (np.expand_dims(labels, axis) == classes.reshape(shape)).astype(dtype)
"""

one_hot = register(
    "one_hot",
    _one_hot_kernel,
    {"labels": NONDIFF},
    domain={"labels": Integer(0, 4)},
    family="index",
    batch=along("axis"),
    shape=lambda labels, *, num_classes, axis, dtype: (
        *labels.shape[:axis],
        num_classes,
        *labels.shape[axis:],
    ),
    dtype=lambda labels, *, num_classes, axis, dtype: dtype,
    prepare=_one_hot_static,
    facts={"one_hot": "axis"},
    notation=function(arguments=()),
    code=_ONE_HOT,
    letter="Y",
    doc="""Return 1 at each class label and 0 elsewhere, along a new `axis`; it sums to 1 there.

    >>> tg.one_hot([2, 0], 3)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """,
)
