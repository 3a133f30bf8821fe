"""Windows: all pieces of one size that an array has, and the adjoint that adds them up again.

Convolution and pooling are defined by these two; see ``convolution.py`` and ``pool.py``. What the
four have in common is here as well: how sizes, strides and padding are written, and what fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Literal, SupportsIndex

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tensorgraph.arguments import integers
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.rule import LINEAR
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops._axes import OneOrMore
from tensorgraph.ops._batching import leading
from tensorgraph.ops.reduce import in_single

__all__ = ["overlap_add", "windows"]

Shape = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]
"""How many places stand before and after each spatial axis."""

AnyPadding = Literal["same"] | OneOrMore | Sequence[SupportsIndex | Sequence[SupportsIndex]]
"""What a call may give for it: see :func:`per_side`."""


def per_axis(value: Any, rank: int, what: str, least: int = 1) -> Shape:
    """Return an integer, or one for each of ``rank`` axes, as a tuple.

    Raises:
        ArgumentError: there are not ``rank`` of them, or one is below ``least``.
        DTypeError: one is not an integer.
    """
    values = integers(value, what)
    if ndim_of(value) == 0:
        values *= rank
    if len(values) != rank or min(values) < least:
        several = f", or {rank} of them" if rank > 1 else ""
        raise ArgumentError(f"{what} is an integer from {least}{several}, not {value!r}")
    return values


def per_side(
    padding: Any,
    lengths: Sequence[int],
    size: Shape,
    stride: Shape,
    dilation: Shape,
    what: str = "padding",
) -> Padding:
    """Return padding as one pair for each axis: how much before, how much after.

    ``"same"`` is TensorFlow's rule: as much as ⌈n / stride⌉ windows along n places need, half of
    it before; an odd one comes after.

    Raises:
        ArgumentError: it is in none of the forms that the text of the error lists.
    """
    if isinstance(padding, str) and padding == "same":
        spans = zip(lengths, size, stride, dilation, strict=True)
        totals = [max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0) for n, k, s, d in spans]
        return tuple((total // 2, total - total // 2) for total in totals)
    rank = len(lengths)
    entries = padding if isinstance(padding, (tuple, list)) else (padding,) * rank
    try:
        pairs = tuple(
            integers(entry, what) if isinstance(entry, (tuple, list)) else integers(entry, what) * 2
            for entry in entries
        )
    except TypeError:
        pairs = ()
    if len(pairs) != rank or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        hint = f"; write ({padding!r},)" if rank == 1 and len(entries) == 2 else ""
        hint = "; write 0" if str(padding).lower() == "valid" else hint
        raise ArgumentError(
            f'{what} is "same", an integer from 0, or a list with an entry for each of {rank}'
            f" spatial axes, an integer or a pair (before, after); not {padding!r}{hint}"
        )
    return pairs  # type: ignore[return-value]  # the lengths were checked


def window_counts(
    lengths: Sequence[int], size: Shape, stride: Shape, dilation: Shape, padding: Padding
) -> Shape:
    """Return how many windows there are along each axis: ⌊(n + padding − span) / stride⌋ + 1.

    Raises:
        ShapeError: a window is larger than the padded array.
    """
    counts = []
    whole = wide(lengths, padding)
    for n, m, k, s, d in zip(lengths, whole, size, stride, dilation, strict=True):
        span = (k - 1) * d + 1
        if span > m:
            dilated = f" (size {k}, dilation {d})" if d > 1 else ""
            with_padding = f", {m} with the padding" if m > n else ""
            raise ShapeError(
                f"a window spans {span} places{dilated} of an axis that has only {n}{with_padding}"
                f" (spatial shape {tuple(lengths)}); pad more, or take smaller windows"
            )
        counts.append((m - span) // s + 1)
    return tuple(counts)


def axis_names(channels: str, rank: int) -> str:
    """Return what messages call the axes of a batch: ``(batch, 3 channels, height, width)``."""
    spatial = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
    names = spatial.get(rank, tuple(f"axis {2 + i}" for i in range(rank)))
    return f"({', '.join(['batch', channels, *names])})"


def batch_last(x: Any) -> Any:
    """Return an array (batch, channels, *spatial) as (channels, *spatial, batch)."""
    return x.transpose(*range(1, x.ndim), 0)


def contiguous(x: Any) -> Any:
    """Return an array in the order of its axes in memory."""
    return np.ascontiguousarray(x) if type(x) is np.ndarray else x.copy()


def batch_first(x: Any) -> Any:
    """Return an array (channels, *spatial, batch) as (batch, channels, *spatial)."""
    return x.transpose(-1, *range(x.ndim - 1))


def wide(lengths: Sequence[int], padding: Padding) -> Shape:
    """Return the lengths of axes with their padding."""
    return tuple(n + before + after for n, (before, after) in zip(lengths, padding, strict=True))


def padded(x: Any, padding: Padding, constant: float) -> Any:
    """Return an array with its last axes padded, in the same order of memory."""
    if not any(map(any, padding)):
        return x
    lead = x.ndim - len(padding)
    out = np.full_like(x, constant, shape=(*x.shape[:lead], *wide(x.shape[lead:], padding)))
    cropped(out, padding)[...] = x
    return out


def cropped(x: Any, padding: Padding) -> Any:
    """Return x, an array or a tensor, without the padding of its last axes."""
    if not any(map(any, padding)):
        return x
    lengths = shape_of(x)[-len(padding) :]
    pairs = zip(lengths, padding, strict=True)
    return x[(..., *(slice(before, n - after) for n, (before, after) in pairs))]


def window_view(x: Any, size: Shape, stride: Shape, dilation: Shape) -> Any:
    """Return all windows over the last axes of an array: a view of shape (…, *counts, *size)."""
    lead = x.ndim - len(size)
    counts = window_counts(x.shape[lead:], size, stride, dilation, ((0, 0),) * len(size))
    if type(x) is not np.ndarray:
        spans = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
        axes = tuple(range(lead, x.ndim))
        view: Any = np.lib.stride_tricks.sliding_window_view(x, spans, axes, writeable=True)
        return view[(..., *(slice(None, None, step) for step in (*stride, *dilation)))]
    steps = [step * s for step, s in zip(x.strides[lead:], stride, strict=True)]
    inner = [step * d for step, d in zip(x.strides[lead:], dilation, strict=True)]
    return as_strided(
        x, (*x.shape[:lead], *counts, *size), (*x.strides[:lead], *steps, *inner), subok=False
    )


def _windows_kernel(x: Any, *, size: Any, stride: Any = 1, dilation: Any = 1) -> Any:
    view = window_view(x, size, stride, dilation)
    if type(view) is np.ndarray:
        view.flags.writeable = False  # its elements share memory with each other
    return view


def _check_windows(
    x: Any, *, size: OneOrMore, stride: OneOrMore, dilation: OneOrMore
) -> dict[str, Any]:
    rank = max(len(integers(size, "size")), 1)
    static = {
        "size": per_axis(size, rank, "size"),
        "stride": per_axis(stride, rank, "stride"),
        "dilation": per_axis(dilation, rank, "dilation"),
    }
    if ndim_of(x) < rank:
        raise ShapeError(f"x of shape {shape_of(x)} has no {rank} axes for windows of size {size}")
    lengths = shape_of(x)[ndim_of(x) - rank :]
    window_counts(lengths, padding=((0, 0),) * rank, **static)
    return static


def _windows_shape(x: Any, *, size: Shape, stride: Shape, dilation: Shape) -> Shape:
    lead = ndim_of(x) - len(size)
    unpadded = ((0, 0),) * len(size)
    counts = window_counts(shape_of(x)[lead:], size, stride, dilation, unpadded)
    return (*shape_of(x)[:lead], *counts, *size)


def _windows_rule(g: Any, x_shape: Shape, size: Shape, stride: Shape, dilation: Shape) -> Any:
    return overlap_add(g, shape=x_shape[-len(size) :], stride=stride, dilation=dilation)


_WINDOWS = """
    axes = tuple(range(-len(size), 0))
    span = [(n - 1) * d + 1 for n, d in zip(size, dilation)]
    view = np.lib.stride_tricks.sliding_window_view(x, span, axis=axes)
    steps = tuple(slice(None, None, n) for n in (*stride, *dilation))
    return view[(..., *steps)]
