"""Which arrays of a file are state of its network, and where in the network they lie."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from typing import Any, NamedTuple

from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.onnx.importing.building import free_name
from tensorgraph.onnx.importing.graph import Graph, Node, needed
from tensorgraph.onnx.importing.part import Part
from tensorgraph.onnx.importing.program import Path
from tensorgraph.onnx.importing.reading import Reader


def shorten_paths(graph: Graph) -> None:
    """Name the modules of all nodes by names that attributes can have."""
    for node in graph.nodes:
        node.path = tuple(map(_attribute, node.path))


def _attribute(name: str) -> str:
    """Return a name that an attribute of a part can have; a number is one."""
    plain = re.sub(r"\W", "_", name) or "_"
    return free_name(plain, ()) if hasattr(Part, plain) else plain


class _Use(NamedTuple):
    """A node that takes a value, the place where it does, and the modules that node is in."""

    node: Node
    place: int
    path: Path
    behind_weights: bool
    """Whether the node takes what an operator made of weights, besides: it may add a bias."""


def _uses(
    graph: Graph, constants: Container[str], around: Path | None = None
) -> Iterator[tuple[str, _Use]]:
    """Yield what each value is used for, in inner graphs too."""
    nodes = needed(graph)
    weighted = {
        name for node in nodes for name in node.outputs
        if any(node.inputs[i] in constants for i in node.operator.weights if i < len(node.inputs))
    }  # fmt: skip
    for node in nodes:
        path = node.path if around is None else around
        behind = not weighted.isdisjoint(node.inputs)
        for i, name in enumerate(node.inputs):
            yield name, _Use(node, i, path, behind)
        for value in node.attributes.values():
            if isinstance(value, Graph):
                yield from _uses(value, constants, path)


def give_weights(model: Part, graph: Graph, reader: Reader) -> dict[str, Path]:
    """Give a model what is state of it; return where by the names of values."""
    uses: dict[str, list[_Use]] = defaultdict(list)
    for name, use in _uses(graph, reader.constants):
        uses[name].append(use)
    places: dict[str, Path] = {}
    for name, written in (reader.initial | reader.written).items():
        users = uses.get(name, [])
        state = _state(reader.constants[name], written, users, name in reader.written)
        if state is not None:
            path = _place(written, users)
            places[name] = _put(model, path, state)
    return places


def _state(array: Any, name: str, uses: Sequence[_Use], in_node: bool) -> Tensor | None:
    """Return a parameter or a buffer for an array; ``None`` if it is no state."""
    if not uses or array.dtype.kind != "f":
        return None
    if all(use.place in use.node.operator.settings for use in uses):
        return None
    statistic = any(use.place in use.node.operator.statistics for use in uses)
    weight = any(use.place in use.node.operator.weights for use in uses)
    if in_node and not statistic and not (weight and _differ(array)):
        return None
    several = array.size > 1 or weight or any(use.behind_weights for use in uses)
    trained = array.ndim > 0 and not statistic and (several or "." in name)
    return tensor(array, requires_grad=trained)


def _differ(array: Any) -> bool:
    """Return whether elements differ: equal ones in a node are an exporter's, as a scale of 1."""
    return bool((array != array.reshape(-1)[:1]).any())


_MADE_UP = re.compile(r"onnx(::|__)\w+_\d+|_?val_\d+|.*Constant(_\d+)?_output_\d+")
"""Names that PyTorch's exporters give to weights which they have turned or folded."""


def _place(name: str, uses: Sequence[_Use]) -> Path:
    """Return where a weight lies: where its name says, or else in the one module that uses it.

    There its name is what the operator calls it, if the file's is only a number.
    """
    *modules, last = (_attribute(part) for part in re.split(r"[./]", name) if part) or ["_"]
    users = {use.path for use in uses}
    if len(users) == 1 and (path := uses[0].path):
        called = [c for use in uses if (c := use.node.operator.weights.get(use.place))]
        if called and _MADE_UP.fullmatch(name):
            return (*path, called[0])
        if not modules:
            return (*path, last)
    return (*modules, last)


def _put(model: Part, path: Path, state: Tensor) -> Path:
    """Put a tensor where a path says, in parts made for it; return where it is."""
    owner, found = model, []
    for name in path[:-1]:
        attributes = vars(owner)
        if type(attributes.get(name)) is not Part:
            name = free_name(name, attributes)
            attributes[name] = Part()
        found.append(name)
        owner = attributes[name]
    last = free_name(path[-1], vars(owner))
    vars(owner)[last] = state
    return (*found, last)
