"""How loops that run together are nested: which share a nest, along which variables, from where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tensorgraph.compiler.loops.scalars import Buffer, Index, Place, load, loads_of, parts_of
from tensorgraph.compiler.loops.statements import Loop, rewritten


def starts(loops: Sequence[Loop]) -> dict[Buffer, int]:
    """Return the element of each buffer that places are counted from: the first offset there is."""
    first: dict[Buffer, int] = {}
    for loop in loops:
        for place in [Place(loop.out, loop.at), *loop.loads()]:
            before = first.get(place.buffer, place.index.offset)
            first[place.buffer] = min(before, place.index.offset)
    for loop in loops:
        if loop.combine and not loop.onto:  # all of it may be filled first
            first[loop.out] = 0
    return first


def segments(loops: Sequence[Loop]) -> list[list[Loop]]:
    """Return loops of equal extent that follow each other as one nest of loops each.

    What a loop reads of another in the same nest must be the very element made there.
    """
    found: list[list[Loop]] = []
    for loop in loops:
        last = found[-1] if found else []
        made = {other.out: other for other in last}
        joins = bool(last) and last[0].dims == loop.dims
        for place in loop.loads():
            maker = made.get(place.buffer)
            if maker and not loop.last:
                joins = joins and not maker.combine and maker.at == place.index
        if loop.out in made:
            joins = False
        if joins:
            last.append(loop)
        else:
            found.append([loop])
    return found


def collapsed(segment: Sequence[Loop], first: int) -> list[Loop]:
    """Return loops with neighbouring variables made one, where memory runs on."""
    loops = list(segment)
    d = len(loops[0].dims) - 2
    while d >= first:
        n = loops[0].dims[d + 1]
        indices = [loop.at for loop in loops]
        for loop in loops:
            indices += [place.index for place in loop.loads()]
            indices += [x.extra for x in parts_of(loop.value) if x.op == "index"]
        if all(index.step(d) == index.step(d + 1) * n for index in indices):
            loops = [_without(loop, d) for loop in loops]
        d -= 1
    return loops


def _without(loop: Loop, d: int) -> Loop:
    """Return a loop with variable d made one with the next."""

    def change(index: Index) -> Index:
        steps = index.steps[:d] + index.steps[d + 1 :]
        while steps and steps[-1] == 0:
            steps = steps[:-1]
        return Index(index.offset, steps, index.gathered)

    dims = (*loop.dims[:d], loop.dims[d] * loop.dims[d + 1], *loop.dims[d + 2 :])
    at = rewritten(load(loop.out, loop.at), change).extra.index
    return replace(loop, dims=dims, value=rewritten(loop.value, change), at=at)


def deepest(loop: Loop) -> int:
    """Return the last variable that tells where a loop stores; −1 if none does."""
    indices = [loop.at, *(p.index for p in loads_of(*(value for value, _ in loop.at.gathered)))]
    return max((d for index in indices for d, s in enumerate(index.steps) if s), default=-1)


def stored_once(loop: Loop) -> bool:
    """Return whether what is combined in an inner loop falls on a place of its own."""
    return not loop.onto and all(loop.at.step(d) for d in range(deepest(loop) + 1))
