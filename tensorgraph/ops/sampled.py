"""Functions that are known at points: differences, slopes, areas, values between, convolutions."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import number, one_of, scalar, wanted, whole
from tensorgraph.engine.arrays import as_array, host_values, placed
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import SomeAxes, from_list, from_lists, one_axis, part, some_axes
from tensorgraph.ops.arithmetic import (
    add,
    divide,
    equal,
    greater,
    less,
    logical_or,
    multiply,
    not_equal,
    subtract,
    where,
)
from tensorgraph.ops.convolution import conv
from tensorgraph.ops.extrema import clip
from tensorgraph.ops.index import beside, take
from tensorgraph.ops.joining import concat
from tensorgraph.ops.order import reals, searchsorted
from tensorgraph.ops.padding import pad
from tensorgraph.ops.reduce import cumulative_sum, sum
from tensorgraph.ops.shape import broadcast_to, flip, reshape
from tensorgraph.ops.sorting import argsort

__all__ = [
    "convolve", "correlate", "cumulative_trapezoid", "gradient", "increments", "interp",
    "trapezoid",
]  # fmt: skip


@with_leads
def increments(
    x: AnyArray,
    n: SupportsIndex = 1,
    axis: SupportsIndex = -1,
    prepend: AnyArray | None = None,
    append: AnyArray | None = None,
) -> AnyArray:
    """Return the n-th differences of neighbours along ``axis``, as ``np.diff`` does.

    Of booleans they are where neighbours differ.

    Args:
        x: with at least one axis.
        n: how often differences are taken.
        axis: along which.
        prepend: what stands before x: a number, or a tensor that fits along the other axes.
        append: what stands behind x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.increments(tg.tensor([1.0, 4.0, 9.0]), prepend=0.0)
        tensor([1., 3., 5.])
    """
    x, n = from_list(x), whole(n, "increments: n", 0)
    axis = one_axis(axis, ndim_of(x), "increments: axis")
    if not n:
        return x
    ends = (_end(end, x, axis) for end in (prepend, append))
    before, after = ([] if end is None else [end] for end in ends)
    if before or after:
        x = concat([*before, x, *after], axis=axis)
    for _ in range(n):
        ahead, behind = part(x, axis, 1, None), part(x, axis, None, -1)
        x = not_equal(ahead, behind) if x.dtype == np.bool_ else ahead - behind
    return x


def _end(value: Any, x: Any, axis: int) -> Any:
    if value is None:
        return None
    if isinstance(value, (bool, int, float)):
        value = beside(np.asarray(value, np.result_type(x.dtype, value)), x)
    value, _ = from_lists(value, x)
    if ndim_of(value):
        return value
    return broadcast_to(value, shape=tuple(1 if i == axis else n for i, n in enumerate(x.shape)))


def _steps(x: Any, dx: float, y: Any, axis: int, name: str) -> Any:
    """Return the distances of neighbouring points along an axis, as they multiply y's."""
    if x is None:
        return scalar(dx, f"{name}: dx")
    x = reals(from_lists(x, y)[0])
    steps = increments(x, axis=-1 if ndim_of(x) == 1 else axis)
    if ndim_of(x) == 1:
        steps = reshape(steps, shape=(-1, *(1,) * (ndim_of(y) - axis - 1)))
    return steps


def _areas(y: Any, x: Any, dx: float, axis: int, name: str) -> Any:
    return _steps(x, dx, y, axis, name) * (part(y, axis, 1, None) + part(y, axis, None, -1)) / 2


@with_leads
def trapezoid(
    y: AnyArray, x: AnyArray | None = None, dx: float = 1.0, axis: SupportsIndex = -1
) -> AnyArray:
    """Return the area under y along ``axis`` by the trapezoidal rule, Σ ½(yₖ + yₖ₊₁)·(xₖ₊₁ − xₖ).

    Args:
        y: values.
        x: where they are taken, along one axis or as y; None for points ``dx`` apart.
        dx: that distance.
        axis: along which.

    Example:
        >>> import tensorgraph as tg
        >>> tg.trapezoid(tg.tensor([0.0, 1.0, 4.0]), [0.0, 1.0, 3.0])
        tensor(5.5)
    """
    y = reals(from_list(y))
    axis = one_axis(axis, ndim_of(y), "trapezoid: axis")
    return sum(_areas(y, x, dx, axis, "trapezoid"), axis=axis)


