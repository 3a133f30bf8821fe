"""What a captured function returns: which of it is computed anew, and what becomes of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.nested_containers import Structure, flatten, static_parts, unflatten
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import describe
from tensorgraph.symbolic.expr import Expr

Finish = Callable[[Sequence[Any], Sequence[Any]], Any]
"""Makes a result of the outputs of a run, and of the arguments."""

CONSTANTS = (bool, int, float, str, type(None), np.generic, np.ndarray, np.dtype)


WITH_GRAPH = (
    "Nothing is differentiated through a compiled function: call backward() inside it, or compute"
    " what is only looked at under tg.no_grad()"
)


class AsItIs(Exception):
    """A function cannot become a program, and why."""


class Returning:
    """A function of arrays that returns those of its results that are computed, as a list.

    It is to be captured: a tensor that is met, such as a parameter, is returned as it is then.
    ``structure`` and ``results`` tell how to make all of its results of them.
    """

    def __init__(
        self, f: Callable[..., Any], before: Sequence[Any] = (), static: Sequence[Any] = ()
    ) -> None:
        """Let a function be captured.

        Args:
            f: the function.
            before: for each of its results what makes one like that of an earlier call; nothing
                where there was none. Arrays of NumPy's, which are tensors while they are captured,
                may have been returned as arrays.
            static: what is the same in each call, such as a function in an argument.
        """
        self._f, self._before, self._static = f, before, {*map(id, static)}
        self.structure: Structure = None
        self.results: list[Finish] = []

    def __call__(self, *arrays: Tensor) -> list[Any]:
        """Call the function, and return what it computes."""
        leaves, self.structure = flatten(self._f(*arrays))
        given = {id(x): i for i, x in enumerate(arrays)}
        observer: Any = MODE.get().observer
        met = {id(x): x for x in observer.tensors.values()}
        computed: list[Any] = []
        self.results = []
        alike = self._before if len(self._before) == len(leaves) else [None] * len(leaves)
        for leaf, before in zip(leaves, alike, strict=True):
            if id(leaf) in given:
                self.results.append(partial(_argument, given[id(leaf)]))
            elif id(leaf) in met and leaf._node is None:
                self.results.append(partial(_constant, leaf))
            elif type(leaf) in (Tensor, Expr):
                finish = _finish_of(leaf)
                if before is not None and finish is _tensor:
                    finish = before
                self.results.append(partial(finish, len(computed)))
                computed.append(leaf)
            elif isinstance(leaf, CONSTANTS):
                self.results.append(partial(_constant, leaf))
            else:
                raise _varying(leaf)
        for part in static_parts(self.structure):
            if not isinstance(part, (type, *CONSTANTS)) and id(part) not in self._static:
                raise _varying(part)
        return computed

    @property
    def finish(self) -> Finish:
        """What makes of the values of what the function computes what it returns."""
        return self.results[0] if self.structure is None else self._nested

    def _nested(self, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
        return unflatten(self.structure, [make(outputs, arguments) for make in self.results])


def _varying(part: Any) -> AsItIs:
    return AsItIs(f"it returns {describe(part)}, which is not the same each time")


def has_graph(value: Any) -> bool:
    """Return whether a result has a graph that no backward pass has gone through."""
    return type(value) is Tensor and type(value._node) is Node and value._node.saved is not None


def _finish_of(leaf: Any) -> Callable[..., Any]:
    if has_graph(leaf):
        raise AsItIs(f"it returns a tensor with a graph. {WITH_GRAPH}")
    if type(leaf) is Tensor:
        return _tensor
    return _number if leaf.weak else _array


def _tensor(place: int, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
    return wrap(outputs[place])


def kinds_of(result: Any) -> list[Any]:
    """Return for each leaf of a result what makes one of its kind, where that is NumPy's."""
    return [_kind_of(leaf) for leaf in flatten(result)[0]]


def _kind_of(leaf: Any) -> Any:
    if isinstance(leaf, np.ndarray):
        return _own_array if leaf.flags.writeable else _array
    return _scalar if isinstance(leaf, np.generic) else None


def _scalar(place: int, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
    return outputs[place][()]


def _own_array(place: int, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
    return outputs[place]


def _array(place: int, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
    array = outputs[place]
    array.flags.writeable = False
    return array


def _number(place: int, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
    return outputs[place].item()


def _argument(i: int, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
    return arguments[i]


def _constant(value: Any, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
    return value
