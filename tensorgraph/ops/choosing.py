"""Choosing between tensors, or between elements, by conditions and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_list, one_axis
from tensorgraph.ops.arithmetic import astype, where
from tensorgraph.ops.index import beside, getitem, take, within
from tensorgraph.ops.shape import broadcast_to, reshape
from tensorgraph.ops.updating import set_at

__all__ = ["choose", "compress", "extract", "piecewise", "select"]


@with_leads
def select(
    conditions: Iterable[AnyArray], choices: Iterable[AnyArray], default: Any = 0
) -> AnyArray:
    """Return each element of the first choice whose condition is true, ``default`` where none is.

    Raises:
        ArgumentError: there are no conditions, or not as many choices.
        DTypeError: a condition is not of booleans.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-2.0, 0.0, 2.0])
        >>> tg.select([x < 0, x > 0], [-x, x * x], 7.0)
        tensor([2., 7., 4.])
    """
    masks, values = [from_list(c) for c in conditions], list(choices)
    if len(masks) != len(values):
        raise ArgumentError(f"select: {len(masks)} conditions and {len(values)} choices were given")
    if not masks:
        raise ArgumentError("select: needs at least one condition")
    for i, mask in enumerate(masks):
        if mask.dtype.kind != "b":
            raise DTypeError(f"select: conditions[{i}] is of booleans, not {mask.dtype}")
    result = default
    for mask, value in zip(masks[::-1], values[::-1], strict=True):
        result = where(mask, value, result)
    return from_list(result)


@with_leads
def choose(index: AnyArray, choices: Iterable[AnyArray], mode: str = "raise") -> AnyArray:
    """Return each element of the choice whose number stands at its place in ``index``.

    Raises:
        ArgumentError: there are no choices.
        AxisError: there is none of that number; ``mode="wrap"`` counts on from the first,
            ``"clip"`` takes the nearest.

    Example:
        >>> import tensorgraph as tg
        >>> tg.choose([0, 1, 0], [tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0, 5.0, 6.0])])
        tensor([1., 5., 3.])
    """
    values = list(choices)
    if not values:
        raise ArgumentError("choose: needs at least one choice")
    numbers = to_host(array_of(index))
    if numbers.dtype.kind not in "iub":
        raise DTypeError(f"choose: index is of integers, not {numbers.dtype}")
    named = within(numbers.astype(np.intp), len(values), mode, "choose")
    if mode == "raise" and ((named < 0) | (named >= len(values))).any():
        raise AxisError(
            f"choose: index has numbers that are none of the {len(values)} choices; write"
            " mode='wrap' or mode='clip'"
        )
    result = values[0]
    for number, value in enumerate(values[1:], 1):
        result = where(beside(np.equal(named, number), index), value, result)
    shape = np.broadcast_shapes(named.shape, *map(shape_of, values))
    return broadcast_to(result, shape=shape)


@with_leads
def piecewise(
    x: AnyArray,
    conditions: AnyArray,
    functions: Sequence[Any],
    *args: Any,
    **kwargs: Any,
) -> AnyArray:
    """Return functions of x, each where its condition is true; one more is for where none is.

    Each is called with the elements of x where it holds, so what it does elsewhere does not matter,
    to its gradient neither. Of conditions that hold together the last counts. A number stands for a
    constant; what is left is 0.

    Args:
        x: what the functions are called with.
        conditions: masks of x's shape.
        functions: as many, or one more; functions or numbers.
        *args: given to each function after the elements.
        **kwargs: given to each function.

    Raises:
        ArgumentError: the functions are not as many, or one more.
        ShapeError: a condition has another shape than x.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([-4.0, 0.0, 4.0])
        >>> tg.piecewise(x, [x > 0], [tg.sqrt, lambda x: 1 - x])
        tensor([5., 1., 2.])
    """
    x = from_list(x)
    # A list of booleans is one condition, but of a number a list of conditions.
    is_list = isinstance(conditions, (list, tuple))
    several = is_list and (ndim_of(x) == 0 or all(ndim_of(c) for c in conditions))
    masks = [to_host(array_of(c)) for c in (conditions if several else [conditions])]
    for i, mask in enumerate(masks):
        if mask.shape != shape_of(x):
            raise ShapeError(
                f"piecewise: conditions[{i}] has shape {mask.shape}, x has {shape_of(x)}"
            )
    masks = [mask.astype(bool) for mask in masks]
    if len(functions) == len(masks) + 1:
        masks.append(~np.any(masks, axis=0))
    if len(functions) != len(masks):
        raise ArgumentError(
            f"piecewise: {len(functions)} functions for {len(masks)} conditions; write as many, or"
            " one more for where none is true"
        )
    result = astype(where(False, x, 0), dtype=x.dtype)
    for mask, function in zip(masks, functions, strict=True):
        if not mask.any():
            continue
        key = (beside(mask, x),)
        value = function(getitem(x, key), *args, **kwargs) if callable(function) else function
        result = set_at(result, key, astype(from_list(value), dtype=x.dtype))
    return result


@with_leads
def compress(condition: AnyArray, x: AnyArray, axis: SupportsIndex | None = None) -> AnyArray:
    """Return the slices of x along an axis where a vector of conditions is true (flat by default).

    Example:
        >>> import tensorgraph as tg
        >>> tg.compress([True, False, True], tg.tensor([1.0, 2.0, 3.0]))
        tensor([1., 3.])
    """
    mask = to_host(array_of(condition))
    if mask.ndim != 1:
        raise ShapeError(f"compress: condition is a vector, not of shape {mask.shape}")
    x = reshape(x, shape=-1) if axis is None else from_list(x)
    place = 0 if axis is None else one_axis(axis, ndim_of(x), "compress: axis")
    return take(x, beside(np.flatnonzero(mask), x), axis=place)


@with_leads
def extract(condition: AnyArray, x: AnyArray) -> AnyArray:
    """Return the elements of x where a condition of its shape is true, in a row.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[1.0, -2.0], [3.0, 4.0]])
        >>> tg.extract(x > 0, x)
        tensor([1., 3., 4.])
    """
    return compress(reshape(condition, shape=-1), x)
