"""The networks of which a training step is measured; every library builds them with its own layers.

A step is: forget the gradients, forward, softmax cross-entropy, backward, Adam; in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

CLASSES = 10


@dataclass(frozen=True)
class Net:
    """What the libraries build, and what is fed to it."""

    name: str
    shown: str
    """What it is, in a table."""
    kind: str
    """The function that builds it: ``mlp``, ``conv``, ``lstm`` or ``block``."""
    batch: int
    shape: tuple[int, ...]
    """That of an example."""
    eager: float
    """At most this part of PyTorch's eager time is what eager steps may take."""
    compiled: float
    """At most this part of the fastest peer's time is what compiled steps may take."""
    hidden: tuple[int, ...] = ()
    """The widths of hidden layers."""
    norm: bool = False
    """Whether batch norm stands before each ReLU, and dropout behind it."""
    classes: int = CLASSES

    def example(self) -> tuple[Any, Any]:
        """Return the same random batch for all libraries: inputs, and classes."""
        rng = np.random.default_rng(0)
        inputs = rng.standard_normal((self.batch, *self.shape), dtype=np.float32)
        return inputs, rng.integers(0, self.classes, self.batch)


DROPPED = 0.2
"""The probability with which dropout drops a number."""
HEADS = 4
"""Among how many heads attention is divided."""

NETS = {
    net.name: net
    for net in (
        Net("tiny", "2-16-16-2, batch 32", "mlp", 32, (2,), 0.6, 0.10, (16, 16), classes=2),
        Net("small", "784-128-64-10, batch 64", "mlp", 64, (784,), 0.7, 0.65, (128, 64)),
        Net("deep", "784-256×10-10, batch 256", "mlp", 256, (784,), 0.9, 0.85, (256,) * 10),
        Net("wide", "784-1024-1024-10, batch 512", "mlp", 512, (784,), 0.9, 0.95, (1024, 1024)),
        Net(
            "norm", "784-(256, BN, ReLU, dropout)×4-10, batch 256", "mlp", 256, (784,), 0.9, 0.65,
            (256,) * 4, norm=True,
        ),
        Net(
            "conv", "28×28, 2 × (3×3, ReLU, pool), batch 64", "conv", 64, (1, 28, 28), 0.8, 0.65,
            (16, 32),
        ),
        Net("lstm", "LSTM 64→128, 50 steps, batch 32", "lstm", 32, (50, 64), 0.9, 0.8, (128,)),
        Net(
            "block", "transformer block 128, 4 heads, 64 tokens, batch 16", "block", 16, (64, 128),
            0.9, 0.8, (512,),
        ),
    )
}  # fmt: skip
