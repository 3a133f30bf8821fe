"""What a program overwrites: memory of its own, in which tensors have their arrays.

Arrays that a tensor has handed out never change. A program overwrites them all the same, where
nobody would know: before each run it looks whether somebody else refers to one, as a graph does, a
view, or a user; if so, the tensors get copies, and those are overwritten. What tensors hold is
moved to this memory at the first run, and after whatever else gave them another array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import getrefcount
from threading import RLock
from typing import Any, Protocol
from weakref import WeakSet, WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.conditions import Conditions
from tensorgraph.compiler.joined_arrays import cuts
from tensorgraph.engine.locks import free, in_forked_child
from tensorgraph.engine.tensor import Tensor, wrap


class Unfit(Exception):
    """Something is not as it was when a program was made: there is a gradient, or there is none."""


class Slot(Protocol):
    """A place that holds an array: the value of a tensor, or its gradient."""

    tensor: Tensor

    @property
    def kind(self) -> str:
        """What it holds, in the plural."""

    def now(self) -> NDArray[Any] | None:
        """Return the array that it holds before a run; ``None`` if it holds none by then."""

    def holds(self, view: NDArray[Any]) -> bool:
        """Return whether it holds an array that it was given, as it does before a run."""

    def give(self, view: NDArray[Any]) -> Sequence[Any]:
        """Let it hold an array; return the objects through which others may have that."""


class Value:
    """The value of a tensor."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    @property
    def kind(self) -> str:
        """What it holds, in the plural."""
        return "parameters" if self.tensor.requires_grad else "arrays"

    def now(self) -> Any:
        """Return the tensor's array."""
        return self.tensor._data

    def holds(self, view: NDArray[Any]) -> bool:
        """Return whether the tensor has this array."""
        return self.tensor._data is view

    def give(self, view: NDArray[Any]) -> Sequence[Any]:
        """Let the tensor have an array."""
        self.tensor._data = view
        return (view,)


class Gradient:
    """The gradient of a tensor, which is there before a run as it is after it."""

    kind = "gradients"

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def now(self) -> Any:
        """Return the gradient's array."""
        if self.tensor._grad is None:
            raise Unfit
        return self.tensor._grad._data

    def holds(self, view: NDArray[Any]) -> bool:
        """Return whether the gradient has this array."""
        return self.now() is view

    def give(self, view: NDArray[Any]) -> Sequence[Any]:
        """Let the tensor have an array as its gradient."""
        grad = self.tensor._grad = wrap(view)
        return view, grad


class NewGradient:
    """The gradient of a tensor, which is not there before a run."""

    kind = "gradients"

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self._grad: Tensor | None = None

    def now(self) -> NDArray[Any] | None:
        """Return that there is no array."""
        if self.tensor._grad is not None:
            raise Unfit
        return None

    def holds(self, view: NDArray[Any]) -> bool:
        """Return whether all is as it has to be."""
        return self.now() is None

    def give(self, view: NDArray[Any]) -> Sequence[Any]:
        """Keep what will be the gradient."""
        self._grad = wrap(view)
        return view, self._grad

    def arrive(self) -> None:
        """Let the tensor have the gradient."""
        self.tensor._grad = self._grad


