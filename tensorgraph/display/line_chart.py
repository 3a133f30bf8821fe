"""Line charts as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.display.svg import COLOURS, document, label, line
from tensorgraph.display.text import escaped

Array = NDArray[Any]

MOST_POINTS = 800
"""A line of more points is thinned out, keeping its peaks."""
LOG_RATIO = 100
"""Positive values that differ by more are drawn on a logarithmic axis."""
_LEAST, _MOST = 1e-290, 1e290
"""Nothing is drawn smaller or larger: a step between ticks must be a number too."""
_WIDTH, _HEIGHT = 520.0, 250.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 62.0, 30.0, 12.0, 40.0


class _Axis:
    """A linear or logarithmic scale between two ends of the picture."""

    def __init__(self, values: Array, start: float, end: float, log: bool = False) -> None:
        self.log = log
        self.start, self.end = start, end
        seen = np.log10(values) if log else values
        low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
        if high - low <= max(_LEAST, 1e-12 * max(abs(low), abs(high))):
            middle = abs(low) if abs(low) > _LEAST else 1.0
            low, high = low - 0.05 * middle, high + 0.05 * middle
        self.low, self.high = low, high

    def place(self, values: Array) -> Array:
        seen = np.log10(values) if self.log else values
        share = (seen - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return round numbers on the axis."""
        step = _round_step((self.high - self.low) / 4)
        if self.log:
            step = max(step, 1.0)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        found = [k * step for k in range(first, last + 1)]
        return [10.0**t for t in found] if self.log else found


def _round_step(rough: float) -> float:
    """Return 1, 2 or 5 times a power of 10, no less than a number."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= rough * (1 - 1e-9))


def line_chart(title: str, lines: Mapping[str, Array], steps: Array, x_name: str) -> str:
    """Return a picture of lines over the same steps; what is not finite is a gap.

    Args:
        title: stands above.
        lines: numbers for each line by its name, as many as there are steps.
        steps: where they stand from left to right.
        x_name: what the steps are.
    """
    lines = {name: np.where(np.isinf(v), v, v.clip(-_MOST, _MOST)) for name, v in lines.items()}
    finite = np.concatenate([values[np.isfinite(values)] for values in lines.values()])
    log = bool(finite.size and finite.min() > 0 and finite.max() / LOG_RATIO > finite.min())
    y = _Axis(finite, _HEIGHT - _BOTTOM, _TOP, log)
    steps = steps.clip(-_MOST, _MOST)
    x = _Axis(steps, _LEFT, _WIDTH - _RIGHT)
    parts = [label(_LEFT, 18, f"{title} (logarithmic)" if log else title)]
    for tick, at in zip(y.ticks(), y.place(np.array(y.ticks())).tolist(), strict=True):
        parts.append(line(_LEFT, at, _WIDTH - _RIGHT, at))
        parts.append(label(_LEFT - 6, at + 4, f"{tick:.3g}", anchor="end", soft=True))
    for tick, at in zip(x.ticks(), x.place(np.array(x.ticks())).tolist(), strict=True):
        parts.append(label(at, _HEIGHT - _BOTTOM + 17, f"{tick:.6g}", anchor="middle", soft=True))
    parts.append(label(_WIDTH - _RIGHT, _HEIGHT - 8, x_name, anchor="end", soft=True))
    for k, (name, values) in enumerate(lines.items()):
        parts.append(_line(name, x, y, steps, values, COLOURS[k % len(COLOURS)]))
    parts += _legend(list(lines))
    rows = (len(lines) + 2) // 3 if len(lines) > 1 else 0
    return document(_WIDTH, _HEIGHT + 18 * rows, title, parts)


def _line(name: str, x: _Axis, y: _Axis, steps: Array, values: Array, colour: str) -> str:
    """Return the pieces of a line between its gaps; a lone point is a dot."""
    kept = thinned(values)
    steps, values = steps[kept], values[kept]
    holds = np.isfinite(values)
    across = x.place(steps)
    up = np.full(len(values), np.nan)
    up[holds] = y.place(values[holds])
    pieces = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        points = [
            f"{a:.1f},{b:.1f}" for a, b in zip(across[start:stop], up[start:stop], strict=True)
        ]
        if len(points) == 1:
            pieces.append(f'<circle cx="{across[start]:.1f}" cy="{up[start]:.1f}" r="2.5"'
                          f' fill="{colour}"/>')  # fmt: skip
        else:
            pieces.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.7"'
                          f' points="{" ".join(points)}"/>')  # fmt: skip
    return f"<g><title>{escaped(name)}</title>{''.join(pieces)}</g>"


def _legend(names: list[str]) -> list[str]:
    if len(names) < 2:
        return []
    parts = []
    for k, name in enumerate(names):
        x, y = 14 + (k % 3) * (_WIDTH / 3), _HEIGHT + 4 + 18 * (k // 3)
        colour = COLOURS[k % len(COLOURS)]
        parts.append(f'<rect x="{x:.1f}" y="{y - 5:.1f}" width="14" height="3" fill="{colour}"/>')
        short = name if len(name) <= 22 else f"…{name[-21:]}"
        parts.append(label(x + 20, y + 1, short))
    return parts


def thinned(values: Array) -> Array:
    """Return which points of a long line to draw: the least and the largest of each stretch.

    Example:
        >>> import numpy as np
        >>> spike = np.zeros(100_000)
        >>> spike[12_345] = 1
        >>> kept = thinned(spike)
        >>> bool(spike[kept].max() == 1), len(kept) <= 1000
        (True, True)
    """
    if len(values) <= MOST_POINTS:
        return np.arange(len(values))
    ends = np.linspace(0, len(values), MOST_POINTS // 2 + 1).astype(np.int64)
    kept = {0, len(values) - 1}
    for start, stop in pairwise(ends.tolist()):
        stretch = values[start:stop]
        if np.isnan(stretch).all():
            kept.add(start)  # the gap stays
        else:
            kept |= {start + int(np.nanargmin(stretch)), start + int(np.nanargmax(stretch))}
    return np.array(sorted(kept))