@with_leads
def cumulative_trapezoid(
    y: AnyArray,
    x: AnyArray | None = None,
    dx: float = 1.0,
    axis: SupportsIndex = -1,
    initial: float | None = None,
) -> AnyArray:
    """Return the running area under y along ``axis`` by the trapezoidal rule.

    Args:
        y: values.
        x: where they are taken; None for points ``dx`` apart.
        dx: that distance.
        axis: along which.
        initial: 0 to begin with, so that the result is as long as y; None for one less.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_trapezoid(tg.tensor([0.0, 1.0, 4.0]), initial=0)
        tensor([0. , 0.5, 3. ])
    """
    y = reals(from_list(y))
    axis = one_axis(axis, ndim_of(y), "cumulative_trapezoid: axis")
    areas = cumulative_sum(_areas(y, x, dx, axis, "cumulative_trapezoid"), axis=axis)
    if initial is None:
        return areas
    if scalar(initial, "cumulative_trapezoid: initial") != 0:
        raise ArgumentError(f"cumulative_trapezoid: initial is 0 or None, not {initial!r}")
    shape = tuple(1 if i == axis else n for i, n in enumerate(shape_of(areas)))
    return concat([beside(np.zeros(shape, areas.dtype), areas), areas], axis=axis)


# -------------------------------------------------------------------------------- between points


@with_leads
def interp(
    x: AnyArray,
    xp: AnyArray,
    fp: AnyArray,
    left: AnyArray | None = None,
    right: AnyArray | None = None,
    period: float | None = None,
) -> AnyArray:
    """Return what lies at x on straight lines between the points (xp, fp).

    Gradients go to x, xp and fp. At a point the slope by x is that of the line to its right, at the
    last one that to its left; beyond the points it is 0.

    Args:
        x: where, of any shape.
        xp: where the points are, increasing; in any order with a period. At points that coincide,
            it is the last of their values.
        fp: the values there.
        left: the value before the first point; None for that of the first.
        right: the value behind the last point; None for that of the last.
        period: after which the points are repeated; None for never.

    Raises:
        ShapeError: xp and fp are not two rows of one length, at least 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.interp([0.5, 9.0], [0.0, 1.0, 3.0], [0.0, 10.0, 0.0])
        tensor([5., 0.])
    """
    x, xp, fp = map(reals, from_lists(x, xp, fp))
    if ndim_of(xp) != 1 or shape_of(xp) != shape_of(fp) or shape_of(xp) == (0,):
        raise ShapeError(
            f"interp takes points as two rows of one length, not {shape_of(xp)} and {shape_of(fp)}"
        )
    if period is not None:
        x, xp, fp = _repeated(x, xp, fp, number(period, "interp: period", above=0))
        left = right = None
    before, behind = less(x, xp[0]), greater(x, xp[-1])
    if shape_of(xp) == (1,):  # a line needs two points
        xp, fp = concat([xp, xp + 1]), concat([fp, fp])
    count = shape_of(xp)[0]
    inside = where(logical_or(before, behind), xp[0], x)
    place = clip(searchsorted(xp, inside, side="right") - 1, min=0, max=count - 2)
    x0, f0, x1, f1 = (take(v, place + k) for k in (0, 1) for v in (xp, fp))
    ends = equal(x0, x1)  # those of a line without length, at the last points
    slope = divide(f1 - f0, where(ends, 1, x1 - x0))
    value = where(ends, f1, add(f0, multiply(subtract(inside, x0), slope)))
    value = where(before, fp[0] if left is None else left, value)
    return where(behind, fp[-1] if right is None else right, value)


def _repeated(x: Any, xp: Any, fp: Any, period: float) -> tuple[Any, Any, Any]:
    """Return points of one period in order, with a neighbour on either side."""
    x, xp = x % period, xp % period
    order = argsort(xp)
    xp, fp = xp[order], fp[order]
    xp = concat([xp[-1:] - period, xp, xp[:1] + period])
    return x, xp, concat([fp[-1:], fp, fp[:1]])


@with_leads
def gradient(
    f: AnyArray, *spacing: Any, axis: SomeAxes = None, edge_order: SupportsIndex = 1
) -> Any:
    """Return NumPy's gradient of samples: second-order central differences inside.

    It is the slope of data; that of a function is ``tg.grad``.

    Args:
        f: samples, at least edge_order + 1 along each axis.
        *spacing: none for 1; one distance for all axes; or for each axis one, or the coordinates.
        axis: along which; None for all.
        edge_order: the order of the differences at the ends, 1 or 2.

    Returns:
        One tensor of f's shape for one axis, else a list with one for each.

    Raises:
        ArgumentError: there are more or less distances than axes.
        ShapeError: there are too few samples.

    Example:
        >>> import tensorgraph as tg
        >>> tg.gradient(tg.tensor([1.0, 4.0, 9.0, 16.0]))
        tensor([3., 4., 6., 7.])
    """
    f = reals(from_list(f))
    axes = some_axes(axis, ndim_of(f))
    order = whole(edge_order, "gradient: edge_order", 1)
    if order > 2:
        raise ArgumentError(f"gradient: edge_order is 1 or 2, not {order}")
    steps = spacing or (1.0,)
    steps = steps * len(axes) if len(steps) == 1 and not ndim_of(steps[0]) else steps
    if len(steps) != len(axes):
        raise ArgumentError(
            f"gradient along {len(axes)} axes takes one distance or {len(axes)}, not {len(steps)}"
        )
    found = [_slopes(f, h, a, order) for h, a in zip(steps, axes, strict=True)]
    return found[0] if len(found) == 1 else found


