"""What the schedules share: the check of the step and of the settings, and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

from tensorgraph import errors
from tensorgraph.arguments import number, whole
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads

Made = TypeVar("Made")

Rate = Callable[[int], float]
"""A learning rate as a function of the number of steps taken before."""

Check = Callable[[Any, str], Any]
"""Returns a value in one form, or raises; messages call it by the second argument."""


class Schedule:
    """A learning rate as a function of the step; a subclass is a frozen dataclass of settings."""

    def at(self, t: int) -> float:
        """Return α at step t."""
        raise NotImplementedError

    def __call__(self, step: int) -> float:
        """Return α for the step that ``step`` others went before.

        Raises:
            ArgumentError: a negative step.
            DTypeError: a step that is not an integer.
        """
        try:
            return self.at(whole(step, f"{type(self).__name__}: a step"))
        except OverflowError:
            return math.inf  # which the optimizer refuses, naming the step

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return missing_from_object(self, name)

    def __repr__(self) -> str:
        first, *rest = fields(self)  # type: ignore[arg-type]
        shown = [repr(getattr(self, first.name))]
        shown += [f"{field.name}={getattr(self, field.name)!r}" for field in rest]
        return f"{type(self).__name__}({', '.join(shown)})"

    def check(self, **checks: Check) -> None:
        """Bring settings into their form, or raise, each by its check."""
        for name, check in checks.items():
            value = check(getattr(self, name), f"{type(self).__name__}: {name}")
            object.__setattr__(self, name, value)


def with_events(rate: Any, key: str) -> dict[str, Any]:
    """Return the schedules that have events among one and those it is made of, by their keys.

    Example:
        >>> from tensorgraph.optim.schedules import Plateau, warmup
        >>> list(with_events(warmup(Plateau(0.1), steps=3), "lr"))
        ['lr/schedule/events']
    """
    found = {f"{key}/events": rate} if hasattr(rate, "events") else {}
    for field in fields(rate) if isinstance(rate, Schedule) else ():  # type: ignore[arg-type]
        value = getattr(rate, field.name)
        for i, part in enumerate(value) if isinstance(value, tuple) else ():
            found |= with_events(part, f"{key}/{field.name}/{i}")
        found |= with_events(value, f"{key}/{field.name}")
    return found


@dataclass_transform(frozen_default=True)
def schedule_class(kind: type[Made]) -> type[Made]:
    """Make a class of settings a frozen dataclass that knows what they are called elsewhere."""
    made = dataclass(frozen=True, repr=False)(kind)
    made.__init__ = with_leads(made.__init__)  # type: ignore[method-assign]
    return made


# Each takes a value and what messages call it, as the checks of tensorgraph.arguments do.

not_negative = partial(number, least=0)
positive_count = partial(whole, least=1)


def function(value: Any, what: str) -> Rate:
    """Return a schedule, or another function of the step."""
    if not callable(value):
        hint = f"; write constant({value!r})" if isinstance(value, Real) else ""
        raise errors.DTypeError(
            f"{what} must be a function of the step, not {errors.describe(value)}{hint}"
        )
    return value  # type: ignore[no-any-return]


def each(check: Check) -> Check:
    """Return the check of a sequence by a check of its items."""

    def checked(values: Any, what: str) -> tuple[Any, ...]:
        if not isinstance(values, (list, tuple)):
            raise errors.DTypeError(f"{what} must be a list, not {errors.describe(values)}")
        return tuple(check(value, f"{what}[{i}]") for i, value in enumerate(values))

    return checked
