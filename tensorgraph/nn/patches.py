"""Patches: the windows of images as columns of a matrix, and columns added up to images."""

from __future__ import annotations

import math
from typing import Any

from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.convolution import Padding, Size, brief
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.padding import pad
from tensorgraph.ops.shape import permute_dims, reshape
from tensorgraph.ops.window import (
    cropped,
    overlap_add,
    per_axis,
    per_side,
    wide,
    window_counts,
    windows,
)

Shape = tuple[int, ...]


@with_leads
def unfold(
    x: Any, kernel_size: Size, *, stride: Size = 1, padding: Padding = 0, dilation: Size = 1
) -> Any:
    """Return all windows of images as columns: what a convolution multiplies its weight by.

    X has shape (batch, channels, *spatial), with any number of spatial axes; the result has shape
    (batch, channels · Π kernel_size, windows), a column for each window, which holds its channels
    one after the other (*im2col*: Chellapilla, Puri & Simard 2006, "High performance convolutional
    neural networks for document processing", section 2.1).

    Args:
        x: images of shape (batch, channels, *spatial).
        kernel_size: the size of a window, an integer or one for each spatial axis.
        stride: how many places apart windows start, likewise.
        padding: how many zeros stand around each image, written as for :class:`Conv2d`.
        dilation: how many places apart the elements of a window stand.

    Raises:
        ShapeError: x has no spatial axes, or is smaller than a window.
        ArgumentError: a size below 1, or other sizes than there are spatial axes.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.unfold(tg.tensor([[[1.0, 2.0, 3.0, 4.0]]]), 2))
        [[[1. 2. 3.]
          [2. 3. 4.]]]
        >>> tg.nn.unfold(tg.ones((8, 3, 5, 6)), (2, 3), stride=2, padding=1).shape
        (8, 18, 9)
    """
    name, x = here("unfold"), x if hasattr(x, "shape") else asarray(x)
    shape = shape_of(x)
    if len(shape) < 3:
        raise ShapeError(
            f"{name}: the input of shape {shape} must have shape (batch, channels, *spatial)"
        )
    rank = len(shape) - 2
    size, stride, dilation = _geometry(name, rank, kernel_size, stride, dilation)
    sides = per_side(padding, shape[2:], size, stride, dilation, f"{name}: padding")
    window_counts(shape[2:], size, stride, dilation, sides)
    if any(map(any, sides)):
        x = pad(x, pad_width=((0, 0), (0, 0), *sides))
    parts = windows(x, size=size, stride=stride, dilation=dilation)
    # (batch, channels, *counts, *size) → (batch, channels, *size, *counts)
    counts, sizes = range(2, 2 + rank), range(2 + rank, 2 + 2 * rank)
    columns = permute_dims(parts, axes=(0, 1, *sizes, *counts))
    count = math.prod(shape_of(parts)[2 : 2 + rank])
    return reshape(columns, shape=(shape[0], shape[1] * math.prod(size), count))