def _slopes(f: Any, spacing: Any, axis: int, order: int) -> Any:
    count = shape_of(f)[axis]
    if count < order + 1:
        raise ShapeError(
            f"gradient: edge_order {order} needs {order + 1} samples along axis {axis}, not {count}"
        )
    if ndim_of(spacing) == 0:
        h = from_list(spacing) if hasattr(spacing, "shape") else float(spacing)
        gaps = h * placed(np.ones(count - 1, f.dtype), as_array(array_of(f)))
    else:
        gaps = increments(reals(from_lists(spacing, f)[0]))
        if shape_of(gaps) != (count - 1,):
            raise ShapeError(
                f"gradient: along axis {axis} there are {count} samples, but coordinates of shape"
                f" {shape_of(spacing)}"
            )
    even = ndim_of(spacing) == 0 or _are_equal(gaps)
    gaps = reshape(gaps, shape=(-1, *(1,) * (ndim_of(f) - axis - 1)))
    slopes = divide(subtract(part(f, axis, 1, None), part(f, axis, None, -1)), gaps)
    if count == 2:
        return concat([slopes, slopes], axis=axis)
    h0, h1 = part(gaps, 0, None, -1), part(gaps, 0, 1, None)
    first, second = part(slopes, axis, None, -1), part(slopes, axis, 1, None)
    if even:  # without the point itself, whose weight is 0
        inside = divide(subtract(part(f, axis, 2, None), part(f, axis, None, -2)), h0 + h1)
    else:
        inside = divide(add(multiply(h1, first), multiply(h0, second)), h0 + h1)
    left, right = part(slopes, axis, 0, 1), part(slopes, axis, -1, None)
    if order == 2:
        left = _edge(h0, h1, first, second, axis, 0)
        right = _edge(h1, h0, second, first, axis, -1)
    return concat([left, inside, right], axis=axis)


def _are_equal(gaps: Any) -> bool:
    """Return whether distances are known to be the same, with no derivative by each wanted."""
    known = host_values(array_of(gaps))
    same = known.shape == shape_of(gaps) and bool((known == known[0]).all())
    return same and not wanted(gaps)


def _edge(near: Any, far: Any, own: Any, next_: Any, axis: int, at: int) -> Any:
    """Return the slope at an end by the parabola through three points."""
    end = (at, 1) if at == 0 else (at, None)
    a, b = part(near, 0, *end), part(far, 0, *end)
    own, next_ = part(own, axis, *end), part(next_, axis, *end)
    return add(own, multiply(subtract(own, next_), divide(a, a + b)))


# ---------------------------------------------------------------------------------- convolutions


@with_leads
def convolve(a: AnyArray, v: AnyArray, mode: str = "full") -> AnyArray:
    """Return Σₖ aₖ·vₙ₋ₖ of two rows.

    Args:
        a: a row.
        v: another, which may be the longer one.
        mode: full for all overlaps, same for as many as the longer has, valid for whole ones.

    Raises:
        ShapeError: they are no rows, or empty.

    Example:
        >>> import tensorgraph as tg
        >>> tg.convolve(tg.tensor([1.0, 2.0, 3.0]), [0.0, 1.0, 0.5])
        tensor([0. , 1. , 2.5, 4. , 1.5])
    """
    a, v = from_lists(a, v)
    one_of(mode, "convolve: mode", ("full", "same", "valid"))
    for x in (a, v):
        if ndim_of(x) != 1 or shape_of(x) == (0,):
            raise ShapeError(f"convolve takes two rows with elements, not shape {shape_of(x)}")
    if shape_of(v)[0] > shape_of(a)[0]:
        a, v = v, a
    (n,), (k,) = shape_of(a), shape_of(v)
    found = conv(pad(a, k - 1)[None, None], flip(v)[None, None])[0, 0]
    if mode == "full":
        return found
    start, count = ((k - 1) // 2, n) if mode == "same" else (k - 1, n - k + 1)
    return found[start : start + count]


@with_leads
def correlate(a: AnyArray, v: AnyArray, mode: str = "valid") -> AnyArray:
    """Return Σₙ aₙ₊ₖ·vₙ of two rows, by the modes of convolve.

    Raises:
        ShapeError: they are no rows, or empty.

    Example:
        >>> import tensorgraph as tg
        >>> tg.correlate(tg.tensor([1.0, 2.0, 3.0]), [1.0, 10.0])
        tensor([21., 32.])
    """
    a, v = from_lists(a, v)
    one_of(mode, "correlate: mode", ("full", "same", "valid"))
    if mode == "same" and ndim_of(a) == ndim_of(v) == 1 and shape_of(a)[0] < shape_of(v)[0]:
        # NumPy cuts the result of the swapped rows, and turns it round: where the shorter has an
        # even length, that is another cut.
        return flip(convolve(v, flip(a), mode))
    return convolve(a, flip(v) if ndim_of(v) else v, mode)
