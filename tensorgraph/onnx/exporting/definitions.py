"""What operations are that ONNX has no operator for, in operations that it has one for.

Functions of expressions. They keep the digits as the kernels do, and decide nothing by values.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.shapes import shape_of
from tensorgraph.linalg import functions
from tensorgraph.linalg.diagonals import diagonal
from tensorgraph.ops._erf import _FITS
from tensorgraph.ops.arithmetic import (
    abs,
    add,
    astype,
    ceil,
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
    multiply,
    not_equal,
    reciprocal,
    where,
)
from tensorgraph.ops.extrema import maximum, minimum
from tensorgraph.ops.index import take_along_axis
from tensorgraph.ops.joining import concat, stack
from tensorgraph.ops.reduce import argmax, sum
from tensorgraph.ops.shape import broadcast_to, expand_dims, permute_dims, reshape
from tensorgraph.ops.transcendental import exp, expm1, log, log1p, log2, logaddexp, power, sqrt
from tensorgraph.ops.trigonometric import atan, cos, sin

# ----------------------------------------------------------------------------------- elementwise


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


def _atan(x: Any) -> Any:
    """Return the angle in double precision: that in single, and one step that gives all digits.

    For t = tan y it is y + atan((x − t) / (1 + x t)), of which the second is as good as its tangent.
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
    near, far = (
        functools.reduce(lambda total, c, z=z: total * z + c, terms)
        for z, terms in zip((u, t), zip(*coefficients.coefficients, strict=True), strict=True)
    )
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


# ------------------------------------------------------------------------- what is left of nothing


def _any(x: Any, *, axis: Any, keepdims: bool) -> Any:
    return np.any(np.zeros(shape_of(x), bool), axis=axis, keepdims=keepdims)


def _all(x: Any, *, axis: Any, keepdims: bool) -> Any:
    return np.all(np.zeros(shape_of(x), bool), axis=axis, keepdims=keepdims)


# ----------------------------------------------------------------------------------- running ones


def _doubling(combine: Callable[..., tuple[Any, ...]], xs: tuple[Any, ...], axis: Any) -> Any:
    """Return running results along an axis in log₂ n passes, each over twice as many terms.

    ``combine(before, now)`` takes and returns as many arrays as there are in ``xs``.
    """
    n, lead = shape_of(xs[0])[axis], (slice(None),) * axis
    step = 1
    while step < n:
        first, last = (*lead, slice(step)), (*lead, slice(step, None))
        before = tuple(x[(*lead, slice(None, -step))] for x in xs)
        both = combine(before, tuple(x[last] for x in xs))
        xs = tuple(concat([x[first], y], axis=axis) for x, y in zip(xs, both, strict=True))
        step *= 2
    return xs[0]


def _running(combine: Callable[..., Any]) -> Callable[..., Any]:
    def definition(x: Any, *, axis: int | None) -> Any:
        if axis is None:
            x, axis = reshape(x, shape=-1), 0
        return _doubling(lambda x, y: (combine(x[0], y[0]),), (x,), axis)

    return definition


def _logcumsumexp(x: Any, *, axis: int | None) -> Any:
    x = x if x.dtype.kind == "f" else astype(x, np.float64)
    return _running(logaddexp)(x, axis=axis)


def _linear_recurrence(x: Any, factors: Any, *, axis: int) -> Any:
    def combine(before: Any, now: Any) -> Any:
        (y, a), (z, b) = before, now
        return z + where(equal(y, 0), 0, b * y), b * a

    return _doubling(combine, (x, factors), axis)


def _cumulative_max_place(x: Any, *, axis: int, least: bool) -> Any:
    n = shape_of(x)[axis]
    places = np.arange(n).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    places = broadcast_to(places, shape_of(x))
    better = less if least else greater

    def combine(before: Any, now: Any) -> Any:
        (x, i), (y, j) = before, now
        fresh = better(y, x)
        if y.dtype.kind == "f":  # the first NaN stays the best
            fresh = logical_and(logical_or(fresh, isnan(y)), equal(x, x))
        return where(fresh, y, x), where(fresh, j, i)

    first = lambda before, now: combine(before, now)[::-1]  # noqa: E731
    return _doubling(lambda b, n: first(b[::-1], n[::-1]), (places, x), axis)


# ------------------------------------------------------------------------------ linear equations


def _swapped_rows(x: Any, k: int) -> Any:
    """Return matrices with the row whose element in column k is largest in the place of row k."""
    n = shape_of(x)[-2]
    place = argmax(abs(x[..., k:, k]), axis=-1) + k
    rows = np.arange(n)
    place = expand_dims(place, axis=-1)
    order = where(equal(rows, k), place, where(equal(rows, place), k, rows))
    wide = broadcast_to(expand_dims(order, axis=-1), shape_of(x))
    return take_along_axis(x, wide, axis=-2), not_equal(place[..., 0], k)


