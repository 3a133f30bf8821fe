"""Short training runs of copies of a model: by steps taken here, or by a function of the user's."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.nn import losses
from tensorgraph.nn.module import Module
from tensorgraph.optim.adam import Adam
from tensorgraph.optim.base import Optimizer
from tensorgraph.testing.modules.subject import parameter_places, seeded
from tensorgraph.train.model_inputs import ModelInputs, inputs_and_target, size_of
from tensorgraph.train.module_modes import evaluating
from tensorgraph.train.temporary_training import endless, stepper
from tensorgraph.train.trained import with_loss
from tensorgraph.train.training_arguments import Loss

LEAST_DATA = 40
"""Of fewer examples none are held out."""
LOOKS = 10
"""So often in a run are gradients, and the loss of held-out examples, looked at."""


@dataclass
class Run:
    """What a run gave."""

    losses: list[float] = field(default_factory=list)
    """Of each mini-batch; where the user's function trains, of all data before and after."""
    gradients: list[dict[str, Array | None]] = field(default_factory=list)
    """By each parameter, at several steps."""
    held: list[float] = field(default_factory=list)
    """The loss of held-out examples."""
    state: dict[str, Array] = field(default_factory=dict)
    """The parameters and buffers in the end."""


@dataclass(frozen=True)
class Settings:
    """What a run is made with, as :func:`check_learning` is given it."""

    loss: Callable[[Any, Any], Any] | None
    optimizer: Optimizer | Callable[[Any], Optimizer] | None
    test: Any
    seed: int
    steps: int
    batch_size: int


