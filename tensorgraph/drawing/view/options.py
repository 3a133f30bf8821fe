"""The options of a picture, checked when they are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import boolean, number, one_of, whole
from tensorgraph.drawing.view.colour import COLOURINGS, OWN
from tensorgraph.drawing.view.wording import SHOWN

DIRECTIONS = ("down", "right")
ENGINES = ("own", "dot")
THEMES = ("auto", "light", "dark", "print")
TITLE_SIZE = 9.75
"""Points: how large the titles of boxes are, unless another size is asked for."""


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
    engine: str
    theme: str
    font: str
    font_size: float
    title: str | None
    show: Any
    """A tuple of ``SHOWN``."""
    legend: bool | str
    """A text is what the caller's numbers are called."""

    @property
    def has_legend(self) -> bool:
        """Whether it is told what colours mean."""
        return self.legend is not False

    def __post_init__(self) -> None:
        object.__setattr__(self, "expand", _names(self.expand))
        one_of(self.direction, "render: direction", DIRECTIONS)
        one_of(self.color_by, "render: color_by", COLOURINGS)
        one_of(self.engine, "render: engine", ENGINES)
        boolean(self.backward, "render: backward")
        boolean(self.values, "render: values")
        one_of(self.theme, "render: theme", THEMES)
        if self.color_by != OWN or not isinstance(self.legend, str):
            boolean(self.legend, "render: legend")
        object.__setattr__(self, "font_size", number(self.font_size, "render: font_size", above=0))
        object.__setattr__(self, "show", _shown(self.show))
        _text(self.font, "font", "font='Helvetica'")
        if self.title is not None:
            _text(self.title, "title", "title='A small network', or title='' for none")
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


def _shown(show: Any) -> tuple[str, ...]:
    names = (show,) if isinstance(show, str) else tuple(show) if isinstance(show, Iterable) else ()
    if not names:
        raise errors.ArgumentError(
            f"render: show is what stands in a box, some of {errors.listing(list(SHOWN))}, not"
            f" {errors.describe(show)}; write show=['op', 'shape']"
        )
    return tuple(one_of(name, "render: show", SHOWN) for name in names)


def _text(value: Any, name: str, example: str) -> None:
    if not isinstance(value, str):
        raise errors.ArgumentTypeError(
            f"render: {name} is a text, not {errors.describe(value)}; write {example}"
        )
