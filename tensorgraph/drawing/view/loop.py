"""Whether parts in a row are turns of one loop: the same operations, on what corresponds.

What a turn takes from outside is held against what the others take, and who takes what it makes
against who takes that of the others. A value may be the same in all turns (weights that are
shared), one of its own in each (the layers of a stack, the elements of a sequence), or *carried*:
made by the turn before, and given to the first one (a state). Turns are one loop only if each of
their operands is one of these throughout, so that one turn, with its number and the arrows of its
states, says what all of them do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tensorgraph.drawing.scene.scene import Box, Statistics
from tensorgraph.drawing.scene.subgraphs import Subgraphs, signature
from tensorgraph.drawing.view.wording import common_end, in_turns, short_name

NUMBER = re.compile(r"(?<![\w.])-?\d+(?![\w.])")
NUMBER_AT_END = re.compile(r"\d+$")


@dataclass
class Turn:
    """One turn of a loop: its operations, and what these take."""

    ops: list[int]
    rows: list[Hashable] = field(default_factory=list)
    """What each operation does, and where its operands come from: from an operation of the turn, or
    from outside, by the order in which values come in."""
    taken: list[int] = field(default_factory=list)
    """The values from outside, in the order in which they come in."""
    sources: list[int] = field(default_factory=list)
    """For each operand from outside, in order, the box that it is."""
    numbers: list[tuple[int, ...]] = field(default_factory=list)
    """What each operation is indexed with."""


class Loop:
    """Turns that are alike, taken in one after the other.

    Args:
        graph: what the operations stand in.
        first: the operations of the first turn, in order.
        call: the module call that each turn is, if each is one.
    """

    def __init__(self, graph: Subgraphs, first: Sequence[int], call: int | None = None) -> None:
        self.graph = graph
        self.turns = [self._turn(first, call)]
        self.carried: dict[int, int] = {}
        """For a value from outside, by its place in ``taken``, the operation that makes the next
        one, by its place in the turn."""
        self._made: set[int] = set()
        """The operations of all turns but the last."""
        self._met: list[set[int]] = []
        """For each place in ``taken``, all values that came in there."""
        self._leaves: list[bool] = []
        """For each operation, whether something after the loop takes what every turn made."""

    def __len__(self) -> int:
        return len(self.turns)

    def add(self, ops: Sequence[int], call: int | None = None) -> bool:
        """Take in what may be the next turn; return whether it is one."""
        turn = self._turn(ops, call)
        last = self.turns[-1]
        if not self._does_the_same(turn) or not self._counts_on(turn):
            return False
        leaves = self._leaving(last.ops, {*last.ops, *turn.ops})
        if len(self) > 1 and leaves != self._leaves:
            return False
        taken = last.taken if len(self) > 1 else self._as_in(turn)
        met = self._met or [{source} for source in taken]
        carried = self._carried(turn, met)
        if carried is None:
            return False
        if len(self) == 1:
            self.turns[0] = last = replace(last, taken=taken)
            self._leaves, self.carried, self._met = leaves, carried, met
        for sources, source in zip(met, turn.taken, strict=True):
            sources.add(source)
        self._made.update(last.ops)
        self.turns.append(turn)
        return True

    def finish(self) -> None:
        """Drop the last turn if it gives others what the turns before do not, but for its states.

        Also if something that takes from all others takes nothing from it.
        """
        if len(self) > 1:
            last = self.turns[-1].ops
            states = set(self.carried.values())
            leaves = self._leaving(last, set(last))
            both = enumerate(zip(self._leaves, leaves, strict=True))
            if any(before != own for k, (before, own) in both if before or k not in states):
                self.turns.pop()

    def runs(
        self, shown: Callable[[int], int], number: Callable[[int, Sequence[int]], int]
    ) -> list[int]:
        """Return how many turns in a row are one loop, then how many after these, and so on.

        They give what they make to the same places; the last one may give its states to others
        besides. Of two layers beside each other of which one makes a mean and the other a variance,
        each is for itself. And what they take from other loops, or give to an operation of many
        operands, they take and give in its order: a loop that runs back over values is none.

        Args:
            shown: returns the operation that is seen for another.
            number: returns the turn that an operation belongs to, in all loops but those around
                the operations given with it.
        """
        inside = {op for turn in self.turns for op in turn.ops}
        states, last = set(self.carried.values()), len(self) - 1
        given = [[self.graph.outlets(op, inside, shown) for op in t.ops] for t in self.turns]
        order = [self._order(turn, inside, number) for turn in self.turns]
        lengths, start = list[int](), 0
        steps: list[int] | None = None
        for t in range(1, len(self)):
            step = [b - a for a, b in zip(order[t - 1], order[t], strict=False)]
            agrees = all(
                own == first or (t == last and k in states and own >= first)
                for k, (first, own) in enumerate(zip(given[start], given[t], strict=True))
            )
            if agrees and min(step, default=0) >= 0 and steps in (None, step):
                steps = step
            else:
                lengths.append(t - start)
                start, steps = t, None
        return [*lengths, len(self) - start]

    def _order(
        self, turn: Turn, inside: set[int], number: Callable[[int, Sequence[int]], int]
    ) -> list[int]:
        """Return where in other loops, and at which operands, a turn takes and gives its own."""
        taken = (turn.taken[k] for k in self._own())
        numbers = [number(k, turn.ops) for k in taken if not self.graph.boxes[k].is_leaf]
        for op in turn.ops:
            for user in dict.fromkeys(self.graph.users[op]):
                wires = self.graph.boxes[user].wires if user not in inside else ()
                places = (wire.number for wire in wires if wire.source == op)
                numbers += [place for place in places if place is not None]
        return numbers

    def _own(self) -> list[int]:
        """Return the places in ``taken`` at which each turn has a value of its own."""
        return [k for k, met in enumerate(self._met) if k not in self.carried and len(met) > 1]

    # ------------------------------------------------------------------------------------- one turn

    def _turn(self, ops: Sequence[int], call: int | None) -> Turn:
        turn = Turn(list(ops))
        inside = {op: k for k, op in enumerate(ops)}
        outside: dict[int, int] = {}
        for op in ops:
            box = self.graph.boxes[op]
            operands: list[Hashable] = []
            for wire in box.wires:
                local = inside.get(wire.source)
                if local is None:
                    local = -1 - outside.setdefault(wire.source, len(outside))
                    turn.sources.append(wire.source)
                operands.append((local, wire.operand, wire.note, wire.stops))
            place = self.graph.place(box.call, call)
            turn.rows.append((*kind(box), box.differentiable, place, tuple(operands)))
            turn.numbers.append(indices(box))
        turn.taken = list(outside)
        return turn

    def _leaving(self, ops: Sequence[int], known: set[int]) -> list[bool]:
        """Return for operations whether others than those known take what they make."""
        users, outputs = self.graph.users, self.graph.outputs
        return [op in outputs or any(user not in known for user in users[op]) for op in ops]

    # --------------------------------------------------------------------------- turn against turn

    def _does_the_same(self, turn: Turn) -> bool:
        """Return whether a turn has the operations of the others, and operands from such places.

        What is one value in the first turn may be several in those after it: all states of a loop
        may begin with the same zeros.
        """
        first = self.turns[0]
        if len(self) > 1 or turn.rows == first.rows:
            return turn.rows == self.turns[-1].rows
        if len(turn.sources) != len(first.sources):
            return False
        begun = dict(zip(turn.sources, first.sources, strict=True))
        named = {source: -1 - k for k, source in enumerate(first.taken)}
        renamed = {-1 - k: named[begun[source]] for k, source in enumerate(turn.taken)}
        rows = [
            (*row[:-1], tuple((renamed.get(at, at), *rest) for at, *rest in row[-1]))  # type: ignore[index]
            for row in turn.rows
        ]
        return rows == first.rows

    def _as_in(self, turn: Turn) -> list[int]:
        """Return what the first turn takes for each value that the second one takes."""
        begun = dict(zip(turn.sources, self.turns[0].sources, strict=True))
        return [begun[source] for source in turn.taken]

    def _counts_on(self, turn: Turn) -> bool:
        """Return whether indices go on by the same steps as before."""
        before = [each.numbers for each in self.turns[-2:]]
        if len(before) == 1:
            return True
        return all(
            c - b == b - a
            for three in zip(*before, turn.numbers, strict=True)
            for a, b, c in zip(*three, strict=True)
        )

    def _carried(self, turn: Turn, met: Sequence[set[int]]) -> dict[int, int] | None:
        """Return what is carried to a turn from that before; ``None`` if its operands do not fit.

        Args:
            turn: the next one.
            met: for each place in ``taken``, the values that came in there so far.
        """
        made = {op: k for k, op in enumerate(self.turns[-1].ops)}
        carried = {k: made[source] for k, source in enumerate(turn.taken) if source in made}
        if not self._made.isdisjoint(turn.taken) or (len(self) > 1 and carried != self.carried):
            return None
        first = self.turns[0].taken if len(self) > 1 else self._as_in(turn)
        inside = set(self.turns[0].ops), set(turn.ops)
        for k, (one, other) in enumerate(zip(first, turn.taken, strict=True)):
            boxes = self.graph.boxes[one], self.graph.boxes[other]
            if k in carried:
                fits = _like(boxes[0]) == _like(boxes[1])
            elif other in met[k]:
                fits = len(met[k]) == 1
            else:
                comes = (self._comes_in(*pair) for pair in zip(boxes, inside, strict=True))
                fits = len(met[k]) == len(self) and next(comes) == next(comes)
            if not fits:
                return None
        return carried

    def _comes_in(self, box: Box, inside: set[int]) -> Hashable:
        """Return what matters of a value from outside that is not carried."""
        if not box.is_leaf:
            return _like(box)
        return (box.kind == "input", *_like(box), box.exact, self.graph.only_in(box.id, inside))

    # --------------------------------------------------------------------------- what is told of it

    def own_leaves(self) -> Iterator[tuple[int, ...]]:
        """Yield, turn by turn, the leaves that each turn has for itself."""
        first = set(self.turns[0].ops)
        for k in self._own():
            leaf = self.graph.boxes[self.turns[0].taken[k]]
            if leaf.is_leaf and self.graph.only_in(leaf.id, first):
                yield tuple(turn.taken[k] for turn in self.turns)

    def is_stack(self) -> bool:
        """Return whether turns are layers: what is carried goes through parameters of each one."""
        turn = self.turns[1]
        carried = {turn.taken[k] for k in self.carried}
        for op in turn.ops:
            if any(wire.source in carried for wire in self.graph.boxes[op].wires):
                carried.add(op)
        own = (column[1] for column in self.own_leaves())
        parameters = (leaf for leaf in own if self.graph.boxes[leaf].kind == "parameter")
        return any(user in carried for leaf in parameters for user in self.graph.users[leaf])

    def told(self, inner: Mapping[int, Box]) -> Iterator[tuple[int, Box]]:
        """Yield the boxes of the first turn as they are told for all of them.

        Args:
            inner: boxes as loops inside of the turns tell them.
        """
        for column in (*zip(*(turn.ops for turn in self.turns), strict=True), *self.own_leaves()):
            boxes = [inner.get(k, self.graph.boxes[k]) for k in column]
            told = {"name": _name(boxes), "settings": _settings(boxes), "label": _label(boxes)}
            numbers = tuple(dict.fromkeys(n for box in boxes for n in box.numbers))
            value, gradient = (
                Statistics.pooled(each)
                for each in zip(*((b.value, b.gradient) for b in boxes), strict=True)
            )
            yield (
                column[0],
                replace(boxes[0], **told, value=value, gradient=gradient, numbers=numbers),
            )


def _like(box: Box) -> tuple[Hashable, ...]:
    return box.shape, box.dtype


def kind(box: Box) -> tuple[Hashable, ...]:
    """Return what an operation does, whatever it takes and wherever it looks an element up."""
    if box.family != "index":
        return signature(box)
    return (box.op, NUMBER.sub("#", box.settings), box.shape, box.dtype, box.status)


def indices(box: Box) -> tuple[int, ...]:
    """Return the numbers that an operation is indexed with."""
    return tuple(map(int, NUMBER.findall(box.settings))) if box.family == "index" else ()


def _settings(boxes: Sequence[Box]) -> str:
    """Return the settings of one operation in all turns: ``[:, 0 … 19]``."""
    columns = list(zip(*map(indices, boxes), strict=True))
    return in_turns(NUMBER.split(boxes[0].settings), columns) if columns else boxes[0].settings


def _label(boxes: Sequence[Box]) -> str:
    """Return what the caller wrote on a value in all turns, from the first to the last."""
    first, last = boxes[0].label, boxes[-1].label
    return first if first == last else f"{first} … {last}"


def _name(boxes: Sequence[Box]) -> str | None:
    """Return what a value is called in all turns: of ``h1``, ``h2``, … it is ``h``."""
    if len({box.name for box in boxes}) > 1:
        end = common_end([box.name or "" for box in boxes if box.kind == "parameter"])
        if end:
            return end  # of each block's own layers
        names = list(filter(None, map(short_name, boxes)))
    else:
        names = [box.name for box in boxes if box.name]
    stems = {NUMBER_AT_END.sub("", name) or name for name in names}
    same = all(one == other for one, other in pairwise(names))
    return names[0] if names and same else stems.pop() if len(stems) == 1 else None
