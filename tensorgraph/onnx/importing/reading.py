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
from tensorgraph.onnx.importing.attributes import GRAPH, constant_of, dense, value_of
from tensorgraph.onnx.importing.building import Builder
from tensorgraph.onnx.importing.definitions import defined, function_of
from tensorgraph.onnx.importing.graph import Declared, Graph, Node
from tensorgraph.onnx.importing.narrow import NARROW, Narrow
from tensorgraph.onnx.importing.part import Part
from tensorgraph.onnx.importing.program import Program
from tensorgraph.onnx.importing.scope import Naming, Scope
from tensorgraph.onnx.importing.table import Operator, find
from tensorgraph.onnx.importing.values import MAX_ELEMENTS

NEWEST = {"": 28, "ai.onnx.ml": 5}
"""The newest opset of each domain whose operators are known here."""
MAX_NODES = 200_000
"""How many nodes a model may have, when its functions are written out."""
MAX_DEPTH = 24
"""How deep graphs and functions may lie in one another."""

_SCOPES = "pkg.torch.onnx.name_scopes"
"""Under which PyTorch's newer exporter says in which modules a node lies."""

_FOR_ONE_PROCESSOR = "com.microsoft.nchwc"


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
        self._narrow: dict[str, Narrow] = {}
        """The dtypes that the file tells of values which are held in wider ones."""
        self._missing: dict[tuple[str, str, int], list[str]] = {}
        self._naming = Naming()
        self._count = self._elements = 0

    def read(self, proto: Any) -> Graph:
        """Return the graph of the model.

        Raises:
            OnnxError: the file is broken, or some operators cannot be computed.
        """
        graph = self._graph(proto, ChainMap(), self.opsets, (), {}, 0)
        self._all_known(self.file)
        return graph

    def read_function(
        self, function: Any, inputs: list[str], outputs: list[str], what: str
    ) -> list[Node]:
        """Return the nodes of a function, whose inputs and outputs have these names.

        Raises:
            OnnxError: some operators cannot be computed.
        """
        nodes = self._written_out(function, inputs, outputs, {}, (), 0, what)
        self._all_known(what)
        return nodes

    def _all_known(self, what: str) -> None:
        if not self._missing:
            return
        lines = [
            f"{f'{domain}.' if domain else ''}{kind} ({_version(version)}; {listing(names, 3)})"
            for (domain, kind, version), names in sorted(self._missing.items())
        ]
        if any(domain == _FOR_ONE_PROCESSOR for domain, _, _ in self._missing):
            lines.append(
                f"{_FOR_ONE_PROCESSOR} arranges weights for one kind of processor; let onnxruntime"
                " optimise with ORT_ENABLE_EXTENDED, not with ORT_ENABLE_ALL"
            )
        raise OnnxError(f"{what} needs what is not known here: {'; '.join(lines)}")

    # ----------------------------------------------------------------------------------- graphs

    def _graph(
        self, proto: Any, around: ChainMap[str, str], opsets: Mapping[str, int],
        path: tuple[str, ...], given: Mapping[str, Any], depth: int,
    ) -> Graph:  # fmt: skip
        if depth > MAX_DEPTH:
            raise OnnxError(f"{self.file} has graphs in graphs more than {MAX_DEPTH} deep")
        graph = Graph()
        scope = Scope(self.file, self._naming, around.new_child(), opsets, path, given, depth)
        scope.reads(proto.node)
        weights = self._weights(proto, scope)
        for value in proto.input:
            if value.name not in weights:
                graph.inputs.append(self._declared(value))
                graph.input_names.append(scope.define(value.name, "an input"))
                self._note(graph.input_names[-1], graph.inputs[-1].narrow)
        told = {v.name: v.type.tensor_type.elem_type for v in (*proto.value_info, *proto.output)}
        for node in proto.node:
            graph.nodes += self._nodes(node, scope, modules_of(node, path))
            for name in node.output:
                self._note(scope.names.get(name, ""), NARROW.get(told.get(name, 0)))
        for value in proto.output:
            if value.name not in scope.names:
                raise OnnxError(f"{self.file}: nothing computes the output {value.name!r}")
            graph.outputs.append(self._declared(value))
            graph.output_names.append(scope.names[value.name])
        return graph

    def _weights(self, proto: Any, scope: Scope) -> set[str]:
        """Keep the weights of a graph; return their names in it."""
        tensors = {t.name: t for t in proto.initializer}
        if len(tensors) < len(proto.initializer):
            raise OnnxError(f"{self.file}: {_twice(t.name for t in proto.initializer)} is twice a"
                            " weight")  # fmt: skip
        for tensor in proto.initializer:
            array = array_of_proto(tensor, self.folder, f"{self.file}: the weight")
            self._keep(scope.define(tensor.name, "a weight"), array, tensor.name)
            self._note(scope.names[tensor.name], NARROW.get(tensor.data_type))
        for sparse in proto.sparse_initializer:
            name = sparse.values.name
            array = dense(sparse, self.folder, f"{self.file}: the weight {name!r}", self._grow)
            self._keep(scope.define(name, "a weight"), array, name)
        return {*tensors}

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

    def _note(self, unique: str, narrow: Narrow | None) -> None:
        """Note that a value is held in a wider dtype than the file's."""
        if unique and narrow is not None:
            self._narrow[unique] = narrow

    def _declared(self, value: Any) -> Declared:
        kind = value.type.WhichOneof("value") or ""
        if kind != "tensor_type":
            return Declared(value.name, None, None, kind.removesuffix("_type") or "tensor")
        tensor = value.type.tensor_type
        code = tensor.elem_type
        dtype = dtype_of(code, f"{self.file}: {value.name!r}") if code else None
        lengths = None
        if tensor.HasField("shape"):
            lengths = tuple(
                d.dim_value if d.WhichOneof("value") == "dim_value" else d.dim_param or None
                for d in tensor.shape.dim
            )
        return Declared(value.name, dtype, lengths, narrow=NARROW.get(code))

    # ------------------------------------------------------------------------------------ nodes

    def _nodes(self, proto: Any, scope: Scope, path: tuple[str, ...]) -> list[Node]:
        """Return what computes one node of the file: a node, or those of the function it calls."""
        self._count += 1
        if self._count > MAX_NODES:
            raise OnnxError(f"{self.file} has more than {MAX_NODES} nodes")
        if scope.depth:
            self._grow(len(proto.input) + len(proto.output))
        label = proto.name or f"of {(list(proto.output) or ['nothing'])[0]!r}"
        inputs = [scope.known(name, proto, label) for name in proto.input]
        attributes = self._attributes(proto, scope, path, label)
        domain = "" if proto.domain == "ai.onnx" else proto.domain
        outputs = [name and scope.define(name, f"node {label}") for name in proto.output]
        if domain == "" and proto.op_type == "Constant":
            self._constant(proto, attributes, outputs)
            return []
        version = scope.opsets.get(domain)
        written = self.functions.get((domain, proto.op_type, proto.overload))
        found = None if version is None else find(domain, proto.op_type, version)
        if written is None and found is None and version is not None:
            written = function_of(domain, proto.op_type, version)
        if written is not None:
            return self._written_out(written, inputs, outputs, attributes, path, scope.depth, label)
        if found is None and version is not None:
            found = defined(domain, proto, version, program_of)
            attributes = attributes if found is None else {}  # which are in the node
        if found is None:
            key = (domain, proto.op_type, version or 0)
            self._missing.setdefault(key, []).append(f"node {label}")
            return []
        self._check(found, attributes, proto.op_type, label)
        return [self._node(proto, found, inputs, outputs, attributes, path)]

    def _node(
        self, proto: Any, found: Operator, inputs: list[str], outputs: list[str],
        attributes: dict[str, Any], path: tuple[str, ...],
    ) -> Node:  # fmt: skip
        """Return a node, with attributes that are weights as inputs, and with what it is told."""
        for name in found.weight_attributes:
            if name in attributes:
                inputs.append(self._naming.unique(f"{proto.name or proto.op_type}.{name}"))
                array = np.array(attributes.pop(name), np.float32)
                self._keep(inputs[-1], array, inputs[-1])
        told = {
            "n_outputs": len(outputs), "narrow": tuple(self._narrow.get(name) for name in inputs),
        }  # fmt: skip
        if outputs and "to" in attributes:
            self._note(outputs[0], NARROW.get(attributes["to"]))
        attributes |= {name: told[name] for name in found.wants & told.keys()}
        return Node(proto.op_type, proto.name, found, inputs, outputs, attributes, path)

    def _constant(self, proto: Any, attributes: Mapping[str, Any], outputs: list[str]) -> None:
        unique, name = (outputs or [""])[0], (list(proto.output) or [""])[0]
        self.constants[unique], self.written[unique] = constant_of(attributes), name
        self._note(unique, NARROW.get(proto.attribute[0].t.data_type))

    def _check(self, found: Operator, attributes: dict[str, Any], kind: str, label: str) -> None:
        if found.attributes is None:
            return
        known = {*found.attributes, *found.weight_attributes}
        unknown = [name for name in attributes if name not in known]
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
        self._grow(len(function.input))
        names = ChainMap(dict.fromkeys(function.input, ""))
        names.update(zip(function.input, inputs, strict=False))
        targets = dict(zip(function.output, outputs, strict=False))
        scope = Scope(self.file, self._naming, names, {}, path, {}, depth, targets=targets)
        standard = {a.name: self._value(a, scope, path, label) for a in function.attribute_proto}
        scope.given = standard | attributes
        scope.opsets = self.opsets | _opsets(function.opset_import)
        scope.depth += 1
        scope.reads(function.node)
        nodes = [made for node in function.node for made in self._nodes(node, scope, path)]
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
        self, proto: Any, scope: Scope, path: tuple[str, ...], label: str
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for attribute in proto.attribute:
            if attribute.name in found:
                raise OnnxError(f"{self.file}: node {label} has {attribute.name!r} twice")
            if attribute.ref_attr_name:
                if attribute.ref_attr_name in scope.given:
                    found[attribute.name] = scope.given[attribute.ref_attr_name]
                continue
            found[attribute.name] = self._value(attribute, scope, path, label)
        found.pop("consumed_inputs", None)  # of the first opset: which memory may be reused
        return found

    def _value(self, attribute: Any, scope: Scope, path: tuple[str, ...], label: str) -> Any:
        if attribute.type == GRAPH:
            return self._graph(
                attribute.g, scope.names, scope.opsets, path, scope.given, scope.depth + 1
            )
        what = f"{self.file}: node {label}: {attribute.name}"
        return value_of(attribute, self.folder, what, self._grow, bool(scope.depth))


def modules_of(node: Any, around: tuple[str, ...]) -> tuple[str, ...]:
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
    nodes = reader.read_function(function, given, results, what)
    inputs, outputs = ([name for name in names if name] for names in (given, results))
    graph = Graph(input_names=inputs, output_names=outputs, nodes=nodes)
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
