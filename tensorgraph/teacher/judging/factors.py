"""A factor: all of a gradient is too large, or a number is left out on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.teacher.judging.closeness import factor
from tensorgraph.teacher.judging.faults import UNKNOWN, Fault
from tensorgraph.teacher.judging.looking import Looking
from tensorgraph.teacher.judging.operations import DIVIDE, MULTIPLY
from tensorgraph.teacher.judging.other_rules import scaled
from tensorgraph.teacher.judging.passes import Pass


class Factors(Looking):
    """Looks for factors."""

    def factors(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that all of it is a multiple, here or from somewhere on."""
        right = base.grads[place]
        k = factor(mine, right, share)
        if k is None:
            return
        through = self._through(place, base)
        for n, scale in enumerate(self.scales(place)):
            if abs(k / scale - 1) <= share:
                continue  # that is rounding
            fault = self.by_factor(k / scale, share, scale)
            fault = replace(fault, cost=fault.cost + 0.01 * n)
            if fault.cost >= UNKNOWN and np.count_nonzero(right) < 2:
                continue  # of one number, anything is a multiple
            yield fault
            yield from self._numbers_left_out(k / scale, place, base, share, scale)
            for q in through:
                edges = {(q, i): scaled(k / scale) for i, _ in q.plan.rules}
                text = f"{fault.text}, as is all that follows from {self.names.gradient_of(q)}"
                yield replace(fault, changes=edges, cost=fault.cost + 0.02, text=text)

    def _numbers_left_out(
        self, k: float, place: Any, base: Pass, share: float, scale: float
    ) -> Iterator[Fault]:
        """Yield that a number by which the forward pass multiplies is missing on the way back."""
        for node, i in base.between(place):
            if node.op not in (MULTIPLY, DIVIDE) or len(node.parents) != 2:
                continue
            value = self.recording.of(node.parents[1 - i])
            if np.ndim(value) or (node.op is DIVIDE and i == 1) or node.shape == ():
                continue
            number = float(value) if node.op is DIVIDE else 1 / float(value or np.inf)
            for power, told in ((1, "is missing"), (2, "is the wrong way round"), (-1, "twice")):
                if abs(k / number**power - 1) > 10 * share:
                    continue
                what = "division by" if node.op is DIVIDE else "factor"
                told = told if told != "twice" else "is there twice"
                grad = self.names.gradient_of(node.parents[i])
                text = f"the {what} {self.finder.number(float(value))} {told} in {grad}"
                rules = {(node, i): scaled(k)}
                yield Fault("factor", text, 0.32, rules, scale, k)

    def _through(self, place: Any, base: Pass) -> list[Node]:
        """Return the nodes that all of a place's gradient comes through, the nearest first.

        They are those that no edge leads past.
        """
        edges = base.between(place)
        nodes = sorted({node for node, _ in edges}, key=lambda node: -node.seq)
        at: dict[Any, int] = {node: n for n, node in enumerate(nodes)}
        at[place] = len(nodes)
        ends: dict[Any, list[int]] = {}
        for node, i in edges:
            ends.setdefault(node, []).append(at[node.parents[i]])
        reached = {n for some in ends.values() for n in some}
        furthest = max((n for n in at.values() if n not in reached), default=0)
        found = []
        for n, node in enumerate(nodes):
            if furthest <= n:
                found.append(node)
            furthest = max(furthest, *ends[node])
        return found[::-1]

    def of_square(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that a square matrix is transposed, which its shape does not tell."""
        right = base.grads[place]
        if right.ndim == 2 and right.shape[0] == right.shape[1] > 1:
            k = factor(mine.T, right, share)
            if k is not None:
                yield self.times("transpose", "it is transposed", 0.6, k, share)
