"""Constants of a graph in terms of the caller's variables: what NumPy or Python computed before.

The graph sees ``1 - Y`` or ``1 / m`` only as an array or a number. What these are is read off the
values of the variables where ``derive`` is called.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tensorgraph.caller.statements import BESIDE, IN_OP, IN_OP_BESIDE, NOWHERE, Sought
from tensorgraph.engine.graph import Node, ancestors
from tensorgraph.engine.op import Op
from tensorgraph.engine.stated_facts import stated_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.algebra.irrationals import PI, irrational
from tensorgraph.formulas.facts import Fact, violation
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.naming.distinct import SIGNS
from tensorgraph.formulas.naming.forms import (
    REDUCED,
    Form,
    Reading,
    Target,
    evidence,
    readings,
    rounding,
    statistics,
)
from tensorgraph.formulas.naming.masks import Masks, Value
from tensorgraph.formulas.naming.numbers import Made, Numbers, is_long
from tensorgraph.formulas.naming.occurrences import Occurrences
from tensorgraph.formulas.naming.sources import Source, one_hots, picks, sources
from tensorgraph.ops.index import one_hot
from tensorgraph.symbolic.array_table import ArrayTable, content
from tensorgraph.symbolic.expr import Expr, constant, in_64_bits, in_order, lift
from tensorgraph.symbolic.reader import Before, Operand, Place, selects

LARGE = 100_000
"""What the elements of larger arrays come to is not computed, unless they stand in the graph."""

FEW = 100
"""So many elements tell most arrays that are not binary."""

COUNTED = 4
"""Sums of whole numbers below this are met by chance."""

DIGITS = 4
"""Numbers of no more digits may have been written out in a computation."""


class Constants:
    """What constants are, by the variables of a caller.

    Args:
        scope: the variables.
        root: the graph, in which some of these stand.
        left: keys of constants that are read as nothing else than they are.
        shown: whether masks are read as comparisons only where the statements have these.
    """

    def __init__(
        self, scope: Scope, root: Node, left: Collection[Any] = (), shown: bool = False
    ) -> None:
        self.scope, self.left, self._shown = scope, left, shown
        self.guessed: dict[Any, None] = {}
        """Keys of the constants that were read off values, which may agree by chance."""
        nodes = ancestors([root])
        self.occurrences = Occurrences(scope, nodes)
        words = {node.op.notation.sign for node in nodes}
        self.signs = (*SIGNS, *(word for word in words if word == "σ"))
        """What stands for a constant or an operation in formulas, so for no value."""
        self.numbers = Numbers(scope.numbers, scope.variables.computations(), self.signs)
        self.masks = Masks(scope, self.numbers)
        self.vanished: dict[str, Any] = {}
        """The variables of zeros and ones that formulas leave out."""
        self._met = ArrayTable[bool]()
        self._arrays: list[Any] = []
        self._masks: list[Any] = []
        self._lengths: set[int] = set()
        for node in nodes:
            self._lengths |= {*node.shape}
            for i, parent in enumerate(node.parents):
                self._meet(parent, selects(node, i))
        self._statistics: dict[int, list[tuple[float, Form]]] = {}
        self._by_use = sorted(scope.arrays(), key=lambda array: not self._met.get(array))

    def _meet(self, parent: Any, selects: bool) -> None:
        value = parent._data if type(parent) is Tensor else parent
        self._lengths |= {*getattr(parent, "shape", ())}
        if isinstance(value, np.ndarray) and value.size > 1 and not self._met.get(value):
            self._met.put(value, True)
            self._arrays.append(value)
            if selects and value.dtype.kind == "b":
                self._masks.append(value)

    @property
    def symbols(self) -> dict[str, Expr]:
        """The symbols of the numbers that were found, by name."""
        return self.numbers.symbols

    @property
    def guesses(self) -> Mapping[str, Collection[str]]:
        """Other variables of the same value that a number may as well be, by the name it got."""
        return self.numbers.guesses

    def given(self) -> dict[Expr, Any]:
        """Return the values of the numbers that were found."""
        return self.numbers.given()

    def reserve_pi(self, exprs: Iterable[Expr]) -> None:
        """Let π stand for the number alone, if formulas of these expressions may hold it."""
        numbers = (e for e in _spelt_out(exprs) if e.size and e.value is not None)
        found = (
            irrational(np.asarray(e.value).flat[0].item(), e.dtype)
            for e in numbers
            if e.dtype.kind == "f"
        )
        if any(PI in known.powers for known in found if known is not None):
            self.signs = (*self.signs, "pi")
            self.numbers.reserve("pi")

    # ----------------------------------------------------------------------------------- numbers

    def number(self, value: Any, at: Operand | None = None, place: Place | None = None) -> Expr:
        """Return a number of the graph in terms of the caller's variables, if it is one of them.

        Args:
            value: the number.
            at: where it stands: what the statements write out in such a place is no variable.
            place: gives the expressions of arrays that it may be computed from.
        """
        value = in_64_bits(value)
        v = np.asarray(value).item()
        if isinstance(v, bool) or v in (0, 1, -1) or not np.isfinite(v):
            if at is not None and v in (0, 1):
                self._note_vanished(v, at)
            return constant(value)
        dtype = getattr(value, "dtype", None)
        precision = np.float32 if dtype == np.float32 else np.float64

        def fit(names: Iterable[str]) -> int:
            return NOWHERE if at is None else self.scope.fit(names, *at)

        written = NOWHERE if at is None else self.scope.fit_of_number(abs(v), *at)
        e = self._named(v, at, written)
        if e is not None:
            return e
        found = self.numbers.in_terms(v, precision, fit)
        if found is not None and (found[0] == IN_OP_BESIDE > written or written == NOWHERE):
            # A 0.5 that is written out is no 0.5 d of a d that happens to be 1.
            return self._form(found[1], at).make()
        unwritten = written == NOWHERE and (dtype is not None or is_long(v))
        if place is None or not unwritten or v in self.left:
            return constant(value)
        e = self._statistic(v, dtype, place)
        return constant(value) if e is None else self._guess(v, e)

    def _guess(self, key: Any, e: Expr) -> Expr:
        """Take note that a constant was read off values."""
        self.guessed[key] = None
        return e

    def _named(self, v: Any, at: Operand | None, written: int) -> Expr | None:
        """Return the variable that a number is, or what the statements compute in its place.

        That is ``None`` if no variable holds it, or its negative, or where it is written out.
        """
        names = {name: sign for sign in (1, -1) for name in self._called(sign * v)}
        found = [Made((name,), partial(self._signed, name, sign)) for name, sign in names.items()]
        if not found or at is None:
            return found[0].make() if found else None
        made = self.numbers.as_written(v)
        if written < IN_OP:  # that of np.zeros(400) is none here
            return self._chosen([*found, *made], len(found), at).make()
        literal = Made((), partial(constant, v))
        chosen = self._chosen([literal, *found, *made], 1 + len(found), at, abs(v))
        return None if chosen is literal else chosen.make()

    def _signed(self, name: str, sign: int) -> Expr:
        symbol = self.numbers.symbol(name)
        return symbol if sign > 0 else -symbol

    def _form(self, forms: Sequence[Made], at: Operand | None) -> Made:
        """Return the one of some forms of a number that the statements have in this place."""
        values = self.scope.numbers
        alike = {
            frozenset(form.names): form
            for form in forms[::-1]
            if [values[name] for name in form.names] == [values[name] for name in forms[0].names]
        }
        found = [*alike.values()][::-1]
        return found[0] if at is None else self._chosen(found, 0, at)

    def _chosen(
        self, found: Sequence[Made], plain: int, at: Operand, literal: float | None = None
    ) -> Made:
        """Return what the statements have in a place, and take note of what it may be as well.

        Args:
            found: what a number may be; what is made of no variable is written out.
            plain: so many of these, the first, are written out or are variables alone.
            at: the place.
            literal: the number, where it may be written out.
        """
        if len(found) == 1:
            return found[0]
        every = [
            Sought(made.names or (literal or 0.0,), computed=i >= plain)
            for i, made in enumerate(found)
        ]
        i, others = self.occurrences.chosen(every, at)
        for k in others:
            for name, other in zip(found[i].names, found[k].names, strict=False):
                self.numbers.guess(name, [other])
        for name in found[i].names:
            if name not in self.scope.counts:  # of a loop's variable, a list may hold all values
                self.numbers.guess(name, [x for each in found for x in each.names])
        return found[i]

    def _note_vanished(self, v: Any, at: Operand) -> None:
        """Take note of the variables that a 0 or 1 comes from, by where it stands."""
        names = [*self.numbers.named(v), *self.numbers.written_with(v)]
        values = self.scope.numbers
        names = [x for x in names if values[x] == 0 or repr(values[x]) == "1.0"]  # 1 is a count
        likely = [name for name in names if self.scope.fit([name], *at) >= IN_OP]
        written = self.scope.fit_of_number(v, *at) if likely else NOWHERE
        for name in likely:
            if self.scope.fit([name], *at) > written:
                self.vanished[name] = values[name]

    def length(self, n: int) -> Expr | None:
        """Return the variable for the length of an axis, where one is named like a count."""
        names = [name for name in self._called(n) if name in self.symbols]
        if n > 2:
            names += [name for name in self._called(n) if _counts(name)]
        proper = [name for name in names if name in self.scope.counts]
        if not proper:
            return None
        self.numbers.guess(proper[0], proper)
        return self.numbers.symbol(proper[0])

    def _called(self, v: Any) -> list[str]:
        """Return the variables that hold a number: of the lengths, first those named like it."""
        names = self.numbers.named(v)
        return sorted(names, key=lambda name: not _counts(name)) if v in self._lengths else names

    def _statistic(self, v: float, dtype: Any, place: Place) -> Expr | None:
        """Return a number as what all elements of an array come to: their sum, or their mean."""
        close = rounding(dtype if dtype is not None else np.dtype(np.float64)) * abs(v)
        for array in [*self._arrays, *self._by_use]:
            if array.size < 2:  # a number is no statistic of itself
                continue
            if not self._met.get(array) and (array.size > LARGE or dtype is None):
                continue
            for value, form in self._statistics_of(array):
                if form is not REDUCED[0] and not is_long(v):
                    continue
                for sign in (1, -1):
                    if abs(v - sign * value) <= close:
                        return sign * form.build(place(array), axis=None)  # type: ignore[no-any-return]
                    if value and abs(v - sign / value) <= close:
                        return sign / form.build(place(array), axis=None)  # type: ignore[no-any-return]
        return None

    def _statistics_of(self, array: Any) -> list[tuple[float, Form]]:
        """Return what the elements of an array come to; whole numbers, only what they add up to.

        What is counted comes to numbers that are met everywhere.
        """
        if id(array) not in self._statistics:
            found = list(zip(statistics(array), REDUCED, strict=True))
            if (array == np.round(array)).all():
                common = found[0][0] in self._lengths or found[0][0] < COUNTED
                found = [] if common else found[:1]
            self._statistics[id(array)] = found
        return self._statistics[id(array)]

    # ------------------------------------------------------------------------------------ arrays

    def called(self, array: Any, at: Operand) -> list[str]:
        """Return the variables that an array may be, by what they hold and where it stands."""
        return self.scope.of_operand(array, *at)

    def array(self, array: Any, place: Place) -> Expr | None:
        """Return how an array without a name follows from arrays that have one.

        What NumPy computes from constants is not recorded: ``1 - Y`` is just another array.

        Args:
            array: the array.
            place: gives the expressions of those that it may be computed from.
        """
        key = content(array)
        if not array.size or array.dtype.kind not in "biuf" or key in self.left:
            return None
        target, told = Target(array), evidence(array)
        number = partial(self._written, dtype=array.dtype)
        found = [*self._sources(array)]
        for reading in readings(target, found, self._by_use, number):
            if told >= self._needed(reading, len(found)) and reading.gives(array):
                return self._guess(key, reading.expr(place, array.shape))
        return None

    def condition(self, mask: Any, before: Sequence[Before], place: Place) -> Expr | None:
        """Return the condition that a boolean array tells of values before it, or of the caller's.

        Args:
            mask: the array.
            before: the values that were computed before it, those that stand beside it first.
            place: gives the expressions of arrays.
        """
        places = self.scope.of_place
        computed = [Value(b.array, b.written, places(b.place) or "", b.at_hand) for b in before]
        met = ArrayTable[bool]()
        for value in computed:
            met.put(value.array, True)
        given = [
            Value(x, partial(place, x), self.scope.of_array(x) or "", bool(self._met.get(x)))
            for x in self._by_use
            if not met.get(x)  # what holds the same is called as in the graph
        ]
        key, hot = content(mask), self._hot(mask)
        if key in self.left or (hot is not None and _stated_axis(mask) is not None):
            return hot
        found = self.masks.condition(mask, [*computed, *given], hot, self._shown)
        return found if found is None or found is hot else self._guess(key, found)

    def _hot(self, mask: Any) -> Expr | None:
        """Return a mask of classes by their labels, which tell it whatever the values are."""
        met = [x for x in self._arrays if x.dtype.kind in "iu"]
        stated = _stated_axis(mask)
        told = {i for x in met if x.ndim == mask.ndim for i, n in enumerate(x.shape) if n == 1}
        told = told if stated is None else {stated}
        every = [*(x for x in self._by_use if x.dtype.kind in "iu"), *map(np.squeeze, met)]
        for labels in every:
            # Of a symmetric mask what made it, or indices in the graph, tell the axis.
            for source in sorted(one_hots(labels, mask.shape), key=lambda s: s.axis not in told):
                if stated not in (None, source.axis):
                    continue
                if np.array_equal(source.whole(), mask):
                    static = {"num_classes": mask.shape[source.axis], "axis": source.axis}
                    return lift(one_hot(constant(labels), **static, dtype=bool))
        return None

    def _sources(self, made: Any) -> Iterator[Source]:
        """Yield what an array may be made of, what the graph has first; a mask of no masks."""
        shape = made.shape
        for array in [*self._by_use, *(self._masks if made.dtype.kind != "b" else ())]:
            yield from sources(array, shape)
        for labels in self._by_use:
            if labels.dtype.kind in "iu":
                yield from one_hots(labels, shape)
                for x in self._by_use:
                    yield from picks(x, labels, shape)

    def _needed(self, reading: Reading, choices: int) -> float:
        """Return how many bits of evidence a reading takes: the more there are to choose from."""
        arrays = [array for source in reading.sources for array in source.arrays]
        each = 2.0 if all(map(self._met.get, arrays)) else 3 + math.log2(1 + choices)
        free = sum(v != 1 and not self._stands_beside(e, arrays) for v, e in reading.numbers)
        return each * len(reading.sources) + 4 * free

    def _stands_beside(self, number: Any, arrays: Sequence[Any]) -> bool:
        """Return whether the statements have a number beside the arrays: it is no free choice."""
        if isinstance(number, Expr):
            symbols = self.numbers.symbols
            within = set(in_order([number]))  # == of expressions is another one
            names = [name for name, e in symbols.items() if e in within]
            return all(self.scope.fit_beside(name, arrays) >= BESIDE for name in names)
        return not callable(number) and self.scope.fit_beside(number, arrays) >= BESIDE

    def _written(self, v: float, arrays: Sequence[Any], dtype: Any) -> tuple[float, Any] | None:
        """Return a number as somebody wrote it beside arrays, and as formulas have it."""
        if not np.isfinite(v) or v == 0:
            return None
        short = float(f"{v:.{DIGITS}g}")
        if abs(v - short) > max(1e-9, rounding(dtype)) * abs(v):
            found = self.numbers.in_terms(v, dtype if dtype == np.float32 else np.float64)
            return None if found is None else (v, self._form(found[1], None).make())
        whole = int(short) if short == int(short) else short
        fit, written = self.scope.fit_beside, self.scope.fit_beside(whole, arrays)
        if abs(short) == 1:
            return short, whole
        named = [*self.numbers.named(short), *self.numbers.named(whole)]
        ranks = {x: (fit(x, arrays), self.scope.likeness_beside(x, arrays)) for x in named}
        name = max(named, key=ranks.__getitem__, default=None)
        if name is not None and ranks[name][0] > written:
            self.numbers.guess(name, [x for x in named if ranks[x] == ranks[name]])
            return short, self.numbers.symbol(name)
        computed = self.numbers.as_written(v) if written == NOWHERE else []
        return short, computed[0].make() if computed else whole

    def uniform(self, e: Expr) -> str | None:
        """Return which labels or mask of one value a constant of one value may be computed from."""
        if e.value is None or e.size < 2 or (e.value != e.value.flat[0]).any():
            return None
        for array in self.scope.arrays():
            same = array.shape == e.shape and array.flat[0] in (0, 1)
            if same and (array == array.flat[0]).all():
                return f"{self.scope.of_array(array)} is {array.flat[0]:g} everywhere"
        return None

    def known_sums(self, data: bool) -> Iterator[tuple[Any, Fact]]:
        """Yield the caller's arrays of which a fact about sums is known, and the fact.

        Args:
            data: whether to read more off the data than what was asserted.
        """
        yield from self.scope.asserted
        for array in self.scope.arrays() if data else ():
            yield from ((array, fact) for fact in self.one_hot(array))

    def one_hot(self, array: Any) -> Iterator[Fact]:
        """Yield facts of an array that is the one-hot form of labels in a variable."""
        few = array.flat[:FEW]
        if array.ndim == 0 or not np.isin(few, (0, 1)).all() or violation(array, "binary", True):
            return
        for labels, known in self.scope.labels():
            for source in one_hots(labels, array.shape):
                axis = source.axis
                if np.array_equal(source.whole(), array):
                    note = f"{self.scope.of_array(array) or 'an array'} = one_hot({known})"
                    yield Fact("one_hot", axis, "data", note=note)


def _stated_axis(mask: Any) -> int | None:
    """Return along which axis a mask is one-hot by what made it, if that states so."""
    axis = dict(stated_of(mask)).get("one_hot")
    return axis % mask.ndim if isinstance(axis, int) and mask.ndim else None


def _spelt_out(exprs: Iterable[Expr]) -> Iterator[Expr]:
    """Yield what expressions are made of, and what the bodies of the operations in them are."""
    waiting, met, opened = list(exprs), dict[Expr, None](), set[Op]()
    while waiting:
        found = in_order(waiting, lambda e: () if e in met else e.args)
        met.update(dict.fromkeys(found))
        kinds = {e.op: e for e in found if e.op is not None and e.op.body is not None}
        new = [e for op, e in kinds.items() if op not in opened]
        opened.update(kinds)
        waiting = [lift(e.op.body(*e.args, **e.static)) for e in new if e.op and e.op.body]
    yield from met


def _counts(name: str) -> bool:
    """Return whether a variable is named like a count."""
    return len(name) == 1 or name.startswith(("n_", "num_", "batch"))
