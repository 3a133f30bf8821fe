"""The work of one batch: a process computes its shards, and all sum what came of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from tensorgraph import errors
from tensorgraph.data.shards import Shards
from tensorgraph.distributed.buckets import Buckets
from tensorgraph.distributed.flat_vectors import Layout
from tensorgraph.distributed.operations import GROUP
from tensorgraph.distributed.ordered_sum import OrderedSum, share
from tensorgraph.distributed.processes import World
from tensorgraph.distributed.shard_state import ShardState
from tensorgraph.distributed.strands import Lonely, Strand
from tensorgraph.engine.tensor import Tensor

Gradient = Callable[[Any, float], float]
"""Adds the gradient of a shard's cost, times its weight, to ``.grad``, and returns the cost.

The weight comes before the gradient: of what a shard adds to others, they get so much.
"""


class Failure(NamedTuple):
    """What a shard raised."""

    shard: int
    kind: str
    text: str
    by_numbers: bool
    """Whether it is a number that is not finite, which is a result like any other."""


@dataclass
class Report:
    """What a process tells the others of its shards."""

    wish: bool
    """Whether the process wishes to end."""
    asked: dict[int, tuple[str, Any]] = field(default_factory=dict)
    """What shards wait for, and what they give for it."""
    failures: list[Failure] = field(default_factory=list)
    costs: dict[int, float] = field(default_factory=dict)
    given: set[int] = field(default_factory=set)
    """The parameters that got a gradient."""
    changed: set[int] = field(default_factory=set)
    """The buffers that got other values."""
    counts: dict[int, Any] = field(default_factory=dict)
    """What the first shard made of buffers that are no floating-point numbers."""


class Plan:
    """What is summed for each batch, and how.

    Args:
        world: the processes.
        params: the parameters.
        state: random numbers and buffers.
        fast: whether gradients are summed in buckets, and in MPI's order.
    """

    def __init__(self, world: World, params: list[Tensor], state: ShardState, fast: bool) -> None:
        self.world, self.params, self.state = world, params, state
        self.buckets = Buckets(world, params) if fast else None
        self.floats = [i for i, buffer in enumerate(state.buffers) if buffer.dtype.kind == "f"]
        """The buffers whose means over the shards are taken."""
        self._first_buffer = 0 if fast else len(params)
        summed = params[: self._first_buffer]
        self.layout = Layout([*summed, *(state.buffers[i] for i in self.floats)])
        """That of the vectors that are summed in order."""

    def term(self, weight: float) -> list[Any]:
        """Return what a shard of some weight, just computed, adds to the ordered sum."""
        vectors = self.layout.zeros()
        for i, param in enumerate(self.params[: self._first_buffer]):
            if param._grad is not None:
                self.layout.put(vectors, i, param._grad._data)
        for k, i in enumerate(self.floats, self._first_buffer):
            self.layout.put(vectors, k, self.state.buffers[i]._data, weight)
        return vectors

    def gradients(self, total: list[Any]) -> list[Any]:
        """Return the gradients of all parameters."""
        if self.buckets is not None:
            return self.buckets.gradients()
        return [self.layout.taken(total, i) for i in range(len(self.params))]

    def buffer(self, total: list[Any], i: int) -> Any:
        """Return the mean of what the shards made of a buffer."""
        return self.layout.taken(total, self._first_buffer + self.floats.index(i))


class ShardWork:
    """One batch.

    Args:
        plan: what is summed.
        shards: the batch.
        gradient: computes a shard.
        wish: whether this process wishes to end.
        what: what messages call it.
    """

    def __init__(
        self, plan: Plan, shards: Shards, gradient: Gradient, wish: bool, what: str
    ) -> None:
        self._plan, self._shards, self._gradient, self._what = plan, shards, gradient, what
        self._own = share(len(shards), plan.world.rank, plan.world.size)
        self._sum = OrderedSum(len(shards))
        self._report = Report(wish)
        self._reports: list[Report] = []
        self._error: Exception | None = None
        self._strands: dict[int, Strand] = {}
        self._waiting: dict[int, Any] = {}
        """The state of each shard that waits."""

    # ---------------------------------------------------------------------------------- the shards

    def one_by_one(self, overlap: bool) -> None:
        """Compute the shards, each to its end; ``overlap`` lets the last one send as it goes."""
        buckets = self._plan.buckets
        for k in self._own:
            sends = overlap and buckets is not None and k == self._own[-1]
            token = GROUP.set(Lonely(k, len(self._shards)))
            try:
                self._plan.state.enter(k)
                self._forget_gradients()
                with buckets.sending() if sends and buckets else nullcontext():
                    cost = self._computed(k)
                self._take(k, cost, sent=sends)
            except Exception as error:
                self._fail(k, error)
                break
            finally:
                GROUP.reset(token)
        self._exchange()

    def in_turns(self) -> None:
        """Compute the shards side by side, each until it waits for what the others have."""
        for k in self._own:
            f = partial(self._computed, k)
            self._strands[k] = Strand(f, k, len(self._shards))
        try:
            self._go_on({k: () for k in self._own})
            self._exchange()
        finally:
            for strand in self._strands.values():
                strand.end()

    def _computed(self, k: int) -> float:
        return self._gradient(self._shards[k], self._shards.weights[k])

    def _go_on(self, answers: dict[int, Any]) -> None:
        """Let shards run until they are over or wait again."""
        state = self._plan.state
        for k, answer in answers.items():
            strand = self._strands[k]
            if k in self._waiting:
                state.put_back(self._waiting.pop(k))
            else:
                state.enter(k)
            self._forget_gradients()
            strand.go_on(answer)
            if strand.asked is not None:
                self._report.asked[k], self._waiting[k] = strand.asked, state.kept()
            elif isinstance(strand.error, Exception):
                self._fail(k, strand.error)
                return
            elif strand.error is not None:
                raise strand.error
            else:
                self._take(k, strand.result, sent=False)

    def _take(self, k: int, cost: float, sent: bool) -> None:
        """Take what a shard that is over has left behind."""
        plan, report = self._plan, self._report
        report.costs[k] = cost
        report.given |= {i for i, p in enumerate(plan.params) if p._grad is not None}
        changed = plan.state.changed()
        report.changed |= changed
        if k == 0:
            arrays = plan.state.arrays()
            report.counts = {i: arrays[i] for i in changed if i not in plan.floats}
        self._sum.add((k, k + 1), plan.term(self._shards.weights[k]))
        if plan.buckets is not None and not sent:
            plan.buckets.take()

    def _forget_gradients(self) -> None:
        for param in self._plan.params:
            param._grad = None

    def _fail(self, k: int, error: Exception) -> None:
        by_numbers = isinstance(error, errors.AnomalyError)
        self._report.failures.append(Failure(k, type(error).__name__, str(error), by_numbers))
        self._error = error

    # ------------------------------------------------------------------------------- the processes

    def _exchange(self) -> None:
        """Tell and hear what came of the shards; answer those that wait, until none does."""
        while True:
            self._reports = self._plan.world.gather(self._report, self._what)
            asked = {k: told for report in self._reports for k, told in report.asked.items()}
            if not asked or any(report.failures for report in self._reports):
                return
            self._check_alike(asked)
            answer = [asked[k][1] for k in range(len(self._shards))]
            self._report.asked = {}
            self._go_on(dict.fromkeys(self._strands, answer))

    def _check_alike(self, asked: dict[int, tuple[str, Any]]) -> None:
        """Raise unless all shards wait for the same."""
        told = [asked[k][0] if k in asked else "nothing" for k in range(len(self._shards))]
        other = next((k for k, what in enumerate(told) if what != told[0]), None)
        if other is not None:
            raise errors.DistributedError(
                f"the shards of a batch do different things: shard 0 waits for {told[0]}, shard"
                f" {other} for {told[other]}; all have to call the same operations in the same"
                " order"
            )

    def finish(self) -> None:
        """Wait for the buckets, and raise what the first shard that failed raised.

        Raises:
            AnomalyError: it did, here or in another process.
            PeerError: it raised something else in another process.
        """
        if self._plan.buckets is not None:
            self._plan.buckets.finish()
        failures = [
            (failure, rank)
            for rank, report in enumerate(self._reports)
            for failure in report.failures
        ]
        if not failures:
            return
        failure, rank = min(failures)
        if rank == self._plan.world.rank and self._error is not None:
            raise self._error
        if failure.by_numbers:
            raise errors.AnomalyError(failure.text)
        raise errors.PeerError(
            f"rank {rank} failed in shard {failure.shard} of {self._what}: {failure.kind}:"
            f" {failure.text}"
        )

    @property
    def cost(self) -> float:
        """The mean cost."""
        costs = self._union(report.costs for report in self._reports)
        return math.fsum(w * costs[k] for k, w in enumerate(self._shards.weights))

    @property
    def wished(self) -> bool:
        """Whether any process wishes to end."""
        return any(report.wish for report in self._reports)

    def sums(self) -> tuple[list[Any], dict[int, Any]]:
        """Return the gradients, ``None`` where no shard has one, and the buffers that changed."""
        plan = self._plan
        total = plan.world.ordered_total(self._sum, plan.layout, f"the sums of {self._what}")
        given = set().union(*(report.given for report in self._reports))
        changed = set().union(*(report.changed for report in self._reports))
        found = [g if i in given else None for i, g in enumerate(plan.gradients(total))]
        buffers = {i: plan.buffer(total, i) for i in changed if i in plan.floats}
        return found, buffers | self._union(report.counts for report in self._reports)

    @staticmethod
    def _union(parts: Iterable[dict[int, Any]]) -> dict[int, Any]:
        return {k: value for part in parts for k, value in part.items()}
