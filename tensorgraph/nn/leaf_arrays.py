"""Other arrays for leaves: of another dtype, or where a function puts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.state_dict import is_state
from tensorgraph.engine.tensor import Tensor, rebind, wrap


def convert(tensor: Tensor, dtype: np.dtype[Any]) -> None:
    """Give a leaf of floating-point numbers another dtype, and its gradient too."""
    if tensor.dtype.kind == "f" and is_state(tensor):
        rebind(tensor, tensor._data.astype(dtype))
        tensor.grad = tensor._grad


def mapped(function: Callable[[Any], Any], tensor: Tensor) -> tuple[Any, Any]:
    """Return what a function makes of the array of a leaf, and of its gradient."""
    grad = tensor._grad
    return _array_of(function, tensor), None if grad is None else wrap(_array_of(function, grad))


def _array_of(function: Callable[[Any], Any], tensor: Tensor) -> Any:
    array = function(tensor.data)
    if not hasattr(array, "__array_function__") or isinstance(array, Tensor):
        raise errors.DTypeError(
            f"map_arrays: the function returns {errors.describe(array)}, not an array"
        )
    if array.shape != tensor.shape:
        raise errors.ShapeError(
            f"map_arrays: the function makes {array.shape} of an array of shape {tensor.shape}"
        )
    if array.dtype != tensor.dtype:
        raise errors.DTypeError(
            f"map_arrays: the function makes {array.dtype} of {tensor.dtype}; write"
            f" model.astype({str(array.dtype)!r}) for another dtype"
        )
    return array
