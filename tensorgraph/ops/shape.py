"""Rearranging one tensor: another shape, another order. Values are only moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import integer, integers
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.notation import HIDDEN, TRANSPOSE
from tensorgraph.engine.op import Op, OpFunction, register
from tensorgraph.engine.rule import LINEAR
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.ops._axes import (
    OneOrMore,
    SomeAxes,
    inverse,
    one_axis,
    some_axes,
)
from tensorgraph.ops._batching import (
    Operand,
    Static,
    along,
    flat_or_along,
    leading,
    one_further,
)

__all__ = [
    "broadcast_to", "expand_dims", "flip", "matrix_transpose", "permute_dims", "reshape", "roll",
    "squeeze", "tril", "triu",
]  # fmt: skip

# -------------------------------------------------------------------------------------- of examples


def _reshaped(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    return dispatch(op, (operands[0].value,), {"shape": (size, *static["shape"])})


def _permuted(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    return dispatch(op, (operands[0].value,), {"axes": (0, *one_further(static["axes"]))})


def _broadcast(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    shape = static["shape"]
    return dispatch(op, (operands[0].aligned(len(shape)),), {"shape": (size, *shape)})


def _rolled(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    (x,) = operands
    return flat_or_along(op, size, operands, static).reshape((size, *x.shape))


# ---------------------------------------------------------------------------- one tensor, new shape


def _full_shape(x: Any, *, shape: OneOrMore) -> dict[str, Any]:
    """Resolve one −1 in the target shape."""
    old, new = shape_of(x), integers(shape, "a shape")
    size = math.prod(old)
    known = math.prod([n for n in new if n != -1])
    if new.count(-1) > 1 or min(new, default=0) < -1:
        raise ShapeError(f"{new} may hold one -1, and no other negative length")
    if -1 in new and known and size % known == 0:
        new = tuple(size // known if n == -1 else n for n in new)
    if math.prod(new) != size or -1 in new:
        raise ShapeError(f"a tensor of shape {old} has {size} elements, which do not fill {new}")
    return {"shape": new}


reshape: OpFunction = register(
    "reshape",
    lambda x, *, shape: np.reshape(x, shape),
    {"x": lambda g, x_shape: g.reshape(x_shape)},
    family="shape",
    jvp={"x": LINEAR},
    batch=_reshaped,
    shape=lambda x, *, shape: shape,
    prepare=_full_shape,
    notation=HIDDEN,
    code=".reshape",  # NumPy 2.0 has another name for the shape
    facts={"moved": True},
    doc="""Return the same elements in another shape; one length may be −1.

    >>> tg.reshape([1, 2, 3, 4], (2, -1))
    tensor([[1, 2],
            [3, 4]])
    """,
)


def _permutation(x: Any, *, axes: Sequence[SupportsIndex] | None) -> dict[str, Any]:
    ndim = ndim_of(x)
    axes = range(ndim)[::-1] if axes is None else integers(axes, "axes")
    order = tuple(one_axis(a, ndim, "axes") for a in axes)
    if sorted(order) != list(range(ndim)):
        raise ArgumentError(f"axes {tuple(axes)} do not name each of the {ndim} axes once")
    return {"axes": order}


permute_dims: OpFunction = register(
    "permute_dims",
    lambda x, *, axes=None: np.transpose(x, axes),
    {"x": lambda g, axes: permute_dims(g, axes=inverse(axes))},
    family="shape",
    jvp={"x": LINEAR},
    batch=_permuted,
    shape=lambda x, *, axes: tuple(x.shape[i] for i in axes),
    symbol="xᵀ",
    prepare=_permutation,
    notation=TRANSPOSE,
    facts={"moved": True},
    doc="""Return x with its axes in the order `axes` (reversed by default).

    >>> tg.permute_dims(tg.zeros((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """,
)


def _check_matrix(x: Any) -> dict[str, Any]:
    if ndim_of(x) < 2:
        hint = "; write x[:, None] for a column" if ndim_of(x) else ""
        raise ShapeError(f"a tensor of shape {shape_of(x)} has no two axes to swap{hint}")
    return {}


matrix_transpose: OpFunction = register(
    "matrix_transpose",
    lambda x: np.swapaxes(x, -1, -2),
    {"x": lambda g: g.mT},
    family="shape",
    jvp={"x": LINEAR},
    batch=leading,
    shape=lambda x: (*x.shape[:-2], x.shape[-1], x.shape[-2]),
    symbol="xᵀ",
    prepare=_check_matrix,
    notation=TRANSPOSE,
    facts={"moved": True},
    doc="""Return x with its last two axes swapped; also `x.mT`.

    >>> tg.matrix_transpose(tg.zeros((5, 2, 3))).shape
    (5, 3, 2)
    """,
)


def _new_axes(x: Any, *, axis: OneOrMore) -> dict[str, Any]:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return {"axis": some_axes(tuple(axes), ndim_of(x) + len(axes))}


def _with_new_axes(x: Any, *, axis: tuple[int, ...]) -> tuple[int, ...]:
    longer = list(shape_of(x))
    for position in axis:  # in ascending order
        longer.insert(position, 1)
    return tuple(longer)


expand_dims = register(
    "expand_dims",
    lambda x, *, axis=0: np.reshape(x, _with_new_axes(x, axis=axis)),
    {"x": lambda g, x_shape: g.reshape(x_shape)},
    family="shape",
    jvp={"x": LINEAR},
    batch=along("axis"),
    shape=_with_new_axes,
    prepare=_new_axes,
    notation=HIDDEN,
    facts={"moved": True},
    doc="""Return x with a new axis of length 1 at `axis` of the result.

    >>> tg.expand_dims([1, 2], axis=1)
    tensor([[1],
            [2]])
    """,
)


def _single_axes(x: Any, *, axis: SomeAxes) -> dict[str, Any]:
    shape = shape_of(x)
    if axis is None:
        return {"axis": tuple(i for i, n in enumerate(shape) if n == 1)}
    axes = some_axes(axis, len(shape))
    for i in axes:
        if shape[i] != 1:
            raise ShapeError(f"axis {i} of shape {shape} has length {shape[i]}, not 1")
    return {"axis": axes}


squeeze = register(
    "squeeze",
    lambda x, *, axis=None: np.squeeze(x, axis),
    {"x": lambda g, x_shape: g.reshape(x_shape)},
    family="shape",
    jvp={"x": LINEAR},
    batch=along("axis"),
    shape=lambda x, *, axis: tuple(n for i, n in enumerate(x.shape) if i not in axis),
    prepare=_single_axes,
    notation=HIDDEN,
    facts={"moved": True},
    doc="""Return x without axes of length 1: those at `axis`, or all.

    >>> tg.squeeze([[1, 2]])
    tensor([1, 2])
    """,
)


def _target_shape(x: Any, *, shape: OneOrMore) -> dict[str, Any]:
    old, new = shape_of(x), integers(shape, "a shape")
    fits = len(new) >= len(old) and all(
        a in (1, b) for a, b in zip(old[::-1], new[::-1], strict=False)
    )
    if not fits:
        raise ShapeError(f"shape {old} does not broadcast to {new}")
    return {"shape": new}


def _broadcast_to_kernel(x: Any, *, shape: tuple[int, ...]) -> Any:
    if (type(x) is np.ndarray and x.ndim == 0) or isinstance(x, np.generic):
        # A view of one number, for which NumPy's function would make an iterator.
        repeated: Any = np.ndarray(shape, x.dtype, np.asarray(x), 0, (0,) * len(shape))
        repeated.flags.writeable = False
        return repeated
    return np.broadcast_to(x, shape)


broadcast_to = register(
    "broadcast_to",
    _broadcast_to_kernel,
    {"x": lambda g: g},  # backward sums every gradient to its operand's shape
    family="shape",
    jvp={"x": LINEAR},
    batch=_broadcast,
    shape=lambda x, *, shape: shape,
    prepare=_target_shape,
    notation=HIDDEN,
    facts={"moved": True},
    doc="""Return x repeated along new axes and axes of length 1, without copying.

    >>> tg.broadcast_to([1, 2], (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """,
)

# --------------------------------------------------------------------------- one tensor, new order


def _same(x: Any, **static: Any) -> tuple[int, ...]:
    return shape_of(x)


def _several_axes(x: Any, *, axis: SomeAxes) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x))}


flip: OpFunction = register(
    "flip",
    lambda x, *, axis=None: np.flip(x, axis),
    {"x": lambda g, axis: flip(g, axis=axis)},
    family="shape",
    jvp={"x": LINEAR},
    batch=along("axis"),
    shape=_same,
    prepare=_several_axes,
    facts={"moved": True},
    doc="""Return x in reverse order along `axis` (all axes by default).

    >>> tg.flip([1, 2, 3])
    tensor([3, 2, 1])
    """,
)


def _shifts(x: Any, *, shift: OneOrMore, axis: SomeAxes) -> dict[str, Any]:
    if axis is None:
        return {"shift": integer(shift, "shift"), "axis": None}
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(one_axis(a, ndim_of(x)) for a in axes)
    shifts = integers(shift, "shifts") * (len(axes) if ndim_of(shift) == 0 else 1)
    if len(shifts) != len(axes):
        raise ArgumentError(f"{len(shifts)} shifts were given for {len(axes)} axes")
    return {"shift": shifts, "axis": axes}


def _roll_back(g: Any, shift: Any, axis: Any) -> Any:
    back = -shift if isinstance(shift, int) else tuple(-s for s in shift)
    return roll(g, shift=back, axis=axis)


roll = register(
    "roll",
    lambda x, *, shift, axis=None: np.roll(x, shift, axis),
    {"x": _roll_back},
    family="shape",
    jvp={"x": LINEAR},
    batch=_rolled,
    shape=_same,
    prepare=_shifts,
    facts={"moved": True},
    doc="""Return x shifted by `shift` places along `axis`, those pushed out entering again.

    >>> tg.roll([1, 2, 3], 1)
    tensor([3, 1, 2])
    """,
)


def _diagonal(x: Any, *, k: SupportsIndex) -> dict[str, Any]:
    if ndim_of(x) < 2:
        raise ShapeError(f"needs a matrix or a stack of them, not shape {shape_of(x)}")
    return {"k": integer(k, "k")}


tril: OpFunction = register(
    "tril",
    lambda x, *, k=0: np.tril(x, k),
    {"x": lambda g, k: tril(g, k=k)},
    family="shape",
    jvp={"x": LINEAR},
    batch=leading,
    shape=_same,
    prepare=_diagonal,
    doc="""Return x with zeros above the `k`-th diagonal of its last two axes.

    >>> tg.tril([[1, 2], [3, 4]])
    tensor([[1, 0],
            [3, 4]])
    """,
)
triu: OpFunction = register(
    "triu",
    lambda x, *, k=0: np.triu(x, k),
    {"x": lambda g, k: triu(g, k=k)},
    family="shape",
    jvp={"x": LINEAR},
    batch=leading,
    shape=_same,
    prepare=_diagonal,
    doc="""Return x with zeros below the `k`-th diagonal of its last two axes.

    >>> tg.triu([[1, 2], [3, 4]])
    tensor([[1, 2],
            [0, 4]])
    """,
)
