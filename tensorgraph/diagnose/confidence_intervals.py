"""Confidence intervals of error rates, and of sums and differences of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """Two ends, between which a number lies with a certain confidence."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, float)) and self.low <= value <= self.high


def wilson(rate: float, size: int, confidence: float) -> Interval:
    """Return the interval of a proportion that was measured on ``size`` examples.

        (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n)

    (Wilson 1927, "Probable inference, the law of succession, and statistical inference"). It stays
    inside [0, 1], and says something also where no error was seen.

    Example:
        >>> low, high = wilson(0.0, 100, confidence=0.95)
        >>> round(low, 4), round(high, 4)
        (0.0, 0.037)
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    shrink = 1 + z * z / size
    centre = (rate + z * z / (2 * size)) / shrink
    half = z / shrink * math.sqrt(rate * (1 - rate) / size + (z / (2 * size)) ** 2)
    # The ends are 0 and 1 at those rates, but for rounding.
    low = max(0.0, centre - half) if rate > 0 else 0.0
    return Interval(min(low, rate), max(min(1.0, centre + half), rate) if rate < 1 else 1.0)


class Term(NamedTuple):
    """A rate, how often it counts, and its own interval."""

    factor: float
    rate: float
    interval: Interval


def combined(terms: Sequence[Term]) -> Interval:
    """Return the interval of Σ cᵢ pᵢ over rates of independent sets.

    Each end is the distance from the sum to which the ends of the single intervals add up, as legs
    of a right angle do (Zou & Donner 2008, "Construction of confidence limits about effect
    measures"). For p₁ − p₂ that is method 10 of Newcombe 1998, "Interval estimation for the
    difference between independent proportions".

    Example:
        >>> a = Term(+1, 56 / 70, wilson(56 / 70, 70, 0.95))
        >>> b = Term(-1, 48 / 80, wilson(48 / 80, 80, 0.95))
        >>> low, high = combined([a, b])
        >>> round(low, 4), round(high, 4)
        (0.0524, 0.3339)
    """
    total = math.fsum(c * p for c, p, _ in terms)
    below = [c * (p - (i.low if c > 0 else i.high)) for c, p, i in terms]
    above = [c * ((i.high if c > 0 else i.low) - p) for c, p, i in terms]
    return Interval(total - math.hypot(*below), total + math.hypot(*above))
