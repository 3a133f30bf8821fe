"""How large a picture is on paper: lengths with their units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tensorgraph import errors

PIXELS = {"mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "pt": 96 / 72, "px": 1.0}
"""How many of a drawing's pixels a unit is, as SVG and CSS have it."""


def length(text: Any, what: str) -> float:
    """Return a length in pixels.

    Example:
        >>> length("2.5in", "save: width")
        240.0

    Raises:
        ArgumentError: it has another unit or none, or is not above 0.
    """
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-z]+)\s*", text) if isinstance(text, str) else None
    if found and found[2] in PIXELS and re.fullmatch(r"\d+\.?\d*|\.\d+", found[1]):
        pixels = float(found[1]) * PIXELS[found[2]]
        if pixels:
            return pixels
    raise errors.ArgumentError(
        f"{what} is a length above 0 in {', '.join(PIXELS)}, such as '85mm' or '3.3in', not"
        f" {errors.describe(text)}"
    )


@dataclass(frozen=True)
class Size:
    """How large a picture becomes in a file.

    Raises:
        ArgumentError: the width or height is no length.
    """

    width: str | None = None
    height: str | None = None
    dpi: float = 200.0

    def __post_init__(self) -> None:
        self.scale(1.0, 1.0)

    def scale(self, width: float, height: float) -> float | None:
        """Return how large a drawing's pixel becomes; ``None`` where no size was asked for."""
        wanted = [
            length(text, f"save: {side}") / extent
            for side, text, extent in (
                ("width", self.width, width),
                ("height", self.height, height),
            )
            if text is not None
        ]
        return min(wanted, default=None)

    def refuse(self, suffix: str) -> None:
        """Raise where a size is given for a format that has none.

        Raises:
            ArgumentError: one is given.
        """
        if self.width is not None or self.height is not None:
            raise errors.ArgumentError(
                f"save: {suffix} has no width or height; .svg, .pdf, .png and .tex have"
            )
