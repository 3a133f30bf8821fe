"""Joining tensors: along an axis that they have, along a new one, or as blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.engine.notation import enclosed
from tensorgraph.engine.op import register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import LINEAR
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, describe
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import one_axis
from tensorgraph.ops._batching import along
from tensorgraph.ops.axis_changes import atleast_1d, atleast_2d, atleast_3d
from tensorgraph.ops.shape import permute_dims, reshape

__all__ = ["append", "block", "column_stack", "concat", "dstack", "hstack", "stack", "vstack"]


def _joinable(*arrays: Any, axis: Any, edges: Any) -> dict[str, Any]:
    if not arrays:
        raise ArgumentError("needs at least one tensor")
    shapes = [shape_of(array) for array in arrays]
    first = shapes[0]
    axis = one_axis(axis, len(first))
    before, behind = first[:axis], first[axis + 1 :]
    for i, shape in enumerate(shapes):
        if len(shape) != len(first) or shape[:axis] != before or shape[axis + 1 :] != behind:
            raise ShapeError(
                f"arrays[{i}] has shape {shape}, arrays[0] has {first}: they must agree except"
                f" along axis {axis}"
            )
    # Where each array ends, found once: looked up by each rule, so that backward stays linear.
    return {"axis": axis, "edges": (0, *accumulate(shape[axis] for shape in shapes))}


def _concat_rule(g: Any, i: int, axis: int, edges: Sequence[int]) -> Any:
    return g[(slice(None),) * axis + (slice(edges[i], edges[i + 1]),)]


def _joined_shape(x: Any, *arrays: Any, axis: int, edges: Sequence[int]) -> tuple[int, ...]:
    return (*x.shape[:axis], edges[-1], *x.shape[axis + 1 :])


_concat = register(
    "concat",
    lambda *arrays, axis=0, edges=(): np.concat(arrays, axis=axis),
    {"*arrays": _concat_rule},
    family="shape",
    jvp={"*arrays": LINEAR},
    batch=along("axis"),
    shape=_joined_shape,
    prepare=_joinable,
    notation=enclosed("[]"),
    code="np.concatenate(arrays, axis=axis)",
    doc="Join arrays along an axis they have; `edges` is computed.",
)


def _stackable(*arrays: Any, axis: Any) -> dict[str, Any]:
    if not arrays:
        raise ArgumentError("needs at least one tensor")
    first = shape_of(arrays[0])
    for i, array in enumerate(arrays):
        if shape_of(array) != first:
            raise ShapeError(f"arrays[{i}] has shape {shape_of(array)}, arrays[0] has {first}")
    return {"axis": one_axis(axis, len(first) + 1)}


_stack = register(
    "stack",
    lambda *arrays, axis=0: np.stack(arrays, axis=axis),
    {"*arrays": lambda g, i, axis: g[(slice(None),) * axis + (i,)]},
    family="shape",
    jvp={"*arrays": LINEAR},
    batch=along("axis"),
    shape=lambda x, *rest, axis: (*x.shape[:axis], 1 + len(rest), *x.shape[axis:]),
    prepare=_stackable,
    code="np.stack(arrays, axis=axis)",
    doc="Join arrays of one shape along a new axis.",
)


@with_leads
def concat(arrays: Iterable[AnyArray], axis: SupportsIndex | None = 0) -> AnyArray:
    """Join tensors along an axis that they have; flat ones for ``axis=None``.

    Raises:
        ShapeError: they differ along another axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.concat([tg.tensor([1.0, 2.0]), tg.tensor([3.0])])
        tensor([1., 2., 3.])
    """
    arrays = _several(arrays, "concat")
    if axis is None:
        arrays, axis = [reshape(a, shape=-1) for a in arrays], 0
    return _concat(*arrays, axis=axis)


@with_leads
def stack(arrays: Iterable[AnyArray], axis: SupportsIndex = 0) -> AnyArray:
    """Join tensors of one shape along a new axis.

    Raises:
        ShapeError: their shapes differ.

    Example:
        >>> import tensorgraph as tg
        >>> tg.stack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])], axis=1)
        tensor([[1., 3.],
                [2., 4.]])
    """
    return _stack(*_several(arrays, "stack"), axis=axis)


def _several(arrays: Any, name: str) -> list[Any]:
    if not hasattr(arrays, "__iter__"):
        raise DTypeError(f"{name}: arrays is a list of tensors, not {describe(arrays)}")
    return list(arrays)


@with_leads
def hstack(arrays: Iterable[AnyArray]) -> AnyArray:
    """Join tensors side by side: along the second axis, vectors along their only one.

    Example:
        >>> import tensorgraph as tg
        >>> tg.hstack([tg.ones((2, 1)), tg.zeros((2, 1))])
        tensor([[1., 0.],
                [1., 0.]])
    """
    parts = [atleast_1d(x) for x in _filled(arrays, "hstack")]
    return concat(parts, axis=0 if ndim_of(parts[0]) == 1 else 1)


@with_leads
def vstack(arrays: Iterable[AnyArray]) -> AnyArray:
    """Join tensors one below the other; vectors are rows.

    Example:
        >>> import tensorgraph as tg
        >>> tg.vstack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])])
        tensor([[1., 2.],
                [3., 4.]])
    """
    return concat([atleast_2d(x) for x in _filled(arrays, "vstack")])


@with_leads
def dstack(arrays: Iterable[AnyArray]) -> AnyArray:
    """Join tensors along the third axis, which matrices get as their last.

    Example:
        >>> import tensorgraph as tg
        >>> tg.dstack([tg.ones((2, 3)), tg.zeros((2, 3))]).shape
        (2, 3, 2)
    """
    return concat([atleast_3d(x) for x in _filled(arrays, "dstack")], axis=2)


@with_leads
def column_stack(arrays: Iterable[AnyArray]) -> AnyArray:
    """Join tensors side by side; vectors are columns.

    Example:
        >>> import tensorgraph as tg
        >>> tg.column_stack([tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0])])
        tensor([[1., 3.],
                [2., 4.]])
    """
    parts = _filled(arrays, "column_stack")
    return concat(
        [x if ndim_of(x) > 1 else permute_dims(atleast_2d(x)) for x in parts],
        axis=1,
    )


def _filled(arrays: Any, name: str) -> list[Any]:
    found = _several(arrays, name)
    if not found:
        raise ArgumentError(f"{name}: needs at least one tensor")
    return found


@with_leads
def append(x: AnyArray, values: AnyArray, axis: SupportsIndex | None = None) -> AnyArray:
    """Return x followed by ``values`` along an axis; both flat for ``axis=None``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.append(tg.tensor([1.0, 2.0]), [3.0])
        tensor([1., 2., 3.])
    """
    return concat([x, values], axis=axis)


@with_leads
def block(arrays: Iterable[AnyArray]) -> AnyArray:
    """Put tensors together as nested lists say: the innermost along the last axis.

    Each list further out is along the axis before. Tensors of fewer axes get new ones in front.

    Raises:
        ArgumentError: a list is empty, or tensors stand at different depths.

    Example:
        >>> import tensorgraph as tg
        >>> tg.block([[tg.ones((1, 2)), tg.zeros((1, 1))], [tg.zeros((1, 3))]])
        tensor([[1., 1., 0.],
                [0., 0., 0.]])
    """
    depth = _depth(arrays)
    ndim = max(depth, *map(ndim_of, _parts(arrays)))

    def joined(part: Any, level: int) -> Any:
        if level == depth:
            return reshape(part, shape=(1,) * (ndim - ndim_of(part)) + shape_of(part))
        return concat([joined(inner, level + 1) for inner in part], axis=level - depth)

    return joined(arrays, 0)


def _depth(arrays: Any) -> int:
    """Return how deep lists are nested; it must be the same everywhere."""
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ArgumentError("block: a list is empty; write tg.zeros((0,)) for what has no elements")
    depths = {_depth(part) for part in arrays}
    if len(depths) > 1:
        raise ArgumentError(
            f"block: tensors stand at depths {sorted(depths)} of the nested lists; write [x] to put"
            " one a list deeper"
        )
    return 1 + depths.pop()


def _parts(arrays: Any) -> list[Any]:
    if not isinstance(arrays, list):
        return [arrays]
    return [part for inner in arrays for part in _parts(inner)]
