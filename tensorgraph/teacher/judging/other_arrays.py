"""An array that is another gradient, or right in some places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.teacher.judging.closeness import difference, factor
from tensorgraph.teacher.judging.faults import Fault
from tensorgraph.teacher.judging.looking import Looking
from tensorgraph.teacher.judging.operations import MAXIMUM, RELU
from tensorgraph.teacher.judging.passes import Pass
from tensorgraph.teacher.judging.wording import elements_told, factor_told


class OtherArrays(Looking):
    """Looks at the array alone."""

    def whole_gradients(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that an array is the gradient of something else, or a value."""
        right = base.grads[place]
        for other, g in base.grads.items():
            if other is place or other not in self.names.called:
                continue
            if self.late():
                return
            if np.shape(g) == mine.shape and difference(g, right) > share:
                for scale in self.about.scales:
                    if difference(mine, scale * g) <= share:
                        name = self.names.gradient_of(other)
                        yield Fault("gradient", f"it is {name}", 1.15, scale=scale)
        for name, value in self.finder.values.items():
            for told, array in ((name, value), (f"{name}ᵀ", np.transpose(value))):
                if np.shape(array) == mine.shape and difference(mine, np.asarray(array)) <= share:
                    yield Fault("value", f"it is {told} itself", 1.15)
                    break

    def clipped(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that an array is cut off at some size."""
        right = base.grads[place]
        most = float(np.abs(mine).max(initial=0))
        if mine.size > 3 and 0 < most < np.abs(right).max():
            if difference(mine, np.clip(right, -most, most)) <= share:
                yield Fault("clipped", f"it is clipped at ±{most:.6g}", 1.0)

    def unmasked(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that an array is right where a mask is not 0, and something else where it is."""
        takers = self.recording.takers.get(place, ())
        if type(place) is Node and any(n.op in (RELU, MAXIMUM) for n, _ in takers):
            x = self.recording.values[place]
            for scale in self.scales(place):
                if difference(mine * (x > 0), scale * base.grads[place]) <= share:
                    name = self.names.of(place)
                    text = (
                        f"the mask of relu is missing in {self.names.gradient_of(place)}: it is to"
                        f" be 0 where {name} ≤ 0"
                    )
                    yield Fault("mask", text, 1.15, scale=scale)

    def in_places(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that only some elements are wrong."""
        right = base.grads[place]
        there = right != 0
        ratio = float(np.median(mine[there] / right[there])) if there.any() else 1.0
        common = self.numbers.recognised(abs(ratio), 10 * share)[:1] if np.isfinite(ratio) else []
        scales = [*self.scales(place), *([ratio] if common and abs(ratio - 1) > 1e-4 else [])]
        for scale in scales:
            expected = scale * right
            largest = max(np.abs(mine).max(initial=0), np.abs(expected).max(initial=0))
            wrong = ~(np.abs(mine - expected) <= share * largest)
            n = int(wrong.sum())
            if not (0 < n <= 0.6 * mine.size and mine.size > 2):
                continue
            if not expected[~wrong].any():
                continue
            text = f"only {elements_told(wrong)} wrong"
            if "elements" in text and n > 0.2 * mine.size and mine[wrong].any():
                continue  # scattered as they are, they tell nothing
            k = factor(mine[wrong], expected[wrong], share)
            if not mine[wrong].any():
                text += ": 0 there"
            elif k is not None and n > 1:
                told = self.by_factor(k, share, 1.0)
                text += f": {told.text}" if told.kind == "factor" else ": the sign is wrong there"
            if scale not in self.scales(place):
                text += f"; all others are {factor_told(scale, common)}"
                yield Fault("some elements", text, 2.8)
            else:
                yield Fault("some elements", text, 2.4, scale=scale)
            return
