"""The bilinear layer: products of two inputs' features."""

from __future__ import annotations

from numpy.typing import DTypeLike

from tensorgraph.arguments import boolean, whole
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.init import Initializer, glorot_uniform, zeros
from tensorgraph.nn.linear import parameter
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.einstein import einsum
from tensorgraph.random import Generator


class Bilinear(Module):
    """zₒ = xᵀ Wₒ y + bₒ: every output is a weighted sum of all products of two inputs' features.

    X has shape (…, in1_features) and y (…, in2_features), with the same leading axes; the result
    has shape (…, out_features) and the weight (out_features, in1_features, in2_features) (Tenenbaum
    & Freeman 2000, "Separating style and content with bilinear models", equation 1).

    Args:
        in1_features: how many features the first input has.
        in2_features: how many the second has.
        out_features: how many outputs there are.
        bias: whether b is added; it starts at 0.
        init: where the weight starts, see :mod:`tensorgraph.nn.init`.
        dtype: float32 unless given.
        generator: what the weight is drawn from; the default one unless given.

    Raises:
        ArgumentError: a number of features below 1.
        DTypeError: a number of features that is not an integer.
        ShapeError: ``init`` returned another shape; or, when called, inputs of other shapes.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.Bilinear(3, 4, 2)
        >>> layer
        Bilinear(3 × 4 → 2, init=glorot_uniform)
        >>> layer(tg.ones((5, 3)), tg.ones((5, 4))).shape
        (5, 2)
    """

    @with_leads
    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        init: Initializer = glorot_uniform,
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.in1_features = whole(in1_features, "Bilinear: in1_features", 1)
        self.in2_features = whole(in2_features, "Bilinear: in2_features", 1)
        self.out_features = whole(out_features, "Bilinear: out_features", 1)
        self.init = getattr(init, "__name__", repr(init))
        """Name of the initialiser, for ``repr``."""
        shape = (self.out_features, self.in1_features, self.in2_features)
        self.weight = parameter(init, shape, dtype, generator)
        biased = boolean(bias, "Bilinear: bias")
        self.bias = parameter(zeros, shape[:1], dtype, generator) if biased else None

    def forward(self, x: Operand, y: Operand) -> Tensor:
        """Return xᵀ W y + b of each example."""
        first, second = shape_of(x), shape_of(y)
        fits = first[-1:] == (self.in1_features,) and second[-1:] == (self.in2_features,)
        if not fits or first[:-1] != second[:-1]:
            raise ShapeError(
                f"{here('bilinear')}: the inputs of shapes {first} and {second} must have shapes"
                f" (…, {self.in1_features}) and (…, {self.in2_features}), with the same leading"
                " axes"
            )
        z: Tensor = einsum("...i,oij,...j->...o", x, self.weight, y)
        return z if self.bias is None else z + self.bias

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        bias = "" if self.bias is not None else ", bias=False"
        sizes = f"{self.in1_features} × {self.in2_features} → {self.out_features}"
        return f"{sizes}{bias}, init={self.init}"
