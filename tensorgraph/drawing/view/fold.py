"""Which modules are open and which are folded to one tile, so that all has room."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from tensorgraph import errors
from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene
from tensorgraph.drawing.view.hierarchy import SPARED, Group, Hierarchy, Item, hierarchy
from tensorgraph.drawing.view.options import Options
from tensorgraph.engine.modes import ROOT

MAX_NODES = 150
"""How many boxes are visible at most, unless another number is asked for."""
MOST_USERS = 4
"""A leaf that more boxes take is drawn on each of them: lines to all would hide the rest."""


@dataclass(frozen=True)
class Rest:
    """Operations in the middle of a group that are left out."""

    ops: list[int]


@dataclass(frozen=True)
class Slot:
    """What becomes one tile: an operation, a folded group, or operations that are left out."""

    item: Item
    around: Group | None


@dataclass
class Folding:
    """A scene with some groups open: its slots, and where every operation is seen."""

    scene: Scene
    hierarchy: Hierarchy
    slots: list[Slot]
    """In order."""
    opened: list[tuple[Group, Group | None]]
    """Open groups, each with the one around it, which comes before."""
    slot_of: dict[int, int]
    """For an operation, the slot where it is seen."""

    def shown_as(self, box: int) -> int:
        """Return the box that is seen for one."""
        while box in self.hierarchy.stands_for and box not in self.slot_of:
            box = self.hierarchy.stands_for[box]
        return box

    def slot(self, op: int) -> int:
        """Return the slot where an operation is seen."""
        return self.slot_of[self.shown_as(op)]

    def sentence(self) -> str:
        """Return what is not shown, as a sentence; empty if all is."""
        shown = sum(type(slot.item) is int for slot in self.slots)
        total = len(self.scene.forward)
        parts = []
        closed = [s.item for s in self.slots if type(s.item) is Group]
        calls = sum(group.call is not None for group in closed)
        if calls:
            parts.append(f"{calls} module{'s are' * (calls > 1) or ' is'} folded")
        left_out = sum(len(slot.item.ops) for slot in self.slots if type(slot.item) is Rest)
        if left_out:
            parts.append(f"{left_out:,} operations in the middle are left out")
        seen = [*closed, *(group for group, _ in self.opened)]
        times = sorted({group.copies for group in seen if group.copies > 1})
        if times:
            listed = ", ".join(f"× {n}" for n in times)
            parts.append(f"{listed}: equal parts in a row are drawn once")
        folded = (
            f"{shown:,} of {total:,} operations are shown: {'; '.join(parts)}." if parts else ""
        )
        return " ".join(filter(None, (self.scene.note, folded)))


def fold(scene: Scene, options: Options) -> Folding:
    """Return a scene folded so far that there is room for it.

    Modules are opened from the outside in, those around first, while at most ``max_nodes`` boxes
    are visible. Equal modules in a row, and equal patterns of modules, are one group; equal
    patterns of operations are as well, if that spares many or there is no room for all. What still
    does not fit is left out in the middle. Modules in ``expand`` are opened before others, also in
    a row of equal ones.

    Raises:
        ArgumentError: there is no such module.
    """
    wanted = asked_for(scene, options.expand)
    joined = options.expand is not True
    spared = SPARED if len(scene.forward) <= options.max_nodes else 0
    alone = wanted | set(scene.alone)
    found = hierarchy(scene, alone.__contains__, joined, spared)
    room = options.max_nodes
    while True:
        folding = _folded(scene, found, options.depth, wanted, room)
        excess = len(folding.slots) + sum(1 for _ in lone_leaves(folding)) - options.max_nodes
        if excess <= 0 or room == 1:
            return folding
        room = max(1, room - excess)


def asked_for(scene: Scene, expand: Any) -> set[int]:
    """Return the calls that are asked for, and those around them.

    Raises:
        ArgumentError: there is no such module.
    """
    asked = [expand] if isinstance(expand, str) else expand
    if asked is True:
        return {call.id for call in scene.calls}
    wanted: set[int] = set()
    for name in asked:
        found = [c for c in scene.calls if name in (c.path, c.type, _path_in_messages(scene, c))]
        if not found:
            known = dict.fromkeys(call.path for call in scene.calls)
            raise errors.ArgumentError(
                f"render: expand={name!r} is no module of this graph"
                + (f"; it has {errors.listing(list(known))}" if known else ", which has none")
            )
        for call in found:
            at: int | None = call.id
            while at is not None and at not in wanted:
                wanted.add(at)
                at = scene.calls[at].parent
    return wanted


def _path_in_messages(scene: Scene, call: ModuleCall) -> str:
    """Return the path of a module as messages write it, which do not know the root's variable."""
    top = call
    while top.parent is not None:
        top = scene.calls[top.parent]
    return ROOT + call.path.removeprefix(top.path)


