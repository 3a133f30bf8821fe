"""Statistics of the values and gradients of a scene, by computing its graph again.

A graph keeps only what its gradient rules need, so each value is computed from those before it, and
the engine's own backward pass runs over nodes that hold these. What the graph did keep is taken as
it was recorded; a leaf that nothing kept counts with the value that it has now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from tensorgraph.drawing.scene.samples import sample_of
from tensorgraph.drawing.scene.scene import Box, Scene, Statistics
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.backward_pass import sweep
from tensorgraph.engine.graph import Node, interpret
from tensorgraph.engine.modes import mode
from tensorgraph.engine.observers import Backward, Observer
from tensorgraph.engine.tensor import Tensor

PARTS = 20
"""Into how many parts a histogram divides the values."""


CHANGED = (
    "Values have changed since the graph was recorded: numbers are computed from those of now."
)


def measured(
    scene: Scene, places: Sequence[Any], samples: bool = False, outputs: Sequence[Tensor] = ()
) -> Scene:
    """Return a scene with statistics of every value and gradient, and the times they took.

    Gradients are those of the sum of all outputs' elements.

    Args:
        scene: as ``capture`` returns it.
        places: the place of each box.
        samples: whether to tell, too, what each array looks like.
        outputs: the recorded results; where they are others now, a note says so.
    """
    if any(box.kind == "more" for box in scene.boxes):
        return replace(scene, note=f"{scene.note} Of a graph as large no values are computed.")
    again = Again(scene, places)
    told = statistics_and_sample if samples else statistics
    again.forward()
    again.backward()
    note = CHANGED if any(map(again.is_other, outputs)) else ""
    note = " ".join(filter(None, (scene.note, note)))
    boxes = tuple(again.box(box, told) for box in scene.boxes)
    return replace(scene, boxes=boxes, note=note)


class Again:
    """A recorded graph, computed again: all its values, and all gradients of what it comes to."""

    def __init__(self, scene: Scene, places: Sequence[Any]) -> None:
        self.scene, self.places = scene, places
        self.recorded = _leaves_as_recorded(places)
        self.values: list[Any] = []
        self.twins: dict[Node, Node] = {}
        self.gradients: dict[Any, Any] = {}
        self.seconds: dict[Node, float] = {}
        self.timer = _Timer()

    def forward(self) -> None:
        """Compute every value, and the node that knows it."""
        nodes = [place for place in self.places if type(place) is Node]
        found = interpret(nodes, lambda node, i: self._leaf(node.parents[i]), self._step)
        self.values = [
            found[place] if type(place) is Node else self._leaf(place) for place in self.places
        ]

    def _leaf(self, place: Any) -> Any:
        return self.recorded.get(place, place._data) if type(place) is Tensor else place

    def _step(self, node: Node, arrays: list[Any]) -> Any:
        start = perf_counter()
        out = _computed(node, arrays)
        self.seconds[node] = perf_counter() - start
        if node.saved and len(arrays) in node.plan.keep:
            out = np.asarray(node.saved[-1])
        parents = tuple(self._place(parent) for parent in node.parents)
        values = [*arrays, out]
        self.twins[node] = Node(node.op, node.static, parents, node.plan, values, node.call)
        return out

    def _place(self, place: Any) -> Any:
        """Return where gradients for a place gather."""
        return self.twins[place] if type(place) is Node else place

    def backward(self, weights: Callable[[Any], Any] = np.ones_like) -> None:
        """Compute every gradient of the sum of all outputs' elements, as they weigh in it."""
        sums = {self._place(self.places[k]): weights(self.values[k]) for k in self.scene.outputs}
        with mode(observer=self.timer):
            found, _ = sweep(sums, False, False, targets=frozenset(self.twins.values()))
        self.gradients = found

    def is_other(self, output: Tensor) -> bool:
        """Return whether a result is not what was recorded, but for rounding."""
        place, known = place_of(output), output._data
        value = next(v for p, v in zip(self.places, self.values, strict=True) if p is place)
        return not np.allclose(value, known, rtol=1e-5, atol=1e-6 * _size(known), equal_nan=True)

    def gradient(self, box: Box) -> Any:
        """Return the gradient of a box; ``None`` where none flows."""
        place = self._place(self.places[box.id])
        return self.gradients.get(place) if box.differentiable else None

    def box(self, box: Box, told: Callable[[Any], Statistics]) -> Box:
        """Return a box with what was found for it."""
        node, gradient = self.places[box.id], self.gradient(box)
        found: dict[str, Any] = {
            "value": told(self.values[box.id]),
            "gradient": None if gradient is None else told(gradient),
        }
        if type(node) is Node and box.forward_seconds is None:  # unless tg.profile() found it
            found["forward_seconds"] = self.seconds[node]
            found["backward_seconds"] = self.timer.seconds.get(self.twins[node])
        return replace(box, **found)