class Block:
    """Places whose arrays lie end to end in one."""

    def __init__(
        self, slots: Sequence[Slot], shapes: Sequence[tuple[int, ...]], dtype: Any
    ) -> None:
        self.slots, self.shapes, self.dtype = slots, shapes, np.dtype(dtype)
        self._cuts = cuts(shapes)
        self.array = np.empty(0, dtype)
        """The memory."""
        self._views: list[NDArray[Any]] = []
        self.handed: list[Any] = []
        """The objects through which others may have what is in the memory."""

    @property
    def key(self) -> Any:
        """What tells it from other blocks."""
        places = tuple((type(slot), id(slot.tensor)) for slot in self.slots)
        return places, tuple(self.shapes), self.dtype.str

    def is_held(self) -> bool:
        """Return whether the places hold the views of the memory that they were given.

        Raises:
            Unfit: a gradient is there that was not, or the other way round.
        """
        views = self._views or [self.array] * len(self.slots)
        return all([slot.holds(view) for slot, view in zip(self.slots, views, strict=True)])

    def move(self) -> None:
        """Copy what the places hold to new memory, and let them hold that.

        Raises:
            Unfit: an array has another shape or dtype than it had.
        """
        array = np.zeros(self._cuts[-1].stop, self.dtype)
        for slot, cut, shape in zip(self.slots, self._cuts, self.shapes, strict=True):
            now = slot.now()
            if now is not None:
                if (now.shape, now.dtype) != (shape, self.dtype):
                    raise Unfit
                array[cut] = now.reshape(-1)
        self._views = [array[c].reshape(s) for c, s in zip(self._cuts, self.shapes, strict=True)]
        self.array = array if len(self.slots) > 1 else array.reshape(self.shapes[0])
        self.handed = [array]
        for slot, view in zip(self.slots, self._views, strict=True):
            view.flags.writeable = False
            self.handed += slot.give(view)


class State:
    """All that a program overwrites; programs that overwrite the same share one."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.lock = RLock()
        """Held while a program runs: two threads do not write at once."""
        self.blocks = blocks
        slots = [slot for block in blocks for slot in block.slots]
        self._values = [slot.tensor for slot in slots if type(slot) is Value]
        self._graded = [slot.tensor for slot in slots if type(slot) is not Value]
        self._new = [slot for slot in slots if type(slot) is NewGradient]
        self._are_held: Callable[[], bool] = bool
        self._handed: list[Any] = []
        self._counts: list[int] = []
        self.arrays: list[NDArray[Any]] = []
        """The memory of each block."""
        self.moves = 0
        """How often it became other memory."""
        _LIVE.add(self)

    def prepare(self) -> None:
        """Make the memory ready to be overwritten.

        It holds what the tensors hold then, and nobody else refers to it.

        Raises:
            Unfit: a gradient is there that was not, or the other way round.
        """
        if not self._are_held() or [*map(getrefcount, self._handed)] != self._counts:
            self._move()

    def _move(self) -> None:
        """Move what others gave to the tensors, and what others refer to."""
        counts = map(getrefcount, self._handed)
        shared = {
            id(thing)
            for thing, count, alone in zip(self._handed, counts, self._counts, strict=True)
            if count > alone
        }
        held = [block.is_held() for block in self.blocks]
        moving = [
            block
            for block, stays in zip(self.blocks, held, strict=True)
            if not stays or not block.handed or any(id(thing) in shared for thing in block.handed)
        ]
        for block in moving:
            block.move()
        self.arrays = [block.array for block in self.blocks]
        self.moves += bool(moving)
        self._are_held = self._watched()
        self._handed = [thing for block in self.blocks for thing in block.handed]
        self._counts = [*map(getrefcount, self._handed)]

    def _watched(self) -> Callable[[], bool]:
        """Return what tells whether tensors have the arrays that they have now."""
        conditions = Conditions()
        for tensor in self._values:
            conditions.equals(f"{conditions.name(tensor)}._data", tensor._data)
        for tensor in self._graded:
            grad = tensor._grad
            conditions.equals(f"{conditions.name(tensor)}._grad", grad)
            if grad is not None:
                conditions.equals(f"{conditions.name(grad)}._data", grad._data)
        return conditions.function()

    def finish(self) -> None:
        """Let tensors have the gradients that they did not have before the run."""
        for slot in self._new:
            slot.arrive()


_LIVE: WeakSet[State] = WeakSet()
_STATES: WeakValueDictionary[Any, State] = WeakValueDictionary()


def state_of(blocks: Sequence[Block]) -> State:
    """Return the state that consists of these blocks: another program's, if it has the same."""
    return _STATES.setdefault(tuple(block.key for block in blocks), State(blocks))


@in_forked_child
def _free_states() -> None:
    for state in tuple(_LIVE):
        free(state.lock)
