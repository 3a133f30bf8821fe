"""What a learning rate schedule claims: where it starts and ends, where it rises and falls."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tensorgraph.optim import schedules

STEPS = 100
"""How many steps are looked at, of a schedule that does not say how long it is."""


@dataclass(frozen=True)
class Claims:
    """What is claimed of a schedule; ``None`` where nothing is."""

    steps: int | None = None
    start: float | None = None
    peak: float | None = None
    end: float | None = None
    rises: int | None = None
    falls: int | None = None
    joints: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """How many steps are to be looked at."""
        ends = [self.steps or 0, self.rises or 0, self.falls or 0, *self.joints]
        return max(ends) or STEPS

    def with_those_given(self, **given: Any) -> Claims:
        """Return these claims, those that were given in their place."""
        return replace(self, **{name: value for name, value in given.items() if value is not None})


def claims_of(schedule: Any) -> Claims:
    """Return what a schedule of the package claims; of another, nothing.

    Example:
        >>> from tensorgraph.optim.schedules import cosine, warmup
        >>> claims_of(warmup(cosine(0.5, steps=90), steps=4)).start
        0.1
    """
    known = CLAIMS.get(type(schedule))
    return Claims() if known is None else known(schedule)


def _falling(start: float, **more: Any) -> Claims:
    return Claims(start=start, falls=0, **more)


def _exponential(s: schedules.exponential) -> Claims:
    return _falling(s.alpha0) if s.base <= 1 else Claims(start=s.alpha0)


def _staircase(s: schedules.staircase) -> Claims:
    return _falling(s.alpha0) if s.factor <= 1 else Claims(start=s.alpha0)


def _to_final(s: schedules.cosine | schedules.linear | schedules.polynomial) -> Claims:
    ends = Claims(steps=s.steps, start=s.alpha0, end=s.final, joints=(s.steps,))
    return replace(ends, falls=0) if s.final <= s.alpha0 else replace(ends, rises=s.steps)


def _polynomial(s: schedules.polynomial) -> Claims:
    return replace(_to_final(s), joints=()) if s.power < 1 else _to_final(s)


def _restarts(s: schedules.cosine_restarts) -> Claims:
    return Claims(start=s.alpha0, peak=s.alpha0 if s.final <= s.alpha0 else None)


def _cyclic(s: schedules.cyclic) -> Claims:
    return Claims(
        start=s.low,
        peak=max(s.low, s.peak),
        rises=s.steps if s.low <= s.peak else None,
        joints=(s.steps, 2 * s.steps),
    )


def _one_cycle(s: schedules.one_cycle) -> Claims:
    middle = s.cycle * s.steps / 2
    return Claims(
        steps=s.steps, start=s.peak / s.divisor if s.cycle * s.steps > 0 else None, end=0.0,
        rises=math.floor(middle), falls=math.ceil(middle),
    )  # fmt: skip


def _warmup(s: schedules.warmup) -> Claims:
    inner = claims_of(s.schedule)
    first = s.schedule(0)
    return Claims(
        steps=None if inner.steps is None else s.steps + inner.steps,
        start=first / (s.steps + 1),
        peak=first if inner.falls == 0 else None,
        end=inner.end,
        rises=s.steps,
        falls=None if inner.falls is None else s.steps + inner.falls,
        joints=(s.steps, *(s.steps + joint for joint in inner.joints)),
    )


def _join(s: schedules.join) -> Claims:
    first, last = claims_of(s.schedules[0]), claims_of(s.schedules[-1])
    begins = (0, *s.boundaries)[-1]
    return Claims(
        steps=None if last.steps is None else begins + last.steps, start=first.start, end=last.end
    )


def _per_epoch(s: schedules.per_epoch) -> Claims:
    inner = claims_of(s.schedule)

    def times(n: int | None) -> int | None:
        return None if n is None else n * s.steps_per_epoch

    return Claims(
        times(inner.steps), inner.start, inner.peak, inner.end,
        rises=times(inner.rises), falls=times(inner.falls),
    )  # fmt: skip


CLAIMS: dict[type, Callable[[Any], Claims]] = {
    schedules.constant: lambda s: _falling(s.alpha0, rises=STEPS),
    schedules.inverse_time: lambda s: _falling(s.alpha0),
    schedules.exponential: _exponential,
    schedules.inverse_sqrt: lambda s: _falling(s.k),
    schedules.staircase: _staircase,
    schedules.cosine: _to_final,
    schedules.cosine_restarts: _restarts,
    schedules.linear: _to_final,
    schedules.polynomial: _polynomial,
    schedules.cyclic: _cyclic,
    schedules.one_cycle: _one_cycle,
    schedules.warmup: _warmup,
    schedules.join: _join,
    schedules.per_epoch: _per_epoch,
    schedules.Manual: lambda s: Claims(start=s.events[0][1]),
    schedules.Plateau: lambda s: _falling(s.alpha0),
}
"""What is known of the package's schedules; a test holds it to name them all."""
