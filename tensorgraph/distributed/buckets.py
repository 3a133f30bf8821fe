"""Gradients that are summed over processes piece by piece, while others are still computed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from tensorgraph.distributed.flat_vectors import Layout
from tensorgraph.distributed.processes import World
from tensorgraph.engine.tensor import Tensor

BUCKET = 2**20
"""How many bytes are sent at once: so many that what each message costs besides does not count."""


class Buckets:
    """The sum of one batch's gradients, in whatever order MPI adds them.

    Backward comes to the last layers first; so the parameters are laid out from the last to the
    first, and the buckets are sent in this order, the same in all processes.

    Args:
        world: the processes.
        params: the parameters.
        nbytes: how large a bucket is.
    """

    def __init__(self, world: World, params: list[Tensor], nbytes: int = BUCKET) -> None:
        self._world, self._params = world, params[::-1]
        self.layout = Layout(self._params)
        self.pieces = list(self.layout.pieces(nbytes))
        self._vectors = self.layout.zeros()
        self.begin()

    def begin(self) -> None:
        """Begin a batch."""
        for vector in self._vectors:
            vector.fill(0)
        self._missing = [set(arrays) for *_, arrays in self.pieces]
        self._started: list[Any] = []

    def take(self) -> None:
        """Add what a shard has put in ``.grad``."""
        for i, param in enumerate(self._params):
            if param._grad is not None:
                self.layout.add(self._vectors, i, param._grad._data)

    def sending(self) -> ExitStack:
        """Return a block in which the last shard's gradients are sent as soon as they are there."""
        hooks = ExitStack()
        for i, param in enumerate(self._params):
            hooks.enter_context(param.register_hook(self._hook(i)))
        return hooks

    def _hook(self, i: int) -> Callable[[Tensor], None]:
        def arrived(gradient: Tensor) -> None:
            self.layout.add(self._vectors, i, gradient._data)
            for missing in self._missing:
                missing.discard(i)
            self._send()

        return arrived

    def _send(self) -> None:
        """Send the next buckets, as far as they are complete."""
        while len(self._started) < len(self.pieces) and not self._missing[len(self._started)]:
            k, place, _ = self.pieces[len(self._started)]
            self._started.append(self._world.start_sum(self._vectors[k][place]))
        self._world.progress(self._started)

    def finish(self) -> None:
        """Send what is left, and wait until all sums are there."""
        for missing in self._missing:
            missing.clear()
        self._send()
        for started in self._started:
            self._world.finish(started, "the sums of gradients in buckets")

    def gradients(self) -> list[Any]:
        """Return the summed gradient of each parameter."""
        count = len(self._params)
        return [self.layout.taken(self._vectors, i) for i in reversed(range(count))]
