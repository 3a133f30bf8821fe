"""The learning rate that a person sets while training runs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.leads.calls import with_leads
from tensorgraph.optim.schedules.base import not_negative

Event = tuple[int, float]
"""From which step on which rate holds."""


class Manual:
    """α as a person sets it during a run (course 2, week 2, "manual decay"), kept for a replay.

    ``rate.set(0.05)`` holds from the next step on. Each change is an event (step, α), and the
    events are all there is to know: ``Manual(rate.events)`` gives the same α at the same steps. An
    optimizer of which it is the learning rate saves them with its state; inside another schedule,
    such as :func:`warmup`, save them yourself. A change during a replay takes the place of the
    events from there on.

    Args:
        events: α₀ to start with; or the events of another run.

    Raises:
        ArgumentError: a rate that is negative or not finite, or events that are not pairs whose
            steps increase from 0 on.

    Example:
        >>> rate = Manual(0.1)
        >>> [rate(step) for step in range(3)]
        [0.1, 0.1, 0.1]
        >>> rate.set(0.05)
        >>> rate(3), rate.events
        (0.05, [(0, 0.1), (3, 0.05)])
        >>> again = Manual(rate.events)
        >>> [again(step) for step in range(5)]
        [0.1, 0.1, 0.1, 0.05, 0.05]
    """

    @with_leads
    def __init__(self, events: float | Iterable[Event]) -> None:
        self.events = events if isinstance(events, Iterable) else [(0, events)]

    @property
    def events(self) -> list[Event]:
        """From which step on which rate holds, the steps increasing from 0 on."""
        return self._events_from(self._last + 1)

    @events.setter
    def events(self, events: Iterable[Event]) -> None:
        self._events = _checked(events)
        self._pending: float | None = None  # what was set since
        self._last = -1  # the last step asked for

    def set(self, alpha: float) -> None:
        """Let α be another from the next step on: the first to be asked for after all others.

        Raises:
            ArgumentError: a rate that is negative or not finite.
        """
        self._pending = not_negative(alpha, "Manual.set: alpha")

    def __call__(self, step: int) -> float:
        """Return α for the step that ``step`` others went before.

        For a step asked for before, that is what held then.

        Raises:
            ArgumentError: a negative step.
            DTypeError: a step that is not an integer.
        """
        t = whole(step, "Manual: a step")
        if t > self._last:
            self._events, self._pending, self._last = self._events_from(t), None, t
        return self._events[bisect_right(self._events, t, key=itemgetter(0)) - 1][1]

    def _events_from(self, t: int) -> list[Event]:
        """Return the events if what was set by hand holds from step t on."""
        if self._pending is None:
            return list(self._events)
        return [event for event in self._events if event[0] < t] + [(t, self._pending)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Manual) and self.events == other.events

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Manual({self.events})"


def _checked(events: Any) -> list[Event]:
    """Return events as pairs of an int and a float, also those of an array."""
    try:
        pairs = [(int(step), step, rate) for step, rate in events]
    except (TypeError, ValueError, OverflowError):
        raise errors.ArgumentError(
            "Manual: events are pairs (step, rate), such as [(0, 0.1), (117, 0.05)], not"
            f" {errors.describe(events)}"
        ) from None
    steps = [number for number, _, _ in pairs]
    if steps != sorted(set(steps)) or steps[:1] != [0] or any(n != step for n, step, _ in pairs):
        raise errors.ArgumentError(
            "Manual: the steps of events are integers that increase from 0 on, not"
            f" {errors.listing([step for _, step, _ in pairs]) or 'none at all'}"
        )
    return [(n, not_negative(rate, f"Manual: the rate of step {n}")) for n, _, rate in pairs]
