"""What a file says, checked: nodes in order, with what computes them, and what they refer to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.onnx.importing.narrow import Narrow
from tensorgraph.onnx.importing.table import Operator


@dataclass(frozen=True, slots=True)
class Declared:
    """An input or output of a model, as its file declares it."""

    name: str
    dtype: np.dtype[Any] | None
    """``None`` if it is no tensor, or of a dtype that is not told."""
    shape: tuple[int | str | None, ...] | None
    """A name stands for a length that is free, ``None`` for one without a name."""
    kind: str = "tensor"
    """``"tensor"``, ``"sequence"``, ``"optional"`` or ``"map"``."""
    narrow: Narrow | None = None
    """What the file has for ``dtype``, if that is a wider one."""

    def __str__(self) -> str:
        if self.kind != "tensor":
            return f"{self.name!r} (a {self.kind})"
        lengths = "" if self.shape is None else ", ".join(str(n or "?") for n in self.shape)
        shape = "any shape" if self.shape is None else f"shape ({lengths})"
        dtype = str(self.dtype or "any dtype")
        dtype = f"{self.narrow.name} as {dtype}" if self.narrow else dtype
        return f"{self.name!r} ({dtype}, {shape})"


@dataclass(slots=True)
class Node:
    """One operator of a graph. Names of values are unique in the whole model."""

    kind: str
    """The operator's name."""
    name: str
    operator: Operator
    inputs: list[str]
    """``""`` stands for an input that is left out."""
    outputs: list[str]
    attributes: dict[str, Any]
    """Arrays for tensors, and :class:`Graph` for graphs."""
    path: tuple[str, ...]
    """The modules it lies in, from outside."""


@dataclass(slots=True)
class Graph:
    """Nodes, each after those whose results it takes."""

    inputs: list[Declared] = field(default_factory=list)
    outputs: list[Declared] = field(default_factory=list)
    input_names: list[str] = field(default_factory=list)
    output_names: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    def captured(self) -> list[str]:
        """Return the values from around it that it takes."""
        own = {*self.input_names, *(name for node in self.nodes for name in node.outputs)}
        taken = [name for node in self.nodes for name in all_inputs(node)]
        return list(dict.fromkeys(n for n in [*taken, *self.output_names] if n and n not in own))


def all_inputs(node: Node) -> list[str]:
    """Return the values that a node takes, and those that the graphs in it take from around it."""
    graphs = [value for value in node.attributes.values() if isinstance(value, Graph)]
    captured = dict.fromkeys(name for graph in graphs for name in graph.captured())
    return [*node.inputs, *captured]


def needed(graph: Graph) -> list[Node]:
    """Return the nodes that results depend on."""
    wanted, kept = set(graph.output_names), []
    for node in reversed(graph.nodes):
        if not wanted.isdisjoint(node.outputs):
            wanted.update(all_inputs(node))
            kept.append(node)
    return kept[::-1]
