"""Checking the sizes that a layer is made with."""

from __future__ import annotations

from typing import Any

from tensorgraph.errors import ArgumentError
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
