"""``derive``: the gradient of a recorded graph as a formula, checked against the engine's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, overload

import numpy as np

from tensorgraph.engine.arrays import to_array
from tensorgraph.engine.autodiff import gradients_at, place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import mode
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import DerivationError
from tensorgraph.formulas.algebra.algebra import Event
from tensorgraph.formulas.algebra.contractions import lengths_within_means
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.known_functions import read_in_graph
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.algebra.normal_form import Normaliser, OutOfTime, is_affine
from tensorgraph.formulas.algebra.polynomials import Atoms
from tensorgraph.formulas.algebra.rearrangements import moved
from tensorgraph.formulas.constant_facts import premises
from tensorgraph.formulas.derivation import Derivation, Gradient, Letter, Multiple
from tensorgraph.formulas.facts import Fact, Facts
from tensorgraph.formulas.hints import missing_facts, unknown_operations
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.naming.constants import Constants
from tensorgraph.formulas.naming.letters import Letters, description, is_product
from tensorgraph.formulas.naming.substitute import candidates
from tensorgraph.formulas.of_function import asked
from tensorgraph.formulas.recurrences.families import recurrences
from tensorgraph.formulas.recurrences.inputs import Inputs
from tensorgraph.formulas.recurrences.names import StepNames
from tensorgraph.formulas.recurrences.shifts import Shifts
from tensorgraph.formulas.recurrences.slices import STACK, by_steps, read
from tensorgraph.formulas.recurrences.terms import FEW, Term, joined, terms
from tensorgraph.formulas.targets import Target, check_in_graph, check_output, targets_of
from tensorgraph.formulas.verify import Checker
from tensorgraph.formulas.writing.broadcasting import around, rearranges
from tensorgraph.formulas.writing.formula import cost, formula
from tensorgraph.formulas.writing.text import pretty, text
from tensorgraph.symbolic.expr import Expr, constant, in_order, symbol
from tensorgraph.symbolic.replay import recorded_values, replay

TRIVIAL = 4.5
"""Formulas that cost no more are written out rather than given a name."""

PLAIN = 1.5
"""Those that cost no more are a value with a name, its negative, or a number."""

HARDLY_MORE = 1.05
"""A formula that costs up to this share of the backward pass as it stands is preferred to it."""


@overload
def derive(
    output: Tensor,
    wrt: Any,
    *,
    name: Any = None,
    gradient: Any = None,
    strict: bool = False,
    time_limit: float = 4.0,
) -> Derivation: ...
@overload
def derive(
    output: Callable[..., Any],
    *args: Any,
    wrt: Any = None,
    name: Any = None,
    gradient: Any = None,
    strict: bool = False,
    time_limit: float = 4.0,
) -> Derivation: ...
def derive(
    output: Tensor | Callable[..., Any],
    *args: Any,
    wrt: Any = None,
    name: Any = None,
    gradient: Any = None,
    strict: bool = False,
    time_limit: float = 4.0,
) -> Derivation:
    """Return the gradient of ``output`` as a formula, in terms of the values of its graph.

    The recorded graph is differentiated on symbolic arrays by the same rules as in ``backward``,
    simplified, and compared with the engine's own gradient on the recorded data and on fresh
    random data. What cannot be simplified is given as it stands. Names are those of the variables
    where ``derive`` is called. (Courses 1 and 2 of the Deep Learning Specialization
    derive these formulas by hand.)

    A function or module in place of the output is run once on example arguments; names are those
    of its own variables. ``wrt`` then gives names or positions of its arguments, or a module's
    paths; without it formulas are by all arguments of floats, of a module by its parameters.

    Args:
        output: a scalar; or any tensor, with ``gradient``; or a function or module returning one.
        args: what to call the function or module with.
        wrt: what to differentiate by: a tensor of the graph, several of them (in a list, tuple, or
            dict by name), or a module, for all its parameters. Where several are given, formulas
            use the gradients that others define. Those on the way leave out what all is divided
            by, as the course writes it, and say so: ``dZ = m ∂J/∂Z = A − Y``.
        name: what to call it, or a list for several; by default the variable's own name.
        gradient: the gradient of a loss by ``output``, which formulas then start from.
        strict: use what was assumed, or is stated or proved, of constants, but not what happens to
            be true of them.
        time_limit: after so many seconds, what is not simplified yet is given as it stands.

    Raises:
        GraphError: the output needs no gradient or is not a scalar; its graph was released, holds
            a hook or a checkpoint, or a leaf was assigned to since; a tensor of ``wrt`` is not in
            the graph.
        DTypeError: something to differentiate by is no floating-point tensor.
        ArgumentError: nothing to differentiate by, or a name that none can have in a formula; a
            function whose arguments are missing or are not called so.
        DerivationError: the formula disagrees with the engine's gradient (a defect: it has never
            been returned).

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> Y = tg.assume(np.eye(3)[[0, 2]], one_hot=1)
        >>> Z = tg.tensor(np.ones((2, 3)), requires_grad=True)
        >>> A = tg.softmax(Z, axis=1)
        >>> loss = -(Y * tg.log(A)).sum()
        >>> print(tg.derive(loss, wrt=Z, name="Z"))
        dZ = A − Y    assuming Σ₁ Y = 1 (checked on the data)
        >>> def cost(w, x, y):
        ...     return ((x @ w - y) ** 2).sum()
        >>> print(tg.derive(cost, np.ones(2), np.ones((3, 2)), np.zeros(3), wrt="w"))
        dw = 2 xᵀ (x w − y)
    """
    output, wrt, scope = asked(output, args, wrt, sys._getframe(1))
    targets = targets_of(wrt, name, scope)
    check_output(output, gradient)
    root = place_of(output)
    check_in_graph(root, targets)
    start = time.monotonic()
    work = _Derivation(output, targets, scope, gradient, strict, time_limit)
    found = work.result()
    told = [*unknown_operations(found)]
    if strict:
        left = time_limit - (time.monotonic() - start)
        looser = _Derivation(output, targets, scope, gradient, False, left)
        told += missing_facts(found, looser.result())
    if work.ran_out:
        told.append(f"after {time_limit:g} s what was left stands as it was; give more time_limit")
    return replace(found, hints=tuple(told))


TELLING = ("known sum", "binary", "cancel", "guard")
"""Rules that rest on facts, which are told of each value by itself."""

Found = tuple[float, Expr, list[Event], Atoms]
"""A formula: how much there is to read, the expression, the rules applied, and its atoms."""


class _Derivation:
    """The work of one call of ``derive``."""

    def __init__(
        self,
        output: Tensor,
        targets: Sequence[Target],
        scope: Scope,
        gradient: Any,
        strict: bool,
        time_limit: float,
    ) -> None:
        self.output, self.targets, self.scope = output, targets, scope
        self.root = place_of(output)
        self.constants = constants = Constants(scope, self.root)
        wanted = {place_of(t.tensor) for t in targets}
        recorded = replay([self.root], constants, read_in_graph, wanted)
        recorded.given |= constants.given()
        recorded = by_steps(recorded, wanted, scope.of_place)
        inputs = Inputs(recorded, scope)
        order = in_order([recorded.exprs[self.root]])
        recorded = inputs.told_apart(recurrences(order, recorded.leaves))
        self.recorded, self.copies = recorded, inputs.copies
        self.premises = {**premises(recorded, constants, strict), **inputs.facts}
        self.ran_out = False
        self.deadline = time.monotonic() + time_limit
        self.seed = self._seed(output, gradient)
        recorded_values(recorded)  # which raises where a leaf was assigned to since
        self.raw = recorded.backward(self.root, self.seed)
        self.of_products = {
            gradient
            for place, gradient in self.raw.items()
            if type(place) is Node and is_product(place.op)
        }
        self.places = [place_of(t.tensor) for t in targets]
        self.exprs = [recorded.exprs[p] for p in self.places]
        self.within_means = lengths_within_means(recorded.exprs.values())
        self.facts = Facts(self.premises)
        self.multiples: dict[Expr, tuple[Expr, Expr]] = {}
        self.letters = Letters(recorded, constants, [t.name for t in targets], self.exprs)
        self.names = self.letters.names
        result = recorded.exprs[self.root]
        if result.op in MEANINGS.opened and not _times(self.exprs, result):
            self.names.pop(result, None)  # a product stands for itself: no rule keeps it
        self.loops = self._loops(inputs)
        self.shifts = Shifts(self.loops.parts)
        self.bodies: dict[Expr, tuple[Expr]] = {}
        self.known: dict[object, Found] = {}
        self.known_forms: dict[Expr, tuple[int, Found]] = {}
        self.forward = dict.fromkeys([*recorded.exprs.values(), *self.letters.introduced])
        self.in_order = in_order([recorded.exprs[self.root], *self.letters.introduced])
        self.checker = self._checker(output)

    def _loops(self, inputs: Inputs) -> StepNames:
        """Name what the steps of loops computed."""
        order = in_order([self.recorded.exprs[self.root]])
        found = recurrences(order, self.recorded.leaves)
        self.names.update(inputs.names)
        for e in inputs.names:
            self.letters.unexplained.pop(e, None)
        self.letters.unexplained.update(inputs.unnamed)
        loops = StepNames(
            self.recorded, found, self.raw, self.names, dict(inputs.written), set(inputs.names)
        )
        self.names.update(loops.values)
        self.letters.introduced.update((e, e) for e in order if e in loops.introduced)
        return loops

    def _seed(self, output: Tensor, gradient: Any) -> Expr:
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

    def _checker(self, output: Tensor) -> Checker:
        seed = np.asarray(self.recorded.given.get(self.seed, self.seed.value))
        with mode(observer=None):
            engine = gradients_at(self.places, {self.root: seed.astype(output.dtype)}, False, True)
        recorded = self.recorded.recorded
        return Checker(
            recorded[self.root],
            self.seed,
            [recorded.get(p, e) for p, e in zip(self.places, self.exprs, strict=True)],
            [self._raw(p) for p in self.places],
            self._is_shared(),
            self.recorded.given,
            self.premises,
            [g.numpy() for g in engine],
            self.constants.given,
            self.copies,
        )

    def _is_shared(self) -> bool:
        """Return whether two places compute the same, so that one expression stands for both."""
        every = list(self.recorded.recorded.values())
        places = (self.recorded.recorded.get(p) for p in self.places)
        return any(_times(every, e) > 1 for e in places if e is not None)

    def _raw(self, place: Any) -> Expr:
        found = self.raw.get(place)
        if found is None:
            found = constant(np.zeros(place.shape, place.dtype))
        return found

    # ------------------------------------------------------------------------------------ result

    def result(self) -> Derivation:
        raws = [self._raw(p) for p in self.places]
        labels = self.letters.of_gradients(self.exprs, [t.name for t in self.targets], raws)
        cuts = self._cuts(raws, labels)
        asked = set(raws)
        alone = [e for e in cuts if e not in asked and e not in self.loops.gradients]
        for e in alone:  # a multiple of another gradient needs none
            own = {x: n for x, n in cuts.items() if x is not e}
            simple = self._simplest(e, own)[1]
            price = cost(simple, {**self.names, **own})
            short = price <= TRIVIAL and _leaves(simple, own)
            # What takes axes apart, or what that is, is easier to read by itself.
            whole = e in self.of_products and not any(map(rearranges, around(simple, own)))
            if price <= PLAIN or (short and whole):
                cuts = own
        self._scale([e for e in alone if e in cuts], cuts)
        found = []
        for i, raw in enumerate(raws):
            found.append(self._gradient(i, labels[i], raw, cuts))
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
            self.output,
            {p: self.names[e] for p, e in self.recorded.exprs.items() if e in self.names},
            {**self.recorded.given, **self.constants.given()},
            self.loops,
            self.checker,
        )

    def _scale(self, helpers: Sequence[Expr], cuts: Mapping[Expr, str]) -> None:
        """Let gradients that nobody asked for leave out what all of them is divided by.

        So the courses write: dZ is A − Y, and the 1/m of the cost stands with dW and db.
        """
        if not self.scope.of_place(self.root) or self.seed.is_input:
            return
        made_at = {e: place.seq for place, e in self.raw.items() if type(place) is Node}
        for e in sorted(helpers, key=lambda e: -made_at.get(e, 0)):
            own = {x: n for x, n in cuts.items() if x is not e}
            try:
                divisor = self._normaliser(own).divisor(e)
            except OutOfTime:
                return
            if divisor is not None:
                self.multiples[e] = e * divisor, divisor

    def _labels(self, cuts: Mapping[Expr, str]) -> dict[Expr, str]:
        """Return what stands in formulas for gradients with a name."""
        return {self.multiples.get(e, (e,))[0]: label for e, label in cuts.items()}

    def _used(self, gradients: Sequence[Gradient]) -> set[Expr]:
        """Return the named values in formulas, and in what the letters in these stand for."""
        numbers = {e: name for name, e in self.constants.symbols.items()}
        names = {**self.names, **numbers}
        used: set[Expr] = set()
        queue = [
            (g.expr, {x: n for x, n in {**names, **g.names}.items() if x is not g.raw})
            for g in gradients
        ]
        while queue:
            for x in _leaves(*queue.pop()):
                if x not in used:
                    used.add(x)
                    spelt = self.letters.introduced.get(x)
                    own = {y: n for y, n in names.items() if y is not x}
                    queue += [(spelt, own)] if spelt is not None else []
        return used

    def _read(self, used: Container[Expr]) -> tuple[Fact, ...]:
        """Return what was read off constants: masks, arrays that follow from others, numbers."""
        facts = []
        for mask in self.recorded.decided:
            what = description(mask, self.recorded.users.get(mask))
            side = bool(mask.value.flat[0])
            facts.append(Fact("uniform", side, "data", mask, f"{what} is {side} everywhere"))
        for e in self.recorded.read:
            what = description(e, self.recorded.users.get(e))
            note = f"{what} is {text(formula(e, self.names))}"
            facts.append(Fact("equals", None, "data", e, note))
        for e, others in self.letters.guesses.items():
            if e in used:
                known = pretty(self.names[e])
                note = f"{known} may be {', '.join(map(pretty, others))}, which holds the same"
                facts.append(Fact("name", None, "data", e, note))
        for name, value in self.constants.vanished.items():
            note = f"{pretty(name)} = {value:.6g}"
            facts.append(Fact("number", value, "data", constant(value), note))
        for name, e in self.constants.symbols.items():
            if e in used:
                value = self.scope.numbers[name]
                facts.append(
                    Fact("number", value, "data", e, f"{pretty(e.name or name)} = {value:.6g}")
                )
        return tuple(facts)

    def _cuts(self, raws: Sequence[Expr], labels: Sequence[str]) -> dict[Expr, str]:
        """Return the gradients that have a name in the formulas of others."""
        cuts = {
            raw: label
            for raw, label in zip(raws, labels, strict=True)
            if raw.value is None and not raw.is_input
        }
        cuts = {**self.loops.gradients, **cuts}
        products = {p: e for p, e in self.raw.items() if e not in self.loops.gradients}
        several = len(raws) > 1 or self.loops.found
        return self.letters.of_products(products, cuts) if several else cuts

    def _gradient(self, i: int, label: str, raw: Expr, cuts: Mapping[Expr, str]) -> Gradient:
        own = {e: n for e, n in cuts.items() if e is not raw}
        products = {e: n for e, n in own.items() if e in self.of_products}
        best: Found | None = None
        for chosen in [own] if products == own or self.loops.found else [own, products]:
            found = self._simplest(raw, chosen)
            if best is None or found[0] < best[0]:
                best = found
        assert best is not None
        _, e, events, atoms = best
        difference = self.checker(label, i, e)
        names = {**self.names, **self._labels(own)}
        self._introduce(e, names)
        return Gradient(label, self.exprs[i], e, raw, names, tuple(events), atoms, difference)

    def _simplest(self, raw: Expr, cuts: Mapping[Expr, str]) -> Found:
        if not self.loops.found:
            key = raw, self._used_cuts(raw, cuts), len(self.names)
            if key not in self.known:
                self.known[key] = self._simplified(raw, self._normaliser(cuts), cuts)
            return self.known[key]
        by_step = read(raw, lambda x: x is not raw and self._stays(x, cuts))
        t = self.loops.step.get(raw)
        if t is None:
            return self._shortest(by_step, raw, cuts)
        form = self.shifts.form(by_step, t)
        if form in self.known_forms:
            before, (price, e, _, atoms) = self.known_forms[form]
            try:
                e = self.shifts.moved(e, t - before)
                self.checker.same(self.loops.gradients[raw], e, raw, raw)
                return price, e, [], atoms
            except (KeyError, DerivationError):  # as where a loop begins, or data are others
                pass
        found = self._shortest(by_step, raw, cuts)
        if not any(rule in TELLING for rule, _ in found[2]):
            self.known_forms[form] = t, found
        return found

    def _used_cuts(self, raw: Expr, cuts: Mapping[Expr, str]) -> frozenset[object]:
        """Return what a gradient is a formula of: others with a name, or multiples of them."""
        stays = {x for x in cuts if x is not raw}
        below = in_order([raw], lambda x: () if x in stays or x in self.forward else x.args)
        return frozenset(self.multiples.get(x, x) for x in below if x in stays)

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
        found = []
        for part in parts:
            normaliser = self._in_step(part.expr, raw, cuts, atoms)
            found.append(self._simplified(part.expr, normaliser, cuts))
        e = joined([Term(f[1], part.scatter) for f, part in zip(found, parts, strict=True)])
        events = [event for _, _, own, _ in found for event in own]
        return sum(f[0] for f in found) + len(found) / 2, e, events, atoms

    def _in_step(self, part: Expr, raw: Expr, cuts: Mapping[Expr, str], atoms: Atoms) -> Normaliser:
        """Return what simplifies a term of a gradient, which knows only the steps in it."""
        used = in_order([part], lambda x: () if self._stays(x, cuts) else x.args)
        steps = {None, *(self.loops.step.get(x) for x in used)}
        near = [x for x in self.in_order if self.loops.step.get(x) in steps]
        later = self._later(raw)
        names = {x: self.names[x] for x in near if x in self.names and x not in later}
        return self._normaliser(cuts, near, names, self._begun(atoms, names, near))

    def _later(self, raw: Expr) -> set[Expr]:
        """Return what a step's value is only a factor of, by which its gradient is not written."""
        t, own = self.loops.step.get(raw), self.loops.value_of.get(raw)
        if own is None:
            return set()
        return {x for x in self.loops.values if self.loops.step.get(x) == t and _opens(x)} - {own}

    def _stays(self, e: Expr, cuts: Mapping[Expr, str]) -> bool:
        """Return whether a value is no gradient that is still to be simplified."""
        return e in cuts or e.is_input or (e in self.forward and e.op is not STACK)

    def _simplified(self, raw: Expr, normaliser: Normaliser, cuts: Mapping[Expr, str]) -> Found:
        names = {**self.names, **self._labels(cuts)}
        best = cost(raw, names, self.bodies), raw, list[Event](), normaliser.atoms
        if time.monotonic() > self.deadline:
            self.ran_out = True
            return best
        try:
            found, events = normaliser.taking_note(lambda: candidates(normaliser, raw))
        except OutOfTime:
            self.ran_out = True
            return best
        simple = dict.fromkeys(
            frame.written(lower(frame.poly, frame.shape, normaliser.atoms)) for frame in found
        )
        price, _, e = min((cost(e, names, self.bodies), i, e) for i, e in enumerate(simple))
        worse = price > max(best[0] + 0.5, HARDLY_MORE * best[0])
        return best if worse else (price, e, events, normaliser.atoms)

    def _normaliser(
        self,
        cuts: Mapping[Expr, str],
        forward: Sequence[Expr] = (),
        names: Mapping[Expr, str] | None = None,
        atoms: Atoms | None = None,
    ) -> Normaliser:
        return Normaliser(
            meanings=MEANINGS,
            forward=dict.fromkeys(forward or self.forward),
            names=self.names if names is None else names,
            atoms=atoms or self._atoms.copy(),
            facts=self.facts,
            cuts={e for e in cuts if e not in self.multiples},
            multiples={e: found for e, found in self.multiples.items() if e in cuts},
            length=self._length,
            number=self.constants.number,
            deadline=self.deadline,
            data=self.checker.values,
        )

    def _begun(self, atoms: Atoms, forward: Iterable[Expr], in_order: Iterable[Expr]) -> Atoms:
        """Return atoms that know forward values, and which of them only move another's axes."""
        for e in forward:
            source, labels = moved(e, self.names)
            if source not in self.names:
                atoms.call(source, e, labels)
        for e in in_order:  # factors are written in the order of the forward pass
            atoms.value(e)
        return atoms

    @cached_property
    def _atoms(self) -> Atoms:
        """The atoms of all forward values, which each gradient's own begin with."""
        named = filter(self.names.__contains__, self.forward)
        return self._begun(Atoms(), named, self.in_order)

    def _length(self, n: int) -> Expr | None:
        """Return the symbol for the length of an axis, unless it is but one of those of a mean."""
        return None if n in self.within_means else self.constants.length(n)

    def _helpers(self, found: Sequence[Gradient], cuts: Mapping[Expr, str]) -> list[Gradient]:
        """Return the formulas for gradients that others use, but nobody asked for."""
        asked = {g.raw for g in found}
        helpers: list[Gradient] = []
        queue = list(found)
        labels = self._labels(cuts)
        came_from = {self.multiples.get(e, (e,))[0]: e for e in cuts}
        while queue:
            g = queue.pop(0)
            for e in _leaves(g.expr, {x: n for x, n in labels.items() if x is not g.raw}):
                if e not in asked:
                    asked.add(e)
                    own = {x: n for x, n in cuts.items() if x is not came_from[e]}
                    _, simple, events, atoms = self._simplest(e, own)
                    self.checker.same(labels[e], simple, e, came_from[e])
                    names = {**self.names, **self._labels(own)}
                    self._introduce(simple, names)
                    helper = Gradient(
                        labels[e], None, simple, e, names, tuple(events), atoms, 0.0,
                        self._meaning(labels[e], came_from[e]),
                    )  # fmt: skip
                    helpers.append(helper)
                    queue.append(helper)
        return helpers

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
        of = self.scope.of_place(self.root)
        return Multiple(self.multiples[raw][1], of or "output", label.removeprefix("d"))


def _opens(e: Expr) -> bool:
    """Return whether a value is read as the product it is."""
    return e.op in MEANINGS.opened and not is_affine(e)


def _times(every: Sequence[Expr], e: Expr) -> int:
    return sum(x is e for x in every)


def _leaves(e: Expr, names: Mapping[Expr, str]) -> list[Expr]:
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
