"""What operations, modules and tensors are called where something is explained."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import FrameType
from typing import Any

from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.nn.module import Module
from tensorgraph.observe.root_names import RootNames
from tensorgraph.teacher.explaining.run_again import Edge


class Names:
    """Names by the variables of a caller, and by the paths in a model.

    Args:
        frames: whose variables these are, the first that has a name counts.
        nodes: the operations that are to be named.
        model: whose parameters are called by their paths.
    """

    def __init__(
        self, frames: Sequence[FrameType], nodes: list[Node], model: Module | None
    ) -> None:
        self._scopes = [Scope(frame) for frame in frames]
        variables = [scope.variables for scope in self._scopes]
        self._roots = RootNames((node.call for node in nodes), variables)
        self._paths: dict[Tensor, str] = {}
        if model is not None:
            self._paths = {t: path for path, t in model._tensors()}

    def known(self, place: Any) -> str | None:
        """Return the name of a node or a leaf, if it has one."""
        if type(place) is Tensor and place in self._paths:
            return self._paths[place]
        if type(place) is Tensor and place.name:
            return place.name
        return next(filter(None, (scope.of_place(place) for scope in self._scopes)), None)

    def tensor(self, x: Tensor) -> str:
        """Return what a tensor is called that is asked about."""
        place = place_of(x)
        named = x.name or self.known(place)
        return named or (self.place(place) if type(place) is Node else "the tensor")

    def place(self, place: Any) -> str:
        """Return what a node or a leaf is called, or how it came about."""
        name = self.known(place)
        if name is not None:
            return name
        if type(place) is Node:
            return f"the result of {place.op.name}{self._in(place)}"
        shape = getattr(place, "shape", ())
        return f"a constant of shape {tuple(shape)}" if shape else "a constant"

    def operand(self, edge: Edge) -> str:
        """Return what an operand is called, or which it is."""
        name = self.known(edge.operand)
        own = edge.node.op.operand_name(edge.i)
        if name is not None:
            return name
        if type(edge.operand) is Node:
            return self.place(edge.operand)
        return f"its operand {own}"

    def module(self, node: Node) -> str:
        """Return the path and the class of the module that an operation ran in."""
        return "" if node.call is None else self._roots.scope(node.call)

    def path(self, node: Node) -> str:
        """Return the path alone."""
        return "" if node.call is None else self._roots.path(node.call)

    def line(self, node: Node) -> str:
        """Return the user's line that recorded an operation, as far as it is known."""
        return short_line(node.line) if node.line else ""

    def _in(self, node: Node) -> str:
        module = self.module(node)
        return f" in {module}" if module else ""


def short_line(line: str) -> str:
    """Return a line of a file without the file's folders, unless it is a notebook's cell."""
    path, _, number = line.rpartition(":")
    return f"{os.path.basename(path)}:{number}"
