"""One training step: forward, softmax cross-entropy, backward, Adam; float32, ReLU networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import tensorgraph as tg
from benchmarks.timing import Row, medians, peer


@dataclass(frozen=True)
class Setting:
    """A network and a batch size, with the ratio to PyTorch that we promise."""

    name: str
    sizes: tuple[int, ...]
    batch: int
    limit: float
    rounds: int
    norm: bool = False
    """Whether batch norm stands before each ReLU, and dropout behind it."""


SETTINGS = (
    Setting("tiny", (2, 16, 16, 2), 32, 0.6, 300),
    Setting("small", (784, 128, 64, 10), 64, 0.6, 200),
    Setting("deep", (784, *[256] * 10, 10), 256, 1.05, 40),
    Setting("norm", (784, *[256] * 4, 10), 256, 0.8, 80, norm=True),
    Setting("wide", (784, 1024, 1024, 10), 512, 1.05, 15),
)


def run() -> list[Row]:
    """Return a row for each setting."""
    rows = []
    for setting in SETTINGS:
        actions = {"ours": step_of_ours(setting)}
        if (torch := peer()) is not None:
            actions["peer"] = step_of_torch(setting, torch)
        seconds = medians(actions, setting.rounds)
        name = f"{setting.name}  {_sizes(setting)}, batch {setting.batch}"
        theirs = seconds["peer"] * 1e3 if "peer" in seconds else None
        rows.append(Row(name, "ms", seconds["ours"] * 1e3, theirs, setting.limit))
    return rows


def _sizes(setting: Setting) -> str:
    if len(setting.sizes) > 5:
        return f"{setting.sizes[0]}-{setting.sizes[1]}×{len(setting.sizes) - 2}-{setting.sizes[-1]}"
    return "-".join(map(str, setting.sizes))


def batch_of(setting: Setting) -> tuple[Any, Any]:
    """Return the same random batch for both libraries."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((setting.batch, setting.sizes[0]), dtype=np.float32)
    return images, rng.integers(0, setting.sizes[-1], setting.batch)


def model_of(setting: Setting, nn: Any, batch_norm: Any) -> Any:
    """Return the setting's network, made of the layers of either library."""
    layers: list[Any] = []
    for fan_in, fan_out in pairwise(setting.sizes[:-1]):
        around = [batch_norm(fan_out)], [nn.Dropout(p=0.2)]
        before, behind = around if setting.norm else ([], [])
        layers += [nn.Linear(fan_in, fan_out), *before, nn.ReLU(), *behind]
    return nn.Sequential(*layers, nn.Linear(*setting.sizes[-2:]))


def step_of_ours(setting: Setting) -> Callable[[], None]:
    """Return one training step with tensorgraph."""
    model = model_of(setting, tg.nn, tg.nn.BatchNorm)
    optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
    images, labels = map(tg.tensor, batch_of(setting))

    def step() -> None:
        optimizer.zero_grad()
        tg.nn.losses.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return step


def step_of_torch(setting: Setting, torch: Any) -> Callable[[], None]:
    """Return the same step with PyTorch."""
    model = model_of(setting, torch.nn, torch.nn.BatchNorm1d)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    images, labels = map(torch.tensor, batch_of(setting))
    loss_of = torch.nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        loss_of(model(images), labels).backward()
        optimizer.step()

    return step
