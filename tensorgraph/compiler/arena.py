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
    placed: list[int] = []
    for i in sorted(range(len(spans)), key=lambda i: -spans[i].size):
        size, born, dies = spans[i]
        taken = sorted(
            (begins[j], begins[j] + _rounded(spans[j].size))
            for j in placed
            if spans[j].born <= dies and born <= spans[j].dies
        )
        free = 0
        for start, stop in taken:
            if start - free >= size:
                break
            free = max(free, stop)
        begins[i] = free
        placed.append(i)
        end = max(end, free + _rounded(size))
    return begins, end


def _rounded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
