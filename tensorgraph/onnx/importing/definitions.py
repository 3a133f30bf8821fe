"""Operators that ONNX itself defines by others: what they compute is read in the standard."""

from __future__ import annotations

from typing import Any

from tensorgraph.extras import require
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


def defined(domain: str, node: Any, version: int) -> Operator | None:
    """Return what computes an operator whose definition depends on its inputs, or ``None``."""
    return None
