"""Operators along axes: sums and others, running ones, places of the largest, order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.onnx.importing.operators.elementwise import cast
from tensorgraph.onnx.importing.operators.shapes import unsqueeze
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import axes_of, axis_of, known, one_int

# ------------------------------------------------------------------------------------- reductions


Reduction = Callable[[Any, Any, bool], Any]


def _in_its_dtype(function: Callable[..., Any]) -> Reduction:
    """Return a reduction whose result has the dtype of what is reduced, also of whole numbers."""

    def reduce(x: Any, axis: Any, keepdims: bool) -> Any:
        return cast(function(x, axis=axis, keepdims=keepdims), x.dtype)

    return reduce


_total = _in_its_dtype(ops.sum)


def _log_sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return cast(ops.log(_total(x, axis, keepdims)), x.dtype)


def _absolute(x: Any, axis: Any, keepdims: bool) -> Any:
    return _total(ops.abs(x), axis, keepdims)


def _squares(x: Any, axis: Any, keepdims: bool) -> Any:
    return _total(ops.square(x), axis, keepdims)


def _length(x: Any, axis: Any, keepdims: bool) -> Any:
    if x.dtype.kind == "f":
        return ops.norm(x, axis=axis, keepdims=keepdims)
    return cast(ops.sqrt(_squares(x, axis, keepdims)), x.dtype)


def _largest(x: Any, axis: Any, keepdims: bool) -> Any:
    return _extreme(ops.max, x, axis, keepdims, -np.inf)


def _smallest(x: Any, axis: Any, keepdims: bool) -> Any:
    return _extreme(ops.min, x, axis, keepdims, np.inf)


def _extreme(function: Any, x: Any, axis: Any, keepdims: bool, of_none: float) -> Any:
    axes = range(ndim_of(x)) if axis is None else axis
    shape = shape_of(x)
    if all(shape[i] for i in axes):
        return function(x, axis=axis, keepdims=keepdims)
    lengths = [1 if i in axes else n for i, n in enumerate(shape)]
    left = lengths if keepdims else [n for i, n in enumerate(shape) if i not in axes]
    if x.dtype.kind == "f":
        return np.full(left, of_none, x.dtype)
    range_ = np.iinfo(x.dtype) if x.dtype.kind in "iu" else None
    ends = (False, True) if range_ is None else (range_.min, range_.max)
    return np.full(left, ends[of_none > 0], x.dtype)


_REDUCTIONS: dict[str, tuple[int, Reduction]] = {
    "ReduceSum": (13, _total), "ReduceMean": (18, _in_its_dtype(ops.mean)),
    "ReduceMax": (18, _largest), "ReduceMin": (18, _smallest),
    "ReduceProd": (18, _in_its_dtype(ops.prod)), "ReduceL1": (18, _absolute),
    "ReduceL2": (18, _length), "ReduceSumSquare": (18, _squares),
    "ReduceLogSum": (18, _log_sum), "ReduceLogSumExp": (18, _in_its_dtype(ops.logsumexp)),
}  # fmt: skip
"""From which opset on the axes are an input, and what each reduction computes."""


def _over_input(function: Any) -> Any:
    """Return a reduction over axes that are an input."""

    def reduce(
        x: Any, axes: Any = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0
    ) -> Any:
        found = None if axes is None else axes_of(axes, ndim_of(x))
        if not found and noop_with_empty_axes:
            return function(unsqueeze(x, (ndim_of(x),)), (ndim_of(x),), False)
        return function(x, found or None, bool(keepdims))

    return reduce


def _over_attribute(function: Any) -> Any:
    """Return a reduction over axes that are an attribute, as older opsets have it."""

    def reduce(x: Any, *, axes: tuple[int, ...] | None = None, keepdims: int = 1) -> Any:
        found = None if axes is None else axes_of(axes, ndim_of(x))
        return function(x, found or None, bool(keepdims))

    return reduce


for _name, (_since, _function) in _REDUCTIONS.items():
    operator(_name, since=1)(_over_attribute(_function))
    operator(_name, since=_since, settings=(1,))(_over_input(_function))


# --------------------------------------------------------------------------- the largest, and order


def _place(function: Any, x: Any, axis: int, keepdims: int, last: int) -> Any:
    n = shape_of(x)[axis]
    found = function(ops.flip(x, axis=axis) if last else x, axis=axis, keepdims=bool(keepdims))
    return n - 1 - found if last else found


@operator("ArgMax")
def _arg_max(x: Any, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Any:
    return _place(ops.argmax, x, axis, keepdims, select_last_index)


@operator("ArgMin")
def _arg_min(x: Any, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Any:
    return _place(ops.argmin, x, axis, keepdims, select_last_index)


@operator("TopK", since=1)
def _topk_attribute(x: Any, *, k: int, axis: int = -1) -> Any:
    return _topk(x, k, axis=axis)


@operator("TopK", since=10, settings=(1,))
def _topk(x: Any, k: Any, *, axis: int = -1, largest: int = 1, sorted: int = 1) -> Any:
    axis = axis_of(axis, ndim_of(x))
    # Of equal elements the first comes first.
    places = ops.argsort(x, axis=axis, descending=bool(largest))
    count = one_int(k, "the k of TopK")
    first = places[(*(slice(None),) * axis, slice(0, count))]
    return ops.take_along_axis(x, first, axis=axis), first


@operator("Unique")
def _unique(x: Any, *, axis: int | None = None, sorted: int = 1) -> Any:
    array = known(x, "Unique")
    _, first, inverse, counts = np.unique(
        array, return_index=True, return_inverse=True, return_counts=True, axis=axis
    )
    inverse = inverse.reshape(-1)
    if not sorted:
        order = np.argsort(first)
        rank = np.argsort(order)
        first, counts, inverse = first[order], counts[order], rank[inverse]
    flat = ops.reshape(x, shape=(-1,)) if axis is None else x
    return ops.take(flat, first, axis=axis or 0), first, inverse, counts


# ------------------------------------------------------------------------------------ running ones


def _running(function: Any, x: Any, axis: int, exclusive: int, reverse: int, start: int) -> Any:
    axis = axis_of(axis, ndim_of(x))
    y = ops.flip(x, axis=axis) if reverse else x
    n = shape_of(x)[axis]
    if exclusive:
        widths = [(int(i == axis), 0) for i in range(ndim_of(x))]
        part = y[(*(slice(None),) * axis, slice(0, max(n - 1, 0)))]
        y = ops.pad(part, pad_width=widths, constant=start) if n else y
    y = ops.astype(function(y, axis=axis), dtype=x.dtype)
    return ops.flip(y, axis=axis) if reverse else y


@operator("CumSum", settings=(1,))
def _cum_sum(x: Any, axis: Any, *, exclusive: int = 0, reverse: int = 0) -> Any:
    at = one_int(axis, "the axis of CumSum")
    return _running(ops.cumulative_sum, x, at, exclusive, reverse, 0)


@operator("CumProd", settings=(1,))
def _cum_prod(x: Any, axis: Any, *, exclusive: int = 0, reverse: int = 0) -> Any:
    at = one_int(axis, "the axis of CumProd")
    return _running(ops.cumulative_prod, x, at, exclusive, reverse, 1)
