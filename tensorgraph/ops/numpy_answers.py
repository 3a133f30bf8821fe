"""What stands for NumPy's functions that no operation is called like, in operations.

Some are NumPy's older names or signatures, others are composed here for whoever comes from NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.shapes import ndim_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import ArgumentError
from tensorgraph.ops import numpy_methods
from tensorgraph.ops.arithmetic import (
    add,
    astype,
    divide,
    floor_divide,
    isnan,
    multiply,
    remainder,
    subtract,
    where,
)
from tensorgraph.ops.axis_changes import moveaxis, ravel
from tensorgraph.ops.contract import matmul, tensordot
from tensorgraph.ops.extrema import maximum, minimum
from tensorgraph.ops.floats import signbit
from tensorgraph.ops.grids import broadcast_arrays
from tensorgraph.ops.joining import stack
from tensorgraph.ops.order import searchsorted
from tensorgraph.ops.reduce import all, argmax, argmin
from tensorgraph.ops.sampled import increments
from tensorgraph.ops.shape import flip
from tensorgraph.ops.sorting import argsort, sort
from tensorgraph.ops.transcendental import logaddexp


def _inner(a: Any, b: Any) -> Any:
    return tensordot(a, b, axes=[[-1], [-1]]) if ndim_of(a) and ndim_of(b) else multiply(a, b)


def _vdot(a: Any, b: Any) -> Any:
    return matmul(*(x if ndim_of(x) == 1 else ravel(x) for x in (a, b)))


def _angle(x: Any, deg: bool = False) -> Any:
    # Nothing flows through a comparison; NaN stays what it is.
    found = where(isnan(x), x, where(signbit(x), 180.0 if deg else math.pi, 0.0))
    return astype(found, x.dtype) if x.dtype.kind == "f" else found


def _beside_nan(chosen: Callable[..., Any]) -> Callable[..., Any]:
    def of_two(x: Any, y: Any) -> Any:
        no_x, no_y = isnan(x), isnan(y)
        return chosen(where(no_x, y, x), where(no_y, x, y))

    return of_two


def _logaddexp2(x: Any, y: Any) -> Any:
    two = math.log(2)
    return divide(logaddexp(multiply(x, two), multiply(y, two)), two)


def _rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    place = start + ndim_of(x) if start < 0 else start
    axis = axis % ndim_of(x)
    return moveaxis(x, axis, place - 1 if axis < place else place)


def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    axis: int = 0,
) -> Any:
    start, stop = broadcast_arrays(start, stop)
    parts = num - 1 if endpoint else num
    step = divide(subtract(stop, start), max(parts, 1))
    points = [add(start, multiply(step, k)) for k in range(num)]
    if endpoint and num > 1:
        points[-1] = stop
    made = stack(points, axis=axis)
    return (made, step) if retstep else made


def _in_a_row(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what NumPy means by an axis of ``None``: along the elements of x in a row."""

    def call(x: Any, axis: Any = -1, **options: Any) -> Any:
        flat = axis is None or (ndim_of(x) == 0 and function is argsort)
        return function(ravel(x), axis=0) if flat else function(x, axis=axis, **options)

    return call


def _partition(x: Any, kth: Any, axis: Any = -1) -> Any:
    return _in_a_row(sort)(x, axis)  # what is sorted is partitioned, too


def _running(function: Callable[..., Any], neutral: float) -> Callable[..., Any]:
    """Return a running sum or product that leaves NaN out."""

    def call(x: Any, axis: Any = None) -> Any:
        return function(where(isnan(x), neutral, x), axis)

    return call


def _of_known(function: Callable[..., Any], worst: float) -> Callable[..., Any]:
    """Return where an extremum stands among what is not NaN, as NumPy's ``nanargmax``."""

    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        nothing = host_values(array_of(all(isnan(x), axis=axis)))
        if nothing.any():
            raise ArgumentError(f"nan{function.__name__}: All-NaN slice encountered")
        return function(where(isnan(x), worst, x), axis=axis, keepdims=keepdims)

    return call


def _digitize(x: Any, bins: Any, right: bool = False) -> Any:
    edges = host_values(array_of(bins)) if hasattr(bins, "dtype") else np.asarray(bins)
    if edges.ndim != 1 or edges.shape != np.shape(bins):
        raise ArgumentError("np.digitize takes a row of known edges for bins")
    side = "left" if right else "right"
    if (np.diff(edges) >= 0).all():
        return searchsorted(edges, x, side=side)
    if (np.diff(edges) <= 0).all():
        return len(edges) - searchsorted(flip(edges), x, side=side)
    raise ArgumentError("np.digitize: bins must be monotonically increasing or decreasing")


ANSWERS: dict[Any, Callable[..., Any]] = {
    np.cumsum: numpy_methods.cumsum,
    np.cumprod: numpy_methods.cumprod,
    np.nancumsum: _running(numpy_methods.cumsum, 0),
    np.nancumprod: _running(numpy_methods.cumprod, 1),
    np.nanargmax: _of_known(argmax, -math.inf),
    np.nanargmin: _of_known(argmin, math.inf),
    np.diff: increments,
    np.divmod: lambda x, y: (floor_divide(x, y), remainder(x, y)),
    np.dot: numpy_methods.dot,
    np.inner: _inner,
    np.vdot: _vdot,
    np.fmax: _beside_nan(maximum),
    np.fmin: _beside_nan(minimum),
    np.logaddexp2: _logaddexp2,
    np.sort: _in_a_row(sort),
    np.argsort: _in_a_row(argsort),
    np.partition: _partition,
    np.rollaxis: _rollaxis,
    np.linspace: _linspace,
    np.copy: numpy_methods.copy,
    np.conj: numpy_methods.copy,
    np.real: numpy_methods.copy,
    np.real_if_close: lambda x, **tol: numpy_methods.copy(x),
    np.imag: lambda x: where(False, x, 0),
    np.angle: _angle,
}
"""By NumPy's function."""

OF_SYMBOLS: dict[Any, Callable[..., Any]] = {
    np.searchsorted: lambda a, v, side="left": searchsorted(a, v, side=side),
    np.digitize: _digitize,
}
"""What tells facts of values, where these are not known: elsewhere NumPy is given the arrays."""

AXES_OF_NUMBERS = ("sum", "prod", "max", "min", "any", "all", "argmax", "argmin", "ptp")
"""Reductions that NumPy computes of a number along its first axis, which it has not."""
