"""The axes of one tensor by name: moved, swapped, turned, added, taken apart or together."""

from __future__ import annotations

import math
from typing import Any, SupportsIndex

from tensorgraph.arguments import integer, integers
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import OneOrMore, from_list, one_axis
from tensorgraph.ops.shape import flip, permute_dims, reshape

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "fliplr", "flipud", "moveaxis", "ravel", "rot90",
    "swapaxes", "unflatten",
]  # fmt: skip


def _axes(axes: Any, ndim: int, what: str) -> list[int]:
    several = axes if isinstance(axes, (tuple, list)) else (axes,)
    found = [one_axis(axis, ndim, what) for axis in several]
    if len(set(found)) != len(found):
        raise ArgumentError(f"{what} {tuple(several)} names an axis twice")
    return found


@with_leads
def moveaxis(x: AnyArray, source: OneOrMore, destination: OneOrMore) -> AnyArray:
    """Return x with axes moved to other places; the rest keep their order.

    Raises:
        ArgumentError: ``source`` and ``destination`` are not as many, or an axis is named twice.

    Example:
        >>> import tensorgraph as tg
        >>> tg.moveaxis(tg.zeros((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    ndim = ndim_of(x)
    old = _axes(source, ndim, "moveaxis: source")
    new = _axes(destination, ndim, "moveaxis: destination")
    if len(old) != len(new):
        raise ArgumentError(
            f"moveaxis: source names {len(old)} axes and destination {len(new)}; write as many"
        )
    order = [axis for axis in range(ndim) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return permute_dims(x, axes=tuple(order))


@with_leads
def swapaxes(x: AnyArray, axis1: SupportsIndex, axis2: SupportsIndex) -> AnyArray:
    """Return x with two axes exchanged.

    Example:
        >>> import tensorgraph as tg
        >>> tg.swapaxes(tg.zeros((2, 3, 4)), 0, 2).shape
        (4, 3, 2)
    """
    first, second = (one_axis(axis, ndim_of(x), "swapaxes: axis") for axis in (axis1, axis2))
    order = list(range(ndim_of(x)))
    order[first], order[second] = second, first
    return permute_dims(x, axes=tuple(order))


@with_leads
def rot90(x: AnyArray, k: SupportsIndex = 1, axes: OneOrMore = (0, 1)) -> AnyArray:
    """Return x turned by k quarters in the plane of two axes, from the first towards the second.

    Raises:
        ArgumentError: ``axes`` are not two different ones.

    Example:
        >>> import tensorgraph as tg
        >>> tg.rot90(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[2., 4.],
                [1., 3.]])
    """
    x = from_list(x)
    plane = _axes(axes, ndim_of(x), "rot90: axes")
    if len(plane) != 2:
        raise ArgumentError(f"rot90: axes are two different ones, not {axes!r}")
    first, second = plane
    quarters = integer(k, "rot90: k") % 4
    if quarters == 0:
        return x
    if quarters == 2:
        return flip(x, axis=(first, second))
    if quarters == 1:
        return swapaxes(flip(x, axis=second), first, second)
    return flip(swapaxes(x, first, second), axis=second)


@with_leads
def fliplr(x: AnyArray) -> AnyArray:
    """Return x with its columns in reverse order: flipped along the second axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fliplr(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[2., 1.],
                [4., 3.]])
    """
    return flip(x, axis=1)


@with_leads
def flipud(x: AnyArray) -> AnyArray:
    """Return x with its rows in reverse order: flipped along the first axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.flipud(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[3., 4.],
                [1., 2.]])
    """
    return flip(x, axis=0)


def atleast_1d(*arrays: AnyArray) -> Any:
    """Return x as it is, or as a vector of one element if it has no axes.

    Of several arrays a tuple of each.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atleast_1d(tg.tensor(3.0))
        tensor([3.])
    """
    return _each(arrays, lambda x: x if ndim_of(x) else reshape(x, shape=(1,)))


def atleast_2d(*arrays: AnyArray) -> Any:
    """Return x as it is, or with axes of length 1 in front of those it has, so that there are two.

    Of several arrays a tuple of each.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atleast_2d(tg.tensor([1.0, 2.0]))
        tensor([[1., 2.]])
    """
    return _each(
        arrays,
        lambda x: x if ndim_of(x) > 1 else reshape(x, shape=(1, math.prod(shape_of(x)))),
    )


def atleast_3d(*arrays: AnyArray) -> Any:
    """Return x as it is, or with axes of length 1, so that there are three.

    A vector of n elements has shape (1, n, 1) then, a matrix of shape (m, n) has (m, n, 1). Of
    several arrays a tuple of each.

    Example:
        >>> import tensorgraph as tg
        >>> tg.atleast_3d(tg.zeros(4)).shape, tg.atleast_3d(tg.zeros((2, 4))).shape
        ((1, 4, 1), (2, 4, 1))
    """
    return _each(
        arrays,
        lambda x: x if ndim_of(x) > 2 else reshape(x, shape=(*shape_of(atleast_2d(x)), 1)),
    )


def _each(arrays: tuple[Any, ...], function: Any) -> Any:
    done = tuple(function(from_list(x)) for x in arrays)
    return done[0] if len(done) == 1 else done


@with_leads
def ravel(x: AnyArray) -> AnyArray:
    """Return the elements of x in a row.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ravel(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([1., 2., 3., 4.])
    """
    return reshape(x, shape=-1)


@with_leads
def unflatten(x: AnyArray, axis: SupportsIndex, shape: OneOrMore) -> AnyArray:
    """Return x with one axis taken apart into several, of which one length may be −1.

    Raises:
        ShapeError: the lengths do not fill the axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.unflatten(tg.zeros((2, 12)), 1, (3, -1)).shape
        (2, 3, 4)
    """
    old = shape_of(x)
    place = one_axis(axis, len(old), "unflatten: axis")
    lengths = integers(shape, "unflatten: shape")
    known = math.prod(n for n in lengths if n != -1)
    if -1 in lengths and known and lengths.count(-1) == 1 and old[place] % known == 0:
        lengths = tuple(old[place] // known if n == -1 else n for n in lengths)
    if min(lengths, default=0) < 0 or math.prod(lengths) != old[place]:
        raise ShapeError(f"unflatten: axis {place} of length {old[place]} does not fill {lengths}")
    return reshape(x, shape=(*old[:place], *lengths, *old[place + 1 :]))
