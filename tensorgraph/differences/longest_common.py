"""The longest common subsequence of two sequences."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def longest_common(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the positions of a longest common subsequence of two sequences, in order.

    One row of the table is one integer whose bits are added all at once (Hyyrö, "Bit-parallel LCS-
    length computation revisited", 2004), so that some thousand elements take a fraction of a
    second.

    Example:
        >>> longest_common("abcde", "xbdze")
        [(1, 1), (3, 2), (4, 4)]
    """
    start, end = _common_ends(a, b)
    head = [(k, k) for k in range(start)]
    tail = [(len(a) - k, len(b) - k) for k in range(end, 0, -1)]
    inner = _inner(a[start : len(a) - end], b[start : len(b) - end])
    return [*head, *((i + start, j + start) for i, j in inner), *tail]


def _common_ends(a: Sequence[Hashable], b: Sequence[Hashable]) -> tuple[int, int]:
    """Return how many elements are equal at the beginning, and how many then at the end."""
    least = min(len(a), len(b))
    start = next((k for k in range(least) if a[k] != b[k]), least)
    end = next((k for k in range(least - start) if a[-1 - k] != b[-1 - k]), least - start)
    return start, end


def _inner(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    masks: dict[Hashable, int] = {}
    for i, element in enumerate(a):
        masks[element] = masks.get(element, 0) | 1 << i
    all_bits = (1 << len(a)) - 1
    state, rows = all_bits, []
    for element in b:
        matched = state & masks.get(element, 0)
        state = ((state + matched) | (state - matched)) & all_bits
        rows.append(state)
    found, i, j = [], len(a), len(b)
    while i and j:
        if rows[j - 1] >> (i - 1) & 1:
            i -= 1
            continue
        j -= 1
        if j and not rows[j - 1] >> (i - 1) & 1:
            continue
        i -= 1
        found.append((i, j))
    return found[::-1]
