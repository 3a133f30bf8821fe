"""The links of a view: data, gradients, and values that are saved for the backward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import log10

from tensorgraph.drawing.scene.scene import Box
from tensorgraph.drawing.view.fold import is_docked
from tensorgraph.drawing.view.tiles import Tiles
from tensorgraph.drawing.view.view import Link
from tensorgraph.drawing.view.wording import operand_word

Ends = tuple[int, int]


def links_of(tiles: Tiles) -> Iterator[Link]:
    """Yield the links between tiles; those between the same tiles are one."""
    data: dict[Ends, list[tuple[Box, str]]] = {}
    words: dict[Ends, dict[str, None]] = {}
    gradients: dict[Ends, int] = {}
    saved: dict[Ends, dict[str, None]] = {}
    states: dict[tuple[Ends, int], dict[int, bool]] = {}
    for op in tiles.scene.forward:
        box = tiles.boxes[op]
        slot = tiles.folding.slot(op)
        target = tiles.of_slot[slot]
        turns = dict(tiles.folding.hierarchy.turns.get(op, ()))
        for position, wire in enumerate(box.wires):
            hidden, loop = _turns(tiles, turns, wire.source)
            source = None if hidden else _source(tiles, wire.source, target)
            if source is None:
                continue
            made = tiles.boxes[wire.source]
            flows = made.differentiable and box.differentiable and not wire.stops
            if loop is not None:
                if _is_seen(tiles, loop, slot):
                    states.setdefault(((source, target), loop), {})[made.id] = flows
                continue
            if source != target:
                data.setdefault((source, target), []).append((made, wire.note))
                words.setdefault((source, target), {})[operand_word(box, position)] = None
                if flows:
                    gradients[target, source] = gradients.get((target, source), 0) + 1
            if position in box.saved:
                saved.setdefault((source, target), {})[wire.operand] = None
        if box.saves_result and not any(turns.values()):
            saved.setdefault((target, target), {})[box.operand(len(box.wires))] = None
    entering = Counter(target for _, target in data)
    for ends, values in sorted(data.items()):
        tile = tiles.all[ends[1]]
        told = tile.kind == "op" and entering[ends[1]] > 1 and len(words[ends]) == 1
        word = next(iter(words[ends])) if told else ""
        yield _data(ends, values, word, tile.kind == "module")
    yield from _states(tiles, states)
    if tiles.mirror:
        for (source, target), count in sorted(gradients.items()):
            if tiles.all[source].gradient and tiles.all[target].gradient:
                yield Link(source, target, "gradient", "", count)
        for (source, target), names in sorted(saved.items()):
            if len(tiles.all[target].boxes) == 1 and tiles.all[target].gradient:
                yield Link(source, target, "saved", ", ".join(names), len(names))


def _turns(tiles: Tiles, turns: dict[int, int], source: int) -> tuple[bool, int | None]:
    """Return whether a link is in a copy that is not seen, and the loop round which it goes."""
    for repetition, turn in reversed(tiles.folding.hierarchy.turns.get(source, ())):
        if repetition in turns:
            if turn > 0:
                return True, None
            if turns[repetition] > 0:
                return False, repetition
    return False, None


def _is_seen(tiles: Tiles, loop: int, slot: int) -> bool:
    """Return whether a loop has a frame or a tile, and its turns are no layers of a stack."""
    hierarchy = tiles.folding.hierarchy
    group = hierarchy.groups[loop]
    is_tile = tiles.folding.slots[slot].item is group
    return loop not in hierarchy.stacks and (is_tile or group in tiles.outlines)


def _states(tiles: Tiles, states: dict[tuple[Ends, int], dict[int, bool]]) -> Iterator[Link]:
    """Yield what goes from one turn of a loop to the next, and back as a gradient."""
    for ((source, target), loop), made in sorted(states.items()):
        outline = tiles.outlines.get(tiles.folding.hierarchy.groups[loop])
        names = (tiles.boxes[k].name for k in made)
        label = ", ".join(dict.fromkeys(filter(None, names)))
        yield Link(source, target, "state", label, len(made), loop=outline)
        ends = tiles.all[source].gradient, tiles.all[target].gradient
        if tiles.mirror and any(made.values()) and all(ends):
            yield Link(target, source, "state gradient", label, len(made), loop=outline)


def _source(tiles: Tiles, box: int, target: int) -> int | None:
    """Return the tile where a value comes from: for a docked leaf the target itself."""
    if not tiles.boxes[box].is_leaf:
        return tiles.of_slot[tiles.folding.slot(box)]
    leaf = tiles.folding.shown_as(box)
    if leaf in tiles.of_leaf:
        return tiles.of_leaf[leaf]
    docked = is_docked(tiles.folding, tiles.boxes[leaf], tiles.users[leaf])
    return target if docked else None


def _data(ends: Ends, made: list[tuple[Box, str]], word: str, is_closed: bool) -> Link:
    """Return the link of some values; how often a closed module takes each is its own affair.

    Args:
        ends: the tiles.
        made: the values, each with what happens to its axes.
        word: which operand they are, where they could be taken for another.
        is_closed: whether the second tile is a closed module.
    """
    notes = dict.fromkeys(note for _, note in made if note)
    size = max(box.bytes for box, _ in made)
    count = len({box.id for box, _ in made}) if is_closed else len(made)
    note = next(iter(notes)) if len(made) == 1 and notes else ""
    label = ", ".join(filter(None, (word, note)))
    return Link(*ends, "data", label, count, link_width(size))


def link_width(size: int) -> float:
    """Return how wide a link is for a value of so many bytes: 1 up to a kilobyte, then growing."""
    return round(1 + 0.5 * max(log10(max(size, 1)) - 3, 0), 2)
