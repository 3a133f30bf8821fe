"""Files that are, at any instant, whole or as they were before.

All that the package writes takes this way, but for the log of a search, to which lines are added,
and compiled programs, which take the place of whatever lies there.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

Named = str | os.PathLike[str]


@contextmanager
def replacing(path: Named) -> Iterator[Path]:
    """Give a block the path of a new file, which takes the place of that at ``path`` when it ends.

    The new file is written in a folder of its own beside the other and put in its place when it is
    safe on the disk: a process that is killed meanwhile, an exception or a full disk leave the file
    of before as it was. Several may write one file at once; the last one's stays. A symbolic link
    stays one, and the file that it leads to is replaced; of a file with several names (hard links),
    the other names keep the file of before. Mode, owner and group are those of the file of before
    as far as the system lets us, and those of any new file where there was none. What is no regular
    file, such as a pipe or ``/dev/stdout``, is written to in place; Windows takes names such as
    ``nul`` and ``aux`` for such, wherever they stand.

    Args:
        path: the file.

    Raises:
        OSError: what ``open(path, "w")`` would raise; also where the folder lets nobody make a new
            file, or the file is read-only, which does not keep ``root`` from opening it.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> file = Path(folder.name, "note.txt")
        >>> with replacing(file) as new:
        ...     _ = new.write_text("whole")
        ...     file.exists()
        False
        >>> file.read_text(), len(list(Path(folder.name).iterdir()))
        ('whole', 1)
        >>> folder.cleanup()
    """
    before = _before(path)
    if before is not None and not stat.S_ISREG(before.st_mode):
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder, "file")
            with open(path, "wb") as special, open(Path(folder, "file"), "rb") as made:
                shutil.copyfileobj(made, special)
        return
    target = Path(os.path.realpath(path))
    with _workshop(target) as workshop:
        new = workshop / "file"
        new.touch()
        mode = stat.S_IMODE(new.stat().st_mode)  # by the umask, unlike what a library makes
        yield new
        _flush(new)
        _make_alike(new, mode, before)
        os.replace(new, target)
    _flush_folder(target.parent)
    _sweep(target)


def write(path: Named, content: bytes) -> None:
    """Write a file that is whole or not there, see :func:`replacing`.

    Raises:
        OSError: it cannot be written there; the one before is still there.
    """
    with replacing(path) as new:
        new.write_bytes(content)


def check_writable(path: Named) -> None:
    """Raise what writing a file would raise, before there is anything to be lost.

    Raises:
        OSError: it cannot be written there.
    """
    before = _before(path)
    if before is None or stat.S_ISREG(before.st_mode):
        with _workshop(Path(os.path.realpath(path))):
            pass


def _before(path: Named) -> os.stat_result | None:
    """Return what is known of a file that may be written to, and nothing if there is none."""
    try:
        before = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not before.st_mode & 0o222:
        raise PermissionError(errno.EACCES, "The file is read-only", os.fspath(path))
    if stat.S_ISREG(before.st_mode):
        os.close(os.open(path, os.O_WRONLY))  # who may write to it, the system knows best
    return before


# ------------------------------------------------------------------------------------ the workshop


@contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    """Give a block a new folder beside a file, locked as long as the block runs.

    Its name has the same length for every file: one of 255 bytes can be written, too. Nobody else
    may look in, as the file of before may have been its owner's alone.
    """
    workshop, lock = _locked_workshop(target)
    try:
        yield workshop
    finally:
        lock.close()  # before it is removed, as Windows demands
        _remove(workshop)


def _locked_workshop(target: Path) -> tuple[Path, IO[bytes]]:
    while True:
        workshop = target.with_name(f"{_stem(target)}{secrets.token_hex(8)}.partial")
        try:
            workshop.mkdir(0o700)
            with suppress(FileNotFoundError):  # somebody sweeps it away before it is locked
                lock = open(workshop / "lock", "wb")
                _locked(lock, wait=True)
                if (workshop / "lock").exists():
                    return workshop, lock
                lock.close()
        except OSError as error:
            _remove(workshop)
            why = f"{error.strerror}: no new file can be made in its folder"
            if not target.parent.exists():
                folder = repr(str(target.parent))
                why = (
                    f"There is no folder {folder} to put it in; write os.makedirs({folder},"
                    " exist_ok=True) first"
                )
            raise OSError(error.errno, why, str(target)) from None


def _stem(target: Path) -> str:
    """Return how the names of all workshops of a file begin, and of no other file."""
    digest = sha256(os.fsencode(target.name)).hexdigest()[:16]
    return f".tensorgraph.{digest}."


def _locked(file: IO[bytes], wait: bool) -> bool:
    """Lock a file, which ends with its process; return whether that could be done."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # somebody else has locked it, or the file system knows no locks
        return False
    return True


def _sweep(target: Path) -> None:
    """Remove the workshops of processes that were killed while they wrote a file."""
    with suppress(OSError):
        for workshop in target.parent.glob(f"{_stem(target)}*.partial"):
            with suppress(OSError):
                os.rmdir(workshop)  # there is nothing in it yet, or no longer
            with suppress(OSError), open(workshop / "lock", "rb+") as lock:
                if _locked(lock, wait=False):
                    _remove(workshop)


def _remove(workshop: Path) -> None:
    """Remove a folder, the lock last: what is left by an interruption can be swept away later."""
    with suppress(OSError):
        for part in workshop.iterdir():
            if part.name != "lock":
                part.unlink()
    shutil.rmtree(workshop, ignore_errors=True)


# --------------------------------------------------------------------------------------- the file


def _make_alike(new: Path, mode: int, before: os.stat_result | None) -> None:
    """Give a new file a mode, or else the mode, owner and group of the one before."""
    if before is not None:
        mode = before.st_mode & 0o777
        if not (_given(new, before.st_uid, before.st_gid) or _given(new, -1, before.st_gid)):
            mode &= ~0o070  # meant for another group than it has now
    new.chmod(mode)


def _given(new: Path, owner: int, group: int) -> bool:
    """Give a file to an owner and a group; return whether that could be done."""
    if sys.platform == "win32":
        return True
    try:
        os.chown(new, owner, group)
    except OSError:
        return False
    return True


def _flush(file: Path) -> None:
    """Wait until a file is on the disk."""
    with open(file, "rb+") as handle:
        os.fsync(handle.fileno())


def _flush_folder(folder: Path) -> None:
    """Wait until what a folder lists is on the disk, where the system can tell."""
    if sys.platform == "win32":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # it may be written to, but not be read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems have no such thing
            raise
    finally:
        os.close(handle)
