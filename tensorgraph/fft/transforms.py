"""Fourier transforms along one axis, two, or any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.engine.op import OpFunction
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.fft import _records
from tensorgraph.fft._records import SWAPPED, Axes
from tensorgraph.fft.complex_numbers import pairs
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import SomeAxes, from_list, one_axis, part
from tensorgraph.ops.padding import pad

__all__ = [
    "fft", "fft2", "fftn", "ifft", "ifft2", "ifftn", "irfft", "irfft2", "irfftn", "rfft", "rfft2",
    "rfftn",
]  # fmt: skip

Norm = Literal["backward", "ortho", "forward"] | None


def _norm(norm: Any, name: str) -> str:
    if norm is None:
        return "backward"
    if norm not in SWAPPED:
        raise ArgumentError(f'{name}: norm is "backward", "ortho" or "forward", not {norm!r}')
    return str(norm)


def _reals(x: Any, name: str) -> Any:
    x = from_list(x)
    if getattr(x, "dtype", np.dtype(float)).kind == "c":
        raise DTypeError(f"{name}: x is complex; write tg.fft.fft(tg.fft.view_as_real(x))")
    if not ndim_of(x):
        raise ShapeError(f"{name}: x is a number, and has no axis to transform")
    return x


def _places(axes: SomeAxes, s: Any, ndim: int, name: str) -> Axes:
    """Return axes counted from the front, in the order given: that of the last one matters."""
    if axes is None:
        count = ndim if s is None else len(s)
        return tuple(range(ndim - count, ndim))
    given = axes if isinstance(axes, (tuple, list)) else (axes,)
    found = tuple(one_axis(axis, ndim, f"{name}: axis") for axis in given)
    if not found or len(set(found)) != len(found):
        raise ArgumentError(f"{name}: axes {tuple(given)} are to be one or more, each once")
    return found


def _lengths(s: Any, axes: Axes, name: str) -> Sequence[int | None]:
    if s is None:
        return [None] * len(axes)
    if len(s) != len(axes):
        raise ArgumentError(f"{name}: s has {len(s)} lengths, for {len(axes)} axes")
    return [None if n is None else whole(n, f"{name}: length", 1) for n in s]


def _fitted(x: Any, lengths: Sequence[int | None], axes: Axes, name: str) -> Any:
    """Return x cut off, or filled with zeros, to these lengths."""
    for n, axis in zip(lengths, axes, strict=True):
        own = shape_of(x)[axis]
        if n is not None and n < own:
            x = part(x, axis, None, n)
        elif n is not None and n > own:
            x = pad(x, [(0, n - own if i == axis else 0) for i in range(ndim_of(x))])
        elif own == 0:
            raise ShapeError(f"{name}: x of shape {shape_of(x)} has no element along axis {axis}")
    return x


def _transformed(record: OpFunction, x: Any, s: Any, axes: Any, norm: Any, name: str) -> Any:
    """Return the transform of pairs to pairs."""
    x = pairs(x, name)
    places = _places(axes, s, ndim_of(x) - 1, name)
    x = _fitted(x, _lengths(s, places, name), places, name)
    return record(x, axes=places, norm=_norm(norm, name))


def _half_spectrum(x: Any, s: Any, axes: Any, norm: Any, name: str) -> Any:
    x = _reals(x, name)
    places = _places(axes, s, ndim_of(x), name)
    x = _fitted(x, _lengths(s, places, name), places, name)
    return _records.rfftn(x, axes=places, norm=_norm(norm, name))


def _from_half(x: Any, s: Any, axes: Any, norm: Any, name: str) -> Any:
    x = pairs(x, name)
    places = _places(axes, s, ndim_of(x) - 1, name)
    *others, n = _lengths(s, places, name)
    n = whole(2 * (shape_of(x)[places[-1]] - 1), f"{name}: n", 1) if n is None else n
    x = _fitted(x, [*others, n // 2 + 1], places, name)
    return _records.irfftn(x, n=n, axes=places, norm=_norm(norm, name))


def _one(n: SupportsIndex | None) -> Sequence[Any] | None:
    return None if n is None else (n,)


@with_leads
def fft(
    x: AnyArray, n: SupportsIndex | None = None, axis: SupportsIndex = -1, norm: Norm = None
) -> AnyArray:
    """Return the Fourier transform X_k = Σ_j x_j exp(−2πi jk/n) along an axis.

    Args:
        x: complex numbers as pairs of parts, of shape (…, 2).
        n: the length to cut x off at, or to fill it up to with zeros.
        axis: the axis to transform, that of the parts not counted.
        norm: what is divided: by ``"backward"``, the default, n by the inverse; by ``"ortho"`` √n
            by both; by ``"forward"`` n here.

    Raises:
        ArgumentError: another ``norm``.
        ShapeError: x holds no pairs.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.fft(tg.tensor([[1.0, 0.0], [0.0, 0.0]]))
        tensor([[1., 0.],
                [1., 0.]])
    """
    return _transformed(_records.fftn, x, _one(n), (axis,), norm, "fft")


@with_leads
def ifft(
    x: AnyArray, n: SupportsIndex | None = None, axis: SupportsIndex = -1, norm: Norm = None
) -> AnyArray:
    """Return the inverse of ``fft``: x_j = Σ_k X_k exp(2πi jk/n) / n along an axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.ifft(tg.tensor([[1.0, 0.0], [1.0, 0.0]]))
        tensor([[1., 0.],
                [0., 0.]])
    """
    return _transformed(_records.ifftn, x, _one(n), (axis,), norm, "ifft")


@with_leads
def rfft(
    x: AnyArray, n: SupportsIndex | None = None, axis: SupportsIndex = -1, norm: Norm = None
) -> AnyArray:
    """Return the Fourier transform of real numbers: frequencies 0 … n // 2, as pairs of parts.

    The others are the conjugates of these. Options are those of ``fft``; of x with shape (…, n) the
    result has shape (…, n // 2 + 1, 2).

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.rfft(tg.tensor([1.0, 2.0, 3.0, 2.0]))
        tensor([[ 8.,  0.],
                [-2.,  0.],
                [ 0.,  0.]])
    """
    return _half_spectrum(x, _one(n), (axis,), norm, "rfft")


@with_leads
def irfft(
    x: AnyArray, n: SupportsIndex | None = None, axis: SupportsIndex = -1, norm: Norm = None
) -> AnyArray:
    """Return the n real numbers whose half spectrum is x; by default n is even, 2 (m − 1).

    What cannot be of real numbers, the imaginary part at frequency 0 and at n / 2, is not read, and
    its gradient is 0.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.irfft(tg.fft.rfft(tg.tensor([1.0, 2.0, 3.0])), n=3)
        tensor([1., 2., 3.])
    """
    return _from_half(x, _one(n), (axis,), norm, "irfft")


@with_leads
def fftn(
    x: AnyArray, s: Sequence[int] | None = None, axes: SomeAxes = None, norm: Norm = None
) -> AnyArray:
    """Return ``fft`` along several axes, all by default; ``s`` are the lengths along these.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.fftn(tg.ones((2, 2, 2)))[0, 0]
        tensor([4., 4.])
    """
    return _transformed(_records.fftn, x, s, axes, norm, "fftn")


@with_leads
def ifftn(
    x: AnyArray, s: Sequence[int] | None = None, axes: SomeAxes = None, norm: Norm = None
) -> AnyArray:
    """Return ``ifft`` along several axes, all by default; ``s`` are the lengths along these.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.ifftn(tg.ones((2, 2, 2)))[0, 0]
        tensor([1., 1.])
    """
    return _transformed(_records.ifftn, x, s, axes, norm, "ifftn")


@with_leads
def rfftn(
    x: AnyArray, s: Sequence[int] | None = None, axes: SomeAxes = None, norm: Norm = None
) -> AnyArray:
    """Return ``rfft`` along the last of several axes, and ``fft`` along the others.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.rfftn(tg.ones((2, 4))).shape
        (2, 3, 2)
    """
    return _half_spectrum(x, s, axes, norm, "rfftn")


@with_leads
def irfftn(
    x: AnyArray, s: Sequence[int] | None = None, axes: SomeAxes = None, norm: Norm = None
) -> AnyArray:
    """Return ``irfft`` along the last of several axes, after ``ifft`` along the others.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.irfftn(tg.fft.rfftn(tg.ones((2, 4)))).shape
        (2, 4)
    """
    return _from_half(x, s, axes, norm, "irfftn")


@with_leads
def fft2(
    x: AnyArray, s: Sequence[int] | None = None, axes: SomeAxes = (-2, -1), norm: Norm = None
) -> AnyArray:
    """Return ``fft`` along two axes, the last by default.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.fft2(tg.ones((2, 2, 2)))[0, 0]
        tensor([4., 4.])
    """
    return _transformed(_records.fftn, x, s, axes, norm, "fft2")


@with_leads
def ifft2(
    x: AnyArray, s: Sequence[int] | None = None, axes: SomeAxes = (-2, -1), norm: Norm = None
) -> AnyArray:
    """Return ``ifft`` along two axes, the last by default.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.ifft2(tg.ones((2, 2, 2)))[0, 0]
        tensor([1., 1.])
    """
    return _transformed(_records.ifftn, x, s, axes, norm, "ifft2")


@with_leads
def rfft2(
    x: AnyArray, s: Sequence[int] | None = None, axes: SomeAxes = (-2, -1), norm: Norm = None
) -> AnyArray:
    """Return ``rfft`` along the last of two axes, and ``fft`` along the other.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.rfft2(tg.ones((3, 2, 4))).shape
        (3, 2, 3, 2)
    """
    return _half_spectrum(x, s, axes, norm, "rfft2")


@with_leads
def irfft2(
    x: AnyArray, s: Sequence[int] | None = None, axes: SomeAxes = (-2, -1), norm: Norm = None
) -> AnyArray:
    """Return ``irfft`` along the last of two axes, after ``ifft`` along the other.

    Example:
        >>> import tensorgraph as tg
        >>> tg.fft.irfft2(tg.fft.rfft2(tg.ones((3, 2, 4)))).shape
        (3, 2, 4)
    """
    return _from_half(x, s, axes, norm, "irfft2")
