"""What each step of a loop is given of its own: slices of the caller's arrays, mostly.

NumPy takes ``Y[:, t]`` before the graph sees it: each step holds another constant. Here each gets a
symbol of its own, also where two steps are given the same, and the name of the slice that it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any

import numpy as np

from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.recurrences.families import Family, Recurrence
from tensorgraph.formulas.recurrences.slices import rebuilt
from tensorgraph.formulas.writing.formula import Formula, key_text
from tensorgraph.symbolic.expr import Expr, in_order, make, symbol
from tensorgraph.symbolic.replay import Replay

LETTERS = "xdsw"
"""Letters for data without a name."""

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
    unnamed: set[Expr] = field(default_factory=set)
    """What is no slice of a variable."""

    def told_apart(self, found: Iterable[Recurrence]) -> Replay:
        """Return the graph with a symbol for what each step is given."""
        given = [f for r in found for f in r.given]
        if not given:
            return self.recorded
        symbols: dict[tuple[Family, int], Expr] = {}
        for f in given:
            symbols |= {(f, t): e for t, e in self._symbols(f).items()}
        values = {e: self._value(f.members[t]) for (f, t), e in symbols.items()}
        recorded = replace(self.recorded, given={**self.recorded.given, **values})
        return rebuilt(recorded, _with(recorded, found, symbols))

    def _value(self, e: Expr) -> Any:
        return self.recorded.given.get(e, e.value)

    def _symbols(self, f: Family) -> dict[int, Expr]:
        """Return a symbol for what each step is given, where it is an array or has a name."""
        values = {t: self._value(e) for t, e in f.members.items()}
        taken = self._slices(values)
        letter = self._free()
        result: dict[int, Expr] = {}
        for t, e in f.members.items():
            if taken is None:
                name, written = f"{letter}_{t}", stepped(letter, t)
            else:
                name, axis, place = taken[t]
                key = key_text((*[slice(None)] * axis, place))
                written = Formula("item", (Formula("name", text=name),), key)
                name = f"{name}_{place}"
            array = np.asarray(values[t])
            if array.dtype.kind in "iu" and array.ndim:  # indices decide shapes
                self.names[e], self.written[name] = name, written
            elif array.ndim or taken is not None:
                result[t] = self._symbol(name, written, array)
            if taken is None:
                self.unnamed.add(result.get(t, e))
        return result

    def _free(self) -> str:
        """Return a letter for data that no variable holds."""
        used = {f.parts[0].text for f in self.written.values()}
        used |= {*self.scope.places.values(), *self.scope.numbers}
        used |= {self.scope.of_array(a) or "" for a in self.scope.arrays()}
        letters = chain(LETTERS, (f"x{i}" for i in count(2)))
        return next(x for x in letters if x not in used)

    def _symbol(self, name: str, written: Formula, array: Any) -> Expr:
        known = [e for e, own in self.names.items() if own == name and e.is_input]
        if taken_by_another := [e for e in known if e.shape != array.shape]:
            name, known = f"{name}_{len(taken_by_another)}", []
        e = known[0] if known else symbol(name, array.shape, array.dtype)
        self.names[e], self.written[name] = name, written
        return e

    def _slices(self, values: Mapping[int, Any]) -> dict[int, Slice] | None:
        """Return which slice of one of the caller's arrays each step is given."""
        (t, first), *_ = values.items()
        for array in self.scope.arrays():
            name = self.scope.of_array(array) or ""
            for axis in range(np.ndim(array)):
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
        new[e] = _remade(e, [new[x] for x in e.args])
        for f, t in parts.get(e, ()):
            slots = [(g, t + by) for g, by in f.slots]
            args = [made.get(slot, new[x]) for slot, x in zip(slots, e.args, strict=True)]  # type: ignore[call-overload]
            new[e] = made[f, t] = _remade(e, args)
    return new


def _remade(e: Expr, args: Sequence[Expr]) -> Expr:
    if e.op is None or all(x is y for x, y in zip(args, e.args, strict=True)):
        return e
    return make(e.op, tuple(args), e.static, e.shape, e.dtype)
