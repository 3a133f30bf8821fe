"""Transposed convolutions: the way back from what convolutions made of signals and images."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.convolution import Convolution, Padding, Size, brief
from tensorgraph.nn.init import Initializer, he_normal
from tensorgraph.nn.loading.layouts import Foreign, as_it_is, turned
from tensorgraph.nn.message_place import here
from tensorgraph.ops.convolution import conv_transpose
from tensorgraph.ops.window import per_axis, per_side
from tensorgraph.random import Generator


def _of_the_convolution(layer: Any, array: NDArray[Any]) -> NDArray[Any] | None:
    n = array.ndim
    return array.transpose(n - 1, n - 2, *range(n - 2)) if n > 2 else None


def _of_spread_inputs(layer: Any, array: NDArray[Any]) -> NDArray[Any] | None:
    n = array.ndim
    if n < 3:
        return None
    return np.flip(array.transpose(n - 2, n - 1, *range(n - 2)), tuple(range(2, n)))


TORCH = as_it_is("weight", "torch")
# Keras keeps the kernel of the convolution that this is the adjoint of; Flax that by which its
# input is convolved after zeros have been put between.
KERNELS = (
    *turned("weight", _of_the_convolution, "(*places, out, in) → (in, out, *places)", "keras"),
    *turned("weight", _of_spread_inputs, "(*places, in, out) → (in, out, *flipped)", "flax"),
)


class _ConvTranspose(Convolution):
    """What transposed convolutions over any number of spatial axes have in common."""

    foreign_arrays: ClassVar[Foreign] = {"kernel": KERNELS, "weight": TORCH + KERNELS}

    @with_leads
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Padding = 0,
        output_padding: Size = 0,
        *,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        init: Initializer = he_normal,
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        """Draw the weight; the bias starts at 0.

        Args:
            in_channels: how many channels come in.
            out_channels: how many go out.
            kernel_size: the size of a kernel, an integer or (rows, columns).
            stride: how many places apart the kernels of neighbours stand, likewise.
            padding: how many places are cut off around the result, likewise, or pairs (before,
                after): those that a convolution of it pads. Or ``"same"``: n · stride results of n
                places.
            output_padding: how many places the result is longer at its end, less than the stride:
                a convolution gives one length for several, and this says for which.
            dilation: how many places apart the elements of a kernel stand, likewise.
            groups: in how many parts the channels are cut; each part of the outputs sees its part
                of the inputs only.
            bias: whether b is added, one number for each output channel; it starts at 0.
            init: where the weight starts, see :mod:`tensorgraph.nn.init`: it draws the kernels that
                an output meets, of shape (out_channels, in_channels / groups, *kernel_size).
            dtype: float32 unless given.
            generator: what the weight is drawn from; the default one unless given.

        Raises:
            ArgumentError: a size below 1, negative padding, ``output_padding`` not below the
                stride, or ``groups`` that do not divide the channels.
            DTypeError: a size that is not an integer.
            ShapeError: ``init`` returned another shape; or, when called, the input does not have
                the shape above, or nothing is left of the result.
        """
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, init,
            dtype, generator,
        )  # fmt: skip
        self.output_padding = self._checked(output_padding)
        self.weight = _turned(self.weight, self.groups)

    def _checked(self, output_padding: Size) -> tuple[int, ...]:
        name = f"{type(self).__name__}: output_padding"
        extra = per_axis(output_padding, self.rank, name, least=0)
        if any(more >= s for more, s in zip(extra, self.stride, strict=True)):
            raise ArgumentError(
                f"{name}={output_padding} must be less than stride={brief(self.stride)}: a"
                " convolution of a result that much longer would give more than the input"
            )
        if any(extra) and self.padding == "same":
            raise ArgumentError(
                f"{name}={output_padding} has no place beside padding='same', by which a result is"
                " stride times as long as the input; write padding as numbers"
            )
        return extra

    def forward(self, x: Operand) -> Tensor:
        """Return the transposed convolution of x with the weight, plus the bias of each channel."""
        y: Tensor = conv_transpose(
            x,
            self.weight,
            shape=self._lengths(shape_of(x)),
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
        )
        return self._with_bias(y)

    def _lengths(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the lengths of the result along its spatial axes.

        Raises:
            ShapeError: the padding leaves nothing of it.
        """
        if self.padding == "same":
            return tuple(n * s for n, s in zip(shape[2:], self.stride, strict=False))
        geometry = self.kernel_size, self.stride, self.dilation
        sides = per_side(self.padding, self.kernel_size, *geometry)
        rows = zip(shape[2:], *geometry, sides, self.output_padding, strict=False)
        lengths = tuple(
            (n - 1) * s + (k - 1) * d + 1 - sum(cut) + more for n, k, s, d, cut, more in rows
        )
        if lengths and min(lengths) < 1:
            raise ShapeError(
                f"{here('conv_transpose')}: padding={self.padding!r} leaves nothing of the result"
                f" for an input of shape {shape}"
            )
        return lengths

    def _settings(self) -> list[str]:
        longer = [f"output_padding={brief(self.output_padding)}"]
        return super()._settings() + longer * any(self.output_padding)


