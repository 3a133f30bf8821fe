"""Data-parallel steps in one process and in two, each on a core of its own and on one thread.

``strong``: the same batch for all; ``weak``: as many examples for each process. Wall time, and the
least of all steps, as processes that wait for each other feel whatever else a machine does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tensorgraph as tg
from benchmarks.processes import ONE_THREAD, ROOT
from benchmarks.table import Row
from tensorgraph import data, nn, optim
from tensorgraph.distributed.flat_vectors import Layout
from tensorgraph.distributed.ordered_sum import OrderedSum, share

EXAMPLES, SHARDS = 256, 8
STEPS, WARM = 40, 3
LENGTHS = (10_000, 1_000_000)
"""Of the vectors, in single precision, whose sums are measured by themselves."""

NETS: dict[str, tuple[tuple[int, ...], Callable[[], list[Any]]]] = {
    "784-128-64-10": (
        (784,),
        lambda: [nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)],
    ),
    "784-1024-1024-10": (
        (784,),
        lambda: [
            nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10),
        ],
    ),
    "conv 16-32, 28 × 28": (
        (1, 28, 28),
        lambda: [
            nn.Conv2d(1, 16, 3), nn.BatchNorm(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3), nn.BatchNorm(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(800, 10),
        ],
    ),
}  # fmt: skip


def run() -> list[Row]:
    """Return rows of milliseconds a step, and of what the exchange of gradients takes of it."""
    columns = {"1 process": (1, "same_bits"), "2": (2, "same_bits"), "2, fast": (2, "fast")}
    rows = []
    for name in NETS:
        for scaling in ("strong", "weak"):
            found = {
                column: _measured(count, name, scaling, reduction)
                for column, (count, reduction) in columns.items()
            }
            rows += [
                Row(f"{name}, {scaling}", "ms", {c: f["step"] for c, f in found.items()}),
                Row("  exchange", "ms", {c: f["exchange"] for c, f in found.items()}),
            ]
    sums = _measured(2, "sums")
    return rows + [Row(what, "ms", {"2": figure}) for what, figure in sums.items()]


def _measured(count: int, *arguments: str) -> dict[str, float]:
    """Return the figures that process 0 of some prints."""
    mpiexec = Path(sys.executable).with_name("mpiexec")
    finished = subprocess.run(
        [mpiexec if mpiexec.exists() else "mpiexec", "-n", str(count), sys.executable, "-m",
         "benchmarks.distributed", *arguments],
        cwd=ROOT, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(finished.stdout)
    return figures


def step_times(name: str, scaling: str, reduction: str) -> dict[str, float]:
    """Return the least milliseconds of a step, and the least of what its exchange took."""
    world = tg.distributed.world()
    shape, layers = NETS[name]
    size = EXAMPLES * (world.size if scaling == "weak" else 1)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(size, *shape)).astype("float32"), rng.integers(0, 10, size)
    tg.random.seed(0)
    model = nn.Sequential(*layers())
    optimizer = optim.Adam(model.named_parameters(), lr=1e-3)
    parallel = tg.distributed.DataParallel(model, optimizer, reduction=reduction)
    exchange = [0.0]
    for method in ("gather", "ordered_total", "start_sum", "progress", "finish"):
        setattr(world, method, _timed(getattr(world, method), exchange))
    steps, exchanges = [], []
    batches = data.Batches(x, y, batch_size=size, shards=SHARDS)
    for _ in range(WARM + STEPS):
        for shards in parallel.batches(batches):
            exchange[0], start = 0.0, time.perf_counter()
            optimizer.zero_grad()
            parallel.backward(shards, lambda s: nn.losses.cross_entropy(model(s[0]), s[1]))
            optimizer.step()
            steps.append(time.perf_counter() - start)
            exchanges.append(exchange[0])
    return {"step": 1e3 * min(steps[WARM:]), "exchange": 1e3 * min(exchanges[WARM:])}


def _timed(method: Callable[..., Any], total: list[float]) -> Callable[..., Any]:
    """Return a method that adds its seconds to a total, once where one calls another."""

    def timed(*args: Any, **kwargs: Any) -> Any:
        start, before = time.perf_counter(), total[0]
        result = method(*args, **kwargs)
        total[0] = before + time.perf_counter() - start
        return result

    return timed


def sum_times() -> dict[str, float]:
    """Return the least milliseconds of what a step sends, by itself."""
    world = tg.distributed.world()

    def ordered(layout: Layout, vector: Any) -> None:
        added = OrderedSum(SHARDS)
        for i in share(SHARDS, world.rank, world.size):
            added.add((i, i + 1), [vector.copy()])
        world.ordered_total(added, layout, "a sum")

    figures = {"a gather of 100 bytes": _least(lambda: world.gather(b" " * 100))}
    for length in LENGTHS:
        vector = np.ones(length, np.float32)
        layout = Layout([vector])
        added = _least(lambda v=vector: [v.copy() for _ in range(SHARDS // world.size)])
        both = _least(lambda a=layout, v=vector: ordered(a, v))
        figures[f"sum of {length:,} in fixed order"] = both - added
        figures[f"sum of {length:,} in any order"] = _least(
            lambda v=vector: world.finish(world.start_sum(v), "a sum")
        )
    return figures


def _least(f: Callable[[], Any]) -> float:
    """Return the least milliseconds of many calls."""
    times = []
    for _ in range(200):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    this = tg.distributed.world()
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[this.rank % len(cores)]})
    found = sum_times() if name == "sums" else step_times(name, *rest)
    if this.rank == 0:
        print(json.dumps(found))
