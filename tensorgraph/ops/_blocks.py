"""Kernels of several passes over an array, run on one block of it after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import is_foreign, placed
from tensorgraph.errors import DTypeError

BLOCK = 8192
"""Elements: the temporaries of one block stay in the CPU's cache."""

FEW = 1000
"""Elements: for no more it pays to ask nothing about them."""


def floating(x: Any) -> Any:
    """Return x as functions of real numbers compute with it: integers and booleans in float64.

    NumPy would take half precision for small ones, where a minus wraps around besides.
    """
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return np.asarray(1.0 * x)[()]  # a number of Python's
    return x if dtype.kind in "fc" else x.astype(np.float64)


def both_floating(x: Any, y: Any) -> tuple[Any, Any]:
    """Return two operands so; a number of Python's takes the other's dtype, as in NumPy."""
    if hasattr(x, "dtype") == hasattr(y, "dtype"):
        return floating(x), floating(y)
    if hasattr(y, "dtype"):
        y, x = both_floating(y, x)
        return x, y
    x = floating(x)
    return x, np.result_type(x.dtype, 1.0 * y).type(y)


_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
_OWN = frozenset((_SINGLE, _DOUBLE))

Kernel = Callable[..., Any]


def over(function: np.ufunc, x: Any) -> Any:
    """Return a function of a temporary array in its place: new memory costs as much as a sum."""
    return function(x, out=x) if type(x) is np.ndarray else function(x)


def highest(x: Any, axis: Any, least: float) -> Any:
    """Return the maximum along axes, which stay; ``least`` where there are no elements.

    It is NumPy's ``max`` with ``initial``, which a device's arrays do not know.
    """
    if not is_foreign(x):
        return np.max(x, axis=axis, keepdims=True, initial=least)
    if x.size:
        return np.maximum(np.max(x, axis=axis, keepdims=True), least)
    shape = np.max(np.empty(x.shape, np.bool_), axis=axis, keepdims=True, initial=False).shape
    return placed(np.full(shape, least, x.dtype), x)


def at_most(x: Any, limit: float) -> Any:
    """Return min(x, limit): x itself where nothing is larger, which is found out much faster."""
    many = type(x) is np.ndarray and x.size > FEW
    return x if many and np.maximum.reduce(x, axis=None) <= limit else np.minimum(x, limit)


def at_least(x: Any, limit: float) -> Any:
    """Return max(x, limit): x itself where nothing is smaller."""
    many = type(x) is np.ndarray and x.size > FEW
    return x if many and np.minimum.reduce(x, axis=None) >= limit else np.maximum(x, limit)


_BITS = {char: np.dtype(f"i{np.dtype(char).itemsize}") for char in "efd"}


def select(condition: Any, x: Any, y: Any) -> Any:
    """Return x or y as NumPy's ``where`` does; of many floats by their bits, whatever they mean.

    NumPy's own takes the time of fifty additions if the condition is as good as random.
    """
    if type(condition) is np.ndarray and condition.size > FEW and condition.dtype == np.bool_:
        if not (is_foreign(x) or is_foreign(y)):
            dtype = np.result_type(x, y)
            if dtype.char in _BITS:
                return _by_bits(condition, *(np.asarray(v, dtype) for v in (x, y)))
    return np.where(condition, x, y)


def _by_bits(condition: Any, x: Any, y: Any) -> Any:
    """Return x or y, both of one dtype; times 1 or 0, bits stay or go."""
    dtype, bits = x.dtype, _BITS[x.dtype.char]
    x, y = x.view(bits), y.view(bits)
    if y.ndim == 0 and y == 0:
        return np.multiply(x, condition).view(dtype)
    chosen = np.multiply(x ^ y, condition)
    chosen ^= y
    return chosen.view(dtype)


def from_below(lower: Any, x: Any) -> Any:
    """Return f(x), given f(−|x|) in an array to change, of a function with f(x) = 1 − f(−x)."""
    side = np.copysign(lower.dtype.type(1), x)
    lower *= side
    side += 1
    side *= 0.5
    side -= lower
    return side


NARROW = 1e-10
"""An imaginary part whose square vanishes beside 1."""


def first_order(name: str, z: Any, kernel: Kernel, slope: Kernel) -> Any:
    """Return f(x) + iy·f′(x) for complex z = x + iy, which is f(z) where y is tiny.

    The complex step asks for no more, of functions that are known for real numbers alone.

    Args:
        name: of the operation.
        z: complex numbers.
        kernel: f, of real numbers.
        slope: f′, likewise; of z's shape.

    Raises:
        DTypeError: an imaginary part is too large for that.
    """
    x, y = np.real(z), np.imag(z)
    if np.any(np.abs(y) > NARROW):
        raise DTypeError(f"{name} has no complex kernel; give it real numbers")
    return kernel(x) + 1j * (y * slope(x))


def by_blocks(kernel: Kernel, complex_: Kernel | None = None) -> Kernel:
    """Return an elementwise kernel of one array for all dtypes, of one for float32 and float64.

    Float16 is computed in single precision, integers in double; large arrays block by block.

    Args:
        kernel: is fed arrays, and numbers.
        complex_: the same function for complex numbers, where the kernel takes none.
    """

    @wraps(kernel)
    def kernel_of_all(x: Any, *others: Any) -> Any:
        dtype = getattr(x, "dtype", None)
        if (dtype is _SINGLE or dtype is _DOUBLE) and x.size <= BLOCK:
            return kernel(x, *others)
        if dtype is None:  # a number of Python's
            return kernel_of_all(np.asarray(x), *others)[()]
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


def double_by_blocks(kernel: Kernel, complex_: Kernel | None = None) -> Kernel:
    """Return an elementwise kernel of one array for all dtypes, of one for float64 alone.

    Args:
        kernel: is fed arrays of float64.
        complex_: the same function for complex numbers.
    """

    @wraps(kernel)
    def in_double(x: Any, *others: Any) -> Any:
        if x.dtype == _DOUBLE:
            return kernel(x, *others)
        return kernel(x.astype(_DOUBLE), *others).astype(x.dtype)

    return by_blocks(in_double, complex_)
