"""What a classifier says of the plane around its points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.diagnose.array_arguments import (
    Array,
    as_labels,
    as_numbers,
    classes_of,
    positions,
    same_length,
)
from tensorgraph.display.figure import new_figure
from tensorgraph.extras import require
from tensorgraph.leads.calls import with_leads

__all__ = ["decision_boundary"]

WHERE = "decision_boundary"
SIDE = 150
"""How many points of the plane are asked about along each axis."""


@with_leads
def decision_boundary(
    predict: Callable[[Array], Any], x: Any, labels: Any, *, axes: Any = None
) -> Any:
    """Return a figure of the regions that a classifier tells apart, with examples on them.

    Args:
        predict: Takes points of shape (k, 2), returns the class of each. Of a model write ``lambda
            points: tg.train.predict(model, points).argmax(axis=1)``, which is in evaluation mode.
            For samples in columns ``lambda points: predict(points.T)``, and ``X.T`` for the next
            argument.
        x: Points of shape (m, 2).
        labels: Their classes, of shape (m,), (m, 1) or (1, m).
        axes: Where to draw, as matplotlib calls it; by default in a figure of its own.

    Raises:
        ImportError: matplotlib is not installed.
        ArgumentError: a NaN, or points too far apart to be drawn.
        ShapeError: x are no points of a plane, or there is not one class for each point.
        DTypeError: what should be classes are other numbers, such as probabilities.

    Example:
        >>> import numpy as np
        >>> x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> figure = decision_boundary(lambda points: points[:, 0] > 0.5, x, [0, 0, 1, 1])
        >>> [round(float(end), 3) for end in figure.axes[0].get_xlim()]
        [-0.1, 1.1]
    """
    x, classes = as_numbers(WHERE, "x", x), as_labels(WHERE, "labels", labels)
    if x.ndim != 2 or x.shape[1] != 2:
        raise errors.ShapeError(
            f"{WHERE}: x must be points of a plane, of shape (m, 2), not {x.shape}"
            + ("; write x.T for samples in columns" if x.ndim == 2 and len(x) == 2 else "")
        )
    same_length(WHERE, points=x, labels=classes)
    across, up = (_ticks(values) for values in x.T)
    asked = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    said = as_labels(WHERE, "what predict returns", predict(asked))
    same_length(WHERE, **{"points asked about": asked, "answers of predict": said})
    names = classes_of(WHERE, None, answers=said, labels=classes)
    regions, colours = positions(names, said), positions(names, classes)
    palette = require("matplotlib", "train").colormaps["Spectral"]
    shown: dict[str, Any] = {"cmap": palette, "vmin": 0, "vmax": max(1, len(names) - 1)}
    if axes is None:
        axes = new_figure(5, 4).subplots()
    axes.pcolormesh(across, up, regions.reshape(SIDE, SIDE), alpha=0.5, rasterized=True, **shown)
    axes.scatter(*x.T, c=colours, s=14, edgecolors="black", linewidths=0.3, **shown)
    axes.set(xlim=across[[0, -1]], ylim=up[[0, -1]])
    return axes.figure


def _ticks(values: Array) -> Array:
    """Return equal steps over the range of the values, and a tenth of it beyond either end.

    Raises:
        ArgumentError: the range is larger than any number.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = np.float64(values.min()), np.float64(values.max())
        beyond = (high - low) / 10 or max(1.0, abs(low) / 10)
        ticks: Array = np.linspace(low - beyond, high + beyond, SIDE)
    if not np.isfinite(ticks).all():
        raise errors.ArgumentError(
            f"{WHERE}: points from {low:.3g} to {high:.3g} are too far apart to be drawn; write"
            " data.Normalize().fit(x)(x)"
        )
    return ticks
