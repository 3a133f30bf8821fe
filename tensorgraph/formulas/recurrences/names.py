"""What the values and gradients of each step are called: a letter, with the step as its index.

The letter is that of the variable, or list, that holds such a value where ``derive`` is called; in
layers, and where no variable does, it is the one that papers use: h and c for what is carried on,
z for products of matrices, in a layer's cell i, f, g, o and r, z, n for its gates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from tensorgraph.engine.graph import Node
from tensorgraph.formulas.naming.letters import is_product
from tensorgraph.formulas.recurrences.families import Family, Recurrence
from tensorgraph.formulas.recurrences.inputs import bare, stepped
from tensorgraph.formulas.recurrences.shifts import Part
from tensorgraph.formulas.recurrences.slices import GETITEM
from tensorgraph.formulas.writing.formula import Formula
from tensorgraph.nn.recurrent.cells import Cell
from tensorgraph.nn.recurrent.layers import GRU, LSTM, RNN
from tensorgraph.symbolic.expr import Expr
from tensorgraph.symbolic.replay import Replay

CELLS: dict[str, type[Cell[Any]]] = {
    module.__name__: layer.cell_type
    for layer in (RNN, GRU, LSTM)
    for module in (layer, layer.cell_type)
}
"""The cell that a module's steps are those of."""
OF_PRODUCTS = "zyuvq"
"""Letters for products of matrices without a name, in their order."""
OF_ACTIVATIONS = "aseo"
"""Letters for what activations make of what has no name."""


