"""How shapes and letters look: what their names mean, for every format."""

from __future__ import annotations

from dataclasses import dataclass

SANS = "ui-sans-serif,system-ui,'Segoe UI','Helvetica Neue',Arial,sans-serif"
MONO = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
MATH = "'STIX Two Math','Cambria Math','Latin Modern Math','DejaVu Serif',Georgia,serif"


@dataclass(frozen=True, slots=True)
class Look:
    """How a rectangle, path or circle looks; colours by what they are for, see palette.py."""

    fill: str = ""
    """Empty where nothing is inside."""
    stroke: str = ""
    width: float = 1.0
    dash: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Lettering:
    """How a line of text looks."""

    size: float
    """In pixels, as all lengths are."""
    colour: str = "ink"
    bold: bool = False
    family: str = "sans"
    """``sans``, ``mono`` or ``math``."""


LOOKS = {
    "paper": Look("paper"),
    "tile": Look("fill", "line", 1.25),
    "pill": Look("fill", "line"),
    "absent": Look("paper", "muted", dash=(4, 3)),
    "bad": Look("bad-fill", "bad", 2.5),
    "removed": Look("fill", "line", 1.5, (5, 3)),
    "badge": Look("line"),
    "heat": Look("fill"),
    "alarm": Look("bad"),
    "frame": Look("frame"),
    "outline": Look("frame", "edge", 1.25),
    "line": Look("", "line"),
    "head": Look("line"),
    "saved": Look("", "muted", 1.2, (2, 4)),
    "sum": Look("paper", "line", 1.5),
    "rule": Look("", "edge"),
}
LETTERING = {
    "title": Lettering(16, bold=True),
    "pass": Lettering(11, "muted", bold=True),
    "t": Lettering(13, bold=True),
    "s": Lettering(11, "muted"),
    "m": Lettering(10.5, "muted", family="mono"),
    "c": Lettering(11.5, bold=True),
    "on": Lettering(10, "paper", bold=True),
    "o": Lettering(11.5, "muted", bold=True),
    "note": Lettering(10, "muted"),
    "l": Lettering(11, "muted"),
    "f": Lettering(15, family="math"),
}
"""The title and the headings; on cards the title, small lines, shapes, pills and badges; titles of
outlines; words beside links; below the picture the legend and formulas."""


def lettering(look: str, absent: bool) -> Lettering:
    """Return how a text looks; that of something absent is less black."""
    found = LETTERING[look]
    return Lettering(found.size, "muted", family=found.family) if absent else found
