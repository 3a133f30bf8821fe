"""A computation as it runs in narrow precision: each operation, and what it is computed of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.differences.digits.rounded import is_float
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import MODE, observing, user_line
from tensorgraph.engine.nested_containers import flatten, places, unflatten
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor, rebind, wrap
from tensorgraph.formulas.recorded_call import left_alone
from tensorgraph.nn.module import Module


class Source(NamedTuple):
    """Where an operand comes from."""

    entry: int | None
    """The operation that made it; ``None`` for what comes from outside."""
    array: Any
    """Its value."""
    leaf: Tensor | None = None
    """The leaf that it is, if a gradient flows to it."""


def same(one: Source, other: Source) -> bool:
    """Return whether two operands are the same value."""
    if one.entry is not None or other.entry is not None:
        return one.entry == other.entry
    return one.array is other.array


@dataclass(frozen=True)
class Entry:
    """An operation that has run."""

    op: Op
    operands: tuple[Source, ...]
    static: dict[str, Any]
    out: Any
    node: Node | None
    path: str
    """The module that it ran in, ``model.layers[0]``."""
    line: str
    """``file:line`` of the user's code."""


class Tape(Observer):
    """Keeps each operation, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._made: dict[int, int] = {}
        self.leaves: dict[str, Tensor] = {}
        """The leaves whose gradients are asked for, by name."""
        self.numbers: set[float] = set()
        """Arguments that are numbers and no leaves: what is computed of them holds for others."""
        self.results: list[tuple[str, int, Tensor]] = []
        """What the function returned: its place, the operation that made it, the tensor."""

    def forward(self, event: Forward) -> None:
        """Keep an operation."""
        parents: Sequence[Any] = event.node.parents if event.node else event.arrays
        operands = [
            Source(self._made.get(id(array)), array, parent if type(parent) is Tensor else None)
            for array, parent in zip(event.arrays, parents, strict=True)
        ]
        path = MODE.get().scope.rpartition(" ")[0]
        self._made[id(event.out)] = len(self.entries)
        self.entries.append(
            Entry(
                event.op, tuple(operands), event.static, event.out, event.node, path,
                user_line() or "",
            )
        )  # fmt: skip

    def keep(self, returned: Any) -> None:
        """Take what the function returned as its results."""
        found = zip(places(returned), flatten(returned)[0], strict=True)
        for place, value in found:
            made = self._made.get(id(value._data)) if type(value) is Tensor else None
            if made is not None and is_float(value._data):
                self.results.append((f"result{place}", made, value))
        if not self.results:
            raise errors.DTypeError(
                "precision: the function returned no tensor that it computed, but"
                f" {errors.describe(returned)}"
            )


def recorded(f: Callable[..., Any], inputs: Sequence[Any], loss: Any, dtype: np.dtype[Any]) -> Tape:
    """Return a computation in narrow precision; a module is left as it was.

    Raises:
        DTypeError: the function returned nothing that it computed.
    """
    tape = Tape()
    flat, structure = flatten(list(inputs))
    names = [f"argument {k}{place}" for k, value in enumerate(inputs) for place in places(value)]
    values = [_narrow(value, dtype) for value in flat]
    for name, value in zip(names, values, strict=True):
        if type(value) is Tensor:
            tape.leaves[name] = value
        elif np.size(value) == 1 and np.asarray(value).dtype.kind in "fiu":
            tape.numbers.add(float(np.asarray(value).item()))
    with _cast(f, dtype) as parameters:
        tape.leaves.update(parameters)
        with (
            np.errstate(all="ignore"),
            left_alone(),
            observing(tape, recording=True, lines=True),
        ):
            returned = f(*unflatten(structure, values))
            tape.keep(returned if loss is None else loss(returned))
    return tape


def _narrow(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return an argument in the narrow precision, as a leaf if it is an array of floats."""
    array = value._data if type(value) is Tensor else value
    if isinstance(array, (float, np.floating, np.ndarray)) and np.asarray(array).dtype.kind == "f":
        with np.errstate(all="ignore"):
            leaf = wrap(np.asarray(array).astype(dtype), None, True)
        if type(value) is Tensor:
            leaf._name = value._name
        return leaf
    return value


@contextmanager
def _cast(f: Any, dtype: np.dtype[Any]) -> Iterator[dict[str, Tensor]]:
    """Give a module's tensors the narrow precision, and theirs back afterwards."""
    if not isinstance(f, Module):
        yield {}
        return
    before = [(tensor, tensor._data, tensor._node) for _, tensor in f._tensors()]
    try:
        for tensor, array, _ in before:
            if is_float(array) and array.dtype != dtype:
                rebind(tensor, array.astype(dtype))
        yield dict(f.named_parameters())
    finally:
        for tensor, array, node in before:
            rebind(tensor, array, node)
