"""Simplifying the gradients of loops: term by term, each in terms of the steps that it is about.

What was found for one step is tried at every other one, and checked there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tensorgraph.errors import DerivationError
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.algebra.normal_form import Normaliser, is_affine
from tensorgraph.formulas.algebra.polynomials import Atoms
from tensorgraph.formulas.recurrences.names import StepNames
from tensorgraph.formulas.recurrences.shifts import Shifts
from tensorgraph.formulas.recurrences.slices import GETITEM, STACK, read
from tensorgraph.formulas.recurrences.terms import FEW, Term, joined, terms
from tensorgraph.formulas.simplifier import Found, Known, Simplifier
from tensorgraph.symbolic.expr import Expr, in_order

TELLING = ("known sum", "binary", "cancel", "guard")
"""Rules that rest on facts, which are told of each value by itself."""


class StepSimplifier(Simplifier):
    """Simplifies the gradients of a graph with loops.

    Args:
        known: what is known of it.
        loops: what their steps computed.
    """

    def __init__(self, known: Known, loops: StepNames) -> None:
        super().__init__(known)
        self.loops = loops
        # What has no name is written out, and may be something else where a loop begins.
        named = (x for x in loops.parts if x in self.names or x in loops.gradients)
        slices = (x for x in loops.parts if x.op is GETITEM)
        self.shifts = Shifts({x: loops.parts[x] for x in (*named, *slices)})
        self._of_gradients: dict[Expr, tuple[int, Found]] = {}
        self._of_terms: dict[Expr, tuple[int, Found]] = {}
        """What was found, by the form that it has at any step, each with the step of that one."""

    def simplest(self, raw: Expr, cuts: Mapping[Expr, str]) -> Found:
        """Return the shortest formula of a gradient, in terms of the steps that it is about."""
        by_step = read(raw, lambda x: x is not raw and self._stays(x, cuts))
        return self._once(
            by_step,
            raw,
            self.loops.step.get(raw),
            self._of_gradients,
            lambda: self._shortest(by_step, raw, cuts),
        )

    def _once(
        self,
        e: Expr,
        raw: Expr,
        step: int | None,
        known: dict[Expr, tuple[int, Found]],
        find: Callable[[], Found],
    ) -> Found:
        """Return what is found for an expression, or was for one that is it at another step.

        Args:
            e: the expression.
            raw: what its formula must have the value of.
            step: the step that it is about, if it is about one.
            known: what was found before, by its form.
            find: seeks a formula.
        """
        if step is None:
            return find()
        form = self.shifts.form(e, step)
        if form in known:
            before, (price, other, _, atoms) = known[form]
            try:
                moved = self.shifts.moved(other, step - before)
                self.checker.same(self.loops.gradients.get(raw, "a term"), moved, raw, raw)
                return price, moved, [], atoms
            except (KeyError, DerivationError):  # as where a loop begins, or data are others
                pass
        found = find()
        if not any(rule in TELLING for rule, _ in found[2]):
            known[form] = step, found
        return found

    def _shortest(self, by_step: Expr, raw: Expr, cuts: Mapping[Expr, str]) -> Found:
        """Return the shortest formula: all terms together, or one by one."""
        parts = terms(by_step, cuts)
        few = len(parts) <= FEW and all(part.scatter is None for part in parts)
        ways = [[Term(by_step)], parts] if few and len(parts) > 1 else [parts]
        return min((self._by_terms(way, raw, cuts) for way in ways), key=lambda found: found[0])

    def _by_terms(self, parts: Sequence[Term], raw: Expr, cuts: Mapping[Expr, str]) -> Found:
        """Simplify each term of a gradient in terms of the steps that it is about."""
        atoms = Atoms()
        used = in_order([p.expr for p in parts], lambda x: () if self._stays(x, cuts) else x.args)
        for x in used:  # what flows back is written first, but after numbers
            if x in cuts and x.size > 1:
                atoms.value(x)
        found = [self._of_term(part.expr, raw, cuts, atoms) for part in parts]
        e = joined([Term(f[1], part.scatter) for f, part in zip(found, parts, strict=True)])
        events = [event for _, _, own, _ in found for event in own]
        return sum(f[0] for f in found) + len(found) / 2, e, events, atoms

    def _of_term(self, part: Expr, raw: Expr, cuts: Mapping[Expr, str], atoms: Atoms) -> Found:
        """Return the shortest formula of a term; in a sum over steps they are mostly alike."""
        steps = [self.loops.step.get(x) for x in self._used_in(part, cuts)]
        over_steps = raw not in self.loops.step
        return self._once(
            part,
            part,
            max((t for t in steps if t is not None), default=None) if over_steps else None,
            self._of_terms,
            lambda: self.simplified(part, self._in_step(part, raw, cuts, atoms), cuts),
        )

    def _used_in(self, part: Expr, cuts: Mapping[Expr, str]) -> list[Expr]:
        """Return the values that a term is made of."""
        return in_order([part], lambda x: () if self._stays(x, cuts) else x.args)

    def _in_step(self, part: Expr, raw: Expr, cuts: Mapping[Expr, str], atoms: Atoms) -> Normaliser:
        """Return what simplifies a term of a gradient, which knows only the steps near it."""
        used = self._used_in(part, cuts)
        steps = {None, *map(self.loops.step.get, used)}
        near = [x for x in self.in_order if self.loops.step.get(x) in steps]
        # A product is read as that, so that its operands must be known; they stand last.
        before = {self.loops.step.get(y) for x in used if x not in cuts for y in x.args} - steps
        near += [x for x in self.in_order if self.loops.step.get(x) in before]
        later = self._later(raw)
        names = {x: self.names[x] for x in near if x in self.names and x not in later}
        return self.normaliser(cuts, near, names, self.begun(atoms, names, near))

    def _later(self, raw: Expr) -> set[Expr]:
        """Return what a step's value is only a factor of, by which its gradient is not written."""
        t, own = self.loops.step.get(raw), self.loops.value_of.get(raw)
        if own is None:
            return set()
        return {x for x in self.loops.values if self.loops.step.get(x) == t and _opens(x)} - {own}

    def _stays(self, e: Expr, cuts: Mapping[Expr, str]) -> bool:
        """Return whether a value is no gradient that is still to be simplified."""
        return e in cuts or e.is_input or (e in self.forward and e.op is not STACK)


def _opens(e: Expr) -> bool:
    """Return whether a value is read as the product it is."""
    return e.op in MEANINGS.opened and not is_affine(e)
