"""What the namespace says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.array_api.device import CPU, check_device
from tensorgraph.engine.arrays import default_dtype

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")
"""The versions of the standard that hold, the newest last."""

_KINDS = {
    "bool": ["bool"],
    "signed integer": ["int8", "int16", "int32", "int64"],
    "unsigned integer": ["uint8", "uint16", "uint32", "uint64"],
    "real floating": ["float32", "float64"],
    "complex floating": [],
}
_TOGETHER = {
    "integral": ("signed integer", "unsigned integer"),
    "numeric": ("signed integer", "unsigned integer", "real floating"),
    None: tuple(_KINDS),
}


class Info:
    """What ``__array_namespace_info__`` returns."""

    def capabilities(self) -> dict[str, Any]:
        """Return what may be asked: masks as indices, shapes that depend on values."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Return the device of new tensors."""
        return CPU

    def devices(self) -> tuple[str, ...]:
        """Return all devices."""
        return (CPU,)

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Return the dtypes of Python's numbers; there are no complex ones."""
        check_device(device, "default_dtypes")
        return {
            "real floating": default_dtype(),
            "complex floating": None,
            "integral": np.dtype(np.int64),
            "indexing": np.dtype(np.intp),
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """Return dtypes by name: all of them, or those of a kind or of several."""
        check_device(device, "dtypes")
        if isinstance(kind, tuple):
            return {name: d for one in kind for name, d in self.dtypes(kind=one).items()}
        kinds = _TOGETHER.get(kind, (kind,))
        return {name: np.dtype(name) for one in kinds for name in _KINDS[one]}


def __array_namespace_info__() -> Info:
    """Return what the namespace says of itself."""
    return Info()
