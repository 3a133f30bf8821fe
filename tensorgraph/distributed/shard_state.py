"""What a shard reads and changes besides parameters: random numbers and buffers.

Each shard of a batch begins with the same buffers, and with random numbers of its own that follow
from the state of the generators and its number, whichever process it is computed in.
"""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import copied
from tensorgraph.engine.random_generator import live_generators
from tensorgraph.engine.tensor import Tensor, rebind
from tensorgraph.random import Generator, default_generator

_SHARDS = 2**32
"""More than a batch has shards."""


class ShardState:
    """The generators and buffers of a model.

    Args:
        generators: the default one, and those of layers.
        buffers: tensors that a forward pass may give other values.
    """

    def __init__(self, generators: list[Generator], buffers: list[Tensor]) -> None:
        self._generators, self.buffers = generators, buffers
        self.before: list[Any] = []
        """The arrays of the buffers before the batch."""
        self._seeds: list[int] = []
        self._after: list[Any] = []

    def begin(self) -> None:
        """Begin a batch: one number is drawn of each generator, of which its shards' follow."""
        self.before = [copied(buffer._data) for buffer in self.buffers]
        self._seeds = [g.draw(lambda numpy: int(numpy.integers(2**63))) for g in self._generators]
        self._after = [generator.state for generator in self._generators]

    def elsewhere(self) -> dict[Any, Any]:
        """Return the states of all other generators: NumPy's, Python's, and whatever there are."""
        others = [g for g in live_generators() if g not in self._generators]
        known = {"numpy": pickle.dumps(np.random.get_state()), "python": random.getstate()}  # noqa: NPY002
        return known | {generator: generator.state for generator in others}

    def enter(self, shard: int) -> None:
        """Let a shard begin."""
        for generator, seed in zip(self._generators, self._seeds, strict=True):
            generator.seed(seed * _SHARDS + shard)
        self._put(self.before)

    @contextmanager
    def aside(self) -> Iterator[Callable[[int], None]]:
        """Yield what lets a piece of work begin as a shard does, in a block that leaves no trace.

        Its random numbers are those of no shard of the next batch.
        """
        states = [generator.state for generator in self._generators]
        self.begin()
        try:
            yield lambda i: self.enter(_SHARDS - 1 - i)
        finally:
            self.end()
            for generator, state in zip(self._generators, states, strict=True):
                generator.state = state

    def kept(self) -> tuple[list[Any], list[Any]]:
        """Return where a shard is, for it to go on there later."""
        return [generator.state for generator in self._generators], self.arrays()

    def put_back(self, kept: tuple[list[Any], list[Any]]) -> None:
        """Let a shard go on where it was."""
        for generator, state in zip(self._generators, kept[0], strict=True):
            generator.state = state
        self._put(kept[1])

    def arrays(self) -> list[Any]:
        """Return what the buffers hold now."""
        return [copied(buffer._data) for buffer in self.buffers]

    def end(self) -> None:
        """End the batch: the buffers are as before it, and the generators after their one draw."""
        for generator, state in zip(self._generators, self._after, strict=True):
            generator.state = state
        self._put(self.before)

    def changed(self) -> set[int]:
        """Return which buffers hold something else than before the batch."""
        return {
            i
            for i, (buffer, old) in enumerate(zip(self.buffers, self.before, strict=True))
            if not np.array_equal(buffer._data, old, equal_nan=old.dtype.kind == "f")
        }

    def _put(self, arrays: list[Any]) -> None:
        for buffer, array in zip(self.buffers, arrays, strict=True):
            rebind(buffer, array)


def generators_of(modules: list[Any]) -> list[Generator]:
    """Return the default generator and those that modules have as attributes, each once."""
    found = [default_generator()]
    for module in modules:
        found += [value for value in vars(module).values() if isinstance(value, Generator)]
    return list({id(generator): generator for generator in found}.values())
