"""The learning-rate range test: one short run in which the rate grows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.display.figure import new_figure
from tensorgraph.display.line_chart import line_chart
from tensorgraph.display.tables import html_lines
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.train.model_inputs import ModelInputs
from tensorgraph.train.temporary_training import endless, stepper, unchanged
from tensorgraph.train.training_arguments import Loss, check_loss, check_model, trained_parameters

__all__ = ["LrRange", "lr_range_test"]

BETA = 0.9
"""How much of the smoothed loss is that of the steps before."""
TOO_HIGH = 4.0
"""At how many times the lowest loss the rate is plainly too high."""


@dataclass(frozen=True, repr=False, eq=False)
class LrRange:
    """What :func:`lr_range_test` saw.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.train import LrRange
        >>> lrs, losses = np.array([0.01, 0.1, 1.0]), np.array([1.0, 0.5, 0.4])
        >>> LrRange(lrs, losses, losses, suggestion=0.1)
        lr range test: 3 steps from lr=0.01 to 1; the cost falls most steeply at 0.1 ...
    """

    lrs: NDArray[Any]
    """The learning rate of each step."""
    losses: NDArray[Any]
    """The cost of each step's mini-batch."""
    smoothed: NDArray[Any]
    """The same as an exponentially weighted average, with bias correction."""
    suggestion: float
    """The rate around which the smoothed loss falls most steeply; NaN if it never falls."""

    def plot(self) -> Any:
        """Return a figure of the loss against the rate.

        Raises:
            ImportError: matplotlib is not installed.
        """
        figure = new_figure(6, 4)
        axes = figure.subplots()
        axes.plot(self.lrs, self.losses, alpha=0.3, label="mini-batch")
        axes.plot(self.lrs, self.smoothed, label="smoothed")
        if not math.isnan(self.suggestion):
            axes.axvline(self.suggestion, ls="--", color="k", label=f"{self.suggestion:.2g}")
        axes.set(xscale="log", xlabel="learning rate", ylabel="cost", title="learning-rate range")
        axes.grid(alpha=0.3)
        axes.legend()
        return figure

    def _repr_html_(self) -> str:
        lines = {"mini-batch": self.losses, "smoothed": self.smoothed}
        return line_chart("cost", lines, np.log10(self.lrs), "log₁₀ of the rate") + html_lines(
            [self]
        )

    def __repr__(self) -> str:
        seen = f"{len(self.lrs)} steps from lr={self.lrs[0]:.2g} to {self.lrs[-1]:.2g}"
        if math.isnan(self.suggestion):
            return f"lr range test: {seen}; the cost never falls, so there is nothing to suggest"
        lowest = int(np.argmin(self.smoothed))
        return (
            f"lr range test: {seen}; the cost falls most steeply at {self.suggestion:.2g} (try"
            f" that), and is lowest at {self.lrs[lowest]:.2g} (too high for a whole run)"
        )


@with_leads
def lr_range_test(
    model: Module,
    loss: Loss,
    optimizer: Optimizer,
    train: Any,
    *,
    lowest: float = 1e-7,
    highest: float = 10.0,
    steps: int = 100,
    batch_size: int = 64,
    seed: int = 0,
) -> LrRange:
    """Train for some steps with a learning rate that grows, to see which rates are good.

    The test of Smith 2017, "Cyclical learning rates for training neural networks", section 3.3;
    there the rate grows linearly, here by the same factor from step to step, as the right scale
    for a learning rate is logarithmic (Deep Learning Specialization, course 2, week 3, "Using an
    appropriate scale"). It ends early where the loss has grown to four times its lowest value.
    Rates below the suggestion work too, but slowly; those near the lowest point of the curve and
    above are too high for a whole run.

    Afterwards the model, the optimizer, the batches and all random numbers are as they were.

    Args:
        model: the model.
        loss: as for :func:`fit`.
        optimizer: whose learning rate is looked for; its other settings count.
        train: as for :func:`fit`.
        lowest: the rate to begin with.
        highest: the rate to end with.
        steps: how many steps to take.
        batch_size: examples in a mini-batch, for arrays.
        seed: of the order of mini-batches, for arrays.

    Raises:
        ArgumentError: rates that do not grow from above 0, fewer than 10 steps, no examples.

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.seed(0)
        >>> model = tg.nn.Linear(3, 1)
        >>> x = tg.random.normal((256, 3)).numpy()
        >>> data = x, x.sum(axis=1, keepdims=True)
        >>> optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
        >>> found = tg.train.lr_range_test(model, tg.nn.losses.mse, optimizer, data)
        >>> bool(0.003 < found.suggestion < 1)
        True
    """
    _check(model, loss, optimizer, lowest, highest, steps)
    rates = lowest * (highest / lowest) ** (np.arange(steps) / (steps - 1))
    lrs, losses, smoothed = [], [], []
    average = 0.0
    with unchanged(model, loss, optimizer), endless(train, batch_size, seed) as batches:
        step = stepper(ModelInputs(model, "lr_range_test"), loss, optimizer)
        for group in optimizer.groups:
            group.own.pop("lr", None)
        for rate, batch in zip(rates.tolist(), batches, strict=False):
            optimizer.lr = rate
            value = step(batch)
            if not math.isfinite(value):
                break
            average = BETA * average + (1 - BETA) * value
            lrs.append(rate)
            losses.append(value)
            smoothed.append(average / (1 - BETA ** len(lrs)))
            if smoothed[-1] > TOO_HIGH * min(smoothed) > 0:
                break
    if not lrs:
        raise errors.ArgumentError(
            f"lr_range_test: the cost is not finite at the lowest rate, {lowest}, already; fit(…)"
            " says where that comes from, as tg.debug() does"
        )
    curve = np.array(smoothed)
    return LrRange(np.array(lrs), np.array(losses), curve, _steepest(np.array(lrs), curve))


def _check(
    model: Module, loss: Loss, optimizer: Optimizer, lowest: float, highest: float, steps: int
) -> None:
    check_model(model, "lr_range_test")
    check_loss(loss, "lr_range_test")
    trained_parameters(model, optimizer, "lr_range_test")
    if not 0 < lowest < highest < math.inf:
        raise errors.ArgumentError(
            f"lr_range_test: rates grow from above 0, not from {lowest!r} to {highest!r}"
        )
    if whole(steps, "lr_range_test: steps") < 10:
        raise errors.ArgumentError(f"lr_range_test: {steps} steps show nothing; take 100")
    if "lr" not in optimizer.defaults:
        raise errors.ArgumentError(
            f"lr_range_test: {type(optimizer).__name__} has no learning rate to look for"
        )


def _steepest(lrs: NDArray[Any], curve: NDArray[Any]) -> float:
    """Return around which rate a curve over log(rate) falls most, from 5 steps before to 5 after.

    From step to step what changes is mostly noise, as it is while the average is that of few
    mini-batches.
    """
    lag, few = min(5, len(lrs) // 8), min(round(1 / (1 - BETA)), len(lrs) // 4)
    if lag == 0:
        return math.nan
    falls = curve[few : -2 * lag] - curve[few + 2 * lag :]
    best = int(np.argmax(falls))
    by_more_than_rounding = falls[best] > 1e-6 * abs(curve[0])
    return float(lrs[few + lag + best]) if by_more_than_rounding else math.nan
