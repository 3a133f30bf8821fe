"""The shape and dtype of a result, from those of the operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.op import Op

Shape = tuple[int, ...]


def result_like(op: Op, operands: Sequence[Any], static: dict[str, Any]) -> tuple[Shape, Any]:
    """Return shape and dtype of an operation on operands with ``shape``, ``dtype`` and ``value``.

    Elementwise operations and products have a rule by family. The others compute on zeros that
    take no memory, which costs no more than a copy.

    Raises:
        ShapeError: the operands do not fit together.
    """
    if op.family == "elementwise":
        probe = op.compute([_stand_in(x, (1,) * bool(x.shape)) for x in operands], static)
        try:
            shape = np.broadcast_shapes(*(x.shape for x in operands))
        except ValueError:  # explained by the kernel, in terms of the operation
            op.compute([_stand_in(x) for x in operands], static)
            raise
        return shape, np.asarray(probe).dtype
    if op.family == "random":
        return (static.get("shape") or ((static["n"],) if "n" in static else ())), static.get(
            "dtype", np.dtype(bool if "shape" in static else int)
        )
    rule = PRODUCTS.get(op.name)
    if rule is None:
        out = np.asarray(op.compute([_stand_in(x) for x in operands], static))
        return out.shape, out.dtype
    try:
        shape = rule([x.shape for x in operands], static)
    except ValueError:  # explained by the kernel, which looks at shapes first
        op.compute([_stand_in(x) for x in operands], static)
        raise
    return shape, np.result_type(*(x.dtype for x in operands))


def _stand_in(x: Any, shape: Shape | None = None) -> Any:
    """Return an array like an operand: its value if that is known, zeros otherwise."""
    if x.value is not None and (shape is None or x.shape == ()):
        return x.value
    return np.broadcast_to(np.zeros((), x.dtype), x.shape if shape is None else shape)


def _matmul(shapes: Sequence[Shape], static: dict[str, Any]) -> Shape:
    x, y = shapes
    inner = y[-2] if len(y) > 1 else y[0] if y else None
    if not x or inner is None or x[-1] != inner:
        np.matmul(np.empty(x, np.bool_), np.empty(y, np.bool_))  # raises
    batch = np.broadcast_shapes(x[:-2], y[:-2])
    return (*batch, *x[-2:-1], *y[-1:] * (len(y) > 1))


def _linear(shapes: Sequence[Shape], static: dict[str, Any]) -> Shape:
    return (*shapes[0][:-1], shapes[1][0])


def _einsum(shapes: Sequence[Shape], static: dict[str, Any]) -> Shape:
    left, _, result = static["subscripts"].partition("->")
    lengths: dict[str, int] = {}
    for term, shape in zip(left.split(","), shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            lengths[letter] = max(n, lengths.get(letter, 1)) if n else 0
    return tuple(lengths[letter] for letter in result)


PRODUCTS: dict[str, Callable[[Sequence[Shape], dict[str, Any]], Shape]] = {
    "matmul": _matmul, "linear": _linear, "einsum": _einsum,
}  # fmt: skip
