"""Files of arrays that are whole or not there at all: written atomically, checked when read."""

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
from tensorgraph.train.pack import DTYPES, Arrays

CHECKSUM = "sha256"
TOKEN = 16
"""Length of what tells files apart that are being written."""


def write(path: Path, arrays: Arrays, text: Mapping[str, str]) -> None:
    """Write arrays and text, with a checksum over all of it, in the safetensors format.

    Whatever happens meanwhile, there is either the file of before at ``path`` or the new one: it is
    written in a directory beside it, and takes its place when it is safe on the disk.

    Raises:
        ImportError: the package safetensors is not installed.
        OSError: it cannot be written there.
    """
    save_file = require("safetensors.numpy", "io").save_file
    problem = require("safetensors", "io").SafetensorError
    sealed = {**text, CHECKSUM: _checksum(arrays, text)}
    # A name that no other process has: two that save at once would write into each other's file.
    workshop = path.with_name(f".{path.name}.{secrets.token_hex(TOKEN // 2)}.partial")
    workshop.mkdir()
    try:
        partial = workshop / "file"
        save_file(arrays, partial, sealed)
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


def read(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Return the arrays and the text in a file of the safetensors format.

    Numbers of the kind bfloat16, which NumPy does not have, become float32, exactly.

    Raises:
        ImportError: the package safetensors is not installed.
        OSError: there is no such file, or it cannot be read.
        StateError: it is truncated or corrupted, no file of this format, or holds a kind of number
            that NumPy does not have.
    """
    safetensors = require("safetensors", "io")
    content = path.read_bytes()
    try:
        found = safetensors.deserialize(content)  # checks the header and all offsets
        length = int.from_bytes(content[:8], "little")
        text = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
        arrays = {name: _array(name, item) for name, item in found}
        if CHECKSUM in text:
            _verify(arrays, text)
    except safetensors.SafetensorError as error:
        raise broken(
            path, f"it is truncated or damaged, or no safetensors file at all ({error})"
        ) from error
    except ValueError as error:
        raise broken(path, error) from error
    return arrays, text


def broken(path: Path, problem: object) -> errors.StateError:
    """Return the error that tells what is wrong with a file."""
    return errors.StateError(f"load: cannot read {str(path)!r}: {problem}")


def _array(name: str, item: Mapping[str, Any]) -> NDArray[Any]:
    kind, shape, data = item["dtype"], item["shape"], item["data"]
    if kind == "BF16":  # the upper half of a float32
        halves = np.frombuffer(data, "<u2").astype(np.uint32) << 16
        return halves.view(np.float32).reshape(shape)
    if kind not in DTYPES:
        raise ValueError(f"{name!r} holds numbers of the kind {kind}, which NumPy does not have")
    array = np.frombuffer(data, DTYPES[kind]).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _verify(arrays: Arrays, text: Mapping[str, str]) -> None:
    rest = {key: value for key, value in text.items() if key != CHECKSUM}
    if _checksum(arrays, rest) != text[CHECKSUM]:
        raise ValueError("its content does not have the checksum that it had when it was saved")


def _checksum(arrays: Arrays, text: Mapping[str, str]) -> str:
    """Return the SHA-256 of all names, texts, dtypes, shapes and numbers."""
    digest = hashlib.sha256()
    kinds = [
        (name, arrays[name].dtype.newbyteorder("<").str, arrays[name].shape)
        for name in sorted(arrays)
    ]
    digest.update(json.dumps([sorted(text.items()), kinds]).encode())
    for name, kind, _ in kinds:
        digest.update(np.ascontiguousarray(arrays[name], kind).data)
    return digest.hexdigest()
