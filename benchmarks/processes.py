"""Figures from processes: one for each library and task, pinned, on one thread, in turn."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.child import LIBRARIES, Figures

ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
} | {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}


class Failed(Exception):
    """A process did not print figures: the message is what it printed instead."""


@dataclass
class Machine:
    """Where processes run, and what is known of the libraries since they ran."""

    peers: str = sys.executable
    """The Python that has the peers: an environment of theirs, for nothing of it is ours."""
    rounds: int = 3
    """How often each process is run; the medians count."""
    core: int | None = None
    """The core that processes are pinned to, where that can be done."""
    versions: dict[str, str] = field(default_factory=dict)
    """By library, its version; or what is missing."""

    def figures(self, libraries: Iterable[str], *task: str) -> dict[str, Figures]:
        """Return each library's figures of a task, medians over processes that ran in turn."""
        found: dict[str, list[Figures]] = defaultdict(list)
        waiting = list(libraries)
        for _ in range(self.rounds):
            for library in tuple(waiting):
                answer = self._run(library, *task)
                if "missing" in answer:
                    waiting.remove(library)
                    self.versions.setdefault(library, f"not measured: {answer['missing']}")
                    continue
                self.versions[library] = answer.get("version", library)
                found[library].append(answer["figures"])
        return {
            library: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            for library, runs in found.items()
        }

    def _run(self, library: str, *task: str) -> dict[str, Any]:
        ours = library.startswith("tensorgraph")
        run = subprocess.run(
            [sys.executable if ours else self.peers, "-m", "benchmarks.child", library, *task],
            cwd=ROOT,
            env=self._environment(),
            preexec_fn=self._pin,
            capture_output=True,
            text=True,
        )
        try:
            answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            raise Failed(f"{library} {' '.join(task)}: {run.stderr or run.stdout}") from None
        return answer

    def _environment(self) -> dict[str, str]:
        # A user's second import finds compiled files; so does ours.
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return kept | ONE_THREAD

    def _pin(self) -> None:
        if self.core is not None:
            os.sched_setaffinity(0, {self.core})


def last_core() -> int | None:
    """Return a core to pin to, ``None`` where the system cannot."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def all_libraries() -> list[str]:
    """Return the names of all libraries and their variants."""
    return list(LIBRARIES)
