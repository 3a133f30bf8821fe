"""The layer that changes nothing."""

from __future__ import annotations

from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module


class Identity(Module):
    """Returns its input as it is, of any shape: for the place of a layer that is left out.

    Where a model may have a layer or not, it has this one in its place, and ``forward`` needs no
    ``if``. It records no operation, so a graph does not show it.

    Raises:
        DTypeError: when called: the input is no array.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> normalise = False
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3) if normalise else nn.Identity())
        >>> model.layers[1](tg.tensor([1.0, 2.0]))
        tensor([1., 2.])
    """

    @with_leads
    def __init__(self) -> None: ...

    def forward(self, x: Operand) -> Tensor:
        """Return x."""
        return asarray(x)
