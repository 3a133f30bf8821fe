"""Making tensors from nothing: constants, ranges, identities.

Floating-point tensors are float32 unless ``dtype`` says otherwise; integers stay integers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import integer, number, scalar, to_shape, whole
from tensorgraph.engine.arrays import cast, default_dtype, to_dtype
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.tensor import Tensor, array_of, leaf, wrap
from tensorgraph.errors import ArgumentError, GraphError, ShapeError
from tensorgraph.leads.calls import with_leads


def _made(
    array: Any, dtype: DTypeLike | None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    wanted = array.dtype if dtype is None else to_dtype(dtype)
    made = array if wanted == array.dtype else cast(array, wanted)
    return leaf(made, requires_grad, name)


@with_leads
def zeros(
    shape: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Return a tensor of zeros.

    Example:
        >>> import tensorgraph as tg
        >>> tg.zeros((1, 2))
        tensor([[0., 0.]])
    """
    return _made(np.zeros(to_shape(shape, "zeros"), default_dtype()), dtype, requires_grad, name)


@with_leads
def ones(
    shape: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """Return a tensor of ones.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ones(2)
        tensor([1., 1.])
    """
    return _made(np.ones(to_shape(shape, "ones"), default_dtype()), dtype, requires_grad, name)


@with_leads
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
    if getattr(value, "requires_grad", False) and MODE.get().recording:
        raise GraphError(
            f"{function}: fill_value needs a gradient, which would be lost; write"
            " tg.broadcast_to(x, shape)"
        )
    array = array_of(value, dtype)
    if array.ndim:
        raise ShapeError(
            f"{function}: fill_value is one number, not shape {array.shape}; write"
            " tg.broadcast_to(x, shape) to repeat more"
        )
    return array


@with_leads
def eye(n: int, m: int | None = None, k: int = 0, dtype: DTypeLike | None = None) -> Tensor:
    """Return an n × m matrix (square by default) with ones on the ``k``-th diagonal.

    Example:
        >>> import tensorgraph as tg
        >>> tg.eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    rows, columns = to_shape((n, n if m is None else m), "eye")
    return _made(np.eye(rows, columns, integer(k, "eye: k"), default_dtype()), dtype)


@quiet
@with_leads
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: DTypeLike | None = None) -> Tensor:
    """Return the numbers from ``start`` (0 by default) up to, not including, ``stop``.

    Number k is start + k · step; one that is rounded to ``stop`` does not belong to them.

    Raises:
        ArgumentError: an end that is not finite, a ``step`` of 0, or numbers that do not fit in the
            dtype.

    Example:
        >>> import tensorgraph as tg
        >>> tg.arange(3)
        tensor([0, 1, 2])
        >>> tg.arange(1, 1.3, 0.1)
        tensor([1. , 1.1, 1.2])
    """
    if stop is None:
        start, stop = 0, start
    start, stop = _finite(start, "arange: start"), _finite(stop, "arange: stop")
    step = _finite(step, "arange: step")
    if step == 0:
        raise ArgumentError("arange: step must not be 0")
    if not (isinstance(start, float) or isinstance(stop, float) or isinstance(step, float)):
        return _made(_integers(range(start, stop, step)), dtype)
    wanted = default_dtype() if dtype is None else to_dtype(dtype)
    count = max(math.ceil(stop / step - start / step) + 1, 0)  # one more than rounding may lose
    numbers = np.arange(count, dtype=np.float64)
    if math.isinf(step * float(count)):  # a distance may be too large for a number
        numbers = 2 * (start / 2 + step / 2 * numbers)
    else:
        numbers *= step
        numbers += start
    numbers = _before(numbers, stop, step)
    if wanted.kind == "f":
        numbers = _before(cast(numbers, wanted), stop, step)
    return _made(numbers, wanted)


def _before(numbers: Any, stop: float, step: float) -> Any:
    """Return those of ascending or descending numbers that come before ``stop`` in their dtype."""
    last = numbers.dtype.type(stop)
    if numbers.size == 0 or (numbers[-1] < last if step > 0 else numbers[-1] > last):
        return numbers
    return numbers[numbers < last if step > 0 else numbers > last]


def _integers(numbers: range) -> Any:
    """Return an array of integers.

    Raises:
        ArgumentError: they do not fit in 64 bits.
    """
    if max(abs(numbers.start), abs(numbers.stop), abs(numbers.step)) < 2**62:
        return np.arange(numbers.start, numbers.stop, numbers.step, dtype=np.int64)
    if not numbers:
        return np.zeros(0, np.int64)
    least, most = sorted((numbers[0], numbers[-1]))
    if least < -(2**63) or most >= 2**64 or (least < 0 and most >= 2**63):
        raise ArgumentError(
            f"arange: integers from {least} to {most} do not fit in 64 bits; write floats"
        )
    if all(-(2**63) <= end < 2**63 for end in (numbers.start, numbers.stop, numbers.step)):
        return np.arange(numbers.start, numbers.stop, numbers.step)
    return np.fromiter(numbers, np.int64 if most < 2**63 else np.uint64, len(numbers))


def _finite(value: Any, what: str) -> float:
    """Return a real number as it is: an integer stays one.

    Raises:
        ArgumentError: it is not finite, or an integer too large for any float.
    """
    found: float = value if type(value) in (int, float) else scalar(value, what)
    if not abs(found) < 2.0**1023:
        number(found if isinstance(found, float) else math.inf, what)
    return found


@with_leads
def linspace(start: float, stop: float, num: int = 50, dtype: DTypeLike | None = None) -> Tensor:
    """Return ``num`` evenly spaced numbers from ``start`` to ``stop``, both included.

    Raises:
        ArgumentError: an end that is not finite or does not fit in the dtype, or a negative number
            of them.

    Example:
        >>> import tensorgraph as tg
        >>> tg.linspace(0, 1, 3)
        tensor([0. , 0.5, 1. ])
    """
    first, last = _finite(start, "linspace: start"), _finite(stop, "linspace: stop")
    count = whole(num, "linspace: num, how many numbers to return,")
    wanted = default_dtype() if dtype is None else to_dtype(dtype)
    if wanted != default_dtype() or max(abs(first), abs(last)) > 1e38:
        cast(np.array([first, last], np.float64), wanted)  # so that a message names an end
    if math.isinf(last / 1.0 - first):  # their distance
        return _made(2 * np.linspace(first / 2, last / 2, count), wanted)
    return _made(np.linspace(first, last, count), wanted)


@with_leads
def zeros_like(x: Any, dtype: DTypeLike | None = None) -> Tensor:
    """Return zeros of the shape and dtype of x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.zeros_like(tg.tensor([1.0, 2.0]))
        tensor([0., 0.])
    """
    return full_like(x, 0, dtype)


@with_leads
def ones_like(x: Any, dtype: DTypeLike | None = None) -> Tensor:
    """Return ones of the shape and dtype of x.

    Example:
        >>> import tensorgraph as tg
        >>> tg.ones_like(tg.tensor([1.0, 2.0]))
        tensor([1., 1.])
    """
    return full_like(x, 1, dtype)


@with_leads
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
