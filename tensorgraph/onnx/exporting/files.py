"""The file: the model around a graph, its weights beside it where it would be too large."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors, files
from tensorgraph.extras import require
from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.sizes import AnySize, Size

LARGEST_FILE = 2**31 - 2**20
"""The bytes of weights above which they lie in a file of their own: a protocol buffer holds less
than 2 GiB, and the nodes need some of that."""
SMALLEST_OUTSIDE = 1024
"""Smaller arrays, such as the axes of reductions, stay in the model's file."""
OPERATORS = ""
"""The name of ONNX's own operators."""


class Port(NamedTuple):
    """An input or an output."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[AnySize, ...]


def model_of(
    emitter: Emitter, name: str, inputs: Sequence[Port], outputs: Sequence[Port], version: str
) -> Any:
    """Return the model with all arrays in it, a ``ModelProto``, checked."""
    onnx = emitter.onnx
    nodes = emitter.named_nodes()
    used = {name for node in nodes for name in node.input}
    initializers = [
        onnx.numpy_helper.from_array(array, name)
        for name, array in emitter.initializers.items()
        if name in used
    ]
    graph = onnx.helper.make_graph(
        nodes, name, [_info(emitter, p) for p in inputs],
        [_info(emitter, p) for p in outputs], initializers,
    )  # fmt: skip
    opset = onnx.helper.make_opsetid(OPERATORS, emitter.opset)
    return onnx.helper.make_model(
        graph,
        opset_imports=[opset],
        ir_version=onnx.helper.find_min_ir_version_for([opset]),
        producer_name="tensorgraph",
        producer_version=version,
    )


def _info(emitter: Emitter, port: Port) -> Any:
    shape = [(n.name or str(n)) if isinstance(n, Size) else n for n in port.shape]
    return emitter.onnx.helper.make_tensor_value_info(port.name, emitter.type_of(port.dtype), shape)


def write(model: Any, path: files.Named, external_above: int) -> None:
    """Write a model; the weights to ``<path>.data`` if they have more bytes than that.

    That file is there before the other, which names it, takes the place of the one before.
    """
    total = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    if total > external_above:
        beside = Path(f"{os.fspath(path)}.data")
        model = _with_weights_in(model, beside)
    files.write(path, model.SerializeToString())


def _with_weights_in(model: Any, beside: Path) -> Any:
    """Return the model without its large arrays, which are written to another file."""
    onnx = require("onnx", "onnx")
    weights = list(model.graph.initializer)
    del model.graph.initializer[:]
    without = onnx.ModelProto()
    without.CopyFrom(model)
    model.graph.initializer.extend(weights)
    with files.replacing(beside) as new, open(new, "wb") as file:
        for tensor in weights:
            if len(tensor.raw_data) < SMALLEST_OUTSIDE:
                without.graph.initializer.append(tensor)
                continue
            start = file.tell()
            file.write(tensor.raw_data)
            told = onnx.TensorProto(
                name=tensor.name, dims=tensor.dims, data_type=tensor.data_type,
                data_location=onnx.TensorProto.EXTERNAL,
            )  # fmt: skip
            place = {"location": beside.name, "offset": start, "length": file.tell() - start}
            for key, value in place.items():
                told.external_data.add(key=key, value=str(value))
            without.graph.initializer.append(told)
    return without


def check_opset(opset: int, least: int) -> None:
    """Raise unless a version of the operators is one that files can be written in.

    Raises:
        ArgumentError: it is not.
    """
    newest = require("onnx.defs", "onnx").onnx_opset_version()
    if not (isinstance(opset, int) and least <= opset <= newest):
        raise errors.ArgumentError(
            f"onnx.export: opset is a number from {least} to {newest}, not {opset!r}; write"
            f" opset={min(max(least, 20), newest)}"
        )
