"""A drawing's rows, with dummies where a link passes a row on which it has no end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

LONGEST = 12
"""How many ranks a link may span and still run between the nodes; a longer one runs on a rail."""
DUMMY_WIDTH = 4.0


@dataclass(frozen=True)
class Net:
    """What leaves one node at one place, and all the nodes that it goes to.

    A place is the distance from a node's middle at which a link touches it.
    """

    source: int
    place: float = 0.0
    targets: tuple[tuple[int, float], ...] = ()


class Side(NamedTuple):
    """One end of a link between neighbouring rows, as seen from its other end."""

    node: int
    own: float
    """Where the link touches the node that has this side."""
    other: float
    """Where the link touches ``node``."""


@dataclass
class Layers:
    """Nodes on rows, dummies after them, and the links between neighbouring rows."""

    widths: list[float]
    real: int
    """How many nodes are no dummies."""
    ranks: list[int]
    above: list[list[Side]]
    below: list[list[Side]]
    paths: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    """The nodes on the way of a net, by its index, to one of its targets, by its index."""
    far: list[tuple[int, int]] = field(default_factory=list)
    """The nets and targets that lie too far apart for a path, or not below each other."""


def layers_of(widths: Sequence[float], ranks: Sequence[int], nets: Sequence[Net]) -> Layers:
    """Return the rows that nodes and the links between them take.

    All links of a net share one chain of dummies down to its lowest target, which the others leave
    on the way: one value is one line, and the number of dummies is bounded by LONGEST for each net.
    """
    count = len(widths)
    layers = Layers(list(widths), count, list(ranks), [[] for _ in widths], [[] for _ in widths])
    for n, net in enumerate(nets):
        spans = [ranks[v] - ranks[net.source] for v, _ in net.targets]
        layers.far += [(n, t) for t, span in enumerate(spans) if not 1 <= span <= LONGEST]
        near = [(span, t) for t, span in enumerate(spans) if 1 <= span <= LONGEST]
        chain = [(net.source, net.place)]
        for _ in range(1, max(near, default=(0, 0))[0]):
            dummy = _add_dummy(layers, ranks[net.source] + len(chain))
            _join(layers, chain[-1], (dummy, 0.0))
            chain.append((dummy, 0.0))
        for span, t in near:
            _join(layers, chain[span - 1], net.targets[t])
            layers.paths[n, t] = [u for u, _ in chain[:span]] + [net.targets[t][0]]
    return layers


def _add_dummy(layers: Layers, rank: int) -> int:
    layers.widths.append(DUMMY_WIDTH)
    layers.ranks.append(rank)
    layers.above.append([])
    layers.below.append([])
    return len(layers.widths) - 1


def _join(layers: Layers, upper: tuple[int, float], lower: tuple[int, float]) -> None:
    (u, at_u), (v, at_v) = upper, lower
    layers.below[u].append(Side(v, at_u, at_v))
    layers.above[v].append(Side(u, at_v, at_u))
