"""What is not alike in two boxes that match."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tensorgraph.differences.graph_pairs import Pairs
from tensorgraph.differences.graph_side import Side
from tensorgraph.drawing.scene.scene import Box


@dataclass(frozen=True)
class Change:
    """Something that two boxes that match do not have in common."""

    a: int
    b: int
    what: str
    """``op``, ``settings``, ``operands``, ``constant``, ``shape``, ``dtype``, ``gradient``."""
    text: str
    """It in words: ``relu → tanh``."""


def changes(a: Side, b: Side, pairs: Pairs) -> list[Change]:
    """Return what changed in the boxes that match, in the order of the second scene.

    What follows from another change is none: the shapes of all results, where a leaf has another.
    """
    found = [*_outputs(a, b, pairs)]
    for k, box in enumerate(b.boxes):
        if k not in pairs.of_b:
            continue
        one = a.boxes[pairs.of_b[k]]
        told = _leaf_changes(one, box) if box.is_leaf else _op_changes(a, b, pairs, one, box)
        found += [Change(one.id, k, what, text) for what, text in told]
    return found


def renamed(a: Side, b: Side, pairs: Pairs) -> list[tuple[str, str]]:
    """Return the leaves that are called otherwise, which is no difference of graphs."""
    both = ((a.boxes[x], b.boxes[y]) for x, y in pairs.of_a.items())
    names = ((x.name or "", y.name or "") for x, y in both if x.is_leaf and a.name(x) != b.name(y))
    return sorted((x, y) for x, y in names if x and y)


def _leaf_changes(a: Box, b: Box) -> Iterator[tuple[str, str]]:
    if a.shape != b.shape:
        yield "shape", f"{a.shape} → {b.shape}"
    if a.dtype != b.dtype:
        yield "dtype", f"{a.dtype} → {b.dtype}"
    if (a.kind == "parameter") != (b.kind == "parameter"):
        words = ("wants no gradient any more", "wants a gradient now")
        yield "gradient", words[b.kind == "parameter"]


def _op_changes(a: Side, b: Side, pairs: Pairs, one: Box, other: Box) -> Iterator[tuple[str, str]]:
    if one.op != other.op:
        yield "op", f"{one.op} → {other.op}"
        return
    if _settings(one) != _settings(other) or (
        one.settings != other.settings and _shapes(a, one) == _shapes(b, other)
    ):
        yield "settings", f"{one.settings or 'default'} → {other.settings or 'default'}"
    yield from _operands(a, b, pairs, one, other)
    if not _is_explained(a, b, pairs, one, other):
        if one.shape != other.shape and one.settings == other.settings:
            yield "shape", f"{one.shape} → {other.shape}"
        if one.dtype != other.dtype and one.settings == other.settings:
            yield "dtype", f"{one.dtype} → {other.dtype}"


def _settings(box: Box) -> str:
    """Return an operation's settings without the shape of its result, which follows from others."""
    return re.sub(r"shape=\([^)]*\)", "shape", box.settings)


def _shapes(side: Side, box: Box) -> list[tuple[int, ...]]:
    return [side.boxes[wire.source].shape for wire in box.wires]


def _is_explained(a: Side, b: Side, pairs: Pairs, one: Box, other: Box) -> bool:
    """Return whether operands are others, so that the result is, too."""
    if len(one.wires) != len(other.wires):
        return True
    for x, y in zip(one.wires, other.wires, strict=True):
        left, right = a.boxes[x.source], b.boxes[y.source]
        if pairs.of_a.get(left.id) != right.id:
            return True
        if (left.shape, left.dtype) != (right.shape, right.dtype):
            return True
    return False


def _operands(a: Side, b: Side, pairs: Pairs, one: Box, other: Box) -> Iterator[tuple[str, str]]:
    """Yield what an operation takes that it did not take before; not what was put between."""
    left = [wire.source for wire in one.wires]
    right = [wire.source for wire in other.wires]
    seen = [pairs.of_a.get(k) for k in left]
    if seen == right:
        yield from _constants(a, b, left, right)
        return
    if len(seen) == len(right) and sorted(map(str, seen)) == sorted(map(str, right)):
        before, after = ([_name(s, k) for k in ks] for s, ks in ((a, left), (b, right)))
        yield "operands", f"({', '.join(before)}) → ({', '.join(after)})"
        return
    if len(left) != len(right):
        gone = [k for k in left if pairs.of_a.get(k) not in right]
        new = [k for k in right if pairs.of_b.get(k) not in left]
        told = [f"− {_name(a, k)}" for k in gone] + [f"+ {_name(b, k)}" for k in new]
        yield "operands", "operands " + ", ".join(told or [f"{len(left)} → {len(right)}"])
        return
    for wire, was, mapped, now in zip(other.wires, left, seen, right, strict=True):
        if mapped == now or _is_between(a, b, pairs, was, now):
            continue
        yield "operands", f"{wire.operand}: {_name(a, was)} → {_name(b, now)}"
    same = [(x, y) for x, m, y in zip(left, seen, right, strict=True) if m == y]
    yield from _constants(a, b, [x for x, _ in same], [y for _, y in same])


def _constants(a: Side, b: Side, left: list[int], right: list[int]) -> Iterator[tuple[str, str]]:
    for x, y in zip(left, right, strict=True):
        one, other = a.boxes[x], b.boxes[y]
        if {one.kind, other.kind} == {"constant"} and one.exact != other.exact:
            names = _name(a, x), _name(b, y)
            before, after = names if names[0] != names[1] else (one.exact, other.exact)
            yield "constant", f"{before} → {after}"


def _is_between(a: Side, b: Side, pairs: Pairs, was: int, now: int) -> bool:
    """Return whether an operand is another because something was added or removed before it."""
    is_op = not a.boxes[was].is_leaf, not b.boxes[now].is_leaf
    return (was not in pairs.of_a and is_op[0]) or (now not in pairs.of_b and is_op[1])


def _outputs(a: Side, b: Side, pairs: Pairs) -> Iterator[Change]:
    """Yield that something else is returned, if it is there in both."""
    left, right = a.scene.outputs, b.scene.outputs
    for one, other in zip(left, right, strict=False):
        mapped, back = pairs.of_a.get(one), pairs.of_b.get(other)
        if mapped is not None and back is not None and mapped != other:
            yield Change(back, other, "output", f"result: {_name(a, one)} → {_name(b, other)}")
    if len(left) != len(right):
        k = right[0]
        if k in pairs.of_b:
            yield Change(pairs.of_b[k], k, "output", f"results: {len(left)} → {len(right)}")


def _name(side: Side, k: int) -> str:
    return label_of(side.boxes[k])


def label_of(box: Box) -> str:
    """Return what a box is called in a line of text: by its name, its value, or what makes it."""
    return box.name or box.text or box.op or box.kind
