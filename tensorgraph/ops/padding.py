"""Putting something around a tensor: a number, its edges, its mirror image, statistics of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np

from tensorgraph.arguments import integers, one_of, refuse_wanted, scalar, whole
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.op import Op, OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import OneOrMore, from_list, part
from tensorgraph.ops._batching import Operand, Static, leading
from tensorgraph.ops.arithmetic import astype, floor, round
from tensorgraph.ops.index import beside, take
from tensorgraph.ops.joining import concat
from tensorgraph.ops.order import median
from tensorgraph.ops.reduce import max, mean, min
from tensorgraph.ops.shape import broadcast_to, flip

__all__ = ["pad"]

Widths = tuple[tuple[int, int], ...]
AnyWidths = OneOrMore | Sequence[Sequence[SupportsIndex]]
"""One for all sides, a pair (before, after), or a pair for each axis."""


def _pairs(given: Any, ndim: int, what: str) -> list[tuple[Any, Any]]:
    """Return what was given for each side of each axis.

    Raises:
        GraphError: it is a tensor that needs a gradient, which would be lost.
    """
    for value in flatten(given)[0]:
        refuse_wanted(value, what)
    try:
        pairs = np.broadcast_to(np.asarray(given, dtype=object), (ndim, 2))
    except ValueError:
        raise ArgumentError(
            f"{what} {given!r} is a number, a pair, or a pair for each of {ndim} axes"
        ) from None
    return [(before, after) for before, after in pairs]


def _checked_widths(x: Any, pad_width: Any) -> Widths:
    pairs = _pairs(pad_width, ndim_of(x), "pad_width")
    widths = tuple(integers(pair, "pad widths") for pair in pairs)
    if any(w < 0 for pair in widths for w in pair):
        raise ArgumentError(f"pad_width {widths} must not be negative; write a slice to cut")
    return widths  # type: ignore[return-value]


def _widths(x: Any, *, pad_width: AnyWidths, constant: SupportsFloat) -> dict[str, Any]:
    return {"pad_width": _checked_widths(x, pad_width), "constant": scalar(constant, "constant")}


def _pad_kernel(x: Any, *, pad_width: Any, constant: float = 0) -> Any:
    # A tensor without axes has nothing around it.
    return np.pad(x, pad_width, constant_values=constant) if pad_width else np.positive(x)


def _pad_rule(g: Any, x_shape: tuple[int, ...], pad_width: Any) -> Any:
    pairs = zip(pad_width, x_shape, strict=True)
    return g[tuple(slice(before, before + n) for (before, _), n in pairs)]


def _padded_shape(x: Any, *, pad_width: Any, constant: float) -> tuple[int, ...]:
    pairs = zip(shape_of(x), pad_width, strict=True)
    return tuple(before + n + after for n, (before, after) in pairs)


def _padded(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    return leading(op, size, operands, {**static, "pad_width": ((0, 0), *static["pad_width"])})


_pad: OpFunction = register(
    "pad",
    _pad_kernel,
    {"x": _pad_rule},
    family="shape",
    jvp={"x": lambda g, pad_width: _pad(g, pad_width=pad_width)},
    batch=_padded,
    shape=_padded_shape,
    prepare=_widths,
    code="np.pad(x, pad_width, constant_values=constant) if pad_width else x",
    doc="Put one number around x: (before, after) for each axis.",
)

_PICKING = ("edge", "reflect", "symmetric", "wrap")
"""Modes in which what is around is elements of x."""
_STATISTICS: dict[str, Callable[..., Any]] = {
    "maximum": max,
    "minimum": min,
    "mean": mean,
    "median": median,
}
_MODES = ("constant", *_PICKING, *_STATISTICS, "linear_ramp")


@with_leads
def pad(
    x: AnyArray,
    pad_width: AnyWidths,
    constant: Any = 0,
    mode: str = "constant",
    *,
    reflect_type: str = "even",
    stat_length: Any = None,
    end_values: Any = 0,
) -> AnyArray:
    """Return x with something around it: (before, after) for each axis, axis by axis.

    What it is says NumPy's ``mode``: ``"constant"`` is a number; ``"edge"`` repeats the last
    elements; ``"reflect"`` mirrors x at its last elements and ``"symmetric"`` beside them
    (``reflect_type="odd"``: at the point there, 2·edge − mirrored); ``"wrap"`` begins again at the
    other end; ``"maximum"``, ``"minimum"``, ``"mean"`` and ``"median"`` are those of each line, or
    of its ``stat_length`` elements next to the edge; ``"linear_ramp"`` goes in equal steps to
    ``end_values``.

    Args:
        x: what is in the middle.
        pad_width: how many, as a number, a pair, or a pair for each axis.
        constant: the number, or as many as ``pad_width`` may be; an array has no gradient.
        mode: what is put there.
        reflect_type: ``"even"`` or ``"odd"``, of the two mirrors.
        stat_length: how many elements the statistics are of, for each side; all by default.
        end_values: where the ramps end, for each side.

    Raises:
        ArgumentError: another mode; widths that are negative, or not as many as axes.
        ShapeError: an axis without elements, which only a constant can be put around.

    Example:
        >>> import tensorgraph as tg
        >>> tg.pad([1, 2], (1, 2))
        tensor([0, 1, 2, 0, 0])
        >>> tg.pad([1.0, 2.0, 3.0], 2, mode="reflect")
        tensor([3., 2., 1., 2., 3., 2., 1.])
    """
    one_of(mode, "pad: mode", _MODES)
    one_of(reflect_type, "pad: reflect_type", ("even", "odd"))
    if mode == "constant":
        return _with_constants(x, pad_width, constant)
    x = from_list(x)
    ndim = ndim_of(x)
    lengths = _pairs(stat_length, ndim, "stat_length")
    ends = _pairs(end_values, ndim, "pad: end_values")
    for axis, widths in enumerate(_checked_widths(x, pad_width)):
        if widths == (0, 0):
            continue
        if shape_of(x)[axis] == 0:
            raise ShapeError(
                f"pad: axis {axis} of shape {shape_of(x)} has no elements, of which mode={mode!r}"
                " could make others; write mode='constant'"
            )
        if mode in _STATISTICS:
            x = _with_statistics(x, widths, axis, mode, lengths[axis])
        elif mode == "linear_ramp":
            x = _with_ramps(x, widths, axis, ends[axis])
        elif reflect_type == "odd" and mode in ("reflect", "symmetric"):
            x = _mirrored_at_points(x, widths, axis, skip=int(mode == "reflect"))
        else:
            places = np.pad(np.arange(shape_of(x)[axis]), widths, mode=mode)  # type: ignore[call-overload]
            x = take(x, beside(places, x), axis=axis)
    return x


def _with_constants(x: Any, pad_width: Any, constant: Any) -> Any:
    if ndim_of(constant) == 0:
        return _pad(x, pad_width=pad_width, constant=constant)
    widths = _checked_widths(x, pad_width)
    none = (0, 0)
    for axis, pair in enumerate(_pairs(constant, len(widths), "constant")):
        for side in (0, 1):
            own = (widths[axis][0], 0) if side == 0 else (0, widths[axis][1])
            around = [own if i == axis else none for i in range(len(widths))]
            x = _pad(x, pad_width=around, constant=pair[side])
    return x


def _joined(x: Any, sides: list[Any], axis: int) -> Any:
    """Join what is before x and after it with x, in whose dtype it is."""
    there = [each for each in (sides[0], x, sides[1]) if each is not None]
    return concat([astype(each, dtype=x.dtype) for each in there], axis=axis)


def _with_statistics(
    x: Any, widths: tuple[int, int], axis: int, mode: str, lengths: tuple[Any, Any]
) -> Any:
    sides: list[Any] = []
    for side, (width, length) in enumerate(zip(widths, lengths, strict=True)):
        n = shape_of(x)[axis]
        count = n if length is None else np.minimum(whole(length, "pad: stat_length", 1), n)
        edge = part(x, axis, 0, count) if side == 0 else part(x, axis, n - count, n)
        value = _STATISTICS[mode](edge, axis=axis, keepdims=True)
        if x.dtype.kind in "iu":
            value = round(value)
        shape = (*shape_of(x)[:axis], width, *shape_of(x)[axis + 1 :])
        sides.append(broadcast_to(value, shape=shape) if width else None)
    return _joined(x, sides, axis)


def _with_ramps(x: Any, widths: tuple[int, int], axis: int, ends: tuple[Any, Any]) -> Any:
    sides: list[Any] = []
    for side, (width, end) in enumerate(zip(widths, ends, strict=True)):
        edge = part(x, axis, 0, 1) if side == 0 else part(x, axis, -1, None)
        dtype = x.dtype if x.dtype.kind == "f" else np.float64
        along = [-1 if i == axis else 1 for i in range(x.ndim)]
        steps = np.arange(width, dtype=dtype).reshape(along)
        target = scalar(end, "pad: end_values")
        ramp = target + (edge - target) * beside(steps / np.maximum(width, 1), x)
        ramp = floor(ramp) if x.dtype.kind in "iu" else ramp
        ramp = flip(ramp, axis=axis) if side else ramp
        sides.append(ramp if width else None)
    return _joined(x, sides, axis)


def _mirrored_at_points(x: Any, widths: tuple[int, int], axis: int, skip: int) -> Any:
    """Mirror x at the points of its edges, as often as it takes to be wide enough."""
    period = shape_of(x)[axis] - skip
    before, after = widths
    if period == 0:  # one element, mirrored at itself
        return take(x, beside(np.zeros(before + 1 + after, np.intp), x), axis=axis)
    while before or after:
        n = shape_of(x)[axis]
        left, right = np.minimum(before, period), np.minimum(after, period)
        start = 2 * part(x, axis, 0, 1) - flip(part(x, axis, skip, skip + left), axis=axis)
        end = 2 * part(x, axis, n - 1, n) - flip(
            part(x, axis, n - skip - right, n - skip), axis=axis
        )
        x = concat([start, x, end], axis=axis)
        before, after = before - left, after - right
    return x
