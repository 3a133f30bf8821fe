"""The operations of a scene as a tree of modules, in which equal parts stand once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np

from tensorgraph.drawing.scene.scene import Box, Scene
from tensorgraph.drawing.scene.subgraphs import Subgraphs, operations_by_call
from tensorgraph.drawing.view.loop import Loop, kind

LONGEST = 64
"""Patterns of more items are not looked for where no module bounds them."""
MOST_PERIODS = 3
"""So many periods are tried where a part may begin, beside their multiples."""
SPARED = 8
"""Operations outside of modules are joined if more than so many need not be drawn then."""

ROUNDS = 12
"""So often parts are joined anew without those that give what they make elsewhere; from half of it
on all parts of such a loop stand alone. If that is not enough, none is joined."""

Item = Any
"""An operation (its box) or a group."""
Turns = tuple[int, int]
"""Parts that may be turns of one loop: the first operation, and the number of those in a turn."""


@dataclass(eq=False)
class Group:
    """A module call, or a part that repeats, with what is in it in order."""

    call: int | None = None
    """The module call; ``None`` for the whole graph, or a part of several items that repeats."""
    items: list[Item] = field(default_factory=list)
    copies: int = 1
    """How often it comes in a row."""
    ops: list[int] = field(default_factory=list)
    """All operations in it, those of all copies."""
    alone: bool = False
    """Whether it is to be seen, so that it is no copy of another."""


@dataclass
class Hierarchy:
    """The tree, and which box stands for which."""

    root: Group
    stands_for: dict[int, int]
    """For a box in a later copy, the one in the copy before all others."""
    turns: dict[int, list[tuple[int, int]]]
    """For an operation in copies, which repetition it is in and in which turn; inner ones first."""
    groups: list[Group]
    """The group of each repetition."""
    lengths: list[int]
    """How many turns each repetition has."""
    stacks: set[int]
    """The repetitions whose turns are the layers of a stack."""
    told: dict[int, Box]
    """Boxes as they are told for all that they stand for."""


def hierarchy(
    scene: Scene, alone: Callable[[int], bool], repeats: bool = True, spared: int = SPARED
) -> Hierarchy:
    """Return the tree of a scene.

    Args:
        scene: what is drawn.
        alone: whether a call is to be seen, and so is no copy of another.
        repeats: whether equal parts stand once.
        spared: parts without any module are joined if more operations than these are left out then.
    """
    graph = Subgraphs(scene)
    limits: dict[Turns, int] = {}
    for k in range(ROUNDS if repeats else 0):
        groups = _groups(scene)
        for group in groups[1:]:
            group.alone = group.call is not None and alone(group.call)
        found = Hierarchy(groups[0], {}, {}, [], [], set(), {})
        joined = _Repeats(graph, found, spared, limits)
        for group in reversed(groups):
            group.items = joined.fold(group.items)
        # Where a part's values go is known only when all has been joined.
        too_long = joined.too_long(to_the_end=k >= ROUNDS // 2)
        if not too_long:
            return found
        limits |= too_long
    return Hierarchy(_groups(scene)[0], {}, {}, [], [], set(), {})


def _groups(scene: Scene) -> list[Group]:
    """Return the whole graph and every module call as groups, each after the one around it."""
    root = Group(ops=list(scene.forward))
    inside = operations_by_call(scene)
    calls = [Group(call.id, ops=inside[call.id]) for call in scene.calls]
    entered: set[int] = set()
    for op in scene.forward:
        item: Item = op
        at = scene.boxes[op].call
        while at is not None:
            calls[at].items.append(item)
            if at in entered:
                break
            entered.add(at)
            item, at = calls[at], scene.calls[at].parent
        else:
            root.items.append(item)
    return [root, *calls]


class _Repeats:
    """Finds runs of equal parts among the items of a group."""

    def __init__(
        self, graph: Subgraphs, found: Hierarchy, spared: int, limits: Mapping[Turns, int]
    ) -> None:
        self.graph, self.found, self.spared = graph, found, spared
        self.limits = limits
        """How many turns are one loop at most, where that is known."""
        self.loops: list[Loop] = []
        self.kinds: dict[Hashable, int] = {}

    def too_long(self, to_the_end: bool) -> dict[Turns, int]:
        """Return of loops whose turns are not all one how many are, by where these begin.

        Args:
            to_the_end: whether no turn of such a loop is to be joined to others.
        """
        found: dict[Turns, int] = {}
        for loop in self.loops:
            runs = loop.runs(self._shown, self._number)
            if len(runs) > 1 and to_the_end:
                runs = [1] * len(loop)
            if len(runs) > 1:
                starts = accumulate(runs, initial=0)
                first = (loop.turns[start].ops for start in starts if start < len(loop))
                found.update(zip(map(_turns, first), runs, strict=True))
        return found

    def _number(self, op: int, among: Sequence[int]) -> int:
        """Return the turn that an operation belongs to, in all loops that are not around others."""
        turns, number = self.found.turns, 0
        around = {loop for loop, _ in turns.get(among[0], ())}
        for loop, turn in reversed(turns.get(op, ())):
            if loop not in around:
                number = number * self.found.lengths[loop] + turn
        return number

    def _shown(self, op: int) -> int:
        """Return the operation that is seen for one."""
        while op in self.found.stands_for:
            op = self.found.stands_for[op]
        return op

    def fold(self, items: list[Item]) -> list[Item]:
        """Return the items with every run of equal parts as one group; runs of runs as well."""
        while len(items) > 1:
            folded = self._fold_once(items)
            if len(folded) == len(items):
                break
            items = folded
        return items

    def _fold_once(self, items: list[Item]) -> list[Item]:
        runs = Runs([self._kind(item) for item in items])
        result: list[Item] = []
        i = 0
        while i < len(items):
            start, item, length = next(self._found(items, i, runs), (i, items[i], 1))
            result += [*items[i:start], item]
            i = start + length
        return result

    def _kind(self, item: Item) -> int:
        """Return a number that items which may be equal share."""
        key: Hashable
        if type(item) is int:
            box = self.graph.boxes[item]
            sources = (self.graph.boxes[wire.source] for wire in box.wires)
            numbers = (each.exact for each in sources if each.kind == "constant")
            key = (*kind(box), len(box.wires), *numbers)
        elif item.alone:
            key = ("alone", item.ops[0])
        elif item.call is not None:
            inside = (kind(self.graph.boxes[op]) for op in item.ops)
            key = ("call", self.graph.calls[item.call].type, item.copies, *inside)
        else:
            key = ("part", *map(self._kind, item.items), item.copies)
        return self.kinds.setdefault(key, len(self.kinds))

    def _found(self, items: list[Item], i: int, runs: Runs) -> Iterator[tuple[int, Item, int]]:
        """Yield where parts repeat: where that begins, the group, and how many items it stands for.

        The first time round may differ in what it is given; then the second one begins.
        """
        for period, covered in runs.at(i):
            for start in (i, i + period):
                end = i + covered
                parts = [items[k : k + period] for k in range(start, end - period + 1, period)]
                group = self._joined(parts)
                if group is not None:
                    yield start, group[0], group[1] * period

    def _joined(self, parts: list[list[Item]]) -> tuple[Group, int] | None:
        """Return parts as one group, as far as they are turns of one loop, and their number."""
        first = parts[0]
        only = first[0] if len(first) == 1 and type(first[0]) is Group else None
        calls = [part[0].call for part in parts] if only is not None else [None] * len(parts)
        least = self._least(first, calls)
        if len(parts) < least:
            return None
        loop = Loop(self.graph, _ops(first), calls[0])
        most = self.limits.get(_turns(loop.turns[0].ops), len(parts))
        for part, call in zip(parts[1:most], calls[1:most], strict=True):
            if not loop.add(_ops(part), call):
                break
        loop.finish()
        if len(loop) < least:
            return None
        turns = parts[: len(loop)]
        ops = [op for turn in loop.turns for op in turn.ops]
        if only is None:
            inside = [self.fold(turn) for turn in turns]  # the explorer opens each
            only = Group(None, inside[0], ops=ops)
        only.copies, only.ops = len(loop) * only.copies, ops
        self._record(only, loop)
        return only, len(loop)

    def _least(self, part: list[Item], calls: list[int | None]) -> int:
        """Return how many equal parts in a row are one group.

        Two modules are; two calls of one module are two. Operations alone are if that spares many.
        """
        if all(type(item) is int for item in part):
            return max(3, 2 + self.spared // len(part))
        paths = {self.graph.calls[call].path for call in calls if call is not None}
        return 2 if len(paths) > 1 else 3

    def _record(self, group: Group, loop: Loop) -> None:
        """Note which box stands for which, and what is told of it."""
        repetition = len(self.found.groups)
        self.loops.append(loop)
        self.found.groups.append(group)
        self.found.lengths.append(len(loop))
        for k, turn in enumerate(loop.turns):
            for op in turn.ops:
                self.found.turns.setdefault(op, []).append((repetition, k))
        for first, *others in (
            *zip(*(turn.ops for turn in loop.turns), strict=True),
            *loop.own_leaves(),
        ):
            self.found.stands_for.update(dict.fromkeys(others, first))
        if loop.is_stack():
            self.found.stacks.add(repetition)
        self.found.told.update([*loop.told(self.found.told)])


def _turns(ops: Sequence[int]) -> Turns:
    return ops[0], len(ops)


def _ops(items: Sequence[Item]) -> list[int]:
    """Return all operations in items, in order."""
    found: list[int] = []
    for item in items:
        found += [item] if type(item) is int else item.ops
    return found


class Runs:
    """Where a sequence repeats itself, with which period and how far.

    Example:
        >>> list(Runs([0, 1, 0, 1, 0, 1, 2, 2]).at(0)), list(Runs([2, 2]).at(0))
        ([(2, 6)], [(1, 2)])
    """

    def __init__(self, kinds: Sequence[int]) -> None:
        sequence, n = np.array(kinds), len(kinds)
        self.covered = np.zeros((min(LONGEST, n // 2) + 1, n), np.int32)
        """For each period and each place, how far whole turns go from there."""
        for p in range(1, len(self.covered)):
            equal = sequence[:-p] == sequence[p:]
            ends = np.append(np.flatnonzero(~equal), n - p)
            starts = np.arange(n - p)
            length = ends[np.searchsorted(ends, starts)] - starts
            self.covered[p, : n - p] = np.where(length >= p, (length // p + 1) * p, 0)

    def at(self, i: int) -> Iterator[tuple[int, int]]:
        """Yield periods with how far each goes from a place: the farthest first.

        After a period come its double and triple, as turns may alternate.
        """
        column = self.covered[:, i]
        if not column.any():
            return
        met: set[int] = set()
        for p in map(int, np.lexsort((np.arange(len(column)), -column))):
            if not column[p] or len(met) == MOST_PERIODS:
                return
            if all(p % other for other in met):
                met.add(p)
                multiples = [m for m in (p, 2 * p, 3 * p) if m < len(column) and column[m]]
                yield from ((m, int(column[m])) for m in multiples)