def _folded(
    scene: Scene, found: Hierarchy, depth: int | None, wanted: set[int], room: int
) -> Folding:
    """Return what is visible with room for so many operations and closed groups."""
    opened = _opened(found.root, depth, wanted, room)
    longest = max(len(group.items) for group in opened)
    slots, around = _walk(found.root, opened, longest)
    if len(slots) > room:
        lengths = range(1, longest)
        most = bisect_right(lengths, room, key=lambda n: len(_walk(found.root, opened, n)[0]))
        slots, around = _walk(found.root, opened, max(most, 1))
    slot_of = {op: k for k, slot in enumerate(slots) for op in ops_of(slot.item)}
    return Folding(scene, found, slots, around, slot_of)


def _opened(root: Group, depth: int | None, wanted: set[int], room: int) -> dict[Group, None]:
    """Return the groups that are opened: those asked for, then from the outside in."""
    opened = dict.fromkeys([root])
    count = len(root.items)
    number = 0
    waiting: list[tuple[bool, int, int, Group]] = []
    last, above = root, 0
    while True:
        for item in last.items:
            if type(item) is Group:
                number += 1
                level = above + (item.call is not None)
                asked = item.call in wanted
                if asked or depth is None or level <= depth:
                    heappush(waiting, (not asked, level, number, item))
        while waiting:
            unasked, above, _, last = heappop(waiting)
            if not unasked or count + len(last.items) - 1 <= room:
                break
        else:
            return opened
        opened[last] = None
        count += len(last.items) - 1


def _walk(
    root: Group, opened: Container[Group], longest: int
) -> tuple[list[Slot], list[tuple[Group, Group | None]]]:
    """Return what is seen with some groups open, of which so many items are shown."""
    slots: list[Slot] = []
    around: list[tuple[Group, Group | None]] = []
    stack: list[tuple[Item, Group | None]] = [(root, None)]
    while stack:
        item, outside = stack.pop()
        if type(item) is not Group or item not in opened:
            slots.append(Slot(item, outside))
            continue
        if item is not root:
            around.append((item, outside))
        inside = None if item is root else item
        stack += [(part, inside) for part in reversed(_without_middle(item.items, longest))]
    return slots, around


def _without_middle(items: Sequence[Item], longest: int) -> Sequence[Item]:
    """Return items of which the middle is one, where there are too many."""
    if len(items) <= longest:
        return items
    head, tail = longest // 2, len(items) - (longest - 1) // 2
    left_out = [op for item in items[head:tail] for op in ops_of(item)]
    return [*items[:head], Rest(left_out), *items[tail:]]


def ops_of(item: Item) -> list[int]:
    """Return the operations of something visible."""
    return [item] if type(item) is int else item.ops


# ----------------------------------------------------------------------------------------- leaves


def users(folding: Folding) -> dict[int, list[int]]:
    """Return for each leaf that is seen the slots that take it."""
    found: dict[int, dict[int, None]] = {}
    boxes = folding.scene.boxes
    for k in folding.scene.forward:
        for wire in boxes[k].wires:
            if boxes[wire.source].is_leaf:
                leaf = folding.shown_as(wire.source)
                found.setdefault(leaf, {})[folding.slot(k)] = None
    for k in folding.scene.outputs:
        if boxes[k].is_leaf:
            found.setdefault(k, {})
    return {leaf: list(slots) for leaf, slots in found.items()}


def is_hidden(folding: Folding, leaf: Box, slots: Sequence[int]) -> bool:
    """Return whether a leaf belongs to what is folded."""
    item = folding.slots[slots[0]].item if len(slots) == 1 else 0
    named_input = leaf.kind == "input" and leaf.name is not None
    return type(item) is Rest or (type(item) is Group and not named_input)


def is_docked(folding: Folding, leaf: Box, slots: Sequence[int]) -> bool:
    """Return whether a leaf is drawn on the boxes that take it: on the only one, or on many."""
    if not slots or is_hidden(folding, leaf, slots):
        return False
    own = leaf.kind != "input" or leaf.name is None
    return len(slots) > MOST_USERS or (len(slots) == 1 and own)


def lone_leaves(folding: Folding) -> Iterator[tuple[int, list[int]]]:
    """Yield the leaves that have a box of their own, with the slots that take them."""
    for leaf, slots in users(folding).items():
        box = folding.scene.boxes[leaf]
        if not (is_hidden(folding, box, slots) or is_docked(folding, box, slots)):
            yield leaf, slots
