"""Arrays of a model as flat vectors, one for each dtype, which are sent as wholes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[Any]


class Layout:
    """Where arrays stand in flat vectors, one for each dtype.

    Half precision stands in single: sums of it are made there, and rounded once.

    Args:
        likes: arrays or tensors with the shapes and dtypes.

    Example:
        >>> import numpy as np
        >>> layout = Layout([np.zeros(2), np.zeros((1, 2), np.float32), np.zeros(1)])
        >>> vectors = layout.zeros()
        >>> layout.put(vectors, 2, np.ones(1), weight=0.5)
        >>> vectors
        [array([0. , 0. , 0.5]), array([0., 0.], dtype=float32)]
    """

    def __init__(self, likes: Sequence[Any]) -> None:
        self._shapes = [like.shape for like in likes]
        self._dtypes = [np.dtype(like.dtype) for like in likes]
        wide = [np.result_type(dtype, np.float32) for dtype in self._dtypes]
        self.dtypes = list(dict.fromkeys(wide))
        """The dtype of each vector."""
        self.sizes = [0] * len(self.dtypes)
        """The length of each vector."""
        self.places: list[tuple[int, slice]] = []
        """In which vector, and where in it, each array stands."""
        for like, dtype in zip(likes, wide, strict=True):
            k = self.dtypes.index(dtype)
            start, self.sizes[k] = self.sizes[k], self.sizes[k] + like.size
            self.places.append((k, slice(start, self.sizes[k])))

    def zeros(self) -> list[Vector]:
        """Return new vectors."""
        return [np.zeros(n, dtype) for n, dtype in zip(self.sizes, self.dtypes, strict=True)]

    def put(self, vectors: Sequence[Vector], i: int, array: Any, weight: float = 1.0) -> None:
        """Put an array, multiplied by a weight, in its place."""
        k, place = self.places[i]
        np.multiply(array.reshape(-1), weight, out=vectors[k][place], dtype=self.dtypes[k])

    def add(self, vectors: Sequence[Vector], i: int, array: Any) -> None:
        """Add an array to what stands in its place."""
        k, place = self.places[i]
        np.add(vectors[k][place], array.reshape(-1), out=vectors[k][place])

    def taken(self, vectors: Sequence[Vector], i: int) -> Any:
        """Return a copy of an array, in its own dtype."""
        k, place = self.places[i]
        return vectors[k][place].reshape(self._shapes[i]).astype(self._dtypes[i])

    def pieces(self, nbytes: int) -> Iterator[tuple[int, slice, list[int]]]:
        """Yield pieces of the vectors of about ``nbytes``: vector, place, and the arrays in it.

        No array stands in two of them, so that one is complete as soon as its arrays are.
        """
        for k, dtype in enumerate(self.dtypes):
            start, held = 0, []
            arrays = [i for i, (vector, _) in enumerate(self.places) if vector == k]
            for i in arrays:
                held.append(i)
                stop = self.places[i][1].stop
                if (stop - start) * dtype.itemsize >= nbytes or i == arrays[-1]:
                    yield k, slice(start, stop), held
                    start, held = stop, []
