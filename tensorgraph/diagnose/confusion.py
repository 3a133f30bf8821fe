"""The confusion matrix, from which most metrics of predicted classes are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.diagnose.array_arguments import (
    Array,
    as_labels,
    classes_of,
    positions,
    same_length,
    weights_of,
)
from tensorgraph.display.text import escaped

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
    return confusion("confusion_matrix", predictions, labels, classes, sample_weight)


def confusion(
    where: str,
    predictions: Any,
    truth: Any,
    classes: Iterable[Any] | None,
    sample_weight: Any,
) -> ConfusionMatrix:
    """Return the confusion matrix for a metric, which errors name."""
    predicted = as_labels(where, "predictions", predictions)
    true = as_labels(where, "labels", truth)
    m = same_length(where, predictions=predicted, labels=true)
    known = classes_of(where, classes, predictions=predicted, labels=true)
    weights = weights_of(where, sample_weight, m)
    rows, columns = positions(known, true), positions(known, predicted)
    cells = np.bincount(rows * len(known) + columns, weights, len(known) ** 2)
    counts = cells.reshape(len(known), len(known))
    if sample_weight is None:
        counts = counts.astype(np.int64)
    return ConfusionMatrix(counts, tuple(known.tolist()))


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
