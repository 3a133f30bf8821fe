"""What each step of a loop is given of its own: slices of the caller's arrays, mostly.

NumPy takes ``Y[:, t]`` before the graph sees it: each step holds another constant. Here each gets a
symbol of its own, also where two steps are given the same, and the name of the slice that it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count, pairwise
from typing import Any

import numpy as np

from tensorgraph.formulas.facts import Fact
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.naming.letters import description
from tensorgraph.formulas.recurrences.counters import counted_by
from tensorgraph.formulas.recurrences.families import Family, Recurrence
from tensorgraph.formulas.recurrences.slices import GETITEM, rebuilt
from tensorgraph.formulas.writing.formula import Formula, key_text
from tensorgraph.ops._axes import kept
from tensorgraph.ops.reduce import sum
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import (
    Expr,
    constant,
    constant_of_its_own,
    in_order,
    lift,
    remade,
    symbol,
)
from tensorgraph.symbolic.replay import Replay

LETTERS = "xdsw"
"""Letters for data without a name."""
NUMBERS = "c"
"""Letters for numbers without one, before these."""

Slice = tuple[str, int, int]
"""The name of an array, an axis, and a place along it."""


@dataclass(eq=False)
class Inputs:
    """What steps are given, by name.

    Args:
        recorded: the graph.
        scope: the caller's variables.
    """

    recorded: Replay
    scope: Scope
    names: dict[Expr, str] = field(default_factory=dict)
    written: dict[str, Formula] = field(default_factory=dict)
    """How each name is written."""
    facts: dict[Expr, tuple[Fact, ...]] = field(default_factory=dict)
    """What is known of symbols."""
    copies: dict[Expr, Expr] = field(default_factory=dict)
    """What each symbol stands for."""
    unnamed: dict[Expr, str] = field(default_factory=dict)
    """What is no slice of a variable, and what it is."""

    def told_apart(self, found: Iterable[Recurrence]) -> Replay:
        """Return the graph with a symbol for what each step is given."""
        symbols: dict[tuple[Family, int], Expr] = {}
        for f in (f for r in found for f in r.families):
            own = self._symbols(f) if f.is_given else self._picked(f)
            symbols |= {(f, t): e for t, e in own.items()}
        if not symbols:
            return self.recorded
        values = {e: self._value(x) for e, x in self.copies.items()}
        recorded = replace(self.recorded, given={**self.recorded.given, **values})
        return rebuilt(recorded, _with(recorded, found, symbols))

    def _value(self, e: Expr) -> Any:
        return evaluate([e], self.recorded.given)[e]

    def _symbols(self, f: Family) -> dict[int, Expr]:
        """Return a symbol for what each step is given."""
        values = {t: self._value(e) for t, e in f.members.items()}
        taken, held = self._slices(values), self.scope.of_array(self._value(f.last))
        counted = counted_by(values, self.scope) if taken is None else None
        letter = bare(held) if held else self._free(LETTERS if f.last.ndim else NUMBERS + LETTERS)
        result: dict[int, Expr] = {}
        for t, e in f.members.items():
            if taken is None:
                name = f"{letter}_{t}"
                written = stepped(letter, t) if counted is None else counted[t]
            else:
                name, axis, place = taken[t]
                key = key_text((*[slice(None)] * axis, place))
                written = Formula("item", (Formula("name", text=name),), key)
                name = f"{name}_{place}"
            array = np.asarray(values[t])
            result[t] = self._symbol(name, written, array)
            if result[t].is_input:
                self.copies[result[t]] = e
            if taken is None and counted is None and not held:
                self.unnamed[result[t]] = description(e, self.recorded.users.get(e))
        return result

    def _picked(self, f: Family) -> dict[int, Expr]:
        """Return one-hot vectors for places that are looked up, in no order: p[labels[t]]."""
        axis = picked_axis(f)
        if axis is None:
            return {}
        whole = f.last.args[0].shape
        n, shape = whole[axis], kept(whole, tuple(i for i in range(len(whole)) if i != axis))
        places = {t: x.static["key"][axis] % n for t, x in f.members.items()}
        taken, letter = self._slices(places), self._free("y" + LETTERS)
        result: dict[int, Expr] = {}
        for t, place in places.items():
            name, written = f"{letter}_{t}", stepped(letter, t)
            if taken is not None:
                of, _, at = taken[t]
                item = Formula("item", (Formula("name", text=of),), str(at))
                name, written = f"{of}_{at}_hot", Formula("function", (item,), "one_hot")
            hot = (np.arange(n) == place).astype(f.last.dtype).reshape(shape)
            result[t] = e = self._symbol(name, written, hot)
            self.copies[e] = constant(hot)
            self.facts[e] = (Fact("one_hot", axis, "op", e),)
            if taken is None:
                self.unnamed[e] = "one-hot: 1 at the place that is looked up"
        return result

    def _free(self, letters: str) -> str:
        """Return a letter for data that no variable holds."""
        used = {name.rpartition("_")[0] for name in self.written}
        used |= {f.parts[0].text for f in self.written.values() if f.parts}
        used |= {*self.scope.places.values(), *self.scope.numbers}
        used |= {self.scope.of_array(a) or "" for a in self.scope.arrays()}
        numbered = (f"{letters[0]}{i}" for i in count(2))
        return next(x for x in chain(letters, numbered) if x not in used)

    def _symbol(self, name: str, written: Formula, array: Any) -> Expr:
        """Return the symbol that stands for data; for indices, which rules look at, a constant."""
        known = [e for e, own in self.names.items() if own == name]
        if taken_by_another := [e for e in known if e.shape != array.shape]:
            name, known = f"{name}_{len(taken_by_another)}", []
        if known:
            e = known[0]
        elif array.dtype.kind in "iu" and array.ndim:
            e = constant_of_its_own(array)
        else:
            e = symbol(name, array.shape, array.dtype)
        self.names[e], self.written[name] = name, written
        return e

    def _slices(self, values: Mapping[int, Any]) -> dict[int, Slice] | None:
        """Return which slice of one of the caller's arrays each step is given."""
        (t, first), *_ = values.items()
        for name, array, axes in self._held():
            for axis in range(axes):
                n = array.shape[axis]
                if array.shape[:axis] + array.shape[axis + 1 :] != np.shape(first):
                    continue
                for shift in sorted(range(-t, n - t), key=abs):
                    places = {t: t + shift for t in values}
                    if all(
                        0 <= places[t] < n and np.array_equal(array.take(places[t], axis), value)
                        for t, value in values.items()
                    ):
                        return {t: (name, axis, place) for t, place in places.items()}
        return None

    def _held(self) -> Iterator[tuple[str, Any, int]]:
        """Yield the caller's arrays, and lists, with their names and how many axes have places."""
        for array in self.scope.arrays():
            yield self.scope.of_array(array) or "", array, np.ndim(array)
        for holder in self.scope.variables.holders:
            if holder.name and isinstance(holder.value, (list, tuple)):
                array = listed(holder.value)
                if array is not None:
                    yield holder.name, array, 1


