"""The progress of training: a bar on a terminal, else plain lines."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import Any

from tensorgraph.display.terminal import has_terminal, say
from tensorgraph.train.history import History


class Progress:
    """Prints the table of a history as it grows, and shows a bar below it.

    The bar is tqdm's, where that is installed and standard error is a terminal.

    Args:
        history: whose rows are printed.
        total: the number of steps in all; ``None`` if it is not known.
        done: how many of them were taken before.
    """

    def __init__(self, history: History, total: int | None, done: int) -> None:
        self._history = history
        self._bar = _bar(total, done)
        self._said_header = False

    def say(self, text: str) -> None:
        """Print a line, above the bar."""
        with nullcontext() if self._bar is None else self._bar.external_write_mode():
            say(text)

    def step(self) -> None:
        """Count a step."""
        if self._bar is not None:
            self._bar.update()

    def row(self) -> None:
        """Print the last row of the history."""
        if not self._said_header:
            self.say(self._history.header())
            self._said_header = True
        self.say(self._history.line(-1))

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


class Silence:
    """A progress that nobody wants to see."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def step(self) -> None:
        """Say nothing."""

    def row(self) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


def _bar(total: int | None, done: int) -> Any:
    if not has_terminal():
        return None
    try:
        tqdm = import_module("tqdm")
    except ImportError:
        return None
    return tqdm.tqdm(total=total, initial=done, unit="step", leave=False)
