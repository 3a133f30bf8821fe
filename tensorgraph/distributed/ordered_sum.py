"""A sum whose order depends on the number of its terms alone, whoever adds them up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Span = tuple[int, int]
"""From which term to before which."""


def splits(count: int) -> dict[Span, int]:
    """Return where each sum of two or more terms is cut in two, of a sum of ``count`` terms.

    Neighbours are added first, then neighbouring pairs, and so on: the error grows with the
    logarithm of the count (Higham 1993, "The accuracy of floating point summation").

    Example:
        >>> splits(5)
        {(0, 5): 4, (0, 4): 2, (0, 2): 1, (2, 4): 3}
    """
    found: dict[Span, int] = {}
    open_spans = [(0, count)]
    while open_spans:
        start, stop = span = open_spans.pop()
        if stop - start > 1:
            middle = start + (1 << (stop - start - 1).bit_length() - 1)
            found[span] = middle
            open_spans += [(middle, stop), (start, middle)]
    return found


class OrderedSum:
    """Adds up terms that come in order, as far as its plan lets neighbours be added.

    Args:
        count: how many terms there are in all; a process may have some of them, one after another.

    Example:
        >>> import numpy as np
        >>> total = OrderedSum(3)
        >>> for i in range(3):
        ...     total.add((i, i + 1), [np.array([1.0 + i])])
        >>> total.parts
        [((0, 3), [array([6.])])]
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._splits = splits(count)
        self.parts: list[tuple[Span, list[Any]]] = []
        """The sums that nothing more can be added to here, each with the terms it is of."""

    def add(self, span: Span, arrays: Sequence[Any]) -> None:
        """Add a term, or a sum of several; its arrays are changed."""
        self.parts.append((span, list(arrays)))
        while len(self.parts) > 1:
            (first, sums), (second, terms) = self.parts[-2:]
            if self._splits.get((first[0], second[1])) != second[0]:
                return
            for total, term in zip(sums, terms, strict=True):
                np.add(total, term, out=total)
            self.parts[-2:] = [((first[0], second[1]), sums)]

    @property
    def total(self) -> list[Any]:
        """The sum, once all terms are there."""
        ((_, sums),) = self.parts
        return sums


def spans_of(count: int, own: range) -> list[Span]:
    """Return the parts that consecutive terms add up to, of a sum of ``count`` terms.

    Example:
        >>> spans_of(8, range(2, 7))
        [(2, 4), (4, 6), (6, 7)]
    """
    added = OrderedSum(count)
    for i in own:
        added.add((i, i + 1), [])
    return [span for span, _ in added.parts]


def share(count: int, rank: int, size: int) -> range:
    """Return which of ``count`` things in a row a process does: as many as its peers, or one off.

    Example:
        >>> [share(5, rank, 2) for rank in range(2)]
        [range(0, 2), range(2, 5)]
    """
    return range(rank * count // size, (rank + 1) * count // size)


def shares(count: int, size: int) -> Iterator[range]:
    """Yield the share of each process."""
    return (share(count, rank, size) for rank in range(size))