@dataclass(eq=False)
class StepNames:
    """The names of what is computed, and of gradients, in each step.

    Args:
        recorded: the graph.
        found: the loops that it came from.
        raw: the gradient of each place.
        known: the names of values, by the caller's variables.
        written: how each name is written: a letter, and its index.
        given: what steps are given of their own.
    """

    recorded: Replay
    found: Sequence[Recurrence]
    raw: Mapping[Any, Expr]
    known: Mapping[Expr, str]
    written: dict[str, Formula]
    given: set[Expr]
    values: dict[Expr, str] = field(default_factory=dict)
    """Names for values."""
    introduced: set[Expr] = field(default_factory=set)
    """The values that no variable holds: what they are has to be told."""
    gradients: dict[Expr, str] = field(default_factory=dict)
    """Names for gradients."""
    circular: set[Family] = field(default_factory=set)
    """The families of a loop whose values depend on those in steps before."""
    of_products: set[Expr] = field(default_factory=set)
    """The gradients of products of matrices in a loop."""
    step: dict[Expr, int] = field(default_factory=dict)
    """The step that a value or gradient belongs to."""
    parts: dict[Expr, Part] = field(default_factory=dict)
    """The part that a value or gradient plays, and its step."""
    value_of: dict[Expr, Expr] = field(default_factory=dict)
    """What each gradient with a name is the gradient of."""
    steps: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """The indices that each letter stands with."""

    def __post_init__(self) -> None:
        members = {x for r in self.found for f in r.computed for x in f.members.values()}
        self.taken = {name for e, name in self.known.items() if e not in members}
        self.taken |= {name.rpartition("_")[0] for name in self.written}
        self.taken |= {f.parts[0].text for f in self.written.values() if f.parts}
        self.scopes: dict[Expr, str] = {}
        self.of: dict[Expr, Expr] = {}
        for place, e in self.recorded.exprs.items():
            self.scopes.setdefault(e, place.scope if type(place) is Node else "")
            if place in self.raw:
                self.of.setdefault(e, self.raw[place])
        for recurrence in self.found:
            for f in recurrence.given:
                self.parts |= {x: (f, t) for t, x in f.members.items()}
            self._name(recurrence)

    def _name(self, recurrence: Recurrence) -> None:
        families = recurrence.computed
        for f in families:
            for t, x in f.members.items():
                self.step[x], self.parts[x] = t, (f, t)
        products = {f.last for f in families if _is_product(f)}
        self.of_products = {self.of[x] for x in products if x in self.of}
        self.circular = _circular(families)
        kinds = (self._by_cell, self._by_variable, self._as_carried, self._as_activation)
        named: dict[Family, None] = {}
        for letter_of in kinds:
            for f in families:
                found = None if f in named or self._is_input(f) else letter_of(f, families)
                if found is not None:
                    letter, shift, held = found
                    self._call(f, letter, shift, held)
                    named[f] = None
        for f in families:
            if f not in named and f.last in products:
                self._name_product(f, families)

    def _call(self, f: Family, letter: str, shift: int, held: bool) -> None:
        """Let the values of a family and their gradients have a letter."""
        self.taken.add(letter)
        for t, x in f.members.items():
            self.values[x] = self._written(letter, t + shift)
            if not held:
                self.introduced.add(x)
        self._call_gradients(f, letter, shift)

    def _call_gradients(self, f: Family, letter: str, shift: int) -> None:
        found = {t: self.of[x] for t, x in f.members.items() if x in self.of}
        shared = len(set(found.values())) < len(found)  # by several steps, so it is of none
        if shared or not (f in self.circular or self.of.get(f.last) in self.of_products):
            return
        for t, e in found.items():
            if e.value is None and not e.is_input and e not in self.gradients:
                self.gradients[e] = self._written(f"d{letter}", t + shift)
                self.step[e], self.value_of[e] = t, f.members[t]
                self.parts[e] = letter, t

    def _written(self, letter: str, index: int) -> str:
        name = f"{letter}_{index}"
        self.written[name] = stepped(letter, index)
        self.steps[letter] = tuple(sorted({*self.steps.get(letter, ()), index}))
        return name

    def of_any_step(self, name: str) -> Formula:
        """Return how a name is written, with t for the step."""
        found = self.written.get(name, Formula("name", text=name))
        return replace(found, text="t") if found.kind == "step" else found

    def _free(self, letters: Iterable[str]) -> str:
        """Return the first letter that stands for nothing else, with a number if none is left."""
        letters = list(letters)
        numbered = (f"{letters[0]}{i}" for i in count(2))
        return next(x for xs in (letters, numbered) for x in xs if x not in self.taken)

    # ---------------------------------------------------------------------------------- letters

    def _is_input(self, f: Family) -> bool:
        """Return whether a family is a slice of what is given, which is written as that."""
        x = f.last
        return x.op is GETITEM and x.args[0].is_input and x not in self.known

    def _by_cell(self, f: Family, families: Sequence[Family]) -> tuple[str, int, bool] | None:
        """Return the letter that a layer's cell has for its state, or for a gate."""
        x, cell = f.last, self._cell(f)
        if cell is None:
            return None
        if f.is_carried:
            return self._as_carried(f, families)
        place = _gate(x) if x.op is not None and x.op.letter == "A" else None
        return (
            None if place is None or not cell.gates else (self._free(cell.gates[place]), 0, False)
        )

    def _cell(self, f: Family) -> type[Cell[Any]] | None:
        return CELLS.get(self.scopes.get(f.last, "").rpartition(" ")[2])

    def _by_variable(self, f: Family, families: Sequence[Family]) -> tuple[str, int, bool] | None:
        """Return the name of the list that holds the values, or of the variable with the last."""
        if self._cell(f) is not None:  # whose variables are none of the caller's
            return None
        held = {t: self.known[x] for t, x in f.members.items() if x in self.known}
        parts = {t: re.fullmatch(r"(.*?\D)(\d+)", name) for t, name in held.items()}
        lists = {(m[1], int(m[2]) - t) for t, m in parts.items() if m is not None}
        if len(held) > 1 and len(lists) == 1 and None not in parts.values():
            ((letter, shift),) = lists
            start = f"{letter}{min(held) + shift - 1}"
            self.values |= {
                e: self._written(letter, min(held) + shift - 1)
                for e, name in self.known.items()
                if name == start
            }
            return letter.rstrip("_"), shift, True
        bases = {m[1] for m in parts.values() if m is not None}
        if len(held) > 1 and len(bases) == 1 and None not in parts.values():  # in another order
            return self._free([bases.pop().rstrip("_")]), 0, True
        name = self.known.get(f.last)
        return None if name is None else (self._free([bare(name)]), 0, True)

    def _as_carried(self, f: Family, families: Sequence[Family]) -> tuple[str, int, bool] | None:
        """Return h for what the next step multiplies by a matrix, c for what else it uses."""
        if not f.is_carried:
            return None
        members = set(f.members.values())
        users = [g for g in families if members & set(g.last.args)]
        return self._free("h" if any(map(_is_product, users)) else "c"), 0, False

    def _as_activation(self, f: Family, families: Sequence[Family]) -> tuple[str, int, bool] | None:
        """Return a letter for what an activation makes of something that has none."""
        x = f.last
        plain = x.op is None or x.op.letter != "A" or x.args[0] in self.values
        return None if plain else (self._free(OF_ACTIVATIONS), 0, False)

    def _name_product(self, f: Family, families: Sequence[Family]) -> None:
        """Let a product, or the sum that it is a term of, and their gradient have a letter."""
        gradient = self.of.get(f.last)
        if gradient is None or gradient in self.gradients:
            return
        alike = [g for g in families if self.of.get(g.last) is gradient]
        if all(g.last not in self.values for g in alike):
            self._call(alike[-1], self._free(OF_PRODUCTS), 0, False)


def _circular(families: Sequence[Family]) -> set[Family]:
    """Return the families whose values depend on themselves in steps before."""
    of = {x: f for f in families for x in f.members.values()}
    users: dict[Family, set[Family]] = {f: set() for f in families}
    for x, f in of.items():
        for u in x.args:
            if u in of:
                users[of[u]].add(f)
    found = set()
    for f in families:
        stack, seen = list(users[f]), set[Family]()
        while stack:
            g = stack.pop()
            if g not in seen:
                seen.add(g)
                stack += users[g]
        if f in seen:
            found.add(f)
    return found


def _is_product(f: Family) -> bool:
    return f.last.op is not None and is_product(f.last.op, len(f.last.args))


def _gate(x: Expr) -> int | None:
    """Return which part of the products of all gates an activation is of."""
    stack = list(x.args)
    while stack:
        y = stack.pop()
        if y.op is GETITEM and y.ndim and type(y.static["key"][-1]) is slice:
            start = y.static["key"][-1].start or 0
            return int(start) // y.shape[-1]
        if y.op is not None and y.op.family == "elementwise" and y.op.letter != "A":
            stack += y.args
    return None