def _size(array: Any) -> float:
    """Return the largest of the finite elements."""
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max(initial=0.0))


def _leaves_as_recorded(places: Sequence[Any]) -> dict[Tensor, Any]:
    """Return what nodes kept of leaves, which may have been given another value since."""
    nodes = [place for place in places if type(place) is Node and place.saved]
    return {
        node.parents[i]: node.saved[i]
        for node in nodes
        for i in node.plan.keep
        if i < len(node.parents) and type(node.parents[i]) is Tensor
    }


def _computed(node: Node, arrays: Sequence[Any]) -> Any:
    """Return what a node's kernel makes of arrays."""
    return np.asarray(node.op.compute(arrays, node.static))


class _Timer(Observer):
    """Adds up the time of a node's gradient rules."""

    def __init__(self) -> None:
        self.seconds: dict[Any, float] = {}

    def backward(self, event: Backward) -> None:
        self.seconds[event.node] = self.seconds.get(event.node, 0.0) + event.seconds


def statistics(array: Any) -> Statistics:
    """Return what is told of an array's elements.

    Example:
        >>> found = statistics(np.array([1.0, 3.0, np.inf]))
        >>> found.count, found.mean, found.infs
        (3, 2.0, 1)
    """
    array = np.asarray(array)
    if array.dtype.kind == "c":
        array = np.abs(array)
    numbers = array.astype(np.float64, copy=False).ravel()
    finite = numbers[np.isfinite(numbers)]
    nans = int(np.count_nonzero(np.isnan(numbers)))
    counts: dict[str, Any] = {
        "count": numbers.size,
        "zeros": finite.size - int(np.count_nonzero(finite)),
        "nans": nans,
        "infs": numbers.size - finite.size - nans,
    }
    if finite.size == 0:
        return Statistics(**counts)
    low, high = float(finite.min()), float(finite.max())
    scale = max(abs(low), abs(high)) or 1.0  # so that no square overflows
    scaled = finite / scale
    mean = float(scaled.mean())
    apart = scaled - mean
    histogram = _histogram(scaled, low / scale, high / scale) if low < high else ()
    return Statistics(
        **counts,
        min=low,
        max=high,
        mean=mean * scale,
        std=float(np.sqrt(apart @ apart / apart.size)) * scale,
        norm=float(min(np.sqrt(scaled @ scaled) * scale, np.finfo(np.float64).max)),
        histogram=histogram,
        range=(low, high) if histogram else None,
    )


def statistics_and_sample(array: Any) -> Statistics:
    """Return what is told of an array's elements, and what they look like."""
    return replace(statistics(array), sample=sample_of(array))


def _histogram(scaled: Any, low: float, high: float) -> tuple[int, ...]:
    parts = ((scaled - low) * (PARTS / (high - low))).astype(np.intp)
    # Not np.histogram, which takes ten times as long for small arrays.
    counts = np.bincount(np.minimum(parts, PARTS - 1), minlength=PARTS)
    return tuple(counts.tolist())
