"""Pooling over windows: the largest element, or the mean, of each."""

from __future__ import annotations

import builtins
import math
from typing import Any, ClassVar

import numpy as np

from tensorgraph.arguments import boolean
from tensorgraph.engine.arrays import placed
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.convolution import Padding, Size, brief
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.extrema import maximum
from tensorgraph.ops.padding import pad
from tensorgraph.ops.pool import avg_pool, max_pool
from tensorgraph.ops.reduce import argmax, max
from tensorgraph.ops.shape import reshape
from tensorgraph.ops.window import per_axis, per_side, windows


class _Pool(Module):
    """What poolings over windows have in common."""

    rank: ClassVar[int]
    """How many spatial axes there are."""

    dilation: tuple[int, ...]
    ceil_mode: bool

    def _take(
        self, kernel_size: Size, stride: Size | None, padding: Padding, dilation: Size, ceil: bool
    ) -> None:
        """Take the geometry of the windows."""
        name, rank = type(self).__name__, self.rank
        self.kernel_size = per_axis(kernel_size, rank, f"{name}: kernel_size")
        stride = kernel_size if stride is None else stride
        self.stride = per_axis(stride, rank, f"{name}: stride")
        self.dilation = per_axis(dilation, rank, f"{name}: dilation")
        self.padding = padding
        self.ceil_mode = boolean(ceil, f"{name}: ceil_mode")
        sizes = (self.kernel_size, self.stride, self.dilation)
        per_side(padding, self.kernel_size, *sizes, f"{name}: padding")
        if self.ceil_mode and padding == "same":
            raise ArgumentError(
                f"{name}: ceil_mode has no place beside padding='same', which has a window for"
                " every stride; leave one of the two out"
            )

    def _sides(self, x: Operand) -> Any:
        """Return the padding, with what the last windows need besides under ``ceil_mode``."""
        shape = shape_of(x)
        if len(shape) != self.rank + 2:
            return self.padding  # of which the operation tells
        geometry = self.kernel_size, self.stride, self.dilation
        sides = per_side(self.padding, shape[2:], *geometry)
        if not self.ceil_mode:
            return sides
        each = zip(shape[2:], *geometry, sides, strict=True)
        return tuple((pair[0], _after(n, k, s, d, pair)) for n, k, s, d, pair in each)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        parts = ["×".join(map(str, self.kernel_size))]
        parts += [f"stride={brief(self.stride)}"] if self.stride != self.kernel_size else []
        parts += [f"padding={self.padding!r}"] if self.padding != 0 else []
        parts += [f"dilation={brief(self.dilation)}"] if builtins.max(self.dilation) > 1 else []
        return ", ".join(parts + self._choices())

    def _choices(self) -> list[str]:
        return ["ceil_mode=True"] if self.ceil_mode else []


