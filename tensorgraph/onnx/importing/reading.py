"""From a model as its file holds it to graphs of nodes that can be computed.

Functions that the file defines are written out; weights in inner graphs become the model's. What
cannot be computed is collected, so that one error names all of it.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tensorgraph.errors import OnnxError, listing
from tensorgraph.onnx.importing.arrays import array_of_proto, dtype_of
from tensorgraph.onnx.importing.building import Builder
from tensorgraph.onnx.importing.definitions import defined, function_of
from tensorgraph.onnx.importing.graph import Declared, Graph, Node
from tensorgraph.onnx.importing.part import Part
from tensorgraph.onnx.importing.program import Program
from tensorgraph.onnx.importing.table import Operator, find
from tensorgraph.onnx.importing.values import MAX_ELEMENTS, allowed

NEWEST = {"": 28, "ai.onnx.ml": 5}
"""The newest opset of each domain whose operators are known here."""
MAX_NODES = 200_000
"""How many nodes a model may have, when its functions are written out."""
MAX_DEPTH = 24
"""How deep graphs and functions may lie in one another."""

_SCOPES = "pkg.torch.onnx.name_scopes"
"""Under which PyTorch's newer exporter says in which modules a node lies."""

_FOR_ONE_PROCESSOR = "com.microsoft.nchwc"

Names = ChainMap[str, str]
"""The unique name of each value by its name in a graph, or in those around it; of one that is left
out it is empty."""


