"""The parts of which a gradient is the sum: missing, there twice, scaled."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.teacher.judging.change import Change
from tensorgraph.teacher.judging.closeness import factor, mixture
from tensorgraph.teacher.judging.faults import UNKNOWN, Fault
from tensorgraph.teacher.judging.looking import TOO_COARSE, Looking
from tensorgraph.teacher.judging.operations import MAX, MEAN, STD, SUM, VAR
from tensorgraph.teacher.judging.other_rules import scaled
from tensorgraph.teacher.judging.passes import Changed, DoesNotFit, Pass
from tensorgraph.teacher.judging.recording import Edge
from tensorgraph.teacher.judging.wording import factor_told


class Parts(Looking):
    """Looks at parts."""

    def other_parts(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that one of the parts of which a gradient is the sum is missing, or scaled."""
        right = base.grads[place]
        uses = [node.op for node, _ in self.recording.takers[place]]
        for edge, edges in self._joined(base.between(place)):
            parent = edge[0].parents[edge[1]]
            if self.late() or (parent is place and uses.count(edge[0].op) > 2):
                continue  # of a loop's uses, it is told which
            try:
                twice = base.changed(dict.fromkeys(edges, scaled(2.0)), [place])[place]
            except DoesNotFit:
                continue
            part = twice - right
            if not np.abs(part).max(initial=0) > 0:
                continue
            if mine.size > 1 and factor(part, right, 1e-9) is not None:
                continue
            for scale in self.scales(place):
                rest = mine / scale - right
                size = float(np.abs(rest).max())
                fine = share * max(1.0, float(np.abs(mine / scale).max()) / size) if size else 0
                k = factor(rest, part, fine) if size and fine < TOO_COARSE else None
                if k is not None:
                    fault = self._part(edges, 1 + k, 20 * fine)
                    if fault is not None and fault.cost < (
                        1 if mine.size == 1 else UNKNOWN + 1 if mine.size > 3 else UNKNOWN
                    ):
                        yield replace(fault, scale=scale)
                    break
            both = mixture(mine, [right - part, part], share)
            if both is not None and mine.size > 3 and both[0] and abs(both[0] - 1) > 1e-6:
                k, whole = both[1] / both[0], both[0]
                fault = self._part(edges, k, 20 * share)
                if fault is not None and fault.cost < UNKNOWN and abs(k - 1) > 1e-6:
                    other = self.by_factor(whole, share, 1.0)
                    if other.cost < UNKNOWN:
                        yield replace(
                            fault, text=f"{fault.text}; and {other.text}",
                            cost=fault.cost + other.cost + 0.8,
                        )  # fmt: skip

    def _joined(self, edges: Sequence[Edge]) -> Iterator[tuple[Edge, list[Edge]]]:
        """Yield the edges by which one of several parts comes; both of x·x, as one."""
        groups: dict[tuple[Node, Any], list[Edge]] = {}
        for node, i in edges:
            groups.setdefault((node, id(node.parents[i])), []).append((node, i))
        for (node, _), group in groups.items():
            parent = node.parents[group[0][1]]
            if len(self.recording.takers[parent]) > len(group):
                yield group[0], group

    def _part(self, edges: Sequence[Edge], k: float, share: float) -> Fault | None:
        """Return that a part of a gradient is there k times."""
        edge = edges[0]
        what = self._part_told(edge)
        kind = "regularisation" if what.startswith("the regularisation") else "part"
        changes = dict.fromkeys(edges, scaled(k))
        if abs(k) < max(share, 1e-7):
            cost = 0.85 if edge[0] in self.names.called else 0.9
            return Fault(kind, f"{what} is missing", cost, dict.fromkeys(edges, scaled(0.0)))
        if abs(k - 2) < share:
            return Fault(kind, f"{what} is there twice", 0.95, changes)
        if abs(k + 1) < share:
            wrong = kind if kind == "regularisation" else "sign"
            return Fault(wrong, f"{what} has the wrong sign", 0.95, changes)
        known = self.numbers.recognised(abs(k), share)
        told = factor_told(k, known)
        return Fault(kind, f"{what} is {told}", 1.2 if known else UNKNOWN + 0.3, changes)

    def _part_told(self, edge: Edge) -> str:
        node, i = edge
        parent = node.parents[i]
        grad = self.names.gradient_of(parent)
        if type(parent) is Tensor and self.is_penalty(node):
            return f"the regularisation term {self.penalty_told(parent)}"
        through = self.names.called.get(node)
        after = node
        while through is None:
            takers = self.recording.takers.get(after, ())
            if len(takers) != 1:
                break
            after = takers[0][0]
            through = self.names.called.get(after)
        if through is not None and after is self.recording.root and after is not node:
            through = None
        told = through if through is not None else self.names.of(node)
        if node.op in (MEAN, VAR, STD, SUM, MAX) and through is None:
            told = f"the {node.op.name}"
        elif node.op in (MEAN, VAR, STD) and through != node.op.name:
            told = f"{told}, the {node.op.name},"
        alike = sorted({n.seq for n, _ in self.recording.takers[parent] if n.op is node.op})
        if through is None and len(alike) > 1:
            told = f"use {alike.index(node.seq) + 1} of {len(alike)}, in {told}"
        return f"the part of {grad} that comes through {told}"

    def all_such_parts(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that all parts of one kind are missing, as those from one time step to the next."""
        groups: dict[Hashable, list[Edge]] = {}
        for node, i in base.between(place):
            parent = node.parents[i]
            if type(parent) is Node:
                groups.setdefault((node.op.name, i, parent.op.name), []).append((node, i))
                for role in self.finder.roles.of((node, i))[2:]:
                    groups.setdefault(role, []).append((node, i))
        for group in {frozenset(edges): edges for edges in groups.values()}.values():
            if len(group) < 2:
                continue
            node, i = min(group, key=lambda edge: edge[0].seq)
            of, through = self.names.of(node.parents[i]), self.names.of(node)
            where = f"and so at each of {len(group)} such places"
            for k, kind, told, cost in (
                (0.0, "part", f"nothing is passed back to {of} through {through}", 1.2),
                (-1.0, "sign", f"what is passed back to {of} through {through} has the wrong sign",
                 1.3),
                (2.0, "part", f"what is passed back to {of} through {through} is there twice",
                 1.35),
            ):  # fmt: skip
                if self.late():
                    return
                rules = {edge: scaled(k) for edge in group}
                change = Change(kind, "all", f"{told}, {where}", scaled(k), cost)
                yield from self.tried(mine, place, base, share, rules, change)

    def pairs(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that two parts, or a part and something else, are wrong together."""
        edges = [
            edge for edge in base.between(place)
            if len(self.recording.takers[edge[0].parents[edge[1]]]) > 1
        ][:14]  # fmt: skip
        singles: list[tuple[Mapping[Edge, Changed], str, str, float]] = [
            (
                {edge: scaled(0.0)},
                "part",
                f"{self._part_told(edge)} is missing",
                0.85 if edge[0] in self.names.called else 0.9,
            )
            for edge in sorted(edges, key=lambda e: e[0] not in self.names.called)
        ]
        for edge in base.between(place)[::-1]:
            singles += [
                (change.rules(edge), change.kind, change.text, change.cost)
                for change in self.finder.at(edge, base)
                if change.cost <= 1.0 and edge[0].op.family != "reduce"
            ]
        for a, b in combinations(singles[:40], 2):
            if self.late():
                return
            if set(a[0]) & set(b[0]):
                continue
            change = Change(a[1], "", f"{a[2]}; and {b[2]}", scaled(0.0), 0.6 + a[3] + b[3])
            for fault in self.tried(mine, place, base, share, {**a[0], **b[0]}, change):
                if fault.text == change.text:  # and no factor besides
                    yield fault