def _inv(x: Any) -> Any:
    """Return the inverse by Gauss and Jordan's elimination, with the largest pivots."""
    n = shape_of(x)[-1]
    both = concat([x, broadcast_to(np.eye(n, dtype=x.dtype), shape_of(x))], axis=-1)
    for k in range(n):
        both, _ = _swapped_rows(both, k)
        row = both[..., k : k + 1, :] / both[..., k : k + 1, k : k + 1]
        cleared = both - both[..., :, k : k + 1] * row
        own = np.arange(n)[:, None] == k
        both = where(own, row, cleared)
    return both[..., :, n:]


def _pivots(x: Any) -> tuple[Any, Any]:
    """Return the pivots of Gauss's elimination, and the sign of the order of rows."""
    n = shape_of(x)[-1]
    sign: Any = np.ones((), x.dtype)
    pivots = []
    for k in range(n):
        x, swapped = _swapped_rows(x, k)
        pivot = x[..., k, k]
        pivots.append(pivot)
        sign = where(swapped, -sign, sign)
        safe = where(equal(pivot, 0), 1, pivot)[..., None, None]
        below = np.arange(n)[:, None] > k
        x = where(below, x - x[..., :, k : k + 1] / safe * x[..., k : k + 1, :], x)
    if not pivots:
        return np.ones((*shape_of(x)[:-2], 1), x.dtype), sign
    return stack(pivots, axis=-1), sign


def _det(x: Any) -> Any:
    pivots, sign = _pivots(x)
    return sign * pivots.prod(axis=-1)


def _logabsdet(x: Any) -> Any:
    return log(abs(_pivots(x)[0])).sum(axis=-1)


def _detsign(x: Any) -> Any:
    pivots, sign = _pivots(x)
    signs = where(less(pivots, 0), -1, astype(not_equal(pivots, 0), x.dtype))
    return sign * signs.prod(axis=-1)


def _cholesky(x: Any) -> Any:
    """Return the triangular factor, column by column."""
    n = shape_of(x)[-1]
    x = x / 2 + x.mT / 2
    columns: list[Any] = []
    for k in range(n):
        column = x[..., :, k]
        for done in columns:
            column = column - done * done[..., k : k + 1]
        column = column / sqrt(column[..., k : k + 1])
        columns.append(where(np.arange(n) >= k, column, 0))
    return stack(columns, axis=-1) if columns else x


def _qr(x: Any) -> Any:
    """Return Q above Rᵀ, by Householder's reflections, with the signs that LAPACK gives."""
    m, n = shape_of(x)[-2:]
    least = min(m, n)
    q = broadcast_to(np.eye(m, dtype=x.dtype), (*shape_of(x)[:-2], m, m))
    for k in range(min(least, m - 1)):
        column = where(np.arange(m) >= k, x[..., :, k], 0)
        below = where(np.arange(m) > k, column, 0)
        largest = abs(column).max(axis=-1, keepdims=True)
        scaled = column / where(equal(largest, 0), 1, largest)
        length = sqrt((scaled * scaled).sum(axis=-1, keepdims=True)) * largest
        signed = where(less(column[..., k : k + 1], 0), -length, length)
        v = where(np.arange(m) == k, column + signed, column)
        still = equal(abs(below).max(axis=-1, keepdims=True), 0)
        v = where(still, 0, v)
        size = (v * v).sum(axis=-1, keepdims=True)
        half = v / where(equal(size, 0), 1, size)
        v, half = v[..., None], half[..., None]
        x = x - 2 * v @ (half.mT @ x)
        q = q - 2 * (q @ half) @ v.mT
    upper = np.arange(m)[:, None] <= np.arange(n)
    r = where(upper, x, 0)[..., :least, :]
    return concat([q[..., :, :least], r.mT], axis=-2)


def _over_gaps(x: Any, gaps: Any) -> Any:
    return x / where(equal(gaps, 0), 1, gaps)


def _einsum(*operands: Any, subscripts: str) -> Any:
    """Return the sum of no products."""
    return np.einsum(subscripts, *(np.zeros(shape_of(x), x.dtype) for x in operands))


def _trace(x: Any, *, offset: int) -> Any:
    return diagonal(x, offset=offset).sum(axis=-1)


def _expm(x: Any) -> Any:
    """Return exp(x / 2ˢ), by the kernel's approximant, squared s times; NaN of a norm above 2²⁰.

    All squarings are made that a matrix may need, and each is taken or left.
    """
    lengths = sum(abs(x), axis=-2).max(axis=-1)
    large = greater(lengths, functions.LARGEST)
    ratio = where(large, lengths, functions.LARGEST) / functions.LARGEST
    halvings = ceil(log2(ratio))
    result = functions._by_pade(x / power(np.array(2, x.dtype), halvings)[..., None, None])
    for step in range(HALVINGS):
        again = less(step, halvings)[..., None, None]
        result = where(again, result @ result, result)
    fits = less_equal(halvings, HALVINGS)[..., None, None]
    return where(fits, result, math.nan)


