"""A graph recorded again in double precision, in which fused operations are taken apart.

What a graph saved may have been released by ``backward()``; its constants and leaves are there. So
it runs once more: if the output comes out as it was recorded, no leaf was assigned to since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.graph import Node, ancestors, interpret, reachable
from tensorgraph.engine.modes import mode
from tensorgraph.engine.tensor import Tensor, argument

WHOLE = frozenset("softmax log_softmax conv conv_transpose unit rms center".split())
"""Fused operations that textbooks differentiate as they are."""

Edge = tuple[Node, int]
"""A node, and which of its operands: what a gradient flows back along."""

Called = Callable[[Any, Node, int], Sequence[str]]
"""What the caller may call an operand."""


@dataclass(eq=False)
class Recording:
    """A graph in double precision: its nodes, and the value at each place."""

    root: Node
    nodes: list[Node]
    """Those that gradients flow through, newest first."""
    values: dict[Any, Any]
    """The array at each node and leaf."""
    place: dict[Any, Any]
    """What stands for each node and leaf of the graph that was given."""
    takers: dict[Any, list[Edge]]
    """What the gradient of each place is made of."""
    inputs: dict[Any, str]
    """Constants that gradients are asked of too, by what they are called."""

    def operand(self, edge: Edge) -> Any:
        """Return the value of an operand, constant or not."""
        return self.of(edge[0].parents[edge[1]])

    def of(self, parent: Any) -> Any:
        """Return the value of what stands among a node's parents."""
        if type(parent) in (Node, Tensor) and parent in self.values:
            return self.values[parent]
        return parent._data if type(parent) is Tensor else parent

    def is_parameter(self, place: Any) -> bool:
        """Return whether a place is a leaf of the graph that was given."""
        return type(place) is Tensor and place not in self.inputs

    def constant(self, array: Any) -> Any:
        """Return an array in the graph that is equal to this one, or its transpose, if any is."""
        for node in self.nodes:
            for i, parent in enumerate(node.parents):
                if type(parent) is Node or np.ndim(parent) == 0:
                    continue
                value = self.operand((node, i))
                for turned in (array, array.T):
                    if value.shape == turned.shape and np.array_equal(value, _double(turned)):
                        return _double(array)
        return None

    def of_parameters(self, node: Node) -> bool:
        """Return whether a node is computed from parameters and numbers alone, as a penalty is."""
        waiting, seen = [node], {node}
        while waiting:
            for parent in waiting.pop().parents:
                if type(parent) is Node:
                    if parent not in seen:
                        seen.add(parent)
                        waiting.append(parent)
                elif np.ndim(self.of(parent)) and not (
                    type(parent) is Tensor and self.is_parameter(parent) and parent in self.takers
                ):
                    return False
        return True

    @property
    def leaves(self) -> list[Tensor]:
        """The leaves that gradients flow to, in the order of their first use."""
        found = [p for p in self.takers if self.is_parameter(p)]
        return sorted(found, key=lambda p: min(node.seq for node, _ in self.takers[p]))


@quiet
def record(
    output: Tensor,
    also: Mapping[str, Any] | None = None,
    off: tuple[int, float] | None = None,
    called: Called = lambda array, node, i: (),
) -> Recording:
    """Return a graph recorded again.

    Args:
        output: where the graph ends.
        also: constant arrays that gradients are asked of too, by name, as ``X``.
        called: what constants that are operands may be called, the likeliest first.
        off: by which share each number of the input is off, at random, with the seed of that.

    Raises:
        GraphError: a leaf was assigned to since, and what the graph saved was released.
    """
    root = place_of(output)
    nodes = ancestors([root])
    kept = _kept(nodes)
    place: dict[Any, Any] = {}
    inputs: dict[str, Any] = {}
    meant = _meant(nodes, also or {}, called)
    rng = np.random.default_rng(off[0] if off else 0)

    def given(value: Any) -> Any:
        """Return an array of floats in double precision, off by a share."""
        value = _double(value)
        if off is None or not (np.ndim(value) and value.dtype.kind == "f"):
            return value
        return value * (1 + off[1] * rng.choice([-1.0, 1.0], value.shape))

    def leaf(node: Node, i: int) -> Any:
        parent = node.parents[i]
        if type(parent) is Tensor and parent._requires_grad:
            if parent not in place:
                place[parent] = argument(given(kept.get(parent, parent._data)))
            return place[parent]
        name = meant.get((node, i))
        value = parent._data if type(parent) is Tensor else parent
        if name is None:
            return given(value)
        return inputs.setdefault(name, argument(np.asarray(given(value), np.float64)))

    def step(node: Node, operands: list[Any]) -> Any:
        static = _in_double(node.static)
        op = node.op
        if op.body is not None and op.family == "fused" and op.name not in WHOLE:
            out = op.body(*operands, **static)
        else:
            out = dispatch(op, tuple(operands), static)
        if type(out) is Tensor and out._requires_grad:
            place[node] = place_of(out)
        return out

    with mode(recording=True, observer=None):
        results = interpret(nodes, leaf, step)
        new = place_of(results[root])
        if off is None:
            _check_again(output, results[root])
        found = _opened(new)
    named = {place: name for name, place in inputs.items()}
    return Recording(*found, place, _takers(found[1]), named)


