"""Text in pictures: how wide it is about, without a font at hand."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("fijlrtI.,:;!|'`()[]{}-·′ ")
_WIDE = frozenset("mwMW@%∂ΣΠ—…→⊙+=<>×±−")


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
    return 0.72 if character.isupper() else 0.62


def _mono(character: str) -> float:
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.61


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters, without its middle where it has more."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 3
    return f"{text[: most - 1 - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"


def number(value: float) -> str:
    """Return a coordinate with at most one digit behind the point."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0" if value > -0.05 else "-0")
