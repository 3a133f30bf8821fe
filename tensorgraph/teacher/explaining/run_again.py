"""A recorded graph run again: every value and every gradient in it, and what if one were another.

Backward releases what nodes saved, but not the graph: leaves and constants are there, and so all
values can be computed again, also after ``backward()``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.backward_pass import fitted
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.graph import Node, ancestors, reachable
from tensorgraph.engine.modes import mode
from tensorgraph.engine.tensor import Tensor

Array = Any

SEED = 20260118
"""Of the random numbers that take the place of others, to see what these do."""


class Edge(NamedTuple):
    """An operand's place in a node: the gradient goes from the node to the operand."""

    node: Node
    i: int

    @property
    def operand(self) -> Any:
        """What the operand is: a node, a leaf or a constant."""
        return self.node.parents[self.i]


class Rerun:
    """A recorded graph with all its values, from which gradients are computed by the ops' rules.

    Args:
        root: the node of the loss.

    Raises:
        GraphError: a value cannot be computed again, or is a symbol.
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        self.nodes = ancestors([root])
        self._instead: dict[Any, Array] = {}
        self.operands: dict[Node, list[Array]] = {}
        self.values: dict[Node, Array] = {}
        self._compute(self.nodes)
        flowing = set(reachable([root])[0])
        self.consumers: dict[Any, list[Edge]] = defaultdict(list)
        """By place, a node or a leaf: the operands that it is, to which a gradient flows."""
        for node in self.nodes:
            for i, _ in node.plan.rules if node in flowing else ():
                self.consumers[node.parents[i]].append(Edge(node, i))

    def changed(self, instead: Mapping[Any, Array]) -> Rerun:
        """Return the graph run with other values: only what depends on them is computed.

        Args:
            instead: values of leaves, of nodes' results, or of single operands, by their edge.

        Raises:
            GraphError: a value cannot be computed again.
        """
        new = copy(self)
        new._instead = {**self._instead, **instead}
        new.operands, new.values = dict(self.operands), dict(self.values)
        others: set[Any] = {key for key in instead if type(key) is not Edge}
        others |= {edge.node for edge in instead if type(edge) is Edge}
        for node in self.nodes:
            if any(type(p) in (Node, Tensor) and p in others for p in node.parents):
                others.add(node)
        new._compute([node for node in self.nodes if node in others])
        return new

    @quiet
    def _compute(self, nodes: Sequence[Node]) -> None:
        with mode(observer=None, recording=False):
            for node in nodes:
                self.operands[node] = [self._operand(node, i) for i in range(len(node.parents))]
                if node in self._instead:
                    value = self._instead[node]
                else:
                    value = node.op.compute(self.operands[node], node.static)
                self.values[node] = value if hasattr(value, "dtype") else np.asarray(value)

    def _operand(self, node: Node, i: int) -> Array:
        """Return an operand; of a leaf, its values of now."""
        place = node.parents[i]
        if Edge(node, i) in self._instead:
            return self._instead[Edge(node, i)]
        if type(place) is Node:
            return self.values[place]
        return self._instead.get(place, place._data) if type(place) is Tensor else place

    @cached_property
    def uses(self) -> dict[Any, list[Edge]]:
        """By place: all operands that it is, also those to which no gradient flows."""
        found: dict[Any, list[Edge]] = defaultdict(list)
        for node in self.nodes:
            for i, parent in enumerate(node.parents):
                if type(parent) in (Node, Tensor):
                    found[parent].append(Edge(node, i))
        return found

    def value_at(self, place: Any) -> Array:
        """Return the value of a node or a leaf."""
        return self.values[place] if type(place) is Node else place._data

    @property
    def loss(self) -> float:
        """The value at the root."""
        return float(np.asarray(to_host(self.values[self.root])).item())

    # ------------------------------------------------------------------------------------ backward

    @quiet
    def backward(self, instead: Mapping[Edge, Array] | None = None) -> Gradients:
        """Return the gradient of the root by every place, without hooks.

        Args:
            instead: what edges pass on in place of what their rules make.
        """
        found = Gradients(self)
        found.at[self.root] = np.ones_like(self.values[self.root])
        with mode(observer=None, recording=False):
            for node in reversed(self.nodes):
                g = found.at.get(node)
                for i, _ in node.plan.rules if g is not None else ():
                    edge = Edge(node, i)
                    passed = (instead or {}).get(edge)
                    if passed is None:
                        passed = self.passed(edge, g)
                        if self._is_rounding(edge, g, passed):
                            found.cancelled[edge] = passed
                            passed = np.zeros_like(passed)
                    found.passed[edge] = passed
                    before = found.at.get(edge.operand)
                    found.at[edge.operand] = passed if before is None else before + passed
        return found

    @quiet
    def passed(self, edge: Edge, g: Array, operands: Mapping[int, Array] | None = None) -> Array:
        """Return what an edge makes of a gradient, in the operand's shape.

        Args:
            edge: the edge.
            g: the gradient of the node's result.
            operands: other values of operands; under their number, of the result.
        """
        return fitted(self.by_rule(edge, g, operands), edge.node, edge.i)

    @quiet
    def by_rule(self, edge: Edge, g: Array, operands: Mapping[int, Array] | None = None) -> Array:
        """Return the same before it is summed to the operand's shape."""
        node = edge.node
        saved = [*self.operands[node], self.values[node]]
        for k, value in (operands or {}).items():
            saved[k] = value
        rule = dict(node.plan.rules)[edge.i]
        with mode(observer=None, recording=False):
            result = rule(g, saved, node, edge.i)
        return result._data if type(result) is Tensor else result

    def _is_rounding(self, edge: Edge, g: Array, passed: Array) -> bool:
        """Return whether all that an edge passes on is what rounding left of terms that cancel.

        Then it is next to nothing beside what any other gradient of that size would give.
        """
        size, before = rms(passed), rms(g)
        if not np.isfinite(size + before) or size == 0 or size > 1e-2 * before:
            return False
        other = self.passed(edge, like(g, before))
        return size <= noise(passed.dtype) * rms(other)