def _turned(weight: Tensor, groups: int) -> Tensor:
    """Return kernels (out, in / groups, *size) as a parameter (in, out / groups, *size)."""
    out, inner, *size = weight.shape
    by_group = weight.data.reshape(groups, out // groups, inner, *size).swapaxes(1, 2)
    turned = by_group.reshape(groups * inner, out // groups, *size)
    return tensor(turned, weight.dtype, requires_grad=True)


class ConvTranspose2d(_ConvTranspose):
    """Y = X ∗ᵀ W + b: every input adds its multiple of a kernel; a stride enlarges an image.

        y[n, o, s i + d u − p, s j + d v − p] = b[o] + Σ w[c, o, u, v] · x[n, c, i, j]

    with the stride s, the padding p and the dilation d; the sum is over all c, i, j, u and v that
    meet in that place (Dumoulin & Visin 2016, "A guide to convolution arithmetic", section 4). It
    is the adjoint of :class:`Conv2d`, whose gradient by its input it computes, not its inverse; by
    it decoders and generators make large images of small ones.

    X has shape (batch, in_channels, height, width); the result has shape
    (batch, out_channels, h, w) with h = (height − 1) s − 2p + d (k − 1) + 1 for a kernel of k rows,
    and w likewise. The weight has shape (in_channels, out_channels / groups, *kernel_size).

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.ConvTranspose2d(16, 3, kernel_size=4, stride=2, padding=1)
        >>> layer
        ConvTranspose2d(16 → 3, 4×4, stride=2, padding=1, init=he_normal)
        >>> layer(tg.ones((8, 16, 16, 16))).shape
        (8, 3, 32, 32)
    """

    rank = 2


class ConvTranspose1d(_ConvTranspose):
    """Y = X ∗ᵀ W + b along one axis: every input adds its multiple of a kernel.

        y[n, o, s i + d u − p] = b[o] + Σ w[c, o, u] · x[n, c, i]

    with the stride s, the padding p and the dilation d; the sum is over all c, i and u that meet in
    that place. X has shape (batch, in_channels, length) and the result (batch, out_channels, l),
    l = (length − 1) s − 2p + d (k − 1) + 1. It is the adjoint of :class:`Conv1d`.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.ConvTranspose1d(4, 1, kernel_size=3, stride=2, padding="same")
        >>> layer
        ConvTranspose1d(4 → 1, 3, stride=2, padding='same', init=he_normal)
        >>> layer(tg.ones((8, 4, 50))).shape
        (8, 1, 100)
    """

    rank = 1


class ConvTranspose3d(_ConvTranspose):
    """Y = X ∗ᵀ W + b along three axes: every input adds its multiple of a kernel.

    X has shape (batch, in_channels, depth, height, width); each of these three lengths n becomes
    (n − 1) s − 2p + d (k − 1) + 1 for a kernel of k places, the stride s, the padding p and the
    dilation d. It is the adjoint of :class:`Conv3d`; see :class:`ConvTranspose2d`.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.ConvTranspose3d(4, 1, kernel_size=2, stride=2)
        >>> layer
        ConvTranspose3d(4 → 1, 2×2×2, stride=2, init=he_normal)
        >>> layer(tg.ones((2, 4, 3, 4, 4))).shape
        (2, 1, 6, 8, 8)
    """

    rank = 3
