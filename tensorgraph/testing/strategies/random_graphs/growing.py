"""Random graphs, grown step by step."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.testing.strategies.random_graphs.choices import Shape
from tensorgraph.testing.strategies.random_graphs.graph import RandomGraph, Step
from tensorgraph.testing.strategies.random_graphs.kinds import APART, KINDS, Kind, options

TAME = 3
"""Larger values than this are squashed, so that no later step overflows."""


class Growing:
    """Grows a graph step by step, knowing every value, so that each stays in its domain."""

    def __init__(self, leaves: Sequence[Any], constants: Sequence[Any] = ()) -> None:
        self.leaves = tuple(map(np.asarray, leaves))
        self.constants = tuple(map(np.asarray, constants))
        self.values: list[Array] = [*self.leaves, *self.constants]
        self.steps: list[Step] = []
        self.dead: set[int] = set()

    def shape(self, i: int) -> Shape:
        """Return the shape of a value."""
        return self.values[i].shape

    def candidates(self, kind: Kind, allowed: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the operands that fit a kind by their shapes; empty ones (slices) do not."""
        by_shape: dict[Shape, list[int]] = {}
        for i in allowed:
            if 0 not in self.shape(i):
                by_shape.setdefault(self.shape(i), []).append(i)
        return [
            args
            for shapes in itertools.product(by_shape, repeat=kind.arity)
            if options(kind, shapes)
            for args in itertools.product(*(by_shape[s] for s in shapes))
        ]

    def put(self, kind: Kind, args: Sequence[int], static: dict[str, Any] | None = None) -> int:
        """Append a step as it is; return the position of its value."""
        static = {} if static is None else static
        with np.errstate(all="ignore"):
            value = kind.run(*(self.values[i] for i in args), **static)
        self.values.append(np.asarray(value))
        self.steps.append(Step(kind, tuple(args), static))
        return len(self.values) - 1

    def put_safely(self, kind: Kind, args: Sequence[int], static: dict[str, Any]) -> int:
        """Append a step with its operands squashed into the domain, and its result made tame.

        Where it would come too close to a kink, a smooth step takes its place.
        """
        args = [self._within(i, kind.interval(k)) for k, i in enumerate(args)]
        if kind.distance([self.values[i] for i in args], static) < APART:
            return self.put(KINDS["sin"], args[:1])
        position = self.put(kind, args, static)
        if np.abs(self.values[position]).max(initial=0) > TAME:
            position = self.put(KINDS["tanh"], [position])
        return position

    def _within(self, i: int, interval: tuple[float, float] | None) -> int:
        if interval is None:
            return i
        low, high = interval
        if np.all((low <= self.values[i]) & (self.values[i] <= high)):
            return i
        return self.put(KINDS["into"], [i], {"low": low, "high": high})

    def finish(self, rng: np.random.Generator, also: Sequence[int] = ()) -> RandomGraph:
        """Weigh every value that nothing live uses, and those given."""
        offset = len(self.leaves) + len(self.constants)
        used = {i for k, s in enumerate(self.steps, offset) if k not in self.dead for i in s.args}
        sinks = [i for i in range(len(self.values)) if i in also or i not in used | self.dead]
        weights = {i: rounded(rng.uniform(0.5, 1.5, self.shape(i))) for i in sinks}
        return RandomGraph(
            self.leaves, self.constants, tuple(self.steps), weights, frozenset(self.dead)
        )


def rounded(values: Array | float) -> Array:
    """Return numbers with two decimals, which are short to print and as random."""
    return np.asarray(np.round(values, 2))