class Training:
    """Runs of a model with a loss and an optimizer, each of fresh copies."""

    def __init__(self, model: Module, data: Any, settings: Settings) -> None:
        self.model, self.data, self.test = model, data, settings.test
        self.seed, self.steps = settings.seed, settings.steps
        self.batch_size = settings.batch_size
        optimizer = settings.optimizer
        if isinstance(optimizer, Optimizer):
            self.optimizer = optimizer
        else:
            make = optimizer or (lambda named: Adam(named, lr=0.01))
            self.optimizer = make(model.named_parameters())
        self.where = parameter_places(model)
        """Where each parameter stands, by its path."""
        self.loss = settings.loss or self._likely_loss()

    def _likely_loss(self) -> Callable[[Any, Any], Any]:
        """Return the loss for such targets, and what comes out of the model for them."""
        batch = rows(self.data, np.arange(min(2, size_of(self.data))))
        target = np.asarray(inputs_and_target(batch)[1])
        if target.dtype.kind not in "iub":
            return losses.mse
        output = self._outputs(copy.deepcopy(self.model), batch)
        if output.ndim > 1 and output.shape[1] > 1:
            return losses.cross_entropy
        return losses.binary_cross_entropy_with_logits

    def _outputs(self, model: Module, batch: Any) -> Any:
        with evaluating(model), seeded(self.seed):
            values, _ = inputs_and_target(batch)
            return model(*ModelInputs(model, "check_learning").of(values))

    def fresh(self) -> tuple[Module, Optimizer, Loss]:
        """Return copies of the model, the optimizer and the loss, which belong together."""
        return copy.deepcopy((self.model, self.optimizer, self.loss))

    def loss_of(self, model: Module, data: Any) -> float:
        """Return the loss of data, in evaluation."""
        _, target = inputs_and_target(data)
        with evaluating(with_loss(model, self.loss)):
            cost: Any = self.loss(self._outputs(model, data), target)
        return float(cost.numpy() if isinstance(cost, Tensor) else cost)

    def first_step(self) -> None:
        """Take one step; whatever is wrong with it raises here."""
        model, optimizer, loss = self.fresh()
        with seeded(self.seed), endless(self.data, self.batch_size, 0) as batches:
            with_loss(model, loss).train()
            stepper(ModelInputs(model, "check_learning"), loss, optimizer)(next(batches))

    @property
    def batch(self) -> Any:
        """A small batch."""
        count = size_of(self.data)
        return rows(self.data, np.linspace(0, count - 1, min(16, count)).astype(int))

    @cached_property
    def run(self) -> Run:
        """The run itself."""
        return self.taken()

    @cached_property
    def parts(self) -> tuple[Any, Any]:
        """What is trained on, and what is held out: ``None`` if nothing is."""
        if self.test is not None:
            return self.data, self.test
        count = size_of(self.data)
        if count < LEAST_DATA:
            return self.data, None
        order = np.random.default_rng(self.seed).permutation(count)
        return rows(self.data, order[count // 4 :]), rows(self.data, order[: count // 4])

    def taken(self, data: Any = None, looks: bool = False) -> Run:
        """Return what a run gives.

        Args:
            data: what is trained on instead of all.
            looks: whether the loss of held-out examples is measured on the way.
        """
        model, optimizer, loss = self.fresh()
        both = with_loss(model, loss)
        found = Run()
        held = self.parts[1] if looks else None
        with seeded(self.seed):
            both.train()
            step = stepper(ModelInputs(model, "check_learning"), loss, optimizer)
            with endless(self.data if data is None else data, self.batch_size, 0) as batches:
                for k in range(self.steps):
                    found.losses.append(step(next(batches)))
                    if not math.isfinite(found.losses[-1]):
                        break
                    if k % max(1, self.steps // LOOKS) == 0:
                        found.gradients.append(_gradients(model))
                        if held is not None:
                            found.held.append(_looked_at(model, loss, held))
            if held is not None:
                found.held.append(_looked_at(model, loss, held))
        found.state = state_of(model)
        return found

    def learnt(self, shuffle: int | None = None) -> Run:
        """Return a run on a part of the data that looks at the rest, maybe with shuffled labels."""
        data = self.parts[0]
        return self.taken(data if shuffle is None else _shuffled(data, shuffle), looks=True)


class TrainingFunction(Training):
    """Runs of a function of the user's that trains a model."""

    def __init__(
        self, train: Callable[..., Any], model: Module, data: Any, settings: Settings
    ) -> None:
        super().__init__(model, data, settings)
        self.train = train
        try:
            self._takes_test = len(inspect.signature(train).parameters) > 2
        except (TypeError, ValueError):
            self._takes_test = self.test is not None
        if self._takes_test and self.test is None:
            raise errors.ArgumentError(
                "check_learning: train takes test data too; write test=(x, y)"
            )

    @property
    def takes_test(self) -> bool:
        """Whether the function is given test data."""
        return self._takes_test

    def trained(self, data: Any, test: Any, left_over: bool = False) -> Module:
        """Return the model that the function makes of a copy."""
        model = copy.deepcopy(self.model)
        for parameter in model.parameters():
            parameter.grad = None
            if left_over:
                rng = np.random.default_rng(0)
                noise = rng.standard_normal(parameter.shape).astype(parameter.dtype)
                parameter.grad = wrap(noise)
        with seeded(self.seed):
            given = (data, test) if self._takes_test else (data,)
            returned = self.train(model, *given)
        return returned if isinstance(returned, Module) else model

    def taken(self, data: Any = None, looks: bool = False) -> Run:
        """Return what a run gives: the loss of all data before and after it."""
        data = self.data if data is None else data
        model = self.trained(data, self.test)
        found = Run([self.loss_of(self.model, data), self.loss_of(model, data)])
        found.gradients = [self._gradients_now(model)]
        if looks:
            held = self.parts[1]
            found.held = [self.loss_of(m, held) for m in (self.model, model)]
        found.state = state_of(model)
        return found

    def _gradients_now(self, model: Module) -> dict[str, Array | None]:
        other = copy.deepcopy(model).train()
        for parameter in other.parameters():
            parameter.grad = None
        with seeded(self.seed):
            values, target = inputs_and_target(self.batch)
            self.loss(other(*ModelInputs(other, "check_learning").of(values)), target).backward()
        return _gradients(other)


def _looked_at(model: Module, loss: Loss, held: Any) -> float:
    """Return the loss of held-out examples as people measure it, by eval() and train()."""
    both = with_loss(model, loss).eval()
    values, target = inputs_and_target(held)
    cost: Any = loss(model(*ModelInputs(model, "check_learning").of(values)), target)
    both.train()
    return float(cost.numpy() if isinstance(cost, Tensor) else cost)


def state_of(model: Module) -> dict[str, Array]:
    """Return the parameters and buffers of a model, by their paths."""
    named = [*model.named_parameters(), *model.named_buffers()]
    return {path: tensor.numpy().copy() for path, tensor in named}


def _gradients(model: Module) -> dict[str, Array | None]:
    return {
        path: None if tensor.grad is None else tensor.grad.numpy().copy()
        for path, tensor in model.named_parameters()
    }


def rows(data: Any, chosen: Array) -> Any:
    """Return some examples of data that are arrays.

    Raises:
        DTypeError: they are no arrays.
    """
    if isinstance(data, Mapping):
        return {key: np.asarray(value)[chosen] for key, value in data.items()}
    if isinstance(data, (tuple, list)):
        return tuple(np.asarray(value)[chosen] for value in data)
    raise errors.DTypeError(
        f"check_learning: data are a tuple (x, y) of arrays, or a dict of them, not"
        f" {errors.describe(data)}"
    )


def _shuffled(data: Any, seed: int) -> Any:
    """Return data whose targets belong to other inputs."""
    order = np.random.default_rng(seed).permutation(size_of(data))
    mixed = rows(data, order)
    if isinstance(data, Mapping):
        return {key: data[key] if key == "x" else mixed[key] for key in data}
    return (*(np.asarray(value) for value in data[:-1]), mixed[-1])


def otherwise(data: Any) -> Any:
    """Return other test data of the same kind: numbers of another size, in another order."""
    count = size_of(data)
    turned = rows(data, np.arange(count)[::-1])

    def changed(value: Any) -> Any:
        array = np.asarray(value)
        return 3 * array + 1 if array.dtype.kind == "f" else array

    if isinstance(turned, Mapping):
        return {key: changed(value) for key, value in turned.items()}
    return tuple(changed(value) for value in turned)
