"""The tiles of a view: operations, folded modules, and the leaves that these take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import prod

from tensorgraph.drawing.scene.own_notes import Numbers
from tensorgraph.drawing.scene.scene import Box, ModuleCall, Shape, Statistics
from tensorgraph.drawing.view.colour import Colouring, numbers_of, numbers_text
from tensorgraph.drawing.view.fold import Folding, Rest, Slot, is_docked, is_hidden, ops_of, users
from tensorgraph.drawing.view.hierarchy import Group, Item
from tensorgraph.drawing.view.options import Options
from tensorgraph.drawing.view.view import Gradient, Tile
from tensorgraph.drawing.view.wording import (
    bracketed,
    leaf_title,
    op_lines,
    op_title,
    operand_word,
    short_name,
    spanned,
    statistics_lines,
    tip,
    unambiguous,
    warning,
)


class Tiles:
    """All tiles of a folding, and where among them its slots and leaves are."""

    def __init__(self, folding: Folding, colouring: Colouring, options: Options) -> None:
        self.folding, self.scene = folding, folding.scene
        self.boxes = [folding.hierarchy.told.get(box.id, box) for box in folding.scene.boxes]
        self.colouring = colouring
        self.mirror = options.backward and bool(folding.scene.backward)
        self.values, self.show = options.values, options.show
        self.outlines = {group: k for k, (group, _) in enumerate(folding.opened)}
        self.users = users(folding)
        self.last: dict[int, int] = {}
        """The last of the boxes that one stands for."""
        for other, first in folding.hierarchy.stands_for.items():
            self.last[first] = max(other, self.last.get(first, first))
        self.around = dict(folding.opened)
        self.paths = unambiguous(b.name for b in self.boxes if b.kind == "parameter" and b.name)
        self.operands = self._operands()
        self.in_formulas = set(re.findall(r"\w+", " ".join(folding.scene.caption)))
        self.of_slot: dict[int, int] = {}
        self.of_leaf: dict[int, int] = {}
        self.all: list[Tile] = []
        self.numbers: list[Numbers] = []
        """The caller's numbers that tiles show."""
        self._add_all()

    def _add_all(self) -> None:
        docked, lone = self._leaves()
        for k, slot in enumerate(self.folding.slots):
            self._add_leaves(lone.get(k, ()))
            self.of_slot[k] = len(self.all)
            self.all.append(self._slot(slot, docked.get(k, ())))
        self._add_leaves(lone.get(None, ()))

    def _add_leaves(self, leaves: Iterable[int]) -> None:
        for leaf in leaves:
            self.of_leaf[leaf] = len(self.all)
            self.all.append(self._leaf(leaf, len(self.all)))

    def _leaves(self) -> tuple[dict[int, list[int]], dict[int | None, list[int]]]:
        """Return by slot the leaves docked to it, and those drawn before it."""
        docked: dict[int, list[int]] = {}
        lone: dict[int | None, list[int]] = {}
        for leaf, slots in self.users.items():
            box = self.boxes[leaf]
            if is_docked(self.folding, box, slots):
                for k in slots:
                    docked.setdefault(k, []).append(leaf)
            elif not is_hidden(self.folding, box, slots):
                lone.setdefault(min(slots) if slots else None, []).append(leaf)
        return docked, lone

    # ------------------------------------------------------------------------------ sorts of tiles

    def _slot(self, slot: Slot, docked: Iterable[int]) -> Tile:
        number = len(self.all)
        if type(slot.item) is not int:
            return self._folded(slot, number)
        box = self.boxes[slot.item]
        is_op = box.kind == "op"
        show = self._shown(box)
        name = box.name or "" if "name" in show else ""
        tone = self.colouring.tone(box.kind, [box])
        return Tile(
            id=number,
            kind=box.kind,
            tone=tone,
            title=op_title(box, show),
            lines=(*self._notes([box]), *op_lines(box, self.show), *self._statistics(box.value)),
            shape=self._shape(box) if is_op else None,
            dtype=self._dtype(box) if is_op else "",
            boxes=(box.id,),
            outline=self._outline(slot),
            docked=tuple(self._docked(leaf, number, box) for leaf in docked),
            warn=warning([box]),
            gradient=self._gradient(box, box.differentiable, tone, name),
            tip=tip(box, "" if box.call is None else self.scene.calls[box.call].path),
        )

    def _folded(self, slot: Slot, number: int) -> Tile:
        """Return the tile of a folded module, or of what is left out."""
        item = slot.item
        kind = "more" if type(item) is Rest else "module"
        inside = [self.boxes[op] for op in ops_of(item)]
        counted = f"{len(inside):,} operation{'s' * (len(inside) > 1)}"
        title, *place = [f"… {counted} …"] if type(item) is Rest else self.names(item)
        told = (*place, counted) if type(item) is not Rest else ()
        call = self._call(item)
        tone = self.colouring.tone(kind, inside, call)
        flows = self.mirror and any(box.differentiable for box in inside)
        shape, gradient_tone = self._shape(inside[-1]), self.colouring.gradient_tone(tone)
        gradient = Gradient(title, shape or (), tuple(place), tone=gradient_tone)
        return Tile(
            id=number,
            kind=kind,
            tone=tone,
            title=title,
            lines=(*self._notes(inside, call), *told),
            shape=shape,
            dtype=self._dtype(inside[-1]),
            boxes=tuple(box.id for box in inside),
            repeat=1 if type(item) is Rest else item.copies,
            outline=self._outline(slot),
            warn=warning(inside),
            gradient=gradient if flows else None,
            tip="\n".join([title, *told, *self._parameters(inside)]),
        )

    def _docked(self, leaf: int, number: int, user: Box) -> Tile:
        """Return a leaf as drawn on an operation, with what happens to its axes there."""
        tile = self._leaf(leaf, number, self.folding.slots[self.folding.slot(user.id)].around)
        told = (w.note for w in user.wires if w.source == leaf and w.note)
        notes = dict.fromkeys((*self._first_of(user, leaf), *told))
        for said in ("", tile.title):
            notes.pop(said, None)
        first = self.users[leaf][0] == self.folding.slot(user.id)
        gradient = tile.gradient if first else None
        return replace(tile, lines=(*notes, *tile.lines), gradient=gradient)

    def _first_of(self, user: Box, leaf: int) -> Iterator[str]:
        """Yield what says that a leaf is the first operand, where another one comes by a link."""
        if user.wires[0].source == leaf and any(self._is_linked(w.source) for w in user.wires[1:]):
            yield operand_word(user, 0)

    def _is_linked(self, box: int) -> bool:
        """Return whether a value comes by a link from a tile of its own."""
        if not self.boxes[box].is_leaf:
            return True
        leaf = self.folding.shown_as(box)
        return not is_docked(self.folding, self.boxes[leaf], self.users[leaf])

    def _leaf(self, leaf: int, number: int, around: Group | None = None) -> Tile:
        """Return the tile of a leaf inside of an open group."""
        box = self.boxes[leaf]
        has_shape = bool(box.shape or not box.text)  # where it is not written out
        is_made = box.kind == "input" and not box.name  # by a module
        kind = "constant" if is_made else box.kind
        tone = self.colouring.tone(kind, [box])
        name = self._place(box, around)
        title = leaf_title(box, name, self.operands.get(leaf, ""))
        return Tile(
            id=number,
            kind=kind,
            tone=tone,
            title=title,
            lines=(*self._notes([box]), *(() if box.text else self._statistics(box.value))),
            shape=self._shape(box) if has_shape else None,
            dtype=self._dtype(box) if has_shape else "",
            boxes=(leaf,),
            warn=warning([box]),
            gradient=self._gradient(box, box.kind == "parameter", tone, name or title),
            tip=tip(box, box.name or ""),
        )

    # ------------------------------------------------------------------------------ what they hold

    def _notes(self, boxes: Sequence[Box], call: ModuleCall | None = None) -> list[str]:
        """Return what the caller wrote on a tile, and the numbers that colour it."""
        numbers = numbers_of(boxes, call)
        label = call.label if call is not None else boxes[0].label if len(boxes) == 1 else ""
        if numbers:
            self.numbers.append(numbers)
        return [*filter(None, [label]), *([numbers_text(numbers)] if numbers else [])]

    def _call(self, item: Item) -> ModuleCall | None:
        """Return the module call that a folded part is."""
        is_call = type(item) is Group and item.call is not None
        return self.scene.calls[item.call] if is_call else None

    def names(self, group: Group) -> tuple[str, ...]:
        """Return what a module is called: its class, and its place in the one around it."""
        if group.call is None:
            types = [self._type(item) for item in group.items]
            return (" → ".join(types) if len(types) <= 4 else f"{len(types)} parts",)
        call = self.scene.calls[group.call]
        first, last = self._inner_path(call), self._inner_path(self._last(group, call))
        return tuple(filter(None, (call.type, spanned(first, last), self._which(group, call))))

    def _inner_path(self, call: ModuleCall) -> str:
        """Return a module's place in the one around it."""
        around = "" if call.parent is None else self.scene.calls[call.parent].path
        return call.path.removeprefix(around).removeprefix(".")

    def _last(self, group: Group, call: ModuleCall) -> ModuleCall:
        """Return the last of the calls that a group stands for."""
        op = group.ops[-1] if group.copies > 1 else self.last.get(group.ops[0], group.ops[0])
        depth = sum(1 for _ in self._outward(call.parent))
        return self.scene.calls[list(self._outward(self.boxes[op].call))[-1 - depth]]

    def _outward(self, call: int | None) -> Iterator[int]:
        """Yield a call, and those around it."""
        while call is not None:
            yield call
            call = self.scene.calls[call].parent

    def _which(self, group: Group, call: ModuleCall) -> str:
        """Return which call of its module a group is, if there are others that are seen."""
        if call.of is None or group.copies > 1:
            return ""
        hierarchy = self.folding.hierarchy
        turns = prod(hierarchy.lengths[loop] for loop, _ in hierarchy.turns.get(group.ops[0], ()))
        seen = call.of // turns if call.of % turns == 0 else call.of
        return f"call {call.number} of {seen}" if seen > 1 else ""

    def _type(self, item: Item) -> str:
        return self.boxes[item].op if type(item) is int else self.names(item)[0]

    def _parameters(self, inside: Sequence[Box]) -> list[str]:
        sources = [self.boxes[k] for k in {wire.source for box in inside for wire in box.wires}]
        sizes = [prod(box.shape) for box in sources if box.kind == "parameter"]
        return [f"{sum(sizes):,} parameters"] if sizes else []

    def _outline(self, slot: Slot) -> int | None:
        return None if slot.around is None else self.outlines[slot.around]

    def _operands(self) -> dict[int, str]:
        """Return for each leaf what the first operation that takes it calls it."""
        found: dict[int, str] = {}
        for op in self.scene.forward:
            for wire in self.boxes[op].wires:
                found.setdefault(wire.source, wire.operand)
        return found

    def _shown(self, box: Box) -> tuple[str, ...]:
        """Return what is shown of a result: its name at least where formulas below speak of it."""
        return (*self.show, "name") if box.name in self.in_formulas else self.show

    def _place(self, box: Box, around: Group | None) -> str:
        """Return a leaf's name; of a parameter outside of its module's frame, its path."""
        name = box.name or ""
        module = f".{bracketed(name)}".rpartition(".")[0]
        while around is not None:
            path = "" if around.call is None else f".{self.scene.calls[around.call].path}"
            if path and (path.endswith(module) or module.endswith(path)):
                return short_name(box)
            around = self.around[around]
        return self.paths.get(name, name)

    def _gradient(self, box: Box, is_drawn: bool, tone: str, name: str) -> Gradient | None:
        if not (self.mirror and is_drawn):
            return None
        tone = self.colouring.gradient_tone(tone)
        if not box.differentiable:
            return Gradient(None, is_computed=False, tone=tone)
        notes = []
        if box.id in self.scene.outputs:
            known = "" if box.shape or self.values else "= 1, "
            notes.append(f"{known}where it starts")
        if box.accumulates > 1:
            notes.append(f"sum of {box.accumulates}")
        missing = box.kind == "parameter" and box.gradient is None and not box.has_gradient
        return Gradient(
            of=name or box.op or box.kind,
            shape=self._shape(box) or (),
            notes=(*notes, *self._statistics(box.gradient)),
            is_computed=not missing,
            tone=tone,
        )

    def _shape(self, box: Box) -> Shape | None:
        return box.shape if "shape" in self.show else None

    def _dtype(self, box: Box) -> str:
        return box.dtype if "dtype" in self.show else ""

    def _statistics(self, found: Statistics | None) -> tuple[str, ...]:
        return statistics_lines(found) if self.values and found is not None else ()
