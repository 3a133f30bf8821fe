"""The rule of one operation, or of all of its kind, was another."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
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

FEW = 8
"""In a loop of more turns nobody errs in one of them alone, but in the first or the last."""


class Edges(Looking):
    """Looks at each edge."""

    def changed(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield the changes at one edge, or at all such edges, that explain an array."""
        groups: dict[tuple[Hashable, Hashable], dict[Edge, Change]] = {}
        edges = base.between(place)[::-1]
        alone = self._tried_alone(edges)
        for edge in edges:
            if self.late():
                return
            roles = self.finder.roles.of(edge)
            for change in self.finder.at(edge, base):
                for role in roles:
                    groups.setdefault((change.key, role), {}).setdefault(edge, change)
                if edge in alone:
                    yield from self.tried(mine, place, base, share, change.rules(edge), change)
            yield from self._without_ends(mine, place, base, share, edge)
        tried = set()
        for (key, _), group in groups.items():
            same = key, frozenset(group)
            if len(group) < 2 or same in tried or self.late():
                continue
            tried.add(same)
            one = next(iter(group.values()))
            told = replace(one, text=f"{one.text}; and so at each of {len(group)} such places")
            rules = {e: rule for edge, c in group.items() for e, rule in c.rules(edge).items()}
            told = replace(told, cost=one.cost + 0.1)
            yield from self.tried(mine, place, base, share, rules, told)

    def _tried_alone(self, edges: Sequence[Edge]) -> set[Edge]:
        """Return the edges where something may be wrong alone: of a long loop those at its ends."""
        turns: dict[Hashable, list[Edge]] = {}
        for edge in edges:
            turns.setdefault(self.finder.roles.of(edge)[-1], []).append(edge)
        return {
            edge for alike in turns.values()
            for edge in (alike if len(alike) <= FEW else (*alike[:2], *alike[-2:]))
        }  # fmt: skip

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
