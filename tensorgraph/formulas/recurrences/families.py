"""Families: the values of a graph that are the same at each step of a loop, found in the graph.

Nobody tells that a graph came from a loop. It is found by comparing a value with an earlier one of
the same operation: where both are made alike, down to weights that both share, so are all values
on the way; each is paired with the one that plays its part a step before. A pair that ends in
something else is where the loop begins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from tensorgraph.engine.op import Op
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.recurrences.slices import GETITEM
from tensorgraph.ops.arithmetic import divide, multiply, square
from tensorgraph.ops.transcendental import power
from tensorgraph.symbolic.expr import Expr

FEWEST = 3
"""So many steps make a recurrence; fewer are written out."""
PRODUCTS = (multiply.op, divide.op)
TRIES = 16
"""So many earlier values of its kind is each value compared with."""

Pairs = dict[Expr, Expr]
"""Each value with the one that plays its part a step before."""


@dataclass(eq=False)
class Family:
    """Values that play the same part in each step, by the number of the step."""

    members: dict[int, Expr]
    is_given: bool = False
    """Whether it is not computed: data that each step has of its own."""
    slots: list[tuple[Family | None, int]] = field(default_factory=list)
    """For each operand the family that it is of, if it is of one, and how many steps before."""
    is_carried: bool = False
    """Whether the next step uses it."""

    @property
    def last(self) -> Expr:
        """The value of the last step."""
        return next(iter(self.members.values()))


@dataclass(frozen=True, eq=False)
class Recurrence:
    """What a loop computed: families of values, the last step's first in each, operands first."""

    families: tuple[Family, ...]

    @property
    def given(self) -> list[Family]:
        """What each step is given of its own."""
        return [f for f in self.families if f.is_given]

    @property
    def computed(self) -> list[Family]:
        """What each step computes."""
        return [f for f in self.families if not f.is_given]


def recurrences(
    order: Sequence[Expr], weights: Collection[Expr], single: Collection[Expr] = ()
) -> list[Recurrence]:
    """Return the loops that a graph came from.

    Args:
        order: the expressions of the graph, operands first.
        weights: its inputs that a gradient flows to, which all steps of a loop share.
        single: its numbers that have a name of their own, which so do not go through a list.
    """
    found: list[Recurrence] = []
    known: set[Expr] = set()
    place = {e: i for i, e in enumerate(order)}
    above = _ancestors(order, place)
    data = _data(order, weights).difference(single)
    by_kind: dict[Any, list[int]] = {}
    for i, e in enumerate(order):
        if e.op is not None:
            by_kind.setdefault(_kind(e), []).append(i)
    for i in range(len(order) - 1, -1, -1):
        e = order[i]
        if e.op is None or e in known:
            continue
        earlier = (k for k in reversed(by_kind[_kind(e)]) if k < i and above[i] >> k & 1)
        for k, _ in zip(earlier, range(TRIES), strict=False):
            pairs = _paired(e, order[k], data)
            if _is_loop(e, pairs, data):
                found.append(_families(e, pairs, place, data))
                known |= {x for f in found[-1].families for x in f.members.values()}
                break
    return found[::-1]


def _ancestors(order: Sequence[Expr], place: Mapping[Expr, int]) -> list[int]:
    """Return for each expression the set, in bits, of those that it is made of."""
    above: list[int] = []
    for e in order:
        own = 0
        for x in e.args:
            own |= above[place[x]] | 1 << place[x]
        above.append(own)
    return above


def _data(order: Sequence[Expr], weights: Collection[Expr]) -> set[Expr]:
    """Return what no gradient flows to."""
    found: set[Expr] = set()
    for e in order:
        if all(x in found for x in e.args) if e.op is not None else e not in weights:
            found.add(e)
    return found


def _kind(e: Expr) -> Any:
    """Return what is the same of an expression at each step."""
    key = e.static.get("key", ())
    static = [(k, repr(v)) for k, v in e.static.items() if k != "key"]
    places = tuple("int" if type(k) is int else repr(k) for k in key)
    return e.op, len(e.args), e.shape, e.dtype, tuple(static), places


def _paired(e: Expr, earlier: Expr, data: Collection[Expr]) -> Pairs:
    """Return what is made alike in two expressions, as pairs; none if these are not."""
    pairs: Pairs = {}
    stack = [(e, earlier)]
    while stack:
        x, y = stack.pop()
        if x in pairs:
            continue
        pairs[x] = y
        if all(u is v or (u.op and v.op) or _may_vary(u, v, data) for u, v in _operands(x, y)):
            stack += [(u, v) for u, v in _operands(x, y) if u is not v and _alike(u, v)]
        elif x is e:
            return {}
    return _sound(e, pairs, data)


def _operands(x: Expr, y: Expr) -> Iterator[tuple[Expr, Expr]]:
    return zip(x.args, y.args, strict=True)


def _alike(x: Expr, y: Expr) -> bool:
    return x.op is not None and y.op is not None and _kind(x) == _kind(y)


def _may_vary(x: Expr, y: Expr, data: Collection[Expr]) -> bool:
    """Return whether two operands may be what each step is given of its own: data, a number."""
    return x in data and y in data and x.shape == y.shape


