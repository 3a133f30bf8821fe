"""Complex numbers as pairs of their parts: from NumPy's arrays, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.errors import DTypeError, ShapeError
from tensorgraph.fft._records import to_parts
from tensorgraph.ops._axes import from_list

__all__ = ["view_as_complex", "view_as_real"]


def pairs(x: Any, name: str) -> Any:
    """Return what holds complex numbers as pairs of parts, checked to be that."""
    x = from_list(x)
    if getattr(x, "dtype", np.dtype(float)).kind == "c":
        raise DTypeError(f"{name}: x is complex, tensors are real; write tg.fft.view_as_real(x)")
    if ndim_of(x) < 2 or shape_of(x)[-1] != 2:
        raise ShapeError(
            f"{name}: x of shape {shape_of(x)} holds no complex numbers: their real and imaginary"
            " parts stand along the last axis, of length 2; of real numbers write tg.fft.rfft(x)"
        )
    return x


def view_as_real(z: Any) -> Tensor:
    """Return an array of complex numbers as a tensor of their real and imaginary parts.

    They stand along a new last axis of length 2: of z with shape (…, n) comes one of (…, n, 2).

    Raises:
        DTypeError: z is not complex.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.view_as_real([1 + 2j])
        tensor([[1., 2.]], dtype=float64)
    """
    array = np.asarray(z)
    if array.dtype.kind != "c":
        raise DTypeError(f"view_as_real: z is an array of complex numbers, not {array.dtype}")
    return tensor(to_parts(array))


def view_as_complex(x: Any) -> Any:
    """Return real and imaginary parts, along the last axis, as an array of complex numbers.

    It is NumPy's, and without a gradient.

    Raises:
        ShapeError: the last axis has another length than 2.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.view_as_complex(tg.tensor([[1.0, 2.0]]))
        array([1.+2.j], dtype=complex64)
    """
    parts = np.asarray(getattr(pairs(x, "view_as_complex"), "data", x))
    z = np.empty(parts.shape[:-1], np.result_type(parts.dtype, np.complex64))
    z.real, z.imag = parts[..., 0], parts[..., 1]  # of 1j · inf the real part is NaN
    return z
