"""Functions that run in turns, each until it waits for the others: the shards of one process.

A shard whose cost asks what the other shards have, as a synchronised batch norm does, cannot go on
before they have come as far. So each shard has a thread; one of them runs at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from threading import Semaphore, Thread
from typing import Any

from tensorgraph import errors
from tensorgraph.compiler.compiled import running_here
from tensorgraph.distributed.operations import GROUP


class Alone(BaseException):
    """A shard that runs without a thread needs what the others have."""


class _Abandoned(BaseException):
    """Nobody waits for this thread any more."""


def _refuse_compiled(what: str) -> None:
    """Raise where a shard would wait within a program, in which no other shard can be meanwhile.

    Raises:
        UsageError: it would.
    """
    if running_here():
        raise errors.UsageError(
            f"{what}: what shards exchange is not compiled, as one waits for the others there;"
            " leave out compile=True, or tg.compile in the cost that DataParallel is given"
        )


class Lonely:
    """The group of a shard that runs without a thread."""

    def __init__(self, member: int, members: int) -> None:
        self.member, self.members = member, members

    def exchange(self, array: Any, what: str) -> Sequence[Any]:
        """Return the only array, or leave."""
        if self.members > 1:
            _refuse_compiled(what)
            raise Alone
        return [array]

    def __repr__(self) -> str:
        return "shards"


@contextmanager
def by_itself() -> Iterator[None]:
    """Let what is computed in a block have no other members, as the whole of something."""
    token = GROUP.set(Lonely(0, 1))
    try:
        yield
    finally:
        GROUP.reset(token)


class Strand:
    """A function that runs when it is told to go on, until it is over or waits.

    It is the group of the operations in the function.

    Args:
        f: the function.
        member: which shard of the batch it is of.
        members: how many there are.
    """

    def __init__(self, f: Callable[[], Any], member: int, members: int) -> None:
        self.member, self.members = member, members
        self.asked: tuple[str, Any] | None = None
        """What it waits for, and the array that it has for that."""
        self.error: BaseException | None = None
        self.result: Any = None
        self._answer: Sequence[Any] | None = None
        self._f, self._go, self._back = f, Semaphore(0), Semaphore(0)
        context = copy_context()
        self._thread = Thread(target=context.run, args=(self._run,), daemon=True)
        self._thread.start()

    def _run(self) -> None:
        GROUP.set(self)
        self._go.acquire()
        try:
            if self._answer is not None:
                self.result = self._f()
        except BaseException as error:
            self.error = error
        self.asked = None
        self._back.release()

    def go_on(self, answer: Sequence[Any] = ()) -> None:
        """Let it run until it is over or waits again, given what it has waited for."""
        self._answer = answer
        self._go.release()
        self._back.acquire()

    def exchange(self, array: Any, what: str) -> Sequence[Any]:
        """Wait until all shards have come to the same place; return their arrays."""
        if self._answer is not None:  # else it cleans up, and nobody answers
            _refuse_compiled(what)
            self.asked = what, array
            self._back.release()
            self._go.acquire()
        if self._answer is None:
            raise _Abandoned
        return self._answer

    def end(self) -> None:
        """Let it end, wherever it is."""
        if self._thread.is_alive():
            self._answer = None
            self._go.release()
            self._thread.join()

    def __repr__(self) -> str:
        return "shards"
