"""The cost that a loss returns, of which a gradient is to be taken."""

from __future__ import annotations

from typing import Any

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor


def cost_value(cost: Any) -> float:
    """Return a cost, which is checked, as a number."""
    return float(checked_cost(cost)._data.item())


def checked_cost(cost: Any) -> Tensor:
    """Return a cost, which is a single number that can be minimised.

    Raises:
        DTypeError: it is not a tensor.
        GraphError: no gradient flows from it.
        ShapeError: it is not a single number.
    """
    if type(cost) is not Tensor:
        raise errors.DTypeError(
            f"the loss returned {errors.describe(cost)}, not a tensor; compute it of the"
            " model's output with operators and tg's functions, without .item() or .numpy()"
        )
    if cost._data.size != 1:
        raise errors.ShapeError(
            f"the loss has shape {cost.shape}, it must be a single number; write"
            " reduction='mean', or .mean()"
        )
    if not cost._requires_grad:
        raise errors.GraphError(
            "the loss does not depend on any parameter of the model, so there is nothing to"
            " minimise; look for .detach(), .numpy(), tg.no_grad() or argmax on its way, and for"
            " parameters made without requires_grad=True"
        )
    return cost
