"""A training run that is killed again and again; ``test_save_killed.py`` runs it as a script.

    python -m tests.train.killed_run {loop|fit} DIRECTORY SEED

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
from tensorgraph.train.state_encoding import encode

EPOCHS, STEPS = 6, 24  # of batches of 16 out of 50
Parts = dict[str, Any]


def made(resumed: bool) -> Parts:
    """Return all that a run consists of, as a script makes it that is started again."""
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
    return {
        "model": model, "optimizer": optimizer, "batches": batches,
        "random": tg.train.RandomState(model),
    }  # fmt: skip


def by_loop(file: Path) -> None:
    """Train to the end with a loop of one's own, from where the file says or from the start."""
    parts = made(resumed=file.exists())
    model, optimizer, batches = parts["model"], parts["optimizer"], parts["batches"]
    losses = tg.train.load(file, **parts)["losses"] if file.exists() else []
    while len(losses) < STEPS:
        for inputs, labels in batches:
            cost = nn.losses.binary_cross_entropy_with_logits(model(inputs), labels)
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            losses.append(cost.item())
            tg.train.save(file, **parts, losses=losses)


def by_fit(file: Path) -> None:
    """Train to the end with ``fit``."""
    parts = made(resumed=file.exists())
    tg.train.fit(
        parts["model"], nn.losses.binary_cross_entropy_with_logits, parts["optimizer"],
        parts["batches"], epochs=EPOCHS, checkpoint=file, checkpoint_every=1, progress=False,
    )  # fmt: skip


TRAIN = {"loop": by_loop, "fit": by_fit}


def content(file: Path) -> tuple[str, list[bytes]]:
    """Return all that is in a file but the seconds that were measured, to the bit."""
    state = tg.train.load(file)
    if "run" in state:
        del state["run"]["history"]["columns"]["seconds"]
    text, arrays = encode(state)
    return text, [array.tobytes() for array in arrays.values()]


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


def attempt(
    train: Callable[[Path], None], file: Path, arm: Kill | None = None, seconds: float | None = None
) -> bool:
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


def main(train: Callable[[Path], None], directory: Path, seed: int) -> None:
    draw = random.Random(seed)
    whole, killed = directory / "whole", directory / "killed"
    begin = time.monotonic()
    attempt(train, whole)
    duration = time.monotonic() - begin
    arms = [
        *(half_written(count) for count in (1, 3)),
        *(before(os, "fsync", count) for count in (1, 6)),  # the file, the directory
        *(before(os, "replace", count) for count in (1, 4)),
    ]
    kills = sum(not attempt(train, killed, arm) for arm in arms)
    litter = len(os.listdir(directory)) > 2  # the next save will do away with it
    for _ in range(5):
        kills += not attempt(train, killed, seconds=draw.uniform(0, 0.4) * duration)
    while not attempt(train, killed):
        pass
    same = content(whole) == content(killed)
    tg.train.save(killed, **tg.train.load(killed))  # the last kill may have hit the last save
    print(
        json.dumps(
            {
                "kills": kills,
                "litter before": litter,
                "same": same,
                "files": sorted(os.listdir(directory)),
            }
        )
    )


if __name__ == "__main__":
    main(TRAIN[sys.argv[1]], Path(sys.argv[2]), int(sys.argv[3]))
