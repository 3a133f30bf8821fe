"""A gradient that is added up over steps, or put together from parts, as its terms.

Each step's term is simplified by itself: all together they would be more than anybody could
rearrange, and what is wanted is what they have in common.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from tensorgraph.formulas.writing.broadcasting import bare
from tensorgraph.ops.arithmetic import add
from tensorgraph.ops.index import scatter
from tensorgraph.ops.joining import concat
from tensorgraph.symbolic.expr import Expr, constant, lift, make

FEW = 4
"""More terms than this are not simplified together."""


class Term(NamedTuple):
    """A term of a gradient: an expression, and what puts it where it belongs, if anything does."""

    expr: Expr
    scatter: Expr | None = None

    def put(self, e: Expr) -> Expr:
        """Return an expression put where that of this term belongs."""
        if self.scatter is None:
            return e
        place = self.scatter
        assert place.op is not None
        return make(place.op, (e,), place.static, place.shape, place.dtype)


def terms(e: Expr, known: Collection[Expr]) -> list[Term]:
    """Return the terms of a gradient.

    Args:
        e: the gradient.
        known: gradients with a name, which are not taken apart.
    """
    found: list[Term] = []
    stack = [e]
    while stack:
        x = stack.pop()
        sums = x.op is add.op and (x is e or x not in known)
        if sums and all(y.shape == e.shape for y in x.args):
            stack += x.args[::-1]
        elif x.op is scatter.op and len(x.args) == 1:
            found.append(Term(x.args[0], x))
        else:
            found.append(Term(x))
    return found


def joined(parts: Sequence[Term]) -> Expr:
    """Return the sum of terms; those that fill an axis side by side are put together along it."""
    axis = _filled(parts)
    if axis is not None:
        order = sorted(parts, key=lambda term: _start(term, axis))
        return lift(concat([term.expr for term in order], axis=axis))
    summands = _not_cancelled([term.put(term.expr) for term in parts if not _is_zero(term.expr)])
    if not summands:
        first = parts[0].put(parts[0].expr)
        return constant(np.zeros(first.shape, first.dtype))
    result, *others = summands
    for e in others:
        result = lift(result + e)
    return result


def _not_cancelled(summands: Sequence[Expr]) -> list[Expr]:
    """Return terms without those whose negative is another one."""
    left: list[Expr] = []
    for e in summands:
        other = next((x for x in left if x is lift(-e) or e is lift(-x)), None)
        left = [*left, e] if other is None else [x for x in left if x is not other]
    return left


def pieces(e: Expr) -> list[Term]:
    """Return what stands at each place of an axis, where an expression is made of that alone."""
    found = terms(e, ())
    places = [term.scatter.static["key"] for term in found if term.scatter is not None]
    whole = len(places) == len(found) > 1 and len(set(map(repr, places))) == len(found)
    axes = {tuple(i for i, k in enumerate(key) if type(k) is int) for key in places}
    if not whole or len(axes) != 1:
        return []
    ((*axis,),) = axes
    every = len(axis) == 1 and all(k == slice(None) for key in places for k in key[: axis[0]])
    return found if every and e.shape[axis[0]] == len(found) else []


def _filled(parts: Sequence[Term]) -> int | None:
    """Return the axis that terms fill with slices, none of them twice."""
    places = [term.scatter for term in parts]
    if len(parts) < 2 or any(p is None for p in places):
        return None
    keys = [p.static["key"] for p in places if p is not None]
    if len({len(key) for key in keys}) != 1 or any(
        type(k) is not slice for key in keys for k in key
    ):
        return None
    axis = len(keys[0]) - 1
    if any(k != slice(None) for key in keys for k in key[:-1]):
        return None
    n = parts[0].put(parts[0].expr).shape[axis]
    ranges = sorted(key[-1].indices(n) for key in keys)
    ends = [0, *(stop for _, stop, _ in ranges)]
    tiled = all(
        (start, step) == (end, 1) for (start, _, step), end in zip(ranges, ends, strict=False)
    )
    return axis if tiled and ends[-1] == n else None


def _start(term: Term, axis: int) -> int:
    assert term.scatter is not None
    return int(term.scatter.static["key"][axis].start or 0)


def _is_zero(e: Expr) -> bool:
    value = bare(e).value
    return value is not None and not np.any(np.asarray(value))
