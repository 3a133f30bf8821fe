"""Whether two arrays are equal but for rounding, or multiples of each other, or sums."""

from __future__ import annotations

from typing import Any

import numpy as np

STRICT = {8: 1e-9, 4: 1e-4, 2: 2e-2}
"""Up to which share of the largest element two computations differ, by the bytes of a number."""

LOOSE = {8: 1e-5, 4: 1e-3, 2: 5e-2}
"""Up to this, where nothing explains it, it is rounding too: of a difference quotient, say."""


def difference(mine: Any, right: Any, at_least: float = 0.0) -> float:
    """Return by which share of the largest element arrays of one shape differ; inf of others.

    What is as small as the rounding of something ``at_least`` that large counts as 0.

    Example:
        >>> difference(np.array([1.0, 2.5]), np.array([1.0, 2.0]))
        0.2
    """
    if np.shape(mine) != np.shape(right):
        return float("inf")
    if np.size(right) == 0:
        return 0.0
    largest = max(float(np.abs(mine).max()), float(np.abs(right).max()))
    if largest == 0:
        return 0.0
    off = float(np.abs(mine - right).max())
    if off <= 1e-13 * at_least:
        return 0.0
    found = off / largest
    return found if np.isfinite(found) else float("inf")


def factor(mine: Any, right: Any, share: float) -> float | None:
    """Return k where one array is k times the other; ``None`` where it is no multiple, or 0.

    Example:
        >>> factor(np.array([2.0, 4.0]), np.array([1.0, 2.0]), 1e-9)
        2.0
    """
    if np.shape(mine) != np.shape(right) or np.size(right) == 0:
        return None
    norm = float(np.vdot(right, right))
    if not (norm > 0 and np.isfinite(norm)):
        return None
    k = float(np.vdot(right, mine)) / norm
    if k == 0 or difference(mine, k * right) > share:
        return None
    return k


def mixture(mine: Any, parts: list[Any], share: float) -> list[float] | None:
    """Return how much of each part there is in an array; ``None`` if it is no sum of these.

    Nothing is said where the parts do not tell it.
    """
    if not parts or any(np.shape(p) != np.shape(mine) for p in parts):
        return None
    columns = np.stack([np.ravel(p) for p in parts], axis=1)
    if columns.shape[0] <= columns.shape[1]:
        return None
    scale = np.abs(columns).max(axis=0)
    if not (np.isfinite(columns).all() and (scale > 0).all()):
        return None
    found, _, rank, values = np.linalg.lstsq(columns / scale, np.ravel(mine), rcond=None)
    if rank < len(parts) or values[-1] < 1e-5 * values[0]:
        return None
    k = found / scale
    told = (columns * k).sum(axis=1).reshape(np.shape(mine))
    return [float(x) for x in k] if difference(mine, told) <= share else None
