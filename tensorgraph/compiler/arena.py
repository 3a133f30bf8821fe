"""One block of memory for all intermediate results; those that live at other times share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ALIGNMENT = 64
"""Bytes: a line of the processor's cache."""


class Span(NamedTuple):
    """A result that needs memory for some time."""

    size: int
    """In bytes."""
    born: int
    """The step that writes it."""
    dies: int
    """The last step that reads it."""


def places(spans: Sequence[Span]) -> tuple[list[int], int]:
    """Return where in a block of memory each result begins, and how large the block is.

    Two results that are needed at the same step never overlap. The largest are placed first, each
    at the lowest place that is free while it lives, which comes close to the best there is.

    Example:
        >>> places([Span(64, 0, 1), Span(64, 1, 2), Span(64, 2, 3)])
        ([0, 64, 0], 128)
    """
    begins, end = [0] * len(spans), 0
    placed: list[tuple[int, int, int, int]] = []
    for i in sorted(range(len(spans)), key=lambda i: -spans[i].size):
        size, born, dies = spans[i]
        taken = [(a, b) for a, b, begun, done in placed if begun <= dies and born <= done]
        free = 0
        for start, stop in sorted(taken):
            if start - free >= size:
                break
            free = max(free, stop)
        begins[i] = free
        stop = free - (-size // ALIGNMENT) * ALIGNMENT
        placed.append((free, stop, born, dies))
        end = max(end, stop)
    return begins, end
