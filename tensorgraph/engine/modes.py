"""The mode an operation runs in: one immutable value in a context variable.

A context variable belongs to one thread and one ``asyncio`` task; every change here is undone
when its block ends, so neither an exception nor another thread can leave a mode behind. Only what
a generator holds, which waits while others go on, stands by its frame.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, fields
from inspect import CO_GENERATOR, CO_ITERABLE_COROUTINE
from operator import attrgetter
from types import FrameType
from typing import Any, overload

from tensorgraph.engine.decorating import Decorated, Decorating
from tensorgraph.engine.observers import Observer, beside

ROOT = "model"
"""What a module that no other calls is called in paths: nobody has told it its name."""


class Call:
    """One call of a module: what is computed while it runs refers to it.

    Args:
        scope: the module's path and class, as ``model.layers[2] Linear``.
        module: a weak reference to it: the modules that it calls ask it for their place in it.
        around: the call that it was made in.
    """

    __slots__ = ("around", "module", "scope")

    def __init__(self, scope: str, module: Any, around: Call | None) -> None:
        self.scope, self.module, self.around = scope, module, around

    @property
    def path(self) -> str:
        """The module's path: ``model.layers[2]``."""
        return self.scope.rpartition(" ")[0]

    @property
    def root(self) -> Call:
        """The call that all others around it were made in."""
        call = self
        while call.around is not None:
            call = call.around
        return call


# Not frozen only because each call of a module makes one, which would take three times as long.
@dataclass(eq=False, slots=True)
class Mode:
    """What the next operation does besides computing; never changed once it is made."""

    recording: bool = True
    """Whether nodes are recorded at all."""
    lines: bool = False
    """Whether a node keeps the user's source line."""
    observer: Observer | None = None
    """What watches the computation, if anything does."""
    call: Call | None = None
    """The call of the module that is running."""
    layer: Any = None
    """The layer of the transform that is running below tensors, see ``layers.py``."""

    @property
    def scope(self) -> str:
        """Path and class of the module that is running; empty outside of all modules."""
        return "" if self.call is None else self.call.scope

    def now(self) -> Mode:
        """Return the mode that holds for what is running."""
        return self


MODE: ContextVar[Mode] = ContextVar("tensorgraph_mode", default=Mode())


def meet(*things: Any) -> None:
    """Tell the observer, if there is one, what is about to be read or changed."""
    observer = MODE.get().observer
    if observer is not None:
        for thing in things:
            observer.met(thing)


def relied(owner: Any, **attributes: Any) -> None:
    """Tell the observer, if there is one, which attributes decide what is computed."""
    observer = MODE.get().observer
    if observer is not None:
        for name, value in attributes.items():
            observer.relied(owner, name, value)


def number(name: str, counter: Any, at: Callable[[int], Any]) -> Any:
    """Return ``at(counter.steps)``, or what stands for it: a number that changes step by step."""
    observer = MODE.get().observer
    stand_in = None if observer is None else observer.number(name, counter, at)
    return at(counter.steps) if stand_in is None else stand_in


def instead(part: Any, *inputs: Any, **how: Any) -> Any:
    """Return what stands for the results of a part; ``None`` where it computes them itself."""
    observer = MODE.get().observer
    return None if observer is None else observer.instead(part, *inputs, **how)


def _changed(around: Mode, changes: dict[str, Any]) -> Mode:
    """Return a mode with changes: ``dataclasses.replace``, which takes twice as long."""
    values: list[Any] = list(map(changes.get, _NAMES, _VALUES(around)))
    return Mode(*values)


_NAMES = [field.name for field in fields(Mode)]
_VALUES = attrgetter(*_NAMES)

Opened = tuple[tuple["mode", Mode], ...]
"""Blocks that are open, the innermost last, each with the mode around it.

A block's own object does not hold that mode: threads and tasks may share the object.
"""

_OPENED: ContextVar[Opened] = ContextVar("tensorgraph_opened", default=())
"""The blocks that are open here, but for those of generators."""

_HELD: dict[int, tuple[Mode, Opened]] = {}
"""The mode that a generator runs in, and the blocks it is in, by the id of its frame.

In whatever thread or context it runs or is closed, these are the same.
"""


class _ByFrame(Mode):
    """The mode where generators hold blocks: such a block counts while its generator runs.

    While it waits at a ``yield``, its caller goes on in the mode around it. Which frames run is
    asked anew each time, which takes about a microsecond: only where there are such blocks.
    """

    __slots__ = ("around", "frames")
    around: Mode
    """What holds where none of the generators runs."""
    frames: tuple[int, ...]
    """Those of generators that began a block here."""

    def __init__(self, around: Mode, frames: tuple[int, ...]) -> None:
        object.__setattr__(self, "around", around)
        object.__setattr__(self, "frames", frames)

    def now(self) -> Mode:
        frame = self.running()
        return _HELD[frame][0] if frame else self.around

    def running(self) -> int:
        """Return the innermost frame that runs of those of generators that hold blocks, or 0."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and id(frame) not in _HELD:
            frame = frame.f_back
        return 0 if frame is None else id(frame)


def _of_now(name: str) -> property:
    return property(lambda self: getattr(self.now(), name))


for _name in _NAMES:
    setattr(_ByFrame, _name, _of_now(_name))


def _holder(current: Mode) -> int:
    """Return the frame of the generator that a block which begins or ends belongs to, or 0.

    It is the generator that the block stands in, or that runs the functions it stands in. A
    generator that is made a context manager, a fixture of tests or a wrapper around them enters it
    for who uses that.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_flags & (CO_GENERATOR | CO_ITERABLE_COROUTINE) == CO_GENERATOR:
            user = frame.f_back
            if user is None or not _serves(user) or _is_decorated(frame):
                return id(frame)
        elif not _serves(frame):
            break
        frame = frame.f_back
    return current.running() if type(current) is _ByFrame else 0


