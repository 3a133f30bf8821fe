"""Single numbers that were given, as Python's own."""

from __future__ import annotations

import math
from operator import index
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError, DTypeError, describe


def whole(value: Any, what: str, least: int = 0) -> int:
    """Return an integer of at least ``least``.

    Raises:
        DTypeError: it is not an integer; a boolean is none.
        ArgumentError: it is below ``least``.

    Example:
        >>> import numpy as np
        >>> whole(np.int64(3), "split: seed")
        3
    """
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = index(value)
    except TypeError:
        raise DTypeError(f"{what} is an integer, not {describe(value)}") from None
    if number < least:
        raise ArgumentError(f"{what} is at least {least}, not {number}")
    return number


def number(value: Any, what: str, least: float = -math.inf, most: float = math.inf) -> float:
    """Return a finite number of [least, most]; a tensor or an array without axes is one too.

    Raises:
        DTypeError: it is not a number; no string, boolean or complex number is.
        ArgumentError: it lies outside, or is NaN or infinite.

    Example:
        >>> import numpy as np
        >>> number(np.float32(0.5), "flip: p", 0, 1)
        0.5
    """
    found = _real(value)
    if found is None:
        raise DTypeError(f"{what} is a number, not {describe(value)}")
    if not math.isfinite(found) and least == -math.inf:
        raise ArgumentError(f"{what} is a finite number, not {found:g}")
    if not least <= found <= most or math.isinf(found):
        limits = f"at least {least:g}" if most == math.inf else f"in [{least:g}, {most:g}]"
        raise ArgumentError(f"{what} is {limits}, not {found:g}")
    return found


def _real(value: Any) -> float | None:
    shape, dtype = getattr(value, "shape", ()), getattr(value, "dtype", None)
    if isinstance(value, (bool, str, bytes)) or shape != () or getattr(dtype, "kind", "f") in "bc":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
