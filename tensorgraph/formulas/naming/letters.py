"""Letters: what formulas call each value, by the caller's variables and as textbooks have it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.display.text import encodable
from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import Op
from tensorgraph.formulas.naming.attention import attentions
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.naming.constants import Constants
from tensorgraph.formulas.naming.distinct import Taken, distinct
from tensorgraph.formulas.naming.ends import Ends
from tensorgraph.formulas.naming.parameters import Parameter, symbols
from tensorgraph.formulas.writing.broadcasting import hidden
from tensorgraph.formulas.writing.formula import cost, written_of
from tensorgraph.ops._axes import kept
from tensorgraph.ops.arithmetic import add, divide, multiply, negative, subtract
from tensorgraph.ops.masking import dropout
from tensorgraph.ops.moments import affine, center, rms
from tensorgraph.ops.reduce import mean, sum as total
from tensorgraph.ops.transcendental import exp
from tensorgraph.symbolic.expr import Expr, constant, in_order
from tensorgraph.symbolic.replay import Replay

LONG_FORMULA, DEEP = 80, 12
"""Above this cost, or so many operations inside each other, parts of a formula get letters."""


class Letters:
    """The names of values in formulas.

    Args:
        recorded: the graph; its inputs take the names found.
        constants: what constants are, by the caller's variables.
        given: the names of what is differentiated by, where it has been given any.
        exprs: the expressions of what is differentiated by.
        gradients: those of all values, before they are simplified.
    """

    def __init__(
        self,
        recorded: Replay,
        constants: Constants,
        given: Sequence[str | None],
        exprs: Sequence[Expr],
        gradients: Iterable[Expr],
    ) -> None:
        self.recorded = recorded
        self.introduced: dict[Expr, Expr] = {}
        """Values that got a letter, each with what it is spelt as where that is explained."""
        self.unexplained: dict[Expr, str] = {}
        """Inputs and constants without a name among the variables: what they are."""
        self.guesses: dict[Expr, Sequence[str]] = {}
        """Other variables that a constant may as well be, by all that is known."""
        self.met = tuple(e.name or "" for e in constants.symbols.values())
        """The numbers that the graph holds."""
        self.numbers = (*constants.scope.numbers, *self.met)
        """The variables that hold numbers, whose symbols stand for nothing else."""
        self.parameters: dict[Expr, str] = {}
        """The paths of modules' parameters, which have a symbol for a name."""
        self.names = self._found(constants, given, exprs, in_order(gradients))
        order = in_order(list(recorded.exprs.values()))
        scales = [e for e in order if e.op is rms.op]
        for i, e in enumerate(scales, 1):
            self._normalising(e, str(i) if len(scales) > 1 else "")
        every = [*attentions(order)]
        for i, letters in enumerate(every, 1):
            for letter, e in letters.items():
                self._letter(e, f"{letter}{i}" if len(every) > 1 else letter)
        for e in filter(_is_softmax, order):
            self._letter(e, "A")

    def _found(
        self,
        constants: Constants,
        given: Sequence[str | None],
        exprs: Sequence[Expr],
        gradients: Sequence[Expr],
    ) -> dict[Expr, str]:
        """Return the names of the caller's variables, and others for constants without one."""
        names = {e: name for e, name in zip(exprs, given, strict=True) if name}
        for place, e in self.recorded.exprs.items():
            found = constants.scope.of_place(place)
            if found and e.value is None:
                names.setdefault(e, found)
        order = in_order(list(self.recorded.exprs.values()))
        for e in [*self.recorded.given, *order]:
            found = self._of_constant(e, constants.scope)
            if found:
                names.setdefault(e, found)
        sizes = {e.size for e in order if e.value is not None and e.dtype.kind in "iu"}
        for array, name in constants.scope.labels():
            if array.size in sizes:
                names.setdefault(constant(array), name)
        numbers = set(constants.symbols.values())
        places = [e for e in gradients if e.dtype.kind in "iu" and _is_pattern(e)]
        for e in [*self.recorded.given, *order, *places]:
            if e not in names and e not in numbers and (e.is_input or _is_pattern(e)):
                self.unexplained[e] = description(e, self.recorded.users.get(e))
                names[e] = e.name or _usual_name(e, self.recorded.users.get(e))
        for i, e in enumerate(exprs):
            names.setdefault(e, f"v{i}")
        names |= self._symbols(names, constants.scope.parameters)
        shown = {e: encodable(name) for e, name in names.items()}
        result = distinct(shown, (*self.numbers, *constants.signs), dict.fromkeys(exprs))
        for e, name in result.items():
            if e.is_input:
                e.name = name
        return result

    def _symbols(
        self, names: Mapping[Expr, str], parameters: Mapping[str, Parameter]
    ) -> dict[Expr, str]:
        """Return the symbols of values whose names are the paths of modules' parameters."""
        self.parameters = {e: name for e, name in names.items() if name in parameters}
        others = {name for e, name in names.items() if e not in self.parameters}
        found = symbols([parameters[path] for path in self.parameters.values()], others)
        return {e: found[parameters[path]] for e, path in self.parameters.items()}

    def _of_constant(self, e: Expr, scope: Scope) -> str | None:
        """Return the variable that a constant is."""
        array = self.recorded.given.get(e, e.value)
        if not np.ndim(array):
            return None
        known = self.recorded.called.get(e) or ()
        others = scope.others(known) if known else []
        if others:
            self.guesses[e] = others
        return known[0] if known else scope.of_array(array)

    def _letter(self, e: Expr, letter: str, spelt: Expr | None = None) -> None:
        """Introduce a letter, if the value has no name and the letter stands for nothing else."""
        if e not in self.names and letter not in self._taken():
            self.names[e] = letter
            self.introduced[e] = e if spelt is None else spelt

    def _taken(self, *others: str) -> Taken:
        """Return the symbols that stand for something."""
        return Taken([*self.names.values(), *self.numbers, *others])

    def _normalising(self, e: Expr, number: str) -> None:
        """Introduce μ, σ and x̂ around a root mean square, as papers on normalisation write.

        Args:
            e: the root mean square, in most layers that of what is centred.
            number: what tells the letters from those of other layers.
        """
        assert e.op is not None and e.op.body is not None
        (x,) = e.args
        axes = e.static["axis"]
        scale = e.reshape(kept(x.shape, axes))
        if x.op is not center.op or x.static["axis"] != axes:
            self._letter(e, f"rms{number}", e.op.body(x, **e.static))
            self._letter(x / scale, _with_hat(self.names.get(x)) + number)
            return
        (source,) = x.args
        centre = mean(source, axis=axes, keepdims=True)
        self._letter(centre, f"mu{number}")
        self._letter(e, f"sigma{number}", e.op.body(source - centre, **e.static))
        hat = _with_hat(self.names.get(source)) + number
        self._letter(x / scale, hat, (source - centre) / scale)

    # -------------------------------------------------------------------------------- gradients

    def of_gradients(
        self, exprs: Sequence[Expr], given: Sequence[str | None], raws: Sequence[Expr]
    ) -> list[str]:
        """Return what gradients are called, which nothing else in a formula is.

        A number of the caller's that is not in the graph may have the same name: it is what the
        caller found by hand.
        """
        own = set(raws)
        taken = Taken([*(name for e, name in self.names.items() if e not in own), *self.met])
        labels = []
        for e, own_name in zip(exprs, given, strict=True):
            alone = sum(x is e for x in exprs) == 1
            labels.append(taken.primed(f"d{self.names[e] if alone else own_name or self.names[e]}"))
        return labels

    def of_products(self, raw: Mapping[Any, Expr], known: Mapping[Expr, str]) -> dict[Expr, str]:
        """Return names for the gradients of products of matrices, after the values they end in.

        Such a value is a variable, or the product is called Z with a number, and what an activation
        makes of it, A.

        Args:
            raw: the gradient of each place.
            known: gradients that have a name.
        """
        found = dict(known)
        products = [p for p in raw if type(p) is Node and is_product(p.op, len(p.parents))]
        numbers: dict[Expr, int] = {}
        ends = Ends(raw, {p for p, e in self.recorded.exprs.items() if e in self.names})
        for number, place in enumerate(sorted(products, key=lambda p: p.seq), 1):
            end = ends.of(place)
            e, value = raw[end], self.recorded.exprs[end]
            if e in found or e.value is not None or e.is_input:
                continue
            if value not in self.names:
                free = self._free_number(number, found.values())
                numbers[value] = free
                self._letter(value, f"Z{free}")
            elif re.fullmatch(r"Z\d+", self.names[value]):
                numbers[value] = int(self.names[value][1:])
            found[e] = Taken([*found.values(), *self.names.values()]).primed(
                f"d{self.names[value]}"
            )
        self._activations(numbers)
        return found

    def _free_number(self, number: int, labels: Iterable[str]) -> int:
        """Return the first number from this one on with which Z and dZ stand for nothing else."""
        taken = self._taken(*labels)
        while f"Z{number}" in taken or f"dZ{number}" in taken:
            number += 1
        return number

    def _activations(self, products: Mapping[Expr, int]) -> None:
        """Call what activations make of the product of a layer A, with the product's number."""
        for e in dict.fromkeys(self.recorded.exprs.values()):
            if e.op is None or e.op.letter != "A" or e.op.family != "elementwise":
                continue
            x = e.args[0]
            while x not in products and _may_stand_between(x):
                x = x.args[0]
            if x in products and f"Z{products[x]}" == self.names.get(x):
                self._letter(e, f"A{products[x]}")

    # --------------------------------------------------------------------------------- formulas

    def introduce(self, e: Expr, names: Mapping[Expr, str]) -> None:
        """Give letters to probabilities and labels in a formula, and to parts of a long one.

        Args:
            e: the formula.
            names: what has a name in it.
        """
        if cost(e, names) > LONG_FORMULA:
            self._parts(e, names)
        order = in_order([e], lambda x: () if x in names else written_of(x))
        uses, predicted = _uses(order, names, written_of), _predictions(order, names)
        taken = self._taken(*names.values())
        for x in in_order(_in_sums(order, names), lambda x: () if x in names else x.args):
            if _usual_letter(x) == "Y" or x in predicted:
                self._usual(x, names, taken)
        for x, count in uses.items():
            if count > 1:
                self._usual(x, names, taken)

    def _usual(self, e: Expr, names: Mapping[Expr, str], taken: Taken) -> None:
        letter = _usual_letter(e)
        if letter and e not in names and letter not in taken:
            self._letter(e, taken.primed(letter))

    def _parts(self, e: Expr, names: Mapping[Expr, str]) -> None:
        """Give letters to what a long formula uses more than once, or nests deeply."""
        order = in_order([e], lambda x: () if x in names else x.args)
        uses = _uses(order, names)
        depth: dict[Expr, int] = {}
        for x in order:
            plain = x in names or not x.args or x in self.introduced
            depth[x] = 0 if plain else 1 + max(depth[part] for part in x.args)
            if plain or x is e or hidden(x):
                continue
            if (uses[x] > 1 and depth[x] > 1) or depth[x] > DEEP:
                self._letter(x, f"t{1 + len(self.introduced)}")
                depth[x] = 0


