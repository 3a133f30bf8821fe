"""Operators that ONNX itself defines by others: what they compute is read in the standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.extras import require
from tensorgraph.onnx.importing.arrays import code_of
from tensorgraph.onnx.importing.program import Program
from tensorgraph.onnx.importing.table import Operator


def _schema(domain: str, kind: str, version: int) -> Any:
    onnx = require("onnx", "onnx")
    try:
        return onnx.defs.get_schema(kind, version, domain)
    except onnx.defs.SchemaError:
        return None


def function_of(domain: str, kind: str, version: int) -> Any:
    """Return the function that defines an operator, or ``None``."""
    schema = _schema(domain, kind, version)
    if schema is None or not schema.has_function:
        return None
    function = require("onnx", "onnx").FunctionProto()
    function.CopyFrom(schema.function_body)
    known = {attribute.name for attribute in function.attribute_proto}
    for name, attribute in schema.attributes.items():
        if attribute.default_value.name and name not in known:
            function.attribute_proto.append(attribute.default_value)
    return function


ToProgram = Callable[[Any, Any], Program]
"""Makes a program of a function and of the node that calls it."""


class Defined:
    """Computes an operator whose definition depends on the dtypes and axes of its inputs.

    Args:
        domain: the operator's domain.
        node: the node, as bytes of its protocol.
        version: the version of the opset.
        to_program: what makes programs.
    """

    def __init__(self, domain: str, node: bytes, version: int, to_program: ToProgram) -> None:
        self._told = domain, node, version, to_program
        proto = require("onnx", "onnx").NodeProto.FromString(node)
        self._named = tuple(map(bool, proto.output))  # which results are wanted
        self._programs: dict[Any, Program] = {}

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        """Return the results, those that nobody wants as ``None``."""
        kinds = tuple(None if v is None else (v.dtype.name, shape_of(v)) for v in values)
        if kinds not in self._programs:
            self._programs[kinds] = self._program(values)
        results = iter(self._programs[kinds](*(v for v in values if v is not None)))
        return tuple(next(results) if named else None for named in self._named)

    def _program(self, values: tuple[Any, ...]) -> Program:
        domain, data, version, to_program = self._told
        onnx = require("onnx", "onnx")
        node = onnx.NodeProto.FromString(data)
        types = [_type(onnx, value).SerializeToString() for value in values]
        schema = _schema(domain, node.op_type, version)
        try:
            written = schema.get_context_dependent_function(data, types)
        except Exception as error:  # whatever the standard's own code raises
            raise OnnxError(f"{node.op_type} has no definition for its inputs: {error}") from None
        if not written:
            raise OnnxError(f"{node.op_type} has no definition for inputs of these types")
        return to_program(onnx.FunctionProto.FromString(written), node)

    def __reduce__(self) -> tuple[Any, ...]:
        return Defined, self._told


def _type(onnx: Any, value: Any) -> Any:
    if value is None:
        return onnx.TypeProto()
    return onnx.helper.make_tensor_type_proto(code_of(value.dtype), shape_of(value))


def defined(domain: str, node: Any, version: int, to_program: ToProgram) -> Operator | None:
    """Return what computes an operator whose definition depends on its inputs, or ``None``."""
    schema = _schema(domain, node.op_type, version)
    if schema is None or not schema.has_context_dependent_function:
        return None
    function = Defined(domain, node.SerializeToString(), version, to_program)
    none: frozenset[Any] = frozenset()
    return Operator(version, function, none, none, {}, (), None, None, none, none)
