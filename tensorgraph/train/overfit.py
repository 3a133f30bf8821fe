"""Overfitting a single batch: a sanity check of model, loss and data before any long run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.dropout import Dropout
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.train.model_inputs import ModelInputs, size_of
from tensorgraph.train.temporary_training import stepper, unchanged
from tensorgraph.train.training_arguments import Loss, check_loss, check_model, trained_parameters

__all__ = ["Overfit", "overfit_one_batch"]

LEARNT = 0.05
"""To which part of its first value the cost has to fall."""
STUCK = 0.99
"""What does not fall below this part of what it was before does not fall."""


@dataclass(frozen=True, repr=False, eq=False)
class Overfit:
    """What :func:`overfit_one_batch` saw.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.train import Overfit
        >>> Overfit(np.array([1.0, 0.9]), False, "failed: the cost fell from 1 to 0.9").passed
        False
    """

    losses: NDArray[Any]
    """The cost before each step."""
    passed: bool
    """Whether the batch was learnt by heart."""
    verdict: str
    """What was seen, and where to look if it was not."""

    def __repr__(self) -> str:
        return self.verdict


@with_leads
def overfit_one_batch(
    model: Module,
    loss: Loss,
    optimizer: Optimizer,
    batch: Any,
    steps: int = 200,
) -> Overfit:
    """Train on one small batch again and again; a sound model learns it by heart.

    If it does not, something is broken (the loss, the labels, a layer without gradient, the
    learning rate) or the model is far too small; both are better known before a long run. A batch
    of 2 to 32 examples will do. It passes if the cost falls to a twentieth of its first value; give
    a loss whose lowest value is 0, without penalties.

    Afterwards the model, the optimizer and all random numbers are as they were.

    Args:
        model: the model, which is put into training mode for the check.
        loss: as for :func:`fit`.
        optimizer: with the settings to be used later.
        batch: a tuple ``(x, y)`` or a dict, as for :func:`fit`.
        steps: how many steps to take.

    Raises:
        ArgumentError: no examples, no steps, or a model that has parameters which the optimizer
            lacks.

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.seed(0)
        >>> model = tg.nn.Sequential(tg.nn.Linear(4, 16), tg.nn.Tanh(), tg.nn.Linear(16, 3))
        >>> batch = tg.random.normal((8, 4)), [0, 1, 2, 0, 1, 2, 0, 1]
        >>> optimizer = tg.optim.Adam(model.named_parameters(), lr=0.05)
        >>> tg.train.overfit_one_batch(model, tg.nn.losses.cross_entropy, optimizer, batch)
        passed: the cost of the batch fell from 1... to 0.00... in 200 steps
    """
    check_model(model, "overfit_one_batch")
    check_loss(loss, "overfit_one_batch")
    trained_parameters(model, optimizer, "overfit_one_batch")
    whole(steps, "overfit_one_batch: steps", 2)
    if size_of(batch) == 0:
        raise errors.ArgumentError(
            "overfit_one_batch: the batch holds no examples; write batch=(x[:16], y[:16])"
        )
    with unchanged(model, loss, optimizer):
        step = stepper(ModelInputs(model, "overfit_one_batch"), loss, optimizer)
        first = [(path, param, param.data) for path, param in model.named_parameters()]
        losses = []
        for _ in range(steps):
            losses.append(step(batch))
            if not math.isfinite(losses[-1]):
                break
        still = [path for path, param, data in first if np.array_equal(param.data, data)]
        dropout = [path for path, layer in model.named_modules() if _drops(layer)]
    return _judged(np.array(losses), still, dropout)


def _drops(layer: Module) -> bool:
    return isinstance(layer, Dropout) and layer.keep_prob < 1


def _judged(losses: NDArray[Any], still: list[str], dropout: list[str]) -> Overfit:
    steps, start, end = len(losses), losses[0], losses[-1]
    if not math.isfinite(end):
        hints = ["a smaller learning rate, or a look at the data: tg.debug() shows where it begins"]
        what = f"the cost is {end} after {steps - 1} steps"
        return Overfit(losses, False, _sentence("failed", what, hints))
    what = f"the cost of the batch {_moved(start, end)} in {steps} steps"
    if end <= LEARNT * start:
        return Overfit(losses, True, _sentence("passed", what, []))
    hints = []
    if still:
        hints.append(f"no gradient moves {', '.join(still)}: is something on its way detached?")
    if end > start:
        hints.append("the learning rate may be far too high, or the sign of the loss wrong")
    elif end > STUCK * start:
        hints.append("it hardly moves: the learning rate may be far too low, or all units are dead")
    elif end < STUCK * losses[steps // 2]:
        hints.append("it is still falling: more steps, or a higher learning rate")
    else:
        hints.append("do inputs and labels belong together? is the loss the right one for them?")
    if dropout:
        hints.append(f"{', '.join(dropout)} disturbs: set its keep_prob to 1 for this check")
    return Overfit(losses, False, _sentence("failed", what, hints))


def _moved(start: float, end: float) -> str:
    verb = "fell" if end < start else "rose" if end > start else "stayed"
    return f"{verb} from {start:.3g} to {end:.3g}"


def _sentence(outcome: str, what: str, hints: list[str]) -> str:
    return "\n  ".join([f"{outcome}: {what}", *hints])
