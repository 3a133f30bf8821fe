"""What matching boxes of two graphs compute: where it differs, and where it does so first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.differences.array_difference import (
    ArrayDifference,
    Tolerance,
    difference,
    largest,
    plain,
)
from tensorgraph.differences.graph_pairs import Pairs
from tensorgraph.differences.graph_side import Side
from tensorgraph.drawing.scene.scene import Box, Scene
from tensorgraph.drawing.scene.statistics import Again


@dataclass(frozen=True)
class ValueDifference:
    """Two matching boxes whose values, or gradients, are not alike."""

    a: int
    b: int
    found: ArrayDifference
    side: str = "value"
    """``value`` or ``gradient``."""
    starts: bool = False
    """Whether all it is computed from is alike: it differs here by itself."""


@dataclass
class Compared:
    """All that was found of the values of two graphs."""

    leaves: list[ValueDifference] = field(default_factory=list)
    """Leaves that hold other numbers."""
    results: list[ValueDifference] = field(default_factory=list)
    """Operations whose results differ, in order."""
    outputs: list[ValueDifference] = field(default_factory=list)
    """What the graphs come to, in pairs, whether it matches or not."""
    gradients: list[ValueDifference] = field(default_factory=list)
    """Gradients that differ, in the order of the backward pass, where both graphs have one."""
    missing: list[tuple[int, int]] = field(default_factory=list)
    """Boxes to which a gradient flows in one of the graphs only."""
    alone: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    """Leaves with a gradient that only the first, or the second, of the graphs has."""
    counts: tuple[int, int] = (0, 0)
    """How many results there are."""
    last: tuple[int, int] | None = None
    """The last two operations that agree before the first ones that do not."""

    @property
    def first(self) -> ValueDifference | None:
        """The first results that differ: those that come of what agrees, if there are any."""
        starting = (each for each in self.results if each.starts)
        return next(starting, self.results[0] if self.results else None)


def again(scene: Scene, places: Sequence[Any] | None) -> Again | None:
    """Return a graph computed again, forward and backward; ``None`` if nothing can compute it."""
    if places is None or any(box.kind == "more" for box in scene.boxes):
        return None
    found = Again(scene, places)
    found.forward()
    if scene.backward:
        found.backward(_weights)
    return found


def _weights(result: Any) -> Any:
    """Return how much each element of a result counts: its gradient alone for a single one.

    All alike would not do, as the elements of a softmax have a sum that nothing changes.
    """
    places = np.arange(result.size).reshape(result.shape)
    return (1 + 0.5 * np.sin(2.0 * places)).astype(result.dtype)


def compared(
    a: Side, b: Side, pairs: Pairs, runs: Sequence[Again], tolerance: Tolerance
) -> Compared:
    """Return where values and gradients of two graphs differ."""
    left, right = ([plain(value) for value in run.values] for run in runs)
    sizes = [largest(value) for value in right]
    found, differ = Compared(), set[int]()
    last: tuple[int, int] | None = None
    for k, box in enumerate(b.boxes):
        one = pairs.of_b.get(k)
        if one is None:
            continue
        if box.is_leaf and box.shape != a.boxes[one].shape:  # which is told as a change
            differ.add(k)
            continue
        scale = max([sizes[k], *(sizes[wire.source] for wire in box.wires)])
        told = difference(left[one], right[k], tolerance, box.is_leaf, scale)
        if told is None:
            if not box.is_leaf and not found.results:
                last = one, k
            continue
        differ.add(k)
        into = found.leaves if box.is_leaf else found.results
        if box.is_leaf and box.kind == "constant" and box.exact:
            continue  # a constant of the code, which is a change of the graph
        starts = not box.is_leaf and _same_operands(a, b, pairs, a.boxes[one], box, differ)
        into.append(ValueDifference(one, k, told, starts=starts))
    found.last = last if found.results else None
    found.counts = len(a.scene.outputs), len(b.scene.outputs)
    for one, k in zip(a.scene.outputs, b.scene.outputs, strict=False):
        told = difference(left[one], right[k], tolerance)
        if told is not None:
            found.outputs.append(ValueDifference(one, k, told))
    if a.scene.backward and b.scene.backward:
        _compare_gradients(a, b, pairs, runs, tolerance, found)
    known = pairs.of_a, pairs.of_b
    found.alone = tuple(  # type: ignore[assignment]
        [box.id for box in side.boxes if box.is_leaf and box.differentiable and box.id not in there]
        for side, there in zip((a, b), known, strict=True)
    )
    return found


def _same_operands(a: Side, b: Side, pairs: Pairs, one: Box, other: Box, differ: set[int]) -> bool:
    """Return whether two operations take the same values."""
    if len(one.wires) != len(other.wires):
        return False
    taken = [wire.source for wire in other.wires]
    return [pairs.of_a.get(wire.source) for wire in one.wires] == taken and differ.isdisjoint(taken)


def _compare_gradients(
    a: Side,
    b: Side,
    pairs: Pairs,
    runs: Sequence[Again],
    tolerance: Tolerance,
    found: Compared,
) -> None:
    gradient: list[Callable[[Box], Any]] = [run.gradient for run in runs]
    differ = {each.b for each in (*found.leaves, *found.results)}
    other_gradients, sizes = set[int](), dict[int, float]()
    floor = _rounding(runs)
    for k in reversed(range(len(b.boxes))):
        one = pairs.of_b.get(k)
        if one is None:
            continue
        left, right = gradient[0](a.boxes[one]), gradient[1](b.boxes[k])
        if left is None and right is None:
            continue
        if left is None or right is None:
            found.missing.append((one, k))
            continue
        users = [user for user, _ in b.users[k]]
        if not b.boxes[k].is_leaf and {pairs.of_a.get(u) for u, _ in a.users[one]} != set(users):
            continue  # what used it is another, and so is its part of the gradient
        sizes[k] = largest(right)
        scale = max([floor, sizes[k], *(sizes.get(user, 0.0) for user in users)])
        told = difference(left, right, tolerance, scale=scale)
        if told is None or told.what == "shape":
            continue
        other_gradients.add(k)
        starts = (
            all(u in pairs.of_b and u not in differ and u not in other_gradients for u in users)
            and k not in differ
        )
        found.gradients.append(ValueDifference(one, k, told, "gradient", starts))


def _rounding(runs: Sequence[Again]) -> float:
    """Return a scale below which gradients are what larger ones have cancelled to.

    By it they may differ as much as some roundings of the largest gradient do.
    """
    arrays = [plain(each) for run in runs for each in run.gradients.values()]
    arrays = [each for each in arrays if each.dtype.kind in "fc"]
    eps = max((float(np.finfo(each.dtype).eps) for each in arrays), default=0.0)
    most = max(map(largest, arrays), default=0.0)
    return float(16 * eps ** (1 / 3) * most)
