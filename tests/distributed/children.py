"""Run by ``mpiexec``: what a process of several starts by itself works alone."""

import multiprocessing
import subprocess
import sys

import tensorgraph as tg

CODE = "import tensorgraph as tg; print(tg.distributed.world().size)"


def size(_):
    return tg.distributed.world().size


if __name__ == "__main__":
    world = tg.distributed.world()
    if world.rank == 0:
        told = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
        found = [int(told.stdout or told.stderr[-300:])]
        for start in ("fork", "spawn"):
            with multiprocessing.get_context(start).Pool(1) as pool:
                found += pool.map(size, [0])
        print("children:", found, flush=True)
    world.gather(None)
