"""From what is visible of a scene to the tiles and links that are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import log10
from typing import Any

from tensorgraph.drawing.scene.scene import Box, Shape, Statistics
from tensorgraph.drawing.view.colour import Heat
from tensorgraph.drawing.view.fold import Folding, Rest, Slot, is_docked, is_hidden, ops_of, users
from tensorgraph.drawing.view.hierarchy import Group
from tensorgraph.drawing.view.view import Link, Outline, Tile, View


def view(folding: Folding, *, mirror: bool, values: bool, direction: str, color_by: str) -> View:
    """Return what is drawn.

    Args:
        folding: what is visible.
        mirror: whether the backward pass is drawn, too.
        values: whether statistics stand on the tiles.
        direction: where the forward pass runs.
        color_by: what colours a tile.
    """
    return _View(folding, mirror, values, direction, color_by).result()


class _View:
    """The work of one call of ``view``."""

    def __init__(
        self, folding: Folding, mirror: bool, values: bool, direction: str, color_by: str
    ) -> None:
        self.folding, self.scene = folding, folding.scene
        self.boxes = folding.scene.boxes
        self.mirror = mirror and bool(folding.scene.backward)
        self.values, self.direction, self.color_by = values, direction, color_by
        self.heat = Heat(folding.scene, color_by)
        self.outlines = {group: k for k, (group, _) in enumerate(folding.opened)}
        self.users = users(folding)
        self.tile_of_slot: dict[int, int] = {}
        self.tile_of_leaf: dict[int, int] = {}
        self.tiles: list[Tile] = []

    def result(self) -> View:
        docked, lone = self._leaves()
        for k, slot in enumerate(self.folding.slots):
            for leaf in lone.get(k, ()):
                self.tile_of_leaf[leaf] = len(self.tiles)
                self.tiles.append(self._leaf(leaf, len(self.tiles)))
            self.tile_of_slot[k] = len(self.tiles)
            self.tiles.append(self._slot(slot, docked.get(k, ())))
        for leaf in lone.get(None, ()):
            self.tile_of_leaf[leaf] = len(self.tiles)
            self.tiles.append(self._leaf(leaf, len(self.tiles)))
        return View(
            tiles=tuple(self.tiles),
            links=tuple(self._links()),
            outlines=tuple(map(self._open, self.folding.opened)),
            mirror=self.mirror,
            folded=self.folding.sentence(),
            direction=self.direction,
            title=self.scene.title,
            caption=self.scene.caption,
            color_by=self.color_by,
            scale=self.heat.scale,
        )

    # ------------------------------------------------------------------------------------- tiles

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

    def _slot(self, slot: Slot, docked: Iterable[int]) -> Tile:
        number = len(self.tiles)
        if type(slot.item) is not int:
            return self._folded(slot, number)
        box = self.boxes[slot.item]
        return Tile(
            id=number,
            kind=box.kind,
            lines=(*_written(box), *(self._values(box.value))),
            family=box.family,
            shape=shape_text(box.shape, box.dtype) if box.kind == "op" else "",
            boxes=(box.id,),
            outline=self._outline(slot),
            docked=tuple(self._docked(leaf, number, box) for leaf in docked),
            warn=_warning([box]),
            gradient=self._gradient(box, box.differentiable),
            gradient_lines=self._gradient_lines(box),
            heat=self.heat.of([box]),
            hue=self.heat.hue(box.call),
            tip=_tip(box, self._path(box)),
        )

    def _folded(self, slot: Slot, number: int) -> Tile:
        """Return the tile of a folded module, or of what is left out."""
        item = slot.item
        inside = [self.boxes[op] for op in ops_of(item)]
        last = inside[-1]
        repeat = 1 if type(item) is Rest else item.copies
        counted = f"{len(inside):,} operation{'s' * (len(inside) > 1)}"
        if type(item) is Rest:
            lines: tuple[str, ...] = (f"… {counted} …",)
        else:
            lines = (*self._titles(item), counted)
        flows = any(box.differentiable for box in inside)
        return Tile(
            id=number,
            kind="more" if type(item) is Rest else "module",
            lines=lines,
            shape=shape_text(last.shape, last.dtype),
            boxes=tuple(box.id for box in inside),
            repeat=repeat,
            outline=self._outline(slot),
            warn=_warning(inside),
            gradient=f"∂{lines[0]}" if self.mirror and flows else "",
            heat=self.heat.of(inside),
            hue=self.heat.hue(inside[0].call),
            tip="\n".join([*lines, *self._parameters(inside)]),
        )

    def _docked(self, leaf: int, number: int, user: Box) -> Tile:
        """Return a leaf as drawn on an operation, with what happens to its axes there."""
        tile = self._leaf(leaf, number)
        notes = dict.fromkeys(w.note for w in user.wires if w.source == leaf and w.note)
        first = self.users[leaf][0] == self.folding.slot(user.id)
        gradient = (tile.gradient, tile.gradient_lines) if first else ("", ())
        return replace(
            tile,
            lines=(tile.lines[0], *notes, *tile.lines[1:]),
            gradient=gradient[0],
            gradient_lines=gradient[1],
        )

    def _leaf(self, leaf: int, number: int) -> Tile:
        box = self.boxes[leaf]
        return Tile(
            id=number,
            kind=box.kind,
            lines=(_leaf_title(box), *(() if box.text else self._values(box.value))),
            shape=shape_text(box.shape, box.dtype) if box.shape or not box.text else "",
            boxes=(leaf,),
            warn=_warning([box]),
            gradient=self._gradient(box, box.kind == "parameter"),
            gradient_lines=self._gradient_lines(box),
            heat=self.heat.of([box]),
            hue=self.heat.hue(box.call),
            tip=_tip(box, box.name or ""),
        )

    def _parameters(self, inside: list[Box]) -> list[str]:
        sources = {wire.source for box in inside for wire in box.wires}
        sizes = [_size(self.boxes[k].shape) for k in sources if self.boxes[k].kind == "parameter"]
        return [f"{sum(sizes):,} parameters"] if sizes else []

    def _outline(self, slot: Slot) -> int | None:
        return None if slot.around is None else self.outlines[slot.around]

    def _path(self, box: Box) -> str:
        return "" if box.call is None else self.scene.calls[box.call].path

    def _open(self, entry: tuple[Group, Group | None]) -> Outline:
        group, around = entry
        parent = None if around is None else self.outlines[around]
        return Outline(self.outlines[group], self._title(group), parent, group.copies)

    def _titles(self, group: Group) -> tuple[str, ...]:
        """Return what a module is called: its class, and its place in the one around it."""
        if group.call is None:
            types = [_short_type(self, item) for item in group.items]
            return (" → ".join(types) if len(types) <= 4 else f"{len(types)} parts",)
        call = self.scene.calls[group.call]
        around = "" if call.parent is None else self.scene.calls[call.parent].path
        place = call.path.removeprefix(around).removeprefix(".")
        return (call.type, place) if call.type else (place,)

    def _title(self, group: Group) -> str:
        times = f" × {group.copies}" if group.copies > 1 else ""
        named = "  ".join(self._titles(group)) if group.call is not None else ""
        return f"{named}{times}".strip()

    # ----------------------------------------------------------------------------------- gradients

    def _gradient(self, box: Box, has_tile: bool) -> str:
        if not (self.mirror and has_tile):
            return ""
        if not box.differentiable:
            return "not computed"
        what = f"∂{_short_name(box) or box.op or box.kind}"
        return f"{what} {tuple(box.shape)}" if box.shape else what

    def _gradient_lines(self, box: Box) -> tuple[str, ...]:
        if not (self.mirror and box.differentiable):
            return ()
        lines = []
        if box.id in self.scene.outputs:
            known = "" if box.shape or self.values else "= 1, "
            lines.append(f"{known}where it starts")
        if box.accumulates > 1:
            lines.append(f"sum of {box.accumulates}")
        if box.kind == "parameter" and box.gradient is None and not box.has_gradient:
            lines.append("not computed")
        return (*lines, *self._values(box.gradient))

    def _values(self, found: Statistics | None) -> tuple[str, ...]:
        return statistics_lines(found) if self.values and found is not None else ()

    # ----------------------------------------------------------------------------------- links

    def _links(self) -> Iterable[Link]:
        """Return the links, with those between the same tiles as one."""
        data: dict[tuple[int, int], list[tuple[Box, str]]] = {}
        gradients: dict[tuple[int, int], int] = {}
        saved: dict[tuple[int, int], dict[str, None]] = {}
        for op in self.scene.forward:
            box = self.boxes[op]
            target = self.tile_of_slot[self.folding.slot(op)]
            turns = dict(self.folding.hierarchy.turns.get(op, ()))
            for wire in box.wires:
                inside, crosses = self._turns(turns, wire.source)
                if inside or crosses:
                    continue
                source = self._tile(wire.source, target)
                if source is None:
                    continue
                made = self.boxes[wire.source]
                if source != target:
                    data.setdefault((source, target), []).append((made, wire.note))
                    if made.differentiable and box.differentiable and not wire.stops:
                        key = (target, source)
                        gradients[key] = gradients.get(key, 0) + 1
                if wire.operand in box.saved:
                    saved.setdefault((source, target), {})[wire.operand] = None
            if "out" in box.saved and not any(turn for turn in turns.values()):
                saved.setdefault((target, target), {})["out"] = None
        yield from (self._data(*key, made) for key, made in sorted(data.items()))
        if self.mirror:
            for (source, target), count in sorted(gradients.items()):
                if self.tiles[source].gradient and self.tiles[target].gradient:
                    yield Link(source, target, "gradient", "", count)
            for (source, target), names in sorted(saved.items()):
                if type(self._seen(target)) is int and self.tiles[target].gradient:
                    yield Link(source, target, "saved", ", ".join(names), len(names))

    def _seen(self, tile: int) -> Any:
        """Return the operation that a tile shows, if it is one."""
        boxes = self.tiles[tile].boxes
        return boxes[0] if len(boxes) == 1 else None

    def _turns(self, turns: dict[int, int], source: int) -> tuple[bool, bool]:
        """Return whether a value stays in a hidden copy of a part, or goes from copy to copy."""
        inside = crosses = False
        for repetition, turn in self.folding.hierarchy.turns.get(source, ()):
            if repetition in turns:
                crosses = crosses or turns[repetition] != turn
                inside = inside or turn > 0
        return inside, crosses

    def _tile(self, box: int, target: int) -> int | None:
        """Return the tile where a value comes from: for a docked leaf the target itself."""
        if self.boxes[box].kind in ("op", "more"):
            return self.tile_of_slot[self.folding.slot(box)]
        leaf = self.folding.shown_as(box)
        if leaf in self.tile_of_leaf:
            return self.tile_of_leaf[leaf]
        docked = is_docked(self.folding, self.boxes[leaf], self.users[leaf])
        return target if docked else None

    def _data(self, source: int, target: int, made: list[tuple[Box, str]]) -> Link:
        notes = dict.fromkeys(note for _, note in made if note)
        size = max(box.bytes for box, _ in made)
        label = next(iter(notes)) if len(made) == 1 and notes else ""
        return Link(source, target, "data", label, len(made), link_width(size))


def link_width(size: int) -> float:
    """Return how wide a link is for a value of so many bytes: 1 up to a kilobyte, then growing."""
    return round(1 + 0.5 * max(log10(max(size, 1)) - 3, 0), 2)


def _short_type(build: _View, item: Any) -> str:
    if type(item) is int:
        return build.boxes[item].op
    return build._titles(item)[0]


# ------------------------------------------------------------------------------------------ as text


def shape_text(shape: Shape, dtype: str) -> str:
    """Return shape and dtype as a tile shows them: ``(5, 3) float32``."""
    return f"{tuple(shape)} {dtype}"


def _written(box: Box) -> tuple[str, ...]:
    """Return what is written on an operation: its name and symbol, then what it is."""
    if box.kind == "more":
        return (box.symbol, box.text)
    name = _short_name(box)
    title = f"{name} = {box.symbol}" if name else box.symbol
    words = [box.op] if box.symbol != box.op else []
    words += [box.settings] if box.settings else []
    return (title, " ".join(words)) if words else (title,)


def _short_name(box: Box) -> str:
    """Return a tensor's name; of a parameter with a path, the last part."""
    name = box.name or ""
    return name.rpartition(".")[2] if box.kind == "parameter" else name


