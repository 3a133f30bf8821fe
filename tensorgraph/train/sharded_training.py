"""Training on batches that are cut in shards, which processes may share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.data.shards import Shards
from tensorgraph.distributed.batch_norm import SyncBatchNorm
from tensorgraph.distributed.data_parallel import DataParallel
from tensorgraph.distributed.processes import World
from tensorgraph.distributed.strands import by_itself
from tensorgraph.train.checkpoint_file import with_state
from tensorgraph.train.evaluation import AT_ONCE, measure
from tensorgraph.train.example_sets import Examples, again_and_again
from tensorgraph.train.training_loop import Training


class ShardedTraining(Training):
    """A run on batches in shards; for the arguments see :func:`fit`.

    All processes take the same steps, and what one decides by itself, such as a callback to stop,
    becomes the decision of all.
    """

    parallel: DataParallel

    def share(self, reduction: str | None) -> None:
        """Let all processes share the batches; without a reduction, this one does all by itself.

        Raises:
            ArgumentError: each layer is watched, whose norms nobody has of a whole batch.
        """
        if self.norms is not None:
            raise errors.ArgumentError(
                "fit: watch=True records the norms of each layer for a whole batch, and these"
                " batches are cut in shards; leave out one of them"
            )
        alone = World() if reduction is None else None
        self.parallel = DataParallel(
            self.run.trained.whole,
            self.run.optimizer,
            reduction=reduction or "same_bits",
            world=alone,
        )
        self.world = self.parallel.world
        self.run.rank = self.world.rank
        self._share_callbacks()
        self._wished = False
        if self.steps_per_epoch is not None:
            self.stream = again_and_again(_Anew(self))

    def _share_callbacks(self) -> None:
        """Give all processes what the callbacks of process 0 hold, as a checkpoint would.

        Raises:
            DistributedError: a process has others.
        """
        mine = with_state(self.all_callbacks)
        states = {name: callback.state_dict() for name, callback in mine.items()}
        states = self.world.broadcast(states, "the callbacks of rank 0")
        if self.run.rank > 0:
            if list(states) != list(mine):
                here, there = (errors.listing([*names]) or "none" for names in (mine, states))
                raise errors.DistributedError(
                    f"rank {self.run.rank} has other callbacks with a state than rank 0: {here},"
                    f" not {there}; give fit the same ones in each process"
                )
            for name, callback in mine.items():
                callback.load_state_dict(states[name])

    def compile(self) -> None:
        """Let a program compute the gradients of shards from the first one on."""
        for path, module in self.run.model.named_modules():
            if isinstance(module, SyncBatchNorm):
                raise errors.ArgumentError(
                    f"fit: compile=True makes each shard one program, and {path}, a SyncBatchNorm,"
                    " waits for the other shards; write tg.nn.BatchNorm, or leave out compile=True"
                )
        self.compiled = Compiled(self.gradient, wait=True, at_once=True)

    def by_itself(self) -> AbstractContextManager[None]:
        """Return a block without other members: outside of a batch, each process does all."""
        return by_itself()

    def _batches_of_epoch(self) -> Iterator[Any]:
        if self.steps_per_epoch is None:
            return iter(self.parallel.batches(self.batches))
        return islice(self.stream, self.steps_per_epoch - self.run.batch)

    def size_of(self, batch: Any) -> int:
        """Return how many examples a batch has."""
        return sum(batch.sizes)

    def given_in(self, batch: Any) -> Any:
        """Return the shards: only those are made into tensors that are computed here."""
        return batch

    def cost_of(self, given: Shards) -> Any:
        """Return the cost of the first shard that has none that is finite, or else of the last."""
        for shard in given:
            cost = super().cost_of(super().given_in(shard))
            if not np.isfinite(getattr(cost, "_data", 0.0)).all():
                break
        return cost

    def take(self, given: Shards) -> float:
        """Take a step by the gradient of the whole batch; return the cost before it."""
        compute = self.gradient if self.compiled is None else self.compiled
        outcome = self.parallel.run(
            given,
            partial(self._gradient_of, compute),
            wish=self.interrupts.wished,
            compiled=self.compiled is not None,
        )
        self._wished = outcome.wished
        if self.clip is not None:
            self.clip(self.params)
        self.hold()
        self.run.optimizer.step()
        return outcome.cost

    def gradient(self, inputs: list[Any], target: Any, weight: float) -> Any:
        """Add the gradient of a shard's cost, times its weight, to ``.grad``; return the cost."""
        cost = self.finite_cost(inputs, target)
        (cost * weight).backward()
        return cost

    def _gradient_of(self, compute: Any, shard: Any, weight: float) -> float:
        inputs, target = super().given_in(shard)
        return float(compute(inputs, target, weight).item())

    @property
    def wished(self) -> bool:
        """Whether Ctrl-C is to end the training, which all processes know at the same step."""
        return self.interrupts.wished if self.world.size == 1 else self._wished

    def agree_to_stop(self) -> None:
        """Let all processes stop for the reason of the first that has one."""
        mine = self.run.stopped, self.interrupts.wished
        reasons, wishes = zip(*self.world.gather(mine, "whether to stop"), strict=True)
        self.run.history.stopped = next(filter(None, reasons), "")
        self._wished = any(wishes)

    def measure(self, examples: Examples) -> dict[str, float]:
        """Return the loss and the metrics on examples, of which each batch draws its own."""
        with self.parallel.aside() as begin:
            return measure(
                self.inputs, self.loss, examples, self.metrics, AT_ONCE, self.world, begin
            )

    def _end_epoch(self, start: float) -> None:
        super()._end_epoch(start)
        self.parallel.check()


class _Anew:
    """The batches of one epoch after the other, shared."""

    def __init__(self, training: ShardedTraining) -> None:
        self._training = training

    def __iter__(self) -> Iterator[Any]:
        return iter(self._training.parallel.batches(self._training.batches))
