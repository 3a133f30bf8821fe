"""Pooling layers: the largest element, or the mean, of each window or of a whole channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.convolution import Padding, Size, brief
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.pool import avg_pool, max_pool  # noqa: F401  # declare the ops named below
from tensorgraph.ops.reduce import max, mean
from tensorgraph.ops.window import axis_names, per_axis, per_side


class _Pool(Module):
    """What poolings over windows have in common."""

    op: ClassVar[Op]
    """The record of what the layer computes."""
    rank: ClassVar[int]
    """How many spatial axes there are."""

    @with_leads
    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Padding = 0) -> None:
        """Take the geometry of the windows.

        Args:
            kernel_size: the size of a window, an integer or (rows, columns).
            stride: how many places apart windows start, likewise; the size of a window if not
                given, so that windows do not overlap.
            padding: how many places are added around each image, likewise; for one axis also a
                pair (before, after). Or ``"same"``: ⌈n / stride⌉ results along n places.

        Raises:
            ArgumentError: a size below 1, or padding that could fill a window (when called).
            DTypeError: a size that is not an integer.
            ShapeError: when called, the input does not have the shape above, or is smaller than a
                window.
        """
        name, rank = type(self).__name__, self.rank
        self.kernel_size = per_axis(kernel_size, rank, f"{name}: kernel_size")
        stride = kernel_size if stride is None else stride
        self.stride = per_axis(stride, rank, f"{name}: stride")
        self.padding = padding
        sizes = (self.kernel_size, self.stride, (1,) * rank)
        per_side(padding, self.kernel_size, *sizes, f"{name}: padding")

    def forward(self, x: Operand) -> Tensor:
        """Return x with each window reduced to one number."""
        y: Tensor = self.op.call(x, size=self.kernel_size, stride=self.stride, padding=self.padding)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        parts = ["×".join(map(str, self.kernel_size))]
        parts += [f"stride={brief(self.stride)}"] if self.stride != self.kernel_size else []
        parts += [f"padding={self.padding!r}"] if self.padding != 0 else []
        return ", ".join(parts)


class MaxPool2d(_Pool):
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

    op, rank = REGISTRY["max_pool"], 2


class MaxPool1d(_Pool):
    """y[n, c, i] = max over u of x[n, c, s i + u − p]: the largest of a window of a series.

    X has shape (batch, channels, length). For ties and padding see :class:`MaxPool2d`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.MaxPool1d(2)(tg.tensor([[[1.0, 3.0, 2.0, 0.0, 9.0]]]))
        tensor([[[3., 2.]]])
    """

    op, rank = REGISTRY["max_pool"], 1


class AvgPool2d(_Pool):
    """y[n, c, i, j] = the mean over u, v of x[n, c, s i + u − p, s j + v − p]: that of a window.

    X has shape (batch, channels, height, width). Padding does not count: at the border the mean is
    one of fewer elements, so that a constant image stays constant. TensorFlow does so too; PyTorch
    counts zeros unless it is told ``count_include_pad=False``.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 0.0]]]])
        >>> tg.nn.AvgPool2d(2)(x)
        tensor([[[[2.5, 4.5]]]])
        >>> tg.nn.AvgPool2d(2, padding=(0, 1))(x)
        tensor([[[[2. , 4.5, 3. ]]]])
    """

    op, rank = REGISTRY["avg_pool"], 2


class AvgPool1d(_Pool):
    """y[n, c, i] = the mean over u of x[n, c, s i + u − p]: that of a window of a series.

    X has shape (batch, channels, length). For padding see :class:`AvgPool2d`.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.AvgPool1d(2)(tg.tensor([[[1.0, 3.0, 2.0, 0.0, 9.0]]]))
        tensor([[[2., 1.]]])
    """

    op, rank = REGISTRY["avg_pool"], 1


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
