"""In which order the axes of an array follow each other in memory: as in what it is made of.

Loops run in that order too, so that the innermost one goes through memory element by element. A
convolution, for one, keeps the batch last, and so does what is computed of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from tensorgraph.compiler.loops.scalars import Index, Shape


def order_of(shape: Shape, places: Iterable[Index]) -> tuple[int, ...]:
    """Return axes from the one whose neighbours are farthest apart in memory to the nearest.

    It is the order of what is read, of the largest arrays; of several orders that of most of them.

    Args:
        shape: the lengths of the axes.
        places: what is read, by a variable for each axis.
    """
    as_they_are = tuple(range(len(shape)))
    votes: Counter[tuple[int, tuple[int, ...]]] = Counter()
    for index in places:
        moving = [d for d, n in enumerate(shape) if n != 1 and index.step(d)]
        order = list(as_they_are)
        for d, far in zip(moving, sorted(moving, key=lambda d: -abs(index.step(d))), strict=True):
            order[d] = far
        votes[math.prod(shape[d] for d in moving), tuple(order)] += 1
    best = max(votes, key=lambda v: (v[0], votes[v], v[1] == as_they_are), default=None)
    return as_they_are if best is None else best[1]


def permuted_strides(strides: Sequence[int], order: Sequence[int]) -> list[int]:
    """Return the strides of axes that stand in memory in another order.

    Args:
        strides: of the axes as they follow each other in memory.
        order: which axis each of them is.
    """
    return [strides[order.index(d)] for d in range(len(order))]


def reshaped_strides(shape: Shape, strides: Sequence[int], new: Shape) -> list[int] | None:
    """Return the strides of the same elements in another shape; ``None`` if there are none.

    Example:
        >>> reshaped_strides((2, 3, 4), (1, 8, 2), (2, 12))
        [1, 2]
        >>> reshaped_strides((2, 3), (1, 2), (6,)) is None
        True
    """
    if 0 in shape:
        return None
    old = [(n, s) for n, s in zip(shape, strides, strict=True) if n != 1]
    found = []
    for length in reversed(new):
        if length == 1:
            found.append(0)
            continue
        n, s = old.pop()
        while n < length or n % length:
            if not old or old[-1][1] != s * n:
                return None
            n *= old.pop()[0]
        found.append(s)
        if n > length:
            old.append((n // length, s * length))
    return found[::-1]
