"""Where a function lets no gradient through: a tensor detached, read as an array, or unrecorded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from tensorgraph.engine import modes, tensor as tensors
from tensorgraph.engine.modes import MODE, PACKAGE, mode
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import listing
from tensorgraph.testing.modules.differences import user_line

_ENGINES = (__file__, modes.__file__, tensors.__file__)


def stops(call: Callable[[], Any]) -> str:
    """Return where a call lets no gradient through, as a line of a message; nothing if nowhere."""
    seen = _Stops()
    with mode(observer=seen):
        call()
    return f"\nno gradient flows through {listing(list(seen.lines))}" if seen.lines else ""


class _Stops(Observer):
    """Keeps the lines of users' code that take a tensor out of the graph."""

    def __init__(self) -> None:
        self.lines: dict[str, None] = {}

    def met(self, thing: Any) -> None:
        """Keep who reads a tensor that wants a gradient, or gives one new values."""
        if type(thing) is not Tensor:
            return
        asked = ""
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code.co_filename in _ENGINES:
            asked, frame = frame.f_code.co_name, frame.f_back
        own = frame is not None and not frame.f_code.co_filename.startswith(PACKAGE)
        if own and frame is not None and (asked == "assign" or thing.requires_grad):
            self.lines[f"{asked} at {frame.f_code.co_filename}:{frame.f_lineno}"] = None

    def forward(self, event: Forward) -> None:
        """Keep what runs and is not recorded."""
        if not MODE.get().recording and (line := user_line()):
            self.lines[f"no_grad at {line}"] = None
