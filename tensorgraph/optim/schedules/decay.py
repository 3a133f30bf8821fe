"""Schedules that are an equation of the step."""

from __future__ import annotations

import math
from functools import partial

from tensorgraph.arguments import number
from tensorgraph.optim.schedules.base import Schedule, not_negative, positive_count, schedule_class


@schedule_class
class constant(Schedule):
    """α = α₀ at every step.

    Args:
        alpha0: α₀.

    Raises:
        ArgumentError: a rate that is negative or not finite.

    Example:
        >>> constant(0.1)(1000)
        0.1
    """

    alpha0: float

    def __post_init__(self) -> None:
        self.check(alpha0=not_negative)

    def at(self, t: int) -> float:
        """Return α at step t."""
        return self.alpha0


@schedule_class
class inverse_time(Schedule):
    """α = α₀ / (1 + rate · t): half of α₀ at t = 1 / rate (course 2, week 2).

    The course counts epochs, for which there is :func:`per_epoch`; its table begins with epoch 1,
    where α is no longer α₀.

    Args:
        alpha0: α₀, the rate at t = 0.
        rate: the decay rate.

    Raises:
        ArgumentError: a number that is negative or not finite.

    Example:
        >>> decay = inverse_time(0.2, rate=1.0)
        >>> [round(decay(epoch), 3) for epoch in range(1, 5)]
        [0.1, 0.067, 0.05, 0.04]
    """

    alpha0: float
    rate: float

    def __post_init__(self) -> None:
        self.check(alpha0=not_negative, rate=not_negative)

    def at(self, t: int) -> float:
        """Return α at step t."""
        return self.alpha0 / (1 + self.rate * t)


@schedule_class
class exponential(Schedule):
    """α = α₀ · baseᵗ (course 2, week 2).

    Args:
        alpha0: α₀, the rate at t = 0.
        base: what α is multiplied by from one step, or epoch, to the next.

    Raises:
        ArgumentError: a number that is negative or not finite.

    Example:
        >>> print(f"{exponential(0.1, base=0.95)(10):.4f}")
        0.0599
    """

    alpha0: float
    base: float = 0.95

    def __post_init__(self) -> None:
        self.check(alpha0=not_negative, base=not_negative)

    def at(self, t: int) -> float:
        """Return α at step t."""
        return self.alpha0 * self.base**t


@schedule_class
class inverse_sqrt(Schedule):
    """α = k / √(t + 1) (course 2, week 2: k/√epoch · α₀ and k/√t · α₀).

    The root is that of the number of the step, or epoch, counted from 1: so the first step has
    α = k. What the course writes as k · α₀ is one number here.

    Args:
        k: the rate at t = 0.

    Raises:
        ArgumentError: a number that is negative or not finite.

    Example:
        >>> [inverse_sqrt(0.1)(step) for step in (0, 3, 99)]
        [0.1, 0.05, 0.01]
    """

    k: float

    def __post_init__(self) -> None:
        self.check(k=not_negative)

    def at(self, t: int) -> float:
        """Return α at step t."""
        return self.k / math.sqrt(t + 1)


