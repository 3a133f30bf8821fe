"""The C compiler of this machine, and how it is called.

It is what ``$CC`` names, else ``cc``, else Zig's in the wheel ``ziglang`` (the extra ``compile``).
No flag changes what is computed: NaN, ±inf and −0 come out as in NumPy, and products are not fused
with sums. Loops over ``expf`` and its like are vectorised by glibc's libmvec, which there is on
x86-64 Linux only, and by GCC only for functions declared with ``__attribute__((simd))``: sources
declare them so where ``TENSORGRAPH_LIBMVEC`` is defined.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

# -O3 takes up to a third longer to compile steps that are no faster: what is to be vectorised is
# marked in the source.
_FLAGS = (
    "-O2", "-fopenmp-simd", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off",
    "-shared", "-w",
)  # fmt: skip
_X86 = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")


@dataclass(frozen=True)
class Compiler:
    """A C compiler that makes libraries for this machine."""

    command: tuple[str, ...]
    version: str
    flags: tuple[str, ...]

    def line(self, source: Path | str, library: Path | str) -> list[str]:
        """Return the command line that compiles a source to a library."""
        return [*self.command, *self.flags, str(source), "-o", str(library), "-lm"]

    def identity(self) -> str:
        """Return what decides, beside the source, what is compiled: by whom, how and for what."""
        return "\n".join([*self.command, self.version, *self.flags, _machine()])


def find_compiler() -> Compiler | None:
    """Return the C compiler to use, ``None`` if there is none.

    A ``$CC`` that cannot be run is passed over.
    """
    return _first(os.environ.get("CC", ""), os.environ.get("PATH", os.defpath))


@lru_cache(maxsize=8)
def _first(named: str, path: str) -> Compiler | None:
    found = ((command, _version(command)) for command in _candidates(named, path))
    return next((Compiler(c, text, _flags(text)) for c, text in found if text), None)


def _candidates(named: str, path: str) -> Iterator[tuple[str, ...]]:
    try:
        words = [named] if shutil.which(named, path=path) else shlex.split(named)
    except ValueError:  # a quotation that does not end
        words = []
    for program, *options in filter(None, (words, ["cc"])):
        if place := shutil.which(program, path=path):
            yield os.path.abspath(place), *options
    if wheel := find_spec("ziglang"):
        for folder in wheel.submodule_search_locations or ():
            yield os.path.join(folder, "zig.exe" if sys.platform == "win32" else "zig"), "cc"


def _version(command: tuple[str, ...]) -> str:
    """Return what a compiler says of its version, nothing if it cannot be run."""
    try:
        run = subprocess.run(
            [*command, "--version"], stdin=subprocess.DEVNULL, capture_output=True, check=True,
            timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return run.stdout.decode(errors="replace")


def _flags(version: str) -> tuple[str, ...]:
    native = "-march=native" if _X86 else "-mcpu=native"
    flags = [*_FLAGS, native]
    if sys.platform != "win32":
        flags.append("-fPIC")
    if _has_libmvec():
        flags.append("-DTENSORGRAPH_LIBMVEC")
        if "clang" in version:
            flags.append("-fveclib=libmvec")
    return tuple(flags)


@lru_cache(maxsize=1)
def _has_libmvec() -> bool:
    """Return whether there are glibc's vector functions; they are loaded for all libraries to see.

    So a library finds them also where there is no ``libmvec.so`` to link it with, which comes with
    the headers of the C library, as where Zig is the only compiler.
    """
    if not (_X86 and sys.platform == "linux"):
        return False
    try:
        ctypes.CDLL("libmvec.so.1", ctypes.RTLD_GLOBAL)
    except OSError:  # another C library than glibc
        return False
    return True


@lru_cache(maxsize=1)
def _machine() -> str:
    """Return what ``native`` means here, and which C library is linked with."""
    libc = "".join((*platform.libc_ver(), *platform.mac_ver()[:1], *platform.win32_ver()[:2]))
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            features = next((s for s in lines if s.startswith(("flags", "Features"))), "")
    except OSError:
        features = platform.processor()
    return "\n".join([sys.platform, platform.machine(), libc, features])
