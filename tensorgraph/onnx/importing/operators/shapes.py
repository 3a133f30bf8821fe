"""Operators that move elements or make arrays: shapes, axes, joining, padding, constants."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError, ShapeError
from tensorgraph.onnx.importing.arrays import TEXT, dtype_of
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import allowed, axes_of, axis_of, ints, known, one_int


def moved(function: Any, plain: Any) -> Any:
    """Return a function of the engine that leaves tables of text to NumPy's."""

    def call(x: Any, *args: Any, **static: Any) -> Any:
        if x.dtype == TEXT:
            return plain(np.asarray(x), *args, *static.values())
        return function(x, *args, **static)

    return call


reshape = moved(ops.reshape, np.reshape)


@operator("Shape")
def _shape(x: Any, *, start: int = 0, end: int | None = None) -> Any:
    return np.array(shape_of(x)[start:end], np.int64)


@operator("Size")
def _size(x: Any) -> Any:
    return np.array(math.prod(shape_of(x)), np.int64)


@operator("Reshape", since=1)
def _reshape_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    return _reshape(x, np.array(shape, np.int64))


@operator("Reshape", since=5, settings=(1,))
def _reshape(x: Any, shape: Any, *, allowzero: int = 0) -> Any:
    lengths = list(ints(shape, "the shape of Reshape"))
    if not allowzero:
        own = shape_of(x)
        lengths = [own[i] if n == 0 and i < len(own) else n for i, n in enumerate(lengths)]
    if -1 in lengths and 0 in lengths:
        lengths[lengths.index(-1)] = 0
    if 0 in lengths:
        allowed(tuple(max(n, 0) for n in lengths))
    return reshape(x, shape=tuple(lengths))


@operator("Flatten")
def _flatten(x: Any, *, axis: int = 1) -> Any:
    shape = shape_of(x)
    axis = axis + len(shape) if axis < 0 else axis
    return reshape(x, shape=(math.prod(shape[:axis]), math.prod(shape[axis:])))


@operator("Squeeze", since=1)
def _squeeze_axes(x: Any, *, axes: tuple[int, ...] | None = None) -> Any:
    return _squeeze(x, axes)


@operator("Squeeze", since=13, settings=(1,))
def _squeeze(x: Any, axes: Any = None) -> Any:
    shape = shape_of(x)
    if axes is None:
        gone = tuple(i for i, n in enumerate(shape) if n == 1)
    else:
        gone = axes_of(axes, len(shape))
    if any(shape[i] != 1 for i in gone):
        raise ShapeError(f"Squeeze of the axes {gone} of shape {shape}, not all of length 1")
    return reshape(x, shape=tuple(n for i, n in enumerate(shape) if i not in gone))


@operator("Unsqueeze", since=1)
def _unsqueeze_axes(x: Any, *, axes: tuple[int, ...]) -> Any:
    return unsqueeze(x, axes)


@operator("Unsqueeze", since=13, settings=(1,))
def unsqueeze(x: Any, axes: Any) -> Any:
    """Return a value with axes of length 1 besides."""
    shape = list(shape_of(x))
    for axis in sorted(axes_of(axes, len(shape) + known(axes, "axes").size)):
        shape.insert(axis, 1)
    return reshape(x, shape=tuple(shape))


@operator("Transpose")
def _transpose(x: Any, *, perm: tuple[int, ...] | None = None) -> Any:
    axes = tuple(perm) if perm is not None else tuple(range(ndim_of(x)))[::-1]
    if x.dtype == TEXT:
        return np.transpose(x, axes)
    return ops.permute_dims(x, axes=axes)


@operator("Concat", since=1)
def _concat_old(*inputs: Any, axis: int = 1) -> Any:
    return concat(*inputs, axis=axis)


@operator("Concat", since=4)
def concat(*inputs: Any, axis: int) -> Any:
    """Return values joined along an axis."""
    if inputs[0].dtype == TEXT:
        return np.concatenate(inputs, axis)
    if all(type(x) is np.ndarray for x in inputs):
        return np.concatenate(inputs, axis)
    return ops.concat(inputs, axis=axis)


