"""Padding layers: places put around signals and images, of zeros or of what these hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops._axes import part
from tensorgraph.ops.joining import concat
from tensorgraph.ops.padding import pad
from tensorgraph.ops.shape import broadcast_to, flip
from tensorgraph.ops.window import Padding as Sides, per_side

Ends = Callable[[Any, int, int, int], list[Any]]
"""What stands before and after an axis: of x, the axis, and how many places there are on each."""

# ------------------------------------------------------------------------------- along one axis


def _mirrored(x: Any, axis: int, before: int, after: int) -> list[Any]:
    n = shape_of(x)[axis]
    ends = part(x, axis, 1, before + 1), part(x, axis, n - 1 - after, n - 1)
    return [flip(end, axis=axis) for end in ends]


def _repeated(x: Any, axis: int, before: int, after: int) -> list[Any]:
    shape, n = shape_of(x), shape_of(x)[axis]
    lengths = ((*shape[:axis], count, *shape[axis + 1 :]) for count in (before, after))
    ends = part(x, axis, 0, 1), part(x, axis, n - 1, n)
    return [broadcast_to(end, shape=to) for end, to in zip(ends, lengths, strict=True)]


def _from_the_other_end(x: Any, axis: int, before: int, after: int) -> list[Any]:
    n = shape_of(x)[axis]
    return [part(x, axis, n - before, n), part(x, axis, 0, after)]


MODES: dict[str, tuple[Ends, int]] = {
    "reflect": (_mirrored, 1),
    "replicate": (_repeated, 1),
    "circular": (_from_the_other_end, 0),
}
"""What the places around an image hold, and how many of its own a mirror leaves out."""


def extended(x: Any, sides: Sides, mode: str) -> Any:
    """Return x with its last axes extended by what it holds itself.

    Args:
        x: of any shape.
        sides: how many places before and after each of the last axes.
        mode: ``"reflect"``, ``"replicate"`` or ``"circular"``.

    Raises:
        ShapeError: an axis holds fewer places than it would have to lend.
    """
    ends, left_out = MODES[mode]
    lead = len(shape_of(x)) - len(sides)
    for axis, (before, after) in enumerate(sides, lead):
        n = shape_of(x)[axis]
        most = n - left_out if mode != "replicate" else (before + after) * min(n, 1)
        if max(before, after) > most:
            raise ShapeError(
                f"{here(mode)}: {max(before, after)} places cannot be put beside an axis of {n},"
                f" which has {max(most, 0)} to lend; pad less, or by ReplicationPad"
            )
        if before or after:
            first, last = ends(x, axis, before, after)
            parts = [first] * (before > 0) + [x] + [last] * (after > 0)
            x = concat(parts, axis=axis)
    return x


# ---------------------------------------------------------------------------------------- layers


class _Pad(Module):
    """What padding layers have in common."""

    mode: ClassVar[str]

    @with_leads
    def __init__(self, padding: int | Sequence[int | tuple[int, int]]) -> None:
        """Take how many places are put where.

        Args:
            padding: how many places are put around: an integer for both ends of all spatial axes;
                or an entry for each of them, an integer or a pair (before, after).

        Raises:
            ArgumentError: padding of another form, or below 0.
            ShapeError: when called: the input has no spatial axes, others than the padding has, or
                holds fewer places than are wanted of it.
        """
        if isinstance(padding, str):
            raise ArgumentError(
                f"{type(self).__name__}: padding is an integer from 0, or an entry for each spatial"
                f" axis, not {padding!r}"
            )
        self.padding = padding
        rank = len(padding) if isinstance(padding, (tuple, list)) else 1
        self._sides(rank)

    def _sides(self, rank: int) -> Sides:
        ones = (1,) * rank
        return per_side(self.padding, ones, ones, ones, ones, f"{type(self).__name__}: padding")

    def forward(self, x: Operand) -> Tensor:
        """Return x with places around it."""
        shape = shape_of(x)
        name, rank = type(self).__name__, len(shape) - 2
        wanted = len(self.padding) if isinstance(self.padding, (tuple, list)) else max(rank, 1)
        if rank != wanted:
            raise ShapeError(
                f"{here(name)}: the input of shape {shape} must have shape (batch, channels,"
                f" *spatial) with {wanted} spatial {'axes' if wanted > 1 else 'axis'}"
            )
        return self._padded(asarray(x), self._sides(rank))

    def _padded(self, x: Tensor, sides: Sides) -> Tensor:
        y: Tensor = extended(x, sides, self.mode)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return repr(self.padding)


class ZeroPad(_Pad):
    """Zeros put around signals, images or volumes.

    X has shape (batch, channels, *spatial) with any number of spatial axes; each becomes longer by
    what is put before and after it. (Convolutions pad by themselves: ``padding=1``.)

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.ZeroPad(1)(tg.tensor([[[1.0, 2.0, 3.0]]])))
        [[[0. 1. 2. 3. 0.]]]
        >>> tg.nn.ZeroPad((1, (0, 2)))(tg.ones((1, 1, 2, 2))).shape
        (1, 1, 4, 4)
    """

    mode = "zeros"

    def _padded(self, x: Tensor, sides: Sides) -> Tensor:
        y: Tensor = pad(x, pad_width=((0, 0), (0, 0), *sides))
        return y


class ReflectionPad(_Pad):
    """The image mirrored at its border, which is not repeated: …, x₂, x₁ | x₀, x₁, x₂, ….

    X has shape (batch, channels, *spatial) with any number of spatial axes. Each must be longer
    than what is put beside it. A convolution does so itself with ``padding_mode="reflect"``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.ReflectionPad(2)(tg.tensor([[[1.0, 2.0, 3.0]]])))
        [[[3. 2. 1. 2. 3. 2. 1.]]]
    """

    mode = "reflect"


class ReplicationPad(_Pad):
    """The border of the image repeated: …, x₀, x₀ | x₀, x₁, x₂, ….

    X has shape (batch, channels, *spatial) with any number of spatial axes.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.ReplicationPad(((2, 1),))(tg.tensor([[[1.0, 2.0, 3.0]]])))
        [[[1. 1. 1. 2. 3. 3.]]]
    """

    mode = "replicate"


class CircularPad(_Pad):
    """The image continued from its other end: …, xₙ₋₂, xₙ₋₁ | x₀, x₁, x₂, ….

    X has shape (batch, channels, *spatial) with any number of spatial axes, none shorter than what
    is put beside it. It suits what goes round, such as angles or longitudes.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.CircularPad(1)(tg.tensor([[[1.0, 2.0, 3.0]]])))
        [[[3. 1. 2. 3. 1.]]]
    """

    mode = "circular"
