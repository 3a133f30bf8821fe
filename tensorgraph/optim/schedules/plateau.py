"""The learning rate that falls when a metric no longer improves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tensorgraph import errors
from tensorgraph.arguments import number, one_of, whole
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads
from tensorgraph.optim.schedules.base import not_negative

Seen = tuple[int, float]
"""From which step on a metric is known, and the metric."""


class Plateau:
    """α that is multiplied by ``factor`` when a metric has not improved for long.

    ``rate.see(loss)`` tells it the metric, after each epoch as a rule; in ``tg.train.fit`` by
    ``callbacks=[lambda run: rate.see(run.history["dev_loss"][-1])]``. More than ``patience``
    metrics in a row that are no better than the best, by ``threshold`` of its size, let α fall.
    What it saw are its ``events``, and all there is to know: an optimizer of which it is the
    learning rate saves them with its state.

    Args:
        alpha0: α₀ to start with.
        factor: what α is multiplied by.
        patience: how many metrics may be no better.
        mode: whether the metric is to become small, "min", or large, "max".
        threshold: by which share of the best a better one differs at least.
        cooldown: how many metrics are not counted after a fall.
        least: α does not become smaller than this.

    Raises:
        ArgumentError: a number that makes no sense.

    Example:
        >>> rate = Plateau(0.1, factor=0.5, patience=1)
        >>> for step, loss in enumerate([3.0, 2.0, 2.0, 2.5, 2.1]):
        ...     print(rate(step), end=" ")
        ...     rate.see(loss)
        0.1 0.1 0.1 0.1 0.05
    """

    @with_leads
    def __init__(
        self,
        alpha0: float,
        factor: float = 0.1,
        patience: int = 10,
        mode: str = "min",
        threshold: float = 1e-4,
        cooldown: int = 0,
        least: float = 0.0,
    ) -> None:
        self.alpha0 = not_negative(alpha0, "Plateau: alpha0")
        self.factor = number(factor, "Plateau: factor", 0, below=1)
        self.patience = whole(patience, "Plateau: patience")
        self.mode = one_of(mode, "Plateau: mode", ("min", "max"))
        self.threshold = not_negative(threshold, "Plateau: threshold")
        self.cooldown = whole(cooldown, "Plateau: cooldown")
        self.least = not_negative(least, "Plateau: least")
        self.events = []

    @property
    def events(self) -> list[Seen]:
        """The metrics it saw, each with the first step for which it was known."""
        return list(self._events)

    @events.setter
    def events(self, events: Iterable[Seen]) -> None:
        self._events: list[Seen] = []
        self._rates = [(0, self.alpha0)]
        self._best, self._bad, self._cooling = math.inf, 0, 0
        self._last = -1  # the last step asked for
        for step, metric in _checked(events):
            self._take(step, metric)

    @with_leads
    def see(self, metric: float) -> None:
        """Take notice of a metric; it counts from the next step on that is asked for.

        NaN is no improvement.

        Raises:
            DTypeError: it is no number.
        """
        self._take(self._last + 1, _metric(metric))

    def _take(self, step: int, metric: float) -> None:
        self._events.append((step, metric))
        cost = metric if self.mode == "min" else -metric
        margin = self.threshold * abs(self._best) if math.isfinite(self._best) else 0.0
        if cost < self._best - margin:
            self._best, self._bad = cost, 0
        else:
            self._bad += 1
        if self._cooling:
            self._cooling, self._bad = self._cooling - 1, 0
        if self._bad > self.patience:
            rate = self._rates[-1][1]
            self._rates.append((step, min(rate, max(rate * self.factor, self.least))))
            self._cooling, self._bad = self.cooldown, 0

    def __call__(self, step: int) -> float:
        """Return α for the step that ``step`` others went before.

        Raises:
            ArgumentError: a negative step.
            DTypeError: a step that is not an integer.
        """
        t = whole(step, "Plateau: a step")
        self._last = max(self._last, t)
        return next(rate for begins, rate in reversed(self._rates) if begins <= t)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plateau) and (repr(self), self.events) == (
            repr(other),
            other.events,
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return missing_from_object(self, name)

    def __repr__(self) -> str:
        return (
            f"Plateau({self.alpha0!r}, factor={self.factor!r}, patience={self.patience!r},"
            f" mode={self.mode!r}, threshold={self.threshold!r}, cooldown={self.cooldown!r},"
            f" least={self.least!r})"
        )


def _metric(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise errors.DTypeError(
            f"Plateau.see: a metric is a number, not {errors.describe(value)}"
        ) from None


def _checked(events: Any) -> list[Seen]:
    """Return events as pairs of an int and a float, also those of an array."""
    try:
        pairs = [(int(step), float(metric)) for step, metric in events]
    except (TypeError, ValueError, OverflowError):
        raise errors.ArgumentError(
            "Plateau: events are pairs (step, metric), such as [(100, 0.5), (200, 0.4)], not"
            f" {errors.describe(events)}"
        ) from None
    steps = [step for step, _ in pairs]
    if steps != sorted(steps) or min(steps, default=0) < 0:
        raise errors.ArgumentError(
            f"Plateau: the steps of events do not fall, from 0 on, not {errors.listing(steps)}"
        )
    return pairs
