"""What operations, modules and tensors are called where something is explained."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph.caller.op_lines import OpLines
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.observe.root_names import RootNames
from tensorgraph.ops.arithmetic import square
from tensorgraph.teacher.explaining.run_again import Edge


class Names:
    """Names by the variables of a caller, and by the paths in a model.

    Args:
        frames: whose variables these are, the first that has a name counts.
        nodes: the operations that are to be named.
        paths: what tensors are called in what is asked about: parameters by their paths.
    """

    def __init__(
        self, frames: Sequence[FrameType], nodes: list[Node], paths: Mapping[Tensor, str]
    ) -> None:
        self._scopes = [Scope(frame) for frame in frames]
        variables = [scope.variables for scope in self._scopes]
        self._roots = RootNames((node.call for node in nodes), variables)
        self._frames = frames
        self._sources: dict[type, OpLines] = {}
        self._paths = paths

    def known(self, place: Any) -> str | None:
        """Return the name of a node or a leaf, if it has one."""
        if type(place) not in (Node, Tensor):
            return None
        if place in self._paths:
            return self._paths[place]
        if type(place) is Tensor and place.name:
            return place.name
        return next(filter(None, (scope.of_place(place) for scope in self._scopes)), None)

    def tensor(self, x: Tensor) -> str:
        """Return what a tensor is called that is asked about."""
        place = place_of(x)
        named = self._paths.get(x) or x.name or self.known(place)
        return named or (self.place(place) if type(place) is Node else "the tensor")

    def place(self, place: Any) -> str:
        """Return what a node or a leaf is called, or how it came about."""
        name = self.known(place)
        if name is not None:
            return name
        if type(place) is Node:
            return f"the result of {place.op.name}{self._in(place)}"
        what = "a parameter" if type(place) is Tensor and place.requires_grad else "a constant"
        shape = getattr(place, "shape", ())
        return f"{what} of shape {tuple(shape)}" if shape else what

    def operand(self, edge: Edge) -> str:
        """Return what an operand is called, or which it is."""
        name = self.known(edge.operand) or self._array(edge)
        own = edge.node.op.operand_name(edge.i)
        if name is not None:
            return name
        if type(edge.operand) is Node or getattr(edge.operand, "requires_grad", False):
            return self.place(edge.operand)
        return f"its operand {own}"

    def _array(self, edge: Edge) -> str | None:
        """Return the variable that an operand may be which is an array, by what it holds."""
        if type(edge.operand) is Node or not np.ndim(edge.operand):
            return None
        array = edge.operand._data if type(edge.operand) is Tensor else edge.operand
        found = (scope.of_operand(array, edge.node, edge.i) for scope in self._scopes)
        return next((names[0] for names in found if names), None)

    def module(self, node: Node) -> str:
        """Return the path and the class of the module that an operation ran in."""
        return "" if node.call is None else self._roots.scope(node.call)

    def path(self, node: Node) -> str:
        """Return the path alone."""
        return "" if node.call is None else self._roots.path(node.call)

    def line(self, node: Node) -> str:
        """Return the user's line that recorded an operation, as far as it is known."""
        line = node.line or self._line_in_source(node)
        return short_line(line) if line else ""

    def _line_in_source(self, node: Node) -> str:
        """Return the only line that it can be; what a layer of this package does has none."""
        module = None if node.call is None else node.call.module()
        kind = type(module)
        if node.call is not None and (module is None or _is_own(kind)):
            return ""
        inside = "" if module is None else f"{kind.__qualname__}."
        named = [name for p in node.parents if (name := self._variable(p))]
        return next(
            filter(None, (self._lines(kind).line(op, named, inside) for op in _written(node))), ""
        )

    def _lines(self, kind: type) -> OpLines:
        """Return the operations in the sources of the caller, or of a class of modules."""
        if kind not in self._sources:
            codes = [(frame.f_code, frame.f_globals) for frame in self._frames]
            forward: Any = getattr(kind, "forward", None)
            if hasattr(forward, "__code__"):
                codes = [(forward.__code__, forward.__globals__)]
            self._sources[kind] = OpLines(codes)
        return self._sources[kind]

    def _variable(self, place: Any) -> str:
        """Return the variable that holds an operand, as far as that is known."""
        name = self.known(place) if type(place) in (Node, Tensor) else None
        last = "" if name is None else name.rpartition(".")[2]
        return last if last.isidentifier() else ""

    def _in(self, node: Node) -> str:
        module = self.module(node)
        return f" in {module}" if module else ""


def _is_own(kind: type) -> bool:
    return kind.__module__.split(".")[0] == "tensorgraph"


def _written(node: Node) -> tuple[str, ...]:
    """Return how an operation may be written: ``x**2`` is a square."""
    return ("square", "power") if node.op is square.op else (node.op.name,)


def short_line(line: str) -> str:
    """Return a line of a file without the file's folders, unless it is a notebook's cell."""
    path, _, number = line.rpartition(":")
    return f"{os.path.basename(path)}:{number}"
