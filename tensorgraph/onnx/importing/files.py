"""Files of ONNX, read carefully: of what they claim nothing is believed before it is checked."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from tensorgraph.errors import OnnxError, describe
from tensorgraph.extras import require

MAX_BYTES = 2**31
"""The most that a file may hold: protocol buffers hold no more."""

Source = Any
"""A path, bytes, a file that is open, or a ``ModelProto``."""


def read_model(source: Source) -> tuple[Any, str, Path | None]:
    """Return a model, what messages call it, and the folder in which its weights may lie.

    Raises:
        OnnxError: it is no model.
    """
    onnx = require("onnx", "onnx")
    if isinstance(source, onnx.ModelProto):
        return source, "the model", None
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _parsed(bytes(source), "the model"), "the model", None
    if hasattr(source, "read"):
        name = str(getattr(source, "name", "the file"))
        data = source.read()
        if not isinstance(data, bytes):
            raise OnnxError(f"{name} is open for text; write open(path, 'rb')")
        return _parsed(data, name), name, None
    if not isinstance(source, (str, os.PathLike)):
        raise OnnxError(
            f"tg.onnx.load takes a path, bytes, an open file or a ModelProto, not"
            f" {describe(source)}"
        )
    path = Path(source)
    if path.stat().st_size > MAX_BYTES:
        raise OnnxError(
            f"{path.name} has {path.stat().st_size} bytes; a file of ONNX has at most {MAX_BYTES},"
            " and larger weights beside it"
        )
    return _parsed(path.read_bytes(), path.name), path.name, path.parent


def _parsed(data: bytes, name: str) -> Any:
    onnx = require("onnx", "onnx")
    decode_error = require("google.protobuf.message", "onnx").DecodeError
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (decode_error, UnicodeDecodeError, RecursionError) as error:
        raise OnnxError(f"{name} is no ONNX file, or a damaged one ({error})") from None
    if not model.HasField("graph"):
        raise OnnxError(f"{name} holds no graph: it is no ONNX file, or an empty one")
    return model


def external_bytes(tensor: Any, size: int, folder: Path | None) -> bytes:
    """Return the bytes of a tensor that lie in a file of their own.

    Raises:
        OnnxError: the file is not in the folder of the model, or does not hold as many.
    """
    told = {entry.key: entry.value for entry in tensor.external_data}
    place, what = told.get("location", ""), f"the weights of {tensor.name!r}"
    if folder is None:
        raise OnnxError(
            f"{what} lie in the file {place!r}, and where that is only a path to the model says;"
            " write tg.onnx.load(path)"
        )
    path = _inside(folder, place, what)
    start, length = (_count(told.get(key, default), f"{what}: {key}")
                     for key, default in (("offset", "0"), ("length", str(size))))  # fmt: skip
    if length != size:
        raise OnnxError(f"{what}: {length} bytes are given, its shape and dtype have {size}")
    if path.stat().st_size < start + length:
        raise OnnxError(
            f"{what}: {place!r} has {path.stat().st_size} bytes, not {start + length}; the file is"
            " cut off, or another's"
        )
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def _inside(folder: Path, place: str, what: str) -> Path:
    """Return the path of a file below a folder, which no link leads out of."""
    path = folder / place
    inside = folder.resolve()
    if not place or "\0" in place or _leads_out(place):
        raise OnnxError(f"{what} are said to lie in {place!r}, which is not in the model's folder")
    try:
        led_out = not path.resolve(strict=True).is_relative_to(inside)
    except (OSError, RuntimeError):
        raise OnnxError(f"{what} are said to lie in {place!r}, where there is no file") from None
    if led_out or path.is_symlink() or not path.is_file():
        raise OnnxError(f"{what} are said to lie in {place!r}, which is no file in the folder")
    return path


def _leads_out(place: str) -> bool:
    """Return whether a path begins elsewhere or goes upwards, on whichever system it was meant."""
    paths = PurePosixPath(place), PureWindowsPath(place)
    return any(path.anchor or ".." in path.parts for path in paths)


def _count(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise OnnxError(f"{what} is a number of bytes, not {text!r}")
    return int(text)
