"""The modes of a model's modules, training or evaluation, changed for a block only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tensorgraph.engine.modes import no_grad
from tensorgraph.nn.module import Module


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Run a block without a graph, the model in evaluation mode; put back each module's mode."""
    with modes_kept(model), no_grad():
        model.eval()
        yield


@contextmanager
def modes_kept(model: Module) -> Iterator[None]:
    """Put each module of a model back into the mode it was in before the block."""
    before = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
