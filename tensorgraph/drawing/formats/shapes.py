"""What a picture consists of: rectangles, paths, circles and lines of text at their places.

Every format is written from these, so that all of them show the same drawing. How something looks
is a name that style.py explains, and colours are those of the tone of the group around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorgraph.drawing.layout import Point

Step = tuple[str, tuple[Point, ...]]
"""Where a path goes on: ``M`` or ``L`` to a point, ``Q`` or ``C`` bent by one or two others."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its upper left corner."""

    look: str
    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and curves; where the look has no outline, the area inside."""

    look: str
    steps: tuple[Step, ...]
    width: float | None = None
    """Of the line; by default that of its look."""
    tip: str = ""
    """What is told when the pointer rests on it."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle by its middle."""

    look: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text on its base line."""

    look: str
    x: float
    y: float
    text: str
    anchor: str = "middle"
    """What of it stands at x: ``start``, ``middle`` or ``end``."""
    absent: bool = False
    """Whether it is of something that is not there."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A line of mathematics: set as such where that can be done, a line of text elsewhere."""

    text: Text
    latex: str
    mathml: str
    height: float
    """How much room it has, half of it above the middle of its letters."""


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that have one tone and one tip."""

    tone: str
    shapes: tuple[Shape, ...]
    tip: str = ""


Shape = Rect | Path | Circle | Text | Formula | Group


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole picture: the shapes from the lowest to the uppermost, on paper of a size."""

    width: float
    height: float
    shapes: Sequence[Shape]
    title: str = ""


def polyline(look: str, points: Sequence[Point], width: float | None = None) -> Path:
    """Return a path of straight lines."""
    first, *others = points
    return Path(look, (("M", (first,)), *(("L", (point,)) for point in others)), width)
