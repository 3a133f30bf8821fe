"""Arrays of several shapes and dtypes as one vector, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from tensorgraph.ops.arithmetic import astype
from tensorgraph.ops.index import getitem
from tensorgraph.ops.joining import concat
from tensorgraph.ops.shape import reshape


class Packing:
    """How arrays lie one after the other in a vector: their shapes, dtypes and places.

    The vector has the dtype that NumPy's promotion gives to all of them, in which each is exact.

    Example:
        >>> import numpy as np
        >>> packing = Packing([np.zeros((2, 1), np.float32), np.zeros(())])
        >>> packing.size, packing.dtype, packing.pack([np.ones((2, 1), np.float32), np.zeros(())])
        (3, dtype('float64'), array([1., 1., 0.]))
        >>> packing.unpack(np.arange(3.0))
        [array([[0.],
               [1.]], dtype=float32), array(2.)]
    """

    def __init__(self, arrays: Sequence[Any]) -> None:
        self.shapes = [tuple(x.shape) for x in arrays]
        self.dtypes = [np.dtype(x.dtype) for x in arrays]
        self.dtype = np.result_type(*self.dtypes) if arrays else np.dtype(np.float32)
        ends = accumulate(map(math.prod, self.shapes), initial=0)
        self.places = list(pairwise(ends))
        """Where each begins and ends."""
        self.size = self.places[-1][1] if self.places else 0

    def pack(self, arrays: Sequence[Any]) -> Any:
        """Return one vector of arrays, tensors or symbols."""
        return concat(arrays, axis=None) if arrays else np.zeros(0, self.dtype)

    def unpack(self, vector: Any) -> list[Any]:
        """Return the parts of a vector, each in its shape and dtype."""
        found = []
        for (start, stop), shape, dtype in zip(self.places, self.shapes, self.dtypes, strict=True):
            part = reshape(getitem(vector, slice(start, stop)), shape=shape)
            found.append(part if part.dtype == dtype else astype(part, dtype=dtype))
        return found
