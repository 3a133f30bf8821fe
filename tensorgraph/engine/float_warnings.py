"""Computing without NumPy's floating-point warnings: infinities and NaNs are documented results.

``tg.debug()`` tells where they were made. ``np.errstate`` would do, but entering it costs as much
as a small operation; setting the context variable behind it costs a fifth of that.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import wraps
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])


def _behind_errstate() -> tuple[ContextVar[Any], Any]:
    """Return NumPy's context variable, and its value for ``all="ignore"``."""
    outside = copy_context()
    with np.errstate(all="ignore"):
        inside = copy_context()
    changed = [(v, inside[v]) for v in inside if outside.get(v) is not inside[v]]
    if len(changed) != 1:  # a NumPy that keeps it elsewhere: warnings show, nothing breaks
        return ContextVar("unused", default=None), None
    return changed[0]


ERRORS, IGNORE = _behind_errstate()
"""``token = ERRORS.set(IGNORE)`` silences the warnings, ``ERRORS.reset(token)`` restores."""


_AROUND: ContextVar[Any] = ContextVar("tensorgraph_errors_around")
"""What ``ERRORS`` held around the outermost quiet function, while one runs."""


def quiet(function: F) -> F:
    """Return a function in which NumPy does not warn."""

    @wraps(function)
    def quiet_function(*args: Any, **kwargs: Any) -> Any:
        around = ERRORS.get()
        if around is IGNORE:
            return function(*args, **kwargs)
        token, outer = ERRORS.set(IGNORE), _AROUND.set(around)
        try:
            return function(*args, **kwargs)
        finally:
            ERRORS.reset(token)
            _AROUND.reset(outer)

    return quiet_function  # type: ignore[return-value]


def as_around(function: Callable[..., Any], *args: Any) -> Any:
    """Call a user's function, for which NumPy warns as it does around the quiet functions."""
    token = ERRORS.set(_AROUND.get(ERRORS.get()))
    try:
        return function(*args)
    finally:
        ERRORS.reset(token)


_BEFORE: ContextVar[tuple[Any, ...]] = ContextVar("tensorgraph_errors_before", default=())
"""What ``ERRORS`` held before each silence that has begun here."""


def silence() -> None:
    """Let NumPy not warn, until ``end_silence``."""
    _BEFORE.set((*_BEFORE.get(), ERRORS.get()))
    ERRORS.set(IGNORE)


def end_silence() -> None:
    """Let NumPy warn as before the last silence that began in this thread and context, if any."""
    before = _BEFORE.get()
    if before:
        _BEFORE.set(before[:-1])
        if ERRORS.get() is IGNORE:
            ERRORS.set(before[-1])
