"""Duplicates: examples that stand in several sets, so that what was learnt by heart is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.arguments import whole
from tensorgraph.array_likes import missing_in
from tensorgraph.data.aligned_arrays import AlignedArrays, Array, Indices, same_arrays
from tensorgraph.data.splitting import Split
from tensorgraph.data.target_split import TargetSplit
from tensorgraph.display.tables import html_lines
from tensorgraph.display.text import percent
from tensorgraph.errors import ArgumentError, DTypeError, describe, listing

__all__ = ["Leak", "Leaks", "duplicate_groups", "leaks"]

SUMS = 8
"""Of examples of more numbers than this, so many random sums are compared instead."""
FINEST = 15
"""The digits of float64, of which the last are noise."""
SAMPLE = 10_000
"""How many examples the scale of a feature is taken from."""
CHUNK = 4096
"""How many examples are read at once."""
Keys = NDArray[np.uint64]
"""A number for each example, the same for examples that are the same."""


@dataclass(frozen=True, eq=False)
class Leak:
    """The examples of one set that stand in another set too."""

    set: str
    """The set, such as ``"dev"``."""
    other: str
    """The other set, such as ``"train"``."""
    rows: Indices
    """Which examples of the set."""
    twins: Indices
    """Of each the first example of the other set that is the same."""
    exact: NDArray[np.bool_]
    """Whether the two are the same to the last digit."""
    size: int
    """How many examples the set has."""

    def __str__(self) -> str:
        share = percent(len(self.rows) / self.size)
        pairs = list(zip(self.rows.tolist(), self.twins.tolist(), strict=True))
        shown = listing([f"{self.set}[{i}] is {self.other}[{j}]" for i, j in pairs], 3)
        exactly = f"{int(self.exact.sum()):,} of them exactly"
        return (
            f"{len(self.rows):,} of {self.size:,} {self.set} examples ({share}) stand in"
            f" {self.other} too, {exactly}: {shown}"
        )


@dataclass(frozen=True, eq=False)
class Leaks:
    """What :func:`leaks` found; it is true where examples stand in several sets."""

    found: tuple[Leak, ...]
    """For each two sets that share examples, which these are."""
    digits: int
    """To how many digits examples were compared."""

    def __bool__(self) -> bool:
        return bool(self.found)

    def __str__(self) -> str:
        if not self:
            return f"no example of one set stands in another one, to {self.digits} digits"
        remedy = (
            "what was learnt by heart is measured; keep copies together: tg.data.split(x, y,"
            f" groups=tg.data.duplicate_groups(x, digits={self.digits}))"
        )
        return "\n".join([*map(str, self.found), remedy])

    def _repr_html_(self) -> str:
        return html_lines(str(self).splitlines())


def leaks(sets: Split | TargetSplit | Mapping[str, Any], digits: int = 4) -> Leaks:
    """Find the examples that stand in several sets, exactly or nearly.

    A copy in the training set of what dev and test measure makes a model look better than it is. Of
    several arrays the first one is compared, of a dict the one called ``x`` or else all: the same
    image under two labels is the same image. The remedy is to split by groups, which are never
    divided: the groups of :func:`duplicate_groups`, or better the cause of the copies, such as the
    patient or the video that images come from.

    Two examples are *nearly* the same if their numbers are so after rounding to ``digits`` decimal
    places, counted in standard deviations of each feature. Of examples of more than 8 numbers, 8
    random sums of them, of the same scale, are rounded and compared; of a hundred thousand numbers
    with a little noise some would always fall on two sides of where rounding changes. Text,
    integers, truth values and dates are compared exactly.

    Args:
        sets: what ``tg.data.split`` or ``tg.data.split_by_target`` returned; or a dict of sets by
            name, each an array, a tuple of arrays or a dict of them.
        digits: how many decimal places must agree. A rounding to float32 or a file of text with
            seven digits is found with 4, stronger noise with less; fewer digits or features find
            more pairs that are close by chance.

    Returns:
        What was found, true if there is anything; printed, it says how much and what to do.

    Raises:
        ArgumentError: fewer than two sets, arrays that are not the same in all.
        DTypeError: no sets; text in one set and numbers in another.
        ShapeError: examples of different shapes.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x = np.random.default_rng(0).normal(size=(100, 5))
        >>> bool(tg.data.leaks(tg.data.split(x)))
        False
        >>> x[50:] = x[:50]  # each example twice
        >>> print(tg.data.leaks(tg.data.split(x)))  # doctest: +ELLIPSIS
        15 of 20 dev examples (75 %) stand in train too, 15 of them exactly: dev[0] is train[7], ...
        >>> groups = tg.data.duplicate_groups(x)
        >>> bool(tg.data.leaks(tg.data.split(x, groups=groups)))
        False
    """
    places = _places(digits, "leaks")
    named = _named(sets)
    tables = [_inputs(table) for table in same_arrays("leaks", named)]
    exact, near = _exact_keys(tables), _near_keys(tables, places)
    keys = dict(zip(named, zip(exact, near, strict=True), strict=True))
    pairs = [(later, earlier) for earlier, later in combinations(named, 2)]
    every = [_leak(one, two, keys[one], keys[two]) for one, two in pairs]
    return Leaks(tuple(leak for leak in every if len(leak.rows)), places)


def duplicate_groups(*arrays: Any, digits: int = 4) -> Indices:
    """Return a number for each example, the same for copies: the groups of a split.

    Examples are compared as in :func:`leaks`, but by all the arrays given.

    Args:
        arrays: arrays with one row for each example, or one dict of them.
        digits: how many decimal places must agree, in standard deviations of each feature.

    Raises:
        ArgumentError: no arrays, or no examples in them.
        ShapeError: arrays of different lengths.

    Example:
        >>> import tensorgraph as tg
        >>> tg.data.duplicate_groups([[0.5, 1.0], [0.7, 2.0], [0.5, 1.0]])
        array([0, 1, 0])
    """
    places = _places(digits, "duplicate_groups")
    table = AlignedArrays("duplicate_groups", arrays)
    (keys,) = _near_keys([list(table.columns.values())], places)
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)  # in which the groups appear
    numbers = np.empty(len(order), np.intp)
    numbers[order] = np.arange(len(order))
    groups: Indices = numbers[codes]
    return groups


def _places(digits: Any, function: str) -> int:
    places = whole(digits, f"{function}: digits", 1)
    if places > FINEST:
        raise ArgumentError(
            f"{function}: digits is at most {FINEST}, as float64 has no more, not {places}"
        )
    return places


def _named(sets: Any) -> dict[str, Any]:
    if isinstance(sets, (Split, TargetSplit)):
        rows = sets.indices._asdict()
        named = {name: getattr(sets, name) for name in rows if len(rows[name])}
    elif isinstance(sets, Mapping):
        named = dict(sets)
    else:
        raise DTypeError(
            f"leaks: sets are what tg.data.split returns, or a dict of them, not {describe(sets)};"
            ' write leaks({"train": x_train, "dev": x_dev})'
        )
    if len(named) < 2:
        raise ArgumentError(
            f"leaks: {', '.join(named) or 'none'} is no two sets, between which examples can leak;"
            " within one set look at tg.data.duplicate_groups(x)"
        )
    return named


def _inputs(table: AlignedArrays) -> list[Array]:
    """Return what of an example is compared: its input, where that can be told."""
    if table.form is not dict:
        return [table.columns[0]]
    return [table.columns["x"]] if "x" in table.columns else list(table.columns.values())


def _leak(one: str, two: str, mine: tuple[Keys, Keys], theirs: tuple[Keys, Keys]) -> Leak:
    # By sorting, as NumPy 2.0 counts otherwise, which fails on keys of 64 bits.
    exact, near = (
        np.isin(own, other, kind="sort") for own, other in zip(mine, theirs, strict=True)
    )
    twins = np.where(exact, _first(mine[0], theirs[0]), _first(mine[1], theirs[1]))
    rows = np.flatnonzero(exact | near)
    return Leak(one, two, rows, twins[rows], exact[rows], len(mine[0]))


def _first(keys: Keys, others: Keys) -> Indices:
    """Return where each key first stands among others, anything for one that is not there."""
    known, first = np.unique(others, return_index=True)
    places: Indices = first[np.searchsorted(known, keys).clip(max=len(known) - 1)]
    return places


# ------------------------------------------------------------------------------------------- keys


def _exact_keys(tables: Sequence[Sequence[Array]]) -> list[Keys]:
    """Return keys of the examples of each table by all of their bytes."""
    dtypes = [_common(columns) for columns in zip(*tables, strict=True)]
    return [
        _hashed([_bytes(part, dtype) for part, dtype in zip(parts, dtypes, strict=True)]
                for parts in _chunks(table))
        for table in tables
    ]  # fmt: skip


def _near_keys(tables: Sequence[Sequence[Array]], digits: int) -> list[Keys]:
    """Return keys of the examples of each table, of their real numbers by the first digits."""
    columns = list(zip(*tables, strict=True))
    dtypes = [_common(parts) for parts in columns]
    rounded = [
        _Rounding(parts, digits) if dtype.kind == "f" else None
        for parts, dtype in zip(columns, dtypes, strict=True)
    ]
    return [
        _hashed([
            _bytes(part, dtype) if rounding is None else rounding(part)
            for part, dtype, rounding in zip(parts, dtypes, rounded, strict=True)
        ] for parts in _chunks(table))
        for table in tables
    ]  # fmt: skip


def _common(columns: Sequence[Array]) -> np.dtype[Any]:
    """Return the dtype in which the arrays of all sets are compared."""
    kinds = {column.dtype.kind for column in columns}
    if kinds & set("OT") or (len(kinds) > 1 and kinds & set("US")):
        return np.dtype(object)
    return np.result_type(*columns)


def _chunks(table: Sequence[Array]) -> Iterator[list[Array]]:
    for start in range(0, len(table[0]), CHUNK):
        yield [column[start : start + CHUNK] for column in table]


def _bytes(part: Array, dtype: np.dtype[Any]) -> NDArray[np.uint8]:
    """Return the bytes of examples, one row for each; 0 and −0 are the same, and so are NaNs."""
    if dtype.kind == "O":
        texts = ["\0".join(map(repr, row)) for row in part.reshape(len(part), -1).tolist()]
        return np.stack([np.frombuffer(_digest(text.encode("utf-8", "replace")), np.uint8)
                         for text in texts])  # fmt: skip
    values = part.astype(dtype)
    if dtype.kind == "f":
        values = np.where(np.isnan(values), np.array(np.nan, dtype), values + 0)
    rows = np.ascontiguousarray(values).reshape(len(part), -1)
    return rows.view(np.uint8) if rows.size else np.zeros((len(part), 0), np.uint8)


def _hashed(chunks: Iterator[list[NDArray[np.uint8]]]) -> Keys:
    """Return a number for each row of bytes."""
    digests = [_digest(row) for parts in chunks for row in np.concatenate(parts, axis=1)]
    return np.frombuffer(b"".join(digests), np.uint64)


def _digest(row: Any) -> bytes:
    return blake2b(row, digest_size=8).digest()


class _Rounding:
    """Rounds examples of real numbers, or a few sums of their numbers, to some digits."""

    def __init__(self, sets: Sequence[Array], digits: int) -> None:
        length = sum(map(len, sets))
        step = -(-length // SAMPLE)
        sample = np.concatenate([_flat(part[::step]) for part in sets])
        known = np.where(missing_in(sample), np.nan, sample)
        count = np.maximum((~np.isnan(known)).sum(axis=0), 1)
        self._centre = np.nansum(known / count, axis=0)
        largest = np.nanmax(np.abs(known - self._centre), axis=0, initial=0.0)
        unit = np.where(largest > 0, largest, 1.0)  # so that no square leaves the range
        deviation = unit * np.sqrt(np.nansum(((known - self._centre) / unit) ** 2 / count, axis=0))
        self._scale = np.where(deviation > 0, deviation, unit)
        self._fineness = 10.0**digits
        features = sample.shape[1]
        self._sums = None
        if features > SUMS:
            normal = np.random.default_rng(0).normal(size=(features, SUMS))
            self._sums = normal / np.sqrt(features)

    def __call__(self, part: Array) -> NDArray[np.uint8]:
        with np.errstate(over="ignore"):
            scaled = (_flat(part) - self._centre) / self._scale
        # What is not finite is like nothing else but itself.
        scaled = np.nan_to_num(scaled, nan=1e6, posinf=2e6, neginf=-2e6).clip(-1e9, 1e9)
        sums = scaled if self._sums is None else scaled @ self._sums
        return _bytes(np.rint(sums * self._fineness), np.dtype(np.float64))


def _flat(part: Array) -> NDArray[np.float64]:
    with np.errstate(over="ignore", under="ignore"):
        return part.reshape(len(part), -1).astype(np.float64)
