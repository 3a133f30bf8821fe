"""The copies of a model that processes have: made equal at the start, and found to be so later."""

from __future__ import annotations

import hashlib
import pickle
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.distributed.processes import World
from tensorgraph.distributed.shard_state import generators_of
from tensorgraph.engine.tensor import Tensor, rebind
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer


class Replicas:
    """The parameters, buffers, optimizer and generators of a model in all processes.

    Args:
        world: the processes.
        model: the model of this one.
        optimizer: the optimizer of this one; it may have other parameters besides.
    """

    def __init__(self, world: World, model: Module, optimizer: Optimizer) -> None:
        self._world, self._model, self._optimizer = world, model, optimizer
        named = {id(p): (path, p) for path, p in model.named_parameters()}
        for name, param in optimizer.named:
            named.setdefault(id(param), (f"{name} of {type(optimizer).__name__}", param))
        self.params: list[Tensor] = [param for _, param in named.values()]
        named_buffers = model.named_buffers()
        self.buffers: list[Tensor] = [buffer for _, buffer in named_buffers]
        self.generators = generators_of([module for _, module in model.named_modules()])
        self._tensors = [*named.values(), *named_buffers]

    def begin(self) -> None:
        """Give all processes what process 0 has.

        Raises:
            DistributedError: a process has another model or optimizer.
        """
        shapes = [f"{name} {tensor.shape} {tensor.dtype}" for name, tensor in self._tensors]
        kinds = self._world.gather([type(self._optimizer).__name__, *shapes], "the model's shapes")
        for rank, kind in enumerate(kinds):
            if kind != kinds[0]:
                other = next((b for a, b in zip(kinds[0], kind, strict=False) if a != b), "less")
                raise errors.DistributedError(
                    f"rank {rank} has another model than rank 0, {other} among its parameters,"
                    " buffers or optimizer; make the same one in each process"
                )
        arrays = [tensor._data for _, tensor in self._tensors]
        states = [generator.state for generator in self.generators]
        mine = arrays, states, self._optimizer.state_dict()
        arrays, states, optimizer = self._world.broadcast(mine, "the model of rank 0")
        if self._world.rank > 0:
            for (_, tensor), array in zip(self._tensors, arrays, strict=True):
                rebind(tensor, array)
            for generator, state in zip(self.generators, states, strict=True):
                generator.state = state
            self._optimizer.load_state_dict(optimizer)

    def check(self, when: str) -> None:
        """Raise unless all processes have the same bits.

        Args:
            when: after what, for the message.

        Raises:
            DistributedError: they do not; it names the first tensor that differs, and where.
            UsageError: a buffer was replaced.
        """
        self.refuse_replaced()
        if self._world.size == 1:
            return
        digests = [(name, _digest(_contiguous(tensor))) for name, tensor in self._tensors]
        states = [generator.state for generator in self.generators]
        digests.append(("the state of random generators", _digest(pickle.dumps(states))))
        whole = _digest(b"".join(digest for _, digest in digests))
        if len(set(self._world.gather(whole, f"a comparison of the models, {when}"))) == 1:
            return
        every = self._world.gather(digests, "what differs between the models")
        for column in zip(*every, strict=True):
            odd = [rank for rank, found in enumerate(column) if found != column[0]]
            if odd:
                raise errors.DistributedError(
                    f"{when}, the models are no longer the same: {column[0][0]} is another in rank"
                    f"{'s' * (len(odd) > 1)} {errors.listing(odd)} than in rank 0. Let each process"
                    " do the same to its model, also in callbacks; processors and libraries that"
                    " round otherwise do it too"
                )

    def refuse_replaced(self) -> None:
        """Raise where a forward pass has put another tensor in the place of a buffer.

        Raises:
            UsageError: it has: nobody else would know of it.
        """
        now = dict(self._model.named_buffers())
        for path, buffer in self._tensors:
            if now.get(path, buffer) is not buffer:
                name = path.rpartition(".")[2]
                raise errors.UsageError(
                    f"{path} is another tensor than before the batch, so that shards and processes"
                    f" cannot share what it holds; in forward write self.{name}.assign(value), not"
                    f" self.{name} = value"
                )


def _contiguous(tensor: Tensor) -> Any:
    return np.ascontiguousarray(tensor._data).reshape(-1).view(np.uint8)


def _digest(content: Any) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
