"""Pooling into as many results as are wanted: one for a channel, or a share of it for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.engine.arrays import placed
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.half_precision import to_half, to_single
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.nn.place_products import MOST, product_along
from tensorgraph.ops.arithmetic import astype, where
from tensorgraph.ops.index import take
from tensorgraph.ops.pool import avg_pool, max_pool
from tensorgraph.ops.reduce import max, mean, sum
from tensorgraph.ops.shape import reshape
from tensorgraph.ops.window import axis_names

# --------------------------------------------------------------------------- one for each channel


class _GlobalPool(Module):
    """What poolings of whole channels have in common."""

    reduce: ClassVar[Callable[..., Any]]

    def forward(self, x: Operand) -> Tensor:
        """Return one number for each example and channel."""
        shape = shape_of(x)
        if len(shape) < 3:
            raise ShapeError(
                f"{here('global pooling')}: the input of shape {shape} must have shape"
                f" {axis_names('channels', 2)}, or other spatial axes after the channels"
            )
        y: Tensor = self.reduce(x, axis=tuple(range(2, len(shape))))
        return y


class GlobalAvgPool(_GlobalPool):
    """y[n, c] = the mean of channel c of example n, over all its spatial axes.

    X has shape (batch, channels, …) with any number of spatial axes, the result (batch, channels):
    whatever the size of the images, what follows sees the same number of features (Lin, Chen & Yan
    2014, "Network in network", section 3.2).

    Raises:
        ShapeError: when called, the input has no spatial axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.GlobalAvgPool()(tg.tensor([[[1.0, 3.0], [5.0, 5.0]]]))
        tensor([[2., 5.]])
    """

    reduce = staticmethod(mean)


class GlobalMaxPool(_GlobalPool):
    """y[n, c] = the largest element of channel c of example n, over all its spatial axes.

    X has shape (batch, channels, …) with any number of spatial axes, the result (batch, channels).
    Tied maxima share the gradient evenly.

    Raises:
        ShapeError: when called, the input has no spatial axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.GlobalMaxPool()(tg.tensor([[[1.0, 3.0], [5.0, 5.0]]]))
        tensor([[3., 5.]])
    """

    reduce = staticmethod(max)


# ------------------------------------------------------------------------- a share for each result

OutputSize = int | None | Sequence[int | None]
"""How many results: for all spatial axes, or for each; None where as many as there are places."""


class _AdaptivePool(Module):
    """What poolings of an output size have in common."""

    reduce: ClassVar[Callable[..., Any]]
    """What computes it where a channel is one share."""
    pool: ClassVar[Callable[..., Any]]
    """What computes it where all shares are of one size."""

    @with_leads
    def __init__(self, output_size: OutputSize) -> None:
        """Take how many results there are to be.

        Args:
            output_size: how many results along each spatial axis: an integer for all, or one for
                each; None leaves an axis as it is.

        Raises:
            ArgumentError: a number below 1.
            DTypeError: a number that is not an integer.
            ShapeError: when called: the input has no spatial axes, an empty one, or others than
                ``output_size`` has.
        """
        name = f"{type(self).__name__}: output_size"
        several = isinstance(output_size, (tuple, list))
        sizes = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,)
        if not sizes:
            raise ArgumentError(f"{name} () names no axes; write 1 for one result of each channel")
        checked = tuple(None if n is None else whole(n, name, 1) for n in sizes)
        self.output_size = checked if several else checked[0]

    def forward(self, x: Operand) -> Tensor:
        """Return x with each share of a channel reduced to one number."""
        x = asarray(x)
        lengths = x.shape[2:]
        sizes = self._sizes(x.shape)
        y: Tensor
        if set(sizes) == {1}:
            y = self.reduce(x, axis=tuple(range(2, len(x.shape))), keepdims=True)
            return y
        if all(n % size == 0 for n, size in zip(lengths, sizes, strict=True)):
            windows = tuple(n // size for n, size in zip(lengths, sizes, strict=True))
            y = self.pool(x, size=windows)
            return y
        y = self._of_shares(x, sizes)
        return y

    def _sizes(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many results there are along each spatial axis.

        Raises:
            ShapeError: the input does not fit.
        """
        asked, rank = self.output_size, len(shape) - 2
        sizes = asked if isinstance(asked, tuple) else (asked,) * rank
        if rank < 1 or len(sizes) != rank or 0 in shape[2:]:
            axes = f"{len(sizes)} spatial axes" if isinstance(asked, tuple) else "spatial axes"
            raise ShapeError(
                f"{here(type(self).__name__)}: the input of shape {shape} must have shape"
                f" (batch, channels, *spatial) with {axes}, none of them empty"
            )
        pairs = zip(shape[2:], sizes, strict=True)
        return tuple(n if size is None else size for n, size in pairs)

    def _of_shares(self, x: Tensor, sizes: tuple[int, ...]) -> Any:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return repr(self.output_size)


