"""Overhead of one recorded operation, forward and backward, on small arrays.

A chain of 100 applications is built and differentiated; the figure is the time for one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgraph as tg
from benchmarks.timing import Row, medians, peer

LENGTH = 100
SHAPES = ((), (16,), (64, 64))
STEPS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "y + w": lambda lib, y, w, c: y + w,
    "y - c": lambda lib, y, w, c: y - c,
    "y * w": lambda lib, y, w, c: y * w,
    "y / w": lambda lib, y, w, c: y / w,
    "y * 1.01": lambda lib, y, w, c: y * 1.01,
    "-y": lambda lib, y, w, c: -y,
    "exp(y)": lambda lib, y, w, c: lib.exp(y),
    "tanh(y)": lambda lib, y, w, c: lib.tanh(y),
    "sigmoid(y)": lambda lib, y, w, c: lib.sigmoid(y),
    "relu(y)": lambda lib, y, w, c: lib.relu(y),
    "sqrt(y)": lambda lib, y, w, c: lib.sqrt(y),
}


def run(rounds: int = 60) -> list[Row]:
    """Return a row for each op and shape, and the geometric mean over the ops of each shape."""
    torch = peer()
    rows: list[Row] = []
    for shape in SHAPES:
        values = np.random.default_rng(0).uniform(0.9, 1.1, shape).astype(np.float32)
        here: list[Row] = []
        for name, step in STEPS.items():
            with np.errstate(all="ignore"):  # a chain of 100 exp overflows, in both libraries
                seconds = medians(_chains(step, values, torch), rounds)
            micro = {k: v / LENGTH * 1e6 for k, v in seconds.items()}
            here.append(Row(f"{name}  {shape}", "µs", micro["ours"], micro.get("peer")))
        if torch is not None:
            ours, theirs = (
                math.exp(sum(math.log(f) for f in figures) / len(here))
                for figures in ([r.ours for r in here], [r.peer or 0.0 for r in here])
            )
            limit = 0.6 if shape != (64, 64) else None
            here.append(Row(f"geometric mean  {shape}", "µs", ours, theirs, limit))
        rows += here
    return rows


def _chains(step: Any, values: Any, torch: Any) -> dict[str, Callable[[], None]]:
    ones = np.ones_like(values)
    actions = {
        "ours": _chain(tg, step, *(tg.tensor(values, requires_grad=r) for r in (1, 1, 0)), ones)
    }
    if torch is not None:
        tensors = (torch.tensor(values, requires_grad=r) for r in (True, True, False))
        actions["peer"] = _chain(torch, step, *tensors, torch.tensor(ones))
    return actions


def _chain(lib: Any, step: Any, x: Any, w: Any, c: Any, ones: Any) -> Callable[[], None]:
    def build_and_differentiate() -> None:
        y = x
        for _ in range(LENGTH):
            y = step(lib, y, w, c)
        y.backward(ones)
        x.grad = w.grad = None

    return build_and_differentiate
