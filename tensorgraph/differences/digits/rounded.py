"""Rounding to a narrow precision, and how far an array is from another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

WIDE = np.dtype(np.float64)
SHARE = 0.1
"""Which share of an array's elements has to be wrong by as much as the array is said to be: that
some cancel by chance, and lose digits, is no mistake."""


def is_float(x: Any) -> bool:
    """Return whether an operand is a floating-point array."""
    return getattr(getattr(x, "dtype", None), "kind", "") == "f"


def widened(x: Any) -> Any:
    """Return an operand in double precision; what is no array of floats as it is."""
    return x.astype(WIDE) if is_float(x) else x


def rounded(x: Any, like: Any) -> Any:
    """Return an operand in the precision of another."""
    if not is_float(x) or not is_float(like):
        return x
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(like.dtype)


def unit(dtype: Any) -> float:
    """Return how far rounding may go in a precision, relative to the number."""
    return float(np.finfo(dtype).eps) / 2


_TIMES = 64.0
"""How many times larger than the noise that was seen a number has to be, to count as one."""


def error_of_gradient(found: Any, right: Any, noise: Any, dtype: Any) -> float:
    """Return how wrong a gradient is, of which double precision itself leaves some noise.

    One that is 0 in truth, as that of a bias before a norm, may be anything that rounding leaves.
    """
    found, right = np.asarray(found, WIDE), np.asarray(right, WIDE)
    is_zero = np.isfinite(found) & (np.abs(right) <= _TIMES * noise)
    return error_of(np.where(is_zero, right, found), right, dtype)


def error_of(found: Any, right: Any, dtype: Any) -> float:
    """Return how wrong an array is, relative to the right one: by so much at least a tenth of it.

    One element that is no number where it should be makes it infinite. What is too small for a
    precision to hold counts as 0.
    """
    found, right = np.asarray(found, WIDE), np.asarray(right, WIDE)
    if not right.size:
        return 0.0
    if np.any(~np.isfinite(found) & np.isfinite(right)):
        return math.inf
    with np.errstate(all="ignore"):
        size = np.abs(right) + float(np.finfo(dtype).tiny)
        relative = np.abs(found - right) / size
    relative = np.where((found == right) | (np.isnan(found) & np.isnan(right)), 0.0, relative)
    relative = np.where(np.isnan(relative), np.inf, relative).reshape(-1)
    k = int(SHARE * relative.size)
    return float(np.partition(relative, relative.size - 1 - k)[relative.size - 1 - k])


def digits(error: float, dtype: Any) -> float:
    """Return how many digits an error costs, of those that a precision has."""
    most = -math.log10(unit(dtype))
    if not error > unit(dtype):
        return 0.0
    return min(math.log10(error / unit(dtype)), most) if math.isfinite(error) else most
