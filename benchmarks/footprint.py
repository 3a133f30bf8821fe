"""Import time, bytes per recorded node, and the peak memory of one training step.

Each figure comes from a process of its own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from benchmarks.timing import Row, peer

# A user's second import finds compiled files; so does ours.
_ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

_IMPORT = """
import time, numpy
start = time.perf_counter()
import tensorgraph
print((time.perf_counter() - start) * 1e3)
"""

_RSS = """
def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096
"""

_NODES = (
    _RSS
    + """
import numpy as np
{setup}
y = x
for _ in range(1000): y = y + c
before = resident()
for _ in range(200_000): y = y + c
print((resident() - before) / 200_000)
"""
)

_PEAK = (
    _RSS
    + """
import threading, time
import numpy as np
{imports}
from benchmarks.training import SETTINGS, step_of_ours, step_of_torch
step = {step}
before, highest, done = resident(), 0, False
def watch():
    global highest
    while not done:
        highest = max(highest, resident())
        time.sleep(0.0005)
watcher = threading.Thread(target=watch)
watcher.start()
for _ in range(5): step()
done = True
watcher.join()
print((highest - before) / 2**20)
"""
)

_OURS = "import tensorgraph as tg; x = tg.tensor(0.5, requires_grad=True); c = tg.tensor(0.5)"
_PEER = "import torch; x = torch.tensor(0.5, requires_grad=True); c = torch.tensor(0.5)"


def run() -> list[Row]:
    """Return the rows; nodes and peak memory are read from Linux's /proc."""
    rows = [Row("import beyond NumPy's", "ms", _median(_IMPORT, 9), None, 60.0)]
    if sys.platform != "linux":
        return rows
    with_peer = peer() is not None
    nodes = [_median(_NODES.format(setup=setup), 3) for setup in (_OURS, _PEER)[: 1 + with_peer]]
    peaks = [_median(_PEAK.format(imports="", step="step_of_ours(SETTINGS[-1])"), 3)]
    if with_peer:
        torch_step = "step_of_torch(SETTINGS[-1], torch)"
        peaks.append(
            _median(
                _PEAK.format(imports="import torch; torch.set_num_threads(1)", step=torch_step), 3
            )
        )
    rows.append(Row("memory per recorded node", "B", *nodes))
    rows.append(Row("peak of wide steps over their start", "MiB", *peaks))
    return rows


def _median(program: str, runs: int) -> float:
    return statistics.median(
        float(
            subprocess.run(
                [sys.executable, "-c", program], check=True, capture_output=True, env=_ENVIRONMENT
            ).stdout
        )
        for _ in range(runs)
    )
