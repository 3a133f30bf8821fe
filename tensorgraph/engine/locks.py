"""Locks in a forked process, which has one thread: those that other threads held are held for good.

``fork`` copies the memory, and with it every lock as it is at that moment; the threads that would
give it back are not copied.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def in_forked_child(renew: Callable[[], None]) -> Callable[[], None]:
    """Have a function called first of all in every process that this one forks.

    Example:
        >>> @in_forked_child
        ... def say() -> None:
        ...     print("a child begins")
    """
    if hasattr(os, "register_at_fork"):  # elsewhere nothing forks
        os.register_at_fork(after_in_child=renew)
    return renew


def free(lock: Any) -> None:
    """Free a lock in a forked child if a thread holds it that is not there.

    Example:
        >>> import threading
        >>> lock = threading.RLock()
        >>> free(lock)
        >>> lock.acquire()
        True
    """
    if lock.acquire(blocking=False):
        lock.release()
    else:
        lock._at_fork_reinit()  # as Python's own modules do