def _shares(n: int, size: int) -> tuple[Any, Any]:
    """Return where each share of n places begins and ends.

    Share i holds the places ⌊i n / size⌋ … ⌈(i + 1) n / size⌉ − 1.
    """
    results = np.arange(size)
    return results * n // size, -(-(results + 1) * n // size)


def _gathered(x: Any, axis: int, size: int, outside: float) -> tuple[Any, int]:
    """Return the shares of an axis one behind the other, and how many places each has there.

    In those that are none of its own stands ``outside``.
    """
    n = shape_of(x)[axis]
    first, end = _shares(n, size)
    width = int((end - first).max())
    places = first[:, None] + np.arange(width)
    own = (places < end[:, None]).reshape(-1, *(1,) * (len(shape_of(x)) - axis - 1))
    x = take(x, placed(np.minimum(places, n - 1).reshape(-1), x.data), axis=axis)
    return (x if own.all() else where(placed(own, x.data), x, outside)), width


class AdaptiveAvgPool(_AdaptivePool):
    """y[n, c, i, j] = the mean of a share of channel c: as many shares as results are wanted.

    X has shape (batch, channels, *spatial) with any number of spatial axes, and whatever their
    lengths, the result has shape (batch, channels, *output_size). Along an axis of n places, result
    i of s is the mean of the places ⌊i n / s⌋ … ⌈(i + 1) n / s⌉ − 1: shares of one size where s
    divides n, else some are longer by one or overlap (as in PyTorch; He et al. 2015, "Spatial
    pyramid pooling in deep convolutional networks", section 2.2). An output size of 1 is
    :class:`GlobalAvgPool` that keeps its axes.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.AdaptiveAvgPool(2)(tg.tensor([[[1.0, 3.0, 5.0, 7.0]]])))
        [[[2. 6.]]]
        >>> tg.nn.AdaptiveAvgPool((7, 7))(tg.ones((2, 3, 10, 17))).shape
        (2, 3, 7, 7)
    """

    reduce = staticmethod(mean)
    pool = staticmethod(avg_pool)

    def _of_shares(self, x: Tensor, sizes: tuple[int, ...]) -> Any:
        wide = to_single(x if x.dtype.kind in "fc" else astype(x, dtype=np.float64))
        for axis in reversed(range(2, len(x.shape))):  # so that the result is in order of memory
            wide = _means(wide, axis, sizes[axis - 2])
        return to_half(wide, x)


def _means(x: Any, axis: int, size: int) -> Any:
    """Return the mean of each share of an axis."""
    n, behind = shape_of(x)[axis], shape_of(x)[axis + 1 :]
    first, end = _shares(n, size)
    if n <= MOST:
        places = np.arange(n)
        own = (places >= first[:, None]) & (places < end[:, None])
        totals = product_along(x, axis, own, own)
    else:
        gathered, width = _gathered(x, axis, size, 0)
        parts = reshape(gathered, shape=(*shape_of(x)[:axis], size, width, *behind))
        totals = sum(parts, axis=axis + 1)
    counts = (end - first).astype(x.dtype).reshape(-1, *(1,) * len(behind))
    return totals / placed(counts, x.data)


class AdaptiveMaxPool(_AdaptivePool):
    """y[n, c, i, j] = the largest element of a share of channel c.

    X has shape (batch, channels, *spatial) with any number of spatial axes, the result
    (batch, channels, *output_size). The shares are those of :class:`AdaptiveAvgPool`. Tied maxima
    share the gradient evenly.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.AdaptiveMaxPool(2)(tg.tensor([[[1.0, 3.0, 5.0, 7.0, 6.0]]])))
        [[[5. 7.]]]
    """

    reduce = staticmethod(max)
    pool = staticmethod(max_pool)

    def _of_shares(self, x: Tensor, sizes: tuple[int, ...]) -> Any:
        lowest = -np.inf if x.dtype.kind in "fc" else int(np.iinfo(x.dtype).min)
        widths = []
        for axis, size in enumerate(sizes, 2):
            x, width = _gathered(x, axis, size, lowest)
            widths.append(width)
        return max_pool(x, size=tuple(widths))
