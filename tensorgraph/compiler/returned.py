"""What a captured function returns: which of it is computed anew, and what becomes of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.nested_containers import Structure, flatten, unflatten
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import describe
from tensorgraph.symbolic.expr import Expr

Finish = Callable[[Sequence[Any], Sequence[Any]], Any]
"""Makes a result of the outputs of a run, and of the arguments."""

CONSTANTS = (bool, int, float, str, type(None), np.generic, np.ndarray, np.dtype)


class HasGraph(Exception):
    """A result is to be differentiated by the caller."""


class NoResult(Exception):
    """A result is no array, nor anything else that is the same in each call."""


class Returning:
    """A function of arrays that returns those of its results that are computed, as a list.

    ``structure`` and ``results`` tell how to make all of its results of them.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self.structure: Structure = None
        self.results: list[Finish] = []

    def __call__(self, *arrays: Tensor) -> list[Any]:
        leaves, self.structure = flatten(self._f(*arrays))
        given = {id(x): i for i, x in enumerate(arrays)}
        computed: list[Any] = []
        self.results = []
        for leaf in leaves:
            if id(leaf) in given:
                self.results.append(partial(_argument, given[id(leaf)]))
            elif type(leaf) in (Tensor, Expr):
                self.results.append(partial(_finish_of(leaf), len(computed)))
                computed.append(leaf)
            elif isinstance(leaf, CONSTANTS):
                self.results.append(partial(_constant, leaf))
            else:
                raise NoResult(f"it returns {describe(leaf)}")
        return computed

    def finished(self, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
        """Return what the function returns, of the values of what it computes."""
        return unflatten(self.structure, [make(outputs, arguments) for make in self.results])


def has_graph(value: Any) -> bool:
    """Return whether a result has a graph that no backward pass has gone through."""
    return type(value) is Tensor and type(value._node) is Node and value._node.saved is not None


def _finish_of(leaf: Any) -> Callable[..., Any]:
    if has_graph(leaf):
        raise HasGraph
    if type(leaf) is Tensor:
        return _tensor
    return _number if leaf.weak else _array


def _tensor(place: int, outputs: Sequence[Any], arguments: Sequence[Any]) -> Any:
    return wrap(outputs[place])


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