class Reader:
    """Reads one model.

    Args:
        model: a ``ModelProto``.
        file: what messages call it.
        folder: where weights in files of their own may lie, if anywhere.
    """

    def __init__(self, model: Any, file: str, folder: Path | None) -> None:
        self.file, self.folder = file, folder
        self.opsets = _opsets(model.opset_import)
        self.functions = {_key(f): f for f in getattr(model, "functions", ())}
        self.constants: dict[str, Any] = {}
        """The arrays that the file holds, by unique name."""
        self.initial: dict[str, str] = {}
        """The names in the file of those that are weights or other state, by unique name."""
        self.written: dict[str, str] = {}
        """Likewise of what stands in nodes ``Constant``."""
        self._missing: dict[tuple[str, str, int], list[str]] = {}
        self._names: dict[str, int] = {}
        """Names that are taken, and the last number behind each."""
        self._count = self._elements = 0

    def read(self, proto: Any) -> Graph:
        """Return the graph of the model.

        Raises:
            OnnxError: the file is broken, or some operators cannot be computed.
        """
        graph = self._graph(proto, ChainMap(), self.opsets, (), {}, 0)
        if self._missing:
            raise OnnxError(f"{self.file} needs what is not known here: {self._all_missing()}")
        return graph

    def _all_missing(self) -> str:
        lines = [
            f"{f'{domain}.' if domain else ''}{kind} ({_version(version)}; {listing(names, 3)})"
            for (domain, kind, version), names in sorted(self._missing.items())
        ]
        if any(domain == _FOR_ONE_PROCESSOR for domain, _, _ in self._missing):
            lines.append(
                f"{_FOR_ONE_PROCESSOR} arranges weights for one kind of processor; let onnxruntime"
                " optimise with ORT_ENABLE_EXTENDED, not with ORT_ENABLE_ALL"
            )
        return "; ".join(lines)

    # ----------------------------------------------------------------------------------- graphs

    def _graph(
        self, proto: Any, around: Names, opsets: Mapping[str, int], path: tuple[str, ...],
        given: Mapping[str, Any], depth: int,
    ) -> Graph:  # fmt: skip
        if depth > MAX_DEPTH:
            raise OnnxError(f"{self.file} has graphs in graphs more than {MAX_DEPTH} deep")
        graph, names = Graph(), around.new_child()

        def define(name: str, where: str) -> str:
            if name in names.maps[0]:
                raise OnnxError(f"{self.file}: {where} defines {name!r}, which is defined already")
            names[name] = self._unique(name)
            return names[name]

        tensors = {t.name: t for t in proto.initializer}
        if len(tensors) < len(proto.initializer):
            raise OnnxError(f"{self.file}: {_twice(t.name for t in proto.initializer)} is twice a"
                            " weight")  # fmt: skip
        for tensor in proto.initializer:
            array = array_of_proto(tensor, self.folder, f"{self.file}: the weight")
            self._keep(define(tensor.name, "a weight"), array, tensor.name)
        for sparse in proto.sparse_initializer:
            name = sparse.values.name
            array = self._dense(sparse, f"{self.file}: the weight {name!r}")
            self._keep(define(name, "a weight"), array, name)
        for value in proto.input:
            if value.name not in tensors:
                graph.inputs.append(self._declared(value))
                graph.input_names.append(define(value.name, "an input"))
        later = {name: node for node in proto.node for name in node.output}
        for node in proto.node:
            place = self._path(node, path)
            graph.nodes += self._nodes(node, names, define, opsets, place, given, depth, later)
        for value in proto.output:
            if value.name not in names:
                raise OnnxError(f"{self.file}: nothing computes the output {value.name!r}")
            graph.outputs.append(self._declared(value))
            graph.output_names.append(names[value.name])
        return graph

    def _unique(self, name: str) -> str:
        unique, n = name, self._names.get(name, 1)
        while unique in self._names or not unique:
            n += 1
            unique = f"{name}_{n}"
        self._names.setdefault(unique, 1)
        self._names[name] = n  # where the next one of this name begins
        return unique

    def _grow(self, count: int) -> None:
        """Count what is made of the file that the file itself does not hold."""
        self._elements += count
        if self._elements > MAX_ELEMENTS:
            raise OnnxError(
                f"{self.file}: its functions, inner graphs and sparse tensors make more than"
                f" {MAX_ELEMENTS} elements when they are written out"
            )

    def _keep(self, unique: str, array: Any, name: str) -> None:
        self.constants[unique] = array
        self.initial[unique] = name

    def _declared(self, value: Any) -> Declared:
        kind = value.type.WhichOneof("value") or ""
        if kind != "tensor_type":
            return Declared(value.name, None, None, kind.removesuffix("_type") or "tensor")
        tensor = value.type.tensor_type
        what = f"{self.file}: {value.name!r}"
        dtype = dtype_of(tensor.elem_type, what) if tensor.elem_type else None
        if not tensor.HasField("shape"):
            return Declared(value.name, dtype, None)
        lengths = [
            d.dim_value if d.WhichOneof("value") == "dim_value" else d.dim_param or None
            for d in tensor.shape.dim
        ]
        return Declared(value.name, dtype, tuple(lengths))

    def _path(self, node: Any, around: tuple[str, ...]) -> tuple[str, ...]:
        """Return the modules that a node lies in, as its exporter names them."""
        for entry in node.metadata_props:
            if entry.key == _SCOPES:
                scopes = re.findall(r"'([^']*)'", entry.value)
                inner = [part for scope in scopes[-2:-1] for part in scope.split(".") if part]
                return (*around, *inner)[:MAX_DEPTH]
        parts = [part for part in node.name.split("/")[:-1] if part]
        inner = [
            part.removeprefix(f"{before}.")  # layer1/layer1.0: what PyTorch's older one writes
            for before, part in zip(["", *parts], parts, strict=False)
        ]
        return (*around, *inner)[:MAX_DEPTH]

    # ------------------------------------------------------------------------------------ nodes

    def _nodes(
        self, proto: Any, names: Names, define: Any, opsets: Mapping[str, int],
        path: tuple[str, ...], given: Mapping[str, Any], depth: int, later: Mapping[str, Any],
    ) -> list[Node]:  # fmt: skip
        """Return what computes one node of the file: a node, or those of the function it calls."""
        self._count += 1
        if self._count > MAX_NODES:
            raise OnnxError(f"{self.file} has more than {MAX_NODES} nodes")
        if depth:
            self._grow(len(proto.input) + len(proto.output))
        label = proto.name or f"of {(list(proto.output) or ['nothing'])[0]!r}"
        inputs = [self._known(name, names, proto, label, later) for name in proto.input]
        attributes = self._attributes(proto, names, opsets, path, given, depth, label)
        domain = "" if proto.domain == "ai.onnx" else proto.domain
        if domain == "" and proto.op_type == "Constant":
            name = proto.output[0] if proto.output else ""
            unique = define(name, f"node {label}")
            self.constants[unique], self.written[unique] = _constant(attributes), name
            return []
        written = self.functions.get((domain, proto.op_type, proto.overload))
        version = opsets.get(domain)
        found = None if version is None else find(domain, proto.op_type, version)
        if written is None and found is None and version is not None:
            written = function_of(domain, proto.op_type, version)
        if written is not None:
            outputs = [name and define(name, f"node {label}") for name in proto.output]
            return self._written_out(written, inputs, outputs, attributes, path, depth, label)
        if found is None and version is not None:
            found = defined(domain, proto, version, program_of)
            attributes = attributes if found is None else {}  # which are in the node
        outputs = [name and define(name, f"node {label}") for name in proto.output]
        if found is None:
            key = (domain, proto.op_type, version or 0)
            self._missing.setdefault(key, []).append(f"node {label}")
            return []
        self._check(found, attributes, proto.op_type, label)
        for name in found.weight_attributes:
            if name in attributes:
                inputs.append(self._unique(f"{proto.name or proto.op_type}.{name}"))
                array = np.array(attributes.pop(name), np.float32)
                self._keep(inputs[-1], array, inputs[-1])
        if "n_outputs" in found.wants:
            attributes["n_outputs"] = len(outputs)
        return [Node(proto.op_type, proto.name, found, inputs, outputs, attributes, path)]

    def _known(
        self, name: str, names: Names, node: Any, label: str, later: Mapping[str, Any]
    ) -> str:
        if not name:
            return ""
        if name not in names:
            who = later.get(name)
            why = "nothing computes"
            if who is not None:
                why = f"only node {who.name or who.op_type} after it computes: nodes stand in no"
                why += " order, or in a circle"
            raise OnnxError(f"{self.file}: node {label} ({node.op_type}) takes {name!r}, which"
                            f" {why}")  # fmt: skip
        return names[name]

    def _check(self, found: Operator, attributes: dict[str, Any], kind: str, label: str) -> None:
        if found.attributes is None:
            return
        unknown = [
            n for n in attributes if n not in found.attributes and n not in found.weight_attributes
        ]
        missing = sorted(found.required - attributes.keys())
        if missing:
            raise OnnxError(f"{self.file}: node {label} ({kind}) lacks the attributes {missing}")
        if unknown:
            raise OnnxError(
                f"{self.file}: node {label} ({kind}) has the attributes {listing(unknown)}, which"
                f" are not known; known are {listing(sorted(found.attributes)) or 'none'}"
            )

    def _written_out(
        self, function: Any, inputs: list[str], outputs: list[str], attributes: dict[str, Any],
        path: tuple[str, ...], depth: int, label: str,
    ) -> list[Node]:  # fmt: skip
        if depth > MAX_DEPTH:
            raise OnnxError(f"{self.file}: functions call one another more than {MAX_DEPTH} deep")
        names: Names = ChainMap(dict.fromkeys(function.input, ""))
        names.update(zip(function.input, inputs, strict=False))
        targets = dict(zip(function.output, outputs, strict=False))
        self._grow(len(function.input))

        def define(name: str, where: str) -> str:
            if name in names:
                raise OnnxError(f"{self.file}: {where} defines {name!r}, which is defined already")
            names[name] = targets.get(name) or self._unique(name)
            return names[name]

        standard = {a.name: self._value(a, names, {}, path, {}, depth, label)
                    for a in function.attribute_proto}  # fmt: skip
        given = standard | attributes
        opsets = self.opsets | _opsets(function.opset_import)
        later = {name: node for node in function.node for name in node.output}
        nodes: list[Node] = []
        for node in function.node:
            nodes += self._nodes(node, names, define, opsets, path, given, depth + 1, later)
        for name, target in targets.items():
            if target and name in function.input:
                same = find("", "Identity", 1)
                assert same is not None
                nodes.append(Node("Identity", "", same, [names[name]], [target], {}, path))
            elif target and name not in names:
                raise OnnxError(f"{self.file}: the function of node {label} does not compute its"
                                f" output {name!r}")  # fmt: skip
        return nodes

    # ------------------------------------------------------------------------------- attributes

    def _attributes(
        self, proto: Any, names: Names, opsets: Mapping[str, int], path: tuple[str, ...],
        given: Mapping[str, Any], depth: int, label: str,
    ) -> dict[str, Any]:  # fmt: skip
        found: dict[str, Any] = {}
        for attribute in proto.attribute:
            if attribute.name in found:
                raise OnnxError(f"{self.file}: node {label} has {attribute.name!r} twice")
            if attribute.ref_attr_name:
                if attribute.ref_attr_name in given:
                    found[attribute.name] = given[attribute.ref_attr_name]
                continue
            value = self._value(attribute, names, opsets, path, given, depth, label)
            found[attribute.name] = value
        found.pop("consumed_inputs", None)  # of the first opset: which memory may be reused
        return found

    def _value(
        self, attribute: Any, names: Names, opsets: Mapping[str, int], path: tuple[str, ...],
        given: Mapping[str, Any], depth: int, label: str,
    ) -> Any:  # fmt: skip
        what = f"{self.file}: node {label}: {attribute.name}"
        if depth:
            self._grow(len(attribute.floats) + len(attribute.ints) + len(attribute.strings))
        match attribute.type:
            case 1:
                return float(attribute.f)
            case 2:
                return int(attribute.i)
            case 3:
                return attribute.s.decode("utf-8", "surrogateescape")
            case 4:
                array = array_of_proto(attribute.t, self.folder, what)
                self._grow(array.size if depth else 0)
                return array
            case 5:
                return self._graph(attribute.g, names, opsets, path, given, depth + 1)
            case 6:
                return tuple(map(float, attribute.floats))
            case 7:
                return tuple(map(int, attribute.ints))
            case 8:
                return tuple(s.decode("utf-8", "surrogateescape") for s in attribute.strings)
            case 11:
                return self._dense(attribute.sparse_tensor, what)
            case 13:
                return attribute.tp
        raise OnnxError(f"{what} is of a kind (number {attribute.type}) that is not known")

    def _dense(self, sparse: Any, what: str) -> Any:
        """Return a tensor of which a file holds only what is not zero."""
        values = array_of_proto(sparse.values, self.folder, what)
        places = array_of_proto(sparse.indices, self.folder, what)
        dense = np.zeros(allowed(tuple(sparse.dims)), values.dtype)
        self._grow(dense.size)
        try:
            flat = (
                places if places.ndim == 1 else np.ravel_multi_index(tuple(places.T), dense.shape)
            )
            dense.reshape(-1)[flat] = values
        except (IndexError, ValueError) as error:
            raise OnnxError(f"{what}: its places do not fit its shape: {error}") from None
        dense.flags.writeable = False
        return dense


