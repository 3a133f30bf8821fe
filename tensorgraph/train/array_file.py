"""Files of arrays in the safetensors format, written atomically and checked when read.

Any tool that knows the format finds the arrays. The text that goes with them
stands in the header, under the key ``tensorgraph``, after the version and a checksum:
``tensorgraph 1 SHA-256 TEXT``. Equal content makes equal files.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from glob import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.extras import require
from tensorgraph.train.state_encoding import DTYPES, Arrays

MARK = "tensorgraph"
VERSION = "1"
TOKEN = 16
"""Length of what tells directories apart in which a file is being written."""


def write(path: Path, arrays: Arrays, text: str) -> None:
    """Write arrays and a text.

    Whatever happens meanwhile, there is either the file of before at ``path`` or the new one: it is
    written in a directory beside it, and takes its place when it is safe on the disk.

    Raises:
        ImportError: the package safetensors is not installed.
        OSError: it cannot be written there.
    """
    save_file = require("safetensors.numpy", "io").save_file
    problem = require("safetensors", "io").SafetensorError
    sealed = " ".join([MARK, VERSION, _checksum(arrays, text), text])
    # A name that no other process has: two that save at once would write into each other's file.
    workshop = path.with_name(f".{path.name}.{secrets.token_hex(TOKEN // 2)}.partial")
    workshop.mkdir()
    try:
        partial = workshop / "file"
        save_file(arrays, partial, {MARK: sealed})
        partial.chmod(workshop.stat().st_mode & 0o666)  # what a new file may be, by the umask
        _flush(partial)
        os.replace(partial, path)
    except problem as error:
        raise OSError(f"save: cannot write {str(path)!r}: {error}") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    _flush(path.parent)
    for left in path.parent.glob(f".{escape(path.name)}.{'?' * TOKEN}.partial"):
        shutil.rmtree(left, ignore_errors=True)  # of a run that was killed while it saved


def _flush(path: Path) -> None:
    """Wait until a file, or what a directory lists, is on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows knows no such thing
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> tuple[Arrays, str | None]:
    """Return the arrays in a file, and the text; ``None`` for the file of another tool.

    Numbers of the kind bfloat16, which NumPy does not have, become float32, exactly.

    Raises:
        ImportError: the package safetensors is not installed.
        OSError: there is no such file, or it cannot be read.
        StateError: it is truncated or damaged, of another format or a later version, or holds a
            kind of number that NumPy does not have.
    """
    safetensors = require("safetensors", "io")
    content = path.read_bytes()
    try:
        found = safetensors.deserialize(content)  # checks the header and all offsets
        arrays = {name: _array(name, item) for name, item in found}
        return arrays, _verified(arrays, _header(content).get("__metadata__") or {})
    except safetensors.SafetensorError as error:
        raise broken(
            path, f"it is truncated or damaged, or no safetensors file at all ({error})"
        ) from error
    except ValueError as error:
        raise broken(path, error) from error


def broken(path: Path, problem: object) -> errors.StateError:
    """Return the error that tells what is wrong with a file."""
    return errors.StateError(f"load: cannot read {str(path)!r}: {problem}")


def _header(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    return header


def _array(name: str, item: Mapping[str, Any]) -> NDArray[Any]:
    kind, shape, data = item["dtype"], item["shape"], item["data"]
    if kind == "BF16":  # the upper half of a float32
        halves = np.frombuffer(data, "<u2").astype(np.uint32) << 16
        return halves.view(np.float32).reshape(shape)
    if kind not in DTYPES:
        raise ValueError(f"{name!r} holds numbers of the kind {kind}, which NumPy does not have")
    array = np.frombuffer(data, DTYPES[kind]).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _verified(arrays: Arrays, metadata: Mapping[str, str]) -> str | None:
    """Return the text, if it and the arrays are as they were saved."""
    # By key or by value: a file whose key was damaged is no file of another tool.
    sealed = [text for key, text in metadata.items() if key == MARK or text.startswith(MARK)]
    if not sealed:
        return None
    mark, version, checksum, text = (sealed[0].split(" ", 3) + [""] * 4)[:4]
    if mark == MARK and version.isdecimal() and version != VERSION:
        raise ValueError(f"it is of version {version}, this is version {VERSION}")
    if (mark, version, checksum) != (MARK, VERSION, _checksum(arrays, text)):
        raise ValueError("its content does not have the checksum that it had when it was saved")
    return text


def _checksum(arrays: Arrays, text: str) -> str:
    """Return the SHA-256 of a text and of all names, dtypes, shapes and numbers."""
    kinds = [
        (name, arrays[name].dtype.newbyteorder("<").str, arrays[name].shape)
        for name in sorted(arrays)
    ]
    digest = hashlib.sha256(json.dumps([text, kinds]).encode())
    for name, kind, _ in kinds:
        digest.update(np.ascontiguousarray(arrays[name], kind).data)
    return digest.hexdigest()
