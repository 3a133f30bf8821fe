"""Processes that MPI connects: what they send each other, checked and with a deadline.

Before anything is sent, all processes compare what they are about to do, in one short message of
fixed length: those that would wait for each other in different places find out.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import time
from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any, NoReturn

import numpy as np

from tensorgraph import errors
from tensorgraph.distributed.flat_vectors import Layout, Vector
from tensorgraph.distributed.ordered_sum import OrderedSum, shares, spans_of
from tensorgraph.distributed.processes import World

_INTENT = Struct("16sq")
"""A digest of what a process is about to do, and how many bytes it has for it."""

_WITH_IT = 1000
"""Up to how many bytes are sent with that, rather than in a message of their own."""

_TOLD = 200
"""How many bytes of what a process is about to do the others are told, where they differ."""

_BUSY = 0.02
"""For how many seconds to ask for an answer again and again; then with pauses."""

_PAUSES = 0.0005, 0.01
"""The first and the longest of them in seconds."""

_ASKED, _ANSWERED = 1, 2
"""Tags of messages: whether a process waits too, and that it does."""

_ANSWERS = 2.0
"""For how many seconds to wait for answers."""


class Connected(World):
    """Several processes.

    Args:
        mpi: the module ``mpi4py.MPI``.
        comm: a communicator that nobody else uses.
    """

    def __init__(self, mpi: Any, comm: Any) -> None:
        super().__init__()
        self._byte, self._in_place, self._anybody = mpi.BYTE, mpi.IN_PLACE, mpi.ANY_SOURCE
        self._comm = comm
        self._beside = comm.Dup()
        """For what is under way while processes agree: one is not to be taken for the other."""
        self.rank, self.size = comm.Get_rank(), comm.Get_size()
        self._calls = 0
        self.broken = ""
        """Why the processes can no longer speak to each other; empty while they can."""

    # ---------------------------------------------------------------------------- values of Python

    def gather(self, value: Any, what: str = "gather") -> list[Any]:
        """Return what each process gave."""
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        counts, sent = self._agree(what, content)
        if max(counts) <= _WITH_IT:
            return [pickle.loads(part) for part in sent]
        starts = _starts(counts)
        everything = np.empty(sum(counts), np.uint8)
        target = [everything, counts, starts, self._byte]
        self.finish(self._comm.Iallgatherv([content, self._byte], target), what)
        return [pickle.loads(part.data) for part in np.split(everything, starts[1:])]

    def broadcast(self, value: Any, what: str = "broadcast", root: int = 0) -> Any:
        """Return what one process gave."""
        mine = self.rank == root
        dumped = pickle.dumps(value, pickle.HIGHEST_PROTOCOL) if mine else b""
        counts, sent = self._agree(f"{what}, from rank {root}", dumped)
        if counts[root] <= _WITH_IT:
            return value if mine else pickle.loads(sent[root])
        content = np.frombuffer(dumped, np.uint8) if mine else np.empty(counts[root], np.uint8)
        self.finish(self._comm.Ibcast([content, self._byte], root), what)
        return value if mine else pickle.loads(content.data)

    def first(self, f: Callable[[], Any], what: str = "what the first does") -> Any:
        """Let process 0 alone run a function."""
        result: Any = None
        problem: Exception | None = None
        if self.rank == 0:
            try:
                result = f()
            except Exception as error:
                problem = error
        told = None if problem is None else told_of(problem)
        result, told = self.broadcast((result, told), what)
        if problem is not None:
            raise problem
        if told is not None:
            raise errors.PeerError(f"rank 0 failed: {what}: {told}")
        return result

    # ------------------------------------------------------------------------------------- vectors

    def ordered_total(self, parts: OrderedSum, layout: Layout, what: str) -> list[Vector]:
        """Return the sum of all terms.

        Each process adds up one slice of the vectors, and then gets the others' slices: it sends
        2 (n − 1) / n of a vector, no more than the best sums in whatever order.
        """
        return [
            self._ordered_total(parts, k, length, dtype, what) if length else np.empty(0, dtype)
            for k, (length, dtype) in enumerate(zip(layout.sizes, layout.dtypes, strict=True))
        ]

    def _ordered_total(
        self, parts: OrderedSum, k: int, length: int, dtype: np.dtype[Any], what: str
    ) -> Vector:
        """Return the sum of the ``k``-th vectors."""
        spans = [spans_of(parts.count, own) for own in shares(parts.count, self.size)]
        piece = -(-length // self.size)
        outgoing = np.zeros((self.size, len(parts.parts), piece), dtype)
        for i, (_, vectors) in enumerate(parts.parts):
            for rank, start in enumerate(range(0, length, piece)):
                slice_of_it = vectors[k][start : start + piece]
                outgoing[rank, i, : len(slice_of_it)] = slice_of_it
        incoming = np.empty((sum(map(len, spans)), piece), dtype)
        sent = [len(parts.parts) * piece * dtype.itemsize] * self.size
        received = [len(own) * piece * dtype.itemsize for own in spans]
        exchange = self._comm.Ialltoallv(
            [outgoing, sent, _starts(sent), self._byte],
            [incoming, received, _starts(received), self._byte],
        )
        self.finish(exchange, what)
        added = OrderedSum(parts.count)
        for span, row in zip([span for own in spans for span in own], incoming, strict=True):
            added.add(span, [row])
        whole = np.empty(self.size * piece, dtype)
        (slice_of_mine,) = added.total
        gathering = self._comm.Iallgather([slice_of_mine, self._byte], [whole, self._byte])
        self.finish(gathering, what)
        return whole[:length]

    def start_sum(self, vector: Vector) -> Any:
        """Begin to sum a vector over all processes, in place."""
        return self._beside.Iallreduce(self._in_place, vector)

    def progress(self, started: Sequence[Any]) -> None:
        """Let sums that were begun go on: MPI does so when it is asked how far they are."""
        for request in started:
            request.Test()

    def finish(self, started: Any, what: str) -> None:
        """Wait until what was begun is there.

        Raises:
            DistributedError: it is not before the deadline.
            PeerError: likewise, in all but the first of the processes that wait.
        """
        begun = time.monotonic()
        pause, longest = _PAUSES
        while not started.Test():
            waited = time.monotonic() - begun
            if waited > self.deadline:
                self._give_up(what)
            if waited < _BUSY:
                _let_others_run()
            else:
                self._answer()
                time.sleep(pause)
                pause = min(2 * pause, longest)

    def _answer(self) -> None:
        """Tell the processes that ask it that this one waits."""
        while self._beside.Iprobe(self._anybody, _ASKED):
            self._beside.send(None, self._beside.recv(None, self._anybody, _ASKED), _ANSWERED)

    def _give_up(self, what: str) -> NoReturn:
        """Raise, and tell which of the other processes do not wait as this one does.

        Raises:
            DistributedError: in the first process that waits.
            PeerError: in the others, which leave it to that one to speak.
        """
        silent = self._silent()
        ranks = f"rank{'s' * (len(silent) > 1)} {errors.listing(silent)}"
        why = f"No answer from {ranks}: hanging, dead, or busy for longer than that"
        if not silent:
            why = "The others wait, too, as if a message were lost or took longer than that"
        self.broken = (
            f"rank {self.rank} of {self.size} has waited {self.deadline:g} s for the others in:"
            f" {what}. {why}; write tg.distributed.world().deadline = 3600 if that is to be"
        )
        first = next(rank for rank in range(self.size) if rank not in silent)
        raise (errors.DistributedError if first == self.rank else errors.PeerError)(self.broken)

    def _silent(self) -> list[int]:
        """Return the processes that do not answer when they are asked whether they wait."""
        silent = [rank for rank in range(self.size) if rank != self.rank]
        asked = [self._beside.isend(self.rank, rank, _ASKED) for rank in silent]
        until = time.monotonic() + _ANSWERS
        while silent and time.monotonic() < until:
            self._answer()
            silent = [rank for rank in silent if not self._beside.Iprobe(rank, _ANSWERED)]
            time.sleep(_PAUSES[1])
        for request in asked:  # else they would be freed under way
            request.Test()
        return silent

    # -------------------------------------------------------------------------------- the agreement

    def _agree(self, what: str, content: bytes) -> tuple[list[int], list[bytes]]:
        """Return how many bytes each process has for what all are about to do, and the first ones.

        Raises:
            DistributedError: they are about to do different things.
        """
        if self.broken:
            raise errors.DistributedError(self.broken)
        self._calls += 1
        digest = hashlib.blake2b(f"{self._calls} {what}".encode(), digest_size=16).digest()
        mine = _INTENT.pack(digest, len(content)) + content[:_WITH_IT]
        told = self._all_of(mine.ljust(_INTENT.size + _WITH_IT), what)
        digests, counts = zip(*(_INTENT.unpack_from(part) for part in told), strict=True)
        if len(set(digests)) > 1:
            intents = self._all_of(what.encode()[:_TOLD].ljust(_TOLD), what)
            self.broken = (
                "the processes do different things, and would wait for each other for ever:"
                f" {_by_rank([part.decode(errors='replace').strip() for part in intents])}; let all"
                " take the same steps in the same order, and only print or save where"
                " tg.distributed.world().rank == 0"
            )
            raise errors.DistributedError(self.broken)
        return list(counts), [part[_INTENT.size :] for part in told]

    def _all_of(self, content: bytes, what: str) -> list[bytes]:
        """Return what each process sent, all the same number of bytes."""
        everything = bytearray(len(content) * self.size)
        target = [everything, len(content), self._byte]
        self.finish(self._comm.Iallgather([content, self._byte], target), what)
        return [
            bytes(everything[i : i + len(content)]) for i in _starts([len(content)] * self.size)
        ]


def told_of(error: BaseException) -> str:
    """Return what the other processes are told of an error."""
    return f"{type(error).__name__}: {error}"


def _by_rank(told: Sequence[str]) -> str:
    """Return what each process was about to do, those that agree together."""
    ranks: dict[str, list[int]] = {}
    for rank, what in enumerate(told):
        ranks.setdefault(what, []).append(rank)
    return "; ".join(
        f"rank{'s' * (len(who) > 1)} {errors.listing(who)}: {what}" for what, who in ranks.items()
    )


def _starts(counts: Sequence[int]) -> list[int]:
    """Return where each part begins, of parts that stand one after the other."""
    return [sum(counts[:i]) for i in range(len(counts))]


_let_others_run: Callable[[], Any] = getattr(os, "sched_yield", lambda: time.sleep(0))
"""Lets another process have the core, of which there may be fewer than processes."""
