"""A call of an operation as it was recorded: what it was given, and a print of what it kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import is_foreign
from tensorgraph.engine.graph import Node
from tensorgraph.engine.observers import Forward
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import where_in


class RecordedCall:
    """What a recorded operation was called with; it refers to no node."""

    def __init__(self, event: Forward, kind: Any) -> None:
        node = event.node
        self.kind = kind
        """What it has in common with calls that are told apart by their numbers alone."""
        self.op, self.static, self.line = event.op, event.static, node.line
        self.scope = node.scope
        self.shape, self.dtype = node.shape, node.dtype
        # Of a constant the node has a copy, as its owner may change it.
        self.operands = tuple(
            array if type(parent) in (Node, Tensor) else parent
            for array, parent in zip(event.arrays, node.parents, strict=True)
        )
        self._prints = [_print_of(value) for value in node.saved]

    def changed(self, saved: Sequence[Any]) -> int | None:
        """Return which of what was kept is not what it was: an operand's place, or the last."""
        for k, (before, value) in enumerate(zip(self._prints, saved, strict=False)):
            if before != _print_of(value):
                return k
        return None

    def name(self, k: int) -> str:
        """Return what messages call an operand, or the result."""
        return self.op.operand_name(k) if k < len(self.operands) else "the result"

    def told(self) -> str:
        """Return where it was called, and with what."""
        given = ", ".join(
            f"{self.name(k)} {_kind_of(value)}" for k, value in enumerate(self.operands)
        )
        where = f"\n  called at {self.line}{where_in(self.scope)}" if self.line else ""
        return f"{where}\n  with      {given}; result {self.shape} {self.dtype}"


def kind_of(event: Forward) -> Any:
    """Return what a call has in common with those that are told apart by their numbers alone."""
    kinds = tuple(
        (value.shape, value.dtype) if hasattr(value, "dtype") else type(value)
        for value in event.arrays
    )
    try:
        return event.op, kinds, hash(tuple(event.static.items()))
    except TypeError:  # a parameter that cannot be told by value
        return event.op, kinds


def is_seen(event: Forward) -> bool:
    """Return whether a call can be judged: its arrays have values, in NumPy's memory."""
    return not (event.op.recomputes or is_foreign(event.out) or any(map(is_foreign, event.arrays)))


def plain(value: Any) -> Any:
    """Return the array in a tensor, and other values as they are."""
    return value._data if type(value) is Tensor else value


def _print_of(value: Any) -> int | None:
    value = plain(value)
    return None if value is None else hash(np.asarray(value).tobytes())


def _kind_of(value: Any) -> str:
    if isinstance(value, (np.ndarray, np.generic)):
        return f"{value.shape} {value.dtype}"
    return repr(value)
