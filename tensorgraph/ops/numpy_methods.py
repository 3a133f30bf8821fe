"""Methods that NumPy's arrays have, with NumPy's signatures, where an operation has another.

Those whose operation is called alike are in ``METHODS`` of ``engine/operators.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of
from tensorgraph.engine.tensor import Tensor, array_of
from tensorgraph.ops import axis_changes, choosing, sets
from tensorgraph.ops._axes import OneOrMore
from tensorgraph.ops.arithmetic import astype, multiply
from tensorgraph.ops.contract import matmul, tensordot
from tensorgraph.ops.reduce import cumulative_sum
from tensorgraph.ops.scans import cumulative_prod
from tensorgraph.ops.shape import permute_dims


def reshape(x: AnyArray, *lengths: OneOrMore, shape: OneOrMore | None = None) -> AnyArray:
    """Return the same elements in another shape: ``x.reshape(2, -1)`` or ``x.reshape((2, -1))``."""
    given: Any = lengths[0] if len(lengths) == 1 else lengths
    return REGISTRY["reshape"](x, shape=given if shape is None else shape)


def ravel(x: AnyArray) -> AnyArray:
    """Return the elements of x in a row."""
    if type(x) is Tensor and _is_of_scipy(sys._getframe(1)):  # a dia_array has taken its values
        return x.data.ravel()
    return axis_changes.ravel(x)


def _is_of_scipy(frame: Any) -> bool:
    return str(frame.f_globals.get("__name__")).startswith("scipy.")


def flatten(x: AnyArray) -> AnyArray:
    """Return the elements of x in a row."""
    return axis_changes.ravel(x)


def transpose(x: AnyArray, *axes: OneOrMore | None) -> AnyArray:
    """Return x with its axes in another order: ``x.transpose(1, 0, 2)``; reversed by default."""
    given: Any = axes[0] if len(axes) == 1 and not isinstance(axes[0], SupportsIndex) else axes
    return permute_dims(x, axes=given or None) if ndim_of(x) else permute_dims(x)


def dot(x: AnyArray, y: AnyArray) -> AnyArray:
    """Return NumPy's dot: a product of matrices or vectors, or with a number.

    Of more axes it sums over the last of x and the last but one of y, which keeps all others.
    """
    if not (ndim_of(x) and ndim_of(y)):
        return multiply(x, y)
    if max(ndim_of(x), ndim_of(y)) <= 2:
        return matmul(x, y)
    return tensordot(x, y, axes=[[ndim_of(x) - 1], [max(ndim_of(y) - 2, 0)]])


def cumsum(x: AnyArray, axis: SupportsIndex | None = None) -> AnyArray:
    """Return the running sum along an axis, or of the elements in a row."""
    return cumulative_sum(axis_changes.ravel(x) if axis is None else x, axis=axis or 0)


def cumprod(x: AnyArray, axis: SupportsIndex | None = None) -> AnyArray:
    """Return the running product along an axis, or of the elements in a row."""
    return cumulative_prod(axis_changes.ravel(x) if axis is None else x, axis=axis or 0)


def copy(x: AnyArray) -> AnyArray:
    """Return a copy of x, through which gradients flow to it."""
    return astype(x, dtype=x.dtype)


def compress(x: AnyArray, condition: AnyArray, axis: SupportsIndex | None = None) -> AnyArray:
    """Return the slices of x along an axis where a vector of conditions is true."""
    return choosing.compress(condition, x, axis)


def choose(x: AnyArray, choices: Iterable[AnyArray], mode: str = "raise") -> AnyArray:
    """Return each element of the choice whose number stands at its place in x."""
    return choosing.choose(x, choices, mode)


def nonzero(x: AnyArray) -> Any:
    """Return the places of what is not 0: a tensor of positions for each axis."""
    return sets.nonzero(x)


def tolist(x: AnyArray) -> Any:
    """Return the values as numbers of Python's in nested lists."""
    return to_host(array_of(x)).tolist()


METHODS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        reshape, ravel, flatten, transpose, dot, cumsum, cumprod, copy, compress, choose,
        nonzero, tolist,
    )
}  # fmt: skip
"""By name, as they are bound to arrays."""
