"""What op records state of results that no graph holds: that rows of a one-hot array sum to 1.

Where no gradient is wanted nothing is recorded; a formula that meets the result later on may still
use what its op states of it. Only facts along axes are kept, and while the array lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import ref

from tensorgraph.engine.op import Op

Stated = tuple[tuple[str, Any], ...]
"""Facts: each a word, and the axis or axes of which it holds."""

_BY_ARRAY: dict[int, tuple[Any, Stated]] = {}


def state(op: Op, out: Any, static: Mapping[str, Any]) -> None:
    """Keep what the record of an operation states along axes of this result of its."""
    _keep(out, tuple((word, static[key]) for word, key in op.facts_along))


def carry(array: Any, copy: Any) -> None:
    """Keep of a copy of an array what is stated of that."""
    found = stated_of(array)
    if found:
        _keep(copy, found)


def stated_of(array: Any) -> Stated:
    """Return what is stated of an array, as it was when it was computed."""
    kept = _BY_ARRAY.get(id(array))
    return kept[1] if kept is not None and kept[0]() is array else ()


def _keep(array: Any, facts: Stated) -> None:
    key = id(array)
    try:
        alive = ref(array, lambda _: _BY_ARRAY.pop(key, None))
    except TypeError:  # a number, or an array of a kind that cannot be watched
        return
    _BY_ARRAY[key] = alive, facts
