"""The cause of a cost or gradient that is not finite, searched for once there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.nn.module import Module
from tensorgraph.observe.debug import debug
from tensorgraph.optim.flat_parameters import LARGE, largest_of
from tensorgraph.train.example_sets import Examples

REMEDY = (
    "if it is not the data: a smaller learning rate, clip=1.0, or losses that take logits keep"
    " numbers in range"
)


def cause(model: Module, cost: Callable[[], Any] | None, rate: float, *sets: Examples) -> str:
    """Return a sentence about where the first NaN or infinity came from.

    Args:
        model: the model.
        cost: computes the cost again.
        rate: the learning rate of the last step.
        *sets: where the data may be to blame.
    """
    for examples in sets:
        if found := examples.not_finite(targets=False):
            return found
    for path, parameter in model.named_parameters():
        bad = int(np.sum(~np.isfinite(parameter.data)))
        if bad:
            return (
                f"the parameter {path!r} is not finite in {bad:,} of {parameter.size:,} elements"
                " already"
            )
    if cost is not None:
        try:
            with debug():
                cost().backward()
        except errors.AnomalyError as error:
            return f"{_too_fast(model, rate)}{error}"
        finally:
            model.zero_grad()
    # Last, as a loss may know that labels are missing.
    return next(filter(None, (examples.not_finite(targets=True) for examples in sets)), REMEDY)


def _too_fast(model: Module, rate: float) -> str:
    """Return what the learning rate did, if weights have grown beyond what they are as a rule."""
    largest = largest_of(model.parameters())
    if largest <= LARGE:
        return ""
    return (
        f"the learning rate, {rate:g}, is too large: parameters have grown to {largest:.2g}; write"
        f" a smaller one, such as lr={rate / 10:g}. What became too large first:\n  "
    )
