"""The file: the model around a graph, its weights beside it where it would be too large."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    emitter: Emitter, name: str, inputs: Sequence[Port], outputs: Sequence[Port], version: str,
    path: files.Named | None, external_above: int,
) -> Any:  # fmt: skip
    """Return the model, a ``ModelProto``, with all arrays in it, or written beside the file.

    Raises:
        ExportError: there are more than it holds, and no file is to be written.
    """
    onnx = emitter.onnx
    nodes = emitter.named_nodes()
    used = {name for node in nodes for name in node.input}
    arrays = {name: array for name, array in emitter.initializers.items() if name in used}
    total = sum(array.nbytes for array in arrays.values())
    if path is not None and total > min(external_above, LARGEST_FILE):
        initializers = _written(arrays, Path(f"{os.fspath(path)}.data"))
    elif total <= LARGEST_FILE:
        initializers = [onnx.numpy_helper.from_array(array, n) for n, array in arrays.items()]
    else:
        raise errors.ExportError(
            f"onnx.export: {total:,} bytes of weights are more than a ModelProto holds; write"
            ' path="model.onnx", so that they lie in a second file'
        )
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


def _written(arrays: Mapping[str, NDArray[Any]], beside: Path) -> list[Any]:
    """Write the large ones of some arrays to a file; return all, these by their places there.

    That file is there before the other, which names it, takes the place of the one before.
    """
    onnx = require("onnx", "onnx")
    found = []
    with files.replacing(beside) as new, open(new, "wb") as file:
        for name, array in arrays.items():
            if array.nbytes < SMALLEST_OUTSIDE:
                found.append(onnx.numpy_helper.from_array(array, name))
                continue
            start = file.tell()
            # Not by from_array: of 2 GiB and more there are no tensors in protocol buffers.
            file.write(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
            tensor = onnx.TensorProto(
                name=name, dims=array.shape, data_location=onnx.TensorProto.EXTERNAL,
                data_type=onnx.helper.np_dtype_to_tensor_dtype(array.dtype),
            )  # fmt: skip
            place = {"location": beside.name, "offset": start, "length": file.tell() - start}
            for key, value in place.items():
                tensor.external_data.add(key=key, value=str(value))
            found.append(tensor)
    return found


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