def _sound(e: Expr, pairs: Pairs, data: Collection[Expr]) -> Pairs:
    """Return the pairs whose operands are shared, paired, given, or carried from the beginning."""
    while True:
        before = set(pairs.values())
        bad = [
            x
            for x, y in pairs.items()
            for u, v in _operands(x, y)
            if not (u is v or pairs.get(u) is v or u in before or _may_vary(u, v, data))
        ]
        if not bad:
            return _reached(e, pairs)
        for x in bad:
            pairs.pop(x, None)
        if e not in pairs:
            return {}


def _reached(e: Expr, pairs: Pairs) -> Pairs:
    """Return the pairs that an expression is made of."""
    found: Pairs = {}
    stack = [e]
    while stack:
        x = stack.pop()
        if x in pairs and x not in found:
            found[x] = pairs[x]
            stack += x.args
    return found


def _is_loop(e: Expr, pairs: Pairs, data: Collection[Expr]) -> bool:
    """Return whether pairs make enough steps of something that is no mere sum or product."""
    steps, x = 1, e
    while x in pairs:
        steps, x = steps + 1, pairs[x]
    if steps < FEWEST or {x.op for x in pairs} <= {*PRODUCTS}:
        return False  # a product of what each step is given is short by itself
    given = (u for x, y in pairs.items() for u, v in _operands(x, y) if u is not v and u in data)
    varying = {*pairs, *pairs.values()}
    tells = any(_tells(x) or _is_nonlinear(x, varying) for x in pairs)
    return tells or any(u.op or u.ndim for u in given)


def _tells(x: Expr) -> bool:
    """Return whether an operation is more than algebra, which has shorter ways to write it."""
    op: Op | None = x.op
    return (op is GETITEM and any(type(k) is int for k in x.static["key"])) or (
        op is not None and op not in MEANINGS.opened
    )


def _is_nonlinear(x: Expr, varying: Collection[Expr]) -> bool:
    """Return whether powers of what a step computes add up from step to step, as in Newton's.

    Algebra would write x − f(x) / f′(x) of all steps as one fraction.
    """
    first, *others = (y in varying for y in x.args)
    if x.op is divide.op:
        return any(others)
    return first and (
        x.op is square.op or x.op is power.op or (x.op is multiply.op and all(others))
    )


def _families(
    e: Expr, pairs: Pairs, place: Mapping[Expr, int], data: Collection[Expr]
) -> Recurrence:
    """Return families with numbers of steps: those of the slices they read, or from 0."""
    chain, x = [e], e
    while x in pairs:
        x = pairs[x]
        chain.append(x)
    first = Family({-n: x for n, x in enumerate(chain)})
    found: dict[Family, None] = {first: None}
    stack = [first]
    while stack:
        f = stack.pop()
        for i in range(len(f.last.args)):
            operands = {n: x.args[i] for n, x in f.members.items() if i < len(x.args)}
            slot = _known(operands, found)
            if slot == (None, 0) and len(set(operands.values())) > 1:
                made = _family(operands, data)
                slot = made, 0
                found[made] = None
                stack += [made] if not made.is_given else []
            f.slots.append(slot)
            if slot[0] is not None and slot[1]:
                slot[0].is_carried = True
    shift, by = _count(found)
    for f in found:
        f.members = {shift + by * n: x for n, x in f.members.items()}
        f.slots = [(g, by * n) for g, n in f.slots]
    return Recurrence(tuple(sorted(found, key=lambda f: place[f.last])))


def _known(operands: Mapping[int, Expr], found: Iterable[Family]) -> tuple[Family | None, int]:
    """Return the family that operands are of, in the same step or the one before."""
    for f in found:
        for by in (0, 1):
            if operands[0] is f.members.get(-by) and len(operands) > 1:
                rest = [n for n in operands if n - by in f.members]
                if len(rest) > 1 and all(operands[n] is f.members[n - by] for n in rest):
                    return f, by
    return None, 0


def _family(operands: Mapping[int, Expr], data: Collection[Expr]) -> Family:
    """Return the family of operands, back to where the loop begins, with something else."""
    alike = _alike_from(operands)
    given = all(x in data for x in operands.values())
    if given and (operands[0].op is None or len(alike) < len(operands)):
        return Family(dict(operands), is_given=True)
    return Family(alike)


def _alike_from(operands: Mapping[int, Expr]) -> dict[int, Expr]:
    kept: dict[int, Expr] = {}
    for n, x in operands.items():
        if x is not operands[0] and not _alike(x, operands[0]):
            break
        kept[n] = x
    return kept


def _count(families: Iterable[Family]) -> tuple[int, int]:
    """Return the number of the last step, and by how much it grows each step."""
    for f in families:
        places = [_place(x) for x in f.members.values()]
        by = {a - b for a, b in pairwise(places)}
        if len(by) == 1 and by <= {1, -1}:
            return int(places[0]), int(by.pop())
    return max(len(f.members) for f in families) - 1, 1


def _place(x: Expr) -> Any:
    """Return the place that a slice takes, where it is one; NaN for anything else."""
    places = [k for k in x.static["key"] if type(k) is int] if x.op is GETITEM else []
    return places[0] % x.args[0].shape[x.static["key"].index(places[0])] if places else np.nan
