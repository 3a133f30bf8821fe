"""Examples that count more than others, or less: their weights, and losses that know them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from numpy.typing import NDArray

from tensorgraph.engine.tensor import asarray
from tensorgraph.errors import ArgumentError, ShapeError

TARGET, WEIGHT = "y", "weight"
"""Under which keys a batch holds what the model is compared with, and the weights of examples."""


def relative(weights: NDArray[Any], kind: str) -> NDArray[Any]:
    """Return the weights of those examples that count, with mean 1.

    Raises:
        ArgumentError: there are none.
    """
    if not len(weights):
        raise ArgumentError(f"{kind}: all sample weights are 0, so there is nothing to learn")
    scaled: NDArray[Any] = weights / weights.mean()
    return scaled


class WeightedLoss:
    """The mean over a batch of weight times loss.

    The weights of all examples have mean 1, so each batch estimates the weighted mean of all,

        J = Σᵢ wᵢ L⁽ⁱ⁾ / Σᵢ wᵢ.

    Args:
        loss: a function of outputs and targets that takes ``reduction="none"``.
        kind: the estimator's name, for messages.

    Raises:
        ArgumentError: the loss does not take a reduction.
    """

    def __init__(self, loss: Callable[..., Any], kind: str) -> None:
        parameters = signature(loss).parameters
        kinds = {p.kind for p in parameters.values()}
        if "reduction" not in parameters and Parameter.VAR_KEYWORD not in kinds:
            raise ArgumentError(
                f"{kind}: examples have weights, for which the loss of each is needed; write"
                ' def loss(output, target, reduction="mean") that returns one loss for each example'
                ' where reduction is "none"'
            )
        self.loss = loss

    def __call__(self, output: Any, target: Mapping[str, Any]) -> Any:
        """Return the cost of a batch."""
        losses = self.loss(output, target[TARGET], reduction="none")
        weights = asarray(target[WEIGHT])
        if losses.shape[:1] != weights.shape:
            raise ShapeError(
                f"the loss has shape {losses.shape} with reduction='none', not one loss for each of"
                f" the {len(weights)} examples, which have weights"
            )
        return (weights.reshape(-1, *[1] * (losses.ndim - 1)) * losses).mean()


def of_targets(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return metrics that are given the targets without the weights."""

    def unweighted(metric: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda output, target: metric(output, target[TARGET])

    return {name: unweighted(metric) for name, metric in metrics.items()}
