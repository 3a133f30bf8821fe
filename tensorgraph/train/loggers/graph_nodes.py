"""A recorded graph as the nodes that TensorBoard's viewer draws."""

from __future__ import annotations

from typing import Any

from tensorgraph.engine.graph import Node, ancestors
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import GraphError
from tensorgraph.extras import require


def graph_of(outputs: Any) -> Any:
    """Return the graph that leads to outputs, as a ``GraphDef``: operations in their modules.

    Raises:
        GraphError: there is none.
    """
    leaves = [leaf for leaf in flatten(outputs)[0] if type(leaf) is Tensor]
    roots = [leaf.node for leaf in leaves if type(leaf.node) is Node]
    if not roots:
        raise GraphError("TensorBoard.graph: nothing was recorded; give the model and its inputs")
    graph: Any = require("tensorboard.compat.proto.graph_pb2", "tensorboard").GraphDef()
    names: dict[int, str] = {}
    for node in ancestors(roots):
        inputs = [_named(parent, names, graph) for parent in node.parents]
        name = names[id(node)] = _free(f"{_scope(node)}{node.op.name}", names)
        graph.node.add(name=name, op=node.op.name, input=list(filter(None, inputs)))
    return graph


def _named(parent: Any, names: dict[int, str], graph: Any) -> str:
    """Return the name of what an operation is given; a leaf that is new becomes a node."""
    if parent is not None and id(parent) not in names:
        leaf = getattr(parent, "name", None) or ("input" if type(parent) is Tensor else "constant")
        names[id(parent)] = _free(str(leaf).replace(".", "/"), names)
        graph.node.add(name=names[id(parent)], op="leaf")
    return names.get(id(parent), "")


def _scope(node: Any) -> str:
    scope = str(node.scope or "").replace(".", "/").replace("[", "_").replace("]", "")
    return f"{scope}/" if scope else ""


def _free(name: str, names: dict[int, str]) -> str:
    """Return a name, with a number where another node has it."""
    taken = set(names.values())
    count, found = 0, name
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found
