"""The rule of one operation, or of all of its kind, was another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tensorgraph.teacher.judging.change import Change
from tensorgraph.teacher.judging.faults import Fault
from tensorgraph.teacher.judging.looking import Looking
from tensorgraph.teacher.judging.operations import ADD, MATMUL
from tensorgraph.teacher.judging.other_rules import blanked
from tensorgraph.teacher.judging.passes import Pass
from tensorgraph.teacher.judging.recording import Edge


class Edges(Looking):
    """Looks at each edge."""

    def changed(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield the changes at one edge, or at all such edges, that explain an array."""
        groups: dict[tuple[Any, ...], list[tuple[Edge, Change]]] = {}
        edges = base.between(place)
        for edge in edges[::-1]:
            if self.late():
                return
            for change in self.finder.at(edge, base):
                key = (edge[0].op.name, edge[1], change.key)
                groups.setdefault((*key, None), []).append((edge, change))
                groups.setdefault((*key, edge[0].shape), []).append((edge, change))
                yield from self.tried(mine, place, base, share, change.rules(edge), change)
            yield from self._without_ends(mine, place, base, share, edge)
        for group in groups.values():
            if len({edge for edge, _ in group}) < 2 or self.late():
                continue
            first: dict[Edge, Change] = {}
            for edge, change in group:
                first.setdefault(edge, change)
            one = group[0][1]
            told = replace(one, text=f"{one.text}; and so at each of {len(first)} such places")
            rules = {e: rule for edge, c in first.items() for e, rule in c.rules(edge).items()}
            told = replace(told, cost=one.cost + 0.1)
            yield from self.tried(mine, place, base, share, rules, told)

    def _without_ends(
        self, mine: Any, place: Any, base: Pass, share: float, edge: Edge
    ) -> Iterator[Fault]:
        """Yield that the first or last slice of the gradient that comes was left out."""
        node, i = edge
        if node.op not in (MATMUL, ADD) or node.parents[i] is not place:
            return
        g = base.grads[node]
        for axis in range(np.ndim(g)):
            for end, told in ((0, "first"), (-1, "last")):
                if g.shape[axis] < 2:
                    continue
                here = [slice(None)] * g.ndim
                here[axis] = slice(0, 1) if end == 0 else slice(-1, None)
                rule = blanked(tuple(here))
                text = (
                    f"the {told} slice of {self.names.gradient_of(node)} along axis {axis} is left"
                    " out"
                )
                change = Change("left out", f"end {axis} {end}", text, rule, 1.5)
                yield from self.tried(mine, place, base, share, {edge: rule}, change)