def program_of(function: Any, node: Any) -> Program:
    """Return the program of a function that defines a node, of the inputs that the node has."""
    what = f"the definition of {node.op_type}"
    if not any(o.domain in ("", "ai.onnx") for o in function.opset_import):
        function.opset_import.add(domain="", version=NEWEST[""])
    reader = Reader(function, what, None)
    given = [f"{name}_in" if place else "" for name, place in
             zip(function.input, node.input, strict=False)]  # fmt: skip
    results = [f"{name}_out" if place else "" for name, place in
               zip(function.output, node.output, strict=False)]  # fmt: skip
    nodes = reader._written_out(function, given, results, {}, (), 0, what)
    inputs, outputs = ([name for name in names if name] for names in (given, results))
    graph = Graph(input_names=inputs, output_names=outputs, nodes=nodes)
    if reader._missing:
        raise OnnxError(f"{what} needs what is not known here: {reader._all_missing()}")
    return Builder(reader.constants, {}).build(Part(), graph)


def _version(version: int) -> str:
    return f"opset {version}" if version else "a domain that the file does not import"


def _opsets(imports: Iterable[Any]) -> dict[str, int]:
    return {"" if o.domain == "ai.onnx" else o.domain: int(o.version) for o in imports}


def _key(function: Any) -> tuple[str, str, str]:
    domain = "" if function.domain == "ai.onnx" else function.domain
    return domain, function.name, function.overload


def _twice(names: Iterable[str]) -> str:
    seen: set[str] = set()
    return repr(next(name for name in names if name in seen or seen.add(name)))  # type: ignore[func-returns-value]


_CONSTANT_DTYPES = {"value_float": np.float32, "value_floats": np.float32,
                    "value_int": np.int64, "value_ints": np.int64}  # fmt: skip


def _constant(attributes: Mapping[str, Any]) -> Any:
    """Return the array of a ``Constant``."""
    if len(attributes) != 1:
        raise OnnxError(f"a Constant has one value, not {listing(list(attributes)) or 'none'}")
    [(name, value)] = attributes.items()
    if name in ("value", "sparse_value"):
        return value
    array = np.array(value, _CONSTANT_DTYPES.get(name, object))
    array.flags.writeable = False
    return array
