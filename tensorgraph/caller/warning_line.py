"""Warnings that are shown once for each line of the user's, with what is known of the line."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any
from weakref import ref

from tensorgraph.caller.asking import Written, written


class _Notes:
    """What is known of the lines of some code, as long as the code is there."""

    def __init__(self, code: CodeType, forget: Callable[[Any], Any]) -> None:
        self.written: dict[int, Written] = {}
        self.texts: dict[int, str] = {}
        self.shown: dict[Any, Any] = {}
        """Python's own memory of what was shown, which heeds the filters of warnings."""
        self.code = ref(code, forget)


# By identity: code is compared by all that is in it. A line of an interpreter is code of its own.
_NOTES: dict[int, _Notes] = {}


def _notes(code: CodeType) -> _Notes:
    key = id(code)
    found = _NOTES.get(key)
    if found is None:
        found = _NOTES[key] = _Notes(code, lambda _: _NOTES.pop(key, None))
    return found


def written_once(frame: FrameType) -> Written:
    """Return what the running instruction of a frame does; it is read once."""
    known = _notes(frame.f_code).written
    found = known.get(frame.f_lasti)
    if found is None:
        found = known[frame.f_lasti] = written(frame)
    return found


def warn_once(frame: FrameType, category: type[Warning], text: Callable[[], str]) -> None:
    """Warn at the line that a frame has come to.

    Python shows it the first time only, unless its filters say otherwise. ``text`` is asked once.

    Example:
        >>> import sys, warnings
        >>> with warnings.catch_warnings(record=True) as shown:
        ...     warnings.simplefilter("default")
        ...     for _ in range(3):
        ...         warn_once(sys._getframe(), UserWarning, lambda: "write y")
        >>> [str(warning.message) for warning in shown]
        ['write y']
    """
    notes = _notes(frame.f_code)
    place = frame.f_lasti
    if place not in notes.texts:
        notes.texts[place] = text()
    module = str(frame.f_globals.get("__name__", ""))
    warnings.warn_explicit(
        notes.texts[place], category, frame.f_code.co_filename, frame.f_lineno, module, notes.shown
    )
