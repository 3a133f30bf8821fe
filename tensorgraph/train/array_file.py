"""Files of arrays in the safetensors format, written atomically and checked when read.

Any tool that knows the format finds the arrays. The text that goes with them
stands in the header, under the key ``tensorgraph``, after the version and a checksum:
``tensorgraph 1 SHA-256 TEXT``. Equal content makes equal files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.extras import require
from tensorgraph.files import replacing
from tensorgraph.train.state_encoding import DTYPES, Arrays
from tensorgraph.train.wrong_file import what_it_is

MARK = "tensorgraph"
VERSION = "1"


def write(path: Path, arrays: Arrays, text: str) -> None:
    """Write arrays and a text; there is the file of before or the new one, see :mod:`files`.

    Raises:
        ImportError: the package safetensors is not installed.
        OSError: it cannot be written there.
    """
    save_file = require("safetensors.numpy", "io").save_file
    problem = require("safetensors", "io").SafetensorError
    sealed = " ".join([MARK, VERSION, _checksum(arrays, text), text])
    with replacing(path) as new:
        try:
            save_file(arrays, new, {MARK: sealed})
        except problem as error:  # which tells the number that the system gave it as text alone
            found = re.search(r"(.*) \(os error (\d+)\)", str(error))
            if found is None:
                raise OSError(f"save: cannot write {str(path)!r}: {error}") from error
            raise OSError(int(found[2]), f"save: {found[1]}", str(path)) from error


def read(path: Path) -> tuple[Arrays, str | None]:
    """Return the arrays in a file, and the text; ``None`` for the file of another tool.

    Numbers of the kinds bfloat16, float8_e4m3 and float8_e5m2, which NumPy does not have, become
    float32, exactly.

    Raises:
        ImportError: the package safetensors is not installed.
        OSError: there is no such file, or it cannot be read.
        StateError: it is truncated or damaged, of another format or a later version, or holds a
            kind of number that NumPy does not have; it says what the file seems to be.
    """
    safetensors = require("safetensors", "io")
    content = path.read_bytes()
    try:
        found = safetensors.deserialize(content)  # checks the header and all offsets
        arrays = {name: _array(name, item) for name, item in found}
        return arrays, _verified(arrays, _header(content).get("__metadata__") or {})
    except safetensors.SafetensorError as error:
        unknown = f"it is damaged, or no safetensors file at all ({error})"
        raise broken(path, what_it_is(content) or unknown) from error
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
    if kind in _EIGHT_BITS:
        return _EIGHT_BITS[kind][np.frombuffer(data, np.uint8)].reshape(shape)
    if kind not in DTYPES:
        raise ValueError(f"{name!r} holds numbers of the kind {kind}, which NumPy does not have")
    array = np.frombuffer(data, DTYPES[kind]).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _four_and_three_bits() -> NDArray[Any]:
    """Return all numbers of the kind E4M3: a sign, 4 bits of an exponent, 3 of a fraction.

    Micikevicius et al. 2022, "FP8 formats for deep learning", table 1: there is no infinity, and of
    each sign one NaN.
    """
    bits = np.arange(256)
    exponent, fraction = bits >> 3 & 15, (bits & 7) / 8
    size = np.where(exponent, 2.0 ** (exponent - 7) * (1 + fraction), 2.0**-6 * fraction)
    size[bits & 127 == 127] = np.nan
    return np.where(bits & 128, -size, size).astype(np.float32)


_EIGHT_BITS = {
    "F8_E4M3": _four_and_three_bits(),
    "F8_E5M2": (np.arange(256, dtype=np.uint16) << 8).view(np.float16).astype(np.float32),
}
"""The float32 that each byte stands for, of the kinds of number that have one."""


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