class Gradients:
    """The gradient at each place, and what each edge passed on."""

    def __init__(self, rerun: Rerun) -> None:
        self.rerun = rerun
        self.at: dict[Any, Array] = {}
        self.passed: dict[Edge, Array] = {}
        self.cancelled: dict[Edge, Array] = {}
        """What was left of sums whose terms cancel: it is taken for 0."""
        self._sizes: dict[Any, float] = {}
        self._once_more: dict[Hashable, Gradients] = {}

    def once_more(self, key: Hashable, instead: Mapping[Edge, Array]) -> Gradients:
        """Return the gradients where edges pass on something else, computed once by key.

        All parameters below a place where nothing comes through ask for the same.
        """
        if key not in self._once_more:
            self._once_more[key] = self.rerun.backward(instead)
        return self._once_more[key]

    def size(self, of: Any) -> float:
        """Return the root mean square of the gradient at a place, or of what an edge passes on."""
        if of not in self._sizes:
            self._sizes[of] = rms(self.passed[of] if type(of) is Edge else self.at[of])
        return self._sizes[of]

    def leaves(self) -> Iterator[tuple[Tensor, Array]]:
        """Yield the leaves with their gradients."""
        for place, g in self.at.items():
            if type(place) is Tensor:
                yield place, g


def rms(array: Array) -> float:
    """Return the root mean square of an array, 0 of an empty one."""
    flat = np.asarray(to_host(array)).ravel()
    # In float64: squares of exploding and of vanishing float32 values leave its range.
    return sqrt(np.einsum("i,i->", flat, flat, dtype=np.float64) / flat.size) if flat.size else 0.0


def noise(dtype: Any) -> float:
    """Return how small a part of its terms a sum is that rounding alone left."""
    return min(256 * float(np.finfo(dtype).eps), 1e-2)


def like(array: Array, size: float = 1.0) -> Array:
    """Return random numbers of a shape and dtype: none of them 0, the same each time."""
    random = np.random.default_rng(SEED)
    values = random.uniform(0.5, 1.5, np.shape(array)) * random.choice([-1, 1], np.shape(array))
    return np.asarray(size * values, np.asarray(array).dtype)
