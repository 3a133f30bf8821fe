"""A term that is missing or too many, or one value in the place of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.teacher.judging.activations import extra_slopes
from tensorgraph.teacher.judging.closeness import factor
from tensorgraph.teacher.judging.faults import UNKNOWN, Fault
from tensorgraph.teacher.judging.looking import TOO_COARSE, Looking
from tensorgraph.teacher.judging.other_rules import multiplied, plus
from tensorgraph.teacher.judging.passes import DoesNotFit, Pass


class Terms(Looking):
    """Looks for terms."""

    def other_terms(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that a multiple of some value was added."""
        right = base.grads[place]
        own = self.recording.values.get(place)
        penalised = any(self.is_penalty(node) for node, _ in self.recording.takers.get(place, ()))
        for scale in self.scales(place):
            rest = mine - scale * right
            size = float(np.abs(rest).max()) if rest.size else 0.0
            if size == 0:
                continue
            fine = share * max(1.0, float(np.abs(mine).max()) / size)
            if fine > TOO_COARSE:
                continue
            values = [(self.names.of(place), own)] if own is not None else []
            values += [(n, v) for n, v in self.finder.values.items() if v is not own]
            for name, value in values:
                if np.shape(value) != mine.shape or not np.any(value):
                    continue
                if value is not own and np.ptp(value) == 0:
                    continue  # of a constant, any constant is a multiple
                k = factor(rest, np.asarray(value, float), fine)
                if k is None:
                    continue
                known = self.numbers.recognised(abs(k), 10 * fine)
                alike = any(abs(k - each) <= 10 * fine * k for each in self.penalties(base))
                is_one = abs(abs(k) - 1) <= 10 * fine
                if not (alike and value is own) and (
                    mine.size < 2 or (not (known or is_one) and mine.size < 4)
                ):
                    continue
                sign = "−" if k < 0 else ""
                number = known[0].text if known and not is_one else f"{abs(k):.6g}"
                told = f"{sign}{number} {name}" if number != "1" else f"{sign}{name}"
                if value is own and type(place) is Tensor and k > 0 and not penalised:
                    text = f"{name} is regularised, but not in the cost: {told} is too many"
                    yield Fault("regularised", text, 1.0, scale=scale)
                else:
                    text = f"it is off by {told}: a term with {name} is missing, or too many"
                    yield Fault("term", text, 1.3, scale=scale)

    def terms_before(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that a multiple of some value is missing in a gradient on the way."""
        right = base.grads[place]
        for q in {place: None, **{edge[0]: None for edge in base.between(place)}}:
            if type(q) is not Node or q not in self.names.called or q is self.recording.root:
                continue
            if self.late():
                return
            parts: dict[str, tuple[Any, Any]] = {}
            for name, value in self.finder.values.items():
                if np.shape(value) == q.shape and (q.shape == () or np.ptp(value) > 0):
                    part = self._brought(q, np.asarray(value, float), place, base)
                    if part is not None and part.any():
                        parts[name] = np.asarray(value, float), part
            for scale in self.scales(place):
                rest = mine / scale - right
                if rest.any():
                    fine = share * max(1.0, np.abs(mine / scale).max() / np.abs(rest).max())
                    if fine > TOO_COARSE:
                        continue
                    for fault in self._terms_at(q, parts, rest, fine, place is q):
                        yield replace(fault, scale=scale)

    def _brought(self, q: Node, value: Any, place: Any, base: Pass) -> Any:
        """Return what a place's gradient changes by if a value is added to that of another."""
        if q is place:
            return value
        try:
            rules = {(q, i): plus(value) for i, _ in q.plan.rules}
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
            known = self.numbers.recognised(abs(k or 0.0), 20 * share) if rest.size > 2 else []
            if k is not None and not here and (abs(abs(k) - 1) < 20 * share or known):
                number = "" if abs(abs(k) - 1) < 20 * share else f"{known[0].text} "
                if known and known[0].cost > 2:
                    continue
                told = f"{'−' if k < 0 else ''}{number}{name}"
                text = f"{grad} is off by {told}: a term with {name} is missing in it, or too many"
                rules = {(q, i): plus(k * value) for i, _ in q.plan.rules}
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
            rules = {(q, i): plus(k * (value - meant)) for i, _ in q.plan.rules}
            yield Fault("value", text, 1.38, rules)

    def extra_slopes(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that a gradient on the way, or this one, is multiplied by a derivative too many."""
        right = base.grads[place]
        for q in {place: None, **{edge[0]: None for edge in base.between(place)}}:
            if type(q) is not Node or q is self.recording.root or self.late():
                continue
            x, name = self.recording.values[q], self.names.of(q)
            if q is not place and q not in self.names.called:
                continue
            for told, slope in extra_slopes(x, name):
                rules = {(q, i): multiplied(slope) for i, _ in q.plan.rules}
                try:
                    found = right * slope if q is place else base.changed(rules, [place])[place]
                except DoesNotFit:
                    continue
                k = factor(mine, found, share)
                if k is None or factor(found, right, share) is not None:
                    continue
                text = f"{self.names.gradient_of(q)} is multiplied by {told} once too often"
                for scale in self.scales(place):
                    fault = self.times("extra derivative", text, 1.35, k, share, scale)
                    if fault.cost < UNKNOWN:
                        yield replace(fault, changes=rules)
