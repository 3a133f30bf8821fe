"""The longest path of a drawing, which is drawn as a straight line."""

from __future__ import annotations

from tensorgraph.drawing.layout.layers import Layers, Side


def lengths_of(layers: Layers) -> tuple[list[int], list[int]]:
    """Return how many nodes but dummies the longest path to each node has, and that from it."""
    order = sorted(range(len(layers.ranks)), key=layers.ranks.__getitem__)
    return _lengths(order, layers.above, layers.real), _lengths(
        order[::-1], layers.below, layers.real
    )


def _lengths(order: list[int], sides: list[list[Side]], real: int) -> list[int]:
    lengths = [0] * len(order)
    for u in order:
        lengths[u] = max((lengths[s.node] for s in sides[u]), default=0) + (u < real)
    return lengths


def spine_of(layers: Layers) -> tuple[list[int], list[int]]:
    """Return each node's upper and lower neighbour on the main line, which is straight, or −1.

    A link is on it if the longest path to its lower end comes through it and the longest path from
    its upper end goes on through it. Where two are as long, none is.
    """
    to, onward = lengths_of(layers)
    above = [_main(sides, to) for sides in layers.above]
    below = [_main(sides, onward) for sides in layers.below]
    up = [u if u >= 0 and below[u] == v else -1 for v, u in enumerate(above)]
    down = [v if v >= 0 and above[v] == u else -1 for u, v in enumerate(below)]
    return up, down


def _main(sides: list[Side], lengths: list[int]) -> int:
    """Return the one neighbour with the longest path, or −1."""
    longest = max((lengths[s.node] for s in sides), default=0)
    found = {s.node for s in sides if lengths[s.node] == longest}
    return found.pop() if len(found) == 1 else -1
