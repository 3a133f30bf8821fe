"""How numbers and places are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tensorgraph.teacher.judging.known_numbers import Known


def factor_told(k: float, known: Sequence[Known]) -> str:
    """Return by which factor something is off, and what to do.

    Example:
        >>> factor_told(2.5, [])
        '2.5 times too large'
        >>> factor_told(-0.25, [])
        '4 times too small, and of the wrong sign, -0.25 times what it is to be'
    """
    size = abs(k)
    text = f"{size:.6g} times too large" if size > 1 else f"{1 / size:.6g} times too small"
    if k < 0:
        text += ", and of the wrong sign"
    if not known:
        return text if size > 1 else f"{text}, {k:.6g} times what it is to be"
    told = " or ".join(dict.fromkeys(_remedy(each, "−" if k < 0 else "") for each in known))
    values = dict.fromkeys(each.told for each in known if each.told != each.text)
    return f"{text} ({', '.join(values)}): {told}" if values else f"{text}: {told}"


def _remedy(known: Known, sign: str) -> str:
    """Return what takes a factor away."""
    if known.text.startswith("1 / "):
        rest = known.text.removeprefix("1 / ")
        if rest.isdecimal():
            return f"multiply by {sign}{rest}"
        return f"multiply by {sign}{rest}, which it is divided by once too often"
    if known.text.endswith("²") and known.value < 1:
        return f"divide by {sign}{known.text} (multiplied by it where it is to be divided?)"
    text = f"({known.text})" if " " in known.text else known.text
    return f"divide by {sign}{text}"


def places_told(which: Sequence[int]) -> str:
    """Return numbers of places, the first few of many.

    Example:
        >>> places_told([1, 2, 5]), places_told([3])
        ('1, 2 and 5', '3')
    """
    shown = [str(int(n)) for n in which[:6]]
    if len(which) > 6:
        return f"{', '.join(shown)}, …"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def elements_told(wrong: Any) -> str:
    """Return which elements are meant: whole rows or columns where these are."""
    for axis, one, many in ((0, "row", "rows"), (1, "column", "columns")):
        if wrong.ndim < 2 or wrong.ndim > 2 or wrong.shape[axis] < 2 or wrong.shape[1 - axis] < 2:
            continue
        lines = np.flatnonzero(wrong.any(axis=1 - axis))
        if wrong[lines].all() if axis == 0 else wrong[:, lines].all():
            told = places_told(list(lines))
            return f"{one} {told} is" if len(lines) == 1 else f"{many} {told} are"
    if wrong.ndim != 2:
        for axis in range(wrong.ndim):
            others = tuple(a for a in range(wrong.ndim) if a != axis)
            lines = np.flatnonzero(wrong.any(axis=others))
            if wrong.ndim > 1 and np.take(wrong, lines, axis=axis).all():
                verb = "is" if len(lines) == 1 else "are"
                return f"[{places_told(list(lines))}] along axis {axis} {verb}"
    n = int(wrong.sum())
    index = [tuple(int(i) for i in at) for at in np.argwhere(wrong)[:3]]
    told = ", ".join(str(list(at)) for at in index)
    more = ", …" if n > 3 else ""
    return (
        f"{n} of {wrong.size} elements {'is' if n == 1 else 'are'} ({told}{more})"
        if n > 1
        else (f"element {told} is")
    )


def small_told(mine: Any, right: Any, wrong: Any) -> str:
    """Return what elements that are wrong have in common, if it is anything.

    Example:
        >>> small_told(np.array([1.0, -2.0, -4.0]), np.array([1.0, 2.0, 4.0]), np.arange(3) > 0)
        ': the sign is wrong there'
    """
    mine, right = mine[wrong], right[wrong]
    if not mine.any():
        return ": 0 there"
    if not right.any():
        return ": it is to be 0 there"
    k = float(np.vdot(right, mine) / np.vdot(right, right))
    if np.abs(mine - k * right).max() > 1e-3 * np.abs(mine).max() or mine.size < 2:
        return ""
    return ": the sign is wrong there" if abs(k + 1) < 1e-3 else f": {factor_told(k, [])} there"


def distance_told(mine: Any, right: Any) -> str:
    """Return how far two arrays of one shape are apart."""
    if not np.isfinite(mine).all():
        return (
            f"{int((~np.isfinite(mine)).sum())} of {mine.size} elements are infinite or no numbers"
        )
    off = float(np.linalg.norm(mine - right))
    size = float(np.linalg.norm(right))
    if size == 0:
        return f"it is to be 0, and its norm is {np.linalg.norm(mine):.3g}"
    cosine = float(np.vdot(mine, right)) / (size * float(np.linalg.norm(mine)) or 1.0)
    return f"it is off by {off / size:.2g} of its norm, and points in direction {cosine:.3g} of it"
