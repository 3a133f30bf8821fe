"""What is measured besides training steps, as far as it is the same for every library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

LENGTH = 100
"""A chain of so many applications of an operation is built and differentiated."""

SHAPES = ((), (16,), (64, 64))
OPERATIONS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
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

ADAM = ((100, 1_000, 0.7), (1, 10_000_000, 1.0))
"""How many parameters of how many numbers, and the part of PyTorch's time that is allowed."""


def operand(shape: tuple[int, ...]) -> Any:
    """Return numbers near 1."""
    return np.random.default_rng(0).uniform(0.9, 1.1, shape).astype(np.float32)


def chain(lib: Any, step: Any, x: Any, w: Any, c: Any, ones: Any) -> Callable[[], None]:
    """Return what builds a chain from ``x`` with ``lib``'s operations, and differentiates it."""

    def build_and_differentiate() -> None:
        y = x
        for _ in range(LENGTH):
            y = step(lib, y, w, c)
        y.backward(ones)
        x.grad = w.grad = None

    return build_and_differentiate


def adam_values(count: int, size: int) -> list[Any]:
    """Return values of parameters, which serve as their gradients too."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal(size, dtype=np.float32) for _ in range(count)]
