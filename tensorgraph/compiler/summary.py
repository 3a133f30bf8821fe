"""What was compiled, as text and for notebooks: what a program computes, and what it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tensorgraph.compiler.variants import Variant
from tensorgraph.display.tables import html_table, text_table
from tensorgraph.display.text import escaped
from tensorgraph.observe.bytes_and_seconds import SECONDS, amount_text, bytes_text
from tensorgraph.symbolic.expr import kind_text
from tensorgraph.symbolic.trace import listing

LONGEST = 48
"""So many lines of a listing, or rows of a table, are shown; of more the first and the last."""

IN_FULL = ", in full in .trace"

HEAD = ("", "over", "computes", "times")


def trace_text(variant: Variant) -> str:
    """Return all that a program computes, one operation a line."""
    found = variant.program.captured
    given = [*found.inputs, *found.tensors, *found.accumulated, *found.numbers, *found.draws]
    return listing(found.outputs, given, found.written, found.gradients)


def line_of(variant: Variant) -> str:
    """Return in a line what a program is for, and how large it is."""
    kinds = ", ".join(map(kind_text, variant.program.captured.inputs))
    runner = variant.program.runner
    return (
        f"({kinds}): in {runner.language}, {len(runner.works):,} steps,"
        f" {bytes_text(runner.memory)}, made in {amount_text(variant.seconds, SECONDS)}"
    )


def text_of(variant: Variant) -> str:
    """Return what a program computes and what it runs, folded where that is long."""
    table = text_table([HEAD, *_rows(variant)], left=[0, 1, 2]).splitlines()
    lines = ["computes", *_indented(_folded(trace_text(variant).splitlines(), IN_FULL))]
    lines += ["runs", *_indented(_folded(table))]
    return "\n".join([line_of(variant), *_indented(lines)])


def html_of(variant: Variant) -> str:
    """Return the same for notebooks, where it is unfolded by a click."""
    trace = escaped("\n".join(_folded(trace_text(variant).splitlines(), IN_FULL)))
    return (
        f"<p>{escaped(line_of(variant))}</p>"
        f"<details><summary>computes</summary><pre>{trace}</pre></details>"
        f"<details open><summary>runs</summary>{html_table(HEAD, _rows(variant))}</details>"
    )


def _rows(variant: Variant) -> list[tuple[str, ...]]:
    """Return what is run, in order; what is done again stands where it is first done."""
    works = variant.program.runner.works
    times = Counter((work.kind, work.over, work.text) for work in works)
    return [(*told, f"× {n}" if n > 1 else "") for told, n in times.items()]


def _folded(lines: Sequence[str], where: str = "") -> list[str]:
    if len(lines) <= LONGEST:
        return [*lines]
    half = LONGEST // 2
    left_out = f"… {len(lines) - 2 * half:,} more{where} …"
    return [*lines[:half], left_out, *lines[-half:]]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
