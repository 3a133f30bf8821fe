"""What is computed element by element.

Each keeps the digits as its kernel does, at infinities and signed zeros too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.ops._erf import _FITS
from tensorgraph.ops.arithmetic import (
    abs,
    astype,
    equal,
    floor,
    greater,
    greater_equal,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_or,
    reciprocal,
    where,
)
from tensorgraph.ops.extrema import maximum, minimum
from tensorgraph.ops.transcendental import exp, expm1, log, log1p, log2, power, sqrt
from tensorgraph.ops.trigonometric import atan, cos, sin


def _expm1(x: Any) -> Any:
    """Return eˣ − 1: the errors of u = eˣ and of log u cancel (Kahan's way)."""
    u = exp(x)
    below = u - 1
    right = below * x / log(u)
    return where(equal(u, 1), x, where(logical_or(equal(below, -1), isinf(u)), below, right))


def _log1p(x: Any) -> Any:
    """Return log(1 + x): what rounding 1 + x takes off is in both u − 1 and log u."""
    u = 1 + x
    right = log(u) * x / (u - 1)
    return where(equal(u, 1), x, where(isinf(u), u, right))


def _logaddexp(x: Any, y: Any) -> Any:
    alike = equal(x, y)
    apart = abs(where(alike, 0, x - y))
    return where(alike, x + math.log(2), maximum(x, y) + log1p(exp(-apart)))


def _hypot(x: Any, y: Any) -> Any:
    """Return √(x² + y²), both divided by the larger, so that no square leaves the range."""
    x, y = abs(x), abs(y)
    largest = maximum(x, y)
    plain = logical_and(greater(largest, 0), less(largest, math.inf))
    scale = where(plain, largest, 1)
    x, y = x / scale, y / scale
    either = logical_or(isinf(x), isinf(y))
    return where(either, math.inf, sqrt(x * x + y * y) * scale)


def _signbit(x: Any) -> Any:
    if x.dtype.kind != "f":
        return less(x, 0)
    return logical_or(less(x, 0), logical_and(equal(x, 0), less(reciprocal(x), 0)))


def _copysign(x: Any, y: Any) -> Any:
    return where(_signbit(y), -abs(x), abs(x))


def _atan2(x: Any, y: Any) -> Any:
    """Return the angle of the point (y, x): that of a quotient of at most 1, turned."""
    height, width = abs(x), abs(y)
    steep = greater(height, width)
    low, high = minimum(height, width), maximum(height, width)
    equally = logical_and(isinf(low), isinf(high))
    share = where(equally, 1, low / where(equal(high, 0), 1, high))
    angle = atan(share)
    angle = where(steep, math.pi / 2 - angle, angle)
    angle = where(_signbit(y), math.pi - angle, angle)
    return where(_signbit(x), -angle, angle)


def _tan(x: Any) -> Any:
    return sin(x) / cos(x)


def _atan(x: Any) -> Any:
    """Return the angle in double precision: that in single, and one step that gives all digits.

    For t = tan y it is y + atan((x − t) / (1 + x t)), and a small angle is its tangent.
    """
    size = abs(x)
    steep = greater(size, 1)
    z = where(steep, reciprocal(where(steep, size, 1)), size)
    y = astype(atan(astype(z, np.float32)), z.dtype)
    y = y + (z * cos(y) - sin(y)) / (cos(y) + z * sin(y))
    return _copysign(where(steep, math.pi / 2 - y, y), x)


def _asin(x: Any) -> Any:
    return atan(x / sqrt((1 - x) * (1 + x)))


def _acos(x: Any) -> Any:
    return 2 * atan(sqrt((1 - x) / (1 + x)))


def _sinh(x: Any) -> Any:
    """Return (e^|x| − e^−|x|) / 2 with the sign of x; half of the exponent first, by the range."""
    size = abs(x)
    t = expm1(size)
    half = exp(size / 2)
    return _copysign(where(greater(size, 20), half / 2 * half, (t + t / (t + 1)) / 2), x)


def _cosh(x: Any) -> Any:
    half = exp(abs(x) / 2)
    return half / 2 * half + 0.5 * exp(-abs(x))


def _asinh(x: Any) -> Any:
    size = abs(x)
    large = greater(size, 1e8)
    small = where(large, 1, size)
    near = log1p(small + small * small / (1 + sqrt(small * small + 1)))
    return _copysign(where(large, log(size) + math.log(2), near), x)


def _acosh(x: Any) -> Any:
    large = greater(x, 1e8)
    t = where(large, 1, x) - 1
    return where(large, log(x) + math.log(2), log1p(t + sqrt(2 * t + t * t)))


def _atanh(x: Any) -> Any:
    return 0.5 * log1p(2 * x / (1 - x))


def _cbrt(x: Any) -> Any:
    """Return ∛x: a power of |x|, and a step of Newton's method for the last digits."""
    size = abs(x)
    plain = logical_and(greater(size, 0), less(size, math.inf))
    base = where(plain, size, 1)
    root = power(base, 1 / 3)
    root = root - (root - base / (root * root)) / 3
    return _copysign(where(plain, root, size), x)


def _erf(x: Any) -> Any:
    """Return erf in double precision, by the kernel's two polynomials."""
    coefficients, dtype = _FITS[np.dtype(np.float64)], x.dtype
    size = minimum(abs(x), coefficients.end)
    u, t = size * size, (size - 1) / (size + 3)
    near = far = 0.0
    for p, q in coefficients.coefficients:
        near, far = near * u + p, far * t + q
    found = where(less(size, 1), near * size + size, far * exp(-u) + 1)
    return astype(_copysign(found, x), dtype=dtype)


def _elu(x: Any, *, alpha: float) -> Any:
    return where(greater(x, 0), x, alpha * expm1(minimum(x, 0)))


def _nextafter(x: Any, y: Any) -> Any:
    """Return the next number: x by one unit in its last place, which its power of two says."""
    dtype = np.result_type(x.dtype, y.dtype)
    x, y, info = astype(x, dtype=dtype), astype(y, dtype=dtype), np.finfo(dtype)
    size = abs(x)
    finite = logical_and(less(size, math.inf), equal(x, x))
    normal = logical_and(finite, greater_equal(size, info.smallest_normal))
    two = power(np.array(2, dtype), floor(log2(where(normal, size, 1))))
    two = where(greater(two, size), two / 2, where(less_equal(2 * two, size), 2 * two, two))
    unit = where(normal, two * info.eps, info.smallest_subnormal)
    down = where(logical_and(normal, equal(two, size)), maximum(unit / 2, info.smallest_subnormal),
                 unit)  # fmt: skip
    outward = less(size, where(_signbit(x), -y, y))
    away = where(outward, size + unit, size - where(equal(size, info.smallest_normal), unit, down))
    away = where(finite, away, info.max)  # from infinity, inward
    moved = _copysign(away, where(equal(x, 0), y, x))
    still = logical_or(equal(x, y), logical_or(isnan(x), isnan(y)))
    return where(still, where(isnan(x), x, y), moved)


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "expm1": _expm1, "log1p": _log1p, "logaddexp": _logaddexp, "hypot": _hypot,
    "signbit": _signbit, "copysign": _copysign, "atan2": _atan2, "cbrt": _cbrt, "elu": _elu,
    "erf": _erf, "tan": _tan, "atan": _atan, "asin": _asin, "acos": _acos, "sinh": _sinh,
    "cosh": _cosh, "asinh": _asinh, "acosh": _acosh, "atanh": _atanh, "nextafter": _nextafter,
}  # fmt: skip
"""By the names of the operations in the registry."""
