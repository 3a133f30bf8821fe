"""Tables of figures, with the ratios that are aimed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Goal:
    """At most ``most`` times the best peer's figure; without peers, at most ``most`` itself."""

    own: str
    most: float
    peers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    name: str
    unit: str
    figures: Mapping[str, float]
    """By column."""
    goals: Sequence[Goal] = ()

    def reached(self, goal: Goal) -> float | None:
        """Return the ratio, or the figure, that a goal is about; ``None`` if one is not known."""
        best = [self.figures[peer] for peer in goal.peers if peer in self.figures]
        if goal.own not in self.figures or (goal.peers and not best):
            return None
        own = self.figures[goal.own]
        return own / min(best) if goal.peers else own

    def as_json(self) -> dict[str, Any]:
        """Return what is written to a file."""
        goals = [
            {"of": goal.own, "beside": goal.peers, "at most": goal.most, "is": self.reached(goal)}
            for goal in self.goals
        ]
        return {"name": self.name, "unit": self.unit, "figures": self.figures, "goals": goals}


def table(title: str, rows: Sequence[Row]) -> str:
    """Return rows as text: figures by column, and of each goal the ratio, and if it is reached."""
    columns = list(dict.fromkeys(column for row in rows for column in row.figures))
    wide = max(len(row.name) for row in rows) + 2
    width = {column: max(len(column), 9) + 2 for column in columns}
    head = "".join(f"{column:>{width[column]}}" for column in columns)
    lines = [f"\n{title}", f"{'':{wide + 4}}{head}   ratio ≤ goal"]
    for row in rows:
        cells = "".join(
            f"{row.figures[c]:>{width[c]}.4g}" if c in row.figures else " " * width[c]
            for c in columns
        )
        goals = "   ".join(filter(None, (_told(row, goal) for goal in row.goals)))
        lines.append(f"{row.name:{wide}}{row.unit:>4}{cells}   {goals}".rstrip())
    return "\n".join(lines)


def _told(row: Row, goal: Goal) -> str:
    reached = row.reached(goal)
    if reached is None:
        return ""
    return f"{reached:.3g} ≤ {goal.most:g} {'ok' if reached <= goal.most else 'MISSED'}"
