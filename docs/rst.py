"""Small pieces of reStructuredText, which the made pages are written in."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any


def heading(text: str, mark: str = "=", label: str = "") -> str:
    """Return a heading, with a label that other pages may refer to."""
    lines = [f".. _{label}:", ""] if label else []
    return "\n".join([*lines, text, mark * (2 * len(text)), "", ""])


def indented(text: str, by: int = 3) -> str:
    """Return text moved to the right: the body of a directive."""
    return "".join(" " * by * bool(line.strip()) + line for line in text.splitlines(keepends=True))


def directive(name: str, argument: str = "", body: str = "", options: Iterable[str] = ()) -> str:
    """Return a directive."""
    lines = [f".. {name}:: {argument}".rstrip(), *(f"   :{option}" for option in options), ""]
    return "\n".join(lines) + "\n" + (indented(body.rstrip("\n")) + "\n\n" if body else "")


def raw(html: str) -> str:
    """Return HTML as it is."""
    return directive("raw", "html", html)


def table(rows: Sequence[Sequence[str]], header: Sequence[str], widths: str = "auto") -> str:
    """Return a table of cells that may hold any text."""
    lines = []
    for row in (header, *rows) if header else rows:
        for i, cell in enumerate(row):
            lead = "* - " if i == 0 else "  - "
            lines.append(lead + indented(cell, 4).lstrip())
    options = (f"header-rows: {int(bool(header))}", f"widths: {widths}")
    return directive("list-table", "", "\n".join(lines), options)


def escaped(text: str) -> str:
    """Return text that holds no markup."""
    for mark in "\\*_`|":
        text = text.replace(mark, "\\" + mark)
    return text


def first_sentence(thing: Any) -> str:
    """Return the first sentence of a docstring, in one line."""
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "").split("\n\n")[0]
    text = " ".join(text.split())
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]
