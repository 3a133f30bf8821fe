"""The frequencies that a transform has, and their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import number, whole
from tensorgraph.engine.arrays import default_dtype
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
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

    Of a spectrum name them, as ``axes=-2``: here the last axis, of parts, is counted like any.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.fftshift(tg.fft.fftfreq(4))
        tensor([-0.5 , -0.25,  0.  ,  0.25])
    """
    return _shifted(x, axes, lambda n: n // 2)


@with_leads
def ifftshift(x: AnyArray, axes: SomeAxes = None) -> AnyArray:
    """Return the inverse of ``fftshift``: x with frequency 0 in front.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.ifftshift(tg.tensor([-0.5, -0.25, 0.0, 0.25]))
        tensor([ 0.  ,  0.25, -0.5 , -0.25])
    """
    return _shifted(x, axes, lambda n: -(n // 2))


def _shifted(x: Any, axes: Any, by: Callable[[int], int]) -> Any:
    x = from_list(x)
    places = some_axes(axes, ndim_of(x))
    return roll(x, [by(shape_of(x)[axis]) for axis in places], axis=places)
