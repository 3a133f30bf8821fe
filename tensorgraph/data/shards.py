"""The parts that a batch is cut in, so that several processes can share it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np

from tensorgraph.data.aligned_arrays import Indices

__all__ = ["Shards"]

Own = Callable[[int], Iterable[int]]
"""Which of so many shards are whose."""

every: Own = range
"""All of them are."""


class Shards(Sequence[Any]):
    """A batch in parts, each as a batch is: what ``Batches(…, shards=8)`` yields.

    The parts are consecutive examples of the batch, and differ by one in length at most. A batch of
    fewer examples than that has as many parts as examples.

    Args:
        rows: the rows of each part.
        make: makes a part of its rows, when it is asked for.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
        >>> batches = tg.data.Batches(x, y, batch_size=5, shuffle=False, shards=2)
        >>> for shards in batches:
        ...     print(shards, [labels for inputs, labels in shards])
        Shards(3 + 2 examples) [array([0, 1, 2]), array([3, 4])]
    """

    def __init__(self, rows: Sequence[Indices], make: Callable[[Indices], Any]) -> None:
        self._rows, self._make = rows, make
        self._made: dict[int, Any] = {}

    @classmethod
    def of(
        cls,
        rows: Indices,
        *,
        count: int,
        make: Callable[[Indices], Any],
        later: Callable[[Indices], Any],
        own: Own,
    ) -> Shards:
        """Cut the rows of a batch, and make those parts that ``own`` chooses."""
        cut = np.array_split(rows, min(count, len(rows)))
        shards = cls(cut, later)
        shards._made = {i: make(cut[i]) for i in own(len(cut))}
        return shards

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many examples each part has."""
        return tuple(map(len, self._rows))

    @property
    def weights(self) -> tuple[float, ...]:
        """The share of each part in the mean over the batch."""
        total = sum(self.sizes)
        return tuple(size / total for size in self.sizes)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, i: int) -> Any: ...
    @overload
    def __getitem__(self, i: slice) -> list[Any]: ...
    def __getitem__(self, i: int | slice) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        place = range(len(self))[i]
        if place not in self._made:
            self._made[place] = self._make(self._rows[place])
        return self._made[place]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"Shards({' + '.join(map(str, self.sizes))} examples)"
