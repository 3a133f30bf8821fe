"""What all that look for causes have in common."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.teacher.judging.change import Change
from tensorgraph.teacher.judging.changes import Finder
from tensorgraph.teacher.judging.closeness import difference, factor
from tensorgraph.teacher.judging.faults import UNKNOWN, Fault
from tensorgraph.teacher.judging.known_numbers import KnownNumbers
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.operations import ADD, SUBTRACT
from tensorgraph.teacher.judging.other_rules import product
from tensorgraph.teacher.judging.passes import Changed, DoesNotFit, Pass
from tensorgraph.teacher.judging.recording import Edge, Recording
from tensorgraph.teacher.judging.wording import factor_told


class Clock:
    """Says when time is over, by the thread's own clock; each gradient has a share of what is left.

    Args:
        seconds: the time for all gradients; ``None`` for as long as it takes.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = float("inf") if seconds is None else time.thread_time() + seconds
        self._deadline = self._end
        self.ran_out = False
        """Whether the time of the gradient under way was over before all was looked at."""

    def share(self, others: int) -> None:
        """Give a gradient half of the time that is left, or all of it to the last.

        Args:
            others: how many gradients come after it.
        """
        now = time.thread_time()
        self.ran_out = False
        self._deadline = now + (self._end - now) / (2 if others else 1)

    def is_over(self) -> bool:
        """Return whether the time of a gradient is over, and take note if it is."""
        over = time.thread_time() > self._deadline
        self.ran_out = self.ran_out or over
        return over


TOO_COARSE = 0.1
"""What is left of an array but for such a share of it is told by nothing."""


@dataclass(frozen=True, eq=False)
class About:
    """What is known where causes are looked for."""

    recording: Recording
    names: Names
    numbers: KnownNumbers
    """What factors may be."""
    finder: Finder
    """What may be wrong at an edge."""
    scales: Sequence[float]
    """The multiples in which gradients on the way may be written."""
    true: Pass
    """The backward pass as it is."""
    clock: Clock
    """When to give up."""


class Looking:
    """Looks for what explains an array that is no gradient.

    Args:
        about: what is known.
    """

    def __init__(self, about: About) -> None:
        self.about = about
        self.recording, self.names, self.numbers = about.recording, about.names, about.numbers
        self.finder, self.true = about.finder, about.true

    def scales(self, place: Any) -> Sequence[float]:
        """Return the multiples in which the gradient of a place may be written."""
        return self.about.scales[:1] if self.recording.is_parameter(place) else self.about.scales

    def late(self) -> bool:
        """Return whether time is over."""
        return self.about.clock.is_over()

    def by_factor(self, k: float, share: float, scale: float) -> Fault:
        """Return that an array is a multiple of what it is to be."""
        known = self.numbers.recognised(abs(k), 10 * share)
        cost = 0.3 + 0.1 * known[0].cost if known else UNKNOWN
        if abs(k + 1) < 10 * share:
            return Fault("sign", "the sign is wrong", 0.2, scale=scale, factor=k)
        return Fault("factor", factor_told(k, known), cost, scale=scale, factor=k)

    def times(
        self, kind: str, text: str, cost: float, k: float, share: float, scale: float = 1.0
    ) -> Fault:
        """Return a fault that explains all but a factor."""
        if abs(k / scale - 1) < 10 * share:
            return Fault(kind, text, cost, scale=scale)
        other = self.by_factor(k / scale, share, scale)
        return Fault(kind, f"{text}; and {other.text}", cost + 0.6 + other.cost, scale=scale)

    def is_known(self, k: float, share: float) -> bool:
        """Return whether a factor is 1, or a number that is met here."""
        if abs(abs(k) - 1) < 10 * share:
            return True
        known = self.numbers.recognised(abs(k), 10 * share)
        return bool(known) and known[0].cost < 1.8

    def tried(
        self,
        mine: Any,
        place: Any,
        base: Pass,
        share: float,
        rules: Mapping[Edge, Changed],
        change: Change,
    ) -> Iterator[Fault]:
        """Yield that some rules in place of others explain an array, perhaps but for a factor."""
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
        for scale in self.scales(place):
            if change.as_written and abs(k - 1) < 10 * share:
                scaled = {edge: product(rule, 1 / scale) for edge, rule in rules.items()}
                yield Fault(change.kind, change.text, change.cost, scaled, scale)
                continue
            fault = self.times(change.kind, change.text, change.cost, k, share, scale)
            if fault.cost < UNKNOWN + 1 and not (mine.size < 2 and fault.cost > 2):
                yield replace(fault, changes=rules)
                if fault.text != change.text:
                    rules = {edge: product(rule, k / scale) for edge, rule in rules.items()}
                    yield replace(fault, changes=rules, cost=fault.cost + 0.01)

    def alike(self, value: Any) -> Iterator[tuple[str, Any]]:
        """Yield the values of the graph that have the shape of one."""
        for place, other in self.recording.values.items():
            if np.shape(other) == np.shape(value):
                yield self.names.of(place), other

    def is_penalty(self, node: Node) -> bool:
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
            if above.op in (ADD, SUBTRACT) and not self.recording.of_parameters(above):
                return place.shape == () or int(np.prod(place.shape)) == 1
            place = above

    def penalties(self, base: Pass) -> list[float]:
        """Return what parameters are multiplied by in the gradients of their penalties."""
        found = []
        for place, edges in self.recording.takers.items():
            if type(place) is Tensor:
                parts = [base.parts[edge] for edge in edges if self.is_penalty(edge[0])]
                k = factor(sum(parts), self.recording.values[place], 1e-9) if parts else None
                found += [k] if k is not None else []
        return found

    def penalty_told(self, parameter: Tensor) -> str:
        """Return the part of a parameter's gradient that its penalty makes: ``λ / m W1``."""
        edges = [e for e in self.recording.takers[parameter] if self.is_penalty(e[0])]
        name, value = self.names.of(parameter), self.recording.values[parameter]
        part = sum(self.true.parts[edge] for edge in edges)
        k = factor(part, value, 1e-9)
        if k is None or k <= 0:
            return f"of {name}"
        known = self.numbers.recognised(k, 1e-9)
        return f"{known[0].text if known else f'{k:.6g}'} {name}"
