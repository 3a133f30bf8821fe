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


def by_blocks(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return an elementwise kernel of one array that takes large ones block by block.

    Its result comes in x's dtype, in which the kernel itself need not compute.
    """

    @wraps(kernel)
    def blocked(x: Any, *others: Any) -> Any:
        dtype = getattr(x, "dtype", _REAL)
        if type(x) is not np.ndarray or x.size <= BLOCK or dtype.kind != "f":
            out = kernel(x, *others)
            return out if out.dtype == dtype or dtype.kind != "f" else out.astype(dtype)
        out = np.empty(x.shape, dtype)
        source, target = x.reshape(-1), out.reshape(-1)
        for start in range(0, x.size, BLOCK):
            block = slice(start, start + BLOCK)
            target[block] = kernel(source[block], *others)
        return out

    return blocked
