"""Figures of matplotlib, where it is installed."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from tensorgraph.extras import require


def new_figure(width: float, height: float) -> Any:
    """Return an empty matplotlib figure, which needs no screen and which notebooks show.

    By themselves they show figures only once ``matplotlib.pyplot`` was imported.

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure = require("matplotlib.figure", "train").Figure(
        figsize=(width, height), layout="constrained"
    )
    figure._repr_png_ = partial(_png, figure)
    return figure


def _png(figure: Any) -> bytes:
    """Return a figure as a picture; it is drawn when it is shown, with all that was added to it."""
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return data.getvalue()
