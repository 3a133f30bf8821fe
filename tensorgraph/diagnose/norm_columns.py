"""Columns of a history that hold norms by layer: ``gradients/PATH`` and ``activations/PATH``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

GRADIENTS, ACTIVATIONS = "gradients/", "activations/"
"""How the names of these columns begin; the path of a module follows."""

Column = TypeVar("Column")


def by_layer(columns: Mapping[str, Column], start: str) -> dict[str, Column]:
    """Return the columns whose names begin so, by the paths of their layers.

    Example:
        >>> by_layer({"epoch": [1], "gradients/layers.0": [0.5]}, GRADIENTS)
        {'layers.0': [0.5]}
    """
    return {name.removeprefix(start): columns[name] for name in columns if name.startswith(start)}
