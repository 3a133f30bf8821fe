"""The README's table of accuracy: ``python -m tests.ops.sweep.table`` measures it and writes it.

What is published is rounded up, as kernels of NumPy's differ a little by processor.
"""

import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.ops.sweep import measure, structured
from tests.ops.sweep.floats import DTYPES

README = Path(__file__).parents[3] / "README.md"
START, END = "<!-- accuracy -->\n", "<!-- end of accuracy -->"
HEAD = "| operation | float16 | float32 | float64 |\n|---|---|---|---|\n"

Measured = Iterable[tuple[str, Any, int, float]]
"""Operation, dtype, order of the derivative (0 for the value), and its worst error in ulps."""

SOURCES: list[Callable[[], Measured]] = [measure.measured, structured.measured]
"""What measures: one function for each kind of operations."""


def rounded_up(ulps: float) -> str:
    """Return an error as it is published: whether it is the nearest float, else whole ulps."""
    return "0.5" if ulps <= 0.5 else str(math.ceil(ulps))


def rows(measured: Measured) -> dict[str, dict[Any, list[str]]]:
    """Return what is published by operation and dtype: for the value and each derivative."""
    found: dict[str, dict[Any, list[str]]] = {}
    for name, dtype, order, ulps in measured:
        cell = found.setdefault(name, {}).setdefault(dtype, [])
        assert len(cell) == order
        cell.append(rounded_up(ulps))
    return found


def table(found: dict[str, dict[Any, list[str]]]) -> str:
    """Return the table in Markdown."""
    lines = [
        f"| `{name}` | " + " | ".join(" · ".join(cells[dtype]) for dtype in DTYPES) + " |\n"
        for name, cells in sorted(found.items())
    ]
    return HEAD + "".join(lines)


def published() -> dict[str, list[float]]:
    """Return the errors that the README states, by operation."""
    text = README.read_text("utf-8").partition(START)[2].partition(END)[0]
    assert text.startswith(HEAD)
    found = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    return {name: [float(n) for n in re.findall(r"[\d.]+", cells)] for name, cells in found}


def main() -> None:
    """Measure, and put the table in its place in the README."""
    found = rows(entry for source in SOURCES for entry in source())
    before, _, rest = README.read_text("utf-8").partition(START)
    after = rest.partition(END)[2]
    README.write_text(before + START + table(found) + END + after, "utf-8")


if __name__ == "__main__":
    main()
