"""Loops over the same rows become one loop: what a row needs of another statement is at hand.

The unit is a row, all that belongs to one value of the first variable. Where a statement reads only
what others have made of the same row, they run together, row by row, and what is read by nobody
else needs no memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorgraph.compiler.loops.scalars import Buffer, Index, Place, Shape
from tensorgraph.compiler.loops.statements import Loop, Statement

MOST = 32
"""So many loops run together at most: a compiler's time grows faster than the function it reads."""


class Group:
    """Statements that run together: one alone, or loops over the same rows."""

    def __init__(self, first: Statement) -> None:
        self.statements: list[Statement] = []
        self.loops: list[Loop] = []
        """Its loops, if it is made of some."""
        self.last = first.last
        self.add(first)

    @property
    def rows(self) -> int:
        """How many rows its loops have; 1 where they have no variable."""
        return rows_of(self.loops[0])

    def add(self, s: Statement) -> None:
        """Let a statement run after those that are there."""
        self.statements.append(s)
        if isinstance(s, Loop):
            self.loops.append(s)

    def reads(self) -> list[Buffer]:
        """Return the buffers that it reads."""
        return [buffer for s in self.statements for buffer in s.reads()]

    def writes(self) -> list[Buffer]:
        """Return the buffers that it writes."""
        return [s.out for s in self.statements if s.out is not None]


def rows_of(loop: Loop) -> int:
    """Return how far the first variable of a loop runs."""
    return loop.dims[0] if loop.dims else 1


def fused(statements: Sequence[Statement]) -> list[Group]:
    """Return groups of statements, in an order in which they can run."""
    groups: list[Group] = []
    writers: dict[Buffer, list[int]] = {}  # the groups that write a buffer
    count: dict[Buffer, int] = {}  # how many statements do
    for s in statements:
        if s.out is not None:
            count[s.out] = count.get(s.out, 0) + 1
    for s in statements:
        at = _place(s, groups, writers, count)
        if at == len(groups):
            groups.append(Group(s))
        else:
            groups[at].add(s)
        if s.out is not None:
            writers.setdefault(s.out, []).append(at)
    return groups


def _place(
    s: Statement,
    groups: Sequence[Group],
    writers: dict[Buffer, list[int]],
    count: dict[Buffer, int],
) -> int:
    """Return the first group that a statement can join, or the place of a new one."""
    if not isinstance(s, Loop):
        return len(groups)
    loads = s.loads()
    needed = [i for place in loads for i in writers.get(place.buffer, ())]
    written = [i + 1 for i in writers.get(s.out, ())]  # what was written before is overwritten
    first = max([*needed, *written], default=0)
    if s.last or s.at.gathered or any(place.index.gathered for place in loads):
        # Places that depend on values must have been checked before.
        first = max([first, *(i + 1 for i, group in enumerate(groups) if _leaves(group))])
    if s.last:
        first = max([first, *(i + 1 for i, g in enumerate(groups) if not g.last)])
    for i in range(first, len(groups)):
        if _joins(s, loads, groups[i], count):
            return i
    return len(groups)


def _leaves(group: Group) -> bool:
    """Return whether the program may end here, because a check does not hold."""
    return group.statements[0].out is None


def _joins(s: Loop, loads: Sequence[Place], group: Group, count: dict[Buffer, int]) -> bool:
    """Return whether a loop, which reads these places, may run with those of a group."""
    if not group.loops or group.last != s.last or group.rows != rows_of(s):
        return False
    if len(group.statements) == MOST and not s.last:
        return False
    if s.last:
        return group.loops[0].dims == s.dims
    made = {other.out: other for other in group.loops}
    return all(
        count[place.buffer] == 1 and _stays_in_row(place.index, s.dims, made[place.buffer])
        for place in loads
        if place.buffer in made
    )


def _stays_in_row(index: Index, dims: Shape, maker: Loop) -> bool:
    """Return whether what is read at ``index`` was made by the row at hand, when it is read."""
    if not maker.dims:  # there is but one row
        return True
    row = maker.at.step(0)
    if row == 0 or index.step(0) != row or index.gathered or maker.at.gathered:
        return False
    ends = [_ends(index, dims), _ends(maker.at, maker.dims)]
    return all(0 <= low and high < abs(row) for low, high in ends)


def _ends(index: Index, dims: Shape) -> tuple[int, int]:
    """Return the least and the largest place within a row."""
    low = high = index.offset
    for d, n in enumerate(dims[1:], 1):
        reach = index.step(d) * (n - 1)
        low, high = low + min(reach, 0), high + max(reach, 0)
    return low, high
