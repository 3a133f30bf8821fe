"""Why a gradient is what it is: changes of the backward pass that make it so, the likeliest first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.teacher.judging.activations import extra_slopes
from tensorgraph.teacher.judging.changes import Change, Finder, with_saved
from tensorgraph.teacher.judging.closeness import difference, factor, mixture
from tensorgraph.teacher.judging.known_numbers import KnownNumbers
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.passes import At, Changed, DoesNotFit, Pass, fitted
from tensorgraph.teacher.judging.recording import Edge, Recording
from tensorgraph.teacher.judging.wording import factor_told, places_told

UNKNOWN = 3.0
"""What a factor that is no known number costs."""


@dataclass(frozen=True, eq=False)
class Fault:
    """Something that is wrong with a gradient, and makes it what it is."""

    kind: str
    text: str
    cost: float
    changes: Mapping[Edge, Changed] = field(default_factory=dict)
    """What it changes in the backward pass; nothing if it is in the last line alone."""
    scale: float = 1.0
    """How many times the gradient somebody has, which may leave out what all is divided by."""
    factor: float | None = None
    """How many times too large it is, if that is all."""
    also: tuple[str, ...] = ()
    """What would explain it as well."""


class Search:
    """Looks for what explains an array that is no gradient.

    Args:
        recording: the graph.
        names: what its places are called.
        numbers: what factors may be.
        finder: what may be wrong at an edge.
        scales: the multiples in which gradients on the way may be written.
        seconds: when to give up.
    """

    def __init__(
        self,
        recording: Recording,
        names: Names,
        numbers: KnownNumbers,
        finder: Finder,
        scales: Sequence[float],
        seconds: float,
    ) -> None:
        self.recording, self.names, self.numbers, self.finder = recording, names, numbers, finder
        self.scales = scales
        self.deadline = time.thread_time() + seconds

    def faults(self, mine: Any, place: Any, base: Pass, share: float) -> list[Fault]:
        """Return what explains an array as the gradient of a place, the likeliest first."""
        right = base.grads[place]
        if not np.isfinite(mine).all():
            return []
        if mine.shape != right.shape:
            return sorted(self._of_another_shape(mine, place, base, share), key=_cost)
        return sorted(self._of_this_shape(mine, place, base, share), key=_cost)

    def _scales(self, place: Any) -> Sequence[float]:
        return self.scales[:1] if self.recording.is_parameter(place) else self.scales

    # -------------------------------------------------------------------------- the right shape

    def _of_this_shape(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        right = base.grads[place]
        plain = list(self._factors(mine, place, base, share))
        yield from plain
        if any(fault.cost < 1 for fault in plain):
            return
        found = list[Fault]()
        for stage in (
            (self._of_square, self._summed_otherwise, self._other_terms, self._other_parts,
             self._steps, self._changed),
            (self._terms_before, self._extra_slopes),
            (self._pairs, self._shifted),
        ):  # fmt: skip
            for looking in stage:
                found += looking(mine, place, base, share)
            if any(fault.cost < 2 for fault in found):
                break
        yield from found
        yield from self._whole_gradients(mine, place, base, share)
        yield from self._clipped(mine, right, share)
        yield from self._in_places(mine, right, place, share)

    def _factors(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        right = base.grads[place]
        k = factor(mine, right, share)
        if k is None:
            if not mine.any() and right.any():
                yield Fault("zero", "it is 0 everywhere", 0.5)
            return
        through = self._through(place, base)
        for n, scale in enumerate(self._scales(place)):
            if abs(k / scale - 1) < 1e-4:
                continue  # that is rounding
            fault = self._by_factor(k / scale, share, scale)
            fault = replace(fault, cost=fault.cost + 0.01 * n)
            if fault.cost >= UNKNOWN and np.count_nonzero(right) < 2:
                continue  # of one number, anything is a multiple
            yield fault
            yield from self._numbers_left_out(k / scale, place, base, share, scale)
            for q in through:
                edges = {(q, i): _scaled(k / scale) for i, _ in q.plan.rules}
                text = f"{fault.text}, as is all that follows from {self.names.gradient_of(q)}"
                yield replace(fault, changes=edges, cost=fault.cost + 0.02, text=text)

    def _numbers_left_out(
        self, k: float, place: Any, base: Pass, share: float, scale: float
    ) -> Iterator[Fault]:
        """Yield that a number by which the forward pass multiplies is missing on the way back."""
        for node, i in base.between(place):
            if node.op.name not in ("multiply", "divide") or len(node.parents) != 2:
                continue
            value = self.recording.of(node.parents[1 - i])
            if np.ndim(value) or (node.op.name == "divide" and i == 1) or node.shape == ():
                continue
            number = float(value) if node.op.name == "divide" else 1 / float(value or np.inf)
            for power, told in ((1, "is missing"), (2, "is the wrong way round"), (-1, "twice")):
                if abs(k / number**power - 1) > 10 * share:
                    continue
                what = "division by" if node.op.name == "divide" else "factor"
                told = told if told != "twice" else "is there twice"
                grad = self.names.gradient_of(node.parents[i])
                text = f"the {what} {self.finder.number(float(value))} {told} in {grad}"
                rules = {(node, i): _scaled(k)}
                yield Fault("factor", text, 0.32, rules, scale, k)

    def _by_factor(self, k: float, share: float, scale: float) -> Fault:
        known = self.numbers.recognised(abs(k), 10 * share)
        cost = 0.3 + 0.1 * known[0].cost if known else UNKNOWN
        if abs(abs(k) - 1) < 10 * share:
            return Fault("sign", "the sign is wrong", 0.2, scale=scale, factor=k)
        return Fault("factor", factor_told(k, known), cost, scale=scale, factor=k)

    def _through(self, place: Any, base: Pass) -> list[Node]:
        """Return the nodes that all of a place's gradient comes through, the nearest first."""
        found = []
        for node in sorted({edge[0] for edge in base.between(place)}, key=lambda n: n.seq):
            try:
                edges = {(node, i): _scaled(2.0) for i, _ in node.plan.rules}
                twice = base.changed(edges, [place])[place]
            except DoesNotFit:
                continue
            if difference(twice, 2 * base.grads[place]) < 1e-12:
                found.append(node)
        return found

    def _of_square(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        right = base.grads[place]
        if right.ndim == 2 and right.shape[0] == right.shape[1] > 1:
            k = factor(mine.T, right, share)
            if k is not None:
                yield self._times("transpose", "it is transposed", 0.6, k, share)

    def _times(
        self, kind: str, text: str, cost: float, k: float, share: float, scale: float = 1.0
    ) -> Fault:
        """Return a fault that explains all but a factor."""
        if abs(k / scale - 1) < 10 * share:
            return Fault(kind, text, cost, scale=scale)
        other = self._by_factor(k / scale, share, scale)
        return Fault(kind, f"{text}; and {other.text}", cost + 0.6 + other.cost, scale=scale)

    def _other_terms(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that a multiple of some value was added."""
        right = base.grads[place]
        own = self.recording.values.get(place)
        penalised = any(self._is_penalty(node) for node, _ in self.recording.takers.get(place, ()))
        for scale in self._scales(place):
            rest = mine - scale * right
            size = float(np.abs(rest).max()) if rest.size else 0.0
            if size == 0:
                continue
            fine = share * max(1.0, float(np.abs(mine).max()) / size)
            values = [(self.names.of(place), own)] if own is not None else []
            values += [(n, v) for n, v in self.finder.values.items() if v is not own]
            for name, value in values:
                if np.shape(value) != mine.shape or not np.any(value):
                    continue
                k = factor(rest, np.asarray(value, float), fine)
                if k is None:
                    continue
                known = self.numbers.recognised(abs(k), 10 * fine)
                alike = any(abs(k - each) <= 10 * fine * k for each in self._penalties(base))
                if not (alike and value is own) and (mine.size < 2 or (not known and mine.size < 4)):
                    continue
                sign = "−" if k < 0 else ""
                number = known[0].text if known else f"{abs(k):.6g}"
                told = f"{sign}{number} {name}" if number != "1" else f"{sign}{name}"
                if value is own and type(place) is Tensor and k > 0 and not penalised:
                    text = f"{name} is regularised, but not in the cost: {told} is too many"
                    yield Fault("regularised", text, 1.0, scale=scale)
                else:
                    text = f"it is off by {told}: a term with {name} is missing, or too many"
                    yield Fault("term", text, 1.3, scale=scale)

    def _terms_before(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that a multiple of some value is missing in a gradient on the way."""
        right = base.grads[place]
        rest = mine - right
        if not rest.any():
            return
        fine = share * max(1.0, np.abs(mine).max() / np.abs(rest).max())
        for q in {place: None, **{edge[0]: None for edge in base.between(place)}}:
            if type(q) is not Node or q not in self.names.called or q is self.recording.root:
                continue
            if self._late():
                return
            parts: dict[str, tuple[Any, Any]] = {}
            for name, value in self.finder.values.items():
                if np.shape(value) == q.shape:
                    part = self._brought(q, np.asarray(value, float), place, base)
                    if part is not None and part.any():
                        parts[name] = np.asarray(value, float), part
            yield from self._terms_at(q, parts, rest, fine, place is q)

    def _brought(self, q: Node, value: Any, place: Any, base: Pass) -> Any:
        """Return what a place's gradient changes by if a value is added to that of another."""
        if q is place:
            return value
        try:
            rules = {(q, i): _plus(value) for i, _ in q.plan.rules}
            return base.changed(rules, [place])[place] - base.grads[place]
        except DoesNotFit:
            return None

    def _terms_at(
        self, q: Node, parts: Mapping[str, Any], rest: Any, share: float, here: bool
    ) -> Iterator[Fault]:
        """Yield which value, or which in the place of which other, makes up for the rest."""
        grad = self.names.gradient_of(q)
        for name, (value, part) in parts.items():
            k = factor(rest, part, share)
            known = self.numbers.recognised(abs(k or 0.0), 20 * share)
            if k is not None and not here and (abs(abs(k) - 1) < 20 * share or known):
                number = "" if abs(abs(k) - 1) < 20 * share else f"{known[0].text} "
                if known and known[0].cost > 2:
                    continue
                told = f"{'−' if k < 0 else ''}{number}{name}"
                text = f"{grad} is off by {told}: a term with {name} is missing in it, or too many"
                rules = {(q, i): _plus(k * value) for i, _ in q.plan.rules}
                yield Fault("term", text, 1.35, rules)
        for (name, (value, part)), (other, (meant, its)) in combinations(parts.items(), 2):
            k = factor(rest, part - its, share)
            if k is None:
                continue
            known = self.numbers.recognised(abs(k), 20 * share)
            if abs(abs(k) - 1) > 20 * share and not (known and known[0].cost < 2):
                continue
            # The loss's own gradients rise with what they are of.
            first, second = (name, other) if k > 0 else (other, name)
            text = f"{first} stands in {grad} where {second} is meant (or the other way round)"
            rules = {(q, i): _plus(k * (value - meant)) for i, _ in q.plan.rules}
            yield Fault("value", text, 1.38, rules)

    def _extra_slopes(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that a gradient on the way, or this one, is multiplied by a derivative too many."""
        right = base.grads[place]
        for q in {place: None, **{edge[0]: None for edge in base.between(place)}}:
            if type(q) is not Node or q is self.recording.root or self._late():
                continue
            x, name = self.recording.values[q], self.names.of(q)
            if q is not place and q not in self.names.called:
                continue
            for told, slope in extra_slopes(x, name):
                rules = {(q, i): _multiplied(slope) for i, _ in q.plan.rules}
                try:
                    found = right * slope if q is place else base.changed(rules, [place])[place]
                except DoesNotFit:
                    continue
                k = factor(mine, found, share)
                if k is None or factor(found, right, share) is not None:
                    continue
                text = f"{self.names.gradient_of(q)} is multiplied by {told} once too often"
                for scale in self._scales(place):
                    fault = self._times("extra derivative", text, 1.35, k, share, scale)
                    if fault.cost < UNKNOWN:
                        yield replace(fault, changes=rules)

    def _other_parts(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that one of the parts of which a gradient is the sum is missing, or scaled."""
        right = base.grads[place]
        uses = [node.op for node, _ in self.recording.takers[place]]
        for edge, edges in self._joined(base.between(place)):
            parent = edge[0].parents[edge[1]]
            if self._late() or (parent is place and uses.count(edge[0].op) > 2):
                continue  # of a loop's uses, it is told which
            try:
                twice = base.changed(dict.fromkeys(edges, _scaled(2.0)), [place])[place]
            except DoesNotFit:
                continue
            part = twice - right
            if not np.abs(part).max(initial=0) > 0:
                continue
            if mine.size > 1 and factor(part, right, 1e-9) is not None:
                continue
            for scale in self._scales(place):
                rest = mine / scale - right
                size = float(np.abs(rest).max())
                fine = share * max(1.0, float(np.abs(mine / scale).max()) / size) if size else 0
                k = factor(rest, part, fine) if size else None
                if k is not None:
                    fault = self._part(edges, 1 + k, 20 * fine)
                    if fault is not None and fault.cost < (1 if mine.size == 1 else UNKNOWN + 1 if mine.size > 3 else UNKNOWN):
                        yield replace(fault, scale=scale)
                    break
            both = mixture(mine, [right - part, part], share)
            if both is not None and mine.size > 3 and abs(both[0] - 1) > 1e-6:
                k, whole = both[1] / both[0], both[0]
                fault = self._part(edges, k, 20 * share)
                if fault is not None and fault.cost < UNKNOWN and abs(k - 1) > 1e-6:
                    other = self._by_factor(whole, share, 1.0)
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
        changes = dict.fromkeys(edges, _scaled(k))
        if abs(k) < max(share, 1e-7):
            cost = 0.85 if edge[0] in self.names.called else 0.9
            return Fault(kind, f"{what} is missing", cost, dict.fromkeys(edges, _scaled(0.0)))
        if abs(k - 2) < share:
            return Fault(kind, f"{what} is there twice", 0.95, changes)
        if abs(k + 1) < share:
            return Fault("sign", f"{what} has the wrong sign", 0.95, changes)
        known = self.numbers.recognised(abs(k), share)
        told = factor_told(k, known)
        return Fault(kind, f"{what} is {told}", 1.2 if known else UNKNOWN + 0.3, changes)

    def _part_told(self, edge: Edge) -> str:
        node, i = edge
        parent = node.parents[i]
        grad = self.names.gradient_of(parent)
        if type(parent) is Tensor and self._is_penalty(node):
            return f"the regularisation term of {self.names.of(parent)}"
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
        if node.op.name in ("mean", "var", "std", "sum", "max") and through is None:
            told = f"the {node.op.name}"
        elif node.op.name in ("mean", "var", "std") and through != node.op.name:
            told = f"{told}, the {node.op.name},"
        alike = sorted({n.seq for n, _ in self.recording.takers[parent] if n.op is node.op})
        if through is None and len(alike) > 1:
            told = f"use {alike.index(node.seq) + 1} of {len(alike)}, in {told}"
        return f"the part of {grad} that comes through {told}"

    def _penalties(self, base: Pass) -> list[float]:
        """Return what parameters are multiplied by in the gradients of their penalties."""
        found = []
        for place, edges in self.recording.takers.items():
            if type(place) is Tensor:
                parts = [base.parts[edge] for edge in edges if self._is_penalty(edge[0])]
                k = factor(sum(parts), self.recording.values[place], 1e-9) if parts else None
                found += [k] if k is not None else []
        return found

    def _is_penalty(self, node: Node) -> bool:
        """Return whether what a node leads to, up to where it is added, is made of parameters."""
        place: Node = node
        while True:
            if not all(
                np.ndim(p) == 0 or type(p) in (Node, Tensor) for p in place.parents
            ) or not self.recording.of_parameters(place):
                return False
            takers = self.recording.takers.get(place, ())
            if len(takers) != 1:
                return False
            above = takers[0][0]
            if above.op.name in ("add", "subtract") and not self.recording.of_parameters(above):
                return place.shape == () or int(np.prod(place.shape)) == 1
            place = above

    def _steps(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that of a value that is used several times only some uses were counted."""
        edges = sorted(self.recording.takers[place], key=lambda edge: edge[0].seq)
        kinds = {(node.op.name, i) for node, i in edges}
        if not 2 <= len(edges) <= 100 or len(kinds) > 1:
            return  # what differs in kind is told one by one
        parts = [base.parts[edge] for edge in edges]
        found = mixture(mine, parts, share)
        kept = None
        if found is not None and all(min(abs(k), abs(k - 1)) < 1e-4 for k in found):
            kept = [j for j, k in enumerate(found) if abs(k) > 0.5]
        else:
            for n in range(1, len(parts)):
                ends = [range(n), range(len(parts) - n, len(parts))]
                some_of = [[j] for j in range(len(parts))] if n == 1 else ends
                if n == len(parts) - 1:
                    some_of = [[k for k in range(len(parts)) if k != j] for j in range(len(parts))]
                for some in some_of:
                    if difference(mine, sum(parts[j] for j in some)) <= share:
                        kept = list(some)
        if not kept or len(kept) == len(edges):
            return
        name, n = self.names.gradient_of(place), len(edges)
        changes = {edge: _scaled(0.0) for j, edge in enumerate(edges) if j not in kept}
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

    # ---------------------------------------------------------------------- changes of the pass

    def _changed(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield the changes at one edge, or at all such edges, that explain an array."""
        groups: dict[tuple[Any, ...], list[tuple[Edge, Change]]] = {}
        edges = base.between(place)
        for edge in edges[::-1]:
            if self._late():
                return
            for change in self.finder.at(edge, base):
                key = (edge[0].op.name, edge[1], change.key)
                groups.setdefault((*key, None), []).append((edge, change))
                groups.setdefault((*key, edge[0].shape), []).append((edge, change))
                yield from self._tried(mine, place, base, share, change.rules(edge), change)
            yield from self._without_ends(mine, place, base, share, edge)
        for group in groups.values():
            if len({edge for edge, _ in group}) < 2 or self._late():
                continue
            first: dict[Edge, Change] = {}
            for edge, change in group:
                first.setdefault(edge, change)
            one = group[0][1]
            told = replace(one, text=f"{one.text}; and so at each of {len(first)} such places")
            rules = {e: rule for edge, c in first.items() for e, rule in c.rules(edge).items()}
            told = replace(told, cost=one.cost + 0.1)
            yield from self._tried(mine, place, base, share, rules, told)
        yield from self._all_such_parts(mine, place, base, share, edges)

    def _tried(
        self,
        mine: Any,
        place: Any,
        base: Pass,
        share: float,
        rules: Mapping[Edge, Changed],
        change: Change,
    ) -> Iterator[Fault]:
        try:
            found = base.changed(rules, [place])[place]
        except DoesNotFit:
            return
        k = factor(mine, found, share)
        if k is None or difference(found, base.grads[place]) <= share:
            return
        if mine.size == 1 and difference(mine, found) > share:
            return
        if mine.size > 1 and factor(found, base.grads[place], share) is not None:
            return  # that is but a factor
        for scale in self._scales(place):
            fault = self._times(change.kind, change.text, change.cost, k, share, scale)
            if fault.cost < UNKNOWN + 1 and not (mine.size < 2 and fault.cost > 2):
                yield replace(fault, changes=rules)
                if fault.text != change.text:
                    rules = {edge: _product(rule, k / scale) for edge, rule in rules.items()}
                    yield replace(fault, changes=rules, cost=fault.cost + 0.01)

    def _without_ends(
        self, mine: Any, place: Any, base: Pass, share: float, edge: Edge
    ) -> Iterator[Fault]:
        """Yield that the first or last slice of the gradient that comes was left out."""
        node, i = edge
        if node.op.name not in ("matmul", "add") or node.parents[i] is not place:
            return
        g = base.grads[node]
        for axis in range(np.ndim(g)):
            for end, told in ((0, "first"), (-1, "last")):
                if g.shape[axis] < 2:
                    continue
                here = [slice(None)] * g.ndim
                here[axis] = slice(0, 1) if end == 0 else slice(-1, None)
                rule = _blanked(tuple(here))
                text = (
                    f"the {told} slice of {self.names.gradient_of(node)} along axis {axis} is left"
                    " out"
                )
                change = Change("left out", f"end {axis} {end}", text, rule, 1.5)
                yield from self._tried(mine, place, base, share, {edge: rule}, change)

    def _shifted(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that at each step of a loop the values of the next or the last one were taken."""
        edges = sorted(self.recording.takers[place], key=lambda edge: edge[0].seq)
        kinds = {(node.op.name, i) for node, i in edges}
        if len(edges) < 2 or kinds not in ({("matmul", 0)}, {("matmul", 1)}):
            return
        i = edges[0][1]
        values = [node.saved[1 - i] for node, _ in edges]
        for by, told in ((1, "next"), (-1, "step before")):
            for name, end in self.finder.values.items():
                taken = [*values[1:], end] if by == 1 else [end, *values[:-1]]
                rules = {e: with_saved(1 - i, v) for e, v in zip(edges, taken, strict=True)}
                text = (
                    f"at each step the value of the {told} one stands in"
                    f" {self.names.gradient_of(place)} (the {'last' if by == 1 else 'first'}"
                    f" is {name})"
                )
                change = Change("value", "shifted", text, _scaled(0.0), 1.5)
                yield from self._tried(mine, place, base, share, rules, change)

    def _all_such_parts(
        self, mine: Any, place: Any, base: Pass, share: float, edges: Sequence[Edge]
    ) -> Iterator[Fault]:
        """Yield that all parts of one kind are missing, as those from one time step to the next."""
        groups: dict[tuple[str, int, str], list[Edge]] = {}
        for node, i in edges:
            parent = node.parents[i]
            if type(parent) is Node:
                groups.setdefault((node.op.name, i, parent.op.name), []).append((node, i))
        for group in groups.values():
            if len(group) < 2 or self._late():
                continue
            rules = {edge: _scaled(0.0) for edge in group}
            node, i = min(group, key=lambda edge: edge[0].seq)
            text = (
                f"nothing is passed back to {self.names.of(node.parents[i])} through"
                f" {self.names.of(node)}, and so at each of {len(group)} such places"
            )
            change = Change("part", "all", text, _scaled(0.0), 1.2)
            yield from self._tried(mine, place, base, share, rules, change)

    def _pairs(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that two parts, or a part and something else, are wrong together."""
        edges = [
            edge for edge in base.between(place)
            if len(self.recording.takers[edge[0].parents[edge[1]]]) > 1
        ][:14]  # fmt: skip
        singles: list[tuple[Mapping[Edge, Changed], str, str, float]] = [
            (
                {edge: _scaled(0.0)},
                "part",
                f"{self._part_told(edge)} is missing",
                0.85 if edge[0] in self.names.called else 0.9,
            )
            for edge in sorted(edges, key=lambda e: e[0] not in self.names.called)
        ]
        for edge in base.between(place)[::-1]:
            for change in self.finder.at(edge, base):
                if change.cost <= 1.0 and edge[0].op.family != "reduce":
                    singles.append((change.rules(edge), change.kind, change.text, change.cost))
        for a, b in combinations(singles[:40], 2):
            if self._late():
                return
            if set(a[0]) & set(b[0]):
                continue
            change = Change(a[1], "", f"{a[2]}; and {b[2]}", _scaled(0.0), 0.6 + a[3] + b[3])
            for fault in self._tried(mine, place, base, share, {**a[0], **b[0]}, change):
                if fault.text == change.text:  # and no factor besides
                    yield fault

    # ----------------------------------------------------------------------------- other arrays

    def _whole_gradients(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that an array is the gradient of something else, or a value."""
        right = base.grads[place]
        for other, g in base.grads.items():
            if other is place or other not in self.names.called:
                continue
            if np.shape(g) == mine.shape and difference(g, right) > share:
                for scale in self.scales:
                    if difference(mine, scale * g) <= share:
                        name = self.names.gradient_of(other)
                        yield Fault("gradient", f"it is {name}", 1.15, scale=scale)
        for name, value in self.finder.values.items():
            if np.shape(value) == mine.shape and difference(mine, np.asarray(value)) <= share:
                yield Fault("value", f"it is {name} itself", 1.15)

    def _clipped(self, mine: Any, right: Any, share: float) -> Iterator[Fault]:
        most = float(np.abs(mine).max(initial=0))
        if mine.size > 3 and 0 < most < np.abs(right).max():
            if difference(mine, np.clip(right, -most, most)) <= share:
                yield Fault("clipped", f"it is clipped at ±{most:.6g}", 1.0)

    def _in_places(self, mine: Any, right: Any, place: Any, share: float) -> Iterator[Fault]:
        """Yield that only some elements are wrong."""
        there = right != 0
        ratio = float(np.median(mine[there] / right[there])) if there.any() else 1.0
        common = self.numbers.recognised(abs(ratio), 10 * share)[:1] if np.isfinite(ratio) else []
        scales = [*self._scales(place), *([ratio] if common and abs(ratio - 1) > 1e-4 else [])]
        for scale in scales:
            expected = scale * right
            largest = max(np.abs(mine).max(initial=0), np.abs(expected).max(initial=0))
            wrong = ~(np.abs(mine - expected) <= share * largest)
            n = int(wrong.sum())
            if not (0 < n <= 0.6 * mine.size and mine.size > 2):
                continue
            if not expected[~wrong].any():
                continue
            text = f"only {_where(wrong)} wrong"
            k = factor(mine[wrong], expected[wrong], share)
            if not mine[wrong].any():
                text += ": 0 there"
            elif k is not None and n > 1:
                told = self._by_factor(k, share, 1.0)
                text += f": {told.text}" if told.kind == "factor" else ": the sign is wrong there"
            if scale not in self._scales(place):
                text += f"; all others are {factor_told(scale, common)}"
                yield Fault("some elements", text, 2.8)
            else:
                yield Fault("some elements", text, 2.4, scale=scale)
            return

    # -------------------------------------------------------------------------- another shape

    def _of_another_shape(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        right = base.grads[place]
        shapes = f"it has shape {mine.shape}, {self.names.of(place)} has {right.shape}"
        yield from self._summed_otherwise(mine, place, base, share)
        yield from self._other_products(mine, place, base, share)
        for kind, text, cost, turned in self._turned(mine, right):
            again = list(self._of_same_or_right(turned, place, base, share))
            for fault in again:
                if fault is None:
                    yield Fault(kind, f"{text}; {shapes}", cost)
                else:
                    both = f"{text}; {shapes}; and {fault.text}"
                    yield replace(fault, kind=kind, text=both, cost=cost + fault.cost + 0.5)

    def _of_same_or_right(
        self, mine: Any, place: Any, base: Pass, share: float
    ) -> Iterator[Fault | None]:
        right = base.grads[place]
        if any(difference(mine, k * right) <= share for k in self._scales(place)):
            yield None
            return
        yield from (f for f in self._of_this_shape(mine, place, base, share) if f.cost < UNKNOWN)

    def _turned(self, mine: Any, right: Any) -> Iterator[tuple[str, str, float, Any]]:
        """Yield an array in the right shape, with what was wrong about its own."""
        if mine.ndim == right.ndim == 2 and mine.shape == right.shape[::-1]:
            word = "keepdims or a transpose" if 1 in mine.shape else "transpose"
            yield (
                "transpose",
                f"it is transposed ({word})" if word != "transpose" else ("it is transposed"),
                0.5,
                mine.T,
            )
        bare = tuple(n for n in right.shape if n != 1)
        if mine.size == right.size and tuple(n for n in mine.shape if n != 1) == bare:
            if mine.ndim < right.ndim:
                yield (
                    "keepdims",
                    "keepdims=True is missing where it is summed",
                    0.4,
                    mine.reshape(right.shape),
                )
            elif mine.shape != right.shape[::-1] or mine.ndim != 2:
                yield "keepdims", "it has axes too many", 0.4, mine.reshape(right.shape)
        elif mine.size == right.size and mine.shape != right.shape[::-1]:
            yield "shape", "it is not reshaped to that of the value", 0.6, mine.reshape(right.shape)
        if mine.size == right.size:
            return
        more = [n - k for n, k in zip(mine.shape, right.shape, strict=False)]
        if mine.ndim == right.ndim > 2 and all(n >= 0 and n % 2 == 0 for n in more):
            inner = tuple(slice(n // 2, n // 2 + k) for n, k in zip(more, right.shape, strict=True))
            yield "padding", "the padding is not cut off", 0.5, mine[inner]
        try:
            summed = fitted(mine, right.shape)
        except DoesNotFit:
            return
        lead = mine.ndim - right.ndim
        axes = [*range(lead)]
        axes += [a for a, n in enumerate(right.shape, lead) if n == 1 != mine.shape[a]]
        told = " and ".join(map(str, axes))
        if np.ptp(mine, axis=tuple(axes)).max(initial=0) <= 1e-12 * np.abs(mine).max(initial=0):
            first = np.take(mine, [0], axis=axes[0])
            for a in axes[1:]:
                first = np.take(first, [0], axis=a)
            yield "shape", f"it is repeated along axis {told}", 0.55, first.reshape(right.shape)
        yield "sum", f"the sum over axis {told} is missing", 0.45, summed
        count = mine.size / max(right.size, 1)
        yield "mean", f"the mean over axis {told} is missing", 0.5, summed / count

    def _summed_otherwise(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that what comes to a place was summed over other axes than it is to be."""
        right = base.grads[place]
        if len(self.recording.takers[place]) > 1:
            return
        for edge in self.recording.takers[place]:
            raw = base.raw(edge)
            if raw.ndim == 0 or raw.ndim > 4:
                continue
            axes = range(raw.ndim)
            for n in range(1, raw.ndim + 1):
                for some in combinations(axes, n):
                    for how in (np.sum, np.mean, np.max):
                        found = how(raw, axis=some)
                        if found.size != mine.size or not _same_order(mine, found):
                            continue
                        found = found.reshape(mine.shape)
                        if mine.shape == right.shape and difference(found, right) <= share:
                            continue
                        k = factor(mine, found, share)
                        if k is None and mine.shape != right.shape:
                            # Of softmax's gradients, say, the sums over the classes are all 0.
                            nothing = 1e-12 * np.abs(raw).max(initial=0)
                            both = max(np.abs(mine).max(), np.abs(found).max())
                            k = 1.0 if how is np.sum and both <= nothing else None
                        if k is None or factor(mine, right, share) is not None:
                            continue
                        if (
                            mine.size == right.size
                            and right.size > 1
                            and (factor(mine.reshape(right.shape), right, share) is not None)
                        ):
                            continue
                        if (how is np.max or found.size < 3) and not self._is_known(k, share):
                            continue
                        if how is np.max and abs(k - 1) > 10 * share:
                            continue
                        told = " and ".join(map(str, some))
                        meant = self._axes_meant(raw, right)
                        word = {np.sum: "summed", np.mean: "averaged"}.get(how, "the largest")
                        if told == meant and how is np.sum:
                            continue
                        text = f"it is {word} over axis {told}"
                        if meant and word == "summed":
                            text += f", where axis {meant} is meant"
                        elif meant:
                            text += f", where a sum over axis {meant} is meant"
                        cost = 0.7 + 0.1 * (how is np.mean) + 0.3 * (how is np.max)
                        yield self._times("axis", text, cost, k, share)

    def _axes_meant(self, raw: Any, right: Any) -> str:
        lead = raw.ndim - right.ndim
        axes = [*range(max(lead, 0))]
        if lead >= 0:
            axes += [a for a, n in enumerate(right.shape, lead) if n == 1 != raw.shape[a]]
        return " and ".join(map(str, axes))

    def _other_products(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that other things were multiplied, which have another shape."""
        for edge in self.recording.takers[place]:
            for change in self.finder.at(edge, base):
                try:
                    with np.errstate(all="ignore"):
                        raw = np.asarray(change.rule(At(edge, base.grads[edge[0]], base)))
                except (ValueError, IndexError, TypeError, DoesNotFit):
                    continue
                if raw.shape == mine.shape and mine.shape != np.shape(base.grads[place]):
                    k = factor(mine, raw, share)
                    if k is not None:
                        yield self._times(change.kind, change.text, change.cost, k, share)

    def _is_known(self, k: float, share: float) -> bool:
        """Return whether a factor is 1, or a number that is met here."""
        if abs(abs(k) - 1) < 10 * share:
            return True
        known = self.numbers.recognised(abs(k), 10 * share)
        return bool(known) and known[0].cost < 1.8

    def _late(self) -> bool:
        return time.thread_time() > self.deadline


def _same_order(mine: Any, found: Any) -> bool:
    """Return whether two arrays have the same axes, but for those of length 1."""
    return [n for n in mine.shape if n != 1] == [n for n in found.shape if n != 1]


def _cost(fault: Fault) -> float:
    return fault.cost


def _scaled(k: float) -> Changed:
    return lambda at: k * np.asarray(at.usual())


def _product(rule: Changed, k: float) -> Changed:
    return lambda at: k * np.asarray(rule(at))


def _plus(value: Any) -> Changed:
    return lambda at: at.usual(at.g + value)


def _multiplied(slope: Any) -> Changed:
    return lambda at: at.usual(at.g * slope)


def _blanked(here: tuple[slice, ...]) -> Changed:
    def rule(at: At) -> Any:
        g = np.array(at.g)
        g[here] = 0
        return at.usual(g)

    return rule


def _where(wrong: Any) -> str:
    """Return which elements are meant: whole rows or columns where these are."""
    for axis, one, many in ((0, "row", "rows"), (1, "column", "columns")):
        if wrong.ndim < 2 or wrong.ndim > 2 or wrong.shape[axis] < 2 or wrong.shape[1 - axis] < 2:
            continue
        lines = np.flatnonzero(wrong.any(axis=1 - axis))
        if wrong[lines].all() if axis == 0 else wrong[:, lines].all():
            told = places_told(list(lines))
            return f"{one} {told} is" if len(lines) == 1 else f"{many} {told} are"
    if wrong.ndim != 2:
        for axis in range(wrong.ndim):
            others = tuple(a for a in range(wrong.ndim) if a != axis)
            lines = np.flatnonzero(wrong.any(axis=others))
            if wrong.ndim > 1 and np.take(wrong, lines, axis=axis).all():
                return f"[{places_told(list(lines))}] along axis {axis} {'is' if len(lines) == 1 else 'are'}"
    n = int(wrong.sum())
    index = [tuple(int(i) for i in at) for at in np.argwhere(wrong)[:3]]
    told = ", ".join(str(list(at)) for at in index)
    more = ", …" if n > 3 else ""
    return (
        f"{n} of {wrong.size} elements {'is' if n == 1 else 'are'} ({told}{more})"
        if n > 1
        else (f"element {told} is")
    )
