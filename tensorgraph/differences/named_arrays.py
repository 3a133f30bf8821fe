"""What has names beside each other: checkpoints, histories, norms of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from tensorgraph import errors
from tensorgraph.differences.array_difference import (
    ArrayDifference,
    Tolerance,
    difference,
    plain,
)
from tensorgraph.differences.result import Difference, Line, counted
from tensorgraph.engine.tensor import Tensor

MOST = 30
"""So many lines are told at most."""
CLOCK = "seconds"
"""The column of a history that no two runs have in common."""


@dataclass(frozen=True)
class NamedDifference:
    """Two arrays, or other things, of one name that are not alike."""

    name: str
    found: ArrayDifference
    row: int | None = None
    """The first of the rows that differs, where these are steps or epochs."""


class ArraysDifference(Difference):
    """What two mappings, such as ``state_dict()`` or a history, do not have in common.

    Attributes:
        added: the names that only the second one has.
        removed: those that only the first one has.
        changed: what differs of the others, the largest part of its array first; for histories as
            their columns come.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.diff({"w": [1.0, 2.0], "b": 0.0}, {"w": [1.0, 2.5], "b": 0.0}))
        2 in common, 1 differs
        ≠ w: 1 of 2 elements, most at [1]: 2 → 2.5
    """

    def __init__(
        self, a: Mapping[str, Any], b: Mapping[str, Any], tolerance: Tolerance, values: bool = True
    ) -> None:
        left, right = _flat(a), _flat(b)
        rows = is_history(a) and is_history(b)
        self.removed = [name for name in left if name not in right]
        self.added = [name for name in right if name not in left]
        self._common = [name for name in left if name in right]
        told = (_named(name, left[name], right[name], tolerance, rows) for name in self._common)
        found = [each for each in told if each is not None]
        self.changed = [each for each in found if values or each.found.what != "values"]
        if not rows:
            self.changed.sort(key=lambda each: -each.found.relative)
        self._noun = "epoch" if rows and "epoch" in a else "step"

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def lines(self) -> list[Line]:
        """Return what stands in the text: a headline, then a line for each name."""
        return [Line(self._headline()), *self._told()]

    def render(self, **options: Any) -> NoReturn:
        """Refuse: there is no graph.

        Raises:
            GraphError: always.
        """
        raise errors.GraphError(
            "diff: stored numbers have no graph to draw; a picture is of two graphs, or of two"
            " modules or functions with what they are called with: tg.diff(a, b, x).render()"
        )

    def _headline(self) -> str:
        if not self:
            return f"the same: {counted(len(self._common), 'array')}"
        count = len(self.changed)
        verb = f"{count:,} differ{'s' * (count == 1)}" if count else "which are the same"
        parts = [f"{len(self._common):,} in common, {verb}"] if self._common else []
        parts += [f"{len(self.removed):,} removed"] * bool(self.removed)
        parts += [f"{len(self.added):,} added"] * bool(self.added)
        return "; ".join(parts)

    def _told(self) -> Iterator[Line]:
        yield from _some([Line(name, "−") for name in self.removed], "removed")
        yield from _some([Line(name, "+") for name in self.added], "added")
        lines = [Line(f"{each.name}: {self._text(each)}", "≠") for each in self.changed]
        yield from _some(lines, "that differ")

    def _text(self, each: NamedDifference) -> str:
        if each.row is None:
            return str(each.found)
        return f"from {self._noun} {each.row} on, where it is {each.found.ends}"


def is_history(run: Mapping[str, Any]) -> bool:
    """Return whether a mapping holds columns of numbers, all as long: a row for each step."""
    columns = [value for value in run.values() if not isinstance(value, (str, Mapping))]
    lengths = {len(c) if _is_column(c) else -1 for c in columns}
    return (
        len(columns) == len(run) > 0
        and len(lengths) == 1
        and -1 not in lengths
        and ("epoch" in run or all(isinstance(column, list) for column in columns))
    )


def _is_column(value: Any) -> bool:
    try:
        return np.ndim(value.data if isinstance(value, Tensor) else value) == 1
    except ValueError:
        return False


def _named(name: str, a: Any, b: Any, tolerance: Tolerance, rows: bool) -> NamedDifference | None:
    if rows and name == CLOCK:
        return None
    if not (_is_numeric(a) and _is_numeric(b)) and not (hasattr(a, "shape") and type(a) is type(b)):
        same = type(a) is type(b) and a == b
        return None if same else NamedDifference(name, ArrayDifference("values", 1, 1, (), a, b))
    one, other = plain(a), plain(b)
    if rows and one.ndim == other.ndim == 1:
        return _first_row(name, one, other, tolerance)
    found = difference(one, other, tolerance, stored=True)
    if found is None and one.dtype != other.dtype:
        found = ArrayDifference("dtype", a=one.dtype, b=other.dtype)
    return None if found is None else NamedDifference(name, found)


def _first_row(name: str, a: Any, b: Any, tolerance: Tolerance) -> NamedDifference | None:
    """Return from which row on two columns differ, or that one of them is longer."""
    common = min(len(a), len(b))
    for k in range(common):
        found = difference(a[k], b[k], tolerance, stored=True)
        if found is not None:
            return NamedDifference(name, found, k + 1)
    if len(a) == len(b):
        return None
    return NamedDifference(name, ArrayDifference("length", a=f"{len(a):,} rows", b=f"{len(b):,}"))


def _is_numeric(value: Any) -> bool:
    if value is None or isinstance(value, (str, bytes)):
        return False
    try:
        return plain(value).dtype.kind in "fciub"
    except (ValueError, TypeError):
        return False


def _flat(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a mapping holds, also in mappings and lists inside of it, by path.

    Where two paths read alike, as in ``{"a": {"b": 1}, "a.b": 2}``, they are told in brackets.
    """
    found: list[tuple[str, str, Any]] = []
    waiting: list[tuple[str, str, Any]] = [*reversed([*_inside("", "", run)])]
    while waiting:
        path, exact, value = waiting.pop()
        is_list = isinstance(value, (list, tuple)) and not _is_numeric(value)
        if isinstance(value, Mapping) or is_list:
            waiting += reversed([*_inside(path, exact, value)])
        elif callable(value):
            raise errors.ArgumentTypeError(
                f"diff: {path!r} is {errors.describe(value)}; a run holds numbers by name"
            )
        else:
            found.append((path, exact, value))
    counts = Counter(path for path, _, _ in found)
    return {path if counts[path] == 1 else exact: value for path, exact, value in found}


def _inside(path: str, exact: str, value: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the parts of a mapping or list with their paths, as they are told and in brackets."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield f"{path}.{key}" if path else str(key), f"{exact}[{key!r}]", part
    else:
        for k, part in enumerate(value):
            yield f"{path}[{k}]", f"{exact}[{k}]", part


def _some(lines: list[Line], what: str) -> Iterator[Line]:
    yield from lines[:MOST]
    if len(lines) > MOST:
        yield Line(f"… {len(lines) - MOST:,} more {what}")
