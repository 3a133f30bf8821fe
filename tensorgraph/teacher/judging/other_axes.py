"""A sum over other axes, a transpose, another shape."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from typing import Any

import numpy as np

from tensorgraph.teacher.judging.closeness import difference, factor
from tensorgraph.teacher.judging.faults import Fault
from tensorgraph.teacher.judging.looking import Looking
from tensorgraph.teacher.judging.passes import At, DoesNotFit, Pass, fitted


class OtherAxes(Looking):
    """Looks at axes and shapes."""

    def turned(self, mine: Any, right: Any) -> Iterator[tuple[str, str, float, Any]]:
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

    def moved_about(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that an array is transposed, or the wrong way round along axes."""
        right = base.grads[place]
        axes = range(mine.ndim)
        others: list[tuple[str, str, Any]] = []
        for n in range(1, mine.ndim + 1):
            for some in combinations([a for a in axes if mine.shape[a] > 1], n):
                told = " and ".join(map(str, some))
                text = f"it is the wrong way round along axis {told} (flipped, or not flipped)"
                others.append(("flip", text, np.flip(right, some)))
        for order in permutations(axes):
            if order != tuple(axes) and tuple(mine.shape[a] for a in order) == mine.shape:
                text = "it is transposed" if mine.ndim == 2 else f"its axes stand as {order}"
                others.append(("transpose", text, np.transpose(right, order)))
        for kind, text, other in others if mine.ndim <= 4 else ():
            k = factor(mine, other, share)
            if k is not None and difference(other, right) > share:
                for scale in self.scales(place):
                    yield self.times(kind, text, 1.2, k, share, scale)

    def summed_otherwise(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that what comes to a place was summed over other axes than it is to be."""
        right = base.grads[place]
        if len(self.recording.takers[place]) > 1:
            return
        for edge in self.recording.takers[place]:
            raw = base.raw(edge)
            if raw.ndim == 0 or raw.ndim > 4:
                continue
            axes = range(raw.ndim)
            if self.late():
                return
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
                        nothing = 1e-11 * np.abs(raw).max(initial=0)
                        if mine.shape != right.shape and np.abs(mine).max() <= nothing * raw.size:
                            # Of softmax's gradients, say, the sums over the classes are all 0.
                            both = np.abs(found).max() <= nothing * raw.size
                            k = 1.0 if how is np.sum and both else None
                        if k is None or factor(mine, right, share) is not None:
                            continue
                        if (
                            mine.size == right.size
                            and right.size > 1
                            and (factor(mine.reshape(right.shape), right, share) is not None)
                        ):
                            continue
                        if (how is np.max or found.size < 3) and not self.is_known(k, share):
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
                        yield self.times("axis", text, cost, k, share)

    def _axes_meant(self, raw: Any, right: Any) -> str:
        lead = raw.ndim - right.ndim
        axes = [*range(max(lead, 0))]
        if lead >= 0:
            axes += [a for a, n in enumerate(right.shape, lead) if n == 1 != raw.shape[a]]
        return " and ".join(map(str, axes))

    def other_products(self, mine: Any, place: Any, base: Pass, share: float) -> Iterator[Fault]:
        """Yield that other things were multiplied, which have another shape."""
        for edge in self.recording.takers[place]:
            for change in self.finder.at(edge, base):
                if self.late():
                    return
                try:
                    with np.errstate(all="ignore"):
                        raw = np.asarray(change.rule(At(edge, base.grads[edge[0]], base, {})))
                except (ValueError, IndexError, TypeError, DoesNotFit):
                    continue
                if change.kind == "gradient" and raw.shape != mine.shape:
                    try:
                        raw = fitted(raw, mine.shape)
                    except DoesNotFit:
                        continue
                if raw.shape == mine.shape and mine.shape != np.shape(base.grads[place]):
                    k = factor(mine, raw, share)
                    if k is not None and (mine.size > 1 or self.is_known(k, share)):
                        yield self.times(change.kind, change.text, change.cost, k, share)


def _same_order(mine: Any, found: Any) -> bool:
    """Return whether two arrays have the same axes, but for those of length 1."""
    return [n for n in mine.shape if n != 1] == [n for n in found.shape if n != 1]
