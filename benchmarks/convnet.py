"""A training step of a small convolutional net, and where its time goes, operation by operation."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgraph as tg
from benchmarks.timing import Row, medians, peer
from tensorgraph.engine.modes import MODE, Backward, Forward, Observer, mode

BATCH = 64
LIMIT = 1.5
SHARE = 0.02
"""Operations that take less than this part of a step are shown together."""


def run(rounds: int = 60) -> list[Row]:
    """Return a row for the step, and one for each operation that takes a visible part of it."""
    actions: dict[str, Callable[[], None]] = {"ours": step_of_ours()}
    if (torch := peer()) is not None:
        actions["peer"] = step_of_torch(torch)
    seconds = medians(actions, rounds)
    theirs = seconds["peer"] * 1e3 if "peer" in seconds else None
    step = Row("28×28, 2 × (conv, pool), 10", "ms", seconds["ours"] * 1e3, theirs, LIMIT)
    return [step, *profile(actions["ours"])]


def batch() -> tuple[Any, Any]:
    """Return the same random images and labels for both libraries."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((BATCH, 1, 28, 28), dtype=np.float32)
    return images, rng.integers(0, 10, BATCH)


def step_of_ours() -> Callable[[], None]:
    """Return one training step with tensorgraph."""
    nn = tg.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
    )  # fmt: skip
    optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
    images, labels = map(tg.tensor, batch())

    def step() -> None:
        optimizer.zero_grad()
        tg.nn.losses.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return step


def step_of_torch(torch: Any) -> Callable[[], None]:
    """Return the same step with PyTorch."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    images, labels = map(torch.tensor, batch())
    loss_of = nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        loss_of(model(images), labels).backward()
        optimizer.step()

    return step


class Stopwatch(Observer):
    """An observer that books the time since it was last called on what has just been computed."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.last = time.perf_counter()

    def forward(self, event: Forward) -> None:
        # The optimizer's rule runs its operations outside of any module, as the loss does.
        place = "forward" if MODE.get().scope else "loss and optimizer"
        self._book(f"{place}  {event.op.name}" if MODE.get().scope else place)

    def backward(self, event: Backward) -> None:
        op = event.node.op
        self._book(f"backward {op.name} by {op.operand_name(event.i)}")

    def _book(self, what: str) -> None:
        now = time.perf_counter()
        self.seconds[what] += now - self.last
        self.last = now


def profile(step: Callable[[], None], rounds: int = 20) -> list[Row]:
    """Return the median milliseconds of each operation within a step, the longest first."""
    runs = []
    for _ in range(rounds):
        watch = Stopwatch()
        with mode(observer=watch):
            step()
        runs.append(watch.seconds)
    spent = {what: statistics.median(run[what] for run in runs) * 1e3 for what in runs[0]}
    total = sum(spent.values())
    shown = sorted((ms, what) for what, ms in spent.items() if ms > SHARE * total)[::-1]
    rest = total - sum(ms for ms, _ in shown)
    return [Row(f"  {what}", "ms", ms) for ms, what in [*shown, (rest, "all else")]]
