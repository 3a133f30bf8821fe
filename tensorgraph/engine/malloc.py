"""Memory that is freed stays with the process, where the C library would hand it back at once.

A training step frees what the next one needs. glibc gives large pieces back to the system and asks
for them again, which then hands out page after page, each filled with zeros: half the time of a
step of a small convolutional net. It stops doing so by itself once a program has freed one piece of
some 30 MB; here it is told from the start.
"""

from __future__ import annotations

import ctypes
import os

SWITCH = "TENSORGRAPH_MALLOC"
"""The environment variable that leaves the C library's own settings where it is 0."""

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""What ``mallopt`` calls the size from which a piece is the system's, and what is kept on top."""

_LARGE = 32 << 20
"""Bytes: the most that glibc takes, and what it comes to by itself."""
_KEPT = 256 << 20


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, up to 256 MB; return whether it does now.

    Nothing is done with another C library than glibc, where the user says so by the switch, and
    where the user has settings of glibc's own in the environment.
    """
    if not _is_glibc() or os.environ.get(SWITCH) == "0" or _is_set_by_user():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # One without the other is worse than none: where pieces are still the system's, or all that
    # lies on top is given back.
    return bool(mallopt(_MMAP_THRESHOLD, _LARGE) and mallopt(_TRIM_THRESHOLD, _KEPT))


def _is_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (AttributeError, OSError, ValueError):  # Windows, and other systems' C libraries
        return False


def _is_set_by_user() -> bool:
    return "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "") or any(
        name in os.environ for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
    )
