"""Families: the values of a graph that are the same at each step of a loop, found in the graph.

Nobody tells that a graph came from a loop. It is found by comparing a value with an earlier one of
the same operation: where both are made alike, down to weights that both share, so are all values
on the way; each is paired with the one that plays its part a step before. A pair that ends in
something else is where the loop begins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.engine.op import Op
from tensorgraph.formulas.algebra.meanings import MEANINGS
from tensorgraph.formulas.recurrences.slices import GETITEM
from tensorgraph.symbolic.expr import Expr

FEWEST = 3
"""So many steps make a recurrence; fewer are written out."""
TRIES = 16
"""So many earlier values of its kind is each value compared with."""

Pairs = dict[Expr, Expr]
"""Each value with the one that plays its part a step before."""


@dataclass(frozen=True, eq=False)
class Family:
    """Values that play the same part in each step, by the number of the step."""

    members: Mapping[int, Expr]
    is_carried: bool
    """Whether the next step uses it."""


@dataclass(frozen=True, eq=False)
class Recurrence:
    """What a loop computed: families, operands first, and the numbers of its steps, in order."""

    families: tuple[Family, ...]
    steps: tuple[int, ...]


def recurrences(order: Sequence[Expr], weights: Collection[Expr]) -> list[Recurrence]:
    """Return the loops that a graph came from.

    Args:
        order: the expressions of the graph, operands first.
        weights: its inputs that a gradient flows to, which all steps of a loop share.
    """
    found: list[Recurrence] = []
    known: set[Expr] = set()
    above = _ancestors(order)
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
            pairs = _paired(e, order[k], weights)
            recurrence = _numbered(e, pairs, order) if _is_loop(e, pairs) else None
            if recurrence is not None:
                found.append(recurrence)
                known |= {x for f in recurrence.families for x in f.members.values()}
                break
    return found[::-1]


def _ancestors(order: Sequence[Expr]) -> list[int]:
    """Return for each expression the set, in bits, of those that it is made of."""
    place = {e: i for i, e in enumerate(order)}
    above: list[int] = []
    for e in order:
        own = 0
        for x in e.args:
            own |= above[place[x]] | 1 << place[x]
        above.append(own)
    return above


def _kind(e: Expr) -> Any:
    """Return what is the same of an expression at each step."""
    key = e.static.get("key", ())
    static = [(k, repr(v)) for k, v in e.static.items() if k != "key"]
    places = tuple("int" if type(k) is int else repr(k) for k in key)
    return e.op, len(e.args), e.shape, e.dtype, tuple(static), places


def _paired(e: Expr, earlier: Expr, weights: Collection[Expr]) -> Pairs:
    """Return what is made alike in two expressions, as pairs; none if these are not."""
    pairs: Pairs = {}
    stack = [(e, earlier)]
    while stack:
        x, y = stack.pop()
        if x in pairs:
            continue
        pairs[x] = y
        if all(u is v or u.op or v.op or _may_vary(u, v, weights) for u, v in _operands(x, y)):
            stack += [(u, v) for u, v in _operands(x, y) if u is not v and _alike(u, v)]
        elif x is e:
            return {}
    return _sound(e, pairs, weights)


def _operands(x: Expr, y: Expr) -> Iterator[tuple[Expr, Expr]]:
    return zip(x.args, y.args, strict=True)


def _alike(x: Expr, y: Expr) -> bool:
    return x.op is not None and y.op is not None and _kind(x) == _kind(y)


def _may_vary(x: Expr, y: Expr, weights: Collection[Expr]) -> bool:
    """Return whether two operands may be what each step is given of its own: data, a number."""
    given = x.op is None and y.op is None and x not in weights and y not in weights
    return given and x.shape == y.shape and x.dtype == y.dtype


def _sound(e: Expr, pairs: Pairs, weights: Collection[Expr]) -> Pairs:
    """Return the pairs whose operands are shared, paired, given, or carried from the beginning."""
    while True:
        before = set(pairs.values())
        bad = [
            x
            for x, y in pairs.items()
            for u, v in _operands(x, y)
            if not (u is v or pairs.get(u) is v or u in before or _may_vary(u, v, weights))
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


def _is_loop(e: Expr, pairs: Pairs) -> bool:
    """Return whether pairs make enough steps of something that is no mere sum or product."""
    steps, x = 1, e
    while x in pairs:
        steps, x = steps + 1, pairs[x]
    return steps >= FEWEST and any(_tells(x) for x in pairs)


def _tells(x: Expr) -> bool:
    """Return whether an operation is more than algebra, which has shorter ways to write it."""
    op: Op | None = x.op
    return (op is GETITEM and any(type(k) is int for k in x.static["key"])) or (
        op is not None and op not in MEANINGS.opened
    )


def _numbered(e: Expr, pairs: Pairs, order: Sequence[Expr]) -> Recurrence:
    """Return families with numbers of steps: those of the slices they read, or 0, 1, …"""
    numbers = _from_the_end(e, pairs)
    chains = _chains(pairs, numbers)
    first, by = _count(chains)
    carried = _carried(pairs, numbers)
    place = {x: i for i, x in enumerate(order)}
    families = []
    for head in sorted(chains, key=place.__getitem__):
        members = {first + by * n: x for n, x in sorted(chains[head].items())}
        families.append(Family(members, head in carried or pairs[head] in carried))
    steps = sorted({t for f in families for t in f.members}, reverse=by < 0)
    return Recurrence(tuple(families), tuple(steps))


def _from_the_end(e: Expr, pairs: Pairs) -> dict[Expr, int]:
    """Return the number of the step of each value, 0 in the last and −1 before it."""
    before = set(pairs.values())
    heads: dict[Expr, int] = {e: 0}
    stack = [(e, 0)]
    seen: set[Expr] = set()
    while stack:
        x, n = stack.pop()
        if x in seen or x not in pairs:
            continue
        seen.add(x)
        for u in x.args:
            if u in pairs and u not in before:
                heads[u] = max(n, heads.get(u, n))
        stack += [(u, heads.get(u, n)) for u in x.args if u in pairs]
    numbers: dict[Expr, int] = {}
    for x in pairs:
        if x not in before:
            n, member = heads.get(x, 0), x
            numbers[member] = n
            while member in pairs:
                n, member = n - 1, pairs[member]
                numbers[member] = n
    return numbers


def _chains(pairs: Pairs, numbers: Mapping[Expr, int]) -> dict[Expr, dict[int, Expr]]:
    """Return the values that play the same part, by their step, for the last of each."""
    before = set(pairs.values())
    chains: dict[Expr, dict[int, Expr]] = {}
    for head in pairs:
        if head in before:
            continue
        chain, x = {numbers[head]: head}, head
        while x in pairs:
            x = pairs[x]
            chain[numbers[x]] = x
        chains[head] = chain
    return chains


def _count(chains: Mapping[Expr, Mapping[int, Expr]]) -> tuple[int, int]:
    """Return the number of the last step, and by how much it grows each step."""
    for chain in chains.values():
        places = [_place(x) for x in chain.values()]
        by = {a - b for a, b in zip(places, places[1:], strict=False)}
        if len(by) == 1 and by <= {1, -1}:
            (step,) = by
            number = next(iter(chain))
            return int(places[0]) - step * number, step
    return max(len(chain) for chain in chains.values()) - 1, 1


def _place(x: Expr) -> Any:
    """Return the place that a slice takes, where it is one; NaN for anything else."""
    if x.op is not GETITEM:
        return np.nan
    places = [k for k in x.static["key"] if type(k) is int]
    return places[0] % x.args[0].shape[x.static["key"].index(places[0])] if places else np.nan


def _carried(pairs: Pairs, numbers: Mapping[Expr, int]) -> set[Expr]:
    """Return values that the next step uses."""
    return {u for x in pairs for u in x.args if numbers.get(u, numbers[x]) == numbers[x] - 1}