def _uses(
    order: Sequence[Expr],
    names: Mapping[Expr, str],
    below: Callable[[Expr], Iterable[Expr]] = lambda e: e.args,
) -> dict[Expr, int]:
    """Return how often each part of a formula stands in it, where ``below`` tells its parts."""
    uses: dict[Expr, int] = {}
    for x in order:
        for part in below(x) if x not in names else ():
            uses[part] = uses.get(part, 0) + 1
    return uses


def _in_sums(order: Sequence[Expr], names: Mapping[Expr, str]) -> list[Expr]:
    """Return the terms of sums in a formula."""
    sums = [x for x in order if x not in names and x.op in (*SUMS, total.op, mean.op)]
    return [part for x in sums for part in x.args]


def _predictions(order: Sequence[Expr], names: Mapping[Expr, str]) -> set[Expr]:
    """Return the factors in sums of which labels are a term: one-hot rows, or data."""
    found: set[Expr] = set()
    for x in order:
        if x not in names and x.op in SUMS:
            terms = in_order([x], lambda y: () if y in names else _terms(y))
            if any(_usual_letter(y) == "Y" or (y.op is None and y.size > 1) for y in terms):
                found.update(in_order(terms, lambda y: () if y in names else _factors(y)))
    return found


def _terms(e: Expr) -> tuple[Expr, ...]:
    """Return the terms of a sum, and what terms are multiples of."""
    if hidden(e) or e.op in (*SUMS, negative.op):
        return e.args
    return _factors(e) if any(x.op is None and x.size == 1 for x in _factors(e)) else ()


