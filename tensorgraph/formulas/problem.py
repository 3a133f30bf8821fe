"""What a call of ``derive`` asks, and all that is known before anything is simplified."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import to_array
from tensorgraph.engine.autodiff import gradients_at, place_of
from tensorgraph.engine.modes import mode
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.algebra.known_functions import read_in_graph
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.constant_facts import premises
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.naming.constants import Constants
from tensorgraph.formulas.naming.letters import Letters
from tensorgraph.formulas.recurrences.families import Recurrence, recurrences
from tensorgraph.formulas.recurrences.inputs import Inputs
from tensorgraph.formulas.recurrences.names import StepNames
from tensorgraph.formulas.recurrences.slices import by_steps
from tensorgraph.formulas.targets import Target
from tensorgraph.formulas.verify import Checker
from tensorgraph.symbolic.expr import Expr, constant, in_order, symbol
from tensorgraph.symbolic.replay import Replay, recorded_values, replay


class Problem:
    """The graph on expressions, the names of its values, the loops in it, its backward pass.

    Args:
        output: what is differentiated.
        targets: what it is differentiated by.
        scope: the caller's variables.
        gradient: the gradient of a loss by the output, if any is given.
        strict: whether to use no more than what is stated or proved of constants.
        deadline: when to stop simplifying, by the thread's own clock.
        left: keys of constants that are read as nothing else than they are.
        shown: whether masks are read as comparisons only where the statements have these.
    """

    def __init__(
        self,
        output: Tensor,
        targets: Sequence[Target],
        scope: Scope,
        gradient: Any,
        strict: bool,
        deadline: float,
        left: Collection[Any] = (),
        shown: bool = False,
    ) -> None:
        self.output, self.targets, self.scope = output, targets, scope
        self.root = place_of(output)
        self.places = [t.place for t in targets]
        self.constants = Constants(scope, self.root, left, shown)
        inputs = Inputs(self._replayed(), scope)
        self.recorded = recorded = inputs.told_apart(self._recurrences(inputs.recorded))
        self.premises = {**premises(recorded, self.constants, strict), **inputs.facts}
        self.deadline = deadline
        self.seed = self._seed(gradient)
        recorded_values(recorded)  # which raises where a leaf was assigned to since
        self.raw = recorded.backward(self.root, self.seed)
        self.result = recorded.exprs[self.root]
        self.exprs = [recorded.exprs[p] for p in self.places]
        self.constants.reserve_pi([self.result, *self.raw.values()])
        self.letters = Letters(
            recorded, self.constants, [t.name for t in targets], self.exprs, self.raw.values()
        )
        self.names = self.letters.names
        if self.result.op in MEANINGS.opened and self.result not in set(self.exprs):
            self.names.pop(self.result, None)  # a product stands for itself: no rule keeps it
        self.loops = self._loops(inputs)
        self.checker = self._checker(inputs.copies)

    def _replayed(self) -> Replay:
        """Return the graph on expressions, each step of a loop by itself."""
        wanted = set(self.places)
        recorded = replay([self.root], self.constants, read_in_graph, wanted)
        recorded.given |= self.constants.given()
        return by_steps(recorded, wanted, self.scope.of_place)

    def _recurrences(self, recorded: Replay) -> list[Recurrence]:
        single = {e for x, e in self.constants.symbols.items() if x in self.scope.single}
        return recurrences(in_order([recorded.exprs[self.root]]), recorded.leaves, single)

    def _loops(self, inputs: Inputs) -> StepNames:
        """Name what the steps of loops computed."""
        self.names.update(inputs.names)
        for e in inputs.names:
            self.letters.unexplained.pop(e, None)
        self.letters.unexplained.update(inputs.unnamed)
        loops = StepNames(
            self.recorded,
            self._recurrences(self.recorded),
            self.raw,
            self.names,
            dict(inputs.written),
            set(inputs.names),
        )
        self.names.update(loops.values)
        order = in_order([self.result])
        self.letters.introduced.update((e, e) for e in order if e in loops.introduced)
        return loops

    def _seed(self, gradient: Any) -> Expr:
        """Return the gradient of the output itself."""
        output = self.output
        if gradient is None:
            return constant(np.ones(output.shape, output.dtype))
        array = to_array(gradient, output.dtype)
        name = self.scope.of_array(gradient if type(gradient) is not Tensor else gradient._data)
        known = self.scope.of_place(self.root) or "output"
        seed = symbol(name or f"d{known}", array.shape, array.dtype)
        self.recorded.given[seed] = array
        if name:
            self.recorded.called[seed] = [name]
        return seed

    def _checker(self, copies: Mapping[Expr, Expr]) -> Checker:
        seed = np.asarray(self.recorded.given.get(self.seed, self.seed.value))
        with mode(observer=None):
            start = {self.root: seed.astype(self.output.dtype)}
            engine = gradients_at(self.places, start, False, True)
        recorded = self.recorded.recorded
        return Checker(
            recorded[self.root],
            self.seed,
            [recorded.get(p, e) for p, e in zip(self.places, self.exprs, strict=True)],
            [self.backward(p) for p in self.places],
            self._is_shared(),
            self.recorded.given,
            self.premises,
            [g.numpy() for g in engine],
            self.constants.given,
            copies,
        )

    def _is_shared(self) -> bool:
        """Return whether two places compute the same, so that one expression stands for both."""
        every = list(self.recorded.recorded.values())
        places = {self.recorded.recorded.get(p) for p in self.places}
        return any(sum(x is e for x in every) > 1 for e in places if e is not None)

    def backward(self, place: Any) -> Expr:
        """Return the gradient of a place as the backward pass has it."""
        found = self.raw.get(place)
        if found is None:
            found = constant(np.zeros(place.shape, place.dtype))
        return found
