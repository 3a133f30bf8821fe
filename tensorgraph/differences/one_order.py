"""The boxes of two matched scenes in one order, in which each stands behind what it takes."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from tensorgraph.differences.graph_pairs import Pairs
from tensorgraph.differences.graph_side import Side


@dataclass(frozen=True)
class Both:
    """A box of the first scene, of the second, or of both."""

    a: int | None
    b: int | None


def in_one_order(a: Side, b: Side, pairs: Pairs) -> list[Both]:
    """Return all boxes of both scenes, those that match once.

    What was removed stands where it was: behind what it took, before what took it, unless that
    comes earlier now.
    """
    parts = [Both(pairs.of_b.get(k), k) for k in range(len(b.boxes))]
    place = {part.b: i for i, part in enumerate(parts)}
    of_a = {part.a: i for i, part in enumerate(parts) if part.a is not None}
    ranks: list[tuple[float, ...]] = [(float(i),) for i in range(len(parts))]
    before = -1.0
    for k in range(len(a.boxes)):
        if k in pairs.of_a:
            before = float(of_a[k])
        else:
            of_a[k] = len(parts)
            parts.append(Both(k, None))
            ranks.append((before, float(k)))
    arrows = [(place[wire.source], place[k]) for k, box in enumerate(b.boxes) for wire in box.wires]
    late = [
        (of_a[wire.source], of_a[k])
        for k, box in enumerate(a.boxes)
        for wire in box.wires
        if k not in pairs.of_a or wire.source not in pairs.of_a
    ]
    found = _sorted(len(parts), [*arrows, *late], ranks)
    if len(found) < len(parts):  # by what was removed something would stand before itself
        inner = [(x, y) for x, y in late if parts[y].b is None]
        found = _sorted(len(parts), [*arrows, *inner], ranks)
    return [parts[i] for i in found]


def _sorted(count: int, arrows: list[tuple[int, int]], ranks: list[tuple[float, ...]]) -> list[int]:
    """Return numbers such that arrows point forward, then by rank; without those in cycles."""
    below: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for x, y in arrows:
        below[x].append(y)
        waiting[y] += 1
    ready = [(ranks[i], i) for i in range(count) if not waiting[i]]
    heapify(ready)
    found = []
    while ready:
        _, i = heappop(ready)
        found.append(i)
        for j in below[i]:
            waiting[j] -= 1
            if not waiting[j]:
                heappush(ready, (ranks[j], j))
    return found
