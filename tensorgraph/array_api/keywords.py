"""Operations with the standard's keywords, where ours have fewer or other ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import ops
from tensorgraph.engine.tensor import Tensor

__all__ = [
    "argsort", "broadcast_shapes", "conj", "cumulative_prod", "cumulative_sum", "diff",
    "imag", "prod", "real", "reshape", "sort", "std", "sum", "var",
]  # fmt: skip


def _in(x: Any, dtype: DTypeLike | None) -> Any:
    return x if dtype is None or x.dtype == np.dtype(dtype) else ops.astype(x, dtype=dtype)


def sum(
    x: Tensor,
    /,
    *,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    keepdims: bool = False,
) -> Any:
    """Return the sum over ``axis``, computed in ``dtype``."""
    return _in(ops.sum(_in(x, dtype), axis=axis, keepdims=keepdims), dtype)


def prod(
    x: Tensor,
    /,
    *,
    axis: Any = None,
    dtype: DTypeLike | None = None,
    keepdims: bool = False,
) -> Any:
    """Return the product over ``axis``, computed in ``dtype``."""
    return _in(ops.prod(_in(x, dtype), axis=axis, keepdims=keepdims), dtype)


def cumulative_sum(
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> Any:
    """Return the running sum along ``axis``, computed in ``dtype``; with the 0 it begins at."""
    total = _in(ops.cumulative_sum(_in(x, dtype), axis=axis), dtype)
    return _with_initial(total, axis, 0, include_initial)


def cumulative_prod(
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> Any:
    """Return the running product along ``axis``, computed in ``dtype``; with the 1 it begins at."""
    total = _in(ops.cumulative_prod(_in(x, dtype), axis=axis), dtype)
    return _with_initial(total, axis, 1, include_initial)


def _with_initial(total: Any, axis: int | None, initial: int, wanted: bool) -> Any:
    if not wanted:
        return total
    place = 0 if axis is None else axis % total.ndim
    shape = (*total.shape[:place], 1, *total.shape[place + 1 :])
    return ops.concat([np.full(shape, initial, total.dtype), total], axis=place)


def std(
    x: Tensor, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Return the standard deviation over ``axis``."""
    return ops.std(x, axis=axis, correction=correction, keepdims=keepdims)


def var(
    x: Tensor, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Return the variance over ``axis``."""
    return ops.var(x, axis=axis, correction=correction, keepdims=keepdims)


def sort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """Return x sorted along ``axis``; equal elements keep their order anyway."""
    return ops.sort(x, axis=axis, descending=descending)


def argsort(
    x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """Return the positions that sort x along ``axis``; equal elements keep their order anyway."""
    return ops.argsort(x, axis=axis, descending=descending)


def reshape(x: Tensor, /, shape: Any, *, copy: bool | None = None) -> Tensor:
    """Return the same elements in another shape; tensors do not change, so a copy is no other."""
    return ops.reshape(x, shape=shape)


def conj(x: Tensor, /) -> Tensor:
    """Return x: all tensors are real."""
    return x


def real(x: Tensor, /) -> Tensor:
    """Return x: all tensors are real."""
    return x


def imag(x: Tensor, /) -> Tensor:
    """Return zeros: all tensors are real."""
    return ops.where(np.False_, x, 0)


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """Return the shape that tensors of these shapes have together."""
    return np.broadcast_shapes(*map(tuple, shapes))


def diff(
    x: Tensor, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None
) -> Any:
    """Return the differences of neighbours along ``axis``, n times over: ``tg.increments``."""
    return ops.increments(x, n=n, axis=axis, prepend=prepend, append=append)
