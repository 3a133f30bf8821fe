"""Scenes for the explorer's tests, built by hand so that every number in them is known."""

from __future__ import annotations

import math
from dataclasses import replace

from tensorgraph.drawing.scene.scene import Box, ModuleCall, Scene, Statistics, Wire

FAMILIES = {
    "matmul": "contract", "add": "elementwise", "relu": "elementwise", "softmax": "fused",
    "log": "elementwise", "multiply": "elementwise", "mean": "reduce",
}  # fmt: skip
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>{}</mi></math>'

HOSTILE = "</script><script>document.body.dataset.owned = 1</script>"
RUN = {
    "gradients": {
        "blocks.0": [1e-9, 1e-8, math.nan],
        "blocks.1": [0.01, 0.1, 0.0],
        "blocks.2": [1.0, 1e9, math.inf],
    },
    "activations": {"blocks.0": [1.0, 2.0, 3.0]},
}


class Builder:
    """Collects boxes and module calls."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.calls: list[ModuleCall] = []

    def call(self, path, type, parent=None, **fields):
        self.calls.append(ModuleCall(len(self.calls), path, type, parent, **fields))
        return len(self.calls) - 1

    def leaf(self, name, shape, kind="parameter", **fields):
        wanted = kind == "parameter"
        return self._add(kind, "", name, shape, differentiable=wanted, accumulates=1, **fields)

    def op(self, op, sources, shape, name=None, **fields):
        wires = tuple(Wire(source, "xyz"[i]) for i, source in enumerate(sources))
        wanted = any(self.boxes[source].differentiable for source in sources)
        fields = {"wires": wires, "differentiable": wanted} | fields
        return self._add("op", op, name, shape, **fields)

    def _add(self, kind, op, name, shape, **fields):
        size, place = 4 * math.prod(shape), len(self.boxes)
        told = {"name": name, "op": op, "symbol": op, "family": FAMILIES.get(op, "")}
        box = Box(place, kind, shape, "float32", size, **told)
        self.boxes.append(replace(box, **fields))
        return place

    def scene(self, title="", **fields):
        forward = tuple(box.id for box in self.boxes if box.kind == "op")
        backward = tuple(i for i in reversed(forward) if self.boxes[i].differentiable)
        rules = {
            box.op: {
                "equation": MATH.format(f"equation-of-{box.op}"),
                "text": box.op,
                "gradients": {"x": {"mathml": MATH.format(f"rule-of-{box.op}"), "text": ""}},
            }
            for box in self.boxes
            if box.op
        }
        return Scene(
            tuple(self.boxes), tuple(self.calls), (len(self.boxes) - 1,), forward, backward, title,
            rules=rules, **fields,
        )  # fmt: skip


def statistics(norm, **fields):
    numbers = {"count": 40, "min": -1.5, "max": 2.5, "mean": 0.25, "std": 0.75, "norm": norm}
    bars = {"histogram": (1, 0, 20, 19), "range": (-1.5, 2.5)}
    return Statistics(**(numbers | bars | fields))


def two_layers(name="W2"):
    """Return softmax(relu(X W1) W2), its log and mean; the gradient of W1 was not computed."""
    b = Builder()
    X = b.leaf("X", (4, 3), "input", value=statistics(1.0))
    W1 = b.leaf("W1", (3, 5), value=statistics(2.0))
    Z1 = b.op("matmul", [X, W1], (4, 5), "Z1", saved=(0, 1))
    A1 = b.op("relu", [Z1], (4, 5), "A1", saved=(1,))
    W2 = b.leaf(name, (5, 2), value=statistics(3.0), gradient=statistics(0.125))
    Z2 = b.op(
        "matmul", [A1, W2], (4, 2), "Z2", saved=(0, 1), line="train.py:7",
        source="Z2 = A1 @ W2", value=statistics(6.5, zeros=10), gradient=statistics(0.0625),
        forward_seconds=1.5e-5, backward_seconds=2.5e-3,
    )  # fmt: skip
    seen = {"value": statistics(1.5, range=(0.0, 1.0)), "gradient": statistics(0.5)}
    A2 = b.op("softmax", [Z2], (4, 2), "A2", saved=(1,), **seen)
    L = b.op("log", [A2], (4, 2), saved=(0,), value=statistics(1.0, infs=1))
    b.op("mean", [L], (), "loss", gradient=statistics(1.0, count=1))
    return b.scene("two layers", formula=MATH.format("derived"))


def used_twice():
    """Return w·w + w: its gradient is a sum of three."""
    b = Builder()
    w = b.leaf("w", (3,))
    b.boxes[w] = replace(b.boxes[w], accumulates=3)
    square = b.op("multiply", [w, w], (3,), "s", saved=(0, 1))
    b.op("add", [square, w], (3,), "total")
    return b.scene("shared")


def lanes(count):
    """Return a module of operations in several lanes, which are made in turns, to and fro."""
    b = Builder()
    call = b.call("model", "Lanes")
    start = b.op("relu", [b.leaf("w", (3,))], (3,), call=call)
    ends = [start] * count
    for turn in range(4):
        for k in range(count) if turn % 2 else reversed(range(count)):
            bias, name = b.leaf(f"b{turn}{k}", (3,)), f"lane{k}" * (k + 1)
            ends[k] = b.op("add", [ends[k], bias], (3,), name, call=call)
    while len(ends) > 1:
        ends[-2:] = [b.op("multiply", ends[-2:], (3,), call=call)]
    return b.scene("lanes")


def chain(length):
    """Return operations in a row of which no two are equal, without any module."""
    b = Builder()
    h = b.leaf("w", (1,))
    for k in range(length):
        h = b.op("log", [h], (k + 2,), saved=(0,))
    return b.scene("chain")


def blocks(count, modules=True, alike=True):
    """Return residual blocks of 5 operations each in a row, as modules or not, alike or not."""
    b = Builder()
    root = b.call("model", "Net") if modules else None
    h = b.op("relu", [b.leaf("X", (8, 8), "input")], (8, 8), call=root)
    for k in range(count):
        call = b.call(f"model.blocks[{k}]", "Block", root) if modules else None
        inner = b.call(f"model.blocks[{k}].mlp", "MLP", call) if modules else None
        W = [b.leaf(f"blocks.{k}.W{j}", (8, 8), value=statistics(k + 1.0)) for j in (1, 2)]
        seen = {"value": statistics(1 / (k + 1)), "gradient": statistics(2.0**-k)}
        z = b.op("matmul", [h, W[0]], (8, 8), call=inner, saved=(0, 1), **seen)
        z = b.op("relu", [z], (8, 8), call=inner, saved=(1,), **seen)
        z = b.op("matmul", [z, W[1]], (8, 8), call=inner, saved=(0, 1), **seen)
        z = b.op("log", [z], (8, 8 if alike else 9 + k), call=call, saved=(0,), **seen)
        h = b.op("add", [h, z], (8, 8), call=call, **seen)
    b.op("mean", [h], (), "loss")
    return b.scene("blocks")
