"""Convolutional layers, of signals, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import DTypeLike, NDArray

from tensorgraph.arguments import boolean, one_of, whole
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import ArgumentError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.init import Initializer, he_normal, zeros
from tensorgraph.nn.linear import parameter
from tensorgraph.nn.loading.layouts import Foreign, as_it_is, output_last, turned
from tensorgraph.nn.module import Module
from tensorgraph.nn.padding import MODES, extended
from tensorgraph.ops.convolution import conv
from tensorgraph.ops.window import per_axis, per_side
from tensorgraph.random import Generator

Size = int | Sequence[int]
"""One number for all spatial axes, or one for each."""
Padding = str | int | Sequence[int | tuple[int, int]]


def _by_channel(layer: Convolution, array: NDArray[Any]) -> NDArray[Any] | None:
    """Return a weight (channels · m, 1, *places) that is kept as (*places, channels, m)."""
    if array.ndim < 3 or layer.groups == 1 or array.shape[-2] != layer.groups:
        return None
    last = array.ndim - 2
    return array.transpose(last, last + 1, *range(last)).reshape(-1, 1, *array.shape[:last])


DEPTHWISE = turned("weight", _by_channel, "(*places, channels, m) → (channels · m, 1, *places)")


class Convolution(Module):
    """What convolutions over any number of spatial axes have in common."""

    rank: ClassVar[int]
    """How many spatial axes there are."""

    foreign_arrays: ClassVar[Foreign] = {
        "kernel": output_last("weight") + DEPTHWISE,
        "depthwise_kernel": DEPTHWISE,
        "weight": as_it_is("weight", "torch") + output_last("weight"),
    }

    @with_leads
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Padding = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        init: Initializer = he_normal,
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
        *,
        padding_mode: str = "zeros",
    ) -> None:
        """Draw the weight; the bias starts at 0.

        Args:
            in_channels: how many channels come in.
            out_channels: how many go out: one for each kernel.
            kernel_size: the size of a window, an integer or (rows, columns).
            stride: how many places apart windows start, likewise.
            padding: how many zeros stand around each image, likewise; for one axis also a pair
                (before, after). Or ``"same"``: ⌈n / stride⌉ results along n places, where an odd
                zero comes after (TensorFlow's rule; PyTorch takes it for stride 1 only).
            dilation: how many places apart the elements of a window stand, likewise.
            groups: in how many parts the channels are cut; each part of the outputs sees its part
                of the inputs only. With ``groups=in_channels`` it is a depthwise convolution.
            bias: whether b is added, one number for each output channel; it starts at 0.
            init: where the weight starts, see :mod:`tensorgraph.nn.init`; the default suits ReLU.
            dtype: float32 unless given.
            generator: what the weight is drawn from; the default one unless given.
            padding_mode: what the padding holds: ``"zeros"``; or the image itself, mirrored
                (``"reflect"``), its border repeated (``"replicate"``) or continued from its other
                end (``"circular"``), as :class:`ReflectionPad` and its like have it.

        Raises:
            ArgumentError: a size below 1, negative padding, ``groups`` that do not divide the
                channels, or an unknown ``padding_mode``.
            DTypeError: a size that is not an integer.
            ShapeError: ``init`` returned another shape; or, when called, the input does not have
                the shape above, is smaller than a window, or than the padding it is to lend.
        """
        name, rank = type(self).__name__, self.rank
        self.in_channels = whole(in_channels, f"{name}: in_channels", 1)
        self.out_channels = whole(out_channels, f"{name}: out_channels", 1)
        self.groups = whole(groups, f"{name}: groups", 1)
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ArgumentError(
                f"{name}: groups = {self.groups} must divide the {self.in_channels} channels that"
                f" come in and the {self.out_channels} that go out"
            )
        self.kernel_size = per_axis(kernel_size, rank, f"{name}: kernel_size")
        self.stride = per_axis(stride, rank, f"{name}: stride")
        self.dilation = per_axis(dilation, rank, f"{name}: dilation")
        self.padding = padding
        sizes = (self.kernel_size, self.stride, self.dilation)
        per_side(padding, self.kernel_size, *sizes, f"{name}: padding")
        self.padding_mode = one_of(padding_mode, f"{name}: padding_mode", ("zeros", *MODES))
        self.init = getattr(init, "__name__", repr(init))
        """Name of the initialiser, for ``repr``."""
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        self.weight = parameter(init, shape, dtype, generator)
        biased = boolean(bias, f"{type(self).__name__}: bias")
        self.bias = parameter(zeros, shape[:1], dtype, generator) if biased else None

    def forward(self, x: Operand) -> Tensor:
        """Return the convolution of x with the weight, plus the bias of each channel."""
        padding, shape = self.padding, shape_of(x)
        if self.padding_mode != "zeros" and len(shape) == self.rank + 2:
            sides = per_side(padding, shape[2:], self.kernel_size, self.stride, self.dilation)
            x, padding = extended(x, sides, self.padding_mode), 0
        y: Tensor = conv(
            x,
            self.weight,
            stride=self.stride,
            padding=padding,
            dilation=self.dilation,
            groups=self.groups,
        )
        return self._with_bias(y)

    def _with_bias(self, y: Tensor) -> Tensor:
        return y if self.bias is None else y + self.bias.reshape((-1,) + (1,) * self.rank)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return ", ".join([*self._settings(), f"init={self.init}"])

    def _settings(self) -> list[str]:
        parts = [f"{self.in_channels} → {self.out_channels}", "×".join(map(str, self.kernel_size))]
        parts += [f"stride={brief(self.stride)}"] if max(self.stride) > 1 else []
        parts += [f"padding={self.padding!r}"] if self.padding != 0 else []
        parts += [f"padding_mode={self.padding_mode!r}"] if self.padding_mode != "zeros" else []
        parts += [f"dilation={brief(self.dilation)}"] if max(self.dilation) > 1 else []
        parts += [f"groups={self.groups}"] if self.groups > 1 else []
        return parts + (["bias=False"] if self.bias is None else [])


def brief(sizes: tuple[int, ...]) -> str:
    """Return sizes as one number where they are all the same."""
    return str(sizes[0] if len(set(sizes)) == 1 else sizes)


class Conv2d(Convolution):
    """Y = X ∗ W + b: every output is a weighted sum of a small window of all input channels.

        y[n, o, i, j] = b[o] + Σ_c Σ_u Σ_v w[o, c, u, v] · x[n, c, s i + d u − p, s j + d v − p]

    with the stride s, the padding p and the dilation d (Dumoulin & Visin 2016, "A guide to
    convolution arithmetic"; Deep Learning Specialization, course 4, week 1). The kernel is not
    flipped: mathematics calls this a cross-correlation.

    X has shape (batch, in_channels, height, width), the channels *before* the spatial axes; the
    result has shape (batch, out_channels, h, w) with h = ⌊(height + 2p − d (k − 1) − 1) / s⌋ + 1
    for a kernel of k rows, and w likewise. The weight has shape
    (out_channels, in_channels / groups, *kernel_size).

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.Conv2d(3, 16, kernel_size=5, stride=2, padding="same")
        >>> layer
        Conv2d(3 → 16, 5×5, stride=2, padding='same', init=he_normal)
        >>> layer(tg.ones((8, 3, 32, 32))).shape
        (8, 16, 16, 16)
    """

    rank = 2


class Conv1d(Convolution):
    """Y = X ∗ W + b along one axis, for signals, series and texts.

        y[n, o, i] = b[o] + Σ_c Σ_u w[o, c, u] · x[n, c, s i + d u − p]

    with the stride s, the padding p and the dilation d. X has shape (batch, in_channels, length)
    and the result (batch, out_channels, l), l = ⌊(length + 2p − d (k − 1) − 1) / s⌋ + 1. Padding
    ``((d * (k - 1), 0),)`` makes it causal: no result sees what comes later.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.Conv1d(1, 4, kernel_size=3, padding=((2, 0),))
        >>> layer
        Conv1d(1 → 4, 3, padding=((2, 0),), init=he_normal)
        >>> layer(tg.ones((8, 1, 100))).shape
        (8, 4, 100)
    """

    rank = 1


class Conv3d(Convolution):
    """Y = X ∗ W + b along three axes, for volumes and films.

        y[n, o, i, j, k] = b[o]
            + Σ w[o, c, u, v, t] · x[n, c, s i + d u − p, s j + d v − p, s k + d t − p]

    summed over c, u, v and t, with the stride s, the padding p and the dilation d. X has shape
    (batch, in_channels, depth, height, width); each of these three lengths n becomes
    ⌊(n + 2p − d (k − 1) − 1) / s⌋ + 1 (Ji et al. 2013, "3D convolutional neural networks for human
    action recognition", equation 2).

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.Conv3d(1, 4, kernel_size=(3, 2, 2), padding=(1, 0, 0))
        >>> layer
        Conv3d(1 → 4, 3×2×2, padding=(1, 0, 0), init=he_normal)
        >>> layer(tg.ones((2, 1, 5, 8, 8))).shape
        (2, 4, 5, 7, 7)
    """

    rank = 3
