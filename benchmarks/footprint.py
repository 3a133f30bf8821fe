"""Import time, bytes per recorded node, and the peak memory of one training step.

Each figure comes from a process of its own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.timing import Row, peer

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
import numpy as np
{imports}
from benchmarks.training import SETTINGS, step_of_ours, step_of_torch
wide = SETTINGS[-1]
step = {step}
step()
before = resident()
with open("/proc/self/clear_refs", "w") as clear:
    clear.write("5")  # the peak counts from here
step()
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(peak / 1024 - before / 2**20)
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
    peaks = [_median(_PEAK.format(imports="", step="step_of_ours(wide)"), 3)]
    if with_peer:
        torch_step = "step_of_torch(wide, torch)"
        peaks.append(
            _median(
                _PEAK.format(imports="import torch; torch.set_num_threads(1)", step=torch_step), 3
            )
        )
    rows.append(Row("memory per recorded node", "B", *nodes))
    rows.append(Row("peak of a wide step over its start", "MiB", *peaks))
    return rows


def _median(program: str, runs: int) -> float:
    return statistics.median(
        float(
            subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout
        )
        for _ in range(runs)
    )
