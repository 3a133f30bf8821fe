"""Tables as lines of text and as HTML."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from tensorgraph.display.text import escaped


def text_table(rows: Sequence[Sequence[str]], left: Collection[int] = ()) -> str:
    """Return rows as lines with aligned columns.

    Args:
        rows: the cells of each row, as many in each; the first row is usually the head.
        left: the columns that are aligned to the left; all others are to the right.

    Example:
        >>> print(text_table([["op", "calls"], ["exp", "12"]], left=[0]))
        op   calls
        exp     12
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def html_lines(lines: Iterable[object]) -> str:
    """Return lines of text, each a paragraph.

    Example:
        >>> html_lines(["a < b", "done"])
        '<p>a &lt; b</p><p>done</p>'
    """
    return "".join(f"<p>{escaped(line)}</p>" for line in lines)


def html_table(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table whose first column names the rows."""
    body = "".join(
        f"<tr><th>{escaped(name)}</th>{''.join(f'<td>{escaped(cell)}</td>' for cell in cells)}</tr>"
        for name, *cells in rows
    )
    titles = "".join(f"<th>{escaped(title)}</th>" for title in head)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
