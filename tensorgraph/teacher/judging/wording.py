"""How numbers and places are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
