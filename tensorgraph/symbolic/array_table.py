"""Arrays told apart by what they hold: a table whose keys they are, and a key for others."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Generic, TypeVar

import numpy as np

V = TypeVar("V")

PROBES = 16
"""So many elements are looked at before whole arrays are compared."""


class ArrayTable(Generic[V]):
    """Values by arrays; keys are alike where dtype, shape and elements are, to the bit.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.symbolic.array_table import ArrayTable
        >>> table = ArrayTable()
        >>> table.put(np.array([1.0, 2.0]), "x")
        >>> table.get(np.array([1.0, 2.0])), table.get(np.array([1, 2]))
        ('x', None)
    """

    def __init__(self) -> None:
        self._entries: dict[Any, list[tuple[Any, V]]] = {}

    def put(self, array: Any, value: V) -> None:
        """Keep a value for an array, in place of that for one which is alike."""
        entries = self._entries.setdefault(_glance(array), [])
        entries[:] = [(key, kept) for key, kept in entries if not _alike(key, array)]
        entries.append((array, value))

    def get(self, array: Any) -> V | None:
        """Return the value for an array that is alike, if there is one."""
        entries = self._entries.get(_glance(array), ())
        return next((value for key, value in entries if _alike(key, array)), None)


def _glance(array: Any) -> Any:
    """Return what tells most arrays apart, at little cost whatever their size."""
    array = np.asarray(array)
    some = array.flat[:: max(array.size // PROBES, 1)] if array.size else array
    return array.dtype, array.shape, some.tobytes()


def _alike(x: Any, y: Any) -> bool:
    if x is y:
        return True
    x, y = (np.atleast_1d(np.ascontiguousarray(a)).view(np.uint8) for a in (x, y))
    return bool(np.array_equal(x, y))


def content(array: Any) -> bytes:
    """Return what tells an array's elements, shape and dtype from any other's."""
    array = np.ascontiguousarray(array)
    return blake2b(array, digest_size=16).digest() + f"{array.dtype}{array.shape}".encode()
