"""A training run that is killed again and again; ``test_save_killed.py`` runs it as a script.

    python -m tests.killed_run DIRECTORY SEED

Each attempt is a process of its own, forked before anything is made, that goes on from the file of
the one before. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.optim.schedules import cosine, warmup

STEPS = 40
Losses = list[float]


def train(file: Path) -> None:
    """Train to the end, from where the file says or from the start."""
    resumed = file.exists()
    tg.random.seed(os.getpid() if resumed else 0)  # what is drawn without the file is another
    x = np.random.default_rng(0).standard_normal((50, 5)).astype(np.float32)
    y = (x[:, :1] * x[:, 1:2] > 0).astype(np.float32)
    generator = tg.random.Generator(os.getpid() if resumed else 7)
    model = nn.Sequential(
        nn.Linear(5, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(p=0.3),
        nn.Linear(8, 8), nn.Tanh(), nn.Dropout(p=0.2, generator=generator), nn.Linear(8, 1),
    )  # fmt: skip
    rate = warmup(cosine(0.05, steps=STEPS), steps=5)
    optimizer = tg.optim.AdamW(tg.optim.decay_groups(model, 0.1), lr=rate)
    batches = tg.data.Batches(x, y, batch_size=16, seed=0, augment=jitter)
    parts: dict[str, Any] = {
        "model": model, "optimizer": optimizer, "batches": batches,
        "random": tg.train.RandomState(model),
    }  # fmt: skip
    losses: Losses = tg.train.load(file, **parts)["losses"] if resumed else []
    while len(losses) < STEPS:
        for inputs, labels in batches:
            cost = nn.losses.binary_cross_entropy_with_logits(model(inputs), labels)
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            losses.append(cost.item())
            tg.train.save(file, **parts, losses=losses)
            if len(losses) == STEPS:
                return


def jitter(example: Any, rng: np.random.Generator) -> Any:
    return example + np.float32(0.1) * rng.standard_normal(5, dtype=np.float32)


# -------------------------------------------------------------------------------- ways to be killed

Kill = Callable[[], None]


def kill_me(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str, count: int) -> Kill:
    """Return what makes a process die where it calls a function for the ``count``-th time."""

    def arm() -> None:
        original, calls = getattr(owner, name), []

        def dying(*args: Any, **kwargs: Any) -> Any:
            calls.append(args)
            if len(calls) == count:
                kill_me()
            return original(*args, **kwargs)

        setattr(owner, name, dying)

    return arm


def half_written(count: int) -> Kill:
    """Return what makes a process die when half of the file is written."""

    def arm() -> None:
        original, calls = safetensors.numpy.save_file, []

        def dying(arrays: Any, path: Path, metadata: Any) -> None:
            original(arrays, path, metadata)
            calls.append(path)
            if len(calls) == count:
                content = path.read_bytes()
                path.write_bytes(content[: len(content) // 2])
                kill_me()

        safetensors.numpy.save_file = dying

    return arm


def attempt(file: Path, arm: Kill | None = None, seconds: float | None = None) -> bool:
    """Train in a process of its own, killed on the way; return whether it got to the end."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if arm is not None:
                arm()
            train(file)
            status = 0
        finally:
            os._exit(status)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise RuntimeError("training failed")
    return os.WIFEXITED(status)


def main(directory: Path, seed: int) -> None:
    draw = random.Random(seed)
    whole, killed = directory / "whole", directory / "killed"
    begin = time.monotonic()
    attempt(whole)
    duration = time.monotonic() - begin
    arms = [
        *(half_written(count) for count in (1, 3)),
        *(before(os, "fsync", count) for count in (1, 6)),  # the file, the directory
        *(before(os, "replace", count) for count in (1, 4)),
    ]
    kills = sum(not attempt(killed, arm) for arm in arms)
    for _ in range(8):
        kills += not attempt(killed, seconds=draw.uniform(0, 0.3) * duration)
    left = sorted(os.listdir(directory))
    while not attempt(killed):
        pass
    one, other = whole.read_bytes(), killed.read_bytes()
    print(
        json.dumps(
            {
                "kills": kills,
                "same": one == other,
                "litter before": len(left) > 2,
                "files": sorted(os.listdir(directory)),
                "steps": len(tg.train.load(killed)["losses"]),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
