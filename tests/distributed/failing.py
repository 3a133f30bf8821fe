"""A training in which process 1 does something else; which is the first argument."""

import os
import signal
import sys
import time

import numpy as np

import tensorgraph as tg
from tensorgraph import data, distributed, nn, optim
from tensorgraph.train import fit

what, path = sys.argv[1:]
world = distributed.world()
world.deadline = 3.0 if what == "hangs" else 60.0
rng = np.random.default_rng(0)
x, y = (rng.normal(size=(64, k)).astype("float32") for k in (4, 1))
if what in ("not a number", "diverges"):
    x[37] = np.nan
if what == "data":
    x = x + world.rank
tg.random.seed(1)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1 + (what == "model") * world.rank))
calls = []


def loss(prediction, target):
    calls.append(None)
    if what == "raises" and world.rank == 1 and len(calls) == 7:
        raise ValueError("what rank 1 does not like")
    if what == "differs in a batch" and world.rank == 1 and len(calls) == 7:
        world.gather(None, "something of its own")
    return nn.losses.mse(prediction, target)


def after_epoch(run):
    if world.rank != 1 or run.epoch != 2:
        return
    if what == "stops":
        run.stop("rank 1 has seen enough")
    if what == "interrupted":
        signal.raise_signal(signal.SIGINT)
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "ends":
        sys.exit(0)
    if what == "hangs":
        time.sleep(60)
    if what == "drifts":
        model.layers[2].weight.assign(model.layers[2].weight.data * (1 + 1e-6))
    if what == "differs":
        world.gather(None, "something of its own")


try:
    history = fit(
        model, loss, optim.Adam(model.named_parameters(), lr=0.01),
        data.Batches(x, y, batch_size=16, shards=4), epochs=4, callbacks=[after_epoch],
        step_callbacks=[optim.EMA(model.parameters())] * (what != "callbacks" or world.rank == 0),
        parallel="fast" if what == "differs in a batch" else "same_bits",
        progress=False, checkpoint=path,
    )  # fmt: skip
    reason = history.stopped
except tg.errors.DivergenceError as error:
    if what != "diverges":
        raise
    reason = str(error).splitlines()[1].strip()
reasons = world.gather(reason)
if world.rank == 0:  # lines of several processes are mixed, now and then
    print(f"all stopped: {reasons}", flush=True)
