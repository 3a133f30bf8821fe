"""Which boxes of two scenes are the same: matched by structure, by names and by values.

What is computed in the same way from the same is found first, then what is used in the same way;
so everything above and below an edit matches, whatever the order of independent branches. What is
between two edits matches in order. Names of leaves help where structure leaves a choice; a leaf of
another name at the same place is the same one renamed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.differences.graph_side import Side
from tensorgraph.differences.longest_common import longest_common
from tensorgraph.drawing.scene.scene import Box

Label = Callable[[Side, Box], Hashable]


@dataclass
class Pairs:
    """What matches, by its number in the one scene and in the other."""

    of_a: dict[int, int] = field(default_factory=dict)
    of_b: dict[int, int] = field(default_factory=dict)

    def add(self, a: int, b: int) -> None:
        """Match two boxes."""
        self.of_a[a], self.of_b[b] = b, a


def matched(a: Side, b: Side) -> Pairs:
    """Return which boxes of two scenes are the same."""
    return _Matching(a, b).result()


# ------------------------------------------------------------------------- what is compared of one


def _leaf(side: Side, box: Box, shapes: bool, names: bool) -> Hashable:
    """Return what is compared of a leaf."""
    shape = (box.shape, box.dtype) if shapes else len(box.shape)
    return ("leaf", shape, box.exact if box.kind == "constant" else "", side.name(box) * names)


def named(side: Side, box: Box) -> Hashable:
    """Return all of an operation, the names of its leaves too."""
    sources = (side.boxes[wire.source] for wire in box.wires)
    leaves = tuple(side.name(each) for each in sources if each.is_leaf)
    return (*strict(side, box), box.name or "", leaves)  # type: ignore[misc]


def strict(side: Side, box: Box) -> Hashable:
    """Return an operation with what it makes."""
    return (box.op, box.settings, box.shape, box.dtype, len(box.wires))


def loose(side: Side, box: Box) -> Hashable:
    """Return an operation, whatever the sizes are."""
    return (box.op, box.settings)


def _place(side: Side, k: int) -> Hashable:
    box = side.boxes[k]
    return side.path(box), named(side, box)


def _path(side: Side, k: int) -> Hashable:
    return side.path(side.boxes[k])


class _Matching:
    """The work of one match."""

    def __init__(self, a: Side, b: Side) -> None:
        self.a, self.b = a, b
        self.pairs = Pairs()
        self.numbers: dict[Hashable, int] = {}

    def result(self) -> Pairs:
        for label in (named, strict):
            self._by_hash(label, self._upward)
            self._by_hash(label, self._downward)
        self._by_value()
        for way in (self._upward, self._downward):
            self._by_hash(loose, way)
        self._by_name()
        for label in (named, strict, loose):
            self._in_order(label)
        self._in_place()
        self._leaves()
        return self.pairs

    def _left(self) -> tuple[list[int], list[int]]:
        """Return the operations that nothing matches yet."""
        pairs = self.pairs
        return (
            [k for k in self.a.ops if k not in pairs.of_a],
            [k for k in self.b.ops if k not in pairs.of_b],
        )

    def _number(self, key: Hashable) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    # ------------------------------------------------------------------------------ by structure

    def _by_hash(self, label: Label, way: Callable[[Side, Label], dict[int, int]]) -> None:
        """Match what has the same number: what is above it, or below it, is the same."""
        left = self._left()
        if not left[0] or not left[1]:
            return
        groups: list[dict[int, list[int]]] = []
        for side, ops in zip((self.a, self.b), left, strict=True):
            numbers, found = way(side, label), defaultdict(list)
            for k in ops if way == self._upward else reversed(ops):
                found[numbers[k]].append(k)
            groups.append(found)
        for number, ones in groups[0].items():
            self._pair(ones, groups[1].get(number, []))

    def _pair(self, ones: list[int], others: list[int]) -> None:
        """Match operations that are alike: by what they take and give, by place, then in order."""
        if len(ones) > 1 or len(others) > 1:
            for key in (self._taken_and_given, self._taken, self._given, _place, _path):
                waiting = defaultdict(list)
                for k in reversed(others):
                    waiting[key(self.b, k)].append(k)
                for k in ones:
                    found = waiting.get(key(self.a, k))
                    if found:
                        self.pairs.add(k, found.pop())
                ones = [k for k in ones if k not in self.pairs.of_a]
                others = [k for k in others if k not in self.pairs.of_b]
        for one, other in zip(ones, others, strict=False):
            self.pairs.add(one, other)

    def _taken_and_given(self, side: Side, k: int) -> Hashable:
        return self._taken(side, k), self._given(side, k)

    def _taken(self, side: Side, k: int) -> Hashable:
        """Return which operations an operation takes, by their numbers in the second scene."""
        sources = (wire.source for wire in side.boxes[k].wires)
        return tuple(self._shared(side, s) for s in sources if not side.boxes[s].is_leaf)

    def _given(self, side: Side, k: int) -> Hashable:
        """Return which operations take what an operation makes."""
        return frozenset((self._shared(side, user), i) for user, i in side.users[k])

    def _shared(self, side: Side, k: int) -> Hashable:
        """Return the number of an operation in the second scene; one like no other without any."""
        if side is self.b:
            return k if k in self.pairs.of_b else ("b", k)
        return self.pairs.of_a.get(k, ("a", k))

    def _upward(self, side: Side, label: Label) -> dict[int, int]:
        """Return for each operation a number that tells all that leads to it."""
        found: dict[int, int] = {}
        shapes, names = label is not loose, label is named
        for box in side.boxes:
            if box.is_leaf:
                found[box.id] = self._number(_leaf(side, box, shapes, names))
            else:
                sources = tuple((wire.operand, found[wire.source]) for wire in box.wires)
                found[box.id] = self._number(("up", label(side, box), sources))
        return found

    def _downward(self, side: Side, label: Label) -> dict[int, int]:
        """Return for each operation a number that tells all that comes of it."""
        found: dict[int, int] = {}
        for k in reversed(side.ops):
            box = side.boxes[k]
            users = Counter((side.boxes[u].wires[i].operand, found[u]) for u, i in side.users[k])
            key = ("down", label(side, box), side.outputs.get(k), frozenset(users.items()))
            found[k] = self._number(key)
        return found

    # --------------------------------------------------------------------------------- by value

    def _by_value(self) -> None:
        """Match operations that compute the same numbers, in another way."""
        if self.a.values is None or self.b.values is None:
            return
        sides = zip((self.a.values, self.b.values), self._left(), strict=True)
        ones, others = ({k: _summary(values[k]) for k in ops} for values, ops in sides)
        by_shape: dict[Hashable, list[int]] = defaultdict(list)
        for k, summary in others.items():
            if summary is not None:
                by_shape[self.b.boxes[k].shape].append(k)
        for k, summary in ones.items():
            waiting = by_shape.get(self.a.boxes[k].shape, []) if summary is not None else []
            for other in waiting:
                if _alike(summary, others[other]) and self._equal(k, other):
                    self.pairs.add(k, other)
                    waiting.remove(other)
                    break

    def _equal(self, one: int, other: int) -> bool:
        assert self.a.values is not None and self.b.values is not None
        a, b = self.a.values[one], self.b.values[other]
        return bool(np.allclose(a, b, rtol=1e-5, atol=1e-6 * float(np.max(np.abs(a)))))

    # ---------------------------------------------------------------------------------- by name

    def _by_name(self) -> None:
        """Match results of one name and shape, where no others are called so."""
        called = []
        for side, ops in zip((self.a, self.b), self._left(), strict=True):
            found: dict[Hashable, list[int]] = defaultdict(list)
            for k in ops:
                if side.boxes[k].name:
                    found[side.boxes[k].name, side.boxes[k].shape].append(k)
            called.append({key: ks[0] for key, ks in found.items() if len(ks) == 1})
        for key, one in called[0].items():
            if key in called[1]:
                self.pairs.add(one, called[1][key])

    # --------------------------------------------------------------------------------- in order

    def _in_order(self, label: Label) -> None:
        """Match what is left as it comes in order, as lines of code are."""
        ones, others = self._left()
        keys = (
            [(label(side, side.boxes[k])) for k in ops]
            for side, ops in ((self.a, ones), (self.b, others))
        )
        for i, j in longest_common(*keys):
            self.pairs.add(ones[i], others[j])

    def _in_place(self) -> None:
        """Match what stands in the place of another: it takes the same, and gives to the same."""
        again = True
        while again:
            again = False
            ones, others = self._left()
            waiting = set(others)
            for one in ones:
                other = self._instead(one, waiting)
                if other is not None:
                    self.pairs.add(one, other)
                    waiting.remove(other)
                    again = True

    def _instead(self, one: int, waiting: set[int]) -> int | None:
        a, b, pairs = self.a, self.b, self.pairs
        box = a.boxes[one]
        if not _all_matched(a, box, pairs.of_a):
            return None
        near = {
            user
            for wire in box.wires
            for user, _ in (b.users[pairs.of_a[wire.source]] if wire.source in pairs.of_a else ())
        }
        near |= {
            b.boxes[pairs.of_a[u]].wires[i].source
            for u, i in a.users[one]
            if u in pairs.of_a and i < len(b.boxes[pairs.of_a[u]].wires)
        }
        near |= set(b.outputs) if one in a.outputs else set()
        fits = []
        for other in sorted(near & waiting):
            there = b.boxes[other]
            if not _all_matched(b, there, pairs.of_b):
                continue
            score = self._fit(one, other)
            if score >= 2:
                fits.append((-score, other))
        return min(fits)[1] if fits else None

    def _fit(self, one: int, other: int) -> int:
        """Return how much speaks for one operation in the place of another."""
        a, b, of_a = self.a, self.b, self.pairs.of_a
        box, there = a.boxes[one], b.boxes[other]
        takes = {of_a.get(w.source) for w in box.wires if not a.boxes[w.source].is_leaf}
        given = {w.source for w in there.wires if not b.boxes[w.source].is_leaf}
        shared_input = bool(takes & given) or (not takes and not given)
        users = {of_a.get(u) for u, _ in a.users[one]}
        shared_user = bool(users & {u for u, _ in b.users[other]})
        shared_user |= one in a.outputs and a.outputs[one] == b.outputs.get(other)
        same_path = bool(a.path(box)) and a.path(box) == b.path(there)
        same_op = box.op == there.op
        return shared_input + shared_user + (same_path and (shared_input or shared_user)) + same_op

    # ----------------------------------------------------------------------------------- leaves

    def _leaves(self) -> None:
        """Match leaves: those of one name, and those that matched operations take alike."""
        a, b = self.a, self.b
        votes: Counter[tuple[int, int]] = Counter()
        for one, other in self.pairs.of_a.items():
            for i, j in _operands(a.boxes[one], b.boxes[other]):
                x, y = a.boxes[one].wires[i].source, b.boxes[other].wires[j].source
                if a.boxes[x].is_leaf and b.boxes[y].is_leaf:
                    votes[x, y] += 1
        names = {(x.id, y.id) for x, y in self._namesakes()}
        strong = {pair for pair in names if self._is_telling(*pair)}
        ranked = sorted(
            {*votes, *names},
            key=lambda pair: (pair not in strong, -votes[pair], pair not in names, pair),
        )
        for x, y in ranked:
            if x not in self.pairs.of_a and y not in self.pairs.of_b:
                self.pairs.add(x, y)

    def _namesakes(self) -> Iterator[tuple[Box, Box]]:
        """Yield the leaves of both that are called the same."""
        known: dict[str, list[Box]] = defaultdict(list)
        for box in self.b.boxes:
            if box.is_leaf and box.name:
                known[self.b.name(box)].append(box)
        for box in self.a.boxes:
            if box.is_leaf and box.name:
                yield from ((box, each) for each in known[self.a.name(box)])

    def _is_telling(self, one: int, other: int) -> bool:
        """Return whether the name of two leaves says that they are the same.

        A number in a list says where a layer stands, not which it is.
        """
        box, there = self.a.boxes[one], self.b.boxes[other]
        is_place = re.search(r"\[\d+\]", self.a.name(box))
        return box.shape == there.shape and not is_place


def _operands(a: Box, b: Box) -> list[tuple[int, int]]:
    """Return which operands of two operations are the same: by place, or by name if some are more.

    Example:
        >>> from tensorgraph.drawing.scene.scene import Wire
        >>> one = Box(0, "op", (), "", 0, wires=(Wire(0, "x"), Wire(1, "bias")))
        >>> _operands(one, Box(0, "op", (), "", 0, wires=(Wire(0, "bias"),)))
        [(1, 0)]
    """
    if len(a.wires) == len(b.wires):
        return [(i, i) for i in range(len(a.wires))]
    places = {wire.operand: j for j, wire in enumerate(b.wires)}
    return [(i, places[w.operand]) for i, w in enumerate(a.wires) if w.operand in places]


def _all_matched(side: Side, box: Box, pairs: dict[int, int]) -> bool:
    """Return whether all that an operation takes from others matches something."""
    return all(side.boxes[w.source].is_leaf or w.source in pairs for w in box.wires)


def _summary(value: Any) -> tuple[float, float] | None:
    """Return what equal arrays have about equal; ``None`` for what says nothing: all are alike."""
    if value is None or value.dtype.kind != "f" or value.size < 2:
        return None
    numbers = value.astype(np.float64, copy=False)
    if not np.isfinite(numbers).all() or numbers.min() == numbers.max():
        return None
    return float(numbers.sum()), float(np.abs(numbers).sum())


def _alike(a: tuple[float, float] | None, b: tuple[float, float] | None) -> bool:
    if a is None or b is None:
        return False
    return abs(a[0] - b[0]) <= 1e-4 * a[1] and abs(a[1] - b[1]) <= 1e-4 * a[1]
