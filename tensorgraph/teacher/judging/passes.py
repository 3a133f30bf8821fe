"""The backward pass with rules of one's own at some of its edges, or gradients given at places.

Most of a pass stays as it was where little is changed: only what depends on that is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node, leading_to
from tensorgraph.engine.shapes import sum_to
from tensorgraph.teacher.judging.operations import ADD, MATRIX_TRANSPOSE, PERMUTE_DIMS
from tensorgraph.teacher.judging.recording import Edge, Recording


class DoesNotFit(Exception):
    """What a changed rule returns has no shape for its operand."""


@dataclass(frozen=True, eq=False, slots=True)
class At:
    """Where a rule runs: an edge, with the gradient that comes to it."""

    edge: Edge
    g: Any
    before: Pass
    """The pass that is changed."""
    changed: Mapping[Any, Any]
    """The gradients that are others in the changed pass, as far as it has come."""

    def gradient_of(self, place: Any) -> Any:
        """Return the gradient of a place that the pass has come by."""
        g = self.changed.get(place)
        return self.before.grads[place] if g is None else g

    def usual(self, g: Any = None, saved: Any = None) -> Any:
        """Return what the rule itself gives, of another gradient, or of other values."""
        node, i = self.edge
        rule = self.before.rules[self.edge]
        return rule(self.g if g is None else g, node.saved if saved is None else saved, node, i)


Changed = Callable[[At], Any]
"""A rule in the place of an edge's own."""
Changes = Mapping[Edge, Changed]


class Pass:
    """A backward pass: the gradient at each place, and what came along each edge.

    Args:
        recording: the graph.
        changes: rules in place of those of some edges.
        given: gradients that are taken as they are, by place.
    """

    def __init__(
        self, recording: Recording, changes: Changes | None = None, given: Any = None
    ) -> None:
        self.recording = recording
        self.changes, self.given = dict(changes or {}), dict(given or {})
        self.rules = {(node, i): rule for node in recording.nodes for i, rule in node.plan.rules}
        self._useful: dict[Any, set[Any]] = {}
        self.grads: dict[Any, Any] = {}
        self.parts: dict[Edge, Any] = {}
        self.largest: dict[Any, float] = {}
        """The largest element that each place's gradient is summed up from: rounding is of that."""
        root = recording.root
        self.grads[root] = np.ones(root.shape)
        with np.errstate(all="ignore"):
            self._run()

    def _run(self) -> None:
        for node in self.recording.nodes:
            if node in self.given:
                self.grads[node] = self.given[node]
            elif node is not self.recording.root:
                self.grads[node] = self._sum(node, self.parts)
            for i, _ in node.plan.rules:
                edge = (node, i)
                raw, parent = self.raw(edge), node.parents[i]
                self.parts[edge] = fitted(raw, parent.shape)
                size = float(np.abs(raw).max(initial=0.0))
                self.largest[parent] = max(size, self.largest.get(parent, 0.0))
        for place in self.recording.takers:
            if type(place) is not Node:
                self.grads[place] = self._sum(place, self.parts)
        self.grads |= self.given

    def raw(self, edge: Edge) -> Any:
        """Return what comes along an edge, before it is summed to the operand's shape."""
        at = At(edge, self.grads[edge[0]], self, {})
        return np.asarray(self.changes[edge](at) if edge in self.changes else at.usual())

    def _sum(self, place: Any, parts: Mapping[Edge, Any]) -> Any:
        first, *others = self.recording.takers[place]
        total = parts[first] if first in parts else self.parts[first]
        for edge in others:
            total = total + (parts[edge] if edge in parts else self.parts[edge])
        return total

    def useful(self, place: Any) -> set[Any]:
        """Return the places that lead to one, as the gradient flows."""
        if place not in self._useful:
            self._useful[place] = leading_to(self.recording.nodes, [place])
        return self._useful[place]

    def between(self, place: Any) -> list[Edge]:
        """Return the edges that a place's gradient comes along from those that are given."""
        found: dict[Edge, None] = {}
        waiting, seen = [place], {place}
        while waiting:
            for edge in self.recording.takers.get(waiting.pop(), ()):
                found[edge] = None
                if edge[0] not in seen and edge[0] not in self.given:
                    seen.add(edge[0])
                    waiting.append(edge[0])
        return sorted(found, key=lambda edge: (-edge[0].seq, edge[1]))

    def changed(self, changes: Changes, targets: Collection[Any]) -> dict[Any, Any]:
        """Return the gradients of some places with further changes.

        Raises:
            DoesNotFit: shapes do not agree; or a rule does not take what it is given.
        """
        useful = set[Any]().union(*map(self.useful, targets)) | set(targets)
        parts: dict[Edge, Any] = {}
        grads: dict[Any, Any] = {}
        newest = max(node.seq for node, _ in changes)
        with np.errstate(all="ignore"):
            for node in self.recording.nodes:
                if node.seq > newest or node not in useful:
                    continue
                if node in grads and node not in self.given:
                    grads[node] = g = self._sum(node, parts)
                else:
                    g = self.grads[node]
                for i, _ in node.plan.rules:
                    edge, parent = (node, i), node.parents[i]
                    if parent not in useful or (edge not in changes and g is self.grads[node]):
                        continue
                    rule = changes.get(edge) or self.changes.get(edge) or At.usual
                    try:
                        raw = np.asarray(rule(At(edge, g, self, grads)))
                    except (ValueError, IndexError, TypeError) as error:
                        raise DoesNotFit from error
                    parts[edge] = fitted(raw, parent.shape)
                    grads.setdefault(parent, None)
            return {
                t: self._sum(t, parts) if t in grads and t not in self.given else self.grads[t]
                for t in targets
            }

    @cached_property
    def order(self) -> dict[Any, float]:
        """Where each place stands in the course's backward pass: the largest first."""
        found: dict[Any, float] = {self.recording.root: self.recording.root.seq + 0.5}
        for place, edges in self.recording.takers.items():
            node = min((node for node, _ in edges), key=lambda node: node.seq)
            turned = (PERMUTE_DIMS, MATRIX_TRANSPOSE)
            while type(place) is not Node and node.op in turned:  # a weight, transposed
                node = self.recording.takers.get(node, [(self.recording.root, 0)])[0][0]
            if type(place) is Node:
                found[place] = place.seq + 0.5
            elif node.op is ADD:  # a bias, after the weights of its layer
                others = [p.seq for p in node.parents if type(p) is Node]
                found[place] = min([node.seq, *others]) - 0.1
            else:
                found[place] = float(node.seq)
        return found


def fitted(raw: Any, shape: tuple[int, ...]) -> Any:
    """Return a gradient in its operand's shape.

    Raises:
        DoesNotFit: it does not sum to that.
    """
    if raw.shape == shape:
        return raw
    lead = raw.ndim - len(shape)
    if lead < 0 or any(n not in (1, k) for n, k in zip(shape, raw.shape[lead:], strict=True)):
        raise DoesNotFit
    return sum_to(raw, shape)
