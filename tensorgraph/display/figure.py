"""Figures of matplotlib, where it is installed."""

from __future__ import annotations

from typing import Any

from tensorgraph.extras import require


def new_figure(width: float, height: float) -> Any:
    """Return an empty matplotlib figure, which needs no screen.

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure = require("matplotlib.figure", "train").Figure
    return figure(figsize=(width, height), layout="constrained")
