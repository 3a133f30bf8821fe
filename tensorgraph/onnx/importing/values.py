"""Values while a graph runs: tensors, NumPy's arrays of what is known, lists of ONNX's sequences.

What a file states, and what is computed from shapes, stays in NumPy's arrays, so that it is known
also where tensors hold no values yet. All else is a tensor.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.tensor import Tensor

Ints: TypeAlias = tuple[int, ...]
Floats: TypeAlias = tuple[float, ...]
Texts: TypeAlias = tuple[str, ...]
"""What attributes hold."""

MAX_ELEMENTS = 2**28
"""How many elements a value may have that numbers in a file ask for, as ConstantOfShape does."""

MAX_ITERATIONS = 10**6
"""How often a loop may run."""


def known(value: Any, what: str) -> Any:
    """Return the array of a value that has to be known: of a shape, or of axes.

    Raises:
        GraphError: it is a symbol, which has no values yet.
    """
    if type(value) is not Tensor:
        return np.asarray(value)
    values = host_values(value.data)
    if values.shape != value.shape:
        raise errors.GraphError(
            f"{what} is computed from values that are not known here; under tg.compile and tg.vmap"
            " a shape may follow from shapes alone"
        )
    return values


def ints(value: Any, what: str) -> tuple[int, ...]:
    """Return integers, of an array or of a list, that have to be known."""
    return tuple(int(n) for n in known(value, what).reshape(-1))


def one_int(value: Any, what: str) -> int:
    """Return one integer that has to be known."""
    return int(known(value, what).reshape(-1)[0])


def number(value: Any, what: str) -> float:
    """Return one number that has to be known."""
    return float(known(value, what).reshape(-1)[0])


def allowed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape that numbers in a file ask for.

    Raises:
        OnnxError: it is too large to be meant.
    """
    if any(n < 0 for n in shape) or math.prod(n or 1 for n in shape) > MAX_ELEMENTS:
        raise errors.OnnxError(
            f"a value of shape {shape} is asked for; at most {MAX_ELEMENTS} elements are made of"
            " the numbers in a file"
        )
    return shape


def is_float(value: Any) -> bool:
    """Return whether a value holds floating-point numbers."""
    return bool(value.dtype.kind == "f")


def axes_of(axes: Any, rank: int) -> tuple[int, ...]:
    """Return axes counted from the front.

    Raises:
        AxisError: one of them is out of range.
    """
    found = tuple(axis + rank if axis < 0 else axis for axis in ints(axes, "axes"))
    if any(not 0 <= axis < rank for axis in found):
        raise errors.AxisError(f"axes {found} of a value with {rank} axes")
    return found


def axis_of(axis: int, rank: int) -> int:
    """Return an axis counted from the front."""
    return axes_of((axis,), rank)[0]
