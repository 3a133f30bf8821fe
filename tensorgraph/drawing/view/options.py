"""The options of a picture, checked when they are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import boolean, one_of, whole
from tensorgraph.drawing.view.colour import COLOURINGS

DIRECTIONS = ("down", "right")
ENGINES = (None, "dot", "own")


@dataclass(frozen=True)
class Options:
    """How a graph is drawn; ``tg.render`` says what each option means and what is its default.

    Raises:
        ArgumentError: an option has no such value.
    """

    backward: bool
    depth: int | None
    expand: Any
    """A name, a tuple of names, or ``True``."""
    values: bool
    formulas: bool | None
    max_nodes: int
    direction: str
    color_by: str
    engine: str | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "expand", _names(self.expand))
        one_of(self.direction, "render: direction", DIRECTIONS)
        one_of(self.color_by, "render: color_by", COLOURINGS)
        one_of(self.engine, "render: engine", ENGINES)
        boolean(self.backward, "render: backward")
        boolean(self.values, "render: values")
        if self.formulas is not None:
            boolean(self.formulas, "render: formulas")
        if self.depth is not None:
            whole(self.depth, "render: depth")
        whole(self.max_nodes, "render: max_nodes", 1)


def _names(expand: Any) -> Any:
    if isinstance(expand, (str, bool)):
        return expand or ()
    names = tuple(expand) if isinstance(expand, Iterable) else (expand,)
    if not all(isinstance(name, str) for name in names):
        raise errors.ArgumentError(
            f"render: expand is the path or the class of modules, several in a list, or True, not"
            f" {errors.describe(expand)}; write expand='Linear'"
        )
    return names
