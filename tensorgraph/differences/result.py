"""What all results of ``tg.diff`` have in common: a truth value, a text, a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tensorgraph.display.text import escaped

SIGNS = {"+": "#1f8a3b", "−": "#c8323a", "~": "#b97a00", "≠": "#b97a00"}
"""What begins lines that tell of differences, with colours that are read on light and dark."""


@dataclass(frozen=True)
class Line:
    """One line of a result."""

    text: str
    sign: str = ""
    """``+``, ``−`` or ``~``; ``≠`` for values; empty for what is the same in both."""

    def __str__(self) -> str:
        return f"{self.sign or ' '} {self.text}".rstrip()


class Difference:
    """What two things do not have in common; it is false where they are the same.

    In a terminal it is read like the difference of two files, in a notebook as a table.
    """

    def lines(self) -> Sequence[Line]:
        """Return what stands in the text, a headline first."""
        raise NotImplementedError

    def __bool__(self) -> bool:
        raise NotImplementedError

    def __str__(self) -> str:
        first, *others = self.lines()
        return "\n".join([first.text, *map(str, others)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        first, *others = self.lines()
        rows = "".join(_row(line) for line in others)
        style = "font-family:ui-monospace,monospace;white-space:pre-wrap;text-align:left"
        table = f'<table style="{style}">{rows}</table>' if rows else ""
        return f"<p>{escaped(first.text)}</p>{table}"


def _row(line: Line) -> str:
    colour = SIGNS.get(line.sign)
    style = f' style="text-align:left;color:{colour}"' if colour else ' style="text-align:left"'
    return f"<tr><td{style}>{line.sign}</td><td{style}>{escaped(line.text)}</td></tr>"


def excerpt(lines: Sequence[Line], noun: str, most: int) -> Iterator[Line]:
    """Yield the lines that tell of differences, each with one before and one after it.

    Args:
        lines: all of them, those without a sign being the same in both.
        noun: what a line is.
        most: so many lines are yielded at most.
    """
    unlike = [i for i, line in enumerate(lines) if line.sign]
    shown = sorted({k for i in unlike for k in (i - 1, i, i + 1) if 0 <= k < len(lines)})
    before = -1
    for count, k in enumerate(shown):
        if count == most:
            yield Line(f"… {sum(i >= k for i in unlike):,} more that differ")
            return
        if k > before + 1:
            yield Line(f"… {counted(k - before - 1, noun)} the same …")
        before = k
        yield lines[k]
    if unlike and before < len(lines) - 1:
        yield Line(f"… {counted(len(lines) - 1 - before, noun)} the same …")


def counted(count: int, what: str) -> str:
    """Return a number with what it counts.

    Example:
        >>> counted(1, "operation"), counted(2, "operation")
        ('1 operation', '2 operations')
    """
    return f"{count:,} {what}{'s' * (count != 1)}"
