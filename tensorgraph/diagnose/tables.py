"""Tables as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tensorgraph.diagnose.array_arguments import Array
from tensorgraph.diagnose.svg import escaped


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table whose first column names the rows."""
    body = "".join(
        f"<tr><th>{escaped(name)}</th>{''.join(f'<td>{escaped(cell)}</td>' for cell in cells)}</tr>"
        for name, *cells in rows
    )
    titles = "".join(f"<th>{escaped(title)}</th>" for title in head)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def heat_table(counts: Array, classes: Sequence[Any]) -> str:
    """Return a confusion matrix; the darker a cell, the larger its share of the true class."""
    rows = []
    for name, row in zip(classes, counts.tolist(), strict=True):
        total = sum(row) or 1
        cells = "".join(
            f'<td style="background:rgba({_heat(name == other)},{0.75 * value / total:.3f})">'
            f"{value:g}</td>"
            for other, value in zip(classes, row, strict=True)
        )
        rows.append(f"<tr><th>{escaped(name)}</th>{cells}</tr>")
    titles = "".join(f"<th>{escaped(name)}</th>" for name in classes)
    head = f"<tr><th>true \\ predicted</th>{titles}</tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _heat(right: bool) -> str:
    return "26,156,130" if right else "201,79,79"
