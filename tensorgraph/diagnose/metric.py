"""What makes a function a metric: it says in which range its values lie, and which end is best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Metric:
    """A function of predictions and labels, and the ends of the range of its values."""

    function: Callable[..., Any]
    worst: float
    best: float

    @property
    def direction(self) -> str:
        """Whether more or less of it is better: ``"max"`` or ``"min"``."""
        return "max" if self.best > self.worst else "min"


METRICS: dict[str, Metric] = {}
"""All that are declared, by name."""


def metric(*, worst: float, best: float) -> Callable[[Function], Function]:
    """Declare the function below as a metric, under its own name.

    Models can then be selected by it, and the tests hold it to its range.

    Example:
        >>> METRICS["accuracy"].direction, METRICS["log_loss"].direction
        ('max', 'min')
    """

    def declare(function: Function) -> Function:
        METRICS[function.__name__] = Metric(function, worst, best)
        return function

    return declare
