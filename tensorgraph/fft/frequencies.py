"""The frequencies that a transform has, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import number, whole
from tensorgraph.engine.arrays import default_dtype
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.errors import ArgumentError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import SomeAxes, from_list, some_axes
from tensorgraph.ops.shape import roll

__all__ = ["fftfreq", "fftshift", "ifftshift", "rfftfreq"]


@with_leads
def fftfreq(n: SupportsIndex, d: float = 1.0, dtype: DTypeLike | None = None) -> Tensor:
    """Return the frequencies that ``fft`` of n samples has, in cycles per unit of ``d``.

    ``d`` is the time between samples. The first is 0, then come the positive ones, then the
    negative.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.fftfreq(4)
        tensor([ 0.  ,  0.25, -0.5 , -0.25])
    """
    found = np.fft.fftfreq(whole(n, "fftfreq: n", 1), _spacing(d))
    return tensor(found, dtype=default_dtype() if dtype is None else dtype)


@with_leads
def rfftfreq(n: SupportsIndex, d: float = 1.0, dtype: DTypeLike | None = None) -> Tensor:
    """Return the frequencies that ``rfft`` of n samples has, in cycles per unit of ``d``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.rfftfreq(4)
        tensor([0.  , 0.25, 0.5 ])
    """
    found = np.fft.rfftfreq(whole(n, "rfftfreq: n", 1), _spacing(d))
    return tensor(found, dtype=default_dtype() if dtype is None else dtype)


def _spacing(d: Any) -> float:
    found = number(d, "d")
    if not found:
        raise ArgumentError("d, the time between samples, is not 0")
    return found


@with_leads
def fftshift(x: AnyArray, axes: SomeAxes = None) -> AnyArray:
    """Return x with frequency 0 in the middle of its axes: all, if none are named.

    All axes are counted, as an array's. Where the last, of length 2, may be that of real and
    imaginary parts, name what to shift: ``axes=0`` of a spectrum, ``axes=(0, 1)`` of numbers.

    Raises:
        ArgumentError: the last axis has length 2, and is meant by default or by −1, which names
            the last axis before the parts in other functions of this room.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.fftshift(tg.fft.fftfreq(4))
        tensor([-0.5 , -0.25,  0.  ,  0.25])
    """
    return _shifted("fftshift", x, axes, lambda n: n // 2)


@with_leads
def ifftshift(x: AnyArray, axes: SomeAxes = None) -> AnyArray:
    """Return the inverse of ``fftshift``, of the same axes: x with frequency 0 in front.

    Raises:
        ArgumentError: as ``fftshift`` does.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.ifftshift(tg.tensor([-0.5, -0.25, 0.0, 0.25]))
        tensor([ 0.  ,  0.25, -0.5 , -0.25])
    """
    return _shifted("ifftshift", x, axes, lambda n: -(n // 2))


def _shifted(name: str, x: Any, axes: Any, by: Callable[[int], int]) -> Any:
    x = from_list(x)
    shape = shape_of(x)
    places = some_axes(axes, len(shape))
    if len(shape) > 1 and shape[-1] == 2 and _may_mean_parts(axes):
        spectrum = tuple(i for i in places if i != len(shape) - 1) or (len(shape) - 2,)
        numbers = tuple(sorted({*places, len(shape) - 1}))
        raise ArgumentError(
            f"{name}: the last axis, of length 2, may hold real and imaginary parts, which it would"
            f" swap; write tg.fft.{name}(x, axes={spectrum}) for a spectrum, or axes={numbers} if"
            " it holds numbers like any axis"
        )
    return roll(x, [by(shape[axis]) for axis in places], axis=places)


def _may_mean_parts(axes: Any) -> bool:
    """Return whether axes reach to the last without naming it by its number from the front."""
    return axes is None or -1 in (axes if isinstance(axes, Iterable) else (axes,))