HALVINGS = 18
"""So often a matrix may be halved."""


# ------------------------------------------------------------------------------------- frequencies


def _waves(n: int, count: int, inverse: bool, dtype: Any) -> tuple[Any, Any]:
    """Return cos and sin of −2π j k / n, or of 2π j k / n, of which j k counts modulo n."""
    angles = 2 * np.pi / n * (np.outer(np.arange(n), np.arange(count)) % n)
    sign = 1 if inverse else -1
    return np.cos(angles).astype(dtype), (sign * np.sin(angles)).astype(dtype)


def _along(x: Any, matrix: Any, axis: int) -> Any:
    """Return the product of x with a matrix along one of its axes."""
    order = [*(i for i in range(x.ndim) if i != axis), axis]
    back = sorted(range(x.ndim), key=order.__getitem__)
    return permute_dims(permute_dims(x, axes=order) @ matrix, axes=back)


def _scale(n: int, norm: str, inverse: bool) -> float:
    if norm == "ortho":
        return 1 / math.sqrt(n)
    return 1 / n if (norm == "backward") is inverse else 1.0


def _as_float(x: Any) -> Any:
    return x if x.dtype.kind == "f" else astype(x, np.float64)


def _transformed(re: Any, im: Any, axis: int, count: int, norm: str, inverse: bool) -> Any:
    """Return both parts of a transform along one axis, its first ``count`` frequencies."""
    n = shape_of(re)[axis]
    cos, sin = _waves(n, count, inverse, re.dtype)
    scale = _scale(n, norm, inverse)
    cos, sin = cos * cos.dtype.type(scale), sin * sin.dtype.type(scale)
    if im is None:
        return _along(re, cos, axis), _along(re, sin, axis)
    real = _along(re, cos, axis) - _along(im, sin, axis)
    return real, _along(re, sin, axis) + _along(im, cos, axis)


def _fftn(inverse: bool) -> Callable[..., Any]:
    def definition(x: Any, *, axes: Any, norm: str) -> Any:
        x = _as_float(x)
        re, im = x[..., 0], x[..., 1]
        for axis in axes:
            axis %= re.ndim
            re, im = _transformed(re, im, axis, shape_of(re)[axis], norm, inverse)
        return stack([re, im], axis=-1)

    return definition


def _rfftn(x: Any, *, axes: Any, norm: str) -> Any:
    re: Any = _as_float(x)
    im: Any = None
    for i, axis in enumerate(reversed([axis % re.ndim for axis in axes])):
        n = shape_of(re)[axis]
        re, im = _transformed(re, im, axis, n // 2 + 1 if i == 0 else n, norm, False)
    return stack([re, im], axis=-1)


def _irfftn(x: Any, *, n: int, axes: Any, norm: str) -> Any:
    x = _as_float(x)
    re, im = x[..., 0], x[..., 1]
    *others, last = (axis % re.ndim for axis in axes)
    for axis in others:
        re, im = _transformed(re, im, axis, shape_of(re)[axis], norm, True)
    # What the half leaves out stands there twice, but for the ends.
    cos, sin = _waves(n, n, True, re.dtype)
    count = shape_of(re)[last]
    times = np.where((np.arange(count) == 0) | (np.arange(count) * 2 == n), 1, 2)
    weights = (times * _scale(n, norm, True)).astype(re.dtype)[:, None]
    cos, sin = cos[:, :count].T * weights, sin[:, :count].T * weights
    return _along(re, cos, last) - _along(im, sin, last)


DEFINITIONS: dict[str, Callable[..., Any]] = {
    "expm1": _expm1, "log1p": _log1p, "logaddexp": _logaddexp, "hypot": _hypot,
    "signbit": _signbit, "copysign": _copysign, "atan2": _atan2, "cbrt": _cbrt, "elu": _elu, "erf": _erf,
    "tan": lambda x: sin(x) / cos(x), "atan": _atan, "asin": _asin, "acos": _acos, "sinh": _sinh,
    "cosh": _cosh, "asinh": _asinh, "acosh": _acosh, "atanh": _atanh,
    "cumulative_prod": _running(multiply), "cumulative_sum": _running(add),
    "logcumsumexp": _logcumsumexp,
    "linear_recurrence": _linear_recurrence, "cumulative_max_place": _cumulative_max_place,
    "inv": _inv, "det": _det, "logabsdet": _logabsdet, "detsign": _detsign,
    "cholesky": _cholesky, "qr": _qr, "over_gaps": _over_gaps,
    "einsum": _einsum, "trace": _trace, "expm": _expm, "nextafter": _nextafter,
    "any": _any, "all": _all,
    "fftn": _fftn(False), "ifftn": _fftn(True), "rfftn": _rfftn, "irfftn": _irfftn,
}  # fmt: skip
"""By the names of the operations in the registry."""
