"""The same computation in double precision, each operation beside that of the narrow one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.differences.digits.rounded import WIDE, is_float, widened
from tensorgraph.differences.digits.tape import Entry, Source, Tape
from tensorgraph.engine.autodiff import differentiate
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import mode
from tensorgraph.engine.observers import Backward, Observer
from tensorgraph.engine.tensor import Tensor, wrap


class Double:
    """What each operation of a tape gives in double precision, from the same arguments.

    Args:
        tape: the computation.
        but: ``but(k, array)`` returns what the ``k``-th operation gives instead.
    """

    def __init__(self, tape: Tape, but: Callable[[int, Any], Any] | None = None) -> None:
        self.tape = tape
        self._leaves: dict[int, Tensor] = {}
        self.values: list[Tensor] = []
        """The result of each operation."""
        with np.errstate(all="ignore"), mode(recording=True, observer=None):
            for k, entry in enumerate(tape.entries):
                value = self._value(entry)
                if but is not None and not _is_kept(entry):
                    value = _replaced(value, but(k, value._data))
                self.values.append(value)
        self.entry_of = {v.node: k for k, v in enumerate(self.values) if v.node is not None}

    def leaf(self, tensor: Tensor) -> Tensor:
        """Return what stands for a leaf of the tape."""
        if id(tensor) not in self._leaves:
            self._leaves[id(tensor)] = wrap(widened(tensor._data), None, tensor._requires_grad)
        return self._leaves[id(tensor)]

    def operands(self, entry: Entry) -> list[Any]:
        """Return the operands of an operation as arrays."""
        return [self.array(source) for source in entry.operands]

    def _value(self, entry: Entry) -> Tensor:
        if _is_kept(entry):
            return wrap(widened(entry.out))
        found = entry.op.call(
            *(self._tensor(source) for source in entry.operands), **_static(entry)
        )
        return found if type(found) is Tensor else wrap(np.asarray(found))

    def _tensor(self, source: Source) -> Any:
        if source.entry is not None:
            return self.values[source.entry]
        return self.leaf(source.leaf) if source.leaf is not None else widened(source.array)

    def array(self, source: Source) -> Any:
        """Return what an operand is in double precision, as an array."""
        value = self._tensor(source)
        return value._data if type(value) is Tensor else value


def _replaced(value: Tensor, array: Any) -> Tensor:
    """Return what an operation made, had it made another array."""
    node = value.node
    if array is value._data:
        return value
    if node is not None and node.saved and node.saved[-1] is not None:
        node.saved = (*node.saved[:-1], array)
    return wrap(array, node, value.requires_grad)


class Pass(Observer):
    """The backward pass in one precision: each rule's gradients, by operation and operand."""

    def __init__(self, entry_of: dict[Any, int]) -> None:
        self._entry_of = entry_of
        self.seen: dict[tuple[int, int], Backward] = {}

    def backward(self, event: Backward) -> None:
        """Keep what a rule was given and made."""
        k = self._entry_of.get(event.node)
        if k is not None:
            # What arrives later at the same place is added to these arrays.
            g, result = np.array(event.g), np.array(event.result)
            self.seen[k, event.i] = event._replace(saved=tuple(event.saved), g=g, result=result)


def swept(
    outputs: Sequence[Tensor], leaves: Sequence[Tensor], entry_of: dict[Node, int]
) -> tuple[list[Any], dict[tuple[int, int], Backward]]:
    """Return the gradients of the leaves, and what each rule was given and made."""
    watched = Pass(entry_of)
    seeds = [np.ones(output.shape, output.dtype) for output in outputs]
    with np.errstate(all="ignore"), mode(recording=True, observer=watched):
        found = differentiate(outputs, seeds, leaves, create_graph=False, retain=True)
    return [g._data for g in found], watched.seen


def _is_kept(entry: Entry) -> bool:
    """Return whether the narrow result is taken: draws and decisions have to be the same."""
    return entry.op.family == "random" or not is_float(entry.out)


def _static(entry: Entry) -> dict[str, Any]:
    """Return static parameters; a cast to a narrow precision is one to double."""
    return {
        key: WIDE if key == "dtype" and np.dtype(value).kind == "f" else value
        for key, value in entry.static.items()
    }
