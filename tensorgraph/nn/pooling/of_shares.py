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
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.index import take
from tensorgraph.ops.pool import avg_pool, max_pool
from tensorgraph.ops.reduce import max, mean, sum
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
    """Return the places of each share of n, in rows of one length, and which of them are its own.

    Share i holds the places ⌊i n / size⌋ … ⌈(i + 1) n / size⌉ − 1.
    """
    results = np.arange(size)
    first, end = results * n // size, -(-(results + 1) * n // size)
    places = first[:, None] + np.arange((end - first).max())
    return np.minimum(places, n - 1), places < end[:, None]


def _gathered(x: Any, sizes: tuple[int, ...], outside: float) -> tuple[Any, list[Any], list[int]]:
    """Return the shares of x, each spatial axis as one of results and one of the places of each.

    Args:
        x: of shape (batch, channels, *spatial).
        sizes: how many results along each spatial axis.
        outside: what stands in the places that are none of a share's own.

    Returns:
        The shares, which places are their own along each axis, and the axes of places.
    """
    axis, own, within = 2, [], []
    for n, size in zip(shape_of(x)[2:], sizes, strict=True):
        places, mine = _shares(n, size)
        x = take(x, placed(places, x.data), axis=axis)
        behind = len(shape_of(x)) - axis - 2
        if not mine.all():
            inside = placed(mine.reshape(*mine.shape, *(1,) * behind), x.data)
            x = where(inside, x, outside)
        own.append(mine)
        within.append(axis + 1)
        axis += 2
    return x, own, within


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

    pool = staticmethod(avg_pool)

    def _of_shares(self, x: Tensor, sizes: tuple[int, ...]) -> Any:
        gathered, own, within = _gathered(x, sizes, 0)
        counts = np.ones(())
        for mine in own:
            counts = np.multiply.outer(counts, mine.sum(axis=1))
        return sum(gathered, axis=tuple(within)) / placed(counts.astype(x.dtype), x.data)


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

    pool = staticmethod(max_pool)

    def _of_shares(self, x: Tensor, sizes: tuple[int, ...]) -> Any:
        lowest = -np.inf if x.dtype.kind in "fc" else int(np.iinfo(x.dtype).min)
        gathered, _, within = _gathered(x, sizes, lowest)
        return max(gathered, axis=tuple(within))
