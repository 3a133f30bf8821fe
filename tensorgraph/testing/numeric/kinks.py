"""Kinks: where they are, and what a gradient may be at several of them together.

One element at a kink must lie between its one-sided derivatives. That is not enough: for
max(x, y) at a tie both partial derivatives may be 0 by that, while along x = y the derivative is 1.
A generalised gradient g (F. Clarke, "Optimization and Nonsmooth Analysis", 1983) satisfies
⟨g, d⟩ ≤ limsup of the derivative along d at points nearby, for every direction d.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.ridders import Slope
from tensorgraph.testing.numeric.checked_function import Direction
from tensorgraph.testing.numeric.probes import Probe, Space

MOST = 64
"""When so many elements at kinks are found, no more are searched for."""
MOST_TOGETHER = 64
"""Not more elements than this are moved at once."""
_NEARER = (1e-5, 1e-7, 1e-9, 1e-11)
"""How far one looks along a direction, as long as rounding allows."""
_NEARBY, _STEP = 1e-5, 1e-7
"""How far nearby points are, and the step of a difference there: both relative to the units."""


Element = tuple[int, int]
"""Of which argument, and where in it, counted flat."""


def rough_elements(
    space: Space, joint: Probe, among: Sequence[Array], is_rough: Callable[[Probe], bool]
) -> tuple[list[Element], list[Element]]:
    """Return elements at kinks or jumps, and those that were not looked at: there are too many.

    Found by halving: a direction that moves none of them is smooth. Where two halves are smooth
    and both together are not, as for |x·y|, all their elements count.
    """
    found: list[Element] = []
    left: list[Element] = []
    pending = [(k, np.flatnonzero(part)) for k, part in enumerate(among)]
    pending = [(k, part) for k, part in pending if is_rough(space.part(joint, k, part))]
    while pending:
        k, part = pending.pop()
        if len(found) >= MOST:
            left += [(k, int(i)) for i in part]
            continue
        halves = np.array_split(part, 2) if len(part) > 1 else []
        rough = [(k, half) for half in halves if is_rough(space.part(joint, k, half))]
        if not rough:
            found += [(k, int(i)) for i in part]
        pending += rough
    return sorted(found[:MOST]), left + found[MOST:]


def nearby_slope(
    value: Callable[[Direction], float],
    kinked: Sequence[Probe],
    weights: Sequence[float],
    expected: float,
    size: float,
    rng: np.random.Generator,
) -> Slope:
    """Return the least and the largest derivative near a point, in a direction of kinked elements.

    Nearby points lie along the direction, and on either side of each kink; which sides are extreme
    is found by trying the other side of one kink after the other.

    Args:
        value: the function of how the arguments are moved.
        kinked: the elements at kinks.
        weights: how much each of them moves.
        expected: the derivative; where it lies between the one-sided ones no others are looked for.
        size: how large the function's terms are.
        rng: chooses the nearby points.
    """
    away = rng.uniform(0.5, 1.0, len(kinked)) * _NEARBY
    step = _STEP / max(map(abs, weights))

    def derivative(here: Sequence[float]) -> float:
        ahead, behind = (
            value(_moved(kinked, [h + sign * step * w for h, w in zip(here, weights, strict=True)]))
            for sign in (1, -1)
        )
        return (ahead - behind) / (2 * step)

    # The one-sided derivatives: where a cone has its point, no side of any axis is extreme.
    for nearer in _NEARER:
        reach = nearer / max(map(abs, weights))
        ends = [value(_moved(kinked, [side * reach * w for w in weights])) for side in (-1, 1)]
        low, high = sorted((-ends[0] / reach, ends[1] / reach))
        margin = 1e-4 * (abs(low) + abs(high)) + 1e-15 * size / reach
        if low - margin <= expected <= high + margin:
            return between(low, high, margin)
        if margin > 1e-3 * max(abs(low), abs(high), abs(expected)):
            break
    low, high, margin = inf, -inf, 0.0
    for sign in (-1, 1):
        here = away * rng.choice([-1.0, 1.0], len(kinked))
        best = derivative(here)
        for j in [*range(len(here))] * 2:
            if sign * best >= sign * expected:
                break  # far enough on this side
            here[j] *= -1
            found = derivative(here)
            if sign * found > sign * best:
                best = found
            else:
                here[j] *= -1
        low, high = min(low, best), max(high, best)
    margin = 1e-4 * (abs(low) + abs(high)) + 1e-15 * size / step
    return between(low, high, margin)


def between(low: float, high: float, margin: float) -> Slope:
    """Return what allows any derivative between two, or a little beside them."""
    return Slope((low + high) / 2, (high - low) / 2 + margin, low, high, margin, high - low)


def together(kinked: Sequence[Probe], weights: Sequence[float]) -> Probe:
    """Return the probe that moves several elements at once."""
    places = ", ".join(probe.place for probe in kinked[:3]) + ", …" * (len(kinked) > 3)
    return Probe(f"{places} moved together", _moved(kinked, weights), 1.0, None, False)


def _moved(probes: Sequence[Probe], amounts: Sequence[float]) -> Direction:
    total: Direction = {}
    for probe, amount in zip(probes, amounts, strict=True):
        for k, direction in probe.times(amount).items():
            total[k] = total[k] + direction if k in total else direction
    return total
