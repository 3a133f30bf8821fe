"""Making tensors from nothing: constants, ranges, identities.

Floating-point tensors are float32 unless ``dtype`` says otherwise; integers stay integers.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.engine.arrays import DEFAULT_DTYPE, to_dtype
from tensorgraph.engine.tensor import Tensor, array_of, wrap
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError


def _made(
    array: Any, dtype: DTypeLike | None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    new = wrap(array if dtype is None else array.astype(to_dtype(dtype), copy=False))
    new.name = name
    if requires_grad:
        new.requires_grad = True
    return new


def to_shape(function: str, shape: Any) -> tuple[int, ...]:
    """Return a length or a sequence of lengths as a tuple of ints.

    Raises:
        DTypeError: it is not made of integers.
        ShapeError: a length is negative.
    """
    try:
        lengths = (index(shape),) if np.ndim(shape) == 0 else tuple(map(index, shape))
    except TypeError:
        raise DTypeError(
            f"{function}: a shape is an integer or a tuple of them, not {shape!r}"
        ) from None
    if any(n < 0 for n in lengths):
        raise ShapeError(f"{function}: the shape {lengths} has a negative length")
    return lengths


def _number(function: str, what: str, value: Any) -> Any:
    """Return a real number, or a tensor or array of one, as Python's."""
    if isinstance(value, (Tensor, np.ndarray, np.generic)) and value.size == 1:
        value = value.item()
    if not isinstance(value, (int, float)):
        raise DTypeError(f"{function}: {what} is a real number, not {value!r}")
    return value


def zeros(
    shape: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Return a tensor of zeros.

    Example:
        >>> import tensorgraph as tg
        >>> tg.zeros((1, 2))
        tensor([[0., 0.]])
    """
    return _made(np.zeros(to_shape("zeros", shape), DEFAULT_DTYPE), dtype, requires_grad, name)


def ones(
    shape: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Return a tensor of ones.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ones(2)
        tensor([1., 1.])
    """
    return _made(np.ones(to_shape("ones", shape), DEFAULT_DTYPE), dtype, requires_grad, name)


def full(
    shape: Any,
    fill_value: Any,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return a tensor in which every element is ``fill_value``, of its type.

    Example:
        >>> import tensorgraph as tg
        >>> tg.full(2, 7)
        tensor([7, 7])
    """
    fill = _fill("full", fill_value, dtype)
    return _made(np.full(to_shape("full", shape), fill), None, requires_grad, name)


def _fill(function: str, value: Any, dtype: DTypeLike | None) -> Any:
    array = array_of(value, dtype)
    if array.ndim:
        raise ShapeError(
            f"{function}: fill_value is one number, not shape {array.shape}; write"
            " tg.broadcast_to(x, shape) to repeat more"
        )
    return array


def eye(n: int, m: int | None = None, k: int = 0, dtype: DTypeLike | None = None) -> Tensor:
    """Return an n × m matrix (square by default) with ones on the ``k``-th diagonal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    rows, columns = to_shape("eye", (n, n if m is None else m))
    return _made(np.eye(rows, columns, index(k), DEFAULT_DTYPE), dtype)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: DTypeLike | None = None) -> Tensor:
    """Return the numbers from ``start`` (0 by default) up to, not including, ``stop``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.arange(3)
        tensor([0, 1, 2])
    """
    if stop is None:
        start, stop = 0, start
    ends = {"start": start, "stop": stop, "step": step}
    start, stop, step = (_number("arange", what, value) for what, value in ends.items())
    if step == 0:
        raise ArgumentError("arange: step must not be 0")
    array = np.arange(start, stop, step)
    return _made(array, DEFAULT_DTYPE if dtype is None and array.dtype.kind == "f" else dtype)


def linspace(start: float, stop: float, num: int = 50, dtype: DTypeLike | None = None) -> Tensor:
    """Return ``num`` evenly spaced numbers from ``start`` to ``stop``, both included.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linspace(0, 1, 3)
        tensor([0. , 0.5, 1. ])
    """
    if not isinstance(num, (int, np.integer)) or num < 0:
        raise ArgumentError(f"linspace: num is how many numbers to return, not {num!r}")
    ends = (_number("linspace", "start", start), _number("linspace", "stop", stop))
    return _made(np.linspace(*ends, num), DEFAULT_DTYPE if dtype is None else dtype)


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
    like = array_of(x)
    wanted = like.dtype if dtype is None else to_dtype(dtype)
    return wrap(np.full_like(like, _fill("full_like", fill_value, wanted), wanted))
