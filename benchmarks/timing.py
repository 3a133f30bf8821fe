"""Timing that can be trusted on a shared machine: candidates in turn, medians, ratios."""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Action = Callable[[], Any]


@dataclass(frozen=True)
class Row:
    """One line of a result table."""

    name: str
    unit: str
    ours: float
    peer: float | None = None
    limit: float | None = None
    """The ratio (or, without a peer, the value) that we promise to stay below."""

    @property
    def ratio(self) -> float | None:
        """How many times the peer's figure ours is."""
        return None if self.peer is None else self.ours / self.peer


def medians(actions: dict[str, Action], rounds: int, warmup: int = 3) -> dict[str, float]:
    """Return the median seconds of each action; they run in turn, so that drift cancels."""
    for action in actions.values():
        for _ in range(warmup):
            action()
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            seconds[name].append(time.perf_counter() - start)
    gc.collect()
    return {name: statistics.median(values) for name, values in seconds.items()}


def peer() -> Any:
    """Return PyTorch on one thread, or ``None`` where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    return torch


def conditions() -> dict[str, Any]:
    """Return what a reader must know of the run: versions, pinning, threads."""
    import numpy as np

    torch = peer()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return {
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "torch": None if torch is None else torch.__version__,
        "cores_allowed": cores,
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS"),
        "OPENBLAS_NUM_THREADS": os.environ.get("OPENBLAS_NUM_THREADS"),
    }


def table(title: str, rows: list[Row]) -> str:
    """Return rows as text, with the limits that are kept or missed."""
    lines = [f"\n{title}", f"{'':34}{'tensorgraph':>14}{'peer':>12}{'ratio':>8}{'limit':>8}"]
    for row in rows:
        figure = row.ours if row.ratio is None else row.ratio
        kept = "" if row.limit is None else ("ok" if figure <= row.limit else "MISSED")
        lines.append(
            f"{row.name:34}{row.ours:>10.4g} {row.unit:3}"
            + (f"{row.peer:>12.4g}{row.ratio:>8.2f}" if row.peer is not None else " " * 20)
            + (f"{row.limit:>8.4g}  {kept}" if row.limit is not None else "")
        )
    return "\n".join(lines)
