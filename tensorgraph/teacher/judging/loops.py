"""What goes wrong in loops over time, samples and places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import Any

import numpy as np

from tensorgraph.teacher.judging.activations import OF_RESULT
from tensorgraph.teacher.judging.change import Change
from tensorgraph.teacher.judging.closeness import difference, mixture
from tensorgraph.teacher.judging.faults import Fault
from tensorgraph.teacher.judging.looking import Looking
from tensorgraph.teacher.judging.other_rules import masked, scaled, times, with_saved
from tensorgraph.teacher.judging.passes import Pass
from tensorgraph.teacher.judging.recording import Edge
from tensorgraph.teacher.judging.wording import places_told

MOST_USES = 2_000
"""Of a value that is used more often it is not told which uses are missing."""

MOST_ENDS = 12
"""So many values are tried where a loop begins or ends."""


class Loops(Looking):
    """Looks at the steps of loops."""

    def steps(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that of a value that is used several times only some uses were counted."""
        edges = sorted(self.recording.takers[place], key=lambda edge: edge[0].seq)
        kinds = {(node.op.name, i) for node, i in edges}
        if not 2 <= len(edges) <= MOST_USES or len(kinds) > 1:
            return  # what differs in kind is told one by one
        parts = [base.parts[edge] for edge in edges]
        found = mixture(mine, parts, share)
        kept = None
        if found is not None and all(min(abs(k), abs(k - 1)) < 1e-4 for k in found):
            kept = [j for j, k in enumerate(found) if abs(k) > 0.5]
        else:
            kept = next(
                (some for some, total in _some_of(parts) if difference(mine, total) <= share), None
            )
        if not kept or len(kept) == len(edges):
            return
        name, n = self.names.gradient_of(place), len(edges)
        changes = {edge: scaled(0.0) for j, edge in enumerate(edges) if j not in kept}
        if len(kept) == 1:
            which = {0: "first", n - 1: "last"}.get(kept[0], f"{kept[0] + 1}th")
            text = (
                f"only the {which} of {n} uses of {self.names.of(place)} counts: {name} is"
                " overwritten where it is to be added to, or nothing is passed on to the others"
            )
            yield Fault("overwritten", text, 0.8, changes)
        else:
            left = [j + 1 for j in range(n) if j not in kept]
            text = (
                f"{self.names.of(place)} is used {n} times; of these"
                f" {places_told(left)} {'is' if len(left) == 1 else 'are'} missing in {name}"
            )
            yield Fault("steps", text, 0.85, changes)

    def shifted(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that at each step of a loop the values of the next or the last one were taken."""
        edges = sorted(self.recording.takers[place], key=lambda edge: edge[0].seq)
        kinds = {(node.op.name, i) for node, i in edges}
        if len(edges) < 2 or kinds not in ({("matmul", 0)}, {("matmul", 1)}):
            return
        i = edges[0][1]
        values = [node.saved[1 - i] for node, _ in edges]
        for by, told in ((1, "next"), (-1, "step before")):
            for name, end in self._beside(values):
                taken = [*values[1:], end] if by == 1 else [end, *values[:-1]]
                rules = {e: with_saved(1 - i, v) for e, v in zip(edges, taken, strict=True)}
                text = (
                    f"at each step the value of the {told} one stands in"
                    f" {self.names.gradient_of(place)} (the {'last' if by == 1 else 'first'}"
                    f" is {name})"
                )
                change = Change("value", "shifted", text, scaled(0.0), 1.5)
                yield from self.tried(mine, place, base, share, rules, change)

    def shifted_slopes(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that at each step of a loop the derivative was taken where that of another is."""
        groups: dict[str, list[Edge]] = {}
        for edge in base.between(place):
            if edge[0].op.name in OF_RESULT:
                groups.setdefault(edge[0].op.name, []).append(edge)
        for name, edges in groups.items():
            outs = [self.recording.values[node] for node, _ in edges[::-1]]
            if len(edges) < 2 or len({np.shape(out) for out in outs}) > 1 or self.late():
                continue
            slope = OF_RESULT[name]
            for by, told in ((1, "next"), (-1, "last")):
                for _, end in self._beside(outs):
                    taken = [*outs[1:], end] if by == 1 else [end, *outs[:-1]]
                    rules = {
                        edge: times(slope(a)) for edge, a in zip(edges[::-1], taken, strict=True)
                    }
                    text = f"at each step the derivative of {name} is that of the {told} step"
                    change = Change("value", "shifted", text, scaled(0.0), 1.5)
                    yield from self.tried(mine, place, base, share, rules, change)

    def _beside(self, values: Sequence[Any]) -> Iterator[tuple[str, Any]]:
        """Yield what may stand before the first value of a loop, or behind the last: few things."""
        inside = {id(value) for value in values[1:-1]}
        others = ((name, value) for name, value in self.alike(values[0]) if id(value) not in inside)
        return islice(others, MOST_ENDS)

    def only_ends(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that of a sum over samples and places only the last term is there."""
        if not self.recording.is_parameter(place):
            return
        for node in {edge[0]: None for edge in base.between(place)}:
            if node not in self.names.called or not 2 <= len(node.shape) <= 4 or self.late():
                continue
            axes = [a for a, n in enumerate(node.shape) if n > 1]
            for n in range(1, len(axes) + 1):
                for some in combinations(axes, n):
                    for end, told in ((-1, "last"), (0, "first")):
                        kept = np.zeros(node.shape)
                        kept[tuple(end if a in some else slice(None) for a in range(kept.ndim))] = 1
                        rules = {(node, i): masked(kept) for i, _ in node.plan.rules}
                        where = " and ".join(map(str, some))
                        text = (
                            f"only the {told} of {self.names.gradient_of(node)} along axis {where}"
                            f" counts: {self.names.gradient_of(place)} is overwritten (=) where it"
                            " is to be added to (+=)"
                        )
                        change = Change("overwritten", "ends", text, scaled(0.0), 1.3)
                        yield from self.tried(mine, place, base, share, rules, change)


def _some_of(parts: Sequence[Any]) -> Iterator[tuple[list[int], Any]]:
    """Yield which parts of a sum may be there, and what they add up to: one, all but one, ends."""
    n, total = len(parts), sum(parts)
    for j, part in enumerate(parts):
        yield [j], part
    if n > 2:
        for j, part in enumerate(parts):
            yield [k for k in range(n) if k != j], total - part
    first = parts[0]
    for count in range(2, n - 1):
        first = first + parts[count - 1]
        yield list(range(count)), first
        yield list(range(count, n)), total - first
