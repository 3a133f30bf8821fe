"""Operators that take elements by their places, or put others there."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.arrays import TEXT
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import (
    allowed,
    axes_of,
    axis_of,
    ints,
    known,
    number,
    one_int,
)


@operator("Gather", weights={0: "weight"})
def _gather(x: Any, indices: Any, *, axis: int = 0) -> Any:
    axis = axis_of(axis, ndim_of(x))
    if x.dtype == TEXT:
        return np.take(x, known(indices, "the indices of Gather"), axis=axis)
    if type(indices) is np.ndarray and not indices.ndim:
        return x[(*(slice(None),) * axis, int(indices))]
    return ops.take(x, indices, axis=axis)


@operator("GatherElements")
def _gather_elements(x: Any, indices: Any, *, axis: int = 0) -> Any:
    axis = axis_of(axis, ndim_of(x))
    return x[_along(indices, axis)]


def _along(indices: Any, axis: int) -> tuple[Any, ...]:
    """Return the key of elements that stand where their indices do, but along one axis."""
    grids: list[Any] = list(np.ogrid[tuple(map(slice, shape_of(indices)))])
    grids[axis] = indices
    return tuple(grids)


@operator("GatherND")
def _gather_nd(x: Any, indices: Any, *, batch_dims: int = 0) -> Any:
    return x[_key(indices, shape_of(x), batch_dims)]


def _key(indices: Any, shape: tuple[int, ...], batch_dims: int = 0) -> tuple[Any, ...]:
    """Return the key of what the rows of indices name, below axes that both have in common."""
    rank = ndim_of(indices) - 1
    batch = np.ogrid[tuple(map(slice, shape[:batch_dims]))] if batch_dims else []
    grids = [np.reshape(g, (*g.shape, *(1,) * (rank - batch_dims))) for g in batch]
    named = shape_of(indices)[-1]
    if named + batch_dims > len(shape):
        raise OnnxError(f"indices of {named} numbers into a value of shape {shape}")
    return (*grids, *(indices[..., i] for i in range(named)))


_AT = {"none": ops.set_at, "add": ops.add_at, "mul": ops.multiply_at, "max": ops.max_at,
       "min": ops.min_at}  # fmt: skip


def _put(x: Any, key: tuple[Any, ...], updates: Any, reduction: str) -> Any:
    if reduction not in _AT:
        raise OnnxError(f"reduction {reduction!r}; known are {', '.join(_AT)}")
    key = tuple(known(part, "an index of what is put into a value") for part in key)
    if not shape_of(x):
        key = ()
    if type(x) is type(updates) is np.ndarray:
        x = ops.positive(x) if x.dtype.kind != "b" else x
    return _AT[reduction](x, key, updates)


@operator("Scatter", "ScatterElements")
def _scatter_elements(
    x: Any, indices: Any, updates: Any, *, axis: int = 0, reduction: str = "none"
) -> Any:
    axis = axis_of(axis, ndim_of(x))
    return _put(x, _along(indices, axis), updates, reduction)


@operator("ScatterND")
def _scatter_nd(x: Any, indices: Any, updates: Any, *, reduction: str = "none") -> Any:
    return _put(x, _key(indices, shape_of(x)), updates, reduction)


@operator("TensorScatter")
def _tensor_scatter(
    past: Any, update: Any, start: Any = None, *, axis: int = -2, mode: str = "linear"
) -> Any:
    axis = axis_of(axis, ndim_of(past))
    n, steps = shape_of(past)[axis], shape_of(update)[axis]
    batch = shape_of(past)[0]
    starts = (0,) * batch if start is None else ints(start, "where TensorScatter writes")
    along = np.array(starts)[:, None] + np.arange(steps)
    along = along % n if mode == "circular" else along
    grids: list[Any] = list(np.ogrid[tuple(map(slice, shape_of(update)))])
    shape = [1] * ndim_of(past)
    shape[0], shape[axis] = batch, steps
    grids[axis] = along.reshape(shape)
    return _put(past, tuple(grids), update, "none")


@operator("Slice", since=1)
def _slice_attributes(
    x: Any, *, starts: tuple[int, ...], ends: tuple[int, ...], axes: tuple[int, ...] | None = None
) -> Any:
    return _slice(x, starts, ends, axes)


@operator("Slice", since=10, settings=(1, 2, 3, 4))
def _slice(x: Any, starts: Any, ends: Any, axes: Any = None, steps: Any = None) -> Any:
    first, last = ints(starts, "the starts of Slice"), ints(ends, "the ends of Slice")
    places = tuple(range(len(first))) if axes is None else axes_of(axes, ndim_of(x))
    strides = (1,) * len(first) if steps is None else ints(steps, "the steps of Slice")
    key = [slice(None)] * ndim_of(x)
    for axis, start, end, step in zip(places, first, last, strides, strict=True):
        key[axis] = _bounded(start, end, step, shape_of(x)[axis])
    return x[tuple(key)]


def _bounded(start: int, end: int, step: int, n: int) -> slice:
    """Return a slice whose ends the standard puts into the range; backwards to the last place."""
    if step == 0:
        raise OnnxError("Slice in steps of 0")
    start, end = (at + n if at < 0 else at for at in (start, end))
    if step > 0 or n == 0:
        return slice(max(start, 0), max(end, 0), step)
    start, end = min(max(start, 0), n - 1), min(max(end, -1), n - 1)
    return slice(start, None if end < 0 else end, step)


@operator("Compress", settings=(1,))
def _compress(x: Any, condition: Any, *, axis: int | None = None) -> Any:
    kept = np.flatnonzero(known(condition, "the condition of Compress"))
    if axis is None:
        return ops.take(ops.reshape(x, shape=(-1,)), kept, axis=0)
    return ops.take(x, kept, axis=axis)


@operator("NonZero")
def _non_zero(x: Any) -> Any:
    array = known(x, "NonZero")
    found = np.nonzero(array.reshape(-1))[0]
    places = np.unravel_index(found, array.shape) if array.ndim else ()
    return np.array(places, np.int64).reshape(array.ndim, len(found))  # a number has no axes


@operator("OneHot", settings=(1, 2))
def _one_hot(indices: Any, depth: Any, values: Any, *, axis: int = -1) -> Any:
    n = one_int(depth, "the depth of OneHot")
    shape = shape_of(indices)
    axis = axis_of(axis, len(shape) + 1)
    allowed((*shape, n))
    places = ops.expand_dims(ops.astype(indices, dtype=np.int64), axis=axis)
    places = ops.where(places < 0, places + n, places)
    along = np.arange(n).reshape([-1 if i == axis else 1 for i in range(len(shape) + 1)])
    return ops.where(ops.equal(places, along), values[1], values[0])


@operator("NonMaxSuppression", settings=(2, 3, 4))
def _non_max_suppression(
    boxes: Any, scores: Any, most: Any = None, iou: Any = None, least: Any = None,
    *, center_point_box: int = 0,
) -> Any:  # fmt: skip
    corners = _corners(known(boxes, "NonMaxSuppression").astype(np.float64), center_point_box)
    points = known(scores, "NonMaxSuppression")
    limit = 0 if most is None else one_int(most, "NonMaxSuppression")
    overlap = 0.0 if iou is None else number(iou, "NonMaxSuppression")
    floor = -np.inf if least is None else number(least, "NonMaxSuppression")
    chosen: list[tuple[int, int, int]] = []
    for batch, classes in enumerate(points):
        for label, row in enumerate(classes):
            kept: list[int] = []
            for box in np.argsort(-row, kind="stable").tolist():
                if len(kept) >= limit or row[box] <= floor:
                    break
                if all(_iou(corners[batch, box], corners[batch, k]) <= overlap for k in kept):
                    kept.append(box)
            chosen += [(batch, label, box) for box in kept]
    return np.array(chosen, np.int64).reshape(-1, 3)


def _corners(boxes: Any, centred: int) -> Any:
    """Return the smaller and the larger corner of boxes."""
    if centred:
        middle, half = boxes[..., :2], boxes[..., 2:] / 2
        return np.concatenate([middle - half, middle + half], -1)
    first, second = boxes[..., :2], boxes[..., 2:]
    return np.concatenate([np.minimum(first, second), np.maximum(first, second)], -1)


def _iou(a: Any, b: Any) -> float:
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    common = sides.prod()
    both = (a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - common
    return float(common / both) if both > 0 else 0.0
