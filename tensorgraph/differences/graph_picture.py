"""Two graphs as one scene: what was added, what was removed, what changed, and what is the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from tensorgraph.differences.graph_pairs import Pairs
from tensorgraph.differences.graph_side import Side
from tensorgraph.differences.one_order import Both
from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene, Wire
from tensorgraph.drawing.view.colour import SIGNS_OF

ALL = 40
"""Of graphs of so many operations together all are drawn."""
AROUND = 2
"""Of larger ones, what is so many steps from a difference at most."""
FEWEST = 4
"""So many operations that are the same are left out together, at least."""


def scene_of_both(
    a: Side, b: Side, pairs: Pairs, order: Sequence[Both], told: Mapping[int, Sequence[str]]
) -> Scene:
    """Return both graphs as one scene.

    Args:
        a: the one graph.
        b: the other.
        pairs: what matches.
        order: all boxes in one order.
        told: for boxes of ``b`` that match and are not alike, what changed in words.
    """
    return _Union(a, b, pairs, order, told).scene()


class _Union:
    """The work of one picture."""

    def __init__(
        self,
        a: Side,
        b: Side,
        pairs: Pairs,
        order: Sequence[Both],
        told: Mapping[int, Sequence[str]],
    ) -> None:
        self.a, self.b, self.pairs, self.order, self.told = a, b, pairs, order, told
        self.at_a = {part.a: i for i, part in enumerate(order) if part.a is not None}
        self.at_b = {part.b: i for i, part in enumerate(order) if part.b is not None}
        self.calls = list(b.scene.calls)
        self.call_of = self._calls()

    def scene(self) -> Scene:
        drawn = [self._box(i, part) for i, part in enumerate(self.order)]
        boxes = _without_most(drawn, self.calls)
        place = {box.id: k for k, box in enumerate(boxes)}
        moved = [_moved(box, k, place) for k, box in enumerate(boxes)]
        outputs = [self.at_b[k] for k in self.b.scene.outputs]
        outputs += [self.at_a[k] for k in self.a.scene.outputs]
        return Scene(
            boxes=tuple(moved),
            calls=tuple(self.calls),
            outputs=tuple(dict.fromkeys(place[k] for k in outputs if k in place)),
            forward=tuple(box.id for box in moved if not box.is_leaf),
            title=_title(self.a.scene.title, self.b.scene.title),
            alone=tuple(self._alone(moved)),
        )

    def _box(self, i: int, part: Both) -> Box:
        if part.b is None:
            assert part.a is not None
            return self._only(i, self.a.boxes[part.a], "removed", self.at_a)
        box = self.b.boxes[part.b]
        if part.a is None:
            return self._only(i, box, "added", self.at_b)
        told = self.told.get(part.b, ())
        was = self.a.boxes[part.a]
        wires = [Wire(self.at_b[w.source], w.operand, w.note) for w in box.wires]
        wires += [
            Wire(self.at_a[w.source], w.operand)
            for w in was.wires
            if w.source not in self.pairs.of_a and self.at_a[w.source] < i
        ]
        symbol = f"{was.symbol} → {box.symbol}" if was.symbol != box.symbol else box.symbol
        return replace(
            box,
            id=i,
            wires=tuple(wires),
            symbol=symbol,
            status="changed" if told else "same",
            label="; ".join(told),
        )

    def _only(self, i: int, box: Box, status: str, at: Mapping[int, int]) -> Box:
        """Return a box of one of the graphs alone."""
        wires = tuple(replace(w, source=at[w.source]) for w in box.wires if at[w.source] < i)
        call = box.call if at is self.at_b or box.call is None else self.call_of[box.call]
        label = f"{SIGNS_OF[status]} {status}"
        return replace(box, id=i, wires=wires, status=status, label=label, call=call)

    # -------------------------------------------------------------------------------- modules

    def _calls(self) -> dict[int, int]:
        """Return for each module call of the one graph that of the other, or a new one."""
        seen: dict[int, Counter[int]] = defaultdict(Counter)
        for one, other in self.pairs.of_a.items():
            here, there = self.a.boxes[one].call, self.b.boxes[other].call
            if here is not None and there is not None and not self.a.boxes[one].is_leaf:
                seen[here][there] += 1
        by_path = {(self.b.inner(c.path), c.type, c.number): c.id for c in self.b.scene.calls}
        found: dict[int, int] = {}
        for call in self.a.scene.calls:
            common = seen[call.id].most_common(1)
            same = by_path.get((self.a.inner(call.path), call.type, call.number))
            if common and self.b.scene.calls[common[0][0]].type == call.type:
                found[call.id] = common[0][0]
            elif same is not None:
                found[call.id] = same
            else:
                parent = None if call.parent is None else found[call.parent]
                found[call.id] = len(self.calls)
                self.calls.append(ModuleCall(len(self.calls), call.path, call.type, parent))
        return found

    def _alone(self, boxes: Sequence[Box]) -> Iterator[int]:
        """Yield the calls in which something differs, which are seen by themselves."""
        met: set[int] = set()
        for box in boxes:
            around = {*_outward(box.call, self.calls)} if box.status != "same" else set()
            yield from sorted(around - met)
            met |= around


def _title(a: str, b: str) -> str:
    return a if a == b else " → ".join(filter(None, (a, b)))


def _moved(box: Box, k: int, place: Mapping[int, int]) -> Box:
    """Return a box with its numbers in the picture."""
    wires = (replace(wire, source=place[wire.source]) for wire in box.wires)
    return replace(box, id=k, wires=tuple(wires))


def _without_most(boxes: list[Box], calls: Sequence[ModuleCall]) -> list[Box]:
    """Return the boxes, each long row far from all differences as one."""
    ops = [box for box in boxes if not box.is_leaf]
    if len(ops) <= ALL:
        return boxes
    near, leaves = _near(boxes), {box.id for box in boxes if box.is_leaf}
    found: list[Box] = []
    instead: dict[int, int] = {}
    for far, row in groupby(ops, key=lambda box: box.id not in near):
        part = list(row)
        if far and len(part) >= FEWEST:
            found.append(_more(part, leaves, calls))
            instead.update({box.id: part[-1].id for box in part})
        else:
            found += part
    kept = [_rewired(box, instead) for box in found]
    used = {wire.source for box in kept for wire in box.wires}
    shown = [box for box in boxes if box.is_leaf and box.id in used]
    return sorted([*kept, *shown], key=lambda box: box.id)


def _near(boxes: Sequence[Box]) -> set[int]:
    """Return what differs, and what is few steps from it."""
    linked: dict[int, set[int]] = defaultdict(set)
    for box in boxes:
        for wire in box.wires:
            if not boxes[wire.source].is_leaf:
                linked[box.id].add(wire.source)
                linked[wire.source].add(box.id)
    leaves = {box.id for box in boxes if box.is_leaf and box.status != "same"}
    near = {box.id for box in boxes if box.status != "same"}
    near |= {box.id for box in boxes if any(wire.source in leaves for wire in box.wires)}
    for _ in range(AROUND):
        near |= {other for k in near for other in linked[k]}
    return near


def _more(row: Sequence[Box], leaves: set[int], calls: Sequence[ModuleCall]) -> Box:
    """Return one box for a row of operations that are the same, without the leaves they take."""
    inside = {box.id for box in row}
    taken = (wire.source for box in row for wire in box.wires)
    sources = dict.fromkeys(k for k in taken if k not in inside and k not in leaves)
    last = row[-1]
    return Box(
        id=last.id,
        kind="more",
        symbol=f"… {len(row):,} operations …",
        settings=str(last.id),
        shape=last.shape,
        dtype=last.dtype,
        bytes=0,
        call=_around(row, calls),
        wires=tuple(Wire(source, "in") for source in sources),
        text="the same in both",
        status="same",
    )


def _around(row: Sequence[Box], calls: Sequence[ModuleCall]) -> int | None:
    """Return the innermost call around all boxes of a row."""
    common = [*_outward(row[0].call, calls)]
    for call in {box.call for box in row[1:]}:
        near = {*_outward(call, calls)}
        common = [each for each in common if each in near]
    return common[0] if common else None


def _outward(call: int | None, calls: Sequence[ModuleCall]) -> Iterator[int]:
    """Yield a call, and those around it."""
    while call is not None:
        yield call
        call = calls[call].parent


def _rewired(box: Box, instead: Mapping[int, int]) -> Box:
    """Return a box that takes what stands for others."""
    wires = (replace(w, source=instead.get(w.source, w.source)) for w in box.wires)
    return replace(box, wires=tuple(dict.fromkeys(wires)))
