"""One step of Adam: over many small parameters, and over one large one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgraph as tg
from benchmarks.timing import Row, medians, peer

# What is updated: how many parameters of how many elements, the ratio that we promise, rounds.
SETTINGS = ((100, 1_000, 0.7, 200), (1, 10_000_000, 1.0, 15))


def run() -> list[Row]:
    """Return a row for each setting."""
    rows = []
    for count, size, limit, rounds in SETTINGS:
        actions = {"ours": step_of_ours(count, size)}
        if (torch := peer()) is not None:
            actions["peer"] = step_of_torch(count, size, torch)
        seconds = medians(actions, rounds)
        theirs = seconds["peer"] * 1e3 if "peer" in seconds else None
        rows.append(Row(f"Adam, {count} × {size:,}", "ms", seconds["ours"] * 1e3, theirs, limit))
    return rows


def _values(count: int, size: int) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(size, dtype=np.float32) for _ in range(count)]


def step_of_ours(count: int, size: int) -> Callable[[], None]:
    """Return a step with tensorgraph; the gradients stay the same."""
    params = [tg.tensor(value, requires_grad=True) for value in _values(count, size)]
    for param in params:
        param.grad = tg.tensor(param)
    return tg.optim.Adam(params, lr=1e-3).step


def step_of_torch(count: int, size: int, torch: Any) -> Callable[[], None]:
    """Return the same step with PyTorch's default Adam."""
    params = [torch.tensor(value, requires_grad=True) for value in _values(count, size)]
    for param in params:
        param.grad = param.detach().clone()
    step: Callable[[], None] = torch.optim.Adam(params, lr=1e-3).step
    return step
