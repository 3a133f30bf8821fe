"""The split into training, dev and test sets, also by label (stratified) and by group."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.array_likes import one_each
from tensorgraph.data import seeds
from tensorgraph.data.aligned_arrays import (
    AlignedArrays,
    Array,
    Indices,
    as_array,
    refuse_missing,
    sortable,
)
from tensorgraph.data.split_sizes import Sizes, sizes_of
from tensorgraph.display.tables import html_table
from tensorgraph.errors import ArgumentError, ShapeError, UsageWarning
from tensorgraph.leads.calls import with_leads

__all__ = ["Split", "SplitIndices", "split"]

TOO_FAR = 0.1
"""A warning is due where groups move more of all examples than this into another set."""


class SplitIndices(NamedTuple):
    """The rows of each set."""

    train: Indices
    dev: Indices
    test: Indices


class Split:
    """Three sets of examples, in the form in which the arrays were given.

    Unpacks as ``train, dev, test = split(...)``. The examples are copied when a set is first asked
    for, so where a data set is too large to copy, ``indices`` say which rows to read.

    Attributes:
        indices: the rows of each set, ``indices.train``, ``indices.dev`` and ``indices.test``.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> tg.data.split(np.arange(10))
        Split(train 6, dev 2, test 2)
    """

    def __init__(self, take: Callable[[Indices], Any], indices: SplitIndices) -> None:
        self._take = take
        self.indices = indices

    @cached_property
    def train(self) -> Any:
        """The examples to train on."""
        return self._take(self.indices.train)

    @cached_property
    def dev(self) -> Any:
        """The examples to choose with."""
        return self._take(self.indices.dev)

    @cached_property
    def test(self) -> Any:
        """The examples to measure with once, at the end."""
        return self._take(self.indices.test)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.train, self.dev, self.test))

    def _repr_html_(self) -> str:
        sizes = zip(self.indices._fields, self.indices, strict=True)
        return html_table(["set", "examples"], ((name, f"{len(rows):,}") for name, rows in sizes))

    def __repr__(self) -> str:
        sizes = zip(self.indices._fields, self.indices, strict=True)
        return f"Split({', '.join(f'{name} {len(rows):,}' for name, rows in sizes)})"


@with_leads
def split(
    *arrays: Any,
    train: float | None = None,
    dev: float | None = None,
    test: float | None = None,
    stratify: Any = None,
    groups: Any = None,
    shuffle: bool = True,
    seed: int = 0,
) -> Split:
    """Split examples into a training, a dev and a test set; each is in exactly one.

    Copies of an example are different examples: where a photo was uploaded twice, one may be
    trained on and the other measured with. ``tg.data.leaks`` tells of a split how many there are.

    Without sizes, the default of the Deep Learning Specialization (course 2, week 1): 60/20/20
    percent; 98/1/1 above a million examples, where 1 % is enough to tell two models apart.

    Args:
        arrays: arrays with one row for each example, or one dict of them. Each set has the same
            form: one array, a tuple, or a dict.
        train: how many examples, as a count (an ``int``) or a fraction (a ``float``). One of the
            three may be left open, it gets the rest.
        dev: the same; 0 for no dev set.
        test: the same; 0 for no test set.
        stratify: a label for each example. The share of a label in each set is that in all
            examples, exact to within one example.
        groups: a group for each example, such as the patient of an image. A group is never divided
            between sets, so their sizes are near what was asked for, not exact.
        shuffle: draw the sets at random; else the first rows (of each label, with ``stratify``)
            are trained on and the last ones tested, as a time series wants it.
        seed: what is drawn depends on nothing else.

    Raises:
        ArgumentError: no examples, sizes that do not add up, a set without examples or with only
            one, more sets than groups, labels that are missing or all different, ``groups``
            together with ``stratify`` or without shuffling.
        DTypeError: a size or a seed that is not a number.
        ShapeError: arrays of different lengths.

    Warns:
        UsageWarning: the groups are so large that a set is far from the size asked for.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x, y = np.arange(20.0).reshape(10, 2), np.array([0, 1] * 5)
        >>> sets = tg.data.split(x, y, train=0.4, dev=0.2, test=0.4, stratify=y)
        >>> x_train, y_train = sets.train
        >>> y_train.sum()
        np.int64(2)
        >>> sets.indices.dev.shape
        (2,)
    """
    table = AlignedArrays("split", arrays)
    sizes = sizes_of("split", len(table), {"train": train, "dev": dev, "test": test})
    if not sizes["train"]:
        raise ArgumentError(
            f"split: none of the {len(table)} examples is left to train on; ask for smaller sets"
        )
    if stratify is not None and groups is not None:
        raise ArgumentError(
            "split: stratify= and groups= exclude each other, as a group goes to one set with all"
            " its labels; write one of them"
        )
    if groups is not None and not shuffle:
        raise ArgumentError(
            "split: groups= draws the sets at random; leave out shuffle=False, or split by position"
            " without groups="
        )
    random = seeds.generator(seeds.checked(seed, "split"))
    order = random.permutation(len(table)) if shuffle else np.arange(len(table))
    if groups is not None:
        parts = _whole_groups(_labels(groups, "groups", len(table)), order, sizes)
    elif stratify is not None:
        parts = _equal_shares(_labels(stratify, "stratify", len(table)), order, sizes)
    else:
        parts = np.split(order, np.cumsum(list(sizes.values()))[:-1])
    return Split(table.take, SplitIndices(*parts))


def _labels(values: Any, name: str, length: int) -> Array:
    labels = one_each(as_array(values, f"split: {name}"))
    if labels.ndim > 1 or len(labels) != length:
        raise ShapeError(
            f"split: {name} is one label for each of the {length} examples, not shape"
            f" {labels.shape}"
        )
    refuse_missing(labels, f"split: {name}", "leave these examples out, or give them a label")
    return sortable(labels)


def _equal_shares(labels: Array, order: Indices, sizes: Sizes) -> list[Indices]:
    names, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(names) == len(labels) > 1:
        raise ArgumentError(
            f"split: stratify has {len(names)} different labels for as many examples; bin a"
            " continuous target first: stratify=np.digitize(y, np.quantile(y, [0.25, 0.5, 0.75]))"
        )
    of_set = np.empty(len(labels), np.intp)
    by_label = order[np.argsort(codes[order], kind="stable")]
    table = _rounded(counts, np.array(list(sizes.values())))
    of_set[by_label] = np.repeat(np.tile(np.arange(len(sizes)), len(names)), table.reshape(-1))
    return [order[of_set[order] == k] for k in range(len(sizes))]


def _rounded(rows: Indices, columns: Indices) -> Indices:
    """Return whole numbers with the given sums of rows and columns, close to an even spread.

    Each is the product of its sums over the total, rounded down, and one more where the sums still
    want it. Giving a row's ones to the columns that want most never runs into a dead end (Gale and
    Ryser 1957); so each number is within one of the exact one.
    """
    exact = np.outer(rows, columns) / rows.sum()
    table: Indices = np.floor(exact + 1e-9).astype(np.intp)
    wanted = columns - table.sum(axis=0)
    for counts, remainder, total in zip(table, exact - table, rows, strict=True):
        most = np.lexsort((-remainder, -wanted))[: total - counts.sum()]
        counts[most] += 1
        wanted[most] -= 1
    return table


def _whole_groups(labels: Array, order: Indices, sizes: Sizes) -> list[Indices]:
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    wanted = list(sizes.values())
    if len(counts) < np.count_nonzero(wanted):
        fewer = "leave out a set (dev=0.2, test=0), or " if len(counts) > 1 else ""
        raise ArgumentError(
            f"split: {len(counts)} groups cannot fill {np.count_nonzero(wanted)} sets, as none is"
            f" divided; {fewer}define smaller groups"
        )
    _, first = np.unique(codes[order], return_index=True)
    of_group = np.empty(len(counts), np.intp)
    free = wanted.copy()
    drawn = codes[order][np.sort(first)]
    large = np.where(counts > min(filter(None, wanted)), counts, 0)  # they leave no choice: first
    for place, group in enumerate(drawn[np.argsort(-large[drawn], kind="stable")].tolist()):
        # Of the sets in which it fits, that of which the largest share is free: so a small set gets
        # large groups too. What fits in none goes where the room is. The last go to empty sets.
        count = int(counts[group])
        empty = [k for k, room in enumerate(free) if room == wanted[k] > 0]
        allowed = empty if len(empty) >= len(counts) - place else range(len(free))
        fits = [k for k in allowed if free[k] >= count]
        if fits:
            chosen = max(fits, key=lambda k: free[k] / wanted[k])
        else:
            chosen = max(allowed, key=free.__getitem__)
        of_group[group] = chosen
        free[chosen] -= count
    parts = [order[of_group[codes[order]] == k] for k in range(len(sizes))]
    _judge(sizes, [len(part) for part in parts])
    return parts


def _judge(sizes: Sizes, found: list[int]) -> None:
    """Raise where a set has no examples, or one, warn where one is far from the size asked for."""
    pairs = list(zip(sizes.values(), found, strict=True))
    named = zip(sizes, pairs, strict=True)
    listed = ", ".join(f"{name} {n} ({size} asked for)" for name, (size, n) in named)
    if any(n < 2 <= size for size, n in pairs):
        raise ArgumentError(
            f"split: a few groups hold most examples, so that a set is left without: {listed};"
            " define smaller groups, or ask for a larger set"
        )
    off = max(abs(n - size) for size, n in pairs)
    if off > TOO_FAR * sum(found):
        warnings.warn(
            f"split: no group is divided, so the sets are far from what was asked for: {listed}",
            UsageWarning,
            stacklevel=5,
        )
