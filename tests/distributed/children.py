"""Run by ``mpiexec``: what a process of several starts by itself works alone.

So it does before that process has asked for the others, and after; and what its children launch
themselves are several processes again.
"""

import multiprocessing
import os
import subprocess
import sys

import tensorgraph as tg
from tests.distributed.launched import launcher

CODE = "import tensorgraph as tg; print(tg.distributed.world().size)"


def size(_):
    return tg.distributed.world().size


def sizes(*starts):
    """Return how many there are for a subprocess, and for a worker of each kind."""
    told = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    found = [int(told.stdout or told.stderr[-300:])]
    for start in starts:
        with multiprocessing.get_context(start).Pool(1) as pool:
            found += pool.map(size, [0])
    return found


if __name__ == "__main__":
    before = sizes("fork", "spawn") if os.environ.get("PMI_RANK", "0") == "0" else None
    world = tg.distributed.world()
    if world.rank == 0:
        command = [*launcher(), "-n", "2", sys.executable, "-c", CODE]
        told = subprocess.run(command, capture_output=True, text=True).stdout
        launched = "".join(told.split())  # the two may write into one line
        print("children:", before, sizes("fork"), launched, flush=True)
    world.gather(None)
