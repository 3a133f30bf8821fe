"""The mode an operation runs in: one immutable value in a context variable.

A context variable belongs to one thread and one ``asyncio`` task; every change here is undone
when its block ends, so neither an exception nor another thread can leave a mode behind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from inspect import CO_GENERATOR, CO_ITERABLE_COROUTINE
from types import FrameType
from typing import Any, NamedTuple

from tensorgraph.engine.decorating import Decorating


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


class _Block:
    """A block that is open, of the frame that holds it."""

    __slots__ = ("changes", "frame", "inside", "over")

    def __init__(self, frame: int, inside: Mode, changes: dict[str, Any]) -> None:
        self.frame, self.inside, self.changes = frame, inside, changes
        self.over = False
        """Whether it ended, which another thread may have seen to."""


Opened = tuple[tuple[_Block, Mode], ...]

_OPEN: ContextVar[Opened] = ContextVar("tensorgraph_open", default=())
"""The blocks that functions hold here, each with the mode around it.

A block's own object does not hold that mode: threads and tasks may share the object.
"""


class _WithGenerators(Mode):
    """The mode where generators hold blocks: such a block counts while its generator runs.

    While it waits at a ``yield``, its caller goes on in the mode around it. Which frames run is
    asked anew each time, which takes about a microsecond: only where there are such blocks.
    """

    __slots__ = ("around", "blocks", "inside")
    around: Mode
    blocks: tuple[_Block, ...]
    inside: dict[int, _Block]

    def __init__(self, around: Mode, blocks: tuple[_Block, ...]) -> None:
        object.__setattr__(self, "around", around)
        object.__setattr__(self, "blocks", blocks)
        object.__setattr__(self, "inside", {block.frame: block for block in blocks})

    def now(self) -> Mode:
        inside = self.inside
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            block = inside.get(id(frame))
            if block is not None and not block.over:
                return block.inside
            frame = frame.f_back
        return self.around


def _of_now(name: str) -> property:
    return property(lambda self: getattr(self.now(), name))


for _field in fields(Mode):
    setattr(_WithGenerators, _field.name, _of_now(_field.name))


def _parts(current: Mode) -> tuple[Mode, tuple[_Block, ...]]:
    """Return the mode that holds but for blocks of frames, and those blocks."""
    return (current.around, current.blocks) if type(current) is _WithGenerators else (current, ())


def _go_on(around: Mode, blocks: tuple[_Block, ...]) -> None:
    if blocks:
        blocks = tuple(block for block in blocks if not block.over)
    MODE.set(_WithGenerators(around, blocks) if blocks else around)


_SERVING = {"__enter__", "__exit__", "__aenter__", "__aexit__"}
_SERVING_IN = {"contextlib", "_pytest.fixtures"}


def _holder() -> tuple[int, bool]:
    """Return which frame a block that begins or ends belongs to, and whether it is a generator's.

    Who enters it in an ``__enter__``, or in a generator made a context manager or a fixture of
    tests, does so for the frame that uses that.
    """
    frame = sys._getframe(2)
    while True:
        waits = frame.f_code.co_flags & (CO_GENERATOR | CO_ITERABLE_COROUTINE) == CO_GENERATOR
        server = frame.f_back if waits else frame
        if server is None or not _serves(server) or (waits and _is_decorated(frame)):
            return id(frame), waits
        frame = server.f_back or server


def _serves(frame: FrameType) -> bool:
    return frame.f_code.co_name in _SERVING or frame.f_globals.get("__name__") in _SERVING_IN


def _is_decorated(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == Decorating.__module__


class mode(Decorating):
    """A context, also a decorator: runs a block in the current mode with ``changes``.

    A block that a generator holds counts while that runs, not for its caller while it waits. One
    that an asynchronous generator holds does count there: decorate it, which does not.
    """

    def __init__(self, **changes: Any) -> None:
        self._changes = changes
        self._blocks: list[_Block] = []  # in any thread

    def _anew(self) -> mode:
        return mode(**self._changes)

    def __enter__(self) -> None:
        current = MODE.get()
        around, blocks = _parts(current)
        frame, waits = _holder()
        block = _Block(frame, replace(current.now(), **self._changes), self._changes)
        self._blocks.append(block)
        if waits or blocks:  # around a generator's block, functions too have theirs by frame
            _go_on(around, (*blocks, block))
        else:
            _OPEN.set((*_OPEN.get(), (block, around)))
            MODE.set(block.inside)

    def __exit__(self, *error: object) -> None:
        around, blocks = _parts(MODE.get())
        block = self._ending(_holder()[0], blocks)
        if block is not None:
            block.over = True
            self._blocks.remove(block)
            opened, around = _ended(block, _OPEN.get(), around)
            _OPEN.set(opened)
            _go_on(around, blocks)

    def _ending(self, frame: int, here: Sequence[_Block]) -> _Block | None:
        """Return the last block that a frame holds; else the last one that is open here."""
        for block in reversed(self._blocks):
            if block.frame == frame:
                return block
        here = [*(block for block, _ in _OPEN.get()), *here]
        return next((block for block in reversed(here) if block in self._blocks), None)


def _ended(block: _Block, opened: Opened, current: Mode) -> tuple[Opened, Mode]:
    """Return a context's open blocks, and its mode, without one block, wherever it lies there."""
    if not opened:
        return opened, current
    last, around = opened[-1]
    if last is block:
        return opened[:-1], around
    others, below = _ended(block, opened[:-1], around)
    if below is around:  # it is none of these
        return opened, current
    return (*others, (last, below)), replace(below, **last.changes)


def observing(observer: Observer, **changes: Any) -> mode:
    """Return a context in which ``observer`` watches too, beside those of blocks around it."""
    outer = MODE.get().observer
    return mode(observer=observer if outer is None else _Both(outer, observer), **changes)


def no_grad(f: Callable[..., Any] | None = None) -> Any:
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


def enable_grad(f: Callable[..., Any] | None = None) -> Any:
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
