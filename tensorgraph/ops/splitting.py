"""Cutting a tensor along an axis: into parts, or into slices that lose the axis."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import integers
from tensorgraph.engine.operands import AnyArray
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import OneOrMore, from_list, one_axis, part

__all__ = ["array_split", "dsplit", "hsplit", "split", "unstack", "vsplit"]


@with_leads
def split(x: AnyArray, sections: OneOrMore, axis: SupportsIndex = 0) -> list[AnyArray]:
    """Cut a tensor along an axis into equal ``sections``, or before the given positions.

    Raises:
        ArgumentError: the axis cannot be cut into that many equal parts.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.split(tg.zeros((4, 3)), 2)]
        [(2, 3), (2, 3)]
    """
    x = from_list(x)
    axis = one_axis(axis, x.ndim, "split: axis")
    n = x.shape[axis]
    if isinstance(sections, (int, np.integer)) and (sections < 1 or n % sections):
        raise ArgumentError(
            f"split: axis {axis} of length {n} cannot be cut into {sections} equal parts;"
            f" give the positions to cut at, as a list, or write tg.array_split(x, {sections}) for"
            " parts of nearly equal length"
        )
    return _cut(x, sections, axis, "split")


@with_leads
def array_split(x: AnyArray, sections: OneOrMore, axis: SupportsIndex = 0) -> list[AnyArray]:
    """Cut a tensor along an axis into ``sections`` of nearly equal length, the longer ones first.

    Raises:
        ArgumentError: ``sections`` is less than 1.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.array_split(tg.zeros(5), 3)]
        [(2,), (2,), (1,)]
    """
    x = from_list(x)
    return _cut(x, sections, one_axis(axis, x.ndim, "array_split: axis"), "array_split")


def _cut(x: Any, sections: Any, axis: int, name: str) -> list[Any]:
    """Cut into nearly equal sections, or before positions."""
    if isinstance(sections, (int, np.integer)):
        if sections < 1:
            raise ArgumentError(f"{name}: sections is at least 1, not {sections}")
        short, longer = divmod(x.shape[axis], sections)
        cuts = [k * short + min(k, longer) for k in range(1, sections)]
    else:
        cuts = list(integers(sections, f"{name}: the positions to cut at"))
    edges = zip([None, *cuts], [*cuts, None], strict=True)
    return [part(x, axis, start, stop) for start, stop in edges]


@with_leads
def hsplit(x: AnyArray, sections: OneOrMore) -> list[AnyArray]:
    """Cut a tensor along its second axis, a vector along its only one.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.hsplit(tg.zeros((2, 4)), 2)]
        [(2, 2), (2, 2)]
    """
    x = _with_axes(x, 1, "hsplit")
    return split(x, sections, axis=0 if x.ndim == 1 else 1)


@with_leads
def vsplit(x: AnyArray, sections: OneOrMore) -> list[AnyArray]:
    """Cut a tensor of two axes or more along its first.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.vsplit(tg.zeros((4, 3)), [1])]
        [(1, 3), (3, 3)]
    """
    return split(_with_axes(x, 2, "vsplit"), sections, axis=0)


@with_leads
def dsplit(x: AnyArray, sections: OneOrMore) -> list[AnyArray]:
    """Cut a tensor of three axes or more along its third.

    Example:
        >>> import tensorgraph as tg
        >>> [part.shape for part in tg.dsplit(tg.zeros((2, 3, 4)), 2)]
        [(2, 3, 2), (2, 3, 2)]
    """
    return split(_with_axes(x, 3, "dsplit"), sections, axis=2)


def _with_axes(x: Any, least: int, name: str) -> Any:
    x = from_list(x)
    if x.ndim < least:
        raise ShapeError(
            f"{name}: needs a tensor with at least {least} axes, not shape {x.shape}; write"
            " tg.split(x, sections, axis=…)"
        )
    return x


@with_leads
def unstack(x: AnyArray, axis: SupportsIndex = 0) -> tuple[AnyArray, ...]:
    """Return the slices of a tensor along an axis, which they lose.

    Example:
        >>> import tensorgraph as tg
        >>> a, b = tg.unstack(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> b
        tensor([3., 4.])
    """
    x = from_list(x)
    axis = one_axis(axis, x.ndim, "unstack: axis")
    lead = (slice(None),) * axis
    return tuple(x[(*lead, i)] for i in range(x.shape[axis]))
