"""The same steps, taken in several ways: as they are, again, moved a little, compiled."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from unittest.mock import patch

import numpy as np

from tensorgraph.compiler.compiled import Compiled
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import UsageWarning
from tensorgraph.testing.modules.differences import difference
from tensorgraph.testing.modules.subject import Results, arrays_of, seeded
from tensorgraph.testing.runs.surroundings import Reached

CALLS = 4
"""So often is a step taken with the same arguments; the second call is captured, later ones run."""
MOVED = 2
"""So many other runs, each moved by the last bit, tell what rounding does."""


@dataclass(frozen=True)
class Taken:
    """What some steps returned, and left behind."""

    results: list[Results]
    tensors: dict[str, Array]
    states: dict[str, Any]
    drawn: list[Any]

    def numbers(self) -> dict[str, Results]:
        """Return all arrays: by what they are, and where."""
        found = {f"call {k + 1}": results for k, results in enumerate(self.results)}
        arrays = {name: np.asarray(value) for name, value in self.states.items()}
        real = {name: value for name, value in arrays.items() if value.dtype.kind in "fciub"}
        return {**found, TENSORS: self.tensors, STATES: real}


TENSORS, STATES = "tensors", "optimizer state"


class Steps:
    """A step with arguments, taken in several ways from the same state.

    Args:
        step: the step.
        args: its arguments.
    """

    def __init__(self, step: Callable[..., Any], args: Sequence[Any]) -> None:
        self.step, self.args = step, list(args)
        self.reached = Reached(step, args)
        self.smaller = _smaller(self.args)
        """The arguments of a smaller last batch; ``None`` if none is to be had."""

    @property
    def calls(self) -> list[list[Any]]:
        """The arguments of all calls: some alike, some of a smaller batch, and one as before."""
        if self.smaller is None:
            return [self.args] * CALLS
        return [*[self.args] * CALLS, *[self.smaller] * (CALLS - 1), self.args]

    def taken(
        self,
        run: Callable[..., Any] | None = None,
        prepare: Callable[[], None] | None = None,
        calls: Sequence[Sequence[Any]] | None = None,
    ) -> Taken:
        """Return what steps give from the present state, which is brought back afterwards."""
        run = run or self.step
        with self.reached.unchanged(), seeded(0):
            if prepare is not None:
                prepare()
            results = [arrays_of(run(*args)) for args in (self.calls if calls is None else calls)]
            return Taken(
                results, self.reached.values(), self.reached.states(), self.reached.drawn()
            )

    @cached_property
    def eager(self) -> Taken:
        """What the steps give as they are."""
        return self.taken()

    @cached_property
    def compiled(self) -> tuple[Taken, list[str]]:
        """What they give compiled, and why they ran as they are, if they did."""
        program: Compiled[..., Any] = Compiled(self.step, True)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = self.taken(program)
        texts = [str(w.message) for w in said if issubclass(w.category, UsageWarning)]
        return found, [text for text in texts if text.startswith("tg.compile")]

    @cached_property
    def draws_elsewhere(self) -> bool:
        """Whether it draws from NumPy's or Python's sources, or makes one, in what runs of it."""
        with self.reached.unchanged(), seeded(0):
            before = self.reached.foreign_states()
            with patch.object(np.random, "default_rng", wraps=np.random.default_rng) as made:
                self.step(*self.args)
            return made.called or self.reached.foreign_states() != before

    @cached_property
    def rounding(self) -> dict[str, dict[str, float]]:
        """How much each array changes when parameters are moved by their last bit."""
        moved: dict[str, dict[str, float]] = {}
        for seed in range(MOVED):
            other = self.taken(prepare=lambda seed=seed: self._nudge(seed)).numbers()  # type: ignore[misc]
            for kind, arrays in self.eager.numbers().items():
                for name, array in arrays.items():
                    found = other[kind].get(name)
                    if array.dtype.kind == "f" and found is not None and found.shape == array.shape:
                        gap = float(np.max(np.abs(found - array), initial=0.0))
                        margins = moved.setdefault(kind, {})
                        margins[name] = max(margins.get(name, 0.0), gap)
        return moved

    def _nudge(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        for tensor in self.reached.parameters.values():
            array = tensor.numpy()
            if array.dtype.kind == "f":
                signs = rng.choice([-1.0, 1.0], array.shape)
                factor = 1 + float(np.finfo(array.dtype).eps) * signs
                tensor.assign((array * factor).astype(array.dtype))

    def apart(self, kind: str, found: Results, expected: Results) -> str:
        """Return where arrays differ by more than rounding makes them differ; nothing if not."""
        if found.keys() != expected.keys():
            return difference(found, expected)
        margins = self.rounding.get(kind, {})
        for name, array in expected.items():
            double = array.dtype == np.float64
            rtol = 0.0 if array.dtype.kind not in "fc" else 1e-10 if double else 1e-5
            told = difference(
                {name: found[name]}, {name: array}, rtol, 100 * margins.get(name, 0.0)
            )
            if told:
                return told
        return ""


def _smaller(args: list[Any]) -> list[Any] | None:
    """Return the arguments of a batch with fewer rows; ``None`` if there is none."""
    leaves, structure = flatten(args)
    lengths = [len(x) for x in leaves if isinstance(x, (np.ndarray, Tensor)) and x.ndim]
    if not lengths or lengths[0] < 2:
        return None
    fewer = max(1, lengths[0] // 2)
    cut = [_rows(x, lengths[0], fewer) for x in leaves]
    found: list[Any] = unflatten(structure, cut)
    return found


def _rows(leaf: Any, length: int, fewer: int) -> Any:
    if not isinstance(leaf, (np.ndarray, Tensor)) or not leaf.ndim or len(leaf) != length:
        return leaf
    return leaf[:fewer] if isinstance(leaf, np.ndarray) else wrap(leaf.numpy()[:fewer])
