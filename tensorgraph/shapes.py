"""The shape of anything an op takes as an operand."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import errors


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a tensor, an array, a number or nested lists."""
    shape: tuple[int, ...] | None = getattr(x, "shape", None)
    if shape is not None:
        return shape
    try:
        return np.shape(x)
    except ValueError:
        raise errors.ShapeError(errors.ragged(x)) from None


def ndim_of(x: Any) -> int:
    """Return the number of axes of a tensor, an array, a number or nested lists."""
    return len(shape_of(x))
