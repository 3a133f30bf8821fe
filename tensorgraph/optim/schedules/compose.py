"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.optim.schedules.base import (
    Rate,
    Schedule,
    each,
    function,
    positive_count,
    schedule_class,
)


@schedule_class
class warmup(Schedule):
    """A straight line up to where a schedule starts, then that schedule from its start on.

    α = schedule(0) · (t + 1) / (steps + 1) for t < steps, then schedule(t − steps): the first step
    is not wasted on α = 0, and each is larger than the one before by the same amount (after Goyal
    et al. 2017, "Accurate, large minibatch SGD", section 2.2).

    Args:
        schedule: what follows.
        steps: the number of steps before.

    Raises:
        ArgumentError: a negative number of steps.
        DTypeError: a schedule that is not a function, or a number of steps that is not an integer.

    Example:
        >>> from tensorgraph.optim.schedules import cosine
        >>> rate = warmup(cosine(0.1, steps=900), steps=4)
        >>> [round(rate(step), 3) for step in (0, 1, 2, 3, 4, 904)]
        [0.02, 0.04, 0.06, 0.08, 0.1, 0.0]
        >>> rate
        warmup(cosine(0.1, steps=900, final=0.0), steps=4)
    """

    schedule: Rate
    steps: int

    def __post_init__(self) -> None:
        self.check(schedule=function, steps=whole)

    def at(self, t: int) -> float:
        """Return α at step t."""
        if t < self.steps:
            return self.schedule(0) * (t + 1) / (self.steps + 1)
        return self.schedule(t - self.steps)


@schedule_class
class join(Schedule):
    """One schedule after the other: each begins, with its own step 0, at a boundary.

    Args:
        schedules: one more than boundaries.
        boundaries: at which step each schedule but the first begins.

    Raises:
        ArgumentError: another number of boundaries, or boundaries that do not increase from 1 on.
        DTypeError: a schedule that is not a function, or a boundary that is not an integer.

    Example:
        >>> from tensorgraph.optim.schedules import constant, exponential
        >>> rate = join([constant(0.1), exponential(0.1, base=0.5)], boundaries=[10])
        >>> [rate(step) for step in (0, 9, 10, 11)]
        [0.1, 0.1, 0.1, 0.05]
    """

    schedules: Sequence[Rate]
    boundaries: Sequence[int]

    def __post_init__(self) -> None:
        self.check(schedules=each(function), boundaries=each(positive_count))
        if len(self.schedules) != len(self.boundaries) + 1:
            raise errors.ArgumentError(
                f"join: {len(self.schedules)} schedules have {len(self.schedules) - 1} boundaries"
                f" between them, not {len(self.boundaries)}"
            )
        if any(b <= a for a, b in pairwise(self.boundaries)):
            raise errors.ArgumentError(f"join: boundaries must increase, not {self.boundaries}")

    def at(self, t: int) -> float:
        """Return α at step t."""
        i = bisect_right(self.boundaries, t)
        return self.schedules[i](t - (0, *self.boundaries)[i])


@schedule_class
class per_epoch(Schedule):
    """A schedule of the epoch, as one of the step: it is asked for ⌊step / steps_per_epoch⌋.

    Epochs count from 0, as steps do: α changes after each epoch and is constant in it.

    Args:
        schedule: a function of the epoch.
        steps_per_epoch: the number of mini-batches.

    Raises:
        ArgumentError: a number of steps below 1.
        DTypeError: a schedule that is not a function, or a number of steps that is not an integer.

    Example:
        >>> from tensorgraph.optim.schedules import inverse_time
        >>> decay = per_epoch(inverse_time(0.2, rate=1.0), steps_per_epoch=100)
        >>> [decay(step) for step in (0, 99, 100, 399)]
        [0.2, 0.2, 0.1, 0.05]
    """

    schedule: Rate
    steps_per_epoch: int

    def __post_init__(self) -> None:
        self.check(schedule=function, steps_per_epoch=positive_count)

    def at(self, t: int) -> float:
        """Return α at step t."""
        return self.schedule(t // self.steps_per_epoch)