def _leaf_title(box: Box) -> str:
    name = _short_name(box)
    if name and box.text:
        return f"{name} = {box.text}"
    return name or box.text or box.kind


def _tip(box: Box, path: str) -> str:
    rows = [
        path,
        f"{box.op}({box.settings})" if box.op else "",
        shape_text(box.shape, box.dtype) + f", {box.bytes:,} bytes",
        f"saves {', '.join(box.saved)}" if box.saved else "",
        f"{box.line}  {box.source or ''}".strip() if box.line else "",
    ]
    return "\n".join(filter(None, rows))


def _warning(boxes: Iterable[Box]) -> str:
    warning = ""
    for box in boxes:
        for found in (box.value, box.gradient):
            if found is not None and found.nans:
                return "nan"
            if found is not None and found.infs:
                warning = "inf"
    return warning


def _size(shape: Shape) -> int:
    count = 1
    for n in shape:
        count *= n
    return count


def statistics_lines(found: Statistics) -> tuple[str, ...]:
    """Return statistics in a few short lines."""
    lines = []
    if found.count == 1 and found.mean is not None:
        lines.append(f"= {_short(found.mean, 4)}")
    elif found.mean is not None:
        lines.append(f"{_short(found.mean)} ± {_short(found.std)}")
        lines.append(f"{_short(found.min)} … {_short(found.max)}")
    bad = [f"{n:,} {what}" for n, what in ((found.nans, "NaN"), (found.infs, "inf")) if n]
    return (*lines, ", ".join(bad)) if bad else tuple(lines)


def _short(number: float | None, digits: int = 3) -> str:
    return f"{(number or 0.0) + 0.0:.{digits}g}".replace("-", "−")
