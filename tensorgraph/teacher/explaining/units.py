"""Which axis of a value counts the units of a layer, and lists of them in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.activation import relu
from tensorgraph.ops.contract import linear, matmul
from tensorgraph.ops.convolution import conv
from tensorgraph.ops.extrema import maximum

MOST_LISTED = 8

FEW = 8
"""With fewer examples many a sound unit is off for all of them, which says little."""


def unit_axis(node: Node) -> int | None:
    """Return the axis of a node's result along which the units of its layer lie, if it is known.

    That is told by the nearest product with parameters that leads to it.
    """
    place: Any = node
    while type(place) is Node:
        if place.op is linear.op:
            return len(place.shape) - 1
        if place.op is conv.op:
            return 1 if len(place.shape) > 2 else None
        if place.op is matmul.op:
            left, right = (_is_parameter(parent) for parent in place.parents)
            if left != right and len(place.shape) >= 2:
                return len(place.shape) - (2 if left else 1)
            return None
        if place.op.family not in ("elementwise", "fused"):
            return None
        same = [p for p in place.parents if type(p) is Node and p.shape == node.shape]
        place = same[0] if same else None
    return None


def _is_parameter(place: Any) -> bool:
    """Return whether an operand is a leaf that wants a gradient, or the transpose of one."""
    while type(place) is Node and place.op.family == "shape":
        place = place.parents[0]
    return type(place) is Tensor and place.requires_grad


def rectified(node: Node) -> int | None:
    """Return which operand a node is the ReLU of, ``maximum(0, z)`` too; ``None`` if of none."""
    if node.op is relu.op:
        return 0
    if node.op is not maximum.op:
        return None
    zeros = [
        i for i, p in enumerate(node.parents) if type(p) not in (Node, Tensor) and not np.any(p)
    ]
    return 1 - zeros[0] if len(zeros) == 1 else None


def along(axis: int, mask: Any) -> Any:
    """Return for each unit whether a mask is true in all of its elements."""
    return mask.all(axis=tuple(k for k in range(mask.ndim) if k != axis))


def listed(indices: Sequence[int] | NDArray[Any]) -> str:
    """Return numbers of units, long lists cut.

    Example:
        >>> listed([3, 7]), listed(range(20))
        ('3, 7', '0, 1, 2, 3, 4, 5, 6, 7, ...')
    """
    shown = ", ".join(str(int(i)) for i in list(indices)[:MOST_LISTED])
    return shown if len(indices) <= MOST_LISTED else f"{shown}, ..."


def zero_slices(zero: Any) -> tuple[int, Any] | None:
    """Return the axis along which whole slices of a mask are true, and which are: the most."""
    best = None
    for axis in range(zero.ndim):
        if zero.shape[axis] < 2:
            continue
        slices = np.flatnonzero(along(axis, zero))
        share = len(slices) / zero.shape[axis]
        if len(slices) and (best is None or share > best[2]):
            best = axis, slices, share
    return None if best is None else best[:2]
