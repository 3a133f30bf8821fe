"""Pooling: the windows of each channel reduced to one number, their largest element or their mean.

Padding never counts: it is never the largest, and a mean is one of what really lies in the window.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterator
from functools import reduce
from itertools import chain, islice, product
from typing import Any

import numpy as np

from tensorgraph.arguments import integers
from tensorgraph.engine.arrays import is_foreign
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.rule import LINEAR, MULTILINEAR, NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops._axes import OneOrMore
from tensorgraph.ops._batching import in_one_batch
from tensorgraph.ops.arithmetic import add, astype, equal, isnan, logical_or, where
from tensorgraph.ops.extrema import maximum
from tensorgraph.ops.padding import pad
from tensorgraph.ops.reduce import all_finite, in_single, max, sum
from tensorgraph.ops.shape import broadcast_to, expand_dims, reshape
from tensorgraph.ops.window import (
    AnyPadding,
    Padding,
    Shape,
    axis_names,
    batch_first,
    batch_last,
    contiguous,
    cropped,
    overlap_add,
    padded,
    per_axis,
    per_side,
    wide,
    window_counts,
    window_view,
    windows,
)

__all__ = ["avg_pool", "avg_pool_grad", "max_pool", "max_pool_grad"]

Static = dict[str, Any]

# -------------------------------------------------------------------------------------- kernels


def _slices(x: Any, axis: int, size: int, stride: int) -> Iterator[Any]:
    """Yield the first elements of all windows along an axis, then the second ones, and so on."""
    lead, end = (slice(None),) * axis, x.shape[axis] - size + 1
    return (x[(*lead, slice(k, k + end, stride))] for k in range(size))


def _lowest(dtype: Any) -> float:
    """Return a number that no number of the dtype is below."""
    if dtype.kind in "fc":
        return -math.inf
    return int(np.iinfo(dtype).min) if dtype.kind == "i" else 0


def _max_pool_kernel(x: Any, *, size: Any, stride: Any = None, padding: Any = 0) -> Any:
    x = padded(x, padding, _lowest(x.dtype))
    # One axis after the other: NumPy's reductions crawl along windows of a few elements.
    for axis, (k, s) in enumerate(zip(size, stride, strict=True), 2):
        x = reduce(np.maximum, _slices(x, axis, k, s))
    return x


def _max_pool_grad_kernel(
    y: Any, x: Any, peaks: Any, *, size: Any, stride: Any = None, padding: Any = 0
) -> Any:
    ones = (1,) * len(size)
    # NaN equals nothing, so padding has no share.
    given = _floating(x)
    x = padded(given, padding, math.nan)
    view = window_view(x, size, stride, ones)
    places = [(..., *at) for at in product(*map(range, size))]
    ties = [np.equal(view[at], peaks) for at in places]
    unknown = np.isnan(peaks)
    if is_foreign(unknown) or unknown.any():  # NaN is the largest where there is one
        nan = window_view(padded(np.isnan(given), padding, False), size, stride, ones)
        ties = [tie | nan[at] for tie, at in zip(ties, places, strict=True)]
    count = np.zeros_like(ties[0], dtype=np.min_scalar_type(len(ties)))
    for tie in ties:
        count += tie
    share = np.empty_like(count, dtype=y.dtype)  # in the order of memory that x has
    share[...] = y
    share /= np.maximum(count, 1)  # of other numbers than its peaks a window has none
    out = np.zeros_like(x, dtype=y.dtype)
    parts = window_view(out, size, stride, ones)
    overlapping = any(s < k for k, s in zip(size, stride, strict=True))
    for at, tie in zip(places, ties, strict=True):
        if overlapping:
            parts[at] += share * tie
        else:  # in one pass over memory
            np.multiply(share, tie, out=parts[at])
    return cropped(out, padding)


def _inside(lengths: Shape, size: Shape, stride: Shape, padding: Padding) -> Any:
    """Return how many elements of each window are no padding."""
    counts = _counts(lengths, size, stride, padding)
    along = []
    for n, k, s, (before, _), count in zip(lengths, size, stride, padding, counts, strict=True):
        starts = np.arange(count) * s - before
        along.append(np.minimum(starts + k, n) - np.maximum(starts, 0))
    return reduce(np.multiply.outer, along)


def _floating(x: Any) -> Any:
    """Return x as numbers that may be averaged and be no number."""
    return x if x.dtype.kind in "fc" else astype(x, dtype=np.float64)


def _avg_pool_kernel(x: Any, *, size: Any, stride: Any = None, padding: Any = 0) -> Any:
    inside = _inside(x.shape[2:], size, stride, padding)
    x = padded(_floating(x), padding, 0)
    inside = np.asarray(inside, x.dtype, like=x)
    means = _window_sums(x, size, stride) / inside
    if not (is_foreign(means) or all_finite(means)):  # a sum may leave the range, not the mean
        count = math.prod(size)
        within = _window_sums(x / count, size, stride) * (count / inside)
        means = np.where(np.isfinite(means), means, within)
    return means


def _window_sums(x: Any, size: Shape, stride: Shape) -> Any:
    """Return the sum of each window; of long ones, that of sums of a few elements."""
    for axis, (k, s) in enumerate(zip(size, stride, strict=True), 2):
        slices = _slices(x, axis, k, s)
        blocks = (reduce(np.add, islice(slices, _FEW)) for _ in range(0, k, _FEW))
        x = reduce(np.add, blocks)
    return x


_FEW = 32
"""How many slices are added one by one."""


def _avg_pool_grad_kernel(
    y: Any, *, shape: Any, size: Any, stride: Any = None, padding: Any = 0
) -> Any:
    y = batch_first(contiguous(batch_last(y)))
    share = y / np.asarray(_inside(shape, size, stride, padding), y.dtype, like=y)
    out = batch_first(np.zeros((y.shape[1], *wide(shape, padding), y.shape[0]), y.dtype, like=y))
    parts = window_view(out, size, stride, (1,) * len(size))
    for at in product(*map(range, size)):
        parts[(..., *at)] += share
    return cropped(out, padding)


# -------------------------------------------------------------------------------------- checks


def _pooling(shape: Shape, size: Any, stride: Any, padding: Any) -> Static:
    """Return the parameters of a pooling of x, of this shape, in one form."""
    rank = len(integers(size, "size")) if ndim_of(size) else builtins.max(len(shape) - 2, 1)
    if len(shape) != rank + 2:
        hint = "; write x[:, None] for the axis of one channel" if len(shape) == rank + 1 else ""
        raise ShapeError(
            f"x of shape {shape} must have shape {axis_names('channels', rank)} to be pooled over"
            f" {size!r}{hint}"
        )
    if 0 in shape[2:]:
        raise ShapeError(f"x of shape {shape} has an empty axis: nothing to pool")
    size = per_axis(size, rank, "size")
    stride = size if stride is None else per_axis(stride, rank, "stride")
    pairs = per_side(padding, shape[2:], size, stride, (1,) * rank)
    if any(builtins.max(pair) >= k for pair, k in zip(pairs, size, strict=True)):
        raise ArgumentError(
            f"padding {padding!r} must be smaller than the windows, of size {size}: one that lay"
            " in the padding alone would hold nothing"
        )
    return {"size": size, "stride": stride, "padding": pairs}


def _counts(lengths: Shape, size: Shape, stride: Shape, padding: Padding) -> Shape:
    return window_counts(lengths, size, stride, (1,) * len(size), padding)


def _check_pool(
    x: Any, *, size: OneOrMore, stride: OneOrMore | None, padding: AnyPadding
) -> Static:
    static = _pooling(shape_of(x), size, stride, padding)
    _counts(shape_of(x)[2:], **static)
    return static


def _check_max_pool_grad(
    y: Any, x: Any, peaks: Any, *, size: OneOrMore, stride: OneOrMore | None, padding: AnyPadding
) -> Static:
    static = _pooling(shape_of(x), size, stride, padding)
    pooled = (*shape_of(x)[:2], *_counts(shape_of(x)[2:], **static))
    if not shape_of(y) == shape_of(peaks) == pooled:
        raise ShapeError(
            f"y of shape {shape_of(y)} and peaks of shape {shape_of(peaks)} must have the shape"
            f" {pooled} of the pooled x"
        )
    return static


def _check_avg_pool_grad(
    y: Any, *, shape: OneOrMore, size: OneOrMore, stride: OneOrMore | None, padding: AnyPadding
) -> Static:
    batch = shape_of(y)[:2]
    shape = per_axis(shape, builtins.max(ndim_of(y) - 2, 1), "shape")
    static = _pooling((*batch, *shape), size, stride, padding)
    pooled = (*batch, *_counts(shape, **static))
    if shape_of(y) != pooled:
        raise ShapeError(
            f"y of shape {shape_of(y)} is no result of such a pooling over {shape}, which gives"
            f" {pooled}"
        )
    return {"shape": shape, **static}


# ---------------------------------------------------------------------------------- definitions


def _axes(size: Shape) -> Shape:
    """Return the axes along which :func:`windows` puts the elements of a window."""
    return tuple(range(-len(size), 0))


def _elements(x: Any, size: Shape, stride: Shape, padding: Padding, constant: float = 0) -> Any:
    """Return the windows of x, padded with a constant."""
    x = pad(x, pad_width=((0, 0), (0, 0), *padding), constant=constant)
    return windows(x, size=size, stride=stride)


def _added_up(parts: Any, lengths: Shape, stride: Shape, padding: Padding) -> Any:
    """Return the array that the elements of windows add up to, without its padding."""
    whole = overlap_add(parts, shape=wide(lengths, padding), stride=stride)
    return cropped(whole, padding)


def _ties(x: Any, peaks: Any, size: Shape, stride: Shape, padding: Padding) -> tuple[Any, Any]:
    """Return which elements of each window equal its peak, and how many do (but 1 for none)."""
    # NaN equals nothing, so padding has no share; NaN of x is the largest where there is one.
    x = _floating(x)
    view = _elements(x, size, stride, padding, math.nan)
    ties = logical_or(
        equal(view, expand_dims(peaks, axis=_axes(size))),
        _elements(isnan(x), size, stride, padding, False),
    )
    return ties, maximum(sum(ties, axis=_axes(size)), 1)


def _max_pool_grad_body(
    y: Any, x: Any, peaks: Any, *, size: Shape, stride: Shape, padding: Padding
) -> Any:
    ties, count = _ties(x, peaks, size, stride, padding)
    parts = where(ties, expand_dims(y / count, axis=_axes(size)), 0)
    return _added_up(parts, shape_of(x)[2:], stride, padding)


def _avg_pool_body(x: Any, *, size: Shape, stride: Shape, padding: Padding) -> Any:
    x = _floating(x)
    inside = _inside(shape_of(x)[2:], size, stride, padding).astype(x.dtype)
    return sum(_elements(x, size, stride, padding), axis=_axes(size)) / inside


def _avg_pool_grad_body(
    y: Any, *, shape: Shape, size: Shape, stride: Shape, padding: Padding
) -> Any:
    share = y / _inside(shape, size, stride, padding).astype(y.dtype)
    parts = broadcast_to(expand_dims(share, axis=_axes(size)), shape=(*shape_of(y), *size))
    return _added_up(parts, shape, stride, padding)


# ---------------------------------------------------------------------------------- in programs


def _tied(x: Any, peak: Any) -> Any:
    """Return which elements are the largest of their window; NaN is where there is one."""
    return logical_or(equal(x, peak), isnan(x))


def _max_pool_lowering(x: Any, *, size: Shape, stride: Shape, padding: Padding) -> Any:
    x = pad(x, pad_width=((0, 0), (0, 0), *padding), constant=_lowest(x.dtype))
    for axis, (k, s) in enumerate(zip(size, stride, strict=True), 2):
        x = reduce(maximum, _slices(x, axis, k, s))
    return x


def _max_pool_grad_lowering(
    y: Any, x: Any, peaks: Any, *, size: Shape, stride: Shape, padding: Padding
) -> Any:
    if size != stride or any(map(any, padding)):
        return _max_pool_grad_body(y, x, peaks, size=size, stride=stride, padding=padding)
    # Windows that touch and do not overlap are axes of their own: (…, count, size, …).
    lead, counts = shape_of(x)[:2], shape_of(peaks)[2:]
    inside = tuple(n * k for n, k in zip(counts, size, strict=True))
    parted = (*lead, *chain.from_iterable(zip(counts, size, strict=True)))
    within = tuple(range(3, len(parted), 2))
    elements = reshape(x[(..., *map(slice, inside))], shape=parted)

    places = product(*map(range, size))
    by_place = [
        elements[(..., *chain.from_iterable((slice(None), i) for i in at))] for at in places
    ]
    count = reduce(add, (astype(_tied(x, peaks), y.dtype) for x in by_place))
    share, wide_peaks = (expand_dims(a, axis=within) for a in (y / maximum(count, 1), peaks))
    out = where(_tied(elements, wide_peaks), share, 0)
    out = reshape(out, shape=(*lead, *inside))
    left = [(0, n - m) for n, m in zip(shape_of(x)[2:], inside, strict=True)]
    return pad(out, pad_width=((0, 0), (0, 0), *left))


# ----------------------------------------------------------------------------------- operations


def _max_pool_rule(g: Any, x: Any, out: Any, size: Shape, stride: Shape, padding: Padding) -> Any:
    return max_pool_grad(g, x, out, size=size, stride=stride, padding=padding)


def _mean_of_ties(g: Any, x: Any, peaks: Any, size: Shape, stride: Shape, padding: Padding) -> Any:
    ties, count = _ties(x, peaks, size, stride, padding)
    return sum(where(ties, _elements(g, size, stride, padding), 0), axis=_axes(size)) / count


def _avg_pool_rule(g: Any, x_shape: Shape, size: Shape, stride: Shape, padding: Padding) -> Any:
    return avg_pool_grad(g, shape=x_shape[2:], size=size, stride=stride, padding=padding)


def _avg_pool_grad_rule(g: Any, size: Shape, stride: Shape, padding: Padding) -> Any:
    return avg_pool(g, size=size, stride=stride, padding=padding)


max_pool: OpFunction = register(
    "max_pool",
    _max_pool_kernel,
    {"x": _max_pool_rule},
    family="fused",
    jvp={
        "x": lambda g, x, out, size, stride, padding: _mean_of_ties(
            g, x, out, size, stride, padding
        )
    },
    batch=in_one_batch,
    symbol="max▦",
    body=lambda x, **pooling: max(
        _elements(x, **pooling, constant=_lowest(x.dtype)), axis=_axes(pooling["size"])
    ),
    lowering=_max_pool_lowering,
    dtype=lambda x, **_: x.dtype,
    prepare=_check_pool,
    notation=function(),
    doc="""Return the largest element of each window of a batch x (batch, channels, *spatial).

    `size`, and `stride` which is the size if not given, are an integer or one for each spatial
    axis. `padding` is written as for `conv`, smaller than the windows, and counts as −∞. The result
    has ⌊(n + padding − size) / stride⌋ + 1 elements along a spatial axis. Tied maxima share the
    gradient evenly, as those of `max` do; in PyTorch the first one takes it all.

    >>> tg.max_pool([[[1.0, 4.0, 3.0, 2.0]]], size=2)
    tensor([[[4., 3.]]])
    """,
)
max_pool_grad: OpFunction = register(
    "max_pool_grad",
    in_single(_max_pool_grad_kernel),
    {"y": _mean_of_ties, "x": NONDIFF, "peaks": NONDIFF},
    family="fused",
    jvp={"y": MULTILINEAR},
    batch=in_one_batch,
    shape=lambda y, x, peaks, **_: x.shape,
    dtype=lambda y, x, peaks, **_: y.dtype,
    symbol="max▦ᵀ",
    body=_max_pool_grad_body,
    lowering=_max_pool_grad_lowering,
    prepare=_check_max_pool_grad,
    notation=function(),
    doc="""Return the gradient of ⟨y, max_pool(x)⟩ by x, given peaks = max_pool(x).

    Each element of y goes, in even parts, to those elements of its window that equal the peak.

    >>> tg.max_pool_grad([[[10.0, 20.0]]], [[[1.0, 4.0, 3.0, 3.0]]], [[[4.0, 3.0]]], size=2)
    tensor([[[ 0., 10., 10., 10.]]])
    """,
)
avg_pool: OpFunction = register(
    "avg_pool",
    in_single(_avg_pool_kernel),
    {"x": _avg_pool_rule},
    family="fused",
    jvp={"x": LINEAR},
    batch=in_one_batch,
    symbol="mean▦",
    body=_avg_pool_body,
    dtype=lambda x, **_: x.dtype if x.dtype.kind in "fc" else np.float64,
    prepare=_check_pool,
    notation=function(),
    doc="""Return the mean of each window of a batch x (batch, channels, *spatial).

    The parameters are those of `max_pool`. Padding does not count: at the border the mean is one of
    fewer elements, so that a constant image stays constant. (So do TensorFlow and ONNX; PyTorch
    counts zeros unless told ``count_include_pad=False``. For that, pad x before.)

    >>> tg.avg_pool([[[1.0, 4.0, 3.0, 2.0]]], size=2)
    tensor([[[2.5, 2.5]]])
    """,
)
avg_pool_grad: OpFunction = register(
    "avg_pool_grad",
    in_single(_avg_pool_grad_kernel),
    {"y": _avg_pool_grad_rule},
    family="fused",
    jvp={"y": LINEAR},
    batch=in_one_batch,
    symbol="mean▦ᵀ",
    body=_avg_pool_grad_body,
    prepare=_check_avg_pool_grad,
    notation=function(),
    doc="""Return the gradient of ⟨y, avg_pool(x)⟩ by x of spatial shape `shape`.

    Each element of y goes, in even parts, to the elements of its window.

    >>> tg.avg_pool_grad([[[10.0, 20.0]]], shape=4, size=2)
    tensor([[[ 5.,  5., 10., 10.]]])
    """,
)