def recorded_once_more(output: Tensor) -> tuple[Tensor, dict[Any, Any]]:
    """Return an output of the same operations anew, and what stands for each node before.

    What the graph saved for its backward pass is there again.
    """
    root = place_of(output)
    place: dict[Any, Any] = {}

    def step(node: Node, operands: list[Any]) -> Any:
        out = dispatch(node.op, tuple(operands), node.static)
        place[node] = place_of(out)
        return out

    with mode(recording=True, observer=None):
        results = interpret(ancestors([root]), lambda node, i: node.parents[i], step)
    return results[root], place


def _opened(root: Node) -> tuple[Node, list[Node], dict[Any, Any]]:
    """Return the nodes of a graph, newest first, and all its values."""
    values: dict[Any, Any] = {}

    def leaf(node: Node, i: int) -> Any:
        parent = node.parents[i]
        if type(parent) is Tensor:
            values[parent] = parent._data
            return parent._data
        return parent

    def step(node: Node, operands: list[Any]) -> Any:
        return np.asarray(node.op.compute(operands, node.static))

    values |= interpret(ancestors([root]), leaf, step)
    return root, reachable([root])[0], values


def _takers(nodes: list[Node]) -> dict[Any, list[Edge]]:
    takers: dict[Any, list[Edge]] = {}
    for node in nodes:
        for i, _ in node.plan.rules:
            takers.setdefault(node.parents[i], []).append((node, i))
    return takers


def _kept(nodes: list[Node]) -> dict[Any, Any]:
    """Return what the graph saved of leaves: their values when they were used."""
    found: dict[Any, Any] = {}
    for node in nodes:
        for i in node.plan.keep if node.saved is not None else ():
            if i < len(node.parents) and type(node.parents[i]) is Tensor:
                found.setdefault(node.parents[i], node.saved[i])
    return found


def _meant(nodes: list[Node], also: Mapping[str, Any], called: Called) -> dict[Edge, str]:
    """Return which operands the caller's arrays are: the very arrays, or else equal ones."""
    constants = [
        ((node, i), value)
        for node in nodes for i, parent in enumerate(node.parents)
        if type(parent) is not Node
        for value in [parent._data if type(parent) is Tensor else parent]
        if np.ndim(value) and not (type(parent) is Tensor and parent._requires_grad)
    ]  # fmt: skip
    found: dict[Edge, str] = {}
    for name, array in also.items():
        alike = [(edge, value) for edge, value in constants if value.shape == array.shape]
        same = [edge for edge, value in alike if np.shares_memory(value, array)]
        equal = [
            (*edge, value) for edge, value in alike
            if np.array_equal(_double(value), _double(array))
        ]  # fmt: skip
        likely = [(n, i) for n, i, value in equal if name in (*called(value, n, i), name)[:1]]
        found |= dict.fromkeys(same or likely, name)
    return found


def _check_again(output: Tensor, again: Tensor) -> None:
    was, now = _double(output._data), again._data
    share = 1e-2 if output.dtype.itemsize < 4 else 1e-3 if output.dtype.itemsize == 4 else 1e-7
    if not np.allclose(was, now, rtol=share, atol=share * 1e-3, equal_nan=True):
        raise errors.GraphError(
            f"judge: {errors.owner(output)} was {np.max(was):.6g} when it was recorded, and comes"
            f" out as {np.max(now):.6g} now: a parameter was assigned to since. Write"
            " tg.judge(loss, grads) before the optimizer's step, or compute the loss again"
        )


def _double(value: Any) -> Any:
    """Return an array of floats in double precision; anything else as it is."""
    if isinstance(value, (bool, int, float)):
        return value
    array = np.asarray(host_values(value))
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _in_double(static: Mapping[str, Any]) -> dict[str, Any]:
    floats = {
        k: np.float64 for k, v in static.items()
        if k == "dtype" and v is not None and np.dtype(v).kind == "f"
    }  # fmt: skip
    return {**static, **floats}
