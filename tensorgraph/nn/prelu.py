"""The activation with a slope that is learned."""

from __future__ import annotations

from numpy.typing import DTypeLike

from tensorgraph.arguments import number, whole
from tensorgraph.engine.creation import full
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import greater, where
from tensorgraph.ops.shape import reshape


class PReLU(Module):
    """y = x where x > 0, a x elsewhere: a leaky ReLU whose slope a is learned.

    There is one a for all features, or one for each feature, which stand along axis 1, as those of
    rows and the channels of images do (He et al. 2015, "Delving deep into rectifiers", equation 1).
    At 0 the slope is a. It is not regularised: weight decay would turn it into a ReLU.

    Args:
        features: how many slopes: 1 for all features, or as many as there are features.
        slope: where they start.
        dtype: float32 unless given.

    Raises:
        ArgumentError: ``features`` below 1, or a slope that is not finite.
        DTypeError: an argument of the wrong kind.
        ShapeError: when called, with several slopes: another number of features along axis 1.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.PReLU()
        >>> print(layer(tg.tensor([-2.0, 0.0, 3.0])), layer.weight)
        [-0.5  0.   3. ] [0.25]
    """

    regularised = False

    @with_leads
    def __init__(
        self, features: int = 1, slope: float = 0.25, *, dtype: DTypeLike | None = None
    ) -> None:
        self.features = whole(features, "PReLU: features", 1)
        start = number(slope, "PReLU: slope")
        self.weight = full(self.features, start, dtype, requires_grad=True)

    def forward(self, x: Operand) -> Tensor:
        """Return x where it is positive, and its share where it is not."""
        shape, slope = shape_of(x), self.weight
        if self.features > 1:
            if len(shape) < 2 or shape[1] != self.features:
                raise ShapeError(
                    f"{here('prelu')}: the input of shape {shape} must have {self.features}"
                    " features along axis 1; write PReLU() for one slope"
                )
            slope = reshape(slope, shape=(-1, *(1,) * (len(shape) - 2)))
        x = asarray(x)
        y: Tensor = where(greater(x, 0), x, slope * x)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return str(self.features)
