"""``load``: an ONNX file as a module."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.errors import OnnxError, listing
from tensorgraph.onnx.importing import operators as operators
from tensorgraph.onnx.importing.building import Builder, free_name
from tensorgraph.onnx.importing.files import Source, read_model
from tensorgraph.onnx.importing.graph import Declared, Graph, Node, needed
from tensorgraph.onnx.importing.imported import Imported
from tensorgraph.onnx.importing.part import Part
from tensorgraph.onnx.importing.program import Path
from tensorgraph.onnx.importing.reading import NEWEST, Reader


def load(source: Source, outputs: Sequence[str] | None = None) -> Imported:
    """Return the network of an ONNX file as a module, in evaluation mode.

    Its graph is one like any other: it can be trained, rendered, derived, compiled. Weights of
    floating-point numbers become parameters under their names in the file, in modules where the
    exporter tells of such. Running averages, and numbers without axes, become buffers; settings
    (axes, shapes, bounds) and integers are no state; what an exporter wrote once, because it was
    equal, stays one parameter. A file does not say which of its weights were trained: constants
    with axes that an exporter put among them (the data of nearest neighbours) are parameters too,
    those in nodes only where an operator takes a weight and they differ. Look through
    ``model.names``, and give an optimizer what is to be trained. The weights of a network that was
    quantised are whole numbers: it has few parameters or none. ``model.train()`` lets dropout and
    batch norm do what they do in training.

    What is known: the operators of ``ai.onnx`` up to opset 28 on real numbers, integers and
    booleans, with control flow, sequences and quantised arithmetic; of ``ai.onnx.ml`` linear
    models, support vectors, scalers, encoders and trees; of ``com.microsoft`` what onnxruntime's
    optimizer (``ORT_ENABLE_EXTENDED``) and quantiser commonly write; strings only where those need
    them. Values that numbers in the file ask for may have 2²⁸ elements, loops in one another may go
    round 10⁶ times in all.

    Args:
        source: a path, bytes, an open file, or an ``onnx.ModelProto``. Weights in files of their
            own must lie in the model's folder.
        outputs: the names of the values to return, in place of the file's: what comes before the
            last layer, say.

    Raises:
        OnnxError: the file is damaged or contradicts itself; or it needs operators that are not
            known, of which it lists all.
        OSError: the file cannot be read.

    Example:
        >>> import numpy as np, onnx, tensorgraph as tg
        >>> helper, weight = onnx.helper, onnx.numpy_helper.from_array
        >>> shape = lambda name, n: helper.make_tensor_value_info(name, 1, ["batch", n])
        >>> graph = helper.make_graph(
        ...     [helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)], "line",
        ...     [shape("x", 2)], [shape("y", 1)], [weight(np.float32([[1, 2]]), "w")])
        >>> model = tg.onnx.load(helper.make_model(graph))
        >>> print(model(tg.tensor([[3.0, 4.0]])), [name for name, _ in model.named_parameters()])
        [[11.]] ['w']
    """
    proto, file, folder = read_model(source)
    try:
        return _imported(proto, file, folder, outputs)
    except OnnxError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise OnnxError(f"{file} is damaged ({type(error).__name__}: {error})") from error


def _imported(
    proto: Any, file: str, folder: FilePath | None, outputs: Sequence[str] | None
) -> Imported:
    reader = Reader(proto, file, folder)
    for domain, version in reader.opsets.items():
        if version > NEWEST.get(domain, version):
            raise OnnxError(
                f"{file} is of opset {version} of {domain or 'ai.onnx'!r}; known are those up to"
                f" {NEWEST[domain]}"
            )
    graph = reader.read(proto.graph)
    if outputs is not None:
        _end_at(graph, outputs, file)
    producer = f"{proto.producer_name} {proto.producer_version}"
    model = Imported(graph.inputs, graph.outputs, producer, reader.opsets)
    _shorten_paths(graph)
    weights = _give_weights(model, graph, reader)
    constants = {n: a for n, a in reader.constants.items() if n not in weights}
    named = reader.initial | reader.written
    model.names = {".".join(path): named[name] for name, path in weights.items()}
    model.program = Builder(constants, weights).build(model, graph)
    return model.eval()


def _end_at(graph: Graph, outputs: Sequence[str], file: str) -> None:
    """Let a graph return other values."""
    made = [name for node in graph.nodes for name in node.outputs if name]
    unknown = [name for name in outputs if name not in made]
    if unknown or not outputs:
        raise OnnxError(f"{file} computes no {listing(unknown)}; it computes {listing(made[::-1])}")
    declared = {value.name: value for value in graph.outputs}
    graph.outputs = [declared.get(name, Declared(name, None, None)) for name in outputs]
    graph.output_names = list(outputs)


# -------------------------------------------------------------------------------------- weights


def _shorten_paths(graph: Graph) -> None:
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


def _uses(graph: Graph, around: Path | None = None) -> Iterator[tuple[str, _Use]]:
    """Yield what each value is used for, in inner graphs too."""
    for node in needed(graph):
        path = node.path if around is None else around
        for i, name in enumerate(node.inputs):
            yield name, _Use(node, i, path)
        for value in node.attributes.values():
            if isinstance(value, Graph):
                yield from _uses(value, path)


def _give_weights(model: Imported, graph: Graph, reader: Reader) -> dict[str, Path]:
    """Give a model what is state of it; return where by the names of values."""
    uses: dict[str, list[_Use]] = defaultdict(list)
    for name, use in _uses(graph):
        uses[name].append(use)
    places: dict[str, Path] = {}
    for name, written in (reader.initial | reader.written).items():
        users = uses.get(name, [])
        state = _state(reader.constants[name], users, name in reader.written)
        if state is not None:
            path = _place(written, [use.path for use in users])
            places[name] = _put(model, path, state)
    return places


def _state(array: Any, uses: Sequence[_Use], in_node: bool) -> Tensor | None:
    """Return a parameter or a buffer for an array; ``None`` if it is no state."""
    if not uses or array.dtype.kind != "f":
        return None
    if all(use.place in use.node.operator.settings for use in uses):
        return None
    statistic = any(use.place in use.node.operator.statistics for use in uses)
    weight = any(use.place in use.node.operator.weights for use in uses)
    if in_node and not statistic and not (weight and _differ(array)):
        return None
    return tensor(array, requires_grad=array.ndim > 0 and not statistic)


def _differ(array: Any) -> bool:
    """Return whether elements differ: equal ones in a node are an exporter's, as a scale of 1."""
    return bool((array != array.reshape(-1)[:1]).any())


def _place(name: str, users: Sequence[Path]) -> Path:
    """Return where a weight lies: where its name says, or else in the one module that uses it."""
    *modules, last = (_attribute(part) for part in re.split(r"[./]", name) if part) or ["_"]
    if modules or len(set(users)) > 1:
        return (*modules, last)
    return (*users[0], last)


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