@schedule_class
class staircase(Schedule):
    """α = α₀ · factor^⌊t / every⌋: constant, then suddenly smaller (course 2, week 2).

    Args:
        alpha0: α₀, the rate at t = 0.
        factor: what α is multiplied by at each stair.
        every: the length of a stair.

    Raises:
        ArgumentError: a number that is negative or not finite, or a length below 1.
        DTypeError: a length that is not an integer.

    Example:
        >>> halved = staircase(0.4, factor=0.5, every=100)
        >>> [halved(step) for step in (0, 99, 100, 200)]
        [0.4, 0.4, 0.2, 0.1]
    """

    alpha0: float
    factor: float
    every: int

    def __post_init__(self) -> None:
        self.check(alpha0=not_negative, factor=not_negative, every=positive_count)

    def at(self, t: int) -> float:
        """Return α at step t."""
        return self.alpha0 * self.factor ** (t // self.every)


@schedule_class
class cosine(Schedule):
    """α = final + (α₀ − final) · (1 + cos(π t / steps)) / 2, from t = steps on ``final``.

    Loshchilov & Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", equation 5,
    without restarts; with them it is :class:`cosine_restarts`.

    Args:
        alpha0: α₀, the rate at t = 0.
        steps: after how many steps ``final`` is reached.
        final: the rate from there on.

    Raises:
        ArgumentError: a rate that is negative or not finite, or a number of steps below 1.
        DTypeError: a number of steps that is not an integer.

    Example:
        >>> [cosine(0.1, steps=100)(step) for step in (0, 50, 100, 200)]
        [0.1, 0.05, 0.0, 0.0]
    """

    alpha0: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        self.check(alpha0=not_negative, steps=positive_count, final=not_negative)

    def at(self, t: int) -> float:
        """Return α at step t."""
        share = (1 + math.cos(math.pi * min(t / self.steps, 1))) / 2
        return self.final + (self.alpha0 - self.final) * share


@schedule_class
class polynomial(Schedule):
    """α = final + (α₀ − final) · (1 − t/steps)^power, from t = steps on ``final``.

    Args:
        alpha0: α₀, the rate at t = 0.
        steps: after how many steps ``final`` is reached.
        power: 1 for a straight line; the larger, the sooner it falls.
        final: the rate from there on.

    Raises:
        ArgumentError: a rate or power that is negative or not finite, or a number of steps below 1.
        DTypeError: a number of steps that is not an integer.

    Example:
        >>> [polynomial(0.1, steps=100)(step) for step in (0, 50, 100, 200)]
        [0.1, 0.05, 0.0, 0.0]
        >>> polynomial(0.1, steps=100, power=2)(50)
        0.025
    """

    alpha0: float
    steps: int
    power: float = 1.0
    final: float = 0.0

    def __post_init__(self) -> None:
        self.check(
            alpha0=not_negative, steps=positive_count, power=not_negative, final=not_negative
        )

    def at(self, t: int) -> float:
        """Return α at step t."""
        if t >= self.steps:
            return self.final
        share: float = (1 - t / self.steps) ** self.power
        return self.final + (self.alpha0 - self.final) * share


@schedule_class
class linear(Schedule):
    """α = α₀ + (final − α₀) · t/steps, from t = steps on ``final``: a straight line, up or down.

    Args:
        alpha0: α₀, the rate at t = 0.
        steps: after how many steps ``final`` is reached.
        final: the rate from there on.

    Raises:
        ArgumentError: a rate that is negative or not finite, or a number of steps below 1.
        DTypeError: a number of steps that is not an integer.

    Example:
        >>> [round(linear(0.1, steps=100, final=0.3)(step), 3) for step in (0, 50, 100, 200)]
        [0.1, 0.2, 0.3, 0.3]
    """

    alpha0: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        self.check(alpha0=not_negative, steps=positive_count, final=not_negative)

    def at(self, t: int) -> float:
        """Return α at step t."""
        share = min(t / self.steps, 1)
        return self.alpha0 * (1 - share) + self.final * share


@schedule_class
class one_cycle(Schedule):
    """A straight line from peak / divisor up to ``peak``, one back, and one down to 0.

    Up and down take half of ``cycle`` · steps each, the rest is for the end (Smith 2018, "A
    disciplined approach to neural network hyper-parameters", section 4.1). From t = steps on α is
    0. A large rate in the middle of training regularises: less weight decay and dropout are needed.
    (PyTorch's, by default, goes along cosines, up for 30 % of the steps, and ends at 4e-6 of the
    peak.)

    Args:
        peak: the largest rate.
        steps: the number of steps of the whole training.
        divisor: how many times smaller the rate at t = 0 is.
        cycle: which part of the steps the way up and back takes.

    Raises:
        ArgumentError: a rate that is negative or not finite, a number of steps or a divisor below
            1, or a part outside (0, 1].
        DTypeError: a number of steps that is not an integer.

    Example:
        >>> cycle = one_cycle(1.0, steps=100, cycle=0.8)
        >>> [round(cycle(step), 3) for step in (0, 40, 80, 90, 100)]
        [0.1, 1.0, 0.1, 0.05, 0.0]
    """

    peak: float
    steps: int
    divisor: float = 10.0
    cycle: float = 0.9

    def __post_init__(self) -> None:
        self.check(
            peak=not_negative,
            steps=positive_count,
            divisor=partial(number, least=1),
            cycle=partial(number, above=0, most=1),
        )

    def at(self, t: int) -> float:
        """Return α at step t."""
        low, back = self.peak / self.divisor, self.cycle * self.steps
        if t < back:
            return self.peak - (self.peak - low) * abs(2 * t / back - 1)
        return low * (self.steps - t) / (self.steps - back) if t < self.steps else 0.0
