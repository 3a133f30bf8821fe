"""What rounding may do to each element of a gradient.

One bound for a whole array would let pass whatever is small in it: the row of a feature in small
units may have the wrong sign. So the terms that an element is the sum of are added up by their
sizes, in a backward pass of absolute values; rounding is a share of that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.teacher.judging.operations import CONV, CONV_TRANSPOSE, EINSUM, MATMUL
from tensorgraph.teacher.judging.passes import At, Pass
from tensorgraph.teacher.judging.recording import Edge, Recording

EPS = {8: 2.0**-52, 4: 2.0**-23, 2: 2.0**-10}
"""The rounding of one number, by its bytes."""

MANY = 100
"""So many times that of one is what the roundings of a computation may come to."""

_PRODUCTS = (MATMUL, CONV, CONV_TRANSPOSE, EINSUM)
_SUMS = ("sum", "mean")


class Sizes(Pass):
    """The sizes of the terms of each gradient of a pass, instead of the gradients.

    Args:
        of: the backward pass.
    """

    def __init__(self, of: Pass) -> None:
        self._of = of
        given = {place: np.abs(g) for place, g in of.given.items()}
        super().__init__(of.recording, of.changes, given)

    def raw(self, edge: Edge) -> Any:
        """Return the sizes of what comes along an edge."""
        node, _ = edge
        size = self.grads[node]
        at = At(edge, size, self, {})
        if edge in self.changes:
            return _evenly(self._of.raw(edge))
        if node.op in _PRODUCTS:
            return np.abs(at.usual(saved=[_size(kept) for kept in node.saved]))
        found = np.abs(np.asarray(at.usual()))
        if node.op.family == "elementwise":
            # What is saved of a function is rounded by a share of 1, and so is its slope.
            return np.maximum(found, size) if _is_curved(node, found, size) else found
        if node.op.family in ("shape", "index") or node.op.name in _SUMS:
            return found
        return np.maximum(found, _evenly(self._of.raw(edge)))


def _size(kept: Any) -> Any:
    return np.abs(kept) if isinstance(kept, np.ndarray) and kept.dtype.kind == "f" else kept


def _is_curved(node: Node, found: Any, size: Any) -> bool:
    return len(node.parents) == 1 and np.shape(found) == np.shape(size)


def _evenly(raw: Any) -> Any:
    """Return the largest of an array for each of its elements."""
    return np.full(np.shape(raw), np.abs(raw).max(initial=0.0))


class Rounding:
    """Tells elements that are wrong from those that are rounded.

    Args:
        recording: the graph.
        again: the graph recorded with each number of the input off by a share, by a seed.
        size: the bytes of a number in the graph that was given.
    """

    def __init__(
        self, recording: Recording, again: Callable[[int, float], Recording], size: int
    ) -> None:
        self.recording, self._again, self._size = recording, again, size
        self._sizes: dict[Pass, Sizes] = {}
        self._moved: dict[Any, Any] = {}

    def noise(self, base: Pass, place: Any, scale: float, size: int) -> Any:
        """Return what the sums that make each element of a gradient may be rounded by.

        Args:
            base: the backward pass.
            place: what the gradient is of.
            scale: how many times it is meant.
            size: the bytes of a number, as it was handed in.
        """
        if base not in self._sizes:
            self._sizes = {base: Sizes(base)}
        sizes = self._sizes[base].grads[place]
        return MANY * scale * EPS[min(max(size, 2), self._size, 8)] * sizes

    def wrong(
        self, mine: Any, base: Pass, place: Any, scale: float, size: int, share: float
    ) -> Any:
        """Return which elements are off by more than rounding may do, and by a share of them."""
        right = scale * base.grads[place]
        off = np.abs(mine - right)
        wrong = (off > share * np.abs(right)) & (off > self.noise(base, place, scale, size))
        if not wrong.any():
            return wrong
        eps = EPS[min(max(size, 2), self._size, 8)]
        return wrong & (off > MANY * scale * self._moves(place, eps))

    def _moves(self, place: Any, eps: float) -> Any:
        """Return how far each element moves where the numbers of the input do by their rounding."""
        if not self._moved:
            true = Pass(self.recording)
            old = {new: given for given, new in self.recording.place.items()}
            old |= self.recording.inputs
            far: dict[Any, Any] = {}
            for seed in range(3):
                again = self._again(seed, eps)
                there = {**again.place, **{n: p for p, n in again.inputs.items()}}
                grads = Pass(again).grads
                for new, given in old.items():
                    if new in true.grads and there.get(given) in grads:
                        moved = np.abs(grads[there[given]] - true.grads[new])
                        far[new] = np.maximum(moved, far.get(new, 0.0))
            self._moved = far
        return self._moved.get(place, 0.0)
