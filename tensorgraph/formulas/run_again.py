"""A function run again on other numbers: so what was read off its data is told from chance.

What a constant of a graph was made from is read off values: a mask that is ``True`` where the
largest of each row is may be a comparison, and may be labels that happen to be right. A graph
cannot tell these apart; the function that made it can, as on other numbers only a comparison
follows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.autodiff import gradients
from tensorgraph.engine.nested_containers import unflatten
from tensorgraph.engine.tensor import Tensor, argument
from tensorgraph.formulas.problem import Problem
from tensorgraph.formulas.recorded_call import recorded_call
from tensorgraph.formulas.verify import agreement, tolerance
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr

SEEDS = (0, 1, 2)
"""Those of the orders in which numbers are tried; a mask may fit one of them as well."""

ALLOWED = 10
"""So many times what formulas may be off by tells another reading."""


class Rerun(NamedTuple):
    """A function and the arguments of the call that was recorded."""

    f: Callable[..., Any]
    leaves: Sequence[Any]
    structure: Any

    def tells(self, problem: Problem) -> bool | None:
        """Return whether a graph, as it is read, is what the function computes of other numbers.

        ``None`` where that cannot be told: it fails on these, or nothing of its arguments is known.
        """
        told = None
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            other = {i: _shuffled(leaf.numpy(), rng) for i, leaf in self._varied(problem)}
            found = self._compared(problem, other) if other else None
            if found is False:
                return False
            told = told or found
        return told

    def _varied(self, problem: Problem) -> Iterator[tuple[int, Tensor]]:
        """Yield the arguments that are leaves of the graph, and where they are."""
        recorded = problem.recorded
        for i, leaf in enumerate(self.leaves):
            if type(leaf) is Tensor and leaf.requires_grad and leaf.size > 1:
                if recorded.exprs.get(leaf) in recorded.given:
                    yield i, leaf

    def _compared(self, problem: Problem, other: Mapping[int, Any]) -> bool | None:
        new = list(self.leaves)
        values: dict[Expr, Any] = {**problem.recorded.given, **problem.constants.given()}
        for i, array in other.items():
            new[i] = argument(array)
            values[problem.recorded.exprs[self.leaves[i]]] = array
        stands_for = {id(old): x for old, x in zip(self.leaves, new, strict=True)}
        targets = [stands_for.get(id(place), place) for place in problem.places]
        if not all(type(t) is Tensor for t in targets):
            return None
        try:
            with np.errstate(all="ignore"):
                result, _ = recorded_call(self.f, unflatten(self.structure, new))
                seed = problem.recorded.given.get(problem.seed, problem.seed.value)
                expected = gradients(result, targets, grad_output=np.asarray(seed))
                raws = [problem.backward(place) for place in problem.places]
                found = evaluate(raws, values)
        except Exception:  # the user's own function, on numbers that it may not be made for
            return None
        pairs = [(found[raw], g.numpy()) for raw, g in zip(raws, expected, strict=True)]
        if any(np.shape(x) != y.shape or not np.isfinite(y).all() for x, y in pairs):
            return None
        return all(agreement(x, y) <= ALLOWED * tolerance(y.dtype) for x, y in pairs)


def checked_by(rerun: Rerun | None, asked: Callable[[frozenset[Any]], Problem]) -> Problem:
    """Return the problem as the function behind it reads: without what holds by chance.

    Where no reading is what the function computes of other numbers, as where it draws or takes
    another branch, the first stays.

    Args:
        rerun: the function; ``None`` for a graph that was given.
        asked: poses the problem, given the constants that are left as they are.
    """
    first = asked(frozenset())
    guessed = first.constants.guessed
    if rerun is None or not guessed or rerun.tells(first) is not False:
        return first
    single = [frozenset({key}) for key in guessed] if len(guessed) > 1 else []
    for left in [*single, frozenset(guessed)]:
        problem = asked(left)
        if rerun.tells(problem):
            return problem
    return first


def _shuffled(array: Any, rng: np.random.Generator) -> Any:
    """Return the same numbers in another order, so that what they may be stays."""
    return rng.permutation(array.ravel()).reshape(array.shape)
