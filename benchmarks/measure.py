"""Timing within one process: processor time of blocks of calls."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BLOCK = 0.02
"""Seconds that a block of calls takes at least, so that reading the clock costs nothing."""
BLOCKS = 15
"""Blocks at least, of which the median counts."""
LONG = 0.8
"""Seconds that all blocks together take at least."""
CALLS_BEFORE = 8
"""Calls that are not measured: memory is found, a graph is compiled."""


def cpu_seconds(action: Callable[[], Any], finish: Callable[[Any], None]) -> list[float]:
    """Return the processor time of a call, measured in blocks of calls.

    That of the process, the kernel's work for it included: what other programs do on the machine
    does not count, while giving memory back and fetching it again does.
    """
    for _ in range(CALLS_BEFORE):
        finish(action())
    calls, blocks, start = 1, [], time.process_time()
    while len(blocks) < BLOCKS or time.process_time() - start < LONG:
        before = time.process_time()
        for _ in range(calls):
            result = action()
        finish(result)
        took = time.process_time() - before
        if took < BLOCK and not blocks:
            calls *= 2
            continue
        blocks.append(took / calls)
    return blocks


def median(values: list[float]) -> float:
    return statistics.median(values)


def page_faults() -> int:
    """Return how often this process had to be given a page of memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def resident() -> int:
    """Return the bytes in memory that are this process's."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def forget_peak() -> None:
    """Let ``peak`` count from what is in memory now."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """Return the most bytes that were in memory at once since ``forget_peak``."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
