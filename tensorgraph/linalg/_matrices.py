"""What operations on matrices share: what they take, and how they fail.

Each is defined on the last two axes and done for every matrix of a stack. LAPACK computes in
float32 or float64: integers are taken as float64, float16 is computed in float32 and rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import host_values, placed
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import LinAlgError, ShapeError
from tensorgraph.ops.reduce import HALF
from tensorgraph.ops.shape import matrix_transpose

Shape = tuple[int, ...]


def matrices(x: Any, name: str = "x") -> Shape:
    """Return the shape of a matrix, or of a stack of them.

    Raises:
        ShapeError: it has less than two axes.
    """
    shape = shape_of(x)
    if len(shape) < 2:
        raise ShapeError(f"{name} is a matrix or a stack of them, not of shape {shape}")
    return shape


def square_matrices(x: Any, name: str = "x") -> Shape:
    """Return the shape of a square matrix, or of a stack of them.

    Raises:
        ShapeError: it has less than two axes, or the last two differ.
    """
    shape = matrices(x, name)
    if shape[-1] != shape[-2]:
        raise ShapeError(f"{name} of shape {shape} has {shape[-2]} rows, and {shape[-1]} columns")
    return shape


def check_matrices(x: Any, **static: Any) -> dict[str, Any]:
    """Check the operand of a record that takes any matrix."""
    matrices(x)
    return static


def check_square(x: Any, **static: Any) -> dict[str, Any]:
    """Check the operand of a record that takes square matrices."""
    square_matrices(x)
    return static


def floating(*operands: Any, **static: Any) -> Any:
    """Return the dtype of a result: that of the operands, integers taken as float64."""
    kinds = (x.dtype if x.dtype.kind in "fc" else np.dtype(float) for x in operands)
    return np.result_type(*kinds)


def in_single(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that computes float16 in float32, since LAPACK has no such numbers."""

    @wraps(kernel)
    def single_kernel(*arrays: Any, **static: Any) -> Any:
        if not any(x.dtype == HALF for x in arrays):
            return kernel(*arrays, **static)
        wide = (x.astype(np.float32) if x.dtype == HALF else x for x in arrays)
        return kernel(*wide, **static).astype(floating(*arrays))

    return single_kernel


def same_shape(x: Any, **static: Any) -> Shape:
    """Return the shape of a result that has the operand's."""
    return shape_of(x)


def stacked(x: Any) -> str:
    """Return the words by which a message begins to speak of one matrix of a stack."""
    return "it" if len(shape_of(x)) == 2 else "one of the matrices"


def of_each(function: Callable[[Any], Any], x: Any, problem: str) -> Any:
    """Return what NumPy computes of matrices; where it cannot of one, the error says of which.

    Raises:
        LinAlgError: NumPy cannot compute it of one of the matrices.
    """
    try:
        return function(x)
    except np.linalg.LinAlgError:
        at = _first_failing(function, host_values(x))
        raise LinAlgError(f"x{at} {problem}") from None


def _first_failing(function: Callable[[Any], Any], x: Any) -> str:
    """Return the index of the first matrix of which a function cannot be computed, as text."""
    for index in np.ndindex(x.shape[:-2]):
        try:
            function(x[index])
        except np.linalg.LinAlgError:
            lacks = "" if np.isfinite(x[index]).all() else " (which holds NaN or an infinity)"
            return (f"[{', '.join(map(str, index))}]" if index else "") + lacks
    return ""


def symmetric_part(x: Any) -> Any:
    """Return (x + xᵀ) / 2, exact where x is symmetric; of arrays, tensors and symbols alike."""
    return (x + matrix_transpose(x)) / 2


def symmetric_kernel(x: Any) -> Any:
    """Return (x + xᵀ) / 2 of arrays, as kernels take it.

    Raises:
        TypeError: x is complex: LAPACK would take the conjugate, which is not analytic.
    """
    if x.dtype.kind == "c":
        raise TypeError("matrices are real")
    return x / 2 + np.swapaxes(x, -1, -2) / 2


def identity(n: int, like: Any) -> Any:
    """Return the n × n identity of the kind and dtype of an array, a tensor or a symbol."""
    return placed(np.eye(n, dtype=like.dtype), like)
