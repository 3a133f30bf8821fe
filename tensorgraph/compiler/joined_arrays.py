"""Arrays that lie end to end in one: a program reads and writes them as one, and joins nothing.

An optimizer computes on many parameters as one flat array: it joins them, and gives each of them a
part of the result. Where the parameters are parts of one array to begin with, both cost nothing.
This is a matter of expressions alone: each parameter is a part of a larger input, and a join of
parts that follow each other is the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import NamedTuple

from tensorgraph.engine.op import REGISTRY
from tensorgraph.ops.index import getitem
from tensorgraph.ops.joining import concat
from tensorgraph.ops.shape import reshape
from tensorgraph.symbolic.expr import Expr, in_order, remade


class Part(NamedTuple):
    """Elements ``start`` to ``stop`` of an array of one axis."""

    whole: Expr
    start: int
    stop: int


def joins(roots: Iterable[Expr], among: Iterable[Expr]) -> list[tuple[Expr, ...]]:
    """Return which of some expressions are joined to one array, each at most once, in order.

    Args:
        roots: where joins are looked for.
        among: what may be joined, in any shapes.
    """
    known = {unshaped(e): e for e in among}
    free, found = set(known), []
    for e in in_order(roots):
        members = [unshaped(x) for x in e.args] if is_join(e) else []
        alike = len({x.dtype for x in members}) == 1 < len(members) == len(set(members))
        if alike and free.issuperset(members):
            free.difference_update(members)
            found.append(tuple(known[x] for x in members))
    return found


def parts(whole: Expr, shapes: Sequence[tuple[int, ...]]) -> list[Expr]:
    """Return the arrays of these shapes that lie end to end in one."""
    return [
        reshape(getitem(whole, cut), shape=shape)
        for cut, shape in zip(cuts(shapes), shapes, strict=True)
    ]


def cuts(shapes: Iterable[tuple[int, ...]]) -> list[slice]:
    """Return where arrays of these shapes lie in the one that they are joined to.

    Example:
        >>> cuts([(2, 3), ()])
        [slice(0, 6, None), slice(6, 7, None)]
    """
    ends = accumulate(map(prod, shapes))
    return [slice(start, stop) for start, stop in pairwise([0, *ends])]


def joined(arrays: Sequence[Expr]) -> Expr:
    """Return arrays end to end: what they are parts of, where they follow each other in it."""
    whole = _whole(arrays)
    return concat([reshape(e, shape=(e.size,)) for e in arrays]) if whole is None else whole


def exchanged(roots: Iterable[Expr], instead: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
    """Return what each expression becomes with others in place of inputs; joins of parts go."""
    new = dict(instead)
    for e in in_order(roots):
        if e not in new:
            made = remade(e, [new[x] for x in e.args])
            whole = _whole(made.args) if is_join(made) else None
            new[e] = made if whole is None else whole
    return new


def unshaped(e: Expr) -> Expr:
    """Return what an expression is, apart from its shape."""
    while e.op is not None and e.op is REGISTRY["reshape"]:
        e = e.args[0]
    return e


def part_of(e: Expr) -> Part | None:
    """Return of which array an expression is a part, whatever its shape; or all of it."""
    e = unshaped(e)
    if e.op is REGISTRY["getitem"] and len(e.args) == 1 and e.args[0].ndim == 1:
        key = e.static["key"]
        if len(key) == 1 and isinstance(key[0], slice) and key[0].step in (None, 1):
            return Part(e.args[0], *key[0].indices(e.args[0].size)[:2])
    return Part(e, 0, e.size) if e.ndim == 1 else None


def is_join(e: Expr) -> bool:
    """Return whether arrays of one axis are joined to one."""
    return e.op is not None and e.op is REGISTRY["concat"] and e.ndim == 1


def _whole(arrays: Sequence[Expr]) -> Expr | None:
    """Return the array that others make up, if they follow each other and leave nothing out."""
    end, whole = 0, None
    for e in arrays:
        part = part_of(e)
        if part is None or part.start != end or (whole is not None and part.whole is not whole):
            return None
        whole, end = part.whole, part.stop
    return whole if whole is not None and end == whole.size else None