_SERVING = {"__enter__", "__exit__", "__aenter__", "__aexit__"}
_SERVING_IN = {"contextlib", "_pytest.fixtures", "pluggy._callers", "pluggy._execution"}


def _serves(frame: FrameType) -> bool:
    return frame.f_code.co_name in _SERVING or frame.f_globals.get("__name__") in _SERVING_IN


def _is_decorated(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == Decorating.__module__


def _parts(current: Mode) -> tuple[Mode, tuple[int, ...]]:
    """Return what holds where no generator runs, and the frames of those that began blocks."""
    return (current.around, current.frames) if type(current) is _ByFrame else (current, ())


def _blocks_of(holder: int, current: Mode) -> tuple[Mode, Opened]:
    """Return the mode and the open blocks of a generator, or for 0 those of the context."""
    if holder:
        return _HELD.get(holder) or (current.now(), ())
    return _parts(current)[0], _OPENED.get()


def _go_on(holder: int, current: Mode, after: Mode, opened: Opened) -> None:
    """Let a generator, or for 0 the context, go on in a mode, with these blocks open."""
    around, frames = _parts(current)
    if not holder:
        around = after
        _OPENED.set(opened)
    elif opened:
        _HELD[holder] = after, opened
        frames = (*frames, holder)
    else:
        _HELD.pop(holder, None)
    if frames:
        frames = tuple({frame for frame in frames if frame in _HELD})
    MODE.set(_ByFrame(around, frames) if frames else around)


def go_back(outside: Mode) -> None:
    """Let the context go on in the mode of before, and keep what generators began meanwhile."""
    _go_on(0, MODE.get(), outside, _OPENED.get())


def _without(block: mode, after: Mode, opened: Opened) -> tuple[Mode, Opened]:
    """Return a mode and open blocks without the last that is this one, wherever it lies."""
    if not opened:
        return after, opened
    last, around = opened[-1]
    if last is block:
        return around, opened[:-1]
    below, others = _without(block, around, opened[:-1])
    if below is around:  # it is none of these
        return after, opened
    return _changed(below, last._changes_in(below)), (*others, (last, below))


class mode(Decorating):
    """A context, also a decorator: runs a block in the current mode with ``changes``.

    Threads and tasks may share it. A block that a generator holds counts while that runs, not for
    its caller while it waits. One that an asynchronous generator holds does count there: decorate
    it, which does not.
    """

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    def _anew(self) -> mode:
        return mode(**self._changes)

    def _changes_in(self, around: Mode) -> dict[str, Any]:
        """Return what the block changes in the mode around it."""
        return self._changes

    def __enter__(self) -> None:
        current = MODE.get()
        holder = _holder(current)
        around, opened = _blocks_of(holder, current)
        inside = _changed(around, self._changes_in(around))
        _go_on(holder, current, inside, (*opened, (self, around)))

    def __exit__(self, *error: object) -> None:
        current = MODE.get()
        places: tuple[int, ...] = (0,)
        if _HELD:  # where it belongs first; then wherever it is open
            places = (_holder(current), 0, *reversed(_parts(current)[1]))
        for place in places:
            inside, opened = _blocks_of(place, current)
            after, others = _without(self, inside, opened)
            if after is not inside:
                return _go_on(place, current, after, others)


def observing(observer: Observer, **changes: Any) -> mode:
    """Return a context in which ``observer`` watches too, beside those of blocks around it."""
    return mode(observer=beside(MODE.get().observer, observer), **changes)


@overload
def no_grad(f: None = None) -> mode: ...
@overload
def no_grad(f: Decorated) -> Decorated: ...
def no_grad(f: Any = None) -> Any:
    """Return a context (also a decorator) in which operations are computed but not recorded.

    It holds for the running thread and context only, and ends with the block even if that
    raises. Of a generator that waits at a ``yield`` in the block, the caller goes on recording.
    ``@tg.no_grad`` and ``@tg.no_grad()`` decorate functions, generators and coroutines.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with tg.no_grad():
        ...     print((w * 2).requires_grad)
        False
    """
    return mode(recording=False) if f is None else mode(recording=False)(f)


@overload
def enable_grad(f: None = None) -> mode: ...
@overload
def enable_grad(f: Decorated) -> Decorated: ...
def enable_grad(f: Any = None) -> Any:
    """Return a context (also a decorator) in which operations are recorded, also in ``no_grad``.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> with tg.no_grad(), tg.enable_grad():
        ...     print((w * 2).requires_grad)
        True
    """
    return mode(recording=True) if f is None else mode(recording=True)(f)


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
