"""Ctrl-C during training: it ends the run between two steps, never within one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

PASS_ON: ContextVar[bool] = ContextVar("tensorgraph_pass_on", default=False)
"""Whether training is a part of something that Ctrl-C is to end as a whole."""


@contextmanager
def passing_on() -> Iterator[None]:
    """Let Ctrl-C end the block as well as the training in it, whose result nobody wants then."""
    token = PASS_ON.set(True)
    try:
        yield
    finally:
        PASS_ON.reset(token)


class Interrupts:
    """A context in which Ctrl-C is only noted, so that the loop can end between steps.

    The second Ctrl-C raises ``KeyboardInterrupt`` at once, but for the moments in which something
    must not be left half done; what comes after it is short, and later ones are ignored. Signals
    come to the main thread only; a program that handles them in its own way, as ``asyncio`` does,
    goes on doing so.
    """

    def __init__(self) -> None:
        self.wished = False
        """Whether Ctrl-C was pressed."""
        self.held = False
        """Whether something is being done that must not be left half done."""
        self._before: Any = None

    def __enter__(self) -> Self:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self.held = True
            self._before = signal.default_int_handler
            signal.signal(signal.SIGINT, self._pressed)
            self.held = False
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _pressed(self, number: int, frame: Any) -> None:
        if self.wished and not self.held:
            self.held = True
            raise KeyboardInterrupt
        self.wished = True
