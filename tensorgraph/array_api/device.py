"""The one device that there is."""

from __future__ import annotations

from typing import Any

from tensorgraph.errors import ArgumentError

CPU = "cpu"


def check_device(device: Any, function: str) -> None:
    """Raise for another device than the CPU, on which NumPy computes.

    Raises:
        ArgumentError: it is another one.
    """
    if device not in (None, CPU):
        raise ArgumentError(
            f"{function}: the device is 'cpu', where NumPy computes, not {device!r}"
        )
