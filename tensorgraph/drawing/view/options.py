"""The options of a picture, checked when they are given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tensorgraph import errors
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
    max_nodes: int
    direction: str
    color_by: str
    engine: str | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "expand", _names(self.expand))
        _check_one_of("direction", self.direction, DIRECTIONS)
        _check_one_of("color_by", self.color_by, tuple(COLOURINGS))
        _check_one_of("engine", self.engine, ENGINES)
        _check_bool("backward", self.backward)
        _check_bool("values", self.values)
        if self.depth is not None:
            _check_whole("depth", self.depth, 0)
        _check_whole("max_nodes", self.max_nodes, 1)


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


def _check_one_of(name: str, given: Any, known: Sequence[Any]) -> None:
    if given not in known:
        listed = ", ".join(map(repr, known))
        raise errors.ArgumentError(f"render: {name} is one of {listed}, not {given!r}")


def _check_bool(name: str, given: Any) -> None:
    if not isinstance(given, bool):
        raise errors.ArgumentError(f"render: {name} is True or False, not {given!r}")


def _check_whole(name: str, given: Any, least: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise errors.ArgumentError(
            f"render: {name} is a whole number not below {least}, not {given!r}"
        )
