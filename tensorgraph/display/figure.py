"""Figures of matplotlib, where it is installed, and what is drawn on a caller's own axes."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.display.svg import COLOURS
from tensorgraph.errors import ArgumentTypeError, ShapeError, describe
from tensorgraph.extras import require

MARKERS = "os^DvPX*"
"""Of points, so that classes are told apart without colours too."""
SIZE = 4.8, 3.8
"""Inches of a picture of its own."""


def new_figure(width: float, height: float) -> Any:
    """Return an empty matplotlib figure.

    In a script that imported ``matplotlib.pyplot`` it is one of pyplot's, the current one, so that
    ``plt.show()`` and ``plt.savefig()`` are of it, and ``plt.close()`` closes it. Otherwise it
    needs no screen and belongs to nobody; and notebooks show it as a last line, where pyplot would
    show it once more.

    Raises:
        ImportError: matplotlib is not installed.
    """
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    is_shown = pyplot is not None and "inline" not in pyplot.get_backend()
    make = pyplot.figure if is_shown else require("matplotlib.figure", "train").Figure
    figure = make(figsize=(width, height), layout="constrained")
    figure._repr_png_ = partial(_png, figure)
    return figure


def _png(figure: Any) -> bytes:
    """Return a figure as a picture; it is drawn when it is shown, with all that was added to it."""
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return data.getvalue()


def axes_for(where: str, ax: Any, width: float = SIZE[0], height: float = SIZE[1]) -> Any:
    """Return the axes that a caller gave to draw on; or those of a new figure, which show it.

    Raises:
        ArgumentTypeError: something that is no axes of matplotlib.
        ImportError: matplotlib is not installed.
    """
    if ax is None:
        figure = new_figure(width, height)
        ax = figure.subplots()
        ax._repr_png_ = figure._repr_png_
        return ax
    if not hasattr(ax, "pcolormesh"):
        hint = "write ax=figure.subplots()" if hasattr(ax, "savefig") else "write ax=plt.gca()"
        raise ArgumentTypeError(
            f"{where}: ax is one Axes of matplotlib to draw on, not {describe(ax)}; {hint}"
        )
    return ax


class AxesGrid(np.ndarray[Any, np.dtype[Any]]):
    """Axes in rows and columns, which a notebook shows as the figure that they stand in."""

    def _repr_png_(self) -> bytes | None:
        return _png(self.flat[0].figure) if self.size else None


def axes_of_grid(
    where: str, axes: Any, rows: int, columns: int, width: float, height: float
) -> NDArray[Any]:
    """Return axes in rows and columns: a caller's, or those of a new figure.

    Args:
        where: what messages begin with.
        axes: None, or as many axes, in any shape.
        rows: how many.
        columns: how many in each.
        width: of one of them, in inches.
        height: of one of them, in inches.

    Raises:
        ArgumentTypeError: something that is no axes of matplotlib.
        ShapeError: another number of axes.
        ImportError: matplotlib is not installed.
    """
    if axes is None:
        figure = new_figure(width * columns, height * rows)
        return np.asarray(figure.subplots(rows, columns, squeeze=False)).view(AxesGrid)
    given = np.array(axes, object).reshape(-1)
    if len(given) != rows * columns:
        raise ShapeError(
            f"{where}: axes are {rows * columns} Axes of matplotlib ({rows} rows of {columns}), not"
            f" {len(given)}; write axes=figure.subplots({rows}, {columns})"
        )
    for one in given:
        axes_for(where, one)
    return given.reshape(rows, columns).view(AxesGrid)


def ink(ax: Any) -> Any:
    """Return the colour of text on axes, which its style made readable on their ground."""
    return ax.xaxis.label.get_color()


def colours(count: int) -> list[Any]:
    """Return colours for a number of things: of few those that most eyes tell apart.

    Raises:
        ImportError: matplotlib is not installed.
    """
    to_rgb = require("matplotlib.colors", "train").to_rgb
    if count <= len(COLOURS):
        return [to_rgb(colour) for colour in COLOURS[:count]]
    palette = require("matplotlib", "train").colormaps["turbo"]
    return [palette(share)[:3] for share in np.linspace(0.05, 0.95, count)]


def ticks_over(values: NDArray[Any], count: int, beyond: float = 0.1) -> NDArray[Any]:
    """Return equal steps over the range of values, and some of it beyond either end.

    They are not finite where the range is larger than any number.

    Example:
        >>> ticks_over(np.array([0.0, 10.0]), 3).tolist()
        [-1.0, 5.0, 11.0]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = np.float64(values.min()), np.float64(values.max())
        more = (high - low) * beyond or max(1.0, abs(low) / 10)
        ticks: NDArray[Any] = np.linspace(low - more, high + more, count)
    return ticks


def inches(ax: Any) -> float:
    """Return about how wide axes are; a layout may change it later."""
    return float(ax.get_window_extent().width / ax.figure.dpi)


def point_size(ax: Any) -> float:
    """Return the area of a point, in small pictures a small one."""
    return min(16.0, max(2.0, 5 * inches(ax)))


def legend(ax: Any, names: Sequence[str]) -> None:
    """Name what was drawn with labels, in small type where it hides least, if there is room."""
    if 1 <= len(names) <= 12 and inches(ax) > 1.8:
        few = len(names) <= 6
        size = "small" if few else "x-small"
        ax.legend(fontsize=size, framealpha=0.8, loc="best", ncols=1 if few else 2)
