"""``derive``: the gradient of a recorded graph as a formula, checked against the engine's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph.arrays import to_array
from tensorgraph.autodiff import gradients_at, place_of
from tensorgraph.graph import Node
from tensorgraph.modes import mode
from tensorgraph.symbolic import meanings  # noqa: F401  # imported for what it declares
from tensorgraph.symbolic.algebra import Event
from tensorgraph.symbolic.check import Checker
from tensorgraph.symbolic.expr import Expr, constant, in_order, symbol
from tensorgraph.symbolic.facts import Fact, Facts, asserted_of, sum_of_affine
from tensorgraph.symbolic.fold import candidates
from tensorgraph.symbolic.formula import HIDDEN, cost
from tensorgraph.symbolic.lower import lower
from tensorgraph.symbolic.names import Scope, unique
from tensorgraph.symbolic.normal import Normaliser, OutOfTime
from tensorgraph.symbolic.poly import Atoms
from tensorgraph.symbolic.replay import Replay, recorded_values, replay
from tensorgraph.symbolic.report import Derivation, Gradient
from tensorgraph.symbolic.request import Target, check_in_graph, check_output, targets_of
from tensorgraph.tensor import Tensor

INTRODUCED = {"softmax": "A", "sigmoid": "A", "one_hot": "Y"}
"""Letters for values that have no name, as the course writes them."""

TRIVIAL = 4.5
"""Formulas that cost no more are written out rather than given a name."""

LONG_FORMULA, DEEP = 80, 12
"""Above this cost, or so many operations inside each other, parts of a formula get letters."""

CUT_AFTER = ("matmul", "linear", "einsum")
"""Operations whose incoming gradient, where several formulas need it, gets a name of its own."""


def derive(
    output: Tensor,
    wrt: Any,
    *,
    name: Any = None,
    gradient: Any = None,
    time_limit: float = 5.0,
) -> Derivation:
    """Return the gradient of ``output`` as a formula, in terms of the values of its graph.

    The recorded graph is differentiated on symbolic arrays by the same rules as in ``backward``,
    simplified, and compared with the engine's own gradient on the recorded data and on fresh
    random data. What cannot be simplified is given as it stands. Names are those of the variables
    where ``derive`` is called. (Courses 1 and 2 of the Deep Learning Specialization
    derive these formulas by hand.)

    Args:
        output: a scalar; or any tensor, with ``gradient``.
        wrt: what to differentiate by: a tensor of the graph, several of them (in a list, tuple, or
            dict by name), or a module, for all its parameters. Where several are given, formulas
            use the gradients that others define.
        name: what to call it, or a list for several; by default the variable's own name.
        gradient: the gradient of a loss by ``output``, which formulas then start from.
        time_limit: after so many seconds, what is not simplified yet is given as it stands.

    Raises:
        GraphError: the output needs no gradient or is not a scalar; its graph was released, holds
            a hook or a checkpoint, or a leaf was assigned to since; a tensor of ``wrt`` is not in
            the graph.
        DTypeError: something to differentiate by is no floating-point tensor.
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
    """
    scope = Scope(sys._getframe(1))
    targets = targets_of(wrt, name, scope)
    check_output(output, gradient)
    root = place_of(output)
    check_in_graph(root, targets)
    recorded = replay([root], scope.number, scope.explain, scope.of_array)
    recorded.given |= scope.given()
    return _Derivation(output, targets, scope, recorded, gradient, time_limit).result()


Found = tuple[float, Expr, list[Event], Atoms]
"""A formula: how much there is to read, the expression, the rules applied, and its atoms."""


class _Derivation:
    """The work of one call of ``derive``."""

    def __init__(
        self,
        output: Tensor,
        targets: Sequence[Target],
        scope: Scope,
        recorded: Replay,
        gradient: Any,
        time_limit: float,
    ) -> None:
        self.targets, self.scope, self.recorded = targets, scope, recorded
        self.deadline = time.monotonic() + time_limit
        self.root = place_of(output)
        self.seed = self._seed(output, gradient)
        self.values = recorded_values(recorded)
        self.raw = recorded.backward(self.root, self.seed)
        self.places = [place_of(t.tensor) for t in targets]
        self.exprs = [recorded.exprs[p] for p in self.places]
        self.asserted = self._assertions()
        self.facts = Facts(self.asserted)
        self.names = self._forward_names(targets)
        self.forward = dict.fromkeys(recorded.exprs.values())
        self.in_order = in_order([recorded.exprs[self.root]])
        self.checker = self._checker(output)
        self.introduced: dict[Expr, str] = {}

    def _seed(self, output: Tensor, gradient: Any) -> Expr:
        if gradient is None:
            return constant(np.ones(output.shape, output.dtype))
        array = to_array(gradient, output.dtype)
        name = self.scope.of_array(gradient if type(gradient) is not Tensor else gradient._data)
        known = self.scope.of_place(self.root) or "output"
        seed = symbol(name or f"d{known}", array.shape, array.dtype)
        self.recorded.given[seed] = array
        return seed

    def _assertions(self) -> dict[Expr, tuple[Fact, ...]]:
        found = {}
        for place, e in self.recorded.exprs.items():
            facts = asserted_of(place)
            if facts:
                found[e] = facts
        self._infer(found)
        result = {
            e: tuple(Fact(f.word, f.value, f.source, e) for f in facts)
            for e, facts in found.items()
        }
        for e, value in self.scope.given().items():
            if value > 0:
                result[e] = (Fact("positive", True, "value", e),)
        return result

    def _infer(self, found: dict[Expr, tuple[Fact, ...]]) -> None:
        """Add what follows from how constants were made, which is not recorded.

        An array that equals the one-hot form of labels among the caller's variables has its facts;
        one that is a·Y + b has the sum that follows from Y's.
        """
        arrays = {
            e: np.asarray(v)
            for e, v in self.recorded.given.items()
            if hasattr(v, "dtype") and v.ndim and e not in self.recorded.leaves
        }
        for e, array in arrays.items():
            axis = None if found.get(e) else self.scope.one_hot_axis(array)
            if axis is not None:
                found[e] = (Fact("one_hot", axis, "op"),)
        for e, array in arrays.items():
            if not found.get(e):
                related = (sum_of_affine(array, y, f) for y, f in self.scope.known_sums())
                found[e] = tuple(filter(None, related))[:1]

    def _forward_names(self, targets: Sequence[Target]) -> dict[Expr, str]:
        names: dict[Expr, str] = {}
        for e, target in zip(self.exprs, targets, strict=True):
            if target.name:
                names[e] = target.name
        for place, e in self.recorded.exprs.items():
            found = self.scope.of_place(place)
            if found:
                names.setdefault(e, found)
        for e, array in self.recorded.given.items():
            found = self.scope.of_array(array) if hasattr(array, "dtype") else None
            if found and array.ndim:
                names.setdefault(e, found)
        for e in in_order(list(self.recorded.exprs.values())):
            found = self.scope.of_array(e.value) if np.ndim(e.value) else None
            if found:
                names.setdefault(e, found)
        inputs = [e for e in self.recorded.given if e not in names]
        for i, e in enumerate(inputs):
            names[e] = e.name or f"x{i}"
        for i, e in enumerate(self.exprs):
            names.setdefault(e, f"v{i}")
        for e, name in unique(names).items():
            if e.is_input:
                e.name = name
        return unique(names)

    def _checker(self, output: Tensor) -> Checker:
        seed = np.asarray(self.recorded.given.get(self.seed, self.seed.value))
        with mode(observer=None):
            engine = gradients_at(self.places, {self.root: seed.astype(output.dtype)}, False, True)
        return Checker(
            self.recorded.exprs[self.root],
            self.seed,
            self.exprs,
            [self._raw(p) for p in self.places],
            self._is_shared(),
            self.recorded.given,
            self.asserted,
            [g.numpy() for g in engine],
        )

    def _is_shared(self) -> bool:
        """Return whether two places compute the same, so that one expression stands for both."""
        every = list(self.recorded.exprs.values())
        return any(_times(every, e) > 1 for e in self.exprs)

    def _raw(self, place: Any) -> Expr:
        found = self.raw.get(place)
        if found is None:
            found = constant(np.zeros(place.shape, place.dtype))
        return found

    # ------------------------------------------------------------------------------------ result

    def result(self) -> Derivation:
        raws = [self._raw(p) for p in self.places]
        labels = self._labels(raws)
        cuts = self._cuts(raws, labels)
        asked = set(raws)
        for e in [e for e in cuts if e not in asked]:  # a multiple of another gradient needs none
            own = {x: n for x, n in cuts.items() if x is not e}
            simple = self._simplest(e, own)[1]
            if cost(simple, {**self.names, **own}) <= TRIVIAL and _leaves(simple, own):
                cuts = own
        found = []
        for i, raw in enumerate(raws):
            found.append(self._gradient(i, labels[i], raw, cuts))
        helpers = self._helpers(found, cuts)
        return Derivation(
            tuple(found),
            tuple(helpers),
            self._used_letters([*found, *helpers]),
            self.recorded.given,
            self.checker,
        )

    def _labels(self, raws: Sequence[Expr]) -> list[str]:
        """Return what the gradients are called, which nothing else in a formula is."""
        own = set(raws)
        taken = {name for e, name in self.names.items() if e not in own}
        labels = []
        for e, target in zip(self.exprs, self.targets, strict=True):
            alone = _times(self.exprs, e) == 1
            label = f"d{self.names[e] if alone else target.name or self.names[e]}"
            while label in taken:
                label += "′"
            taken.add(label)
            labels.append(label)
        return labels

    def _used_letters(self, gradients: Sequence[Gradient]) -> dict[Expr, str]:
        """Return the letters that formulas use, and those that their definitions use."""
        used: dict[Expr, None] = {}
        queue = [(g.expr, {x: n for x, n in g.names.items() if x is not g.raw}) for g in gradients]
        while queue:
            e, names = queue.pop()
            for x in _leaves(e, {**names, **self.introduced}):
                if x in self.introduced and x not in used:
                    used[x] = None
                    queue += [(y, self.names) for y in x.args]
        return {e: letter for e, letter in self.introduced.items() if e in used}

    def _cuts(self, raws: Sequence[Expr], labels: Sequence[str]) -> dict[Expr, str]:
        """Return the gradients that have a name in the formulas of others."""
        cuts = {
            raw: label
            for raw, label in zip(raws, labels, strict=True)
            if raw.value is None and not raw.is_input
        }
        if len(raws) > 1:
            taken = {*labels, *(f"d{n}" for n in self.names.values())}
            for place, raw in self.raw.items():
                if type(place) is not Node or raw in cuts or raw.value is not None or raw.is_input:
                    continue
                if place.op.name in CUT_AFTER:
                    own = self._name_of_gradient(place, raw, taken)
                    while own in cuts.values() or own in self.names.values():
                        own += "′"
                    cuts[raw] = own
        return cuts

    def _name_of_gradient(self, place: Node, raw: Expr, taken: Container[str]) -> str:
        """Return a name for the gradient of a product: after the value that it ends in.

        Without a name it is called Z with a number, and what an activation makes of it, A.
        """
        for other, found in self.raw.items():
            known = self.names.get(self.recorded.exprs[other])
            if found is raw and known:
                return f"d{known}"
        products = [p for p in self.raw if type(p) is Node and p.op.name in CUT_AFTER]
        number = sorted(products, key=lambda p: p.seq).index(place) + 1
        own, value = f"Z{number}", self.recorded.exprs[place]
        if own in self.names.values() or f"d{own}" in taken:
            return f"d{own}′"
        self._letter(value, own)
        for e in self.forward:
            takes_it = len(e.args) == 1 and e.args[0] is value
            if takes_it and e.op is not None and e.op.family == "elementwise":
                self._letter(e, f"A{number}")
        return f"d{own}"

    def _letter(self, e: Expr, letter: str) -> None:
        if e not in self.names and letter not in self.names.values():
            self.names[e] = self.introduced[e] = letter

    def _gradient(self, i: int, label: str, raw: Expr, cuts: Mapping[Expr, str]) -> Gradient:
        own = {e: n for e, n in cuts.items() if e is not raw}
        products = {
            e: n
            for e, n in own.items()
            if any(
                p.op.name in CUT_AFTER for p, g in self.raw.items() if g is e and type(p) is Node
            )
        }
        best: Found | None = None
        for chosen in [own, products] if products != own else [own]:
            found = self._simplest(raw, chosen)
            if best is None or found[0] < best[0]:
                best = found
        assert best is not None
        _, e, events, atoms = best
        difference = self.checker(label, i, e)
        names = {**self.names, **own}
        self._introduce(e, names)
        return Gradient(label, self.exprs[i], e, raw, names, tuple(events), atoms, difference)

    def _introduce(self, e: Expr, names: Mapping[Expr, str]) -> None:
        """Give unnamed activations and one-hot labels in a formula the letters A and Y."""
        taken = {*self.names.values(), *names.values(), *self.introduced.values()}
        if cost(e, names) > LONG_FORMULA:
            self._introduce_parts(e, names)
        for x in in_order([e], lambda x: () if x in names else x.args):
            for part in x.args if x.op is not None and x not in names else ():
                letter = INTRODUCED.get(part.op.name) if part.op is not None else None
                in_sum = x.op is not None and x.op.name in ("add", "subtract")
                if letter and part not in names and in_sum and letter not in taken:
                    taken.add(letter)
                    self.introduced[part] = letter

    def _introduce_parts(self, e: Expr, names: Mapping[Expr, str]) -> None:
        """Give letters to what a long formula uses more than once, or nests deeply."""
        order = in_order([e], lambda x: () if x in names else x.args)
        uses: dict[Expr, int] = {}
        depth: dict[Expr, int] = {}
        for x in order:
            for part in x.args if x not in names else ():
                uses[part] = uses.get(part, 0) + 1
        for x in order:
            plain = x in names or not x.args or x in self.introduced
            depth[x] = 0 if plain else 1 + max(depth[part] for part in x.args)
            if plain or x is e or (x.op is not None and x.op.name in HIDDEN):
                continue
            if (uses[x] > 1 and depth[x] > 1) or depth[x] > DEEP:
                self.introduced[x] = f"t{1 + len(self.introduced)}"
                depth[x] = 0

    def _simplest(self, raw: Expr, cuts: Mapping[Expr, str]) -> Found:
        names = {**self.names, **cuts}
        normaliser = Normaliser(
            forward=self.forward,
            names=self.names,
            facts=self.facts,
            cuts=cuts,
            length=self.scope.length,
            deadline=self.deadline,
        )
        for e in self.in_order:  # factors are written in the order of the forward pass
            normaliser.atoms.value(e)
        best = cost(raw, names), raw, list[Event](), normaliser.atoms
        try:
            found, events = normaliser.taking_note(lambda: candidates(normaliser, raw))
        except OutOfTime:
            return best
        self.recorded.given |= self.scope.given()
        self.checker.know(self.scope.given())
        simple = [lower(p, raw.shape, normaliser.atoms) for p in found]
        price, _, e = min((cost(e, names), i, e) for i, e in enumerate(simple))
        return (price, e, events, normaliser.atoms) if price <= best[0] + 0.5 else best

    def _helpers(self, found: Sequence[Gradient], cuts: Mapping[Expr, str]) -> list[Gradient]:
        """Return the formulas for gradients that others use, but nobody asked for."""
        asked = {g.raw for g in found}
        helpers: list[Gradient] = []
        queue = list(found)
        while queue:
            g = queue.pop(0)
            for e in _leaves(g.expr, {x: n for x, n in cuts.items() if x is not g.raw}):
                if e not in asked:
                    asked.add(e)
                    own = {x: n for x, n in cuts.items() if x is not e}
                    _, simple, events, atoms = self._simplest(e, own)
                    if not self.checker.equal(simple, e):
                        simple, events = e, []
                    names = {**self.names, **own}
                    self._introduce(simple, names)
                    helper = Gradient(cuts[e], None, simple, e, names, tuple(events), atoms, 0.0)
                    helpers.append(helper)
                    queue.append(helper)
        return helpers


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
