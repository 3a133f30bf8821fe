"""From C to a library that is loaded: compiled in the background, or found on disk.

The compiler is a process of its own, so that a program can go on meanwhile. It works in a temporary
folder; what it made is kept on disk where that can be, and else loaded from there.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from threading import RLock

from tensorgraph.compiler.c import library_cache
from tensorgraph.compiler.c.compilers import Compiler, find_compiler
from tensorgraph.engine.locks import free, in_forked_child
from tensorgraph.errors import CompileError

_SOURCE, _LIBRARY, _WORDS = "program.c", f"program{library_cache.SUFFIX}", "words"


def build(source: str) -> ctypes.CDLL | None:
    """Return the library that a C source is compiled to, ``None`` where there is no compiler.

    Raises:
        CompileError: the compiler refuses the source, or what it made cannot be loaded.
    """
    started = start_build(source)
    return None if started is None else started.result()


def start_build(source: str) -> Build | None:
    """Begin to compile a C source, in the background; ``None`` where there is no compiler.

    The same source is compiled once: what was begun before is returned again, be it that it failed.
    """
    compiler = find_compiler()
    if compiler is None:
        return None
    key = blake2b(f"{compiler.identity()}\n{source}".encode(), digest_size=20).hexdigest()
    with _LOCK:
        if key not in _BUILDS:
            _BUILDS[key] = Build(source, compiler, key)
        return _BUILDS[key]


class Build:
    """A library that is being compiled, or was, or cannot be."""

    def __init__(self, source: str, compiler: Compiler, key: str) -> None:
        self._source = source
        self._compiler = compiler
        self._key = key
        self._lock = RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._workshop = ""
        self._outcome: ctypes.CDLL | CompileError | None = library_cache.load(key)
        self.cached = self._outcome is not None
        """Whether it was found on disk."""
        self.not_kept = ""
        """Why the next process will have to compile it again, if it will."""
        self._begin()

    def ready(self) -> bool:
        """Return whether there is a result, or an error, to be had without waiting."""
        process = self._begin()
        return process is None or process.poll() is not None

    def result(self) -> ctypes.CDLL:
        """Return the library, once it is compiled.

        Raises:
            CompileError: the compiler refuses the source, or what it made cannot be loaded.
        """
        with self._lock:
            process = self._begin()
            if process is not None:
                self._finish(process.wait())
            if isinstance(self._outcome, ctypes.CDLL):
                return self._outcome
            raise CompileError(str(self._outcome))

    def _begin(self) -> subprocess.Popen[bytes] | None:
        """Return the process that compiles, begun if need be, ``None`` if there is an outcome."""
        if self._process is None and self._outcome is None:
            with self._lock:
                if self._process is None and self._outcome is None:
                    try:
                        self._process = self._started()
                    except OSError as error:
                        self._settle(self._failure(f"could not be run: {error}"))
        return None if self._outcome is not None else self._process

    def _started(self) -> subprocess.Popen[bytes]:
        self._workshop = tempfile.mkdtemp(prefix="tensorgraph-")
        Path(self._workshop, _SOURCE).write_text(self._source, encoding="utf-8")
        with open(Path(self._workshop, _WORDS), "wb") as words:
            # The compiler sees no names but ours: its folder's may have spaces and any letters.
            return subprocess.Popen(
                self._compiler.line(_SOURCE, _LIBRARY),
                cwd=self._workshop,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                env=os.environ | {"LC_ALL": "C"},
                start_new_session=True,  # Ctrl-C ends what is in the foreground, not a compiler
            )

    def _finish(self, code: int) -> None:
        try:
            self._settle(self._loaded() if code == 0 else self._refusal(code))
        except OSError as error:
            self._settle(self._failure(f"made a library that cannot be loaded: {error}"))

    def _loaded(self) -> ctypes.CDLL:
        made = Path(self._workshop, _LIBRARY)
        try:
            return ctypes.CDLL(str(library_cache.keep(self._key, made.read_bytes())))
        except OSError as error:
            self.not_kept = str(error)
            return ctypes.CDLL(str(made))

    def _refusal(self, code: int) -> CompileError:
        words = Path(self._workshop, _WORDS).read_text(encoding="utf-8", errors="replace").strip()
        return self._failure(f"ended with {code}: {words or 'it said nothing'}")

    def _failure(self, what: str) -> CompileError:
        line = shlex.join(self._compiler.line(_SOURCE, _LIBRARY))
        return CompileError(
            f"the C compiler {what}\nIt was called as {line}; set CC to another, such as CC=gcc"
        )

    def _settle(self, outcome: ctypes.CDLL | CompileError) -> None:
        self._outcome = outcome
        shutil.rmtree(self._workshop, ignore_errors=True)

    def abandon(self) -> None:
        """End a process that still compiles, at the end of this one."""
        if self._process is not None and self._outcome is None:
            with suppress(OSError):
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            shutil.rmtree(self._workshop, ignore_errors=True)

    def leave_to_parent(self) -> None:
        """Leave what a parent process compiles to it; in this one it begins anew when asked for."""
        free(self._lock)
        self._process = None


_BUILDS: dict[str, Build] = {}
_LOCK = RLock()


@atexit.register
def _abandon() -> None:
    for one in _BUILDS.values():
        one.abandon()


@in_forked_child
def _leave_to_parent() -> None:
    free(_LOCK)
    for one in _BUILDS.values():
        one.leave_to_parent()
