"""Tensors of files as arrays, and the codes of their dtypes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.files import external_bytes
from tensorgraph.onnx.importing.narrow import NARROW

_CODES: dict[int, tuple[str, str]] = {
    1: ("float32", "float_data"), 2: ("uint8", "int32_data"), 3: ("int8", "int32_data"),
    4: ("uint16", "int32_data"), 5: ("int16", "int32_data"), 6: ("int32", "int32_data"),
    7: ("int64", "int64_data"), 9: ("bool", "int32_data"), 10: ("float16", "int32_data"),
    11: ("float64", "double_data"), 12: ("uint32", "uint64_data"), 13: ("uint64", "uint64_data"),
}  # fmt: skip
"""The numbers that files have for dtypes: ours, and the field that holds elements not as bytes."""

STRING = 8
TEXT = np.dtype(object)

_COMPLEX = {14: "complex64", 15: "complex128"}


def dtype_of(code: int, what: str) -> np.dtype[Any]:
    """Return the dtype that holds what a number in a file means.

    Raises:
        OnnxError: it means none, or one that nothing here computes with.
    """
    if code == STRING:
        return TEXT
    if code in _CODES:
        return np.dtype(_CODES[code][0])
    if code in NARROW:
        return NARROW[code].wide
    known = ", ".join([*(n for n, _ in _CODES.values()), *(n.name for n in NARROW.values())])
    name = _COMPLEX.get(code)
    if name:
        raise OnnxError(f"{what} is of dtype {name}, and complex numbers are not known: {known}")
    raise OnnxError(f"{what} is of the dtype with number {code}, which is none; known are {known}")


def code_of(dtype: np.dtype[Any]) -> int:
    """Return the number that files have for a dtype."""
    return next((code for code, (name, _) in _CODES.items() if name == dtype.name), STRING)


def array_of_proto(tensor: Any, folder: Path | None, what: str) -> Any:
    """Return the elements of a ``TensorProto``, that cannot be written to.

    Raises:
        OnnxError: there are not as many as its shape says, or they are of no known dtype.
    """
    what = f"{what} {tensor.name!r}" if tensor.name else what
    dtype, shape = dtype_of(tensor.data_type, what), tuple(tensor.dims)
    if any(n < 0 for n in shape):
        raise OnnxError(f"{what} has shape {shape}, with a negative length")
    array = _elements(tensor, dtype, math.prod(shape), folder, what).reshape(shape)
    array.flags.writeable = False
    return array


def _elements(tensor: Any, dtype: np.dtype[Any], count: int, folder: Path | None, what: str) -> Any:
    if dtype is TEXT:
        texts = np.empty(len(tensor.string_data), object)
        texts[:] = [text.decode("utf-8", "surrogateescape") for text in tensor.string_data]
        _check_count(len(texts), count, what, "strings")
        return texts
    narrow = NARROW.get(tensor.data_type)
    size = narrow.size(count) if narrow else count * dtype.itemsize
    external = tensor.data_location == 1
    if external or tensor.HasField("raw_data"):
        data = external_bytes(tensor, size, folder) if external else tensor.raw_data
        _check_count(len(data), size, what, "bytes")
        if narrow:
            return narrow.unpacked(data, count)
        little = np.frombuffer(data, dtype.newbyteorder("<"))
        if dtype.kind == "b":
            return little.view(np.uint8) != 0
        return np.array(little, dtype)  # a copy, of which nobody else knows
    if narrow:
        codes = np.array(tensor.int32_data, np.int32).astype("<u2" if narrow.bits > 8 else "u1")
        _check_count(codes.nbytes, size, what, "bytes")
        return narrow.unpacked(codes.tobytes(), count)
    field = getattr(tensor, _CODES[tensor.data_type][1])
    _check_count(len(field), count, what, "elements")
    if dtype == np.float16:
        return np.array(field, np.uint32).astype(np.uint16).view(np.float16)
    return np.array(field).astype(dtype) if count else np.empty(0, dtype)


def _check_count(found: int, wanted: int, what: str, kind: str) -> None:
    if found != wanted:
        raise OnnxError(f"{what} has {found} {kind}, its shape and dtype say {wanted}")
