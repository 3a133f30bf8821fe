"""Sums and the like of the rows that have the same label: of a graph's edges, of a bag of words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.engine.arrays import as_array, host_values, placed
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.domain import Integer
from tensorgraph.engine.op import Op, OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.errors import AxisError, DTypeError, GraphError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_list
from tensorgraph.ops._batching import Operand, Static
from tensorgraph.ops._keys import ARRAY
from tensorgraph.ops._scattering import combine_rows
from tensorgraph.ops.arithmetic import astype, where
from tensorgraph.ops.index import beside, first_outside, getitem, scatter
from tensorgraph.ops.joining import concat
from tensorgraph.ops.reduce import prod, same
from tensorgraph.ops.shape import reshape

__all__ = ["segment_max", "segment_mean", "segment_min", "segment_prod", "segment_sum"]


def _segments(x: Any, labels: Any, *, num_segments: SupportsIndex | None) -> dict[str, Any]:
    return {"num_segments": _count(x, labels, num_segments)}


def _count(x: Any, labels: Any, num_segments: SupportsIndex | None, name: str = "") -> int:
    """Check labels, and return how many segments there are; messages begin with ``name``."""
    array, shape = array_of(labels), shape_of(x)
    if array.dtype.kind not in "iu":
        raise DTypeError(f"{name}labels are integers, not {array.dtype}; write .astype('int64')")
    if array.ndim == 0 or array.shape != shape[: array.ndim]:
        raise ShapeError(
            f"{name}labels of shape {array.shape} have no row of x of shape {shape} each: the shape"
            " of labels is that of x's first axes"
        )
    values = host_values(array)
    if num_segments is not None:
        count = whole(num_segments, f"{name}num_segments")
    elif values.shape == array.shape:
        count = int(values.max(initial=-1)) + 1
    else:
        raise GraphError(
            f"{name}how many segments symbolic labels name is not known; write num_segments=…"
        )
    outside = first_outside(values, count)
    if outside is not None:
        raise AxisError(
            f"{name}label {values[outside]} at index {outside} is not one of the {count} segments"
            f" 0 … {count - 1}"
        )
    return count


def _result_shape(x: Any, labels: Any, *, num_segments: int) -> tuple[int, ...]:
    return (num_segments, *shape_of(x)[ndim_of(labels) :])


# -------------------------------------------------------------------------------------------- sums


@with_leads
def segment_sum(
    x: AnyArray, labels: AnyArray, num_segments: SupportsIndex | None = None
) -> AnyArray:
    """Return Σ x over the rows of each label: result[k] = Σ x[i] where labels[i] = k.

    A segment without rows is 0. There are as many as ``num_segments`` says, by default one more
    than the largest label. Booleans and short integers are added up as 64 bits.

    Raises:
        AxisError: a label is not one of ``0 … num_segments - 1``.
        DTypeError: labels are no integers.
        ShapeError: the shape of ``labels`` is not that of x's first axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.segment_sum(tg.tensor([1.0, 2.0, 3.0]), [0, 2, 0])
        tensor([4., 0., 2.])
    """
    x, labels = from_list(x), from_list(labels)
    count = _count(x, labels, num_segments, "segment_sum: ")
    if x.dtype.kind in "biu":
        x = astype(x, dtype=np.uint64 if x.dtype.kind == "u" else np.int64)
    shape = _result_shape(x, labels, num_segments=count)
    return scatter(x, labels, key=(ARRAY,), shape=shape)


@with_leads
def segment_mean(
    x: AnyArray, labels: AnyArray, num_segments: SupportsIndex | None = None
) -> AnyArray:
    """Return the mean over the rows of each label; 0 for a segment without rows.

    See :func:`segment_sum` for what it takes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.segment_mean(tg.tensor([1.0, 2.0, 3.0]), [0, 2, 0])
        tensor([2., 0., 2.])
    """
    x, labels = from_list(x), from_list(labels)
    count = _count(x, labels, num_segments, "segment_mean: ")
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    wide = np.promote_types(dtype, np.float32)  # float16 cannot count far
    ones = placed(np.ones(shape_of(labels), wide), as_array(array_of(labels)))
    counts = scatter(ones, labels, key=(ARRAY,), shape=(count,))
    # Divided before they are added up, so that no sum leaves the range.
    own = reshape(getitem(counts, labels), shape=(*shape_of(labels), *_ones(x, labels)))
    return astype(segment_sum(astype(x, dtype=wide) / own, labels, count), dtype=dtype)


def _ones(x: Any, labels: Any) -> tuple[int, ...]:
    return (1,) * (ndim_of(x) - ndim_of(labels))


# ---------------------------------------------------------------------------- extrema and products


def _extreme_kernel(ufunc: np.ufunc, sign: int) -> Callable[..., Any]:
    """Return the kernel of an extremum; a segment without rows is what all others are beyond."""

    def kernel(x: Any, labels: Any, *, num_segments: Any = None) -> Any:
        x = as_array(x)
        shape = _result_shape(x, labels, num_segments=num_segments)
        out = placed(np.full(shape, _beyond(x.dtype, sign), x.dtype), x)
        combine_rows(ufunc, out, x, labels)
        return out

    return kernel


def _beyond(dtype: np.dtype[Any], sign: int) -> Any:
    """Return the least that a dtype holds, or for a sign of −1 the most."""
    if dtype.kind == "f":
        return -sign * np.inf
    if dtype.kind == "b":
        return sign < 0
    return np.iinfo(dtype).min if sign > 0 else np.iinfo(dtype).max


def _extreme_rule(g: Any, x: Any, labels: Any, out: Any, num_segments: int) -> Any:
    ties = same(x, getitem(out, (labels,)))
    shape = _result_shape(x, labels, num_segments=num_segments)
    counts = scatter(astype(ties, dtype=g.dtype), labels, key=(ARRAY,), shape=shape)
    share = getitem(g, (labels,)) / where(ties, getitem(counts, (labels,)), 1)
    return where(ties, share, 0)


def _of_examples(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    """Number the segments of all examples on."""
    x, labels = operands
    count = static["num_segments"]
    first = np.arange(size).reshape((size, *(1,) * labels.ndim)) * count
    out = dispatch(
        op, (x.spread(size), labels.spread(size) + first), {"num_segments": size * count}
    )
    return out.reshape((size, count, *shape_of(out)[1:]))


_CODE = """
    out = np.full((num_segments, *x.shape[labels.ndim:]), {least}, x.dtype)
    np.{ufunc}.at(out, labels, x)
    return out
