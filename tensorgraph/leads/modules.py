"""Modules of the package that are called, as if they were what is defined in them."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from tensorgraph.errors import ArgumentTypeError


class Room(ModuleType):
    """A module that says what to write where it is called."""

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise: a module cannot be called, but a class or a function in it can.

        Raises:
            ArgumentTypeError: always.
        """
        raise ArgumentTypeError(
            f"{as_written(self.__name__)} is a module, which cannot be called;"
            f" write {_line_for(self)}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Let functions that use the module be sent to other processes, as of any module."""
        return import_module, (self.__name__,)


def tell_of_calls(room: str) -> None:
    """Let a module, and those of its own that it has imported, say what to write when called."""
    module = sys.modules[room]
    for part in (module, *vars(module).values()):
        if type(part) is ModuleType and f"{part.__name__}.".startswith(f"{room}."):
            part.__class__ = Room


def as_written(module: str) -> str:
    """Return a module as users write it.

    Example:
        >>> as_written("tensorgraph.nn.losses")
        'tg.nn.losses'
    """
    return module.replace("tensorgraph", "tg", 1)


def _line_for(module: ModuleType) -> str:
    """Return a call of what a module defines, by the path at which that is public."""
    room, _, name = module.__name__.rpartition(".")
    above = sys.modules[room]
    public = [n for n in dir(above) if _home(getattr(above, n)) == module.__name__]
    meant = [n for n in public if n.lower() == name.replace("_", "")] or public
    if 0 < len(meant) <= _FEW:
        return " or ".join(f"{as_written(room)}.{n}(…)" for n in meant)
    return f"help({as_written(module.__name__)}), which lists what is in it"


def _home(value: Any) -> str | None:
    """Return the module in which a class or a function was defined."""
    return getattr(value, "__module__", None)


_FEW = 4
"""How many calls a message lists."""
