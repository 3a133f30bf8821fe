"""A random graph as data: its leaves, its steps, and the number that they come to.

A step names a kind of operation, the earlier values it takes, and static parameters. Every value
that nothing uses is weighted at random and summed into one number, so that no step is dead unless
it is meant to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from inspect import signature
from operator import add
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import ArgumentError
from tensorgraph.formulas.writing.numpy_code import identifiers, python
from tensorgraph.symbolic.expr import lift, symbol
from tensorgraph.testing.strategies.literals import Printed, literal
from tensorgraph.testing.strategies.random_graphs.kinds import LIFTED, Kind

Tap = Callable[[int, Any], Any]


@dataclass(frozen=True)
class Step:
    """One instruction: a kind, the positions of its operands among the values, parameters."""

    kind: Kind
    args: tuple[int, ...]
    static: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class RandomGraph(Printed):
    """A function of its leaves that returns one number; printed, it is the code that computes it.

    Values 0 … are the leaves, then the constants, then one for each step. Called with tensors, it
    records a graph; with arrays, complex ones too, it computes, and records nothing.
    """

    leaves: tuple[Array, ...]
    constants: tuple[Array, ...]
    steps: tuple[Step, ...]
    weights: Mapping[int, Array]
    """By position: what each value that nothing live uses is weighted with in the total."""
    dead: frozenset[int] = frozenset()
    """Positions of values that are computed and never used."""

    def __call__(self, *leaves: Any) -> Any:
        """Return the total, computed from leaves: its own, as tensors, unless others are given."""
        return self.total(self.values(leaves or self.tensors()))

    def __repr__(self) -> str:
        lines = [
            f"v{i} = tg.tensor({literal(x)}, requires_grad=True)" for i, x in enumerate(self.leaves)
        ]
        lines += [f"v{i} = {literal(x)}" for i, x in enumerate(self.constants, len(lines))]
        for i, step in enumerate(self.steps, len(lines)):
            code = step.kind.written([f"v{k}" for k in step.args], step.static)
            lines.append(f"v{i} = {code}{'  # not used' * (i in self.dead)}")
        terms = [f"(v{i} * {literal(w)}).sum()" for i, w in self.weights.items()]
        lines = [LIFTED] * any("lifted(" in line for line in lines) + lines
        return "\n".join([*lines, f"total = {' + '.join(terms)}"])

    @property
    def offset(self) -> int:
        """How many values there are before the first step's."""
        return len(self.leaves) + len(self.constants)

    def tensors(self, dtype: Any = None) -> list[Tensor]:
        """Return its leaves as tensors that need a gradient."""
        return [wrap(np.array(x, dtype), None, True) for x in self.leaves]

    def values(self, leaves: Sequence[Any], tap: Tap | None = None) -> list[Any]:
        """Return all values, computed from these leaves.

        ``tap(position, value)``, where given, sees each step's value and may return another.
        """
        if len(leaves) != len(self.leaves):
            raise ArgumentError(
                f"the graph has {len(self.leaves)} leaves, {len(leaves)} were given; write"
                " graph(*graph.leaves)"
            )
        constants = [c.astype(leaves[0].dtype) for c in self.constants]
        return self.resumed([*leaves, *constants], tap)

    def resumed(self, values: Sequence[Any], tap: Tap | None = None) -> list[Any]:
        """Return all values, given the first of them: the leaves, the constants, some steps'."""
        values = list(values)
        for step in self.steps[len(values) - self.offset :]:
            value = step.kind.run(*(values[i] for i in step.args), **step.static)
            values.append(value if tap is None else tap(len(values), value))
        return values

    def total(self, values: Sequence[Any]) -> Any:
        """Return the weighted sum of a run's values."""
        parts = ((values[i] * w.astype(values[i].dtype)).sum() for i, w in self.weights.items())
        return reduce(add, parts)

    def numpy_code(self) -> str:
        """Return the source of a function ``total`` of the leaves it uses, which needs NumPy alone.

        It is written from what the operations' records say in NumPy, not from their kernels.

        Raises:
            ArgumentError: an operation's record does not say it.
        """
        names = [f"v{i}" for i in range(len(self.leaves))]
        leaves = [symbol(n, x.shape, x.dtype) for n, x in zip(names, self.leaves, strict=True)]
        total = lift(self(*leaves))
        known = dict(zip(leaves, names, strict=True))
        called = identifiers(["result", *names])
        return python("total", {total: ("result", total)}, known, ["result"], called)

    def by_numpy(self, *leaves: Any) -> Any:
        """Return the total as ``numpy_code()`` computes it: by NumPy alone, not by the kernels.

        Example:
            >>> import numpy as np
            >>> from hypothesis import given
            >>> import tensorgraph as tg
            >>> @given(tg.testing.strategies.graphs(["exp", "multiply"]))
            ... def test_values(graph):
            ...     assert np.isclose(graph.by_numpy(*graph.leaves), graph().item())
            >>> test_values()
        """
        names: dict[str, Any] = {}
        exec(self.numpy_code(), names)
        total = names["total"]
        used = signature(total).parameters  # not a leaf that nothing depends on
        return total(**{f"v{i}": x for i, x in enumerate(leaves) if f"v{i}" in used})
