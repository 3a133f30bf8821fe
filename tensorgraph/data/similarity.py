"""Statistical tests of whether two sets come from one distribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, lgamma
from typing import Any

import numpy as np

from tensorgraph import extras
from tensorgraph.arguments import number
from tensorgraph.array_likes import numbers_of
from tensorgraph.data.aligned_arrays import (
    AlignedArrays,
    Array,
    name_of,
    refuse_missing,
    same_arrays,
    sortable,
)
from tensorgraph.display.tables import html_lines, html_table
from tensorgraph.errors import ArgumentError, listing

__all__ = ["Comparison", "Likeness", "alike"]

FEW = 20
"""Integers with at most so many different values are categories."""
LEAST_EXPECTED = 5
"""Categories expected less often than this are counted together (Cochran 1954)."""


@dataclass(frozen=True)
class Comparison:
    """One feature of two sets: the test that compared them, its statistic and p-values."""

    feature: str
    test: str
    """``"Kolmogorov–Smirnov"`` or ``"chi-square"``."""
    statistic: float
    p: float
    """How probable so large a difference is where there is none."""
    corrected_p: float
    """The same, corrected for the number of features tested (Holm)."""


@dataclass(frozen=True)
class Likeness:
    """What comparing two sets found; it is true where no feature differs.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> random = np.random.default_rng(0)
        >>> dev, test = random.normal(size=(500, 3)), random.normal(size=(500, 3))
        >>> print(tg.data.alike(dev, test))  # doctest: +ELLIPSIS
        alike: no difference found in any of 3 features (the least corrected p is ...)
    """

    comparisons: list[Comparison]
    """All features, those that differ most first."""
    alpha: float

    @property
    def different(self) -> list[Comparison]:
        """The features that differ."""
        return [one for one in self.comparisons if one.corrected_p <= self.alpha]

    def __bool__(self) -> bool:
        return not self.different

    def _repr_html_(self) -> str:
        rows = (
            (
                one.feature,
                one.test,
                f"{one.statistic:.3g}",
                f"{one.p:.2g}",
                f"{one.corrected_p:.2g}",
            )
            for one in self.comparisons
        )
        head = ["feature", "test", "statistic", "p", "corrected p"]
        return html_lines([self]) + html_table(head, rows)

    def __str__(self) -> str:
        count, least = len(self.comparisons), self.comparisons[0].corrected_p
        if self:
            return (
                f"alike: no difference found in any of {count} features (the least corrected p is"
                f" {least:.2g})"
            )
        found = [f"{one.feature} ({one.test}, p = {one.corrected_p:.2g})" for one in self.different]
        return (
            f"not alike: {len(found)} of {count} features differ: {listing(found, 5)}; put both"
            " sets together and split them again at random"
        )


def alike(dev: Any, test: Any, alpha: float = 0.05) -> Likeness:
    """Return whether dev and test look as if they came from one distribution; it needs SciPy.

    Dev and test sets of different distributions move the target after months of aiming (Deep
    Learning Specialization, course 3, week 1). Here every feature and every label is tested on its
    own: numbers and dates by the two-sample test of Kolmogorov and Smirnov, categories (strings,
    booleans, integers of at most 20 different values) by the chi-square test. Of 100 features
    without any difference five would have p ≤ 0.05, so p is corrected for their number (Holm 1979,
    "A simple sequentially rejective multiple test procedure"): the probability of any false alarm
    stays below ``alpha``.

    Examples that stand in both sets make them look alike: :func:`leaks` finds those.

    That no difference was *found* is weak evidence if the sets are small, and features may differ
    together where each alone does not.

    Args:
        dev: an array, a tuple of arrays such as (x, y), or a dict of them. Each element of an
            example is a feature.
        test: the same, of other examples.
        alpha: the probability of a false alarm.

    Returns:
        True if no feature differs; printed, it is the verdict in words; it lists the comparisons.

    Raises:
        ArgumentError: too few examples to find anything, missing values, arrays that are not the
            same in both.
        DTypeError: text in one set and numbers in the other.
        ImportError: SciPy is not installed.
        ShapeError: examples of different shapes.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> web, user = np.linspace(0, 1, 200), np.linspace(0.5, 1.5, 200)
        >>> found = tg.data.alike({"brightness": web}, {"brightness": user})
        >>> bool(found)
        False
        >>> print(found)  # doctest: +ELLIPSIS
        not alike: 1 of 1 features differ: brightness (Kolmogorov–Smirnov, p = ...
    """
    alpha = number(alpha, "alike: alpha", 0, 1)
    first_set, second_set = same_arrays("alike", {"dev": dev, "test": test})
    pairs = list(_features(first_set, second_set))
    if not pairs:
        raise ArgumentError("alike: the examples have no features to compare")
    _refuse_few(len(first_set), len(second_set), len(pairs), alpha)
    tested = [(name, *_tested(first, second)) for name, first, second in pairs]
    corrected = holm(np.array([p for *_, p in tested]))
    found = [Comparison(*one, float(p)) for one, p in zip(tested, corrected, strict=True)]
    return Likeness(sorted(found, key=lambda one: (one.corrected_p, one.p)), alpha)


def holm(p: Array) -> Array:
    """Return p-values corrected for their number: Holm's, which needs no independence."""
    order = np.argsort(p)
    scaled = p[order] * np.arange(len(p), 0, -1)
    out = np.empty(len(p))
    out[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return out


def _refuse_few(first: int, second: int, features: int, alpha: float) -> None:
    """Raise where even sets that have nothing in common would pass for alike."""
    # The least p that there can be, where all numbers of one set lie below those of the other.
    orders = lgamma(first + second + 1) - lgamma(first + 1) - lgamma(second + 1)
    if features * 2 * exp(-orders) > alpha:
        raise ArgumentError(
            f"alike: {first} and {second} examples are too few to find any difference in one of"
            f" {features} features at alpha={alpha:g}; compare larger sets, or fewer features"
        )


def _features(dev: AlignedArrays, test: AlignedArrays) -> Iterator[tuple[str, Array, Array]]:
    for key, first in dev.columns.items():
        second, name = test.columns[key], key if isinstance(key, str) else f"array {key}"
        for which, array in (("dev", first), ("test", second)):
            refuse_missing(array, f"alike: {name_of(key)} of {which}", "leave these examples out")
        for place in np.ndindex(first.shape[1:]):
            shown = f"{name}[{', '.join(map(str, place))}]" if place else name
            one, two = first[(slice(None), *place)], second[(slice(None), *place)]
            yield shown, numbers_of(one), numbers_of(two)


def _tested(first: Array, second: Array) -> tuple[str, float, float]:
    stats = extras.require("scipy.stats", "stats")
    if "f" in (first.dtype.kind, second.dtype.kind):
        return _smirnov(stats, first, second)
    values, codes = np.unique(sortable(np.concatenate([first, second])), return_inverse=True)
    parts = np.split(codes, [len(first)])
    kind = values.dtype.kind
    if kind in "Mm" or (kind in "iu" and len(values) > FEW):
        return _smirnov(stats, *parts)  # which asks for their order only
    counts = np.array([np.bincount(part, minlength=len(values)) for part in parts])
    table = _pooled(counts)
    if table.shape[1] == 1:
        return "chi-square", 0.0, 1.0
    found = stats.chi2_contingency(table, correction=False)
    return "chi-square", float(found.statistic), float(found.pvalue)


def _smirnov(stats: Any, first: Array, second: Array) -> tuple[str, float, float]:
    exact = max(len(first), len(second)) <= 100  # beyond, the limit is as good and much faster
    found = stats.ks_2samp(first, second, method="exact" if exact else "asymp")
    return "Kolmogorov–Smirnov", float(found.statistic), float(found.pvalue)


def _pooled(counts: Array) -> Array:
    """Return a table of counts in which rare categories are one."""
    share = counts.sum(axis=1).min() / counts.sum()
    rare = counts.sum(axis=0) * share < LEAST_EXPECTED
    if rare.sum() < 2:
        return counts
    return np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
