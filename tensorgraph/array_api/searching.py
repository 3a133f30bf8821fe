"""Places in a sorted row that has an order of its own, and membership."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.ops.sets import known

__all__ = ["isin", "searchsorted"]


def searchsorted(
    x1: Tensor, x2: Any, /, *, side: Any = "left", sorter: Tensor | None = None
) -> Any:
    """Return where elements of x2 belong in the ascending x1, or in x1 as ``sorter`` orders it."""
    return ops.searchsorted(x1 if sorter is None else ops.take(x1, sorter), x2, side=side)


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Tensor:
    """Return where elements of x1 are among those of x2."""
    return wrap(np.asarray(np.isin(known(x1, "isin"), known(x2, "isin"), invert=invert)))
