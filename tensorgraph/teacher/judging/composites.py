"""Functions of one value that are made of several operations, element by element.

Leaky ReLU by ``where``, swish, ELU: whatever leads from one value with a name to the next. The
derivative of all of it is known by its rules, at the value or at another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node, interpret
from tensorgraph.teacher.judging.activations import OF_RESULT, SLOPES, Form
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.operations import DIVIDE, MULTIPLY
from tensorgraph.teacher.judging.passes import DoesNotFit, fitted
from tensorgraph.teacher.judging.recording import Edge, Recording

FARTHEST = 12
"""Such a function is made of no more operations."""


@dataclass(frozen=True, eq=False)
class Composite:
    """A value that is computed from another, element by element, by several operations."""

    recording: Recording
    x: Any
    """The place of what it takes."""
    out: Node
    nodes: tuple[Node, ...]
    """What it is made of, oldest first."""

    @property
    def edges(self) -> tuple[Edge, ...]:
        """By which the gradient comes to what it takes."""
        inside = frozenset(self.nodes)
        return tuple(e for e in self.recording.takers[self.x] if e[0] in inside)

    def slope(self, x: Any = None) -> Any:
        """Return the derivative, at the value itself or at another one."""
        x = self.recording.values[self.x] if x is None else x
        values: dict[Any, Any] = {}

        def operand(node: Node, i: int) -> Any:
            parent = node.parents[i]
            return x if parent is self.x else self.recording.of(parent)

        def step(node: Node, operands: list[Any]) -> Any:
            values[node] = (*operands, np.asarray(node.op.compute(operands, node.static)))
            return values[node][-1]

        sums: dict[Any, Any] = {self.out: np.ones(self.out.shape)}
        with np.errstate(all="ignore"):
            interpret(self.nodes, operand, step)
            for node in reversed(self.nodes):
                for i, rule in node.plan.rules:
                    parent = node.parents[i]
                    part = fitted(np.asarray(rule(sums[node], values[node], node, i)), parent.shape)
                    sums[parent] = sums.get(parent, 0.0) + part
        return sums[self.x]


def composites(recording: Recording, names: Names) -> Iterator[Composite]:
    """Yield the functions that lead from one named value to another, by several operations."""
    for out in recording.nodes:
        if out in names.called and np.ndim(recording.values[out]):
            found = _made_of(recording, names, out)
            if found is not None and len(found.nodes) > 1:
                yield found


def _made_of(recording: Recording, names: Names, out: Node) -> Composite | None:
    """Return what a value is computed from element by element, if that is one value."""
    inside, begins = {out}, set[Any]()
    waiting = [out]
    for node in waiting:
        if node.op.family != "elementwise" or len(inside) > FARTHEST:
            return None
        if node.op in (MULTIPLY, DIVIDE) and any(map(_is_array, node.parents)):
            return None  # a mask, as of dropout: that is another line
        for i, _ in node.plan.rules:
            parent = node.parents[i]
            if type(parent) is not Node or parent in names.called:
                begins.add(parent)
            elif parent not in inside:
                inside.add(parent)
                waiting.append(parent)
    if len(begins) != 1:
        return None
    (x,) = begins
    if np.shape(recording.values[x]) != out.shape or any(n.shape != out.shape for n in inside):
        return None
    return Composite(recording, x, out, tuple(sorted(inside, key=lambda node: node.seq)))


def _is_array(parent: Any) -> bool:
    """Return whether an operand is a constant with axes."""
    return type(parent) is not Node and np.ndim(parent) > 0


def forms(found: Composite, of: str, at: str, grad: str) -> Iterator[Form]:
    """Yield what may stand for the derivative of such a function.

    Args:
        found: the function.
        of: what is called what it takes.
        at: what its result is called.
        grad: what the gradient is called.
    """
    slope, x = found.slope(), found.recording.values[found.x]
    out = found.recording.values[found.out]
    f = f"the derivative of {at} by {of}"
    told = f"{f} is missing in {grad}: what comes to {at} is passed on as it is"
    yield "derivative", "skip", told, lambda g: g, 1.08
    told = f"{f} is applied twice in {grad}"
    yield "extra derivative", "twice", told, lambda g: g * slope * slope, 1.36
    yield "wrong derivative", "inverse", f"{grad} is divided by {f}", lambda g: g / slope, 1.5
    for low, high in _steps(slope):
        is_high = slope == high
        told = f"the slopes {low:.6g} and {high:.6g} of {at} by {of} are swapped in {grad}"
        yield "wrong mask", "swapped", told, _times(np.where(is_high, low, high)), 1.1
        told = f"the slope of {at} by {of} where it is {low:.6g} is wrong in {grad}"
        for there in (0.0, 1.0, -low, low**2):
            form = _times(np.where(is_high, high, there))
            yield (
                "wrong derivative",
                f"low {there}",
                f"{told}: you have {there:.6g} there",
                form,
                1.12,
            )
    try:
        again = found.slope(out)
    except (DoesNotFit, ValueError, TypeError):
        again = slope
    yield "value", "again", f"{f} is taken at {at}, where {of} is meant", _times(again), 1.4
    for other, value in ((at, out), (of, x)):
        told = f"{other} stands in {grad} where {f} is meant"
        yield "wrong derivative", f"value {value is out}", told, _times(value), 1.4
    with np.errstate(all="ignore"):
        for name, of_x in SLOPES.items():
            told = f"the derivative of {name} stands in {grad}, where that of {at} by {of} is meant"
            yield "wrong derivative", f"{name} of x", told, _times(of_x(x)), 1.3
            yield "wrong derivative", name, told, _times(OF_RESULT[name](out)), 1.35


def _steps(slope: Any) -> Iterator[tuple[float, float]]:
    """Yield the two values of a derivative, if it has no more."""
    values = np.unique(slope)
    if len(values) == 2 and values[0] != 0:
        yield float(values[0]), float(values[1])


def _times(slope: Any) -> Callable[[Any], Any]:
    return lambda g: g * slope