"""

windows = register(
    "windows",
    _windows_kernel,
    {"x": _windows_rule},
    family="shape",
    jvp={"x": LINEAR},
    batch=leading,
    shape=_windows_shape,
    symbol="▦",
    prepare=_check_windows,
    code=_WINDOWS,
    doc="""Return all windows of `size` over the last axes of x, without copying.

    x has shape (…, n) and the result (…, count, size), with count = ⌊(n − span) / stride⌋ + 1 and
    span = (size − 1) · dilation + 1; a tuple `size` takes as many axes of x: (…, n₁, n₂) gives
    (…, count₁, count₂, size₁, size₂). Windows start `stride` places apart, their elements stand
    `dilation` apart. What is left over at the end is in no window.

    >>> tg.windows([1, 2, 3, 4, 5], size=3, stride=2)
    tensor([[1, 2, 3],
            [3, 4, 5]])
    """,
)


def _overlap_add_kernel(x: Any, *, shape: Any, stride: Any = 1, dilation: Any = 1) -> Any:
    rank = len(shape)
    size = x.shape[-rank:]
    out = np.zeros((*x.shape[: -2 * rank], *shape), x.dtype, like=x)
    places = window_view(out, size, stride, dilation)
    for at in product(*map(range, size)):
        # No two windows have the same element in the same place.
        places[(..., *at)] += x[(..., *at)]
    return out


def _check_overlap_add(
    x: Any, *, shape: OneOrMore, stride: OneOrMore, dilation: OneOrMore
) -> dict[str, Any]:
    rank, x_shape = max(len(integers(shape, "shape")), 1), shape_of(x)
    shape = per_axis(shape, rank, "shape", least=0)
    stride = per_axis(stride, rank, "stride")
    dilation = per_axis(dilation, rank, "dilation")
    if len(x_shape) < 2 * rank:
        raise ShapeError(f"x of shape {x_shape} must end in {rank} counts and {rank} sizes")
    size = per_axis(x_shape[-rank:], rank, "the size of windows")
    counts = window_counts(shape, size, stride, dilation, ((0, 0),) * rank)
    if x_shape[-2 * rank : -rank] != counts:
        raise ShapeError(
            f"an array of shape {shape} has {counts} windows of size {size} (stride {stride},"
            f" dilation {dilation}), x of shape {x_shape} has others"
        )
    return {"shape": shape, "stride": stride, "dilation": dilation}


def _overlap_add_rule(g: Any, x_shape: Shape, shape: Shape, stride: Shape, dilation: Shape) -> Any:
    return windows(g, size=x_shape[-len(shape) :], stride=stride, dilation=dilation)


_OVERLAP_ADD = """
    rank = len(shape)
    counts = x.shape[-2 * rank : -rank]
    out = np.zeros((*x.shape[: -2 * rank], *shape), x.dtype)
    for at in np.ndindex(x.shape[-rank:]):
        each = zip(at, dilation, stride, counts)
        places = [slice(i * d, i * d + s * n, s) for i, d, s, n in each]
        out[(..., *places)] += x[(..., *at)]
    return out
"""

overlap_add: OpFunction = register(
    "overlap_add",
    in_single(_overlap_add_kernel),
    {"x": _overlap_add_rule},
    family="shape",
    jvp={"x": LINEAR},
    batch=leading,
    shape=lambda x, *, shape, stride, dilation: (*x.shape[: -2 * len(shape)], *shape),
    symbol="Σ▦",
    prepare=_check_overlap_add,
    code=_OVERLAP_ADD,
    doc="""Add up windows where they overlap: the adjoint of `windows`.

    x has shape (…, *counts, *size); the result (…, *shape) holds, in each place, the sum of all
    window elements that lie there, and 0 in places of no window.

    >>> tg.overlap_add([[1, 2, 3], [3, 4, 5]], shape=5, stride=2)
    tensor([1, 2, 6, 4, 5])
    """,
)
