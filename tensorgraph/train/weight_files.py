"""Files of weights as other tools write them: in several parts with an index, or NumPy's own.

Nothing in a file is ever run: a pickle is refused, and an index leads to nothing but files beside
it.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from tensorgraph import errors
from tensorgraph.train.array_file import broken, read
from tensorgraph.train.state_encoding import Arrays
from tensorgraph.train.wrong_file import LONGEST, begins_as_safetensors, what_it_is


def read_arrays(path: Path) -> tuple[Arrays, str | None]:
    """Return the arrays in a file, and the text of one that ``train.save`` wrote.

    What begins as the safetensors format wants it is read so. Else the name tells: ``.json`` is an
    index of several files, ``.npz`` an archive of NumPy's.

    Raises:
        ImportError: the package safetensors is not installed.
        OSError: there is no such file, or it cannot be read.
        StateError: it is truncated, damaged or something else, or a part is missing.
    """
    others = {".json": _read_parts, ".npz": _read_archive}
    if path.suffix not in others:
        return read(path)
    with path.open("rb") as file:
        begins_well = begins_as_safetensors(file.read(9))
    return read(path) if begins_well else (others[path.suffix](path), None)


# ---------------------------------------------------------------------------------- several files


def _read_parts(path: Path) -> Arrays:
    """Return the arrays of all files that an index names."""
    names = _index(path)
    files = sorted(set(names.values()))
    for file in files:
        if not _is_beside(file):
            raise broken(path, f"it names {file!r}, which is no file beside it")
    missing = [file for file in files if not (path.parent / file).is_file()]
    if missing:
        raise broken(
            path,
            f"it is the index of {len(files)} files, and beside it there is no"
            f" {errors.listing(missing)}; download the whole folder",
        )
    found: Arrays = {}
    for file in files:
        arrays, _ = read(path.parent / file)
        twice = [name for name in arrays if name in found]
        if twice:
            raise broken(path, f"two of its files have {errors.listing(twice)}")
        found |= arrays
    absent = [name for name in names if name not in found]
    if absent:
        raise broken(path, f"it names {errors.listing(absent)}, which is in none of its files")
    return found


def _index(path: Path) -> dict[str, str]:
    """Return the name of the file of each array."""
    if path.stat().st_size > LONGEST:
        raise broken(path, f"it has more than {LONGEST:,} bytes, too many for an index")
    try:
        index = json.loads(path.read_bytes(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise broken(path, f"it is no JSON ({error})") from error
    names = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(names, dict) or not all(isinstance(file, str) for file in names.values()):
        raise broken(
            path, 'it is no index of weights, which has a "weight_map" from arrays to files'
        )
    return names


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice!r} stands in it twice")
    return found


def _is_beside(file: str) -> bool:
    """Return whether a name is that of a file in the same folder, on any system."""
    return not set(file) & set("/\\:\0") and file not in ("", ".", "..")


# ------------------------------------------------------------------------------------ NumPy's own


def _read_archive(path: Path) -> Arrays:
    """Return the arrays that ``np.savez`` wrote."""
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if not all(part.filename.endswith(".npy") for part in parts):
                raise broken(path, what_it_is(content))
            for part in parts:
                _check_size(archive, part)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: _native(name, arrays[name]) for name in arrays.files}
    except _DAMAGED as error:
        strange = "" if content.startswith(b"PK") else what_it_is(content)
        raise broken(path, strange or f"it is damaged ({error})") from error


_DAMAGED = (
    ValueError, EOFError, KeyError, NotImplementedError, RuntimeError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
"""What Python says of an archive that is damaged, or encrypted."""


def _check_size(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Raise unless an array is as large as its file, before room is made for it."""
    with archive.open(part) as stream:
        version = npy.read_magic(stream)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = header(stream)
        size = dtype.itemsize
        for length in shape:
            size *= length
        if not dtype.hasobject and size != part.file_size - stream.tell():
            raise ValueError(f"{part.filename!r} has another length than its header says")


def _native(name: str, array: Any) -> Any:
    """Return an array in the byte order of this machine."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biufc":
        raise ValueError(f"{name!r} holds no numbers but {getattr(array, 'dtype', type(array))}")
    return array.astype(array.dtype.newbyteorder("="), copy=False)
