"""Text in pictures: how wide it is about, without a font at hand."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("fijlrtI.,:;!|'`()[]{}-·′ ")
_SIGNS = frozenset("→±…=")
"""What belongs to the word behind it."""
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


def wrapped(text: str, most: int, lines: int = 4) -> list[str]:
    """Return a text in lines of at most so many characters, broken at its seams.

    These are spaces outside of brackets, but not those behind a sign; a part that is longer is
    broken at any space. What there are too many lines for is left out at the end.

    Example:
        >>> wrapped("broadcast (4, 1, 1) → (1, 4, 16, 16)", 30)
        ['broadcast (4, 1, 1)', '→ (1, 4, 16, 16)']
    """
    parts = [part for seam in _seams(text) for part in _pieces(seam, most)]
    found = [parts[0]]
    for part in parts[1:]:
        if len(found[-1]) + 1 + len(part) <= most:
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found if len(found) <= lines else [*found[: lines - 1], f"{found[lines - 1]} …"]


def filled(text: str, width: float, size: float) -> list[str]:
    """Return a text in lines that are about so wide at most, of a size of type; it has its own too.

    A word that is wider has a line for itself.
    """
    lines = []
    for paragraph in text.splitlines():
        lines.append("")
        for word in paragraph.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and width_of(longer, size) > width:
                lines.append(word)
            else:
                lines[-1] = longer
    return lines


def _seams(text: str) -> list[str]:
    """Return the parts of a text between spaces outside of brackets."""
    parts, depth, joins = [""], 0, False
    for word in text.split(" "):
        parts[-1] += f" {word}" if joins else word
        depth = max(0, depth + sum(map(word.count, "([{")) - sum(map(word.count, ")]}")))
        joins = depth > 0 or word in _SIGNS
        parts += [] if joins else [""]
    return [part for part in parts if part] or [""]


def _pieces(part: str, most: int) -> list[str]:
    """Return a part that is too long in its words, each of which is shortened if need be."""
    words = [part] if len(part) <= most else part.split(" ")
    return [shortened(word, most) for word in words]


def number(value: float) -> str:
    """Return a coordinate with at most one digit behind the point."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0" if value > -0.05 else "-0")
