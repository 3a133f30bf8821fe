"""The order of nodes on each row, such that few links cross."""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Iterable

from tensorgraph.drawing.layout.layers import Layers, Side
from tensorgraph.drawing.layout.longest_path import lengths_of

Rows = list[list[int]]
SWEEPS = 12
PATIENCE = 4
"""How many sweeps may pass without a better order."""


def ordered_rows(layers: Layers, count: int) -> Rows:
    """Return ``count`` rows, left to right, with few crossings (Sugiyama, Tagawa and Toda 1981).

    Rows are swept down and up; a node goes to the mean place of its neighbours on the row before.
    The best order of all sweeps stays. Of it and its mirror image, that is returned in which the
    longest paths are farther right.
    """
    rows = _depth_first(layers, count)
    best, fewest = [row[:] for row in rows], _crossings(rows, layers)
    since = 0
    for sweep in range(SWEEPS):
        if not fewest or since == PATIENCE:
            break
        down = sweep % 2 == 0
        turned = sweep % 4 >= 2
        neighbours = layers.above if down else layers.below
        _sweep(rows if down else rows[::-1], neighbours, layers.widths, turned)
        crossings = _crossings(rows, layers)
        since += 1
        if crossings < fewest:
            best, fewest, since = [row[:] for row in rows], crossings, 0
    mirrored = [row[::-1] for row in best]
    better = _leans_left(best, layers) and _crossings(mirrored, layers) <= fewest
    return mirrored if better else best


def _leans_left(rows: Rows, layers: Layers) -> bool:
    """Return whether more nodes are right of the longest paths than left of them."""
    to, onward = lengths_of(layers)
    balance = 0
    for row in rows:
        through = [to[u] + onward[u] for u in row]
        longest = max(through, default=0)
        if through.count(longest) == 1:
            balance += len(row) - 1 - 2 * through.index(longest)
    return balance > 0


def _depth_first(layers: Layers, count: int) -> Rows:
    """Return rows in the order of a search in depth, which keeps branches apart from the start."""
    rows: Rows = [[] for _ in range(count)]
    seen = [False] * len(layers.ranks)
    for start in sorted(range(len(layers.ranks)), key=lambda u: (bool(layers.above[u]), u)):
        waiting = [start]
        while waiting:
            u = waiting.pop()
            if seen[u]:
                continue
            seen[u] = True
            rows[layers.ranks[u]].append(u)
            waiting += [side.node for side in reversed(layers.below[u])]
    return rows


def _places(row: Iterable[int]) -> dict[int, int]:
    return {u: place for place, u in enumerate(row)}


def _sweep(rows: Rows, neighbours: list[list[Side]], widths: list[float], turned: bool) -> None:
    """Sort each row but the first by the row before it, in place; equal ones are ``turned``."""
    for before, row in itertools.pairwise(rows):
        place = _places(before)
        means = {}
        for u in row:
            if neighbours[u]:
                places = [place[s.node] + s.other / max(widths[s.node], 1.0) for s in neighbours[u]]
                means[u] = sum(places) / len(places)
        # A node without neighbours there stays where it is.
        linked = [u for u in (reversed(row) if turned else row) if u in means]
        moving = iter(sorted(linked, key=means.__getitem__))
        row[:] = [next(moving) if u in means else u for u in row]


def _crossings(rows: Rows, layers: Layers) -> int:
    """Return how many pairs of links between neighbouring rows cross."""
    widths = layers.widths
    total = 0
    for upper, lower in itertools.pairwise(rows):
        place = _places(lower)
        ends: list[float] = []
        for u in upper:
            links = [
                (s.own, place[s.node] + s.other / max(widths[s.node], 1.0)) for s in layers.below[u]
            ]
            for _, end in sorted(links):
                total += len(ends) - bisect_right(ends, end)
                insort(ends, end)
    return total
