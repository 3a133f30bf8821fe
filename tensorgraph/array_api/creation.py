"""Making tensors, with the standard's keywords."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.array_api.device import check_device
from tensorgraph.engine import creation
from tensorgraph.engine.arrays import default_dtype, to_dtype
from tensorgraph.engine.tensor import Tensor, array_of, asarray as tensor_of, wrap
from tensorgraph.ops import astype, broadcast_to

__all__ = [
    "arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like",
    "linspace", "ones", "ones_like", "zeros", "zeros_like",
]  # fmt: skip


def asarray(
    obj: Any,
    /,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    copy: bool | None = None,
) -> Tensor:
    """Return a tensor of data; ``copy=True`` shares no memory with it, ``False`` must share it.

    The copy of a tensor passes gradients on to it.

    Raises:
        ValueError: ``copy=False`` where only a copy will do.
    """
    check_device(device, "asarray")
    made = tensor_of(obj, dtype)
    if copy is None or (copy and isinstance(obj, (bool, int, float, list, tuple))):
        return made
    shared = type(obj) is Tensor or np.may_share_memory(array_of(obj), array_of(made))
    if copy:
        return astype(made, dtype=made.dtype) if shared else made
    if made is not obj and not (hasattr(obj, "__array__") and made.dtype == obj.dtype):
        raise ValueError("asarray: a tensor of this data needs a copy; write copy=None")
    return made


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return a tensor of another library's array, by DLPack; a tensor is one already."""
    check_device(device, "from_dlpack")
    if type(x) is Tensor:
        return asarray(x, copy=copy)
    array = np.from_dlpack(x)  # which shares memory or raises
    return wrap(array.copy() if copy else array)


def zeros(shape: Any, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return a tensor of zeros."""
    check_device(device, "zeros")
    return creation.zeros(shape, dtype)


def ones(shape: Any, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return a tensor of ones."""
    check_device(device, "ones")
    return creation.ones(shape, dtype)


def empty(shape: Any, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return a tensor of zeros: what nobody can write into starts at something."""
    return zeros(shape, dtype=dtype, device=device)


def full(
    shape: Any, fill_value: Any, *, dtype: DTypeLike | None = None, device: Any = None
) -> Tensor:
    """Return a tensor in which every element is ``fill_value``, to which gradients flow."""
    check_device(device, "full")
    if type(fill_value) is Tensor:
        value = fill_value if dtype is None else astype(fill_value, dtype=dtype)
        return broadcast_to(value, shape=shape)
    return creation.full(shape, fill_value, dtype)


def zeros_like(x: Any, /, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return zeros of the shape and dtype of x."""
    check_device(device, "zeros_like")
    return creation.zeros_like(x, dtype)


def ones_like(x: Any, /, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return ones of the shape and dtype of x."""
    check_device(device, "ones_like")
    return creation.ones_like(x, dtype)


def empty_like(x: Any, /, *, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return zeros of the shape and dtype of x."""
    return zeros_like(x, dtype=dtype, device=device)


def full_like(
    x: Any, /, fill_value: Any, *, dtype: DTypeLike | None = None, device: Any = None
) -> Tensor:
    """Return a tensor of the shape and dtype of x in which every element is ``fill_value``."""
    return full(x.shape, fill_value, dtype=x.dtype if dtype is None else dtype, device=device)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: DTypeLike | None = None,
    device: Any = None,
) -> Tensor:
    """Return a matrix with ones on the ``k``-th diagonal."""
    check_device(device, "eye")
    return creation.eye(n_rows, n_cols, k, dtype)


def arange(
    start: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
) -> Tensor:
    """Return the numbers from ``start`` (0 by default) up to, not including, ``stop``."""
    check_device(device, "arange")
    return creation.arange(start, stop, step, dtype)


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    endpoint: bool = True,
) -> Tensor:
    """Return ``num`` evenly spaced numbers from ``start`` to ``stop``, the last one or the next."""
    check_device(device, "linspace")
    if endpoint:
        return creation.linspace(start, stop, num, dtype)
    points = creation.linspace(start, stop, num + 1, np.float64)[:num]
    return astype(points, dtype=default_dtype() if dtype is None else to_dtype(dtype))
