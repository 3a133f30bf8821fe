"""Making tensors from nothing: constants, ranges, identities.

Floating-point tensors are float32 unless ``dtype`` says otherwise; integers stay integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import integer, scalar, to_shape, whole
from tensorgraph.engine.arrays import DEFAULT_DTYPE, to_dtype
from tensorgraph.engine.tensor import Tensor, array_of, leaf, wrap
from tensorgraph.errors import ArgumentError, ShapeError


def _made(
    array: Any, dtype: DTypeLike | None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    made = array if dtype is None else array.astype(to_dtype(dtype), copy=False)
    return leaf(made, requires_grad, name)


def zeros(
    shape: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Return a tensor of zeros.

    Example:
        >>> import tensorgraph as tg
        >>> tg.zeros((1, 2))
        tensor([[0., 0.]])
    """
    return _made(np.zeros(to_shape(shape, "zeros"), DEFAULT_DTYPE), dtype, requires_grad, name)


def ones(
    shape: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Return a tensor of ones.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ones(2)
        tensor([1., 1.])
    """
    return _made(np.ones(to_shape(shape, "ones"), DEFAULT_DTYPE), dtype, requires_grad, name)


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
    return _made(np.full(to_shape(shape, "full"), fill), None, requires_grad, name)


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
    rows, columns = to_shape((n, n if m is None else m), "eye")
    return _made(np.eye(rows, columns, integer(k, "eye: k"), DEFAULT_DTYPE), dtype)


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
    start, stop, step = (scalar(value, f"arange: {what}") for what, value in ends.items())
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
    ends = (scalar(start, "linspace: start"), scalar(stop, "linspace: stop"))
    count = whole(num, "linspace: num, how many numbers to return,")
    return _made(np.linspace(*ends, count), DEFAULT_DTYPE if dtype is None else dtype)


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
