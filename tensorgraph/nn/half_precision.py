"""Half precision: what counts, adds or squares is computed in single, and rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.ops.arithmetic import astype

HALF = np.dtype(np.float16)
SINGLE = np.dtype(np.float32)


def to_single(x: Any) -> Any:
    """Return x in single precision if it is in half, where 300² is infinite; else as it is.

    Example:
        >>> to_single(np.ones(2, np.float16)).dtype
        dtype('float32')
    """
    return astype(x, dtype=SINGLE) if x.dtype == HALF else x


def to_half(x: Any, *like: Any) -> Any:
    """Return x in half precision if all that it was computed from is in half; else as it is."""
    for y in like:
        if y.dtype != HALF:
            return x
    return astype(x, dtype=HALF)