def _factors(e: Expr) -> tuple[Expr, ...]:
    return e.args if hidden(e) or e.op in (multiply.op, divide.op) else ()


SUMS = (add.op, subtract.op)


def is_product(op: Op, operands: int) -> bool:
    """Return whether an operation is a product of matrices, whose result textbooks call Z.

    An ``einsum`` of one array is none.
    """
    return op.letter == "Z" and operands > 1


def _usual_letter(e: Expr) -> str:
    """Return the letter of one-hot labels, and of what may be predicted for them: probabilities.

    The A without a number is theirs: A − Y is what readers look for.
    """
    if e.op is None or e.op.letter not in ("A", "Y"):
        return ""
    facts = e.op.facts
    usual = {"one_hot", "sums_to_one"} & facts.keys() or facts.get("between") == (0, 1)
    return e.op.letter if usual else ""


def _may_stand_between(e: Expr) -> bool:
    """Return whether a value may stand between a product of matrices and its activation."""
    return e.op in (add.op, affine.op, center.op, dropout.op)


def _is_softmax(e: Expr) -> bool:
    """Return whether a value is E / ΣE for E = exp(…), spelt out."""
    if e.op is not divide.op:
        return False
    top, below = e.args
    return top.op is exp.op and below.op is total.op and below.args[0] is top


def _is_pattern(e: Expr) -> bool:
    """Return whether a value is a constant array that its elements do not spell out."""
    array = e.value
    return isinstance(array, np.ndarray) and array.size > 1 and array.dtype.kind in "biu"


def _usual_name(e: Expr, user: Node | None) -> str:
    """Return a letter for a constant: D for dropout's mask, M for others, c for numbers."""
    if e.dtype.kind == "b":
        return "D" if user is not None and user.op is dropout.op else "M"
    return "index" if e.dtype.kind in "iu" else "c"


def description(e: Expr, user: Node | None) -> str:
    """Return what an array without a name is, and where it stands."""
    kind = {"b": "mask", "f": "array"}.get(e.dtype.kind, "array of indices")
    where = "" if user is None else f" that {user.op.name!r}{errors.where_in(user.scope)} takes"
    return f"a constant {e.shape} {kind}{where}"


def _with_hat(name: str | None) -> str:
    return f"{name if name and len(name) == 1 else 'x'}\u0302"
