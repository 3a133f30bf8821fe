"""The mode an operation runs in: one immutable value in a context variable.

A context variable belongs to one thread and one ``asyncio`` task; every change here is undone
when its block ends, so neither an exception nor another thread can leave a mode behind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import FrameType
from typing import Any, NamedTuple


class Forward(NamedTuple):
    """A kernel has run."""

    op: Any
    arrays: Sequence[Any]
    """The operands."""
    static: dict[str, Any]
    out: Any
    node: Any
    """What was recorded; ``None`` if nothing was."""
    seconds: float


class Backward(NamedTuple):
    """The rule for a node's operand ``i`` has turned the gradient ``g`` into ``result``.

    The result has the operand's shape. The ops in the rule are not observed one by one.
    """

    node: Any
    i: int
    g: Any
    saved: Sequence[Any]
    result: Any
    seconds: float


class Observer:
    """Sees what is read, and every kernel's and every gradient rule's operands and result."""

    def met(self, thing: Any) -> None:
        """Called before a tensor's array is read or replaced, or the state of something else."""

    def source(self, generator: Any) -> Any:
        """Return what a random draw is made from: the generator, or what stands for it."""
        return generator

    def forward(self, event: Forward) -> None:
        """Called after each kernel."""

    def backward(self, event: Backward) -> None:
        """Called after each gradient rule."""


class _Both(Observer):
    """Two observers: the one of the block around first."""

    def __init__(self, outer: Observer, inner: Observer) -> None:
        self._outer, self._inner = outer, inner

    def met(self, thing: Any) -> None:
        self._outer.met(thing)
        self._inner.met(thing)

    def source(self, generator: Any) -> Any:
        return self._inner.source(self._outer.source(generator))

    def forward(self, event: Forward) -> None:
        self._outer.forward(event)
        self._inner.forward(event)

    def backward(self, event: Backward) -> None:
        self._outer.backward(event)
        self._inner.backward(event)


@dataclass(frozen=True, slots=True)
class Mode:
    """What the next operation does besides computing."""

    recording: bool = True
    """Whether nodes are recorded at all."""
    lines: bool = False
    """Whether a node keeps the user's source line."""
    observer: Observer | None = None
    """What watches the computation, if anything does."""
    scope: str = ""
    """Path of the module that is running, as ``model.layers[2] Linear``."""
    module: Any = None
    """Weak reference to that module: the ones it calls ask it for their place in it."""


MODE: ContextVar[Mode] = ContextVar("tensorgraph_mode", default=Mode())

_OUTSIDE: ContextVar[tuple[Mode, Any] | None] = ContextVar("tensorgraph_outside", default=None)
"""The mode to go back to from the innermost block, and the same of the block around it.

A block's own object does not hold it: threads and tasks may share that object.
"""


def meet(*things: Any) -> None:
    """Tell the observer, if there is one, what is about to be read or changed."""
    observer = MODE.get().observer
    if observer is not None:
        for thing in things:
            observer.met(thing)


class mode:
    """A context, also a decorator: runs a block in the current mode with ``changes``.

    Raises:
        TypeError: it decorates a generator or a coroutine, whose body runs after the call.
    """

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    def __enter__(self) -> None:
        outside = MODE.get()
        _OUTSIDE.set((outside, _OUTSIDE.get()))
        MODE.set(replace(outside, **self._changes))

    def __exit__(self, *error: object) -> None:
        block = _OUTSIDE.get()
        if block is None:  # a suspended generator with the block is closed by another thread
            return
        outside, around = block
        MODE.set(outside)
        _OUTSIDE.set(around)

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``f`` such that every call of it runs in the mode."""
        if isgeneratorfunction(f) or iscoroutinefunction(f) or isasyncgenfunction(f):
            raise TypeError(
                f"{f.__name__} runs after it is called, when the mode would be over; write the"
                " `with` block inside it"
            )

        @wraps(f)
        def run(*args: Any, **kwargs: Any) -> Any:
            with mode(**self._changes):
                return f(*args, **kwargs)

        return run


def observing(observer: Observer, **changes: Any) -> mode:
    """Return a context in which ``observer`` watches too, beside those of blocks around it."""
    outer = MODE.get().observer
    return mode(observer=observer if outer is None else _Both(outer, observer), **changes)


def no_grad() -> Any:
    """Return a context (also a decorator) in which operations are computed but not recorded.

    It holds for the running thread and context only, and ends with the block even if that
    raises.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with tg.no_grad():
        ...     print((w * 2).requires_grad)
        False
    """
    return mode(recording=False)


def enable_grad() -> Any:
    """Return a context in which operations are recorded, also inside ``no_grad``.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with tg.no_grad(), tg.enable_grad():
        ...     print((w * 2).requires_grad)
        True
    """
    return mode(recording=True)


def is_grad_enabled() -> bool:
    """Return whether operations are being recorded here.

    Example:
        >>> import tensorgraph as tg
        >>> with tg.no_grad():
        ...     print(tg.is_grad_enabled())
        False
    """
    return MODE.get().recording


PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
"""The folder of this package: what its code stands in is no code of the user's."""


def user_line() -> str | None:
    """Return ``file:line`` of the innermost frame outside this package."""
    frame, _ = _user_frame()
    return None if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def user_frame() -> FrameType:
    """Return the innermost frame outside this package; the caller's if all are inside."""
    return _user_frame()[0] or sys._getframe(1)


def user_level() -> int:
    """Return how far above the caller that frame is: the ``stacklevel`` of a warning for it."""
    return _user_frame()[1]


def _user_frame() -> tuple[FrameType | None, int]:
    frame: FrameType | None = sys._getframe(2)
    level = 1
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame, level = frame.f_back, level + 1
    return frame, level
