"""The shape and dtype of a result, from those of the operands; no kernel runs on arrays of a size.

An operation's family tells its rules, or its record does (``shape``, ``dtype``); a fused one has
the shape of its body. Dtypes that NumPy decides, or a fused kernel otherwise than its body, are
asked of the kernel, on a single element. Only a user's own operation without a ``shape`` is
computed, on zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.op import KERNEL_ERRORS, REGISTRY, Op
from tensorgraph.ops._axes import kept

Shape = tuple[int, ...]
Static = dict[str, Any]


def result_like(op: Op, operands: Sequence[Any], static: Static) -> tuple[Shape, Any]:
    """Return shape and dtype of an operation on operands, which are expressions.

    Raises:
        ShapeError: the operands do not fit together.
    """
    ours = REGISTRY.get(op.name) is op
    shape = op.shape or (_SHAPES.get(op.family) if ours else None)
    if shape is None and op.body is not None:
        result = op.body(*operands, **static)
        return result.shape, _dtype(op, operands, static) if ours else result.dtype
    if shape is None:
        out = np.asarray(op.compute([_zeros(x, x.shape) for x in operands], static))
        return out.shape, out.dtype
    try:
        found = shape(*operands, **static)
    except KERNEL_ERRORS:  # explained by the kernel, in terms of the operation
        op.compute([_zeros(x, x.shape) for x in operands], static)
        raise
    return found, _dtype(op, operands, static)


def _dtype(op: Op, operands: Sequence[Any], static: Static) -> Any:
    """Return the dtype of a result: by rule, or that of a single element."""
    rule = op.dtype or _DTYPES.get(op.family)
    if rule is not None:
        return np.dtype(rule(*operands, **static))
    probe = op.compute([_zeros(x, (1,) * len(x.shape)) for x in operands], static)
    return np.asarray(probe).dtype


def _zeros(x: Any, shape: Shape) -> Any:
    """Return zeros of an operand's dtype that take no memory; a single number itself.

    For one of Python's that is not known stands 1, by which and of which anything can be computed.
    """
    if x.value is not None and (x.shape == shape or x.shape == ()):
        return x.value
    if x.weak:
        return x.dtype.type(1).item()
    return np.broadcast_to(np.zeros((), x.dtype), shape)


def _reduced(x: Any, *, axis: Any, keepdims: bool = False, **static: Any) -> Shape:
    axes = range(len(x.shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    if keepdims:
        return kept(x.shape, tuple(axes))
    return tuple(n for i, n in enumerate(x.shape) if i not in axes)


_SHAPES: dict[str, Callable[..., Shape]] = {
    "elementwise": lambda *operands, **_: np.broadcast_shapes(*(x.shape for x in operands)),
    "reduce": _reduced,
    "random": lambda *_, shape=None, n=None, **__: (n,) if shape is None else shape,
}
"""The shape rules of families; where there is none, each record of the engine has its own."""

_DTYPES: dict[str, Callable[..., Any]] = {
    "shape": lambda *arrays, **_: np.result_type(*(x.dtype for x in arrays)),
    "contract": lambda *operands, **_: np.result_type(*(x.dtype for x in operands)),
    "index": lambda x, *_, **__: x.dtype,
}
"""The dtype rules of families; where there is none, the kernel is asked on single elements."""
