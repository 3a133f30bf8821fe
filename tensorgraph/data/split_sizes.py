"""How large the sets are: counts, fractions, or a default by the number of examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tensorgraph.arguments import number, whole
from tensorgraph.data.aligned_arrays import Indices
from tensorgraph.errors import ArgumentError, DTypeError, describe

LARGE = 1_000_000
"""Above this many examples, one in a hundred is enough to measure with."""

Sizes = dict[str, int]


def sizes_of(function: str, total: int, asked: Mapping[str, Any]) -> Sizes:
    """Return how many examples each set gets; together, all of them.

    Args:
        function: what messages begin with.
        total: how many examples there are.
        asked: a count, a fraction, or ``None`` for each set; the training set first. One may be
            left open, it gets the rest.

    Raises:
        ArgumentError: counts or fractions that do not add up, or a set that would be too small.
    """
    if all(size is None for size in asked.values()):
        asked = dict(zip(asked, _default(total), strict=True))
    given = {name: _size(function, name, size) for name, size in asked.items() if size is not None}
    missing = [name for name in asked if name not in given]
    if len(missing) > 1:
        raise ArgumentError(
            f"{function}: {' and '.join(missing)} are both left open; give all but one, which gets"
            f" the rest, or write {missing[-1]}=0 for none"
        )
    nonzero = [size for size in given.values() if size]
    if len({type(size) for size in nonzero}) > 1:
        raise ArgumentError(
            f"{function}: give counts or fractions, not both: {_listed(given)}; of {total} examples"
            f" the counts are {_listed({n: _count(s, total) for n, s in given.items()})}"
        )
    if nonzero and isinstance(nonzero[0], float):
        counts = _counts_of_fractions(function, total, given, missing)
    else:
        counts = _counts(function, total, given, missing)
    counts = {name: counts[name] for name in asked}
    _refuse_small(function, total, counts, {name for name, s in given.items() if s == 0})
    return counts


def _default(total: int) -> tuple[float, float, float]:
    return (0.98, 0.01, 0.01) if total > LARGE else (0.6, 0.2, 0.2)


def _size(function: str, name: str, size: Any) -> int | float:
    if isinstance(size, (float, np.floating)):
        if 1 < size <= 100:
            raise ArgumentError(
                f"{function}: {name}, a fraction, is in [0, 1], not {size:g}; for {size:g} % write"
                f" {name}={size / 100:g}" + f", for a count {name}={size:.0f}" * (size % 1 == 0)
            )
        return number(size, f"{function}: {name}, a fraction,", 0, 1)
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)):
        raise DTypeError(
            f"{function}: {name} is a count (an int) or a fraction (a float), not {describe(size)}"
        )
    return whole(size, f"{function}: {name}")


def _count(size: float, total: int) -> int:
    return size if isinstance(size, int) else round(size * total)


def _listed(sizes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={size}" for name, size in sizes.items())


def _counts(function: str, total: int, given: Mapping[str, Any], missing: list[str]) -> Sizes:
    rest = total - sum(given.values())
    if rest < 0 or (rest and not missing):
        percent = {name: size / 100 for name, size in given.items()}
        raise ArgumentError(
            f"{function}: {_listed(given)} are {total - rest} examples, but there are {total};"
            + (" ask for fewer" if missing else " leave out train= to train on the rest")
            + f"; for percentages write {_listed(percent)}" * (total - rest == 100)
        )
    return {**given, **dict.fromkeys(missing, rest)}


def _counts_of_fractions(
    function: str, total: int, given: Mapping[str, float], missing: list[str]
) -> Sizes:
    rest = 1 - sum(given.values())
    if rest < -1e-9 or (rest > 1e-9 and not missing):
        raise ArgumentError(
            f"{function}: the fractions {_listed(given)} add up to {1 - rest:.6g}, not to 1;"
            + (" ask for less" if missing else " leave out train= to train on the rest")
        )
    shares = {**dict.fromkeys(missing, max(rest, 0.0)), **given}
    counts = apportioned(total, np.array(list(shares.values())))
    return dict(zip(shares, map(int, counts), strict=True))


def apportioned(total: int, shares: np.ndarray[Any, Any]) -> Indices:
    """Return whole numbers that add up to ``total``, each within one of its share of it.

    What rounding down leaves over goes to the largest remainders (Hamilton's method).
    """
    exact = total * shares / shares.sum()
    counts: Indices = np.floor(exact + 1e-9).astype(np.intp)
    remainders = np.round(exact - counts, 9)
    counts[np.argsort(-remainders, kind="stable")[: total - counts.sum()]] += 1
    return counts


def _refuse_small(function: str, total: int, counts: Sizes, left_out: set[str]) -> None:
    for name in list(counts)[1:]:
        if counts[name] == 0 and name not in left_out:
            raise ArgumentError(
                f"{function}: the {name} set would be empty ({_listed(counts)}); write"
                f" {name}=0 if you want none, or get more than {total} examples"
            )
        if counts[name] == 1:
            raise ArgumentError(
                f"{function}: a {name} set of one example measures an error of 0 % or 100 % and"
                f" nothing between ({_listed(counts)}); write {name}=2 or more, or {name}=0"
            )