def parts_along(x: Any, lengths: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    """Return parts of given lengths along an axis."""
    before = (slice(None),) * axis_of(axis, ndim_of(x))
    ends = np.cumsum([0, *lengths]).tolist()
    if ends[-1] != shape_of(x)[axis]:
        raise ShapeError(f"Split of shape {shape_of(x)} along axis {axis} into lengths {lengths}")
    return tuple(x[(*before, slice(start, stop))] for start, stop in pairwise(ends))


@operator("Split", since=1)
def _split_lengths(
    x: Any, *, axis: int = 0, split: tuple[int, ...] | None = None, n_outputs: int
) -> Any:
    return _split(x, split, axis=axis, n_outputs=n_outputs)


@operator("Split", since=13, settings=(1,))
def _split(
    x: Any, split: Any = None, *, axis: int = 0, num_outputs: int | None = None, n_outputs: int
) -> Any:
    if split is not None:
        return parts_along(x, ints(split, "the lengths of Split"), axis)
    total, parts = shape_of(x)[axis], n_outputs
    each = -(-total // parts)
    return parts_along(x, (*(each,) * (parts - 1), total - each * (parts - 1)), axis)


@operator("Expand", settings=(1,))
def _expand(x: Any, shape: Any) -> Any:
    wanted = ints(shape, "the shape of Expand")
    full = np.broadcast_shapes(shape_of(x), allowed(wanted))
    if x.dtype == TEXT:
        return np.broadcast_to(x, full)
    return ops.broadcast_to(x, shape=allowed(full))


@operator("Tile", since=6, settings=(1,))
def _tile(x: Any, repeats: Any) -> Any:
    times = ints(repeats, "the numbers of Tile")
    allowed((*shape_of(x), *times))
    return np.tile(x, times) if x.dtype == TEXT else ops.tile(x, repetitions=times)


# ---------------------------------------------------------------------------------------- padding


@operator("Pad", since=1)
def _pad_attributes(
    x: Any, *, pads: tuple[int, ...] | None = None, paddings: tuple[int, ...] | None = None,
    mode: str = "constant", value: float = 0.0,
) -> Any:  # fmt: skip
    return _pad(x, pads if pads is not None else paddings, np.asarray(value, x.dtype), mode=mode)


@operator("Pad", since=11, settings=(1, 2, 3))
def _pad(x: Any, pads: Any, value: Any = None, axes: Any = None, *, mode: str = "constant") -> Any:
    rank = ndim_of(x)
    places = tuple(range(rank)) if axes is None else axes_of(axes, rank)
    numbers = ints(pads, "the widths of Pad")
    widths = [(0, 0)] * rank
    for i, axis in enumerate(places):
        widths[axis] = (numbers[i], numbers[i + len(places)])
    x = _cropped(x, widths)
    grown = tuple((max(a, 0), max(b, 0)) for a, b in widths)
    allowed(tuple(n + a + b for n, (a, b) in zip(shape_of(x), grown, strict=True)))
    if mode == "constant":
        filler = 0 if value is None else known(value, "the number of Pad").reshape(-1)[0].item()
        return ops.pad(x, pad_width=grown, constant=filler)
    return ops.pad(x, pad_width=grown, mode=mode)


def _cropped(x: Any, widths: list[tuple[int, int]]) -> Any:
    """Return a value without what negative widths take away."""
    if all(a >= 0 and b >= 0 for a, b in widths):
        return x
    each = zip(shape_of(x), widths, strict=True)
    return x[tuple(slice(max(-a, 0), n + min(b, 0)) for n, (a, b) in each)]


@operator("CenterCropPad", settings=(1,))
def _center_crop_pad(x: Any, shape: Any, *, axes: tuple[int, ...] | None = None) -> Any:
    rank = ndim_of(x)
    places = tuple(range(rank)) if axes is None else axes_of(axes, rank)
    widths = [(0, 0)] * rank
    for axis, wanted in zip(places, ints(shape, "the shape of CenterCropPad"), strict=True):
        more = wanted - shape_of(x)[axis]
        before = more // 2 if more >= 0 else -(-more // 2)
        widths[axis] = (before, more - before)
    x = _cropped(x, widths)
    grown = tuple((max(a, 0), max(b, 0)) for a, b in widths)
    allowed(tuple(n + a + b for n, (a, b) in zip(shape_of(x), grown, strict=True)))
    return ops.pad(x, pad_width=grown)


# ------------------------------------------------------------------------------ channels, triangles


@operator("DepthToSpace")
def _depth_to_space(x: Any, *, blocksize: int, mode: str = "DCR") -> Any:
    n, c, h, w = shape_of(x)
    b = blocksize
    if mode == "DCR":
        parts = ops.reshape(x, shape=(n, b, b, c // (b * b), h, w))
        parts = ops.permute_dims(parts, axes=(0, 3, 4, 1, 5, 2))
    else:
        parts = ops.reshape(x, shape=(n, c // (b * b), b, b, h, w))
        parts = ops.permute_dims(parts, axes=(0, 1, 4, 2, 5, 3))
    return ops.reshape(parts, shape=(n, c // (b * b), h * b, w * b))


@operator("SpaceToDepth")
def _space_to_depth(x: Any, *, blocksize: int, mode: str = "DCR") -> Any:
    n, c, h, w = shape_of(x)
    b = blocksize
    parts = ops.reshape(x, shape=(n, c, h // b, b, w // b, b))
    order = (0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
    parts = ops.permute_dims(parts, axes=order)
    return ops.reshape(parts, shape=(n, c * b * b, h // b, w // b))


@operator("Trilu", settings=(1,))
def _trilu(x: Any, k: Any = None, *, upper: int = 1) -> Any:
    shift = 0 if k is None else one_int(k, "the diagonal of Trilu")
    rows, columns = shape_of(x)[-2:]
    shift = max(-rows - 1, min(shift, columns + 1))
    return ops.triu(x, k=shift) if upper else ops.tril(x, k=shift)


@operator("EyeLike")
def _eye_like(x: Any, *, dtype: int | None = None, k: int = 0) -> Any:
    rows, columns = shape_of(x)
    made = x.dtype if dtype is None else dtype_of(dtype, "EyeLike: the result")
    return np.eye(rows, columns, k, made)


@operator("ConstantOfShape", settings=(0,))
def _constant_of_shape(shape: Any, *, value: Any = None) -> Any:
    lengths = allowed(ints(shape, "the shape of ConstantOfShape"))
    filler = np.zeros(1, np.float32) if value is None else value
    return np.full(lengths, filler.reshape(-1)[0], filler.dtype)


@operator("Range", settings=(0, 1, 2))
def _range(start: Any, limit: Any, delta: Any) -> Any:
    first, last, step = (known(value, "Range").reshape(-1)[0] for value in (start, limit, delta))
    if step == 0 or not np.isfinite([first, last, step]).all():
        raise OnnxError(f"Range from {first} to {last} in steps of {step}")
    count = max(math.ceil((float(last) - float(first)) / float(step)), 0)
    allowed((count,))
    return (first + np.arange(count).astype(first.dtype) * step).astype(first.dtype)


@operator("ReverseSequence", settings=(1,))
def _reverse_sequence(x: Any, lengths: Any, *, batch_axis: int = 1, time_axis: int = 0) -> Any:
    steps = shape_of(x)[time_axis]
    counts = np.array(ints(lengths, "the lengths of ReverseSequence"))
    at = np.arange(steps)[:, None]
    places = np.where(at < counts, counts - 1 - at, at)  # (time, batch)
    places = places if time_axis < batch_axis else places.T
    missing = [i for i in range(ndim_of(x)) if i not in (batch_axis, time_axis)]
    places = np.broadcast_to(np.expand_dims(places, tuple(missing)), shape_of(x))
    return ops.take_along_axis(x, places, axis=time_axis)


@operator("Col2Im", settings=(1, 2))
def _col2im(
    x: Any, image: Any, block: Any, *, dilations: tuple[int, ...] | None = None,
    pads: tuple[int, ...] | None = None, strides: tuple[int, ...] | None = None,
) -> Any:  # fmt: skip
    lengths, size = ints(image, "the image of Col2Im"), ints(block, "the block of Col2Im")
    rank = len(size)
    dilation, stride = dilations or (1,) * rank, strides or (1,) * rank
    around = pads or (0,) * (2 * rank)
    wide = allowed(tuple(n + around[i] + around[i + rank] for i, n in enumerate(lengths)))
    counts = tuple(
        (n - (k - 1) * d - 1) // s + 1
        for n, k, d, s in zip(wide, size, dilation, stride, strict=True)
    )
    batch, rows, _ = shape_of(x)
    parts = ops.reshape(x, shape=(batch, rows // math.prod(size), *size, *counts))
    order = (0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
    parts = ops.permute_dims(parts, axes=order)
    whole = ops.overlap_add(parts, shape=wide, stride=stride, dilation=dilation)
    inner = (slice(around[i], around[i] + n) for i, n in enumerate(lengths))
    return whole[(slice(None), slice(None), *inner)]
