"""A search along a line for a point of which the next direction can be told: strong Wolfe."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from tensorgraph.optim.cost_of_parameters import Vector

FALL, FLAT = 1e-4, 0.9
"""c₁ and c₂: of the first slope's fall so much is to be had, and of the slope no more left."""
GROWTH, TRIALS = 2.0, 25
"""How much longer the next step is while the cost falls, and how many points are tried."""


@dataclass(frozen=True)
class Point:
    """A point of the line."""

    step: float
    value: float
    slope: float
    """The derivative by the step."""
    gradient: Vector

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and math.isfinite(self.slope)):
            object.__setattr__(self, "value", math.inf)  # too far


Along = Callable[[float], Point]


def strong_wolfe(along: Along, first: Point, step: float) -> Point | None:
    """Return a point where the cost is lower and flat enough; ``None`` if none is found.

    cost ≤ first cost + c₁ · step · first slope  and  |slope| ≤ c₂ · |first slope|

    (Nocedal & Wright 2006, "Numerical optimization", algorithms 3.5 and 3.6, with cubic
    interpolation.) Where the cost is not finite, the step is too long. If the points do not suffice
    for the second condition, the lowest that meets the first is returned.

    Args:
        along: the cost along the line.
        first: the point with step 0, where the slope is negative.
        step: the first one to try.
    """
    low = first
    for trial in range(TRIALS):
        point = along(step)
        if _is_high(point, first, low):
            return _between(along, first, low, point, TRIALS - trial)
        if abs(point.slope) <= -FLAT * first.slope:
            return point
        if point.slope >= 0:
            return _between(along, first, point, low, TRIALS - trial)
        low, step = point, GROWTH * step
    return low


def _is_high(point: Point, first: Point, low: Point) -> bool:
    least = first.value + FALL * point.step * first.slope
    return point.value > least or (low is not first and point.value >= low.value)


def _between(along: Along, first: Point, low: Point, high: Point, trials: int) -> Point | None:
    """Return the point sought between the lowest so far and another that is across the bottom."""
    for _ in range(trials):
        point = along(_bottom(low, high))
        if _is_high(point, first, low) or point.value >= low.value:
            high = point
            continue
        if abs(point.slope) <= -FLAT * first.slope:
            return point
        if point.slope * (high.step - low.step) >= 0:
            high = low
        low = point
    return low if low is not first else None


def _bottom(one: Point, other: Point) -> float:
    """Return the step where the cubic through two points has its minimum, if well between them."""
    middle, width = (one.step + other.step) / 2, other.step - one.step
    if not math.isfinite(other.value) or not width:
        return middle
    d1 = one.slope + other.slope - 3 * (one.value - other.value) / (one.step - other.step)
    square = d1 * d1 - one.slope * other.slope
    if not 0 <= square < math.inf:
        return middle
    d2 = math.copysign(math.sqrt(square), width)
    below = other.slope - one.slope + 2 * d2
    step = other.step - width * (other.slope + d2 - d1) / below if below else middle
    return step if 0.1 <= (step - one.step) / width <= 0.9 else middle
