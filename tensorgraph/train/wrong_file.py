"""What a file is that is no whole file of arrays, told by its bytes, and what to do about it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

FETCH = "fetch the file itself"
ARCHIVE = "unpack it first"
CONVERT = "safetensors.numpy.save_file(arrays, path) makes such a file of a dict of arrays"

FROM_TORCH = (
    "safetensors.torch.save_file({name: x.clone().contiguous() for name, x in"
    " torch.load('model.pt', map_location='cpu', weights_only=True).items()},"
    " 'model.safetensors')"
)
FROM_KERAS = "np.savez('model.npz', **{v.path: v.numpy() for v in model.weights})"

ARCHIVES = {
    "data.pkl": (
        "what torch.save writes, a pickle in a zip archive, which is never read, as reading one"
        " runs what is in it",
        f"where you trust it, write {FROM_TORCH}",
    ),
    "model.weights.h5": ("a model that Keras saved", f"in Keras write {FROM_KERAS}"),
    ".npy": (
        "an archive that np.savez wrote",
        "give the file a name that ends in .npz, by which it is read",
    ),
}
"""What a zip archive is by the end of a name in it, and what to do about it."""

STARTS: dict[bytes | tuple[bytes, ...], tuple[str, str]] = {
    b"version https://git-lfs": (
        "a pointer of git-lfs, which stands for the file",
        "write git lfs pull in its repository",
    ),
    b"<": ("a page of HTML or XML, as a link for a browser or an error gives", FETCH),
    b"{": (
        "JSON: an answer of a server perhaps, or the index of a model in several files",
        f"{FETCH}, or give an index its name, which ends in .json",
    ),
    b"PK": ("a zip archive", f"unpack it, and save what is in it: {CONVERT}"),
    (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"): (
        "a pickle, which is never read, as reading one runs what is in it",
        f"where you trust it, save what it holds, if PyTorch wrote it by {FROM_TORCH}; else"
        f" {CONVERT}",
    ),
    b"\x93NUMPY": ("an array that np.save wrote", "write np.load(path)"),
    b"\x89HDF": (
        "an HDF5 file, such as Keras writes",
        f"read it with h5py, or in Keras write {FROM_KERAS}",
    ),
    b"GGUF": ("a GGUF file", CONVERT),
    b"\x1f\x8b": ("compressed by gzip", ARCHIVE),
    b"BZh": ("compressed by bzip2", ARCHIVE),
    b"\xfd7zXZ": ("compressed by xz", ARCHIVE),
    b"\x28\xb5\x2f\xfd": ("compressed by zstd", ARCHIVE),
}
"""What begins so, spaces aside, and what to do about it."""

LONGEST = 100_000_000
"""How many bytes the header of a file in the safetensors format has at most."""


def what_it_is(content: bytes) -> str:
    """Return what is known of bytes that the safetensors library refused, or nothing.

    Example:
        >>> what_it_is(b"version https://git-lfs.github.com/spec/v1 oid sha256:4d7a2146")
        'it is a pointer of git-lfs, ...; write git lfs pull in its repository'
    """
    if not content:
        return "it is empty; copy or download it again"
    if content.startswith(b"PK"):
        for end, (kind, advice) in ARCHIVES.items():
            if any(name.endswith(end) for name in _names_in(content)):
                return f"it is {kind}; {advice}"
    for start, (kind, advice) in STARTS.items():
        if content[:100].lstrip().startswith(start) and not begins_as_safetensors(content):
            return f"it is {kind}; {advice}"
    if len(content) < 8:
        return f"it is truncated: {len(content)} bytes are there; copy or download it again"
    whole = _whole_length(content)
    if whole > len(content):
        return (
            f"it is truncated: {len(content):,} of at least {whole:,} bytes are there; copy or"
            " download it again"
        )
    return ""


def _names_in(content: bytes) -> list[str]:
    """Return the names in a zip archive, or none in one that is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


def begins_as_safetensors(content: bytes) -> bool:
    """Whether a file begins as the safetensors format wants it: a length, and then JSON."""
    return content[8:9] == b"{" and int.from_bytes(content[:8], "little") <= LONGEST


def _whole_length(content: bytes) -> int:
    """Return the length that a file says it has, or 0 if it says nothing sensible."""
    if not begins_as_safetensors(content):
        return 0
    end = 8 + int.from_bytes(content[:8], "little")
    if end > len(content):  # where the numbers end stands in the rest of the header
        return end
    try:
        header: dict[str, Any] = json.loads(content[8:end])
        offsets = [item["data_offsets"] for name, item in header.items() if name != "__metadata__"]
        return end + max((int(stop) for _, stop in offsets), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return 0
