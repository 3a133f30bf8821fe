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

EXAMPLES = 64
PER_EXAMPLE = ((20, 32, 2), (784, 64, 10))
"""Layers of networks whose gradient is computed for each of ``EXAMPLES``."""

JACOBIANS = ("200 residuals × 4", "4 → 1,000", "Hessian of 200")
"""Derivatives of functions that ``curve``, ``fan`` and ``bowl`` return."""

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


def layers(sizes: tuple[int, ...]) -> dict[str, Any]:
    """Return the parameters of a network with one hidden layer."""
    rng = np.random.default_rng(0)
    wide, hidden, classes = sizes
    draw = rng.standard_normal
    return {
        "W1": draw((hidden, wide), np.float32) / np.float32(wide**0.5),
        "b1": np.zeros(hidden, np.float32),
        "W2": draw((classes, hidden), np.float32) / np.float32(hidden**0.5),
        "b2": np.zeros(classes, np.float32),
    }


def examples(sizes: tuple[int, ...]) -> tuple[Any, Any]:
    """Return inputs and labels."""
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((EXAMPLES, sizes[0]), np.float32)
    return inputs, rng.integers(0, sizes[-1], EXAMPLES)


def differentiated(lib: Any, name: str, as_tensor: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Return the function whose Jacobian or Hessian is computed, and the point."""
    rng = np.random.default_rng(0)
    t = as_tensor(np.linspace(0, 1, 200))
    wide, square = (as_tensor(rng.standard_normal(shape)) for shape in ((1000, 4), (200, 200)))

    def curve(p: Any) -> Any:
        return p[0] * lib.exp(-p[1] * t) + p[2] * lib.sin(p[3] * t) - lib.exp(-t)

    def fan(x: Any) -> Any:
        return lib.tanh(wide @ x)

    def bowl(x: Any) -> Any:
        return x @ (square @ x) / 2 + (lib.sin(x) ** 2).sum() + lib.log(lib.exp(x).sum())

    f, length = dict(zip(JACOBIANS, ((curve, 4), (fan, 4), (bowl, 200)), strict=True))[name]
    return f, as_tensor(rng.uniform(0.5, 1.5, length))
