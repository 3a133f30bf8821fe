"""What is visible of a scene: tiles, the links between them, and the outlines of open modules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tile:
    """Something that is drawn as one box."""

    id: int
    kind: str
    """``op``, ``parameter``, ``input`` or ``constant``; ``module`` for a folded one; ``more`` for
    operations that are left out."""
    lines: tuple[str, ...]
    """What is written on it: the title first."""
    family: str = ""
    """The family of its operation, which colours it."""
    shape: str = ""
    boxes: tuple[int, ...] = ()
    """The boxes of the scene that it stands for."""
    repeat: int = 1
    """For how many equal ones it stands."""
    outline: int | None = None
    """The outline of the innermost open module around it."""
    docked: tuple[Tile, ...] = ()
    """Leaves that only it uses, drawn on it."""
    warn: str = ""
    """``nan`` or ``inf`` where its value or gradient holds one."""
    gradient: str = ""
    """What its gradient's tile says: ``∂W1``, or ``not computed``; empty without such a tile."""
    gradient_lines: tuple[str, ...] = ()
    """More lines of that tile: ``sum of 2``, statistics."""
    heat: float | None = None
    """From 0 to 1, where a quantity colours the picture."""
    hue: int | None = None
    """Which of the outer modules it belongs to, where modules colour the picture."""
    tip: str = ""
    """What is told when the pointer rests on it."""


@dataclass(frozen=True, slots=True)
class Link:
    """Values that flow from one tile to another."""

    source: int
    target: int
    kind: str = "data"
    """``data``; ``gradient``, from the gradient of ``source`` up to that of ``target``; or
    ``saved``, from the value of ``source`` to the gradient of ``target``, whose rule reads it."""
    label: str = ""
    count: int = 1
    """How many edges of the graph it stands for."""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Outline:
    """An open module, drawn around its tiles."""

    id: int
    title: str
    parent: int | None = None
    copies: int = 1
    """How many equal modules in a row it stands for."""


@dataclass(frozen=True, slots=True)
class View:
    """What a picture draws. Ids are positions in the lists."""

    tiles: tuple[Tile, ...]
    """In an order in which every link of data points forward."""
    links: tuple[Link, ...] = ()
    outlines: tuple[Outline, ...] = ()
    """Each after the one around it."""
    mirror: bool = False
    """Whether the backward pass is drawn beside the forward pass."""
    folded: str = ""
    """What is not shown, as a sentence."""
    direction: str = "down"
    """Where the forward pass runs: ``down`` or ``right``."""
    title: str = ""
    caption: tuple[str, ...] = ()
    """Lines of text below the picture."""
    color_by: str = "family"
    scale: str = ""
    """What ``heat`` measures, with its range: ``0 … 1.2 ms``; empty without it."""
