"""Kernels of several passes over an array, run on one block of it after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

BLOCK = 8192
"""Elements: the temporaries of one block stay in the CPU's cache."""

_REAL = np.dtype(float)


def floating(x: Any) -> Any:
    """Return x as functions of real numbers compute with it: integers and booleans in float64.

    NumPy would take half precision for small ones, where a minus wraps around besides.
    """
    dtype = getattr(x, "dtype", _REAL)
    return x if dtype.kind in "fc" else x.astype(np.float64)


_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
_OWN = frozenset((_SINGLE, _DOUBLE))

Kernel = Callable[..., Any]


def by_blocks(kernel: Kernel, complex_: Kernel | None = None) -> Kernel:
    """Return an elementwise kernel of one array for all dtypes, of one for float32 and float64.

    Float16 is computed in single precision, integers in double; large arrays block by block.

    Args:
        kernel: is fed arrays, and numbers.
        complex_: the same function for complex numbers, where the kernel takes none.
    """

    @wraps(kernel)
    def kernel_of_all(x: Any, *others: Any) -> Any:
        if type(x) is np.ndarray and x.dtype in _OWN and x.size <= BLOCK:
            return kernel(x, *others)
        dtype = getattr(x, "dtype", _REAL)
        if dtype.kind == "c":
            return (complex_ or kernel)(x, *others)
        if dtype.kind != "f":
            return kernel_of_all(x.astype(_DOUBLE), *others)
        if dtype not in _OWN:
            wide = _SINGLE if dtype == np.float16 else _DOUBLE
            return kernel_of_all(x.astype(wide), *others).astype(dtype)
        if type(x) is not np.ndarray:
            return kernel(x, *others)
        out = np.empty(x.shape, dtype)
        source, target = x.reshape(-1), out.reshape(-1)
        for start in range(0, x.size, BLOCK):
            block = slice(start, start + BLOCK)
            target[block] = kernel(source[block], *others)
        return out

    return kernel_of_all