def listed(values: Sequence[Any]) -> Any:
    """Return a list of numbers, or of arrays of one shape, as an array; ``None`` for another."""
    if not all(isinstance(x, (int, float, np.number, np.ndarray)) for x in values):
        return None
    return np.asarray(values) if len({np.shape(x) for x in values}) == 1 else None


def bare(name: str) -> str:
    """Return a variable's name without the t for the step: x for ``x_t`` and ``xt``."""
    name = name.rstrip("_")
    return name.removesuffix("_t") if name.endswith("_t") else re.sub(r"^([^\W\d_])t$", r"\1", name)


def stepped(letter: str, t: int) -> Formula:
    """Return a letter with a step as its index."""
    return Formula("step", (Formula("name", text=letter),), str(t))


def _with(
    recorded: Replay, found: Iterable[Recurrence], symbols: Mapping[tuple[Family, int], Expr]
) -> dict[Expr, Expr]:
    """Return what stands for each expression with symbols for what steps are given."""
    parts: dict[Expr, list[tuple[Family, int]]] = {}
    for f in (f for r in found for f in r.computed):
        for t, x in f.members.items():
            parts.setdefault(x, []).append((f, t))
    new: dict[Expr, Expr] = {}
    made = dict(symbols)
    for e in in_order(recorded.exprs.values()):
        new[e] = remade(e, [new[x] for x in e.args])
        for f, t in parts.get(e, ()):
            args = [
                new[x] if g is None else made.get((g, t + by), new[x])
                for (g, by), x in zip(f.slots, e.args, strict=True)
            ]
            hot = symbols.get((f, t))
            new[e] = made[f, t] = remade(e, args) if hot is None else _looked_up(f, e, args[0], hot)
    return new


def picked_axis(f: Family) -> int | None:
    """Return the axis along which each step looks up a place, in no order."""
    keys = [
        x.static["key"] if x.op is GETITEM and len(x.args) == 1 else () for x in f.members.values()
    ]
    for i, first in enumerate(keys[0]):
        places = [key[i] for key in keys]
        if type(first) is int and None not in keys[0] and Ellipsis not in keys[0]:
            if len(set(places)) > 1 and {a - b for a, b in pairwise(places)} not in ({1}, {-1}):
                return i
    return None


def _looked_up(f: Family, e: Expr, x: Expr, hot: Expr) -> Expr:
    """Return x[place] as a sum with a one-hot factor."""
    axis = picked_axis(f)
    assert axis is not None
    key = e.static["key"]
    rest = key[:axis] + key[axis + 1 :]
    found = sum(x * hot, axis=axis)
    return lift(found[rest] if any(k != slice(None) for k in rest) else found)
