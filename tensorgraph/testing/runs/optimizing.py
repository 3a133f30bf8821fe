"""In which order a step clears gradients, computes them, and has optimizers use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tensorgraph.optim.base import Optimizer


class Optimizing:
    """Watches the optimizers of a step: what gradients are there when they are called."""

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        self.optimizers = optimizers
        self.calls: list[tuple[str, bool]] = []
        """What was called, and whether there were gradients then."""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch while a block runs that begins without gradients."""
        for optimizer in self.optimizers:
            for name in ("step", "zero_grad"):
                vars(optimizer)[name] = self._noted(optimizer, name, getattr(optimizer, name))
        try:
            yield
        finally:
            for optimizer in self.optimizers:
                del vars(optimizer)["step"], vars(optimizer)["zero_grad"]

    def _noted(self, optimizer: Optimizer, name: str, call: Callable[..., Any]) -> Any:
        def noted(*args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, any(t._grad is not None for t in optimizer.params)))
            return call(*args, **kwargs)

        return noted

    def mistake(self) -> str:
        """Return what is wrong with the order of the calls; nothing if nothing is."""
        stepped = [had for name, had in self.calls if name == "step"]
        if not stepped:
            return "optimizer.step() is not called; write it after backward()"
        if any(stepped):
            return ""
        if ("zero_grad", True) in self.calls:
            return "zero_grad() clears the gradients before step(); write it before backward()"
        return "step() finds no gradients; write it after backward()"
