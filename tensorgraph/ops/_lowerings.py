"""What kernels of several steps compute, in ordinary operations: a compiler takes these.

Each goes the way of its kernel, which keeps the digits, without deciding anything by values; the
bodies in the records say the same as textbooks do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tensorgraph.engine.shapes import shape_of
from tensorgraph.ops._axes import Axes, length
from tensorgraph.ops.arithmetic import (
    abs,
    astype,
    divide,
    equal,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    logical_and,
    where,
)  # fmt: skip
from tensorgraph.ops.index import one_hot, take_along_axis
from tensorgraph.ops.reduce import HALF, max, mean, sum
from tensorgraph.ops.shape import expand_dims, squeeze
from tensorgraph.ops.transcendental import exp, log, log1p, sqrt


def _in_single(lowering: Callable[..., Any]) -> Callable[..., Any]:
    """Return a lowering that computes half precision in single, and integers in double."""

    @wraps(lowering)
    def of_any_dtype(x: Any, *others: Any, **static: Any) -> Any:
        if x.dtype == HALF:
            return astype(lowering(astype(x, np.float32), *others, **static), HALF)
        return lowering(x if x.dtype.kind in "fc" else astype(x, np.float64), *others, **static)

    return of_any_dtype


def _like(y: Any, other: Any) -> Any:
    """Return y, integers in the other's dtype."""
    return astype(y, other.dtype) if y.dtype.kind in "iub" else y


# ------------------------------------------------------------------------------ the softmax family


def _shifted(x: Any, axis: Any) -> tuple[Any, Any]:
    """Return x − max(x), and max(x), axes kept; an infinite maximum's own elements are at 0."""
    largest = max(x, axis=axis, keepdims=True)
    return where(equal(x, largest), 0, x - largest), largest


def _log_total(shifted: Any, axis: Any) -> Any:
    """Return log Σ e^shifted, whose largest terms are 1: they are counted, the others added up."""
    top = equal(shifted, 0)
    count = sum(astype(top, shifted.dtype), axis=axis, keepdims=True)
    rest = sum(where(top, 0, exp(shifted)), axis=axis, keepdims=True)
    alone = equal(count, 1)
    return where(alone, log1p(where(alone, rest, 0)), log(count + rest))


@_in_single
def logsumexp(x: Any, *, axis: Axes, keepdims: bool) -> Any:
    if length(shape_of(x), axis) == 0:
        return sum(x, axis=axis, keepdims=keepdims) - math.inf
    shifted, largest = _shifted(x, axis)
    total = _log_total(shifted, axis) + largest
    return total if keepdims else squeeze(total, axis=axis)


@_in_single
def softmax(x: Any, *, axis: Axes) -> Any:
    if 0 in shape_of(x):
        return exp(x)
    weights = exp(_shifted(x, axis)[0])
    return weights / sum(weights, axis=axis, keepdims=True)


@_in_single
def log_softmax(x: Any, *, axis: Any) -> Any:
    if 0 in shape_of(x):
        return exp(x)
    shifted, _ = _shifted(x, axis)
    return shifted - _log_total(shifted, axis)


@_in_single
def minus_mean(y: Any, weights: Any, *, axis: Axes) -> Any:
    shares = weights / sum(weights, axis=axis, keepdims=True)
    out = y - sum(shares * y, axis=axis, keepdims=True)
    return out - sum(shares * out, axis=axis, keepdims=True)


@_in_single
def minus_share(y: Any, weights: Any, *, axis: Axes) -> Any:
    shares = weights / sum(weights, axis=axis, keepdims=True)
    out = y - shares * sum(y, axis=axis, keepdims=True)
    return out - shares * sum(out, axis=axis, keepdims=True)


# --------------------------------------------------------------------------------- cross-entropies


@_in_single
def softmax_cross_entropy(logits: Any, targets: Any, *, axis: int) -> Any:
    targets = _like(targets, logits)
    terms = targets * log_softmax(logits, axis=(axis,))
    impossible = logical_and(isnan(terms), equal(targets, 0))
    return -sum(where(impossible, 0, terms), axis=axis)


