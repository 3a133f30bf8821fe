"""Text in pictures: how wide it is about, without a font at hand, and how it is written in XML."""

from __future__ import annotations

import unicodedata
from html import escape

_NARROW = frozenset("fijlrtI.,:;!|'`()[]{}-·′ ")
_WIDE = frozenset("mwMW@%∂ΣΠ—…→⊙")
CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
"""Characters that XML cannot hold."""


def width_of(text: str, size: float, mono: bool = False) -> float:
    """Return about how wide a text is; the usual sans-serif fonts are hardly wider."""
    return size * sum(map(_mono if mono else _proportional, text))


def _proportional(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.92
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if unicodedata.combining(character):
        return 0.0
    return 0.7 if character.isupper() else 0.61


def _mono(character: str) -> float:
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.61


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters, without its middle where it has more."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 3
    return f"{text[: most - 1 - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"


def xml(text: str) -> str:
    """Return a text as XML, where no character of it can be taken for markup."""
    safe = text.translate(CONTROL).encode("utf-8", "replace").decode("utf-8")
    return escape(safe, quote=True)


def number(value: float) -> str:
    """Return a coordinate with at most one digit behind the point."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0" if value > -0.05 else "-0")
