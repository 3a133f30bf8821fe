"""What an operation may be given, in the words of type checkers.

The stubs that :mod:`tests.house.stubs` writes are made of these: an operation makes a tensor as
soon as one of its operands is one, or is a list; of NumPy's arrays and of numbers it makes NumPy's.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any, Protocol, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tensorgraph.engine.tensor import Tensor

AnyArray: TypeAlias = Any
"""A tensor, an array or a symbolic one, in functions that are written for all of them alike."""

MakesTensor: TypeAlias = Tensor | list[Any] | tuple[Any, ...]
"""What makes a tensor of all that it is computed with."""

Plain: TypeAlias = NDArray[Any] | np.number[Any] | np.bool | float
"""What stays NumPy's own."""


class SupportsArray(Protocol):
    """An array or table of another library."""

    def __array__(self) -> Any:
        """Return the values."""


Operand: TypeAlias = MakesTensor | Plain | SupportsArray

Index: TypeAlias = (
    SupportsIndex | slice | EllipsisType | MakesTensor | NDArray[Any] | SupportsArray | None
)
"""What may stand between the brackets of ``x[…]``."""
