"""Fourier transforms: products with matrices of cosines and sines."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.shapes import shape_of
from tensorgraph.ops.arithmetic import astype
from tensorgraph.ops.joining import stack
from tensorgraph.ops.shape import permute_dims


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
    "fftn": _fftn(False),
    "ifftn": _fftn(True),
    "rfftn": _rfftn,
    "irfftn": _irfftn,
}
"""By the names of the operations in the registry."""
