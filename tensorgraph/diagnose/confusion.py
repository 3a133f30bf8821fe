"""The confusion matrix, from which most metrics of predicted classes are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.diagnose.array_arguments import (
    Array,
    classes_of,
    label_pair,
    positions,
    weights_of,
)
from tensorgraph.display.text import escaped
from tensorgraph.leads.calls import with_leads

__all__ = ["ConfusionMatrix", "confusion_matrix"]

_RIGHT, _WRONG = "26,156,130", "201,79,79"
"""The colours of right and of wrong predictions."""


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """How often each class was taken for each other: see :func:`confusion_matrix`."""

    counts: Array
    """Shape (classes, classes): a row for each true class, a column for each predicted one."""
    classes: tuple[Any, ...]
    """What the rows and columns stand for."""

    @property
    def total(self) -> float:
        """How many examples there are, or the sum of their weights."""
        return float(self.counts.sum())

    @property
    def accuracy(self) -> float:
        """The share of examples on the diagonal."""
        return float(np.trace(self.counts) / self.total)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.counts, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        names = [str(name) for name in self.classes]
        cells = [[f"{value:g}" for value in row] for row in self.counts.tolist()]
        width = max(map(len, [*names, *(cell for row in cells for cell in row)]))
        side = max(map(len, [*names, "true"]))
        head = f"{'true':{side}}  " + "  ".join(f"{name:>{width}}" for name in names)
        rows = [
            f"{name:{side}}  " + "  ".join(f"{cell:>{width}}" for cell in row)
            for name, row in zip(names, cells, strict=True)
        ]
        return "\n".join([f"{head}  ← predicted", *rows])

    def _repr_html_(self) -> str:
        return heat_table(self.counts, self.classes)


@with_leads
def confusion_matrix(
    predictions: Any,
    labels: Any,
    *,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
) -> ConfusionMatrix:
    """Count how often each true class was predicted as each class.

    Args:
        predictions: the predicted class of each example: integers, booleans or strings, shape (m,).
        labels: the true classes, in the same way.
        classes: all classes, in the order of the rows; by default those that occur, sorted.
        sample_weight: how much each example counts, shape (m,).

    Raises:
        ShapeError: lengths that differ; one-hot rows.
        ArgumentError: no examples; a class that is not among ``classes``.
        DTypeError: probabilities in place of classes; strings beside numbers.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.diagnose.confusion_matrix(["cat", "dog", "cat"], ["cat", "cat", "dog"]))
        true  cat  dog  ← predicted
        cat     1    1
        dog     1    0
    """
    said = compared("confusion_matrix", predictions, labels, classes, sample_weight)
    count = len(said.classes)
    cells = np.bincount(said.true * count + said.predicted, said.weights, count**2)
    return ConfusionMatrix(said.as_counts(cells).reshape(count, count), said.classes)


class Compared(NamedTuple):
    """Predictions beside true classes, both as numbers of classes."""

    classes: tuple[Any, ...]
    true: Array
    predicted: Array
    weights: Array | None
    """How much each example counts; ``None`` where they count alike."""

    def as_counts(self, sums: Array) -> Array:
        """Return sums over examples as integers, where examples are counted."""
        return sums if self.weights is not None else sums.astype(np.int64)

    def by_class(self) -> ClassCounts:
        """Count for each class what is right, what there is, and what was predicted."""
        count, right = len(self.classes), self.true == self.predicted
        hits = self.true[right], None if self.weights is None else self.weights[right]
        every = hits, (self.true, self.weights), (self.predicted, self.weights)
        sums = (np.bincount(numbers, weights, count) for numbers, weights in every)
        return ClassCounts(self.classes, *map(self.as_counts, sums))


class ClassCounts(NamedTuple):
    """The sums of a confusion matrix, which for many classes is far larger: K numbers each."""

    classes: tuple[Any, ...]
    hits: Array
    """How many examples of each class are predicted as it: the diagonal."""
    occurring: Array
    """How many examples of each class there are: the sums of rows."""
    predicted: Array
    """How many are predicted as each class: the sums of columns."""


def compared(
    where: str,
    predictions: Any,
    truth: Any,
    classes: Iterable[Any] | None,
    sample_weight: Any,
) -> Compared:
    """Return predictions beside true classes for a metric, which errors name."""
    predicted, true = label_pair(where, predictions, truth)
    known = classes_of(where, classes, predictions=predicted, labels=true)
    weights = None if sample_weight is None else weights_of(where, sample_weight, len(true))
    return Compared(
        tuple(known.tolist()), positions(known, true), positions(known, predicted), weights
    )


def heat_table(counts: Array, classes: Sequence[Any]) -> str:
    """Return a confusion matrix as HTML; the darker a cell, the larger its share of the class."""
    rows = []
    for name, row in zip(classes, counts.tolist(), strict=True):
        total = sum(row) or 1
        cells = "".join(
            f'<td style="background:rgba({_RIGHT if name == other else _WRONG},'
            f'{0.75 * value / total:.3f})">{value:g}</td>'
            for other, value in zip(classes, row, strict=True)
        )
        rows.append(f"<tr><th>{escaped(name)}</th>{cells}</tr>")
    titles = "".join(f"<th>{escaped(name)}</th>" for name in classes)
    head = f"<tr><th>true \\ predicted</th>{titles}</tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
