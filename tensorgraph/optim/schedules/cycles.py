"""Schedules that rise again and again."""

from __future__ import annotations

import math
from functools import partial

from tensorgraph.arguments import number
from tensorgraph.optim.schedules.base import Schedule, not_negative, positive_count, schedule_class


@schedule_class
class cosine_restarts(Schedule):
    """Half a wave from α₀ down to ``final``, then from α₀ again, each ``factor`` times as long.

        α = final + (α₀ − final) · (1 + cos(π t′/steps′)) / 2        t′ of steps′ in this wave

    (Loshchilov & Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", equation 5.)
    ``final`` is what a wave tends to: at the step that would have it, the next one begins.

    Args:
        alpha0: α₀, the rate at the start of each wave.
        steps: the length of the first wave.
        factor: how many times as long each wave is as the one before.
        final: the rate that a wave tends to.

    Raises:
        ArgumentError: a rate that is negative or not finite, or a length or factor below 1.
        DTypeError: a length or factor that is not an integer.

    Example:
        >>> rate = cosine_restarts(0.1, steps=10, factor=2)
        >>> [round(rate(step), 3) for step in (0, 5, 9, 10, 20, 29, 30)]
        [0.1, 0.05, 0.002, 0.1, 0.05, 0.001, 0.1]
    """

    alpha0: float
    steps: int
    factor: int = 1
    final: float = 0.0

    def __post_init__(self) -> None:
        self.check(
            alpha0=not_negative, steps=positive_count, factor=positive_count, final=not_negative
        )

    def at(self, t: int) -> float:
        """Return α at step t."""
        length = self.steps
        if self.factor == 1:
            t %= length
        while t >= length:
            t, length = t - length, length * self.factor
        return self.final + (self.alpha0 - self.final) * (1 + math.cos(math.pi * t / length)) / 2


@schedule_class
class cyclic(Schedule):
    """A straight line from ``low`` up to ``peak`` and back, again and again.

    (Smith 2017, "Cyclical learning rates for training neural networks": the triangular policy; with
    ``shrink=0.5`` triangular2.)

    Args:
        low: the rate at t = 0 and after each cycle.
        peak: the rate in the middle of the first cycle.
        steps: how many steps the way up takes, and the way back.
        shrink: what ``peak − low`` is multiplied by from one cycle to the next.

    Raises:
        ArgumentError: a rate that is negative or not finite, a number of steps below 1, or a shrink
            outside [0, 1].
        DTypeError: a number of steps that is not an integer.

    Example:
        >>> rate = cyclic(0.1, 0.5, steps=10, shrink=0.5)
        >>> [round(rate(step), 3) for step in (0, 5, 10, 15, 20, 30, 40)]
        [0.1, 0.3, 0.5, 0.3, 0.1, 0.3, 0.1]
    """

    low: float
    peak: float
    steps: int
    shrink: float = 1.0

    def __post_init__(self) -> None:
        self.check(
            low=not_negative,
            peak=not_negative,
            steps=positive_count,
            shrink=partial(number, least=0, most=1),
        )

    def at(self, t: int) -> float:
        """Return α at step t."""
        cycle, t = divmod(t, 2 * self.steps)
        share = (1 - abs(t / self.steps - 1)) * self.shrink**cycle
        return self.low + (self.peak - self.low) * share