@_in_single
def class_cross_entropy(logits: Any, labels: Any, *, axis: int) -> Any:
    if 0 in shape_of(labels):
        return sum(logits, axis=axis)
    shifted, _ = _shifted(logits, (axis,))
    own = take_along_axis(shifted, expand_dims(labels, axis=axis), axis=axis)
    return squeeze(_log_total(shifted, (axis,)) - own, axis=axis)


@_in_single
def softmax_minus_one_hot(logits: Any, labels: Any, *, axis: int) -> Any:
    if 0 in shape_of(logits):
        return exp(logits)
    terms = exp(_shifted(logits, (axis,))[0])
    hot = one_hot(labels, num_classes=shape_of(logits)[axis], axis=axis, dtype=np.bool_)
    # What is left of 1 without the own class is the share of the others.
    others = sum(where(hot, 0, terms), axis=axis, keepdims=True)
    total = others + sum(where(hot, terms, 0), axis=axis, keepdims=True)
    return where(hot, -(others / total), terms / total)


@_in_single
def sigmoid_minus(logits: Any, targets: Any) -> Any:
    targets = _like(targets, logits)
    small = exp(-abs(logits))
    small = small / (1 + small)
    return where(greater_equal(logits, 0), (1 - targets) - small, small - targets)


@_in_single
def sigmoid_cross_entropy(logits: Any, targets: Any) -> Any:
    targets = _like(targets, logits)
    positive = greater(logits, 0)
    above = astype(positive, logits.dtype)
    loss = logits * (above - targets) + log1p(exp(-abs(logits)))
    # ∞ − ∞·y: certain and right costs 0, anything else is infinite.
    return where(isinf(logits), where(equal(targets, above), 0 * above, math.inf), loss)


# ------------------------------------------------------------------------------- spread and length


@_in_single
def center(x: Any, *, axis: Axes) -> Any:
    centred = x - mean(x, axis=axis, keepdims=True)
    left = mean(centred, axis=axis, keepdims=True)
    return centred - where(isfinite(left), left, 0)


def _scaled(x: Any, axis: Axes) -> tuple[Any, Any]:
    """Return x / scale, and scale: the largest element, so that no square leaves the range."""
    if length(shape_of(x), axis) == 0:
        return x, sum(x, axis=axis, keepdims=True) + 1
    largest = max(abs(x), axis=axis, keepdims=True)
    scale = where(logical_and(greater(largest, 0), less(largest, math.inf)), largest, 1)
    return x / scale, scale


@_in_single
def norm(x: Any, *, axis: Axes, keepdims: bool) -> Any:
    scaled, scale = _scaled(x, axis)
    size = sqrt(sum(scaled * scaled, axis=axis, keepdims=True)) * scale
    return size if keepdims else squeeze(size, axis=axis)


@_in_single
def unit(x: Any, *, axis: Axes) -> Any:
    scaled, _ = _scaled(x, axis)
    size = sqrt(sum(scaled * scaled, axis=axis, keepdims=True))
    return scaled / where(equal(size, 0), 1, size)


def _freedom(x: Any, axis: Axes, correction: float) -> float:
    free = length(shape_of(x), axis) - correction
    return free if free > 0 else 0


@_in_single
def var(x: Any, *, axis: Axes, correction: float, keepdims: bool) -> Any:
    centred = center(x, axis=axis)
    squares = sum(centred * centred, axis=axis, keepdims=keepdims)
    return divide(squares, _freedom(x, axis, correction))


@_in_single
def std(x: Any, *, axis: Axes, correction: float, keepdims: bool) -> Any:
    size = norm(center(x, axis=axis), axis=axis, keepdims=keepdims)
    return divide(size, math.sqrt(_freedom(x, axis, correction)))


@_in_single
def std_slope(x: Any, *, axis: Axes, correction: float) -> Any:
    across = unit(center(x, axis=axis), axis=axis)
    return divide(across, math.sqrt(_freedom(x, axis, correction)))


@_in_single
def rms(x: Any, *, axis: Axes, eps: float, keepdims: bool) -> Any:
    count = length(shape_of(x), axis)
    if eps:
        return sqrt(sum(x * x, axis=axis, keepdims=keepdims) / count + eps)
    return divide(norm(x, axis=axis, keepdims=keepdims), math.sqrt(count))


@_in_single
def rms_slope(x: Any, *, axis: Axes) -> Any:
    return divide(unit(x, axis=axis), math.sqrt(length(shape_of(x), axis)))
