"""The processes that work together, as seen by one of them; here it is alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensorgraph.arguments import number
from tensorgraph.distributed.flat_vectors import Layout, Vector
from tensorgraph.distributed.ordered_sum import OrderedSum

__all__ = ["World"]

DEADLINE = 600.0
"""After how many seconds without an answer the other processes are taken for lost."""


class World:
    """All processes of a program, as :func:`world` returns them.

    What is written here all of them do together: each calls the same methods in the same order, and
    none goes on before all have come. Where one does something else instead, or has reached the end
    of the program, all end with an error that tells what each was about to do.

    Attributes:
        rank: which of the processes this is, from 0.
        size: how many there are.

    Example:
        >>> import tensorgraph as tg
        >>> world = tg.distributed.world()
        >>> world
        World(rank=0, size=1)
        >>> world.gather("what this one has")
        ['what this one has']
    """

    rank = 0
    size = 1

    def __init__(self) -> None:
        self._deadline = DEADLINE

    @property
    def deadline(self) -> float:
        """After how many seconds of waiting for the others to end with an error."""
        return self._deadline

    @deadline.setter
    def deadline(self, seconds: float) -> None:
        self._deadline = number(seconds, "world().deadline", above=0)

    def gather(self, value: Any, what: str = "gather") -> list[Any]:
        """Return what each process gave, in the order of their ranks, in each of them.

        Args:
            value: anything that can be pickled.
            what: what it is: all processes have to gather the same.

        Raises:
            DistributedError: they do not, or one has not come before the deadline.
        """
        return [value]

    def broadcast(self, value: Any, what: str = "broadcast", root: int = 0) -> Any:
        """Return what the process ``root`` gave, in each of them.

        Raises:
            DistributedError: not all broadcast the same, or one has not come before the deadline.
        """
        return value

    def first(self, f: Callable[[], Any], what: str = "what the first does") -> Any:
        """Let process 0 alone run a function; return in each what it returned.

        Args:
            f: the function; what it returns can be pickled.
            what: what it does, for messages.

        Raises:
            PeerError: it raised something, which is raised as it is in process 0.
        """
        return f()

    def ordered_total(self, parts: OrderedSum, layout: Layout, what: str) -> list[Vector]:
        """Return the sum of all terms in their fixed order, each process giving those it has.

        Args:
            parts: what this process has added up, of the terms that are its share.
            layout: that of the vectors.
            what: what they are.
        """
        return parts.total

    def start_sum(self, vector: Vector) -> Any:
        """Begin to sum a vector over all processes, in place; return what to wait for."""
        return None

    def progress(self, started: Sequence[Any]) -> None:
        """Let sums that were begun go on, without waiting."""

    def finish(self, started: Any, what: str) -> None:
        """Wait until a sum that was begun is there."""

    def __repr__(self) -> str:
        return f"World(rank={self.rank}, size={self.size})"