"""

segment_max: OpFunction = register(
    "segment_max",
    _extreme_kernel(np.maximum, 1),
    {"x": _extreme_rule, "labels": NONDIFF},
    domain={"labels": Integer(0, 4)},
    family="index",
    batch=_of_examples,
    shape=_result_shape,
    dtype=lambda x, labels, *, num_segments: x.dtype,
    prepare=_segments,
    code=_CODE.format(least="-np.inf", ufunc="maximum"),
    doc="""Return the largest over the rows of each label; tied ones share the gradient evenly.

    A segment without rows is −∞, of integers the least that there is. NaN where one is: those
    share the gradient then. See :func:`segment_sum` for what it takes.

    >>> tg.segment_max([1.0, 2.0, 3.0], [0, 1, 0], num_segments=2)
    tensor([3., 2.])
    """,
)
segment_min: OpFunction = register(
    "segment_min",
    _extreme_kernel(np.minimum, -1),
    {"x": _extreme_rule, "labels": NONDIFF},
    domain={"labels": Integer(0, 4)},
    family="index",
    batch=_of_examples,
    shape=_result_shape,
    dtype=lambda x, labels, *, num_segments: x.dtype,
    prepare=_segments,
    code=_CODE.format(least="np.inf", ufunc="minimum"),
    doc="""Return the smallest over the rows of each label; tied ones share the gradient evenly.

    A segment without rows is ∞, of integers the most that there is. NaN where one is: those share
    the gradient then. See :func:`segment_sum` for what it takes.

    >>> tg.segment_min([1.0, 2.0, 3.0], [0, 1, 0], num_segments=2)
    tensor([1., 2.])
    """,
)


@with_leads
def segment_prod(
    x: AnyArray, labels: AnyArray, num_segments: SupportsIndex | None = None
) -> AnyArray:
    """Return the product over the rows of each label; 1 for a segment without rows.

    The gradient is exact at zeros too. Each segment takes as much memory as the largest. See
    :func:`segment_sum` for what it takes.

    Raises:
        GraphError: labels are symbolic.

    Example:
        >>> import tensorgraph as tg
        >>> tg.segment_prod(tg.tensor([2.0, 5.0, 3.0]), [0, 2, 0])
        tensor([6., 1., 5.])
    """
    x, labels = from_list(x), from_list(labels)
    count = _count(x, labels, num_segments, "segment_prod: ")
    known = host_values(array_of(labels))
    if known.shape != shape_of(labels):
        raise GraphError("segment_prod: which rows symbolic labels name is not known")
    rest = shape_of(x)[ndim_of(labels) :]
    rows = reshape(x, shape=(known.size, *rest))
    one = placed(np.ones((1, *rest), x.dtype), as_array(array_of(x)))
    table = beside(_rows_of(known.reshape(-1), count), x)
    return prod(getitem(concat([rows, one]), (table,)), axis=1)


def _rows_of(labels: Any, count: int) -> Any:
    """Return the rows of each segment, all as many: the last, one further, is no row."""
    counts = np.bincount(labels, minlength=count)
    table = np.full((count, counts.max(initial=0)), len(labels))
    order = np.argsort(labels, kind="stable")
    starts = np.cumsum(counts) - counts
    table[labels[order], np.arange(len(labels)) - np.repeat(starts, counts)] = order
    return table
