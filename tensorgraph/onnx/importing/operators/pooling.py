"""Operators over windows: the largest, the mean, and others; over whole images; over regions."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.onnx.importing.operators.products import geometry
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import Ints, allowed, ints

Sides: TypeAlias = tuple[tuple[int, int], ...]


def _beyond(n: int, k: int, s: int, d: int, sides: tuple[int, int]) -> int:
    """Return by how much the last window stands out, if it may as long as it starts inside."""
    span, whole = (k - 1) * d + 1, n + sides[0] + sides[1]
    count = -(-(whole - span) // s) + 1
    if (count - 1) * s >= n + sides[0]:
        count -= 1
    return max((count - 1) * s + span - whole, 0)


def _windows(
    x: Any, size: Ints, strides: Ints | None, dilations: Ints | None, pads: Ints | None,
    auto_pad: str, ceil_mode: int,
) -> tuple[Ints, Ints, Sides, Ints]:  # fmt: skip
    lengths = shape_of(x)[2:]
    stride, dilation, sides = geometry(lengths, size, strides, dilations, pads, auto_pad)
    each = zip(lengths, size, stride, dilation, sides, strict=True)
    more = tuple(_beyond(*one) if ceil_mode else 0 for one in each)
    wide = zip(lengths, sides, more, strict=True)
    allowed((*shape_of(x)[:2], *(n + a + b + extra for n, (a, b), extra in wide)))
    return stride, dilation, sides, more


def _wider(sides: Sides, more: Ints) -> Sides:
    return tuple((a, b + extra) for (a, b), extra in zip(sides, more, strict=True))


def _elements(x: Any, size: Ints, stride: Ints, dilation: Ints, sides: Sides, filler: Any) -> Any:
    """Return windows as (batch, channels, *counts, *size)."""
    wide = ops.pad(x, pad_width=((0, 0), (0, 0), *sides), constant=filler)
    return ops.windows(wide, size=size, stride=stride, dilation=dilation)


def _last(size: Ints) -> Ints:
    return tuple(range(-len(size), 0))


@operator("MaxPool")
def _max_pool(
    x: Any, *, kernel_shape: Ints, auto_pad: str = "NOTSET", ceil_mode: int = 0,
    dilations: Ints | None = None, pads: Ints | None = None, storage_order: int = 0,
    strides: Ints | None = None, n_outputs: int,
) -> Any:  # fmt: skip
    told = kernel_shape, strides, dilations, pads, auto_pad, ceil_mode
    stride, dilation, sides, more = _windows(x, *told)
    sides = _wider(sides, more)
    small = all(max(pair) < k for pair, k in zip(sides, kernel_shape, strict=True))
    if max(dilation) == 1 and small and n_outputs == 1:
        return ops.max_pool(x, size=kernel_shape, stride=stride, padding=sides)
    lowest = -math.inf if x.dtype.kind == "f" else int(np.iinfo(x.dtype).min)
    elements = _elements(x, kernel_shape, stride, dilation, sides, lowest)
    y = ops.max(elements, axis=_last(kernel_shape))
    if n_outputs == 1:
        return y
    places = np.arange(math.prod(shape_of(x)), dtype=np.int64).reshape(shape_of(x))
    if storage_order:
        turned = (*range(ndim_of(x) - 2), ndim_of(x) - 1, ndim_of(x) - 2)
        shape = tuple(shape_of(x)[i] for i in turned)
        places = np.arange(places.size).reshape(shape).transpose(turned)
    named = _elements(places, kernel_shape, stride, dilation, sides, -1)
    rank = len(kernel_shape)
    flat = (*shape_of(elements)[:-rank], math.prod(kernel_shape))
    first = ops.argmax(ops.reshape(elements, shape=flat), axis=-1, keepdims=True)
    chosen = ops.take_along_axis(np.reshape(named, flat), first, axis=-1)
    return y, ops.squeeze(chosen, axis=-1)


@operator("AveragePool")
def average_pool(
    x: Any, *, kernel_shape: Ints, auto_pad: str = "NOTSET", ceil_mode: int = 0,
    count_include_pad: int = 0, dilations: Ints | None = None, pads: Ints | None = None,
    strides: Ints | None = None,
) -> Any:  # fmt: skip
    """Return the means of windows."""
    told = kernel_shape, strides, dilations, pads, auto_pad, ceil_mode
    stride, dilation, sides, more = _windows(x, *told)
    if count_include_pad:
        x = ops.pad(x, pad_width=((0, 0), (0, 0), *sides))
        sides = ((0, 0),) * len(sides)
    sides = _wider(sides, more)
    small = all(max(pair) < k for pair, k in zip(sides, kernel_shape, strict=True))
    if max(dilation) == 1 and small:
        return ops.avg_pool(x, size=kernel_shape, stride=stride, padding=sides)
    last = _last(kernel_shape)
    total = ops.sum(_elements(x, kernel_shape, stride, dilation, sides, 0), axis=last)
    ones = np.ones((1, 1, *shape_of(x)[2:]), x.dtype)
    counted = _elements(ones, kernel_shape, stride, dilation, sides, 0).sum(axis=last)
    return total / np.maximum(counted, 1).astype(x.dtype)


@operator("LpPool")
def _lp_pool(
    x: Any, *, kernel_shape: Ints, auto_pad: str = "NOTSET", ceil_mode: int = 0,
    dilations: Ints | None = None, p: float = 2, pads: Ints | None = None,
    strides: Ints | None = None,
) -> Any:  # fmt: skip
    told = kernel_shape, strides, dilations, pads, auto_pad, ceil_mode
    stride, dilation, sides, more = _windows(x, *told)
    elements = _elements(x, kernel_shape, stride, dilation, _wider(sides, more), 0)
    return _lengths(elements, p, _last(kernel_shape))


def _lengths(x: Any, p: float, axis: Ints, keepdims: bool = False) -> Any:
    if p == 2:
        return ops.norm(x, axis=axis, keepdims=keepdims)
    if p == 1:
        return ops.sum(ops.abs(x), axis=axis, keepdims=keepdims)
    return ops.sum(ops.abs(x) ** p, axis=axis, keepdims=keepdims) ** (1 / p)


@operator("LpNormalization")
def _lp_normalization(x: Any, *, axis: int = -1, p: int = 2) -> Any:
    size = _lengths(x, p, (axis,), keepdims=True)
    return x / ops.where(ops.equal(size, 0), np.asarray(1, x.dtype), size)


def _spatial(x: Any) -> Ints:
    return tuple(range(2, ndim_of(x)))


@operator("GlobalAveragePool")
def global_average_pool(x: Any) -> Any:
    """Return the mean of each channel."""
    return ops.mean(x, axis=_spatial(x), keepdims=True)


@operator("GlobalMaxPool")
def _global_max_pool(x: Any) -> Any:
    return ops.max(x, axis=_spatial(x), keepdims=True)


@operator("GlobalLpPool")
def _global_lp_pool(x: Any, *, p: int = 2) -> Any:
    return _lengths(x, p, _spatial(x), keepdims=True)


@operator("MaxUnpool", settings=(2,))
def _max_unpool(
    x: Any, places: Any, shape: Any = None, *, kernel_shape: Ints, pads: Ints | None = None,
    strides: Ints | None = None,
) -> Any:  # fmt: skip
    stride, _, sides = geometry(shape_of(x)[2:], kernel_shape, strides, None, pads, "NOTSET")
    each = zip(shape_of(x)[2:], kernel_shape, stride, sides, strict=True)
    lengths = tuple((n - 1) * s + k - a - b for n, k, s, (a, b) in each)
    own = allowed((*shape_of(x)[:2], *lengths))
    whole = allowed(own if shape is None else ints(shape, "the shape of MaxUnpool"))
    # Places are counted in what was pooled; a larger result has it in its first corner.
    where = np.unravel_index(places.numpy() if hasattr(places, "numpy") else places, own)
    flat = np.ravel_multi_index(where, own)
    zeros = np.zeros(math.prod(own), x.dtype)
    y = ops.add_at(zeros, flat.reshape(-1), ops.reshape(x, shape=(-1,)))
    y = ops.reshape(y, shape=own)
    grown = [(0, n - m) for n, m in zip(whole, own, strict=True)]
    return y if whole == own else ops.pad(y, pad_width=grown)
