"""What ``judge`` returns: a mark for each gradient, as text and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from tensorgraph.display.terminal import in_terminal
from tensorgraph.display.text import escaped
from tensorgraph.drawing.picture import Picture
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import ancestors
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import listing
from tensorgraph.teacher.judging.beside import Written
from tensorgraph.teacher.judging.judged_picture import picture_of
from tensorgraph.teacher.judging.mark import Mark

SIGNS = {
    "right": "✔", "rounding": "✔", "given": "✔", "wrong": "✘", "unexplained": "✘", "unknown": "?"
}  # fmt: skip


MOST_DRAWN = 200
"""Of a graph with more operations notebooks show no picture; ``render`` draws it."""

_count = count()
"""Numbers pictures, to which the rows of a table lead."""

FAILED: list[Judgement] = []
"""The last whose truth was asked for and that was false; for what pytest says of a failed test."""


@dataclass(frozen=True, eq=False, repr=False)
class Judgement:
    """Marks for gradients; true if all of them are right.

    ``assert tg.judge(loss, grads)`` shows it where one is not.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
        >>> j = tg.judge((w * w).sum(), {"w": [2.0, 4.0]})
        >>> bool(j), j
        (True, ✔ w  right)
    """

    marks: tuple[Mark, ...]
    """What is said of each gradient, in the order of the backward pass."""
    formulas: Mapping[str, Written] = field(repr=False)
    """The derived formula of each that is wrong."""
    loss: Tensor = field(repr=False)
    stopped: bool = False
    """Whether it stops at the first that is wrong."""
    places: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What each gradient is of: a node or a leaf of the loss's graph."""

    def __bool__(self) -> bool:
        fine = all(mark.ok for mark in self.marks)
        if not fine:
            FAILED[:] = [self]
        return fine

    def __len__(self) -> int:
        return len(self.marks)

    def __iter__(self) -> Iterator[Mark]:
        return iter(self.marks)

    def __getitem__(self, key: str) -> Mark:
        for mark in self.marks:
            if mark.key == key:
                return mark
        raise KeyError(f"{key!r} was not judged; there is {listing([m.key for m in self.marks])}")

    @property
    def wrong(self) -> tuple[Mark, ...]:
        """The gradients in which something is wrong, not only given what came before."""
        return tuple(m for m in self.marks if m.verdict in ("wrong", "unexplained"))

    def __str__(self) -> str:
        width = max((len(m.key) for m in self.marks), default=0)
        lines = []
        for mark in self.marks:
            lines.append(f"{SIGNS[mark.verdict]} {mark.key:<{width}}  {mark.text}")
            lines += [f"{'':{width + 4}}{word:<9}{told}" for word, told in self._beside(mark)]
        if self.stopped and not all(mark.ok for mark in self.marks):
            lines.append("stopped here: put this right, and judge again")
        return in_terminal("\n".join(lines))

    __repr__ = __str__

    def _beside(self, mark: Mark) -> list[tuple[str, str]]:
        """Return what stands below a mark."""
        if mark.verdict not in ("wrong", "unexplained"):
            return []
        found = []
        mine = mark.line or (mark.key in self.formulas and self.formulas[mark.key].mine)
        if mine:
            found.append(("you have", mine))
        if mark.key in self.formulas:
            found.append(("it is", self.formulas[mark.key].text))
        worst = _worst(mark)
        return [*found, ("worst", worst)] if worst else found

    def render(self, **options: Any) -> Picture:
        """Return the picture of the loss's graph, with ✔ or ✘ where a gradient was judged.

        The colour tells how far a gradient is off.

        Args:
            options: those of :func:`tg.render <tensorgraph.render>` but ``color_by`` and
                ``labels``.

        Raises:
            ArgumentError: an option has no such value.

        Example:
            >>> import tensorgraph as tg
            >>> w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
            >>> "✘ dw" in tg.judge((w * w).sum(), {"dw": [1.0, 2.0]}).render().svg()
            True
        """
        marked = {mark.key: (SIGNS[mark.verdict], mark) for mark in self.marks}
        places = {key: place for key, place in self.places.items() if key in marked}
        return picture_of(self.loss, marked, places, **options)

    def _repr_html_(self) -> str:
        svg = self.render().svg() if self.places and self._is_small() else ""
        here = f"judged-{next(_count)}" if svg else ""
        rows = "".join(self._row(mark, here) for mark in self.marks)
        table = (
            "<table><thead><tr><th></th><th>gradient</th><th>what is said</th><th>it is</th></tr>"
            f"</thead><tbody>{rows}</tbody></table>"
        )
        if not svg:
            return table
        return (
            f'{table}<details><summary>in the graph</summary><div id="{here}">{svg}</div></details>'
        )

    def _is_small(self) -> bool:
        return len(ancestors([place_of(self.loss)])) <= MOST_DRAWN

    def _row(self, mark: Mark, here: str) -> str:
        sign = SIGNS[mark.verdict]
        colour = {"✔": "#2e9e4f", "✘": "#d64545"}.get(sign, "#888888")
        said = escaped(mark.text)
        if mark.line and mark.verdict == "wrong":
            said += f"<br><code>{escaped(mark.line)}</code>"
        worst = _worst(mark) if mark.verdict in ("wrong", "unexplained") else ""
        if worst:
            said += f"<br><small>{escaped(worst)}</small>"
        formula = self.formulas.get(mark.key)
        key = escaped(mark.key)
        if here and mark.key in self.places:
            key = f'<a href="#{here}">{key}</a>'
        return (
            f'<tr><td style="color:{colour}"><b>{sign}</b></td><th>{key}</th>'
            f'<td style="text-align:left">{said}</td>'
            f'<td style="text-align:left">{formula.mathml if formula else ""}</td></tr>'
        )


def _worst(mark: Mark) -> str:
    """Return the element that is off most."""
    mine: Any = mark.mine
    right: Any = mark.right
    if mine is None or right is None or mine.shape != right.shape or mine.size == 0:
        return ""
    with np.errstate(all="ignore"):
        off = np.abs(mine - right)
    off = np.where(np.isfinite(off), off, np.inf)
    index = tuple(int(i) for i in np.unravel_index(int(off.argmax()), mine.shape))
    at = f"at {list(index)} " if mine.size > 1 else ""
    return f"{at}you have {mine[index] + 0.0:.6g}, it is {right[index] + 0.0:.6g}"
