"""Making tensors from nothing: constants, ranges, identities.

Floating-point tensors are float32 unless ``dtype`` says otherwise; integers stay integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.errors import ArgumentError
from tensorgraph.tensor import DEFAULT_DTYPE, Tensor, tensor, to_dtype, wrap


def _made(
    array: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    if dtype is None and array.dtype == np.float64:
        dtype = DEFAULT_DTYPE
    new = wrap(array if dtype is None else array.astype(to_dtype(dtype), copy=False))
    new.name = name
    if requires_grad:
        new.requires_grad = True
    return new


def zeros(
    shape: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Return a tensor of zeros.

    Example:
        >>> import tensorgraph as tg
        >>> tg.zeros((1, 2))
        tensor([[0., 0.]])
    """
    return _made(np.zeros(shape), dtype, requires_grad, name)


def ones(
    shape: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Return a tensor of ones.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ones(2)
        tensor([1., 1.])
    """
    return _made(np.ones(shape), dtype, requires_grad, name)


def full(
    shape: Any,
    fill_value: Any,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return a tensor in which every element is ``fill_value``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.full(2, 7)
        tensor([7, 7])
    """
    return _made(np.full(shape, fill_value), dtype, requires_grad, name)


def eye(n: int, m: int | None = None, k: int = 0, dtype: DTypeLike | None = None) -> Tensor:
    """Return an n × m matrix (square by default) with ones on the ``k``-th diagonal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    return _made(np.eye(n, m, k), dtype)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: DTypeLike | None = None) -> Tensor:
    """Return the numbers from ``start`` (0 by default) up to, not including, ``stop``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.arange(3)
        tensor([0, 1, 2])
    """
    if step == 0:
        raise ArgumentError("arange: step must not be 0")
    if stop is None:
        start, stop = 0, start
    return _made(np.arange(start, stop, step), dtype)


def linspace(start: float, stop: float, num: int = 50, dtype: DTypeLike | None = None) -> Tensor:
    """Return ``num`` evenly spaced numbers from ``start`` to ``stop``, both included.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linspace(0, 1, 3)
        tensor([0. , 0.5, 1. ])
    """
    return _made(np.linspace(start, stop, num), dtype)


def zeros_like(x: Any, dtype: DTypeLike | None = None) -> Tensor:
    """Return zeros of the shape and dtype of x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.zeros_like(tg.tensor([1.0, 2.0]))
        tensor([0., 0.])
    """
    return full_like(x, 0, dtype)


def ones_like(x: Any, dtype: DTypeLike | None = None) -> Tensor:
    """Return ones of the shape and dtype of x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ones_like(tg.tensor([1.0, 2.0]))
        tensor([1., 1.])
    """
    return full_like(x, 1, dtype)


def full_like(x: Any, fill_value: Any, dtype: DTypeLike | None = None) -> Tensor:
    """Return a tensor of the shape and dtype of x in which every element is ``fill_value``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.full_like(tg.tensor([1.0, 2.0]), 3)
        tensor([3., 3.])
    """
    like = x if type(x) is Tensor else tensor(x)
    return wrap(
        np.full(like.shape, fill_value, dtype=like.dtype if dtype is None else to_dtype(dtype))
    )
