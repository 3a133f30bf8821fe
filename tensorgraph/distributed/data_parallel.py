"""Data-parallel training: processes share the batches, and take the same steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from tensorgraph import errors
from tensorgraph.arguments import one_of, whole
from tensorgraph.data.batches import Batches
from tensorgraph.data.shards import Shards
from tensorgraph.distributed.launch import world as all_processes
from tensorgraph.distributed.ordered_sum import share
from tensorgraph.distributed.processes import World
from tensorgraph.distributed.replicas import Replicas
from tensorgraph.distributed.shard_state import ShardState
from tensorgraph.distributed.shard_work import Gradient, Plan, ShardWork
from tensorgraph.distributed.strands import Alone
from tensorgraph.engine.arrays import as_array
from tensorgraph.engine.modes import user_level
from tensorgraph.engine.tensor import Tensor, rebind, wrap
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer

__all__ = ["DataParallel"]

REDUCTIONS = ("same_bits", "fast")


class Outcome(NamedTuple):
    """What came of a batch, the same in all processes."""

    cost: float
    """The mean cost."""
    wished: bool
    """Whether any process wishes to end."""


class DataParallel:
    """Lets all processes share each batch, and gives all of them the gradient of the whole batch.

    Batches are cut in shards, ``tg.data.Batches(…, shards=8)``, which belong to the batch and not
    to the processes. Each process takes some of them, one after the other, and the gradient is

        ∂C/∂θ = Σₖ (mₖ / m) ∂Cₖ/∂θ

    for shards of mₖ of the m examples, where the cost Cₖ of a shard is a *mean* over its examples,
    as the losses' default is: of uneven shards too, that is the gradient of one process.

    - ``reduction="same_bits"``: whatever the number of processes, also one, all numbers are equal
      to the last bit: each shard is computed as by itself, dropout and other draws follow from the
      generators' state before the batch and the number of the shard, and the sum has a fixed order,
      a tree over the shards. It takes the same processor, NumPy, BLAS and number of threads; and a
      model whose draws are :mod:`tensorgraph.random`'s, not NumPy's, and that keeps what it
      remembers in buffers, by ``assign``.
    - ``reduction="fast"``: buckets of gradients are summed while backward still works on others, in
      MPI's order: the same but for the last digits.

    Batch norm sees a shard at a time (*ghost* batch norm, Hoffer et al. 2017), and its running
    averages become the mean of those of the shards; :class:`SyncBatchNorm` sees the whole batch.
    Other buffers of floating-point numbers become the mean, too; of integers, such as counts, what
    the first shard makes of them is kept.

    When it is made, all processes get the parameters, buffers, generators and the optimizer's state
    of process 0. After each epoch, and every ``check_every`` batches, they compare them.

    Args:
        model: the model, made in the same way in each process.
        optimizer: its optimizer.
        reduction: how gradients are summed.
        check_every: after how many batches to see whether all models are the same, in epochs that
            are longer.
        world: the processes; by default all that there are, ``tg.distributed.world()``.

    Raises:
        ArgumentError: another reduction, or an optimizer whose steps are recorded.
        DTypeError: what is no module, or no optimizer.
        DistributedError: the processes have different models.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x, y = np.ones((6, 2), np.float32), np.ones((6, 1), np.float32)
        >>> batches = tg.data.Batches(x, y, batch_size=4, shards=2)
        >>> model = tg.nn.Linear(2, 1)
        >>> optimizer = tg.optim.SGD(model.named_parameters(), lr=0.1)
        >>> parallel = tg.distributed.DataParallel(model, optimizer)
        >>> def cost(shard):
        ...     inputs, target = shard
        ...     return tg.nn.losses.mse(model(inputs), target)
        >>> for shards in parallel.batches(batches):
        ...     optimizer.zero_grad()
        ...     mean_cost = parallel.backward(shards, cost)
        ...     optimizer.step()
    """

    @with_leads
    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        *,
        reduction: str = "same_bits",
        check_every: int = 100,
        world: World | None = None,
    ) -> None:
        if not (isinstance(model, Module) and isinstance(optimizer, Optimizer)):
            raise errors.DTypeError(
                f"DataParallel takes a module and its optimizer, not {errors.describe(model)} and"
                f" {errors.describe(optimizer)}; write DataParallel(model, optimizer)"
            )
        one_of(reduction, "DataParallel: reduction", REDUCTIONS)
        self.check_every = whole(check_every, "DataParallel: check_every", 1)
        if optimizer.differentiable:
            raise errors.ArgumentError(
                "DataParallel: an optimizer with differentiable=True records its steps, and what"
                " other processes have computed is in no graph; leave that out"
            )
        self.world = all_processes() if world is None else world
        """The processes."""
        self.reduction = reduction
        """How gradients are summed."""
        self._replicas = Replicas(self.world, model, optimizer)
        self._params = self._replicas.params
        self._state = ShardState(self._replicas.generators, self._replicas.buffers)
        self._plan = Plan(self.world, self._params, self._state, reduction == "fast")
        self._in_turns = False
        """Whether shards exchange something while they are computed."""
        self._seen = 0
        self._replicas.begin()

    # ----------------------------------------------------------------------------------- in a loop

    def batches(self, batches: Batches) -> Iterator[Shards]:
        """Yield the batches of an epoch in shards, of which this process makes its own.

        Raises:
            ArgumentError: they are not cut in shards, or in fewer than there are processes.
            DistributedError: the processes have other examples, or are not at the same place.
        """
        if not isinstance(batches, Batches) or batches.shards is None:
            raise errors.ArgumentError(
                "DataParallel: processes share batches by their shards; write tg.data.Batches(x, y,"
                " batch_size=512, shards=8)"
            )
        size = self.world.size
        if batches.shards < size:
            raise errors.ArgumentError(
                f"DataParallel: {batches.shards} shards leave {size - batches.shards} of {size}"
                f" processes with nothing to do; write shards={size} or a multiple of it"
            )
        told = self.world.gather(
            (batches.digest(), batches.state_dict(), batches.batch_size, batches.shards),
            "the batches of an epoch",
        )
        for rank, other in enumerate(told):
            if other != told[0]:
                what = "other examples" if other[0] != told[0][0] else "another order or position"
                raise errors.DistributedError(
                    f"rank {rank} has {what} in its batches than rank 0; give each process all of"
                    " the examples in the same order, and the same seed: Batches share them out"
                )
        return self._compared(batches.having(lambda count: share(count, self.world.rank, size)))

    def _compared(self, epoch: Iterator[Shards]) -> Iterator[Shards]:
        """Yield the batches, and compare the models at their end."""
        yield from epoch
        self.check()

    def backward(self, shards: Shards, cost: Callable[[Any], Tensor]) -> float:
        """Add the gradient of the whole batch to ``.grad`` in each process; return the mean cost.

        Args:
            shards: the batch.
            cost: returns the mean cost of a shard, which is given as batches are: ``(x, y)``.

        Raises:
            AnomalyError: a shard raised it, here or in another process.
            DTypeError: a cost is no tensor.
            DistributedError: the processes do not do the same.
            PeerError: the cost of a shard raised something in another process.
            UsageError: a forward pass puts another tensor in the place of a buffer; or compiled
                code would wait for other shards.

        Warns:
            UsageWarning: the cost draws random numbers that shards do not have to themselves.
        """

        def gradient(shard: Any, weight: float) -> float:
            value = cost(shard)
            if type(value) is not Tensor:
                raise errors.DTypeError(
                    f"DataParallel: the cost of a shard is a tensor, not {errors.describe(value)};"
                    " return what the loss returns, without .item()"
                )
            (value * weight).backward()
            return float(value.item())

        return self.run(shards, gradient).cost

    def aside(self) -> AbstractContextManager[Callable[[int], None]]:
        """Return a block in which pieces of an evaluation draw the same, whoever computes them.

        It yields a function that is told the number of each piece before it begins.
        """
        return self._state.aside()

    def check(self) -> None:
        """Compare the models of all processes.

        Raises:
            DistributedError: they are not the same; it names what differs and where.
        """
        self._replicas.check(f"after {self._seen} batches")

    # ----------------------------------------------------------------------------------- one batch

    def run(
        self, shards: Shards, gradient: Gradient, wish: bool = False, compiled: bool = False
    ) -> Outcome:
        """Add the gradient of the whole batch to ``.grad`` in each process.

        Args:
            shards: the batch.
            gradient: adds the gradient of a shard's cost, times a weight, to ``.grad``; returns the
                cost.
            wish: whether this process wishes to end.
            compiled: whether ``gradient`` is a program, which calls no hooks.

        Raises:
            UsageError: a program would have to wait for other shards.
        """
        if self._seen and self._seen % self.check_every == 0:
            self.check()
        self._seen += 1
        before = [param._grad for param in self._params]
        self._state.begin()
        try:
            work, gradients, buffers = self._shared(shards, gradient, wish, compiled)
        except BaseException:
            self._state.end()
            self._give(before)
            raise
        self._state.end()
        for i, array in buffers.items():
            rebind(self._state.buffers[i], array)
        self._give([_together(*both) for both in zip(before, gradients, strict=True)])
        return Outcome(work.cost, work.wished)

    def _shared(
        self, shards: Shards, gradient: Gradient, wish: bool, compiled: bool
    ) -> tuple[ShardWork, list[Any], dict[int, Any]]:
        """Return a batch that is done, its gradients, and the buffers that changed."""
        drawn = self._state.elsewhere() if self._seen == 1 else {}
        work = self._begun(shards, gradient, wish)
        try:
            if self._in_turns:
                work.in_turns()
            else:
                work.one_by_one(overlap=not compiled)
        except Alone:
            self._in_turns = True
            work = self._begun(shards, gradient, wish)
            work.in_turns()
        work.finish()
        if self._seen == 1:
            self._check_first(drawn)
        return work, *work.sums()

    def _check_first(self, drawn: dict[Any, Any]) -> None:
        """See whether the first batch changed what shards and processes cannot share.

        Warns:
            UsageWarning: numbers were drawn that depend on who computes what.
        """
        self._replicas.refuse_replaced()
        now = self._state.elsewhere()
        if any(now.get(source, state) != state for source, state in drawn.items()):
            warnings.warn(
                "DataParallel: the model or its cost draws from np.random, from random, or from a"
                " generator that no layer has as an attribute, and what it gets depends on which"
                " shards a process has; write tg.random.uniform(…), or self.generator ="
                " tg.random.Generator(0) in a layer",
                errors.UsageWarning,
                stacklevel=user_level(),
            )

    def _begun(self, shards: Shards, gradient: Gradient, wish: bool) -> ShardWork:
        if self._plan.buckets is not None:
            self._plan.buckets.begin()
        return ShardWork(self._plan, shards, gradient, wish, f"batch {self._seen}, {shards!r}")

    def _give(self, gradients: list[Tensor | None]) -> None:
        for param, gradient in zip(self._params, gradients, strict=True):
            param._grad = gradient


def _together(before: Tensor | None, array: Any) -> Tensor | None:
    """Return the gradient that was there and a new one, as ``backward`` adds them."""
    if array is None or before is None:
        return before if array is None else wrap(array)
    return wrap(as_array(before._data + array))
