"""Why a gradient is what it is: what explains it, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tensorgraph.teacher.judging.closeness import difference
from tensorgraph.teacher.judging.edges import Edges
from tensorgraph.teacher.judging.factors import Factors
from tensorgraph.teacher.judging.faults import UNKNOWN, Fault
from tensorgraph.teacher.judging.looking import About
from tensorgraph.teacher.judging.loops import Loops
from tensorgraph.teacher.judging.other_arrays import OtherArrays
from tensorgraph.teacher.judging.other_axes import OtherAxes
from tensorgraph.teacher.judging.parts import Parts
from tensorgraph.teacher.judging.passes import Pass
from tensorgraph.teacher.judging.terms import Terms


class Search:
    """Looks for what explains an array that is no gradient.

    Args:
        about: what is known.
    """

    def __init__(self, about: About) -> None:
        self.about = about
        self.factors, self.terms, self.parts = Factors(about), Terms(about), Parts(about)
        self.loops, self.edges = Loops(about), Edges(about)
        self.arrays, self.axes = OtherArrays(about), OtherAxes(about)

    def faults(self, mine: Any, place: Any, base: Pass, share: float) -> list[Fault]:
        """Return what explains an array as the gradient of a place, the likeliest first."""
        right = base.grads[place]
        if not np.isfinite(mine).all() or not mine.size:
            return []
        if not mine.any() and right.any():  # much else that comes to 0 would explain it
            text = "it is 0 everywhere: is a mask upside down, or an array never filled in?"
            return [Fault("zero", text, 0.1)] if mine.shape == right.shape else []
        alike = mine.shape == right.shape
        look = self._of_this_shape if alike else self._of_another_shape
        return sorted(look(mine, place, base, share), key=lambda fault: fault.cost)

    def _of_this_shape(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        plain = list(self.factors.factors(mine, place, base, share))
        yield from plain
        if any(fault.cost < 1 for fault in plain):
            return
        found = list[Fault]()
        for stage in (
            (
                self.factors.of_square, self.axes.summed_otherwise, self.axes.moved_about,
                self.terms.other_terms, self.parts.other_parts, self.loops.steps,
                self.edges.changed, self.parts.all_such_parts,
            ),
            (self.terms.terms_before, self.terms.extra_slopes),
            (
                self.parts.pairs, self.loops.shifted, self.loops.shifted_slopes,
                self.loops.only_ends,
            ),
        ):  # fmt: skip
            for looking in stage:
                if self.about.clock.is_over():
                    break
                found += looking(mine, place, base, share)
            if any(fault.cost < 2 for fault in found):
                break
        yield from found
        for last in (
            self.arrays.unmasked, self.arrays.whole_gradients, self.arrays.in_places,
            self.arrays.clipped,
        ):  # fmt: skip
            yield from last(mine, place, base, share)

    def _of_another_shape(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        right, names = base.grads[place], self.about.names
        shapes = f"it has shape {mine.shape}, {names.of(place)} has {right.shape}"
        for fault in self.arrays.whole_gradients(mine, place, base, share):
            yield replace(fault, text=f"{fault.text}; {shapes}")
        yield from self.axes.summed_otherwise(mine, place, base, share)
        yield from self.axes.other_products(mine, place, base, share)
        for kind, text, cost, turned in self.axes.turned(mine, right):
            if any(difference(turned, k * right) <= share for k in self.axes.scales(place)):
                yield Fault(kind, f"{text}; {shapes}", cost)
                continue
            for fault in self._of_this_shape(turned, place, base, share):
                if fault.cost < UNKNOWN:
                    both = f"{text}; {shapes}; and {fault.text}"
                    yield replace(fault, kind=kind, text=both, cost=cost + fault.cost + 0.5)
