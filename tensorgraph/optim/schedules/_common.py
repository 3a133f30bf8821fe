"""What the schedules share: the check of the step and of the settings, and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from numbers import Real
from operator import index
from typing import Any

from tensorgraph import errors

Rate = Callable[[int], float]
"""A learning rate as a function of the number of steps taken before."""


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
            return self.at(step_number(type(self).__name__, step))
        except OverflowError:
            return math.inf  # which the optimizer refuses, naming the step

    def __repr__(self) -> str:
        first, *rest = fields(self)  # type: ignore[arg-type]
        shown = [repr(getattr(self, first.name))]
        shown += [f"{field.name}={getattr(self, field.name)!r}" for field in rest]
        return f"{type(self).__name__}({', '.join(shown)})"

    def check(self, **checks: Callable[[str, Any], Any]) -> None:
        """Bring settings into their form, or raise, each by one of the functions below."""
        for name, check in checks.items():
            value = check(f"{type(self).__name__}: {name}", getattr(self, name))
            object.__setattr__(self, name, value)


def step_number(owner: str, step: Any) -> int:
    """Return a step as an int.

    Raises:
        ArgumentError: it is negative.
        DTypeError: it is not an integer.
    """
    t = _integer(f"{owner}: a step", step)
    if t < 0:
        raise errors.ArgumentError(f"{owner}: steps count from 0, this one is {t}")
    return t


# Each takes what messages call the setting, and returns its value in one form or raises.


def not_negative(what: str, value: Any) -> float:
    """Return a finite number from 0 on."""
    return _number(what, value, lambda x: 0 <= x < math.inf, "finite and not negative")


def at_least_1(what: str, value: Any) -> float:
    """Return a finite number from 1 on."""
    return _number(what, value, lambda x: 1 <= x < math.inf, "finite and at least 1")


def part(what: str, value: Any) -> float:
    """Return a number in (0, 1]."""
    return _number(what, value, lambda x: 0 < x <= 1, "in (0, 1]")


def count(what: str, value: Any) -> int:
    """Return an integer from 0 on."""
    n = _integer(what, value)
    if n < 0:
        raise errors.ArgumentError(f"{what} must not be negative, it is {n}")
    return n


def positive_count(what: str, value: Any) -> int:
    """Return an integer from 1 on."""
    n = _integer(what, value)
    if n < 1:
        raise errors.ArgumentError(f"{what} must be positive, it is {n}")
    return n


def function(what: str, value: Any) -> Rate:
    """Return a schedule, or another function of the step."""
    if not callable(value):
        hint = f"; write constant({value!r})" if isinstance(value, Real) else ""
        raise errors.DTypeError(
            f"{what} must be a function of the step, not {errors.describe(value)}{hint}"
        )
    return value  # type: ignore[no-any-return]


def each(check: Callable[[str, Any], Any]) -> Callable[[str, Any], tuple[Any, ...]]:
    """Return the check of a sequence by a check of its items."""

    def checked(what: str, values: Any) -> tuple[Any, ...]:
        if not isinstance(values, (list, tuple)):
            raise errors.DTypeError(f"{what} must be a list, not {errors.describe(values)}")
        return tuple(check(f"{what}[{i}]", value) for i, value in enumerate(values))

    return checked


def _number(what: str, value: Any, fits: Callable[[float], bool], words: str) -> float:
    if not (isinstance(value, Real) and fits(float(value))):
        raise errors.ArgumentError(f"{what} must be a number, {words}, not {value!r}")
    return float(value)


def _integer(what: str, value: Any) -> int:
    try:
        return index(value)
    except TypeError:
        raise errors.DTypeError(
            f"{what} must be an integer, not {errors.describe(value)}"
        ) from None
