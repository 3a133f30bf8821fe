"""The kernels of a convolution and of its two adjoints, as one matrix product over all windows.

They keep the batch *last* in memory, as (channels, *spatial, batch), whatever the order of the axes
is outside: a row of a window is then one long run of memory, also for a single channel or a small
image, and so is what elementwise operations and pooling read after it. Windows are laid out for the
matrix product block by block, in a matrix that the processor's cache can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import product
from typing import Any

import numpy as np

from tensorgraph.ops.reduce import in_single
from tensorgraph.ops.window import (
    Padding,
    Shape,
    batch_first,
    batch_last,
    contiguous,
    cropped,
    wide,
    window_view,
)

BLOCK = 2**17
"""How many elements of windows are laid out at a time: half a megabyte of float32."""


def _padded_batch(x: Any, padding: Padding) -> Any:
    """Return (batch, channels, *spatial) padded, with the batch last in memory."""
    if any(map(any, padding)):
        out = np.zeros((x.shape[1], *wide(x.shape[2:], padding), x.shape[0]), x.dtype, like=x)
        cropped(batch_first(out), padding)[...] = x
        return out
    return contiguous(batch_last(x))


def _channel_windows(x: Any, size: Shape, stride: Shape, dilation: Shape) -> Any:
    """Return the windows of (channels, *spatial, batch) as (channels, *size, *counts, batch)."""
    rank = len(size)
    view = window_view(batch_first(x), size, stride, dilation)
    return view.transpose(1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank), 0)


def _blocks(view: Any, rank: int) -> Iterator[tuple[slice, Any]]:
    """Cut windows along their first axis of counts, in blocks of about ``BLOCK`` elements."""
    rows = view.shape[1 + rank]
    step = max(BLOCK * rows // max(view.size, 1), 1)
    for start in range(0, rows, step):
        block = slice(start, start + step)
        yield block, view[(slice(None),) * (1 + rank) + (block,)]


def _matrices(x: Any, groups: int, channels: int) -> Any:
    """Return an array whose first axes make up the channels as one matrix for each group."""
    return x.reshape(groups, channels // groups, -1)


def _both_in_single(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``kernel`` adding up products of float16 in float32."""
    single = in_single(kernel)

    @wraps(kernel)
    def joint_kernel(x: Any, y: Any, **static: Any) -> Any:
        chosen = single if np.result_type(x.dtype, y.dtype) == np.float16 else kernel
        return chosen(x, y, **static)

    return joint_kernel


@_both_in_single
def conv(
    x: Any, weight: Any, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Return the convolution of x with a weight."""
    channels, size = weight.shape[0], weight.shape[2:]
    patches = _channel_windows(_padded_batch(x, padding), size, stride, dilation)
    rows = _matrices(weight, groups, channels)
    height = groups * rows.shape[2]
    dtype = np.result_type(x, weight)
    out = np.empty((channels, *patches.shape[1 + len(size) :]), dtype, like=x)
    for block, view in _blocks(patches, len(size)):
        columns = _matrices(view, groups, height)
        np.matmul(rows, columns, out=_matrices(out[:, block], groups, channels))
    return batch_first(out)


def _around(size: Shape, stride: Shape, padding: Padding, dilation: Shape) -> Padding | None:
    """Return the padding with which a convolution is the transpose of one with this padding.

    Without a stride it is one, with the weight turned; ``None`` where it is not.
    """
    reach = [(k - 1) * d for k, d in zip(size, dilation, strict=True)]
    around = tuple((r - a, r - b) for r, (a, b) in zip(reach, padding, strict=True))
    is_one = all(s == 1 for s in stride) and all(min(pair) >= 0 for pair in around)
    return around if is_one else None


def _turned(weight: Any, groups: int) -> Any:
    """Return a weight from the channels it leads to, back to those it leads from."""
    channels, inner, *size = weight.shape
    parts = weight.reshape(groups, channels // groups, inner, *size)
    parts = parts.transpose(0, 2, 1, *range(3, parts.ndim))
    back = (..., *(slice(None, None, -1) for _ in size))
    return parts[back].reshape(groups * inner, channels // groups, *size)


@_both_in_single
def conv_transpose(
    x: Any, weight: Any, *, shape: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """Return the derivative of a convolution by what it is of, times x."""
    channels, size = weight.shape[0], weight.shape[2:]
    around = _around(size, stride, padding, dilation)
    if around is not None and 0 not in shape and channels <= 2 * groups * weight.shape[1]:
        # To lay windows out takes a third of the time of adding as many up.
        return conv(
            x, _turned(weight, groups), stride=stride, padding=around, dilation=dilation,
            groups=groups,
        )  # fmt: skip
    x = contiguous(batch_last(x))
    columns = _matrices(weight, groups, channels).mT
    inner, batch = groups * weight.shape[1], x.shape[-1]
    out = np.zeros((inner, *wide(shape, padding), batch), np.result_type(x, weight), like=x)
    patches = _channel_windows(out, size, stride, dilation)
    for block, view in _blocks(patches, len(size)):
        parts = np.matmul(columns, _matrices(x[:, block], groups, channels)).reshape(view.shape)
        for at in product(*map(range, size)):
            # No two windows have the same element in the same place.
            view[(slice(None), *at)] += parts[(slice(None), *at)]
    return cropped(batch_first(out), padding)


@_both_in_single
def conv_weight_grad(
    x: Any, y: Any, *, size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """Return the derivative of a convolution of x by its weight, times y."""
    channels = y.shape[1]
    y = contiguous(batch_last(y))
    patches = _channel_windows(_padded_batch(x, padding), size, stride, dilation)
    out = np.zeros((channels, x.shape[1] // groups, *size), np.result_type(x, y), like=x)
    total = _matrices(out, groups, channels)
    for block, view in _blocks(patches, len(size)):
        columns = _matrices(view, groups, groups * total.shape[2])
        total += np.matmul(_matrices(y[:, block], groups, channels), columns.mT)
    return out
