"""What is public, room by room: read off the packages' own ``__all__``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import tensorgraph as tg
from tensorgraph import ops

ROOMS = (
    "tensorgraph",
    "tensorgraph.random",
    "tensorgraph.tree",
    "tensorgraph.linalg",
    "tensorgraph.fft",
    "tensorgraph.nn",
    "tensorgraph.nn.losses",
    "tensorgraph.nn.init",
    "tensorgraph.optim",
    "tensorgraph.optim.schedules",
    "tensorgraph.data",
    "tensorgraph.data.augment",
    "tensorgraph.data.toy",
    "tensorgraph.train",
    "tensorgraph.sklearn",
    "tensorgraph.onnx",
    "tensorgraph.diagnose",
    "tensorgraph.distributed",
    "tensorgraph.testing",
    "tensorgraph.testing.strategies",
    "tensorgraph.notation",
    "tensorgraph.errors",
)
"""The public modules, in the order in which they are met."""


def module(room: str) -> ModuleType:
    """Return a public module by the name that users write."""
    found: Any = tg
    for name in room.split(".")[1:]:
        found = getattr(found, name, None) or import_module(f"{found.__name__}.{name}")
    return found  # type: ignore[no-any-return]


def names_of(room: str) -> list[str]:
    """Return the public names of a room; operations and modules stand elsewhere."""
    found = module(room)
    declared = getattr(found, "__all__", None)
    names = declared or [n for n, v in vars(found).items() if _is_own(n, v, found.__name__)]
    kept = {n: getattr(found, n) for n in names}
    if room == "tensorgraph.errors":  # what else stands there writes messages
        kept = {n: value for n, value in kept.items() if inspect.isclass(value)}
    elsewhere = ops.OPS if room == "tensorgraph" else {}
    own = [
        n
        for n, v in kept.items()
        if not (isinstance(v, ModuleType) or n in elsewhere or _is_numpys(v))
    ]
    return sorted(own, key=str.lower)


def _is_numpys(value: Any) -> bool:
    """Return whether NumPy documents a value: the names of dtypes are its own."""
    return inspect.isclass(value) and value.__module__ == "numpy"


def _is_own(name: str, value: Any, module_name: str) -> bool:
    return not name.startswith("_") and getattr(value, "__module__", None) == module_name


def op_families() -> dict[str, tuple[ModuleType, list[str]]]:
    """Return the files of operations, each with the names that it makes public."""
    found = {}
    for info in iter_modules(ops.__path__):
        file = import_module(f"tensorgraph.ops.{info.name}")
        names = [n for n in getattr(file, "__all__", ()) if n in ops.OPS]
        if names:
            found[info.name] = file, sorted(names, key=str.lower)
    return found


def kind(value: Any) -> str:
    """Return which autodoc directive documents a value."""
    if inspect.isclass(value):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    called = callable(value) and not inspect.ismodule(value)
    return "autofunction" if called else "autodata"


def documented() -> dict[str, Callable[..., Any]]:
    """Return all that the reference documents, by its full name."""
    rooms = {room: (module(room), names_of(room)) for room in ROOMS}
    found = {f"{room}.{n}": getattr(own, n) for room, (own, names) in rooms.items() for n in names}
    return {**found, **{f"tensorgraph.{name}": op for name, op in ops.OPS.items()}}
