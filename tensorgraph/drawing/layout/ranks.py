"""Ranks: the row on which every node of a drawing stands."""

from __future__ import annotations

from collections.abc import Sequence

Arrow = tuple[int, int]


def ranks_of(count: int, arrows: Sequence[Arrow]) -> list[int]:
    """Return the rank of each of ``count`` nodes: below all that it reads, near its readers.

    Every node stands one rank below the lowest of its sources (the longest path from any of them).
    That leaves sources at the top, far from where they are read, so they and whatever serves one
    reader only are pulled down to just above it. Of a cycle, the arrows that close it are ignored.
    """
    below: list[list[int]] = [[] for _ in range(count)]
    above: list[list[int]] = [[] for _ in range(count)]
    for u, v in forward(count, arrows):
        below[u].append(v)
        above[v].append(u)
    order = sorted_by_arrows(above, below)
    ranks = [0] * count
    for u in order:
        ranks[u] = max((ranks[v] + 1 for v in above[u]), default=0)
    loose = [False] * count
    for u in order:
        loose[u] = all(loose[v] and len(below[v]) == 1 for v in above[u])
    for u in reversed(order):
        if below[u] and (loose[u] or len(below[u]) > len(above[u])):
            ranks[u] = min(ranks[v] for v in below[u]) - 1
    return ranks


def sorted_by_arrows(above: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> list[int]:
    """Return the nodes such that arrows lead from earlier to later ones, leaving out cycles."""
    waiting = [len(sources) for sources in above]
    order = [u for u, n in enumerate(waiting) if not n]
    for u in order:
        for v in below[u]:
            waiting[v] -= 1
            if not waiting[v]:
                order.append(v)
    return order


def forward(count: int, arrows: Sequence[Arrow]) -> list[Arrow]:
    """Return the distinct arrows without those that would close a cycle."""
    arrows = [arrow for arrow in dict.fromkeys(arrows) if arrow[0] != arrow[1]]
    below: list[list[int]] = [[] for _ in range(count)]
    above: list[list[int]] = [[] for _ in range(count)]
    for u, v in arrows:
        below[u].append(v)
        above[v].append(u)
    if len(sorted_by_arrows(above, below)) == count:
        return arrows
    closing = _closing(below)
    return [arrow for arrow in arrows if arrow not in closing]


def _closing(below: list[list[int]]) -> set[Arrow]:
    """Return the arrows that lead back to a node whose descendants are being visited."""
    found: set[Arrow] = set()
    state = [0] * len(below)  # 1 while being visited, 2 when done
    for start in range(len(below)):
        if state[start]:
            continue
        path = [(start, iter(below[start]))]
        state[start] = 1
        while path:
            u, rest = path[-1]
            v = next(rest, None)
            if v is None:
                state[u] = 2
                path.pop()
            elif state[v] == 0:
                state[v] = 1
                path.append((v, iter(below[v])))
            elif state[v] == 1:
                found.add((u, v))
    return found
