"""Compiled libraries on disk, so that a program is compiled once and not in every process.

The folder is ``$TENSORGRAPH_CACHE``, else ``tensorgraph`` where the system keeps caches, such as
``~/.cache``. What lies there is code that we run: the folder and all that is loaded from it must be
the user's own, with no rights for anybody else, and each library must have the digest that is
written beside it. What fails that counts as absent, and is written anew.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

SUFFIX = ".dll" if sys.platform == "win32" else ".so"

_LIMIT = 256 * 2**20
"""How many bytes of libraries are kept."""


def load(key: str) -> ctypes.CDLL | None:
    """Return a library that was kept, ``None`` if there is none that can be trusted."""
    library, digest = _places(_place(), key)
    try:
        if not all(_is_private(part.lstat()) for part in (library.parent, library, digest)):
            return None
        if digest.read_bytes() != _digest(library.read_bytes()):
            return None
        with suppress(OSError):  # they may be read, but not be written to
            for part in (library, digest):
                os.utime(part)  # those used last are kept
        return ctypes.CDLL(str(library))
    except OSError:
        return None


def keep(key: str, content: bytes) -> Path:
    """Write a library, and return where it lies.

    The digest comes last: what another process sees meanwhile is no library that fits its digest.

    Raises:
        OSError: it cannot be kept there.
    """
    library, digest = _places(_folder(), key)
    _replace(library, content)
    _replace(digest, _digest(content))
    _trim(library.parent)
    return library


def _place() -> Path:
    if named := os.environ.get("TENSORGRAPH_CACHE"):
        return Path(os.path.abspath(os.path.expanduser(named)))
    if sys.platform == "win32":
        kept = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin":
        kept = os.path.expanduser("~/Library/Caches")
    else:
        kept = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(kept):  # then it does not count, says the standard
            kept = os.path.expanduser("~/.cache")
    return Path(os.path.abspath(kept), "tensorgraph")


def _folder() -> Path:
    """Return the folder to write to, which is made if need be.

    Raises:
        OSError: there is none, or not one of the user's alone.
    """
    folder = _place()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(folder.lstat()):
        raise PermissionError(
            f"{str(folder)!r} must be a folder of your own, not a link to one, that nobody else may"
            f" read or write, as what lies there is run; write chmod 700 '{folder}', or set"
            " TENSORGRAPH_CACHE to another folder"
        )
    return folder


def _places(folder: Path, key: str) -> tuple[Path, Path]:
    return folder / f"{key}{SUFFIX}", folder / f"{key}.digest"


def _is_private(info: os.stat_result) -> bool:
    """Return whether something is the user's own file or folder, with no rights for others."""
    if not (stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode)):
        return False  # a link leads who knows where
    if sys.platform == "win32":  # a user's folders are private there, and modes say nothing
        return True
    return info.st_uid == os.geteuid() and not info.st_mode & 0o077


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=32).hexdigest().encode()


def _replace(path: Path, content: bytes) -> None:
    """Write a file that is whole and private from the first, be what it replaces whose it may.

    Unlike other files of the user's it need not outlive a crash of the system: then its digest
    tells. So nobody waits for the disk.
    """
    handle, new = tempfile.mkstemp(".partial", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise


def _trim(folder: Path) -> None:
    """Remove what was used longest ago, be it whole or what a killed process left."""
    found = []
    for path in folder.iterdir():
        with suppress(OSError):  # another process removes it
            info = path.lstat()
            found.append((info.st_mtime_ns, info.st_size, path))
    total = 0
    for _, size, path in sorted(found, reverse=True):
        total += size
        if total > _LIMIT:
            with suppress(OSError):
                path.unlink()
