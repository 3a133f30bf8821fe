"""The width of drawings by our own layout beside those by Graphviz's ``dot``, and its time."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from dataclasses import dataclass, field

from benchmarks.table import Goal, Row
from tensorgraph.drawing.layout import place

GAP = (22.0, 34.0)
WIDTH_LIMIT = 1.5


@dataclass
class Graph:
    """Tiles of given sizes in nested frames."""

    sizes: list[tuple[float, float]] = field(default_factory=list)
    links: list[tuple[int, int]] = field(default_factory=list)
    groups: list[int | None] = field(default_factory=list)
    parents: list[int | None] = field(default_factory=list)

    def tile(self, *sources: int, frame: int | None = None) -> int:
        new = len(self.sizes)
        self.sizes.append((70.0 + 37 * new % 60, 36.0))
        self.groups.append(frame)
        self.links += [(source, new) for source in sources]
        return new

    def frame(self, parent: int | None = None) -> int:
        self.parents.append(parent)
        return len(self.parents) - 1


def chain(n: int) -> Graph:
    g = Graph()
    last = g.tile()
    for _ in range(n - 1):
        last = g.tile(last)
    return g


def mlp(layers: int, docked: bool = False) -> Graph:
    g = Graph()
    last = g.tile()
    for _ in range(layers):
        leaves = [] if docked else [g.tile(), g.tile()]
        last = g.tile(last, *leaves[:1])
        last = g.tile(last, *leaves[1:])
        last = g.tile(last)
    return g


def residual(blocks: int) -> Graph:
    g = Graph()
    last = g.tile()
    for block in range(blocks):
        inner = last
        for _ in range(5):
            inner = g.tile(inner)
        skip = g.tile(last) if block % 3 == 0 else last
        last = g.tile(inner, skip)
    return g


def attention(g: Graph, x: int, frame: int | None) -> int:
    q, k, v = (g.tile(x, frame=frame) for _ in range(3))
    scores = g.tile(q, g.tile(k, frame=frame), frame=frame)
    weights = g.tile(g.tile(scores, frame=frame), frame=frame)
    return g.tile(g.tile(weights, v, frame=frame), frame=frame)


def transformer(blocks: int, framed: bool = False) -> Graph:
    g = Graph()
    x = g.tile()
    for _ in range(blocks):
        block = g.frame() if framed else None
        inner = g.frame(block) if framed else None
        after = attention(g, g.tile(x, frame=block), inner)
        x = g.tile(x, after, frame=block)
        hidden = g.tile(x, frame=block)
        for _ in range(3):
            hidden = g.tile(hidden, frame=block)
        x = g.tile(x, hidden, frame=block)
    return g


def tree(depth: int, upward: bool) -> Graph:
    g = Graph()
    row = [g.tile() for _ in range(2**depth if upward else 1)]
    for _ in range(depth):
        if upward:
            row = [g.tile(a, b) for a, b in zip(row[::2], row[1::2], strict=True)]
        else:
            row = [g.tile(a) for a in row for _ in range(2)]
    return g


def fan(n: int) -> Graph:
    g = Graph()
    top = g.tile()
    g.tile(*(g.tile(top) for _ in range(n)))
    return g


def recurrent(steps: int) -> Graph:
    g = Graph()
    weight, state = g.tile(), g.tile()
    for _ in range(steps):
        x = g.tile()
        state = g.tile(g.tile(g.tile(state, weight), g.tile(x)))
    return g


def dag(n: int, links: int, reach: int, seed: int) -> Graph:
    """Each tile reads one of the ``reach`` before it; more links of that kind are added."""
    draw = random.Random(seed)
    g = Graph()
    g.tile()
    for u in range(1, n):
        g.tile(draw.randrange(max(0, u - reach), u))
    for _ in range(links - n + 1):
        v = draw.randrange(1, n)
        g.links.append((draw.randrange(max(0, v - reach), v), v))
    return g


GRAPHS = {
    "chain of 60": chain(60),
    "MLP, 8 layers": mlp(8),
    "MLP, 8 layers, leaves docked": mlp(8, docked=True),
    "residual net, 9 blocks": residual(9),
    "residual net, 60 blocks": residual(60),
    "transformer, 2 blocks": transformer(2),
    "transformer, 12 blocks": transformer(12),
    "transformer, 4 open frames": transformer(4, framed=True),
    "tree of 64 leaves, upward": tree(6, upward=True),
    "tree of 64 leaves, downward": tree(6, upward=False),
    "fan of 40": fan(40),
    "recurrent net, 12 steps": recurrent(12),
    "random DAG, 30 tiles": dag(30, 45, 8, 1),
    "random DAG, 100 tiles": dag(100, 150, 15, 2),
    "random DAG, 100 tiles, far": dag(100, 130, 100, 3),
    "random DAG, 400 tiles": dag(400, 600, 12, 4),
}


def dot_width(g: Graph) -> float:
    """Return the width of the drawing by ``dot``, in points."""
    lines = ["digraph {", f"nodesep={GAP[0] / 72}; ranksep={GAP[1] / 72};", "node [shape=box];"]
    lines += [
        f"{u} [fixedsize=true, width={w / 72}, height={h / 72}, label=x];"
        for u, (w, h) in enumerate(g.sizes)
    ]
    inside: dict[int | None, list[str]] = {}
    for u, frame in enumerate(g.groups):
        inside.setdefault(frame, []).append(f"{u};")
    for f in reversed(range(len(g.parents))):
        body = " ".join(inside.get(f, []))
        inside.setdefault(g.parents[f], []).append(f"subgraph cluster{f} {{ {body} }}")
    lines += inside.get(None, [])
    lines += [f"{u} -> {v};" for u, v in g.links]
    text = "\n".join([*lines, "}"])
    out = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
    return float(out.stdout.split(maxsplit=3)[2]) * 72


def cpu_seconds(g: Graph) -> float:
    start = time.process_time()
    place(g.sizes, g.links, groups=g.groups, parents=g.parents, gap=GAP)
    return time.process_time() - start


def run() -> list[Row]:
    """Return the widths of drawings, with those by ``dot`` as the peer's; and our time."""
    rows = []
    for name, g in GRAPHS.items():
        drawing = place(g.sizes, g.links, groups=g.groups, parents=g.parents, gap=GAP)
        widths = {"tensorgraph": drawing.size[0]}
        if shutil.which("dot"):
            widths["dot"] = dot_width(g)
        goal = Goal("tensorgraph", WIDTH_LIMIT, ("dot",))
        rows.append(Row(f"width: {name}", "px", widths, [goal]))
    for name, g in {
        "transformer of 5,000 tiles": transformer(385),
        "random DAG of 5,000 tiles": dag(5000, 7500, 30, 5),
    }.items():
        seconds = {"tensorgraph": min(cpu_seconds(g) for _ in range(3))}
        rows.append(Row(f"time: {name}", "s", seconds, [Goal("tensorgraph", 1.0)]))
    return rows
