"""Whether two arrays are alike within a tolerance, and if not, where and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.tensor import Tensor

DIGITS = 6
"""So many digits of a number are told, where these tell it from the other one."""


@dataclass(frozen=True)
class Tolerance:
    """How far two elements may be apart: atol + rtol · the larger of their sizes.

    Without numbers of their own what was stored is the same only if it is equal, after both are
    rounded to the coarser of the two types; and what was computed may differ by a two-third of the
    digits that are lost by rounding, beside the largest element: 2.4e-5 of it in float32.
    """

    rtol: float | None = None
    atol: float | None = None

    def of(self, a: Any, b: Any, stored: bool, scale: float | None = None) -> tuple[float, float]:
        """Return rtol and atol for two arrays, or for what numbers of a scale cancelled to."""
        if self.rtol is not None or self.atol is not None:
            return self.rtol or 0.0, self.atol or 0.0
        kinds = a.dtype.kind + b.dtype.kind
        if stored or not set(kinds) <= set("fc"):
            return 0.0, 0.0
        rounding = max(float(np.finfo(each.dtype).eps) for each in (a, b)) ** (2 / 3)
        return rounding, rounding * (max(largest(a), largest(b)) if scale is None else scale)


@dataclass(frozen=True)
class ArrayDifference:
    """How two arrays differ."""

    what: str
    """``shape``, ``dtype`` or ``values``."""
    count: int = 0
    """How many elements differ,"""
    size: int = 0
    """of how many."""
    at: tuple[int, ...] = ()
    """Where the worst element is,"""
    a: Any = None
    """what it is in the one"""
    b: Any = None
    """and in the other."""
    largest: float = 0.0
    """The largest difference; infinite where one is NaN or infinite and the other is not."""
    relative: float = 0.0
    """The same as a part of the largest element of either."""

    @property
    def ends(self) -> str:
        """The worst element in both, in as many digits as tell them apart: ``0.5 → 0.25``."""
        pairs = ((number_text(x, d) for x in (self.a, self.b)) for d in range(DIGITS, 18))
        told = next(((a, b) for a, b in pairs if a != b), None)
        a, b = told or (number_text(self.a), number_text(self.b))
        return f"{a} → {b}"

    def __str__(self) -> str:
        """Return it in words: ``3 of 6 elements, most at [0, 1]: 0.5 → 0.25``."""
        if self.what != "values":
            return f"{self.what} {self.a} → {self.b}"
        ends = self.ends
        if self.size == 1:
            return ends
        at = ", ".join(map(str, self.at))
        return f"{self.count:,} of {self.size:,} elements, most at [{at}]: {ends}"


def number_text(number: Any, digits: int = DIGITS) -> str:
    """Return an element of an array as text.

    Example:
        >>> number_text(np.float32(-0.1)), number_text(3), number_text(True)
        ('−0.1', '3', 'True')
    """
    if isinstance(number, (bool, np.bool_)):
        return str(bool(number))
    if isinstance(number, (complex, np.complexfloating)):
        return f"{complex(number):.{digits}g}"
    if isinstance(number, (float, np.floating)):
        return f"{float(number):.{digits}g}".replace("-", "−")
    return str(number).replace("-", "−")


def difference(
    a: Any, b: Any, tolerance: Tolerance, stored: bool = False, scale: float | None = None
) -> ArrayDifference | None:
    """Return how two arrays differ; ``None`` if they are alike.

    Args:
        a: an array or tensor.
        b: the other one.
        tolerance: how far elements may be apart.
        stored: whether they were stored, not computed.
        scale: how large they and the numbers are that they are computed from, if that is known.

    Example:
        >>> found = difference(np.array([1.0, 2.0]), np.array([1.0, 2.5]), Tolerance())
        >>> print(found)
        1 of 2 elements, most at [1]: 2 → 2.5
        >>> difference(np.ones(3), np.ones(3) + 1e-15, Tolerance()) is None
        True
    """
    a, b = plain(a), plain(b)
    if a.shape != b.shape:
        return ArrayDifference("shape", a=_shape(a), b=_shape(b))
    if a.dtype.kind not in "fciub" or b.dtype.kind not in "fciub":
        return _unlike(a, b)
    if np.array_equal(a, b):
        return None
    rtol, atol = tolerance.of(a, b, stored, scale)
    if stored and tolerance == Tolerance() and a.dtype != b.dtype:
        a, b = _rounded(a, b)
    return _apart(a, b, rtol, atol)


def _unlike(a: Any, b: Any) -> ArrayDifference | None:
    """Return where arrays of texts, or of other things that are no numbers, first differ."""
    unlike = np.asarray(a != b)
    if not unlike.any():
        return None
    at = np.unravel_index(int(np.argmax(unlike)), unlike.shape)
    count = int(np.count_nonzero(unlike))
    return ArrayDifference(
        "values", count, int(unlike.size), tuple(map(int, at)), a[at], b[at], np.inf, np.inf
    )


def _apart(a: Any, b: Any, rtol: float, atol: float) -> ArrayDifference | None:
    with np.errstate(all="ignore"):
        one, other = (each.astype(np.promote_types(each.dtype, np.float64)) for each in (a, b))
        gap = np.abs(one - other)
        near = gap <= atol + rtol * np.maximum(np.abs(one), np.abs(other))
    if not rtol and not atol and {a.dtype.kind, b.dtype.kind} <= set("iub"):
        near = a == b  # float64 does not tell large integers apart
        gap = np.maximum(gap, ~near)
    finite = np.isfinite(gap)
    if not finite.all():
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        gap, near = np.where(finite, gap, np.inf), np.where(finite, near, same)
    if near.all():
        return None
    gap = np.where(near, -1.0, gap)
    at = np.unravel_index(int(np.argmax(gap)), gap.shape)
    worst = float(gap[at])
    size = max(largest(a), largest(b))
    return ArrayDifference(
        "values",
        count=int(near.size - np.count_nonzero(near)),
        size=int(near.size),
        at=tuple(map(int, at)),
        a=a[at],
        b=b[at],
        largest=worst,
        relative=worst / size if size else np.inf,
    )


def plain(value: Any) -> Any:
    """Return a tensor or anything like an array as an array of NumPy's own."""
    array = value._data if isinstance(value, Tensor) else value
    return np.asarray(to_host(array) if hasattr(array, "shape") else array)


def _rounded(a: Any, b: Any) -> tuple[Any, Any]:
    """Return both in the coarser type, where both are floating."""
    if a.dtype.kind != "f" or b.dtype.kind != "f":
        return a, b
    coarse = min(a.dtype, b.dtype, key=lambda dtype: dtype.itemsize)
    with np.errstate(over="ignore"):
        return a.astype(coarse), b.astype(coarse)


def largest(array: Any) -> float:
    """Return the size of the largest finite element."""
    if array.dtype.kind not in "fc":
        array = array.astype(np.float64)
    size = np.abs(array)
    most = float(size.max(initial=0.0))
    return most if np.isfinite(most) else float(size.max(initial=0.0, where=np.isfinite(size)))


def _shape(array: Any) -> str:
    return str(tuple(map(int, array.shape)))
