"""The flatten layer: from images to feature vectors."""

from __future__ import annotations

import math

from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.shape import reshape


class Flatten(Module):
    """Every example's elements in a row: (batch, n₁, n₂, …) becomes (batch, n₁ · n₂ · …).

    It stands between convolutional layers and fully connected ones.

    Raises:
        ShapeError: when called, the input has no batch axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.Flatten()(tg.zeros((64, 32, 7, 7))).shape
        (64, 1568)
    """

    @with_leads
    def __init__(self) -> None:
        """Take nothing: all axes but the first become one."""

    def forward(self, x: Operand) -> Tensor:
        """Return x with all axes but the first made one."""
        shape = shape_of(x)
        if not shape:
            raise ShapeError(f"{here('flatten')}: the input has no axis, so it is no batch")
        rows: Tensor = reshape(x, shape=(shape[0], math.prod(shape[1:])))
        return rows
