"""Operations whose results are put together: parts stored, and elements added, in places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tensorgraph.compiler.c_functions import TYPES
from tensorgraph.compiler.loops.rearranging import gathering
from tensorgraph.compiler.loops.scalars import (
    Buffer,
    Index,
    axes,
    cast,
    constant,
    index_value,
    scalar,
)
from tensorgraph.compiler.loops.statements import (
    Array,
    Computed,
    Stored,
    loop_over,
    order_in_memory,
    strides_of,
)
from tensorgraph.engine.op import REGISTRY
from tensorgraph.symbolic.expr import Expr

if TYPE_CHECKING:
    from tensorgraph.compiler.loops.lowering import Lowering


def concat(program: Lowering, e: Expr) -> Array:
    """Return arrays joined along an axis: each is stored in its part of the result."""
    d, parts = e.static["axis"], [*map(program.array, e.args)]
    largest = max(parts, key=lambda x: x.shape[d])
    whole, start = Stored.new(e.dtype, e.shape, order_in_memory(largest)), 0
    for x in parts:
        offset = whole.offset + start * whole.strides[d]
        part = Stored(whole.buffer, x.shape, offset, whole.strides)
        program.store(Computed(x.shape, cast(x.at(axes(x.shape)), e.dtype)), part)
        start += x.shape[d]
    return whole


def stack(program: Lowering, e: Expr) -> Array:
    """Return arrays side by side along a new axis."""
    d, out = e.static["axis"], Buffer(e.shape, e.dtype)
    strides = strides_of(e.shape)
    for i, x in enumerate(map(program.array, e.args)):
        part = Stored(out, x.shape, i * strides[d], (*strides[:d], *strides[d + 1 :]))
        program.store(Computed(x.shape, cast(x.at(axes(x.shape)), e.dtype)), part)
    return Stored(out, e.shape)


def pad(program: Lowering, e: Expr) -> Array:
    """Return an array amid a constant."""
    x = program.array(e.args[0])
    out = Stored.new(e.dtype, e.shape, order_in_memory(x))
    program.fill(e.static["constant"], out.buffer)
    before = [widths[0] for widths in e.static["pad_width"]]
    offset = sum(n * s for n, s in zip(before, out.strides, strict=True))
    program.store(x, Stored(out.buffer, x.shape, offset, out.strides))
    return out


def scattering(program: Lowering, e: Expr) -> Array:
    """Return elements added in their places to zeros, or to what others were added to before."""
    scattered = e.op is REGISTRY["scatter"]
    return (_scatter(program, e) if scattered else _overlap_add(program, e)) or program.call(e)


def _scatter(program: Lowering, e: Expr) -> Array | None:
    x, *indices = (program.array(a) for a in e.args)
    source = gathering(e, e.shape, indices)
    if source is None:
        return None
    program.check_range(e, e.shape, indices)
    return _added(program, e, x, source(axes(x.shape)))


def _overlap_add(program: Lowering, e: Expr) -> Array:
    x, rank = program.array(e.args[0]), len(e.static["shape"])
    places = axes(x.shape)
    lead = len(places) - 2 * rank
    starts, within = places[lead : lead + rank], places[lead + rank :]
    steps = zip(starts, within, e.static["stride"], e.static["dilation"], strict=True)
    return _added(program, e, x, [*places[:lead], *(a * s + b * t for a, b, s, t in steps)])


def _added(program: Lowering, e: Expr, x: Array, where: Sequence[Index]) -> Array:
    """Return zeros, or what has no other use, with elements added in their places."""
    if e in program.onto:
        out = program.in_memory(program.onto[e]).buffer
    else:
        out = Buffer(e.shape, e.dtype)
        program.fill(0, out)
    at = Stored(out, e.shape).place(where)
    value = cast(x.at(axes(x.shape)), e.dtype)
    program.statements.append(loop_over(x.shape, value, out, at, "add", onto=True))
    return Stored(out, e.shape)


def one_hot(program: Lowering, e: Expr) -> Array:
    """Return, along an axis, 1 at the label and 0 elsewhere."""
    labels, d = program.array(e.args[0]), e.static["axis"] % len(e.shape)
    program.check_between(labels, 0, e.static["num_classes"])
    places = axes(e.shape)
    own = labels.at([p for i, p in enumerate(places) if i != d])
    this = scalar("equal", (cast(own, np.int64), index_value(places[d])), np.bool_)
    return Computed(e.shape, cast(this, e.dtype))


def triangle(program: Lowering, e: Expr, comparing: str) -> Array:
    """Return an array with 0 beyond a diagonal."""
    x, places = program.array(e.args[0]), axes(e.shape)
    over = (index_value(places[-1]), index_value(places[-2].plus(e.static["k"])))
    kept = scalar(comparing, over, np.bool_)
    zero = constant(0, e.dtype)
    return Computed(e.shape, scalar("where", (kept, x.at(places), zero), e.dtype))


SCATTERING = [REGISTRY[name] for name in ("scatter", "overlap_add")]
"""Operations that add elements to zeros."""


def added_onto(order: Sequence[Expr], uses: Counter[Expr]) -> dict[Expr, Expr]:
    """Return which scattered elements are added to what others of them have been added to.

    In a recurrence, each step passes back a gradient by its part of the inputs alone: to fill an
    array for each and to add all of them would take the square of the time.
    """
    sums: set[Expr] = set()
    onto: dict[Expr, Expr] = {}
    for e in order:
        if e.op is not REGISTRY["add"] or e.args[0] is e.args[1]:
            continue
        single = [x for x in e.args if uses[x] == 1]
        scattered = {x for x in single if x.op in SCATTERING and _is_counted(x)}
        if not scattered or len(single) != 2:
            continue
        last = single[1] if single[1] in scattered else single[0]
        other = single[0] if last is single[1] else single[1]
        begun = other in scattered or other in sums
        if begun and (other.shape, other.dtype) == (last.shape, last.dtype) == (e.shape, e.dtype):
            onto[last] = other
            sums.add(e)
    return onto


def _is_counted(e: Expr) -> bool:
    """Return whether places are told by numbers, not by masks, and C has the dtype."""
    return all(x.dtype.kind in "iu" for x in e.args[1:]) and e.dtype.name in TYPES
