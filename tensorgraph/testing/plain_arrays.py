"""What the checks ask of arrays: how large their numbers are, and that nobody writes to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array


def largest(array: Any) -> float:
    """Return the largest |number| of an array; 0 if it has no elements.

    Example:
        >>> largest([1.0, -3.0]), largest([])
        (3.0, 0.0)
    """
    return float(np.max(np.abs(array), initial=0.0))


def read_only(array: Any) -> Array:
    """Return an array as one that nobody can write to, in the same memory."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