@with_leads
def fold(
    x: Any,
    output_size: Size,
    kernel_size: Size,
    *,
    stride: Size = 1,
    padding: Padding = 0,
    dilation: Size = 1,
) -> Any:
    """Return images to which columns add up where their windows overlap: the adjoint of `unfold`.

    It is not its inverse: where k windows overlap there is the sum of k numbers.

    Args:
        x: columns of shape (batch, channels · Π kernel_size, windows).
        output_size: the lengths of the images, one for each spatial axis.
        kernel_size: the size of a window, an integer or one for each spatial axis.
        stride: how many places apart windows start, likewise.
        padding: how many zeros stood around each image; what lies there is cut off.
        dilation: how many places apart the elements of a window stand.

    Raises:
        ShapeError: x is no such array: such images have other windows.
        ArgumentError: a size below 1, or other sizes than there are spatial axes.

    Example:
        >>> import tensorgraph as tg
        >>> columns = tg.nn.unfold(tg.tensor([[[1.0, 2.0, 3.0, 4.0]]]), 2)
        >>> print(tg.nn.fold(columns, (4,), 2))
        [[[1. 4. 6. 4.]]]
    """
    name, x = here("fold"), x if hasattr(x, "shape") else asarray(x)
    rank = len(output_size) if isinstance(output_size, (tuple, list)) else 2
    lengths = per_axis(output_size, rank, f"{name}: output_size")
    size, stride, dilation = _geometry(name, rank, kernel_size, stride, dilation)
    sides = per_side(padding, lengths, size, stride, dilation, f"{name}: padding")
    counts = window_counts(lengths, size, stride, dilation, sides)
    shape, inside = shape_of(x), math.prod(size)
    if len(shape) != 3 or shape[1] % inside or shape[2] != math.prod(counts):
        raise ShapeError(
            f"{name}: columns of shape {shape} must have shape (batch, channels · {inside},"
            f" {math.prod(counts)}): images of {lengths} have {math.prod(counts)} windows of"
            f" {inside} elements"
        )
    parts = reshape(x, shape=(shape[0], shape[1] // inside, *size, *counts))
    at = (0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
    whole = overlap_add(
        permute_dims(parts, axes=at), shape=wide(lengths, sides), stride=stride, dilation=dilation
    )
    return cropped(whole, sides)


def _geometry(name: str, rank: int, *sizes: Size) -> tuple[Shape, Shape, Shape]:
    names = ("kernel_size", "stride", "dilation")
    size, stride, dilation = (
        per_axis(value, rank, f"{name}: {what}") for value, what in zip(sizes, names, strict=True)
    )
    return size, stride, dilation


class _Patches(Module):
    """What both layers have in common."""

    def _take(self, kernel_size: Size, stride: Size, padding: Padding, dilation: Size) -> None:
        name = type(self).__name__
        sizes = (kernel_size, stride, dilation)
        rank = max(len(n) if isinstance(n, (tuple, list)) else 1 for n in sizes)
        size, steps, apart = _geometry(name, rank, *sizes)
        if not isinstance(padding, (tuple, list)):
            per_side(padding, size, size, steps, apart, f"{name}: padding")
        self.kernel_size, self.stride, self.dilation = sizes
        self.padding = padding

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        named = (("stride", self.stride, 1), ("padding", self.padding, 0))
        parts = [_brief(self.kernel_size)]
        parts += [f"{name}={value!r}" for name, value, usual in named if value != usual]
        return ", ".join(parts + [f"dilation={self.dilation!r}"] * (self.dilation != 1))


def _brief(size: Size) -> str:
    return brief(tuple(size)) if isinstance(size, (tuple, list)) else str(size)


class Unfold(_Patches):
    """All windows of images as columns: :func:`unfold` as a layer.

    Args:
        kernel_size: the size of a window, an integer or one for each spatial axis.
        stride: how many places apart windows start, likewise.
        padding: how many zeros stand around each image, written as for :class:`Conv2d`.
        dilation: how many places apart the elements of a window stand.

    Raises:
        ArgumentError: a size below 1, or negative padding.
        ShapeError: when called: the input has no spatial axes, or is smaller than a window.

    Example:
        >>> import tensorgraph as tg
        >>> patches = tg.nn.Unfold(4, stride=4)  # as a vision transformer cuts images
        >>> patches
        Unfold(4, stride=4)
        >>> patches(tg.ones((8, 3, 16, 16))).shape
        (8, 48, 16)
    """

    @with_leads
    def __init__(
        self, kernel_size: Size, *, stride: Size = 1, padding: Padding = 0, dilation: Size = 1
    ) -> None:
        self._take(kernel_size, stride, padding, dilation)

    def forward(self, x: Operand) -> Tensor:
        """Return the windows of x."""
        y: Tensor = unfold(
            asarray(x),
            self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )
        return y


class Fold(_Patches):
    """Columns added up to images where their windows overlap: :func:`fold` as a layer.

    Args:
        output_size: the lengths of the images, one for each spatial axis.
        kernel_size: the size of a window, an integer or one for each spatial axis.
        stride: how many places apart windows start, likewise.
        padding: how many zeros stood around each image; what lies there is cut off.
        dilation: how many places apart the elements of a window stand.

    Raises:
        ArgumentError: a size below 1, or negative padding.
        ShapeError: when called: such images have other windows than the input has columns.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.Fold((16, 16), 4, stride=4)(tg.ones((8, 48, 16))).shape
        (8, 3, 16, 16)
    """

    @with_leads
    def __init__(
        self,
        output_size: Size,
        kernel_size: Size,
        *,
        stride: Size = 1,
        padding: Padding = 0,
        dilation: Size = 1,
    ) -> None:
        rank = len(output_size) if isinstance(output_size, (tuple, list)) else 2
        self.output_size = per_axis(output_size, rank, "Fold: output_size")
        self._take(kernel_size, stride, padding, dilation)

    def forward(self, x: Operand) -> Tensor:
        """Return the images that x adds up to."""
        y: Tensor = fold(
            asarray(x),
            self.output_size,
            self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
        )
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{self.output_size}, {super().extra_repr()}"
