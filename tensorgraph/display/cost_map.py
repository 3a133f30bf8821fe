"""A cost over a plane or a line, with paths upon it: by matplotlib, and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.display.figure import axes_for, colours, inches, ink, legend, point_size
from tensorgraph.extras import require

Array = NDArray[Any]

LOG_RATIO = 10
"""Positive costs that differ by more are told apart by their logarithms."""
LEVELS = 12
"""How many shades a picture has."""
COLUMNS, ROWS = 25, 13
"""How many places there are in text at most; a column is two letters wide."""
LOWEST, HIGHEST = "0", "9"


def is_logarithmic(costs: Array) -> bool:
    """Return whether costs are all positive and far apart.

    Example:
        >>> is_logarithmic(np.array([0.1, 100.0])), is_logarithmic(np.array([0.0, 100.0]))
        (True, False)
    """
    finite = costs[np.isfinite(costs)]
    if not finite.size or finite.min() <= 0:
        return False
    return bool(finite.max() / LOG_RATIO > finite.min())


def levels_of(costs: Array, count: int = LEVELS) -> Array:
    """Return rising levels from the lowest to the highest finite cost.

    Example:
        >>> levels_of(np.array([1.0, 3.0, np.inf]), 3).tolist()
        [1.0, 2.0, 3.0]
    """
    finite = costs[np.isfinite(costs)].astype(np.float64)
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if not high - low > 1e-12 * max(abs(low), abs(high)):
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    if is_logarithmic(costs):
        return np.geomspace(low, high, count)
    with np.errstate(over="ignore"):
        return np.linspace(low / 2, high / 2, count) * 2  # so that the range does not overflow


def draw_map(
    where: str,
    ax: Any,
    ticks: Sequence[Array],
    costs: Array,
    paths: Mapping[str, Array],
    names: Sequence[str],
) -> Any:
    """Draw a cost over a plane as contours, or as a relief where the axes are of three dimensions.

    Args:
        where: what messages begin with.
        ax: where to draw; None for a figure of its own.
        ticks: the places along both directions.
        costs: shape (first, second).
        paths: places on the plane, shape (k, 2), by their names.
        names: what the directions are called.
    """
    ax = axes_for(where, ax)
    finite = np.where(np.isfinite(costs), costs, np.nan)
    ax.set(xlabel=names[0], ylabel=names[1])
    if hasattr(ax, "plot_surface"):
        _draw_relief(ax, ticks, finite, paths)
        return ax
    levels = levels_of(costs)
    log = is_logarithmic(costs)
    norm = require("matplotlib.colors", "train").LogNorm() if log else None
    masked = np.ma.masked_invalid(finite.T)
    if paths:
        shade = require("matplotlib.colors", "train").to_rgb(ink(ax))
        shades = [(*shade, 0.2 * k / LEVELS) for k in range(LEVELS - 1)]
        ax.contourf(*ticks, masked, levels=levels, colors=shades)
    else:
        ax.contourf(*ticks, masked, levels=levels, cmap="viridis", norm=norm)
    colour = ink(ax) if paths else "white"
    lines = ax.contour(*ticks, masked, levels=levels, colors=[colour], linewidths=0.5, alpha=0.6)
    if inches(ax) > 2.5:
        ax.clabel(lines, lines.levels[1::3], fontsize=7, fmt="%.3g")
    _draw_paths(ax, ticks, paths)
    return ax


def label_of(name: str, path: Array, ticks: Sequence[Array]) -> str:
    """Return the name of a path, and that it ends outside of what is drawn.

    Example:
        >>> label_of("GD", np.array([[0.0], [9.0]]), [np.array([0.0, 1.0])])
        'GD, leaves the map'
    """
    ends = zip(path[-1], ticks, strict=True)
    return name if all(t[0] <= at <= t[-1] for at, t in ends) else f"{name}, leaves the map"


def _draw_paths(ax: Any, ticks: Sequence[Array], paths: Mapping[str, Array]) -> None:
    """Draw each path with a ring where it begins and a dot where it ends."""
    size = point_size(ax)
    for (name, path), colour in zip(paths.items(), colours(len(paths)), strict=True):
        many = len(path) > 40
        label = label_of(name, path, ticks)
        ax.plot(
            *path.T, color=colour, lw=1.6, marker=None if many else ".", ms=size**0.5, label=label
        )
        ax.scatter(*path[:1].T, s=2.5 * size, facecolors="none", edgecolors=[colour], zorder=3)
        ax.scatter(*path[-1:].T, s=2.5 * size, color=[colour], edgecolors=[ink(ax)], zorder=4)
    ax.set(xlim=ticks[0][[0, -1]], ylim=ticks[1][[0, -1]])
    if len(paths) > 1:
        legend(ax, list(paths))


def _draw_relief(ax: Any, ticks: Sequence[Array], costs: Array, paths: Mapping[str, Array]) -> None:
    first, second = np.meshgrid(*ticks, indexing="ij")
    ax.plot_surface(first, second, costs, cmap="viridis", alpha=0.85, rstride=1, cstride=1, lw=0)
    for (name, path), colour in zip(paths.items(), colours(len(paths)), strict=True):
        up = heights_on(ticks, costs, path)
        seen = np.where(np.isnan(up)[:, None], np.nan, path)
        label = label_of(name, path, ticks)
        ax.plot(*seen.T, up, color=colour, lw=2, zorder=9, label=label)
    ax.set_zlabel("cost")
    if len(paths) > 1:
        legend(ax, list(paths))


def draw_line(
    where: str, ax: Any, ticks: Array, costs: Array, paths: Mapping[str, Array], name: str
) -> Any:
    """Draw a cost along a line; paths are points on it."""
    ax = axes_for(where, ax)
    first, *others = colours(1 + len(paths))
    ax.plot(ticks, np.where(np.isfinite(costs), costs, np.nan), color=first, lw=1.6)
    for (label, path), colour in zip(paths.items(), others, strict=True):
        up = heights_on([ticks], costs, path)
        ax.plot(path[:, 0], up, color=colour, marker=".", lw=0.5, label=label)
    ax.set(xlabel=name, ylabel="cost", xlim=ticks[[0, -1]])
    if is_logarithmic(costs):
        ax.set_yscale("log")
    if len(paths) > 1:
        legend(ax, list(paths))
    return ax


def heights_on(ticks: Sequence[Array], costs: Array, places: Array) -> Array:
    """Return the cost at places between those where it is known, NaN outside of all.

    Example:
        >>> heights_on([np.array([0.0, 2.0])], np.array([10.0, 20.0]), np.array([[0.5], [3.0]]))
        array([12.5,  nan])
    """
    found = costs.astype(np.float64)
    outside = np.zeros(len(places), bool)
    cells, shares = [], []
    for values, at in zip(ticks, places.T, strict=True):
        outside |= ~((at >= values[0]) & (at <= values[-1]))
        cell = np.clip(np.searchsorted(values, at, side="right") - 1, 0, len(values) - 2)
        cells.append(cell)
        shares.append((at - values[cell]) / (values[cell + 1] - values[cell]))
    with np.errstate(invalid="ignore", over="ignore"):
        if len(ticks) == 1:
            (i,), (s,) = cells, shares
            up = (1 - s) * found[i] + s * found[i + 1]
        else:
            (i, j), (s, t) = cells, shares
            up = (1 - s) * ((1 - t) * found[i, j] + t * found[i, j + 1])
            up = up + s * ((1 - t) * found[i + 1, j] + t * found[i + 1, j + 1])
    up[outside] = np.nan
    return np.asarray(up)


def text_map(ticks: Sequence[Array], costs: Array, paths: Mapping[str, Array]) -> str:
    """Return a cost over a plane as rows of digits, the lowest 0 and the highest 9.

    Paths are letters, a b c …, upper-case where they end; a cost that is not finite is a question
    mark. All of it is ASCII, at most 50 letters wide.

    Example:
        >>> ticks = np.array([0.0, 1.0, 2.0])
        >>> print(text_map([ticks, ticks], np.add.outer(ticks, ticks), {"p": np.array([[0, 2]])}))
        A 7 9
        2 5 7
        0 2 5
    """
    across, up = (
        np.unique(np.linspace(0, len(values) - 1, most).round().astype(int))
        for values, most in zip(ticks, (COLUMNS, ROWS), strict=True)
    )
    edges = levels_of(costs, 11)
    seen = costs[np.ix_(across, up)]
    digits = np.clip(np.searchsorted(edges, seen, side="right") - 1, 0, 9)
    cells = [
        [f"{digit} " if np.isfinite(cost) else "? " for digit, cost in zip(*row, strict=True)]
        for row in zip(digits.T, seen.T, strict=True)
    ]
    for k, path in enumerate(paths.values()):
        letter = chr(ord("a") + k % 26)
        for place in path:
            _put(cells, ticks, across, up, place, letter)
        _put(cells, ticks, across, up, path[-1], letter.upper())
    return "\n".join("".join(row).rstrip() for row in cells[::-1])


def _put(
    cells: list[list[str]],
    ticks: Sequence[Array],
    across: Array,
    up: Array,
    place: Array,
    letter: str,
) -> None:
    column, row = (
        np.abs(values[kept] - at).argmin() if values[0] <= at <= values[-1] else -1
        for values, kept, at in zip(ticks, (across, up), place, strict=True)
    )
    if column >= 0 and row >= 0:
        cells[row][column] = f"{letter} "