def _after(n: int, size: int, stride: int, dilation: int, sides: tuple[int, int]) -> int:
    """Return the padding after n places with which the last window may stand out of them.

    No window starts in the padding after them.
    """
    before, after = sides
    span = (size - 1) * dilation + 1
    count = -(-(n + before + after - span) // stride) + 1
    if (count - 1) * stride >= n + before:
        count -= 1
    return builtins.max((count - 1) * stride + span - n - before, 0)


class _MaxPool(_Pool):
    """What poolings of the largest have in common."""

    @with_leads
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Padding = 0,
        *,
        dilation: Size = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> None:
        """Take the geometry of the windows.

        Args:
            kernel_size: the size of a window, an integer or (rows, columns).
            stride: how many places apart windows start, likewise; the size of a window if not
                given, so that windows do not overlap.
            padding: how many places are added around each image, likewise; for one axis also a
                pair (before, after). Or ``"same"``: ⌈n / stride⌉ results along n places.
            dilation: how many places apart the elements of a window stand, likewise.
            ceil_mode: whether a last window may stand out of the image, as long as it starts in it.
            return_indices: whether a call returns the pair of the result and, for each element,
                its place among all places of its image, counted row by row: what
                :class:`MaxUnpool2d` takes. Of tied ones it is the first.

        Raises:
            ArgumentError: a size below 1, or padding that could fill a window (when called).
            DTypeError: a size that is not an integer.
            ShapeError: when called, the input does not have the shape above, or is smaller than a
                window.
        """
        self._take(kernel_size, stride, padding, dilation, ceil_mode)
        self.return_indices = boolean(return_indices, f"{type(self).__name__}: return_indices")

    def forward(self, x: Operand) -> Tensor:
        """Return x with each window reduced to its largest element, and where that stood."""
        sides = self._sides(x)
        y = self._largest(x, sides)
        if self.return_indices:  # a pair is asked for by hand: all other calls are of type Tensor
            return y, self._peaks(asarray(x), sides)  # type: ignore[return-value]
        return y

    def _largest(self, x: Operand, sides: Any) -> Tensor:
        y: Tensor
        if builtins.max(self.dilation) == 1 or len(shape_of(x)) != self.rank + 2:
            told = sides if self.ceil_mode else self.padding
            y = max_pool(x, size=self.kernel_size, stride=self.stride, padding=told)
            return y
        y = max(self._elements(asarray(x), sides), axis=tuple(range(-self.rank, 0)))
        return y

    def _elements(self, x: Tensor, sides: Any) -> Tensor:
        """Return the windows of x, beside which everything is larger than the padding."""
        for axis, n in enumerate(x.shape[2:]):
            if not self._meets(n, axis, sides[axis]):
                raise ArgumentError(
                    f"{here(type(self).__name__)}: padding={self.padding!r} is too large for"
                    f" windows of size {self.kernel_size}, dilation {self.dilation}: one that lay"
                    " in the padding alone would hold nothing"
                )
        lowest = -math.inf if x.dtype.kind in "fc" else int(np.iinfo(x.dtype).min)
        wide = pad(x, pad_width=((0, 0), (0, 0), *sides), constant=lowest)
        y: Tensor = windows(wide, size=self.kernel_size, stride=self.stride, dilation=self.dilation)
        return y

    def _meets(self, n: int, axis: int, sides: tuple[int, int]) -> bool:
        """Return whether each window has an element among the n places of an axis."""
        size, stride, dilation = (
            each[axis] for each in (self.kernel_size, self.stride, self.dilation)
        )
        last = n + builtins.sum(sides) - (size - 1) * dilation
        starts = np.arange(0, builtins.max(last, 0), stride)[:, None] - sides[0]
        places = starts + np.arange(size) * dilation
        return bool(((places >= 0) & (places < n)).any(axis=1).all())

    def _peaks(self, x: Tensor, sides: Any) -> Tensor:
        """Return the place of each window's largest element."""
        lengths, rank = x.shape[2:], self.rank
        elements = self._elements(x, sides)
        count = math.prod(self.kernel_size)
        rows = reshape(elements, shape=(*elements.shape[:-rank], count))
        inside = argmax(rows, axis=-1)
        place = 0
        for axis, n in enumerate(lengths):
            later = math.prod(self.kernel_size[axis + 1 :])
            step = inside // later % self.kernel_size[axis] * self.dilation[axis]
            starts = np.arange(inside.shape[2 + axis]) * self.stride[axis] - sides[axis][0]
            starts = starts.reshape(-1, *(1,) * (rank - 1 - axis))
            # Of elements as low as the padding, the first that is none.
            before = np.maximum(-(starts // self.dilation[axis]), 0) * self.dilation[axis]
            at = maximum(step, placed(before, x.data)) + placed(starts, x.data)
            place = place * n + at
        return asarray(place)

    def _choices(self) -> list[str]:
        return super()._choices() + ["return_indices=True"] * self.return_indices


class _AvgPool(_Pool):
    """What poolings of the mean have in common."""

    @with_leads
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Padding = 0,
        *,
        ceil_mode: bool = False,
        count_include_pad: bool = False,
    ) -> None:
        """Take the geometry of the windows.

        Args:
            kernel_size: the size of a window, an integer or (rows, columns).
            stride: how many places apart windows start, likewise; the size of a window if not
                given, so that windows do not overlap.
            padding: how many places are added around each image, likewise; for one axis also a
                pair (before, after). Or ``"same"``: ⌈n / stride⌉ results along n places.
            ceil_mode: whether a last window may stand out of the image, as long as it starts in it.
            count_include_pad: whether the padding counts, as zeros; what a window under
                ``ceil_mode`` has beyond it never does.

        Raises:
            ArgumentError: a size below 1, or padding that could fill a window (when called).
            DTypeError: a size that is not an integer.
            ShapeError: when called, the input does not have the shape above, or is smaller than a
                window.
        """
        self._take(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = boolean(
            count_include_pad, f"{type(self).__name__}: count_include_pad"
        )

    def forward(self, x: Operand) -> Tensor:
        """Return x with each window reduced to its mean."""
        sides = self._sides(x)
        told = sides if self.ceil_mode else self.padding
        if self.count_include_pad and len(shape_of(x)) == self.rank + 2:
            x, told = self._with_zeros(x, sides)
        y: Tensor = avg_pool(x, size=self.kernel_size, stride=self.stride, padding=told)
        return y

    def _with_zeros(self, x: Operand, sides: Any) -> tuple[Tensor, Any]:
        """Return x with the padding that counts, and what does not."""
        geometry = self.kernel_size, self.stride, self.dilation
        asked = per_side(self.padding, shape_of(x)[2:], *geometry)
        each = zip(asked, sides, strict=True)
        counted = tuple((before, min(after, whole[1])) for (before, after), whole in each)
        rest = tuple((0, whole[1] - c[1]) for whole, c in zip(sides, counted, strict=True))
        return pad(x, pad_width=((0, 0), (0, 0), *counted)), rest

    def _choices(self) -> list[str]:
        return super()._choices() + ["count_include_pad=True"] * self.count_include_pad


class MaxPool2d(_MaxPool):
    """y[n, c, i, j] = max over u, v of x[n, c, s i + u − p, s j + v − p]: the largest of a window.

    X has shape (batch, channels, height, width); the result has shape (batch, channels, h, w) with
    h = ⌊(height + 2p − k) / s⌋ + 1 for windows of k rows, stride s and padding p, and w likewise
    (Deep Learning Specialization, course 4, week 1). Tied maxima share the gradient evenly, where
    PyTorch gives all of it to the first: after a ReLU, whole windows of zeros are common. Padding
    is never the largest.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.MaxPool2d(3, stride=2)
        MaxPool2d(3×3, stride=2)
        >>> x = tg.tensor([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 0.0]]]])
        >>> tg.nn.MaxPool2d(2)(x)
        tensor([[[[4., 7.]]]])
    """

    rank = 2


class MaxPool1d(_MaxPool):
    """y[n, c, i] = max over u of x[n, c, s i + u − p]: the largest of a window of a series.

    X has shape (batch, channels, length). For ties and padding see :class:`MaxPool2d`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.MaxPool1d(2)(tg.tensor([[[1.0, 3.0, 2.0, 0.0, 9.0]]]))
        tensor([[[3., 2.]]])
    """

    rank = 1


class AvgPool2d(_AvgPool):
    """y[n, c, i, j] = the mean over u, v of x[n, c, s i + u − p, s j + v − p]: that of a window.

    X has shape (batch, channels, height, width). Padding does not count: at the border the mean is
    one of fewer elements, so that a constant image stays constant. TensorFlow does so too; PyTorch
    counts zeros, as here with ``count_include_pad=True``.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 0.0]]]])
        >>> tg.nn.AvgPool2d(2)(x)
        tensor([[[[2.5, 4.5]]]])
        >>> tg.nn.AvgPool2d(2, padding=(0, 1))(x)
        tensor([[[[2. , 4.5, 3. ]]]])
    """

    rank = 2


class AvgPool1d(_AvgPool):
    """y[n, c, i] = the mean over u of x[n, c, s i + u − p]: that of a window of a series.

    X has shape (batch, channels, length). For padding see :class:`AvgPool2d`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.AvgPool1d(2)(tg.tensor([[[1.0, 3.0, 2.0, 0.0, 9.0]]]))
        tensor([[[2., 1.]]])
    """

    rank = 1


class MaxPool3d(_MaxPool):
    """The largest element of each window of a volume.

    X has shape (batch, channels, depth, height, width). For ties and padding see
    :class:`MaxPool2d`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.MaxPool3d((1, 2, 2))(tg.ones((2, 3, 4, 6, 6))).shape
        (2, 3, 4, 3, 3)
    """

    rank = 3


class AvgPool3d(_AvgPool):
    """The mean of each window of a volume.

    X has shape (batch, channels, depth, height, width). For padding see :class:`AvgPool2d`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.AvgPool3d(2)(tg.ones((2, 3, 4, 6, 6))).shape
        (2, 3, 2, 3, 3)
    """

    rank = 3
