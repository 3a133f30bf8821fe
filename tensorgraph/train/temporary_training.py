"""Training steps that are undone: model, optimizer and random numbers are restored afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.tensor import rebind
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.train.checked_cost import cost_value
from tensorgraph.train.example_sets import Examples, again_and_again
from tensorgraph.train.model_inputs import ModelInputs, inputs_and_target
from tensorgraph.train.module_modes import modes_kept
from tensorgraph.train.random_state import RandomState
from tensorgraph.train.trained import with_loss
from tensorgraph.train.training_arguments import Loss


@contextmanager
def unchanged(model: Module, loss: Loss, optimizer: Optimizer) -> Iterator[None]:
    """Undo what a block does to what is trained, the optimizer, gradients and random numbers."""
    both = with_loss(model, loss)
    tensors = [*both.parameters(), *both.buffers(), *optimizer.params]
    held = [(tensor, tensor._data, tensor._grad) for tensor in tensors]
    settings = [optimizer.defaults, *(group.own for group in optimizer.groups)]
    before = [dict(values) for values in settings]
    state = optimizer.state_dict()
    random = RandomState(both)
    drawn = random.state_dict()
    with modes_kept(both):
        try:
            both.train()
            yield
        finally:
            for tensor, data, grad in held:
                rebind(tensor, data)
                tensor._grad = grad
            for values, kept in zip(settings, before, strict=True):
                values.clear()
                values.update(kept)
            optimizer.load_state_dict(state)
            random.load_state_dict(drawn)


def stepper(given: ModelInputs, loss: Loss, optimizer: Optimizer) -> Callable[[Any], float]:
    """Return a function that takes a step for a batch, and returns the cost before it.

    Where a gradient is not finite no step is taken, and the cost is NaN.
    """

    def step(batch: Any) -> float:
        values, target = inputs_and_target(batch)
        inputs, target = given.of(values), given.target(target)
        optimizer.zero_grad()
        cost = loss(given.model(*inputs), target)
        value = cost_value(cost)
        try:
            cost.backward()
            optimizer.step()
        except errors.AnomalyError:
            return float("nan")
        return value

    return step


@contextmanager
def endless(train: Any, batch_size: int, seed: int) -> Iterator[Iterator[Any]]:
    """Give a block mini-batches without end; a loader is put back to where it was."""
    loader = Examples(train, "train").loader(batch_size, seed)
    state = loader.state_dict() if hasattr(loader, "load_state_dict") else None
    try:
        yield again_and_again(loader)
    finally:
        if state is not None:
            loader.load_state_dict(state)
