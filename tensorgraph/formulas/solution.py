"""The formulas: which gradients have a name in those of others, and what they rest on."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from heapq import heappop, heappush

from tensorgraph.engine.graph import Node
from tensorgraph.formulas.algebra.normal_form import OutOfTime
from tensorgraph.formulas.derivation import Derivation
from tensorgraph.formulas.facts import Fact, Facts
from tensorgraph.formulas.gradient import Gradient, Letter, Multiple, Names
from tensorgraph.formulas.naming.letters import description, is_product
from tensorgraph.formulas.problem import Problem
from tensorgraph.formulas.recurrences.step_simplifier import StepSimplifier
from tensorgraph.formulas.recurrences.terms import Term, terms
from tensorgraph.formulas.simplifier import Known, Simplifier
from tensorgraph.formulas.writing.broadcasting import around, rearranges
from tensorgraph.formulas.writing.formula import cost, formula
from tensorgraph.formulas.writing.text import pretty, text
from tensorgraph.symbolic.expr import Expr, constant, in_order

TRIVIAL = 4.5
"""Formulas that cost no more are written out rather than given a name."""

PLAIN = 1.5
"""Those that cost no more are a value with a name, its negative, or a number."""


class Solution:
    """The formulas for a problem.

    Args:
        problem: what is asked, and what is known of it.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.names, self.letters, self.loops = problem.names, problem.letters, problem.loops
        self.constants, self.exprs = problem.constants, problem.exprs
        self.of_products = {
            gradient
            for place, gradient in problem.raw.items()
            if type(place) is Node and is_product(place.op, len(place.parents))
        }
        known = Known(
            problem.result,
            problem.letters,
            problem.constants,
            Facts(problem.premises),
            problem.checker,
            problem.deadline,
        )
        self.simplifier = (
            StepSimplifier(known, self.loops) if self.loops.found else Simplifier(known)
        )
        self.multiples = self.simplifier.multiples
        self.told: set[str] = set()
        """The letters of the gradients of steps that have a formula, of one step at least."""
        self.left_out: dict[str, int] = {}
        """Those that time was too short for at earlier steps, each with the last of these."""

    @property
    def ran_out(self) -> bool:
        """Whether something is left that time was too short for."""
        return self.simplifier.ran_out

    def derivation(self) -> Derivation:
        """Return the formulas for what was asked, and for what these use."""
        raws = [self.problem.backward(p) for p in self.problem.places]
        own_names = [t.name for t in self.problem.targets]
        labels = self.letters.of_gradients(self.exprs, own_names, raws)
        cuts = self._worth_a_name(self._cuts(raws, labels), set(raws))
        self.labels = self.simplifier.labels(cuts)
        found = [self._gradient(i, labels[i], raw, cuts) for i, raw in enumerate(raws)]
        helpers = self._helpers(found, cuts)
        used = self._used([*found, *helpers])
        introduced, unexplained = self.letters.introduced, self.letters.unexplained
        order, explained = in_order(introduced), used & introduced.keys()
        return Derivation(
            tuple(found),
            tuple(helpers),
            {e: Letter(self.names[e], introduced[e]) for e in order if e in explained},
            {self.names[e]: what for e, what in unexplained.items() if e in used},
            {
                self.names[e]: path
                for e, path in self.letters.parameters.items()
                if e in {*used, *self.exprs}
            },
            self._read(used),
            self.problem.output,
            {p: self.names[e] for p, e in self.problem.recorded.exprs.items() if e in self.names},
            {**self.problem.recorded.given, **self.constants.given()},
            self.loops,
            self.problem.checker,
            left_out=self.left_out,
        )

    def _worth_a_name(self, cuts: dict[Expr, str], asked: set[Expr]) -> dict[Expr, str]:
        """Return the gradients that keep a name: those asked for, and the long ones on the way."""
        alone = [e for e in cuts if e not in asked and e not in self.loops.gradients]
        for e in alone:  # first, so that no other is a multiple of one that is a number
            own = _without(cuts, e)
            cuts = own if self._is_plain(e, own) else cuts
        for e in filter(cuts.__contains__, alone):
            own = _without(cuts, e)
            if self._is_plain(e, own):
                cuts = own
        for e in [x for x in alone if x in cuts]:  # now what is plain is no other gradient
            own = _without(cuts, e)
            simple = self.simplifier.simplest(e, own)[1]
            names = Names(self.names, own)
            price = cost(simple, names)
            # Is it a multiple of another gradient?
            short = price <= TRIVIAL and any(x in own for x in _leaves(simple, names))
            # What takes axes apart, or what that is, is easier to read by itself.
            whole = e in self.of_products and not any(map(rearranges, around(simple, own)))
            if short and whole:
                cuts = own
        self._scale([e for e in alone if e in cuts], cuts)
        return cuts

    def _is_plain(self, e: Expr, cuts: Mapping[Expr, str]) -> bool:
        """Return whether a gradient is a number or a named value, but for its sign and divisor."""
        simple = self.simplifier.simplest(e, cuts)[1]
        names = Names(self.names, cuts)
        if cost(simple, names) <= PLAIN:
            return True
        try:
            divisor = self.simplifier.normaliser(cuts).divisor(e)
        except OutOfTime:
            return False
        if divisor is None:
            return False
        return cost(self.simplifier.simplest(e * divisor, cuts)[1], names) <= PLAIN

    def _scale(self, helpers: Sequence[Expr], cuts: Mapping[Expr, str]) -> None:
        """Let gradients that nobody asked for leave out what all of them is divided by.

        So the courses write: dZ is A − Y, and the 1/m of the cost stands with dW and db.
        """
        if not self.problem.scope.of_place(self.problem.root) or self.problem.seed.is_input:
            return
        made_at = {e: place.seq for place, e in self.problem.raw.items() if type(place) is Node}
        for e in sorted(helpers, key=lambda e: -made_at.get(e, 0)):
            own = _without(cuts, e)
            try:
                divisor = self.simplifier.normaliser(own).divisor(e)
            except OutOfTime:
                return
            if divisor is not None:
                self.multiples[e] = e * divisor, divisor

    def _used(self, gradients: Sequence[Gradient]) -> set[Expr]:
        """Return the named values in formulas, and in what the letters in these stand for."""
        numbers = {e: name for name, e in self.constants.symbols.items()}
        names = {**self.names, **numbers}
        used: set[Expr] = set()
        queue: list[tuple[Expr, Collection[Expr]]] = [
            (g.expr, Names(names, self.labels, g.raw)) for g in gradients
        ]
        while queue:
            for x in _leaves(*queue.pop()):
                if x not in used:
                    used.add(x)
                    spelt = self.letters.introduced.get(x)
                    queue += [(spelt, _without(names, x))] if spelt is not None else []
        return used

    def _read(self, used: Container[Expr]) -> tuple[Fact, ...]:
        """Return what was read off constants: masks, arrays that follow from others, numbers."""
        facts = []
        # What cancels may do so only because another variable holds the same.
        there = set(in_order(map(self.problem.backward, self.problem.places)))
        for mask in self.problem.recorded.decided:
            what = description(mask, self.problem.recorded.users.get(mask))
            side = bool(mask.value.flat[0])
            facts.append(Fact("uniform", side, "data", mask, f"{what} is {side} everywhere"))
        for e in self.problem.recorded.read:
            what = description(e, self.problem.recorded.users.get(e))
            note = f"{what} is {text(formula(e, self.names))}"
            facts.append(Fact("equals", None, "data", e, note))
        for e, others in self.letters.guesses.items():
            if e in used or e in there:
                facts.append(_guess(self.names[e], others, e))
        for name, value in self.constants.vanished.items():
            facts.append(_number(name, value, constant(value)))
        for name, e in self.constants.symbols.items():
            if (e in used or e in there) and name in self.constants.guesses:
                facts.append(_guess(e.name or name, self.constants.guesses[name], e))
            if e in used:
                facts.append(_number(e.name or name, self.problem.scope.numbers[name], e))
        return tuple(facts)

    def _cuts(self, raws: Sequence[Expr], labels: Sequence[str]) -> dict[Expr, str]:
        """Return the gradients that have a name in the formulas of others."""
        cuts = {
            raw: label
            for raw, label in zip(raws, labels, strict=True)
            if raw.value is None and not raw.is_input
        }
        cuts = {**self.loops.gradients, **cuts}
        products = {p: e for p, e in self.problem.raw.items() if e not in self.loops.gradients}
        several = len(raws) > 1 or self.loops.found
        return self.letters.of_products(products, cuts) if several else cuts

    def _gradient(self, i: int, label: str, raw: Expr, cuts: Mapping[Expr, str]) -> Gradient:
        own = _without(cuts, raw)
        products = {e: n for e, n in own.items() if e in self.of_products}
        ways = [own] if products == own or self.loops.found else [own, products]
        found = [self.simplifier.simplest(raw, chosen) for chosen in ways]
        _, e, events, atoms = min(found, key=lambda formula: formula[0])
        difference = self.problem.checker(label, i, e)
        names = self._names(raw)
        self._introduce(e, names)
        return Gradient(label, self.exprs[i], e, raw, names, tuple(events), atoms, difference)

    def _helpers(self, found: Sequence[Gradient], cuts: Mapping[Expr, str]) -> list[Gradient]:
        """Return the formulas for gradients that others use, but nobody asked for."""
        met = {g.raw for g in found}
        labels, steps = self.labels, self.loops.step
        came_from = {self.multiples.get(e, (e,))[0]: e for e in cuts}
        helpers: list[Gradient] = []
        waiting: list[tuple[int, int, Expr]] = []

        def meet(g: Gradient) -> None:
            for e in _leaves(g.expr, g.names):
                if e in labels and e not in met:
                    met.add(e)
                    heappush(waiting, (-steps.get(e, 0), len(met), e))  # the last step first

        for g in found:
            meet(g)
        while waiting:
            _, _, e = heappop(waiting)
            if not self._is_left_out(e):
                helpers.append(self._helper(e, came_from[e], cuts))
                meet(helpers[-1])
        return helpers

    def _helper(self, e: Expr, came_from: Expr, cuts: Mapping[Expr, str]) -> Gradient:
        """Return the formula for a gradient, or the multiple of one, that others use."""
        label = self.labels[e]
        _, simple, events, atoms = self.simplifier.simplest(e, _without(cuts, came_from))
        self.problem.checker.same(label, simple, e, came_from)
        names = self._names(e)
        self._introduce(simple, names)
        meaning = self._meaning(label, came_from)
        return Gradient(label, None, simple, e, names, tuple(events), atoms, 0.0, meaning)

    def _is_left_out(self, e: Expr) -> bool:
        """Return whether there is no time for a gradient, of which a later step's is told."""
        if e not in self.loops.step:
            return False
        letter, step = self.labels[e].rsplit("_", 1)
        is_told = letter in self.told
        self.told.add(letter)
        if not is_told or not self.simplifier.is_late():
            return False
        self.left_out[letter] = max(int(step), self.left_out.get(letter, int(step)))
        return True

    def _names(self, raw: Expr) -> Names:
        """Return what the formula of a gradient calls values, and other gradients."""
        return Names(self.names, self.labels, self.multiples.get(raw, (raw,))[0])

    def _introduce(self, e: Expr, names: Mapping[Expr, str]) -> None:
        """Give letters to parts of a formula; what belongs to a step has those of its step."""
        for part in terms(e, names) if self.loops.found else [Term(e)]:
            used = _leaves(part.expr, names)
            if not any(x in self.loops.step or x in self.loops.given for x in used):
                self.letters.introduce(part.expr, names)

    def _meaning(self, label: str, raw: Expr) -> Multiple | None:
        """Return what a gradient with a name is, where that is a multiple of the derivative."""
        if raw not in self.multiples:
            return None
        of = self.problem.scope.of_place(self.problem.root)
        return Multiple(self.multiples[raw][1], of or "output", label.removeprefix("d"))


def _without(names: Mapping[Expr, str], e: Expr) -> dict[Expr, str]:
    """Return names without that of one gradient."""
    found = dict(names)
    found.pop(e, None)
    return found


def _leaves(e: Expr, names: Collection[Expr]) -> list[Expr]:
    """Return the named expressions that a formula uses."""
    stack, seen, found = [e], set[Expr](), list[Expr]()
    while stack:
        x = stack.pop()
        if x in seen:
            continue
        seen.add(x)
        if x in names:
            found.append(x)
        else:
            stack.extend(x.args)
    return found


def _guess(name: str, others: Iterable[str], e: Expr) -> Fact:
    """Return that a value may be another variable than the one that it is called after."""
    note = f"{pretty(name)} may be {', '.join(map(pretty, others))}, which holds the same"
    return Fact("name", None, "data", e, note)


def _number(name: str, value: float, e: Expr) -> Fact:
    """Return what a number with a name is."""
    return Fact("number", value, "data", e, f"{pretty(name)} = {value:.6g}")
