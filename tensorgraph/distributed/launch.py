"""Which processes there are: what a program was started by, and how all of them end."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import Any

from tensorgraph import errors
from tensorgraph.distributed.connected import Connected
from tensorgraph.distributed.members import is_child, started_by
from tensorgraph.distributed.processes import World
from tensorgraph.engine.locks import in_forked_child
from tensorgraph.extras import require

__all__ = ["world"]

_GRACE = 5.0
"""For how many seconds a process that ends because of another one waits for that to end it."""

_AFTER_FIRST = 3.0
"""How many seconds later than the first process the others print an error that all may have."""

_FORWARDED = 0.5
"""How many seconds launchers get to read what was printed, of which an abort loses the rest."""


@cache
def world() -> World:
    """Return the processes that this one works with: rank 0 of 1, or those of ``mpiexec``.

    ``mpiexec -n 4 python train.py`` starts four of them, and needs mpi4py (``pip install
    'tensorgraph-engine[mpi]'``) with an MPI, which clusters have; ``pip install mpich`` brings one.
    Without ``mpiexec``, mpi4py is neither needed nor imported.

    Where one of several processes ends with an error, all end, and only its message is printed.
    One that leaves by ``os._exit`` can say nothing: the launcher ends the others, or they end at
    the deadline, with a message that names it. What one of them starts itself, such as workers of
    joblib or a subprocess, works alone.

    Raises:
        DistributedError: MPI was started by the launcher of another MPI.
        ImportError: several processes were started, and mpi4py is not installed.

    Example:
        >>> import tensorgraph as tg
        >>> if tg.distributed.world().rank == 0:
        ...     print("the only one")
        the only one
    """
    started = started_by(os.environ)
    if started is None and ("mpi4py.MPI" not in sys.modules or is_child(os.environ)):
        return World()
    launcher, count = started or ("", 1)
    if count > 1:
        _check_installed(launcher, count)
    mpi: Any = require("mpi4py.MPI", "mpi")
    if mpi.COMM_WORLD.Get_size() < count:
        library = mpi.Get_library_version().splitlines()[0].strip(" \0")
        raise errors.DistributedError(
            f"{launcher} started {count} processes, but each is alone for MPI: mpi4py uses"
            f" {library}; start the program by the mpiexec of that, or write pip install"
            " --no-binary mpi4py mpi4py to have it use the MPI of your cluster"
        )
    if mpi.COMM_WORLD.Get_size() == 1:
        return World()
    found = Connected(mpi, mpi.COMM_WORLD.Dup())
    _end_together(found, mpi.COMM_WORLD.Abort)
    return found


@in_forked_child
def _forget_world() -> None:
    world.cache_clear()


def _check_installed(launcher: str, count: int) -> None:
    """Raise rather than let each of several processes do the same on its own.

    Raises:
        ImportError: mpi4py is not installed.
    """
    try:
        require("mpi4py", "mpi")
    except ImportError as error:
        raise ImportError(
            f"{launcher} started {count} processes, which cannot find each other without mpi4py:"
            f" {error}",
            name=error.name,
        ) from error


def _end_together(connected: Connected, abort: Callable[[int], Any]) -> None:
    """Let all processes end when one ends with an error, and tell when one ends too early."""
    before = sys.excepthook

    def let_first_speak(error: BaseException) -> None:
        """Wait: one message is enough, and who has printed it ends all."""
        if isinstance(error, errors.PeerError):
            time.sleep(_GRACE)
        elif connected.rank > 0:
            time.sleep(_AFTER_FIRST)

    def ended_by(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        let_first_speak(error)
        sys.stdout.flush()
        print(f"rank {connected.rank} of {connected.size} failed, so all end:", file=sys.stderr)
        before(kind, error, at)
        sys.stderr.flush()
        time.sleep(_FORWARDED)
        abort(130 if issubclass(kind, KeyboardInterrupt) else 1)

    def leave() -> None:
        if not connected.broken:
            try:
                connected.gather(None, "the end of the program")
                return
            except errors.DistributedError as error:
                let_first_speak(error)
                print(f"rank {connected.rank}: {error}", file=sys.stderr, flush=True)
                time.sleep(_FORWARDED)
        abort(1)  # else MPI would wait for the others

    sys.excepthook = ended_by
    atexit.register(leave)
