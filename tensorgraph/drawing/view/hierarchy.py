"""The operations of a scene as a tree of modules, in which equal parts stand once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.drawing.scene.scene import Scene
from tensorgraph.drawing.scene.subgraphs import Subgraphs, operations_by_call, signature

LONGEST = 64
"""Patterns of more items are not looked for where no module bounds them."""

Item = Any
"""An operation (its box) or a group."""


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


def hierarchy(
    scene: Scene, alone: Callable[[int], bool], repeats: bool = True, plain: bool = False
) -> Hierarchy:
    """Return the tree of a scene.

    Args:
        scene: what is drawn.
        alone: whether a call is to be seen, and so is no copy of another.
        repeats: whether equal parts stand once.
        plain: whether parts without any module may do so, too.
    """
    groups = _groups(scene)
    for group in groups[1:]:
        group.alone = group.call is not None and alone(group.call)
    found = Hierarchy(groups[0], {}, {})
    if repeats:
        joined = _Repeats(Subgraphs(scene), found, plain)
        for group in reversed(groups):
            group.items = joined.fold(group.items)
    return found


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

    def __init__(self, subgraphs: Subgraphs, found: Hierarchy, plain: bool) -> None:
        self.subgraphs, self.found, self.plain = subgraphs, found, plain
        self.kinds: dict[Hashable, int] = {}
        self.count = 0

    def fold(self, items: list[Item]) -> list[Item]:
        """Return the items with every run of equal parts as one group; runs of runs as well."""
        while True:
            folded = self._fold_once(items)
            if len(folded) == len(items):
                return folded
            items = folded

    def _fold_once(self, items: list[Item]) -> list[Item]:
        kinds = np.array([self._kind(item) for item in items])
        period, covered = longest_runs(kinds)
        result: list[Item] = []
        i = 0
        while i < len(items):
            p = int(period[i])
            starts = range(i, i + int(covered[i]), p) if p else ()
            item, turns = self._joined(items, starts, p) if p else (items[i], 1)
            result.append(item)
            i += max(p, 1) * turns if turns > 1 else 1
        return result

    def _kind(self, item: Item) -> int:
        """Return a number that items which may be equal share."""
        key: Hashable
        if type(item) is int:
            box = self.subgraphs.boxes[item]
            key = (*signature(box), len(box.wires))
        elif item.alone:
            key = ("alone", item.ops[0])
        elif item.call is not None:
            earlier = self.subgraphs.calls[item.call].repeats
            key = ("call", item.call if earlier is None else earlier, item.copies)
        else:
            key = ("part", *map(self._kind, item.items), item.copies)
        return self.kinds.setdefault(key, len(self.kinds))

    def _joined(self, items: list[Item], starts: Sequence[int], p: int) -> tuple[Item, int]:
        """Return parts of ``p`` items as one group as far as they are equal, and their number.

        If they are not, the first item and 1.
        """
        first = items[starts[0] : starts[0] + p]
        if all(type(item) is int for item in first) and not self.plain:
            return first[0], 1
        group = first[0] if p == 1 and type(first[0]) is Group else None
        parts = (items[i : i + p] for i in starts)
        equal = list(self._equal(parts, group is not None and group.call is not None))
        if len(equal) < (2 if group else 3):
            return first[0], 1
        self._record(equal)
        ops = [op for part, _ in equal for op in part]
        if group is None:
            return Group(None, first, len(equal), ops), len(equal)
        group.copies, group.ops = len(equal) * group.copies, ops
        return group, len(equal)

    def _equal(
        self, parts: Iterable[list[Item]], calls: bool
    ) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the parts that equal the first: their operations, and what these take."""
        form = None
        for part in parts:
            ops = _ops(part)
            found, taken = self.subgraphs.canonical_form(ops, part[0].call if calls else None)
            if form is not None and found != form:
                return
            form = found
            yield ops, taken

    def _record(self, equal: Sequence[tuple[list[int], list[int]]]) -> None:
        """Note which box stands for which."""
        repetition, self.count = self.count, self.count + 1
        first, taken_by_first = equal[0]
        for turn, (ops, taken) in enumerate(equal):
            inside = set(ops)
            for op, other in zip(first, ops, strict=True):
                self.found.turns.setdefault(other, []).append((repetition, turn))
                if turn:
                    self.found.stands_for[other] = op
            for source, other in zip(taken_by_first, taken, strict=True):
                leaf = self.subgraphs.boxes[other].kind not in ("op", "more")
                if turn and leaf and self.subgraphs.only_in(other, inside):
                    self.found.stands_for[other] = source


def _ops(items: Sequence[Item]) -> list[int]:
    """Return all operations in items, in order."""
    found: list[int] = []
    for item in items:
        found += [item] if type(item) is int else item.ops
    return found


def longest_runs(kinds: Any) -> tuple[Any, Any]:
    """Return for every position the period of the longest repetition there, and how far it goes.

    The period is 0 where nothing repeats, the shortest of those that go equally far.

    Example:
        >>> period, covered = longest_runs(np.array([0, 1, 0, 1, 0, 1, 2, 2]))
        >>> int(period[0]), int(covered[0]), int(period[6]), int(covered[6])
        (2, 6, 1, 2)
    """
    n = len(kinds)
    best_period, best = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for p in range(1, min(LONGEST, n // 2) + 1):
        equal = kinds[:-p] == kinds[p:]
        ends = np.append(np.flatnonzero(~equal), n - p)
        starts = np.arange(n - p)
        length = ends[np.searchsorted(ends, starts)] - starts
        covered = np.where(length >= p, (length // p + 1) * p, 0)
        better = covered > best[: n - p]
        best[: n - p][better] = covered[better]
        best_period[: n - p][better] = p
    return best_period, best
