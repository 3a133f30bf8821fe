"""Unpooling: the largest elements of windows back in their places."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from tensorgraph.engine.arrays import host_values, placed
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, array_of, asarray
from tensorgraph.errors import AxisError, DTypeError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.convolution import Size, brief
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops._keys import ARRAY
from tensorgraph.ops.extrema import maximum
from tensorgraph.ops.index import first_outside, scatter
from tensorgraph.ops.shape import reshape
from tensorgraph.ops.window import axis_names, per_axis


class _MaxUnpool(Module):
    """What unpoolings over any number of spatial axes have in common."""

    rank: ClassVar[int]

    @with_leads
    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        """Take the geometry of the pooling that is undone.

        Args:
            kernel_size: the size of its windows, an integer or (rows, columns).
            stride: how many places apart they start, likewise; their size if not given.
            padding: how many places were added around each image, likewise.

        Raises:
            ArgumentError: a size below 1, or negative padding.
            DTypeError: a size that is not an integer; or, when called, indices that are none.
            ShapeError: when called: the input does not have the shape above, the indices have
                another than it has, or nothing is left of the result.
            AxisError: when called: an index that names no place of the result.
        """
        name, rank = type(self).__name__, self.rank
        self.kernel_size = per_axis(kernel_size, rank, f"{name}: kernel_size")
        stride = kernel_size if stride is None else stride
        self.stride = per_axis(stride, rank, f"{name}: stride")
        self.padding = per_axis(padding, rank, f"{name}: padding", 0)

    @with_leads
    def forward(
        self, x: Operand, indices: Operand, output_size: tuple[int, ...] | None = None
    ) -> Tensor:
        """Return zeros in which each element of x stands in its place.

        Args:
            x: what the pooling returned, or what was made of it.
            indices: the places that it returned with it, counted row by row in each image.
            output_size: the lengths of the result along its spatial axes, where the pooling left
                out a rest; (n − 1) · stride − 2 · padding + size for n places unless given.
        """
        shape, name = shape_of(x), here(type(self).__name__)
        if len(shape) != self.rank + 2 or shape_of(indices) != shape:
            raise ShapeError(
                f"{name}: the input of shape {shape} must have shape"
                f" {axis_names('channels', self.rank)}, and the indices, of shape"
                f" {shape_of(indices)}, the same"
            )
        lengths = self._lengths(shape) if output_size is None else tuple(output_size)
        if len(lengths) != self.rank or min(lengths) < 1:
            raise ShapeError(
                f"{name}: the result cannot have the spatial shape {lengths}; write"
                " output_size=x.shape[2:] of what was pooled"
            )
        count = math.prod(lengths)
        rows = (math.prod(shape[:2]), math.prod(shape[2:]))
        values = asarray(x)
        each = placed(np.arange(rows[0])[:, None], values.data)
        at = (each, self._checked(indices, count).reshape(rows))
        into: dict[str, Any] = {"key": (ARRAY, ARRAY), "shape": (rows[0], count)}
        named = scatter(placed(np.ones(rows, values.dtype), values.data), *at, **into)
        total = scatter(reshape(values, shape=rows), *at, **into)
        y: Tensor = reshape(total / maximum(named, 1), shape=(*shape[:2], *lengths))
        return y

    def _lengths(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        each = zip(shape[2:], self.kernel_size, self.stride, self.padding, strict=True)
        return tuple((n - 1) * s - 2 * p + k for n, k, s, p in each)

    def _checked(self, indices: Operand, count: int) -> Any:
        """Return the indices as an array.

        Raises:
            DTypeError: they are no integers.
            AxisError: one names no place.
        """
        places = array_of(indices)
        name = here(type(self).__name__)
        if places.dtype.kind not in "iu":
            raise DTypeError(
                f"{name}: indices are integers, not {places.dtype}; a pooling with"
                " return_indices=True returns them beside its result"
            )
        found = host_values(places)
        first = first_outside(found, count)
        if first is not None:
            raise AxisError(
                f"{name}: index {found[first]} at {first} is not one of the {count} places of the"
                " result; write output_size=x.shape[2:] of what was pooled"
            )
        return places

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        parts = ["×".join(map(str, self.kernel_size))]
        parts += [f"stride={brief(self.stride)}"] if self.stride != self.kernel_size else []
        parts += [f"padding={brief(self.padding)}"] if any(self.padding) else []
        return ", ".join(parts)


class MaxUnpool2d(_MaxUnpool):
    """Puts what :class:`MaxPool2d` returned back in its places; everywhere else there is 0.

    Called with the two that a pooling with ``return_indices=True`` returned, x and the places of
    its elements, both of shape (batch, channels, h, w); the result has the shape of what was pooled
    (Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 2.1).
    Where windows overlapped, several elements may name one place: it gets their mean.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 0.0]]]])
        >>> y, places = tg.nn.MaxPool2d(2, return_indices=True)(x)
        >>> print(places)
        [[[[5 6]]]]
        >>> print(tg.nn.MaxUnpool2d(2)(y, places))
        [[[[0. 0. 0. 0.]
           [0. 4. 7. 0.]]]]
    """

    rank = 2


class MaxUnpool1d(_MaxUnpool):
    """Puts what :class:`MaxPool1d` returned back in its places; everywhere else there is 0.

    See :class:`MaxUnpool2d`; here all have the shape (batch, channels, length).

    Example:
        >>> import tensorgraph as tg
        >>> pooled = tg.nn.MaxPool1d(2, return_indices=True)(tg.tensor([[[1.0, 3.0, 2.0, 0.0]]]))
        >>> print(tg.nn.MaxUnpool1d(2)(*pooled))
        [[[0. 3. 2. 0.]]]
    """

    rank = 1


class MaxUnpool3d(_MaxUnpool):
    """Puts what :class:`MaxPool3d` returned back in its places; everywhere else there is 0.

    See :class:`MaxUnpool2d`; here all have the shape (batch, channels, depth, height, width).

    Example:
        >>> import tensorgraph as tg
        >>> pooled = tg.nn.MaxPool3d(2, return_indices=True)(tg.ones((1, 1, 2, 4, 4)))
        >>> tg.nn.MaxUnpool3d(2)(*pooled).shape
        (1, 1, 2, 4, 4)
    """

    rank = 3
