"""``datasets``: small tables of features with labels, and with what data sets suffer from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from tensorgraph.arguments import one_of, whole
from tensorgraph.engine.arrays import Array
from tensorgraph.testing.strategies.literals import literal, made
from tensorgraph.testing.strategies.losses import MISSING

KINDS = ("classes", "numbers")


class Dataset(NamedTuple):
    """Examples in rows, and a label for each."""

    features: Array
    labels: Array

    def __repr__(self) -> str:
        return f"features = {literal(self.features)}\nlabels = {literal(self.labels)}"


def datasets(
    kinds: Sequence[str] | str = KINDS,
    *,
    min_rows: int = 1,
    max_rows: int = 12,
    max_features: int = 3,
    max_classes: int = 3,
    missing: bool = False,
    duplicates: bool = True,
    constant: bool = True,
) -> st.SearchStrategy[Dataset]:
    """Return a strategy for data sets: ``features`` of shape (n, d), and ``labels`` of shape (n,).

    Labels depend on the features, so there is something to learn. Classes may be rare, or only one
    of them there.

    Args:
        kinds: ``"classes"`` for integer labels, ``"numbers"`` for a regression.
        min_rows: how many examples at least.
        max_rows: how many at most.
        max_features: how many features at most.
        max_classes: how many classes at most.
        missing: whether labels may be missing: −1 among classes, NaN among numbers.
        duplicates: whether an example may repeat the one before, its label too.
        constant: whether a feature may be the same for all examples.

    Raises:
        ArgumentError: an unknown kind, or fewer rows at most than at least.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.datasets("classes", min_rows=2))
        ... def test_scaling(data):
        ...     features, labels = data
        ...     scaled = tg.data.Normalize().fit(features)(features)
        ...     assert abs(scaled.mean(axis=0)).max() < 1e-12
        >>> test_scaling()
    """
    chosen = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in chosen or [""]:
        one_of(kind, "strategies.datasets: a kind", KINDS)
    least = whole(min_rows, "strategies.datasets: min_rows", 1)
    classes = whole(max_classes, "strategies.datasets: max_classes", 1)
    row = st.tuples(
        st.integers(0, classes - 1),
        st.integers(0, 7).map(lambda n: duplicates and n == 7),
        st.integers(0, 3).map(lambda n: missing and n == 3),
    )
    most = whole(max_rows, "strategies.datasets: max_rows", least)
    widths = whole(max_features, "strategies.datasets: max_features", 1)
    return made(
        _dataset,
        st.sampled_from(chosen),
        st.lists(row, min_size=least, max_size=most),
        st.lists(st.integers(0, 3).map(lambda n: constant and n == 3), min_size=1, max_size=widths),
        st.integers(0, 3).map(lambda n: n == 3),
        st.integers(0, 2**32 - 1),
    )


def _dataset(
    kind: str,
    rows: Sequence[tuple[int, bool, bool]],
    constant: Sequence[bool],
    rare: bool,
    seed: int,
) -> Dataset:
    rng = np.random.default_rng(seed)
    classes = np.array([label for label, _, _ in rows])
    if rare:  # the first example keeps its class, all others are of one
        classes[1:] = 0
    features = rng.standard_normal((len(rows), len(constant)))
    features += 2 * classes[:, None]
    features[:, np.array(constant)] = 1.0
    features = np.round(features, 2)
    numbers = np.round(features @ rng.uniform(-1, 1, len(constant)), 2)
    labels = classes if kind == "classes" else numbers
    for i, (_, repeated, _) in enumerate(rows):
        if repeated and i:
            features[i], labels[i] = features[i - 1], labels[i - 1]
    absent = np.array([gone for _, _, gone in rows])
    labels[absent] = MISSING if kind == "classes" else np.nan
    return Dataset(features, labels)
