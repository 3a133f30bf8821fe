"""What layers check, the sizes they are made with; and how messages begin."""

from __future__ import annotations

from typing import Any

from tensorgraph.engine.modes import MODE
from tensorgraph.errors import ArgumentError, where_in
from tensorgraph.ops._axes import integer


def positive(layer: str, **sizes: Any) -> list[int]:
    """Return the sizes of a layer as Python's integers.

    Raises:
        DTypeError: one is not an integer.
        ArgumentError: one is below 1.
    """
    numbers = []
    for name, value in sizes.items():
        numbers.append(integer(value, f"{layer}: {name}"))
        if numbers[-1] < 1:
            raise ArgumentError(f"{layer}: {name} = {numbers[-1]} must be positive")
    return numbers


def here(what: str) -> str:
    """Return ``what`` with the place of the module that is being called: how messages begin."""
    return f"{what}{where_in(MODE.get().scope)}"
