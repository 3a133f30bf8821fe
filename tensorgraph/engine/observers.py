"""What watches a computation, and what it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


class Worked(NamedTuple):
    """A part of a compiled function has run: loops, a product, a kernel."""

    function: str
    """What the function is called."""
    title: str
    seconds: float


class Observer:
    """Sees what is read, and every kernel's and every gradient rule's operands and result."""

    sees_works = False
    """Whether compiled functions run as their programs, and tell it of their parts; otherwise they
    run as they are."""

    def met(self, thing: Any) -> None:
        """Called before a tensor's array is read or replaced, or the state of something else."""

    def source(self, generator: Any) -> Any:
        """Return what a random draw is made from: the generator, or what stands for it."""
        return generator

    def number(self, name: str, counter: Any, at: Callable[[int], Any]) -> Any:
        """Return what stands for the number ``at(counter.steps)``; ``None`` for the number itself.

        ``counter`` is something that counts its ``steps``, which this number changes with.
        """
        return None

    def instead(self, part: Any, *inputs: Any, **how: Any) -> Any:
        """Return what stands for the results of a part that is one operation for the observer.

        ``None`` where the part computes them itself, which may take many steps.
        """
        return None

    def relied(self, owner: Any, name: str, value: Any) -> None:
        """Called when what is computed depends on an attribute, which does not change by itself."""

    def shown(self, thing: Any) -> None:
        """Called before a text is made of a tensor's array."""

    def check(self, condition: Any) -> None:
        """Called with a single boolean that has no value yet, and must be true."""

    def forward(self, event: Forward) -> None:
        """Called after each kernel."""

    def backward(self, event: Backward) -> None:
        """Called after each gradient rule."""

    def worked(self, event: Worked) -> None:
        """Called for each part of a compiled function, if it ``sees_works``."""


class _Both(Observer):
    """Two observers: the one of the block around first."""

    def __init__(self, outer: Observer, inner: Observer) -> None:
        self._outer, self._inner = outer, inner
        self.sees_works = outer.sees_works and inner.sees_works

    def met(self, thing: Any) -> None:
        self._outer.met(thing)
        self._inner.met(thing)

    def source(self, generator: Any) -> Any:
        return self._inner.source(self._outer.source(generator))

    def number(self, name: str, counter: Any, at: Callable[[int], Any]) -> Any:
        found = self._inner.number(name, counter, at)
        return self._outer.number(name, counter, at) if found is None else found

    def instead(self, part: Any, *inputs: Any, **how: Any) -> Any:
        found = self._inner.instead(part, *inputs, **how)
        return self._outer.instead(part, *inputs, **how) if found is None else found

    def relied(self, owner: Any, name: str, value: Any) -> None:
        self._outer.relied(owner, name, value)
        self._inner.relied(owner, name, value)

    def check(self, condition: Any) -> None:
        self._outer.check(condition)
        self._inner.check(condition)

    def shown(self, thing: Any) -> None:
        self._outer.shown(thing)
        self._inner.shown(thing)

    def forward(self, event: Forward) -> None:
        self._outer.forward(event)
        self._inner.forward(event)

    def backward(self, event: Backward) -> None:
        self._outer.backward(event)
        self._inner.backward(event)

    def worked(self, event: Worked) -> None:
        self._outer.worked(event)
        self._inner.worked(event)


def beside(outer: Observer | None, inner: Observer) -> Observer:
    """Return an observer and, where there is one, that of the block around as one."""
    return inner if outer is None else _Both(outer, inner)
