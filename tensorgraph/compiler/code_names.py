"""What a function's code tells: which names it reads and writes, and how often."""

from __future__ import annotations

import dis
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from sysconfig import get_path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from tensorgraph.engine.modes import PACKAGE

LIBRARIES = (PACKAGE, *(get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")))


class CodeNames(NamedTuple):
    """The names in a function's code and in those that stand in it."""

    read: frozenset[str]
    """Of attributes and globals; also strings, by which ``getattr`` may read."""
    written: frozenset[str]
    """Of attributes that are given values, or that may be asked for by ``getattr``."""
    globals_read: frozenset[str]
    globals_written: frozenset[str]
    loads: Counter[str]
    """At how many places each is read; a place from where it gets another name counts twice."""
    pairs: frozenset[tuple[str, str]]
    """A name and the attribute that is read of it."""


def code_names(f: FunctionType) -> CodeNames:
    """Return the names in a function's code."""
    read: set[str] = set()
    by_kind: dict[str, set[Any]] = defaultdict(set)
    pairs: set[tuple[str, str]] = set()
    loads: Counter[str] = Counter()
    for code in _codes(f.__code__):
        texts = [x for x in code.co_consts if isinstance(x, str)]
        read.update(code.co_names, texts)
        if not ASKING.isdisjoint(code.co_names):
            by_kind["STORE_ATTR"].update(filter(str.isidentifier, texts))
        for one, after in pairwise(dis.get_instructions(code)):
            name = one.argval
            by_kind[one.opname].add(name)
            if isinstance(name, str) and one.opname.startswith(NAMING):
                loads[name] += 2 if after.opname.startswith("STORE") else 1
                if after.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                    pairs.add((name, after.argval))
    return CodeNames(
        read=frozenset(read),
        written=frozenset(by_kind["STORE_ATTR"]),
        globals_read=frozenset(by_kind["LOAD_GLOBAL"] | by_kind["LOAD_NAME"]),
        globals_written=frozenset(by_kind["STORE_GLOBAL"]),
        loads=loads,
        pairs=frozenset(pairs),
    )


ASKING = {"getattr", "hasattr"}
"""Functions to which something may be missing."""
NAMING = ("LOAD_GLOBAL", "LOAD_DEREF", "LOAD_ATTR", "LOAD_NAME")


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a function, and of those that stand in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def is_library(f: FunctionType) -> bool:
    """Return whether a function is the engine's or a library's: they read nothing that changes."""
    return f.__code__.co_filename.startswith(LIBRARIES)


def is_library_module(thing: Any) -> bool:
    """Return whether something is a module, and the engine's or a library's."""
    if not isinstance(thing, ModuleType):
        return False
    file = getattr(thing, "__file__", None) or ""
    return file.startswith(LIBRARIES) or thing.__name__ in sys.builtin_module_names
