"""A Sphinx extension: docstrings as Sphinx reads them.

Ours are plain text that happens to be close to reStructuredText. Stars and bars stand for
themselves, and an indented formula is kept in its lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

CODE = re.compile(r"(``[^`]+``|:[a-z:]+:`[^`]+`|`[^`]+`)")


def process(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Rewrite a docstring's lines in place, before its sections are read."""
    lines[:] = marked_up(lines)


def marked_up(lines: Sequence[str]) -> list[str]:
    """Return a docstring with its formulas marked as such, and no other markup by accident."""
    found: list[str] = []
    kept = False  # whether the lines are an example's or a formula's
    outside = -1  # how deep the text around them is
    for i, line in enumerate(lines):
        if kept and (depth(line) <= outside if line.strip() else outside < 0):
            kept = False
        if line.lstrip().startswith(">>>"):
            kept, outside = True, -1  # to the next blank line
        elif not kept and _begins_formula(lines, i):
            kept, outside = True, depth(lines[i - 2])
            found += [" " * outside + "::", ""]
        found.append(line if kept else plain(line))
    return found


def depth(line: str) -> int:
    """Return how far a line is indented."""
    return len(line) - len(line.lstrip())


def _begins_formula(lines: Sequence[str], i: int) -> bool:
    """Return whether a line is indented after text that ends in a colon or comma."""
    if i < 2 or not lines[i].strip() or lines[i - 1].strip():
        return False
    before = lines[i - 2]
    return depth(lines[i]) > depth(before) and before.rstrip().endswith((":", ","))


def plain(line: str) -> str:
    """Escape what would be markup outside of code."""
    parts = CODE.split(line)
    return "".join(
        part if i % 2 else re.sub(r"[*|]|(?<=\w)_(?!\w)", r"\\\g<0>", part)
        for i, part in enumerate(parts)
    )


def leave_out(app: Any, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Say of a member that it is not ours: scikit-learn gives estimators ``set_fit_request``."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def setup(app: Any) -> dict[str, Any]:
    """Be called before the sections of a docstring are read, and of each member of a class."""
    app.connect("autodoc-process-docstring", process, priority=100)
    app.connect("autodoc-skip-member", leave_out)
    return {"parallel_read_safe": True}
