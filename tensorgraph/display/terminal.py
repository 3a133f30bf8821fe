"""Lines of text for whoever watches a program, if anybody does."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any


def say(text: str) -> None:
    """Print a line where there is somebody to read it; what the terminal cannot show is escaped.

    A program without a console has no ``sys.stdout``; a terminal may be closed, a pipe broken, and
    what stands in its place may know neither ``flush`` nor its encoding. No computation ends for
    such a reason.

    Example:
        >>> say("epoch  F₁")
        epoch  F₁
    """
    stream: Any = sys.stdout
    try:
        stream.write(f"{in_terminal(text)}\n")
        getattr(stream, "flush", int)()
    except Exception:  # none, a broken pipe, one that was closed, or whatever others' objects raise
        return


_PLAIN = (
    {"✔": "ok", "✘": "x", "−": "-", "∘": "*", "∂": "d", "Σ": "sum", "±": "+-", "≤": "<=",
     "√": "sqrt ", "…": "...", "²": "^2", "ᵀ": "^T"}
)  # fmt: skip


def in_terminal(text: str) -> str:
    """Return a text as standard output can show it: in signs that it has, or else escaped.

    Example:
        >>> in_terminal("✔ dW")
        '✔ dW'
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        return "".join(_sign(c, encoding) for c in text)


def _sign(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
        return character
    except UnicodeEncodeError:
        escaped = character.encode(encoding, "backslashreplace").decode(encoding)
        return _PLAIN.get(character, escaped)


def has_terminal() -> bool:
    """Return whether standard error is a terminal."""
    try:
        return bool(sys.stderr.isatty())
    except Exception:  # there is none, it was closed, or it is an object that cannot tell
        return False


def terminal_width(most: int) -> int:
    """Return how many columns text may have: those of a terminal or ``COLUMNS``, at most so many.

    Example:
        >>> terminal_width(30)
        30
    """
    try:
        shown = bool(os.environ.get("COLUMNS")) or bool(sys.stdout.isatty())
    except Exception:  # as above
        shown = False
    return min(most, max(shutil.get_terminal_size((most, 24)).columns, 30)) if shown else most
